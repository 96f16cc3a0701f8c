// NVMe character devices of the machine, by ioctl: for control threads, which may wait. What a reactor sends goes through io_uring
// (IoUringNvmeCommands.cs).

using System.Runtime.InteropServices;

namespace Nvmepf.Hal.Linux;

/// <summary>An admin command and its completion (struct nvme_passthru_cmd64), 80 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct NvmePassthroughCommand
{
    /// <summary>Opcode.</summary>
    public byte Opcode;
    /// <summary>0.</summary>
    public byte Flags;
    /// <summary>0.</summary>
    public ushort Reserved;
    /// <summary>NSID.</summary>
    public uint NamespaceIdentifier;
    /// <summary>Dword 2.</summary>
    public uint Cdw2;
    /// <summary>Dword 3.</summary>
    public uint Cdw3;
    /// <summary>Address of separate metadata, or 0.</summary>
    public ulong Metadata;
    /// <summary>Address of the data.</summary>
    public ulong Address;
    /// <summary>Bytes of separate metadata.</summary>
    public uint MetadataLengthBytes;
    /// <summary>Bytes of data.</summary>
    public uint DataLengthBytes;
    /// <summary>Dword 10.</summary>
    public uint Cdw10;
    /// <summary>Dword 11.</summary>
    public uint Cdw11;
    /// <summary>Dword 12.</summary>
    public uint Cdw12;
    /// <summary>Dword 13.</summary>
    public uint Cdw13;
    /// <summary>Dword 14.</summary>
    public uint Cdw14;
    /// <summary>Dword 15.</summary>
    public uint Cdw15;
    /// <summary>How long it may take, in milliseconds; 0 for the driver's default.</summary>
    public uint TimeoutMilliseconds;
    /// <summary>0.</summary>
    public uint Reserved2;
    /// <summary>Set by the kernel: dwords 0 (low) and 1 (high) of the completion.</summary>
    public ulong Result;
}

/// <summary>Commands to and questions about an open NVMe character device.</summary>
public static unsafe partial class NvmeDevices
{
    // _IO('N', 0x40), _IO('N', 0x46) and _IOWR('N', 0x47, 80 bytes): the same on x86-64 and arm64.
    private const nuint GetNamespaceIdentifier = 0x4E40;
    private const nuint RescanController = 0x4E46;
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

    /// <summary>Lets the kernel look at a controller's namespaces again. 0 or a negated errno.</summary>
    public static int Rescan(int fd) => Errno.Result(Native.Ioctl(fd, RescanController, null));

    private static partial class Native
    {
        // ioctl is variadic in C; a pointer travels in the same register either way on x86-64 and arm64 Linux.
        [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
        internal static partial int Ioctl(int fd, nuint request, void* argument);
    }
}
