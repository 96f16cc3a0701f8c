namespace Nvmepf.Hal.VfioUser;

/// <summary>
/// The MSI-X table in BAR 0, as registers that remember. Nothing acts on it: clients keep the table that matters to themselves
/// (see <see cref="InterruptVectors"/>), so this one looks masked for ever to whoever reads it.
/// </summary>
internal sealed unsafe class MsixTable
{
    private const int EntryBytes = 16;
    private const int VectorControl = 12;
    private const uint MaskBit = 1;

    private readonly int _count;
    private readonly Bar0Memory _bar;

    /// <summary>Creates the table of <paramref name="count"/> vectors in a BAR, as after a reset.</summary>
    internal MsixTable(int count, Bar0Memory bar)
    {
        _count = count;
        _bar = bar;
        Reset();
    }

    /// <summary>Every entry as after a reset: masked.</summary>
    internal void Reset()
    {
        for (int vector = 0; vector < _count; vector++)
        {
            for (uint field = 0; field < EntryBytes; field += 4)
            {
                *Word(vector, field) = field == VectorControl ? MaskBit : 0;
            }
        }
    }

    /// <summary>Applies an aligned 32-bit write; reserved bits and what lies behind the last vector stay 0.</summary>
    /// <param name="offset">Offset in the table.</param>
    /// <param name="value">What was written.</param>
    internal void Write(uint offset, uint value)
    {
        int vector = (int)(offset / EntryBytes);
        uint field = offset % EntryBytes;
        if (vector >= _count)
        {
            return;
        }

        uint writable = field switch
        {
            0 => ~3u,
            VectorControl => MaskBit,
            _ => uint.MaxValue,
        };
        Mmio.Mmio.Write32(Word(vector, field), value & writable);
    }

    // Vectors are at most Bar0Layout.MsixVectorsMax, which is what fits the table's page.
    private uint* Word(int vector, uint field) => _bar.Word32(Bar0Layout.MsixTable + ((uint)vector * EntryBytes) + field);
}
