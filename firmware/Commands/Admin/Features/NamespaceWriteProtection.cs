using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Namespaces.State;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Features;

/// <summary>
/// Namespace Write Protection Config, 84h (NVMe Base 2.1 section 5.1.25.1.31): none, write protect, until the next power cycle, permanent. The
/// state is the namespace's, for all controllers, and outlives resets; the second and fourth outlive a loss of power in the namespace's state
/// file. A start of the process is a power cycle.
/// </summary>
/// <remarks>
/// Commands that change the media are refused from the moment that the change is in force; what was written before is flushed after that, and
/// then the command completes. Commands that other queues have accepted before may still be under way.
/// </remarks>
internal static unsafe class NamespaceWriteProtection
{
    /// <summary>Identify Controller NWPC.</summary>
    public const WriteProtectionCapabilities Capabilities =
        WriteProtectionCapabilities.WriteProtect | WriteProtectionCapabilities.UntilPowerCycle | WriteProtectionCapabilities.Permanent;

    private const byte StateByte = 44;

    private const byte Flushed = SharedStateChange.Changed + 1;

    /// <summary>The row.</summary>
    public static FeatureDescriptor Row { get; } = new()
    {
        Id = FeatureId.NamespaceWriteProtectionConfig,
        Name = "Namespace Write Protection Config",
        IsNamespaceSpecific = true,
        CheckSet = &CheckSet,
        Set = &Run,
        ContinueSet = &Run,
        Get = &Get,
    };

    private static WriteProtectionState Wanted(ref CommandSlot slot) =>
        new NamespaceWriteProtectionConfigFeature(slot.Entry.Cdw11).WriteProtectionState;

    private static Status CheckSet(NvmeController controller, ref CommandSlot slot)
    {
        WriteProtectionState wanted = Wanted(ref slot);
        if (wanted > WriteProtectionState.PermanentWriteProtect)
        {
            return slot.Blame(new Status(StatusCode.InvalidField, true), StateByte);
        }

        for (int i = 0; i < controller.Namespaces.Count; i++)
        {
            if (!SharedStateChange.IsMeant(controller, ref slot, i))
            {
                continue;
            }

            NvmeNamespace target = controller.Namespaces[i];
            if (target.State.WriteProtection is WriteProtectionState.WriteProtectUntilPowerCycle or WriteProtectionState.PermanentWriteProtect)
            {
                return slot.Blame(new Status(StatusCode.FeatureNotChangeable, true), StateByte);
            }

            // What would be forgotten with power must not be promised.
            if (Lasts(wanted) && !target.CanKeepState)
            {
                return slot.Blame(new Status(StatusCode.InvalidField, true), StateByte);
            }
        }

        return Status.Success;
    }

    private static bool Lasts(WriteProtectionState state) => state is WriteProtectionState.WriteProtect or WriteProtectionState.PermanentWriteProtect;

    private static CommandOutcome Run(NvmeController controller, ref CommandSlot slot)
    {
        // Each round goes a step further in one namespace, or to the next.
        while (!SharedStateChange.IsThrough(controller, ref slot))
        {
            CommandOutcome? outcome = slot.Step switch
            {
                SharedStateChange.Changed => Flush(controller, ref slot),
                Flushed => TakeFlush(ref slot),
                _ => SharedStateChange.Step(controller, ref slot, &Change, &HasToLast),
            };
            if (outcome is CommandOutcome ended)
            {
                return ended;
            }
        }

        return CommandOutcome.Completed;
    }

    private static Status Change(ref CommandSlot slot, NamespaceStateData current, NamespaceStateData next)
    {
        next.WriteProtection = Wanted(ref slot);

        // Another controller may have been faster.
        return current.WriteProtection is WriteProtectionState.WriteProtectUntilPowerCycle or WriteProtectionState.PermanentWriteProtect
            ? new Status(StatusCode.FeatureNotChangeable, true)
            : Status.Success;
    }

    private static bool HasToLast(NamespaceStateData current, NamespaceStateData next) =>
        Lasts(current.WriteProtection) || Lasts(next.WriteProtection);

    private static CommandOutcome? Flush(NvmeController controller, ref CommandSlot slot)
    {
        if (Wanted(ref slot) == WriteProtectionState.NoWriteProtect
            || !controller.Namespaces[slot.NamespaceIndex].Backend.HasVolatileWriteCache)
        {
            SharedStateChange.Next(ref slot);
            return null;
        }

        slot.Step = Flushed;
        slot.Operation.Begin(BackendOperationKind.Flush, BackendFlags.None, 0, 0);
        return controller.Engine.SubmitOperation(ref slot) == CommandOutcome.Pending ? CommandOutcome.Pending : null;
    }

    private static CommandOutcome? TakeFlush(ref CommandSlot slot)
    {
        slot.Status = slot.Operation.Status;
        SharedStateChange.Next(ref slot);
        return slot.Status.IsError ? CommandOutcome.Completed : null;
    }

    private static void Get(NvmeController controller, ref CommandSlot slot, bool isDefault)
    {
        WriteProtectionState state = isDefault
            ? WriteProtectionState.NoWriteProtect
            : controller.Namespaces[slot.NamespaceIndex].State.WriteProtection;
        slot.Result0 = new NamespaceWriteProtectionConfigFeature { WriteProtectionState = state }.Raw;
    }
}
