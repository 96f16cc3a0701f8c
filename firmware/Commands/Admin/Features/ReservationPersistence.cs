using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces.State;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Features;

/// <summary>
/// Reservation Persistence, 83h (NVMe Base 2.1 section 5.1.25.1.30): whether registrants and reservation of a namespace outlive a loss of power
/// (PTPL). The namespace's, for all controllers; resets do not change it. Only namespaces with a state file can be set to 1.
/// </summary>
internal static unsafe class ReservationPersistence
{
    private const byte ValueByte = 44;

    /// <summary>The row.</summary>
    public static FeatureDescriptor Row { get; } = new()
    {
        Id = FeatureId.ReservationPersistence,
        Name = "Reservation Persistence",
        IsNamespaceSpecific = true,
        IsSupported = &IsSupported,
        CheckSet = &CheckSet,
        Set = &Run,
        ContinueSet = &Run,
        CheckGet = &CheckGet,
        Get = &Get,
    };

    private static bool IsSupported(NvmeController controller) => controller.HasReservations;

    private static bool Wanted(ref CommandSlot slot) => new ReservationPersistenceFeature(slot.Entry.Cdw11).PersistThroughPowerLoss;

    private static Status CheckGet(NvmeController controller, ref CommandSlot slot) =>
        ReservationNotificationMask.CheckNamespace(controller, ref slot, slot.NamespaceIndex);

    private static Status CheckSet(NvmeController controller, ref CommandSlot slot)
    {
        for (int i = 0; i < controller.Namespaces.Count; i++)
        {
            if (!SharedStateChange.IsMeant(controller, ref slot, i))
            {
                continue;
            }

            NamespaceState state = controller.Namespaces[i].State;
            if (!state.HasReservations || (Wanted(ref slot) && !state.IsKept))
            {
                return slot.Blame(new Status(StatusCode.InvalidField, true), ValueByte);
            }
        }

        return Status.Success;
    }

    private static CommandOutcome Run(NvmeController controller, ref CommandSlot slot)
    {
        while (!SharedStateChange.IsThrough(controller, ref slot))
        {
            if (slot.Step == SharedStateChange.Changed)
            {
                SharedStateChange.Next(ref slot);
            }
            else if (SharedStateChange.Step(controller, ref slot, &Change, &HasToLast) is CommandOutcome ended)
            {
                return ended;
            }
        }

        return CommandOutcome.Completed;
    }

    private static Status Change(ref CommandSlot slot, NamespaceStateData current, NamespaceStateData next)
    {
        next.PersistsThroughPowerLoss = Wanted(ref slot);
        return Status.Success;
    }

    private static bool HasToLast(NamespaceStateData current, NamespaceStateData next) =>
        current.PersistsThroughPowerLoss || next.PersistsThroughPowerLoss;

    private static void Get(NvmeController controller, ref CommandSlot slot, bool isDefault) =>
        slot.Result0 = new ReservationPersistenceFeature
        {
            PersistThroughPowerLoss = !isDefault && controller.Namespaces[slot.NamespaceIndex].State.PersistsThroughPowerLoss,
        }.Raw;
}
