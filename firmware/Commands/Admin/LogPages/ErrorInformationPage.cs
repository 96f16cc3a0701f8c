using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.LogPages;

/// <summary>Error Information, 01h (NVMe Base 2.1 section 5.1.12.1.2): the entries of <see cref="ErrorLog"/>, the newest first.</summary>
internal static unsafe class ErrorInformationPage
{
    /// <summary>The row.</summary>
    public static LogPageDescriptor Row { get; } = new()
    {
        Id = LogPageId.ErrorInformation,
        Name = "Error Information",
        LengthBytes = ErrorLog.EntryCount * sizeof(ErrorInformationLogEntry),
        Fill = &Fill,
    };

    private static void Fill(NvmeController controller, ref CommandSlot slot, byte* page) =>
        controller.Errors.CopyTo(new Span<ErrorInformationLogEntry>(page, ErrorLog.EntryCount));
}
