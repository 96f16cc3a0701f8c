using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Features;

/// <summary>
/// Interrupt Vector Configuration, 09h (NVMe Base 2.1 section 5.1.25.2.3): whether coalescing is off for one vector. Every vector that the
/// function has can be configured, with a queue on it or without.
/// </summary>
internal static unsafe class InterruptVectorConfiguration
{
    /// <summary>The row.</summary>
    public static FeatureDescriptor Row { get; } = new()
    {
        Id = FeatureId.InterruptVectorConfiguration,
        Name = "Interrupt Vector Configuration",
        CheckSet = &Check,
        Set = &Set,
        CheckGet = &Check,
        Get = &Get,
    };

    private static Status Check(NvmeController controller, ref CommandSlot slot) =>
        new InterruptVectorConfigurationFeature(slot.Entry.Cdw11).InterruptVector < controller.Platform.InterruptVectorCount
            ? Status.Success
            : slot.Blame(new Status(StatusCode.InvalidField, true), 44);

    private static CommandOutcome Set(NvmeController controller, ref CommandSlot slot)
    {
        InterruptVectorConfigurationFeature wanted = new(slot.Entry.Cdw11);
        controller.Features.SetCoalescingDisabled(wanted.InterruptVector, wanted.CoalescingDisable);
        return CommandOutcome.Completed;
    }

    private static void Get(NvmeController controller, ref CommandSlot slot, bool isDefault)
    {
        ushort vector = new InterruptVectorConfigurationFeature(slot.Entry.Cdw11).InterruptVector;
        slot.Result0 = new InterruptVectorConfigurationFeature
        {
            InterruptVector = vector,
            CoalescingDisable = !isDefault && controller.Features.IsCoalescingDisabled(vector),
        }.Raw;
    }
}
