namespace Nvmepf.Hal.Rk3588;

/// <summary>Through what the register blocks are reached.</summary>
public enum RegisterSourceKind
{
    /// <summary>/dev/mem, at their physical addresses.</summary>
    PhysicalMemory,

    /// <summary>A UIO device with the blocks as its maps.</summary>
    Uio,

    /// <summary>A PCI device whose BARs are the blocks: a model of the SoC.</summary>
    PciDevice,

    /// <summary>Mapped already by the caller.</summary>
    Given,
}

/// <summary>Where the register blocks are found.</summary>
/// <param name="Kind">Through what.</param>
/// <param name="Name">Path of the UIO device, or address of the PCI device (<c>0000:00:04.0</c>).</param>
/// <param name="Blocks">The blocks that were given.</param>
public sealed record RegisterSource(RegisterSourceKind Kind, string Name = "", RegisterBlocks? Blocks = null);
