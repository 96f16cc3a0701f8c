using Nvmepf.Firmware.Commands;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Passthrough;

/// <summary>
/// Vendor specific admin commands, C0h to FFh: to the target. How much data one moves is known only where the target follows the standard's
/// format for them (AVSCC: dword 10 counts dwords, NVMe Base 2.1 section 4.1.1); without that only commands without data pass.
/// </summary>
/// <remarks>Their effects are the vendor's secret, so the target is looked at afterwards: namespaces and formats may have changed.</remarks>
public static unsafe class VendorCommands
{
    private const byte DirectionMask = 3;
    private const byte BothDirections = 3;
    private const byte StandardFormat = 1;
    private const byte LengthByte = 40;

    /// <summary>The rows, one for each opcode.</summary>
    internal static CommandDescriptor[] Rows()
    {
        CommandDescriptor[] rows = new CommandDescriptor[0x100 - Spec.Opcode.FirstVendorSpecificAdmin];
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = new CommandDescriptor
            {
                Opcode = (byte)(Spec.Opcode.FirstVendorSpecificAdmin + i),
                Name = "Vendor specific",
                NamespaceRule = NamespaceRule.HandlerDecides,
                DataPath = DataPath.Buffered,
                Prepare = &Prepare,
                Execute = &Execute,
                Continue = &Continue,
            };
        }

        return rows;
    }

    private static Status Prepare(CommandEngine engine, ref CommandSlot slot)
    {
        int direction = slot.Entry.Cdw0.Opcode & DirectionMask;
        if (direction == 0)
        {
            return Status.Success;
        }

        PassthroughTarget target = engine.Controller.Passthrough!;
        if (direction == BothDirections || (target.Current.Controller->AdminVendorSpecificCommandConfiguration & StandardFormat) == 0)
        {
            return slot.Blame(new Status(StatusCode.InvalidOpcode, true), 0);
        }

        ulong lengthBytes = slot.Entry.Cdw10 * (ulong)sizeof(uint);
        if (lengthBytes > target.MaximumTransferBytes)
        {
            return slot.Blame(new Status(StatusCode.InvalidField, true), LengthByte);
        }

        slot.Direction = (DataDirection)direction;
        slot.DataLengthBytes = (uint)lengthBytes;
        return Status.Success;
    }

    private static CommandOutcome Execute(CommandEngine engine, ref CommandSlot slot) => engine.Controller.Passthrough!.ForwardAdmin(engine, ref slot);

    private static CommandOutcome Continue(CommandEngine engine, ref CommandSlot slot)
    {
        engine.Controller.Passthrough!.NoteEffects();
        slot.Status = slot.Operation.Status;
        return CommandOutcome.Completed;
    }
}
