using System.Runtime.CompilerServices;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Queues;
using Nvmepf.Hal;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands;

/// <content>The end of a command: status, error log, completion queue entry, slot.</content>
public sealed unsafe partial class CommandEngine
{
    /// <summary>A command whose data took longer than this to move is shown to the host at once.</summary>
    private const uint LongTransferBytes = 16 * 1024;

    private CompletionQueue _posting; // the only queue that may keep entries back
    private bool _hasDropped; // for sabotage alone

    /// <summary>Commands that ended with an error since the process started.</summary>
    public ulong FailedCount { get; private set; }

    /// <summary>Ends a command that a handler parked; its status and results are set.</summary>
    public void CompleteParked(int slotIndex)
    {
        ref CommandSlot slot = ref _slots[slotIndex];
        Invariant.Check(slot.State == CommandState.Parked, "only a parked command is completed from outside");
        Finish(ref slot);
    }

    /// <summary>Shows the host every completion that was posted; before interrupts are raised, and before the thread does something else.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void FlushCompletions() => _posting.Flush();

    /// <summary>
    /// A parked command gives its reserved place back while it waits (an event request may wait for days); it takes one when it ends.
    /// </summary>
    public void ReleaseCredit(ref CommandSlot slot)
    {
        if ((slot.Flags & CommandFlags.HoldsCredit) != 0)
        {
            slot.Flags &= ~CommandFlags.HoldsCredit;
            CompletionQueueOf(ref slot).ReturnCredit();
        }
    }

    private CompletionQueue CompletionQueueOf(ref CommandSlot slot) =>
        _queues.Completion(_queues.Submission(slot.SubmissionQueueId).CompletionQueueIdentifier);

    private void Finish(ref CommandSlot slot)
    {
        ReturnBuffer(ref slot);
        CompletedCount++;
        if (slot.Status.IsError)
        {
            FailedCount++;
            if ((slot.Flags & CommandFlags.CancelRequested) != 0)
            {
                slot.Status = slot.CancelStatus;
            }
        }

        if ((slot.Flags & CommandFlags.Internal) != 0)
        {
            Status status = slot.Status;
            Release(ref slot);
            Controller.InternalCommandEnded(status);
        }
        else if (_discarding)
        {
            DropCompletion(ref slot);
        }
        else
        {
            if (slot.Status.IsError)
            {
                RecordError(ref slot);
            }

            Post(ref slot);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ReturnBuffer(ref CommandSlot slot)
    {
        if (slot.BufferIndex >= 0)
        {
            (slot.HasSmallBuffer ? _smallBuffers : _buffers).Return(slot.BufferIndex);
            slot.BufferIndex = -1;
            slot.Buffer = null;
        }

        // From here on the command uses no host memory any more.
        slot.SegmentCount = 0;
    }

    private void RecordError(ref CommandSlot slot)
    {
        // A command that the host itself took back is no error of anybody's.
        if (slot.Status.Code is StatusCode.AbortRequested or StatusCode.AbortedSqDeletion)
        {
            return;
        }

        slot.Status = slot.Status.WithMore();
        FailedCommand command = FailedCommand.Of(in slot);
        if (_link is null)
        {
            Controller.RecordError(in command);
        }
        else
        {
            _link.ReportFailed(in command);
        }
    }

    private void Post(ref CommandSlot slot)
    {
        SubmissionQueue queue = _queues.Submission(slot.SubmissionQueueId);
        CompletionQueue completion = _queues.Completion(queue.CompletionQueueIdentifier);
        if (!MayTouchHost)
        {
            WaitToComplete(ref slot);
            return;
        }

        if ((slot.Flags & CommandFlags.HoldsCredit) == 0)
        {
            if (!completion.TryTakeCredit())
            {
                WaitToComplete(ref slot);
                return;
            }

            slot.Flags |= CommandFlags.HoldsCredit;
        }

        CompletionQueueEntry entry = new()
        {
            Dword0 = slot.Result0,
            Dword1 = slot.Result1,
            SubmissionQueueHeadPointer = queue.Head,
            SubmissionQueueIdentifier = queue.Identifier,
            CommandIdentifier = slot.Entry.Cdw0.CommandIdentifier,
            CompletionStatus = new CompletionStatus { Status = slot.Status },
        };
        if (Sabotage.Is(SabotageKind.DropCompletion) && queue.Identifier != 0 && !_hasDropped)
        {
            _hasDropped = true;
            completion.ReturnCredit();
        }
        else if (!TryPost(completion, in entry, slot.DataLengthBytes))
        {
            WaitToComplete(ref slot);
            return;
        }

        EndStage(ref slot, TraceKind.Completed, slot.Status.Raw);
        queue.InFlight--;
        Completed.Add(queue.Identifier, slot.Entry.Cdw0.Opcode, slot.Status.IsError, slot.DataLengthBytes, slot.FetchedNanoseconds);
        AnswerAbort(ref slot);
        Release(ref slot);
    }

    /// <summary>
    /// Writes an entry, of a long transfer so that the host sees it at once. One queue at a time keeps entries back, so that one is to be flushed.
    /// </summary>
    /// <returns>False where it cannot be written now.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryPost(CompletionQueue completion, in CompletionQueueEntry entry, uint lengthBytes)
    {
        if (_posting != completion)
        {
            _posting.Flush();
            _posting = completion;
        }

        if (completion.Post(in entry) == PostOutcome.Later)
        {
            return false;
        }

        if (lengthBytes > LongTransferBytes)
        {
            completion.Flush();
        }

        return true;
    }

    private void WaitToComplete(ref CommandSlot slot)
    {
        StallCount++;
        slot.State = CommandState.Completing;
        _completing.Add(_slots, slot.Index);
    }

    /// <summary>Reset: the host does not want to hear of it.</summary>
    private void DropCompletion(ref CommandSlot slot)
    {
        SubmissionQueue queue = _queues.Submission(slot.SubmissionQueueId);
        queue.InFlight--;
        if ((slot.Flags & CommandFlags.HoldsCredit) != 0)
        {
            _queues.Completion(queue.CompletionQueueIdentifier).ReturnCredit();
        }

        Release(ref slot);
    }

    /// <summary>The Abort command that waits for this one ends right after it.</summary>
    private void AnswerAbort(ref CommandSlot slot)
    {
        if (slot.AbortSlot < 0)
        {
            return;
        }

        int abortSlot = slot.AbortSlot;
        bool wasAborted = slot.Status.Code == StatusCode.AbortRequested;
        slot.AbortSlot = -1;
        if (_link is null)
        {
            AnswerAbort(abortSlot, wasAborted);
        }
        else
        {
            _link.ReportAbortEnded(abortSlot, wasAborted);
        }
    }

    /// <summary>The command that an Abort command of this engine waits for has ended.</summary>
    internal void AnswerAbort(int abortSlotIndex, bool wasAborted)
    {
        ref CommandSlot abort = ref _slots[abortSlotIndex];
        Invariant.Check(abort.State == CommandState.Parked, "an Abort command waits until it is answered");
        abort.Result0 = new AbortCompletionDword0 { ImmediateAbortNotPerformed = !wasAborted }.Raw;
        AbortsWaiting--;
        Finish(ref abort);
    }

    private void Release(ref CommandSlot slot)
    {
        slot.State = CommandState.Free;
        slot.Flags = CommandFlags.None;
        slot.SegmentCount = 0;
        _free.AddFirst(_slots, slot.Index);
    }
}
