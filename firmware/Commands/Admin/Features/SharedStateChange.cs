using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Namespaces.State;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Features;

/// <summary>
/// Set Features of what is the namespace's and not the controller's: goes through the namespaces that are meant, one after the other, and changes
/// the shared state of each, saved where it has to last.
/// </summary>
internal static unsafe class SharedStateChange
{
    // Steps of one namespace. Scratch0: its index; Scratch1: the ticket of the change.
    private const byte Choosing = 0;
    private const byte Changing = 1;
    private const byte Saving = 2;

    /// <summary>The state of the namespace in hand (<see cref="CommandSlot.NamespaceIndex"/>) is changed; what a feature does then is its own.</summary>
    internal const byte Changed = 3;

    /// <summary>True for an active namespace that NSID means, broadcast included.</summary>
    internal static bool IsMeant(NvmeController controller, ref CommandSlot slot, int index) =>
        controller.Namespaces[index].IsActive
        && (controller.Namespaces[index].NamespaceId == slot.Entry.NamespaceIdentifier
            || slot.Entry.NamespaceIdentifier == SubmissionQueueEntry.BroadcastNamespaceIdentifier);

    /// <summary>True where every namespace that is meant has been dealt with.</summary>
    internal static bool IsThrough(NvmeController controller, ref CommandSlot slot) => slot.Scratch0 >= (ulong)controller.Namespaces.Count;

    /// <summary>On to the next namespace.</summary>
    internal static void Next(ref CommandSlot slot)
    {
        slot.Step = Choosing;
        slot.Scratch0++;
    }

    /// <summary>Goes a step further, up to <see cref="Changed"/>.</summary>
    /// <param name="controller">The controller.</param>
    /// <param name="slot">The command.</param>
    /// <param name="change">Prepares the change: what is in force, and the copy to change.</param>
    /// <param name="hasToLast">Whether the change is lost with power otherwise: what was in force, and the copy.</param>
    /// <returns>What the handler returns, or null to go on.</returns>
    internal static CommandOutcome? Step(
        NvmeController controller,
        ref CommandSlot slot,
        delegate* managed<ref CommandSlot, NamespaceStateData, NamespaceStateData, Status> change,
        delegate* managed<NamespaceStateData, NamespaceStateData, bool> hasToLast)
    {
        switch (slot.Step)
        {
            case Choosing when IsMeant(controller, ref slot, (int)slot.Scratch0):
                slot.NamespaceIndex = (int)slot.Scratch0;
                slot.Step = Changing;
                return null;
            case Choosing:
                slot.Scratch0++;
                return null;
            case Changing:
                return Change(controller, ref slot, change, hasToLast);
            default:
                return AwaitSaved(controller, ref slot);
        }
    }

    private static CommandOutcome? Change(
        NvmeController controller,
        ref CommandSlot slot,
        delegate* managed<ref CommandSlot, NamespaceStateData, NamespaceStateData, Status> change,
        delegate* managed<NamespaceStateData, NamespaceStateData, bool> hasToLast)
    {
        NamespaceState state = controller.Namespaces[slot.NamespaceIndex].State;
        if (!state.TryEnter())
        {
            return Stall(controller, ref slot);
        }

        if (state.IsSaving)
        {
            state.Exit();
            return Stall(controller, ref slot);
        }

        NamespaceStateData next = state.BeginChange(default);
        Status status = change(ref slot, state.Current, next);
        if (status.IsSuccess)
        {
            slot.Scratch1 = state.Commit(hasToLast(state.Current, next));
            slot.Step = Saving;
        }

        state.Exit();
        return status.IsSuccess ? null : slot.Fail(status);
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

        slot.Step = Changed;
        return null;
    }

    /// <summary>Again next turn; not for ever.</summary>
    internal static CommandOutcome Stall(NvmeController controller, ref CommandSlot slot)
    {
        if (SharedStateWait.IsOver(controller, ref slot))
        {
            return slot.Fail(StatusCode.InternalError);
        }

        slot.Flags |= CommandFlags.Stalled;
        return CommandOutcome.Pending;
    }
}
