using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Transfer;
using Nvmepf.Hal;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Io;

/// <summary>
/// Compare, opcode 05h (NVM Command Set 1.1 section 3.3.1): the blocks of the media against the host's data. Not fused.
/// </summary>
/// <remarks>
/// The host's data is in the slot's transfer buffer. The media is read one page at a time into the slot's own list page, which has done
/// its work when the data is there. A second transfer buffer would be faster for large ranges, but then as many Compares as there are
/// buffers could each hold one and wait for ever for another; this way no command waits for memory while it holds some.
/// </remarks>
public static unsafe class Compare
{
    // Scratch0: bytes compared so far.
    private const byte Committing = 1;
    private const byte Reading = 2;

    /// <summary>Row of the dispatch table.</summary>
    public static CommandDescriptor Descriptor { get; } = new()
    {
        Opcode = (byte)NvmOpcode.Compare,
        Name = "Compare",
        NamespaceRule = NamespaceRule.Active,
        Access = CommandAccess.Read,
        DataPath = DataPath.Buffered,
        Prepare = &Prepare,
        Execute = &Run,
        Continue = &Run,
    };

    private static Status Prepare(CommandEngine engine, ref CommandSlot slot) =>
        MediaCommand.PrepareTransfer(engine, ref slot, DataDirection.HostToController);

    private static CommandOutcome Run(CommandEngine engine, ref CommandSlot slot)
    {
        // Each round reads a page, so there are at most MDTS / 4096 + 1 rounds.
        while (true)
        {
            if (slot.Step != 0 && !TakeStep(engine, ref slot))
            {
                return MediaCommand.EndRead(engine, ref slot);
            }

            if (slot.Scratch0 == slot.DataLengthBytes)
            {
                return MediaCommand.EndRead(engine, ref slot);
            }

            BeginStep(engine, ref slot);
            CommandOutcome outcome = engine.SubmitOperation(ref slot);
            if (outcome != CommandOutcome.Completed)
            {
                return outcome;
            }
        }
    }

    private static void BeginStep(CommandEngine engine, ref CommandSlot slot)
    {
        if (slot.Step == 0 && MediaCommand.NeedsCommit(engine, ref slot))
        {
            slot.Step = Committing;
            slot.Operation.Begin(BackendOperationKind.Flush, BackendFlags.None, 0, 0);
            return;
        }

        slot.Step = Reading;
        ulong offset = MediaCommand.OffsetBytes(engine, ref slot) + slot.Scratch0;
        slot.Operation.Begin(BackendOperationKind.Read, BackendFlags.None, offset, PieceBytes(ref slot));
        slot.BufferSegment = new HostSegment { Local = slot.ListPage, LengthBytes = slot.Operation.LengthBytes };

        // Slots live in native memory and do not move, so the address holds as long as the operation.
        slot.Operation.Segments = (HostSegment*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref slot.BufferSegment);
        slot.Operation.SegmentCount = 1;
    }

    private static uint PieceBytes(ref CommandSlot slot) => Math.Min(slot.DataLengthBytes - (uint)slot.Scratch0, DataMapper.ListPageBytes);

    /// <summary>Looks at what the ended operation brought; false where the command ends with the slot's status.</summary>
    private static bool TakeStep(CommandEngine engine, ref CommandSlot slot)
    {
        MediaCommand.TakeStatus(engine, ref slot);
        if (slot.Status.IsError || slot.Step == Committing)
        {
            return slot.Status.IsSuccess;
        }

        int length = (int)PieceBytes(ref slot);
        ReadOnlySpan<byte> host = new(slot.Buffer + slot.Scratch0, length);
        if (!host.SequenceEqual(new ReadOnlySpan<byte>(slot.ListPage, length)))
        {
            _ = slot.Fail(new Status(StatusCode.CompareFailure, doNotRetry: true));
            return false;
        }

        slot.Scratch0 += (uint)length;
        return true;
    }
}
