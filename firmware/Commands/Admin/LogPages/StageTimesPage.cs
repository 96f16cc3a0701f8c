using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.LogPages;

/// <summary>
/// Stage times, C1h, vendor specific: the layout is <see cref="StageTimes"/>. Reading it switches timing on. Shares of other reactors are in it
/// too: they stand still while an admin command runs.
/// </summary>
internal static unsafe class StageTimesPage
{
    /// <summary>LID.</summary>
    public const LogPageId Id = (LogPageId)0xC1;

    /// <summary>The row.</summary>
    public static LogPageDescriptor Row { get; } = new()
    {
        Id = Id,
        Name = "Stage Times",
        LengthBytes = sizeof(StageTimes),
        Fill = &Fill,
    };

    private static void Fill(NvmeController controller, ref CommandSlot slot, byte* page)
    {
        StageTimes* data = (StageTimes*)page;
        foreach (QueueShare share in controller.Shares)
        {
            StageTimes times = share.Engine.TakeStageTimes();
            data->LayoutVersion = times.LayoutVersion;
            data->Commands += times.Commands;
            data->FetchNanoseconds += times.FetchNanoseconds;
            data->ParseNanoseconds += times.ParseNanoseconds;
            data->SubmitNanoseconds += times.SubmitNanoseconds;
            data->BackendNanoseconds += times.BackendNanoseconds;
            data->PostNanoseconds += times.PostNanoseconds;
        }
    }
}
