// NVMe character devices of the machine, by ioctl: for control threads, which may wait. What a reactor sends goes through io_uring
// (IoUringNvmeCommands.cs).

using System.Runtime.InteropServices;

namespace Nvmepf.Hal.Linux;

/// <summary>An admin command and its completion (struct nvme_passthru_cmd64), 80 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct NvmePassthroughCommand
{
    /// <summary>The command, with the address of its data: no list of pieces here.</summary>
    public NvmeUringCommand Command;
    /// <summary>Set by the kernel: dwords 0 (low) and 1 (high) of the completion.</summary>
    public ulong Result;
}

/// <summary>Commands to and questions about an open NVMe character device.</summary>
public static unsafe partial class NvmeDevices
{
    // _IO('N', 0x40) and _IOWR('N', 0x47, 80 bytes): the same on x86-64 and arm64.
    private const nuint GetNamespaceIdentifier = 0x4E40;
    private const nuint Admin64 = 0xC050_4E47;

    /// <summary>NSID of a namespace's device (/dev/ngXnY), or a negated errno; -ENOTTY where it is none.</summary>
    public static int NamespaceIdentifier(int fd) => Errno.Result(Native.Ioctl(fd, GetNamespaceIdentifier, null));

    /// <summary>Sends an admin command to a controller (/dev/nvmeX) and waits for its end.</summary>
    /// <returns>The NVMe status (15 bits), 0 for success, or a negated errno.</returns>
    public static int Admin(int fd, ref NvmePassthroughCommand command)
    {
        fixed (NvmePassthroughCommand* argument = &command)
        {
            return Errno.Result(Native.Ioctl(fd, Admin64, argument));
        }
    }

    private static partial class Native
    {
        // ioctl is variadic in C; a pointer travels in the same register either way on x86-64 and arm64 Linux.
        [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
        internal static partial int Ioctl(int fd, nuint request, void* argument);
    }
}
