using System.Runtime.CompilerServices;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Queues;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands;

/// <content>
/// Writes of one visit of a queue that went the short way and are done together, on a backend that wants it so
/// (<see cref="NamespaceBackend.BatchesWrites"/>). The batch lives inside the visit: it has ended before anything else looks at its slots, so that no
/// abort, deletion or reset ever meets it. Reads go past it, unless it holds their blocks.
/// </content>
public sealed unsafe partial class CommandEngine
{
    private const int BatchCommandsMax = 16;

    // Beyond this a batch saves little, and its first command waits for all the others' data.
    private const ulong BatchBytesMax = 64 * 1024;

    private SlotList _batch;
    private NamespaceBackend? _batchBackend; // where there are any
    private BackendOperation* _batchFirst; // in the slots of the batch, which are native memory
    private BackendOperation* _batchLast;
    private ulong _batchBytes;

    /// <summary>
    /// Takes the blocks of a write, and its slot. Where it fills the batch, or has its blocks from a batch that has to end first, it ends that.
    /// </summary>
    /// <returns>False where another reactor is in its blocks: nothing was changed, and the long way waits for it.</returns>
    private bool TryAddToBatch(
        SubmissionQueue queue, CompletionQueue completion, ref CommandSlot slot, NamespaceBackend backend, long nowNanoseconds, bool isTimed)
    {
        TakeSlot(queue, nowNanoseconds); // before the batch may end, which frees slots
        if (backend != _batchBackend)
        {
            EndBatch(queue, completion);
        }

        BackendOperation* operation = &_slots[slot.Index].Operation; // in native memory
        if (!backend.TryBeginWrite(ref *operation, _batchLast))
        {
            EndBatch(queue, completion);
            if (!backend.TryBeginWrite(ref *operation, null))
            {
                queue.InFlight--;
                Release(ref slot); // to the front of the free slots, where the long way takes it
                return false;
            }
        }

        slot.Flags |= isTimed ? CommandFlags.Timed : CommandFlags.None;
        slot.DataLengthBytes = (uint)operation->LengthBytes;
        operation->NextOfBatch = null;
        if (_batchLast == null)
        {
            _batchFirst = operation;
        }
        else
        {
            _batchLast->NextOfBatch = operation;
        }

        _batchLast = operation;
        _batchBackend = backend;
        _batchBytes += operation->LengthBytes;
        _batch.Add(_slots, slot.Index);
        if (_batch.Count == BatchCommandsMax || _batchBytes >= BatchBytesMax)
        {
            EndBatch(queue, completion);
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void EndBatch(SubmissionQueue queue, CompletionQueue completion)
    {
        if (_batchBackend is not null)
        {
            EndBatch(queue, completion, _batchBackend);
        }
    }

    /// <summary>Has the writes done and posts their completions.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EndBatch(SubmissionQueue queue, CompletionQueue completion, NamespaceBackend backend)
    {
        backend.EndWrites(_batchFirst);
        _batchBackend = null;
        _batchFirst = null;
        _batchLast = null;
        _batchBytes = 0;
        while (_batch.Count != 0)
        {
            ref CommandSlot slot = ref _slots[_batch.Take(_slots)];
            EndStage(ref slot, TraceKind.BackendEnded, 0);
            CompletedCount++;
            ShortcutCount++;
            Media.Count(true, slot.DataLengthBytes);
            CompletionQueueEntry entry = SuccessOf(queue, ref slot);
            if (!TryPost(completion, in entry, slot.DataLengthBytes))
            {
                WaitToCompleteShortcut(ref slot);
                continue;
            }

            EndStage(ref slot, TraceKind.Completed, Status.Success.Raw);
            queue.InFlight--;
            Completed.Add(queue.Identifier, slot.Entry.Cdw0.Opcode, false, slot.DataLengthBytes, slot.FetchedNanoseconds);
            Release(ref slot);
        }
    }
}
