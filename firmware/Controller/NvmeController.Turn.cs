using System.Runtime.InteropServices;
using Nvmepf.Firmware.Queues;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Controller;

/// <content>One turn of the controller: doorbells, commands, DMA, interrupts.</content>
public sealed partial class NvmeController
{
    private const long SweepIntervalNanoseconds = 10_000_000;
    private const uint TurnsPerControlLook = 8; // a power of two
    private const long ShareLookNanoseconds = 1_000_000;

    // Asynchronous event type and information values (NVMe Base 2.1 section 5.1.2, error status).
    private const byte ErrorEventType = 0;
    private const byte InvalidDoorbellRegister = 0;
    private const byte InvalidDoorbellValue = 1;
    private const byte ErrorInformationLog = 1;

    private readonly bool _comparesRegisters;
    private long _nextSweepNanoseconds;
    private Pace _pace;
    private bool _isControlWanted; // requests wait for the shares to be held

    /// <summary>
    /// Does what there is to do, without waiting.
    /// </summary>
    /// <param name="nowNanoseconds">The platform's time, read once a turn.</param>
    /// <returns>How many commands were fetched plus events handled; 0 for an idle turn.</returns>
    public int Turn(long nowNanoseconds)
    {
        int work = Shares.Length > 1 ? PollShares() : 0;
        CountBusyTime(nowNanoseconds);
        Engine.BeginTurn(nowNanoseconds);
        Engine.MayTouchHost = Platform.IsBusMasterEnabled;
        work += Home.PollDma();
        PollNews(); // before commands, so that one who was told by another way finds it here as well
        if (_comparesRegisters && Registers.PollHost())
        {
            ConfigurationChanged();
            work++;
        }

        if (Engine.RetryWaiting())
        {
            work++;
        }

        Engine.FlushCompletions();
        if (State != ControllerState.Resetting)
        {
            Home.PollHeads();
        }

        if (State == ControllerState.Ready && Engine.MayTouchHost && !Registers.Status.ControllerFatalStatus)
        {
            work += Home.PollQueues(nowNanoseconds);
            if (nowNanoseconds >= _nextSweepNanoseconds)
            {
                PollRarely(nowNanoseconds);
            }
        }

        if (Passthrough is not null)
        {
            work += Passthrough.Poll(Engine, nowNanoseconds);
        }

        if (State is ControllerState.Ready or ControllerState.ShutdownDraining)
        {
            PollDeletions();
        }

        if (State != ControllerState.Resetting)
        {
            Home.SendFailedEntries();
        }

        PollLifecycle();
        Engine.FlushCompletions();
        if (State != ControllerState.Resetting)
        {
            Home.PollInterrupts(nowNanoseconds);
        }

        if (_isControlWanted || ((++_pace.Turns & (TurnsPerControlLook - 1)) == 0 && Control.HasWork))
        {
            _isControlWanted = !TryHold();
            work += _isControlWanted ? 0 : Control.Run(this, nowNanoseconds);
            Engine.FlushCompletions();
        }

        if (_isHoldRequested)
        {
            EndHold(nowNanoseconds);
        }

        return work;
    }

    /// <summary>True where something is under way that a sleeping thread would delay.</summary>
    public bool IsBusy =>
        Engine.InFlight - (Engine.MayTouchHost ? 0 : Engine.CompletingCount) - (Passthrough?.InFlight ?? 0) > Events.WaitingCount
        || Queues.Coalescer.IsWaiting || Platform.HostDma.InFlight > 0
        || Home.HasFailedEntries || HasShareWork;

    /// <inheritdoc/>
    public void PlatformFailed()
    {
        // A disabled controller has nothing to move, and nobody would take the status back. While the platform fails it says so in each poll, so
        // that a host that enables hears of it then.
        if (State != ControllerState.Disabled && !Registers.Status.ControllerFatalStatus)
        {
            SetFatal("The platform cannot move data any more: controller fatal status");
        }
    }

    /// <inheritdoc/>
    public void InterruptKindChanged()
    {
        foreach (QueueShare share in Shares)
        {
            share.Queues.InterruptKindChanged(Platform.NowNanoseconds);
        }
    }

    /// <inheritdoc/>
    public void DoorbellWritten()
    {
        if (State == ControllerState.Resetting)
        {
            return;
        }

        foreach (QueueShare share in Shares)
        {
            share.PollHeads();
            if (share.Queues.Coalescer.IsAnyAsserted)
            {
                share.Queues.LowerInterrupts();
            }
        }
    }

    internal void SetFatal(string text)
    {
        Log.WriteLimited(text);
        Registers.Status = Registers.Status with { ControllerFatalStatus = true };
    }

    /// <summary>
    /// Deletions of submission queues whose last command has ended and told the host so: an entry that is sent again must not be overtaken by
    /// the deletion's own.
    /// </summary>
    private void PollDeletions()
    {
        if (_deletions == 0 || !TryHold())
        {
            return;
        }

        foreach (QueueShare share in Shares)
        {
            for (int i = 1; i <= share.Queues.HighestSubmission; i++)
            {
                SubmissionQueue queue = share.Queues.Submission(i);
                if (queue.State == SubmissionQueueState.Deleting && queue.InFlight == 0 && !queue.IsFetching
                    && share.Queues.Completion(queue.CompletionQueueIdentifier).PendingDma == 0)
                {
                    int slot = queue.DeleteSlot;
                    share.Queues.DeleteSubmission(i);
                    _deletions--;
                    Engine.CompleteParked(slot);
                }
            }
        }
    }

    /// <summary>
    /// Controller Busy Time of the SMART log: from turn to turn, while a command is under way that is no waiting event request. At other reactors'
    /// commands it looks now and then only: each look takes a cache line from a reactor that writes it for every command.
    /// </summary>
    private void CountBusyTime(long nowNanoseconds)
    {
        if (Shares.Length > 1 && nowNanoseconds >= _pace.NextShareLookNanoseconds)
        {
            _pace.NextShareLookNanoseconds = nowNanoseconds + ShareLookNanoseconds;
            _pace.InFlightElsewhere = CommandsInFlight - Engine.InFlight;
        }

        if (Engine.InFlight + _pace.InFlightElsewhere > Events.WaitingCount)
        {
            Smart.BusyNanoseconds += (ulong)(nowNanoseconds - _pace.LastTurnNanoseconds);
        }

        _pace.LastTurnNanoseconds = nowNanoseconds;
    }

    private void PollRarely(long nowNanoseconds)
    {
        _nextSweepNanoseconds = nowNanoseconds + SweepIntervalNanoseconds;
        if (SweepForeignDoorbells())
        {
            ReportDoorbell(InvalidDoorbellRegister);
        }

        MeasureLoads();

        Smart.Health.Evaluate(this, nowNanoseconds);
        if (CheckKeepAlive(nowNanoseconds))
        {
            Registers.Status = Registers.Status with { ControllerFatalStatus = true };
        }
    }

    /// <summary>The host wrote an invalid value to the doorbell of a queue.</summary>
    internal void ReportBadDoorbell() => ReportDoorbell(InvalidDoorbellValue);

    private void ReportDoorbell(byte information)
    {
        Log.WriteLimited(information == InvalidDoorbellValue ? "Host wrote an invalid doorbell value" : "Host wrote the doorbell of a queue that does not exist");
        StatusCode code = information == InvalidDoorbellValue ? StatusCode.InvalidField : StatusCode.InvalidQueueIdentifier;
        Errors.RecordControllerError(new Status(code, true)); // in the log page that the event names
        Events.Raise(this, ErrorEventType, information, ErrorInformationLog);
    }

    /// <summary>What is written in every turn, in cache lines of its own: other reactors read the rest of the controller in theirs.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Pace
    {
        [FieldOffset(128)] public long LastTurnNanoseconds;
        [FieldOffset(136)] public long NextShareLookNanoseconds;
        [FieldOffset(144)] public int InFlightElsewhere; // commands of other shares, as of the last look
        [FieldOffset(148)] public uint Turns;
    }
}
