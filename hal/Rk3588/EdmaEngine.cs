using Nvmepf.Hal.DesignWare;

namespace Nvmepf.Hal.Rk3588;

/// <summary>
/// Host memory by the controller's own DMA engine: linked lists on two write and two read channels, polled. Requests are gathered as they are
/// submitted and started together at the next <see cref="Poll"/>, so that what one turn wants shares the fixed cost of a list.
/// </summary>
/// <remarks>
/// Host addresses inside the outbound window would be translated by its regions. Where the hardware cannot let DMA pass by them, such
/// requests are copied by the CPU instead.
/// </remarks>
public sealed unsafe class EdmaEngine : IHostDma
{
    private const uint BounceLengthBytes = 128 << 10;
    private const ulong CopyBytesPerPoll = 16 << 10;

    private readonly EdmaDirection _reads;
    private readonly EdmaDirection _writes;
    private readonly OutboundWindows _windows;
    private readonly WindowCopier _copier;
    private readonly IBoardClock _clock;
    private int _copiesWaiting;

    /// <summary>Takes memory for lists; the engine is not touched before <see cref="LinkUp"/>.</summary>
    /// <param name="blocks">Where the registers are.</param>
    /// <param name="memory">Memory for lists, and for bouncing where <paramref name="bounces"/>.</param>
    /// <param name="bounces">Local memory of requests is none of <paramref name="memory"/>: data goes through bounce memory.</param>
    /// <param name="windows">The outbound windows.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="times">Times.</param>
    /// <param name="log">Where errors of the engine are told, or null.</param>
    /// <exception cref="PlatformException">There is not so much memory.</exception>
    public EdmaEngine(
        RegisterBlocks blocks, DmaMemory memory, bool bounces, OutboundWindows windows, IBoardClock clock, EdmaTimes times, IEventLog? log)
    {
        Edma edma = new(blocks.Dbi + Edma.OffsetInDbi);
        uint bounce = bounces ? BounceLengthBytes : 0;
        _reads = new EdmaDirection(edma, DmaDirection.HostToDevice, memory, bounce, times, Counters, log);
        _writes = new EdmaDirection(edma, DmaDirection.DeviceToHost, memory, bounce, times, Counters, log);
        _windows = windows;
        _copier = new WindowCopier(windows, blocks);
        _clock = clock;
    }

    /// <summary>Writes to host memory arrive in the order in which they were submitted: one channel instead of two.</summary>
    public bool KeepsWritesInOrder
    {
        get => _writes.UsesOneChannel;
        init => _writes.UsesOneChannel = value;
    }

    /// <summary>What it did so far.</summary>
    public EdmaCounters Counters { get; } = new();

    /// <inheritdoc/>
    public int InFlight => _reads.Requests.Untaken + _writes.Requests.Untaken;

    /// <summary>No link, and the engine has let go of all memory.</summary>
    public bool IsDown => _reads.IsDown && _writes.IsDown;

    /// <summary>A direction moves nothing any more, for now.</summary>
    public bool IsFailed => _reads.IsFailed || _writes.IsFailed;

    /// <inheritdoc/>
    public void Cancel()
    {
        _reads.Cancel();
        _writes.Cancel();
    }

    /// <inheritdoc/>
    public bool TrySubmit(DmaDirection direction, HostSegment* segments, int segmentCount, ulong tag)
    {
        EdmaDirection side = direction == DmaDirection.HostToDevice ? _reads : _writes;
        if (!side.TrySubmit(segments, segmentCount, tag, out int index))
        {
            return false;
        }

        ref HostDmaRequest request = ref side.Requests.At(index);
        if (!request.IsFinished && !_windows.HasDmaBypass && request.Overlaps(_windows.FirstSocAddress, _windows.LastSocAddress))
        {
            request.IsForCopy = true;
            _copiesWaiting++;
        }

        return true;
    }

    /// <inheritdoc/>
    public int Poll(DmaCompletion* completions, int capacity)
    {
        Pump();
        int count = _reads.Requests.Take(completions, capacity);
        return count + _writes.Requests.Take(completions + count, capacity - count);
    }

    /// <summary>Moves everything on without taking completions; for the time of a reset, when nobody polls.</summary>
    public void Pump()
    {
        long now = _clock.NowNanoseconds;
        _reads.Pump(now);
        _writes.Pump(now);
        if (_copiesWaiting != 0 && _windows.IsLinkUp)
        {
            _copiesWaiting = Copy(DmaDirection.HostToDevice, _reads.Requests) + Copy(DmaDirection.DeviceToHost, _writes.Requests);
        }
    }

    /// <summary>The link is up and the controller configured.</summary>
    public void LinkUp()
    {
        long now = _clock.NowNanoseconds;
        _reads.Restart(now);
        _writes.Restart(now);
    }

    /// <summary>The link is gone: what is under way ends as lost, as soon as the engine has let go of it.</summary>
    public void LinkDown()
    {
        long now = _clock.NowNanoseconds;
        _reads.LinkLost(now);
        _writes.LinkLost(now);
    }

    /// <summary>Copies a bounded number of bytes of the oldest request for the CPU.</summary>
    /// <returns>1 while there may be more, else 0.</returns>
    private int Copy(DmaDirection direction, HostDmaRequests requests)
    {
        ulong budget = CopyBytesPerPoll;
        while (requests.TryGetForCopy(out int index))
        {
            ref HostDmaRequest request = ref requests.At(index);
            if (!_copier.TryCopy(direction, ref request, ref budget))
            {
                requests.Finish(index, DmaStatus.HostError);
            }
            else if (!request.IsAssigned)
            {
                return 1;
            }
            else
            {
                requests.Finish(index, DmaStatus.Success);
            }
        }

        return 0;
    }
}
