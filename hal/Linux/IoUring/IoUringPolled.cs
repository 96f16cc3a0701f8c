// A ring's companion for disks that are polled (IORING_SETUP_IOPOLL): it takes reads and writes of direct files only, and their results come when
// the owner looks for them in a call (SubmitAndPoll), not by an interrupt of the disk. So it signals nobody: who has something in flight on it looks
// again and again. Everything else - syncs, ranges, cancels - stays on the ring itself.

using System.Threading;

namespace Nvmepf.Hal.Linux;

public sealed unsafe partial class IoUring
{
    private IoUring? _polled;

    /// <summary>Whether this is a ring that is polled: <see cref="SubmitAndPoll"/> then calls the kernel whenever something is in flight.</summary>
    public bool IsPolled { get; }

    /// <summary>The companion, or null where <see cref="OpenPolled"/> was not called.</summary>
    public IoUring? Polled => _polled;

    /// <summary>Makes the companion, of the same size and with a table of files, unless there is one. Any thread; allocates.</summary>
    /// <param name="problem">What is wrong, one line; empty on success.</param>
    /// <returns>0 or a negated errno.</returns>
    public int OpenPolled(out string problem)
    {
        problem = string.Empty;
        if (_polled is not null)
        {
            return 0;
        }

        IoUringOptions options = new()
        {
            SubmissionEntries = SubmissionEntries,
            CompletionEntries = CompletionEntries,
            PreferredMode = Mode,
            IsPolled = true,
        };
        int result = Create(in options, out IoUring? made, out problem);
        if (result < 0)
        {
            return result;
        }

        _ = made!.OpenFileTable();
        made._wakeDescriptor = _wakeDescriptor;
        if (Interlocked.CompareExchange(ref _polled, made, null) is not null)
        {
            made.Dispose(); // another thread was faster
        }

        return 0;
    }

    /// <summary>The companion, ready for operations, or null where there is none. The owner's.</summary>
    public IoUring? UsePolled()
    {
        AssertOwner();
        IoUring? polled = Volatile.Read(ref _polled);
        return polled is null || (polled._ownerThread == 0 && polled.Start() < 0) ? null : polled;
    }
}
