using Nvmepf.Firmware.Commands.Admin.Structures;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
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

    private static void Fill(NvmeController controller, ref CommandSlot slot, byte* page)
    {
        DiagnosticsLog* data = (DiagnosticsLog*)page;
        ReactorStatistics reactor = controller.Statistics;
        data->LayoutVersion = DiagnosticsLog.CurrentLayoutVersion;
        AsciiField.Write(data->FirmwareRevision, controller.Settings.FirmwareRevision);
        data->UptimeNanoseconds = controller.Smart.UptimeNanoseconds(controller.Platform.NowNanoseconds);
        data->CommandsCompleted = controller.Engine.CompletedCount;
        data->CommandsFailed = controller.Engine.FailedCount;
        data->CommandsInFlight = (ulong)controller.Engine.InFlight;
        data->Stalls = controller.Engine.StallCount;
        data->InterruptsRaised = controller.Queues.Coalescer.RaisedCount;
        data->Turns = reactor.Turns;
        data->ProductiveTurns = reactor.ProductiveTurns;
        data->CommandsFetchedSquared = reactor.CommandsFetchedSquared;
        data->FetchBatches = reactor.FetchBatches;
        data->Sleeps = reactor.Sleeps;
        data->ManagedBytesAllocated = (ulong)reactor.AllocatedBytes;
        data->GarbageCollections = (ulong)reactor.Collections;
    }
}
