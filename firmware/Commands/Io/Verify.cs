using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Transfer;
using Nvmepf.Hal;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Io;

/// <summary>
/// Verify, opcode 0Ch (NVM Command Set 1.1 section 3.3.5): reads the blocks without handing them to the host, to see that they can be read.
/// No size limit below what NLB can name.
/// </summary>
/// <remarks>
/// Nobody looks at the bytes, so every page of the range is read over the same one: the slot's own list page, named many times in the
/// list of segments. A large range needs no transfer buffer that way.
/// </remarks>
public static unsafe class Verify
{
    // Scratch0: bytes verified so far.
    private const byte Committing = 1;
    private const byte Reading = 2;
    private const uint PieceSegments = 64;
    private const uint PieceBytesMax = PieceSegments * DataMapper.ListPageBytes;

    // A backend that reads at once (ram) could keep the reactor for long: after this much others have their turn.
    private const uint TurnPieces = 8;

    /// <summary>Row of the dispatch table.</summary>
    public static CommandDescriptor Descriptor { get; } = new()
    {
        Opcode = (byte)NvmOpcode.Verify,
        Name = "Verify",
        NamespaceRule = NamespaceRule.Active,
        Access = CommandAccess.Read,
        Prepare = &Prepare,
        Execute = &Run,
        Continue = &Run,
    };

    private static ulong LengthBytes(CommandEngine engine, ref CommandSlot slot) =>
        (new ReadWriteDword12(slot.Entry.Cdw12).NumberOfLogicalBlocksZeroBased + 1UL)
            << engine.Namespaces[slot.NamespaceIndex].BlockShift;

    private static Status Prepare(CommandEngine engine, ref CommandSlot slot)
    {
        ReadWriteDword12 dword12 = new(slot.Entry.Cdw12);
        Status status = MediaCommand.CheckExtension(ref slot, dword12.CommandExtensionType);
        return status.IsError ? status : MediaCommand.CheckRange(engine, ref slot, dword12.NumberOfLogicalBlocksZeroBased + 1UL);
    }

    private static CommandOutcome Run(CommandEngine engine, ref CommandSlot slot)
    {
        ulong length = LengthBytes(engine, ref slot);
        for (uint i = 0; ; i++)
        {
            if (slot.Step != 0 && !TakeStep(engine, ref slot))
            {
                return CommandOutcome.Completed;
            }

            if (slot.Scratch0 == length)
            {
                engine.Media.BytesRead += length;
                return CommandOutcome.Completed;
            }

            if (i == TurnPieces)
            {
                slot.Flags |= CommandFlags.Stalled;
                return CommandOutcome.Pending;
            }

            BeginStep(engine, ref slot, length);
            CommandOutcome outcome = engine.SubmitOperation(ref slot);
            if (outcome != CommandOutcome.Completed)
            {
                return outcome;
            }
        }
    }

    /// <summary>Takes note of the ended operation; false where the command ends with the slot's status.</summary>
    private static bool TakeStep(CommandEngine engine, ref CommandSlot slot)
    {
        if (slot.Step == Reading)
        {
            slot.Scratch0 += slot.Operation.LengthBytes;
        }

        // The next time through is not to count this operation again.
        slot.Scratch1 = 1;
        slot.Step = 0;
        MediaCommand.TakeStatus(engine, ref slot);
        return slot.Status.IsSuccess;
    }

    private static void BeginStep(CommandEngine engine, ref CommandSlot slot, ulong length)
    {
        // Scratch1: set once an operation has ended, which is the commit where there is one.
        if (slot.Scratch1 == 0 && MediaCommand.NeedsCommit(engine, ref slot))
        {
            slot.Step = Committing;
            slot.Operation.Begin(BackendOperationKind.Flush, BackendFlags.None, 0, 0);
            return;
        }

        slot.Step = Reading;
        ulong piece = Math.Min(length - slot.Scratch0, PieceBytesMax);
        ulong offset = MediaCommand.OffsetBytes(engine, ref slot) + slot.Scratch0;
        slot.Operation.Begin(BackendOperationKind.Read, BackendFlags.None, offset, piece);

        // The command has no data, so its segments are free. SegmentCount of the slot stays 0: none of this is host memory.
        int count = 0;
        for (ulong done = 0; done < piece; count++)
        {
            ulong part = Math.Min(piece - done, DataMapper.ListPageBytes);
            slot.Segments[count] = new HostSegment { Local = slot.ListPage, LengthBytes = part };
            done += part;
        }

        slot.Operation.Segments = slot.Segments;
        slot.Operation.SegmentCount = count;
    }
}
