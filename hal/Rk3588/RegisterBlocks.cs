namespace Nvmepf.Hal.Rk3588;

/// <summary>Physical addresses and sizes of the register blocks in the RK3588, for its 4-lane PCIe 3.0 controller.</summary>
public static class SocAddresses
{
    /// <summary>DBI, DBI2, address translation and eDMA in one block.</summary>
    public const ulong Dbi = 0xA_4000_0000;

    /// <summary>Length of the DBI block.</summary>
    public const uint DbiLengthBytes = 0x40_0000;

    /// <summary>DBI2 from the start of the DBI block.</summary>
    public const uint DbiShadowOffset = 0x10_0000;

    /// <summary>The APB client block.</summary>
    public const ulong Apb = 0xFE15_0000;

    /// <summary>Length of the APB client block.</summary>
    public const uint ApbLengthBytes = 0x1_0000;

    /// <summary>Clock and reset unit.</summary>
    public const ulong Cru = 0xFD7C_0000;

    /// <summary>Length of the clock and reset unit.</summary>
    public const uint CruLengthBytes = 0x5_C000;

    /// <summary>Power management unit.</summary>
    public const ulong Pmu = 0xFD8D_8000;

    /// <summary>Mapped length of the power management unit (400h bytes of registers).</summary>
    public const uint PmuLengthBytes = 0x1000;

    /// <summary>General register file of the PHP subsystem.</summary>
    public const ulong PhpGrf = 0xFD5B_0000;

    /// <summary>Length of the PHP general register file.</summary>
    public const uint PhpGrfLengthBytes = 0x1000;

    /// <summary>General register file of the PCIe 3.0 PHY.</summary>
    public const ulong PhyGrf = 0xFD5B_8000;

    /// <summary>Length of the PHY's general register file.</summary>
    public const uint PhyGrfLengthBytes = 0x1_0000;

    /// <summary>Mapped length of a GPIO bank (100h bytes of registers).</summary>
    public const uint GpioLengthBytes = 0x1000;

    /// <summary>Outbound window: CPU addresses that become PCI addresses.</summary>
    public const ulong Outbound = 0x9_0000_0000;

    /// <summary>Length of the outbound window.</summary>
    public const uint OutboundLengthBytes = 0x4000_0000;

    /// <summary>A GPIO bank, 0 to 4.</summary>
    public static ulong Gpio(int bank) => bank switch
    {
        0 => 0xFD8A_0000,
        1 => 0xFEC2_0000,
        2 => 0xFEC3_0000,
        3 => 0xFEC4_0000,
        _ => 0xFEC5_0000,
    };
}

/// <summary>
/// Where the register blocks are mapped in this process. DBI, APB client and outbound window are always there; the rest is needed for a cold
/// start or for PERST# and may be 0.
/// </summary>
public sealed record RegisterBlocks
{
    /// <summary>The DBI block: DBI at 0, DBI2 at 100000h, address translation at 300000h, eDMA at 380000h.</summary>
    public required nint Dbi { get; init; }

    /// <summary>The APB client block.</summary>
    public required nint Apb { get; init; }

    /// <summary>The outbound window's first byte, which is <see cref="OutboundSocAddress"/> to the SoC.</summary>
    public required nint Outbound { get; init; }

    /// <summary>How much of the outbound window is mapped.</summary>
    public uint OutboundLengthBytes { get; init; } = SocAddresses.OutboundLengthBytes;

    /// <summary>Address of the outbound window in the SoC, which the outbound regions' bases are made of.</summary>
    public ulong OutboundSocAddress { get; init; } = SocAddresses.Outbound;

    /// <summary>Clock and reset unit, or 0.</summary>
    public nint Cru { get; init; }

    /// <summary>Power management unit, or 0.</summary>
    public nint Pmu { get; init; }

    /// <summary>PHY's general register file, or 0.</summary>
    public nint PhyGrf { get; init; }

    /// <summary>PHP subsystem's general register file, or 0.</summary>
    public nint PhpGrf { get; init; }

    /// <summary>The GPIO bank of PERST#, or 0.</summary>
    public nint Gpio { get; init; }
}
