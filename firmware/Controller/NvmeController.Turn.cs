using System.Runtime.InteropServices;
using Nvmepf.Firmware.Queues;
using Nvmepf.Hal;

namespace Nvmepf.Firmware.Controller;

/// <content>One turn of the controller: doorbells, commands, DMA, interrupts.</content>
public sealed unsafe partial class NvmeController
{
    private const int DmaBatch = 64;
    private const long SweepIntervalNanoseconds = 10_000_000;
    private const uint TurnsPerControlLook = 8; // a power of two

    // Asynchronous event type and information values (NVMe Base 2.1 section 5.1.2, error status).
    private const byte ErrorEventType = 0;
    private const byte InvalidDoorbellRegister = 0;
    private const byte InvalidDoorbellValue = 1;
    private const byte ErrorInformationLog = 1;

    private readonly DmaCompletion* _dmaCompletions = (DmaCompletion*)NativeMemory.Alloc(DmaBatch, (nuint)sizeof(DmaCompletion));
    private readonly bool _comparesRegisters;
    private WeightedArbiter _arbiter;
    private bool _isWeighted; // CC.AMS, as of the last enable
    private int _firstQueue; // where plain round robin begins its next turn
    private bool _entriesFailed; // completion entries wait to be sent again
    private long _nextSweepNanoseconds;
    private long _lastTurnNanoseconds;
    private uint _turns;

    /// <summary>
    /// Does what there is to do, without waiting.
    /// </summary>
    /// <param name="nowNanoseconds">The platform's time, read once a turn.</param>
    /// <returns>How many commands were fetched plus events handled; 0 for an idle turn.</returns>
    public int Turn(long nowNanoseconds)
    {
        CountBusyTime(nowNanoseconds);
        Engine.MayTouchHost = Platform.IsBusMasterEnabled;
        int work = PollDma();
        if (_comparesRegisters && Registers.PollHost())
        {
            ConfigurationChanged();
            work++;
        }

        if (Engine.RetryWaiting())
        {
            work++;
        }

        if (State != ControllerState.Resetting)
        {
            PollHeads();
        }

        if (State == ControllerState.Ready && Engine.MayTouchHost && !Registers.Status.ControllerFatalStatus)
        {
            work += _isWeighted ? PollWeighted(nowNanoseconds) : PollQueues(nowNanoseconds);
            if (nowNanoseconds >= _nextSweepNanoseconds)
            {
                PollRarely(nowNanoseconds);
            }
        }

        if (State is ControllerState.Ready or ControllerState.ShutdownDraining)
        {
            PollDeletions();
        }

        if (_entriesFailed && State != ControllerState.Resetting && Engine.MayTouchHost)
        {
            _entriesFailed = Queues.SendFailedEntries();
        }

        PollNews();
        PollLifecycle();
        if (State != ControllerState.Resetting)
        {
            PollInterrupts(nowNanoseconds);
        }

        if ((++_turns & (TurnsPerControlLook - 1)) == 0 && Control.HasWork)
        {
            work += Control.Run(this, nowNanoseconds);
        }

        return work;
    }

    /// <summary>True where something is under way that a sleeping thread would delay.</summary>
    public bool IsBusy =>
        Engine.InFlight - (Engine.MayTouchHost ? 0 : Engine.CompletingCount) > Events.WaitingCount || Queues.Coalescer.IsWaiting || Platform.HostDma.InFlight > 0
        || _entriesFailed;

    private void PollInterrupts(long nowNanoseconds)
    {
        InterruptCoalescer coalescer = Queues.Coalescer;

        // What an unmasked vector has held back goes to the host only when the function may talk to it.
        uint mask = Engine.MayTouchHost ? Registers.InterruptMask : Registers.InterruptMask | coalescer.Mask;
        if (mask != coalescer.Mask)
        {
            coalescer.SetMask(mask);
        }

        if (Engine.MayTouchHost)
        {
            Queues.RaiseInterrupts(Features, nowNanoseconds);
        }

        if (coalescer.IsAnyAsserted)
        {
            Queues.LowerInterrupts();
        }
    }

    /// <summary>Looks how far the host has taken completions; a shutdown that drains needs the places as well.</summary>
    private void PollHeads()
    {
        for (int i = 0; i <= Queues.HighestCompletion; i++)
        {
            CompletionQueue completion = Queues.Completion(i);
            if (completion.Exists && !completion.PollHead())
            {
                ReportDoorbell(InvalidDoorbellValue);
            }
        }
    }

    /// <summary>
    /// Round robin over the queues with an arbitration burst each (NVMe Base 2.1 section 3.4.4.1). Where command slots run out, the next turn
    /// begins with the first queue that got none: a noisy queue with a low number does not keep the others waiting.
    /// </summary>
    private int PollQueues(long nowNanoseconds)
    {
        int fetched = 0;
        int burst = Features.ArbitrationBurst;
        int count = Queues.HighestSubmission + 1;
        int next = _firstQueue < count ? _firstQueue : 0;
        _firstQueue = 0;
        for (int visits = 0; visits < count; visits++)
        {
            SubmissionQueue queue = Queues.Submission(next);
            next = next + 1 < count ? next + 1 : 0;
            if (queue.State != SubmissionQueueState.Active)
            {
                continue;
            }

            if (!queue.PollTail())
            {
                ReportDoorbell(InvalidDoorbellValue);
            }

            if (queue.HasEntries)
            {
                int taken = Engine.FetchFrom(queue, burst, nowNanoseconds);
                fetched += taken;
                Statistics.FetchBatches += taken > 0 ? 1u : 0;
                if (taken == 0 && _firstQueue == 0 && !Engine.HasIoSlot)
                {
                    _firstQueue = queue.Identifier;
                }

                if (State != ControllerState.Ready)
                {
                    break;
                }
            }
        }

        return fetched;
    }

    /// <summary>Weighted round robin: the tails of all queues first, because classes come in their order and not queues.</summary>
    private int PollWeighted(long nowNanoseconds)
    {
        bool someHaveEntries = false;
        for (int i = 0; i <= Queues.HighestSubmission; i++)
        {
            SubmissionQueue queue = Queues.Submission(i);
            if (queue.State != SubmissionQueueState.Active)
            {
                continue;
            }

            if (!queue.PollTail())
            {
                ReportDoorbell(InvalidDoorbellValue);
            }

            someHaveEntries |= queue.HasEntries;
        }

        if (!someHaveEntries)
        {
            return 0;
        }

        SubmissionQueue admin = Queues.Submission(0);
        int fetched = admin.HasEntries ? Engine.FetchFrom(admin, int.MaxValue, nowNanoseconds) : 0;
        if (State == ControllerState.Ready)
        {
            fetched += _arbiter.Fetch(Engine, Queues, Features.Current.Arbitration, Features.ArbitrationBurst, nowNanoseconds);
        }

        Statistics.FetchBatches += fetched > 0 ? 1u : 0;
        return fetched;
    }

    private int PollDma()
    {
        IHostDma dma = Platform.HostDma;
        if (dma.InFlight == 0)
        {
            return 0;
        }

        DmaCompletion* completions = _dmaCompletions;
        int count = dma.Poll(completions, DmaBatch);
        for (int i = 0; i < count; i++)
        {
            ref DmaCompletion completion = ref completions[i];
            int queue = DmaTag.QueueOf(completion.Tag);
            switch (DmaTag.KindOf(completion.Tag))
            {
                case DmaTag.SubmissionFetchKind:
                    if (!Queues.Submission(queue).FetchCompleted(completion.Status) && State != ControllerState.Resetting)
                    {
                        SetFatal("Entries of a submission queue could not be read from host memory: controller fatal status");
                    }

                    break;
                case DmaTag.CompletionEntryKind:
                    SendOutcome outcome = Queues.Completion(queue).DmaCompleted(DmaTag.IndexOf(completion.Tag), completion.Status);
                    _entriesFailed |= outcome == SendOutcome.Again;
                    if (outcome == SendOutcome.Lost && State != ControllerState.Resetting)
                    {
                        // The host waits for ever at the gap in its queue, so it has to know (NVMe Base 2.1 section 3.1.4.6).
                        SetFatal("A completion could not be written to host memory: controller fatal status");
                    }

                    break;
                default:
                    Engine.DmaCompleted(DmaTag.SlotOf(completion.Tag), completion.Status);
                    break;
            }
        }

        return count;
    }

    /// <inheritdoc/>
    public void PlatformFailed()
    {
        if (!Registers.Status.ControllerFatalStatus)
        {
            SetFatal("The platform cannot move data any more: controller fatal status");
        }
    }

    private void SetFatal(string text)
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
        for (int i = 1; i <= Queues.HighestSubmission; i++)
        {
            SubmissionQueue queue = Queues.Submission(i);
            if (queue.State == SubmissionQueueState.Deleting && queue.InFlight == 0 && !queue.IsFetching
                && Queues.Completion(queue.CompletionQueueIdentifier).PendingDma == 0)
            {
                int slot = queue.DeleteSlot;
                Queues.DeleteSubmission(i);
                Engine.CompleteParked(slot);
            }
        }
    }

    /// <summary>Controller Busy Time of the SMART log: from turn to turn, while a command is under way that is no waiting event request.</summary>
    private void CountBusyTime(long nowNanoseconds)
    {
        if (Engine.InFlight > Events.WaitingCount)
        {
            Smart.BusyNanoseconds += (ulong)(nowNanoseconds - _lastTurnNanoseconds);
        }

        _lastTurnNanoseconds = nowNanoseconds;
    }

    private void PollRarely(long nowNanoseconds)
    {
        _nextSweepNanoseconds = nowNanoseconds + SweepIntervalNanoseconds;
        if (Queues.SweepForeignDoorbells())
        {
            ReportDoorbell(InvalidDoorbellRegister);
        }

        Smart.Health.Evaluate(this, nowNanoseconds);
        if (CheckKeepAlive(nowNanoseconds))
        {
            Registers.Status = Registers.Status with { ControllerFatalStatus = true };
        }
    }

    private void ReportDoorbell(byte information)
    {
        Log.WriteLimited(information == InvalidDoorbellValue ? "Host wrote an invalid doorbell value" : "Host wrote the doorbell of a queue that does not exist");
        Events.Raise(this, ErrorEventType, information, ErrorInformationLog);
    }
}
