namespace Nvmepf.Hal.Rk3588;

/// <summary>
/// The lists of one direction: free, or filled and waiting for a channel, the oldest first; the youngest takes more. What runs is its channel's until
/// it is given back.
/// </summary>
internal sealed class EdmaListPool
{
    /// <summary>How many there are: two run, two are filled.</summary>
    internal const int Capacity = 4;

    private readonly EdmaTransferList[] _lists = new EdmaTransferList[Capacity];
    private readonly EdmaTransferList[] _free = new EdmaTransferList[Capacity];
    private readonly EdmaTransferList[] _filled = new EdmaTransferList[Capacity]; // ring
    private int _freeCount;
    private int _filledFirst;

    /// <summary>Takes memory for all of them.</summary>
    /// <exception cref="PlatformException">There is not so much.</exception>
    internal EdmaListPool(DmaMemory memory, DmaDirection direction, uint bounceLengthBytes)
    {
        for (int i = 0; i < Capacity; i++)
        {
            _lists[i] = new EdmaTransferList(memory, direction, bounceLengthBytes);
        }

        FreeAll();
    }

    /// <summary>Lists that wait for a channel.</summary>
    internal int FilledCount { get; private set; }

    /// <summary>The one that a channel gets next; null for none.</summary>
    internal EdmaTransferList? Oldest => FilledCount == 0 ? null : _filled[_filledFirst];

    /// <summary>The one that was begun last; null for none.</summary>
    internal EdmaTransferList? Youngest => FilledCount == 0 ? null : _filled[(_filledFirst + FilledCount - 1) % Capacity];

    /// <summary>Begins another one; null where all are in use.</summary>
    internal EdmaTransferList? TryBegin()
    {
        if (_freeCount == 0)
        {
            return null;
        }

        EdmaTransferList list = _free[--_freeCount];
        _filled[(_filledFirst + FilledCount++) % Capacity] = list;
        return list;
    }

    /// <summary>Takes the oldest for a channel; there is one.</summary>
    internal EdmaTransferList TakeOldest()
    {
        Invariant.Check(FilledCount != 0, "a list that waits");
        EdmaTransferList list = _filled[_filledFirst];
        _filledFirst = (_filledFirst + 1) % Capacity;
        FilledCount--;
        return list;
    }

    /// <summary>A channel has ended it.</summary>
    internal void Free(EdmaTransferList list)
    {
        list.Clear();
        _free[_freeCount++] = list;
    }

    /// <summary>All are free, whatever was in them; no channel has one.</summary>
    internal void FreeAll()
    {
        _filledFirst = 0;
        FilledCount = 0;
        _freeCount = 0;
        foreach (EdmaTransferList list in _lists)
        {
            Free(list);
        }
    }
}
