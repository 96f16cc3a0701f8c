using Nvmepf.Firmware.Namespaces;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Io;

/// <summary>
/// Dataset Management, opcode 09h (NVM Command Set 1.1 section 3.3.3): up to 256 ranges to deallocate (AD). The other attributes and the
/// context attributes of the ranges are hints that are not used. All ranges are checked before the first is deallocated.
/// </summary>
public static unsafe class DatasetManagement
{
    // Scratch0: index of the next range.
    private const byte Deallocating = 1;
    private const byte NumberOfRangesByte = 40;

    /// <summary>Row of the dispatch table.</summary>
    public static CommandDescriptor Descriptor { get; } = new()
    {
        Opcode = (byte)NvmOpcode.DatasetManagement,
        Name = "Dataset Management",
        NamespaceRule = NamespaceRule.Active,
        Access = CommandAccess.Write,
        DataPath = DataPath.Buffered,
        Effects = MediaCommand.ChangesBlocks,
        Prepare = &Prepare,
        Execute = &Execute,
        Continue = &Run,
    };

    private static uint RangeCount(ref CommandSlot slot) =>
        new DatasetManagementDword10(slot.Entry.Cdw10).NumberOfRangesZeroBased + 1U;

    private static Status Prepare(CommandEngine engine, ref CommandSlot slot)
    {
        // Hints alone need no data: there is nothing that we would do with it.
        if (new DatasetManagementDword11(slot.Entry.Cdw11).Deallocate)
        {
            // Hints are harmless, so the row does not say that it changes the media.
            Status status = engine.Namespaces[slot.NamespaceIndex].Gate.Check(CommandAccess.Change);
            if (status.IsError)
            {
                return status;
            }

            slot.Direction = DataDirection.HostToController;
            slot.DataLengthBytes = RangeCount(ref slot) * DatasetManagementRange.SizeBytes;
        }

        return Status.Success;
    }

    private static CommandOutcome Execute(CommandEngine engine, ref CommandSlot slot)
    {
        if (slot.DataLengthBytes == 0)
        {
            return CommandOutcome.Completed;
        }

        NvmeNamespace target = engine.Namespaces[slot.NamespaceIndex];
        for (uint i = 0; i < RangeCount(ref slot); i++)
        {
            DatasetManagementRange* range = RangeAt(ref slot, i);
            if (!MediaCommand.IsInside(target, range->StartingLba, range->LengthLogicalBlocks))
            {
                slot.Status = slot.Blame(new Status(StatusCode.LbaOutOfRange, doNotRetry: true), NumberOfRangesByte);
                return CommandOutcome.Completed;
            }
        }

        return Run(engine, ref slot);
    }

    /// <summary>The host's ranges as copied into the slot's buffer, which is page aligned and holds all 256.</summary>
    private static DatasetManagementRange* RangeAt(ref CommandSlot slot, uint index) => (DatasetManagementRange*)slot.Buffer + index;

    private static CommandOutcome Run(CommandEngine engine, ref CommandSlot slot)
    {
        NvmeNamespace target = engine.Namespaces[slot.NamespaceIndex];
        uint count = RangeCount(ref slot);
        while (true)
        {
            if (slot.Step == Deallocating)
            {
                slot.Step = 0;
                MediaCommand.TakeStatus(engine, ref slot);
                if (slot.Status.IsError)
                {
                    return CommandOutcome.Completed;
                }
            }

            // Asked each time: the first attempt may have shown that the backend cannot.
            if (slot.Scratch0 == count || !target.Backend.SupportsDeallocate)
            {
                return CommandOutcome.Completed;
            }

            DatasetManagementRange* range = RangeAt(ref slot, (uint)slot.Scratch0++);
            if (range->LengthLogicalBlocks == 0)
            {
                continue;
            }

            slot.Step = Deallocating;
            ulong length = (ulong)range->LengthLogicalBlocks << target.BlockShift;
            slot.Operation.Begin(BackendOperationKind.Deallocate, BackendFlags.None, range->StartingLba << target.BlockShift, length);
            CommandOutcome outcome = engine.SubmitOperation(ref slot);
            if (outcome != CommandOutcome.Completed)
            {
                return outcome;
            }
        }
    }
}
