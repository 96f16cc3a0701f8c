using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.LogPages;

/// <summary>Every log page that the controller has, one row each. An identifier without a row is answered with Invalid Log Page.</summary>
public static class LogPageTable
{
    private static readonly LogPageDescriptor?[] s_rows = Index(
    [
        SupportedLogPagesPage.Row,
        ErrorInformationPage.Row,
        SmartHealthPage.Row,
        FirmwareSlotPage.Row,
        ChangedNamespacesPage.Row,
        CommandEffectsPage.Row,
        AsymmetricAccessPage.Row,
        EnduranceGroupPage.Row,
        EnduranceGroupEventsPage.Row,
        FeatureEffectsPage.Row,
        ManagementCommandEffectsPage.Row,
        ReservationNotificationPage.Row,
        DiagnosticsPage.Row,
        StageTimesPage.Row,
    ]);

    /// <summary>The row of an identifier, supported by every controller or not; or null.</summary>
    public static LogPageDescriptor? Find(LogPageId identifier) => s_rows[(byte)identifier];

    /// <summary>The row of a page that a controller has, or null.</summary>
    public static unsafe LogPageDescriptor? Find(NvmeController controller, LogPageId identifier)
    {
        LogPageDescriptor? row = s_rows[(byte)identifier];
        return row is not null && row.IsSupported != null && !row.IsSupported(controller) ? null : row;
    }

    private static LogPageDescriptor?[] Index(LogPageDescriptor[] rows)
    {
        LogPageDescriptor?[] table = new LogPageDescriptor?[256];
        foreach (LogPageDescriptor row in rows)
        {
            if (table[(byte)row.Id] is not null || row.LengthBytes > LogPageDescriptor.LengthMaximumBytes)
            {
                throw new InvalidOperationException($"log page {(byte)row.Id:X2}h has two rows, or is longer than a page can be");
            }

            table[(byte)row.Id] = row;
        }

        return table;
    }
}
