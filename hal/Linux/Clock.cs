// Time: the monotonic and the real-time clock, and sleeping.

using System.Runtime.InteropServices;

namespace Nvmepf.Hal.Linux;

/// <summary>struct timespec of 64-bit machines, 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TimeSpecification
{
    internal long Seconds;
    internal long Nanoseconds;

    internal static TimeSpecification FromNanoseconds(long nanoseconds) => new()
    {
        Seconds = nanoseconds / Clock.NanosecondsPerSecond,
        Nanoseconds = nanoseconds % Clock.NanosecondsPerSecond,
    };

    internal readonly long ToNanoseconds() => (Seconds * Clock.NanosecondsPerSecond) + Nanoseconds;
}

/// <summary>The system's clocks.</summary>
public static unsafe partial class Clock
{
    /// <summary>Nanoseconds in a second.</summary>
    public const long NanosecondsPerSecond = 1_000_000_000;

    private const int RealTime = 0;
    private const int Monotonic = 1;
    private const int ThreadProcessorTime = 3;
    private const int BootTime = 7;
    private const int AbsoluteTime = 1;

    /// <summary>Nanoseconds since an arbitrary start, never going back (CLOCK_MONOTONIC). Costs about 20 ns: no system call.</summary>
    public static long MonotonicNanoseconds() => Read(Monotonic);

    /// <summary>Nanoseconds since 1970-01-01 UTC (CLOCK_REALTIME), which may be set back.</summary>
    public static long RealTimeNanoseconds() => Read(RealTime);

    /// <summary>Nanoseconds since the machine was started, time in suspend included (CLOCK_BOOTTIME).</summary>
    public static long BootTimeNanoseconds() => Read(BootTime);

    /// <summary>Processor time that the calling thread has used, in nanoseconds (CLOCK_THREAD_CPUTIME_ID). A system call.</summary>
    public static long ThreadProcessorNanoseconds() => Read(ThreadProcessorTime);

    /// <summary>Sleeps for a time. Returns 0, or -EINTR when a signal ended it early.</summary>
    public static int Sleep(long nanoseconds)
    {
        TimeSpecification time = TimeSpecification.FromNanoseconds(nanoseconds < 0 ? 0 : nanoseconds);
        return -Native.ClockNanoSleep(Monotonic, 0, &time, null);
    }

    /// <summary>Sleeps until the monotonic clock shows a value; at once when it already does. Returns 0, or -EINTR (call again: nothing
    /// drifts).</summary>
    public static int SleepUntil(long monotonicNanoseconds)
    {
        TimeSpecification time = TimeSpecification.FromNanoseconds(monotonicNanoseconds < 0 ? 0 : monotonicNanoseconds);
        return -Native.ClockNanoSleep(Monotonic, AbsoluteTime, &time, null);
    }

    private static long Read(int clock)
    {
        TimeSpecification time = default;
        // These clocks always exist and the pointer is to our stack, so that the call cannot fail.
        _ = Native.ClockGetTime(clock, &time);
        return time.ToNanoseconds();
    }

    private static partial class Native
    {
        // The vDSO answers in nanoseconds and never blocks or calls back, so that the transition for the garbage collector is left out.
        [LibraryImport("libc", EntryPoint = "clock_gettime")]
        [SuppressGCTransition]
        internal static partial int ClockGetTime(int clock, TimeSpecification* time);

        // Returns the error number itself; errno is not used.
        [LibraryImport("libc", EntryPoint = "clock_nanosleep")]
        internal static partial int ClockNanoSleep(int clock, int flags, TimeSpecification* time, TimeSpecification* remaining);
    }
}
