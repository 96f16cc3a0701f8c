using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal.VfioUser;

/// <summary>
/// The INTx pin, as vfio passes a level on: an event descriptor of the client's is signalled once when the pin is asserted, which masks it
/// (AUTOMASKED); after its unmask, by message or by a second descriptor, it is signalled again if the pin is still asserted then.
/// </summary>
/// <remarks>
/// <para>
/// The pin is asserted while any source (a thread of the firmware) asserts any vector. A source writes its own words only. Whether to signal
/// is a race of several threads that one wins, by taking the mask: a source asserts, then tries for the mask; who unmasks frees the mask, then
/// looks at the levels. So one of the two sees the other, and no assertion is lost.
/// </para>
/// <para>
/// A signal for nothing is not harmless: QEMU ends a level at the guest's next access to a BAR, and a guest's handler that finds nothing makes
/// none, so that it is called for ever. Hence an unmask does not signal by itself but asks for a look in the next poll: until the firmware
/// has read the doorbell that was written before the unmask, the pin looks asserted still. And a level that goes takes its signal back
/// if the client has not read it yet: QEMU unmasks at any access, such as the doorbell write of the very command whose completion raises the
/// pin, and then the signal is repeated while the guest's handler is on its way already.
/// </para>
/// <para>Masking by a descriptor is not there, as in the kernel's vfio.</para>
/// </remarks>
public sealed class InterruptLine : IDisposable
{
    private const int NoDescriptor = -1;
    private const int WordBits = 64;
    private const int Words = Bar0Layout.MsixVectorsMax / WordBits;
    private const int CallsPerLook = 512;
    private const int CallsPerLookWhileMasked = 16;
    private const int Unmasked = 0;
    private const int MaskedBySignal = 1; // whoever sets it signals
    private const int MaskedByClient = 2;

    private readonly ulong[] _levels = new ulong[Words * IPlatform.InterruptSourcesMax];
    private int _event = NoDescriptor;
    private int _unmaskEvent = NoDescriptor;
    private int _mask; // one of the three below
    private bool _isGated;
    private bool _mustLook;
    private int _callsUntilLook;

    /// <summary>True where the client has given a descriptor.</summary>
    public bool IsConnected => _event >= 0;

    /// <summary>True from a signal, or a mask, to the client's unmask.</summary>
    public bool IsMasked => Volatile.Read(ref _mask) != Unmasked;

    /// <summary>
    /// True where the pin must stay silent: Interrupt Disable of the Command register, or messages are enabled. The levels are kept.
    /// </summary>
    public bool IsGated
    {
        get => _isGated;
        set
        {
            _mustLook |= _isGated && !value;
            _isGated = value;
        }
    }

    /// <summary>True while a source asserts the pin.</summary>
    public bool IsAsserted
    {
        get
        {
            ulong all = 0;
            for (int i = 0; i < _levels.Length; i++)
            {
                all |= Volatile.Read(ref _levels[i]);
            }

            return all != 0;
        }
    }

    /// <summary>Asserts the pin for a vector of a source. Any thread, one for each source.</summary>
    public void Assert(int source, int vector)
    {
        ref ulong word = ref WordOf(source, vector);
        Volatile.Write(ref word, word | BitOf(vector));
        TrySignal(); // its compare-and-swap is the fence between this level and the mask
    }

    /// <summary>Takes back what <see cref="Assert"/> did.</summary>
    public void Deassert(int source, int vector)
    {
        ref ulong word = ref WordOf(source, vector);
        if ((word & BitOf(vector)) == 0)
        {
            return;
        }

        Volatile.Write(ref word, word & ~BitOf(vector));
        Interlocked.MemoryBarrier(); // two that lower at once: one of them sees that the other has
        if (Volatile.Read(ref _mask) == MaskedBySignal && !IsAsserted && Events.Take(_event, out _) == 0)
        {
            // Nobody has seen the signal. Who has asserted since has met the mask, so look again when it is gone.
            _ = Interlocked.CompareExchange(ref _mask, Unmasked, MaskedBySignal);
            if (IsAsserted)
            {
                TrySignal();
            }
        }
    }

    /// <summary>
    /// Signals where an unmask has left the pin asserted, and takes unmasks that came by descriptor. To be called once in each turn of the loop;
    /// costs a system call in one of many, and only with such a descriptor.
    /// </summary>
    /// <returns>True where a look is due in the next call, so that an idle loop knows to stay awake.</returns>
    public bool Poll()
    {
        if (_mustLook)
        {
            _mustLook = false;
            if (IsAsserted)
            {
                TrySignal();
            }
        }

        if (_unmaskEvent >= 0 && --_callsUntilLook < 0)
        {
            if (Events.Take(_unmaskEvent, out _) == 0)
            {
                Unmask();
            }

            _callsUntilLook = IsMasked ? CallsPerLookWhileMasked : CallsPerLook;
        }

        return _mustLook;
    }

    /// <summary>Levels as after a reset; descriptors and mask stay, for the client has not taken them back. No source is running.</summary>
    public void ResetState() => Array.Clear(_levels);

    /// <summary>Closes the descriptors.</summary>
    public void Dispose()
    {
        Close(ref _event);
        Close(ref _unmaskEvent);
    }

    /// <summary>The descriptor to sleep on for an unmask, or -1; the next <see cref="Poll"/> looks at it.</summary>
    internal int TakeWakeDescriptor()
    {
        _callsUntilLook = 0;
        return _unmaskEvent;
    }

    /// <summary>Gives the pin a descriptor, which it owns from now on, unmasked; -1 takes it away.</summary>
    internal void Assign(int descriptor)
    {
        Close(ref _event);
        _event = descriptor;
        Unmask();
    }

    /// <summary>Gives the pin a descriptor by which the client unmasks it; -1 takes it away.</summary>
    internal void AssignUnmask(int descriptor)
    {
        Close(ref _unmaskEvent);
        _unmaskEvent = descriptor;
        _callsUntilLook = 0;
    }

    /// <summary>The client disables the pin: no descriptor, no mask.</summary>
    internal void Disable()
    {
        Dispose();
        Unmask();
    }

    /// <summary>Holds the pin back.</summary>
    internal void Mask() => Volatile.Write(ref _mask, MaskedByClient);

    /// <summary>Lets the pin through; <see cref="Poll"/> signals if it is still asserted then.</summary>
    internal void Unmask()
    {
        _ = Interlocked.Exchange(ref _mask, Unmasked); // a full fence before the levels are looked at
        _mustLook = true;
    }

    /// <summary>The client fires the pin itself, to try its own way.</summary>
    internal void Trigger() => TrySignal();

    private void TrySignal()
    {
        // Where there is nobody to tell, the end of the gate or a descriptor asks for a look; both come while no source runs.
        if (!_isGated && _event >= 0 && Interlocked.CompareExchange(ref _mask, MaskedBySignal, Unmasked) == Unmasked)
        {
            _ = Events.Signal(_event);
        }
    }

    private static ulong BitOf(int vector) => 1UL << (vector % WordBits);

    private static void Close(ref int descriptor)
    {
        if (descriptor >= 0)
        {
            _ = Files.Close(descriptor);
            descriptor = NoDescriptor;
        }
    }

    private ref ulong WordOf(int source, int vector) => ref _levels[(source * Words) + (vector / WordBits)];
}
