using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Features;

/// <summary>
/// Reservation Notification Mask, 82h (NVMe Base 2.1 section 5.1.25.1.29): which notifications of a namespace the controller's host does not want.
/// The controller's own, a value for each namespace; none is masked after a reset.
/// </summary>
internal static unsafe class ReservationNotificationMask
{
    private const byte NamespaceByte = 4;

    private const uint Defined = 0b1110;

    /// <summary>The row.</summary>
    public static FeatureDescriptor Row { get; } = new()
    {
        Id = FeatureId.ReservationNotificationMask,
        Name = "Reservation Notification Mask",
        IsNamespaceSpecific = true,
        IsSupported = &IsSupported,
        CheckSet = &CheckSet,
        Set = &Set,
        CheckGet = &CheckGet,
        Get = &Get,
    };

    /// <summary>Invalid Field for a namespace without reservations.</summary>
    internal static Status CheckNamespace(NvmeController controller, ref CommandSlot slot, int index) =>
        index < 0 || controller.Namespaces[index].State.HasReservations
            ? Status.Success
            : slot.Blame(new Status(StatusCode.InvalidField, true), NamespaceByte);

    private static bool IsSupported(NvmeController controller) => controller.HasReservations;

    private static Status CheckSet(NvmeController controller, ref CommandSlot slot) => CheckNamespace(controller, ref slot, slot.NamespaceIndex);

    private static Status CheckGet(NvmeController controller, ref CommandSlot slot) => CheckNamespace(controller, ref slot, slot.NamespaceIndex);

    private static CommandOutcome Set(NvmeController controller, ref CommandSlot slot)
    {
        for (int i = 0; i < controller.Namespaces.Count; i++)
        {
            if (slot.NamespaceIndex == i || (slot.NamespaceIndex < 0 && controller.Namespaces[i].IsActive))
            {
                controller.Features.ReservationNotificationMask(i) = new ReservationNotificationMaskFeature(slot.Entry.Cdw11 & Defined);
            }
        }

        return CommandOutcome.Completed;
    }

    private static void Get(NvmeController controller, ref CommandSlot slot, bool isDefault) =>
        slot.Result0 = isDefault ? 0 : controller.Features.ReservationNotificationMask(slot.NamespaceIndex).Raw;
}
