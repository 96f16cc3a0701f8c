using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal.VfioUser;

/// <summary>How sending went.</summary>
internal enum SendOutcome
{
    /// <summary>Everything is with the kernel.</summary>
    Empty,

    /// <summary>The socket is full; try again later.</summary>
    Waiting,

    /// <summary>The client is gone.</summary>
    Closed,
}

/// <summary>
/// Messages on their way to the client, whole ones, in order. Each leaves by a system call of its own, because QEMU and
/// cloud-hypervisor take a short read of a header for the end of the connection. Bounded: requests are not looked at
/// while there is no room for their reply, and DMA messages never take the room of a reply.
/// </summary>
internal sealed unsafe class SendQueue : IDisposable
{
    internal const int NoDescriptor = -1;
    private const int CapacityBytes = 512 << 10;
    private const int RecordsMax = 64;
    private const int ReplyBytesMax = ProtocolHeader.SizeBytes + ProtocolLimits.ReplyPayloadBytesMax;

    private readonly NativeBuffer _buffer = new(CapacityBytes);
    private readonly Record[] _records = new Record[RecordsMax];
    private int _firstRecord;
    private int _recordCount;
    private int _head;
    private int _tail;

    /// <summary>Whether nothing waits.</summary>
    internal bool IsEmpty => _recordCount == 0;

    /// <summary>Whether the largest reply fits.</summary>
    internal bool HasRoomForReply => _recordCount < RecordsMax && Free >= ReplyBytesMax;

    /// <summary>When the socket became full, or the last progress since; 0 while it is not.</summary>
    internal long StalledSinceNanoseconds { get; private set; }

    private int Free => CapacityBytes - (_tail - _head);

    /// <summary>Whether a DMA message of this payload fits and leaves room for a reply.</summary>
    internal bool HasRoomForDma(int payloadBytes) =>
        _recordCount < RecordsMax - 1 && Free >= ProtocolHeader.SizeBytes + payloadBytes + ReplyBytesMax;

    /// <summary>
    /// Adds a message; the caller has made sure that it fits. The header's size field is set here.
    /// </summary>
    /// <param name="header">The header.</param>
    /// <param name="prefix">First part of the payload.</param>
    /// <param name="data">Second part of the payload; copied, so that the memory is free at once.</param>
    /// <param name="descriptor">A descriptor to pass, which stays the caller's and valid while the connection lasts, or -1.</param>
    internal void Add(ProtocolHeader header, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> data, int descriptor)
    {
        int length = ProtocolHeader.SizeBytes + prefix.Length + data.Length;
        Invariant.Check(_recordCount < RecordsMax && Free >= length, "room that the caller has asked for");
        if (CapacityBytes - _tail < length)
        {
            int waiting = _tail - _head;
            Buffer.MemoryCopy(_buffer.Pointer + _head, _buffer.Pointer, waiting, waiting);
            _head = 0;
            _tail = waiting;
        }

        header.MessageSizeBytes = (uint)length;
        *(ProtocolHeader*)(_buffer.Pointer + _tail) = header;
        Span<byte> payload = new(_buffer.Pointer + _tail + ProtocolHeader.SizeBytes, prefix.Length + data.Length);
        prefix.CopyTo(payload);
        data.CopyTo(payload[prefix.Length..]);
        _tail += length;
        _records[(_firstRecord + _recordCount) % RecordsMax] = new Record { LeftBytes = length, Descriptor = descriptor };
        _recordCount++;
    }

    /// <summary>Hands as much as possible to the kernel.</summary>
    internal SendOutcome Flush(int socket, long nowNanoseconds)
    {
        while (_recordCount > 0)
        {
            ref Record record = ref _records[_firstRecord];
            int sent = SendOnce(socket, record);
            if (sent < 0)
            {
                if (sent is -Errno.EAGAIN or -Errno.EINTR or -Errno.ENOBUFS or -Errno.ENOMEM)
                {
                    StalledSinceNanoseconds = StalledSinceNanoseconds == 0 ? nowNanoseconds : StalledSinceNanoseconds;
                    return SendOutcome.Waiting;
                }

                return SendOutcome.Closed;
            }

            // A descriptor leaves with the first byte.
            record.Descriptor = NoDescriptor;
            record.LeftBytes -= sent;
            _head += sent;
            StalledSinceNanoseconds = 0;
            if (record.LeftBytes == 0)
            {
                _firstRecord = (_firstRecord + 1) % RecordsMax;
                _recordCount--;
            }
        }

        _head = 0;
        _tail = 0;
        return SendOutcome.Empty;
    }

    /// <summary>Forgets everything.</summary>
    internal void Clear()
    {
        _firstRecord = 0;
        _recordCount = 0;
        _head = 0;
        _tail = 0;
        StalledSinceNanoseconds = 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();

    private int SendOnce(int socket, in Record record)
    {
        if (record.Descriptor < 0)
        {
            return UnixSockets.Send(socket, _buffer.Pointer + _head, record.LeftBytes, MessageFlags.DoNotWait);
        }

        IoVector vector = new(_buffer.Pointer + _head, (nuint)record.LeftBytes);
        return UnixSockets.Send(socket, &vector, 1, new ReadOnlySpan<int>(in record.Descriptor), MessageFlags.DoNotWait);
    }

    private struct Record
    {
        internal int LeftBytes;
        internal int Descriptor;
    }
}
