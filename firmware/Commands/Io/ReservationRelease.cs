using Nvmepf.Firmware.Namespaces.State;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Io;

/// <summary>Reservation Release, opcode 15h (NVMe Base 2.1 section 7.7): releases the reservation, or clears it with all registrations.</summary>
public static unsafe class ReservationRelease
{
    /// <summary>Row of the dispatch table.</summary>
    public static CommandDescriptor Descriptor { get; } = new()
    {
        Opcode = (byte)NvmOpcode.ReservationRelease,
        Name = "Reservation Release",
        NamespaceRule = NamespaceRule.Active,
        DataPath = DataPath.Buffered,
        IsSupported = &ReservationCommand.IsSupported,
        Prepare = &Prepare,
        Execute = &Execute,
    };

    private static Status Prepare(CommandEngine engine, ref CommandSlot slot)
    {
        Status status = ReservationCommand.CheckSupport(engine, ref slot);
        if (status.IsError)
        {
            return status;
        }

        ReservationReleaseDword10 dword10 = new(slot.Entry.Cdw10);
        if (dword10.Action > ReservationReleaseAction.Clear || dword10.IgnoreExistingKey)
        {
            return slot.Blame(new Status(StatusCode.InvalidField, true), ReservationCommand.ActionByte);
        }

        ReservationCommand.TakeData(ref slot, sizeof(ulong));
        return Status.Success;
    }

    private static CommandOutcome Execute(CommandEngine engine, ref CommandSlot slot) => ReservationCommand.Run(engine, ref slot, &Change, aborts: false);

    private static Status Change(ref CommandSlot slot, NamespaceStateData next, ReservationNotices notices, HostIdentity host) =>
        Reservations.Release(next, notices, host, new ReservationReleaseDword10(slot.Entry.Cdw10), *(ulong*)slot.Buffer);
}
