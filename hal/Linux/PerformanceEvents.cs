// perf_event_open for counting: one event of one thread, read when wanted. No sampling, no groups, no ring buffers.

using System;
using System.Globalization;
using System.IO;
using System.Runtime.InteropServices;

namespace Nvmepf.Hal.Linux;

/// <summary>Counters of the kernel and of the processor (perf_event_open(2)).</summary>
public static unsafe partial class PerformanceEvents
{
    /// <summary>PERF_TYPE_HARDWARE.</summary>
    public const uint Hardware = 0;

    /// <summary>PERF_TYPE_TRACEPOINT; the configuration is the tracepoint's number.</summary>
    public const uint Tracepoint = 2;

    /// <summary>PERF_COUNT_HW_CPU_CYCLES.</summary>
    public const ulong Cycles = 0;

    /// <summary>PERF_COUNT_HW_INSTRUCTIONS.</summary>
    public const ulong Instructions = 1;

    private const int AttributeBytes = 112;

    /// <summary>Begins to count an event of a thread, in user mode and kernel. Returns a descriptor, or a negated errno (-ENOENT: the machine has no such counter).</summary>
    public static int Open(uint type, ulong configuration, int threadId)
    {
        byte* attribute = stackalloc byte[AttributeBytes];
        new Span<byte>(attribute, AttributeBytes).Clear();
        ((uint*)attribute)[0] = type;
        ((uint*)attribute)[1] = AttributeBytes;
        ((ulong*)attribute)[1] = configuration;
        const nint AnyCpu = -1;
        const nint NoGroup = -1;
        const nint CloseOnExec = 8;
        nint number = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 241 : 298;
        return (int)Errno.Result(Native.SystemCall(number, (nint)attribute, threadId, AnyCpu, NoGroup, CloseOnExec));
    }

    /// <summary>The count so far; false where it cannot be read.</summary>
    public static bool TryRead(int fd, out ulong count)
    {
        ulong value;
        bool isRead = Files.Read(fd, &value, sizeof(ulong)) == sizeof(ulong);
        count = isRead ? value : 0;
        return isRead;
    }

    /// <summary>Number of the tracepoint that each system call passes, or a negated errno where the tracing file system cannot be read.</summary>
    public static int SystemCallTracepoint()
    {
        foreach (string root in (ReadOnlySpan<string>)["/sys/kernel/tracing", "/sys/kernel/debug/tracing"])
        {
            string path = root + "/events/raw_syscalls/sys_enter/id";
            if (File.Exists(path))
            {
                return int.Parse(File.ReadAllText(path), CultureInfo.InvariantCulture);
            }
        }

        return -Errno.ENOENT;
    }

    private static partial class Native
    {
        [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
        internal static partial nint SystemCall(nint number, nint a, nint b, nint c, nint d, nint e);
    }
}
