// io_uring on the raw system calls: one submission and one completion ring, owned by one thread.
// A reactor's turn is: prepare operations (IoUringPreparation.cs), Submit once, Poll, Reap. There are no locks, no allocation and no waits;
// what to do with a result is the caller's. Left out: SQPOLL, multishot operations, provided buffers. Rings of
// 128-byte entries, for commands to NVMe devices alone, are in IoUringNvmeCommands.cs; rings whose disks are polled in IoUringPolled.cs.
//
// Memory ordering. Four words are shared with the kernel. The kernel reads the submission tail and the completion head with acquire and
// writes the submission head and the completion tail with release; this side does the mirror image with Volatile:
//   submission tail: written with release after the entries, so that the kernel never sees the tail without what it covers;
//   submission head: read with acquire before an entry is overwritten, so that the kernel has finished reading it;
//   completion tail: read with acquire before the completions that it covers are read;
//   completion head: written with release after they have been copied, so that the kernel does not overwrite them earlier.
// The entries and completions themselves are plain memory that only one side touches at a time.
// The flag word says when Poll has something to do: TASKRUN is set by the kernel, from any CPU, after it has queued finished work for the
// owner, and before it signals the registered event counter. Missing it by a moment costs a turn, not a result: the next turn reads it
// again. Before a sleep the order is: take the event counter, then look at HasWork, then wait for the counter. Work that is queued after
// the look has signalled the counter after it was taken, so that the wait ends at once.

using System;
using System.Diagnostics;
using System.Threading;

namespace Nvmepf.Hal.Linux;

/// <summary>One io_uring instance. All members but the constructor's are for the thread that called <see cref="Start"/> only.</summary>
/// <remarks>No operation may be in flight at <see cref="Dispose"/>: the kernel would go on writing to its memory for a while.</remarks>
public sealed unsafe partial class IoUring : IDisposable
{
    private const SubmissionRingFlags WorkFlags = SubmissionRingFlags.TaskRun | SubmissionRingFlags.CompletionOverflow;

    private readonly uint _submissionMask;
    private readonly uint _completionMask;
    private int _fd;
    private int _ownerThread;
    private void* _rings;
    private nuint _ringsBytes;
    private SubmissionEntry* _entries;
    private nuint _entriesBytes;
    private uint* _submissionHead;
    private uint* _submissionTail;
    private uint* _submissionFlags;
    private uint* _completionHead;
    private uint* _completionTail;
    private uint* _completionOverflow;
    private IoUringCompletion* _completions;
    private ulong _supported;
    // Free-running counts, as the ring's words are: differences are taken modulo 2^32.
    private uint _preparedTail;
    private uint _submittedTail;
    private uint _reapedHead;
    private uint _inFlight;

    private IoUring(int fd, IoUringMode mode, in IoUringParameters parameters)
    {
        _fd = fd;
        Mode = mode;
        Features = parameters.Features;
        IsWide = (parameters.Flags & WideFlags) != 0;
        IsPolled = (parameters.Flags & IoUringSetupFlags.Polled) != 0;
        SubmissionEntries = parameters.SubmissionEntries;
        CompletionEntries = parameters.CompletionEntries;
        _submissionMask = parameters.SubmissionEntries - 1;
        _completionMask = parameters.CompletionEntries - 1;
    }

    /// <summary>The ring's descriptor, for diagnostics. Do not wait on it: with deferred work it does not become readable when work is
    /// queued. <see cref="RegisterEvent"/> is for waiting.</summary>
    public int Fd => _fd;

    /// <summary>The mode that the kernel accepted.</summary>
    public IoUringMode Mode { get; }

    /// <summary>What the kernel reports of itself.</summary>
    public IoUringFeatures Features { get; }

    /// <summary>Size of the submission ring.</summary>
    public uint SubmissionEntries { get; }

    /// <summary>Size of the completion ring, and the most operations that can be in flight.</summary>
    public uint CompletionEntries { get; }

    /// <summary>Operations that are prepared and not yet reaped.</summary>
    public uint InFlight => _inFlight;

    /// <summary>Operations that are prepared and that the kernel has not yet taken.</summary>
    public uint Unsubmitted => _preparedTail - _submittedTail;

    /// <summary>How many operations can be prepared now: limited by both rings, so that every operation has a place for its
    /// result.</summary>
    public uint Available =>
        Math.Min(SubmissionEntries - (_preparedTail - Volatile.Read(ref *_submissionHead)), CompletionEntries - _inFlight);

    /// <summary>Results that found the completion ring full. Always 0, because <see cref="Available"/> leaves a place for each.</summary>
    public uint OverflowCount => Volatile.Read(ref *_completionOverflow);

    /// <summary>Whether <see cref="Poll"/> or Reap has something to do. To be false, and nothing unsubmitted, before a
    /// sleep.</summary>
    public bool HasWork =>
        HasCompletions || ((SubmissionRingFlags)Volatile.Read(ref *_submissionFlags) & WorkFlags) != 0;

    /// <summary>Whether the kernel knows an operation.</summary>
    public bool Supports(IoUringOperation operation) => (byte)operation < 64 && (_supported >> (byte)operation & 1) != 0;

    /// <summary>Makes the calling thread the owner and starts the ring. Until then registrations are open to any thread; after it
    /// everything is
    /// the owner's (in <see cref="IoUringMode.DeferredTaskRun"/> the kernel answers -EEXIST to others).</summary>
    /// <returns>0 or a negated errno.</returns>
    public int Start()
    {
        int result = IoUringSystemCalls.Register(_fd, IoUringRegister.EnableRings, null, 0);
        if (result == 0)
        {
            _ownerThread = Threads.CurrentThreadId();
        }
        return result;
    }

    /// <summary>Hands all prepared operations to the kernel in one call, and lets it post results that are ready. Does nothing when
    /// there are none.</summary>
    /// <returns>How many operations the kernel took, or a negated errno: -EAGAIN, -EBUSY and -EINTR mean that nothing is lost and the
    /// next turn
    /// tries again; -EBADFD that <see cref="Start"/> was not called. An operation that is wrong in itself is taken, and fails in its
    /// completion.</returns>
    public int Submit()
    {
        AssertOwner();
        uint toSubmit = _preparedTail - _submittedTail;
        if (toSubmit == 0)
        {
            return 0;
        }
        Volatile.Write(ref *_submissionTail, _preparedTail);
        // With deferred task work the call may as well run it: that saves the separate call of Poll.
        int taken = IoUringSystemCalls.Enter(
            _fd, toSubmit, 0, Mode == IoUringMode.DeferredTaskRun ? IoUringEnterFlags.GetEvents : IoUringEnterFlags.None);
        if (taken > 0)
        {
            _submittedTail += (uint)taken;
        }
        return taken;
    }

    /// <summary>Lets the kernel post results that are ready but need the owner inside a call. Makes no call when none is flagged.</summary>
    /// <returns>0 or a negated errno.</returns>
    /// <remarks>One call posts a bounded number (recent kernels: 20) and leaves the flag set for the rest.</remarks>
    public int Poll()
    {
        AssertOwner();
        if (_inFlight == 0)
        {
            return 0;
        }
        return ((SubmissionRingFlags)Volatile.Read(ref *_submissionFlags) & WorkFlags) == 0
            ? 0
            : IoUringSystemCalls.Enter(_fd, 0, 0, IoUringEnterFlags.GetEvents);
    }

    /// <summary><see cref="Submit"/> and <see cref="Poll"/> by one system call, or none where neither has anything to do: for a reactor's
    /// turn.</summary>
    /// <returns>How many operations the kernel took, or a negated errno as of <see cref="Submit"/>.</returns>
    public int SubmitAndPoll()
    {
        AssertOwner();
        uint toSubmit = _preparedTail - _submittedTail;
        bool hasWork = _inFlight != 0 && (IsPolled || ((SubmissionRingFlags)Volatile.Read(ref *_submissionFlags) & WorkFlags) != 0);
        if (toSubmit == 0 && !hasWork)
        {
            return 0;
        }

        Volatile.Write(ref *_submissionTail, _preparedTail);
        EnterCount++;
        int taken = IoUringSystemCalls.Enter(
            _fd, toSubmit, 0, hasWork || Mode == IoUringMode.DeferredTaskRun ? IoUringEnterFlags.GetEvents : IoUringEnterFlags.None);
        if (taken > 0)
        {
            _submittedTail += (uint)taken;
        }

        return taken;
    }

    /// <summary>System calls that <see cref="SubmitAndPoll"/> has made.</summary>
    public ulong EnterCount { get; private set; }

    /// <summary>Copies results out of the completion ring and frees their places. Makes no system call.</summary>
    /// <param name="destination">Where the results go; no more than fit are taken.</param>
    /// <returns>How many were taken.</returns>
    public int Reap(Span<IoUringCompletion> destination)
    {
        AssertOwner();
        Debug.Assert(!IsWide, "A wide ring has wide results.");
        uint head = _reapedHead;
        uint ready = Volatile.Read(ref *_completionTail) - head;
        int count = (int)Math.Min(ready, (uint)destination.Length);
        if (count == 0)
        {
            return 0;
        }
        // At most two runs: up to the end of the ring, and from its start. Both are inside the mapping because of the mask.
        int first = (int)Math.Min((uint)count, CompletionEntries - (head & _completionMask));
        new ReadOnlySpan<IoUringCompletion>(_completions + (head & _completionMask), first).CopyTo(destination);
        new ReadOnlySpan<IoUringCompletion>(_completions, count - first).CopyTo(destination[first..]);
        _reapedHead = head + (uint)count;
        Volatile.Write(ref *_completionHead, _reapedHead);
        _inFlight -= (uint)count;
        return count;
    }

    /// <summary>Submits, and waits until at least one result can be reaped. For start, shutdown and tests; a reactor that has more to
    /// wait for
    /// registers an event counter (<see cref="RegisterEvent"/>) and waits for that with the rest.</summary>
    /// <param name="timeoutNanoseconds">How long at most.</param>
    /// <returns>1 when Reap has something, 0 at the deadline or with nothing in flight, or a negated errno (-EINTR: call
    /// again).</returns>
    public int SubmitAndWait(long timeoutNanoseconds)
    {
        int result = Submit();
        if (result >= 0)
        {
            result = Poll();
        }
        if (result >= 0 && _inFlight != 0 && !HasCompletions)
        {
            result = Mode == IoUringMode.DeferredTaskRun ? WaitInRing(timeoutNanoseconds) : WaitOnDescriptor(timeoutNanoseconds);
        }
        return result < 0 ? result : HasCompletions ? 1 : 0;
    }

    /// <summary>Unmaps and closes the ring, and its companion with it.</summary>
    public void Dispose()
    {
        _polled?.Dispose();
        if (_entries != null)
        {
            _ = MemoryMappings.Unmap(_entries, _entriesBytes);
            _entries = null;
        }
        if (_rings != null)
        {
            _ = MemoryMappings.Unmap(_rings, _ringsBytes);
            _rings = null;
        }
        if (_fd >= 0)
        {
            _ = Files.Close(_fd);
            _fd = -1;
        }
    }

    private bool HasCompletions => Volatile.Read(ref *_completionTail) != _reapedHead;

    /// <summary>Waits in io_uring_enter: with deferred work this is the only wait that runs the work.</summary>
    private int WaitInRing(long timeoutNanoseconds)
    {
        TimeSpecification timeout = TimeSpecification.FromNanoseconds(Math.Max(timeoutNanoseconds, 0));
        IoUringWaitArgument argument = new() { Timeout = &timeout };
        int result = IoUringSystemCalls.EnterWait(_fd, 1, &argument);
        return result == -Errno.ETIME ? 0 : result;
    }

    /// <summary>Waits for the ring's descriptor, which without deferred work becomes readable with a result; Linux 5.10 has no timed
    /// wait in
    /// io_uring_enter.</summary>
    private int WaitOnDescriptor(long timeoutNanoseconds)
    {
        Span<PollDescriptor> descriptors = stackalloc PollDescriptor[1];
        descriptors[0] = new PollDescriptor { Fd = _fd, Events = PollEvents.In };
        int result = Events.Poll(descriptors, Math.Max(timeoutNanoseconds, 0));
        return result < 0 ? result : Poll();
    }

    // Debug only: the check reads thread-local storage, and the kernel makes the same one in the best mode.
    [Conditional("DEBUG")]
    private void AssertOwner() =>
        Debug.Assert(_ownerThread == 0 || _ownerThread == Threads.CurrentThreadId(), "A ring is used by its owner thread only.");
}
