using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Features;

/// <summary>
/// Interrupt Coalescing, 08h (NVMe Base 2.1 section 5.1.25.2.2): for all I/O completion queues; the admin queue is never held back.
/// </summary>
internal static unsafe class InterruptCoalescing
{
    /// <summary>The row.</summary>
    public static FeatureDescriptor Row { get; } = new()
    {
        Id = FeatureId.InterruptCoalescing,
        Name = "Interrupt Coalescing",
        Set = &Set,
        Get = &Get,
    };

    private static CommandOutcome Set(NvmeController controller, ref CommandSlot slot)
    {
        InterruptCoalescingFeature wanted = new(slot.Entry.Cdw11);
        controller.Features.Current.InterruptCoalescing = new InterruptCoalescingFeature
        {
            AggregationThresholdZeroBased = wanted.AggregationThresholdZeroBased,
            AggregationTimeIn100Microseconds = wanted.AggregationTimeIn100Microseconds,
        };
        return CommandOutcome.Completed;
    }

    private static void Get(NvmeController controller, ref CommandSlot slot, bool isDefault) =>
        slot.Result0 = controller.Features.Values(isDefault).InterruptCoalescing.Raw;
}
