using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal.VfioUser;

/// <summary>
/// One client after another: takes its messages in order, answers them, and holds an answer back while the function still has
/// commands that the message forbids (an unmap of memory in use, a reset). Meanwhile no other request is looked at; what the
/// client answers to us is. Every state has a deadline, after which the client is dropped.
/// </summary>
internal sealed class Session : IDisposable
{
    private const int MessagesPerRun = 16;

    // A client that waits for our answer may be unable to answer us: DMA messages fail long before the held-back answer is late.
    private const int DmaPatienceDivisor = 4;

    private readonly IServedFunction _function;
    private readonly DmaRegions _regions;
    private readonly IEventLog? _log;
    private readonly VfioUserOptions _options;
    private readonly Connection _connection;
    private readonly Reply _reply = new();
    private readonly DeviceMessages _device;
    private readonly InterruptMessages _interrupts;
    private readonly RegionMessages _registers;
    private readonly DmaMessages _dma;
    private Hold _hold;
    private ProtocolHeader _heldHeader;
    private long _holdSinceNanoseconds;
    private long _openedNanoseconds;
    private bool _hasMessage;
    private bool _isNegotiated;

    /// <summary>Creates it without a client. Throws <see cref="PlatformException"/>.</summary>
    internal Session(IServedFunction function, DmaRegions regions, VfioUserOptions options)
    {
        _function = function;
        _regions = regions;
        _options = options;
        _log = options.Log;
        _connection = new Connection(_log, options.MessageTimeoutNanoseconds);
        _device = new DeviceMessages(function);
        _interrupts = new InterruptMessages(function);
        _registers = new RegionMessages(function);
        _dma = new DmaMessages(regions);
        Dma = new MessageDma(_connection, regions.Map, _log, options.MessageTimeoutNanoseconds);
    }

    /// <summary>Why an answer is held back.</summary>
    private enum Hold
    {
        None,
        Unmap,
        Reset,
    }

    /// <summary>The engine for memory that only the client can reach.</summary>
    internal MessageDma Dma { get; }

    /// <summary>The client's socket, or -1.</summary>
    internal int Descriptor => _connection.Descriptor;

    /// <summary>Whether there is something that time alone may change, so that nobody should go to sleep on the descriptors.</summary>
    internal bool IsRestless => _hold != Hold.None || _hasMessage || _connection.IsInMessage || !_connection.Sends.IsEmpty || Dma.IsActive;

    /// <summary>Begins with a client's socket.</summary>
    internal void Open(int descriptor, long nowNanoseconds)
    {
        _connection.Open(descriptor);
        _openedNanoseconds = nowNanoseconds;
        _isNegotiated = false;
        _hasMessage = false;
        _hold = Hold.None;
    }

    /// <summary>Forgets the client. File mappings stay until the firmware is quiescent, which is the caller's to wait for.</summary>
    internal void Close()
    {
        _connection.Close();
        _interrupts.DisableAll();
        _regions.Clear();
        Dma.LinkDown();
        if (_isNegotiated)
        {
            _isNegotiated = false;
            _function.LinkDown();
        }

        _hold = Hold.None;
        _hasMessage = false;
    }

    /// <summary>
    /// Moves on as far as it goes without waiting.
    /// </summary>
    /// <param name="nowNanoseconds">The time.</param>
    /// <param name="happened">Whether a message was handled.</param>
    /// <returns>False where the client has gone or must go.</returns>
    internal bool Run(long nowNanoseconds, out bool happened)
    {
        happened = false;
        if (!TryFlush(nowNanoseconds) || !TryEndHold(nowNanoseconds))
        {
            return false;
        }

        for (int i = 0; i < MessagesPerRun; i++)
        {
            if (!TryReceive(nowNanoseconds))
            {
                return false;
            }

            bool mustWait = !_hasMessage
                || (_connection.Header.IsCommand && (_hold != Hold.None || !_connection.Sends.HasRoomForReply || !MayHandle()));
            if (mustWait)
            {
                break;
            }

            bool isWrite = _connection.Header is { IsCommand: true, Command: ProtocolCommand.RegionWrite or ProtocolCommand.RegionWriteMulti };
            bool goesOn = TryHandle(nowNanoseconds);
            _connection.Discard();
            _hasMessage = false;
            happened = true;
            if (!goesOn)
            {
                _ = _connection.Sends.Flush(_connection.Descriptor, nowNanoseconds);
                return false;
            }

            if (isWrite)
            {
                break; // what a doorbell announces comes before a look for more messages, which is a system call; the next turn looks
            }
        }

        if (!_isNegotiated && nowNanoseconds - _openedNanoseconds > _options.MessageTimeoutNanoseconds)
        {
            _log?.Write("vfio-user: client did not negotiate a version in time; dropped");
            return false;
        }

        if (Dma.IsActive)
        {
            Dma.Pump(nowNanoseconds);
        }

        return TryFlush(nowNanoseconds);
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private bool TryReceive(long nowNanoseconds)
    {
        if (_hasMessage)
        {
            return true;
        }

        ReceiveOutcome outcome = _connection.Receive(nowNanoseconds);
        _hasMessage = outcome == ReceiveOutcome.Message;
        return outcome is ReceiveOutcome.Message or ReceiveOutcome.Nothing;
    }

    private bool TryFlush(long nowNanoseconds)
    {
        if (_connection.Sends.IsEmpty)
        {
            return true;
        }

        SendOutcome outcome = _connection.Sends.Flush(_connection.Descriptor, nowNanoseconds);
        if (outcome != SendOutcome.Waiting)
        {
            return outcome != SendOutcome.Closed;
        }

        if (nowNanoseconds - _connection.Sends.StalledSinceNanoseconds < _options.MessageTimeoutNanoseconds)
        {
            return true;
        }

        _log?.Write("vfio-user: client does not read its replies; dropped");
        return false;
    }

    /// <summary>Reads change nothing; before all else the function's other threads stop.</summary>
    private bool MayHandle() => _connection.Header.Command == ProtocolCommand.RegionRead || _function.TryHold();

    private bool TryHandle(long nowNanoseconds)
    {
        ref readonly ProtocolHeader header = ref _connection.Header;
        if (header.IsReply)
        {
            if (_isNegotiated && Dma.TryTakeReply())
            {
                return true;
            }

            _log?.Write("vfio-user: client answered message {0}, which was not asked; dropped", header.MessageId);
            return false;
        }

        _reply.Clear();
        if (!_isNegotiated)
        {
            int refused = header.Command == ProtocolCommand.Version ? Negotiate() : Errno.EINVAL;
            Answer(header, refused);
            return refused == 0;
        }

        int error = Dispatch(header.Command, nowNanoseconds);
        if (error != 0)
        {
            _log?.Write("vfio-user: refused message of type {0} with errno {1}", (long)header.Command, error);
        }

        if (_hold != Hold.None)
        {
            _heldHeader = header;
            _holdSinceNanoseconds = nowNanoseconds;
            return TryEndHold(nowNanoseconds);
        }

        Answer(header, error);
        return true;
    }

    private int Negotiate()
    {
        if (_connection.DescriptorCount != 0 || !VersionNegotiation.TryRead(_connection.Payload, out ClientCapabilities client))
        {
            _log?.Write("vfio-user: client offered no version that is understood; dropped");
            return Errno.EINVAL;
        }

        const int ReplyBytesMax = 256;
        Span<byte> text = stackalloc byte[ReplyBytesMax];
        int length = VersionNegotiation.WriteReply(client, _connection.Payload.Length, _regions.Map.Capacity, text);
        text[..length].CopyTo(_reply.Reserve(length));
        _isNegotiated = true;
        _device.ClientTakesDescriptors = client.MaxMessageFds > 0;
        Dma.LinkUp(client);
        _function.LinkUp();
        return 0;
    }

    private int Dispatch(ProtocolCommand command, long nowNanoseconds)
    {
        ReadOnlySpan<byte> payload = _connection.Payload;
        switch (command)
        {
            case ProtocolCommand.DmaMap:
                return _dma.Map(_connection);
            case ProtocolCommand.DmaUnmap:
                return Unmap(payload);
            case ProtocolCommand.DeviceGetInfo:
                return DeviceMessages.GetInfo(payload, _reply);
            case ProtocolCommand.DeviceGetRegionInfo:
                return _device.GetRegionInfo(payload, _reply);
            case ProtocolCommand.DeviceGetRegionIoFds:
                return DeviceMessages.GetRegionIoFds(payload, _reply);
            case ProtocolCommand.DeviceGetIrqInfo:
                return _interrupts.GetInfo(payload, _reply);
            case ProtocolCommand.DeviceSetIrqs:
                return _interrupts.Set(_connection);
            case ProtocolCommand.RegionRead:
                return _registers.Read(payload, _reply);
            case ProtocolCommand.RegionWrite:
                return AfterWrites(_registers.Write(payload, _reply));
            case ProtocolCommand.RegionWriteMulti:
                return AfterWrites(_registers.WriteMulti(payload, _reply));
            case ProtocolCommand.DeviceReset:
                Reset(ResetKind.Conventional);
                return 0;
            default:
                // A second VERSION, migration, features, messages of the other direction, and numbers that nobody has defined.
                return Errno.EINVAL;
        }
    }

    private int Unmap(ReadOnlySpan<byte> payload)
    {
        int error = _dma.Unmap(payload, _reply);
        if (error == 0 && _dma.HasRemoved)
        {
            Dma.FailOverlapping(_dma.First, _dma.Last);
            _hold = Hold.Unmap;
        }

        return error;
    }

    private int AfterWrites(int error)
    {
        if (error == 0 && _registers.AsksForReset)
        {
            Reset(ResetKind.FunctionLevel);
        }

        return error;
    }

    private void Reset(ResetKind kind)
    {
        _log?.Write(kind == ResetKind.FunctionLevel ? "vfio-user: function level reset" : "vfio-user: device reset");
        Dma.FailAll(refuseMore: true);
        _function.Reset(kind);
        _hold = Hold.Reset;
    }

    /// <summary>Sends the answer that is held back, once nothing is in its way.</summary>
    private bool TryEndHold(long nowNanoseconds)
    {
        if (_hold == Hold.None)
        {
            return true;
        }

        bool mustWait = !_function.TryHold() || (_hold == Hold.Reset ? !_function.IsQuiescent : IsInUse(_dma.First, _dma.Last));
        if (!mustWait)
        {
            _regions.ReleaseUnused();
            Dma.AcceptAgain();
            _hold = Hold.None;
            Answer(_heldHeader, 0);
            return true;
        }

        long waited = nowNanoseconds - _holdSinceNanoseconds;
        if (waited > _options.HoldTimeoutNanoseconds)
        {
            _log?.Write("vfio-user: commands in flight did not end for message of type {0} in time; client dropped", (long)_heldHeader.Command);
            return false;
        }

        if (waited > _options.HoldTimeoutNanoseconds / DmaPatienceDivisor && Dma.IsActive)
        {
            Dma.FailAll(refuseMore: false);
        }

        return true;
    }

    private bool IsInUse(ulong first, ulong last)
    {
        // All 2^64 bytes are one more than a length can say.
        const ulong Half = 1UL << 63;
        return first == 0 && last == ulong.MaxValue
            ? _function.IsHostMemoryInUse(0, Half) || _function.IsHostMemoryInUse(Half, Half)
            : _function.IsHostMemoryInUse(first, last - first + 1);
    }

    private void Answer(in ProtocolHeader request, int error)
    {
        if ((request.Flags & HeaderFlags.NoReply) != 0)
        {
            return;
        }

        ProtocolHeader header = new()
        {
            MessageId = request.MessageId,
            Command = request.Command,
            Flags = error == 0 ? HeaderFlags.Reply : HeaderFlags.Reply | HeaderFlags.Error,
            Error = (uint)error,
        };
        _connection.Sends.Add(
            header, error == 0 ? _reply.Payload : default, default, error == 0 ? _reply.Descriptor : SendQueue.NoDescriptor);
    }
}
