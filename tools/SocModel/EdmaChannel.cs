// One channel: its registers, the walk along a linked list, and the transfer TLP by TLP (register reference 5.2 to 5.5).

using System.Buffers.Binary;

namespace Nvmepf.SocModel;

internal sealed class EdmaChannel
{
    private const uint Cycle = 1 << 0;
    private const uint Toggle = 1 << 1;
    private const uint Link = 1 << 2;
    private const uint LocalInterrupt = 1 << 3;
    private const uint RemoteInterrupt = 1 << 4;
    private const uint ElementBits = 0x1F;
    private const uint StateMask = 3 << 5;
    private const uint ConsumerCycle = 1 << 8;
    private const uint ListEnable = 1 << 9;
    private const int Running = 1;
    private const int HaltedOnError = 2;
    private const int Stopped = 3;
    private const int Control1 = 0x00;
    private const int TransferSize = 0x08;
    private const int SourceLow = 0x0C;
    private const int ListPointerHigh = 0x20;
    private const int ElementBytes = 24;
    private const int PieceBytes = 8;

    private readonly Soc _soc;
    private readonly EdmaDirection _direction;
    private readonly int _number;
    private readonly uint[] _registers = new uint[9];
    private readonly byte[] _element = new byte[ElementBytes];
    private readonly byte[] _buffer = new byte[4096];
    private Phase _phase;
    private int _piece;
    private ulong _source;
    private ulong _destination;
    private ulong _remaining;
    private bool _isDescending;
    private bool _isFirstTlp;
    private bool _owesDone;
    private bool _owesRemote;
    private bool _hasLatched;

    internal EdmaChannel(Soc soc, EdmaDirection direction, int number)
    {
        _soc = soc;
        _direction = direction;
        _number = number;
    }

    private enum Phase
    {
        Idle,
        Fetch,
        Transfer,
        Expiring,
        Halted,
    }

    /// <summary>When the channel has something to do; <see cref="long.MaxValue"/> for never.</summary>
    internal long ReadyAt { get; private set; } = long.MaxValue;

    internal bool IsRunning => _phase != Phase.Idle;

    private bool IsList => (_registers[Control1 / 4] & ListEnable) != 0;

    private ulong ListPointer
    {
        get => _registers[7] | ((ulong)_registers[8] << 32);
        set => (_registers[7], _registers[8]) = ((uint)value, (uint)(value >> 32));
    }

    internal void Reset()
    {
        Array.Clear(_registers);
        _phase = Phase.Idle;
        ReadyAt = long.MaxValue;
        _owesDone = _owesRemote = _hasLatched = false;
    }

    internal void LoseRegisters()
    {
        uint state = _registers[Control1 / 4] & StateMask;
        Array.Clear(_registers);
        _registers[Control1 / 4] = state;
    }

    internal uint Read(int offset) => offset <= ListPointerHigh ? _registers[offset / 4] : 0;

    internal void Write(int offset, uint value)
    {
        if (offset > ListPointerHigh)
        {
            return;
        }

        if (IsRunning)
        {
            _soc.Violate(ViolationKind.ChannelWrittenWhileRunning, ((ulong)_direction.Source(_number) << 8) | (uint)offset);
        }

        _registers[offset / 4] = offset == Control1 ? (value & ~StateMask) | (_registers[Control1 / 4] & StateMask) : value;
    }

    /// <summary>The doorbell: from the list pointer on, or the one block that the registers describe.</summary>
    internal void Start()
    {
        SetState(Running);
        _hasLatched = false;
        _owesDone = _owesRemote = false;
        _soc.Counters.ListRuns++;
        _soc.Counters.ReadListRuns += _direction.IsRead ? 1 : 0;
        _soc.Log.Add(_soc.NowNanoseconds, SocEvent.EdmaStart, (ulong)_direction.Source(_number), ListPointer);
        ReadyAt = _soc.NowNanoseconds + _soc.Times.ListStartNanoseconds;
        _direction.Block(_soc.Times.ListStartBlocksNanoseconds);
        if (IsList)
        {
            BeginFetch();
        }
        else
        {
            BeginTransfer(_registers[TransferSize / 4]);
        }
    }

    /// <summary>A doorbell that the engine takes without doing anything.</summary>
    internal void StartHalted()
    {
        SetState(Running);
        Halt();
    }

    /// <summary>Stops without a word, as at a link loss.</summary>
    internal void Halt()
    {
        ReadyAt = long.MaxValue;
        if ((_registers[Control1 / 4] & StateMask) == Running << 5)
        {
            _phase = Phase.Halted;
            LogStop(2);
        }
    }

    internal void SoftReset()
    {
        if (IsRunning)
        {
            LogStop(3);
        }

        _phase = Phase.Idle;
        ReadyAt = long.MaxValue;
        _owesDone = _owesRemote = false;
        SetState(0);
    }

    /// <summary>The stop bit: ends at the next TLP, with an abort status.</summary>
    internal void Stop() => Finish(Stopped, EdmaError.None, isAbort: true);

    internal void Disturb(int nanoseconds)
    {
        if (_phase == Phase.Fetch && ReadyAt != long.MaxValue)
        {
            ReadyAt += nanoseconds;
        }
    }

    /// <summary>One piece of an element, or one TLP. Returns how long the engine was busy with it.</summary>
    internal long Step()
    {
        if (_soc.Chance(_soc.Faults.StallPerMillion))
        {
            _soc.Log.Add(_soc.NowNanoseconds, SocEvent.Fault, 2, (ulong)_direction.Source(_number));
            Halt();
            return 0;
        }

        switch (_phase)
        {
            case Phase.Fetch:
                return StepFetch();
            case Phase.Transfer:
                return StepTransfer();
            default:
                Finish(HaltedOnError, EdmaError.Timeout, isAbort: true);
                return 0;
        }
    }

    private void BeginFetch()
    {
        _phase = Phase.Fetch;
        _piece = 0;
    }

    // Eight bytes at a time, in order: an element that is still being written is seen half old, half new.
    private long StepFetch()
    {
        bool isRead = _soc.ReadLocal(ListPointer + (ulong)(_piece * PieceBytes), _element.AsSpan(_piece * PieceBytes, PieceBytes));
        if (!isRead || _soc.Chance(_soc.Faults.FetchErrorPerMillion))
        {
            Finish(HaltedOnError, EdmaError.Fetch, isAbort: true);
            return 0;
        }

        _piece++;
        long busy = _soc.Times.FetchPieceNanoseconds;
        ReadyAt = _soc.NowNanoseconds + busy;
        if (_piece * PieceBytes == ElementBytes)
        {
            _piece = 0;
            Take();
        }

        return busy;
    }

    private void Take()
    {
        uint control = BinaryPrimitives.ReadUInt32LittleEndian(_element);
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(_element.AsSpan(4));
        ulong source = BinaryPrimitives.ReadUInt64LittleEndian(_element.AsSpan(8));
        _soc.Counters.ElementsFetched++;
        _soc.Log.Add(_soc.NowNanoseconds, SocEvent.EdmaElement, ListPointer, control | ((ulong)size << 32));
        ref uint control1 = ref _registers[Control1 / 4];
        PayDone();
        if (_phase == Phase.Halted)
        {
            // The link was lost at the interrupt's TLP.
            return;
        }

        if (((control & Cycle) != 0) != ((control1 & ConsumerCycle) != 0))
        {
            if (!_hasLatched)
            {
                _soc.Violate(ViolationKind.DoneNeverLatches, (ulong)_direction.Source(_number));
            }

            Finish(Stopped, EdmaError.None, isAbort: false);
            return;
        }

        control1 = (control1 & ~ElementBits) | (control & ElementBits);
        if ((control & Link) != 0)
        {
            ListPointer = source;
            control1 ^= (control & Toggle) != 0 ? ConsumerCycle : 0;
            return;
        }

        ListPointer += ElementBytes;
        _registers[TransferSize / 4] = size;
        (_registers[3], _registers[4]) = ((uint)source, (uint)(source >> 32));
        ulong destination = BinaryPrimitives.ReadUInt64LittleEndian(_element.AsSpan(16));
        (_registers[5], _registers[6]) = ((uint)destination, (uint)(destination >> 32));
        BeginTransfer(size);
    }

    private void BeginTransfer(uint size)
    {
        if (size == 0)
        {
            _soc.Violate(ViolationKind.TransferOfZeroBytes, (ulong)_direction.Source(_number));
        }

        _phase = Phase.Transfer;
        _source = _registers[SourceLow / 4] | ((ulong)_registers[4] << 32);
        _destination = _registers[5] | ((ulong)_registers[6] << 32);
        _remaining = size == 0 ? 1ul << 32 : size;
        _isFirstTlp = true;
        _isDescending = _direction.IsRead && _soc.Faults.ReadsOutOfOrder && _soc.Draw(2) == 1 && _source <= ulong.MaxValue - _remaining;
    }

    private long StepTransfer()
    {
        if (!_direction.IsRead && !_soc.Bridge.HasRoom)
        {
            ReadyAt = _soc.NowNanoseconds + 100;
            return 0;
        }

        int length = NextChunk(out ulong skip);
        EdmaError error = _direction.IsRead
            ? ReadChunk(_source + skip, _destination + skip, length)
            : WriteChunk(_source + skip, _destination + skip, length);
        if (_phase != Phase.Transfer)
        {
            // The link was lost at this TLP.
            return 0;
        }

        if (error != EdmaError.None)
        {
            EndWithError(error);
            return 0;
        }

        long busy = _soc.Times.TransferNanoseconds(_direction.IsRead, length);
        long wait = _isFirstTlp && _direction.IsRead ? _soc.Times.RoundTripNanoseconds : 0;
        _isFirstTlp = false;
        Advance(length);
        wait += _phase == Phase.Fetch && _soc.Faults.DoneBeforeStop ? _soc.Times.ListStartNanoseconds : 0;
        ReadyAt = _phase == Phase.Idle ? long.MaxValue : _soc.NowNanoseconds + busy + wait;
        return busy;
    }

    private void Advance(int length)
    {
        if (!_isDescending)
        {
            _source += (ulong)length;
            _destination += (ulong)length;
        }

        _remaining -= (ulong)length;
        if (_remaining == 0 || !_soc.Faults.TransferSizeUpdatesAtEnd)
        {
            _registers[TransferSize / 4] = (uint)_remaining;
        }

        if (_remaining == 0)
        {
            EndOfBlock();
        }
    }

    // TLPs are cut at multiples of their largest size, so none crosses a 4 KiB boundary of the host.
    private int NextChunk(out ulong skip)
    {
        ulong largest = (ulong)(_direction.IsRead ? _soc.Config.MaxReadRequestBytes : _soc.Config.MaxPayloadBytes);
        ulong host = _direction.IsRead ? _source : _destination;
        if (_isDescending)
        {
            ulong start = Math.Max(host, (host + _remaining - 1) & ~(largest - 1));
            skip = start - host;
            return (int)(_remaining - skip);
        }

        skip = 0;
        return (int)Math.Min(_remaining, largest - (host & (largest - 1)));
    }

    private EdmaError WriteChunk(ulong local, ulong host, int length)
    {
        Span<byte> data = _buffer.AsSpan(0, length);
        if (!_soc.ReadLocal(local, data) || _soc.Chance(_soc.Faults.LocalErrorPerMillion))
        {
            return EdmaError.Local;
        }

        _soc.Bridge.Post(_direction.Source(_number), host, _soc.Iatu.TranslateDma(host), data);
        return EdmaError.None;
    }

    private EdmaError ReadChunk(ulong host, ulong local, int length)
    {
        Span<byte> data = _buffer.AsSpan(0, length);
        TlpStatus status = _soc.Bridge.Read(_soc.Iatu.TranslateDma(host), data);
        if (status != TlpStatus.Success)
        {
            return status switch
            {
                TlpStatus.UnsupportedRequest => EdmaError.UnsupportedRequest,
                TlpStatus.CompleterAbort => EdmaError.CompleterAbort,
                TlpStatus.Timeout => EdmaError.Timeout,
                _ => EdmaError.Poisoned,
            };
        }

        return _soc.WriteLocal(local, data) && !_soc.Chance(_soc.Faults.LocalErrorPerMillion) ? EdmaError.None : EdmaError.Local;
    }

    // A read that nobody answers ends when its timer does; the other channel goes on meanwhile.
    private void EndWithError(EdmaError error)
    {
        if (error == EdmaError.Timeout)
        {
            _phase = Phase.Expiring;
            ReadyAt = _soc.NowNanoseconds + _soc.Faults.CompletionTimeoutNanoseconds;
        }
        else
        {
            Finish(HaltedOnError, error, isAbort: true);
        }
    }

    private void EndOfBlock()
    {
        uint control = _registers[Control1 / 4];
        _owesDone = (control & LocalInterrupt) != 0;
        _owesRemote = (control & RemoteInterrupt) != 0;
        if (!IsList)
        {
            if (!_owesDone)
            {
                _soc.Violate(ViolationKind.DoneNeverLatches, (ulong)_direction.Source(_number));
            }

            PayDone();
            Finish(Stopped, EdmaError.None, isAbort: false);
            return;
        }

        if (_soc.Faults.DoneBeforeStop)
        {
            PayDone();
        }

        if (_phase != Phase.Halted)
        {
            BeginFetch();
        }
    }

    private void PayDone()
    {
        if (_owesDone || _owesRemote)
        {
            _hasLatched = true;
            _direction.LatchDone(_number, _owesDone, _owesRemote);
            _owesDone = _owesRemote = false;
        }
    }

    private void Finish(int state, EdmaError error, bool isAbort)
    {
        _phase = Phase.Idle;
        ReadyAt = long.MaxValue;
        SetState(state);
        LogStop(isAbort ? 1u : 0u);
        if (isAbort)
        {
            _direction.LatchAbort(_number, error, IsList);
        }
    }

    private void SetState(int state) => _registers[Control1 / 4] = (_registers[Control1 / 4] & ~StateMask) | ((uint)state << 5);

    private void LogStop(uint why) => _soc.Log.Add(_soc.NowNanoseconds, SocEvent.EdmaStop, (ulong)_direction.Source(_number), why);
}
