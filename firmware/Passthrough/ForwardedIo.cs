using Nvmepf.Firmware.Commands;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Passthrough;

/// <summary>
/// I/O commands that go to the target as the host wrote them (NVM Command Set 1.1 section 3). All that is done here is to find out how many
/// bytes the data pointer describes; ranges, protection and everything else is judged by the target. Flush is in <see cref="ForwardedFlush"/>.
/// </summary>
/// <remarks>
/// Not passed: reservations (the target would reserve for this board, not for a host of it), I/O management, vendor specific commands, whose
/// data length nobody knows, and fused commands, which the kernel's interface does not take. A namespace whose format has metadata is not shown
/// to the host at all, so that no command needs a metadata pointer.
/// </remarks>
public static unsafe class ForwardedIo
{
    private const byte LengthByte = 48;
    private const byte CopyFormatByte = 49;
    private const uint CopyRangeBytes = 32;

    /// <summary>The rows.</summary>
    internal static CommandDescriptor[] Rows() =>
    [
        Make(NvmOpcode.Write, "Write", DataPath.Direct, &PrepareWrite),
        Make(NvmOpcode.Read, "Read", DataPath.Direct, &PrepareRead),
        Make(NvmOpcode.WriteUncorrectable, "Write Uncorrectable", DataPath.None, &PrepareWithoutData),
        Make(NvmOpcode.Compare, "Compare", DataPath.Direct, &PrepareWrite),
        Make(NvmOpcode.WriteZeroes, "Write Zeroes", DataPath.None, &PrepareWithoutData),
        Make(NvmOpcode.DatasetManagement, "Dataset Management", DataPath.Buffered, &PrepareRanges),
        Make(NvmOpcode.Verify, "Verify", DataPath.None, &PrepareWithoutData),
        Make(NvmOpcode.Copy, "Copy", DataPath.Buffered, &PrepareCopy),
    ];

    private static CommandDescriptor Make(
        NvmOpcode opcode, string name, DataPath path, delegate* managed<CommandEngine, ref CommandSlot, Status> prepare) => new()
    {
        Opcode = (byte)opcode,
        Name = name,
        NamespaceRule = NamespaceRule.HandlerDecides,
        DataPath = path,
        Prepare = prepare,
        Execute = &Forward,
    };

    private static CommandOutcome Forward(CommandEngine engine, ref CommandSlot slot) =>
        engine.Controller.Passthrough!.ForwardIo(engine, ref slot, slot.Entry.NamespaceIdentifier);

    private static Status PrepareWithoutData(CommandEngine engine, ref CommandSlot slot) => FindNamespace(engine, ref slot, out _);

    private static Status PrepareRead(CommandEngine engine, ref CommandSlot slot) => PrepareBlocks(engine, ref slot, DataDirection.ControllerToHost);

    private static Status PrepareWrite(CommandEngine engine, ref CommandSlot slot) => PrepareBlocks(engine, ref slot, DataDirection.HostToController);

    private static Status PrepareBlocks(CommandEngine engine, ref CommandSlot slot, DataDirection direction)
    {
        Status status = FindNamespace(engine, ref slot, out int blockShift);
        if (status.IsError)
        {
            return status;
        }

        ulong blocks = new ReadWriteDword12(slot.Entry.Cdw12).NumberOfLogicalBlocksZeroBased + 1ul;
        return SetLength(engine, ref slot, blocks << blockShift, direction, LengthByte);
    }

    private static Status PrepareRanges(CommandEngine engine, ref CommandSlot slot)
    {
        Status status = FindNamespace(engine, ref slot, out _);
        uint ranges = new DatasetManagementDword10(slot.Entry.Cdw10).NumberOfRangesZeroBased + 1u;
        return status.IsError
            ? status
            : SetLength(engine, ref slot, ranges * DatasetManagementRange.SizeBytes, DataDirection.HostToController, LengthByte);
    }

    private static Status PrepareCopy(CommandEngine engine, ref CommandSlot slot)
    {
        Status status = FindNamespace(engine, ref slot, out _);
        if (status.IsError)
        {
            return status;
        }

        CopyDword12 dword12 = new(slot.Entry.Cdw12);
        if (dword12.DescriptorFormat != 0)
        {
            return slot.Blame(new Status(StatusCode.InvalidField, true), CopyFormatByte);
        }

        uint ranges = dword12.NumberOfRangesZeroBased + 1u;
        return SetLength(engine, ref slot, ranges * CopyRangeBytes, DataDirection.HostToController, LengthByte);
    }

    private static Status SetLength(CommandEngine engine, ref CommandSlot slot, ulong lengthBytes, DataDirection direction, byte blamed)
    {
        if (lengthBytes > engine.Controller.Passthrough!.MaximumTransferBytes)
        {
            return slot.Blame(new Status(StatusCode.InvalidField, true), blamed);
        }

        slot.Direction = direction;
        slot.DataLengthBytes = (uint)lengthBytes;
        return Status.Success;
    }

    private static Status FindNamespace(CommandEngine engine, ref CommandSlot slot, out int blockShift)
    {
        TargetSnapshot target = engine.Controller.Passthrough!.Current;
        int index = target.IndexOf(slot.Entry.NamespaceIdentifier);
        blockShift = index < 0 ? 0 : target.Namespaces[index].BlockShift;
        return index >= 0 ? Status.Success : slot.Blame(new Status(StatusCode.InvalidNamespaceOrFormat, true), 4);
    }
}
