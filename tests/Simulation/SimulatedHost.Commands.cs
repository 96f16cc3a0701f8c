// Commands of the simulated host: well-formed ones of every kind, and ones with a fault in them.
using System.Runtime.InteropServices;
using Nvmepf.Spec;

namespace Nvmepf.Tests.Simulation;

internal sealed partial class SimulatedHost
{
    private const byte DataBlockType = 0x00;
    private const byte BitBucketType = 0x10;
    private const byte SegmentType = 0x20;
    private const byte LastSegmentType = 0x30;
    private readonly ulong[] _entries = new ulong[16];

    /// <summary>Submits an I/O command of a random kind, where there is room.</summary>
    public void SubmitIo()
    {
        HostSubmissionQueue queue = _submission[_random.Between(1, _scenario.QueuePairs)];
        int index = _random.Below(IoJobs);
        if (!queue.Exists || queue.IsDeleting || queue.IsFull || _jobs[index].IsActive)
        {
            return;
        }

        HostJob job = _jobs[index];
        bool isGarbage = _random.OneIn(_scenario.Garbage);
        JobKind kind = isGarbage ? JobKind.Garbage : _random.Pick<JobKind>(
        [
            JobKind.Read, JobKind.Read, JobKind.Read, JobKind.Read, JobKind.Write, JobKind.Write, JobKind.Write, JobKind.Write,
            JobKind.Compare, JobKind.WriteZeroes, JobKind.Deallocate, JobKind.Flush, JobKind.Verify,
        ]);
        job.Begin(kind);
        SubmissionQueueEntry entry = kind switch
        {
            JobKind.Garbage => MakeGarbage(job),
            JobKind.Flush => new() { NamespaceIdentifier = _random.OneIn(2) ? 1u : SubmissionQueueEntry.BroadcastNamespaceIdentifier },
            JobKind.Deallocate => MakeDeallocate(job),
            _ => MakeBlocks(job),
        };
        if (kind != JobKind.Garbage)
        {
            entry.Cdw0 = entry.Cdw0 with { Opcode = (byte)OpcodeOf(kind) };
        }

        Put(queue, job, entry);
    }

    /// <summary>Reads every block once and looks at it; the host waits for each.</summary>
    public void ReadAll()
    {
        int count = Scenario.CommandBytesMax / _scenario.BlockBytes;
        for (int block = 0; block < _blocks; block += count)
        {
            HostJob job = _jobs[0];
            job.Begin(JobKind.Read);
            SubmissionQueueEntry entry = Range(job, block, Math.Min(count, _blocks - block));
            job.DataBytes = job.RangeCount[0] * _scenario.BlockBytes;
            job.IsToHost = true;
            _machine.Ram.Fill(job.Area, HostJob.AreaBytes, HostRam.Untouched);
            MakePrps(job, ref entry);
            entry.Cdw0 = entry.Cdw0 with { Opcode = (byte)NvmOpcode.Read };
            Put(_submission[1], job, entry);
            SimulationFailure.Unless(WaitForAll("a read at the end"), "CSTS.CFS while nothing fails");
        }
    }

    private static NvmOpcode OpcodeOf(JobKind kind) => kind switch
    {
        JobKind.Read => NvmOpcode.Read,
        JobKind.Write => NvmOpcode.Write,
        JobKind.Compare => NvmOpcode.Compare,
        JobKind.WriteZeroes => NvmOpcode.WriteZeroes,
        JobKind.Deallocate => NvmOpcode.DatasetManagement,
        JobKind.Flush => NvmOpcode.Flush,
        _ => NvmOpcode.Verify,
    };

    private void Put(HostSubmissionQueue queue, HostJob job, SubmissionQueueEntry entry)
    {
        entry.Cdw0 = entry.Cdw0 with { CommandIdentifier = job.CommandIdentifier };
        job.SubmissionQueue = queue.Identifier;
        job.Sequence = queue.Put;
        job.IsCalm = IsCalm;
        job.RefusalsBefore = _machine.RefusalsIn(job.Area, HostJob.AreaBytes);
        if (job.Ranges == 0)
        {
            job.Begun = _oracle.Tick();
        }

        _log.Add(Now, Happening.Submit, (ulong)queue.Identifier, job.CommandIdentifier | ((ulong)job.Kind << 16), entry.StartingLba);
        _machine.Ram.Write(queue.Address + (ulong)(queue.Tail * SubmissionQueueEntry.SizeBytes), in entry);
        queue.Put++;
        if (IsCalm || !_random.OneIn(3))
        {
            RingTails();
        }
    }

    private SubmissionQueueEntry Range(HostJob job, int block, int count)
    {
        job.RangeBlock[0] = block;
        job.RangeCount[0] = count;
        return new SubmissionQueueEntry { NamespaceIdentifier = 1, StartingLba = (ulong)block, Cdw12 = (uint)(count - 1) };
    }

    private SubmissionQueueEntry MakeBlocks(HostJob job)
    {
        int most = Math.Min(Scenario.CommandBytesMax / _scenario.BlockBytes, _blocks);
        int count = _random.OneIn(3) ? 1 : _random.Between(1, most);
        SubmissionQueueEntry entry = Range(job, _random.Below(_blocks - count + 1), count);
        entry.Cdw12 |= _random.OneIn(8) ? 1u << 30 : 0; // FUA
        _machine.Ram.Fill(job.Area, HostJob.AreaBytes, HostRam.Untouched);
        if (_random.OneIn(50))
        {
            entry.StartingLba = _random.OneIn(2) ? (ulong)_blocks : _random.Next64() | (1ul << 40);
            job.Expected = StatusCode.LbaOutOfRange;
        }

        if (job.Kind is JobKind.Read or JobKind.Write or JobKind.Compare)
        {
            job.DataBytes = count * _scenario.BlockBytes;
            job.IsToHost = job.Kind == JobKind.Read;
            if (_random.OneIn(3))
            {
                MakeSgl(job, ref entry);
            }
            else
            {
                MakePrps(job, ref entry);
            }

            if (!job.IsToHost)
            {
                FillData(job);
            }
        }

        job.Begun = _oracle.Tick();
        if (job.Kind is JobKind.Write or JobKind.WriteZeroes && job.Expected != StatusCode.LbaOutOfRange)
        {
            BeginRange(job, 0, job.Kind == JobKind.Write ? job.Write : MediaOracle.Zeroes);
        }

        if (job.DataBytes > 0 && job.Expected == StatusCode.Success && _random.OneIn(_scenario.BadPointers))
        {
            SpoilPointer(job, ref entry);
        }

        return entry;
    }

    private void BeginRange(HostJob job, int range, uint write)
    {
        _oracle.OldestBegun = OldestBegun();
        job.Ranges = range + 1;
        job.RangeBegun[range] = _oracle.BeginWrite(write, job.RangeBlock[range], job.RangeCount[range]);
    }

    /// <summary>Data for a write, one number for all its blocks; for a comparison, what the blocks may hold, or not.</summary>
    private void FillData(HostJob job)
    {
        job.Write = job.Kind == JobKind.Write ? ++_lastWrite : _oracle.SomeValue(job.RangeBlock[0]);
        int count = job.DataBytes / _scenario.BlockBytes;
        for (int i = 0; i < count; i++)
        {
            MediaOracle.Fill(_data.AsSpan(i * _scenario.BlockBytes, _scenario.BlockBytes), job.Write, job.RangeBlock[0] + i);
        }

        int at = 0;
        for (int i = 0; i < job.PieceCount; i++)
        {
            _machine.Ram.Write(job.Pieces[i].Address, _data.AsSpan(at, job.Pieces[i].LengthBytes));
            at += job.Pieces[i].LengthBytes;
        }
    }

    private SubmissionQueueEntry MakeDeallocate(HostJob job)
    {
        _machine.Ram.Fill(job.Area, HostJob.AreaBytes, HostRam.Untouched);
        int ranges = _random.Between(1, 3);
        job.Begun = _oracle.Tick();
        for (int i = 0; i < ranges; i++)
        {
            int count = _random.Below(Math.Min(_blocks, 20)); // nothing is allowed, too
            int block = _random.Below(_blocks - count + 1);
            DatasetManagementRange range = new() { StartingLba = (ulong)block, LengthLogicalBlocks = (uint)count };
            _machine.Ram.Write(job.Area + (ulong)(i * DatasetManagementRange.SizeBytes), in range);
            job.RangeBlock[i] = block;
            job.RangeCount[i] = count;
            BeginRange(job, i, MediaOracle.Zeroes);
        }

        return new SubmissionQueueEntry { NamespaceIdentifier = 1, Prp1 = job.Area, Cdw10 = (uint)(ranges - 1), Cdw11 = 1u << 2 };
    }

    /// <summary>Entries that mean nothing, aimed at no namespace that exists or with an opcode that no command has.</summary>
    private SubmissionQueueEntry MakeGarbage(HostJob job)
    {
        Span<ulong> words = stackalloc ulong[SubmissionQueueEntry.SizeBytes / sizeof(ulong)];
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = _random.Next64();
        }

        SubmissionQueueEntry entry = MemoryMarshal.AsRef<SubmissionQueueEntry>(MemoryMarshal.AsBytes(words));
        job.AnyStatus = true;
        if (_random.OneIn(2))
        {
            entry.NamespaceIdentifier |= 0x100; // and never the broadcast value
            entry.NamespaceIdentifier &= 0x7FFF_FFFF;
        }
        else
        {
            entry.Cdw0 = new CommandDword0((uint)entry.Cdw0.Raw | 0x60); // 60h and above: nothing known in there, or vendor specific
            entry.NamespaceIdentifier = 1;
        }

        return entry;
    }

    private void MakePrps(HostJob job, ref SubmissionQueueEntry entry)
    {
        Span<int> pages = [0, 1, 2, 3, 4, 5, 6, 7];
        for (int i = pages.Length - 1; i > 0 && !_random.OneIn(4); i--)
        {
            int other = _random.Below(i + 1);
            (pages[i], pages[other]) = (pages[other], pages[i]);
        }

        int offset = _random.OneIn(2) ? 0 : _random.Below(HostJob.PageBytes / 4) * 4;
        int left = job.DataBytes;
        job.PieceCount = 0;
        while (left > 0)
        {
            int length = Math.Min(left, HostJob.PageBytes - offset);
            job.Pieces[job.PieceCount] = new Piece { Address = job.Area + (ulong)((pages[job.PieceCount] * HostJob.PageBytes) + offset), LengthBytes = length };
            job.PieceCount++;
            left -= length;
            offset = 0;
        }

        entry.Cdw0 = entry.Cdw0 with { PrpOrSgl = PrpOrSgl.Prp };
        entry.Prp1 = job.Pieces[0].Address;
        entry.Prp2 = job.PieceCount switch
        {
            1 => _random.Next64(), // not looked at
            2 => job.Pieces[1].Address,
            _ => WritePrpList(job),
        };
    }

    /// <summary>A list anywhere in its page; at the end of it, it goes on in the next.</summary>
    private ulong WritePrpList(HostJob job)
    {
        int listed = job.PieceCount - 1;
        int room = _random.OneIn(2) ? _random.Between(1, listed + 1) : _random.Between(listed + 1, 512);
        ulong list = job.ListPage + (ulong)(HostJob.PageBytes - (room * 8));
        ulong at = list;
        for (int i = 1; i <= listed; i++)
        {
            bool isLastPlace = ((at + 8) & (HostJob.PageBytes - 1)) == 0;
            if (isLastPlace && i < listed)
            {
                ulong next = job.ListPage + HostJob.PageBytes;
                _machine.Ram.Write(at, in next);
                at = next;
            }

            _machine.Ram.Write(at, in job.Pieces[i].Address);
            at += 8;
        }

        return list;
    }

    private void MakeSgl(HostJob job, ref SubmissionQueueEntry entry)
    {
        int position = _random.Below(256);
        int left = job.DataBytes;
        bool mayHaveBuckets = job.IsToHost && _random.OneIn(3);
        job.PieceCount = 0;
        while (left > 0)
        {
            int length = job.PieceCount == HostJob.PiecesMax - 1 ? left : Math.Min(left, _random.Between(1, 6000));
            bool isBucket = mayHaveBuckets && _random.OneIn(3);
            job.Pieces[job.PieceCount++] = new Piece { Address = isBucket ? 0 : job.Area + (ulong)position, LengthBytes = length, IsBucket = isBucket };
            position += (isBucket ? 0 : length) + _random.Below(64);
            left -= length;
        }

        entry.Cdw0 = entry.Cdw0 with { PrpOrSgl = PrpOrSgl.SglWithMetadataBuffer };
        if (job.PieceCount == 1)
        {
            entry.Sgl1 = DescriptorOf(in job.Pieces[0]);
            return;
        }

        // One segment, or two in a chain.
        int inFirst = _random.OneIn(2) ? job.PieceCount : _random.Between(1, job.PieceCount - 1);
        bool isChain = inFirst < job.PieceCount;
        ulong first = job.ListPage + (ulong)(_random.Below(100) * 8);
        ulong second = job.ListPage + HostJob.PageBytes + (ulong)(_random.Below(100) * 8);
        for (int i = 0; i < job.PieceCount; i++)
        {
            SglDescriptor descriptor = DescriptorOf(in job.Pieces[i]);
            _machine.Ram.Write(i < inFirst ? first + (ulong)(i * 16) : second + (ulong)((i - inFirst) * 16), in descriptor);
        }

        if (isChain)
        {
            SglDescriptor next = Descriptor(LastSegmentType, second, (job.PieceCount - inFirst) * 16);
            _machine.Ram.Write(first + (ulong)(inFirst * 16), in next);
        }

        entry.Sgl1 = Descriptor(isChain ? SegmentType : LastSegmentType, first, (inFirst + (isChain ? 1 : 0)) * 16);
    }

    private static SglDescriptor DescriptorOf(in Piece piece) =>
        Descriptor(piece.IsBucket ? BitBucketType : DataBlockType, piece.Address, piece.LengthBytes);

    private static SglDescriptor Descriptor(byte identifier, ulong address, int lengthBytes) =>
        new() { Address = address, LengthBytes = (uint)lengthBytes, Identifier = new SglIdentifier(identifier) };

    /// <summary>Makes a good data pointer bad, so that the command must fail; nothing that it names may be touched beyond its pieces.</summary>
    private void SpoilPointer(HostJob job, ref SubmissionQueueEntry entry)
    {
        if (entry.Cdw0.PrpOrSgl == PrpOrSgl.Prp)
        {
            if (_random.OneIn(2))
            {
                entry.Prp1 |= (uint)_random.Between(1, 3);
                job.Expected = StatusCode.PrpOffsetInvalid;
            }
            else if (job.PieceCount >= 2)
            {
                entry.Prp2 |= job.PieceCount == 2 ? 8u : 4u;
                job.Expected = StatusCode.PrpOffsetInvalid;
            }
            else if (job.IsToHost ? !_machine.LosesStrayWrites : !_machine.LosesStrayReads)
            {
                entry.Prp1 = _machine.StrayAddress;
                job.Expected = StatusCode.DataTransferError;
            }

            return;
        }

        SglDescriptor descriptor = entry.Sgl1;
        switch (_random.OneIn(16) ? 3 : _random.Below(3))
        {
            case 0:
                descriptor.Identifier = new SglIdentifier((byte)_random.Pick<int>([0x40, 0x50, 0x70, 0xF0, 0x05, 0x31]));
                job.Expected = StatusCode.SglDescriptorTypeInvalid;
                break;
            case 1 when job.PieceCount == 1:
                descriptor.LengthBytes--;
                job.Expected = StatusCode.DataSglLengthInvalid;
                break;
            case 2 when job.PieceCount > 1:
                descriptor.LengthBytes = 0;
                job.Expected = StatusCode.InvalidSglSegmentDescriptor;
                break;
            case 3:
                // A list that leads to itself for ever.
                SglDescriptor loop = Descriptor(SegmentType, job.ListPage, 16);
                _machine.Ram.Write(job.ListPage, in loop);
                descriptor = loop;
                job.Expected = StatusCode.InvalidNumberOfSglDescriptors;
                break;
            default:
                break;
        }

        entry.Sgl1 = descriptor;
    }
}
