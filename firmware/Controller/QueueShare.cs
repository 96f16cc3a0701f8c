using System.Runtime.InteropServices;
using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Queues;
using Nvmepf.Firmware.Reactors;
using Nvmepf.Firmware.Transfer;
using Nvmepf.Hal;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Controller;

/// <summary>
/// What one reactor polls of a controller: queues, the engine in which their commands run, transfer buffers, interrupts. The controller has a
/// share on every reactor; the one on its own reactor (the home share) has the admin queue too. A queue is in one share from its creation to
/// its end, and a submission queue is where its completion queue is, so that nothing on a command's way is written by two threads.
/// </summary>
/// <remarks>
/// A share that is not at home has a turn of its own (<see cref="Turn"/>); the home share's is part of the controller's
/// (NvmeController.Turn.cs), which alone decides about the controller's life. How the two meet: HoldGate.cs. Which queue hands over
/// commands next: QueueShare.Arbitration.cs.
/// </remarks>
public sealed unsafe partial class QueueShare : IDisposable
{
    private const int DmaBatch = 64;
    private readonly DmaCompletion* _dmaCompletions = (DmaCompletion*)NativeMemory.Alloc(DmaBatch, (nuint)sizeof(DmaCompletion));

    /// <summary>Allocates everything that the share will ever need.</summary>
    internal QueueShare(NvmeController controller, IPlatform platform, ReactorLink reactor, ShareLink? link)
    {
        Controller = controller;
        Platform = platform;
        Reactor = reactor;
        Link = link;
        ControllerSettings settings = controller.Settings;
        Buffers = new BufferPool(platform, settings.TransferBuffers, settings.MaximumTransferBytes);
        SmallBuffers = settings.SmallTransferBuffers > 0
            ? new BufferPool(platform, settings.SmallTransferBuffers, ControllerSettings.SmallTransferBytes)
            : Buffers;
        Queues = new QueueSet(
            platform, controller.IoQueueCount, settings.QueueEntriesMax, settings.AdaptiveInterruptsMicroseconds * 1000L);
        Engine = new CommandEngine(this);
    }

    /// <summary>The controller.</summary>
    public NvmeController Controller { get; }

    /// <summary>The platform as this share's reactor may use it.</summary>
    public IPlatform Platform { get; }

    /// <summary>The reactor that polls the share.</summary>
    public ReactorLink Reactor { get; }

    /// <summary>Transfer buffers for the largest transfer.</summary>
    public BufferPool Buffers { get; }

    /// <summary>Transfer buffers for small transfers; the same as <see cref="Buffers"/> where there are none.</summary>
    public BufferPool SmallBuffers { get; }

    /// <summary>The queues; those of the other shares do not exist here.</summary>
    public QueueSet Queues { get; }

    /// <summary>Moves commands through their states.</summary>
    public CommandEngine Engine { get; }

    /// <summary>True where the controller's own reactor polls it.</summary>
    public bool IsHome => Link is null;

    /// <summary>Completion entries wait to be sent again.</summary>
    internal bool HasFailedEntries { get; private set; }

    /// <summary>What passes between the share and its controller; null at home.</summary>
    internal ShareLink? Link { get; }

    /// <summary>True where something is under way here that a sleeping thread would delay. Not for the home share.</summary>
    public bool IsBusy =>
        Engine.InFlight - (Engine.MayTouchHost ? 0 : Engine.CompletingCount) > 0 || Queues.Coalescer.IsWaiting || Platform.HostDma.InFlight > 0
        || HasFailedEntries || Link!.Gate.HasNews;

    /// <summary>
    /// Does what there is to do, without waiting; for shares that are not at home.
    /// </summary>
    /// <param name="nowNanoseconds">The platform's time.</param>
    /// <param name="isHeld">True where the controller holds the share: nothing was done, and nothing of it may be done in this turn of the reactor.</param>
    /// <returns>How many commands were fetched plus events handled; 0 for an idle turn.</returns>
    public int Turn(long nowNanoseconds, out bool isHeld)
    {
        isHeld = Link!.Gate.MustWait();
        if (isHeld)
        {
            return 0;
        }

        ControllerState state = Controller.State;
        Engine.BeginTurn(nowNanoseconds);
        Engine.MayTouchHost = Platform.IsBusMasterEnabled;
        int work = PollDma() + (Engine.RetryWaiting() ? 1 : 0);
        if (Engine.HasCancelsToIssue)
        {
            Engine.IssueCancels();
        }

        Engine.FlushCompletions();
        if (state == ControllerState.Resetting)
        {
            return work;
        }

        PollHeads();
        if (state == ControllerState.Ready && Engine.MayTouchHost && !Controller.Registers.Status.ControllerFatalStatus)
        {
            work += PollQueues(nowNanoseconds);
        }

        SendFailedEntries();
        PollInterrupts(nowNanoseconds);
        return work;
    }

    /// <summary>Takes what DMA has ended.</summary>
    internal int PollDma()
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
                    if (!Queues.Submission(queue).FetchCompleted(completion.Status) && Controller.State != ControllerState.Resetting)
                    {
                        SetFatal("Entries of a submission queue could not be read from host memory: controller fatal status");
                    }

                    break;
                case DmaTag.CompletionEntryKind:
                    SendOutcome outcome = Queues.Completion(queue).DmaCompleted(DmaTag.IndexOf(completion.Tag), completion.Status);
                    HasFailedEntries |= outcome == SendOutcome.Again;
                    if (outcome == SendOutcome.Lost && Controller.State != ControllerState.Resetting)
                    {
                        // The host waits for ever at the gap in its queue, so it has to know (NVMe Base 2.1 section 3.1.4.6).
                        SetFatal("A completion could not be written to host memory: controller fatal status");
                    }

                    break;
                case DmaTag.CommandKind:
                    Engine.DmaCompleted(DmaTag.SlotOf(completion.Tag), completion.Status);
                    break;
                default:
                    Controller.CompleteForwarded(completion.Tag, completion.Status);
                    break;
            }
        }

        return count;
    }

    /// <summary>Looks how far the host has taken completions; a shutdown that drains needs the places as well.</summary>
    internal void PollHeads()
    {
        for (int i = 0; i <= Queues.HighestCompletion; i++)
        {
            CompletionQueue completion = Queues.Completion(i);
            if (completion.Exists && !completion.PollHead())
            {
                ReportBadDoorbell();
            }
        }
    }

    /// <summary>Sends completion entries again that did not arrive.</summary>
    internal void SendFailedEntries()
    {
        if (HasFailedEntries && Engine.MayTouchHost)
        {
            HasFailedEntries = Queues.SendFailedEntries();
        }
    }

    /// <summary>Raises what the turn has posted, and what has waited long enough.</summary>
    internal void PollInterrupts(long nowNanoseconds)
    {
        InterruptCoalescer coalescer = Queues.Coalescer;
        if (Queues.AskForHeads())
        {
            PollHeads();
        }

        // What an unmasked vector has held back goes to the host only when the function may talk to it.
        uint mask = Controller.Registers.InterruptMask;
        mask = Engine.MayTouchHost ? mask : mask | coalescer.Mask;
        if (mask != coalescer.Mask)
        {
            coalescer.SetMask(mask, nowNanoseconds);
        }

        if (Engine.MayTouchHost)
        {
            Queues.RaiseInterrupts(Controller.Features, nowNanoseconds);
        }

        if (coalescer.IsAnyAsserted)
        {
            Queues.LowerInterrupts();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Engine.Dispose();
        Queues.Dispose();
        NativeMemory.Free(_dmaCompletions);
    }

    private void SetFatal(string text)
    {
        if (Link is null)
        {
            Controller.SetFatal(text);
        }
        else
        {
            Link.ReportFatal(text);
        }
    }

    private void ReportBadDoorbell()
    {
        if (Link is null)
        {
            Controller.ReportBadDoorbell();
        }
        else
        {
            Link.ReportBadDoorbell();
        }
    }
}
