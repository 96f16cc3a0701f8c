using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal.VfioUser;

/// <summary>
/// The files that host memory consists of: each is mapped once, whole, whatever the number and size of the regions in it. A client
/// with an IOMMU maps and unmaps 4 KiB pieces by the thousand; one mapping serves them all, needs neither a descriptor nor a kernel
/// mapping each, and makes pieces of huge-page files possible. A file that has grown gets a second, longer mapping.
/// </summary>
/// <remarks>
/// What the client passes is checked here: a regular file on a file system whose page faults the kernel answers by itself (FUSE
/// would let the client stop the reactor in the middle of a load), long enough for the region. A client may still truncate its file
/// later, for sealing cannot be demanded, most clients do not seal: <see cref="BusErrorGuard"/> turns that into zeroes.
/// </remarks>
internal sealed unsafe class MappedFiles
{
    private readonly Entry[] _entries;
    private int _used;

    /// <summary>Creates a table for <paramref name="capacity"/> mappings.</summary>
    internal MappedFiles(int capacity) => _entries = new Entry[capacity];

    /// <summary>Number of mappings that exist, those without a user included until <see cref="ReleaseUnused"/>.</summary>
    internal int Count
    {
        get
        {
            int count = 0;
            for (int i = 0; i < _used; i++)
            {
                count += _entries[i].Base != null ? 1 : 0;
            }

            return count;
        }
    }

    /// <summary>
    /// Finds or makes the mapping of a file and counts one more user of it.
    /// </summary>
    /// <param name="descriptor">The client's descriptor; not kept.</param>
    /// <param name="offset">Where the region begins in the file.</param>
    /// <param name="length">Its length; the sum with the offset does not overflow.</param>
    /// <param name="write">Whether the region is written.</param>
    /// <param name="handle">Handle of the mapping.</param>
    /// <returns>0 or a negated errno.</returns>
    internal int Acquire(int descriptor, ulong offset, ulong length, bool write, out int handle)
    {
        handle = -1;
        int result = Check(descriptor, offset + length, write, out FileStatus status);
        if (result < 0)
        {
            return result;
        }

        // The number of the inode is good as long as somebody holds the file, which the mapping does.
        ulong device = ((ulong)status.DeviceMajor << 32) | status.DeviceMinor;
        int free = -1;
        for (int i = 0; i < _used; i++)
        {
            ref Entry entry = ref _entries[i];
            if (entry.Base == null)
            {
                free = i;
            }
            else if (entry.Inode == status.Inode && entry.Device == device && entry.LengthBytes >= offset + length && (entry.IsWritable || !write))
            {
                entry.Users++;
                handle = i;
                return 0;
            }
        }

        if (free < 0 && _used == _entries.Length)
        {
            return -Errno.ENOSPC;
        }

        free = free < 0 ? _used : free;
        result = Map(descriptor, status, device, write, ref _entries[free]);
        if (result == 0)
        {
            _used = Math.Max(_used, free + 1);
            handle = free;
        }

        return result;
    }

    /// <summary>Counts one more user of a mapping that has one: a region was split.</summary>
    internal void AddUser(int handle)
    {
        Invariant.Check(_entries[handle].Users > 0, "a mapping in use");
        _entries[handle].Users++;
    }

    /// <summary>Counts one user less. The mapping stays until <see cref="ReleaseUnused"/>.</summary>
    internal void RemoveUser(int handle)
    {
        Invariant.Check(_entries[handle].Users > 0, "a mapping in use");
        _entries[handle].Users--;
    }

    /// <summary>First byte of a mapping.</summary>
    internal byte* Base(int handle) => _entries[handle].Base;

    /// <summary>Ends every mapping that nobody uses; only once no command in flight can touch one.</summary>
    internal void ReleaseUnused()
    {
        for (int i = 0; i < _used; i++)
        {
            ref Entry entry = ref _entries[i];
            if (entry.Base != null && entry.Users == 0)
            {
                BusErrorGuard.Remove(entry.Base);
                _ = MemoryMappings.Unmap(entry.Base, (nuint)entry.LengthBytes);
                entry = default;
            }
        }

        while (_used > 0 && _entries[_used - 1].Base == null)
        {
            _used--;
        }
    }

    private static int Check(int descriptor, ulong end, bool write, out FileStatus status)
    {
        int result = Files.Status(descriptor, out status);
        if (result < 0)
        {
            return result;
        }

        if (status.Type != FileType.Regular || end > status.SizeBytes || end > long.MaxValue)
        {
            return -Errno.EINVAL;
        }

        result = FileSystems.TypeOf(descriptor, out FileSystemType type);
        if (result < 0)
        {
            return result;
        }

        bool isTrusted = type is FileSystemType.Tmpfs or FileSystemType.Hugetlbfs or FileSystemType.Ramfs or FileSystemType.Ext
            or FileSystemType.Xfs or FileSystemType.Btrfs or FileSystemType.F2fs or FileSystemType.Overlay;
        if (!isTrusted)
        {
            return -Errno.EINVAL;
        }

        int flags = Files.Flags(descriptor);
        if (flags < 0 || !write)
        {
            return Math.Min(flags, 0);
        }

        return ((OpenFlags)flags & OpenFlags.ReadWrite) != 0 ? 0 : -Errno.EACCES;
    }

    private static int Map(int descriptor, in FileStatus status, ulong device, bool write, ref Entry entry)
    {
        int flags = Files.Flags(descriptor);
        bool isWritable = flags >= 0 && ((OpenFlags)flags & OpenFlags.ReadWrite) != 0;
        ulong page = (ulong)MemoryMappings.PageSizeBytes;
        ulong length = (Math.Min(status.SizeBytes, long.MaxValue - page) + page - 1) & ~(page - 1);
        MemoryProtection protection = isWritable ? MemoryProtection.ReadWrite : MemoryProtection.Read;
        int result = MemoryMappings.MapFile(descriptor, 0, (nuint)length, protection, MapFlags.Shared, out void* address);
        if (result < 0 && isWritable && !write)
        {
            // A seal may forbid what the descriptor allows.
            isWritable = false;
            result = MemoryMappings.MapFile(descriptor, 0, (nuint)length, MemoryProtection.Read, MapFlags.Shared, out address);
        }

        if (result < 0)
        {
            return result;
        }

        // Without a guard (another architecture) the mapping is as good as long as the client keeps its file.
        _ = BusErrorGuard.Add(address, (nuint)length);
        entry = new Entry
        {
            Device = device,
            Inode = status.Inode,
            Base = (byte*)address,
            LengthBytes = length,
            IsWritable = isWritable,
            Users = 1,
        };
        return 0;
    }

    private struct Entry
    {
        internal ulong Device;
        internal ulong Inode;
        internal byte* Base;
        internal ulong LengthBytes;
        internal bool IsWritable;
        internal int Users;
    }
}
