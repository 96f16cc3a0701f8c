// Capabilities of the first 256 bytes (PCI Local Bus 3.0 section 6.7, PCIe Base 5.0 section 7.5). Their offsets are found by walking the list;
// here they are relative to the capability.

using Nvmepf.Hal.Mmio;

namespace Nvmepf.Hal.DesignWare;

/// <summary>PCI Power Management (capability ID 01h).</summary>
/// <param name="Base">First byte of the capability.</param>
public readonly record struct PowerManagementCapability(nint Base)
{
    /// <summary>000h: capability header and PMC.</summary>
    public ProtectedRegister<PowerManagementHeader> Header => new(Base);

    /// <summary>004h: PMCSR. A write of ones to bit 15 clears PME status.</summary>
    public ReadWriteRegister<PowerManagementControlStatus> ControlStatus => new(Base + 0x004);
}

/// <summary>Capability header and Power Management Capabilities.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct PowerManagementHeader(uint Raw) : IRegisterFields<PowerManagementHeader>
{
    /// <summary>Bits 7:0: 01h.</summary>
    public byte CapabilityId { get => (byte)RegisterBits.Get(Raw, 0, 8); init => Raw = RegisterBits.With(Raw, 0, 8, value); }

    /// <summary>Bits 15:8: offset of the next capability, 0 at the end.</summary>
    public byte NextOffset { get => (byte)RegisterBits.Get(Raw, 8, 8); init => Raw = RegisterBits.With(Raw, 8, 8, value); }

    /// <summary>Bits 18:16: version.</summary>
    public byte Version { get => (byte)RegisterBits.Get(Raw, 16, 3); init => Raw = RegisterBits.With(Raw, 16, 3, value); }

    /// <summary>Bit 25: D1 is supported.</summary>
    public bool D1Support { get => RegisterBits.Test(Raw, 25); init => Raw = RegisterBits.With(Raw, 25, value); }

    /// <summary>Bit 26: D2 is supported.</summary>
    public bool D2Support { get => RegisterBits.Test(Raw, 26); init => Raw = RegisterBits.With(Raw, 26, value); }

    /// <summary>Bits 31:27: states that PME is sent from.</summary>
    public byte PmeSupport { get => (byte)RegisterBits.Get(Raw, 27, 5); init => Raw = RegisterBits.With(Raw, 27, 5, value); }

    /// <inheritdoc/>
    public static PowerManagementHeader FromRaw(uint raw) => new(raw);
}

/// <summary>Power Management Control and Status.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct PowerManagementControlStatus(uint Raw) : IRegisterFields<PowerManagementControlStatus>
{
    /// <summary>Bits 1:0: 0 is D0, 3 is D3hot.</summary>
    public byte PowerState { get => (byte)RegisterBits.Get(Raw, 0, 2); init => Raw = RegisterBits.With(Raw, 0, 2, value); }

    /// <summary>Bit 3: no reset on the way from D3hot to D0.</summary>
    public bool NoSoftReset { get => RegisterBits.Test(Raw, 3); init => Raw = RegisterBits.With(Raw, 3, value); }

    /// <summary>Bit 8: PME may be sent.</summary>
    public bool PmeEnable { get => RegisterBits.Test(Raw, 8); init => Raw = RegisterBits.With(Raw, 8, value); }

    /// <summary>Bit 15: PME is pending.</summary>
    public bool PmeStatus { get => RegisterBits.Test(Raw, 15); init => Raw = RegisterBits.With(Raw, 15, value); }

    /// <inheritdoc/>
    public static PowerManagementControlStatus FromRaw(uint raw) => new(raw);
}

/// <summary>Message Signaled Interrupts with 64-bit address and per-vector masking (capability ID 05h).</summary>
/// <param name="Base">First byte of the capability.</param>
public readonly record struct MsiCapability(nint Base)
{
    /// <summary>000h: capability header and Message Control.</summary>
    public ProtectedRegister<MsiControl> Control => new(Base);

    /// <summary>004h: Message Address.</summary>
    public ReadOnlyRegister<MsiAddressLow> AddressLow => new(Base + 0x004);

    /// <summary>008h: Message Upper Address.</summary>
    public ReadOnlyRegister<MsiAddressHigh> AddressHigh => new(Base + 0x008);

    /// <summary>00Ch: Message Data.</summary>
    public ReadOnlyRegister<MsiData> Data => new(Base + 0x00C);

    /// <summary>010h: Mask Bits.</summary>
    public ReadOnlyRegister<MsiMask> Mask => new(Base + 0x010);

    /// <summary>014h: Pending Bits, which the function sets.</summary>
    public ProtectedRegister<MsiPending> Pending => new(Base + 0x014);
}

/// <summary>Capability header and Message Control.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct MsiControl(uint Raw) : IRegisterFields<MsiControl>
{
    /// <summary>Bits 7:0: 05h.</summary>
    public byte CapabilityId { get => (byte)RegisterBits.Get(Raw, 0, 8); init => Raw = RegisterBits.With(Raw, 0, 8, value); }

    /// <summary>Bits 15:8: offset of the next capability, 0 at the end.</summary>
    public byte NextOffset { get => (byte)RegisterBits.Get(Raw, 8, 8); init => Raw = RegisterBits.With(Raw, 8, 8, value); }

    /// <summary>Bit 16: the host has turned MSI on.</summary>
    public bool Enable { get => RegisterBits.Test(Raw, 16); init => Raw = RegisterBits.With(Raw, 16, value); }

    /// <summary>Bits 19:17: Multiple Message Capable: vectors offered, as a power of two.</summary>
    public byte VectorsOfferedLog2 { get => (byte)RegisterBits.Get(Raw, 17, 3); init => Raw = RegisterBits.With(Raw, 17, 3, value); }

    /// <summary>Bits 22:20: Multiple Message Enable: vectors that the host gave, as a power of two.</summary>
    public byte VectorsEnabledLog2 { get => (byte)RegisterBits.Get(Raw, 20, 3); init => Raw = RegisterBits.With(Raw, 20, 3, value); }

    /// <summary>Bit 23: 64-bit address.</summary>
    public bool Has64BitAddress { get => RegisterBits.Test(Raw, 23); init => Raw = RegisterBits.With(Raw, 23, value); }

    /// <summary>Bit 24: per-vector masking.</summary>
    public bool HasVectorMask { get => RegisterBits.Test(Raw, 24); init => Raw = RegisterBits.With(Raw, 24, value); }

    /// <inheritdoc/>
    public static MsiControl FromRaw(uint raw) => new(raw);
}

/// <summary>Message Address.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct MsiAddressLow(uint Raw) : IRegisterFields<MsiAddressLow>
{
    /// <summary>Bits 31:2: bits 31:2 of the address.</summary>
    public uint AddressIn4Bytes { get => RegisterBits.Get(Raw, 2, 30); init => Raw = RegisterBits.With(Raw, 2, 30, value); }

    /// <inheritdoc/>
    public static MsiAddressLow FromRaw(uint raw) => new(raw);
}

/// <summary>Message Upper Address.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct MsiAddressHigh(uint Raw) : IRegisterFields<MsiAddressHigh>
{
    /// <summary>Bits 31:0: bits 63:32 of the address.</summary>
    public uint Address { get => RegisterBits.Get(Raw, 0, 32); init => Raw = RegisterBits.With(Raw, 0, 32, value); }

    /// <inheritdoc/>
    public static MsiAddressHigh FromRaw(uint raw) => new(raw);
}

/// <summary>Message Data.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct MsiData(uint Raw) : IRegisterFields<MsiData>
{
    /// <summary>Bits 15:0: data of vector 0; other vectors replace its low bits.</summary>
    public ushort Data { get => (ushort)RegisterBits.Get(Raw, 0, 16); init => Raw = RegisterBits.With(Raw, 0, 16, value); }

    /// <inheritdoc/>
    public static MsiData FromRaw(uint raw) => new(raw);
}

/// <summary>Mask Bits.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct MsiMask(uint Raw) : IRegisterFields<MsiMask>
{
    /// <summary>Bits 31:0: bit n: vector n is masked.</summary>
    public uint Vectors { get => RegisterBits.Get(Raw, 0, 32); init => Raw = RegisterBits.With(Raw, 0, 32, value); }

    /// <inheritdoc/>
    public static MsiMask FromRaw(uint raw) => new(raw);
}

/// <summary>Pending Bits.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct MsiPending(uint Raw) : IRegisterFields<MsiPending>
{
    /// <summary>Bits 31:0: bit n: vector n is pending.</summary>
    public uint Vectors { get => RegisterBits.Get(Raw, 0, 32); init => Raw = RegisterBits.With(Raw, 0, 32, value); }

    /// <inheritdoc/>
    public static MsiPending FromRaw(uint raw) => new(raw);
}

/// <summary>PCI Express (capability ID 10h).</summary>
/// <param name="Base">First byte of the capability.</param>
public readonly record struct PciExpressCapability(nint Base)
{
    /// <summary>000h: capability header and PCI Express Capabilities.</summary>
    public ProtectedRegister<PciExpressHeader> Header => new(Base);

    /// <summary>004h: Device Capabilities.</summary>
    public ProtectedRegister<DeviceCapabilities> DeviceCapabilities => new(Base + 0x004);

    /// <summary>008h: Device Control and Status, the host's.</summary>
    public ControlStatusRegister<DeviceControlStatus> DeviceControl => new(Base + 0x008);

    /// <summary>00Ch: Link Capabilities.</summary>
    public ProtectedRegister<LinkCapabilities> LinkCapabilities => new(Base + 0x00C);

    /// <summary>010h: Link Control and Status.</summary>
    public ControlStatusRegister<LinkControlStatus> LinkControl => new(Base + 0x010);

    /// <summary>024h: Device Capabilities 2.</summary>
    public ProtectedRegister<DeviceCapabilities2> DeviceCapabilities2 => new(Base + 0x024);

    /// <summary>028h: Device Control 2 and Status 2, the host's.</summary>
    public ControlStatusRegister<DeviceControlStatus2> DeviceControl2 => new(Base + 0x028);

    /// <summary>030h: Link Control 2 and Status 2.</summary>
    public ControlStatusRegister<LinkControlStatus2> LinkControl2 => new(Base + 0x030);
}

/// <summary>Capability header and PCI Express Capabilities.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct PciExpressHeader(uint Raw) : IRegisterFields<PciExpressHeader>
{
    /// <summary>Bits 7:0: 10h.</summary>
    public byte CapabilityId { get => (byte)RegisterBits.Get(Raw, 0, 8); init => Raw = RegisterBits.With(Raw, 0, 8, value); }

    /// <summary>Bits 15:8: offset of the next capability, 0 at the end.</summary>
    public byte NextOffset { get => (byte)RegisterBits.Get(Raw, 8, 8); init => Raw = RegisterBits.With(Raw, 8, 8, value); }

    /// <summary>Bits 19:16: 2.</summary>
    public byte Version { get => (byte)RegisterBits.Get(Raw, 16, 4); init => Raw = RegisterBits.With(Raw, 16, 4, value); }

    /// <summary>Bits 23:20: 0 is an endpoint, 4 a root port.</summary>
    public byte PortType { get => (byte)RegisterBits.Get(Raw, 20, 4); init => Raw = RegisterBits.With(Raw, 20, 4, value); }

    /// <summary>Bits 29:25: vector of the capability's own interrupts.</summary>
    public byte InterruptMessageNumber { get => (byte)RegisterBits.Get(Raw, 25, 5); init => Raw = RegisterBits.With(Raw, 25, 5, value); }

    /// <inheritdoc/>
    public static PciExpressHeader FromRaw(uint raw) => new(raw);
}

/// <summary>Device Capabilities.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct DeviceCapabilities(uint Raw) : IRegisterFields<DeviceCapabilities>
{
    /// <summary>Bits 2:0: 128 bytes times two to this power.</summary>
    public byte MaximumPayloadSupported { get => (byte)RegisterBits.Get(Raw, 0, 3); init => Raw = RegisterBits.With(Raw, 0, 3, value); }

    /// <summary>Bit 5: 8-bit tags.</summary>
    public bool ExtendedTagSupported { get => RegisterBits.Test(Raw, 5); init => Raw = RegisterBits.With(Raw, 5, value); }

    /// <summary>Bit 28: function level reset is offered.</summary>
    public bool FunctionLevelReset { get => RegisterBits.Test(Raw, 28); init => Raw = RegisterBits.With(Raw, 28, value); }

    /// <inheritdoc/>
    public static DeviceCapabilities FromRaw(uint raw) => new(raw);
}

/// <summary>Device Control and Status.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct DeviceControlStatus(uint Raw) : IRegisterFields<DeviceControlStatus>
{
    /// <summary>Bit 4: Relaxed Ordering may be used.</summary>
    public bool RelaxedOrderingEnable { get => RegisterBits.Test(Raw, 4); init => Raw = RegisterBits.With(Raw, 4, value); }

    /// <summary>Bits 7:5: 128 bytes times two to this power.</summary>
    public byte MaximumPayload { get => (byte)RegisterBits.Get(Raw, 5, 3); init => Raw = RegisterBits.With(Raw, 5, 3, value); }

    /// <summary>Bit 8: 8-bit tags may be used.</summary>
    public bool ExtendedTagEnable { get => RegisterBits.Test(Raw, 8); init => Raw = RegisterBits.With(Raw, 8, value); }

    /// <summary>Bit 11: No Snoop may be used.</summary>
    public bool NoSnoopEnable { get => RegisterBits.Test(Raw, 11); init => Raw = RegisterBits.With(Raw, 11, value); }

    /// <summary>Bits 14:12: 128 bytes times two to this power.</summary>
    public byte MaximumReadRequest { get => (byte)RegisterBits.Get(Raw, 12, 3); init => Raw = RegisterBits.With(Raw, 12, 3, value); }

    /// <summary>Bit 15: the host asks for a function level reset.</summary>
    public bool InitiateFunctionLevelReset { get => RegisterBits.Test(Raw, 15); init => Raw = RegisterBits.With(Raw, 15, value); }

    /// <summary>Bit 16: a correctable error was seen.</summary>
    public bool CorrectableError { get => RegisterBits.Test(Raw, 16); init => Raw = RegisterBits.With(Raw, 16, value); }

    /// <summary>Bit 17: a non-fatal error was seen.</summary>
    public bool NonFatalError { get => RegisterBits.Test(Raw, 17); init => Raw = RegisterBits.With(Raw, 17, value); }

    /// <summary>Bit 18: a fatal error was seen.</summary>
    public bool FatalError { get => RegisterBits.Test(Raw, 18); init => Raw = RegisterBits.With(Raw, 18, value); }

    /// <summary>Bit 19: an unsupported request was seen.</summary>
    public bool UnsupportedRequest { get => RegisterBits.Test(Raw, 19); init => Raw = RegisterBits.With(Raw, 19, value); }

    /// <summary>Bit 21: non-posted requests are outstanding.</summary>
    public bool TransactionsPending { get => RegisterBits.Test(Raw, 21); init => Raw = RegisterBits.With(Raw, 21, value); }

    /// <inheritdoc/>
    public static DeviceControlStatus FromRaw(uint raw) => new(raw);
}

/// <summary>Link Capabilities.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct LinkCapabilities(uint Raw) : IRegisterFields<LinkCapabilities>
{
    /// <summary>Bits 3:0: 1 is 2.5 GT/s, 2 is 5 GT/s, 3 is 8 GT/s.</summary>
    public LinkSpeed MaximumLinkSpeed { get => (LinkSpeed)RegisterBits.Get(Raw, 0, 4); init => Raw = RegisterBits.With(Raw, 0, 4, (uint)value); }

    /// <summary>Bits 9:4: lanes.</summary>
    public byte MaximumLinkWidth { get => (byte)RegisterBits.Get(Raw, 4, 6); init => Raw = RegisterBits.With(Raw, 4, 6, value); }

    /// <summary>Bits 11:10: bit 0 L0s, bit 1 L1.</summary>
    public byte AspmSupport { get => (byte)RegisterBits.Get(Raw, 10, 2); init => Raw = RegisterBits.With(Raw, 10, 2, value); }

    /// <summary>Bits 14:12: code of the L0s exit latency.</summary>
    public byte L0sExitLatency { get => (byte)RegisterBits.Get(Raw, 12, 3); init => Raw = RegisterBits.With(Raw, 12, 3, value); }

    /// <summary>Bits 17:15: code of the L1 exit latency.</summary>
    public byte L1ExitLatency { get => (byte)RegisterBits.Get(Raw, 15, 3); init => Raw = RegisterBits.With(Raw, 15, 3, value); }

    /// <summary>Bit 18: CLKREQ# may be used.</summary>
    public bool ClockPowerManagement { get => RegisterBits.Test(Raw, 18); init => Raw = RegisterBits.With(Raw, 18, value); }

    /// <summary>Bits 31:24: Port Number.</summary>
    public byte PortNumber { get => (byte)RegisterBits.Get(Raw, 24, 8); init => Raw = RegisterBits.With(Raw, 24, 8, value); }

    /// <inheritdoc/>
    public static LinkCapabilities FromRaw(uint raw) => new(raw);
}

/// <summary>Link Control and Status.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct LinkControlStatus(uint Raw) : IRegisterFields<LinkControlStatus>
{
    /// <summary>Bits 1:0: bit 0 L0s, bit 1 L1.</summary>
    public byte AspmControl { get => (byte)RegisterBits.Get(Raw, 0, 2); init => Raw = RegisterBits.With(Raw, 0, 2, value); }

    /// <summary>Bit 6: both ends share a reference clock.</summary>
    public bool CommonClock { get => RegisterBits.Test(Raw, 6); init => Raw = RegisterBits.With(Raw, 6, value); }

    /// <summary>Bits 19:16: as in Link Capabilities.</summary>
    public LinkSpeed CurrentLinkSpeed { get => (LinkSpeed)RegisterBits.Get(Raw, 16, 4); init => Raw = RegisterBits.With(Raw, 16, 4, (uint)value); }

    /// <summary>Bits 25:20: lanes in use.</summary>
    public byte NegotiatedLinkWidth { get => (byte)RegisterBits.Get(Raw, 20, 6); init => Raw = RegisterBits.With(Raw, 20, 6, value); }

    /// <summary>Bit 28: the reference clock of the connector is used.</summary>
    public bool SlotClock { get => RegisterBits.Test(Raw, 28); init => Raw = RegisterBits.With(Raw, 28, value); }

    /// <inheritdoc/>
    public static LinkControlStatus FromRaw(uint raw) => new(raw);
}

/// <summary>Device Capabilities 2.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct DeviceCapabilities2(uint Raw) : IRegisterFields<DeviceCapabilities2>
{
    /// <summary>Bits 3:0: ranges of completion timeouts that are supported.</summary>
    public byte CompletionTimeoutRanges { get => (byte)RegisterBits.Get(Raw, 0, 4); init => Raw = RegisterBits.With(Raw, 0, 4, value); }

    /// <summary>Bit 4: completion timeouts can be turned off.</summary>
    public bool CompletionTimeoutDisableSupported { get => RegisterBits.Test(Raw, 4); init => Raw = RegisterBits.With(Raw, 4, value); }

    /// <summary>Bit 11: Latency Tolerance Reporting.</summary>
    public bool LtrSupported { get => RegisterBits.Test(Raw, 11); init => Raw = RegisterBits.With(Raw, 11, value); }

    /// <inheritdoc/>
    public static DeviceCapabilities2 FromRaw(uint raw) => new(raw);
}

/// <summary>Device Control 2 and Status 2.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct DeviceControlStatus2(uint Raw) : IRegisterFields<DeviceControlStatus2>
{
    /// <summary>Bits 3:0: code of the completion timeout.</summary>
    public byte CompletionTimeoutValue { get => (byte)RegisterBits.Get(Raw, 0, 4); init => Raw = RegisterBits.With(Raw, 0, 4, value); }

    /// <summary>Bit 4: no completion timeout.</summary>
    public bool CompletionTimeoutDisable { get => RegisterBits.Test(Raw, 4); init => Raw = RegisterBits.With(Raw, 4, value); }

    /// <summary>Bit 10: Latency Tolerance Reporting is on.</summary>
    public bool LtrEnable { get => RegisterBits.Test(Raw, 10); init => Raw = RegisterBits.With(Raw, 10, value); }

    /// <inheritdoc/>
    public static DeviceControlStatus2 FromRaw(uint raw) => new(raw);
}

/// <summary>Link Control 2 and Status 2.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct LinkControlStatus2(uint Raw) : IRegisterFields<LinkControlStatus2>
{
    /// <summary>Bits 3:0: as in Link Capabilities.</summary>
    public LinkSpeed TargetLinkSpeed { get => (LinkSpeed)RegisterBits.Get(Raw, 0, 4); init => Raw = RegisterBits.With(Raw, 0, 4, (uint)value); }

    /// <summary>Bit 4: go to Polling.Compliance.</summary>
    public bool EnterCompliance { get => RegisterBits.Test(Raw, 4); init => Raw = RegisterBits.With(Raw, 4, value); }

    /// <inheritdoc/>
    public static LinkControlStatus2 FromRaw(uint raw) => new(raw);
}

/// <summary>MSI-X (capability ID 11h).</summary>
/// <param name="Base">First byte of the capability.</param>
public readonly record struct MsixCapability(nint Base)
{
    /// <summary>000h: capability header and Message Control.</summary>
    public ProtectedRegister<MsixControl> Control => new(Base);

    /// <summary>004h: where the table is.</summary>
    public ProtectedRegister<MsixTableLocation> Table => new(Base + 0x004);

    /// <summary>008h: where the pending bit array is.</summary>
    public ProtectedRegister<MsixPendingBitsLocation> PendingBits => new(Base + 0x008);
}

/// <summary>Capability header and Message Control.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct MsixControl(uint Raw) : IRegisterFields<MsixControl>
{
    /// <summary>Bits 7:0: 11h.</summary>
    public byte CapabilityId { get => (byte)RegisterBits.Get(Raw, 0, 8); init => Raw = RegisterBits.With(Raw, 0, 8, value); }

    /// <summary>Bits 15:8: offset of the next capability, 0 at the end.</summary>
    public byte NextOffset { get => (byte)RegisterBits.Get(Raw, 8, 8); init => Raw = RegisterBits.With(Raw, 8, 8, value); }

    /// <summary>Bits 26:16: vectors less one.</summary>
    public ushort TableSizeZeroBased { get => (ushort)RegisterBits.Get(Raw, 16, 11); init => Raw = RegisterBits.With(Raw, 16, 11, value); }

    /// <summary>Bit 30: all vectors are masked.</summary>
    public bool FunctionMask { get => RegisterBits.Test(Raw, 30); init => Raw = RegisterBits.With(Raw, 30, value); }

    /// <summary>Bit 31: the host has turned MSI-X on.</summary>
    public bool Enable { get => RegisterBits.Test(Raw, 31); init => Raw = RegisterBits.With(Raw, 31, value); }

    /// <inheritdoc/>
    public static MsixControl FromRaw(uint raw) => new(raw);
}

/// <summary>Where the MSI-X table is.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct MsixTableLocation(uint Raw) : IRegisterFields<MsixTableLocation>
{
    /// <summary>Bits 2:0: BAR that holds it.</summary>
    public byte Bar { get => (byte)RegisterBits.Get(Raw, 0, 3); init => Raw = RegisterBits.With(Raw, 0, 3, value); }

    /// <summary>Bits 31:3: offset in that BAR in units of 8 bytes.</summary>
    public uint OffsetIn8Bytes { get => RegisterBits.Get(Raw, 3, 29); init => Raw = RegisterBits.With(Raw, 3, 29, value); }

    /// <inheritdoc/>
    public static MsixTableLocation FromRaw(uint raw) => new(raw);
}

/// <summary>Where the MSI-X pending bit array is.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct MsixPendingBitsLocation(uint Raw) : IRegisterFields<MsixPendingBitsLocation>
{
    /// <summary>Bits 2:0: BAR that holds it.</summary>
    public byte Bar { get => (byte)RegisterBits.Get(Raw, 0, 3); init => Raw = RegisterBits.With(Raw, 0, 3, value); }

    /// <summary>Bits 31:3: offset in that BAR in units of 8 bytes.</summary>
    public uint OffsetIn8Bytes { get => RegisterBits.Get(Raw, 3, 29); init => Raw = RegisterBits.With(Raw, 3, 29, value); }

    /// <inheritdoc/>
    public static MsixPendingBitsLocation FromRaw(uint raw) => new(raw);
}

/// <summary>Speed of a link (PCIe Base 5.0 section 7.5.3.6).</summary>
public enum LinkSpeed : byte
{
    /// <summary>No speed.</summary>
    None = 0,

    /// <summary>2.5 GT/s, "Gen1".</summary>
    Gen1 = 1,

    /// <summary>5 GT/s, "Gen2".</summary>
    Gen2 = 2,

    /// <summary>8 GT/s, "Gen3".</summary>
    Gen3 = 3,
}
