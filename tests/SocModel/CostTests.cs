// The model's costs, by numbers of their own: what a list run, a packet, an access and a cache line take, and that they are counted.
using Nvmepf.Hal.Mmio;
using Nvmepf.SocModel;
using Xunit;

namespace Nvmepf.Tests.SocModel;

public sealed unsafe class CostTests : IDisposable
{
    private const ulong CachedAt = 0x1_4000_0000;
    private const ulong List = SocBench.Dram + 0x8000;
    private const ulong Local = SocBench.Dram + 0x2_0000;
    private static readonly SocCosts s_costs = new();
    private readonly CachedDram _cached = new(CachedAt, 1 << 16, 0x2000_0000, 1 << 16);

    public void Dispose() => _cached.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_list_of_one_short_element_takes_what_was_published(int channel)
    {
        SocBench bench = Bench();
        long took = Run(bench, channel, 64);
        long roundTrip = channel >= 2 ? s_costs.RoundTripNanoseconds : 0;
        Assert.InRange(took - roundTrip, s_costs.ListRunNanoseconds, s_costs.ListRunNanoseconds + 500);
        Assert.Equal((1, channel >= 2 ? 1 : 0), (bench.Soc.Counters.ListRuns, bench.Soc.Counters.ReadListRuns));
    }

    [Fact]
    public void A_long_write_takes_the_links_time_headers_included()
    {
        SocBench bench = Bench();
        const int Bytes = 0x10_0000;
        long took = Run(bench, 0, Bytes) - Run(Bench(), 0, 64);
        int packets = Bytes / 256;
        Assert.Equal(Bytes + (packets * s_costs.WriteOverheadBytes), bench.Soc.Counters.WireBytesToHost);
        double expected = bench.Soc.Counters.WireBytesToHost * 1000.0 / (s_costs.LinkBytesPerMicrosecond * (1000 - s_costs.LinkOverheadPerThousand) / 1000.0);
        Assert.InRange(took, 0.97 * expected, 1.03 * expected);
        Assert.InRange(bench.Soc.Counters.SendNanoseconds, 0.97 * expected, 1.03 * expected);
    }

    [Fact]
    public void A_long_read_takes_what_hosts_were_seen_to_give()
    {
        SocBench bench = Bench();
        const int Bytes = 0x10_0000;
        long took = Run(bench, 2, Bytes) - Run(Bench(), 2, 64);
        double expected = Bytes * 1000.0 / s_costs.HostReadBytesPerMicrosecond;
        Assert.InRange(took, 0.97 * expected, 1.03 * expected);
        Assert.Equal(Bytes + (Bytes / 256 * s_costs.CompletionOverheadBytes), bench.Soc.Counters.WireBytesFromHost);
    }

    [Fact]
    public void Times_of_both_directions_are_counted_apart_and_together()
    {
        SocBench bench = Bench();
        Prepare(bench, 0, 0x1_0000, List);
        Prepare(bench, 2, 0x1_0000, List + 0x100);
        bench.StartList(0, List);
        bench.StartList(2, List + 0x100);
        _ = bench.WaitForChannel(0);
        _ = bench.WaitForChannel(2);
        SocCounters counters = bench.Soc.Counters;
        Assert.InRange(counters.BothEnginesNanoseconds, s_costs.ListRunNanoseconds, Math.Min(counters.WriteEngineNanoseconds, counters.ReadEngineNanoseconds));
    }

    [Fact]
    public void Accesses_cost_time_and_are_counted_by_block()
    {
        SocBench bench = Bench();
        SocCounters counters = bench.Soc.Counters;
        (long reads, long writes, long now) = (counters.ReadsOf(RegisterBlock.Iatu), counters.WritesOf(RegisterBlock.Edma), bench.Soc.NowNanoseconds);
        _ = bench.R(SocBench.Atu);
        bench.W(SocBench.Edma + 0x54, 0);
        Assert.Equal((reads + 1, writes + 1), (counters.ReadsOf(RegisterBlock.Iatu), counters.WritesOf(RegisterBlock.Edma)));
        Assert.Equal(s_costs.RegisterReadNanoseconds + s_costs.RegisterWriteNanoseconds, bench.Soc.NowNanoseconds - now);
    }

    [Fact]
    public void Barriers_cache_lines_and_uncached_memory_cost_time()
    {
        Soc soc = new(new SocOptions { Costs = s_costs }, _cached, new FakeHost());
        using SocTrap trap = new(soc, _cached);
        trap.Maintain((nuint)_cached.View, 4096, invalidate: false);
        Assert.Equal(64L * s_costs.CacheLinePicoseconds / 1000, soc.NowNanoseconds);
        trap.Barrier(BarrierKind.Full);
        Assert.True(trap.TryRead((nuint)trap.CarveOut, 4, out _));
        Assert.True(trap.TryWrite((nuint)trap.CarveOut, 4, 1));
        long expected = (64L * s_costs.CacheLinePicoseconds / 1000) + s_costs.BarrierNanoseconds + s_costs.UncachedReadNanoseconds + s_costs.UncachedWriteNanoseconds;
        Assert.Equal(expected, soc.NowNanoseconds);
        Assert.Equal((1, 1), (soc.Counters.UncachedReads, soc.Counters.UncachedWrites));
    }

    [Fact]
    public void Every_cost_has_a_source()
    {
        CostParameter[] parameters = s_costs.Parameters();
        Assert.All(parameters, parameter => Assert.NotEmpty(parameter.Source));
        int costs = 0;
        foreach (System.Reflection.PropertyInfo property in typeof(SocCosts).GetProperties())
        {
            costs += property.PropertyType == typeof(int) ? 1 : 0;
        }

        Assert.Equal(costs, parameters.Length);
    }

    private static SocBench Bench() => SocBench.Up(s_costs);

    private static long Run(SocBench bench, int channel, uint bytes)
    {
        Prepare(bench, channel, bytes, List);
        bench.StartList(channel, List);
        long start = bench.Soc.NowNanoseconds;
        while (!bench.Soc.DmaInterrupt(channel))
        {
            Assert.True(bench.Soc.NowNanoseconds - start < 10_000_000, "the list does not end");
            bench.Soc.Advance(10);
        }

        return bench.Soc.NowNanoseconds - start;
    }

    private static void Prepare(SocBench bench, int channel, uint bytes, ulong list)
    {
        ulong host = channel >= 2 ? 0x10_0000ul : 0x20_0000;
        bench.Element(list, 9, bytes, channel >= 2 ? host : Local, channel >= 2 ? Local : host);
        bench.Element(list + 24, 6, 0, list, 0);
    }
}
