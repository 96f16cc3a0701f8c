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

    // Steps of one namespace. Scratch0: its index; Scratch1: the ticket of the change.
    private const byte Choosing = 0;
    private const byte Changing = 1;
    private const byte Saving = 2;
    private const byte Flushing = 3;
    private const byte Flushed = 4;

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

    private static bool IsMeant(NvmeController controller, ref CommandSlot slot, int index) =>
        controller.Namespaces[index].IsActive
        && (controller.Namespaces[index].NamespaceId == slot.Entry.NamespaceIdentifier
            || slot.Entry.NamespaceIdentifier == SubmissionQueueEntry.BroadcastNamespaceIdentifier);

    private static Status CheckSet(NvmeController controller, ref CommandSlot slot)
    {
        WriteProtectionState wanted = Wanted(ref slot);
        if (wanted > WriteProtectionState.PermanentWriteProtect)
        {
            return slot.Blame(new Status(StatusCode.InvalidField, true), StateByte);
        }

        for (int i = 0; i < controller.Namespaces.Count; i++)
        {
            if (!IsMeant(controller, ref slot, i))
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
        while (slot.Scratch0 < (ulong)controller.Namespaces.Count)
        {
            CommandOutcome? outcome = slot.Step switch
            {
                Choosing => Choose(controller, ref slot),
                Changing => Change(controller, ref slot),
                Saving => AwaitSaved(controller, ref slot),
                Flushing => Flush(controller, ref slot),
                _ => TakeFlush(ref slot),
            };
            if (outcome is CommandOutcome ended)
            {
                return ended;
            }
        }

        return CommandOutcome.Completed;
    }

    private static CommandOutcome? Choose(NvmeController controller, ref CommandSlot slot)
    {
        int index = (int)slot.Scratch0;
        if (IsMeant(controller, ref slot, index))
        {
            slot.NamespaceIndex = index;
            slot.Step = Changing;
        }
        else
        {
            slot.Scratch0++;
        }

        return null;
    }

    private static CommandOutcome? Change(NvmeController controller, ref CommandSlot slot)
    {
        NvmeNamespace target = controller.Namespaces[slot.NamespaceIndex];
        NamespaceState state = target.State;
        WriteProtectionState wanted = Wanted(ref slot);
        if (!state.TryEnter())
        {
            return Stall(controller, ref slot);
        }

        if (state.IsSaving)
        {
            state.Exit();
            return Stall(controller, ref slot);
        }

        WriteProtectionState before = state.Current.WriteProtection;
        if (before is WriteProtectionState.WriteProtectUntilPowerCycle or WriteProtectionState.PermanentWriteProtect)
        {
            state.Exit();
            return slot.Fail(new Status(StatusCode.FeatureNotChangeable, true)); // another controller was faster
        }

        NamespaceStateData next = state.BeginChange(default);
        next.WriteProtection = wanted;
        slot.Scratch1 = state.Commit(hasToLast: Lasts(before) || Lasts(wanted));
        state.Exit();
        slot.Step = Saving;
        return null;
    }

    private static CommandOutcome? AwaitSaved(NvmeController controller, ref CommandSlot slot)
    {
        if (!controller.Namespaces[slot.NamespaceIndex].State.TryGetResult((uint)slot.Scratch1, out Status status))
        {
            return Stall(controller, ref slot);
        }

        if (status.IsError)
        {
            return slot.Fail(status);
        }

        slot.Step = Flushing;
        return null;
    }

    private static CommandOutcome? Flush(NvmeController controller, ref CommandSlot slot)
    {
        slot.Step = Flushed;
        if (Wanted(ref slot) == WriteProtectionState.NoWriteProtect
            || !controller.Namespaces[slot.NamespaceIndex].Backend.HasVolatileWriteCache)
        {
            slot.Status = Status.Success;
            return null;
        }

        slot.Operation.Begin(BackendOperationKind.Flush, BackendFlags.None, 0, 0);
        return controller.Engine.SubmitOperation(ref slot) == CommandOutcome.Pending ? CommandOutcome.Pending : null;
    }

    private static CommandOutcome? TakeFlush(ref CommandSlot slot)
    {
        slot.Status = slot.Operation.Status;
        slot.Step = Choosing;
        slot.Scratch0++;
        return slot.Status.IsError ? CommandOutcome.Completed : null;
    }

    /// <summary>Again next turn; not for ever.</summary>
    private static CommandOutcome Stall(NvmeController controller, ref CommandSlot slot)
    {
        if (SharedStateWait.IsOver(controller, ref slot))
        {
            return slot.Fail(StatusCode.InternalError);
        }

        slot.Flags |= CommandFlags.Stalled;
        return CommandOutcome.Pending;
    }

    private static void Get(NvmeController controller, ref CommandSlot slot, bool isDefault)
    {
        WriteProtectionState state = isDefault
            ? WriteProtectionState.NoWriteProtect
            : controller.Namespaces[slot.NamespaceIndex].State.WriteProtection;
        slot.Result0 = new NamespaceWriteProtectionConfigFeature { WriteProtectionState = state }.Raw;
    }
}
