
namespace Nvmepf.Hal.VfioUser;

/// <summary>One scatter list on its way, with a place up to which it was sent.</summary>
internal unsafe struct DmaRequest
{
    private readonly HostSegment* _segments;
    private readonly int _segmentCount;
    private int _segment;
    private ulong _sentInSegment;
    private int _outstandingChunks;

    /// <summary>Begins a request; the list stays valid until it was taken as complete.</summary>
    internal DmaRequest(HostSegment* segments, int segmentCount, ulong tag)
    {
        _segments = segments;
        _segmentCount = segmentCount;
        Tag = tag;
    }

    /// <summary>The submitter's tag.</summary>
    internal ulong Tag { get; }

    /// <summary>How it ended.</summary>
    internal DmaStatus Status { get; private set; }

    /// <summary>Whether it ended.</summary>
    internal bool IsFinished { get; private set; }

    /// <summary>Whether every byte was sent.</summary>
    internal readonly bool IsSent => _segment == _segmentCount;

    /// <summary>Host address of the next byte to send.</summary>
    internal readonly ulong HostAddress => _segments[_segment].HostAddress + _sentInSegment;

    /// <summary>Local address of the next byte to send.</summary>
    internal readonly byte* Local => _segments[_segment].Local + _sentInSegment;

    /// <summary>Bytes of the current segment that were not sent.</summary>
    internal readonly ulong LeftInSegment => _segments[_segment].LengthBytes - _sentInSegment;

    /// <summary>Bytes went out, to be answered or (copied) done already.</summary>
    internal void ChunkSent(ulong length, bool isOutstanding)
    {
        Invariant.Check(length <= LeftInSegment, "a part of the current segment");
        _sentInSegment += length;
        if (LeftInSegment == 0)
        {
            _segment++;
            _sentInSegment = 0;
        }

        _outstandingChunks += isOutstanding ? 1 : 0;
        FinishIfDone();
    }

    /// <summary>A chunk was answered well.</summary>
    internal void ChunkDone()
    {
        _outstandingChunks--;
        FinishIfDone();
    }

    /// <summary>Ends it, whatever is outstanding.</summary>
    internal void Finish(DmaStatus status)
    {
        Status = status;
        IsFinished = true;
    }

    /// <summary>Whether any byte of it lies in the range.</summary>
    internal readonly bool Overlaps(ulong first, ulong last)
    {
        for (int i = 0; i < _segmentCount; i++)
        {
            ulong segmentLast = _segments[i].HostAddress + (_segments[i].LengthBytes - 1);
            if (_segments[i].HostAddress <= last && segmentLast >= first)
            {
                return true;
            }
        }

        return false;
    }

    private void FinishIfDone()
    {
        if (IsSent && _outstandingChunks == 0 && !IsFinished)
        {
            Finish(DmaStatus.Success);
        }
    }
}

/// <summary>The requests of one direction, first in, first out; bounded.</summary>
internal sealed unsafe class DmaRequestQueue
{
    /// <summary>Stands for every request where an index is asked for.</summary>
    internal const int AnyRequest = -1;

    private const int Capacity = 256;
    private readonly DmaRequest[] _requests = new DmaRequest[Capacity];
    private int _first;
    private int _sending;

    /// <summary>Requests whose completion was not taken.</summary>
    internal int Count { get; private set; }

    /// <summary>Whether no more fits.</summary>
    internal bool IsFull => Count == Capacity;

    /// <summary>Whether any request is not finished.</summary>
    internal bool HasOpenRequests
    {
        get
        {
            for (int i = 0; i < Count; i++)
            {
                if (!_requests[IndexOf(i)].IsFinished)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Adds a request; there is room.</summary>
    internal ref DmaRequest Add(HostSegment* segments, int segmentCount, ulong tag)
    {
        Invariant.Check(!IsFull && segmentCount > 0, "room, and a list that is not empty");
        int index = IndexOf(Count);
        _requests[index] = new DmaRequest(segments, segmentCount, tag);
        Count++;
        return ref _requests[index];
    }

    /// <summary>The request with an index as of <see cref="TryGetSending"/> or <see cref="IndexOf"/>.</summary>
    internal ref DmaRequest At(int index) => ref _requests[index];

    /// <summary>Index of the request at a position from the oldest, 0.</summary>
    internal int IndexOf(int position) => (_first + position) % Capacity;

    /// <summary>Finds the oldest request that has bytes to send.</summary>
    internal bool TryGetSending(out int index)
    {
        while (_sending < Count)
        {
            index = IndexOf(_sending);
            if (!_requests[index].IsFinished && !_requests[index].IsSent)
            {
                return true;
            }

            _sending++;
        }

        index = -1;
        return false;
    }

    /// <summary>Takes finished requests from the front.</summary>
    internal int Take(DmaCompletion* completions, int capacity)
    {
        int taken = 0;
        while (taken < capacity && Count > 0 && _requests[_first].IsFinished)
        {
            completions[taken++] = new DmaCompletion { Tag = _requests[_first].Tag, Status = _requests[_first].Status };
            _first = (_first + 1) % Capacity;
            Count--;
            _sending = Math.Max(0, _sending - 1);
        }

        return taken;
    }

    /// <summary>Ends every request that has not ended.</summary>
    internal void FinishAll(DmaStatus status)
    {
        for (int i = 0; i < Count; i++)
        {
            ref DmaRequest request = ref _requests[IndexOf(i)];
            if (!request.IsFinished)
            {
                request.Finish(status);
            }
        }
    }
}
