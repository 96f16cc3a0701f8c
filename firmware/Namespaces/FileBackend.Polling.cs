using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Namespaces;

/// <content>
/// Completion polling: reads and writes go to a ring of their own, whose results the reactor looks for at the disk itself, which needs poll queues.
/// A disk or file system without is found out by one read when it is opened, and again, should it change its mind, by the first transfer that
/// is refused; from there on everything takes the reactor's ordinary ring, as flushes and ranges always do.
/// </content>
public sealed unsafe partial class FileBackend
{
    private const long ProbePatienceNanoseconds = 5_000_000_000;

    private readonly bool _wantsPolling;
    private readonly int[] _polledPlaces = new int[DiagnosticsLog.ReactorsMax]; // as _filePlaces, in the tables of the rings that are polled
    private string _pollingProblem = string.Empty;

    /// <summary>True where reads and writes are polled for.</summary>
    public bool IsPolled { get; internal set; }

    /// <inheritdoc/>
    public override string Remark => IsPolled ? "polled" : _pollingProblem.Length > 0 ? $"not polled: {_pollingProblem}" : string.Empty;

    /// <inheritdoc/>
    public override void Prepare(IoUring[] rings)
    {
        for (int i = 0; i < rings.Length && IsPolled; i++)
        {
            IsPolled = rings[i].OpenPolled(out _pollingProblem) == 0;
        }
    }

    private void ProbePolling(BackingFile file)
    {
        _pollingProblem = !_wantsPolling ? string.Empty
            : !file.IsDirect ? "its transfers go through the page cache"
            : file.IsInMemory ? "it is in memory"
            : !file.MayHavePollQueues ? "the device has no poll queues (of Linux's nvme driver: the kernel argument nvme.poll_queues=N)"
            : TryPolledRead(file);
        IsPolled = _wantsPolling && _pollingProblem.Length == 0;
    }

    /// <summary>Reads the first block on a polled ring of its own.</summary>
    /// <returns>What was refused, or nothing.</returns>
    private static string TryPolledRead(BackingFile file)
    {
        IoUringOptions options = new() { SubmissionEntries = 1, CompletionEntries = 1, IsPolled = true };
        if (IoUring.Create(in options, out IoUring? ring, out string problem) < 0)
        {
            return problem;
        }

        using IoUring made = ring!;
        if (MemoryMappings.MapAnonymous(BackingFile.AlignmentMax, 0, out void* memory) < 0)
        {
            return "no memory to try it";
        }

        _ = made.Start();
        _ = made.TryRead(file.Descriptor, memory, file.AlignmentBytes, 0, 0);
        IoUringCompletion completion = default;
        long end = Clock.MonotonicNanoseconds() + ProbePatienceNanoseconds;
        while (made.Reap(new Span<IoUringCompletion>(ref completion)) == 0)
        {
            if (made.SubmitAndPoll() < 0 || Clock.MonotonicNanoseconds() > end)
            {
                // The memory stays: the disk may yet write to it.
                return "a read to try it did not end";
            }
        }

        _ = MemoryMappings.Unmap(memory, BackingFile.AlignmentMax);
        return completion.Result >= 0
            ? string.Empty
            : $"the device or file system cannot ({Errno.Describe(completion.Result)}); of Linux's nvme driver poll queues come with nvme.poll_queues=N";
    }
}
