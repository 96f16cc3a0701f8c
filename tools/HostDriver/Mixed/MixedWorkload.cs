using System.Diagnostics;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.HostDriver.Workload;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Mixed;

/// <summary>
/// Random commands of every kind, admin and I/O, good and bad, many at a time on several queues, each with the outcome that the standard
/// wants: status, data, and blocks untouched beside those written. One thread, one seed, one sequence of commands.
/// </summary>
internal sealed partial class MixedWorkload
{
    private const int AdminDepth = 8;
    private const int TrackedLengthMaxBytes = 64 << 20;

    private readonly NvmeHost _host;
    private readonly HostNamespace _space;
    private readonly Random _random;
    private readonly ulong _seed;
    private readonly BlockMap _map;
    private readonly ulong _firstBlock;
    private readonly int _blockLength;
    private readonly int _transferBlocksMax;
    private readonly List<HostSubmissionQueue> _queues = [];
    private readonly List<MixedSlot[]> _slots = [];
    private readonly List<Stack<ushort>> _free = [];
    private readonly byte[] _controllerData;
    private readonly int[] _vectors; // of all queues, each once; none where this host polls
    private uint _generation = 1;

    internal MixedWorkload(NvmeHost host, HostNamespace space, int queues, int depth, ulong seed)
    {
        _host = host;
        _space = space;
        _seed = seed;
        _random = new Random((int)seed);
        _blockLength = space.BlockLengthBytes;
        _transferBlocksMax = Math.Min(space.TransferLengthMaxBytes, 1 << 20) / _blockLength;
        ulong tracked = Math.Min(TrackedLengthMaxBytes / (ulong)_blockLength, space.BlockCount / 2);
        _map = new BlockMap((int)tracked);
        _firstBlock = space.BlockCount - tracked;
        _controllerData = host.Identify(0x01);
        AddQueue(host.AdminQueue, AdminDepth, 8192);
        for (ushort i = 1; i <= queues; i++)
        {
            AddQueue(host.SubmissionQueues[i], depth, (_transferBlocksMax * _blockLength) + 4096);
        }

        HashSet<int> vectors = [.. _queues.ConvertAll(queue => queue.CompletionQueue.Vector)];
        _vectors = vectors.Contains(-1) ? [] : [.. vectors];
    }

    /// <summary>Commands that completed, by kind.</summary>
    internal long[] Completed { get; } = new long[Enum.GetValues<MixedKind>().Length];

    /// <summary>What went wrong, at most 20 in words.</summary>
    internal List<string> Failures { get; } = [];

    /// <summary>How many things went wrong.</summary>
    internal long FailureCount { get; private set; }

    /// <summary>Blocks of read data that were compared.</summary>
    internal long BlocksVerified { get; private set; }

    /// <summary>Bytes of DMA memory for so many queues of such a depth.</summary>
    internal static long ArenaLengthBytes(int queues, int depth) =>
        (queues * (long)depth * ((1 << 20) + 4096 + 16384 + 4096)) + (64L << 20);

    /// <summary>Runs so many commands. <paramref name="progress"/> is called ten times on the way.</summary>
    internal TimeSpan Run(long count, Action<long> progress)
    {
        Initialise();
        long start = Stopwatch.GetTimestamp();
        long issued = 0;
        long done = 0;
        Deadline deadline = Deadline.After(_host.Options.Timeout);
        long nextReport = count / 10;
        while (done < count)
        {
            for (int queue = 0; queue < _queues.Count; queue++)
            {
                issued += Issue(queue, count - issued);
            }

            int completed = 0;
            for (int queue = 0; queue < _queues.Count; queue++)
            {
                completed += Complete(queue);
            }

            done += completed;
            if (completed > 0)
            {
                deadline = Deadline.After(_host.Options.Timeout);
            }
            else if (deadline.Passed)
            {
                throw new HostFailureException(
                    $"no command completed for {_host.Options.Timeout.TotalSeconds:0} s; {issued - done} are outstanding");
            }
            else
            {
                Wait(issued - done);
            }

            if (done >= nextReport && done < count)
            {
                progress(done);
                nextReport += count / 10;
            }
        }

        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Nothing has completed: gives the processor away, or sleeps until an interrupt comes, which has to be in time.</summary>
    private void Wait(long outstanding)
    {
        if (_vectors.Length == 0)
        {
            _ = Thread.Yield();
        }
        else if (_host.Function.WaitForInterrupts(_vectors, Deadline.After(_host.Options.Timeout)) == 0)
        {
            bool isThere = _queues.Exists(queue => queue.CompletionQueue.HasEntry());
            throw new HostFailureException(
                $"no interrupt came for {_host.Options.Timeout.TotalSeconds:0} s, {outstanding} commands are outstanding, "
                + (isThere ? "and a completion is there: its interrupt was lost" : "and no completion is there"));
        }
    }

    private void AddQueue(HostSubmissionQueue queue, int depth, int memoryLength)
    {
        int usable = Math.Min(depth, Math.Min(queue.EntryCount, queue.CompletionQueue.EntryCount) - 1);
        var slots = new MixedSlot[usable];
        var free = new Stack<ushort>();
        for (int i = usable - 1; i >= 0; i--)
        {
            slots[i] =
                new MixedSlot { Memory = _host.Arena.Allocate(memoryLength, _host.PageLengthBytes),
                Lists = _host.Arena.Allocate(16384, _host.PageLengthBytes) };
            free.Push((ushort)i);
        }

        _queues.Add(queue);
        _slots.Add(slots);
        _free.Add(free);
    }

    /// <summary>Writes all tracked blocks once, so that every read can be checked.</summary>
    private void Initialise()
    {
        HostBuffer buffer = _host.Arena.Allocate(_transferBlocksMax * _blockLength);
        for (int block = 0; block < _map.BlockCount;)
        {
            int count = Math.Min(_transferBlocksMax, _map.BlockCount - block);
            Fill(buffer, block, count, _generation);
            _ = _space.Write(_firstBlock + (ulong)block, buffer.Slice(0, count * _blockLength));
            _map.Set(block, count, _generation);
            block += count;
        }

        _host.Arena.Free(buffer);
    }

    private int Issue(int queue, long budget)
    {
        int issued = 0;
        while (issued < budget && _free[queue].TryPop(out ushort identifier))
        {
            MixedSlot slot = _slots[queue][identifier];
            slot.BlockCount = 0;
            slot.Expected = StatusCode.Success;
            SubmissionQueueEntry entry = queue == 0 ? NextAdmin(slot) : NextIo(slot);
            entry.Cdw0 = entry.Cdw0 with { CommandIdentifier = identifier };
            slot.Cdw10 = entry.Cdw10;
            _queues[queue].Push(in entry);
            issued++;

            // Not always to the brim, so that batches of all sizes are seen, and doorbells in the middle of a batch.
            if (_random.Next(16) == 0)
            {
                break;
            }
        }

        if (issued > 0)
        {
            _queues[queue].RingTail();
        }

        return issued;
    }

    private int Complete(int queue)
    {
        HostSubmissionQueue submission = _queues[queue];
        int taken = 0;
        while (taken < submission.CompletionQueue.EntryCount && submission.CompletionQueue.TryTake(out CompletionQueueEntry entry))
        {
            taken++;
            if (entry.SubmissionQueueIdentifier != submission.QueueIdentifier
                || entry.CommandIdentifier >= _slots[queue].Length
                || _slots[queue][entry.CommandIdentifier].Kind == MixedKind.Idle)
            {
                throw new HostFailureException(
                    $"completion queue {submission.CompletionQueue.QueueIdentifier} holds a completion of command "
                    + $"{entry.CommandIdentifier} on queue {entry.SubmissionQueueIdentifier}, which is not outstanding");
            }

            submission.Head = entry.SubmissionQueueHeadPointer;
            MixedSlot slot = _slots[queue][entry.CommandIdentifier];
            Finish(slot, in entry);
            slot.Kind = MixedKind.Idle;
            _free[queue].Push(entry.CommandIdentifier);
        }

        if (taken > 0)
        {
            submission.CompletionQueue.RingHead();
        }

        return taken;
    }

    private void Finish(MixedSlot slot, in CompletionQueueEntry entry)
    {
        Completed[(int)slot.Kind]++;
        StatusCode code = entry.CompletionStatus.Status.Code;
        if (code != slot.Expected)
        {
            string what = slot.BlockCount > 0 ? $"{slot.BlockCount} blocks at {_firstBlock + (ulong)slot.Block}" : $"dword 10 {slot.Cdw10:x8}h";
            Fail($"{slot.Kind}, {what}: "
                + $"expected {StatusText.Of(slot.Expected)}, got {StatusText.Of(entry)}");
        }
        else
        {
            CheckOutcome(slot, in entry);
        }

        if (slot.BlockCount > 0)
        {
            _map.Unlock(slot.Block, slot.BlockCount);
        }
    }

    private void CheckOutcome(MixedSlot slot, in CompletionQueueEntry entry)
    {
        switch (slot.Kind)
        {
            case MixedKind.Read:
                CheckRead(slot);
                break;
            case MixedKind.Write or MixedKind.WriteZeroes:
                _map.Set(slot.Block, slot.BlockCount, slot.Generation);
                break;
            case MixedKind.Deallocate:
                _map.MarkMaybeZero(slot.Block, slot.BlockCount);
                break;
            case MixedKind.Identify:
                if (!slot.Data.Bytes.SequenceEqual(_controllerData))
                {
                    Fail("Identify Controller: not the bytes that it gave at the start");
                }

                break;
            case MixedKind.Abort:
                if ((entry.Dword0 & 1) == 0)
                {
                    Fail("Abort of a command that is not there: says that it was aborted");
                }

                break;
            default:
                break;
        }
    }

    private unsafe void CheckRead(MixedSlot slot)
    {
        BlocksVerified += slot.BlockCount;
        for (int i = 0; i < slot.BlockCount; i++)
        {
            byte* here = slot.Data.Pointer + (i * _blockLength);
            uint wanted = _map[slot.Block + i];
            ulong block = _firstBlock + (ulong)(slot.Block + i);
            bool good = BlockPattern.FirstDifference(here, _blockLength, block, wanted & ~BlockMap.MaybeZero, _seed) < 0
                || ((wanted & BlockMap.MaybeZero) != 0 && BlockPattern.FirstDifference(here, _blockLength, block, 0, _seed) < 0);
            if (!good)
            {
                Fail($"Read: LBA {block} wanted generation {wanted & ~BlockMap.MaybeZero}, found {BlockPattern.Describe(here)}");
            }
        }
    }

    private unsafe void Fill(HostBuffer buffer, int block, int count, uint generation)
    {
        for (int i = 0; i < count; i++)
        {
            BlockPattern.Fill(buffer.Pointer + (i * _blockLength), _blockLength, _firstBlock + (ulong)(block + i), generation, _seed);
        }
    }

    private void Fail(string text)
    {
        FailureCount++;
        if (Failures.Count < 20)
        {
            Failures.Add(text);
        }
    }
}
