// File calls: open, close, positioned reads and writes, sizes and holes, durability, locks, seals and names.

using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nvmepf.Hal.Linux;

/// <summary>System calls on files. All return a count, a descriptor or 0, or the negated errno; none retries after EINTR.</summary>
public static unsafe partial class Files
{
    /// <summary>The directory argument that stands for the working directory (AT_FDCWD).</summary>
    public const int WorkingDirectory = -100;

    private const int StatxEmptyPath = 0x1000;
    private const int StatxNoFollow = 0x100;
    private const int GetDescriptorFlags = 1;
    private const int SetDescriptorFlags = 2;
    private const int GetStatusFlags = 3;
    private const int SetStatusFlags = 4;
    private const int DuplicateCloseOnExec = 1030;
    private const int AddSealsCommand = 1033;
    private const int GetSealsCommand = 1034;

    /// <summary>Opens a file, always with O_CLOEXEC.</summary>
    /// <param name="path">The path.</param>
    /// <param name="flags">Access mode and flags.</param>
    /// <param name="permissions">Permission bits of a file that is created, before the umask.</param>
    /// <param name="directory">Descriptor of the directory that a relative path starts at.</param>
    /// <returns>The descriptor or a negated errno.</returns>
    [SkipLocalsInit]
    public static int Open(ReadOnlySpan<char> path, OpenFlags flags, int permissions = 0x180, int directory = WorkingDirectory)
    {
        byte* bytes = stackalloc byte[NativePath.MaximumBytes];
        int encoded = NativePath.Encode(path, new Span<byte>(bytes, NativePath.MaximumBytes));
        return encoded < 0
            ? encoded
            : Errno.Result(Native.OpenAt(directory, bytes, ToNative(flags | OpenFlags.CloseOnExec, Machine.IsArm64), (uint)permissions));
    }

    /// <summary>Closes a descriptor. Whatever it returns, the descriptor is gone; never call it again for the same number.</summary>
    public static int Close(int fd) => Errno.Result(Native.Close(fd));

    /// <summary>Duplicates a descriptor, with O_CLOEXEC.</summary>
    public static int Duplicate(int fd) => Errno.Result(Native.Fcntl(fd, DuplicateCloseOnExec, 0));

    /// <summary>Reads from the current position (pipes, character devices).</summary>
    public static long Read(int fd, void* buffer, nuint lengthBytes) => Errno.Result(Native.Read(fd, buffer, lengthBytes));

    /// <summary>Writes at the current position (pipes, character devices).</summary>
    public static long Write(int fd, void* buffer, nuint lengthBytes) => Errno.Result(Native.Write(fd, buffer, lengthBytes));

    /// <summary>Reads at an offset. Returns fewer bytes at the end of the file, 0 past it.</summary>
    public static long ReadAt(int fd, void* buffer, nuint lengthBytes, long offsetBytes) =>
        Errno.Result(Native.PRead(fd, buffer, lengthBytes, offsetBytes));

    /// <summary>Writes at an offset. May write fewer bytes than asked.</summary>
    public static long WriteAt(int fd, void* buffer, nuint lengthBytes, long offsetBytes) =>
        Errno.Result(Native.PWrite(fd, buffer, lengthBytes, offsetBytes));

    /// <summary>Reads at an offset into up to 1024 pieces (preadv2).</summary>
    public static long ReadVectors(int fd, IoVector* vectors, int count, long offsetBytes, ReadWriteFlags flags = ReadWriteFlags.None) =>
        Errno.Result(Native.PReadV2(fd, vectors, count, offsetBytes, (int)flags));

    /// <summary>Writes at an offset from up to 1024 pieces (pwritev2).</summary>
    public static long WriteVectors(int fd, IoVector* vectors, int count, long offsetBytes, ReadWriteFlags flags = ReadWriteFlags.None) =>
        Errno.Result(Native.PWriteV2(fd, vectors, count, offsetBytes, (int)flags));

    /// <summary>Tells what an open file is.</summary>
    public static int Status(int fd, out FileStatus status)
    {
        byte empty = 0;
        fixed (FileStatus* destination = &status)
        {
            *destination = default;
            const uint Mask = FileStatus.BasicMask | FileStatus.DirectIoAlignmentMask;
            return Errno.Result(Native.Statx(fd, &empty, StatxEmptyPath, Mask, destination));
        }
    }

    /// <summary>Tells what a path names, without following a symbolic link at its end.</summary>
    [SkipLocalsInit]
    public static int Status(ReadOnlySpan<char> path, out FileStatus status)
    {
        status = default;
        byte* bytes = stackalloc byte[NativePath.MaximumBytes];
        int encoded = NativePath.Encode(path, new Span<byte>(bytes, NativePath.MaximumBytes));
        if (encoded < 0)
        {
            return encoded;
        }
        fixed (FileStatus* destination = &status)
        {
            return Errno.Result(Native.Statx(WorkingDirectory, bytes, StatxNoFollow, FileStatus.BasicMask, destination));
        }
    }

    /// <summary>Sets the size of a file; what it grows by is a hole.</summary>
    public static int Truncate(int fd, long sizeBytes) => Errno.Result(Native.FTruncate(fd, sizeBytes));

    /// <summary>Allocates, punches or zeroes a range. -EOPNOTSUPP where the file system cannot.</summary>
    public static int Allocate(int fd, FallocateMode mode, long offsetBytes, long lengthBytes) =>
        Errno.Result(Native.FAllocate(fd, (int)mode, offsetBytes, lengthBytes));

    /// <summary>Makes all data and metadata of the file durable.</summary>
    public static int Sync(int fd) => Errno.Result(Native.FSync(fd));

    /// <summary>Makes all data of the file durable, and the metadata that is needed to read it back.</summary>
    public static int DataSync(int fd) => Errno.Result(Native.FDataSync(fd));

    /// <summary>Takes or releases an advisory lock on the open file. -EAGAIN when somebody else holds it and NonBlocking is
    /// given.</summary>
    public static int Lock(int fd, LockOperation operation) => Errno.Result(Native.Flock(fd, (int)operation));

    /// <summary>Removes a name.</summary>
    [SkipLocalsInit]
    public static int Unlink(ReadOnlySpan<char> path)
    {
        byte* bytes = stackalloc byte[NativePath.MaximumBytes];
        int encoded = NativePath.Encode(path, new Span<byte>(bytes, NativePath.MaximumBytes));
        return encoded < 0 ? encoded : Errno.Result(Native.Unlink(bytes));
    }

    /// <summary>Gives a file another name, replacing what has it, as one step.</summary>
    [SkipLocalsInit]
    public static int Rename(ReadOnlySpan<char> path, ReadOnlySpan<char> newPath)
    {
        byte* from = stackalloc byte[NativePath.MaximumBytes];
        byte* to = stackalloc byte[NativePath.MaximumBytes];
        int encoded = NativePath.Encode(path, new Span<byte>(from, NativePath.MaximumBytes));
        encoded = encoded < 0 ? encoded : NativePath.Encode(newPath, new Span<byte>(to, NativePath.MaximumBytes));
        return encoded < 0 ? encoded : Errno.Result(Native.Rename(from, to));
    }

    /// <summary>Reads what a symbolic link says, for example /proc/self/fd/N.</summary>
    /// <returns>The number of bytes of UTF-8 put into <paramref name="destination"/> (no NUL); a longer text is cut.</returns>
    [SkipLocalsInit]
    public static int ReadLink(ReadOnlySpan<char> path, Span<byte> destination)
    {
        byte* bytes = stackalloc byte[NativePath.MaximumBytes];
        int encoded = NativePath.Encode(path, new Span<byte>(bytes, NativePath.MaximumBytes));
        if (encoded < 0)
        {
            return encoded;
        }
        fixed (byte* target = destination)
        {
            return (int)Errno.Result(Native.ReadLink(bytes, target, (nuint)destination.Length));
        }
    }

    /// <summary>The access mode and status flags that a descriptor was opened with (F_GETFL), as <see cref="OpenFlags"/> bits.</summary>
    /// <returns>The flags (0 or more) or a negated errno. Bits that <see cref="OpenFlags"/> does not name, such as O_LARGEFILE, may be
    /// set.</returns>
    public static int Flags(int fd)
    {
        int native = Errno.Result(Native.Fcntl(fd, GetStatusFlags, 0));
        return native < 0 ? native : (int)FromNative(native, Machine.IsArm64);
    }

    /// <summary>Changes the status flags (F_SETFL); only Append, NonBlocking and Direct can be changed.</summary>
    public static int SetFlags(int fd, OpenFlags flags) => Errno.Result(Native.Fcntl(fd, SetStatusFlags, ToNative(flags, Machine.IsArm64)));

    /// <summary>Whether the descriptor is closed on exec: 1, 0 or a negated errno.</summary>
    public static int IsCloseOnExec(int fd)
    {
        int flags = Errno.Result(Native.Fcntl(fd, GetDescriptorFlags, 0));
        return flags < 0 ? flags : flags & 1;
    }

    /// <summary>Sets whether the descriptor is closed on exec.</summary>
    public static int SetCloseOnExec(int fd, bool closeOnExec) => Errno.Result(Native.Fcntl(fd, SetDescriptorFlags, closeOnExec ? 1 : 0));

    /// <summary>Adds seals to a memory file that was created with sealing allowed.</summary>
    public static int AddSeals(int fd, FileSeals seals) => Errno.Result(Native.Fcntl(fd, AddSealsCommand, (nint)seals));

    /// <summary>The seals of a memory file as <see cref="FileSeals"/> bits, or a negated errno (-EINVAL: not a memory file).</summary>
    public static int Seals(int fd) => Errno.Result(Native.Fcntl(fd, GetSealsCommand, 0));

    /// <summary>The flag word of the running machine. arm64 has O_DIRECT, O_DIRECTORY and O_NOFOLLOW at other bits than x86-64.</summary>
    internal static int ToNative(OpenFlags flags, bool arm64)
    {
        if (!arm64)
        {
            return (int)flags;
        }
        int native = (int)(flags & ~(OpenFlags.Direct | OpenFlags.Directory | OpenFlags.NoFollow));
        native |= (flags & OpenFlags.Direct) != 0 ? 0x1_0000 : 0;
        native |= (flags & OpenFlags.Directory) != 0 ? 0x4000 : 0;
        native |= (flags & OpenFlags.NoFollow) != 0 ? 0x8000 : 0;
        return native;
    }

    /// <summary>The reverse of <see cref="ToNative"/>. O_LARGEFILE, which the kernel reports on its own, is dropped: its bit means
    /// another thing per machine.</summary>
    internal static OpenFlags FromNative(int native, bool arm64)
    {
        if (!arm64)
        {
            return (OpenFlags)(native & ~0x8000);
        }
        OpenFlags flags = (OpenFlags)(native & ~(0x1_0000 | 0x4000 | 0x8000 | 0x2_0000));
        flags |= (native & 0x1_0000) != 0 ? OpenFlags.Direct : 0;
        flags |= (native & 0x4000) != 0 ? OpenFlags.Directory : 0;
        flags |= (native & 0x8000) != 0 ? OpenFlags.NoFollow : 0;
        return flags;
    }

    private static partial class Native
    {
        [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
        internal static partial int OpenAt(int directory, byte* path, int flags, uint mode);

        [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
        internal static partial int Close(int fd);

        [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
        internal static partial nint Read(int fd, void* buffer, nuint count);

        [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
        internal static partial nint Write(int fd, void* buffer, nuint count);

        [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
        internal static partial nint PRead(int fd, void* buffer, nuint count, long offset);

        [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
        internal static partial nint PWrite(int fd, void* buffer, nuint count, long offset);

        [LibraryImport("libc", EntryPoint = "preadv2", SetLastError = true)]
        internal static partial nint PReadV2(int fd, IoVector* vectors, int count, long offset, int flags);

        [LibraryImport("libc", EntryPoint = "pwritev2", SetLastError = true)]
        internal static partial nint PWriteV2(int fd, IoVector* vectors, int count, long offset, int flags);

        [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
        internal static partial int Statx(int directory, byte* path, int flags, uint mask, FileStatus* status);

        [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
        internal static partial int FTruncate(int fd, long length);

        [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
        internal static partial int FAllocate(int fd, int mode, long offset, long length);

        [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
        internal static partial int FSync(int fd);

        [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
        internal static partial int FDataSync(int fd);

        [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
        internal static partial int Flock(int fd, int operation);

        [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true)]
        internal static partial int Unlink(byte* path);

        [LibraryImport("libc", EntryPoint = "rename", SetLastError = true)]
        internal static partial int Rename(byte* path, byte* newPath);

        [LibraryImport("libc", EntryPoint = "readlink", SetLastError = true)]
        internal static partial nint ReadLink(byte* path, byte* buffer, nuint size);

        // fcntl is variadic in C; an integer argument travels in the same register either way on x86-64 and arm64 Linux.
        [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
        internal static partial int Fcntl(int fd, int command, nint argument);
    }
}
