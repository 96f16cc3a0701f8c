using Nvmepf.Firmware.Namespaces.State;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Io;

/// <summary>
/// Reservation Acquire, opcode 11h (NVMe Base 2.1 section 7.5): acquires a reservation, or preempts one and its holder's registration; with
/// "and abort" it ends when the commands of the preempted hosts have ended.
/// </summary>
public static unsafe class ReservationAcquire
{
    /// <summary>Row of the dispatch table.</summary>
    public static CommandDescriptor Descriptor { get; } = new()
    {
        Opcode = (byte)NvmOpcode.ReservationAcquire,
        Name = "Reservation Acquire",
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

        ReservationAcquireDword10 dword10 = new(slot.Entry.Cdw10);
        if (dword10.Action > ReservationAcquireAction.PreemptAndAbort || dword10.IgnoreExistingKey)
        {
            return slot.Blame(new Status(StatusCode.InvalidField, true), ReservationCommand.ActionByte);
        }

        if (!ReservationCommand.IsType(dword10.Type))
        {
            return slot.Blame(new Status(StatusCode.InvalidField, true), ReservationCommand.TypeByte);
        }

        ReservationCommand.TakeData(ref slot, (uint)sizeof(ReservationAcquireData));
        return Status.Success;
    }

    private static CommandOutcome Execute(CommandEngine engine, ref CommandSlot slot)
    {
        bool aborts = new ReservationAcquireDword10(slot.Entry.Cdw10).Action == ReservationAcquireAction.PreemptAndAbort;
        return ReservationCommand.Run(engine, ref slot, &Change, aborts);
    }

    private static Status Change(ref CommandSlot slot, NamespaceStateData next, ReservationNotices notices, HostIdentity host) =>
        Reservations.Acquire(next, notices, host, new ReservationAcquireDword10(slot.Entry.Cdw10), in *(ReservationAcquireData*)slot.Buffer);
}
