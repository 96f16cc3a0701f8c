namespace Nvmepf.Firmware.Commands;

/// <summary>
/// List of slots, linked through <see cref="CommandSlot.Next"/>: first in first out by <see cref="Add"/>, last in first out by <see cref="AddFirst"/>.
/// A slot is on one list at most.
/// </summary>
public unsafe struct SlotList
{
    private int _first;
    private int _last;

    /// <summary>Number of slots on the list.</summary>
    public int Count { get; private set; }

    /// <summary>The slot at the front; only where <see cref="Count"/> is not 0.</summary>
    public readonly int First => _first;

    /// <summary>Puts a slot at the end.</summary>
    public void Add(CommandSlot* slots, int index)
    {
        slots[index].Next = -1;
        if (Count == 0)
        {
            _first = index;
        }
        else
        {
            slots[_last].Next = index;
        }

        _last = index;
        Count++;
    }

    /// <summary>Puts a slot at the front: it is the next to be taken.</summary>
    public void AddFirst(CommandSlot* slots, int index)
    {
        slots[index].Next = _first;
        _first = index;
        _last = Count == 0 ? index : _last;
        Count++;
    }

    /// <summary>Takes the slot at the front; the list must not be empty.</summary>
    public int Take(CommandSlot* slots)
    {
        int index = _first;
        _first = slots[index].Next;
        Count--;
        return index;
    }

    /// <summary>Takes one slot out of the middle.</summary>
    /// <returns>False where it is not on the list.</returns>
    public bool Remove(CommandSlot* slots, int index)
    {
        int before = -1;
        int current = _first;
        for (int i = 0; i < Count; i++)
        {
            if (current == index)
            {
                int next = slots[current].Next;
                if (before < 0)
                {
                    _first = next;
                }
                else
                {
                    slots[before].Next = next;
                }

                _last = index == _last ? before : _last;
                Count--;
                return true;
            }

            before = current;
            current = slots[current].Next;
        }

        return false;
    }
}
