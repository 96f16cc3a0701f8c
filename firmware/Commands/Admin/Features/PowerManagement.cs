using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Features;

/// <summary>
/// Power Management, 02h (NVMe Base 2.1 section 5.1.25.1.2): there is power state 0 and no other (NPSS). The workload hint is kept and
/// returned, and has no effect.
/// </summary>
internal static unsafe class PowerManagement
{
    /// <summary>The row.</summary>
    public static FeatureDescriptor Row { get; } = new()
    {
        Id = FeatureId.PowerManagement,
        Name = "Power Management",
        CheckSet = &CheckSet,
        Set = &Set,
        Get = &Get,
    };

    private static Status CheckSet(NvmeController controller, ref CommandSlot slot) =>
        new PowerManagementFeature(slot.Entry.Cdw11).PowerState == 0
            ? Status.Success
            : slot.Blame(new Status(StatusCode.InvalidField, true), 44);

    private static CommandOutcome Set(NvmeController controller, ref CommandSlot slot)
    {
        PowerManagementFeature wanted = new(slot.Entry.Cdw11);
        controller.Features.Current.PowerManagement = new PowerManagementFeature { WorkloadHint = wanted.WorkloadHint };
        return CommandOutcome.Completed;
    }

    private static void Get(NvmeController controller, ref CommandSlot slot, bool isDefault) =>
        slot.Result0 = controller.Features.Values(isDefault).PowerManagement.Raw;
}
