using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Features;

/// <summary>
/// Endurance Group Event Configuration, 18h (NVMe Base 2.1 section 5.1.25.1.16): which critical warnings of the endurance group put it on the
/// Event Aggregate log. There is one group.
/// </summary>
internal static unsafe class EnduranceGroupEvents
{
    private const byte GroupByte = 44;

    /// <summary>The row.</summary>
    public static FeatureDescriptor Row { get; } = new()
    {
        Id = FeatureId.EnduranceGroupEventConfiguration,
        Name = "Endurance Group Event Configuration",
        CheckSet = &Check,
        Set = &Set,
        CheckGet = &Check,
        Get = &Get,
    };

    private static Status Check(NvmeController controller, ref CommandSlot slot) =>
        new EnduranceGroupEventConfigurationFeature(slot.Entry.Cdw11).EnduranceGroupIdentifier == EnduranceGroup.Identifier
            ? Status.Success
            : slot.Blame(new Status(StatusCode.InvalidField, true), GroupByte);

    private static CommandOutcome Set(NvmeController controller, ref CommandSlot slot)
    {
        controller.Features.Current.EnduranceGroupWarnings =
            new EnduranceGroupEventConfigurationFeature(slot.Entry.Cdw11).CriticalWarnings & EnduranceGroup.Warnings;
        controller.Smart.Health.Evaluate(controller, controller.Platform.NowNanoseconds);
        return CommandOutcome.Completed;
    }

    private static void Get(NvmeController controller, ref CommandSlot slot, bool isDefault) =>
        slot.Result0 = new EnduranceGroupEventConfigurationFeature
        {
            EnduranceGroupIdentifier = EnduranceGroup.Identifier,
            CriticalWarnings = controller.Features.Values(isDefault).EnduranceGroupWarnings,
        }.Raw;
}
