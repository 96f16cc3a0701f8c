using Nvmepf.Hal.DesignWare;
using Nvmepf.Hal.Mmio;

namespace Nvmepf.Hal.Rk3588;

/// <summary>
/// One direction of the eDMA: a bounded queue of requests, put into lists on two channels, and the way back after an error. A soft reset
/// takes both channels, so that after one every request that has not ended runs again from its first byte; running twice does no harm.
/// </summary>
/// <remarks>
/// A list costs about 13 us however short it is, so what comes while both channels run is gathered, and a list starts when one ends. But all of a
/// list's requests end together, and a channel's fixed time is hidden only by the other channel's transfers: so a list is no longer than a quarter
/// of all that waits and runs. Two run then, one waits, and the rest is with the host or on its way.
/// Who is at fault after an abort: the list pointer's place is a hint (whether it stands at the element or past it is not documented), so the
/// request there becomes a suspect. Suspects run alone, and a request that fails alone is convicted. Each abort convicts or suspects somebody,
/// so the queue always moves.
/// An engine that does not end its soft reset keeps its memory for as long as that takes. It and one that sticks twice in a row count as failed:
/// new requests end at once, and the platform tells the firmware.
/// </remarks>
internal sealed unsafe class EdmaDirection
{
    private const int AttemptsMax = 6;
    private const int StallsMax = 2;
    private const ulong ListBytesMinimum = 32 << 10; // takes about as long as the fixed part of a list
    private const ulong ListBytesMaximum = 128 << 10;
    private const ulong PageBytes = 4096;
    private const uint AllBits = 0xFF;

    private readonly DmaDirection _direction;
    private readonly Edma _edma;
    private readonly EdmaSide _side;
    private readonly DmaMemory _memory;
    private readonly bool _writesLocalMemory;
    private readonly EdmaChannelRunner[] _channels = new EdmaChannelRunner[Edma.ChannelCount];
    private readonly EdmaListPool _lists;
    private readonly HostDmaRequests _requests = new();
    private readonly EdmaCounters _counters;
    private readonly EdmaTimes _times;
    private readonly IEventLog? _log;
    private State _state = State.Down;
    private bool _isLinkLost = true;
    private bool _isStuck; // the soft reset is late, and the engine may still use its memory
    private bool _isDead; // it stuck again and again
    private int _stallsInRow;
    private int _suspects;
    private long _resetDeadlineNanoseconds;

    internal EdmaDirection(
        Edma edma, DmaDirection direction, DmaMemory memory, uint bounceLengthBytes, EdmaTimes times, EdmaCounters counters, IEventLog? log)
    {
        _direction = direction;
        _edma = edma;
        _side = direction == DmaDirection.HostToDevice ? edma.Read : edma.Write;
        _memory = memory;
        _writesLocalMemory = direction == DmaDirection.HostToDevice && bounceLengthBytes == 0;
        _times = times;
        _counters = counters;
        _log = log;
        for (int i = 0; i < _channels.Length; i++)
        {
            _channels[i] = new EdmaChannelRunner(edma, direction, i);
        }

        _lists = new EdmaListPool(memory, direction, bounceLengthBytes);
    }

    private enum State
    {
        /// <summary>No link; nothing runs, and what is submitted ends at once.</summary>
        Down,

        /// <summary>Requests are taken and run.</summary>
        Running,

        /// <summary>A soft reset is under way; requests are taken and wait.</summary>
        Resetting,
    }

    /// <summary>Everything goes through channel 0, whose writes stay in order; two channels may overtake each other.</summary>
    internal bool UsesOneChannel { get; set; }

    /// <summary>The requests.</summary>
    internal HostDmaRequests Requests => _requests;

    /// <summary>No link, and the engine has let go of all memory.</summary>
    internal bool IsDown => _state == State.Down;

    /// <summary>The engine moves nothing any more, for now.</summary>
    internal bool IsFailed => _isStuck || _isDead;

    /// <summary>Queues a request.</summary>
    internal bool TrySubmit(HostSegment* segments, int segmentCount, ulong tag, out int index)
    {
        index = _requests.TryAdd(segments, segmentCount, tag);
        if (index >= 0 && (_isLinkLost || IsFailed))
        {
            _requests.Finish(index, _isLinkLost ? DmaStatus.LinkLost : DmaStatus.HostError);
        }

        return index >= 0;
    }

    /// <summary>Looks at what runs, and starts what waits. Bounded, never waits.</summary>
    internal void Pump(long now)
    {
        if (_state == State.Resetting && !TryEndReset(now))
        {
            return;
        }

        if (_state != State.Running)
        {
            return;
        }

        Look(now);
        if (_state == State.Running)
        {
            Fill(now);
            Start(now);
        }
    }

    /// <summary>The link is gone: the engine is reset, then everything ends as lost.</summary>
    internal void LinkLost(long now)
    {
        // Also where the link is back before the reset has ended: nothing of the earlier life runs again.
        _requests.ConvictAll(DmaStatus.LinkLost);
        _isLinkLost = true;
        Revive();
        BeginReset(now);
    }

    /// <summary>The link is back and the controller configured: the engine is reset once more, because its registers may be lost, and runs.</summary>
    internal void Restart(long now)
    {
        _isLinkLost = false;
        Revive();
        BeginReset(now);
    }

    /// <summary>Nobody waits for the requests any more: what hardware has seen nothing of ends at once, the rest does not run again.</summary>
    internal void Cancel()
    {
        _requests.ConvictAll(DmaStatus.LinkLost);
        for (int i = 0; i < _requests.Count; i++)
        {
            int index = _requests.IndexOf(i);
            ref HostDmaRequest request = ref _requests.At(index);
            if (!request.IsFinished && (request.IsForCopy || !request.HasBegun))
            {
                _suspects -= request.IsSuspect ? 1 : 0;
                _requests.Finish(index, request.Status);
            }
        }

        Revive();
    }

    /// <summary>A reset from outside is another chance for an engine that was given up.</summary>
    private void Revive()
    {
        _isDead = false;
        _stallsInRow = 0;
    }

    private void Look(long now)
    {
        if (!IsLookDue(_channels[0], now) && !IsLookDue(_channels[1], now))
        {
            return;
        }

        EdmaInterrupts status = _side.InterruptStatus.Read();
        _counters.StatusReads++;
        Mmio.Barrier.AfterStatus();
        foreach (EdmaChannelRunner channel in _channels)
        {
            if (channel.Running is not null && (status.Done & channel.Bit) != 0 && (status.Abort & channel.Bit) == 0)
            {
                TakeDone(channel, now);
            }
        }

        foreach (EdmaChannelRunner channel in _channels)
        {
            if (channel.Running is not null && HasFailed(channel, status, now))
            {
                Blame(channel);
                BeginReset(now);
                return;
            }
        }

        _channels[0].PutOffLook(now);
        _channels[1].PutOffLook(now);
    }

    private static bool IsLookDue(EdmaChannelRunner channel, long now) => channel.Running is not null && now >= channel.NextLookNanoseconds;

    private bool HasFailed(EdmaChannelRunner channel, EdmaInterrupts status, long now)
    {
        bool isAborted = (status.Abort & channel.Bit) != 0;
        bool isOld = now > channel.DeadlineNanoseconds - _times.ListDeadlineNanoseconds + _times.HaltLookNanoseconds;
        if (isAborted || (isOld && channel.Status == EdmaChannelStatus.Halted))
        {
            _counters.Aborts++;
            _counters.SilentHalts += isAborted ? 0u : 1;
            _stallsInRow = 0;
            ReportAbort(channel);
            return true;
        }

        if (now <= channel.DeadlineNanoseconds)
        {
            return false;
        }

        _counters.Stalls++;
        _log?.Write("rk3588: eDMA direction {0}: a list of {1} elements did not end in time", (long)_direction, channel.Running!.Count);
        if (++_stallsInRow == StallsMax)
        {
            _isDead = true;
            _requests.ConvictAll(DmaStatus.HostError);
            _log?.Write("rk3588: eDMA direction {0} got stuck {1} times in a row: given up until the next reset", (long)_direction, StallsMax);
        }

        return true;
    }

    private void TakeDone(EdmaChannelRunner channel, long now)
    {
        switch (channel.Status)
        {
            case EdmaChannelStatus.Running:
                // Done with the last transfer, but not with the list: it still has to find the end.
                return;
            case EdmaChannelStatus.Halted:
                return;
        }

        _stallsInRow = 0;
        EdmaTransferList list = channel.Running!;
        channel.Finish();

        // The next list first: cache maintenance of what has come takes longer than a list's registers.
        Start(now);
        list.TakeData();
        Mmio.Barrier.Full();
        _counters.ListRuns++;
        _counters.Elements += (ulong)list.Count;
        _counters.Bytes += list.Bytes;
        for (int i = 0; i < list.Count; i++)
        {
            int index = list.RequestOf(i);
            ref HostDmaRequest request = ref _requests.At(index);
            if (--request.OutstandingElements == 0 && (request.IsAssigned || request.IsConvicted))
            {
                _suspects -= request.IsSuspect ? 1 : 0;
                _requests.Finish(index, request.IsConvicted ? request.Status : DmaStatus.Success);
            }
        }

        _lists.Free(list);
    }

    private void Fill(long now)
    {
        ulong bytesMax = Math.Clamp(_requests.UnfinishedBytes / EdmaListPool.Capacity, ListBytesMinimum, ListBytesMaximum) & ~(PageBytes - 1);
        while (_requests.TryGetUnassigned(out int index))
        {
            ref HostDmaRequest request = ref _requests.At(index);
            EdmaTransferList? list = _suspects != 0 ? ChooseAlone(request.IsSuspect) : Choose(bytesMax);
            if (list is null)
            {
                return;
            }

            list.Add(index, ref request, bytesMax);
            if (list.IsFull || list.Bytes >= bytesMax)
            {
                // It does not wait for the next one's cache maintenance.
                Start(now);
            }
        }
    }

    /// <summary>The list that takes the next request, or null while there is none.</summary>
    private EdmaTransferList? Choose(ulong bytesMax)
    {
        EdmaTransferList? youngest = _lists.Youngest;
        return youngest is { IsFull: false } && youngest.Bytes < bytesMax ? youngest : _lists.TryBegin();
    }

    /// <summary>While there are suspects one list runs at a time, and a suspect has its list for itself.</summary>
    private EdmaTransferList? ChooseAlone(bool isSuspect)
    {
        if (_channels[0].Running is not null || _channels[1].Running is not null || _lists.FilledCount > 1)
        {
            return null;
        }

        if (_lists.Oldest is not { } list)
        {
            return _lists.TryBegin();
        }

        return isSuspect || list.IsFull || _requests.At(list.RequestOf(0)).IsSuspect ? null : list;
    }

    private void Start(long now)
    {
        foreach (EdmaChannelRunner channel in _channels)
        {
            bool isMeant = !UsesOneChannel || channel == _channels[0];
            if (isMeant && channel.Running is null && _lists.FilledCount != 0)
            {
                channel.Start(_lists.TakeOldest(), now, _times);
            }
        }
    }

    private void ReportAbort(EdmaChannelRunner channel)
    {
        EdmaErrorStatus local = _direction == DmaDirection.HostToDevice ? _edma.ReadErrorStatusLow.Read() : _edma.WriteErrorStatus.Read();
        if ((local.LocalAccess & channel.Bit) != 0)
        {
            _log?.Write("rk3588: eDMA direction {0}: local memory refused an access of channel {1}", (long)_direction, channel.Bit >> 1);
        }

        if ((local.ElementFetch & channel.Bit) != 0)
        {
            _log?.Write("rk3588: eDMA direction {0}: local memory refused a list fetch of channel {1}", (long)_direction, channel.Bit >> 1);
        }

        if (_direction == DmaDirection.HostToDevice)
        {
            EdmaReadErrorStatusHigh remote = _edma.ReadErrorStatusHigh.Read();
            if (remote.Raw != 0)
            {
                _log?.Write("rk3588: eDMA: the host did not answer a read well: error status {0}", remote.Raw);
            }
        }
    }

    private void Blame(EdmaChannelRunner channel)
    {
        EdmaTransferList list = channel.Running!;
        int element = list.ElementAt(channel.ListPointer);
        if (list.IsOfOneRequest)
        {
            ref HostDmaRequest request = ref _requests.At(list.RequestOf(0));
            request.IsConvicted = true;
            request.Status = DmaStatus.HostError;
            return;
        }

        Suspect(list.RequestOf(element));
        Suspect(list.RequestOf(Math.Max(0, element - 1)));
    }

    private void Suspect(int index)
    {
        ref HostDmaRequest request = ref _requests.At(index);
        _suspects += request.IsSuspect ? 0 : 1;
        request.IsSuspect = true;
    }

    private void BeginReset(long now)
    {
        _counters.SoftResets++;
        _side.EngineEnable.Write(new EdmaEngineEnable { Enable = false });
        _resetDeadlineNanoseconds = now + _times.ResetDeadlineNanoseconds;
        _state = State.Resetting;
    }

    private bool TryEndReset(long now)
    {
        if (_side.EngineEnable.Read().Enable)
        {
            if (!_isStuck && now > _resetDeadlineNanoseconds)
            {
                // Until it has ended, lists and data are the engine's: nothing ends, nothing is written to a register.
                _isStuck = true;
                _log?.Write("rk3588: eDMA direction {0} did not end its soft reset within {1} ms", (long)_direction, _times.ResetDeadlineNanoseconds / 1_000_000);
            }

            return false;
        }

        if (_isStuck)
        {
            _isStuck = false;
            _log?.Write("rk3588: eDMA direction {0} has ended its soft reset after all", (long)_direction);
        }

        if (_writesLocalMemory)
        {
            ForgetUnfinished();
        }

        _side.InterruptClear.Write(new EdmaInterrupts { Done = AllBits, Abort = AllBits });
        foreach (EdmaChannelRunner channel in _channels)
        {
            channel.Finish();
        }

        _lists.FreeAll();

        if (_isLinkLost)
        {
            _requests.FinishAll();
            _suspects = 0;
            _state = State.Down;
            return true;
        }

        RunAgain();
        SetUp();
        _state = State.Running;
        return true;
    }

    private void ForgetUnfinished()
    {
        for (int i = 0; i < _requests.Count; i++)
        {
            ref HostDmaRequest request = ref _requests.At(_requests.IndexOf(i));
            if (!request.IsFinished && request.HasBegun && !request.IsForCopy)
            {
                request.ForgetLocal(_memory);
            }
        }

        Mmio.Barrier.Full();
    }

    /// <summary>Requests that have not ended begin again; those at fault, and those that were hit too often, end.</summary>
    private void RunAgain()
    {
        _suspects = 0;
        for (int i = 0; i < _requests.Count; i++)
        {
            int index = _requests.IndexOf(i);
            ref HostDmaRequest request = ref _requests.At(index);
            if (request.IsFinished || (request.IsForCopy && !request.IsConvicted))
            {
                continue;
            }

            request.Attempts += request.OutstandingElements != 0 ? 1 : 0;
            if (request.IsConvicted || request.Attempts > AttemptsMax)
            {
                _requests.Finish(index, request.IsConvicted ? request.Status : DmaStatus.HostError);
                continue;
            }

            _counters.Retries += request.OutstandingElements != 0 ? 1u : 0;
            _suspects += request.IsSuspect ? 1 : 0;
            request.Rewind();
        }

        _requests.Rewind();
    }

    private void SetUp()
    {
        _side.EngineEnable.Write(new EdmaEngineEnable { Enable = true });

        // Polled, so no interrupt leaves the engine; the status bits come all the same.
        _side.InterruptMask.Write(new EdmaInterrupts { Done = AllBits, Abort = AllBits });
        uint channels = _channels[0].Bit | _channels[1].Bit;
        _side.ListErrorEnable.Write(new EdmaListErrorEnable { Remote = channels, Local = channels });
    }
}
