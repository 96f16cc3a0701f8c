using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.LogPages;

/// <summary>
/// SMART / Health Information, 02h (NVMe Base 2.1 section 5.1.12.1.3), from <see cref="SmartCounters"/>. Spare and wear have no meaning
/// for the storage behind the backends: all spare is there and no life is used.
/// </summary>
internal static unsafe class SmartHealthPage
{
    private const ulong DataUnitBytes = 512 * 1000;
    private const ulong NanosecondsPerMinute = 60_000_000_000;
    private const ulong NanosecondsPerHour = 60 * NanosecondsPerMinute;

    /// <summary>Available Spare of whatever is behind the backends.</summary>
    internal const byte AvailableSparePercent = 100;

    /// <summary>Available Spare Threshold.</summary>
    internal const byte AvailableSpareThresholdPercent = 10;

    /// <summary>The row.</summary>
    public static LogPageDescriptor Row { get; } = new()
    {
        Id = LogPageId.SmartHealthInformation,
        Name = "SMART / Health Information",
        LengthBytes = sizeof(SmartHealthLog),
        Fill = &Fill,
    };

    /// <summary>Bytes in units of 1000 blocks of 512 bytes, rounded up.</summary>
    internal static ulong DataUnits(ulong bytes) => (bytes / DataUnitBytes) + (bytes % DataUnitBytes == 0 ? 0ul : 1);

    private static void Fill(NvmeController controller, ref CommandSlot slot, byte* page)
    {
        SmartHealthLog* data = (SmartHealthLog*)page;
        SmartCounters smart = controller.Smart;
        HealthMonitor health = smart.Health;
        data->CriticalWarning = health.Current(controller.Features);
        data->CompositeTemperatureKelvin = health.CompositeTemperatureKelvin;
        data->AvailableSparePercent = AvailableSparePercent;
        data->AvailableSpareThresholdPercent = AvailableSpareThresholdPercent;
        data->EnduranceGroupCriticalWarningSummary = data->CriticalWarning & EnduranceGroup.Warnings;
        data->DataUnitsReadIn1000LogicalUnits = DataUnits(smart.BytesRead);
        data->DataUnitsWrittenIn1000LogicalUnits = DataUnits(smart.BytesWritten);
        data->HostReadCommands = smart.HostReadCommands;
        data->HostWriteCommands = smart.HostWriteCommands;
        data->ControllerBusyTimeMinutes = smart.BusyNanoseconds / NanosecondsPerMinute;
        data->PowerCycles = smart.PowerCycles;
        data->PowerOnHours = smart.UptimeNanoseconds(controller.Platform.NowNanoseconds) / NanosecondsPerHour;
        data->UnsafeShutdowns = smart.UnsafeShutdowns;
        data->MediaAndDataIntegrityErrors = smart.MediaErrors;
        data->NumberOfErrorInformationLogEntries = controller.Errors.Count;
        data->WarningCompositeTemperatureTimeMinutes = health.WarningTemperatureMinutes;
        data->CriticalCompositeTemperatureTimeMinutes = health.CriticalTemperatureMinutes;
    }
}
