using Nvmepf.Firmware.Namespaces.State;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Io;

/// <summary>
/// Reservation Report, opcode 0Eh (NVMe Base 2.1 section 7.8): who has registered and who holds what, an entry for each controller of a registrant,
/// and one for a registrant that has none. In the extended form where the host has chosen an identifier of 16 bytes, and in that only.
/// </summary>
public static unsafe class ReservationReport
{
    private const byte LengthByte = 40;
    private const byte ExtendedByte = 44;

    /// <summary>Row of the dispatch table.</summary>
    public static CommandDescriptor Descriptor { get; } = new()
    {
        Opcode = (byte)NvmOpcode.ReservationReport,
        Name = "Reservation Report",
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

        bool isExtended = new ReservationReportDword11(slot.Entry.Cdw11).ExtendedDataStructure;
        if (isExtended != engine.Controller.Features.Host.IsExtended)
        {
            return slot.Blame(new Status(StatusCode.HostIdentifierInconsistentFormat, true), ExtendedByte);
        }

        ulong lengthBytes = (new ReservationReportDword10(slot.Entry.Cdw10).NumberOfDwordsZeroBased + 1ul) * sizeof(uint);
        if (lengthBytes > engine.Controller.Settings.MaximumTransferBytes)
        {
            return slot.Blame(new Status(StatusCode.InvalidField, true), LengthByte);
        }

        slot.Direction = DataDirection.ControllerToHost;
        slot.DataLengthBytes = (uint)lengthBytes;
        return Status.Success;
    }

    private static CommandOutcome Execute(CommandEngine engine, ref CommandSlot slot)
    {
        slot.Status = Status.Success;
        NamespaceState state = engine.Namespaces[slot.NamespaceIndex].State;
        if (!state.TryEnter())
        {
            if (SharedStateWait.IsOver(engine.Controller, ref slot))
            {
                return slot.Fail(StatusCode.InternalError);
            }

            slot.Flags |= CommandFlags.Stalled;
            return CommandOutcome.Pending;
        }

        uint lengthBytes = Write(state, new Span<byte>(slot.Buffer, (int)slot.DataLengthBytes), engine.Controller.Features.Host.IsExtended);
        state.Exit();
        CutSegments(ref slot, lengthBytes);
        return CommandOutcome.Completed;
    }

    /// <summary>Writes as much of the data structure as there is room for.</summary>
    /// <returns>Its length as far as it was written.</returns>
    internal static uint Write(NamespaceState state, Span<byte> room, bool isExtended)
    {
        NamespaceStateData data = state.Current;
        int headerBytes = isExtended ? ReservationStatusHeader.ExtendedSizeBytes : sizeof(ReservationStatusHeader);
        int entryBytes = isExtended ? sizeof(RegisteredControllerExtended) : sizeof(RegisteredController);
        ushort entries = 0;
        byte* entry = stackalloc byte[sizeof(RegisteredControllerExtended)];
        for (int i = 0; i < data.Count; i++)
        {
            Registrant registrant = data.Registrants[i];
            bool hasController = false;
            foreach (NamespaceView? view in state.Views)
            {
                if (view!.Host == registrant.Host)
                {
                    hasController = true;
                    FillEntry(entry, isExtended, in registrant, view.ControllerIdentifier, data.IsHolder(i));
                    Put(room, headerBytes + (entries++ * entryBytes), new ReadOnlySpan<byte>(entry, entryBytes));
                }
            }

            if (!hasController)
            {
                FillEntry(entry, isExtended, in registrant, RegisteredController.NoController, data.IsHolder(i));
                Put(room, headerBytes + (entries++ * entryBytes), new ReadOnlySpan<byte>(entry, entryBytes));
            }
        }

        ReservationStatusHeader header = new()
        {
            Generation = data.Generation,
            Type = data.Type,
            NumberOfRegisteredControllers = entries,
            PersistThroughPowerLossState = data.PersistsThroughPowerLoss ? (byte)1 : (byte)0,
        };
        Put(room, 0, new ReadOnlySpan<byte>(&header, sizeof(ReservationStatusHeader)));
        return (uint)Math.Min(room.Length, headerBytes + (entries * entryBytes));
    }

    private static void FillEntry(byte* entry, bool isExtended, in Registrant registrant, ushort controllerIdentifier, bool isHolder)
    {
        new Span<byte>(entry, sizeof(RegisteredControllerExtended)).Clear();
        if (isExtended)
        {
            RegisteredControllerExtended* extended = (RegisteredControllerExtended*)entry;
            extended->ControllerIdentifier = controllerIdentifier;
            extended->ReservationStatus = isHolder ? (byte)1 : (byte)0;
            extended->ReservationKey = registrant.Key;
            extended->HostIdentifier = registrant.Host.Identifier;
            return;
        }

        RegisteredController* plain = (RegisteredController*)entry;
        plain->ControllerIdentifier = controllerIdentifier;
        plain->ReservationStatus = isHolder ? (byte)1 : (byte)0;
        plain->HostIdentifier = (ulong)registrant.Host.Identifier;
        plain->ReservationKey = registrant.Key;
    }

    private static void Put(Span<byte> room, int offset, ReadOnlySpan<byte> bytes)
    {
        if (offset < room.Length)
        {
            bytes[..Math.Min(bytes.Length, room.Length - offset)].CopyTo(room[offset..]);
        }
    }

    /// <summary>What lies beyond the end of the data structure stays the host's as it is.</summary>
    private static void CutSegments(ref CommandSlot slot, uint lengthBytes)
    {
        ulong left = lengthBytes;
        int count = 0;
        while (count < slot.SegmentCount && left > 0)
        {
            slot.Segments[count].LengthBytes = Math.Min(slot.Segments[count].LengthBytes, left);
            left -= slot.Segments[count++].LengthBytes;
        }

        slot.SegmentCount = count;
    }
}
