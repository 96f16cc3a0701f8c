using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Features;

/// <summary>
/// Error Recovery, 05h (NVM Command Set 1.1 section 4.1.3), a value for each namespace. The time limit is kept and returned; it never
/// binds, because a backend's error is reported at once and never retried. Errors on deallocated blocks cannot be switched on
/// (NSFEAT.DAE is 0).
/// </summary>
internal static unsafe class ErrorRecovery
{
    /// <summary>The row.</summary>
    public static FeatureDescriptor Row { get; } = new()
    {
        Id = FeatureId.ErrorRecovery,
        Name = "Error Recovery",
        IsNamespaceSpecific = true,
        CheckSet = &CheckSet,
        Set = &Set,
        Get = &Get,
    };

    private static Status CheckSet(NvmeController controller, ref CommandSlot slot) =>
        new ErrorRecoveryFeature(slot.Entry.Cdw11).DeallocatedOrUnwrittenErrorEnable
            ? slot.Blame(new Status(StatusCode.InvalidField, true), 46)
            : Status.Success;

    private static CommandOutcome Set(NvmeController controller, ref CommandSlot slot)
    {
        ErrorRecoveryFeature wanted = new(slot.Entry.Cdw11);
        ErrorRecoveryFeature kept = new()
        {
            TimeLimitedErrorRecoveryIn100Milliseconds = wanted.TimeLimitedErrorRecoveryIn100Milliseconds,
        };
        for (int i = 0; i < controller.Namespaces.Count; i++)
        {
            if (slot.NamespaceIndex == i || (slot.NamespaceIndex < 0 && controller.Namespaces[i].IsActive))
            {
                controller.Features.ErrorRecovery(i) = kept;
            }
        }

        return CommandOutcome.Completed;
    }

    private static void Get(NvmeController controller, ref CommandSlot slot, bool isDefault) =>
        slot.Result0 = isDefault ? 0 : controller.Features.ErrorRecovery(slot.NamespaceIndex).Raw;
}
