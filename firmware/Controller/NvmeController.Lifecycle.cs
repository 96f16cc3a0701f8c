using Nvmepf.Hal;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Controller;

/// <summary>Where a controller is in its life.</summary>
public enum ControllerState : byte
{
    /// <summary>CC.EN is 0, or a value of it was refused (CSTS.CFS).</summary>
    Disabled,

    /// <summary>CSTS.RDY is 1: commands are fetched.</summary>
    Ready,

    /// <summary>A shutdown waits for the commands in flight.</summary>
    ShutdownDraining,

    /// <summary>A shutdown waits for the backends to flush.</summary>
    ShutdownFlushing,

    /// <summary>CSTS.SHST says complete; only a reset leads on.</summary>
    ShutDown,

    /// <summary>A reset waits for what disk and DMA still hold.</summary>
    Resetting,
}

/// <content>Enable, reset and shutdown (NVMe Base 2.1 sections 3.5, 3.6 and 3.7): one place decides, once a turn.</content>
public sealed partial class NvmeController
{
    private bool _linkIsUp;
    private bool _resetClearsRegisters;
    private bool _flushUnderWay;
    private bool _flushEnded;
    private bool _shutdownAskedInReset;
    private bool _isStopping;
    private bool _isLeaving;

    /// <summary>Where it is in its life.</summary>
    public ControllerState State { get; private set; }

    /// <summary>True while the host is there.</summary>
    public bool IsLinkUp => _linkIsUp;

    /// <inheritdoc/>
    public bool IsQuiescent => State != ControllerState.Resetting;

    /// <inheritdoc/>
    public void RegisterWrite(uint offsetBytes, ulong value, int widthBytes)
    {
        if (Registers.HostWrite(offsetBytes, value, widthBytes))
        {
            ConfigurationChanged();
        }
    }

    /// <inheritdoc/>
    public void LinkUp()
    {
        _linkIsUp = true;
        Log.WriteLimited("PCI link up");
    }

    /// <inheritdoc/>
    public void LinkDown()
    {
        _linkIsUp = false;
        Log.WriteLimited("PCI link down");
        NoteLossOfHost();
        BeginReset(clearRegisters: true);
    }

    /// <inheritdoc/>
    public void FunctionReset(ResetKind kind)
    {
        Log.WriteLimited(kind == ResetKind.FunctionLevel ? "Function level reset" : "PCI function reset");
        NoteLossOfHost();
        BeginReset(clearRegisters: true);
    }

    /// <inheritdoc/>
    public bool IsHostMemoryInUse(ulong address, ulong lengthBytes)
    {
        ulong last = address + (lengthBytes - 1); // inclusive: a range may end at 2^64
        foreach (QueueShare share in Shares)
        {
            if (share.Engine.IsHostMemoryInUse(address, lengthBytes) || share.Queues.IsHostMemoryInUse(address, last))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A flush that the controller itself began has ended.</summary>
    public void InternalCommandEnded(Status status)
    {
        _flushUnderWay = false;
        _flushEnded = true;
        if (status.IsError)
        {
            Log.Write("Flush at shutdown failed with status {0:x4}h: written data may not be durable", status.Raw);
        }
    }

    /// <summary>
    /// The process is asked to end: flushes as a shutdown does, whatever state the host left the controller in.
    /// </summary>
    public void BeginStop()
    {
        _isStopping = true;
        PollStop();
    }

    /// <summary>True once everything that <see cref="BeginStop"/> wants is done.</summary>
    public bool IsStopped => State is ControllerState.ShutDown;

    /// <summary>
    /// The function is to go while others are served: shuts down as <see cref="BeginStop"/> does and then lets the link go, whoever is there. To be
    /// called on the controller's own reactor, between its turns, until it has ended.
    /// </summary>
    /// <returns>True once nothing is under way any more: then the controller needs no turn.</returns>
    public bool TryLeave()
    {
        if (!_isLeaving)
        {
            _isLeaving = true;
            Log.Write("Shutting down controller");
            BeginStop();
        }

        return IsStopped && !_linkIsUp && CommandsInFlight == 0 && Platform.HostDma.InFlight == 0;
    }

    /// <summary>Goes on with a reset or shutdown that waits. Called once a turn.</summary>
    private void PollLifecycle()
    {
        switch (State)
        {
            case ControllerState.Resetting when IsDrained() && TryForgetHost():
                EndReset();
                break;
            case ControllerState.Ready when _isStopping:
                PollStop();
                break;
            case ControllerState.Disabled when _isStopping:
                State = ControllerState.ShutdownFlushing;
                goto case ControllerState.ShutdownFlushing;
            case ControllerState.ShutdownDraining when TryHold() && CommandsUnended() == Events.WaitingCount:
                State = ControllerState.ShutdownFlushing;
                goto case ControllerState.ShutdownFlushing;
            case ControllerState.ShutdownFlushing:
                PollShutdownFlush();
                break;
            case ControllerState.ShutDown when _isLeaving && _linkIsUp && TryHold():
                LinkDown(); // queues and waiting event requests end; it stops again
                break;
            default:
                break;
        }
    }

    /// <summary>Nothing of the life that a reset ends is under way, on any reactor.</summary>
    private bool IsDrained()
    {
        if (!TryHold() || Platform.HostDma.InFlight != 0)
        {
            return false;
        }

        foreach (QueueShare share in Shares)
        {
            if (share.Engine.InFlight != 0 || share.Platform.HostDma.InFlight != 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Commands that have not ended yet, waiting event requests included.</summary>
    private int CommandsUnended()
    {
        int sum = 0;
        foreach (QueueShare share in Shares)
        {
            sum += share.Engine.InFlight - share.Engine.CompletingCount;
        }

        return sum;
    }

    private void PollStop()
    {
        if (State == ControllerState.Ready && TryHold())
        {
            BeginShutdown();
        }
    }

    private void ConfigurationChanged()
    {
        ControllerConfiguration configuration = Registers.Configuration;
        if (State == ControllerState.Resetting)
        {
            // EndReset looks at CC.EN again; of SHN only what is written now counts, for CC outlives the reset.
            _shutdownAskedInReset |= configuration.ShutdownNotification != ShutdownNotification.None;
            return;
        }

        if (!configuration.Enable)
        {
            if (State == ControllerState.Disabled && !Registers.Status.ControllerFatalStatus)
            {
                BeginShutdownIfAsked(configuration);
                return;
            }

            Log.WriteLimited("Disabling controller");
            BeginReset(clearRegisters: false);
            return;
        }

        if (State == ControllerState.Disabled && !Registers.Status.ControllerFatalStatus)
        {
            Enable(configuration);
        }
        else if (State != ControllerState.Ready && !Registers.Status.Ready && !Registers.Status.ControllerFatalStatus)
        {
            BeginReset(clearRegisters: false); // enabled anew after a shutdown without a host; the reset ends by enabling
            return;
        }

        BeginShutdownIfAsked(configuration);
    }

    private void BeginShutdownIfAsked(ControllerConfiguration configuration)
    {
        if (configuration.ShutdownNotification == ShutdownNotification.None)
        {
            return;
        }

        if (State is ControllerState.Ready or ControllerState.Disabled)
        {
            Log.WriteLimited("Shutting down controller");
            BeginShutdown();
        }
    }

    private void Enable(ControllerConfiguration configuration)
    {
        if (_isStopping)
        {
            return;
        }

        Log.WriteLimited("Enabling controller");
        string? wrong = CheckConfiguration(configuration);
        if (wrong is not null)
        {
            Log.WriteLimited(wrong, (long)configuration.Raw, (long)Registers.AdminQueueAttributes.Raw);
            Registers.Status = new ControllerStatus { ControllerFatalStatus = true };
            return;
        }

        AdminQueueAttributes attributes = Registers.AdminQueueAttributes;
        foreach (QueueShare share in Shares)
        {
            share.Engine.MemoryPageBytes = 4096u << configuration.MemoryPageSize;
            share.BeginArbitration(configuration.ArbitrationMechanismSelected == ArbitrationMechanism.WeightedRoundRobinWithUrgent);
        }

        Queues.CreateCompletion(0, Registers.AdminCompletionQueueBase, attributes.CompletionQueueSizeZeroBased + 1, 0, true);
        Queues.CreateSubmission(0, Registers.AdminSubmissionQueueBase, attributes.SubmissionQueueSizeZeroBased + 1, 0, QueuePriority.Urgent);
        State = ControllerState.Ready;
        Registers.Status = new ControllerStatus { Ready = true };
    }

    /// <summary>What is wrong with the values that the host enables with, as a log line with holes for CC and AQA; null for nothing.</summary>
    private string? CheckConfiguration(ControllerConfiguration configuration)
    {
        AdminQueueAttributes attributes = Registers.AdminQueueAttributes;
        int submissionEntries = attributes.SubmissionQueueSizeZeroBased + 1;
        int completionEntries = attributes.CompletionQueueSizeZeroBased + 1;
        if (configuration.MemoryPageSize > RegisterFile.MemoryPageSizeMaximum)
        {
            return "Enable refused: CC {0:x8}h selects a memory page above CAP.MPSMAX";
        }

        if (configuration.ArbitrationMechanismSelected is not (ArbitrationMechanism.RoundRobin or ArbitrationMechanism.WeightedRoundRobinWithUrgent))
        {
            return "Enable refused: CC {0:x8}h selects an arbitration mechanism that CAP.AMS does not offer";
        }

        if (configuration.IoCommandSetSelected is not (IoCommandSetSelected.NvmCommandSet or IoCommandSetSelected.AllSupportedIoCommandSets))
        {
            return "Enable refused: CC {0:x8}h selects a command set that CAP.CSS does not offer";
        }

        if (configuration.IoSubmissionQueueEntrySizeLog2 is not (0 or 6) || configuration.IoCompletionQueueEntrySizeLog2 is not (0 or 4))
        {
            return "Enable refused: CC {0:x8}h selects entry sizes other than 64 and 16 bytes";
        }

        ulong pageMask = (4096ul << configuration.MemoryPageSize) - 1;
        if (((Registers.AdminSubmissionQueueBase | Registers.AdminCompletionQueueBase) & pageMask) != 0)
        {
            return "Enable refused: CC {0:x8}h selects a memory page that ASQ or ACQ is not aligned to";
        }

        if (submissionEntries < 2 || completionEntries < 2)
        {
            return "Enable refused: AQA {1:x8}h has a queue of one entry";
        }

        if (!Queues.IsReachable(Registers.AdminSubmissionQueueBase, submissionEntries, SubmissionQueueEntry.SizeBytes, HostAccess.Read)
            || !Queues.IsReachable(Registers.AdminCompletionQueueBase, completionEntries, CompletionQueueEntry.SizeBytes, HostAccess.Write))
        {
            return "Enable refused: an admin queue lies outside host memory";
        }

        return null;
    }

    private void BeginShutdown()
    {
        Registers.Status = Registers.Status with { ShutdownStatus = ShutdownStatus.Occurring };
        State = ControllerState.ShutdownDraining;
        _flushEnded = false;
        PollLifecycle();
    }

    private void PollShutdownFlush()
    {
        if (_flushUnderWay)
        {
            return;
        }

        if (_flushEnded)
        {
            _flushEnded = false;
            State = ControllerState.ShutDown;
            Registers.Status = Registers.Status with { ShutdownStatus = ShutdownStatus.Complete };
            return;
        }

        SubmissionQueueEntry flush = new()
        {
            Cdw0 = new CommandDword0 { Opcode = (byte)NvmOpcode.Flush },
            NamespaceIdentifier = SubmissionQueueEntry.BroadcastNamespaceIdentifier,
        };
        _flushUnderWay = true;
        if (!Engine.TryStartInternal(in flush))
        {
            _flushUnderWay = false; // no slot this turn
        }
        else if (_flushEnded)
        {
            PollShutdownFlush(); // nothing had to be waited for
        }
    }

    private void NoteLossOfHost()
    {
        if (State is ControllerState.Ready or ControllerState.ShutdownDraining or ControllerState.ShutdownFlushing)
        {
            Smart.UnsafeShutdowns++;
        }
    }

    private void BeginReset(bool clearRegisters)
    {
        _resetClearsRegisters |= clearRegisters;
        if (State != ControllerState.Resetting)
        {
            Invariant.Check(TryHold(), "what begins a reset has asked first");
            State = ControllerState.Resetting;
            foreach (QueueShare share in Shares)
            {
                share.Engine.BeginDiscard();
                share.Link?.Reset();
            }

            Platform.HostDma.Cancel();
            PollLifecycle();
        }
    }

    /// <summary>Nothing is left of the earlier life: queues, features and events start anew, and CC decides what comes next.</summary>
    private void EndReset()
    {
        foreach (QueueShare share in Shares)
        {
            share.Engine.EndDiscard();
            share.Reactor.AddQueues(-share.Queues.IoCompletionCount);
            share.Queues.Reset();
            share.Link?.Reset();
        }

        _deletions = 0;
        Features.Reset();
        ReservationLog.Reset();
        Ana.Reset();
        Events.Reset();
        Errors.Reset();
        Smart.Health.ForgetReports();
        _flushUnderWay = false;
        _flushEnded = false;
        State = ControllerState.Disabled;
        if (_resetClearsRegisters)
        {
            _resetClearsRegisters = false;
            Registers.ResetAll();
        }
        else
        {
            Registers.ResetByDisable();
        }

        // The host may have written CC again while the reset waited.
        if (Registers.Configuration.Enable)
        {
            Enable(Registers.Configuration);
        }

        bool isShutdownAsked = _shutdownAskedInReset;
        _shutdownAskedInReset = false;
        if (isShutdownAsked)
        {
            BeginShutdownIfAsked(Registers.Configuration);
        }
    }
}
