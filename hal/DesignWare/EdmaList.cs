using Nvmepf.Hal.Mmio;

namespace Nvmepf.Hal.DesignWare;

/// <summary>
/// One linked list of the eDMA in memory: data elements of 24 bytes and, after the last of them, a link element at which the engine stops
/// because its cycle bit differs. Layout only; who waits for whom is not here.
/// </summary>
/// <param name="Base">Local address of the list, 8-byte aligned; valid and of <see cref="LengthBytes"/> for the life of the engine.</param>
/// <param name="Physical">The same place as the engine sees it.</param>
/// <remarks>Every store is one aligned access, because the list may lie in device memory.</remarks>
public readonly unsafe record struct EdmaList(nint Base, ulong Physical)
{
    /// <summary>Data elements that fit.</summary>
    public const int DataElementsMax = 128;

    /// <summary>Bytes of an element.</summary>
    public const int ElementBytes = 24;

    /// <summary>Bytes of a list with its link element.</summary>
    public const uint LengthBytes = (DataElementsMax + 1) * ElementBytes;

    private const int SizeOffset = 4;
    private const int SourceOffset = 8;
    private const int DestinationOffset = 16;

    /// <summary>Control word of a channel that is to run such a list.</summary>
    public static EdmaChannelControl StartControl => new() { ConsumerCycleState = true, ListEnable = true };

    /// <summary>Describes one transfer, all but the control word.</summary>
    public void SetTransfer(int element, ulong source, ulong destination, uint sizeBytes)
    {
        byte* address = ElementAt(element);
        Mmio.Mmio.Write32((uint*)(address + SizeOffset), sizeBytes);
        Mmio.Mmio.Write64((ulong*)(address + SourceOffset), source);
        Mmio.Mmio.Write64((ulong*)(address + DestinationOffset), destination);
    }

    /// <summary>
    /// Makes <paramref name="count"/> elements a list: the end, and last of all the control words that hand elements over to the engine.
    /// </summary>
    public void Seal(int count)
    {
        byte* link = ElementAt(count);
        Mmio.Mmio.Write32((uint*)(link + SizeOffset), 0);
        Mmio.Mmio.Write64((ulong*)(link + SourceOffset), Physical);
        Mmio.Mmio.Write64((ulong*)(link + DestinationOffset), 0);
        Mmio.Barrier.BeforeDoorbell();
        for (int i = 0; i < count; i++)
        {
            EdmaChannelControl control = new() { CycleBit = true, LocalInterruptEnable = i == count - 1 };
            Mmio.Mmio.Write32((uint*)ElementAt(i), control.Raw);
        }

        EdmaChannelControl end = new() { Link = true, ToggleCycleBit = true };
        Mmio.Mmio.Write32((uint*)link, end.Raw);
    }

    /// <summary>Which element a list pointer of the engine stands at; negative or past the end where it is none of this list.</summary>
    public long IndexOf(ulong listPointer) => ((long)listPointer - (long)Physical) / ElementBytes;

    private byte* ElementAt(int element)
    {
        Invariant.Check((uint)element <= DataElementsMax, "an element of the list");
        return (byte*)Base + (element * ElementBytes);
    }
}
