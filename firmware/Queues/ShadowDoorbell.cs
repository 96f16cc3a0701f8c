using System.Runtime.CompilerServices;
using Nvmepf.Hal;
using Nvmepf.Hal.Mmio;

namespace Nvmepf.Firmware.Queues;

/// <summary>
/// One doorbell in host memory (NVMe Base 2.1 section 5.2.5, Doorbell Buffer Config): the host stores the value there, and looks at EventIdx to
/// see whether the controller wants the register written too, which it does for the store that moves the value past EventIdx.
/// </summary>
/// <remarks>
/// The firmware polls host memory as it polls the register, so while it is awake it keeps EventIdx just behind the value, where the host does not
/// come past for a round of its queue. Before a sleep that a register write ends (<see cref="IPlatform.TrapsDoorbells"/>) it asks for the next one
/// (<see cref="TryArm"/>), and while interrupts are levels for the write that takes the last completion (<see cref="TryAskAt"/>).
/// </remarks>
internal unsafe struct ShadowDoorbell
{
    private const uint LengthBytes = sizeof(uint);

    private QueueWindow _value;
    private QueueWindow _eventIndex;
    private int _entries;
    private int _followed; // the value that EventIdx was moved behind
    private bool _isArmed;

    /// <summary>True from <see cref="Begin"/> to <see cref="End"/>: the value in host memory counts, not the register's.</summary>
    public bool IsUsed { get; private set; }

    /// <summary>Begins to use the words at two host addresses, for a queue of so many entries; the value becomes <paramref name="current"/>.</summary>
    public void Begin(HostMemoryMap map, ulong valueAddress, ulong eventIndexAddress, ushort current, int entries)
    {
        _value = new QueueWindow(valueAddress, LengthBytes, HostAccess.Read | HostAccess.Write);
        _eventIndex = new QueueWindow(eventIndexAddress, LengthBytes, HostAccess.Read | HostAccess.Write);
        _entries = entries;
        IsUsed = true;
        _ = TryStore(ref _value, map, current);
        MoveBehind(map, current);
    }

    /// <summary>The register counts again.</summary>
    public void End() => IsUsed = false;

    /// <summary>What stands there.</summary>
    /// <returns>False while its memory is not mapped: then there is nothing new.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRead(HostMemoryMap map, out uint value)
    {
        bool isThere = _value.Resolve(map, 0, LengthBytes, out byte* word) == HostMemoryKind.Direct;
        value = isThere ? Mmio.Read32((uint*)word) : 0; // the page is aligned, so every word is
        return isThere;
    }

    /// <summary>The value is a new one, below the number of entries: keeps EventIdx behind it, at the cost of a store a few times a round.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Follow(HostMemoryMap map, uint value)
    {
        int moved = (int)value - _followed;
        moved += moved < 0 ? _entries : 0;
        if (_isArmed || moved >= _entries >> 2)
        {
            MoveBehind(map, value);
        }
    }

    /// <summary>Asks the host to write the register with the next value, before a sleep.</summary>
    /// <param name="map">Host memory.</param>
    /// <param name="value">The value that was seen last.</param>
    /// <returns>False where there is a newer value, of which nobody will tell.</returns>
    public bool TryArm(HostMemoryMap map, ushort value)
    {
        _ = TryAskAt(map, value);
        return !TryRead(map, out uint now) || now == value;
    }

    /// <summary>
    /// Asks the host to write the register with the value that goes past <paramref name="value"/>. What <see cref="TryRead"/> finds afterwards
    /// is either behind that still, and the write will come, or past it, perhaps without one.
    /// </summary>
    /// <returns>False while the memory of EventIdx is not mapped.</returns>
    public bool TryAskAt(HostMemoryMap map, int value)
    {
        _isArmed = true;
        bool isStored = TryStore(ref _eventIndex, map, (uint)value);

        // The host stores the value and then looks at EventIdx, here it is the other way round: one of the two sees the other's store.
        Interlocked.MemoryBarrier();
        return isStored;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void MoveBehind(HostMemoryMap map, uint value)
    {
        _ = TryStore(ref _eventIndex, map, value == 0 ? (uint)_entries - 1 : value - 1);
        _followed = (int)value;
        _isArmed = false;
    }

    private static bool TryStore(ref QueueWindow window, HostMemoryMap map, uint value)
    {
        bool isThere = window.Resolve(map, 0, LengthBytes, out byte* word) == HostMemoryKind.Direct;
        if (isThere)
        {
            Mmio.Write32((uint*)word, value);
        }

        return isThere;
    }
}
