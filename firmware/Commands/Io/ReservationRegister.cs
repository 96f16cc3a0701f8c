using Nvmepf.Firmware.Namespaces.State;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Io;

/// <summary>Reservation Register, opcode 0Dh (NVMe Base 2.1 section 7.6): registers, unregisters or replaces the host's key, and sets PTPL.</summary>
public static unsafe class ReservationRegister
{
    private const byte PersistenceByte = 43;
    private const byte PersistenceBit = 6;

    /// <summary>Row of the dispatch table.</summary>
    public static CommandDescriptor Descriptor { get; } = new()
    {
        Opcode = (byte)NvmOpcode.ReservationRegister,
        Name = "Reservation Register",
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

        ReservationRegisterDword10 dword10 = new(slot.Entry.Cdw10);
        if (dword10.Action > ReservationRegisterAction.Replace)
        {
            return slot.Blame(new Status(StatusCode.InvalidField, true), ReservationCommand.ActionByte);
        }

        bool canPersist = engine.Namespaces[slot.NamespaceIndex].State.IsKept;
        if (dword10.ChangePersistence == ChangePersistThroughPowerLoss.Reserved
            || (dword10.ChangePersistence == ChangePersistThroughPowerLoss.Set && !canPersist))
        {
            return slot.Blame(new Status(StatusCode.InvalidField, true), PersistenceByte, PersistenceBit);
        }

        ReservationCommand.TakeData(ref slot, (uint)sizeof(ReservationRegisterData));
        return Status.Success;
    }

    private static CommandOutcome Execute(CommandEngine engine, ref CommandSlot slot) => ReservationCommand.Run(engine, ref slot, &Change, aborts: false);

    private static Status Change(ref CommandSlot slot, NamespaceStateData next, ReservationNotices notices, HostIdentity host) =>
        Reservations.Register(next, notices, host, new ReservationRegisterDword10(slot.Entry.Cdw10), in *(ReservationRegisterData*)slot.Buffer);
}
