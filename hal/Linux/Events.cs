// Waiting and waking: eventfd, ppoll, epoll. Signals are in TerminationSignals.cs.

using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nvmepf.Hal.Linux;

/// <summary>Options of an event counter (EFD_*).</summary>
[Flags]
public enum EventFlags
{
    /// <summary>Blocking, read returns and clears the whole count.</summary>
    None = 0,
    /// <summary>EFD_SEMAPHORE: read returns 1 and decrements.</summary>
    Semaphore = 1,
    /// <summary>EFD_NONBLOCK.</summary>
    NonBlocking = 0x800,
}

/// <summary>What to wait for and what happened (POLL*, and the EPOLL* of the same values).</summary>
[Flags]
public enum PollEvents : ushort
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>POLLIN: reading does not block.</summary>
    In = 1,
    /// <summary>POLLPRI.</summary>
    Priority = 2,
    /// <summary>POLLOUT: writing does not block.</summary>
    Out = 4,
    /// <summary>POLLERR (reported only).</summary>
    Error = 8,
    /// <summary>POLLHUP: both directions are closed (reported only).</summary>
    HangUp = 0x10,
    /// <summary>POLLNVAL: not an open descriptor (reported only).</summary>
    Invalid = 0x20,
    /// <summary>POLLRDHUP: the peer has closed its sending direction.</summary>
    PeerHangUp = 0x2000,
}

/// <summary>One descriptor to wait for (struct pollfd), 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PollDescriptor
{
    /// <summary>The descriptor; a negative one is passed over.</summary>
    public int Fd;
    /// <summary>What to wait for.</summary>
    public PollEvents Events;
    /// <summary>What happened; written by the call.</summary>
    public PollEvents Returned;
}

/// <summary>One ready descriptor, in a form that does not depend on the machine.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct EpollReady
{
    /// <summary>What happened.</summary>
    public PollEvents Events;
    /// <summary>The caller's value that was given with the descriptor.</summary>
    public ulong UserData;
}

/// <summary>Operation of <see cref="Events.EpollControl"/>.</summary>
public enum EpollOperation
{
    /// <summary>EPOLL_CTL_ADD.</summary>
    Add = 1,
    /// <summary>EPOLL_CTL_DEL.</summary>
    Delete = 2,
    /// <summary>EPOLL_CTL_MOD.</summary>
    Modify = 3,
}

/// <summary>System calls to wait and to wake. All return a count, a descriptor or 0, or the negated errno; waits end early with
/// -EINTR.</summary>
public static unsafe partial class Events
{
    /// <summary>The most descriptors that one <see cref="EpollWait"/> reports.</summary>
    public const int MaximumEpollReady = 64;

    private const int CloseOnExec = 0x8_0000;

    /// <summary>Creates an event counter (eventfd).</summary>
    public static int Create(uint initial, EventFlags flags) => Errno.Result(Native.EventFd(initial, (int)flags | CloseOnExec));

    /// <summary>Adds to the counter and wakes its readers. -EAGAIN when a non-blocking counter is full, which it cannot be by
    /// ones.</summary>
    public static int Signal(int fd, ulong increment = 1)
    {
        long written = Errno.Result(Native.Write(fd, &increment, sizeof(ulong)));
        return written < 0 ? (int)written : 0;
    }

    /// <summary>Takes the count and clears it. -EAGAIN when it is 0 and the counter non-blocking.</summary>
    public static int Take(int fd, out ulong count)
    {
        ulong value = 0;
        long read = Errno.Result(Native.Read(fd, &value, sizeof(ulong)));
        count = value;
        return read < 0 ? (int)read : 0;
    }

    /// <summary>Waits for descriptors (ppoll).</summary>
    /// <param name="descriptors">The descriptors; <see cref="PollDescriptor.Returned"/> is written.</param>
    /// <param name="timeoutNanoseconds">How long at most; 0 looks only. Negative waits for ever; nothing in nvmepf should.</param>
    /// <returns>How many have something, 0 at the deadline, or a negated errno.</returns>
    public static int Poll(Span<PollDescriptor> descriptors, long timeoutNanoseconds)
    {
        TimeSpecification timeout = TimeSpecification.FromNanoseconds(Math.Max(timeoutNanoseconds, 0));
        fixed (PollDescriptor* first = descriptors)
        {
            return Errno.Result(Native.PPoll(first, (nuint)descriptors.Length, timeoutNanoseconds < 0 ? null : &timeout, null));
        }
    }

    /// <summary>Creates an epoll instance.</summary>
    public static int CreateEpoll() => Errno.Result(Native.EpollCreate1(CloseOnExec));

    /// <summary>Adds, changes or removes a descriptor.</summary>
    [SkipLocalsInit]
    public static int EpollControl(int epoll, EpollOperation operation, int fd, PollEvents events, ulong userData)
    {
        // struct epoll_event is packed (12 bytes) on x86-64 only; elsewhere the data is aligned to 8 (16 bytes).
        byte* native = stackalloc byte[16];
        Unsafe.WriteUnaligned(native, (uint)events);
        Unsafe.WriteUnaligned(native + EpollDataOffset, userData);
        return Errno.Result(Native.EpollCtl(epoll, (int)operation, fd, native));
    }

    /// <summary>Waits for the descriptors of an epoll instance.</summary>
    /// <param name="epoll">The instance.</param>
    /// <param name="ready">Where the ready ones go; at most <see cref="MaximumEpollReady"/> at a time.</param>
    /// <param name="timeoutMilliseconds">How long at most; 0 looks only, negative waits for ever.</param>
    /// <returns>How many are ready, 0 at the deadline, or a negated errno.</returns>
    [SkipLocalsInit]
    public static int EpollWait(int epoll, Span<EpollReady> ready, int timeoutMilliseconds)
    {
        byte* native = stackalloc byte[16 * MaximumEpollReady];
        int count = Errno.Result(Native.EpollWait(epoll, native, Math.Min(ready.Length, MaximumEpollReady), timeoutMilliseconds));
        for (int i = 0; i < count; i++)
        {
            byte* entry = native + (i * (EpollDataOffset + sizeof(ulong)));
            ready[i].Events = (PollEvents)Unsafe.ReadUnaligned<uint>(entry);
            ready[i].UserData = Unsafe.ReadUnaligned<ulong>(entry + EpollDataOffset);
        }
        return count;
    }

    private static int EpollDataOffset => DataOffset(Machine.IsArm64);

    /// <summary>Where struct epoll_event has its data: the struct is packed on x86-64 only.</summary>
    internal static int DataOffset(bool arm64) => arm64 ? 8 : 4;

    private static partial class Native
    {
        [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
        internal static partial int EventFd(uint initial, int flags);

        [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
        internal static partial nint Read(int fd, ulong* value, nuint count);

        [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
        internal static partial nint Write(int fd, ulong* value, nuint count);

        [LibraryImport("libc", EntryPoint = "ppoll", SetLastError = true)]
        internal static partial int PPoll(PollDescriptor* descriptors, nuint count, TimeSpecification* timeout, void* signalMask);

        [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
        internal static partial int EpollCreate1(int flags);

        [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
        internal static partial int EpollCtl(int epoll, int operation, int fd, byte* entry);

        [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
        internal static partial int EpollWait(int epoll, byte* entries, int count, int timeout);
    }
}
