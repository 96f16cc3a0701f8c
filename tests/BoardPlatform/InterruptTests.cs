// Interrupts of all three kinds, as the host sees them arrive, with every mask.
using System.Buffers.Binary;
using Nvmepf.Hal;
using Nvmepf.Hal.Mmio;
using Nvmepf.Hal.Rk3588;
using Nvmepf.SocModel;
using Xunit;

namespace Nvmepf.Tests.BoardPlatform;

public sealed class InterruptTests
{
    private const int MsixControl = 0xB2;
    private const int MsiControl = 0x52;
    private const int MsiMask = 0x60;
    private const int MsiPending = 0x64;
    private const uint MsixEnable = 0x8000;
    private const uint FunctionMask = 0x4000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Msix_vectors_arrive_with_their_own_address_and_data(bool barInCarveOut)
    {
        using BoardRig rig = new BoardRig(new BoardRigOptions { HasBarInCarveOut = barInCarveOut }).Start();
        Enable(rig, MsixControl, MsixEnable);
        for (int vector = 0; vector < 4; vector++)
        {
            WriteEntry(rig, vector, BoardHost.MessageAddress + ((ulong)vector * 0x1000), 0x4000u + (uint)vector, isMasked: false);
        }

        for (int vector = 3; vector >= 0; vector--)
        {
            rig.Platform.RaiseInterrupt(vector);
        }

        rig.Soc.Advance(10_000);
        Assert.Equal([3u, 2u, 1u, 0u], rig.Host.Messages.ConvertAll(message => message.Data - 0x4000));
        Assert.Equal(BoardHost.MessageAddress + 0x3000, rig.Host.Messages[0].Address);
        Assert.Equal(1u, rig.Platform.Windows.Remaps);
        Assert.False(rig.Platform.HasLevelInterrupts);
        rig.AssertClean();
    }

    [Fact]
    public void A_masked_msix_vector_is_pending_until_it_is_unmasked()
    {
        using BoardRig rig = new BoardRig().Start();
        Enable(rig, MsixControl, MsixEnable);
        WriteEntry(rig, 5, BoardHost.MessageAddress, 0x45, isMasked: true);
        rig.Platform.RaiseInterrupt(5);
        rig.RunTurns(100);
        Assert.Empty(rig.Host.Messages);
        Assert.Equal(1UL << 5, PendingBits(rig));
        WriteEntry(rig, 5, BoardHost.MessageAddress, 0x46, isMasked: false);
        rig.RunUntil(() => rig.Host.Messages.Count == 1, "the message comes when the mask goes");
        Assert.Equal(0x46u, rig.Host.Messages[0].Data);
        Assert.Equal(0UL, PendingBits(rig));
        rig.RunTurns(100);
        Assert.Single(rig.Host.Messages);
        rig.AssertClean();
    }

    [Fact]
    public void The_function_mask_holds_every_msix_vector()
    {
        using BoardRig rig = new BoardRig().Start();
        WriteEntry(rig, 0, BoardHost.MessageAddress, 1, isMasked: false);
        WriteEntry(rig, 1, BoardHost.MessageAddress, 2, isMasked: false);
        Enable(rig, MsixControl, MsixEnable | FunctionMask);
        rig.Platform.RaiseInterrupt(0);
        rig.Platform.RaiseInterrupt(1);
        rig.RunTurns(100);
        Assert.Empty(rig.Host.Messages);
        Assert.Equal(3UL, PendingBits(rig));
        Enable(rig, MsixControl, MsixEnable);
        rig.RunUntil(() => rig.Host.Messages.Count == 2, "both come when the mask goes");
        Assert.Equal(0UL, PendingBits(rig));
        rig.AssertClean();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Msi_carries_the_vector_in_its_low_bits(bool byApb)
    {
        using BoardRig rig = new BoardRig(new BoardRigOptions { Switches = new Rk3588Switches { MsiByApb = byApb } }).Start();
        EnableMsi(rig, vectorsLog2: 2);
        rig.Platform.RaiseInterrupt(0);
        rig.Platform.RaiseInterrupt(3);
        rig.Platform.RaiseInterrupt(6);
        rig.Soc.Advance(10_000);
        Assert.Equal([0x40u, 0x43u, 0x42u], rig.Host.Messages.ConvertAll(message => message.Data));
        rig.AssertClean();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_masked_msi_vector_is_pending_until_it_is_unmasked(bool byApb)
    {
        using BoardRig rig = new BoardRig(new BoardRigOptions { Switches = new Rk3588Switches { MsiByApb = byApb } }).Start();
        rig.Faults.ApbMsiIgnoresMask = byApb;
        EnableMsi(rig, vectorsLog2: 2);
        Assert.Equal(TlpStatus.Success, rig.Soc.Host.ConfigWrite(MsiMask, 4, 0b0100));
        rig.Platform.RaiseInterrupt(2);
        rig.RunTurns(100);
        Assert.Empty(rig.Host.Messages);
        Assert.Equal(TlpStatus.Success, rig.Soc.Host.ConfigRead(MsiPending, 4, out uint pending));
        Assert.Equal(0b0100u, pending);
        Assert.Equal(TlpStatus.Success, rig.Soc.Host.ConfigWrite(MsiMask, 4, 0));
        rig.RunUntil(() => rig.Host.Messages.Count != 0, "the message comes when the mask goes");
        rig.RunTurns(100);
        Assert.Equal(0x42u, Assert.Single(rig.Host.Messages).Data);
        Assert.Equal(TlpStatus.Success, rig.Soc.Host.ConfigRead(MsiPending, 4, out pending));
        Assert.Equal(0u, pending);
        rig.AssertClean();
    }

    [Fact]
    public void Without_messages_a_level_is_raised_and_lowered()
    {
        using BoardRig rig = new BoardRig().Start();
        Assert.True(rig.Platform.HasLevelInterrupts);
        rig.Platform.RaiseInterrupt(0);
        rig.Platform.RaiseInterrupt(1);
        Assert.True(rig.Soc.Host.IsIntxAsserted);
        rig.Platform.LowerInterrupt(1);
        Assert.True(rig.Soc.Host.IsIntxAsserted);
        rig.Platform.LowerInterrupt(0);
        Assert.False(rig.Soc.Host.IsIntxAsserted);
        rig.Platform.RaiseInterrupt(0);
        EnableMsi(rig, vectorsLog2: 0);
        rig.RunTurns(4_000);
        Assert.False(rig.Soc.Host.IsIntxAsserted, "a host that turns to messages hears no level");
        Assert.False(rig.Platform.HasLevelInterrupts);
        rig.AssertClean();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public unsafe void An_interrupt_by_the_apb_register_comes_after_what_was_stored_through_a_window(bool byMessage)
    {
        using BoardRig rig = new BoardRig(new BoardRigOptions { Switches = new Rk3588Switches { MsiByApb = byMessage } }).Start();
        nint window = rig.Platform.OpenWindow(BoardHost.MemoryAddress, 64);
        if (byMessage)
        {
            EnableMsi(rig, vectorsLog2: 2);
        }

        rig.Faults.PostedDelayNanoseconds = 50_000;
        rig.Faults.PostedReorderPerMillion = 1_000_000;
        for (uint entry = 1; entry <= 20; entry++)
        {
            Hal.Mmio.Mmio.Write32((uint*)window, entry);
            rig.Platform.RaiseInterrupt(1);
            if (byMessage)
            {
                rig.RunUntil(() => rig.Host.Messages.Count == (int)entry, "the message arrives");
                Assert.Equal((int)entry - 1, rig.Host.MessagesAtLastWrite);
            }

            Assert.Equal(byMessage, !rig.Soc.Host.IsIntxAsserted);
            Assert.Equal(entry, BitConverter.ToUInt32(rig.Host.Memory));
            rig.Platform.LowerInterrupt(1);
        }

        rig.AssertClean();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public unsafe void A_host_that_masks_or_changes_an_entry_while_it_is_read_gets_no_mixture_of_both(bool masks)
    {
        using BoardRig rig = new BoardRig(new BoardRigOptions { HasBarInCarveOut = true }).Start();
        Enable(rig, MsixControl, MsixEnable);
        WriteEntry(rig, 3, BoardHost.MessageAddress, 0x33, isMasked: false);
        using HostBetween between = new((nuint)rig.Platform.Bar0.Word32(Bar0Layout.MsixTable + (3 * 16)));
        between.Act = () => WriteEntry(rig, 3, BoardHost.MessageAddress + 0x1000, 0x44, masks);
        rig.Platform.RaiseInterrupt(3);
        Assert.Empty(rig.Host.Messages);
        Assert.Equal(masks ? 1UL << 3 : 0, PendingBits(rig));
        rig.RunTurns(100);
        Assert.Equal(masks ? 0 : 1, rig.Host.Messages.Count);
        WriteEntry(rig, 3, BoardHost.MessageAddress + 0x1000, 0x44, isMasked: false);
        rig.RunUntil(() => rig.Host.Messages.Count != 0, "the message comes when the mask goes");
        Assert.Equal((BoardHost.MessageAddress + 0x1000, 0x44u), Assert.Single(rig.Host.Messages));
        rig.AssertClean();
    }

    [Fact]
    public void A_vector_taken_back_while_it_waits_never_comes()
    {
        using BoardRig rig = new BoardRig().Start();
        Assert.Equal(TlpStatus.Success, rig.Soc.Host.ConfigWrite(0x04, 2, 0x0002));
        rig.RunUntil(() => !rig.Platform.IsBusMasterEnabled, "bus mastering goes");
        rig.Platform.RaiseInterrupt(2);
        rig.Platform.LowerInterrupt(2);
        Assert.Equal(TlpStatus.Success, rig.Soc.Host.ConfigWrite(0x04, 2, 0x0006));
        rig.RunUntil(() => rig.Platform.IsBusMasterEnabled, "bus mastering comes");
        rig.RunTurns(1_000);
        Assert.False(rig.Soc.Host.IsIntxAsserted);
        Enable(rig, MsixControl, MsixEnable);
        WriteEntry(rig, 2, BoardHost.MessageAddress, 7, isMasked: true);
        rig.Platform.RaiseInterrupt(2);
        Assert.Equal(1UL << 2, PendingBits(rig));
        rig.Platform.LowerInterrupt(2);
        Assert.Equal(0UL, PendingBits(rig));
        WriteEntry(rig, 2, BoardHost.MessageAddress, 7, isMasked: false);
        rig.RunTurns(1_000);
        Assert.Empty(rig.Host.Messages);
        rig.AssertClean();
    }

    [Fact]
    public void A_message_that_waits_does_not_become_a_level_when_the_host_turns_messages_off()
    {
        using BoardRig rig = new BoardRig().Start();
        Enable(rig, MsixControl, MsixEnable);
        WriteEntry(rig, 1, BoardHost.MessageAddress, 7, isMasked: true);
        rig.Platform.RaiseInterrupt(1);
        Enable(rig, MsixControl, 0);
        rig.RunTurns(4_000);
        Assert.False(rig.Soc.Host.IsIntxAsserted);
        Assert.Equal(0UL, PendingBits(rig));
        rig.AssertClean();
    }

    [Fact]
    public void A_level_is_not_asserted_while_the_host_disables_it()
    {
        using BoardRig rig = new BoardRig().Start();
        Assert.Equal(TlpStatus.Success, rig.Soc.Host.ConfigWrite(0x04, 2, 0x0406));
        rig.RunTurns(200);
        rig.Platform.RaiseInterrupt(0);
        Assert.Equal(0u, InterruptStatus(rig));
        Assert.Equal(TlpStatus.Success, rig.Soc.Host.ConfigWrite(0x04, 2, 0x0006));
        rig.RunUntil(() => rig.Soc.Host.IsIntxAsserted, "the level comes when it may");
        Assert.Equal(TlpStatus.Success, rig.Soc.Host.ConfigWrite(0x04, 2, 0x0406));
        rig.RunUntil(() => InterruptStatus(rig) == 0, "the level goes");
        rig.AssertClean();
    }

    [Fact]
    public unsafe void Many_masked_vectors_cost_a_bounded_number_of_looks_and_all_arrive_in_the_end()
    {
        const int Vectors = 16;
        using BoardRig rig = new BoardRig(new BoardRigOptions { Vectors = Vectors }).Start();
        Enable(rig, MsixControl, MsixEnable);
        for (int vector = 0; vector < Vectors; vector++)
        {
            WriteEntry(rig, vector, BoardHost.MessageAddress, (uint)vector, isMasked: true);
            rig.Platform.RaiseInterrupt(vector);
        }

        rig.RunTurns(100);
        using HostBetween counter = new((nuint)rig.Platform.Bar0.Word32(Bar0Layout.MsixTable), Vectors * 16);
        for (int i = 0; i < 200; i++)
        {
            long before = counter.Reads;
            rig.Turn();
            Assert.InRange(counter.Reads - before, 0, 8);
        }

        Assert.True(counter.Reads > 16, "the vectors are looked at");
        for (int vector = 0; vector < Vectors; vector++)
        {
            WriteEntry(rig, vector, BoardHost.MessageAddress, (uint)vector, isMasked: false);
        }

        rig.RunUntil(() => rig.Host.Messages.Count == Vectors, "all come when the masks go");
        rig.AssertClean();
    }

    [Fact]
    public void A_new_message_address_moves_the_window_behind_what_was_sent()
    {
        using BoardRig rig = new BoardRig().Start();
        rig.Faults.PostedDelayNanoseconds = 20_000;
        rig.Faults.LateTranslation = true;
        Enable(rig, MsixControl, MsixEnable);
        WriteEntry(rig, 0, BoardHost.MessageAddress, 1, isMasked: false);
        rig.Platform.RaiseInterrupt(0);
        WriteEntry(rig, 0, BoardHost.MemoryAddress + 0x100, 2, isMasked: false);
        rig.Platform.RaiseInterrupt(0);
        rig.Soc.Advance(1_000_000);
        Assert.Equal((BoardHost.MessageAddress, 1u), Assert.Single(rig.Host.Messages));
        Assert.Equal(2, rig.Host.Memory[0x100]);
        rig.AssertClean();
    }

    [Fact]
    public void A_reset_forgets_what_was_pending_and_masks_the_table()
    {
        using BoardRig rig = new BoardRig().Start();
        Enable(rig, MsixControl, MsixEnable);
        WriteEntry(rig, 2, BoardHost.MessageAddress, 7, isMasked: true);
        rig.Platform.RaiseInterrupt(2);
        rig.Soc.Host.HotReset();
        rig.RunUntil(() => rig.Handler.Events.Contains("reset"), "the reset is seen");
        rig.ConnectHost();
        Assert.Equal(0UL, PendingBits(rig));
        Span<byte> entry = stackalloc byte[16];
        Assert.Equal(TlpStatus.Success, rig.Soc.Host.BarRead(0, Bar0Layout.MsixTable + 32, entry));
        Assert.Equal(0UL, BinaryPrimitives.ReadUInt64LittleEndian(entry));
        Assert.Equal(1u, BinaryPrimitives.ReadUInt32LittleEndian(entry[12..]));
        Enable(rig, MsixControl, MsixEnable);
        WriteEntry(rig, 2, BoardHost.MessageAddress, 7, isMasked: false);
        rig.RunTurns(1_000);
        Assert.Empty(rig.Host.Messages);
        rig.AssertClean();
    }

    private static void Enable(BoardRig rig, int offset, uint value) => Assert.Equal(TlpStatus.Success, rig.Soc.Host.ConfigWrite(offset, 2, value));

    private static uint InterruptStatus(BoardRig rig)
    {
        Assert.Equal(TlpStatus.Success, rig.Soc.Host.ConfigRead(0x06, 2, out uint status));
        return status & 8;
    }

    private static void EnableMsi(BoardRig rig, int vectorsLog2)
    {
        Assert.Equal(TlpStatus.Success, rig.Soc.Host.ConfigWrite(0x54, 4, (uint)BoardHost.MessageAddress + 0x10));
        Assert.Equal(TlpStatus.Success, rig.Soc.Host.ConfigWrite(0x58, 4, 0));
        Assert.Equal(TlpStatus.Success, rig.Soc.Host.ConfigWrite(0x5C, 2, 0x40));
        Enable(rig, MsiControl, 1u | ((uint)vectorsLog2 << 4));
    }

    private static void WriteEntry(BoardRig rig, int vector, ulong address, uint data, bool isMasked)
    {
        Span<byte> entry = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(entry, address);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], data);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[12..], isMasked ? 1u : 0);
        for (int field = 0; field < 16; field += 4)
        {
            ulong offset = Bar0Layout.MsixTable + ((ulong)vector * 16) + (ulong)field;
            Assert.Equal(TlpStatus.Success, rig.Soc.Host.BarWrite(0, offset, entry.Slice(field, 4)));
        }
    }

    private static ulong PendingBits(BoardRig rig)
    {
        Span<byte> bits = stackalloc byte[8];
        Assert.Equal(TlpStatus.Success, rig.Soc.Host.BarRead(0, Bar0Layout.MsixPendingBits, bits));
        return BinaryPrimitives.ReadUInt64LittleEndian(bits);
    }
}

/// <summary>Passes every access on; lets the host act right after the first load of a place, and counts the loads of a range that begins there.</summary>
internal sealed class HostBetween : IRegisterTrap, IDisposable
{
    private readonly IRegisterTrap _inner = RegisterTrap.Current!;
    private readonly nuint _address;
    private readonly nuint _lengthBytes;

    internal HostBetween(nuint address, int lengthBytes = 8)
    {
        _address = address;
        _lengthBytes = (nuint)lengthBytes;
        RegisterTrap.Current = this;
    }

    internal Action? Act { get; set; }

    internal long Reads { get; private set; }

    public bool TryRead(nuint address, int widthBytes, out ulong value)
    {
        bool isTaken = _inner.TryRead(address, widthBytes, out value);
        if (address - _address < _lengthBytes)
        {
            Reads++;
            Action? act = Act;
            Act = null;
            act?.Invoke();
        }

        return isTaken;
    }

    public bool TryWrite(nuint address, int widthBytes, ulong value) => _inner.TryWrite(address, widthBytes, value);

    public void Barrier(BarrierKind kind) => _inner.Barrier(kind);

    public void Maintain(nuint address, nuint lengthBytes, bool invalidate) => _inner.Maintain(address, lengthBytes, invalidate);

    public void Dispose() => RegisterTrap.Current = _inner;
}
