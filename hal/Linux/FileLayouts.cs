// Layouts and flags of the file calls: iovec, statx, and the flag words of open, fallocate, preadv2/pwritev2, fcntl and flock.

using System;
using System.Runtime.InteropServices;

namespace Nvmepf.Hal.Linux;

/// <summary>One piece of a scatter/gather list (struct iovec), 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct IoVector
{
    /// <summary>First byte. The memory must stay valid and in place until the call, or the io_uring operation, is done.</summary>
    public void* Base;
    /// <summary>Length in bytes.</summary>
    public nuint LengthBytes;

    /// <summary>A piece of <paramref name="lengthBytes"/> bytes that starts at <paramref name="address"/>.</summary>
    public IoVector(void* address, nuint lengthBytes)
    {
        Base = address;
        LengthBytes = lengthBytes;
    }
}

/// <summary>Flags of <see cref="Files.Open"/>. The values are x86-64's; the three that differ on arm64 are translated by the
/// call.</summary>
[Flags]
public enum OpenFlags
{
    /// <summary>O_RDONLY.</summary>
    ReadOnly = 0,
    /// <summary>O_WRONLY.</summary>
    WriteOnly = 1,
    /// <summary>O_RDWR.</summary>
    ReadWrite = 2,
    /// <summary>O_CREAT: create the file if it does not exist.</summary>
    Create = 0x40,
    /// <summary>O_EXCL: with <see cref="Create"/>, fail with EEXIST if it exists; alone, on a block device, fail with EBUSY if it is in
    /// use.</summary>
    Exclusive = 0x80,
    /// <summary>O_NOCTTY: a terminal that is opened does not become the process's own.</summary>
    NoControllingTerminal = 0x100,
    /// <summary>O_TRUNC.</summary>
    Truncate = 0x200,
    /// <summary>O_APPEND.</summary>
    Append = 0x400,
    /// <summary>O_NONBLOCK.</summary>
    NonBlocking = 0x800,
    /// <summary>O_DSYNC: a write completes when its data is durable.</summary>
    DataSync = 0x1000,
    /// <summary>O_DIRECT (differs on arm64).</summary>
    Direct = 0x4000,
    /// <summary>O_DIRECTORY (differs on arm64).</summary>
    Directory = 0x1_0000,
    /// <summary>O_NOFOLLOW (differs on arm64).</summary>
    NoFollow = 0x2_0000,
    /// <summary>O_CLOEXEC.</summary>
    CloseOnExec = 0x8_0000,
    /// <summary>O_SYNC: a write completes when data and all metadata are durable.</summary>
    Sync = 0x10_1000,
    /// <summary>O_PATH: a descriptor that only names the file.</summary>
    Path = 0x20_0000,
}

/// <summary>Flags of one positioned read or write (RWF_*), for <see cref="Files.ReadVectors"/>, <see cref="Files.WriteVectors"/> and
/// io_uring.</summary>
[Flags]
public enum ReadWriteFlags
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>RWF_HIPRI: poll for completion.</summary>
    HighPriority = 1,
    /// <summary>RWF_DSYNC: this write completes when its data is durable (NVMe's Force Unit Access).</summary>
    DataSync = 2,
    /// <summary>RWF_SYNC.</summary>
    Sync = 4,
    /// <summary>RWF_NOWAIT: fail with EAGAIN rather than block.</summary>
    NoWait = 8,
    /// <summary>RWF_APPEND.</summary>
    Append = 0x10,
    /// <summary>RWF_ATOMIC: all or nothing, where the file reports atomic write limits.</summary>
    Atomic = 0x40,
}

/// <summary>Mode of fallocate. Hole punch needs <see cref="KeepSize"/> with it.</summary>
[Flags]
public enum FallocateMode
{
    /// <summary>Reserve blocks, and extend the file if the range goes past its end.</summary>
    Allocate = 0,
    /// <summary>FALLOC_FL_KEEP_SIZE.</summary>
    KeepSize = 1,
    /// <summary>FALLOC_FL_PUNCH_HOLE: give the blocks back; the range reads as zeroes. On a block device: discard with zeroing.</summary>
    PunchHole = 2,
    /// <summary>FALLOC_FL_ZERO_RANGE: the range reads as zeroes and stays allocated where the file system can do it.</summary>
    ZeroRange = 0x10,
}

/// <summary>Operation of <see cref="Files.Lock"/>.</summary>
[Flags]
public enum LockOperation
{
    /// <summary>LOCK_SH.</summary>
    Shared = 1,
    /// <summary>LOCK_EX.</summary>
    Exclusive = 2,
    /// <summary>LOCK_NB: fail with EAGAIN rather than wait.</summary>
    NonBlocking = 4,
    /// <summary>LOCK_UN.</summary>
    Unlock = 8,
}

/// <summary>Seals of a memory file (F_SEAL_*): promises about it that no holder can break.</summary>
[Flags]
public enum FileSeals
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>F_SEAL_SEAL: no further seals.</summary>
    Seal = 1,
    /// <summary>F_SEAL_SHRINK: cannot become smaller, so that a mapping of it cannot fault.</summary>
    Shrink = 2,
    /// <summary>F_SEAL_GROW.</summary>
    Grow = 4,
    /// <summary>F_SEAL_WRITE.</summary>
    Write = 8,
    /// <summary>F_SEAL_FUTURE_WRITE.</summary>
    FutureWrite = 0x10,
}

/// <summary>The file type bits of a mode word (S_IFMT).</summary>
public enum FileType
{
    /// <summary>Unknown: none of the kinds below.</summary>
    Unknown = 0,
    /// <summary>S_IFIFO.</summary>
    Pipe = 0x1000,
    /// <summary>S_IFCHR.</summary>
    CharacterDevice = 0x2000,
    /// <summary>S_IFDIR.</summary>
    Directory = 0x4000,
    /// <summary>S_IFBLK.</summary>
    BlockDevice = 0x6000,
    /// <summary>S_IFREG.</summary>
    Regular = 0x8000,
    /// <summary>S_IFLNK.</summary>
    SymbolicLink = 0xa000,
    /// <summary>S_IFSOCK.</summary>
    Socket = 0xc000,
}

/// <summary>What a file is (struct statx), 256 bytes. Only the members that are read have names.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
public struct FileStatus
{
    /// <summary>stx_mask: which members the kernel filled.</summary>
    [FieldOffset(0)] public uint Mask;
    /// <summary>stx_blksize: preferred transfer size in bytes.</summary>
    [FieldOffset(4)] public uint BlockSizeBytes;
    /// <summary>stx_attributes.</summary>
    [FieldOffset(8)] public ulong Attributes;
    /// <summary>stx_nlink: number of hard links; 0 for a file that was unlinked.</summary>
    [FieldOffset(16)] public uint LinkCount;
    /// <summary>stx_uid.</summary>
    [FieldOffset(20)] public uint UserId;
    /// <summary>stx_gid.</summary>
    [FieldOffset(24)] public uint GroupId;
    /// <summary>stx_mode: type and permission bits.</summary>
    [FieldOffset(28)] public ushort Mode;
    /// <summary>stx_ino.</summary>
    [FieldOffset(32)] public ulong Inode;
    /// <summary>stx_size in bytes; 0 for a block device, whose size is <see cref="BlockDevices.Size"/>.</summary>
    [FieldOffset(40)] public ulong SizeBytes;
    /// <summary>stx_blocks: allocated units of 512 bytes.</summary>
    [FieldOffset(48)] public ulong AllocatedSectors512;
    /// <summary>stx_rdev_major: of a device node, what it stands for.</summary>
    [FieldOffset(128)] public uint RepresentedDeviceMajor;
    /// <summary>stx_rdev_minor.</summary>
    [FieldOffset(132)] public uint RepresentedDeviceMinor;
    /// <summary>stx_dev_major: the device that the file is on. With <see cref="Inode"/> it identifies the file.</summary>
    [FieldOffset(136)] public uint DeviceMajor;
    /// <summary>stx_dev_minor.</summary>
    [FieldOffset(140)] public uint DeviceMinor;
    /// <summary>stx_dio_mem_align: alignment in bytes of the memory of a direct transfer; 0 = no direct transfers, or the kernel does
    /// not say
    /// (<see cref="HasDirectIoAlignment"/>).</summary>
    [FieldOffset(152)] public uint DirectIoMemoryAlignmentBytes;
    /// <summary>stx_dio_offset_align: alignment in bytes of offset and length of a direct transfer; 0 as above.</summary>
    [FieldOffset(156)] public uint DirectIoOffsetAlignmentBytes;

    /// <summary>STATX_BASIC_STATS, which includes everything above but the direct I/O alignments.</summary>
    internal const uint BasicMask = 0x7ff;
    /// <summary>STATX_DIOALIGN (kernel 6.1).</summary>
    internal const uint DirectIoAlignmentMask = 0x2000;

    /// <summary>What kind of file it is.</summary>
    public readonly FileType Type => (FileType)(Mode & 0xf000);

    /// <summary>Whether the kernel filled the direct I/O alignments. When not, only a trial tells.</summary>
    public readonly bool HasDirectIoAlignment => (Mask & DirectIoAlignmentMask) != 0;
}
