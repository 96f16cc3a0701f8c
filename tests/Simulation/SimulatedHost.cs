// A host that drives the device as drivers do, from the standard and not from the firmware: queues, commands, doorbells. Everything that
// comes back is checked: that it is owed, that it is no second answer, phase, SQHD, status, data, and that nothing else was written.
// Life (enable, reset, shutdown) is in SimulatedHost.Life.cs, commands are made in SimulatedHost.Commands.cs.
using System.Runtime.InteropServices;
using Nvmepf.Spec;

namespace Nvmepf.Tests.Simulation;

internal sealed partial class SimulatedHost
{
    public const int IoJobs = 16;
    public const int AdminJobs = 4;
    public const int EventJobs = 4;
    private const int Jobs = IoJobs + AdminJobs + EventJobs;
    private const int QueueSpaceBytes = 0x2000; // a page or so for entries, the second for completions
    private const ulong JobSpace = 0x1_0000;

    private readonly Scenario _scenario;
    private readonly Machine _machine;
    private readonly SeededRandom _random;
    private readonly SimulationLog _log;
    private readonly MediaOracle _oracle;
    private readonly Action _step;
    private readonly HostJob[] _jobs = new HostJob[Jobs];
    private readonly HostSubmissionQueue[] _submission;
    private readonly HostCompletionQueue[] _completion;
    private readonly byte[] _data = new byte[Scenario.CommandBytesMax];
    private readonly bool[] _isMasked = new bool[Machine.Vectors];
    private readonly int _blocks;
    private uint _lastWrite;

    public SimulatedHost(Scenario scenario, Machine machine, SeededRandom random, SimulationLog log, int blocks, Action step)
    {
        _scenario = scenario;
        _machine = machine;
        _random = random;
        _log = log;
        _blocks = blocks;
        _step = step;
        _oracle = new MediaOracle(blocks);
        _submission = new HostSubmissionQueue[scenario.QueuePairs + 1];
        _completion = new HostCompletionQueue[scenario.QueuePairs + 1];
        for (int i = 0; i <= scenario.QueuePairs; i++)
        {
            ulong space = machine.Ram.Address + (ulong)(i * QueueSpaceBytes);
            _submission[i] = new HostSubmissionQueue(i, space);
            _completion[i] = new HostCompletionQueue(i, space + (QueueSpaceBytes / 2));
        }

        for (int i = 0; i < Jobs; i++)
        {
            _jobs[i] = new HostJob(i, machine.Ram.Address + JobSpace + (ulong)(i * HostJob.AreaBytes));
        }
    }

    /// <summary>Steps since the run began; the host looks at its queues once a step.</summary>
    public long Now { get; set; }

    /// <summary>Commands that completed.</summary>
    public int Completed { get; private set; }

    /// <summary>The oracle could not follow some block for a while.</summary>
    public bool HasLostTrack => _oracle.HasLostTrack;

    /// <summary>Nothing goes wrong any more: from here on every command must end well.</summary>
    public bool IsCalm { get; set; }

    public bool HasActiveJobs => Array.Exists(_jobs, job => job.IsActive && job.Kind != JobKind.EventRequest);

    /// <summary>Looks at the completion queues as an interrupt handler or a polling driver does.</summary>
    public void Reap()
    {
        for (int i = 0; i < _completion.Length; i++)
        {
            HostCompletionQueue queue = _completion[i];
            if (!queue.Exists || Now < queue.HeldUntil)
            {
                continue;
            }

            if (queue.IsInterruptDriven && queue.RungHead == queue.Head)
            {
                long count = _machine.InterruptCount(queue.Vector);
                if (count == queue.InterruptsSeen)
                {
                    continue;
                }

                queue.InterruptsSeen = count;
            }

            ReapQueue(queue);
        }
    }

    /// <summary>Masks a vector, or unmasks it, which sends what was held back.</summary>
    public void ToggleMask(int vector)
    {
        _isMasked[vector] = !_isMasked[vector];
        _log.Add(Now, Happening.Mask, (ulong)vector, _isMasked[vector] ? 1u : 0);
        _machine.SetVectorMask(vector, _isMasked[vector]);
    }

    public void UnmaskAll()
    {
        for (int vector = 0; vector < Machine.Vectors; vector++)
        {
            _isMasked[vector] = false;
            _machine.SetVectorMask(vector, false);
        }
    }

    /// <summary>Rings every doorbell that was put off.</summary>
    public void RingTails()
    {
        foreach (HostSubmissionQueue queue in _submission)
        {
            if (queue.Exists && queue.Rung != queue.Put)
            {
                queue.Rung = queue.Put;
                _log.Add(Now, Happening.Doorbell, (ulong)queue.Identifier, (ulong)queue.Tail);
                _machine.WriteDoorbell(0x1000 + (queue.Identifier * 8), (uint)queue.Tail);
            }
        }
    }

    private void ReapQueue(HostCompletionQueue queue)
    {
        while (TryTake(queue, out CompletionQueueEntry entry))
        {
            Take(queue, in entry);
        }

        // A driver may take entries and tell of it later.
        if (queue.RungHead != queue.Head && (IsCalm || !_random.OneIn(3)))
        {
            queue.RungHead = queue.Head;
            _machine.WriteDoorbell(0x1004 + (queue.Identifier * 8), (uint)queue.Head);
        }
    }

    private bool TryTake(HostCompletionQueue queue, out CompletionQueueEntry entry)
    {
        ulong at = queue.HeadAddress;
        entry = MemoryMarshal.Read<CompletionQueueEntry>(_machine.Ram.Bytes(at, CompletionQueueEntry.SizeBytes));
        if (entry.CompletionStatus.PhaseTag != queue.Phase)
        {
            return false;
        }

        _machine.Ram.Accept(at, CompletionQueueEntry.SizeBytes);
        queue.Advance();
        return true;
    }

    private void Take(HostCompletionQueue queue, in CompletionQueueEntry entry)
    {
        Status status = entry.CompletionStatus.Status;
        _log.Add(Now, Happening.Complete, (ulong)queue.Identifier, entry.CommandIdentifier | ((ulong)entry.SubmissionQueueIdentifier << 16), status.Raw);
        SimulationFailure.Unless(
            entry.SubmissionQueueIdentifier < _submission.Length && _submission[entry.SubmissionQueueIdentifier].Exists,
            $"completion queue {queue.Identifier} has an entry for submission queue {entry.SubmissionQueueIdentifier}, which does not exist");
        HostSubmissionQueue submission = _submission[entry.SubmissionQueueIdentifier];
        SimulationFailure.Unless(
            submission.CompletionQueue == queue.Identifier, $"an entry for submission queue {submission.Identifier} is in completion queue {queue.Identifier}");
        int index = entry.CommandIdentifier & 0x3F;
        SimulationFailure.Unless(
            index < Jobs && _jobs[index].IsActive && _jobs[index].CommandIdentifier == entry.CommandIdentifier
                && _jobs[index].SubmissionQueue == submission.Identifier,
            $"completion queue {queue.Identifier}: an answer for command {entry.CommandIdentifier:X}h of queue {submission.Identifier}, which waits for none");
        SimulationFailure.Unless(
            submission.TakeHead(entry.SubmissionQueueHeadPointer) && _jobs[index].Sequence < submission.Fetched,
            $"submission queue {submission.Identifier}: SQHD {entry.SubmissionQueueHeadPointer} cannot be");
        Completed++;
        End(_jobs[index], status, entry.Dword0);
    }

    private void End(HostJob job, Status status, uint result)
    {
        job.IsActive = false;
        job.Status = status;
        job.Result = result;
        CheckStatus(job, status);
        for (int i = 0; i < job.Ranges; i++)
        {
            _oracle.EndWrite(job.RangeBegun[i], job.RangeBlock[i], job.RangeCount[i], status.IsSuccess);
        }

        if (job.IsToHost)
        {
            if (job.Kind == JobKind.Read && status.IsSuccess)
            {
                CheckData(job);
            }

            AcceptPieces(job);
        }

        if (job.Kind == JobKind.Compare && !job.AnyStatus)
        {
            CheckComparison(job, status);
        }

        if (job.Kind == JobKind.Abort && status.IsSuccess && (result & 1) == 0)
        {
            ConfirmAbort(job);
        }

        _machine.Ram.Check(job.Area, HostJob.AreaBytes, $"command {job.CommandIdentifier:X}h ({job.Kind})");
    }

    private void CheckStatus(HostJob job, Status status)
    {
        SimulationFailure.Unless(
            !job.IsAbortConfirmed || status.Code == StatusCode.AbortRequested, $"command {job.CommandIdentifier:X}h was said to be aborted, and ended with {status.Code}");
        if (job.AnyStatus)
        {
            return;
        }

        bool mayBe = status.Code switch
        {
            StatusCode.Success => job.Expected == StatusCode.Success,
            StatusCode.AbortRequested => job.IsAbortSent,
            StatusCode.AbortedSqDeletion => _submission[job.SubmissionQueue].IsDeleting,
            StatusCode.DataTransferError => MayFailByDma(job) || job.Expected == StatusCode.DataTransferError,
            StatusCode.WriteFault or StatusCode.UnrecoveredReadError => _scenario.BackendFails > 0 && !job.IsCalm,
            StatusCode.CompareFailure => job.Kind == JobKind.Compare,
            StatusCode.AbortCommandLimitExceeded => job.Kind == JobKind.Abort,
            _ => status.Code == job.Expected,
        };
        SimulationFailure.Unless(mayBe, $"command {job.CommandIdentifier:X}h ({job.Kind}) ended with {status.Code}; expected {job.Expected}");
    }

    /// <summary>Something on the way between device and host went wrong for this very command, as far as the machine can tell.</summary>
    private bool MayFailByDma(HostJob job) => _machine.MayReportDmaErrors && !job.IsCalm
        && (!_machine.KnowsWhatWasRefused || _machine.RefusalsIn(job.Area, HostJob.AreaBytes) > job.RefusalsBefore);

    private void ConfirmAbort(HostJob abort)
    {
        HostJob target = _jobs[abort.AbortTarget & 0x3F];
        if (target.CommandIdentifier == abort.AbortTarget)
        {
            target.IsAbortConfirmed = true;
            SimulationFailure.Unless(
                target.IsActive || target.Status.Code == StatusCode.AbortRequested,
                $"command {abort.AbortTarget:X}h was said to be aborted, but had ended with {target.Status.Code}");
        }
    }

    private void CheckData(HostJob job)
    {
        int at = 0;
        for (int i = 0; i < job.PieceCount; i++)
        {
            ref Piece piece = ref job.Pieces[i];
            Span<byte> into = _data.AsSpan(at, piece.LengthBytes);
            if (!piece.IsBucket)
            {
                _machine.Ram.Bytes(piece.Address, piece.LengthBytes).CopyTo(into);
            }

            at += piece.LengthBytes;
        }

        for (int i = 0; i < job.DataBytes / _scenario.BlockBytes; i++)
        {
            int block = job.RangeBlock[0] + i;
            Span<byte> data = _data.AsSpan(i * _scenario.BlockBytes, _scenario.BlockBytes);
            if (IsBucketIn(job, i * _scenario.BlockBytes))
            {
                continue;
            }

            bool isWhole = MediaOracle.TryRecognise(data, block, out uint write);
            SimulationFailure.Unless(
                (isWhole && _oracle.MayReturn(block, job.Begun, write)) || _oracle.MayReturn(block, job.Begun, uint.MaxValue),
                $"command {job.CommandIdentifier:X}h read block {block} as write {write:X}h{(isWhole ? string.Empty : ", torn")}, which it cannot hold");
        }
    }

    private bool IsBucketIn(HostJob job, int offset)
    {
        int at = 0;
        for (int i = 0; i < job.PieceCount; i++)
        {
            if (job.Pieces[i].IsBucket && at < offset + _scenario.BlockBytes && at + job.Pieces[i].LengthBytes > offset)
            {
                return true;
            }

            at += job.Pieces[i].LengthBytes;
        }

        return false;
    }

    private void CheckComparison(HostJob job, Status status)
    {
        bool mayMatch = true;
        bool mayDiffer = false;
        for (int i = 0; i < job.RangeCount[0]; i++)
        {
            int block = job.RangeBlock[0] + i;
            mayMatch &= _oracle.MayReturn(block, job.Begun, job.Write);
            mayDiffer |= _oracle.MayReturnOther(block, job.Begun, job.Write);
        }

        SimulationFailure.Unless(status.IsError || mayMatch, $"command {job.CommandIdentifier:X}h compared equal with what the media cannot hold");
        SimulationFailure.Unless(
            status.Code != StatusCode.CompareFailure || mayDiffer, $"command {job.CommandIdentifier:X}h found a difference where there is none");
    }

    private void AcceptPieces(HostJob job)
    {
        for (int i = 0; i < job.PieceCount; i++)
        {
            if (!job.Pieces[i].IsBucket)
            {
                _machine.Ram.Accept(job.Pieces[i].Address, job.Pieces[i].LengthBytes);
            }
        }
    }

    private long OldestBegun()
    {
        long oldest = long.MaxValue;
        for (int i = 0; i < IoJobs; i++)
        {
            oldest = _jobs[i].IsActive ? Math.Min(oldest, _jobs[i].Begun) : oldest;
        }

        return oldest;
    }
}
