// Extended capabilities (PCIe Base 5.0 section 7.6 on), from offset 100h of configuration space.

using Nvmepf.Hal.Mmio;

namespace Nvmepf.Hal.DesignWare;

/// <summary>Head of any extended capability.</summary>
/// <param name="Base">First byte of the capability.</param>
public readonly record struct ExtendedCapability(nint Base)
{
    /// <summary>000h: identity and next offset.</summary>
    public ProtectedRegister<ExtendedCapabilityHeader> Header => new(Base);
}

/// <summary>Head of an extended capability.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct ExtendedCapabilityHeader(uint Raw) : IRegisterFields<ExtendedCapabilityHeader>
{
    /// <summary>Bits 15:0: which capability; 0 for none.</summary>
    public ExtendedCapabilityId CapabilityId
    {
        get => (ExtendedCapabilityId)RegisterBits.Get(Raw, 0, 16);
        init => Raw = RegisterBits.With(Raw, 0, 16, (uint)value);
    }

    /// <summary>Bits 19:16: version.</summary>
    public byte Version { get => (byte)RegisterBits.Get(Raw, 16, 4); init => Raw = RegisterBits.With(Raw, 16, 4, value); }

    /// <summary>Bits 31:20: offset of the next one, 0 at the end.</summary>
    public ushort NextOffset { get => (ushort)RegisterBits.Get(Raw, 20, 12); init => Raw = RegisterBits.With(Raw, 20, 12, value); }

    /// <inheritdoc/>
    public static ExtendedCapabilityHeader FromRaw(uint raw) => new(raw);
}

/// <summary>Resizable BAR (PCIe Base 5.0 section 7.8.6).</summary>
/// <param name="Base">First byte of the capability.</param>
public readonly record struct ResizableBarCapability(nint Base)
{
    /// <summary>004h + 8n: sizes that entry n can have. Writing it makes the controller choose the size in the control word.</summary>
    public ProtectedRegister<ResizableBarSizes> Sizes(int entry) => new(Base + 4 + (8 * entry));

    /// <summary>008h + 8n: which BAR entry n is, and the size chosen.</summary>
    public ProtectedRegister<ResizableBarControl> Control(int entry) => new(Base + 8 + (8 * entry));
}

/// <summary>Sizes that a BAR can have.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct ResizableBarSizes(uint Raw) : IRegisterFields<ResizableBarSizes>
{
    /// <summary>Bits 31:4: bit k: 2^k MiB.</summary>
    public uint SizesFrom1Mib { get => RegisterBits.Get(Raw, 4, 28); init => Raw = RegisterBits.With(Raw, 4, 28, value); }

    /// <inheritdoc/>
    public static ResizableBarSizes FromRaw(uint raw) => new(raw);
}

/// <summary>Which BAR, and its size.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct ResizableBarControl(uint Raw) : IRegisterFields<ResizableBarControl>
{
    /// <summary>Bits 2:0: BAR of this entry.</summary>
    public byte BarIndex { get => (byte)RegisterBits.Get(Raw, 0, 3); init => Raw = RegisterBits.With(Raw, 0, 3, value); }

    /// <summary>Bits 7:5: number of entries, in the first only.</summary>
    public byte EntryCount { get => (byte)RegisterBits.Get(Raw, 5, 3); init => Raw = RegisterBits.With(Raw, 5, 3, value); }

    /// <summary>Bits 13:8: size: 2^k MiB.</summary>
    public byte SizeLog2Mib { get => (byte)RegisterBits.Get(Raw, 8, 6); init => Raw = RegisterBits.With(Raw, 8, 6, value); }

    /// <summary>Bits 31:16: bit k: 2^(28+k) MiB.</summary>
    public ushort SizesFrom256Tib { get => (ushort)RegisterBits.Get(Raw, 16, 16); init => Raw = RegisterBits.With(Raw, 16, 16, value); }

    /// <inheritdoc/>
    public static ResizableBarControl FromRaw(uint raw) => new(raw);
}

/// <summary>Which extended capability (PCI Code and ID Assignment 1.14).</summary>
public enum ExtendedCapabilityId : ushort
{
    /// <summary>None: the head of an empty list.</summary>
    None = 0x00,

    /// <summary>Advanced Error Reporting.</summary>
    AdvancedErrorReporting = 0x01,

    /// <summary>Vendor-Specific.</summary>
    VendorSpecific = 0x0B,

    /// <summary>Address Translation Services: hosts that use it wait for invalidations that this controller never completes.</summary>
    AddressTranslationServices = 0x0F,

    /// <summary>Page Request Interface.</summary>
    PageRequestInterface = 0x13,

    /// <summary>Resizable BAR.</summary>
    ResizableBar = 0x15,

    /// <summary>Dynamic Power Allocation.</summary>
    DynamicPowerAllocation = 0x16,

    /// <summary>Latency Tolerance Reporting.</summary>
    LatencyToleranceReporting = 0x18,

    /// <summary>Secondary PCI Express.</summary>
    SecondaryPciExpress = 0x19,

    /// <summary>L1 PM Substates.</summary>
    L1PowerSubstates = 0x1E,
}
