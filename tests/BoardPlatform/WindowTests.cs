// Outbound windows: how many there are, where their stores land, what is flushed before a region moves, and that all of it outlives a reset.
using Nvmepf.Hal;
using Nvmepf.Hal.Mmio;
using Nvmepf.Hal.Rk3588;
using Nvmepf.SocModel;
using Xunit;

namespace Nvmepf.Tests.BoardPlatform;

public sealed unsafe class WindowTests
{
    [Fact]
    public void Fourteen_windows_are_dealt_out_and_taken_back()
    {
        using BoardRig rig = new BoardRig().Start();
        Assert.Equal(14, rig.Platform.CompletionQueueLimit);
        List<nint> windows = [];
        for (int i = 0; i < 14; i++)
        {
            ulong host = BoardHost.MemoryAddress + ((ulong)i * 0x1_8040);
            nint window = rig.Platform.OpenWindow(host, 0x4000);
            Assert.NotEqual(0, window);
            Mmio.Write64((ulong*)window, 0x1111_0000_0000_0000UL + (ulong)i);
            Mmio.Write32((uint*)(window + 0x3FFC), 0x2222_0000u + (uint)i);
            windows.Add(window);
        }

        Assert.Equal(0, rig.Platform.OpenWindow(BoardHost.MemoryAddress, 64));
        rig.Soc.Advance(100_000);
        for (int i = 0; i < 14; i++)
        {
            int offset = i * 0x1_8040;
            Assert.Equal(0x1111_0000_0000_0000UL + (ulong)i, BitConverter.ToUInt64(rig.Host.Memory, offset));
            Assert.Equal(0x2222_0000u + (uint)i, BitConverter.ToUInt32(rig.Host.Memory, offset + 0x3FFC));
        }

        rig.Platform.CloseWindow(windows[3]);
        Assert.Equal(windows[3] & ~0xFFFF, rig.Platform.OpenWindow(BoardHost.MemoryAddress, 64) & ~0xFFFF);
        rig.AssertClean();
        Assert.Equal(0, rig.Host.StrayWrites);
    }

    [Fact]
    public void Stores_of_a_firmware_that_died_arrive_before_the_next_one_writes_the_windows()
    {
        using BoardRig rig = new BoardRig().Start();
        rig.Faults.PostedDelayNanoseconds = 50_000;
        rig.Faults.LateTranslation = true;
        nint window = rig.Platform.OpenWindow(BoardHost.MemoryAddress, 64);
        Mmio.Write64((ulong*)window, 0x77);
        OutboundWindows next = new(rig.Blocks, dmaBypass: true, new ModelClock(rig.Soc), rig.Log);
        Assert.True(next.ProgramAll(flushesFirst: true));
        rig.Soc.Advance(1_000_000);
        Assert.Equal(0x77UL, BitConverter.ToUInt64(rig.Host.Memory, 0));
        Assert.Equal(0, rig.Host.StrayWrites);
        rig.AssertClean();
    }

    [Fact]
    public void What_was_stored_arrives_before_its_window_moves()
    {
        using BoardRig rig = new BoardRig().Start();
        rig.Faults.PostedDelayNanoseconds = 50_000;
        rig.Faults.LateTranslation = true;
        for (int i = 0; i < 20; i++)
        {
            nint window = rig.Platform.OpenWindow(BoardHost.MemoryAddress + ((ulong)i * 0x1_0000), 64);
            Mmio.Write64((ulong*)window, 0x5500UL + (ulong)i);
            rig.Platform.CloseWindow(window);
        }

        rig.Soc.Advance(1_000_000);
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(0x5500UL + (ulong)i, BitConverter.ToUInt64(rig.Host.Memory, i * 0x1_0000));
        }

        Assert.Equal(0, rig.Host.StrayWrites);
        rig.AssertClean();
    }

    [Fact]
    public void Regions_that_lose_their_targets_in_a_reset_are_written_again()
    {
        using BoardRig rig = new BoardRig().Start();
        rig.Faults.IatuLosesTargets = true;
        nint before = rig.Platform.OpenWindow(BoardHost.MemoryAddress + 0x2_0000, 64);
        rig.Soc.Host.HotReset();
        rig.RunUntil(() => rig.Handler.Events.Contains("reset"), "the reset is seen");
        rig.Platform.CloseWindow(before);
        rig.ConnectHost();
        nint window = rig.Platform.OpenWindow(BoardHost.MemoryAddress + 0x5_0008, 64);
        Mmio.Write64((ulong*)window, 77);
        rig.Soc.Advance(100_000);
        Assert.Equal(77UL, BitConverter.ToUInt64(rig.Host.Memory, 0x5_0008));
        Assert.Equal(0, rig.Host.StrayWrites);
        rig.AssertClean();
    }

    [Fact]
    public void A_region_that_is_slow_to_come_into_effect_is_waited_for()
    {
        using BoardRig rig = new();
        rig.Faults.IatuEnableDelayNanoseconds = 5_000;
        rig.Start();
        nint window = rig.Platform.OpenWindow(BoardHost.MemoryAddress + 0x40, 64);
        Mmio.Write32((uint*)window, 5);
        rig.Soc.Advance(100_000);
        Assert.Equal(5u, BitConverter.ToUInt32(rig.Host.Memory, 0x40));
        rig.AssertClean();
    }

    [Fact]
    public void Without_a_link_there_are_no_windows()
    {
        using BoardRig rig = new BoardRig().Start();
        rig.Soc.Host.SetPower(false);
        rig.RunUntil(() => !rig.Platform.IsBusMasterEnabled, "the loss is seen");
        Assert.Equal(0, rig.Platform.OpenWindow(BoardHost.MemoryAddress, 64));
        rig.AssertClean();
    }
}
