using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.LogPages;

/// <summary>Supported Log Pages, 00h (NVMe Base 2.1 section 5.1.12.1.1), made from the table of log pages.</summary>
internal static unsafe class SupportedLogPagesPage
{
    /// <summary>The row.</summary>
    public static LogPageDescriptor Row { get; } = new()
    {
        Id = LogPageId.SupportedLogPages,
        Name = "Supported Log Pages",
        LengthBytes = sizeof(SupportedLogPagesLog),
        Fill = &Fill,
    };

    private static void Fill(NvmeController controller, ref CommandSlot slot, byte* page)
    {
        SupportedLogPagesLog* data = (SupportedLogPagesLog*)page;
        for (int i = 0; i <= byte.MaxValue; i++)
        {
            if (LogPageTable.Find(controller, (LogPageId)i) is { } row)
            {
                data->LogPages[i] = new SupportedLogPage { LogPageSupported = true, LidSpecificParameter = row.LidSpecificParameter };
            }
        }
    }
}
