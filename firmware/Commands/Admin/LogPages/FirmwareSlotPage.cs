using Nvmepf.Firmware.Commands.Admin.Structures;
using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.LogPages;

/// <summary>Firmware Slot Information, 03h (NVMe Base 2.1 section 5.1.12.1.4): one slot, which is active and read-only.</summary>
internal static unsafe class FirmwareSlotPage
{
    /// <summary>The row.</summary>
    public static LogPageDescriptor Row { get; } = new()
    {
        Id = LogPageId.FirmwareSlotInformation,
        Name = "Firmware Slot Information",
        LengthBytes = sizeof(FirmwareSlotInformationLog),
        Fill = &Fill,
    };

    private static void Fill(NvmeController controller, ref CommandSlot slot, byte* page)
    {
        FirmwareSlotInformationLog* data = (FirmwareSlotInformationLog*)page;
        data->ActiveFirmwareInfo = new ActiveFirmwareInfo { ActiveSlot = 1 };
        AsciiField.Write(data->FirmwareRevisions[0], controller.Settings.FirmwareRevision);
    }
}
