using System.Runtime.CompilerServices;
using Nvmepf.Hal;
using Nvmepf.Hal.Mmio;

namespace Nvmepf.Firmware.Queues;

/// <summary>
/// One doorbell in host memory (NVMe Base 2.1 section 5.2.5, Doorbell Buffer Config): the host stores the value there, and looks at EventIdx to
/// see whether the controller wants the register written too.
/// </summary>
/// <remarks>
/// The firmware polls host memory as it polls the register, so it never wants the register written, and leaves EventIdx as it was at the
/// beginning: the host then writes the register about once a round of its queue, which nobody needs. EventIdx is not moved before a sleep to be
/// told of the next value: where the doorbell page is mapped, a register write wakes nobody either.
/// </remarks>
internal unsafe struct ShadowDoorbell
{
    private const uint LengthBytes = sizeof(uint);

    private QueueWindow _value;
    private QueueWindow _eventIndex;

    /// <summary>True from <see cref="Begin"/> to <see cref="End"/>: the value in host memory counts, not the register's.</summary>
    public bool IsUsed { get; private set; }

    /// <summary>Begins to use the words at two host addresses, which become <paramref name="current"/>.</summary>
    public void Begin(HostMemoryMap map, ulong valueAddress, ulong eventIndexAddress, ushort current)
    {
        _value = new QueueWindow(valueAddress, LengthBytes, HostAccess.Read | HostAccess.Write);
        _eventIndex = new QueueWindow(eventIndexAddress, LengthBytes, HostAccess.Read | HostAccess.Write);
        IsUsed = true;
        Store(ref _value, map, current);
        Store(ref _eventIndex, map, current);
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

    private static void Store(ref QueueWindow window, HostMemoryMap map, uint value)
    {
        if (window.Resolve(map, 0, LengthBytes, out byte* word) == HostMemoryKind.Direct)
        {
            Mmio.Write32((uint*)word, value);
        }
    }
}
