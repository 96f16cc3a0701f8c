using Nvmepf.Hal.Mmio;

namespace Nvmepf.SocModel;

/// <summary>
/// Puts the model behind the HAL's register accesses: a reservation of address space without access rights stands for the register blocks, the
/// outbound window and the carve-out, so that an access which does not go through the HAL faults.
/// </summary>
/// <remarks>Owns the reservation only; one trap can serve many models one after the other. A bus fault, which would end the firmware on a board,
/// is a violation and reads as all ones.</remarks>
public sealed unsafe class SocTrap : IRegisterTrap, IDisposable
{
    private const int WindowOffset = 0x80_0000;
    private readonly byte* _reservation;
    private readonly nuint _reservedBytes;
    private readonly nuint _carveOutOffset;
    private Soc _soc;

    /// <summary>Reserves address space; <paramref name="dram"/> may be null where there is neither cached memory nor a carve-out.</summary>
    public SocTrap(Soc soc, CachedDram? dram)
    {
        _soc = soc;
        Dram = dram;
        dram?.Report(soc);
        _carveOutOffset = WindowOffset + (nuint)SocMap.OutboundBytes;
        _reservedBytes = _carveOutOffset + (nuint)(dram?.CarveOutBytes ?? 0);
        _reservation = Native.Reserve(_reservedBytes);
    }

    /// <summary>The model behind the trap; may be exchanged.</summary>
    public Soc Soc
    {
        get => _soc;
        set
        {
            _soc = value;
            Dram?.Report(value);
        }
    }

    /// <summary>The cached memory behind the trap; null for none.</summary>
    public CachedDram? Dram { get; }

    /// <summary>Pointer to the DBI block (4 MiB).</summary>
    public nint Dbi => (nint)_reservation;

    /// <summary>Pointer to the APB client registers.</summary>
    public nint Apb => (nint)(_reservation + 0x40_0000);

    /// <summary>Pointer to the clock and reset unit.</summary>
    public nint Cru => (nint)(_reservation + 0x48_0000);

    /// <summary>Pointer to the power management unit.</summary>
    public nint Pmu => (nint)(_reservation + 0x50_0000);

    /// <summary>Pointer to the PHP register file.</summary>
    public nint PhpGrf => (nint)(_reservation + 0x51_0000);

    /// <summary>Pointer to the PHY register file.</summary>
    public nint PhyGrf => (nint)(_reservation + 0x52_0000);

    /// <summary>Pointer to GPIO bank 4.</summary>
    public nint Gpio4 => (nint)(_reservation + 0x54_0000);

    /// <summary>Pointer to the outbound window (1 GiB).</summary>
    public nint Outbound => (nint)(_reservation + WindowOffset);

    /// <summary>Pointer to the carve-out of <see cref="Dram"/>; 0 without one.</summary>
    public nint CarveOut => Dram is { CarveOutBytes: > 0 } ? (nint)(_reservation + _carveOutOffset) : 0;

    /// <summary>Barriers of the CPU's since construction.</summary>
    public long Barriers { get; private set; }

    /// <summary>Cache lines cleaned or invalidated since construction.</summary>
    public long LinesMaintained { get; private set; }

    /// <inheritdoc/>
    public bool TryRead(nuint address, int widthBytes, out ulong value)
    {
        if (!TryMap(address, out ulong physical))
        {
            value = 0;
            return false;
        }

        _ = Soc.CpuRead(physical, widthBytes, out value);
        return true;
    }

    /// <inheritdoc/>
    public bool TryWrite(nuint address, int widthBytes, ulong value)
    {
        if (!TryMap(address, out ulong physical))
        {
            return false;
        }

        _ = Soc.CpuWrite(physical, widthBytes, value);
        return true;
    }

    /// <inheritdoc/>
    public void Barrier(BarrierKind kind)
    {
        Barriers++;
        if (kind is BarrierKind.BeforeDoorbell or BarrierKind.Full)
        {
            Soc.NoteBarrier(isFull: kind == BarrierKind.Full);
        }

        Soc.Times.Barrier(kind == BarrierKind.Full);
    }

    /// <inheritdoc/>
    public void Maintain(nuint address, nuint lengthBytes, bool invalidate)
    {
        if (Dram is not null && lengthBytes > 0 && Dram.IsView(address, out ulong physical))
        {
            long lines = (long)((((physical + lengthBytes - 1) / CachedDram.LineBytes) - (physical / CachedDram.LineBytes)) + 1);
            LinesMaintained += lines;
            Dram.Maintain(physical, (long)lengthBytes, invalidate);
            Soc.NoteMaintenance(physical, (long)lengthBytes);
            Soc.Times.Maintain(lines);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Native.Free(_reservation, _reservedBytes);

    // The reservation mirrors SocMap block by block; what lies between the blocks maps to nothing and is an unmapped address for the model.
    private bool TryMap(nuint address, out ulong physical)
    {
        nuint offset = address - (nuint)_reservation;
        physical = offset switch
        {
            < 0x40_0000 => SocMap.Dbi + offset,
            < 0x48_0000 => SocMap.Apb + (offset - 0x40_0000),
            < 0x50_0000 => SocMap.Cru + (offset - 0x48_0000),
            < 0x51_0000 => SocMap.Pmu + (offset - 0x50_0000),
            < 0x52_0000 => SocMap.PhpGrf + (offset - 0x51_0000),
            < 0x54_0000 => SocMap.PhyGrf + (offset - 0x52_0000),
            < WindowOffset => SocMap.Gpio4 + (offset - 0x54_0000),
            _ => offset < _carveOutOffset ? SocMap.Outbound + (offset - WindowOffset) : (Dram?.CarveOutPhysical ?? 0) + (offset - _carveOutOffset),
        };
        return offset < _reservedBytes;
    }
}
