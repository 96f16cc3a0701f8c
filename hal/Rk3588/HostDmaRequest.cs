// Requests of IHostDma as the engines of this platform keep them: one scatter list each, with a place up to which it was given to hardware
// (or copied), and a ring of them for each direction. Nothing here touches hardware.

namespace Nvmepf.Hal.Rk3588;

/// <summary>One scatter list on its way.</summary>
internal unsafe struct HostDmaRequest
{
    private HostSegment* _segments;
    private int _segmentCount;
    private int _segment;
    private ulong _offsetBytes;

    /// <summary>The submitter's tag.</summary>
    internal ulong Tag;

    /// <summary>How it ended, once <see cref="IsFinished"/>; before that, how it will end when hardware has let go of it.</summary>
    internal DmaStatus Status;

    /// <summary>It has ended; local memory is not touched any more.</summary>
    internal bool IsFinished;

    /// <summary>Its completion was taken; its place is free as soon as none before it is in use.</summary>
    internal bool IsTaken;

    /// <summary>It is at fault: it will end with <see cref="Status"/> and is not run again.</summary>
    internal bool IsConvicted;

    /// <summary>It may be the one at fault, so it runs alone.</summary>
    internal bool IsSuspect;

    /// <summary>The CPU copies it, because the engine's address would be mistranslated.</summary>
    internal bool IsForCopy;

    /// <summary>How often it was in a list that did not end well.</summary>
    internal int Attempts;

    /// <summary>List elements of it that hardware has not finished.</summary>
    internal int OutstandingElements;

    /// <summary>Bytes of all segments.</summary>
    internal ulong LengthBytes;

    /// <summary>Whether every byte was given to hardware.</summary>
    internal readonly bool IsAssigned => _segment == _segmentCount;

    /// <summary>Whether any byte was given to hardware.</summary>
    internal readonly bool HasBegun => _segment != 0 || _offsetBytes != 0;

    /// <summary>Host address of the next byte.</summary>
    internal readonly ulong HostAddress => _segments[_segment].HostAddress + _offsetBytes;

    /// <summary>Local address of the next byte.</summary>
    internal readonly byte* Local => _segments[_segment].Local + _offsetBytes;

    /// <summary>Bytes of the current segment that were not given.</summary>
    internal readonly ulong LeftInSegment => _segments[_segment].LengthBytes - _offsetBytes;

    /// <summary>Begins a request; the list stays valid until the completion was taken.</summary>
    internal static HostDmaRequest Of(HostSegment* segments, int segmentCount, ulong tag)
    {
        ulong length = 0;
        for (int i = 0; i < segmentCount; i++)
        {
            length += segments[i].LengthBytes;
        }

        return new HostDmaRequest { _segments = segments, _segmentCount = segmentCount, Tag = tag, LengthBytes = length };
    }

    /// <summary>Moves on by a part of the current segment.</summary>
    internal void Advance(ulong lengthBytes)
    {
        Invariant.Check(lengthBytes <= LeftInSegment, "a part of the current segment");
        _offsetBytes += lengthBytes;
        if (LeftInSegment == 0)
        {
            _segment++;
            _offsetBytes = 0;
        }
    }

    /// <summary>Back to the first byte: it runs again as a whole, which does no harm in either direction.</summary>
    internal void Rewind()
    {
        _segment = 0;
        _offsetBytes = 0;
        OutstandingElements = 0;
    }

    /// <summary>
    /// Drops what the CPU's caches hold of the local memory: hardware has written some of it, nobody knows how much.
    /// </summary>
    internal readonly void ForgetLocal(DmaMemory memory)
    {
        for (int i = 0; i < _segmentCount; i++)
        {
            memory.ForgetForDevice(_segments[i].Local, _segments[i].LengthBytes);
        }
    }

    /// <summary>Ends it.</summary>
    internal void Finish(DmaStatus status)
    {
        Status = status;
        IsFinished = true;
    }

    /// <summary>Whether any byte lies in [<paramref name="first"/>, <paramref name="last"/>] of the host's memory.</summary>
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
}

/// <summary>
/// The requests of one direction, bounded. They begin in the order of submission and end in any, so that what is short does not wait for
/// what was long before it; a place is used again when all before it are free.
/// </summary>
internal sealed unsafe class HostDmaRequests
{
    /// <summary>Requests that fit.</summary>
    internal const int Capacity = 256;

    private readonly HostDmaRequest[] _requests = new HostDmaRequest[Capacity];
    private int _first;
    private int _untakenFinished;
    private int _taken; // places of requests that were taken, behind one that was not
    private int _assigning; // position from the oldest, before which everything was given to hardware

    /// <summary>Places in use, from the oldest request on whose completion was not taken.</summary>
    internal int Count { get; private set; }

    /// <summary>Requests whose completion was not taken.</summary>
    internal int Untaken => Count - _taken;

    /// <summary>Bytes of the requests that have not ended.</summary>
    internal ulong UnfinishedBytes { get; private set; }

    /// <summary>Adds a request.</summary>
    /// <returns>Its index, or -1 where there is no room.</returns>
    internal int TryAdd(HostSegment* segments, int segmentCount, ulong tag)
    {
        Invariant.Check(segmentCount is > 0 and <= IHostDma.ListSegmentsMax, "a list of 1 to 64 segments");
        if (Count == Capacity)
        {
            return -1;
        }

        int index = IndexOf(Count);
        _requests[index] = HostDmaRequest.Of(segments, segmentCount, tag);
        UnfinishedBytes += _requests[index].LengthBytes;
        Count++;
        return index;
    }

    /// <summary>The request with an index.</summary>
    internal ref HostDmaRequest At(int index) => ref _requests[index];

    /// <summary>Index of the request at a position from the oldest, 0.</summary>
    internal int IndexOf(int position) => (_first + position) % Capacity;

    /// <summary>Finds the oldest request with bytes that were not given to hardware yet and that is not left to the CPU.</summary>
    internal bool TryGetUnassigned(out int index)
    {
        for (; _assigning < Count; _assigning++)
        {
            index = IndexOf(_assigning);
            ref HostDmaRequest request = ref _requests[index];
            if (!request.IsFinished && !request.IsConvicted && !request.IsForCopy && !request.IsAssigned)
            {
                return true;
            }
        }

        index = -1;
        return false;
    }

    /// <summary>Finds the oldest request that the CPU copies; one that is to end is not copied any more.</summary>
    internal bool TryGetForCopy(out int index)
    {
        for (int i = 0; i < Count; i++)
        {
            index = IndexOf(i);
            if (_requests[index].IsForCopy && !_requests[index].IsFinished && !_requests[index].IsConvicted)
            {
                return true;
            }
        }

        index = -1;
        return false;
    }

    /// <summary>Ends one request.</summary>
    internal void Finish(int index, DmaStatus status)
    {
        ref HostDmaRequest request = ref _requests[index];
        Invariant.Check(!request.IsFinished, "a request ends once");
        UnfinishedBytes -= request.LengthBytes;
        _untakenFinished++;
        request.Finish(status);
    }

    /// <summary>Ends every request that has not ended: by its verdict, or as lost.</summary>
    internal void FinishAll()
    {
        for (int i = 0; i < Count; i++)
        {
            int index = IndexOf(i);
            if (!_requests[index].IsFinished)
            {
                Finish(index, _requests[index].IsConvicted ? _requests[index].Status : DmaStatus.LinkLost);
            }
        }
    }

    /// <summary>Every request that has not ended will end like this, and is not run again.</summary>
    internal void ConvictAll(DmaStatus status)
    {
        for (int i = 0; i < Count; i++)
        {
            ref HostDmaRequest request = ref _requests[IndexOf(i)];
            if (!request.IsFinished && !request.IsConvicted)
            {
                request.IsConvicted = true;
                request.Status = status;
            }
        }
    }

    /// <summary>The search for unassigned requests begins at the oldest again.</summary>
    internal void Rewind() => _assigning = 0;

    /// <summary>Takes finished requests, the oldest first.</summary>
    internal int Take(DmaCompletion* completions, int capacity)
    {
        int taken = 0;
        for (int i = 0; i < Count && taken < capacity && _untakenFinished > 0; i++)
        {
            ref HostDmaRequest request = ref _requests[IndexOf(i)];
            if (request.IsFinished && !request.IsTaken)
            {
                completions[taken++] = new DmaCompletion { Tag = request.Tag, Status = request.Status };
                request.IsTaken = true;
                _untakenFinished--;
                _taken++;
            }
        }

        while (Count > 0 && _requests[_first].IsTaken)
        {
            _first = (_first + 1) % Capacity;
            Count--;
            _taken--;
            _assigning = Math.Max(0, _assigning - 1);
        }

        return taken;
    }
}
