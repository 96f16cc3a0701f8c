using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal.VfioUser;

/// <summary>
/// The MSI-X vectors: an event descriptor each, given by the client, a mask, and the pending bits, which live in the BAR's pending
/// bit array. A vector that is masked or has no descriptor yet stays pending and fires when it can.
/// </summary>
/// <remarks>
/// The enable and mask bits in configuration space and in the table do not gate anything here: clients keep the table to themselves
/// (it never arrives, so it looks masked for ever) and give or take event descriptors instead; that is how vfio means it.
/// An event descriptor shares its blocking mode with the client. It is made non-blocking, but a client that sets it back and
/// fills the counter can make the write wait: it stalls its own function.
/// </remarks>
internal sealed unsafe class InterruptVectors : IDisposable
{
    private const int NoDescriptor = -1;
    private const int TableEntryBytes = 16;
    private const int TableVectorControl = 12;
    private const uint MaskBit = 1;

    private readonly int[] _events;
    private readonly bool[] _masked;
    private readonly Bar0Memory _bar;

    /// <summary>Creates <paramref name="count"/> vectors without descriptors, and the table as after a reset in the BAR.</summary>
    internal InterruptVectors(int count, Bar0Memory bar)
    {
        _events = new int[count];
        _masked = new bool[count];
        _bar = bar;
        Array.Fill(_events, NoDescriptor);
        ResetState();
    }

    /// <summary>Number of vectors.</summary>
    internal int Count => _events.Length;

    /// <summary>Fires a vector, or remembers it.</summary>
    internal void Raise(int vector)
    {
        Invariant.Check((uint)vector < (uint)_events.Length, "a vector that the function has");
        int descriptor = _events[vector];
        if (descriptor < 0 || _masked[vector])
        {
            *PendingWord(vector) |= PendingBit(vector);
            return;
        }

        // A full counter is one that the client has not read: it will see this interrupt with the ones before.
        _ = Events.Signal(descriptor);
    }

    /// <summary>True where the vector waits for a descriptor or for its mask to go.</summary>
    internal bool IsPending(int vector) => (*PendingWord(vector) & PendingBit(vector)) != 0;

    /// <summary>Gives a vector a descriptor, which it owns from now on, and fires it if it was pending.</summary>
    internal void Assign(int vector, int descriptor)
    {
        Release(vector);
        _events[vector] = descriptor;
        FireIfPending(vector);
    }

    /// <summary>Closes the descriptor of a vector, if it has one.</summary>
    internal void Release(int vector)
    {
        if (_events[vector] >= 0)
        {
            _ = Files.Close(_events[vector]);
            _events[vector] = NoDescriptor;
        }
    }

    /// <summary>Holds a vector back.</summary>
    internal void Mask(int vector) => _masked[vector] = true;

    /// <summary>Lets a vector through and fires it if it was pending.</summary>
    internal void Unmask(int vector)
    {
        _masked[vector] = false;
        FireIfPending(vector);
    }

    /// <summary>
    /// Takes every descriptor and mask away: the client has disabled MSI-X. What is pending stays so, because a client may disable
    /// and assign anew only to add a vector, and what was raised before must not be lost by that.
    /// </summary>
    internal void Disable()
    {
        Dispose();
        Array.Clear(_masked);
    }

    /// <summary>Masks, pending bits and table as after a reset; the descriptors stay, for the client has not taken them back.</summary>
    internal void ResetState()
    {
        Array.Clear(_masked);
        for (int vector = 0; vector < _events.Length; vector++)
        {
            *PendingWord(vector) = 0;
            for (uint field = 0; field < TableEntryBytes; field += 4)
            {
                *TableWord(vector, field) = field == TableVectorControl ? MaskBit : 0;
            }
        }
    }

    /// <summary>Applies an aligned 32-bit write to the table; reserved bits and what lies behind the last vector stay 0.</summary>
    /// <param name="offset">Offset in the table.</param>
    /// <param name="value">What was written.</param>
    internal void WriteTable(uint offset, uint value)
    {
        int vector = (int)(offset / TableEntryBytes);
        uint field = offset % TableEntryBytes;
        if (vector >= _events.Length)
        {
            return;
        }

        uint writable = field switch
        {
            0 => ~3u,
            TableVectorControl => MaskBit,
            _ => uint.MaxValue,
        };
        Mmio.Mmio.Write32(TableWord(vector, field), value & writable);
    }

    /// <summary>Closes every descriptor; the BAR may be gone already.</summary>
    public void Dispose()
    {
        for (int vector = 0; vector < _events.Length; vector++)
        {
            Release(vector);
        }
    }

    private void FireIfPending(int vector)
    {
        if (_events[vector] >= 0 && !_masked[vector] && IsPending(vector))
        {
            *PendingWord(vector) &= ~PendingBit(vector);
            _ = Events.Signal(_events[vector]);
        }
    }

    // Vectors are fewer than the page has bits (FunctionIdentity is checked against Bar0Layout.MsixVectorsMax), so both stay inside.
    private ulong* PendingWord(int vector) => _bar.Word64(Bar0Layout.MsixPendingBits + ((uint)vector / 64 * 8));

    private static ulong PendingBit(int vector) => 1UL << (vector % 64);

    private uint* TableWord(int vector, uint field) => _bar.Word32(Bar0Layout.MsixTable + ((uint)vector * TableEntryBytes) + field);
}
