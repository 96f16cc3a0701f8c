// The controller's own view (DBI) of its type 0 configuration header (PCI Local Bus 3.0 section 6.1).

using Nvmepf.Hal.Mmio;

namespace Nvmepf.Hal.DesignWare;

/// <summary>The type 0 configuration header at the start of the DBI space.</summary>
/// <param name="Base">First byte of the DBI space.</param>
public readonly record struct Dbi(nint Base)
{
    /// <summary>000h: Vendor ID and Device ID.</summary>
    public ProtectedRegister<HeaderIdentity> Identity => new(Base);

    /// <summary>004h: Command and Status. The host owns Command; it reads zero after a reset of the link.</summary>
    public ControlStatusRegister<CommandStatus> CommandStatus => new(Base + 0x004);

    /// <summary>008h: Revision ID and Class Code.</summary>
    public ProtectedRegister<ClassRevision> ClassRevision => new(Base + 0x008);

    /// <summary>00Ch: Cache Line Size, Latency Timer, Header Type, BIST.</summary>
    public ProtectedRegister<HeaderLayout> HeaderType => new(Base + 0x00C);

    /// <summary>02Ch: Subsystem Vendor ID and Subsystem ID.</summary>
    public ProtectedRegister<SubsystemIdentity> Subsystem => new(Base + 0x02C);

    /// <summary>030h: Expansion ROM Base Address.</summary>
    public ProtectedRegister<ExpansionRomBar> ExpansionRomBar => new(Base + 0x030);

    /// <summary>034h: Offset of the first capability.</summary>
    public ProtectedRegister<CapabilitiesPointer> CapabilitiesPointer => new(Base + 0x034);

    /// <summary>03Ch: Interrupt Line and Interrupt Pin.</summary>
    public ProtectedRegister<InterruptPinLine> Interrupt => new(Base + 0x03C);

    /// <summary>Number of base address registers.</summary>
    public const int BarCount = 6;

    /// <summary>010h + 4n: Base Address Register n, 0 to 5. A 64-bit BAR takes an even one and the next.</summary>
    public ProtectedRegister<BaseAddress> Bar(int index) => new(Base + 0x10 + (4 * index));
}

/// <summary>Vendor ID and Device ID.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct HeaderIdentity(uint Raw) : IRegisterFields<HeaderIdentity>
{
    /// <summary>Bits 15:0: who made it.</summary>
    public ushort VendorId { get => (ushort)RegisterBits.Get(Raw, 0, 16); init => Raw = RegisterBits.With(Raw, 0, 16, value); }

    /// <summary>Bits 31:16: what it is.</summary>
    public ushort DeviceId { get => (ushort)RegisterBits.Get(Raw, 16, 16); init => Raw = RegisterBits.With(Raw, 16, 16, value); }

    /// <inheritdoc/>
    public static HeaderIdentity FromRaw(uint raw) => new(raw);
}

/// <summary>Command and Status (PCI Local Bus 3.0 sections 6.2.2 and 6.2.3).</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct CommandStatus(uint Raw) : IRegisterFields<CommandStatus>
{
    /// <summary>Bit 0: I/O Space Enable.</summary>
    public bool IoSpaceEnable { get => RegisterBits.Test(Raw, 0); init => Raw = RegisterBits.With(Raw, 0, value); }

    /// <summary>Bit 1: Memory Space Enable.</summary>
    public bool MemorySpaceEnable { get => RegisterBits.Test(Raw, 1); init => Raw = RegisterBits.With(Raw, 1, value); }

    /// <summary>Bit 2: Bus Master Enable: while clear, the function sends neither memory requests nor interrupts.</summary>
    public bool BusMasterEnable { get => RegisterBits.Test(Raw, 2); init => Raw = RegisterBits.With(Raw, 2, value); }

    /// <summary>Bit 10: Interrupt Disable: INTx stays low.</summary>
    public bool InterruptDisable { get => RegisterBits.Test(Raw, 10); init => Raw = RegisterBits.With(Raw, 10, value); }

    /// <summary>Bit 19: Interrupt Status: INTx is pending.</summary>
    public bool InterruptStatus { get => RegisterBits.Test(Raw, 19); init => Raw = RegisterBits.With(Raw, 19, value); }

    /// <summary>Bit 20: Capabilities List.</summary>
    public bool CapabilitiesList { get => RegisterBits.Test(Raw, 20); init => Raw = RegisterBits.With(Raw, 20, value); }

    /// <summary>Bit 28: Received Target Abort: a request of ours was answered by Completer Abort. Cleared by a one.</summary>
    public bool ReceivedTargetAbort { get => RegisterBits.Test(Raw, 28); init => Raw = RegisterBits.With(Raw, 28, value); }

    /// <summary>Bit 29: Received Master Abort: a request of ours was answered by Unsupported Request. Cleared by a one.</summary>
    public bool ReceivedMasterAbort { get => RegisterBits.Test(Raw, 29); init => Raw = RegisterBits.With(Raw, 29, value); }

    /// <inheritdoc/>
    public static CommandStatus FromRaw(uint raw) => new(raw);
}

/// <summary>Revision ID and Class Code.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct ClassRevision(uint Raw) : IRegisterFields<ClassRevision>
{
    /// <summary>Bits 7:0: Revision ID.</summary>
    public byte RevisionId { get => (byte)RegisterBits.Get(Raw, 0, 8); init => Raw = RegisterBits.With(Raw, 0, 8, value); }

    /// <summary>Bits 31:8: base class, subclass and programming interface; 010802h is an NVMe I/O controller.</summary>
    public uint ClassCode { get => RegisterBits.Get(Raw, 8, 24); init => Raw = RegisterBits.With(Raw, 8, 24, value); }

    /// <inheritdoc/>
    public static ClassRevision FromRaw(uint raw) => new(raw);
}

/// <summary>Cache Line Size, Latency Timer, Header Type, BIST.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct HeaderLayout(uint Raw) : IRegisterFields<HeaderLayout>
{
    /// <summary>Bits 7:0: Cache Line Size in dwords.</summary>
    public byte CacheLineSize { get => (byte)RegisterBits.Get(Raw, 0, 8); init => Raw = RegisterBits.With(Raw, 0, 8, value); }

    /// <summary>Bits 15:8: Latency Timer, zero in PCIe.</summary>
    public byte LatencyTimer { get => (byte)RegisterBits.Get(Raw, 8, 8); init => Raw = RegisterBits.With(Raw, 8, 8, value); }

    /// <summary>Bits 22:16: header layout: 0 for an endpoint, 1 for a bridge (the controller is a root port then).</summary>
    public byte Layout { get => (byte)RegisterBits.Get(Raw, 16, 7); init => Raw = RegisterBits.With(Raw, 16, 7, value); }

    /// <summary>Bit 23: Multi-Function Device.</summary>
    public bool MultiFunction { get => RegisterBits.Test(Raw, 23); init => Raw = RegisterBits.With(Raw, 23, value); }

    /// <summary>Bits 31:24: BIST.</summary>
    public byte Bist { get => (byte)RegisterBits.Get(Raw, 24, 8); init => Raw = RegisterBits.With(Raw, 24, 8, value); }

    /// <inheritdoc/>
    public static HeaderLayout FromRaw(uint raw) => new(raw);
}

/// <summary>A Base Address Register.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct BaseAddress(uint Raw) : IRegisterFields<BaseAddress>
{
    /// <summary>Bit 0: I/O space.</summary>
    public bool IsIoSpace { get => RegisterBits.Test(Raw, 0); init => Raw = RegisterBits.With(Raw, 0, value); }

    /// <summary>Bit 2: 64 bits wide: the next register holds the upper half.</summary>
    public bool Is64Bit { get => RegisterBits.Test(Raw, 2); init => Raw = RegisterBits.With(Raw, 2, value); }

    /// <summary>Bit 3: prefetchable memory.</summary>
    public bool IsPrefetchable { get => RegisterBits.Test(Raw, 3); init => Raw = RegisterBits.With(Raw, 3, value); }

    /// <summary>Bits 31:4: address in units of 16 bytes; bits below the size of the BAR read zero.</summary>
    public uint AddressIn16Bytes { get => RegisterBits.Get(Raw, 4, 28); init => Raw = RegisterBits.With(Raw, 4, 28, value); }

    /// <inheritdoc/>
    public static BaseAddress FromRaw(uint raw) => new(raw);
}

/// <summary>Subsystem Vendor ID and Subsystem ID.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct SubsystemIdentity(uint Raw) : IRegisterFields<SubsystemIdentity>
{
    /// <summary>Bits 15:0: Subsystem Vendor ID.</summary>
    public ushort SubsystemVendorId { get => (ushort)RegisterBits.Get(Raw, 0, 16); init => Raw = RegisterBits.With(Raw, 0, 16, value); }

    /// <summary>Bits 31:16: Subsystem ID.</summary>
    public ushort SubsystemId { get => (ushort)RegisterBits.Get(Raw, 16, 16); init => Raw = RegisterBits.With(Raw, 16, 16, value); }

    /// <inheritdoc/>
    public static SubsystemIdentity FromRaw(uint raw) => new(raw);
}

/// <summary>Expansion ROM Base Address.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct ExpansionRomBar(uint Raw) : IRegisterFields<ExpansionRomBar>
{
    /// <summary>Bit 0: address decoding on.</summary>
    public bool Enable { get => RegisterBits.Test(Raw, 0); init => Raw = RegisterBits.With(Raw, 0, value); }

    /// <summary>Bits 31:11: address in units of 2 KiB.</summary>
    public uint AddressIn2Kib { get => RegisterBits.Get(Raw, 11, 21); init => Raw = RegisterBits.With(Raw, 11, 21, value); }

    /// <inheritdoc/>
    public static ExpansionRomBar FromRaw(uint raw) => new(raw);
}

/// <summary>Capabilities Pointer.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct CapabilitiesPointer(uint Raw) : IRegisterFields<CapabilitiesPointer>
{
    /// <summary>Bits 7:0: offset of the first capability.</summary>
    public byte FirstOffset { get => (byte)RegisterBits.Get(Raw, 0, 8); init => Raw = RegisterBits.With(Raw, 0, 8, value); }

    /// <inheritdoc/>
    public static CapabilitiesPointer FromRaw(uint raw) => new(raw);
}

/// <summary>Interrupt Line and Interrupt Pin.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct InterruptPinLine(uint Raw) : IRegisterFields<InterruptPinLine>
{
    /// <summary>Bits 7:0: Interrupt Line, the host's to write.</summary>
    public byte Line { get => (byte)RegisterBits.Get(Raw, 0, 8); init => Raw = RegisterBits.With(Raw, 0, 8, value); }

    /// <summary>Bits 15:8: Interrupt Pin: 0 none, 1 INTA.</summary>
    public byte Pin { get => (byte)RegisterBits.Get(Raw, 8, 8); init => Raw = RegisterBits.With(Raw, 8, 8, value); }

    /// <inheritdoc/>
    public static InterruptPinLine FromRaw(uint raw) => new(raw);
}
