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
        Access = CommandAccess.Write | CommandAccess.Change,
        DataPath = DataPath.Direct,
        Effects = MediaCommand.ChangesBlocks,
        Prepare = &Prepare,
        Execute = &Execute,
        Continue = &Continue,
    };

    private static Status Prepare(CommandEngine engine, ref CommandSlot slot) =>
        MediaCommand.PrepareTransfer(engine, ref slot, DataDirection.HostToController);

    private static CommandOutcome Execute(CommandEngine engine, ref CommandSlot slot)
    {
        BackendFlags flags = MediaCommand.WriteFlags(engine, new ReadWriteDword12(slot.Entry.Cdw12).ForceUnitAccess);
        ulong offset = MediaCommand.OffsetBytes(engine, ref slot);
        slot.Operation.Begin(BackendOperationKind.Write, flags, offset, slot.DataLengthBytes);
        CommandOutcome outcome = engine.SubmitOperation(ref slot);
        return outcome == CommandOutcome.Completed ? Continue(engine, ref slot) : outcome;
    }

    private static CommandOutcome Continue(CommandEngine engine, ref CommandSlot slot)
    {
        MediaCommand.TakeStatus(engine, ref slot);
        engine.Media.Count(isWrite: true, slot.Status.IsSuccess ? slot.DataLengthBytes : 0);
        return CommandOutcome.Completed;
    }
}
