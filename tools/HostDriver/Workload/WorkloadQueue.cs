using System.Runtime.CompilerServices;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Workload;

/// <summary>
/// One queue pair under load: as many slots as commands may be outstanding, each with a data buffer and a ready-made submission queue
/// entry. A slot's number is its command identifier. One thread owns it; after construction nothing is allocated.
/// </summary>
internal sealed unsafe class WorkloadQueue
{
    private const byte Idle = 0;
    private const byte Reading = 1;
    private const byte Writing = 2;

    private readonly HostSubmissionQueue _submission;
    private readonly HostCompletionQueue _completion;
    private readonly WorkloadOptions _options;
    private readonly WorkloadResult _result;
    private readonly SubmissionQueueEntry[] _templates;
    private readonly HostBuffer[] _buffers;
    private readonly byte[] _states;
    private readonly ulong[] _units;
    private readonly long[] _submitted;
    private readonly BlockLedger? _ledger;
    private readonly ulong _firstUnit;
    private readonly ulong _unitCount;
    private readonly ulong _firstLogicalBlock;
    private readonly int _blocksPerUnit;
    private readonly int _blockLengthBytes;
    private RandomNumbers _random;
    private ulong _nextSequential;
    private bool _isFilled;

    /// <summary>A queue that works on units (transfer-sized pieces) [firstUnit, firstUnit + unitCount) of the range.</summary>
    internal WorkloadQueue(
        NvmeHost host, HostNamespace target, HostSubmissionQueue submission, WorkloadOptions options, WorkloadResult result,
            ulong firstUnit, ulong unitCount)
    {
        _submission = submission;
        _completion = submission.CompletionQueue;
        _options = options;
        _result = result;
        _firstUnit = firstUnit;
        _unitCount = unitCount;
        _firstLogicalBlock = options.FirstLogicalBlock;
        _blockLengthBytes = target.BlockLengthBytes;
        _blocksPerUnit = options.TransferLengthBytes / target.BlockLengthBytes;
        _random = new RandomNumbers(options.Seed + (submission.QueueIdentifier * 0x1_0000_0001UL));
        _templates = new SubmissionQueueEntry[options.QueueDepth];
        _buffers = new HostBuffer[options.QueueDepth];
        _states = new byte[options.QueueDepth];
        _units = new ulong[options.QueueDepth];
        _submitted = new long[options.QueueDepth];
        _ledger = options.Verify ? new BlockLedger(unitCount) : null;
        int pages = PrpBuilder.PageCount(0, options.TransferLengthBytes, host.PageLengthBytes);
        for (int i = 0; i < options.QueueDepth; i++)
        {
            _buffers[i] = host.Arena.Allocate(options.TransferLengthBytes, host.PageLengthBytes);
            HostBuffer lists = pages > 2
                ? host.Arena.Allocate(PrpBuilder.ListLengthBytes(pages, host.PageLengthBytes), host.PageLengthBytes) : default;
            SubmissionQueueEntry template = NvmeCommands.BlockCommand(NvmOpcode.Read, target.NamespaceIdentifier, 0, _blocksPerUnit);
            template = options.Sgl
                ? template.WithSgl(SglBuilder.DataBlock(_buffers[i].Address, (uint)options.TransferLengthBytes))
                : template.WithPrp(PrpBuilder.Contiguous(_buffers[i].Address, options.TransferLengthBytes, host.PageLengthBytes, lists));
            template.Cdw0 = template.Cdw0 with { CommandIdentifier = (ushort)i };
            _templates[i] = template;
        }
    }

    /// <summary>Commands outstanding.</summary>
    internal int Outstanding { get; private set; }

    /// <summary>Interrupt vector of its completion queue, -1 for none.</summary>
    internal int Vector => _completion.Vector;

    /// <summary>Whether a completion waits to be taken.</summary>
    internal bool HasCompletion => _completion.HasEntry();

    /// <summary>
    /// Fills the queue to its depth, at most <paramref name="budget"/> commands, which the controller sees after <see cref="Ring"/>. Returns how many.
    /// </summary>
    internal int Fill(long budget, long now)
    {
        int count = (int)Math.Min(budget, _options.QueueDepth - Outstanding);
        for (int i = 0; i < count; i++)
        {
            Issue(i, now);
        }

        _isFilled |= count > 0;
        return count;
    }

    /// <summary>Shows the controller what was filled in.</summary>
    internal void Ring()
    {
        if (_isFilled)
        {
            _isFilled = false; // a doorbell that is written with what it has is an error of the host
            _submission.RingTail();
        }
    }

    /// <summary>
    /// One turn: takes what has completed and, while <paramref name="budget"/> lasts, submits as much again; each doorbell is written once
    /// at most. Returns the number of completions; <paramref name="budget"/> goes down by what was submitted.
    /// </summary>
    [SkipLocalsInit]
    internal int Turn(ref long budget)
    {
        if (!_completion.HasEntry())
        {
            return 0;
        }

        // One look at the clock serves the whole batch.
        long now = System.Diagnostics.Stopwatch.GetTimestamp();
        int taken = 0;
        int submitted = 0;
        while (taken < _completion.EntryCount && _completion.TryTake(out CompletionQueueEntry entry))
        {
            taken++;
            int slot = entry.CommandIdentifier;
            Complete(slot, in entry, now);
            if (budget > 0)
            {
                budget--;
                submitted++;
                Issue(slot, now);
            }
        }

        _completion.RingHead();
        if (submitted > 0)
        {
            _submission.RingTail();
        }

        return taken;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Issue(int slot, long now)
    {
        ulong unit = ChooseUnit();
        bool read = _options.ReadPercent == 100 || (_options.ReadPercent > 0 && _random.Below(100) < _options.ReadPercent);
        ref SubmissionQueueEntry entry = ref _templates[slot];
        ulong logicalBlock = _firstLogicalBlock + ((_firstUnit + unit) * (uint)_blocksPerUnit);
        entry.Cdw0 = entry.Cdw0 with { Opcode = read ? (byte)NvmOpcode.Read : (byte)NvmOpcode.Write };
        entry.StartingLba = logicalBlock;
        if (_ledger is not null)
        {
            uint generation = _ledger.Take(unit, write: !read);
            if (!read)
            {
                Stamp(slot, logicalBlock, generation);
            }
        }

        _units[slot] = unit;
        _submitted[slot] = now;
        _states[slot] = read ? Reading : Writing;
        Outstanding++;
        _submission.Push(in entry);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong ChooseUnit()
    {
        ulong unit;
        if (_options.Sequential)
        {
            unit = _nextSequential;
            _nextSequential = unit + 1 == _unitCount ? 0 : unit + 1;
        }
        else
        {
            unit = _random.Below(_unitCount);
        }

        // With verification no two commands may be under way to the same unit: their order is not defined. The queue has more units
        // than slots (checked at the start), so that the search ends.
        while (_ledger is not null && _ledger.IsTaken(unit))
        {
            unit = unit + 1 == _unitCount ? 0 : unit + 1;
        }

        return unit;
    }

    private void Complete(int slot, in CompletionQueueEntry entry, long now)
    {
        if (slot >= _states.Length || _states[slot] == Idle)
        {
            throw new HostFailureException(
                $"completion queue {_completion.QueueIdentifier} holds a completion of command {slot}, which is not outstanding");
        }

        bool read = _states[slot] == Reading;
        _states[slot] = Idle;
        Outstanding--;
        long nanoseconds = (long)((now - _submitted[slot]) * (1e9 / System.Diagnostics.Stopwatch.Frequency));
        (read ? _result.ReadLatency : _result.WriteLatency).Record(nanoseconds);
        _ = read ? _result.Reads++ : _result.Writes++;
        if (entry.CompletionStatus.Status.IsError)
        {
            CountError(slot, in entry, read);
        }
        else if (_ledger is not null)
        {
            ulong unit = _units[slot];
            uint generation = _ledger.Release(unit);
            if (read && generation != BlockLedger.Unknown)
            {
                Check(slot, _firstLogicalBlock + ((_firstUnit + unit) * (uint)_blocksPerUnit), generation);
            }
        }
    }

    private void Stamp(int slot, ulong logicalBlock, uint generation)
    {
        byte* block = _buffers[slot].Pointer;
        for (int i = 0; i < _blocksPerUnit; i++)
        {
            BlockPattern.Fill(block + (i * _blockLengthBytes), _blockLengthBytes, logicalBlock + (uint)i, generation, _options.Seed);
        }
    }

    private void Check(int slot, ulong logicalBlock, uint generation)
    {
        byte* block = _buffers[slot].Pointer;
        _result.BlocksVerified += _blocksPerUnit;
        for (int i = 0; i < _blocksPerUnit; i++)
        {
            byte* here = block + (i * _blockLengthBytes);
            int difference = BlockPattern.FirstDifference(here, _blockLengthBytes, logicalBlock + (uint)i, generation, _options.Seed);
            if (difference >= 0)
            {
                _result.BlocksWrong++;
                _result.FirstError ??= $"LBA {logicalBlock + (uint)i} generation {generation} is wrong from byte {difference} on: "
                    + BlockPattern.Describe(here);
            }
        }
    }

    private void CountError(int slot, in CompletionQueueEntry entry, bool read)
    {
        _result.Errors++;
        _result.FirstError ??= $"{(read ? "Read" : "Write")} at LBA {_templates[slot].StartingLba} completed with {StatusText.Of(entry)}";
        _ledger?.Forget(_units[slot]);
    }
}

/// <summary>
/// What a verified workload knows of each unit: the generation last written, and whether a command is under way to it.
/// </summary>
internal sealed class BlockLedger
{
    /// <summary>Nothing was written by this run: the content is not checked.</summary>
    internal const uint Unknown = 0;

    private const uint TakenBit = 0x8000_0000;

    private readonly uint[] _units;

    internal BlockLedger(ulong unitCount) => _units = new uint[unitCount];

    internal bool IsTaken(ulong unit) => (_units[unit] & TakenBit) != 0;

    /// <summary>Marks a unit as under way. Returns the generation that a write is to put there, or that a read is to find.</summary>
    internal uint Take(ulong unit, bool write)
    {
        uint generation = _units[unit] + (write ? 1u : 0);
        _units[unit] = generation | TakenBit;
        return generation;
    }

    /// <summary>Ends what was under way; returns the generation that the unit holds.</summary>
    internal uint Release(ulong unit) => _units[unit] &= ~TakenBit;

    /// <summary>After an error nobody knows what a unit holds.</summary>
    internal void Forget(ulong unit) => _units[unit] = Unknown;
}
