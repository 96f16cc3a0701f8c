using Nvmepf.Firmware.Commands.Admin.Structures;
using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.LogPages;

/// <summary>
/// Endurance Group Information, 09h (NVMe Base 2.1 section 5.1.12.1.10), of the one group. Counters are those of the controller that is asked;
/// media units written, endurance and errors of other controllers are not known.
/// </summary>
internal static unsafe class EnduranceGroupPage
{
    private const ulong DataUnitBytes = 1_000_000_000;
    private const byte GroupByte = 46;

    /// <summary>The row.</summary>
    public static LogPageDescriptor Row { get; } = new()
    {
        Id = LogPageId.EnduranceGroupInformation,
        Name = "Endurance Group Information",
        LengthBytes = sizeof(EnduranceGroupInformationLog),
        Check = &Check,
        Fill = &Fill,
    };

    private static Status Check(NvmeController controller, ref CommandSlot slot) =>
        new GetLogPageDword11(slot.Entry.Cdw11).LogSpecificIdentifier == EnduranceGroup.Identifier
            ? Status.Success
            : slot.Blame(new Status(StatusCode.InvalidField, true), GroupByte);

    private static UInt128 DataUnits(ulong bytes) => (bytes / DataUnitBytes) + (bytes % DataUnitBytes == 0 ? 0ul : 1);

    private static void Fill(NvmeController controller, ref CommandSlot slot, byte* page)
    {
        EnduranceGroupInformationLog* data = (EnduranceGroupInformationLog*)page;
        SmartCounters smart = controller.Smart;
        data->CriticalWarning = smart.Health.Current(controller.Features) & EnduranceGroup.Warnings;
        data->AvailableSparePercent = SmartHealthPage.AvailableSparePercent;
        data->AvailableSpareThresholdPercent = SmartHealthPage.AvailableSpareThresholdPercent;
        data->DataUnitsReadInGigabytes = DataUnits(smart.BytesRead);
        data->DataUnitsWrittenInGigabytes = DataUnits(smart.BytesWritten);
        data->HostReadCommands = smart.HostReadCommands;
        data->HostWriteCommands = smart.HostWriteCommands;
        data->MediaAndDataIntegrityErrors = smart.MediaErrors;
        data->NumberOfErrorInformationLogEntries = controller.Errors.Count;
        data->TotalCapacityBytes = ControllerStructure.TotalCapacityBytes(controller);
    }
}
