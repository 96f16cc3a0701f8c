using Nvmepf.Firmware.Controller;
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
        DataPath = DataPath.Direct,
        Prepare = &Prepare,
        Execute = &Execute,
        Continue = &Continue,
    };

    private static Status Prepare(NvmeController controller, ref CommandSlot slot) =>
        MediaCommand.PrepareTransfer(controller, ref slot, DataDirection.ControllerToHost);

    private static CommandOutcome Execute(NvmeController controller, ref CommandSlot slot)
    {
        if (!MediaCommand.NeedsCommit(controller, ref slot))
        {
            return BeginRead(controller, ref slot);
        }

        slot.Step = Committing;
        slot.Operation.Begin(BackendOperationKind.Flush, BackendFlags.None, 0, 0);
        return Submit(controller, ref slot);
    }

    private static CommandOutcome BeginRead(NvmeController controller, ref CommandSlot slot)
    {
        slot.Step = Reading;
        ulong offset = MediaCommand.OffsetBytes(controller, ref slot);
        slot.Operation.Begin(BackendOperationKind.Read, BackendFlags.None, offset, slot.DataLengthBytes);
        return Submit(controller, ref slot);
    }

    // At most two operations a command, so that the mutual calls end.
    private static CommandOutcome Submit(NvmeController controller, ref CommandSlot slot)
    {
        CommandOutcome outcome = controller.Engine.SubmitOperation(ref slot);
        return outcome == CommandOutcome.Completed ? Continue(controller, ref slot) : outcome;
    }

    private static CommandOutcome Continue(NvmeController controller, ref CommandSlot slot)
    {
        MediaCommand.TakeStatus(controller, ref slot);
        return slot.Step == Committing && slot.Status.IsSuccess
            ? BeginRead(controller, ref slot)
            : MediaCommand.EndRead(controller, ref slot);
    }
}
