using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Features;

/// <summary>Timestamp, 0Eh (NVMe Base 2.1 section 5.1.25.1.7): 8 bytes of data; bytes 7:6 are reserved in what a host sets.</summary>
internal static unsafe class Timestamp
{
    /// <summary>The row.</summary>
    public static FeatureDescriptor Row { get; } = new()
    {
        Id = FeatureId.Timestamp,
        Name = "Timestamp",
        DataLengthBytes = &DataLengthBytes,
        Set = &Set,
        Get = &Get,
    };

    private static uint DataLengthBytes(uint dword11) => sizeof(ulong);

    private static CommandOutcome Set(NvmeController controller, ref CommandSlot slot)
    {
        ulong milliseconds = new TimestampData(*(ulong*)slot.Buffer).TimestampMilliseconds;
        controller.Features.Timestamp.Set(milliseconds, controller.Platform.NowNanoseconds);
        return CommandOutcome.Completed;
    }

    private static void Get(NvmeController controller, ref CommandSlot slot, bool isDefault)
    {
        TimestampData data = isDefault ? default : controller.Features.Timestamp.Read(controller.Platform.NowNanoseconds);
        *(ulong*)slot.Buffer = data.Raw;
    }
}
