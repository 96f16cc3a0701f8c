using System.Runtime.CompilerServices;

namespace Nvmepf.Hal;

/// <summary>What a lookup in host memory found.</summary>
public enum HostMemoryKind
{
    /// <summary>No region covers the address, or it does not allow the access.</summary>
    None,

    /// <summary>A pointer to the host's own bytes: no copy needed.</summary>
    Direct,

    /// <summary>Known to the platform, reachable by <see cref="IHostDma"/> only.</summary>
    Dma,
}

/// <summary>What the device wants to do with host memory.</summary>
[Flags]
public enum HostAccess
{
    /// <summary>The device reads the host's bytes.</summary>
    Read = 1,

    /// <summary>The device writes the host's bytes.</summary>
    Write = 2,
}

/// <summary>One region of host memory.</summary>
public unsafe struct HostMemoryRegion
{
    /// <summary>First host address.</summary>
    public ulong Address;

    /// <summary>Address of the last byte (inclusive, so that a region may end at 2^64).</summary>
    public ulong Last;

    /// <summary>Pointer to the first byte, or null where only DMA reaches it. The platform keeps the mapping while the region is in the map.</summary>
    public byte* Pointer;

    /// <summary>What the device may do.</summary>
    public HostAccess Access;

    /// <summary>The platform's own handle of the backing (e.g. an index of a mapped file), or -1.</summary>
    public int BackingHandle;
}

/// <summary>
/// Host address to local pointer: a sorted table of disjoint regions with the last hit cached. One writer (the platform, inside
/// its poll) and one reader on the same thread; allocates nothing after construction.
/// </summary>
/// <remarks>It does not own mappings, know files or count users; the platform does.</remarks>
public sealed unsafe class HostMemoryMap
{
    private readonly HostMemoryRegion[] _regions;
    private int _count;
    private int _lastHit;

    /// <summary>Creates an empty map with room for <paramref name="capacity"/> regions.</summary>
    public HostMemoryMap(int capacity) => _regions = new HostMemoryRegion[capacity];

    /// <summary>Changes with every change of the map, so that a cached pointer can be seen to be stale. Starts at 1.</summary>
    public uint Generation { get; private set; } = 1;

    /// <summary>Number of regions.</summary>
    public int Count => _count;

    /// <summary>Most regions that fit.</summary>
    public int Capacity => _regions.Length;

    /// <summary>True where some region has a pointer; a host that shares none of its memory has none.</summary>
    public bool HasPointers
    {
        get
        {
            foreach (ref readonly HostMemoryRegion region in Regions)
            {
                if (region.Pointer != null)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>The regions in ascending order of address.</summary>
    public ReadOnlySpan<HostMemoryRegion> Regions => _regions.AsSpan(0, _count);

    /// <summary>
    /// Finds the bytes at <paramref name="address"/>.
    /// </summary>
    /// <param name="address">Host address of the first byte.</param>
    /// <param name="lengthBytes">Wanted length; 1 or more.</param>
    /// <param name="access">What the device will do.</param>
    /// <param name="pointer">The host's bytes for <see cref="HostMemoryKind.Direct"/>, else null.</param>
    /// <param name="contiguousBytes">How many of the wanted bytes lie in the same region; 0 for <see cref="HostMemoryKind.None"/>.</param>
    public HostMemoryKind Resolve(ulong address, ulong lengthBytes, HostAccess access, out byte* pointer, out ulong contiguousBytes)
    {
        int index = _lastHit;
        if ((uint)index >= (uint)_count || address < _regions[index].Address || address > _regions[index].Last)
        {
            index = Find(address);
            if (index < 0)
            {
                pointer = null;
                contiguousBytes = 0;
                return HostMemoryKind.None;
            }

            _lastHit = index;
        }

        ref HostMemoryRegion region = ref _regions[index];
        if ((region.Access & access) != access)
        {
            pointer = null;
            contiguousBytes = 0;
            return HostMemoryKind.None;
        }

        ulong available = region.Last - address; // one less than the bytes there are: the full 2^64 does not fit a ulong
        contiguousBytes = available >= lengthBytes - 1 ? lengthBytes : available + 1;
        if (region.Pointer == null)
        {
            pointer = null;
            return HostMemoryKind.Dma;
        }

        pointer = region.Pointer + (address - region.Address);
        return HostMemoryKind.Direct;
    }

    /// <summary>
    /// The bytes at an address where they all lie in the region that the last lookup hit and have a pointer: most lookups, in a few steps.
    /// </summary>
    /// <returns>False where <see cref="Resolve"/> has to look.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGetPointer(ulong address, ulong lengthBytes, HostAccess access, out byte* pointer)
    {
        if ((uint)_lastHit < (uint)_count)
        {
            ref HostMemoryRegion region = ref _regions[_lastHit];
            ulong offset = address - region.Address;
            ulong last = region.Last - region.Address;
            if (region.Pointer != null && offset <= last && lengthBytes - 1 <= last - offset && (region.Access & access) == access)
            {
                pointer = region.Pointer + offset;
                return true;
            }
        }

        pointer = null;
        return false;
    }

    /// <summary>True where any region intersects [<paramref name="address"/>, <paramref name="last"/>].</summary>
    public bool Overlaps(ulong address, ulong last)
    {
        int index = LowerBound(address);
        return (index > 0 && _regions[index - 1].Last >= address) || (index < _count && _regions[index].Address <= last);
    }

    /// <summary>
    /// Adds a region.
    /// </summary>
    /// <returns>False when the table is full or the region overlaps another; nothing changed.</returns>
    public bool TryAdd(in HostMemoryRegion region)
    {
        Invariant.Check(region.Last >= region.Address, "a region has at least one byte");
        if (_count == _regions.Length || Overlaps(region.Address, region.Last))
        {
            return false;
        }

        int index = LowerBound(region.Address);
        _regions.AsSpan(index, _count - index).CopyTo(_regions.AsSpan(index + 1));
        _regions[index] = region;
        _count++;
        Generation++;
        return true;
    }

    /// <summary>
    /// Takes the region with index <paramref name="index"/> (as in <see cref="Regions"/>) out.
    /// </summary>
    public HostMemoryRegion RemoveAt(int index)
    {
        Invariant.Check((uint)index < (uint)_count, "an index of Regions");
        HostMemoryRegion removed = _regions[index];
        _count--;
        _regions.AsSpan(index + 1, _count - index).CopyTo(_regions.AsSpan(index));
        Generation++;
        return removed;
    }

    /// <summary>
    /// Takes <paramref name="count"/> regions out, the first of them with index <paramref name="index"/>.
    /// </summary>
    /// <remarks>One move of the table however many they are: a host may unmap all of its regions at once.</remarks>
    public void RemoveRange(int index, int count)
    {
        Invariant.Check(index >= 0 && count >= 0 && index + count <= _count, "indexes of Regions");
        if (count == 0)
        {
            return;
        }

        _count -= count;
        _regions.AsSpan(index + count, _count - index).CopyTo(_regions.AsSpan(index));
        Generation++;
    }

    /// <summary>Index of the first region that intersects [<paramref name="address"/>, <paramref name="last"/>], or -1.</summary>
    public int FirstOverlap(ulong address, ulong last)
    {
        int index = LowerBound(address);
        if (index > 0 && _regions[index - 1].Last >= address)
        {
            return index - 1;
        }

        return index < _count && _regions[index].Address <= last ? index : -1;
    }

    /// <summary>
    /// Makes this map the same as another, its generation included: for a thread that looks up with a cache of its own. The other does not
    /// change meanwhile.
    /// </summary>
    public void CopyFrom(HostMemoryMap other)
    {
        Invariant.Check(other._count <= _regions.Length, "a copy has room for every region");
        other.Regions.CopyTo(_regions);
        _count = other._count;
        Generation = other.Generation;
    }

    /// <summary>Forgets every region.</summary>
    public void Clear()
    {
        _count = 0;
        Generation++;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int Find(ulong address)
    {
        int index = LowerBound(address);
        if (index < _count && _regions[index].Address == address)
        {
            return index;
        }

        return index > 0 && _regions[index - 1].Last >= address ? index - 1 : -1;
    }

    /// <summary>Index of the first region that begins at or after <paramref name="address"/>.</summary>
    private int LowerBound(ulong address)
    {
        int low = 0;
        int high = _count;
        while (low < high)
        {
            int middle = (int)((uint)(low + high) >> 1);
            if (_regions[middle].Address < address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
