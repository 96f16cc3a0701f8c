// General register files of the PCIe 3.0 PHY and of the PHP subsystem.

using Nvmepf.Hal.Mmio;

namespace Nvmepf.Hal.Rk3588;

/// <summary>Settings and state of the PCIe 3.0 PHY (two PHYs of two lanes).</summary>
/// <param name="Base">First byte of the file, FD5B_8000h on the board.</param>
public readonly record struct PhyGrf(nint Base)
{
    /// <summary>000h: CMN_CON0.</summary>
    public HighWordMaskRegister<PhyCommon> Common => new(Base);

    /// <summary>1004h: CON1 of PHY 0 lane 0.</summary>
    public HighWordMaskRegister<PhyLane> Phy0Lane0 => new(Base + 0x1004);

    /// <summary>1104h: CON1 of PHY 0 lane 1.</summary>
    public HighWordMaskRegister<PhyLane> Phy0Lane1 => new(Base + 0x1104);

    /// <summary>2004h: CON1 of PHY 1 lane 0.</summary>
    public HighWordMaskRegister<PhyLane> Phy1Lane0 => new(Base + 0x2004);

    /// <summary>2104h: CON1 of PHY 1 lane 1.</summary>
    public HighWordMaskRegister<PhyLane> Phy1Lane1 => new(Base + 0x2104);

    /// <summary>118h: CON6 of PHY 0.</summary>
    public HighWordMaskRegister<PhyControl6> Phy0Control6 => new(Base + 0x118);

    /// <summary>218h: CON6 of PHY 1.</summary>
    public HighWordMaskRegister<PhyControl6> Phy1Control6 => new(Base + 0x218);

    /// <summary>904h: STATUS1 of PHY 0.</summary>
    public ReadOnlyRegister<PhyStatus1> Phy0Status1 => new(Base + 0x904);

    /// <summary>A04h: STATUS1 of PHY 1.</summary>
    public ReadOnlyRegister<PhyStatus1> Phy1Status1 => new(Base + 0xA04);
}

/// <summary>CMN_CON0.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct PhyCommon(uint Raw) : IRegisterFields<PhyCommon>
{
    /// <summary>Bits 2:0: how the four lanes are shared; taken at the release of the PHY's reset.</summary>
    public PhyLaneMode LaneMode { get => (PhyLaneMode)RegisterBits.Get(Raw, 0, 3); init => Raw = RegisterBits.With(Raw, 0, 3, (uint)value); }

    /// <summary>Bit 8: the clamp of the PMA's outputs is released.</summary>
    public bool ClampRelease { get => RegisterBits.Test(Raw, 8); init => Raw = RegisterBits.With(Raw, 8, value); }

    /// <inheritdoc/>
    public static PhyCommon FromRaw(uint raw) => new(raw);
}

/// <summary>How the four lanes are shared among the controllers.</summary>
public enum PhyLaneMode : byte
{
    /// <summary>Two and two.</summary>
    TwoAndTwo = 0,

    /// <summary>Lanes 0 and 1 apart.</summary>
    Split01 = 1,

    /// <summary>Lanes 2 and 3 apart.</summary>
    Split23 = 2,

    /// <summary>Four controllers of one lane.</summary>
    FourSingle = 3,

    /// <summary>All four for one controller.</summary>
    Aggregated = 4,
}

/// <summary>CON1 of a lane.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct PhyLane(uint Raw) : IRegisterFields<PhyLane>
{
    /// <summary>Bit 7: rx_cmn_refclk_mode: the receiver trusts that both ends share a clock; on after reset.</summary>
    public bool CommonReferenceClock { get => RegisterBits.Test(Raw, 7); init => Raw = RegisterBits.With(Raw, 7, value); }

    /// <inheritdoc/>
    public static PhyLane FromRaw(uint raw) => new(raw);
}

/// <summary>CON6 of a PHY.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct PhyControl6(uint Raw) : IRegisterFields<PhyControl6>
{
    /// <summary>Bit 2: the reference clock comes from the pad.</summary>
    public bool ReferenceFromPad { get => RegisterBits.Test(Raw, 2); init => Raw = RegisterBits.With(Raw, 2, value); }

    /// <inheritdoc/>
    public static PhyControl6 FromRaw(uint raw) => new(raw);
}

/// <summary>STATUS1 of a PHY.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct PhyStatus1(uint Raw) : IRegisterFields<PhyStatus1>
{
    /// <summary>Bit 0: sram_init_done: the PHY has its reference clock and is ready.</summary>
    public bool SramInitDone { get => RegisterBits.Test(Raw, 0); init => Raw = RegisterBits.With(Raw, 0, value); }

    /// <summary>Bits 3:1: meaning not known; one source waits for all ones.</summary>
    public byte Others { get => (byte)RegisterBits.Get(Raw, 1, 3); init => Raw = RegisterBits.With(Raw, 1, 3, value); }

    /// <inheritdoc/>
    public static PhyStatus1 FromRaw(uint raw) => new(raw);
}

/// <summary>Routing of the lanes.</summary>
/// <param name="Base">First byte of the file, FD5B_0000h on the board.</param>
public readonly record struct PhpGrf(nint Base)
{
    /// <summary>100h: PCIESEL_CON.</summary>
    public HighWordMaskRegister<PcieSelect> PcieSelect => new(Base + 0x100);
}

/// <summary>PCIESEL_CON.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct PcieSelect(uint Raw) : IRegisterFields<PcieSelect>
{
    /// <summary>Bits 1:0: lanes that belong to other controllers.</summary>
    public byte Bifurcation { get => (byte)RegisterBits.Get(Raw, 0, 2); init => Raw = RegisterBits.With(Raw, 0, 2, value); }

    /// <inheritdoc/>
    public static PcieSelect FromRaw(uint raw) => new(raw);
}
