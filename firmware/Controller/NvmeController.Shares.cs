using Nvmepf.Firmware.Queues;
using Nvmepf.Firmware.Reactors;
using Nvmepf.Hal;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Controller;

/// <content>
/// Queues on several reactors: which share a queue goes to, what shares report, and the hold under which the controller touches a share that
/// another reactor polls (HoldGate.cs). With one reactor there is the home share only, and every hold is granted at once.
/// </content>
public sealed partial class NvmeController
{
    /// <summary>Commands in 10 ms below which a reactor counts as idle: what few commands it has is chance, and the number of queues says more.</summary>
    private const ulong IdleLoad = 10;

    private const int LoadHistory = 8; // a measurement counts for 1/8 of the load
    private const int ReportsPerTurn = 64;
    private const long HoldPatienceNanoseconds = 5_000_000_000;

    private readonly ulong[] _loads; // of the shares' reactors: commands in 10 ms, times LoadHistory
    private readonly ulong[] _commandsSeen;
    private int _deletions; // submission queues that wait for their last command
    private bool _isHoldRequested;
    private bool _isHoldAsked; // somebody asked in this turn
    private bool _isHeld;
    private long _holdSinceNanoseconds;

    /// <summary>Commands in slots of all shares, waiting event requests included.</summary>
    public int CommandsInFlight
    {
        get
        {
            int sum = 0;
            foreach (QueueShare share in Shares)
            {
                sum += share.Engine.InFlight;
            }

            return sum;
        }
    }

    /// <summary>True once the host has created an I/O queue since the last reset.</summary>
    public bool AnyIoQueueCreated
    {
        get
        {
            bool any = false;
            foreach (QueueShare share in Shares)
            {
                any |= share.Queues.AnyIoQueueCreated;
            }

            return any;
        }
    }

    /// <summary>
    /// To be asked on the controller's own reactor before anything is done that shares of other reactors must not meet halfway. The permission
    /// lasts to the end of the controller's turn.
    /// </summary>
    /// <returns>False where they have not stopped yet; to be asked again in the next turn.</returns>
    public bool TryHold() => Shares.Length == 1 || _isHeld || TryHoldShares();

    /// <summary>True where other reactors wait for this one, or this one for others.</summary>
    internal bool HasShareWork
    {
        get
        {
            if (Shares.Length == 1)
            {
                return false;
            }

            bool found = _isHoldRequested || _deletions > 0 || State is ControllerState.Resetting or ControllerState.ShutdownDraining;
            for (int i = 1; i < Shares.Length; i++)
            {
                found |= Shares[i].Link!.HasNews;
            }

            return found;
        }
    }

    /// <summary>The share in which a submission queue is, active or being deleted; null where there is no such queue.</summary>
    public QueueShare? FindSubmission(uint identifier)
    {
        foreach (QueueShare share in Shares)
        {
            if (share.Queues.IsIoIdentifier(identifier) && share.Queues.Submission((int)identifier).State != SubmissionQueueState.None)
            {
                return share;
            }
        }

        return null;
    }

    /// <summary>The share in which a completion queue is; null where there is no such queue.</summary>
    public QueueShare? FindCompletion(uint identifier)
    {
        foreach (QueueShare share in Shares)
        {
            if (share.Queues.IsIoIdentifier(identifier) && share.Queues.Completion((int)identifier).Exists)
            {
                return share;
            }
        }

        return null;
    }

    /// <summary>
    /// Where a new completion queue goes: to the reactor that had the fewest commands lately, among idle ones to the one with the fewest
    /// queues. One whose memory has no pointer goes home, where the platform's DMA is.
    /// </summary>
    public QueueShare ChooseShare(ulong address, int entries)
    {
        int best = 0;
        for (int i = 1; i < Shares.Length && IsDirect(address, (ulong)entries * CompletionQueueEntry.SizeBytes); i++)
        {
            ulong load = LoadOf(i);
            ulong bestLoad = LoadOf(best);
            if (load < bestLoad || (load == bestLoad && Shares[i].Reactor.QueueCount < Shares[best].Reactor.QueueCount))
            {
                best = i;
            }
        }

        return Shares[best];
    }

    /// <summary>True while a command in flight is for the namespace with an index of the namespace table. Shares are held.</summary>
    public bool IsNamespaceInUse(int namespaceIndex)
    {
        foreach (QueueShare share in Shares)
        {
            if (share.Engine.IsNamespaceInUse(namespaceIndex))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Ends all commands for a namespace as far as they can be; the rest follows as disk and DMA come back. Shares are held.</summary>
    public void CancelNamespace(int namespaceIndex, Status status)
    {
        foreach (QueueShare share in Shares)
        {
            share.Engine.CancelNamespace(namespaceIndex, status);
        }
    }

    /// <summary>A command that failed, on whatever reactor: the error log and the endpoint log.</summary>
    internal void RecordError(in FailedCommand command)
    {
        Errors.Record(in command);
        Log.WriteLimited(
            command.SubmissionQueueId == 0 ? "admin command {0:x2}h ended with status {1:x4}h" : "I/O command {0:x2}h ended with status {1:x4}h",
            command.Opcode,
            command.Status.Raw);
    }

    /// <summary>A submission queue of a share is to be deleted by the command in a slot of the home engine, which is parked. Shares are held.</summary>
    internal void BeginDeletion(QueueShare share, ushort identifier, int slotIndex)
    {
        share.Queues.Submission(identifier).BeginDelete(slotIndex);
        _deletions++;
        share.Engine.CancelQueue(identifier, StatusCode.AbortedSqDeletion);
    }

    /// <summary>A DMA request that was forwarded for a share has ended.</summary>
    internal void CompleteForwarded(ulong tag, DmaStatus status) =>
        Shares[DmaTag.ShareOf(tag)].Link!.Platform.Dma.Complete(DmaTag.WithoutShare(tag), status);

    private QueueShare[] CreateShares(ReactorLink[] reactors)
    {
        if (reactors.Length > 1 && !Platform.ServesSeveralThreads)
        {
            throw new PlatformException($"{reactors.Length} reactors: the platform {Platform.Name} serves one; allowed: --reactors 1");
        }

        QueueShare[] shares = new QueueShare[reactors.Length];
        for (int i = 0; i < shares.Length; i++)
        {
            ShareLink? link = i == 0 ? null : new ShareLink(new SharedPlatform(Platform, reactors[0], i), reactors[0]);
            shares[i] = new QueueShare(this, link?.Platform ?? Platform, reactors[i], link);
        }

        return shares;
    }

    private unsafe bool IsDirect(ulong address, ulong lengthBytes) =>
        Platform.HostMemory.Resolve(address, lengthBytes, HostAccess.Write, out _, out ulong contiguous) == HostMemoryKind.Direct
        && contiguous == lengthBytes;

    /// <summary>What a reactor had to do lately; nothing where the queues are gone that it was for, as after a reset under load.</summary>
    private ulong LoadOf(int share)
    {
        ulong load = _loads[share] / LoadHistory;
        return load < IdleLoad || Shares[share].Reactor.QueueCount == 0 ? 0 : load;
    }

    /// <summary>How many commands each reactor had lately; called every few milliseconds.</summary>
    private void MeasureLoads()
    {
        for (int i = 0; i < Shares.Length && Shares.Length > 1; i++)
        {
            ulong commands = Volatile.Read(ref Shares[i].Reactor.Statistics.Commands);
            _loads[i] += (commands - _commandsSeen[i]) - (_loads[i] / LoadHistory);
            _commandsSeen[i] = commands;
        }
    }

    private bool SweepForeignDoorbells() => Queues.SweepForeignDoorbells(Shares);

    /// <summary>Takes what shares report and forwards their DMA; while they are held, gives them the map of host memory as it is now.</summary>
    private int PollShares()
    {
        int work = 0;
        for (int i = 1; i < Shares.Length; i++)
        {
            ShareLink link = Shares[i].Link!;
            if (_isHeld)
            {
                UpdateMemory(link);
            }

            link.Platform.Dma.Forward(Platform.HostDma, DmaTag.OfShare(i));
            if (link.TakeBadDoorbell())
            {
                ReportBadDoorbell();
            }

            if (link.Fatal is string text && State != ControllerState.Resetting && !Registers.Status.ControllerFatalStatus)
            {
                SetFatal(text);
            }

            Errors.CountLost(link.TakeLost());
            for (int n = 0; n < ReportsPerTurn && link.TryTake(out ShareReport report); n++)
            {
                work++;
                if (report.Kind == ShareReportKind.Failed)
                {
                    RecordError(in report.Command);
                }
                else
                {
                    Engine.AnswerAbort(report.AbortSlot, report.WasAborted);
                }
            }
        }

        return work;
    }

    private void UpdateMemory(ShareLink link)
    {
        if (link.Platform.HostMemory.Generation != Platform.HostMemory.Generation)
        {
            link.Platform.HostMemory.CopyFrom(Platform.HostMemory);
        }
    }

    private bool TryHoldShares()
    {
        _isHoldAsked = true;
        bool isHeld = true;
        for (int i = 1; i < Shares.Length; i++)
        {
            HoldGate gate = Shares[i].Link!.Gate;
            bool wasRequested = gate.IsRequested;
            if (gate.TryRequest() && !wasRequested)
            {
                Shares[i].Reactor.Wake();
            }

            isHeld &= gate.IsGranted;
        }

        _isHoldRequested = true;
        _isHeld = isHeld;
        return isHeld;
    }

    /// <summary>The end of a turn: what was held goes on; what was asked for and is not wanted any more is taken back.</summary>
    private void EndHold(long nowNanoseconds)
    {
        bool isWaiting = _isHoldAsked && !_isHeld;
        _isHoldAsked = false;
        if (isWaiting)
        {
            if (_holdSinceNanoseconds == 0)
            {
                _holdSinceNanoseconds = nowNanoseconds;
            }
            else if (nowNanoseconds - _holdSinceNanoseconds > HoldPatienceNanoseconds)
            {
                // Nothing may be touched without an answer, so all that can be done is to say it.
                _holdSinceNanoseconds = nowNanoseconds;
                Log.Write("A reactor has not answered for {0} s: resets and new queues wait for it", HoldPatienceNanoseconds / 1_000_000_000);
            }

            return;
        }

        for (int i = 1; i < Shares.Length; i++)
        {
            ShareLink link = Shares[i].Link!;
            if (_isHeld)
            {
                UpdateMemory(link);
            }

            link.Gate.Release();
        }

        _isHeld = false;
        _isHoldRequested = false;
        _holdSinceNanoseconds = 0;
    }
}
