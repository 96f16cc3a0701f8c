using Nvmepf.Hal;

namespace Nvmepf.Firmware.Reactors;

/// <summary>
/// The DMA of a share whose reactor is not the platform's: requests go to the platform's reactor through a ring and come back through
/// another. For host memory without a pointer, which is rare; a data pointer that has one never comes here.
/// </summary>
/// <remarks>
/// Lists and local memory are native memory that stays until the completion was polled, so that only their addresses travel. The order of
/// requests is kept. Requests are not taken back: the platform ends them when the host is gone.
/// </remarks>
public sealed unsafe class ForwardedDma : IHostDma
{
    private const int RequestsMax = 256;
    private readonly SpscRing<Request> _requests = new(RequestsMax);
    private readonly SpscRing<DmaCompletion> _completions = new(RequestsMax);
    private readonly ReactorLink _owner;

    /// <summary>Creates it for the reactor that polls the platform.</summary>
    public ForwardedDma(ReactorLink owner) => _owner = owner;

    /// <inheritdoc/>
    public int InFlight { get; private set; }

    /// <inheritdoc/>
    public bool TrySubmit(DmaDirection direction, HostSegment* segments, int segmentCount, ulong tag)
    {
        // As many as there may be completions, so that these always find a place.
        if (InFlight == RequestsMax || !_requests.TryAdd(new Request(direction, segments, segmentCount, tag)))
        {
            return false;
        }

        InFlight++;
        _owner.Wake();
        return true;
    }

    /// <inheritdoc/>
    public int Poll(DmaCompletion* completions, int capacity)
    {
        int count = 0;
        while (count < capacity && _completions.TryPeek(out DmaCompletion completion))
        {
            _completions.Remove();
            completions[count++] = completion;
        }

        InFlight -= count;
        return count;
    }

    /// <summary>Platform's reactor: true where a request waits to be handed on.</summary>
    internal bool HasRequests => !_requests.IsEmpty;

    /// <summary>Platform's reactor: hands requests on, as far as the platform takes them.</summary>
    /// <param name="dma">The platform's.</param>
    /// <param name="tagBits">Added to each tag, so that its completion finds back.</param>
    internal void Forward(IHostDma dma, ulong tagBits)
    {
        while (_requests.TryPeek(out Request request)
            && dma.TrySubmit(request.Direction, request.Segments, request.SegmentCount, request.Tag | tagBits))
        {
            _requests.Remove();
        }
    }

    /// <summary>Platform's reactor: a request that was handed on has ended.</summary>
    internal void Complete(ulong tag, DmaStatus status)
    {
        bool isAdded = _completions.TryAdd(new DmaCompletion { Tag = tag, Status = status });
        Invariant.Check(isAdded, "a share has no more requests under way than completions fit");
    }

    private readonly struct Request(DmaDirection direction, HostSegment* segments, int segmentCount, ulong tag)
    {
        public DmaDirection Direction { get; } = direction;

        public HostSegment* Segments { get; } = segments;

        public int SegmentCount { get; } = segmentCount;

        public ulong Tag { get; } = tag;
    }
}
