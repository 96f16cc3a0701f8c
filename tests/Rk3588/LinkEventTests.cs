using System.Linq;
using Nvmepf.Hal.Rk3588;
using Nvmepf.SocModel;
using Xunit;

namespace Nvmepf.Tests.Rk3588;

public sealed class LinkEventTests
{
    private const ulong Dbi = SocMap.Dbi;
    private const ulong Apb = SocMap.Apb;

    public static TheoryData<string> Losses { get; } = ["hot reset", "link drop", "host power"];

    [Theory]
    [MemberData(nameof(Losses))]
    public void After_a_reset_the_link_waits_until_everything_was_written_again(string loss)
    {
        using EndpointBench bench = new(faults: LoseEverything);
        bench.Start();
        Lose(bench, loss);
        bench.PollUntil(LinkEvents.Reset | LinkEvents.BusMasterChanged);
        Assert.False(bench.Endpoint.IsLinkUp);
        Assert.False(bench.Endpoint.IsBusMasterEnabled);
        bench.Soc.Host.SetPower(true);
        bench.Soc.Advance(20_000_000);
        Assert.False(bench.Soc.Host.IsLinkUp);
        Assert.Equal(LinkEvents.None, bench.Poll());
        bench.Restore();
        bench.PollUntil(LinkEvents.LinkUp);
        bench.HostEnables();
        bench.PollUntil(LinkEvents.BusMasterChanged);
        Assert.Equal(0xBEEF_1B96u, bench.HostRead(0x00));
        Assert.Equal(0x0108_0207u, bench.HostRead(0x08));
        Assert.Equal(0x10_0000ul, bench.Soc.Host.BarBytes(0));
        Assert.Equal(0ul, bench.Soc.Host.BarBytes(4));
        Assert.Equal(TlpStatus.Success, bench.Soc.Host.MemoryWrite(EndpointBench.HostBar0 + 0x1000, [1, 2, 3, 4]));
        bench.Soc.Advance(1_000_000);
        Assert.Equal([1, 2, 3, 4], bench.Memory.Bytes.Slice(0x10_1000, 4).ToArray());
        bench.AssertClean();
    }

    [Fact]
    public void The_order_after_a_reset_is_acknowledge_configure_map_release()
    {
        using EndpointBench bench = new();
        bench.Start();
        bench.Soc.Host.HotReset();
        bench.Accesses.Clear();
        bench.PollUntil(LinkEvents.Reset);
        bench.Restore();
        int[] order =
        [
            bench.IndexOfWrite(Apb + 0x10, 0x4, mask: 0x4), bench.IndexOfWrite(Dbi, 0xBEEF_1B96), bench.IndexOfWrite(Dbi + 0x30_0104, 0xC008_0000),
            bench.IndexOfWrite(Apb + 0x180, 0x0008_0008),
        ];
        Assert.Equal(order.Order(), order);
    }

    [Fact]
    public void A_restore_ends_after_a_bounded_number_of_accesses_and_waits_for_nothing()
    {
        using EndpointBench bench = new();
        bench.Start();
        bench.Soc.Host.HotReset();
        bench.PollUntil(LinkEvents.Reset);
        bench.Accesses.Clear();
        bench.Lies[Dbi + 0x30_0104] = 0x4008_0000;
        Assert.False(bench.Endpoint.RestoreAfterReset(bench.NowNanoseconds));
        Assert.InRange(bench.Accesses.Count, 20, 150);
        bench.Accesses.Clear();
        Assert.False(bench.Endpoint.RestoreAfterReset(bench.NowNanoseconds));
        Assert.Single(bench.Accesses);
        bench.Lies.Clear();
        Assert.True(bench.Endpoint.RestoreAfterReset(bench.NowNanoseconds));
        Assert.Equal(2, bench.Accesses.Count);
    }

    [Fact]
    public void A_window_that_does_not_come_back_keeps_the_link_held_and_is_said()
    {
        using EndpointBench bench = new();
        bench.Start();
        bench.Soc.Host.HotReset();
        bench.PollUntil(LinkEvents.Reset);
        bench.Lies[Dbi + 0x30_0104] = 0x4008_0000;
        for (int i = 0; i < 200; i++)
        {
            Assert.False(bench.Endpoint.RestoreAfterReset(bench.NowNanoseconds));
            bench.Soc.Advance(1_000_000);
        }

        Assert.False(bench.Soc.Host.IsLinkUp);
        Assert.InRange(bench.Log.Count(line => line.Contains("does not become enabled", StringComparison.Ordinal)), 2, 5);
        bench.Lies.Clear();
        bench.Restore();
        bench.PollUntil(LinkEvents.LinkUp);
    }

    [Fact]
    public void An_assignment_that_survives_a_reset_is_not_overwritten()
    {
        using EndpointBench bench = new();
        bench.Start();
        bench.Soc.Host.HotReset();
        bench.PollUntil(LinkEvents.Reset);
        bench.Lies[Dbi + 0x10] = 0x8010_0004;
        bench.Accesses.Clear();
        bench.Restore();
        Assert.DoesNotContain(bench.Accesses, access => access is { IsWrite: true, Address: Dbi + 0x10 or Dbi + 0x14 or Dbi + 0x04 });
        Assert.Contains(bench.Accesses, access => access is { IsWrite: true, Address: Dbi + 0x20, Value: 0 });
    }

    [Fact]
    public void A_second_reset_before_the_release_begins_the_restore_again()
    {
        using EndpointBench bench = new(faults: LoseEverything);
        bench.Start();
        bench.Soc.Host.HotReset();
        bench.PollUntil(LinkEvents.Reset);
        Assert.True(bench.Endpoint.RestoreAfterReset(bench.NowNanoseconds));
        bench.Lies[Apb + 0x10] = 4;
        Assert.Equal(LinkEvents.Reset, bench.Poll());
        bench.Lies.Clear();
        bench.Accesses.Clear();
        bench.Restore();
        _ = bench.IndexOfWrite(Dbi, 0xBEEF_1B96);
        bench.PollUntil(LinkEvents.LinkUp);
    }

    [Fact]
    public void A_reset_right_before_the_release_is_not_released_unseen()
    {
        using EndpointBench bench = new(faults: LoseEverything);
        bench.Start();
        bench.Soc.Host.HotReset();
        bench.PollUntil(LinkEvents.Reset);
        Assert.True(bench.Endpoint.RestoreAfterReset(bench.NowNanoseconds));
        bench.Soc.Host.HotReset();
        Assert.False(bench.Endpoint.ReleaseHotReset());
        bench.Soc.Advance(20_000_000);
        Assert.False(bench.Soc.Host.IsLinkUp);
        Assert.Equal(LinkEvents.Reset, bench.Endpoint.PollEvents(bench.NowNanoseconds));
        bench.Restore();
        bench.PollUntil(LinkEvents.LinkUp);
        Assert.Equal(0xBEEF_1B96u, bench.HostRead(0x00));
        bench.AssertClean();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_release_waits_for_detect_where_that_is_asked_for_but_not_for_ever(bool isEverInDetect)
    {
        Rk3588Switches switches = new() { WaitForDetectBeforeRelease = true };
        using EndpointBench bench = new(options: EndpointBench.DefaultOptions with { Switches = switches });
        bench.Start();
        bench.Soc.Host.HotReset();
        bench.PollUntil(LinkEvents.Reset);
        Assert.True(bench.Endpoint.RestoreAfterReset(bench.NowNanoseconds));
        bench.Lies[Apb + 0x300] = 0x1F;
        Assert.False(bench.Endpoint.ReleaseHotReset());
        bench.Soc.Advance(isEverInDetect ? 1_000_000 : 9_000_000);
        Assert.False(bench.Endpoint.ReleaseHotReset());
        if (isEverInDetect)
        {
            bench.Lies.Clear();
        }
        else
        {
            bench.Soc.Advance(1_000_000);
        }

        Assert.True(bench.Endpoint.ReleaseHotReset());
        bench.Lies.Clear();
        bench.PollUntil(LinkEvents.LinkUp);
    }

    [Fact]
    public void Where_that_is_asked_for_only_regions_that_a_reset_has_closed_are_written_again()
    {
        Rk3588Switches switches = new() { RewriteTranslationAfterReset = false };
        using EndpointBench bench = new(options: EndpointBench.DefaultOptions with { Switches = switches });
        bench.Start();
        bench.Soc.Host.HotReset();
        bench.PollUntil(LinkEvents.Reset);
        bench.Accesses.Clear();
        bench.Restore();
        Assert.DoesNotContain(bench.Accesses, access => access.IsWrite && access.Address - Dbi - 0x30_0000 < 0x4000);
        bench.PollUntil(LinkEvents.LinkUp);
        bench.Soc.Host.HotReset();
        bench.PollUntil(LinkEvents.Reset);
        Assert.True(bench.Soc.CpuWrite(Dbi + 0x30_0104, 4, 0));
        bench.Restore();
        _ = bench.IndexOfWrite(Dbi + 0x30_0114, (uint)EndpointBench.BarMemory);
        bench.PollUntil(LinkEvents.LinkUp);
        bench.AssertClean();
    }

    [Fact]
    public void A_taken_over_link_keeps_what_the_host_writes_to_its_command_register_meanwhile()
    {
        using EndpointBench bench = new();
        bench.Start();
        bench.Restart();
        bench.AfterWrite = access =>
        {
            if (access.Address == Dbi + 0x30_0114)
            {
                bench.Soc.Host.ConfigWrite(0x04, 2, 0x0402);
            }
        };
        bench.Endpoint.BringUp(EndpointBench.OtherBarMemory);
        Assert.Equal(0x0402u, bench.HostRead(0x04) & 0xFFFF);
        bench.AssertClean();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Inbound_regions_of_somebody_before_are_closed(bool isLinkUp)
    {
        const ulong Control2OfRegion3 = Dbi + 0x30_0104 + (3 * 0x200);
        using EndpointBench bench = new(SocStartState.Powered, EndpointBench.TakeOver);
        if (isLinkUp)
        {
            bench.Start();
            bench.Restart();
        }

        Assert.True(bench.Soc.CpuWrite(Control2OfRegion3, 4, 0x8000_0000));
        bench.Accesses.Clear();
        bench.Endpoint.BringUp(EndpointBench.OtherBarMemory);
        _ = bench.IndexOfWrite(Control2OfRegion3, 0);
        Assert.Single(bench.Accesses, access => access.IsWrite && access.Address - (Dbi + 0x30_0300) < 0x1E00);
        Assert.True(bench.Soc.CpuRead(Control2OfRegion3, 4, out ulong control));
        Assert.Equal(0u, control >> 31);
    }

    [Fact]
    public void A_change_of_perst_before_the_link_was_enabled_is_still_reported()
    {
        using EndpointBench bench = new(options: EndpointBench.DefaultOptions with { PerstPin = new GpioPin(4, 14) });
        bench.Endpoint.BringUp(EndpointBench.BarMemory);
        bench.Soc.Host.AssertPerst(true);
        bench.Endpoint.EnableLink();
        bench.PollUntil(LinkEvents.Reset);
        bench.Restore();
        bench.Soc.Host.AssertPerst(false);
        bench.PollUntil(LinkEvents.LinkUp);
    }

    [Fact]
    public void Where_nothing_happens_a_look_costs_two_reads_and_no_write_and_not_more_often_than_asked()
    {
        using EndpointBench bench = new();
        bench.Start();
        _ = bench.Poll();
        bench.Accesses.Clear();
        Assert.Equal(LinkEvents.None, bench.Poll());
        Assert.Equal([Apb + 0x10, Dbi + 0x04], bench.Accesses.Select(access => access.Address));
        Assert.DoesNotContain(bench.Accesses, access => access.IsWrite);
        Assert.Equal(LinkEvents.None, bench.Endpoint.PollEvents(bench.NowNanoseconds));
        Assert.Equal(2, bench.Accesses.Count);
    }

    [Fact]
    public void Polling_and_restoring_allocate_nothing()
    {
        using EndpointBench bench = new();
        bench.Start();
        bench.IsRecording = false;
        bench.Soc.Host.HotReset();
        bench.PollUntil(LinkEvents.Reset);
        bench.Restore();
        bench.PollUntil(LinkEvents.LinkUp);
        long before = GC.GetAllocatedBytesForCurrentThread();
        bench.Soc.Host.HotReset();
        for (int i = 0; i < 100 && !bench.Endpoint.IsResetPending; i++)
        {
            _ = bench.Poll();
        }

        while (!bench.Endpoint.RestoreAfterReset(bench.NowNanoseconds))
        {
            bench.Soc.Advance(1000);
        }

        bool isReleased = bench.Endpoint.ReleaseHotReset();
        for (int i = 0; i < 1000 && !bench.Endpoint.IsLinkUp; i++)
        {
            _ = bench.Poll();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(isReleased && bench.Endpoint.IsLinkUp);
    }

    [Fact]
    public void Bus_mastering_follows_the_host()
    {
        using EndpointBench bench = new();
        bench.Start();
        bench.Soc.Host.ConfigWrite(0x04, 2, 0x2);
        bench.PollUntil(LinkEvents.BusMasterChanged);
        Assert.False(bench.Endpoint.IsBusMasterEnabled);
        bench.Soc.Host.ConfigWrite(0x04, 2, 0x6);
        bench.PollUntil(LinkEvents.BusMasterChanged);
        Assert.True(bench.Endpoint.IsBusMasterEnabled);
    }

    [Theory]
    [InlineData(false, 0u)]
    [InlineData(true, 6u)]
    public void The_command_register_is_the_hosts_unless_a_switch_says_otherwise(bool isLocal, uint command)
    {
        Rk3588Switches switches = new() { EnableCommandLocally = isLocal };
        using EndpointBench bench = new(options: EndpointBench.DefaultOptions with { Switches = switches });
        bench.Endpoint.BringUp(EndpointBench.BarMemory);
        bench.Endpoint.EnableLink();
        bench.PollUntil(LinkEvents.LinkUp);
        Assert.Equal(command, bench.HostRead(0x04) & 6);
        bench.Soc.Host.HotReset();
        bench.PollUntil(LinkEvents.Reset);
        bench.Restore();
        bench.PollUntil(LinkEvents.LinkUp);
        Assert.Equal(command, bench.HostRead(0x04) & 6);
    }

    [Fact]
    public void Perst_resets_the_function_and_holds_training_until_it_is_released()
    {
        using EndpointBench bench = new(options: EndpointBench.DefaultOptions with { PerstPin = new GpioPin(4, 14) });
        bench.Start();
        _ = bench.IndexOfWrite(SocMap.Gpio4 + 0x08, 0x4000_0000);
        bench.Soc.Host.AssertPerst(true);
        bench.PollUntil(LinkEvents.Reset);
        bench.Restore();
        bench.Soc.Advance(5_000_000);
        Assert.Equal(LinkEvents.None, bench.Poll());
        bench.Soc.Host.AssertPerst(false);
        bench.PollUntil(LinkEvents.LinkUp);
        bench.AssertClean();
    }

    [Fact]
    public void A_start_under_perst_does_not_wait_for_it()
    {
        using EndpointBench bench = new(options: EndpointBench.DefaultOptions with { PerstPin = new GpioPin(4, 14) });
        bench.Soc.Host.AssertPerst(true);
        bench.Endpoint.BringUp(EndpointBench.BarMemory);
        bench.Endpoint.EnableLink();
        Assert.DoesNotContain(bench.Accesses, access => access is { IsWrite: true, Address: Apb, Value: 0x0004_0004 });
        Assert.Equal(LinkEvents.None, bench.Poll());
        bench.Soc.Host.AssertPerst(false);
        bench.PollUntil(LinkEvents.LinkUp);
    }

    [Theory]
    [InlineData(BringUpMode.Cold)]
    [InlineData(BringUpMode.TakeOver)]
    public void A_firmware_that_starts_again_keeps_the_link_and_what_the_host_assigned(BringUpMode mode)
    {
        SocStartState start = mode == BringUpMode.Cold ? SocStartState.Cold : SocStartState.KernelDriver;
        using EndpointBench bench = new(start, EndpointBench.DefaultOptions with { BringUp = mode });
        bench.Start();
        bench.Restart();
        bench.Accesses.Clear();
        bench.Endpoint.BringUp(EndpointBench.OtherBarMemory);
        bench.Endpoint.EnableLink();
        Assert.True(bench.Soc.Host.IsLinkUp);
        int closed = bench.IndexOfWrite(Dbi + 0x04, 0x4);
        int moved = bench.IndexOfWrite(Dbi + 0x30_0114, (uint)EndpointBench.OtherBarMemory);
        int open = bench.IndexOfWrite(Dbi + 0x04, 0x6);
        Assert.Equal([closed, moved, open], new[] { closed, moved, open }.Order());
        bench.PollUntil(LinkEvents.LinkUp);
        Assert.True(bench.Endpoint.IsBusMasterEnabled);
        Assert.Equal(TlpStatus.Success, bench.Soc.Host.MemoryWrite(EndpointBench.HostBar0 + 0x1000, [5, 6, 7, 8]));
        bench.Soc.Advance(1_000_000);
        Assert.Equal([5, 6, 7, 8], bench.Memory.Bytes.Slice(0x20_1000, 4).ToArray());
        bench.AssertClean();
    }

    [Theory]
    [InlineData(BringUpMode.Cold, 0)]
    [InlineData(BringUpMode.Cold, 20_000_000)]
    [InlineData(BringUpMode.TakeOver, 0)]
    [InlineData(BringUpMode.TakeOver, 20_000_000)]
    public void A_link_that_was_taken_down_is_trained_anew_by_the_next_start(BringUpMode mode, int delayNanoseconds)
    {
        SocStartState start = mode == BringUpMode.Cold ? SocStartState.Cold : SocStartState.KernelDriver;
        using EndpointBench bench = new(start, EndpointBench.DefaultOptions with { BringUp = mode }, LoseEverything);
        bench.Start();
        bench.Soc.Faults.LinkDownDelayNanoseconds = delayNanoseconds;
        bench.Endpoint.TakeLinkDown();
        Assert.False(bench.Soc.Host.IsLinkUp);
        Assert.Equal(TlpStatus.UnsupportedRequest, bench.Soc.Host.ConfigRead(0, 4, out _));
        bench.Restart();
        bench.Endpoint.BringUp(EndpointBench.OtherBarMemory);
        Assert.False(bench.Endpoint.IsLinkKept);
        bench.Endpoint.EnableLink();
        bench.PollUntil(LinkEvents.LinkUp);
        Assert.Equal((0u, 0ul), (bench.HostRead(0x04) & 6, bench.Soc.Host.BarAddress(0)));
        bench.HostEnables();
        bench.PollUntil(LinkEvents.BusMasterChanged);
        Assert.Equal(TlpStatus.Success, bench.Soc.Host.MemoryWrite(EndpointBench.HostBar0 + 0x1000, [5, 6, 7, 8]));
        bench.Soc.Advance(1_000_000);
        Assert.Equal([5, 6, 7, 8], bench.Memory.Bytes.Slice(0x20_1000, 4).ToArray());
        bench.AssertClean();
    }

    [Fact]
    public void A_link_that_does_not_go_down_is_said_and_not_waited_for_any_longer()
    {
        using EndpointBench bench = new();
        bench.Start();
        bench.Soc.Faults.LinkDownDelayNanoseconds = int.MaxValue;
        long before = bench.NowNanoseconds;
        bench.Endpoint.TakeLinkDown();
        Assert.InRange(bench.NowNanoseconds - before, 1, 1_000_000_000);
        Assert.Contains(bench.Log, line => line.Contains("the link does not go down: LTSSM_STATUS reads", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20_000_000)]
    public void What_a_start_configures_is_not_lost_with_the_link_that_it_drops(int delayNanoseconds)
    {
        Rk3588Switches switches = new() { KeepRunningLink = false };
        using EndpointBench bench = new(SocStartState.Powered, EndpointBench.TakeOver with { Switches = switches }, LoseEverything);
        bench.Start();
        bench.Restart();
        bench.Soc.Faults.LinkDownDelayNanoseconds = delayNanoseconds;
        bench.Endpoint.BringUp(EndpointBench.OtherBarMemory);
        bench.Endpoint.EnableLink();
        bench.Soc.Advance(2 * delayNanoseconds);
        bench.PollUntil(LinkEvents.LinkUp);
        Assert.Equal(0xBEEF_1B96u, bench.HostRead(0x00));
        Assert.Equal(0ul, bench.Soc.Host.BarBytes(4));
        bench.AssertClean();
    }

    [Fact]
    public void A_running_link_is_dropped_where_that_is_asked_for()
    {
        Rk3588Switches switches = new() { KeepRunningLink = false };
        using EndpointBench bench = new(SocStartState.Powered, EndpointBench.TakeOver with { Switches = switches });
        bench.Start();
        bench.Restart();
        bench.Endpoint.BringUp(EndpointBench.OtherBarMemory);
        Assert.False(bench.Soc.Host.IsLinkUp);
        bench.Endpoint.EnableLink();
        bench.PollUntil(LinkEvents.LinkUp);
        Assert.Equal(0u, bench.HostRead(0x04) & 6);
    }

    private static void LoseEverything(SocFaults faults)
    {
        faults.BarMasksLost = true;
        faults.HeaderLost = true;
        faults.IatuLosesTargets = true;
    }

    private static void Lose(EndpointBench bench, string loss)
    {
        switch (loss)
        {
            case "hot reset":
                bench.Soc.Host.HotReset();
                break;
            case "link drop":
                bench.Soc.Host.DropLink();
                break;
            default:
                bench.Soc.Host.SetPower(false);
                break;
        }
    }
}
