using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Features;

/// <summary>
/// Host Behavior Support, 16h (NVMe Base 2.1 section 5.1.25.1.14): what the host can deal with, in 512 bytes of data. Kept and returned;
/// nothing that the controller does depends on it yet (no retry delays, no extended LBA formats, no Copy).
/// </summary>
internal static unsafe class HostBehavior
{
    private const int KeptBytes = sizeof(ulong);
    private const int FlagCount = 4; // ACRE, ETDAS, LBAFEE, HDISNS: a byte each, 0 or 1
    private const ulong KeptMask = 0x0000_FFFF_FFFF_FFFF;

    /// <summary>The row.</summary>
    public static FeatureDescriptor Row { get; } = new()
    {
        Id = FeatureId.HostBehaviorSupport,
        Name = "Host Behavior Support",
        DataLengthBytes = &DataLengthBytes,
        Set = &Set,
        Get = &Get,
    };

    private static uint DataLengthBytes(uint dword11) => (uint)sizeof(HostBehaviorSupport);

    private static CommandOutcome Set(NvmeController controller, ref CommandSlot slot)
    {
        for (int i = 0; i < FlagCount; i++)
        {
            if (slot.Buffer[i] > 1)
            {
                return slot.Fail(new Status(StatusCode.InvalidField, true));
            }
        }

        HostBehaviorSupport* data = (HostBehaviorSupport*)slot.Buffer; // the engine's buffer holds DataLengthBytes
        if (data->CopyDescriptorFormatsEnable != 0)
        {
            return slot.Fail(new Status(StatusCode.InvalidField, true)); // Copy is not supported in any format
        }

        controller.Features.Current.HostBehavior = *(ulong*)slot.Buffer & KeptMask;
        return CommandOutcome.Completed;
    }

    private static void Get(NvmeController controller, ref CommandSlot slot, bool isDefault)
    {
        ulong value = controller.Features.Values(isDefault).HostBehavior;
        new ReadOnlySpan<byte>(&value, KeptBytes).CopyTo(new Span<byte>(slot.Buffer, KeptBytes));
    }
}
