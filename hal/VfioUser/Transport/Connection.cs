using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal.VfioUser;

/// <summary>What came of a look at the socket.</summary>
internal enum ReceiveOutcome
{
    /// <summary>No whole message yet.</summary>
    Nothing,

    /// <summary>One whole message is in the buffer, until <see cref="Connection.Discard"/>.</summary>
    Message,

    /// <summary>The client closed the socket.</summary>
    Closed,

    /// <summary>The stream makes no sense, or stopped in the middle of a message: the connection must end.</summary>
    Broken,
}

/// <summary>
/// One client's socket as a stream of messages: header, then body, never more than the message at hand, because descriptors belong
/// to the bytes that they came with. Any number of bytes may arrive at a time; a message that stops half way has a deadline.
/// Used again for the next client. The body is a copy out of the client's reach, so that it can be checked and then used.
/// </summary>
internal sealed unsafe class Connection : IDisposable
{
    private readonly NativeBuffer _body = new(ProtocolLimits.MessageBytesMax);
    private readonly int[] _descriptors = new int[ProtocolLimits.FileDescriptorsTaken];
    private readonly IEventLog? _log;
    private readonly long _timeoutNanoseconds;
    private ProtocolHeader _header;
    private int _received;
    private int _descriptorCount;
    private long _startedNanoseconds;

    /// <summary>Creates it closed.</summary>
    internal Connection(IEventLog? log, long timeoutNanoseconds)
    {
        _log = log;
        _timeoutNanoseconds = timeoutNanoseconds;
    }

    /// <summary>The socket, or -1.</summary>
    internal int Descriptor { get; private set; } = -1;

    /// <summary>What waits to be sent.</summary>
    internal SendQueue Sends { get; } = new();

    /// <summary>Header of the message at hand.</summary>
    internal ref readonly ProtocolHeader Header => ref _header;

    /// <summary>Payload of the message at hand; valid until <see cref="Discard"/>.</summary>
    internal ReadOnlySpan<byte> Payload => new(_body.Pointer, (int)_header.MessageSizeBytes - ProtocolHeader.SizeBytes);

    /// <summary>How many descriptors came with the message at hand.</summary>
    internal int DescriptorCount => _descriptorCount;

    /// <summary>Whether a message has begun and is not whole.</summary>
    internal bool IsInMessage => _received > 0 && _received < WantedBytes;

    private int WantedBytes => _received < ProtocolHeader.SizeBytes ? ProtocolHeader.SizeBytes : (int)_header.MessageSizeBytes;

    /// <summary>Begins to serve a client's socket.</summary>
    internal void Open(int descriptor)
    {
        Invariant.Check(Descriptor < 0, "one client at a time");
        Descriptor = descriptor;
    }

    /// <summary>A descriptor that came with the message; it is the connection's, and closed by <see cref="Discard"/>.</summary>
    internal int PeekDescriptor(int index) => _descriptors[index];

    /// <summary>Takes a descriptor over; the caller closes it.</summary>
    internal int TakeDescriptor(int index)
    {
        int descriptor = _descriptors[index];
        _descriptors[index] = -1;
        return descriptor;
    }

    /// <summary>Reads on. Not to be called while a message is at hand.</summary>
    internal ReceiveOutcome Receive(long nowNanoseconds)
    {
        Invariant.Check(_received == 0 || _received < WantedBytes, "the last message was discarded");

        // Two parts, so at most two turns with progress; a third sees the message whole.
        while (true)
        {
            int result = _received < ProtocolHeader.SizeBytes ? ReceiveHeader() : ReceiveBody();
            if (result == -Errno.EAGAIN || result == -Errno.EINTR)
            {
                return CheckDeadline(nowNanoseconds);
            }

            if (result <= 0)
            {
                return End(result);
            }

            if (_received == 0)
            {
                _startedNanoseconds = nowNanoseconds;
            }

            _received += result;
            if (_received == ProtocolHeader.SizeBytes && !IsHeaderValid())
            {
                return ReceiveOutcome.Broken;
            }

            if (_received >= ProtocolHeader.SizeBytes && _received == (int)_header.MessageSizeBytes)
            {
                return ReceiveOutcome.Message;
            }

            if (_received != ProtocolHeader.SizeBytes)
            {
                // A short read: the rest has not arrived.
                return ReceiveOutcome.Nothing;
            }
        }
    }

    /// <summary>Forgets the message at hand and closes what descriptors nobody took.</summary>
    internal void Discard()
    {
        for (int i = 0; i < _descriptorCount; i++)
        {
            if (_descriptors[i] >= 0)
            {
                _ = Files.Close(_descriptors[i]);
            }
        }

        _descriptorCount = 0;
        _received = 0;
    }

    /// <summary>Closes the socket and forgets everything about the client.</summary>
    internal void Close()
    {
        Discard();
        Sends.Clear();
        if (Descriptor >= 0)
        {
            _ = Files.Close(Descriptor);
            Descriptor = -1;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        Sends.Dispose();
        _body.Dispose();
    }

    private int ReceiveHeader()
    {
        int result;
        int count;
        bool truncated;
        fixed (ProtocolHeader* header = &_header)
        fixed (int* descriptors = &_descriptors[0])
        {
            result = UnixSockets.Receive(
                Descriptor,
                (byte*)header + _received,
                ProtocolHeader.SizeBytes - _received,
                descriptors + _descriptorCount,
                _descriptors.Length - _descriptorCount,
                out count,
                out truncated,
                MessageFlags.DoNotWait);
        }

        _descriptorCount += count;
        if (truncated)
        {
            _log?.Write("vfio-user: client sent more than {0} descriptors, or more than this process may open; dropped", _descriptors.Length);
            return -Errno.EPROTO;
        }

        return result;
    }

    /// <summary>Descriptors that come with the body are nobody's; without a place for them the kernel closes them.</summary>
    private int ReceiveBody() => UnixSockets.Receive(
        Descriptor,
        _body.Pointer + (_received - ProtocolHeader.SizeBytes),
        (int)_header.MessageSizeBytes - _received,
        null,
        0,
        out _,
        out _,
        MessageFlags.DoNotWait);

    private bool IsHeaderValid()
    {
        bool sizeValid = _header.MessageSizeBytes is >= ProtocolHeader.SizeBytes and <= ProtocolLimits.MessageBytesMax;
        bool typeValid = _header.IsCommand || _header.IsReply;
        if (sizeValid && typeValid)
        {
            return true;
        }

        // The end of such a message cannot be found, so there is nothing to answer either.
        _log?.Write("vfio-user: client sent a header with size {0} and flags {1}; dropped", _header.MessageSizeBytes, (long)_header.Flags);
        return false;
    }

    private ReceiveOutcome CheckDeadline(long nowNanoseconds)
    {
        if (_received == 0 || nowNanoseconds - _startedNanoseconds < _timeoutNanoseconds)
        {
            return ReceiveOutcome.Nothing;
        }

        _log?.Write("vfio-user: client stopped after {0} bytes of a message of {1}; dropped", _received, WantedBytes);
        return ReceiveOutcome.Broken;
    }

    private ReceiveOutcome End(int result)
    {
        if (result == -Errno.EPROTO)
        {
            return ReceiveOutcome.Broken;
        }

        if (_received > 0)
        {
            _log?.Write("vfio-user: client went away after {0} bytes of a message of {1}", _received, WantedBytes);
        }

        return ReceiveOutcome.Closed;
    }
}
