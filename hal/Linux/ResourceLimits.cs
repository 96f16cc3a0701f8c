// Limits of the process (setrlimit): those that a server has to raise.

using System.Runtime.InteropServices;

namespace Nvmepf.Hal.Linux;

/// <summary>Limits of the calling process.</summary>
public static unsafe partial class ResourceLimits
{
    private const int OpenFiles = 7; // RLIMIT_NOFILE, the same on x86-64 and arm64
    private const int LockedMemory = 8; // RLIMIT_MEMLOCK, likewise

    /// <summary>
    /// Raises the limit of open descriptors as far as the process may by itself. The usual limit of 1024 is for programs that use select;
    /// a client that passes its memory in many files, and an event counter for each interrupt vector, may need more.
    /// </summary>
    /// <returns>The limit that holds now (at most <see cref="int.MaxValue"/>), or a negated errno.</returns>
    public static int RaiseOpenFiles()
    {
        Limit limit;
        int result = Errno.Result(Native.GetLimit(OpenFiles, &limit));
        if (result == 0 && limit.Current < limit.Maximum)
        {
            limit.Current = limit.Maximum;
            result = Errno.Result(Native.SetLimit(OpenFiles, &limit));
        }

        return result < 0 ? result : (int)Math.Min(limit.Current, int.MaxValue);
    }

    /// <summary>Bytes that the process may lock without CAP_IPC_LOCK (RLIMIT_MEMLOCK); <see cref="ulong.MaxValue"/> for no limit.</summary>
    /// <returns>0 or a negated errno.</returns>
    public static int LockedMemoryBytes(out ulong bytes)
    {
        Limit limit;
        int result = Errno.Result(Native.GetLimit(LockedMemory, &limit));
        bytes = result < 0 ? 0 : limit.Current;
        return result;
    }

    /// <summary>struct rlimit of 64-bit machines, 16 bytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        internal ulong Current;
        internal ulong Maximum;
    }

    private static partial class Native
    {
        [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
        internal static partial int GetLimit(int resource, Limit* limit);

        [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
        internal static partial int SetLimit(int resource, Limit* limit);
    }
}
