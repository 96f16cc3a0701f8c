using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal.VfioUser;

/// <summary>
/// DMA_MAP and DMA_UNMAP as changes of the host memory map. An unmap is a range, not the name of an earlier map: with an IOMMU,
/// clients unmap power-of-two slabs that cover many regions, parts of them, or nothing, up to the end of the 64-bit space.
/// </summary>
/// <remarks>
/// Regions without a file (ROMs, video memory, our own doorbells, or RAM that is not shared) are known but reachable by message
/// only. Mappings whose last region went stay until <see cref="ReleaseUnused"/>, for commands in flight may still use them.
/// </remarks>
internal sealed unsafe class DmaRegions
{
    private const ulong PageMask = ProtocolLimits.DmaPageBytes - 1;
    private readonly MappedFiles _files;

    /// <summary>Creates an empty map.</summary>
    internal DmaRegions(int regionsMax, int filesMax)
    {
        Map = new HostMemoryMap(regionsMax);
        _files = new MappedFiles(filesMax);
    }

    /// <summary>The map that the firmware looks into.</summary>
    internal HostMemoryMap Map { get; }

    /// <summary>Number of file mappings that exist.</summary>
    internal int FileCount => _files.Count;

    /// <summary>
    /// Adds a region. One that exists already in exactly this form is a success: the client said the same thing twice.
    /// </summary>
    /// <param name="payload">The message, copied out of the client's reach.</param>
    /// <param name="descriptor">The file, or -1; the caller closes it.</param>
    /// <returns>0 or an errno (positive, as it goes on the wire).</returns>
    internal int TryMap(in DmaMapPayload payload, int descriptor)
    {
        ulong address = payload.Address;
        ulong length = payload.LengthBytes;
        const uint AllFlags = DmaMapPayload.FlagRead | DmaMapPayload.FlagWrite;
        if (length == 0 || ((address | length | payload.FileOffsetBytes) & PageMask) != 0
            || address + (length - 1) < address
            || payload.FileOffsetBytes > ulong.MaxValue - length
            || payload.Flags == 0 || (payload.Flags & ~AllFlags) != 0)
        {
            return Errno.EINVAL;
        }

        HostMemoryRegion region = new()
        {
            Address = address,
            Last = address + (length - 1),
            Access = (HostAccess)payload.Flags,
            BackingHandle = -1,
        };
        if (descriptor >= 0)
        {
            int result = _files.Acquire(
                descriptor, payload.FileOffsetBytes, length, (payload.Flags & DmaMapPayload.FlagWrite) != 0, out region.BackingHandle);
            if (result < 0)
            {
                return -result;
            }

            region.Pointer = _files.Base(region.BackingHandle) + payload.FileOffsetBytes;
        }

        if (Map.TryAdd(region))
        {
            return 0;
        }

        // Not added: the reference goes back, and with it a mapping that only this message made. Nothing could use it yet.
        bool isOverlap = Map.Overlaps(region.Address, region.Last);
        bool isDuplicate = isOverlap && IsSame(Map.Regions[Map.FirstOverlap(region.Address, region.Last)], region);
        if (region.BackingHandle >= 0)
        {
            _files.RemoveUser(region.BackingHandle);
            _files.ReleaseUnused();
        }

        if (isDuplicate)
        {
            return 0;
        }

        return isOverlap ? Errno.EEXIST : Errno.ENOSPC;
    }

    /// <summary>
    /// Takes [<paramref name="first"/>, <paramref name="last"/>] out of every region, splitting those that reach beyond it.
    /// </summary>
    /// <param name="first">First address; a multiple of the page.</param>
    /// <param name="last">Last address, inclusive.</param>
    /// <param name="removed">True where anything was taken out.</param>
    /// <returns>0, or ENOSPC where a region would have to be split and the table is full; nothing changed then.</returns>
    internal int TryUnmap(ulong first, ulong last, out bool removed)
    {
        removed = false;
        int index = Map.FirstOverlap(first, last);
        if (index < 0)
        {
            return 0;
        }

        HostMemoryRegion start = Map.Regions[index];
        if (start.Address < first && start.Last > last && Map.Count == Map.Capacity)
        {
            return Errno.ENOSPC;
        }

        removed = true;
        int count = 0;
        ReadOnlySpan<HostMemoryRegion> regions = Map.Regions;
        while (index + count < regions.Length && regions[index + count].Address <= last)
        {
            count++;
        }

        HostMemoryRegion end = regions[index + count - 1];
        bool keepsHead = start.Address < first;
        bool keepsTail = end.Last > last;
        if (keepsHead)
        {
            AddUser(start.BackingHandle);
        }

        if (keepsTail)
        {
            AddUser(end.BackingHandle);
        }

        for (int i = index; i < index + count; i++)
        {
            RemoveUser(regions[i].BackingHandle);
        }

        Map.RemoveRange(index, count);
        if (keepsHead)
        {
            start.Last = first - 1;
            _ = Map.TryAdd(start);
        }

        if (keepsTail)
        {
            ulong cut = last + 1 - end.Address;
            end.Pointer = end.Pointer == null ? null : end.Pointer + cut;
            end.Address = last + 1;
            _ = Map.TryAdd(end);
        }

        return 0;
    }

    /// <summary>Takes every region out.</summary>
    internal void Clear()
    {
        foreach (ref readonly HostMemoryRegion region in Map.Regions)
        {
            RemoveUser(region.BackingHandle);
        }

        Map.Clear();
    }

    /// <summary>Ends the file mappings that no region uses any more; only once no command in flight can touch them.</summary>
    internal void ReleaseUnused() => _files.ReleaseUnused();

    private static bool IsSame(in HostMemoryRegion one, in HostMemoryRegion other) =>
        one.Address == other.Address && one.Last == other.Last && one.Access == other.Access && one.Pointer == other.Pointer;

    private void AddUser(int handle)
    {
        if (handle >= 0)
        {
            _files.AddUser(handle);
        }
    }

    private void RemoveUser(int handle)
    {
        if (handle >= 0)
        {
            _files.RemoveUser(handle);
        }
    }
}
