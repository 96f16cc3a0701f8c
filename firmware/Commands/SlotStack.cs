namespace Nvmepf.Firmware.Commands;

/// <summary>
/// The free slots, last in first out, linked through <see cref="CommandSlot.Next"/>: the slot that a command just left is still in the
/// cache, and a queue that is answered at once works in one slot for ever.
/// </summary>
public unsafe struct SlotStack
{
    private int _first;

    /// <summary>Number of slots on the stack.</summary>
    public int Count { get; private set; }

    /// <summary>Puts a slot on top.</summary>
    public void Add(CommandSlot* slots, int index)
    {
        slots[index].Next = _first;
        _first = index;
        Count++;
    }

    /// <summary>Takes the slot on top; the stack must not be empty.</summary>
    public int Take(CommandSlot* slots)
    {
        int index = _first;
        _first = slots[index].Next;
        Count--;
        return index;
    }
}
