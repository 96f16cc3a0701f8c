using System.Runtime.InteropServices;

namespace Nvmepf.SocModel;

/// <summary>Address space from the kernel: with or without access rights.</summary>
internal static unsafe partial class Native
{
    private const int ProtNone = 0;
    private const int ProtReadWrite = 3;
    private const int MapPrivateAnonymousNoReserve = 0x4022;

    /// <summary>Zeroed memory, page-aligned; free with <see cref="Free"/>.</summary>
    internal static byte* Allocate(nuint lengthBytes) => Map(lengthBytes, ProtReadWrite);

    /// <summary>Address space whose every access faults.</summary>
    internal static byte* Reserve(nuint lengthBytes) => Map(lengthBytes, ProtNone);

    internal static void Free(byte* address, nuint lengthBytes)
    {
        if (address is not null)
        {
            _ = munmap(address, lengthBytes);
        }
    }

    private static byte* Map(nuint lengthBytes, int protection)
    {
        byte* address = mmap(null, lengthBytes, protection, MapPrivateAnonymousNoReserve, -1, 0);
        return address != (byte*)-1 ? address : throw new InsufficientMemoryException($"no address space for {lengthBytes} bytes");
    }

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial byte* mmap(byte* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int munmap(byte* address, nuint length);
}
