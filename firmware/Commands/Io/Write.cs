using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Io;

/// <summary>Write, opcode 01h (NVM Command Set 1.1 section 3.3.6): blocks from host memory to the media.</summary>
public static unsafe class Write
{
    /// <summary>Row of the dispatch table.</summary>
    public static CommandDescriptor Descriptor { get; } = new()
    {
        Opcode = (byte)NvmOpcode.Write,
        Name = "Write",
        NamespaceRule = NamespaceRule.Active,
        DataPath = DataPath.Direct,
        Effects = MediaCommand.ChangesBlocks,
        Prepare = &Prepare,
        Execute = &Execute,
        Continue = &Continue,
    };

    private static Status Prepare(NvmeController controller, ref CommandSlot slot) =>
        MediaCommand.PrepareTransfer(controller, ref slot, DataDirection.HostToController);

    private static CommandOutcome Execute(NvmeController controller, ref CommandSlot slot)
    {
        BackendFlags flags = MediaCommand.WriteFlags(controller, new ReadWriteDword12(slot.Entry.Cdw12).ForceUnitAccess);
        ulong offset = MediaCommand.OffsetBytes(controller, ref slot);
        slot.Operation.Begin(BackendOperationKind.Write, flags, offset, slot.DataLengthBytes);
        CommandOutcome outcome = controller.Engine.SubmitOperation(ref slot);
        return outcome == CommandOutcome.Completed ? Continue(controller, ref slot) : outcome;
    }

    private static CommandOutcome Continue(NvmeController controller, ref CommandSlot slot)
    {
        MediaCommand.TakeStatus(controller, ref slot);
        controller.Smart.HostWriteCommands++;
        if (slot.Status.IsSuccess)
        {
            controller.Smart.BytesWritten += slot.DataLengthBytes;
        }

        return CommandOutcome.Completed;
    }
}
