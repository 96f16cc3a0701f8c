using System.Runtime.InteropServices;
using Nvmepf.Hal;

namespace Nvmepf.Firmware.Reactors;

/// <summary>A bounded ring from one thread to another. Neither waits; a full ring refuses.</summary>
/// <remarks>
/// The writer stores an item and then, with release order, the tail; the reader loads the tail with acquire order and then the item, copies
/// it, and stores the head with release order, which the writer loads with acquire order before it uses the place again.
/// </remarks>
public sealed class SpscRing<T>
    where T : struct
{
    private readonly T[] _items;
    private SpscRingEnds _ends;

    /// <summary>Creates it empty.</summary>
    /// <param name="capacity">A power of two.</param>
    public SpscRing(int capacity)
    {
        Invariant.Check(capacity > 0 && (capacity & (capacity - 1)) == 0, "a capacity that is a power of two");
        _items = new T[capacity];
    }

    /// <summary>Writer: places that are free; never fewer than this.</summary>
    public int FreeCount => _items.Length - (int)(_ends.Tail - Volatile.Read(ref _ends.Head));

    /// <summary>Reader: true where nothing waits.</summary>
    public bool IsEmpty => Volatile.Read(ref _ends.Tail) == _ends.Head;

    /// <summary>Writer: adds an item.</summary>
    /// <returns>False where the ring is full.</returns>
    public bool TryAdd(in T item)
    {
        uint tail = _ends.Tail;
        if (tail - Volatile.Read(ref _ends.Head) == (uint)_items.Length)
        {
            return false;
        }

        _items[tail & (uint)(_items.Length - 1)] = item;
        Volatile.Write(ref _ends.Tail, tail + 1);
        return true;
    }

    /// <summary>Reader: the oldest item, which stays.</summary>
    /// <returns>False where there is none.</returns>
    public bool TryPeek(out T item)
    {
        uint head = _ends.Head;
        if (Volatile.Read(ref _ends.Tail) == head)
        {
            item = default;
            return false;
        }

        item = _items[head & (uint)(_items.Length - 1)];
        return true;
    }

    /// <summary>Reader: takes what <see cref="TryPeek"/> showed.</summary>
    public void Remove() => Volatile.Write(ref _ends.Head, _ends.Head + 1);
}

/// <summary>The ends of a ring, each writer's in a cache line of its own. (Types inside a generic one may have no layout.)</summary>
[StructLayout(LayoutKind.Explicit, Size = 320)]
internal struct SpscRingEnds
{
    /// <summary>The writer's: items added since the beginning, modulo 2^32.</summary>
    [FieldOffset(128)] public uint Tail;

    /// <summary>The reader's: items taken.</summary>
    [FieldOffset(256)] public uint Head;
}
