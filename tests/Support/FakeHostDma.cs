// A DMA engine for tests: bounded queues, one for each direction, in order within a direction, in any order between them. Nothing
// moves until the test pumps. Everything it decides comes from one seed, and it holds its user to the contract:
//  - the scatter list must still be what it was at submission when the request is executed;
//  - local memory is the platform's DMA memory;
//  - local memory of a read holds garbage from submission to execution, so that using it early shows.
using System.Runtime.CompilerServices;
using Nvmepf.Hal;

namespace Nvmepf.Tests.Support;

public sealed unsafe class FakeHostDma : IHostDma
{
    private const byte Garbage = 0xEE;
    private const int LocalMax = 64;

    private readonly FakeHostMemory _memory;
    private readonly Request[][] _queues;
    private readonly int[] _heads = new int[2];
    private readonly int[] _counts = new int[2];
    private readonly int[] _segments = new int[2];
    private readonly DmaCompletion[] _done;
    private readonly int _segmentsMax;
    private readonly (nuint First, nuint Last)[] _local = new (nuint, nuint)[LocalMax];
    private int _localCount;
    private int _doneHead;
    private int _doneCount;
    private ulong _random;

    public FakeHostDma(FakeHostMemory memory, int seed, int requestsMax, int segmentsMax)
    {
        _memory = memory;
        _random = ((ulong)(uint)seed * 0x9E3779B97F4A7C15) | 1;
        _segmentsMax = Math.Max(segmentsMax, IHostDma.ListSegmentsMax);
        _queues = [new Request[requestsMax], new Request[requestsMax]];
        _done = new DmaCompletion[(2 * requestsMax) + 1];
    }

    /// <summary>When true, each <see cref="Poll"/> pumps first, so that a firmware under test needs no help. Default false.</summary>
    public bool PumpsOnPoll { get; set; }

    /// <summary>When true, a pump may leave any request for later and mixes the directions; else it executes all in order of direction.</summary>
    public bool IsShuffled { get; set; } = true;

    /// <summary>One request in this many ends with HostError after moving a part of its bytes; 0 for none.</summary>
    public int FailOneIn { get; set; }

    /// <summary>This many of the next executed requests end with HostError.</summary>
    public int FailNext { get; set; }

    /// <summary>Where both kinds of failure strike: requests in this direction (null for both) ...</summary>
    public DmaDirection? FaultDirection { get; set; }

    /// <summary>... whose first host address is this or higher.</summary>
    public ulong FaultsFromAddress { get; set; }

    /// <summary>This many of the next submissions are refused as if the queue were full.</summary>
    public int RefuseNext { get; set; }

    /// <summary>Called with each segment that is taken: direction, host address, local address, length in bytes.</summary>
    public Action<DmaDirection, ulong, nuint, ulong>? Taken { get; set; }

    public long RequestsExecuted { get; private set; }

    public long SegmentsExecuted { get; private set; }

    public int LongestList { get; private set; }

    public int InFlight => _counts[0] + _counts[1] + _doneCount;

    /// <summary>What the submitter did wrong, for tests to assert on; the first one is kept.</summary>
    public string? ContractViolation { get; private set; }

    /// <summary>Memory that was given out for DMA.</summary>
    public void AddLocalMemory(byte* memory, nuint lengthBytes) => _local[_localCount++] = ((nuint)memory, (nuint)memory + lengthBytes - 1);

    public bool TrySubmit(DmaDirection direction, HostSegment* segments, int segmentCount, ulong tag)
    {
        int queue = (int)direction;
        if (segmentCount is < 1 or > IHostDma.ListSegmentsMax)
        {
            ContractViolation ??= "a list of no or of too many segments";
            return false;
        }

        if (RefuseNext > 0)
        {
            RefuseNext--;
            return false;
        }

        if (InFlight >= _done.Length - 1 || _counts[queue] == _queues[queue].Length || _segments[queue] + segmentCount > _segmentsMax)
        {
            return false;
        }

        for (int i = 0; i < segmentCount; i++)
        {
            if (!IsLocal((nuint)segments[i].Local, segments[i].LengthBytes))
            {
                ContractViolation ??= "local memory that is not the platform's DMA memory";
                return false;
            }
        }

        for (int i = 0; i < segmentCount && Taken is not null; i++)
        {
            Taken(direction, segments[i].HostAddress, (nuint)segments[i].Local, segments[i].LengthBytes);
        }

        ref Request request = ref _queues[queue][(_heads[queue] + _counts[queue]) % _queues[queue].Length];
        request = new Request { Segments = segments, Count = segmentCount, Tag = tag, Checksum = Checksum(segments, segmentCount) };
        _counts[queue]++;
        _segments[queue] += segmentCount;
        LongestList = Math.Max(LongestList, segmentCount);
        for (int i = 0; i < segmentCount && direction == DmaDirection.HostToDevice; i++)
        {
            Unsafe.InitBlockUnaligned(segments[i].Local, Garbage, (uint)segments[i].LengthBytes);
        }

        return true;
    }

    public int Poll(DmaCompletion* completions, int capacity)
    {
        if (PumpsOnPoll)
        {
            Pump();
        }

        int count = 0;
        for (; count < capacity && _doneCount > 0; count++)
        {
            completions[count] = _done[_doneHead];
            _doneHead = (_doneHead + 1) % _done.Length;
            _doneCount--;
        }

        return count;
    }

    /// <summary>Executes some of the requests (all of them where not shuffled).</summary>
    public void Pump()
    {
        while (_counts[0] + _counts[1] > 0)
        {
            uint dice = IsShuffled ? Next() : 0;
            if (IsShuffled && dice % 4 == 0)
            {
                return;
            }

            int queue = (int)((dice >> 8) & 1);
            Execute(_counts[queue] > 0 ? queue : 1 - queue);
        }
    }

    /// <summary>Executes every request.</summary>
    public void PumpAll()
    {
        while (_counts[0] + _counts[1] > 0)
        {
            int queue = IsShuffled ? (int)((Next() >> 8) & 1) : 0;
            Execute(_counts[queue] > 0 ? queue : 1 - queue);
        }
    }

    /// <summary>The link or client went away: everything that was not executed ends without touching memory.</summary>
    public void LoseLink()
    {
        for (int queue = 0; queue < 2; queue++)
        {
            while (_counts[queue] > 0)
            {
                Complete(Take(queue).Tag, DmaStatus.LinkLost);
            }
        }
    }

    private bool IsLocal(nuint first, ulong lengthBytes)
    {
        for (int i = 0; i < _localCount; i++)
        {
            if (lengthBytes > 0 && first >= _local[i].First && first + (nuint)lengthBytes - 1 <= _local[i].Last)
            {
                return true;
            }
        }

        return false;
    }

    private void Execute(int queue)
    {
        Request request = Take(queue);
        RequestsExecuted++;
        SegmentsExecuted += request.Count;
        if (Checksum(request.Segments, request.Count) != request.Checksum)
        {
            ContractViolation ??= "a scatter list changed, or its memory was reused, while its request was in flight";
            Complete(request.Tag, DmaStatus.HostError);
            return;
        }

        bool mayFail = request.Segments->HostAddress >= FaultsFromAddress && (FaultDirection == null || (int)FaultDirection == queue);
        bool fails = mayFail && (FailNext > 0 || (FailOneIn > 0 && Next() % (uint)FailOneIn == 0));
        FailNext -= fails && FailNext > 0 ? 1 : 0;
        int goodSegments = fails ? (int)(Next() % (uint)request.Count) : request.Count;
        for (int i = 0; i < goodSegments; i++)
        {
            if (!TryMove(request.Segments + i, queue))
            {
                fails = true;
                break;
            }
        }

        Complete(request.Tag, fails ? DmaStatus.HostError : DmaStatus.Success);
    }

    /// <summary>A segment must lie in one region of the map as it is now, and the host must have memory there.</summary>
    private bool TryMove(HostSegment* segment, int queue)
    {
        HostAccess access = queue == (int)DmaDirection.HostToDevice ? HostAccess.Read : HostAccess.Write;
        HostMemoryKind kind = _memory.Map.Resolve(segment->HostAddress, segment->LengthBytes, access, out _, out ulong contiguousBytes);
        byte* host = _memory.TryPointer(segment->HostAddress, segment->LengthBytes);
        if (kind == HostMemoryKind.None || contiguousBytes != segment->LengthBytes || host == null)
        {
            return false;
        }

        bool isRead = queue == (int)DmaDirection.HostToDevice;
        Unsafe.CopyBlockUnaligned(isRead ? segment->Local : host, isRead ? host : segment->Local, (uint)segment->LengthBytes);
        return true;
    }

    private Request Take(int queue)
    {
        Request request = _queues[queue][_heads[queue]];
        _heads[queue] = (_heads[queue] + 1) % _queues[queue].Length;
        _counts[queue]--;
        _segments[queue] -= request.Count;
        return request;
    }

    private void Complete(ulong tag, DmaStatus status)
    {
        _done[(_doneHead + _doneCount) % _done.Length] = new DmaCompletion { Tag = tag, Status = status };
        _doneCount++;
    }

    private static ulong Checksum(HostSegment* segments, int count)
    {
        ulong sum = (ulong)count;
        for (int i = 0; i < count; i++)
        {
            sum = (sum * 0x100000001B3) ^ segments[i].HostAddress;
            sum = (sum * 0x100000001B3) ^ (ulong)segments[i].Local;
            sum = (sum * 0x100000001B3) ^ segments[i].LengthBytes;
        }

        return sum;
    }

    private uint Next()
    {
        _random ^= _random << 13;
        _random ^= _random >> 7;
        _random ^= _random << 17;
        return (uint)(_random >> 16);
    }

    private struct Request
    {
        public HostSegment* Segments;
        public int Count;
        public ulong Tag;
        public ulong Checksum;
    }
}
