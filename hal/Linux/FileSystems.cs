// Which file system a file is on: some cannot be trusted with a mapping.

using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nvmepf.Hal.Linux;

/// <summary>File system magic numbers (linux/magic.h). An open set: the kernel has many more.</summary>
public enum FileSystemType : uint
{
    /// <summary>Unknown, or the call failed.</summary>
    Unknown = 0,
    /// <summary>ext2, ext3 and ext4.</summary>
    Ext = 0xef53,
    /// <summary>XFS.</summary>
    Xfs = 0x5846_5342,
    /// <summary>Btrfs.</summary>
    Btrfs = 0x9123_683e,
    /// <summary>F2FS.</summary>
    F2fs = 0xf2f5_2010,
    /// <summary>tmpfs, and the memory files of memfd_create.</summary>
    Tmpfs = 0x0102_1994,
    /// <summary>ramfs, which is also the root of an initial RAM disk.</summary>
    Ramfs = 0x8584_58f6,
    /// <summary>hugetlbfs, and memory files of huge pages.</summary>
    Hugetlbfs = 0x9584_58f6,
    /// <summary>overlayfs.</summary>
    Overlay = 0x794c_7630,
    /// <summary>FUSE: a page fault asks a user's process.</summary>
    Fuse = 0x6573_5546,
    /// <summary>proc.</summary>
    Proc = 0x9fa0,
    /// <summary>sysfs.</summary>
    Sysfs = 0x6265_6572,
}

/// <summary>System calls on file systems.</summary>
public static unsafe partial class FileSystems
{
    /// <summary>Tells which kind of file system an open file is on.</summary>
    /// <returns>0 or a negated errno.</returns>
    [SkipLocalsInit]
    public static int TypeOf(int fd, out FileSystemType type)
    {
        // struct statfs is 120 bytes on 64-bit machines and begins with f_type; nothing else is read.
        const int StatFsBytes = 120;
        long* native = stackalloc long[StatFsBytes / sizeof(long)];
        int result = Errno.Result(Native.FStatFs(fd, native));
        type = result < 0 ? FileSystemType.Unknown : (FileSystemType)native[0];
        return result;
    }

    private static partial class Native
    {
        [LibraryImport("libc", EntryPoint = "fstatfs", SetLastError = true)]
        internal static partial int FStatFs(int fd, long* status);
    }
}
