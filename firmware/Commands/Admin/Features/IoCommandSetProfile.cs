using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Features;

/// <summary>
/// I/O Command Set Profile, 19h (NVMe Base 2.1 section 5.1.25.1.17): an index into the combinations of Identify CNS 1Ch. There is one,
/// the NVM Command Set alone, at index 0.
/// </summary>
internal static unsafe class IoCommandSetProfile
{
    private const uint IndexMask = 0x1FF;

    /// <summary>The row.</summary>
    public static FeatureDescriptor Row { get; } = new()
    {
        Id = FeatureId.IoCommandSetProfile,
        Name = "I/O Command Set Profile",
        CheckSet = &CheckSet,
        Set = &Set,
        Get = &Get,
    };

    private static Status CheckSet(NvmeController controller, ref CommandSlot slot) => (slot.Entry.Cdw11 & IndexMask) == 0
        ? Status.Success
        : slot.Blame(new Status(StatusCode.IoCommandSetCombinationRejected, true), 44);

    private static CommandOutcome Set(NvmeController controller, ref CommandSlot slot) => CommandOutcome.Completed;

    private static void Get(NvmeController controller, ref CommandSlot slot, bool isDefault) => slot.Result0 = 0;
}
