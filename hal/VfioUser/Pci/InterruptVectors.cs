using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal.VfioUser;

/// <summary>
/// The MSI-X vectors, or the MSI messages: an event descriptor each, given by the client, a mask, and the pending bits, which live where a
/// client may read them. A vector that is masked or has no descriptor yet stays pending and fires when it can.
/// </summary>
/// <remarks>
/// The enable bits in configuration space and the mask bits in the MSI-X table do not gate anything here: clients keep the table to themselves
/// (it never arrives, so it looks masked for ever) and give or take event descriptors instead; that is how vfio means it. The mask bits of
/// the MSI capability do arrive, and count (PlatformFunction).
/// An event descriptor shares its blocking mode with the client. It is made non-blocking, but a client that sets it back and
/// fills the counter can make the write wait: it stalls its own function.
/// </remarks>
public sealed unsafe class InterruptVectors : IDisposable
{
    private const int NoDescriptor = -1;

    private readonly int[] _events;
    private readonly bool[] _masked;
    private readonly ulong* _pending;

    /// <summary>Creates vectors without descriptors, nothing masked and nothing pending.</summary>
    /// <param name="count">How many; 0 or more.</param>
    /// <param name="pendingBits">A bit for each vector, rounded up to whole words; valid as long as this object is used. May be null with no vectors.</param>
    public InterruptVectors(int count, ulong* pendingBits)
    {
        _events = new int[count];
        _masked = new bool[count];
        _pending = pendingBits;
        Array.Fill(_events, NoDescriptor);
        ResetState();
    }

    /// <summary>Number of vectors.</summary>
    public int Count => _events.Length;

    /// <summary>Vectors that the client has given a descriptor.</summary>
    public int ConnectedCount { get; private set; }

    /// <summary>True while the client has given a descriptor to any vector.</summary>
    public bool IsInUse => ConnectedCount > 0;

    /// <summary>True where the client has given the vector a descriptor.</summary>
    public bool IsConnected(int vector) => _events[vector] >= 0;

    /// <summary>True where the client holds the vector back.</summary>
    public bool IsMasked(int vector) => _masked[vector];

    /// <summary>Fires a vector, or remembers it.</summary>
    public void Raise(int vector)
    {
        Invariant.Check((uint)vector < (uint)_events.Length, "a vector that the function has");
        int descriptor = _events[vector];
        if (descriptor < 0 || _masked[vector])
        {
            // Several threads may raise vectors of the same word.
            _ = Interlocked.Or(ref *PendingWord(vector), PendingBit(vector));
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
        ConnectedCount++;
        FireIfPending(vector);
    }

    /// <summary>Closes the descriptor of a vector, if it has one.</summary>
    internal void Release(int vector)
    {
        if (_events[vector] >= 0)
        {
            _ = Files.Close(_events[vector]);
            _events[vector] = NoDescriptor;
            ConnectedCount--;
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
    /// Takes every descriptor and mask away: the client has disabled the whole kind. What is pending stays so, because a client may disable
    /// and assign anew only to add a vector, and what was raised before must not be lost by that.
    /// </summary>
    internal void Disable()
    {
        Dispose();
        Array.Clear(_masked);
    }

    /// <summary>Masks and pending bits as after a reset; the descriptors stay, for the client has not taken them back.</summary>
    public void ResetState()
    {
        Array.Clear(_masked);
        for (int word = 0; word * 64 < _events.Length; word++)
        {
            _pending[word] = 0;
        }
    }

    /// <summary>Closes every descriptor; the pending bits may be gone already.</summary>
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

    private ulong* PendingWord(int vector) => _pending + (vector / 64);

    private static ulong PendingBit(int vector) => 1UL << (vector % 64);
}
