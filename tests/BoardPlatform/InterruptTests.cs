// Interrupts of all three kinds, as the host sees them arrive, with every mask.
using System.Buffers.Binary;
using Nvmepf.Hal;
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
