using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Nvmepf.Hal;

namespace Nvmepf.Firmware.Queues;

/// <summary>
/// A queue's place in host memory, with the pointer cached for as long as the host memory map does not change. Guest RAM is taken
/// away and mapped again while queues live in it (BIOS shadowing, memory hot plug), so a pointer is never kept longer than that.
/// </summary>
public unsafe struct QueueWindow
{
    private readonly uint _lengthBytes;
    private readonly HostAccess _access;
    private uint _generation;
    private byte* _pointer; // to the whole window; valid while the map's generation is _generation

    /// <summary>Describes a window; looks nothing up yet.</summary>
    public QueueWindow(ulong hostAddress, uint lengthBytes, HostAccess access)
    {
        HostAddress = hostAddress;
        _lengthBytes = lengthBytes;
        _access = access;
        _generation = 0;
        _pointer = null;
    }

    /// <summary>Host address of the first entry.</summary>
    public ulong HostAddress { get; }

    /// <summary>True where every byte of the window is known host memory, by pointer or by DMA.</summary>
    public readonly bool IsReachable(HostMemoryMap map)
    {
        ulong address = HostAddress;
        ulong remaining = _lengthBytes;
        while (remaining > 0)
        {
            if (map.Resolve(address, remaining, _access, out _, out ulong contiguous) == HostMemoryKind.None)
            {
                return false;
            }

            address += contiguous;
            remaining -= contiguous;
        }

        return true;
    }

    /// <summary>Finds the bytes at an offset of the window.</summary>
    /// <param name="map">Host memory.</param>
    /// <param name="offsetBytes">Offset in the window.</param>
    /// <param name="lengthBytes">Length; never beyond the window.</param>
    /// <param name="pointer">The bytes, for <see cref="HostMemoryKind.Direct"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public HostMemoryKind Resolve(HostMemoryMap map, uint offsetBytes, uint lengthBytes, out byte* pointer)
    {
        if (_generation == map.Generation && _pointer != null)
        {
            pointer = _pointer + offsetBytes;
            return HostMemoryKind.Direct;
        }

        return ResolveSlowly(map, offsetBytes, lengthBytes, out pointer);
    }

    /// <summary>Asks the memory for the line at an offset of the window. Only a hint: a pointer that is no longer valid does no harm.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void AskFor(uint offsetBytes)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(_pointer + offsetBytes);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private HostMemoryKind ResolveSlowly(HostMemoryMap map, uint offsetBytes, uint lengthBytes, out byte* pointer)
    {
        if (_generation != map.Generation)
        {
            bool whole = map.Resolve(HostAddress, _lengthBytes, _access, out byte* start, out ulong contiguous) == HostMemoryKind.Direct
                && contiguous == _lengthBytes;
            _pointer = whole ? start : null;
            _generation = map.Generation;
            if (whole)
            {
                pointer = start + offsetBytes;
                return HostMemoryKind.Direct;
            }
        }

        // The window spans regions, or has no pointer: entry by entry.
        HostMemoryKind kind = map.Resolve(HostAddress + offsetBytes, lengthBytes, _access, out pointer, out ulong run);
        return run >= lengthBytes ? kind : HostMemoryKind.None;
    }

    /// <summary>True where the window shares a byte with [<paramref name="address"/>, <paramref name="last"/>].</summary>
    public readonly bool Intersects(ulong address, ulong last) => HostAddress <= last && HostAddress + (_lengthBytes - 1) >= address;
}
