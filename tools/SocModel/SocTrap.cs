using Nvmepf.Hal.Mmio;

namespace Nvmepf.SocModel;

/// <summary>
/// Puts the model behind the HAL's register accesses: a reservation of address space without access rights stands for the register blocks, the
/// outbound window and the carve-out, so that an access which does not go through the HAL faults.
/// </summary>
/// <remarks>Owns the reservation only; one trap can serve many models one after the other.</remarks>
public sealed class SocTrap : IRegisterTrap, IDisposable
{
    /// <summary>Reserves address space; <paramref name="dram"/> may be null where there is neither cached memory nor a carve-out.</summary>
    public SocTrap(Soc soc, CachedDram? dram)
    {
        Soc = soc;
        Dram = dram;
    }

    /// <summary>The model behind the trap; may be exchanged.</summary>
    public Soc Soc { get; set; }

    /// <summary>The cached memory behind the trap; null for none.</summary>
    public CachedDram? Dram { get; }

    /// <summary>Pointer to the DBI block (4 MiB).</summary>
    public nint Dbi { get; private set; }

    /// <summary>Pointer to the APB client registers.</summary>
    public nint Apb { get; private set; }

    /// <summary>Pointer to the clock and reset unit.</summary>
    public nint Cru { get; private set; }

    /// <summary>Pointer to the power management unit.</summary>
    public nint Pmu { get; private set; }

    /// <summary>Pointer to the PHP register file.</summary>
    public nint PhpGrf { get; private set; }

    /// <summary>Pointer to the PHY register file.</summary>
    public nint PhyGrf { get; private set; }

    /// <summary>Pointer to GPIO bank 4.</summary>
    public nint Gpio4 { get; private set; }

    /// <summary>Pointer to the outbound window (1 GiB).</summary>
    public nint Outbound { get; private set; }

    /// <summary>Pointer to the carve-out of <see cref="Dram"/>; 0 without one.</summary>
    public nint CarveOut { get; private set; }

    /// <summary>Barriers of the CPU's since construction.</summary>
    public long Barriers { get; private set; }

    /// <summary>Cache lines cleaned or invalidated since construction.</summary>
    public long LinesMaintained { get; private set; }

    /// <inheritdoc/>
    public bool TryRead(nuint address, int widthBytes, out ulong value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public bool TryWrite(nuint address, int widthBytes, ulong value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Barrier(BarrierKind kind) => Barriers++;

    /// <inheritdoc/>
    public void Maintain(nuint address, nuint lengthBytes, bool invalidate) => LinesMaintained++;

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
