// What a block device says of itself, by ioctl. Transfers, discards and zeroing go through the file calls and io_uring.

using System.Runtime.InteropServices;

namespace Nvmepf.Hal.Linux;

/// <summary>Queries of an open block device. -ENOTTY for a descriptor that is none.</summary>
public static unsafe partial class BlockDevices
{
    // _IOR(0x12, 114, size_t), _IO(0x12, 104), _IO(0x12, 123) and _IO(0x12, 94): the same on x86-64 and arm64.
    private const nuint GetSizeBytes = 0x8008_1272;
    private const nuint GetLogicalSectorSize = 0x1268;
    private const nuint GetPhysicalSectorSize = 0x127b;
    private const nuint GetReadOnly = 0x125e;

    /// <summary>Size of the device in bytes (BLKGETSIZE64).</summary>
    public static int Size(int fd, out ulong sizeBytes)
    {
        fixed (ulong* argument = &sizeBytes)
        {
            *argument = 0;
            return Errno.Result(Native.Ioctl(fd, GetSizeBytes, argument));
        }
    }

    /// <summary>The unit that the device is addressed in (BLKSSZGET): bytes, or a negated errno.</summary>
    public static int LogicalSectorSize(int fd) => QueryInt(fd, GetLogicalSectorSize);

    /// <summary>The unit that the device writes without a read-modify-write (BLKPBSZGET): bytes, or a negated errno.</summary>
    public static int PhysicalSectorSize(int fd) => QueryInt(fd, GetPhysicalSectorSize);

    /// <summary>Whether the device refuses writes (BLKROGET): 1, 0 or a negated errno.</summary>
    public static int IsReadOnly(int fd)
    {
        int value = QueryInt(fd, GetReadOnly);
        return value > 0 ? 1 : value;
    }

    private static int QueryInt(int fd, nuint request)
    {
        int value = 0;
        int result = Errno.Result(Native.Ioctl(fd, request, &value));
        return result < 0 ? result : value;
    }

    private static partial class Native
    {
        // ioctl is variadic in C; a pointer travels in the same register either way on x86-64 and arm64 Linux.
        [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
        internal static partial int Ioctl(int fd, nuint request, void* argument);
    }
}
