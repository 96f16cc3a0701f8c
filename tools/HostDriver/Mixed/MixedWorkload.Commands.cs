using System.Buffers.Binary;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.HostDriver.Workload;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Mixed;

/// <content>The choice of the next command.</content>
internal sealed partial class MixedWorkload
{
    private static readonly (byte Page, int LengthBytes)[] LogPages = [(0x00, 1024), (0x01, 64), (0x02, 512), (0x03, 512), (0x05, 4096)];

    private static readonly byte[] ReadableFeatures = [0x01, 0x02, 0x05, 0x07, 0x08, 0x0A, 0x0B];

    private SubmissionQueueEntry NextIo(MixedSlot slot)
    {
        int dice = _random.Next(100);
        ControllerFacts controller = _space.Controller;
        return dice switch
        {
            < 40 => Transfer(slot, MixedKind.Read),
            < 75 => Transfer(slot, MixedKind.Write),
            < 81 when controller.CompareSupported => Transfer(slot, MixedKind.Compare),
            < 83 when controller.CompareSupported => Transfer(slot, MixedKind.CompareWrong),
            < 86 when controller.VerifySupported => WithoutData(slot, MixedKind.Verify, NvmOpcode.Verify),
            < 90 when controller.WriteZeroesSupported => WithoutData(slot, MixedKind.WriteZeroes, NvmOpcode.WriteZeroes),
            < 93 when controller.DatasetManagementSupported => Deallocate(slot),
            < 96 => Flush(slot),
            < 98 => OutOfRange(slot),
            < 99 => BadPrp(slot),
            _ => InvalidOpcode(slot),
        };
    }

    private SubmissionQueueEntry NextAdmin(MixedSlot slot)
    {
        slot.Data = slot.Memory.Slice(4 * _random.Next(1024), 4096);
        slot.Data.Bytes.Fill(0xA5);
        PrpPair prp = PrpBuilder.Contiguous(slot.Data.Address, 4096, _host.PageLengthBytes, slot.Lists);
        switch (_random.Next(20))
        {
            case < 5:
                slot.Kind = MixedKind.Identify;
                return NvmeCommands.Identify(0x01).WithPrp(prp);
            case < 10:
                slot.Kind = MixedKind.GetLogPage;
                (byte page, int length) = LogPages[_random.Next(LogPages.Length)];
                return NvmeCommands.GetLogPage(page, length).WithPrp(prp);
            case < 14:
                slot.Kind = MixedKind.GetFeatures;
                return NvmeCommands.GetFeatures(
                    ReadableFeatures[_random.Next(ReadableFeatures.Length)], namespaceIdentifier: _space.NamespaceIdentifier).WithPrp(prp);
            case < 16:
                slot.Kind = MixedKind.SetFeatures;
                return NvmeCommands.SetFeatures(0x01, (uint)_random.Next(8));
            case 16:
                slot.Kind = MixedKind.Abort;
                return NvmeCommands.Abort(1, 0xFFFE);
            case < 19:
                slot.Kind = MixedKind.BadIdentify;
                slot.Expected = StatusCode.InvalidField;
                return NvmeCommands.Identify(0xFF).WithPrp(prp);
            default:
                slot.Kind = MixedKind.InvalidAdminOpcode;
                slot.Expected = StatusCode.InvalidOpcode;
                return NvmeCommands.Command(0x7B);
        }
    }

    /// <summary>Locks a random range. Falls back to Flush (false) when the place is taken, which keeps the sequence going.</summary>
    private bool Lock(MixedSlot slot)
    {
        int most =
            _random.Next(20) switch { 0 => _transferBlocksMax, < 6 => Math.Min(64, _transferBlocksMax), _ =>
                Math.Min(8, _transferBlocksMax) };
        int count = _random.Next(8) == 0 ? most : _random.Next(1, most + 1);
        int block = _random.Next(_map.BlockCount - count + 1);
        if (!_map.TryLock(block, count))
        {
            return false;
        }

        slot.Block = block;
        slot.BlockCount = count;
        return true;
    }

    private SubmissionQueueEntry Transfer(MixedSlot slot, MixedKind kind)
    {
        if (!Lock(slot))
        {
            return Flush(slot);
        }

        if (kind is MixedKind.Compare or MixedKind.CompareWrong && !_map.IsCertain(slot.Block, slot.BlockCount))
        {
            kind = MixedKind.Read;
        }

        int length = slot.BlockCount * _blockLength;
        slot.Kind = kind;
        slot.Data = slot.Memory.Slice(_random.Next(4) == 0 ? 4 * _random.Next(1024) : 0, length);
        slot.Generation = kind == MixedKind.Write ? ++_generation : 0;
        PrepareData(slot, kind);
        NvmOpcode opcode = kind switch { MixedKind.Read => NvmOpcode.Read, MixedKind.Write => NvmOpcode.Write, _ => NvmOpcode.Compare };
        SubmissionQueueEntry entry = NvmeCommands.BlockCommand(
            opcode, _space.NamespaceIdentifier, _firstBlock + (ulong)slot.Block, slot.BlockCount, forceUnitAccess: kind == MixedKind.Write
                && _random.Next(64) == 0);
        return DescribeData(slot, entry);
    }

    private void PrepareData(MixedSlot slot, MixedKind kind)
    {
        switch (kind)
        {
            case MixedKind.Write:
                Fill(slot.Data, slot.Block, slot.BlockCount, slot.Generation);
                break;
            case MixedKind.Read:
                slot.Data.Bytes.Fill(0xA5);
                break;
            default:
                for (int i = 0; i < slot.BlockCount; i++)
                {
                    Fill(slot.Data.Slice(i * _blockLength, _blockLength), slot.Block + i, 1, _map[slot.Block + i]);
                }

                if (kind == MixedKind.CompareWrong)
                {
                    slot.Data.Bytes[_random.Next(slot.Data.LengthBytes)] ^= 0x10;
                    slot.Expected = StatusCode.CompareFailure;
                }

                break;
        }
    }

    private SubmissionQueueEntry DescribeData(MixedSlot slot, SubmissionQueueEntry entry)
    {
        HostBuffer data = slot.Data;
        if (!_space.Controller.SglSupported || _random.Next(3) != 0)
        {
            return entry.WithPrp(
                PrpBuilder.Contiguous(data.Address, data.LengthBytes, _host.PageLengthBytes, slot.Lists, 8 * _random.Next(512)));
        }

        int pieces = _random.Next(4) == 0 ? _random.Next(2, 40) : 1;
        Span<SglDescriptor> descriptors = stackalloc SglDescriptor[pieces];
        int offset = 0;
        for (int i = 0; i < pieces; i++)
        {
            int left = data.LengthBytes - offset;
            int length = i == pieces - 1 ? left : 4 * _random.Next((left / 4 / (pieces - i)) + 1);
            descriptors[i] = SglBuilder.DataBlock(data.Address + (ulong)offset, (uint)length);
            offset += length;
        }

        return entry.WithSgl(SglBuilder.Build(descriptors, slot.Lists, _random.Next(2, 50)));
    }

    private SubmissionQueueEntry WithoutData(MixedSlot slot, MixedKind kind, NvmOpcode opcode)
    {
        if (!Lock(slot))
        {
            return Flush(slot);
        }

        slot.Kind = kind;
        slot.Generation = BlockPattern.ZeroGeneration;
        return NvmeCommands.BlockCommand(opcode, _space.NamespaceIdentifier, _firstBlock + (ulong)slot.Block, slot.BlockCount);
    }

    private SubmissionQueueEntry Deallocate(MixedSlot slot)
    {
        if (!Lock(slot))
        {
            return Flush(slot);
        }

        slot.Kind = MixedKind.Deallocate;
        Span<byte> range = slot.Lists.Bytes[..16];
        BinaryPrimitives.WriteUInt32LittleEndian(range, 0);
        BinaryPrimitives.WriteUInt32LittleEndian(range[4..], (uint)slot.BlockCount);
        BinaryPrimitives.WriteUInt64LittleEndian(range[8..], _firstBlock + (ulong)slot.Block);
        return NvmeCommands.DatasetManagement(_space.NamespaceIdentifier, 1).WithPrp(new(slot.Lists.Address, 0));
    }

    private SubmissionQueueEntry Flush(MixedSlot slot)
    {
        slot.Kind = MixedKind.Flush;
        return NvmeCommands.Flush(_space.NamespaceIdentifier);
    }

    private SubmissionQueueEntry OutOfRange(MixedSlot slot)
    {
        slot.Kind = MixedKind.OutOfRange;
        slot.Expected = StatusCode.LbaOutOfRange;
        NvmOpcode opcode = _random.Next(2) == 0 ? NvmOpcode.Read : NvmOpcode.Write;
        ulong block = _random.Next(2) == 0 ? _space.BlockCount : (ulong)_random.NextInt64() | (1UL << 62);
        return NvmeCommands.BlockCommand(opcode, _space.NamespaceIdentifier, block, 1).WithPrp(new(slot.Memory.Address, 0));
    }

    private SubmissionQueueEntry BadPrp(MixedSlot slot)
    {
        slot.Kind = MixedKind.BadPrp;
        slot.Expected = StatusCode.PrpOffsetInvalid;
        return NvmeCommands.BlockCommand(NvmOpcode.Read, _space.NamespaceIdentifier, _firstBlock, 1)
            .WithPrp(new(slot.Memory.Address + 2, 0));
    }

    private SubmissionQueueEntry InvalidOpcode(MixedSlot slot)
    {
        slot.Kind = MixedKind.InvalidOpcode;
        slot.Expected = StatusCode.InvalidOpcode;
        return NvmeCommands.Command(0x7B, _space.NamespaceIdentifier);
    }
}
