// The shadow space (DBI2, "CS2"): what lies behind the base address registers.

using Nvmepf.Hal.Mmio;

namespace Nvmepf.Hal.DesignWare;

/// <summary>Masks of the base address registers.</summary>
/// <param name="Base">First byte of the DBI2 space.</param>
public readonly record struct DbiShadow(nint Base)
{
    /// <summary>030h: Mask of the Expansion ROM BAR.</summary>
    public ProtectedWriteOnlyRegister<RomMask> RomMask => new(Base + 0x030);

    /// <summary>010h + 4n: mask of BAR n, 0 to 5; the odd one of a 64-bit pair is the upper half of the mask.</summary>
    public ProtectedWriteOnlyRegister<BarMask> Mask(int index) => new(Base + 0x10 + (4 * index));
}

/// <summary>Mask of a BAR. Never written for the size of a resizable BAR: choosing its size there does that.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct BarMask(uint Raw) : IRegisterFields<BarMask>
{
    /// <summary>Bit 0: the BAR exists.</summary>
    public bool Enable { get => RegisterBits.Test(Raw, 0); init => Raw = RegisterBits.With(Raw, 0, value); }

    /// <summary>Bits 31:1: size less one, without its lowest bit.</summary>
    public uint MaskIn2Bytes { get => RegisterBits.Get(Raw, 1, 31); init => Raw = RegisterBits.With(Raw, 1, 31, value); }

    /// <inheritdoc/>
    public static BarMask FromRaw(uint raw) => new(raw);
}

/// <summary>Mask of the Expansion ROM BAR.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct RomMask(uint Raw) : IRegisterFields<RomMask>
{
    /// <summary>Bit 0: the BAR exists.</summary>
    public bool Enable { get => RegisterBits.Test(Raw, 0); init => Raw = RegisterBits.With(Raw, 0, value); }

    /// <summary>Bits 31:1: size less one, without its lowest bit.</summary>
    public uint MaskIn2Bytes { get => RegisterBits.Get(Raw, 1, 31); init => Raw = RegisterBits.With(Raw, 1, 31, value); }

    /// <inheritdoc/>
    public static RomMask FromRaw(uint raw) => new(raw);
}
