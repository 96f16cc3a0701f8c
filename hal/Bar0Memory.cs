
namespace Nvmepf.Hal;

/// <summary>
/// BAR 0 as memory. Holds the register page, the doorbell page, and the MSI-X table and PBA where the platform keeps them there.
/// </summary>
/// <param name="Base">First byte; the platform keeps the mapping for its whole life, and it is at least 4 KiB aligned.</param>
/// <param name="LengthBytes">Size of the BAR, a power of two of 16 KiB or more (smaller BARs break Windows and SPDK hosts).</param>
public readonly unsafe record struct Bar0Memory(nint Base, uint LengthBytes)
{
    /// <summary>Pointer to a naturally aligned 32-bit word of the BAR.</summary>
    public uint* Word32(uint offsetBytes)
    {
        Invariant.Check(offsetBytes + 4 <= LengthBytes && (offsetBytes & 3) == 0, "aligned 32-bit word inside BAR 0");
        return (uint*)(Base + (nint)offsetBytes);
    }

    /// <summary>Pointer to a naturally aligned 64-bit word of the BAR.</summary>
    public ulong* Word64(uint offsetBytes)
    {
        Invariant.Check(offsetBytes + 8 <= LengthBytes && (offsetBytes & 7) == 0, "aligned 64-bit word inside BAR 0");
        return (ulong*)(Base + (nint)offsetBytes);
    }
}
