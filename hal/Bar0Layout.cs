namespace Nvmepf.Hal;

/// <summary>
/// Where things lie in BAR 0 on every platform: one page each, so that a host can map the doorbells and nothing else
/// (registers and the MSI-X table stay trapped where traps exist).
/// </summary>
public static class Bar0Layout
{
    /// <summary>First doorbell (NVMe over PCIe 1.1 section 3.1.2).</summary>
    public const uint DoorbellBase = 0x1000;

    /// <summary>Bytes of doorbells: 4 bytes each, two a queue pair, 512 pairs.</summary>
    public const uint DoorbellLengthBytes = 0x1000;

    /// <summary>MSI-X table, 16 bytes a vector, one page: 256 vectors.</summary>
    public const uint MsixTable = 0x2000;

    /// <summary>MSI-X pending bit array.</summary>
    public const uint MsixPendingBits = 0x3000;

    /// <summary>The least size of BAR 0; hosts that want less than 16 KiB do not exist, hosts that refuse less do.</summary>
    public const uint LengthBytes = 0x4000;

    /// <summary>The most vectors that fit the MSI-X table page.</summary>
    public const int MsixVectorsMax = 256;
}
