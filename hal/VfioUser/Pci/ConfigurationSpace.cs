using System.Buffers.Binary;

namespace Nvmepf.Hal.VfioUser;

/// <summary>What a write to configuration space asks for beyond its bytes.</summary>
[Flags]
internal enum ConfigurationEffects
{
    None = 0,

    /// <summary>Bit 15 of Device Control was written as 1.</summary>
    FunctionLevelReset = 1,
}

/// <summary>
/// The 4096 bytes of configuration space of one type 0 function: a value and a mask of writable bits for each byte. Holds the
/// header, Power Management, PCI Express (v2 endpoint with function level reset), MSI-X and MSI as far as the identity has them; the extended
/// space is an empty list.
/// </summary>
/// <remarks>
/// There is no option ROM; errors are never signalled, so the status bits that a write of 1 clears stay 0.
/// The BARs size as the standard says because some clients size them by real writes; their addresses mean nothing here.
/// </remarks>
internal sealed class ConfigurationSpace
{
    internal const int LengthBytes = 4096;
    internal const int PowerManagementCapability = 0x40;
    internal const int PciExpressCapability = 0x50;
    internal const int MsixCapability = 0x90;
    internal const int MsiCapability = 0xa0;
    internal const int MsiCapabilityLengthBytes = 0x18;

    private const int Command = 0x04;
    private const int Status = 0x06;
    private const int RevisionId = 0x08;
    private const int CacheLineSize = 0x0c;
    private const int BaseAddress0 = 0x10;
    private const int SubsystemVendorId = 0x2c;
    private const int CapabilitiesPointer = 0x34;
    private const int InterruptLine = 0x3c;
    private const int InterruptPin = 0x3d;
    private const int MsiMask = MsiCapability + 0x10;
    private const int MsiPending = MsiCapability + 0x14;

    private const ushort CommandMemorySpace = 1 << 1;
    private const ushort CommandBusMaster = 1 << 2;
    private const ushort CommandParityErrorResponse = 1 << 6;
    private const ushort CommandSerr = 1 << 8;
    private const ushort CommandInterruptDisable = 1 << 10;
    private const ushort StatusInterrupt = 1 << 3;
    private const ushort StatusCapabilitiesList = 1 << 4;
    private const uint BaseAddress64Bit = 4;

    private const ushort PowerStateMask = 3;
    private const ushort PowerNoSoftReset = 1 << 3;
    private const ushort PowerManagementVersion = 3;
    private const ushort PowerStateD0 = 0;
    private const ushort PowerStateD3Hot = 3;

    private const ushort DeviceControlReset = 1 << 15;
    private const ushort DeviceControlPayloadSize = 7 << 5;
    private const ushort MsixEnable = 1 << 15;
    private const ushort MsixFunctionMask = 1 << 14;
    private const ushort MsiEnable = 1;
    private const ushort MsiMultipleMessageEnable = 7 << 4;
    private const ushort Msi64Bit = 1 << 7;
    private const ushort MsiVectorMasking = 1 << 8;

    private readonly byte[] _values = new byte[LengthBytes];
    private readonly byte[] _atReset = new byte[LengthBytes];
    private readonly byte[] _writable = new byte[LengthBytes];
    private readonly int _messagesOffered;

    /// <summary>Builds the space for an identity and the size of BAR 0 (a power of two, 16 bytes or more).</summary>
    internal ConfigurationSpace(FunctionIdentity identity, uint bar0LengthBytes)
    {
        DefineHeader(identity, bar0LengthBytes);
        DefinePowerManagement();
        DefinePciExpress();
        _messagesOffered = identity.MsiMessagesOffered;
        int last = PciExpressCapability;
        if (identity.MsixVectorCount > 0)
        {
            DefineMsix(identity.MsixVectorCount);
            _values[last + 1] = MsixCapability;
            last = MsixCapability;
        }

        if (_messagesOffered > 0)
        {
            DefineMsi();
            _values[last + 1] = MsiCapability;
        }

        _values.AsSpan().CopyTo(_atReset);
    }

    /// <summary>Whether the host allows the function to access memory and to send messages.</summary>
    internal bool IsBusMasterEnabled => (Read16(Command) & CommandBusMaster) != 0;

    /// <summary>Whether INTx is switched off by the Command register.</summary>
    internal bool IsInterruptDisabled => (Read16(Command) & CommandInterruptDisable) != 0;

    /// <summary>Whether MSI-X is enabled; the mask of the whole function does not count, for clients keep masking to themselves (see InterruptVectors).</summary>
    internal bool IsMsixEnabled => (Read16(MsixCapability + 2) & MsixEnable) != 0;

    /// <summary>Whether MSI is enabled.</summary>
    internal bool IsMsiEnabled => (Read16(MsiCapability + 2) & MsiEnable) != 0;

    /// <summary>Messages that the host grants by Multiple Message Enable: a power of two, never more than are offered.</summary>
    internal int MessagesGranted => Math.Min(1 << ((Read16(MsiCapability + 2) & MsiMultipleMessageEnable) >> 4), Math.Max(_messagesOffered, 1));

    /// <summary>Mask bits of the MSI messages.</summary>
    internal uint MessageMask => BinaryPrimitives.ReadUInt32LittleEndian(_values.AsSpan(MsiMask));

    /// <summary>
    /// Every register as after a reset. What belongs to the link rather than to the function survives a function level reset
    /// (PCIe 5.0 section 6.6.2): Max_Payload_Size and Link Control.
    /// </summary>
    internal void Reset(ResetKind kind)
    {
        ushort payloadSize = (ushort)(Read16(PciExpressCapability + 0x08) & DeviceControlPayloadSize);
        ushort linkControl = Read16(PciExpressCapability + 0x10);
        _atReset.AsSpan().CopyTo(_values);
        if (kind == ResetKind.FunctionLevel)
        {
            Write16(PciExpressCapability + 0x08, (ushort)((Read16(PciExpressCapability + 0x08) & ~DeviceControlPayloadSize) | payloadSize));
            Write16(PciExpressCapability + 0x10, linkControl);
        }
    }

    /// <summary>Brings what hosts read and nobody writes up to date: Interrupt Status, and the pending bits of MSI.</summary>
    internal void SetInterruptState(bool isAsserted, uint pendingMessages)
    {
        Write16(Status, (ushort)(StatusCapabilitiesList | (isAsserted ? StatusInterrupt : 0)));
        if (_messagesOffered > 0)
        {
            Write32(MsiPending, pendingMessages);
        }
    }

    /// <summary>Copies bytes out; the range lies inside the space.</summary>
    internal void Read(int offset, Span<byte> destination) => _values.AsSpan(offset, destination.Length).CopyTo(destination);

    /// <summary>Applies a write of any width and alignment; the range lies inside the space. Read-only bits keep their value.</summary>
    internal ConfigurationEffects Write(int offset, ReadOnlySpan<byte> data)
    {
        ushort powerBefore = Read16(PowerManagementCapability + 4);
        for (int i = 0; i < data.Length; i++)
        {
            int writable = _writable[offset + i];
            _values[offset + i] = (byte)((_values[offset + i] & ~writable) | (data[i] & writable));
        }

        // D1 and D2 are not supported; a write of an unsupported state leaves the state as it is (PCI Power Management 1.2 section 3.2.4).
        ushort power = Read16(PowerManagementCapability + 4);
        if ((power & PowerStateMask) is not (PowerStateD0 or PowerStateD3Hot))
        {
            Write16(PowerManagementCapability + 4, powerBefore);
        }

        // The bit always reads as 0 (PCIe 5.0 section 7.5.3.4).
        ushort deviceControl = Read16(PciExpressCapability + 8);
        if ((deviceControl & DeviceControlReset) == 0)
        {
            return ConfigurationEffects.None;
        }

        Write16(PciExpressCapability + 8, (ushort)(deviceControl & ~DeviceControlReset));
        return ConfigurationEffects.FunctionLevelReset;
    }

    private void DefineHeader(FunctionIdentity identity, uint bar0LengthBytes)
    {
        Write16(0, identity.VendorId);
        Write16(2, identity.DeviceId);
        Writable16(
            Command,
            CommandMemorySpace | CommandBusMaster | CommandParityErrorResponse | CommandSerr | CommandInterruptDisable);
        Write16(Status, StatusCapabilitiesList);
        Write32(RevisionId, identity.RevisionId | (identity.ClassCode << 8));
        _writable[CacheLineSize] = 0xff;
        Write32(BaseAddress0, BaseAddress64Bit);
        Writable32(BaseAddress0, ~(bar0LengthBytes - 1));
        Writable32(BaseAddress0 + 4, uint.MaxValue);
        Write16(SubsystemVendorId, identity.SubsystemVendorId);
        Write16(SubsystemVendorId + 2, identity.SubsystemId);
        _values[CapabilitiesPointer] = PowerManagementCapability;
        _writable[InterruptLine] = 0xff;
        _values[InterruptPin] = identity.InterruptPin;
    }

    private void DefinePowerManagement()
    {
        const byte CapabilityId = 1;
        _values[PowerManagementCapability] = CapabilityId;
        _values[PowerManagementCapability + 1] = PciExpressCapability;
        Write16(PowerManagementCapability + 2, PowerManagementVersion);

        // No Soft Reset: going from D3hot to D0 changes nothing, so there is nothing to do on it.
        Write16(PowerManagementCapability + 4, PowerNoSoftReset);
        Writable16(PowerManagementCapability + 4, PowerStateMask);
    }

    private void DefinePciExpress()
    {
        const byte CapabilityId = 0x10;
        const ushort Version2Endpoint = 2;
        const uint MaxPayload256 = 1;
        const uint ExtendedTag = 1 << 5;
        const uint RoleBasedErrorReporting = 1 << 15;
        const uint FunctionLevelReset = 1 << 28;
        const ushort ControlAtReset = 0x2810; // relaxed ordering, no snoop, 512-byte read requests (section 7.5.3.4)
        const ushort ControlWritable = 0xf9ff; // all but phantom functions and auxiliary power, which are not supported
        const uint LinkGen3By4 = 3 | (4 << 4);
        const uint CompletionTimeoutDisableSupported = 1 << 4;
        const uint TargetSpeedGen3 = 3;

        int at = PciExpressCapability;
        _values[at] = CapabilityId;
        Write16(at + 0x02, Version2Endpoint);
        Write32(at + 0x04, MaxPayload256 | ExtendedTag | RoleBasedErrorReporting | FunctionLevelReset);
        Write16(at + 0x08, ControlAtReset);
        Writable16(at + 0x08, ControlWritable);
        Write32(at + 0x0c, LinkGen3By4);
        Writable16(at + 0x10, 0x00cb); // Link Control: power management, read completion boundary, common clock, extended synch
        Write16(at + 0x12, (ushort)LinkGen3By4);
        Write32(at + 0x24, CompletionTimeoutDisableSupported);
        Writable16(at + 0x28, 1 << 4);
        Write32(at + 0x2c, 7 << 1); // Link Capabilities 2: 2.5, 5 and 8 GT/s
        Write16(at + 0x30, (ushort)TargetSpeedGen3);
        Writable16(at + 0x30, 0x000f);
    }

    private void DefineMsix(int vectorCount)
    {
        const byte CapabilityId = 0x11;
        _values[MsixCapability] = CapabilityId;
        Write16(MsixCapability + 2, (ushort)(vectorCount - 1));
        Writable16(MsixCapability + 2, MsixEnable | MsixFunctionMask);
        Write32(MsixCapability + 4, Bar0Layout.MsixTable); // low three bits: BAR 0
        Write32(MsixCapability + 8, Bar0Layout.MsixPendingBits);
    }

    private void DefineMsi()
    {
        const byte CapabilityId = 5;
        int offeredLog2 = System.Numerics.BitOperations.Log2((uint)_messagesOffered);
        _values[MsiCapability] = CapabilityId;
        Write16(MsiCapability + 2, (ushort)(Msi64Bit | MsiVectorMasking | (offeredLog2 << 1)));
        Writable16(MsiCapability + 2, MsiEnable | MsiMultipleMessageEnable);
        Writable32(MsiCapability + 4, ~3u);
        Writable32(MsiCapability + 8, uint.MaxValue);
        Writable16(MsiCapability + 0x0c, ushort.MaxValue);
        Writable32(MsiMask, uint.MaxValue >> (32 - _messagesOffered));
    }

    private ushort Read16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_values.AsSpan(offset));

    private void Write16(int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(_values.AsSpan(offset), value);

    private void Write32(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_values.AsSpan(offset), value);

    private void Writable16(int offset, ushort mask) => BinaryPrimitives.WriteUInt16LittleEndian(_writable.AsSpan(offset), mask);

    private void Writable32(int offset, uint mask) => BinaryPrimitives.WriteUInt32LittleEndian(_writable.AsSpan(offset), mask);
}
