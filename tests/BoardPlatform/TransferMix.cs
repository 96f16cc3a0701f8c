using System.Linq;
using System.Runtime.InteropServices;
using Nvmepf.Hal;
using Xunit;

namespace Nvmepf.Tests.BoardPlatform;

/// <summary>Random requests in both directions with distinct host and local places, and the judge of what became of them.</summary>
internal sealed unsafe class TransferMix : IDisposable
{
    private const int RequestsMax = 48;
    private const int LocalBytes = 4 << 20;

    private readonly BoardRig _rig;
    private readonly Random _random;
    private readonly byte* _local;
    private readonly HostSegment* _segments = (HostSegment*)NativeMemory.Alloc(RequestsMax * IHostDma.ListSegmentsMax, (nuint)sizeof(HostSegment));
    private readonly List<Request> _requests = [];
    private ulong _nextTag = 1;
    private uint _localUsed;
    private uint _hostUsed;

    internal TransferMix(BoardRig rig, int seed)
    {
        _rig = rig;
        _random = new Random(seed);
        _local = rig.Platform.AllocateDmaMemory(LocalBytes);
    }

    /// <summary>Requests that ended in an error.</summary>
    internal int Errors { get; private set; }

    /// <summary>Submits up to 16 requests; what there is no room for is left.</summary>
    internal void SubmitSome()
    {
        if (_requests.Count == 0)
        {
            _localUsed = 0;
            _hostUsed = 0;
        }

        int count = _random.Next(1, 17);
        for (int i = 0; i < count && _requests.Count < RequestsMax; i++)
        {
            if (!TrySubmitOne())
            {
                return;
            }
        }
    }

    /// <summary>Takes the rig's completions, which are all, and checks that each request ended once, its status and its bytes.</summary>
    internal void CheckAll(bool allowErrors)
    {
        foreach (DmaDirection direction in new[] { DmaDirection.HostToDevice, DmaDirection.DeviceToHost })
        {
            List<ulong> expected = [.. from request in _requests where request.Direction == direction orderby request.Tag select request.Tag];
            List<ulong> actual = [.. from completion in _rig.Completions where IsOf(completion.Tag, direction) orderby completion.Tag select completion.Tag];
            Assert.Equal(expected, actual);
        }

        foreach (DmaCompletion completion in _rig.Completions)
        {
            Request request = _requests.Find(candidate => candidate.Tag == completion.Tag)!;
            if (completion.Status != DmaStatus.Success)
            {
                Assert.True(allowErrors, $"request {request.Tag} ended as {completion.Status}: {string.Join("; ", _rig.Log.Texts)}");
                Errors++;
                continue;
            }

            CheckBytes(request);
        }

        _rig.Completions.Clear();
        _requests.Clear();
    }

    public void Dispose() => NativeMemory.Free(_segments);

    private bool IsOf(ulong tag, DmaDirection direction) => _requests.Exists(request => request.Tag == tag && request.Direction == direction);

    private bool TrySubmitOne()
    {
        DmaDirection direction = _random.Next(2) == 0 ? DmaDirection.HostToDevice : DmaDirection.DeviceToHost;
        HostSegment* segments = _segments + (_requests.Count * IHostDma.ListSegmentsMax);
        int count = _random.Next(4) == 0 ? _random.Next(1, IHostDma.ListSegmentsMax + 1) : _random.Next(1, 4);
        bool isLarge = _random.Next(6) == 0;

        // Each request begins at a line of its own, as buffers of the firmware do: CPU and device never share one.
        _localUsed = (_localUsed + 63) / 64 * 64;
        uint firstLocal = _localUsed;
        uint firstHost = _hostUsed;
        for (int i = 0; i < count; i++)
        {
            uint length = (uint)(isLarge ? _random.Next(1, 60_000) : _random.Next(1, 3) * _random.Next(1, 2100));
            length = i == 0 && _random.Next(8) == 0 ? 1 : length;
            if (_localUsed + length > LocalBytes || _hostUsed + length + 4096 > BoardHost.MemoryBytes)
            {
                count = i;
                break;
            }

            _hostUsed += (uint)(_random.Next(3) == 0 ? _random.Next(0, 4096) : 0);
            segments[i] = new HostSegment { HostAddress = BoardHost.MemoryAddress + _hostUsed, Local = _local + _localUsed, LengthBytes = length };
            _localUsed += length;
            _hostUsed += length;
        }

        if (count == 0)
        {
            return false;
        }

        Request request = new(_nextTag, direction, (nint)segments, count);
        FillSource(request);
        if (!_rig.Platform.HostDma.TrySubmit(direction, segments, count, _nextTag))
        {
            _localUsed = firstLocal;
            _hostUsed = firstHost;
            return false;
        }

        _nextTag++;
        _requests.Add(request);
        return true;
    }

    private void FillSource(Request request)
    {
        HostSegment* segments = (HostSegment*)request.Segments;
        for (int i = 0; i < request.Count; i++)
        {
            _random.NextBytes(request.Direction == DmaDirection.HostToDevice ? HostBytes(segments[i]) : LocalBytesOf(segments[i]));
        }
    }

    private void CheckBytes(Request request)
    {
        HostSegment* segments = (HostSegment*)request.Segments;
        for (int i = 0; i < request.Count; i++)
        {
            Assert.True(HostBytes(segments[i]).SequenceEqual(LocalBytesOf(segments[i])), $"segment {i} of {request}");
        }
    }

    private Span<byte> HostBytes(in HostSegment segment) =>
        _rig.Host.Memory.AsSpan((int)(segment.HostAddress - BoardHost.MemoryAddress), (int)segment.LengthBytes);

    private static Span<byte> LocalBytesOf(in HostSegment segment) => new(segment.Local, (int)segment.LengthBytes);

    private sealed record Request(ulong Tag, DmaDirection Direction, nint Segments, int Count);
}
