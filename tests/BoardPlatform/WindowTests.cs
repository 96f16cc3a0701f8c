// Outbound windows: how many there are, where their stores land, what is flushed before a region moves, and that all of it outlives a reset.
using Nvmepf.BoardBench;
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
    public void A_region_that_does_not_come_into_effect_is_waited_for_once_and_then_left_alone_for_a_while()
    {
        using BoardRig rig = new BoardRig().Start();
        nint control2 = rig.Blocks.Dbi + 0x30_0004 + (OutboundWindows.MessageRegion * 0x200);
        OutboundWindows windows = new(rig.Blocks, dmaBypass: true, new SteppingClock(rig.Soc), rig.Log);
        using (StuckRegister stuck = new((nuint)control2))
        {
            long before = rig.Soc.NowNanoseconds;
            Assert.False(windows.ProgramAll());
            Assert.InRange(rig.Soc.NowNanoseconds - before, 5_000_000, 12_000_000);
            Assert.Equal(1, stuck.Enables);
            windows.IsLinkUp = true;
            before = rig.Soc.NowNanoseconds;
            for (int i = 0; i < 100; i++)
            {
                Assert.Equal(0, windows.Map(OutboundWindows.MessageRegion, BoardHost.MessageAddress, 4));
                Assert.False(windows.ProgramAll());
            }

            Assert.InRange(rig.Soc.NowNanoseconds - before, 0, 2_000_000);
        }

        rig.Soc.Advance(100_000_000);
        Assert.True(windows.ProgramAll());
        Assert.NotEqual(0, windows.Map(OutboundWindows.MessageRegion, BoardHost.MessageAddress, 4));
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

/// <summary>A clock that goes on at each look, as a real one does.</summary>
internal sealed class SteppingClock(Soc soc) : IBoardClock
{
    public long NowNanoseconds
    {
        get
        {
            soc.Advance(1_000);
            return soc.NowNanoseconds;
        }
    }

    public void Sleep(long nanoseconds) => soc.Advance(nanoseconds);
}

/// <summary>A register that reads zero whatever is written.</summary>
internal sealed class StuckRegister : IRegisterTrap, IDisposable
{
    private readonly IRegisterTrap _inner = RegisterTrap.Current!;
    private readonly nuint _address;

    internal StuckRegister(nuint address)
    {
        _address = address;
        RegisterTrap.Current = this;
    }

    internal int Enables { get; private set; }

    public bool TryRead(nuint address, int widthBytes, out ulong value)
    {
        bool isTaken = _inner.TryRead(address, widthBytes, out value);
        value = address == _address ? 0 : value;
        return isTaken;
    }

    public bool TryWrite(nuint address, int widthBytes, ulong value)
    {
        Enables += address == _address && value != 0 ? 1 : 0;
        return _inner.TryWrite(address, widthBytes, value);
    }

    public void Barrier(BarrierKind kind) => _inner.Barrier(kind);

    public void Maintain(nuint address, nuint lengthBytes, bool invalidate) => _inner.Maintain(address, lengthBytes, invalidate);

    public void Dispose() => RegisterTrap.Current = _inner;
}
