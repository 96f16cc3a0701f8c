using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Features;

/// <summary>
/// Keep Alive Timer, 0Fh (NVMe Base 2.1 section 5.1.25.1.8): the timeout in milliseconds, rounded up to whole seconds (KAS); 0 turns the
/// timer off, and it is off after a reset.
/// </summary>
internal static unsafe class KeepAliveTimeout
{
    /// <summary>The row.</summary>
    public static FeatureDescriptor Row { get; } = new()
    {
        Id = FeatureId.KeepAliveTimer,
        Name = "Keep Alive Timer",
        CheckSet = &CheckSet,
        Set = &Set,
        Get = &Get,
    };

    private static Status CheckSet(NvmeController controller, ref CommandSlot slot) =>
        KeepAliveTimer.IsValid(new KeepAliveTimerFeature(slot.Entry.Cdw11).KeepAliveTimeoutMilliseconds)
            ? Status.Success
            : slot.Blame(new Status(StatusCode.KeepAliveTimeoutInvalid, true), 44);

    private static CommandOutcome Set(NvmeController controller, ref CommandSlot slot)
    {
        uint milliseconds = new KeepAliveTimerFeature(slot.Entry.Cdw11).KeepAliveTimeoutMilliseconds;
        _ = controller.Features.KeepAlive.TrySet(milliseconds, controller.Platform.NowNanoseconds, controller.CommandsFetched);
        return CommandOutcome.Completed;
    }

    private static void Get(NvmeController controller, ref CommandSlot slot, bool isDefault) =>
        slot.Result0 = isDefault ? 0 : controller.Features.KeepAliveTimeoutMilliseconds;
}
