using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Nvmepf.Hal.VfioUser;

/// <summary>
/// Host memory that has no shared file, reached by DMA_READ and DMA_WRITE messages to the client; the slow way, for guests without
/// shared RAM. Requests are cut into chunks of one message each, with a window of chunks outstanding, and complete in order for
/// each direction (DmaRequestQueue). A segment that is in shared memory after all is copied at once.
/// </summary>
/// <remarks>
/// <para>Nothing here makes the client wait for us: QEMU answers these messages in the thread that waits for our replies, so a
/// reset or unmap that is held back fails what is outstanding instead of waiting for it.</para>
/// <para>QEMU 10.1 to 10.2 has these messages' layout wrong and would write four wrong bytes into guest memory with each.
/// It shows in how it answers a write of no bytes, which is sent first: 16 bytes instead of 32. Such a client is refused.</para>
/// </remarks>
internal sealed unsafe class MessageDma : IHostDma
{
    private const int ChunkBytesMax = 64 << 10;
    private const int WindowChunks = 16;

    // QEMU (11.1.3 too) loses the rest of a reply that its socket buffer has no room for, and aborts: what is asked for at a time
    // stays far below the usual buffer of 208 KiB.
    private const int WindowBytes = 64 << 10;
    private const int CopiesPerPump = 16;

    private readonly DmaRequestQueue _reads = new();
    private readonly DmaRequestQueue _writes = new();
    private readonly Chunk[] _chunks = new Chunk[WindowChunks];
    private readonly Connection _connection;
    private readonly HostMemoryMap _map;
    private readonly IEventLog? _log;
    private readonly long _timeoutNanoseconds;
    private LayoutState _layout;
    private ushort _sequence;
    private int _chunkBytes;
    private bool _isUp;
    private bool _refusesAll;

    /// <summary>Creates it without a client.</summary>
    internal MessageDma(Connection connection, HostMemoryMap map, IEventLog? log, long timeoutNanoseconds)
    {
        _connection = connection;
        _map = map;
        _log = log;
        _timeoutNanoseconds = timeoutNanoseconds;
    }

    private enum LayoutState
    {
        Unknown,
        Asked,
        Right,
        Wrong,
    }

    /// <inheritdoc/>
    public int InFlight => _reads.Count + _writes.Count;

    /// <summary>Whether <see cref="Pump"/> has something to do or to wait for.</summary>
    internal bool IsActive => _reads.HasOpenRequests || _writes.HasOpenRequests;

    /// <inheritdoc/>
    public bool TrySubmit(DmaDirection direction, HostSegment* segments, int segmentCount, ulong tag)
    {
        DmaRequestQueue queue = QueueOf(direction);
        if (queue.IsFull)
        {
            return false;
        }

        ref DmaRequest request = ref queue.Add(segments, segmentCount, tag);
        if (!_isUp)
        {
            request.Finish(DmaStatus.LinkLost);
        }
        else if (_refusesAll || _layout == LayoutState.Wrong)
        {
            request.Finish(DmaStatus.HostError);
        }

        return true;
    }

    /// <inheritdoc/>
    public int Poll(DmaCompletion* completions, int capacity)
    {
        int count = _reads.Take(completions, capacity);
        return count + _writes.Take(completions + count, capacity - count);
    }

    /// <summary>A client has negotiated.</summary>
    internal void LinkUp(in ClientCapabilities client)
    {
        _isUp = true;
        _refusesAll = false;
        _layout = LayoutState.Unknown;
        _chunkBytes = (int)Math.Min(ChunkBytesMax, client.MaxDataTransferBytes);
        if (_chunkBytes == 0)
        {
            _layout = LayoutState.Wrong;
        }
    }

    /// <summary>The client has gone: everything ends as lost.</summary>
    internal void LinkDown()
    {
        _isUp = false;
        _reads.FinishAll(DmaStatus.LinkLost);
        _writes.FinishAll(DmaStatus.LinkLost);
        Array.Clear(_chunks);
    }

    /// <summary>Everything outstanding fails; with <paramref name="refuseMore"/>, so does what is submitted until <see cref="AcceptAgain"/>.</summary>
    internal void FailAll(bool refuseMore)
    {
        _refusesAll |= refuseMore;
        _reads.FinishAll(DmaStatus.HostError);
        _writes.FinishAll(DmaStatus.HostError);
        AbandonChunks(DmaDirection.HostToDevice, DmaRequestQueue.AnyRequest);
        AbandonChunks(DmaDirection.DeviceToHost, DmaRequestQueue.AnyRequest);
    }

    /// <summary>The reset that <see cref="FailAll"/> was for is over.</summary>
    internal void AcceptAgain() => _refusesAll = false;

    /// <summary>Fails what touches a range that the client unmaps.</summary>
    internal void FailOverlapping(ulong first, ulong last)
    {
        FailOverlapping(_reads, DmaDirection.HostToDevice, first, last);
        FailOverlapping(_writes, DmaDirection.DeviceToHost, first, last);
    }

    /// <summary>Sends what there is room for and fails what was not answered in time. Bounded.</summary>
    internal void Pump(long nowNanoseconds)
    {
        CheckDeadlines(nowNanoseconds);
        int copies = 0;
        PumpQueue(_reads, DmaDirection.HostToDevice, nowNanoseconds, ref copies);
        PumpQueue(_writes, DmaDirection.DeviceToHost, nowNanoseconds, ref copies);
    }

    /// <summary>
    /// Takes the reply that is at hand in the connection.
    /// </summary>
    /// <returns>False for a reply to nothing that was asked: the client is out of step.</returns>
    internal bool TryTakeReply()
    {
        ref readonly ProtocolHeader header = ref _connection.Header;
        ref Chunk chunk = ref _chunks[header.MessageId % WindowChunks];
        if (!chunk.IsOutstanding || chunk.MessageId != header.MessageId || chunk.Command != header.Command)
        {
            return false;
        }

        Chunk answered = chunk;
        chunk = default;
        if (answered.IsProbe)
        {
            TakeProbeReply(header, _connection.Payload);
            return true;
        }

        if (answered.IsAbandoned)
        {
            return true;
        }

        DmaRequestQueue queue = QueueOf(answered.Direction);
        ref DmaRequest request = ref queue.At(answered.RequestIndex);
        if (IsGoodReply(answered, header, _connection.Payload))
        {
            if (answered.Direction == DmaDirection.HostToDevice)
            {
                _connection.Payload.Slice(DmaAccessPayload.SizeBytes, answered.LengthBytes)
                    .CopyTo(new Span<byte>(answered.Local, answered.LengthBytes));
            }

            request.ChunkDone();
        }
        else
        {
            FailRequest(ref request, answered.Direction, answered.RequestIndex);
        }

        return true;
    }

    private static bool IsGoodReply(in Chunk chunk, in ProtocolHeader header, ReadOnlySpan<byte> payload)
    {
        int dataBytes = chunk.Direction == DmaDirection.HostToDevice ? chunk.LengthBytes : 0;
        if ((header.Flags & HeaderFlags.Error) != 0 || payload.Length != DmaAccessPayload.SizeBytes + dataBytes)
        {
            return false;
        }

        DmaAccessPayload access = MemoryMarshal.Read<DmaAccessPayload>(payload);
        return access.Address == chunk.Address && access.CountBytes == (ulong)chunk.LengthBytes;
    }

    private DmaRequestQueue QueueOf(DmaDirection direction) => direction == DmaDirection.HostToDevice ? _reads : _writes;

    private void PumpQueue(DmaRequestQueue queue, DmaDirection direction, long nowNanoseconds, ref int copies)
    {
        while (queue.TryGetSending(out int index))
        {
            ref DmaRequest request = ref queue.At(index);
            HostAccess access = direction == DmaDirection.HostToDevice ? HostAccess.Read : HostAccess.Write;
            ulong wanted = Math.Min(request.LeftInSegment, (ulong)_chunkBytes);
            switch (_map.Resolve(request.HostAddress, wanted, access, out byte* host, out ulong length))
            {
                case HostMemoryKind.Direct:
                    if (copies == CopiesPerPump)
                    {
                        return;
                    }

                    copies++;
                    Copy(direction, host, request.Local, length);
                    request.ChunkSent(length, isOutstanding: false);
                    break;
                case HostMemoryKind.Dma:
                    if (!TrySendChunk(ref request, index, direction, (int)length, nowNanoseconds))
                    {
                        return;
                    }

                    break;
                default:
                    FailRequest(ref request, direction, index);
                    break;
            }
        }
    }

    private bool TrySendChunk(ref DmaRequest request, int index, DmaDirection direction, int length, long nowNanoseconds)
    {
        if (_layout != LayoutState.Right)
        {
            return TrySettleLayout(ref request, index, direction, nowNanoseconds);
        }

        bool isWrite = direction == DmaDirection.DeviceToHost;
        int slot = FindFreeChunk(out int outstandingBytes);
        bool fitsWindow = outstandingBytes + length <= WindowBytes;
        if (slot < 0 || !fitsWindow || !_connection.Sends.HasRoomForDma(DmaAccessPayload.SizeBytes + (isWrite ? length : 0)))
        {
            return false;
        }

        Chunk chunk = new()
        {
            Direction = direction,
            RequestIndex = index,
            Address = request.HostAddress,
            Local = request.Local,
            LengthBytes = length,
        };
        Send(slot, chunk, isWrite ? new ReadOnlySpan<byte>(request.Local, length) : default, nowNanoseconds);
        request.ChunkSent((ulong)length, isOutstanding: true);
        return true;
    }

    /// <summary>Asks whether the client has the layout right, before the first message that would matter.</summary>
    /// <returns>True where the request was failed, so that the queue can go on.</returns>
    private bool TrySettleLayout(ref DmaRequest request, int index, DmaDirection direction, long nowNanoseconds)
    {
        if (_layout == LayoutState.Wrong)
        {
            FailRequest(ref request, direction, index);
            return true;
        }

        int slot = FindFreeChunk(out _);
        if (_layout == LayoutState.Asked || slot < 0 || !_connection.Sends.HasRoomForDma(DmaAccessPayload.SizeBytes))
        {
            return false;
        }

        foreach (ref readonly HostMemoryRegion region in _map.Regions)
        {
            if ((region.Access & HostAccess.Write) != 0)
            {
                Chunk probe = new() { Direction = DmaDirection.DeviceToHost, Address = region.Address, IsProbe = true };
                Send(slot, probe, default, nowNanoseconds);
                _layout = LayoutState.Asked;
                return false;
            }
        }

        // No writable memory at all: there is nothing to ask with, and nothing that a controller could do either.
        FailRequest(ref request, direction, index);
        return true;
    }

    private void TakeProbeReply(in ProtocolHeader header, ReadOnlySpan<byte> payload)
    {
        bool isRight = (header.Flags & HeaderFlags.Error) == 0 && payload.Length == DmaAccessPayload.SizeBytes;
        _layout = isRight ? LayoutState.Right : LayoutState.Wrong;
        if (!isRight)
        {
            _log?.Write("vfio-user: client cannot do DMA by message (QEMU 10.1 and 10.2 cannot): guest memory must be shared");
            FailAll(refuseMore: false);
        }
    }

    private void Send(int slot, Chunk chunk, ReadOnlySpan<byte> data, long nowNanoseconds)
    {
        chunk.IsOutstanding = true;
        chunk.Command = chunk.Direction == DmaDirection.HostToDevice ? ProtocolCommand.DmaRead : ProtocolCommand.DmaWrite;
        chunk.DeadlineNanoseconds = nowNanoseconds + _timeoutNanoseconds;

        // The low bits find the chunk again; the rest makes a late reply to its predecessor stand out.
        chunk.MessageId = (ushort)((_sequence++ * WindowChunks) + slot);
        _chunks[slot] = chunk;
        ProtocolHeader header = new() { MessageId = chunk.MessageId, Command = chunk.Command };
        DmaAccessPayload access = new() { Address = chunk.Address, CountBytes = (ulong)chunk.LengthBytes };
        _connection.Sends.Add(header, MemoryMarshal.AsBytes(new ReadOnlySpan<DmaAccessPayload>(in access)), data, SendQueue.NoDescriptor);
    }

    /// <summary>A place for one more chunk, or -1; and how many bytes the client still has to answer for, abandoned ones included.</summary>
    private int FindFreeChunk(out int outstandingBytes)
    {
        int free = -1;
        outstandingBytes = 0;
        for (int i = 0; i < _chunks.Length; i++)
        {
            if (_chunks[i].IsOutstanding)
            {
                outstandingBytes += _chunks[i].LengthBytes;
            }
            else
            {
                free = i;
            }
        }

        return free;
    }

    private void CheckDeadlines(long nowNanoseconds)
    {
        for (int i = 0; i < _chunks.Length; i++)
        {
            ref Chunk chunk = ref _chunks[i];
            if (!chunk.IsOutstanding || chunk.IsAbandoned || nowNanoseconds < chunk.DeadlineNanoseconds)
            {
                continue;
            }

            _log?.Write("vfio-user: client did not answer a DMA message for address {0} in time", (long)chunk.Address);
            if (chunk.IsProbe)
            {
                chunk.IsAbandoned = true;
                _layout = LayoutState.Wrong;
                FailAll(refuseMore: false);
            }
            else
            {
                FailRequest(ref QueueOf(chunk.Direction).At(chunk.RequestIndex), chunk.Direction, chunk.RequestIndex);
            }
        }
    }

    private void FailOverlapping(DmaRequestQueue queue, DmaDirection direction, ulong first, ulong last)
    {
        for (int i = 0; i < queue.Count; i++)
        {
            int index = queue.IndexOf(i);
            ref DmaRequest request = ref queue.At(index);
            if (!request.IsFinished && request.Overlaps(first, last))
            {
                FailRequest(ref request, direction, index);
            }
        }
    }

    private void FailRequest(ref DmaRequest request, DmaDirection direction, int index)
    {
        request.Finish(DmaStatus.HostError);
        AbandonChunks(direction, index);
    }

    /// <summary>Replies to these chunks are waited for, so that the stream stays in step, but no memory is touched by them.</summary>
    private void AbandonChunks(DmaDirection direction, int requestIndex)
    {
        for (int i = 0; i < _chunks.Length; i++)
        {
            ref Chunk chunk = ref _chunks[i];
            bool isMeant = requestIndex == DmaRequestQueue.AnyRequest || chunk.RequestIndex == requestIndex;
            if (chunk.IsOutstanding && !chunk.IsProbe && chunk.Direction == direction && isMeant)
            {
                chunk.IsAbandoned = true;
            }
        }
    }

    private static void Copy(DmaDirection direction, byte* host, byte* local, ulong length)
    {
        byte* source = direction == DmaDirection.HostToDevice ? host : local;
        byte* destination = direction == DmaDirection.HostToDevice ? local : host;
        if (source != destination)
        {
            Buffer.MemoryCopy(source, destination, length, length);
        }
    }

    /// <summary>One message that the client has not answered.</summary>
    private struct Chunk
    {
        internal bool IsOutstanding;
        internal bool IsAbandoned;
        internal bool IsProbe;
        internal ushort MessageId;
        internal ProtocolCommand Command;
        internal DmaDirection Direction;
        internal int RequestIndex;
        internal int LengthBytes;
        internal ulong Address;
        internal byte* Local;
        internal long DeadlineNanoseconds;
    }
}
