using Nvmepf.Firmware.Commands.Admin.Structures;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Queues;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.LogPages;

/// <summary>
/// Diagnostics, C0h, vendor specific: how the reactor and the engine are doing. The layout is <see cref="DiagnosticsLog"/>.
/// </summary>
internal static unsafe class DiagnosticsPage
{
    /// <summary>LID.</summary>
    public const LogPageId Id = (LogPageId)0xC0;

    /// <summary>The row.</summary>
    public static LogPageDescriptor Row { get; } = new()
    {
        Id = Id,
        Name = "Diagnostics",
        LengthBytes = sizeof(DiagnosticsLog),
        Fill = &Fill,
    };

    private static void AddShare(DiagnosticsLog* data, QueueShare share)
    {
        ReactorStatistics statistics = share.Reactor.Statistics;
        data->CommandsCompleted += share.Engine.CompletedCount;
        data->CommandsFailed += share.Engine.FailedCount;
        data->CommandsInFlight += (ulong)share.Engine.InFlight;
        data->Stalls += share.Engine.StallCount;
        data->InterruptsRaised += share.Queues.Coalescer.RaisedCount;
        for (int i = 1; i <= share.Queues.HighestSubmission; i++)
        {
            SubmissionQueue queue = share.Queues.Submission(i);
            data->ShadowDoorbellQueues += queue.State != SubmissionQueueState.None && queue.UsesShadowDoorbell ? 1u : 0;
        }

        if (share.Reactor.Index < DiagnosticsLog.ReactorsMax)
        {
            data->EachReactor[share.Reactor.Index] = new DiagnosticsOfReactor
            {
                CommandsCompleted = share.Engine.CompletedCount,
                Turns = statistics.Turns,
                ProductiveTurns = statistics.ProductiveTurns,
                Sleeps = statistics.Sleeps,
                ManagedBytesAllocated = (ulong)statistics.PublishedAllocatedBytes,
            };
            data->EachReactorBusyNanoseconds[share.Reactor.Index] = statistics.BusyNanoseconds;
        }
    }

    private static void Fill(NvmeController controller, ref CommandSlot slot, byte* page)
    {
        DiagnosticsLog* data = (DiagnosticsLog*)page;
        ReactorStatistics reactor = controller.Statistics;
        data->LayoutVersion = DiagnosticsLog.CurrentLayoutVersion;
        AsciiField.Write(data->FirmwareRevision, controller.Settings.FirmwareRevision);
        data->UptimeNanoseconds = controller.Smart.UptimeNanoseconds(controller.Platform.NowNanoseconds);
        data->Reactors = (uint)controller.Shares.Length;
        for (int i = 0; i < controller.Shares.Length; i++)
        {
            AddShare(data, controller.Shares[i]);
        }

        data->Turns = reactor.Turns;
        data->ProductiveTurns = reactor.ProductiveTurns;
        data->CommandsFetchedSquared = reactor.CommandsFetchedSquared;
        data->FetchBatches = reactor.FetchBatches;
        data->Sleeps = reactor.Sleeps;
        data->CoreOffers = reactor.CoreOffers;
        data->RingEnters = reactor.RingEnters;
        data->BusyNanoseconds = reactor.BusyNanoseconds;
        data->FixedTransfers = reactor.FixedTransfers;
        data->PolledTransfers = reactor.PolledTransfers;
        data->ManagedBytesAllocated = (ulong)reactor.AllocatedBytes;
        data->GarbageCollections = (ulong)reactor.Collections;
    }
}
