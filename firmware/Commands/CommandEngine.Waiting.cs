using System.Runtime.InteropServices;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Transfer;
using Nvmepf.Hal;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands;

/// <content>What a command does that found something full: a ring, a DMA queue, the buffer pool. It waits on a list that is tried once a turn.</content>
public sealed unsafe partial class CommandEngine
{
    private SlotList _bufferWaiters;
    private SlotList _stalled;
    private SlotList _completing;

    /// <summary>Tries again what found something full last turn. Each waiting command is tried once.</summary>
    /// <returns>True where any was waiting.</returns>
    public bool RetryWaiting()
    {
        int waiting = _bufferWaiters.Count + _stalled.Count + _completing.Count;
        if (waiting == 0)
        {
            return false;
        }

        for (int i = _completing.Count; i > 0 && _completing.Count > 0; i--)
        {
            Post(ref _slots[_completing.Take(_slots)]);
        }

        for (int i = _stalled.Count; i > 0 && _stalled.Count > 0; i--)
        {
            RetryStalled(ref _slots[_stalled.Take(_slots)]);
        }

        for (int i = _bufferWaiters.Count; i > 0 && _bufferWaiters.Count > 0; i--)
        {
            TakeBuffer(ref _slots[_bufferWaiters.Take(_slots)]);
        }

        return true;
    }

    private void TakeBuffer(ref CommandSlot slot)
    {
        bool isSmall = slot.DataLengthBytes <= _smallBuffers.BufferLengthBytes;
        int index = isSmall ? _smallBuffers.TryTake() : -1;
        if (index < 0)
        {
            isSmall = false;
            index = _buffers.TryTake();
        }

        if (index < 0)
        {
            StallCount++;
            _bufferWaiters.Add(_slots, slot.Index);
            return;
        }

        slot.BufferIndex = index;
        slot.HasSmallBuffer = isSmall;
        slot.Buffer = isSmall ? _smallBuffers[index] : _buffers[index];
        slot.BufferSegment.HostAddress = 0;
        slot.BufferSegment.Local = slot.Buffer;
        slot.BufferSegment.LengthBytes = slot.DataLengthBytes;
        slot.Operation.Segments = &_slots[slot.Index].BufferSegment;
        slot.Operation.SegmentCount = 1;
        if (slot.Direction == DataDirection.HostToController)
        {
            slot.State = CommandState.Gathering;
            AfterMove(ref slot, _mover.Move(ref slot));
            return;
        }

        CommandDescriptor row = RowOf(ref slot)!;
        if (row.DataPath != DataPath.Direct)
        {
            // What a handler leaves unwritten must not be another command's data. A backend fills all of it, or the command fails.
            NativeMemory.Clear(slot.Buffer, slot.DataLengthBytes);
        }

        Execute(ref slot, row);
    }

    private void StallOn(ref CommandSlot slot, StallReason reason)
    {
        StallCount++;
        slot.Stall = reason;
        _stalled.Add(_slots, slot.Index);
    }

    private void RetryStalled(ref CommandSlot slot)
    {
        StallReason reason = slot.Stall;
        slot.Stall = StallReason.None;
        if (reason != StallReason.Moving && (slot.Flags & CommandFlags.CancelRequested) != 0)
        {
            // Nothing of it is outside the engine: a command that only waits can end at once.
            slot.Status = slot.CancelStatus;
            Finish(ref slot);
            return;
        }

        switch (reason)
        {
            case StallReason.Backend:
                if (AfterBackend(ref slot, Backend(ref slot).Submit(ref slot.Operation)) == CommandOutcome.Completed)
                {
                    Continue(ref slot);
                }

                break;
            case StallReason.Mapping:
                AfterMapping(ref slot, _mapper.Resume(ref slot, DmaStatus.Success));
                break;
            case StallReason.Injected:
                AfterDelay(ref slot);
                break;
            case StallReason.Moving:
                AfterMove(ref slot, _mover.Resume(ref slot, DmaStatus.Success));
                break;
            default:
                CommandDescriptor row = RowOf(ref slot)!;
                Advance(ref slot, slot.HasExecuted && row.Continue != null ? row.Continue(this, ref slot) : row.Execute(this, ref slot));
                break;
        }
    }

    private CommandOutcome AfterBackend(ref CommandSlot slot, BackendOutcome outcome)
    {
        switch (outcome)
        {
            case BackendOutcome.Completed:
                EndStage(ref slot, TraceKind.BackendEnded, slot.Operation.Status.Raw);
                slot.Status = slot.Operation.Status;
                return CommandOutcome.Completed;
            case BackendOutcome.Pending:
                PendingBackendOperations++;
                return CommandOutcome.Pending;
            default:
                StallOn(ref slot, StallReason.Backend);
                return CommandOutcome.Pending;
        }
    }
}
