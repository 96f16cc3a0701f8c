using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Features;

/// <summary>
/// Asynchronous Event Configuration, 0Bh (NVMe Base 2.1 section 5.1.25.1.5): which warnings and notices become events. A notice that OAES
/// does not offer cannot be switched on; reserved bits are dropped.
/// </summary>
internal static unsafe class AsynchronousEventConfiguration
{
    /// <summary>Bits of the notices that the standard defines, supported or not.</summary>
    private const uint DefinedNotices = 0xF80F_FF00;

    private const CriticalWarning SupportedWarnings = CriticalWarning.AvailableSpareBelowThreshold | CriticalWarning.TemperatureThreshold
        | CriticalWarning.NvmSubsystemReliabilityDegraded | CriticalWarning.AllMediaReadOnly | CriticalWarning.VolatileMemoryBackupFailed;

    /// <summary>The row.</summary>
    public static FeatureDescriptor Row { get; } = new()
    {
        Id = FeatureId.AsynchronousEventConfiguration,
        Name = "Asynchronous Event Configuration",
        CheckSet = &CheckSet,
        Set = &Set,
        Get = &Get,
    };

    private static Status CheckSet(NvmeController controller, ref CommandSlot slot)
    {
        uint refused = slot.Entry.Cdw11 & DefinedNotices & ~(uint)AsyncEvents.SupportedBy(controller);
        if (refused == 0)
        {
            return Status.Success;
        }

        int bit = System.Numerics.BitOperations.TrailingZeroCount(refused);
        return slot.Blame(new Status(StatusCode.InvalidField, true), (byte)(44 + (bit / 8)), (byte)(bit % 8));
    }

    private static CommandOutcome Set(NvmeController controller, ref CommandSlot slot)
    {
        uint kept = (uint)SupportedWarnings | (uint)AsyncEvents.SupportedBy(controller);
        controller.Features.Current.AsynchronousEvents = new AsynchronousEventConfigurationFeature(slot.Entry.Cdw11 & kept);

        // A condition that already holds is reported as soon as its event is enabled.
        controller.Smart.Health.Evaluate(controller, controller.Platform.NowNanoseconds);
        return CommandOutcome.Completed;
    }

    private static void Get(NvmeController controller, ref CommandSlot slot, bool isDefault) =>
        slot.Result0 = controller.Features.Values(isDefault).AsynchronousEvents.Raw;
}
