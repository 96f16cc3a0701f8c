using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.LogPages;

/// <summary>
/// Reservation Notification, 80h (NVMe Base 2.1 section 5.1.12.1.32): the oldest notification, gone once it was read. Where more wait after a
/// read that clears the event, they are an event again.
/// </summary>
internal static unsafe class ReservationNotificationPage
{
    /// <summary>The row.</summary>
    public static LogPageDescriptor Row { get; } = new()
    {
        Id = LogPageId.ReservationNotification,
        Name = "Reservation Notification",
        LengthBytes = sizeof(ReservationNotificationLog),
        Fill = &Fill,
        AfterRead = &AfterRead,
    };

    private static void Fill(NvmeController controller, ref CommandSlot slot, byte* page) => *(ReservationNotificationLog*)page = controller.ReservationLog.Take();

    private static void AfterRead(NvmeController controller) => controller.RaiseReservationEvent();
}
