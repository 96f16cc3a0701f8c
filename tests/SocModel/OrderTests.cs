using System.Linq;
using Nvmepf.SocModel;
using Xunit;
using static Nvmepf.Tests.SocModel.SocBench;

namespace Nvmepf.Tests.SocModel;

public sealed class OrderTests
{
    private const ulong List = Dram + 0x8000;

    [Fact]
    public void Writes_that_wait_keep_their_order_and_a_read_pushes_them()
    {
        SocBench bench = Up();
        bench.Outbound(0, 0, 0x1_0000, 0x2_0000);
        bench.Soc.Faults.PostedDelayNanoseconds = 1_000_000;
        for (uint i = 0; i < 10; i++)
        {
            bench.W(Window + (i * 4), i);
        }

        Assert.True(bench.Host.Writes.Count < 10, "nothing waited");
        bench.R(Window);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => (uint)i), bench.Host.Writes.Select(w => w.First));
    }

    [Theory]
    [InlineData(0, 1u << 29)]
    [InlineData(1_000_000, 1u << 28)]
    public void A_read_that_the_host_refuses_marks_the_status_register_until_a_one_clears_it(int completerAborts, uint mark)
    {
        SocBench bench = Up();
        bench.Outbound(0, 0, 0x1_0000, 0x7000_0000);
        bench.Soc.Faults.CompleterAbortPerMillion = completerAborts;
        uint before = bench.R(Dbi + 4);
        Assert.Equal(0u, before & 0x3000_0000);
        bench.R(Window);
        Assert.Equal(before | mark, bench.R(Dbi + 4));
        Assert.True(bench.Soc.CpuWrite(Dbi + 6, 2, mark >> 16));
        Assert.Equal(before, bench.R(Dbi + 4));
    }

    [Fact]
    public void A_message_of_the_apb_register_overtakes_dma_only_by_a_fault()
    {
        Assert.All(Enumerable.Range(1, 20), seed => Assert.False(InterruptOvertakes((ulong)seed, 0)));
        Assert.Contains(Enumerable.Range(1, 20), seed => InterruptOvertakes((ulong)seed, 500_000));
    }

    [Fact]
    public void What_waits_is_lost_with_the_link()
    {
        SocBench bench = Up();
        bench.Outbound(0, 0, 0x1_0000, 0x2_0000);
        bench.Soc.Faults.PostedDelayNanoseconds = 1_000_000;
        bench.W(Window, 1);
        bench.W(Window, 2);
        bench.Soc.Host.DropLink();
        bench.Soc.Advance(10_000_000);
        Assert.Empty(bench.Host.Writes);
        Assert.Equal(2, bench.Soc.Counters.TlpsLost);
    }

    [Fact]
    public void A_host_write_may_arrive_late_but_before_the_answer_to_a_read()
    {
        SocBench bench = Up();
        bench.Outbound(0, 0, 0x1_0000, 0x2_0000);
        bench.Soc.Faults.InboundDelayNanoseconds = 1_000_000_000;
        int at = (int)(BarMemory - Dram) + 0x1000;
        bench.Soc.Host.BarWrite(0, 0x1000, [1, 0, 0, 0]);
        Assert.Equal(0, bench.Memory.Bytes[at]);
        bench.R(Window);
        Assert.Equal(1, bench.Memory.Bytes[at]);
        bench.Soc.Host.BarWrite(0, 0x1000, [2, 0, 0, 0]);
        bench.Soc.Host.BarRead(0, 0x1000, new byte[4]);
        Assert.Equal(2, bench.Memory.Bytes[at]);
        bench.Soc.Host.BarWrite(0, 0x1000, [3, 0, 0, 0]);
        bench.Soc.Advance(1_000_000_000);
        Assert.Equal(3, bench.Memory.Bytes[at]);
    }

    [Fact]
    public void One_seed_decides_everything_and_another_decides_otherwise()
    {
        string first = Story(seed: 11);
        Assert.Equal(first, Story(seed: 11));
        Assert.NotEqual(first, Story(seed: 12));
    }

    [Fact]
    public void A_reset_model_tells_the_same_story_as_a_new_one_and_allocates_nothing()
    {
        SocBench bench = Up(seed: 99);
        RunStory(bench);
        bench.Host.Writes.Capacity = 1000;
        long before = GC.GetAllocatedBytesForCurrentThread();
        bench.Soc.Reset(11, SocStartState.Powered);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(0, allocated);
        bench.Memory.Bytes.Clear();
        bench.Host.Memory.AsSpan().Clear();
        bench.Soc.Faults.Clear();
        bench.Configure();
        bench.EnableLtssm();
        bench.HostEnables();
        Assert.Equal(Story(seed: 11), RunStory(bench));
    }

    [Fact]
    public void Running_lists_allocates_nothing()
    {
        SocBench bench = Up();
        bench.Element(List, 9, 0x1_0000, Dram, 0);
        bench.Element(List + 24, 6, 0, List, 0);
        bench.Host.Writes.Capacity = 10_000;
        bench.StartList(0, List);
        bench.WaitForChannel(0);
        bench.W(Clear(0), 1);
        bench.StartList(0, List);
        long before = GC.GetAllocatedBytesForCurrentThread();
        bench.Soc.Advance(1_000_000);
        bench.Soc.CpuRead(Status(0), 4, out ulong status);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(1ul, status);
    }

    [Fact]
    public void The_log_is_bounded_and_prints_what_happened_last()
    {
        SocBench bench = Up();
        for (int i = 0; i < 5000; i++)
        {
            bench.R(Dbi);
        }

        bench.Soc.CpuRead(0x100, 4, out _);
        Assert.True(bench.Soc.Log.Count > 5000);
        string[] lines = bench.Soc.Log.Print().TrimEnd().Split('\n');
        Assert.Equal(4096, lines.Length);
        Assert.Contains(nameof(ViolationKind.UnmappedAddress), lines[^1], StringComparison.Ordinal);
        Assert.Single(bench.Soc.Log.Print(1).TrimEnd().Split('\n'));
    }

    private static bool InterruptOvertakes(ulong seed, int perMillion)
    {
        SocBench bench = Up(seed);
        bench.Soc.Host.ConfigWrite(0x54, 4, (uint)FakeHost.MsiAddress);
        bench.Soc.Host.ConfigWrite(0x52, 2, 1);
        bench.Soc.Faults.PostedDelayNanoseconds = 1_000_000;
        bench.Soc.Faults.PostedReorderPerMillion = perMillion;
        bench.Element(List, 9, 256, Dram, 0);
        bench.Element(List + 24, 6, 0, List, 0);
        bench.StartList(0, List);
        while (bench.R(Status(0)) == 0)
        {
            bench.Soc.Advance(10);
        }

        bench.W(Apb + 0x038, 1);
        bench.Soc.Advance(2_000_000);
        Assert.Equal(2, bench.Host.Writes.Count);
        return bench.Host.Writes[0].Address == FakeHost.MsiAddress;
    }

    private static string Story(ulong seed) => RunStory(Up(seed));

    private static string RunStory(SocBench bench)
    {
        bench.Soc.Faults.PostedDelayNanoseconds = 5_000;
        bench.Soc.Faults.PostedReorderPerMillion = 300_000;
        bench.Soc.Faults.PoisonPerMillion = 100_000;
        bench.Soc.Faults.ReadsOutOfOrder = true;
        for (int channel = 0; channel < 4; channel++)
        {
            ulong list = List + ((ulong)channel * 0x100);
            ulong local = Dram + 0x1_0000 + ((ulong)channel * 0x1000);
            bench.Element(list, 9, 0x1000, channel < 2 ? local : 0x5000u, channel < 2 ? 0x1000u * (ulong)channel : local);
            bench.Element(list + 24, 6, 0, list, 0);
            bench.StartList(channel, list);
        }

        bench.Soc.Advance(200_000);
        return bench.Soc.Log.Print();
    }
}
