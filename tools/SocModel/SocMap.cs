namespace Nvmepf.SocModel;

/// <summary>Physical addresses and sizes of the SoC's blocks (register reference section 1.1).</summary>
public static class SocMap
{
    /// <summary>DBI block: dbi, dbi2 at +1 MiB, ELBI at +2 MiB, iATU at +3 MiB, eDMA at +3.5 MiB.</summary>
    public const ulong Dbi = 0xA_4000_0000;

    /// <summary>Bytes of the DBI block.</summary>
    public const int DbiBytes = 0x40_0000;

    /// <summary>The same block's 32-bit alias.</summary>
    public const ulong DbiAlias = 0xF500_0000;

    /// <summary>APB client registers.</summary>
    public const ulong Apb = 0xFE15_0000;

    /// <summary>Bytes of the APB client block.</summary>
    public const int ApbBytes = 0x1_0000;

    /// <summary>Clock and reset unit.</summary>
    public const ulong Cru = 0xFD7C_0000;

    /// <summary>Bytes of the clock and reset unit.</summary>
    public const int CruBytes = 0x5_C000;

    /// <summary>Power management unit.</summary>
    public const ulong Pmu = 0xFD8D_8000;

    /// <summary>Bytes of the PMU's part that is modelled.</summary>
    public const int PmuBytes = 0x1000;

    /// <summary>General register file of the PCIe/PHP subsystem.</summary>
    public const ulong PhpGrf = 0xFD5B_0000;

    /// <summary>Bytes of the PHP register file.</summary>
    public const int PhpGrfBytes = 0x1000;

    /// <summary>General register file of the PCIe 3.0 PHY.</summary>
    public const ulong PhyGrf = 0xFD5B_8000;

    /// <summary>Bytes of the PHY register file.</summary>
    public const int PhyGrfBytes = 0x1_0000;

    /// <summary>GPIO bank 4, whose pin B6 is PERST# on several boards.</summary>
    public const ulong Gpio4 = 0xFEC5_0000;

    /// <summary>Bytes of a GPIO bank.</summary>
    public const int GpioBytes = 0x1000;

    /// <summary>The window through which the CPU reaches PCI addresses.</summary>
    public const ulong Outbound = 0x9_0000_0000;

    /// <summary>Bytes of the outbound window.</summary>
    public const int OutboundBytes = 0x4000_0000;
}
