// The calling thread and process: where it runs, what it is called, who it is.

using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nvmepf.Hal.Linux;

/// <summary>System calls on the calling thread and process. Those that can fail return the negated errno.</summary>
public static unsafe partial class Threads
{
    /// <summary>CPUs that an affinity mask of this module can name: 0 to this, less one.</summary>
    public const int MaximumCpus = 1024;

    private const int SetNameOption = 15;
    private const int SetTimerSlackOption = 29;
    private const int MaximumNameBytes = 15;

    /// <summary>Pins the calling thread to one CPU. -EINVAL when there is no such CPU or the process may not use it.</summary>
    public static int SetAffinity(int cpu)
    {
        if ((uint)cpu >= MaximumCpus)
        {
            return -Errno.EINVAL;
        }
        ulong* mask = stackalloc ulong[MaximumCpus / 64];
        new Span<ulong>(mask, MaximumCpus / 64).Clear();
        mask[cpu / 64] = 1ul << (cpu % 64);
        return Errno.Result(Native.SchedSetAffinity(0, MaximumCpus / 8, mask));
    }

    /// <summary>Sets the CPUs that the calling thread may run on: bit n of the mask is CPU n.</summary>
    public static int SetAffinity(ReadOnlySpan<ulong> mask)
    {
        fixed (ulong* words = mask)
        {
            return Errno.Result(Native.SchedSetAffinity(0, (nuint)mask.Length * sizeof(ulong), words));
        }
    }

    /// <summary>Gets the CPUs that the calling thread may run on.</summary>
    /// <param name="mask">Bit n is CPU n. 16 words hold every CPU that this module can name.</param>
    /// <returns>0 or a negated errno: -EINVAL when the kernel's mask is wider than the span.</returns>
    public static int GetAffinity(Span<ulong> mask)
    {
        mask.Clear();
        fixed (ulong* words = mask)
        {
            return Errno.Result(Native.SchedGetAffinity(0, (nuint)mask.Length * sizeof(ulong), words));
        }
    }

    /// <summary>The CPU that the calling thread runs on at this moment.</summary>
    public static int CurrentCpu() => Native.SchedGetCpu();

    /// <summary>The kernel's id of the calling thread.</summary>
    public static int CurrentThreadId() => Native.GetTid();

    /// <summary>The user id of the process.</summary>
    public static uint UserId() => Native.GetUid();

    /// <summary>Names the calling thread, as top and ps show it. -ENAMETOOLONG over 15 bytes, which the kernel would cut.</summary>
    [SkipLocalsInit]
    public static int SetName(ReadOnlySpan<char> name)
    {
        byte* bytes = stackalloc byte[MaximumNameBytes + 1];
        int encoded = NativePath.Encode(name, new Span<byte>(bytes, MaximumNameBytes + 1));
        return encoded < 0 ? encoded : Errno.Result(Native.PrCtl(SetNameOption, (nuint)bytes, 0, 0, 0));
    }

    /// <summary>
    /// Sets how much later than asked the calling thread's sleeps may end, so that the kernel can join timers (PR_SET_TIMERSLACK).
    /// </summary>
    /// <param name="nanoseconds">1 or more; the default of a thread is 50000.</param>
    public static int SetTimerSlack(uint nanoseconds) => Errno.Result(Native.PrCtl(SetTimerSlackOption, nanoseconds, 0, 0, 0));

    /// <summary>Lets other threads that wait for this CPU have it; returns at once where there are none.</summary>
    public static void Yield() => _ = Native.SchedYield();

    private static partial class Native
    {
        [LibraryImport("libc", EntryPoint = "sched_yield")]
        internal static partial int SchedYield();

        [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
        internal static partial int SchedSetAffinity(int thread, nuint size, ulong* mask);

        [LibraryImport("libc", EntryPoint = "sched_getaffinity", SetLastError = true)]
        internal static partial int SchedGetAffinity(int thread, nuint size, ulong* mask);

        [LibraryImport("libc", EntryPoint = "sched_getcpu")]
        internal static partial int SchedGetCpu();

        [LibraryImport("libc", EntryPoint = "gettid")]
        internal static partial int GetTid();

        [LibraryImport("libc", EntryPoint = "getuid")]
        internal static partial uint GetUid();

        // prctl is variadic in C; integer arguments travel in the same registers either way on x86-64 and arm64 Linux.
        [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
        internal static partial int PrCtl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);
    }
}
