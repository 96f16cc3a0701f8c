using Nvmepf.SocModel;
using Xunit;
using static Nvmepf.Tests.SocModel.SocBench;

namespace Nvmepf.Tests.SocModel;

public sealed class EdmaErrorTests
{
    private const ulong List = Dram + 0x8000;
    private const ulong Local = Dram + 0x2_0000;
    private const ulong HostAt = 0x1_0000;
    private const uint DataWithInterrupt = 9;
    private const uint LinkToggle = 6;

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(24)]
    public void A_read_that_the_host_refuses_aborts_with_its_cause(int shift)
    {
        SocBench bench = Up();
        SocFaults faults = bench.Soc.Faults;
        faults.UnsupportedRequestPerMillion = shift == 0 ? 1_000_000 : 0;
        faults.CompleterAbortPerMillion = shift == 8 ? 1_000_000 : 0;
        faults.TimeoutPerMillion = shift == 16 ? 1_000_000 : 0;
        faults.PoisonPerMillion = shift == 24 ? 1_000_000 : 0;
        Start(bench, 3);
        Assert.Equal(0x1_0000u, bench.WaitForChannel(3));
        Assert.Equal(2u << shift, bench.R(Edma + 0xB8));
        Assert.Equal(2u, bench.R(Channel(3)) >> 5 & 3);
        bench.W(Clear(3), 0x2_0000);
        Assert.Equal(0u, bench.R(Edma + 0xB8));
        faults.Clear();
        Restart(bench, 3);
        bench.AssertClean();
    }

    [Fact]
    public void An_address_that_no_memory_of_the_hosts_has_aborts_a_read_and_loses_a_write()
    {
        SocBench bench = Up();
        Start(bench, 2, host: 0x9000_0000);
        Assert.Equal(0x1_0000u, bench.WaitForChannel(2));
        Assert.Equal(1u, bench.R(Edma + 0xB8));
        Start(bench, 0, host: 0x9000_0000);
        Assert.Equal(1u, bench.WaitForChannel(0));
    }

    [Theory]
    [InlineData(0, 0x05C)]
    [InlineData(2, 0x0B4)]
    public void Local_and_fetch_errors_have_their_bits(int channel, uint register)
    {
        SocBench bench = Up();
        bench.Soc.Faults.LocalErrorPerMillion = 1_000_000;
        Start(bench, channel);
        Assert.Equal(0x1_0000u, bench.WaitForChannel(channel));
        Assert.Equal(1u, bench.R(Edma + register));
        bench.Soc.Faults.LocalErrorPerMillion = 0;
        bench.Soc.Faults.FetchErrorPerMillion = 1_000_000;
        bench.W(Clear(channel), 0x1_0000);
        Restart(bench, channel, expectDone: false);
        Assert.Equal(0x1_0000u, bench.R(Edma + register));
        bench.AssertClean();
    }

    [Fact]
    public void Memory_that_does_not_exist_is_an_error_and_a_violation()
    {
        SocBench bench = Up();
        Start(bench, 0, local: 0x8000_0000);
        Assert.Equal(0x1_0000u, bench.WaitForChannel(0));
        bench.StartList(1, 0x7000_0000);
        Assert.Equal(0x1_0000u, bench.WaitForChannel(1));
        Assert.Equal(0x0002_0001u, bench.R(Edma + 0x5C));
        Assert.Equal(2, bench.Count(ViolationKind.DmaToNoMemory));
    }

    [Fact]
    public void A_soft_reset_takes_time_and_stops_both_channels_of_its_direction_only()
    {
        SocBench bench = Up();
        bench.Soc.Faults.SoftResetNanoseconds = 100_000;
        Start(bench, 0, size: 0x10_0000);
        Start(bench, 1, size: 0x10_0000, list: List + 0x100);
        Start(bench, 2, size: 0x1000, list: List + 0x200);
        bench.Soc.Advance(20_000);
        bench.W(Edma + 0x0C, 0);
        Assert.Equal(1u, bench.R(Edma + 0x0C));
        bench.Wait(() => bench.R(Edma + 0x0C) == 0);
        long written = bench.Soc.Counters.BytesToHost;
        bench.Soc.Advance(1_000_000);
        Assert.Equal(written, bench.Soc.Counters.BytesToHost);
        Assert.Equal(0u, bench.R(Status(0)));
        Assert.Equal(1u, bench.WaitForChannel(2));
        bench.W(Edma + 0x0C, 1);
        Restart(bench, 0);
        Restart(bench, 1, list: List + 0x100);
        bench.AssertClean();
    }

    [Fact]
    public void Enabling_before_the_reset_is_through_resets_nothing()
    {
        SocBench bench = Up();
        bench.Soc.Faults.SoftResetNanoseconds = 100_000;
        bench.Soc.Faults.StallPerMillion = 1_000_000;
        Start(bench, 0);
        bench.Soc.Advance(50_000);
        bench.Soc.Faults.StallPerMillion = 0;
        bench.W(Edma + 0x0C, 0);
        bench.W(Edma + 0x0C, 1);
        bench.Soc.Advance(1_000_000);
        Assert.Equal(1u, bench.R(Channel(0)) >> 5 & 3);
        Assert.Equal(0u, bench.R(Status(0)));
        bench.W(Doorbell(0), 0);
        Assert.Equal(1, bench.Count(ViolationKind.DoorbellWhileRunning));
    }

    [Fact]
    public void A_stalled_channel_says_nothing_until_a_soft_reset()
    {
        SocBench bench = Up();
        bench.Soc.Faults.StallPerMillion = 1_000_000;
        Start(bench, 2);
        bench.Soc.Advance(1_000_000_000);
        Assert.Equal(0u, bench.R(Status(2)));
        Assert.Equal(1u, bench.R(Channel(2)) >> 5 & 3);
        bench.Soc.Faults.StallPerMillion = 0;
        SoftReset(bench, 2);
        Restart(bench, 2);
        bench.AssertClean();
    }

    [Fact]
    public void The_stop_bit_aborts_a_running_channel_and_asks_for_a_soft_reset()
    {
        SocBench bench = Up();
        bench.W(Doorbell(0), 0x8000_0000);
        Assert.Equal(0u, bench.R(Status(0)));
        Start(bench, 0, size: 0x10_0000);
        bench.Soc.Advance(20_000);
        bench.W(Doorbell(0), 0x8000_0000);
        Assert.Equal(0x1_0000u, bench.WaitForChannel(0));
        Assert.Equal(3u, bench.R(Channel(0)) >> 5 & 3);
        bench.W(Clear(0), 0x1_0000);
        SoftReset(bench, 0);
        Restart(bench, 0);
        bench.AssertClean();
    }

    [Fact]
    public void Link_loss_halts_the_engine_until_a_soft_reset_of_both_directions()
    {
        SocBench bench = Up();
        Start(bench, 0, size: 0x10_0000);
        bench.Soc.Advance(20_000);
        bench.Soc.Host.HotReset();
        bench.W(Apb + 0x180, 0x0008_0008);
        bench.Wait(() => bench.Soc.Host.IsLinkUp);
        bench.HostEnables();
        Assert.Equal(0u, bench.R(Status(0)));
        Assert.Equal(1u, bench.R(Channel(0)) >> 5 & 3);
        Start(bench, 2);
        bench.Soc.Advance(1_000_000);
        Assert.Equal(0u, bench.R(Status(2)));
        Assert.Equal(1, bench.Count(ViolationKind.EngineNotResetAfterLinkLoss));
        SoftReset(bench, 0);
        SoftReset(bench, 2);
        Restart(bench, 0);
        Restart(bench, 2);
    }

    [Fact]
    public void An_abort_may_need_its_enable_to_be_latched()
    {
        SocBench bench = Up();
        bench.Soc.Faults.AbortNeedsErrorEnable = true;
        bench.Soc.Faults.UnsupportedRequestPerMillion = 1_000_000;
        Fill(bench, 2, 64, Local, HostAt, List);
        bench.W(EngineEnable(2), 1);
        bench.W(Channel(2), 0x300);
        bench.W(Channel(2) + 0x1C, (uint)List);
        bench.W(Doorbell(2), 0);
        bench.Wait(() => (bench.R(Channel(2)) >> 5 & 3) == 2);
        Assert.Equal(0u, bench.R(Status(2)));
    }

    [Fact]
    public void A_host_that_never_answers_costs_the_completion_timeout()
    {
        SocBench bench = Up();
        bench.Soc.Faults.HostNeverAnswers = true;
        Start(bench, 2);
        long start = bench.Soc.NowNanoseconds;
        Assert.Equal(0x1_0000u, bench.WaitForChannel(2));
        Assert.True(bench.Soc.NowNanoseconds - start >= 10_000_000, "too early");
        Assert.Equal(1u << 16, bench.R(Edma + 0xB8));
        bench.W(Clear(2), 0x1_0000);
        bench.Soc.Faults.CompletionTimeoutNanoseconds = 50_000;
        start = bench.Soc.NowNanoseconds;
        Start(bench, 2);
        Assert.Equal(0x1_0000u, bench.WaitForChannel(2));
        Assert.InRange(bench.Soc.NowNanoseconds - start, 50_000, 1_000_000);
    }

    [Fact]
    public void Data_of_a_read_may_arrive_in_any_order_but_all_of_it_arrives()
    {
        bool sawDescending = false;
        for (ulong seed = 1; seed <= 8; seed++)
        {
            SocBench bench = Up(seed);
            bench.Soc.Faults.ReadsOutOfOrder = true;
            new Random(5).NextBytes(bench.Host.Memory.AsSpan((int)HostAt, 0x3000));
            Start(bench, 2, size: 0x2345, host: HostAt + 0x77);
            while (bench.Soc.Counters.ReadTlps < 4)
            {
                bench.Soc.Advance(50);
            }

            sawDescending |= bench.Memory.Bytes[(int)(Local - Dram)] != bench.Host.Memory[(int)HostAt + 0x77];
            Assert.Equal(1u, bench.WaitForChannel(2));
            byte[] expected = bench.Host.Memory.AsSpan((int)HostAt + 0x77, 0x2345).ToArray();
            Assert.Equal(expected, bench.Memory.Bytes.Slice((int)(Local - Dram), 0x2345).ToArray());
        }

        Assert.True(sawDescending, "always in order");
    }

    [Fact]
    public void Without_bus_mastering_nothing_leaves()
    {
        SocBench bench = Up();
        bench.Soc.Host.ConfigWrite(0x04, 2, 0x2);
        bench.Outbound(0, 0, 0x1_0000, 0x2_0000);
        bench.W(Window, 1);
        Assert.Equal(0xFFFF_FFFFu, bench.R(Window));
        Start(bench, 2);
        Assert.Equal(0x1_0000u, bench.WaitForChannel(2));
        Assert.Empty(bench.Host.Writes);
        Assert.Equal(0, bench.Host.Reads);
        Assert.Equal(3, bench.Count(ViolationKind.BusMasterOff));
        Assert.Equal(0, bench.Soc.Violations.Total);
    }

    [Fact]
    public void An_iommu_that_a_kernel_drives_blocks_both_ways()
    {
        SocBench bench = Up();
        bench.Soc.Faults.IommuBlocks = true;
        Assert.Equal(TlpStatus.CompleterAbort, bench.Soc.Host.BarRead(0, 0, new byte[4]));
        Start(bench, 0);
        Assert.Equal(0x1_0000u, bench.WaitForChannel(0));
        Assert.Equal(0x1_0000u, bench.R(Edma + 0x5C));
    }

    [Fact]
    public void The_remaining_size_counts_down_or_only_at_the_end()
    {
        foreach (bool atEnd in new[] { false, true })
        {
            SocBench bench = Up();
            bench.Soc.Faults.TransferSizeUpdatesAtEnd = atEnd;
            Start(bench, 0, size: 0x8000);
            bench.Wait(() => bench.Soc.Counters.WriteTlps > 20);
            Assert.Equal(atEnd, bench.R(Channel(0) + 0x08) == 0x8000);
            bench.WaitForChannel(0);
            Assert.Equal(0u, bench.R(Channel(0) + 0x08));
        }
    }

    private static void Fill(SocBench bench, int channel, uint size, ulong local, ulong host, ulong list)
    {
        bench.Element(list, DataWithInterrupt, size, channel < 2 ? local : host, channel < 2 ? host : local);
        bench.Element(list + 24, LinkToggle, 0, list, 0);
    }

    private static void Start(SocBench bench, int channel, uint size = 64, ulong local = Local, ulong host = HostAt, ulong list = List)
    {
        Fill(bench, channel, size, local, host, list);
        bench.StartList(channel, list);
    }

    private static void Restart(SocBench bench, int channel, bool expectDone = true, ulong list = List)
    {
        Start(bench, channel, list: list);
        Assert.Equal(expectDone ? 1u : 0x1_0000u, bench.WaitForChannel(channel));
    }

    private static void SoftReset(SocBench bench, int channel)
    {
        bench.W(EngineEnable(channel), 0);
        bench.Wait(() => bench.R(EngineEnable(channel)) == 0);
        bench.W(Clear(channel), 0x00FF_00FF);
        bench.W(EngineEnable(channel), 1);
    }
}
