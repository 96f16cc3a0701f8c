using Nvmepf.Firmware.Transfer;
using Nvmepf.Hal;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands;

/// <summary>What became of the wish to end a command early.</summary>
public enum CancelOutcome : byte
{
    /// <summary>It is too far, or cannot be ended (a deletion that waits); it goes on.</summary>
    TooLate,

    /// <summary>It has ended and its completion is posted or about to be.</summary>
    Ended,

    /// <summary>It ends when what it waits for (disk, DMA) comes back.</summary>
    UnderWay,
}

/// <content>Ending commands early: Abort, queue deletion, reset; and whether host memory is still in use.</content>
public sealed unsafe partial class CommandEngine
{
    /// <summary>A reset is going on: commands end without a completion.</summary>
    private bool _discarding;

    /// <summary>Commands were cancelled by another reactor, which held this one; their backends are to be told (<see cref="IssueCancels"/>).</summary>
    internal bool HasCancelsToIssue { get; private set; }

    /// <summary>Abort commands that wait for their command to end.</summary>
    public int AbortsWaiting { get; private set; }

    /// <summary>Slot of a command in flight, or -1.</summary>
    public int Find(ushort submissionQueueIdentifier, ushort commandIdentifier)
    {
        for (int i = 0; i < _slotCount; i++)
        {
            ref CommandSlot slot = ref _slots[i];
            if (slot.State != CommandState.Free && slot.SubmissionQueueId == submissionQueueIdentifier
                && slot.Entry.Cdw0.CommandIdentifier == commandIdentifier && (slot.Flags & CommandFlags.Internal) == 0)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Ends one command with <paramref name="status"/>, at once where nothing outside holds it.</summary>
    public CancelOutcome Cancel(int slotIndex, Status status)
    {
        ref CommandSlot slot = ref _slots[slotIndex];
        switch (slot.State)
        {
            case CommandState.Parked:
                if (!_discarding && !Controller.Events.Forget(slotIndex))
                {
                    return CancelOutcome.TooLate;
                }

                break;
            case CommandState.WaitingForBuffer:
                _ = _bufferWaiters.Remove(_slots, slotIndex);
                break;
            case CommandState.Completing:
                if (!_discarding)
                {
                    return CancelOutcome.TooLate;
                }

                _ = _completing.Remove(_slots, slotIndex);
                DropCompletion(ref slot);
                return CancelOutcome.Ended;
            case CommandState.Scattering when !_discarding:
                return CancelOutcome.TooLate;
            default:
                if (slot.Stall == StallReason.None || slot.PendingDma > 0)
                {
                    RequestCancel(ref slot, status);
                    return CancelOutcome.UnderWay;
                }

                _ = _stalled.Remove(_slots, slotIndex);
                slot.Stall = StallReason.None;
                break;
        }

        slot.Status = status;
        Finish(ref slot);
        return CancelOutcome.Ended;
    }

    /// <summary>Makes an Abort command, which is in this engine, wait for the command that it aborts.</summary>
    /// <param name="abortSlotIndex">The Abort command.</param>
    /// <param name="engine">The engine of the other command.</param>
    /// <param name="targetSlotIndex">The other command.</param>
    public void AbortAfter(int abortSlotIndex, CommandEngine engine, int targetSlotIndex)
    {
        engine._slots[targetSlotIndex].AbortSlot = abortSlotIndex;
        AbortsWaiting++;
    }

    /// <summary>Ends all commands of a queue as far as they can be; the rest follows as disk and DMA come back.</summary>
    public void CancelQueue(ushort submissionQueueIdentifier, Status status)
    {
        for (int i = 0; i < _slotCount; i++)
        {
            if (_slots[i].State != CommandState.Free && _slots[i].SubmissionQueueId == submissionQueueIdentifier
                && (_slots[i].Flags & (CommandFlags.CancelRequested | CommandFlags.Internal)) == 0)
            {
                _ = Cancel(i, status);
            }
        }
    }

    /// <summary>True while a command in flight is for the namespace with an index of the namespace table.</summary>
    public bool IsNamespaceInUse(int namespaceIndex)
    {
        for (int i = 0; i < _slotCount; i++)
        {
            if (_slots[i].State != CommandState.Free && _slots[i].NamespaceIndex == namespaceIndex)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Ends all commands for a namespace as far as they can be; the rest follows as disk and DMA come back.</summary>
    public void CancelNamespace(int namespaceIndex, Status status)
    {
        for (int i = 0; i < _slotCount; i++)
        {
            if (_slots[i].State != CommandState.Free && _slots[i].NamespaceIndex == namespaceIndex
                && (_slots[i].Flags & (CommandFlags.CancelRequested | CommandFlags.Internal)) == 0)
            {
                _ = Cancel(i, status);
            }
        }
    }

    /// <summary>True while a command for a namespace that was cancelled with a status code waits for disk or DMA.</summary>
    public bool IsCancelUnderWay(int namespaceIndex, StatusCode code)
    {
        for (int i = 0; i < _slotCount; i++)
        {
            if (_slots[i].State is not (CommandState.Free or CommandState.Completing) && _slots[i].NamespaceIndex == namespaceIndex
                && (_slots[i].Flags & CommandFlags.CancelRequested) != 0 && _slots[i].CancelStatus.Code == code)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Reset: every command ends, none is completed to the host. Done when <see cref="InFlight"/> is 0.</summary>
    public void BeginDiscard()
    {
        _discarding = true;
        for (int i = 0; i < _slotCount; i++)
        {
            _slots[i].AbortSlot = -1;
            if (_slots[i].State != CommandState.Free)
            {
                // One that is cancelled already may still wait to be completed, so it is asked again.
                _ = Cancel(i, StatusCode.AbortRequested);
            }
        }

        AbortsWaiting = 0;
    }

    /// <summary>Tells backends of the commands that were cancelled while this engine was held.</summary>
    internal void IssueCancels()
    {
        HasCancelsToIssue = false;
        for (int i = 0; i < _slotCount; i++)
        {
            ref CommandSlot slot = ref _slots[i];
            if (slot.State == CommandState.Executing && (slot.Flags & CommandFlags.CancelRequested) != 0
                && slot.NamespaceIndex >= 0 && !slot.Operation.IsCancelled)
            {
                Backend(ref slot).Cancel(ref slot.Operation);
            }
        }
    }

    /// <summary>The reset has found its end; from here on commands are completed to the host again.</summary>
    public void EndDiscard()
    {
        StopTiming();
        Invariant.Check(InFlight == 0, "a reset ends when no command is left");
        _discarding = false;
        _hasDropped = false;
    }

    /// <summary>True while a command may still touch the host range, by pointer or by DMA.</summary>
    public bool IsHostMemoryInUse(ulong address, ulong lengthBytes)
    {
        for (int i = 0; i < _slotCount; i++)
        {
            if (_slots[i].State is not (CommandState.Free or CommandState.Parked or CommandState.Completing)
                && DataMapper.IsHostMemoryInUse(in _slots[i], address, lengthBytes))
            {
                return true;
            }
        }

        return false;
    }

    private void RequestCancel(ref CommandSlot slot, Status status)
    {
        slot.Flags |= CommandFlags.CancelRequested;
        slot.CancelStatus = status;
        if (slot.State == CommandState.Executing && slot.NamespaceIndex >= 0)
        {
            if (_link is null)
            {
                Backend(ref slot).Cancel(ref slot.Operation);
            }
            else
            {
                HasCancelsToIssue = true; // only its own reactor may use the ring
            }
        }
    }
}
