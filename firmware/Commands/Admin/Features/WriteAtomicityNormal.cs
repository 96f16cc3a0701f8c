using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Features;

/// <summary>
/// Write Atomicity Normal, 0Ah (NVM Command Set 1.1 section 4.1.3). Kept and returned; atomicity is one logical block either way (AWUN
/// and AWUPF are 0).
/// </summary>
internal static unsafe class WriteAtomicityNormal
{
    /// <summary>The row.</summary>
    public static FeatureDescriptor Row { get; } = new()
    {
        Id = FeatureId.WriteAtomicityNormal,
        Name = "Write Atomicity Normal",
        Set = &Set,
        Get = &Get,
    };

    private static CommandOutcome Set(NvmeController controller, ref CommandSlot slot)
    {
        bool disable = new WriteAtomicityNormalFeature(slot.Entry.Cdw11).DisableNormal;
        controller.Features.Current.WriteAtomicity = new WriteAtomicityNormalFeature { DisableNormal = disable };
        return CommandOutcome.Completed;
    }

    private static void Get(NvmeController controller, ref CommandSlot slot, bool isDefault) =>
        slot.Result0 = controller.Features.Values(isDefault).WriteAtomicity.Raw;
}
