// Mappings and memory files: mmap and its kin, memfd_create. It hands out addresses; who owns a mapping and when it ends is the caller's.

using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nvmepf.Hal.Linux;

/// <summary>What a mapping may be used for (PROT_*).</summary>
[Flags]
public enum MemoryProtection
{
    /// <summary>PROT_NONE: any access faults.</summary>
    None = 0,
    /// <summary>PROT_READ.</summary>
    Read = 1,
    /// <summary>PROT_WRITE.</summary>
    Write = 2,
    /// <summary>PROT_EXEC.</summary>
    Execute = 4,
    /// <summary>PROT_READ | PROT_WRITE.</summary>
    ReadWrite = Read | Write,
}

/// <summary>Kind and options of a mapping (MAP_*, the same values on x86-64 and arm64).</summary>
[Flags]
public enum MapFlags
{
    /// <summary>MAP_SHARED.</summary>
    Shared = 1,
    /// <summary>MAP_PRIVATE.</summary>
    Private = 2,
    /// <summary>MAP_FIXED: at the given address, over whatever is mapped there.</summary>
    Fixed = 0x10,
    /// <summary>MAP_ANONYMOUS: zeroed memory of no file.</summary>
    Anonymous = 0x20,
    /// <summary>MAP_NORESERVE.</summary>
    NoReserve = 0x4000,
    /// <summary>MAP_LOCKED.</summary>
    Locked = 0x2000,
    /// <summary>MAP_POPULATE: fault everything in now, so that no page fault comes later.</summary>
    Populate = 0x8000,
    /// <summary>MAP_HUGETLB: from the pool of huge pages of the default size.</summary>
    HugePages = 0x4_0000,
    /// <summary>MAP_HUGETLB | MAP_HUGE_2MB.</summary>
    HugePages2Mib = HugePages | (21 << 26),
    /// <summary>MAP_HUGETLB | MAP_HUGE_1GB.</summary>
    HugePages1Gib = HugePages | (30 << 26),
    /// <summary>MAP_FIXED_NOREPLACE: at the given address, or -EEXIST.</summary>
    FixedNoReplace = 0x10_0000,
}

/// <summary>Advice about a mapping (MADV_*).</summary>
public enum MemoryAdvice
{
    /// <summary>MADV_NORMAL.</summary>
    Normal = 0,
    /// <summary>MADV_DONTNEED: give the pages back; private anonymous memory reads as zeroes afterwards.</summary>
    DoNotNeed = 4,
    /// <summary>MADV_REMOVE: punch a hole into a shared memory file.</summary>
    Remove = 9,
    /// <summary>MADV_DONTFORK.</summary>
    DoNotFork = 10,
    /// <summary>MADV_HUGEPAGE: transparent huge pages wanted.</summary>
    HugePage = 14,
    /// <summary>MADV_NOHUGEPAGE.</summary>
    NoHugePage = 15,
    /// <summary>MADV_DONTDUMP: keep out of core files.</summary>
    DoNotDump = 16,
    /// <summary>MADV_POPULATE_READ (kernel 5.14): fault in for reading; -EFAULT instead of a signal where a page cannot be had.</summary>
    PopulateRead = 22,
    /// <summary>MADV_POPULATE_WRITE (kernel 5.14).</summary>
    PopulateWrite = 23,
}

/// <summary>Scope of <see cref="MemoryMappings.LockAll"/> (MCL_*).</summary>
[Flags]
public enum LockAllFlags
{
    /// <summary>MCL_CURRENT.</summary>
    Current = 1,
    /// <summary>MCL_FUTURE.</summary>
    Future = 2,
    /// <summary>MCL_ONFAULT: lock a page when it is first touched.</summary>
    OnFault = 4,
}

/// <summary>Options of <see cref="MemoryMappings.CreateMemoryFile"/> (MFD_*).</summary>
[Flags]
public enum MemoryFileFlags
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>MFD_ALLOW_SEALING.</summary>
    AllowSealing = 2,
    /// <summary>MFD_HUGETLB: pages of the default huge size.</summary>
    HugePages = 4,
    /// <summary>MFD_HUGETLB | MFD_HUGE_2MB.</summary>
    HugePages2Mib = HugePages | (21 << 26),
    /// <summary>MFD_HUGETLB | MFD_HUGE_1GB.</summary>
    HugePages1Gib = HugePages | (30 << 26),
}

/// <summary>System calls on mappings. All return 0 (or a descriptor) or the negated errno.</summary>
public static unsafe partial class MemoryMappings
{
    private const uint MemoryFileCloseOnExec = 1;
    private const int MaximumMemoryFileNameBytes = 249;

    /// <summary>The page size of the running kernel in bytes (4 KiB on x86-64; 4, 16 or 64 KiB on arm64).</summary>
    public static int PageSizeBytes => Native.GetPageSize();

    /// <summary>Maps memory or a file.</summary>
    /// <param name="hint">Wanted address, or null; binding only with the Fixed flags.</param>
    /// <param name="lengthBytes">Length; the kernel rounds it up to whole pages.</param>
    /// <param name="protection">Allowed accesses.</param>
    /// <param name="flags">Kind and options.</param>
    /// <param name="fd">The file, or -1 for anonymous memory.</param>
    /// <param name="offsetBytes">Offset in the file, a multiple of the page size.</param>
    /// <param name="address">The first byte of the mapping; null on failure.</param>
    /// <returns>0 or a negated errno.</returns>
    /// <remarks>Past the end of the file an access raises SIGBUS: seal or check the size of a file that another process gave.</remarks>
    public static int Map(
        void* hint, nuint lengthBytes, MemoryProtection protection, MapFlags flags, int fd, long offsetBytes, out void* address)
    {
        nint result = (nint)Native.MMap(hint, lengthBytes, (int)protection, (int)flags, fd, offsetBytes);
        if (result == -1)
        {
            address = null;
            return -Marshal.GetLastPInvokeError();
        }
        address = (void*)result;
        return 0;
    }

    /// <summary>Maps a part of a file at an address of the kernel's choice.</summary>
    public static int MapFile(
        int fd, long offsetBytes, nuint lengthBytes, MemoryProtection protection, MapFlags flags, out void* address) =>
        Map(null, lengthBytes, protection, flags, fd, offsetBytes, out address);

    /// <summary>Maps zeroed memory that belongs to no file, private to this process.</summary>
    public static int MapAnonymous(nuint lengthBytes, MapFlags options, out void* address) =>
        Map(null, lengthBytes, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous | options, -1, 0, out address);

    /// <summary>Ends a mapping, or a page-aligned part of one.</summary>
    public static int Unmap(void* address, nuint lengthBytes) => Errno.Result(Native.MUnmap(address, lengthBytes));

    /// <summary>Changes the allowed accesses.</summary>
    public static int Protect(void* address, nuint lengthBytes, MemoryProtection protection) =>
        Errno.Result(Native.MProtect(address, lengthBytes, (int)protection));

    /// <summary>Gives advice about a page-aligned range.</summary>
    public static int Advise(void* address, nuint lengthBytes, MemoryAdvice advice) =>
        Errno.Result(Native.MAdvise(address, lengthBytes, (int)advice));

    /// <summary>Keeps a range resident. -ENOMEM over RLIMIT_MEMLOCK.</summary>
    public static int Lock(void* address, nuint lengthBytes) => Errno.Result(Native.MLock(address, lengthBytes));

    /// <summary>Keeps all memory of the process resident. -ENOMEM over RLIMIT_MEMLOCK.</summary>
    public static int LockAll(LockAllFlags flags) => Errno.Result(Native.MLockAll((int)flags));

    /// <summary>Undoes <see cref="LockAll"/> and <see cref="Lock"/>.</summary>
    public static int UnlockAll() => Errno.Result(Native.MUnlockAll());

    /// <summary>Creates a file that lives in memory, with close-on-exec and of size 0.</summary>
    /// <param name="name">Shown in /proc only; at most 249 bytes.</param>
    /// <param name="flags">Options.</param>
    /// <returns>The descriptor or a negated errno.</returns>
    [SkipLocalsInit]
    public static int CreateMemoryFile(ReadOnlySpan<char> name, MemoryFileFlags flags)
    {
        byte* bytes = stackalloc byte[MaximumMemoryFileNameBytes + 1];
        int encoded = NativePath.Encode(name, new Span<byte>(bytes, MaximumMemoryFileNameBytes + 1));
        return encoded < 0 ? encoded : Errno.Result(Native.MemFdCreate(bytes, MemoryFileCloseOnExec | (uint)flags));
    }

    private static partial class Native
    {
        // Reads a variable of libc.
        [LibraryImport("libc", EntryPoint = "getpagesize")]
        [SuppressGCTransition]
        internal static partial int GetPageSize();

        [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
        internal static partial void* MMap(void* address, nuint length, int protection, int flags, int fd, long offset);

        [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
        internal static partial int MUnmap(void* address, nuint length);

        [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
        internal static partial int MProtect(void* address, nuint length, int protection);

        [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
        internal static partial int MAdvise(void* address, nuint length, int advice);

        [LibraryImport("libc", EntryPoint = "mlock", SetLastError = true)]
        internal static partial int MLock(void* address, nuint length);

        [LibraryImport("libc", EntryPoint = "mlockall", SetLastError = true)]
        internal static partial int MLockAll(int flags);

        [LibraryImport("libc", EntryPoint = "munlockall", SetLastError = true)]
        internal static partial int MUnlockAll();

        [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true)]
        internal static partial int MemFdCreate(byte* name, uint flags);
    }
}
