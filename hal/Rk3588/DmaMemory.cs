// Memory that the PCIe controller reads and writes: where it comes from (IDmaMemorySource: hugepages, a carve-out), how it is dealt out
// (DmaMemory), and which physical address a byte of it has. Dealt out once, at start; nothing is taken back before the end.

namespace Nvmepf.Hal.Rk3588;

/// <summary>Where DMA memory comes from.</summary>
public unsafe interface IDmaMemorySource : IDisposable
{
    /// <summary>True for memory that the CPU does not cache: aligned volatile accesses only, no cache maintenance.</summary>
    bool IsDeviceMemory { get; }

    /// <summary>Physical addresses run on without a gap inside each block of this length, which is aligned to its length; a power of two.</summary>
    nuint ContiguousBytes { get; }

    /// <summary>Maps at least <paramref name="lengthBytes"/> more, in one piece, resident; zeroed unless it is device memory.</summary>
    /// <param name="lengthBytes">What is wanted.</param>
    /// <param name="mappedBytes">What came: a multiple of <see cref="ContiguousBytes"/>, or all that there is.</param>
    /// <exception cref="PlatformException">There is no more; the text says what to do.</exception>
    byte* Map(nuint lengthBytes, out nuint mappedBytes);

    /// <summary>The physical address of a byte that was mapped.</summary>
    /// <exception cref="PlatformException">The system does not tell.</exception>
    ulong PhysicalAddressOf(byte* address);
}

/// <summary>DMA memory and its translation to physical addresses. Translation neither allocates nor fails.</summary>
public sealed unsafe class DmaMemory : IDisposable
{
    private const nuint PageBytes = 4096;

    private readonly IDmaMemorySource _source;
    private Extent[] _extents = []; // ascending by virtual address
    private byte* _next;
    private byte* _end;
    private int _lastHit;

    /// <summary>Takes over <paramref name="source"/> and its end.</summary>
    public DmaMemory(IDmaMemorySource source) => _source = source;

    /// <summary>True for memory that the CPU does not cache: aligned volatile accesses only, no cache maintenance.</summary>
    public bool IsDeviceMemory => _source.IsDeviceMemory;

    /// <summary>
    /// Deals out zeroed memory. With an alignment of at least the length it is physically contiguous.
    /// </summary>
    /// <param name="lengthBytes">Length; rounded up to whole pages of 4 KiB.</param>
    /// <param name="alignmentBytes">Alignment of the physical address: a power of two of 4 KiB or more.</param>
    /// <exception cref="PlatformException">There is no more.</exception>
    public byte* Allocate(nuint lengthBytes, nuint alignmentBytes = PageBytes)
    {
        Invariant.Check(alignmentBytes >= PageBytes && (alignmentBytes & (alignmentBytes - 1)) == 0, "an alignment is a power of two");
        nuint length = (lengthBytes + PageBytes - 1) / PageBytes * PageBytes;
        byte* address = Align(_next, alignmentBytes);
        if (_next == null || address + length > _end)
        {
            // What is left of the last mapping stays unused: mappings are large and few.
            nuint wanted = length + (alignmentBytes > _source.ContiguousBytes ? alignmentBytes : 0);
            _next = _source.Map(wanted, out nuint mappedBytes);
            _end = _next + mappedBytes;
            AddExtents(_next, mappedBytes);
            address = Align(_next, alignmentBytes);
            if (address + length > _end)
            {
                throw new PlatformException(
                    $"{length} bytes of DMA memory aligned to {alignmentBytes}: the region of {mappedBytes} bytes at physical address 0x{PhysicalOf(_next):x} "
                    + "is too small or not aligned; reserve a larger one that begins at a multiple of that alignment");
            }
        }

        _next = address + length;
        if (IsDeviceMemory)
        {
            Mmio.WindowCopy.Clear(address, length);
        }

        return address;
    }

    /// <summary>
    /// Finds the physical address of memory that was dealt out here.
    /// </summary>
    /// <param name="address">First byte.</param>
    /// <param name="lengthBytes">Wanted length, 1 or more.</param>
    /// <param name="contiguousBytes">How many of the wanted bytes follow at ascending physical addresses.</param>
    public ulong Translate(byte* address, ulong lengthBytes, out ulong contiguousBytes)
    {
        int index = _lastHit;
        if ((uint)index >= (uint)_extents.Length || !_extents[index].Contains(address))
        {
            index = Find(address);
            Invariant.Check(index >= 0, "DMA goes to and from memory that the platform gave out");
            _lastHit = index;
        }

        ref Extent extent = ref _extents[index];
        ulong offset = (ulong)(address - (byte*)extent.Address);
        contiguousBytes = Math.Min(lengthBytes, extent.LengthBytes - offset);
        return extent.Physical + offset;
    }

    /// <summary>The physical address of one byte.</summary>
    public ulong PhysicalOf(byte* address) => Translate(address, 1, out _);

    /// <summary>Before a device reads: what the CPU has stored is in memory after the next <see cref="Mmio.Barrier.Full"/>.</summary>
    public void CleanForDevice(byte* address, ulong lengthBytes)
    {
        if (!IsDeviceMemory)
        {
            Mmio.CacheMaintenance.Clean(address, (nuint)lengthBytes);
        }
    }

    /// <summary>Before and after a device writes: no line of the range stays in a cache, after the next <see cref="Mmio.Barrier.Full"/>.</summary>
    public void ForgetForDevice(byte* address, ulong lengthBytes)
    {
        if (!IsDeviceMemory)
        {
            Mmio.CacheMaintenance.CleanAndInvalidate(address, (nuint)lengthBytes);
        }
    }

    /// <summary>Gives everything back; no device uses it any more.</summary>
    public void Dispose()
    {
        _source.Dispose();
        _extents = [];
        _next = null;
        _end = null;
    }

    private byte* Align(byte* address, nuint alignmentBytes)
    {
        if (address == null || address == _end)
        {
            return address;
        }

        ulong physical = PhysicalOf(address);
        return address + (nuint)((0 - physical) & (alignmentBytes - 1));
    }

    private void AddExtents(byte* address, nuint lengthBytes)
    {
        List<Extent> extents = [.. _extents];
        for (nuint offset = 0; offset < lengthBytes; offset += _source.ContiguousBytes)
        {
            nuint piece = Math.Min(_source.ContiguousBytes, lengthBytes - offset);
            ulong physical = _source.PhysicalAddressOf(address + offset);
            int last = extents.Count - 1;
            if (last >= 0 && extents[last].Physical + extents[last].LengthBytes == physical
                && (byte*)extents[last].Address + extents[last].LengthBytes == address + offset)
            {
                extents[last] = extents[last] with { LengthBytes = extents[last].LengthBytes + piece };
                continue;
            }

            extents.Add(new Extent((nint)(address + offset), physical, piece));
        }

        extents.Sort((left, right) => ((nuint)left.Address).CompareTo((nuint)right.Address));
        _extents = [.. extents];
    }

    private int Find(byte* address)
    {
        int low = 0;
        int high = _extents.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >> 1;
            if (_extents[middle].Contains(address))
            {
                return middle;
            }

            if ((nuint)_extents[middle].Address < (nuint)address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return -1;
    }

    private readonly record struct Extent(nint Address, ulong Physical, ulong LengthBytes)
    {
        internal bool Contains(byte* address) => (nuint)address - (nuint)Address < LengthBytes;
    }
}
