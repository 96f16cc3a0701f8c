using Nvmepf.Firmware.Namespaces;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Io;

/// <summary>
/// Write Zeroes, opcode 08h (NVM Command Set 1.1 section 3.3.8): a range reads as zeroes, without data from the host and without a size
/// limit below the field's (WZSL says so). With DEAC the storage may be given back. The whole-namespace form (NSZ) is not supported.
/// </summary>
public static unsafe class WriteZeroes
{
    /// <summary>Row of the dispatch table.</summary>
    public static CommandDescriptor Descriptor { get; } = new()
    {
        Opcode = (byte)NvmOpcode.WriteZeroes,
        Name = "Write Zeroes",
        NamespaceRule = NamespaceRule.Active,
        Access = CommandAccess.Write | CommandAccess.Change,
        Effects = MediaCommand.ChangesBlocks,
        Prepare = &Prepare,
        Execute = &Execute,
        Continue = &Continue,
    };

    private static Status Prepare(CommandEngine engine, ref CommandSlot slot)
    {
        WriteZeroesDword12 dword12 = new(slot.Entry.Cdw12);
        Status status = MediaCommand.CheckExtension(ref slot, dword12.CommandExtensionType);
        if (status.IsError)
        {
            return status;
        }

        // Ignoring it would zero a part and let the host believe in the whole.
        if (dword12.NamespaceZeroes)
        {
            return slot.Blame(new Status(StatusCode.InvalidField, doNotRetry: true), MediaCommand.Dword12ThirdByte, 7);
        }

        return MediaCommand.CheckRange(engine, ref slot, dword12.NumberOfLogicalBlocksZeroBased + 1UL);
    }

    private static CommandOutcome Execute(CommandEngine engine, ref CommandSlot slot)
    {
        WriteZeroesDword12 dword12 = new(slot.Entry.Cdw12);
        NvmeNamespace target = engine.Namespaces[slot.NamespaceIndex];
        BackendFlags flags = MediaCommand.WriteFlags(engine, dword12.ForceUnitAccess) |
            (dword12.Deallocate ? BackendFlags.MayDeallocate : BackendFlags.None);
        ulong length = (dword12.NumberOfLogicalBlocksZeroBased + 1UL) << target.BlockShift;
        slot.Operation.Begin(BackendOperationKind.WriteZeroes, flags, MediaCommand.OffsetBytes(engine, ref slot), length);
        CommandOutcome outcome = engine.SubmitOperation(ref slot);
        return outcome == CommandOutcome.Completed ? Continue(engine, ref slot) : outcome;
    }

    private static CommandOutcome Continue(CommandEngine engine, ref CommandSlot slot)
    {
        MediaCommand.TakeStatus(engine, ref slot);
        return CommandOutcome.Completed;
    }
}
