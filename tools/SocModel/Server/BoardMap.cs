namespace Nvmepf.SocModel.Server;

/// <summary>Which SoC address lies behind which byte of the board device's BARs.</summary>
internal static class BoardMap
{
    /// <summary>BAR of the DBI block.</summary>
    internal const uint DbiBar = 0;

    /// <summary>BAR of the system blocks.</summary>
    internal const uint SystemBar = 1;

    /// <summary>BAR (a 64-bit pair) of the outbound window.</summary>
    internal const uint WindowBar = 2;

    /// <summary>Bytes of the BAR of the system blocks.</summary>
    internal const uint SystemBarBytes = 0x10_0000;

    private static readonly (uint Offset, uint LengthBytes, ulong Address)[] s_system =
    [
        (0x00000, SocMap.ApbBytes, SocMap.Apb),
        (0x10000, SocMap.PmuBytes, SocMap.Pmu),
        (0x20000, SocMap.PhpGrfBytes, SocMap.PhpGrf),
        (0x30000, SocMap.PhyGrfBytes, SocMap.PhyGrf),
        (0x40000, SocMap.GpioBytes, SocMap.Gpio4),
        (0x80000, SocMap.CruBytes, SocMap.Cru),
    ];

    /// <summary>Bytes of a BAR; 0 for one that is not there.</summary>
    internal static ulong BarBytes(uint bar) => bar switch
    {
        DbiBar => SocMap.DbiBytes,
        SystemBar => SystemBarBytes,
        WindowBar => SocMap.OutboundBytes,
        _ => 0,
    };

    /// <summary>The SoC address behind an offset in a BAR; false in the holes between blocks.</summary>
    internal static bool TryTranslate(uint bar, ulong offsetBytes, out ulong socAddress)
    {
        socAddress = bar == DbiBar ? SocMap.Dbi + offsetBytes : SocMap.Outbound + offsetBytes;
        if (bar != SystemBar)
        {
            return true;
        }

        foreach ((uint offset, uint length, ulong address) in s_system)
        {
            if (offsetBytes >= offset && offsetBytes - offset < length)
            {
                socAddress = address + (offsetBytes - offset);
                return true;
            }
        }

        return false;
    }
}
