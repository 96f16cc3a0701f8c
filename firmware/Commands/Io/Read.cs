using Nvmepf.Firmware.Namespaces;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Io;

/// <summary>Read, opcode 02h (NVM Command Set 1.1 section 3.3.4): blocks of the media into host memory.</summary>
public static unsafe class Read
{
    // Steps: what the operation under way is.
    private const byte Committing = 1;
    private const byte Reading = 2;

    /// <summary>Row of the dispatch table.</summary>
    public static CommandDescriptor Descriptor { get; } = new()
    {
        Opcode = (byte)NvmOpcode.Read,
        Name = "Read",
        NamespaceRule = NamespaceRule.Active,
        Access = CommandAccess.Read,
        DataPath = DataPath.Direct,
        Prepare = &Prepare,
        Execute = &Execute,
        Continue = &Continue,
    };

    private static Status Prepare(CommandEngine engine, ref CommandSlot slot) =>
        MediaCommand.PrepareTransfer(engine, ref slot, DataDirection.ControllerToHost);

    private static CommandOutcome Execute(CommandEngine engine, ref CommandSlot slot)
    {
        if (!MediaCommand.NeedsCommit(engine, ref slot))
        {
            return BeginRead(engine, ref slot);
        }

        slot.Step = Committing;
        slot.Operation.Begin(BackendOperationKind.Flush, BackendFlags.None, 0, 0);
        return Submit(engine, ref slot);
    }

    private static CommandOutcome BeginRead(CommandEngine engine, ref CommandSlot slot)
    {
        slot.Step = Reading;
        ulong offset = MediaCommand.OffsetBytes(engine, ref slot);
        slot.Operation.Begin(BackendOperationKind.Read, BackendFlags.None, offset, slot.DataLengthBytes);
        return Submit(engine, ref slot);
    }

    // At most two operations a command, so that the mutual calls end.
    private static CommandOutcome Submit(CommandEngine engine, ref CommandSlot slot)
    {
        CommandOutcome outcome = engine.SubmitOperation(ref slot);
        return outcome == CommandOutcome.Completed ? Continue(engine, ref slot) : outcome;
    }

    private static CommandOutcome Continue(CommandEngine engine, ref CommandSlot slot)
    {
        MediaCommand.TakeStatus(engine, ref slot);
        return slot.Step == Committing && slot.Status.IsSuccess
            ? BeginRead(engine, ref slot)
            : MediaCommand.EndRead(engine, ref slot);
    }
}
