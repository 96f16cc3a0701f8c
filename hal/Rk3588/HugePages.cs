using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal.Rk3588;

/// <summary>
/// DMA memory of 2 MiB huge pages: cached, physically contiguous page by page, never swapped. Their physical addresses are those of
/// <c>/proc/self/pagemap</c> (kernel documentation: admin-guide/mm/pagemap), which tells them to a process with CAP_SYS_ADMIN only.
/// </summary>
public sealed unsafe class HugePages : IDmaMemorySource
{
    private const int HugePageBytes = 2 << 20;
    private const int EntryBytes = 8;
    private const ulong PresentBit = 1UL << 63;
    private const ulong FrameMask = (1UL << 55) - 1;
    private const string PagemapPath = "/proc/self/pagemap";

    private readonly List<(nint Address, nuint LengthBytes)> _mappings = [];
    private int _pagemap = -1;

    /// <inheritdoc/>
    public bool IsDeviceMemory => false;

    /// <inheritdoc/>
    public nuint ContiguousBytes => HugePageBytes;

    /// <inheritdoc/>
    public byte* Map(nuint lengthBytes, out nuint mappedBytes)
    {
        nuint pages = (lengthBytes + HugePageBytes - 1) / HugePageBytes;
        mappedBytes = pages * HugePageBytes;
        int error = MemoryMappings.MapAnonymous(mappedBytes, MapFlags.HugePages2Mib | MapFlags.Populate | MapFlags.Locked, out void* address);
        if (error != 0)
        {
            throw new PlatformException(error == -Errno.ENOMEM
                ? $"DMA memory: {pages} more huge pages of 2 MiB are wanted and not free: raise vm.nr_hugepages by that many "
                  + "(sysctl -w, or hugepages=N on the kernel command line), or use a carve-out as buffer-memory and bar-memory"
                : $"DMA memory: {pages} huge pages of 2 MiB could not be mapped ({Errno.Describe(error)}); the kernel needs CONFIG_HUGETLBFS");
        }

        _mappings.Add(((nint)address, mappedBytes));
        return (byte*)address;
    }

    /// <inheritdoc/>
    public ulong PhysicalAddressOf(byte* address)
    {
        if (_pagemap < 0)
        {
            _pagemap = Files.Open(PagemapPath, OpenFlags.ReadOnly);
            if (_pagemap < 0)
            {
                throw new PlatformException($"{PagemapPath}: cannot be opened ({Errno.Describe(_pagemap)}); physical addresses of huge pages come from there");
            }
        }

        ulong entry = 0;
        nuint page = (nuint)MemoryMappings.PageSizeBytes;
        long read = Files.ReadAt(_pagemap, &entry, EntryBytes, (long)((nuint)address / page * EntryBytes));
        if (read != EntryBytes)
        {
            throw new PlatformException($"{PagemapPath}: cannot be read ({(read < 0 ? Errno.Describe((int)read) : "it ends too early")})");
        }

        ulong frame = entry & FrameMask;
        if ((entry & PresentBit) == 0 || frame == 0)
        {
            throw new PlatformException(
                $"{PagemapPath}: shows no physical address for a huge page; run as root (it takes CAP_SYS_ADMIN), or use a carve-out");
        }

        return (frame * page) + ((nuint)address % page);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((nint address, nuint lengthBytes) in _mappings)
        {
            _ = MemoryMappings.Unmap((void*)address, lengthBytes);
        }

        _mappings.Clear();
        if (_pagemap >= 0)
        {
            _ = Files.Close(_pagemap);
            _pagemap = -1;
        }
    }
}
