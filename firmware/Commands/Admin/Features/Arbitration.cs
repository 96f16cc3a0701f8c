using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Features;

/// <summary>
/// Arbitration, 01h (NVMe Base 2.1 section 5.1.25.1.1). The burst bounds what one queue hands over in one visit; the weights are those of
/// <see cref="Queues.WeightedArbiter"/> and have no effect on plain round robin.
/// </summary>
internal static unsafe class Arbitration
{
    /// <summary>The row.</summary>
    public static FeatureDescriptor Row { get; } = new()
    {
        Id = FeatureId.Arbitration,
        Name = "Arbitration",
        Set = &Set,
        Get = &Get,
    };

    private static CommandOutcome Set(NvmeController controller, ref CommandSlot slot)
    {
        ArbitrationFeature wanted = new(slot.Entry.Cdw11);
        controller.Features.Current.Arbitration = new ArbitrationFeature
        {
            ArbitrationBurstLog2 = wanted.ArbitrationBurstLog2,
            LowPriorityWeightZeroBased = wanted.LowPriorityWeightZeroBased,
            MediumPriorityWeightZeroBased = wanted.MediumPriorityWeightZeroBased,
            HighPriorityWeightZeroBased = wanted.HighPriorityWeightZeroBased,
        };
        return CommandOutcome.Completed;
    }

    private static void Get(NvmeController controller, ref CommandSlot slot, bool isDefault) =>
        slot.Result0 = controller.Features.Values(isDefault).Arbitration.Raw;
}
