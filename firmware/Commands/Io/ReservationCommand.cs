using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Namespaces.State;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Io;

/// <summary>
/// What the commands that change reservations have in common: who may ask, and the way of a change through the namespace's shared state, which
/// is prepared, saved where it has to last, published, and only then answered (NVMe Base 2.1 section 8.1.22).
/// </summary>
internal static unsafe class ReservationCommand
{
    /// <summary>Byte of CDW10 where the action and IEKEY stand.</summary>
    internal const byte ActionByte = 40;

    /// <summary>Byte of CDW10 where RTYPE stands.</summary>
    internal const byte TypeByte = 41;

    // Steps. Scratch0: the ticket of the change.
    private const byte Changing = 0;
    private const byte Saving = 1;
    private const byte Aborting = 2;

    /// <summary>
    /// Whether the namespace has reservations and the host has said who it is (RHII); for the Prepare of all four commands.
    /// </summary>
    internal static Status CheckSupport(CommandEngine engine, ref CommandSlot slot)
    {
        if (!engine.Namespaces[slot.NamespaceIndex].State.HasReservations)
        {
            return slot.Blame(new Status(StatusCode.InvalidOpcode, true), 0);
        }

        return engine.Controller.Features.Host.IsSet ? Status.Success : new Status(StatusCode.HostIdentifierNotInitialized, true);
    }

    /// <summary>Whether any namespace of the controller has reservations.</summary>
    internal static bool IsSupported(NvmeController controller) => controller.HasReservations;

    /// <summary>Takes the command's data: so many bytes from the host.</summary>
    internal static void TakeData(ref CommandSlot slot, uint lengthBytes)
    {
        slot.Direction = DataDirection.HostToController;
        slot.DataLengthBytes = lengthBytes;
    }

    /// <summary>True for a reservation type that there is.</summary>
    internal static bool IsType(ReservationType type) => type is >= ReservationType.WriteExclusive and <= ReservationType.ExclusiveAccessAllRegistrants;

    /// <summary>Runs a change; called again, as long as the slot waits, by the engine.</summary>
    /// <param name="engine">Engine that the command runs in.</param>
    /// <param name="slot">The command.</param>
    /// <param name="change">Prepares the change on the copy of the state.</param>
    /// <param name="aborts">Commands of preempted hosts are aborted before the command ends.</param>
    internal static CommandOutcome Run(
        CommandEngine engine,
        ref CommandSlot slot,
        delegate* managed<ref CommandSlot, NamespaceStateData, ReservationNotices, HostIdentity, Status> change,
        bool aborts)
    {
        NamespaceState state = engine.Namespaces[slot.NamespaceIndex].State;
        if (slot.Step == Changing && !TryChange(engine, ref slot, state, change, aborts))
        {
            return slot.Step == Changing && slot.Status.IsSuccess ? Stall(engine, ref slot) : CommandOutcome.Completed;
        }

        if (slot.Step == Saving)
        {
            if (!state.TryGetResult((uint)slot.Scratch0, out Status status))
            {
                return Stall(engine, ref slot);
            }

            if (status.IsError || !aborts)
            {
                return status.IsError ? slot.Fail(status) : CommandOutcome.Completed;
            }

            slot.Step = Aborting;
        }

        return IsAborted(state) ? CommandOutcome.Completed : Stall(engine, ref slot);
    }

    /// <summary>Prepares and commits the change; false where it has to be tried again or, with the slot's status set, where it is refused.</summary>
    private static bool TryChange(
        CommandEngine engine,
        ref CommandSlot slot,
        NamespaceState state,
        delegate* managed<ref CommandSlot, NamespaceStateData, ReservationNotices, HostIdentity, Status> change,
        bool aborts)
    {
        slot.Status = Status.Success;
        if (!state.TryEnter())
        {
            return false;
        }

        if (state.IsSaving)
        {
            state.Exit();
            return false;
        }

        HostIdentity host = engine.Namespaces[slot.NamespaceIndex].View!.Host;
        bool lastedBefore = state.Current.PersistsThroughPowerLoss;
        NamespaceStateData next = state.BeginChange(host);
        slot.Status = host.IsSet ? change(ref slot, next, state.Notices, host) : new Status(StatusCode.HostIdentifierNotInitialized, true);
        if (slot.Status.IsSuccess)
        {
            slot.Scratch0 = state.Commit(hasToLast: lastedBefore || next.PersistsThroughPowerLoss, aborts);
            slot.Step = Saving;
        }

        state.Exit();
        return slot.Status.IsSuccess;
    }

    private static bool IsAborted(NamespaceState state)
    {
        if (!state.TryEnter())
        {
            return false;
        }

        bool pending = state.IsAbortPending;
        state.Exit();
        return !pending;
    }

    private static CommandOutcome Stall(CommandEngine engine, ref CommandSlot slot)
    {
        if (SharedStateWait.IsOver(engine.Controller, ref slot))
        {
            return slot.Fail(StatusCode.InternalError);
        }

        slot.Flags |= CommandFlags.Stalled;
        return CommandOutcome.Pending;
    }
}
