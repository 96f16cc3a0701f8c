// Clock and reset unit: the words that the PCIe 3.0 x4 controller and its PHY need.
// In a gate 1 means that the clock is off, in a reset that it is held.

using Nvmepf.Hal.Mmio;

namespace Nvmepf.Hal.Rk3588;

/// <summary>Clocks and resets of the 4-lane controller and the PCIe 3.0 PHY.</summary>
/// <param name="Base">First byte of the unit, FD7C_0000h on the board.</param>
public readonly record struct Cru(nint Base)
{
    /// <summary>440h: CLKSEL_CON80: roots of the PCIe clocks.</summary>
    public HighWordMaskRegister<ClockSelect80> ClockSelect80 => new(Base + 0x440);

    /// <summary>880h: CLKGATE_CON32.</summary>
    public HighWordMaskRegister<ClockGate32> Gate32 => new(Base + 0x880);

    /// <summary>884h: CLKGATE_CON33.</summary>
    public HighWordMaskRegister<ClockGate33> Gate33 => new(Base + 0x884);

    /// <summary>888h: CLKGATE_CON34.</summary>
    public HighWordMaskRegister<ClockGate34> Gate34 => new(Base + 0x888);

    /// <summary>898h: CLKGATE_CON38; no bit of it is known to be needed.</summary>
    public HighWordMaskRegister<ClockGate38> Gate38 => new(Base + 0x898);

    /// <summary>89Ch: CLKGATE_CON39.</summary>
    public HighWordMaskRegister<ClockGate39> Gate39 => new(Base + 0x89C);

    /// <summary>A80h: SOFTRST_CON32.</summary>
    public HighWordMaskRegister<SoftReset32> Reset32 => new(Base + 0xA80);

    /// <summary>A84h: SOFTRST_CON33.</summary>
    public HighWordMaskRegister<SoftReset33> Reset33 => new(Base + 0xA84);

    /// <summary>A88h: SOFTRST_CON34.</summary>
    public HighWordMaskRegister<SoftReset34> Reset34 => new(Base + 0xA88);

    /// <summary>C38h: gates of the reference clock that a PLL makes for the PHY.</summary>
    public HighWordMaskRegister<PhyReferenceGate> PhyReferenceGate => new(Base + 0xC38);

    /// <summary>8800h: PHPTOPCRU CLKGATE_CON0.</summary>
    public HighWordMaskRegister<PhpClockGate0> PhpGate0 => new(Base + 0x8800);

    /// <summary>8A00h: PHPTOPCRU SOFTRST_CON0.</summary>
    public HighWordMaskRegister<PhpSoftReset0> PhpReset0 => new(Base + 0x8A00);
}

/// <summary>CLKSEL_CON80.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct ClockSelect80(uint Raw) : IRegisterFields<ClockSelect80>
{
    /// <summary>Bits 1:0: 0 150 MHz, 1 50 MHz, 2 24 MHz.</summary>
    public byte PhpPeripheralRootSource { get => (byte)RegisterBits.Get(Raw, 0, 2); init => Raw = RegisterBits.With(Raw, 0, 2, value); }

    /// <summary>Bits 6:2: divider of ACLK_PCIE_ROOT.</summary>
    public byte PcieRootDivider { get => (byte)RegisterBits.Get(Raw, 2, 5); init => Raw = RegisterBits.With(Raw, 2, 5, value); }

    /// <summary>Bit 7: ACLK_PCIE_ROOT from GPLL or CPLL.</summary>
    public bool PcieRootSource { get => RegisterBits.Test(Raw, 7); init => Raw = RegisterBits.With(Raw, 7, value); }

    /// <summary>Bits 12:8: divider of ACLK_PHP_ROOT.</summary>
    public byte PhpRootDivider { get => (byte)RegisterBits.Get(Raw, 8, 5); init => Raw = RegisterBits.With(Raw, 8, 5, value); }

    /// <summary>Bit 13: ACLK_PHP_ROOT from GPLL or CPLL.</summary>
    public bool PhpRootSource { get => RegisterBits.Test(Raw, 13); init => Raw = RegisterBits.With(Raw, 13, value); }

    /// <inheritdoc/>
    public static ClockSelect80 FromRaw(uint raw) => new(raw);
}

/// <summary>CLKGATE_CON32.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct ClockGate32(uint Raw) : IRegisterFields<ClockGate32>
{
    /// <summary>Bit 0: PCLK_PHP_ROOT.</summary>
    public bool PhpPeripheralRoot { get => RegisterBits.Test(Raw, 0); init => Raw = RegisterBits.With(Raw, 0, value); }

    /// <summary>Bit 6: ACLK_PCIE_ROOT.</summary>
    public bool PcieRoot { get => RegisterBits.Test(Raw, 6); init => Raw = RegisterBits.With(Raw, 6, value); }

    /// <summary>Bit 7: ACLK_PHP_ROOT.</summary>
    public bool PhpRoot { get => RegisterBits.Test(Raw, 7); init => Raw = RegisterBits.With(Raw, 7, value); }

    /// <summary>Bit 8: ACLK_PCIE_BRIDGE.</summary>
    public bool PcieBridge { get => RegisterBits.Test(Raw, 8); init => Raw = RegisterBits.With(Raw, 8, value); }

    /// <summary>Bit 13: ACLK_PCIE_4L_DBI.</summary>
    public bool Dbi { get => RegisterBits.Test(Raw, 13); init => Raw = RegisterBits.With(Raw, 13, value); }

    /// <inheritdoc/>
    public static ClockGate32 FromRaw(uint raw) => new(raw);
}

/// <summary>CLKGATE_CON33.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct ClockGate33(uint Raw) : IRegisterFields<ClockGate33>
{
    /// <summary>Bit 2: ACLK_PCIE_4L_MSTR.</summary>
    public bool Master { get => RegisterBits.Test(Raw, 2); init => Raw = RegisterBits.With(Raw, 2, value); }

    /// <summary>Bit 7: ACLK_PCIE_4L_SLV.</summary>
    public bool Slave { get => RegisterBits.Test(Raw, 7); init => Raw = RegisterBits.With(Raw, 7, value); }

    /// <summary>Bit 12: PCLK_PCIE_4L.</summary>
    public bool Peripheral { get => RegisterBits.Test(Raw, 12); init => Raw = RegisterBits.With(Raw, 12, value); }

    /// <inheritdoc/>
    public static ClockGate33 FromRaw(uint raw) => new(raw);
}

/// <summary>CLKGATE_CON34.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct ClockGate34(uint Raw) : IRegisterFields<ClockGate34>
{
    /// <summary>Bit 1: CLK_PCIE_AUX0.</summary>
    public bool Auxiliary { get => RegisterBits.Test(Raw, 1); init => Raw = RegisterBits.With(Raw, 1, value); }

    /// <summary>Bit 6: ACLK_PHP_GIC_ITS.</summary>
    public bool PhpGicIts { get => RegisterBits.Test(Raw, 6); init => Raw = RegisterBits.With(Raw, 6, value); }

    /// <summary>Bit 7: ACLK_MMU_PCIE.</summary>
    public bool PcieMmu { get => RegisterBits.Test(Raw, 7); init => Raw = RegisterBits.With(Raw, 7, value); }

    /// <inheritdoc/>
    public static ClockGate34 FromRaw(uint raw) => new(raw);
}

/// <summary>CLKGATE_CON38.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct ClockGate38(uint Raw) : IRegisterFields<ClockGate38>
{
    /// <inheritdoc/>
    public static ClockGate38 FromRaw(uint raw) => new(raw);
}

/// <summary>CLKGATE_CON39.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct ClockGate39(uint Raw) : IRegisterFields<ClockGate39>
{
    /// <summary>Bit 0: CLK_PCIE4L_PIPE.</summary>
    public bool Pipe { get => RegisterBits.Test(Raw, 0); init => Raw = RegisterBits.With(Raw, 0, value); }

    /// <inheritdoc/>
    public static ClockGate39 FromRaw(uint raw) => new(raw);
}

/// <summary>SOFTRST_CON32.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct SoftReset32(uint Raw) : IRegisterFields<SoftReset32>
{
    /// <summary>Bit 5: P_PHP_BIU.</summary>
    public bool PhpPeripheralBus { get => RegisterBits.Test(Raw, 5); init => Raw = RegisterBits.With(Raw, 5, value); }

    /// <summary>Bit 8: A_PCIE_GRIDGE.</summary>
    public bool PcieBridge { get => RegisterBits.Test(Raw, 8); init => Raw = RegisterBits.With(Raw, 8, value); }

    /// <summary>Bit 9: A_PHP_BIU.</summary>
    public bool PhpBus { get => RegisterBits.Test(Raw, 9); init => Raw = RegisterBits.With(Raw, 9, value); }

    /// <summary>Bit 12: A_PCIE_BIU.</summary>
    public bool PcieBus { get => RegisterBits.Test(Raw, 12); init => Raw = RegisterBits.With(Raw, 12, value); }

    /// <summary>Bit 13: SRST_PCIE0_POWER_UP.</summary>
    public bool PowerUp { get => RegisterBits.Test(Raw, 13); init => Raw = RegisterBits.With(Raw, 13, value); }

    /// <inheritdoc/>
    public static SoftReset32 FromRaw(uint raw) => new(raw);
}

/// <summary>SOFTRST_CON33.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct SoftReset33(uint Raw) : IRegisterFields<SoftReset33>
{
    /// <summary>Bit 12: SRST_P_PCIE0.</summary>
    public bool Peripheral { get => RegisterBits.Test(Raw, 12); init => Raw = RegisterBits.With(Raw, 12, value); }

    /// <inheritdoc/>
    public static SoftReset33 FromRaw(uint raw) => new(raw);
}

/// <summary>SOFTRST_CON34.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct SoftReset34(uint Raw) : IRegisterFields<SoftReset34>
{
    /// <summary>Bit 6: ACLK_PHP_GIC_ITS.</summary>
    public bool PhpGicIts { get => RegisterBits.Test(Raw, 6); init => Raw = RegisterBits.With(Raw, 6, value); }

    /// <summary>Bit 7: ACLK_MMU_PCIE.</summary>
    public bool PcieMmu { get => RegisterBits.Test(Raw, 7); init => Raw = RegisterBits.With(Raw, 7, value); }

    /// <inheritdoc/>
    public static SoftReset34 FromRaw(uint raw) => new(raw);
}

/// <summary>Gates of the PHY's reference clock.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct PhyReferenceGate(uint Raw) : IRegisterFields<PhyReferenceGate>
{
    /// <summary>Bits 3:0: all zero: on.</summary>
    public byte Gates { get => (byte)RegisterBits.Get(Raw, 0, 4); init => Raw = RegisterBits.With(Raw, 0, 4, value); }

    /// <inheritdoc/>
    public static PhyReferenceGate FromRaw(uint raw) => new(raw);
}

/// <summary>PHPTOPCRU CLKGATE_CON0.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct PhpClockGate0(uint Raw) : IRegisterFields<PhpClockGate0>
{
    /// <summary>Bit 8: PCLK_PCIE_COMBO_PIPE_PHY.</summary>
    public bool PhyPeripheral { get => RegisterBits.Test(Raw, 8); init => Raw = RegisterBits.With(Raw, 8, value); }

    /// <inheritdoc/>
    public static PhpClockGate0 FromRaw(uint raw) => new(raw);
}

/// <summary>PHPTOPCRU SOFTRST_CON0.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct PhpSoftReset0(uint Raw) : IRegisterFields<PhpSoftReset0>
{
    /// <summary>Bit 8: P_PCIE3_PHY.</summary>
    public bool PhyPeripheral { get => RegisterBits.Test(Raw, 8); init => Raw = RegisterBits.With(Raw, 8, value); }

    /// <summary>Bit 10: SRST_PCIE30_PHY.</summary>
    public bool Phy { get => RegisterBits.Test(Raw, 10); init => Raw = RegisterBits.With(Raw, 10, value); }

    /// <inheritdoc/>
    public static PhpSoftReset0 FromRaw(uint raw) => new(raw);
}
