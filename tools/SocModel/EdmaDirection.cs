// One direction of the eDMA: enable and soft reset, doorbell, status, errors, and whose turn it is (register reference 5.1, 5.6).

using System.Buffers.Binary;

namespace Nvmepf.SocModel;

internal sealed class EdmaDirection
{
    private const uint StopBit = 1u << 31;
    private const int AbortShift = 16;

    private static readonly EdmaOffsets s_writeOffsets = new(0x0C, 0x10, 0x4C, 0x54, 0x58, 0x5C, -1, 0x60, 0x70, 0x90);
    private static readonly EdmaOffsets s_readOffsets = new(0x2C, 0x30, 0xA0, 0xA8, 0xAC, 0xB4, 0xB8, 0xCC, 0xDC, 0xC4);

    private readonly Soc _soc;
    private readonly EdmaOffsets _at;
    private readonly uint[] _remote = new uint[4];
    private readonly uint[] _remoteData = new uint[4];
    private readonly byte[] _word = new byte[4];
    private bool _isEnabled;
    private long _idleAt = long.MaxValue;
    private uint _status;
    private uint _mask;
    private uint _errors;
    private uint _errorsHigh;
    private uint _errorEnable;
    private long _freeAt;

    internal EdmaDirection(Soc soc, bool isRead)
    {
        _soc = soc;
        IsRead = isRead;
        _at = isRead ? s_readOffsets : s_writeOffsets;
        Channels = [new EdmaChannel(soc, this, 0), new EdmaChannel(soc, this, 1)];
    }

    internal bool IsRead { get; }

    internal EdmaChannel[] Channels { get; }

    /// <summary>Set by link loss or a stop: only a soft reset makes this direction usable again.</summary>
    internal bool NeedsReset { get; set; }

    internal uint Status => _status;

    internal int RunningChannels => (Channels[0].IsRunning ? 1 : 0) + (Channels[1].IsRunning ? 1 : 0);

    internal uint InterruptMask => _mask;

    /// <summary>A 0 was written to the status: the interrupt lines are up without a status bit, until a 0 is written to the clear register.</summary>
    internal bool IsInterruptEmulated { get; private set; }

    internal long DueNanoseconds
    {
        get
        {
            long due = Math.Min(Channels[0].ReadyAt, Channels[1].ReadyAt);
            return due == long.MaxValue ? _idleAt : Math.Min(Math.Max(due, _freeAt), _idleAt);
        }
    }

    internal void Reset()
    {
        LoseRegisters();
        NeedsReset = false;
        _freeAt = 0;
        _idleAt = long.MaxValue;
        foreach (EdmaChannel channel in Channels)
        {
            channel.Reset();
        }
    }

    internal void LoseRegisters()
    {
        _isEnabled = false;
        _status = _errors = _errorsHigh = _errorEnable = _mask = 0;
        IsInterruptEmulated = false;
        Array.Clear(_remote);
        Array.Clear(_remoteData);
        foreach (EdmaChannel channel in Channels)
        {
            channel.LoseRegisters();
        }
    }

    /// <summary>Running channels stop where they are and say nothing.</summary>
    internal void LinkLost()
    {
        NeedsReset = true;
        foreach (EdmaChannel channel in Channels)
        {
            channel.Halt();
        }
    }

    internal void Disturb(int nanoseconds)
    {
        foreach (EdmaChannel channel in Channels)
        {
            channel.Disturb(nanoseconds);
        }
    }

    /// <summary>One step (a piece of an element, or a TLP) of one channel that is ready; the seed chooses between two.</summary>
    internal void Run()
    {
        long now = _soc.NowNanoseconds;
        if (_idleAt <= now)
        {
            FinishSoftReset();
            return;
        }

        bool first = Channels[0].ReadyAt <= now;
        bool second = Channels[1].ReadyAt <= now;
        if ((first || second) && _freeAt <= now)
        {
            int chosen = first && second ? _soc.Draw(2) : second ? 1 : 0;
            _freeAt = now + Channels[chosen].Step();
        }
    }

    internal bool TryRead(int offset, out uint value)
    {
        value = 0;
        if (offset == _at.EngineEnable)
        {
            value = _isEnabled || _idleAt != long.MaxValue ? 1u : 0;
        }
        else if (offset == _at.Status)
        {
            value = _status;
        }
        else if (offset == _at.Mask)
        {
            value = _mask;
        }
        else if (offset == _at.Errors)
        {
            value = _errors;
        }
        else if (offset == _at.ErrorsHigh)
        {
            value = _errorsHigh;
        }
        else if (offset == _at.ErrorEnable)
        {
            value = _errorEnable;
        }
        else if (offset != _at.Doorbell && offset != _at.Clear)
        {
            bool isRemote = TryRemote(offset, out int index, out bool isData);
            value = isRemote ? (isData ? _remoteData : _remote)[index] : 0;
            return isRemote;
        }

        return true;
    }

    internal bool TryWrite(int offset, uint value, bool isCpu)
    {
        if (offset == _at.EngineEnable)
        {
            SetEnable((value & 1) != 0);
        }
        else if (offset == _at.Doorbell)
        {
            Ring(value, isCpu);
        }
        else if (offset == _at.Mask)
        {
            _mask = value & 0x00FF_00FF;
        }
        else if (offset == _at.Clear)
        {
            ClearStatus(value);
        }
        else if (offset == _at.ErrorEnable)
        {
            _errorEnable = value & 0x00FF_00FF;
        }
        else if (TryRemote(offset, out int index, out bool isData))
        {
            (isData ? _remoteData : _remote)[index] = value;
        }
        else if (offset == _at.Status)
        {
            IsInterruptEmulated |= value == 0;
        }
        else
        {
            return offset == _at.Errors || offset == _at.ErrorsHigh;
        }

        return true;
    }

    internal void LatchDone(int channel, bool isLocal, bool isRemote)
    {
        _status |= isLocal ? 1u << channel : 0;
        if (isRemote)
        {
            uint data = _remoteData[channel / 2] >> (16 * (channel & 1)) & 0xFFFF;
            BinaryPrimitives.WriteUInt32LittleEndian(_word, data);
            ulong address = _remote[0] | ((ulong)_remote[1] << 32);
            _soc.Bridge.Post(Source(channel), address, address, _word);
        }
    }

    /// <summary>Notes why a channel aborted; the abort bit follows unless a fault ties it to the error enables.</summary>
    internal void LatchAbort(int channel, EdmaError error, bool isList)
    {
        int bit = error switch
        {
            EdmaError.Local => 0,
            EdmaError.Fetch => 16,
            EdmaError.UnsupportedRequest => 0,
            EdmaError.CompleterAbort => 8,
            EdmaError.Timeout => 16,
            _ => 24,
        };
        if (error is EdmaError.Local or EdmaError.Fetch)
        {
            _errors |= 1u << (bit + channel);
        }
        else if (error != EdmaError.None)
        {
            _errorsHigh |= 1u << (bit + channel);
        }

        bool isAsked = (_errorEnable & (0x0001_0001u << channel)) != 0;
        if (!isList || isAsked || !_soc.Faults.AbortNeedsErrorEnable)
        {
            _status |= 1u << (AbortShift + channel);
        }
    }

    /// <summary>Nothing of this direction moves for a while.</summary>
    internal void Block(long nanoseconds) => _freeAt = nanoseconds == 0 ? _freeAt : Math.Max(_freeAt, _soc.NowNanoseconds) + nanoseconds;

    internal int Source(int channel) => (IsRead ? 2 : 0) + channel;

    private void SetEnable(bool on)
    {
        if (on)
        {
            // Before the engine is idle this only takes the disable back: nothing was reset.
            _isEnabled = true;
            _idleAt = long.MaxValue;
        }
        else if (_isEnabled)
        {
            _isEnabled = false;
            bool isBusy = Channels[0].IsRunning || Channels[1].IsRunning;
            _idleAt = _soc.NowNanoseconds + (isBusy || NeedsReset ? _soc.Faults.SoftResetNanoseconds : 0);
        }
        else if (_idleAt == long.MaxValue)
        {
            FinishSoftReset();
        }
    }

    private void FinishSoftReset()
    {
        _idleAt = long.MaxValue;
        NeedsReset = false;
        foreach (EdmaChannel channel in Channels)
        {
            channel.SoftReset();
        }
    }

    private void Ring(uint value, bool isCpu)
    {
        int number = (int)(value & 7);
        if (number >= Channels.Length)
        {
            return;
        }

        EdmaChannel channel = Channels[number];
        if ((value & StopBit) != 0)
        {
            if (channel.IsRunning)
            {
                channel.Stop();
                NeedsReset = true;
            }

            return;
        }

        if (isCpu)
        {
            _soc.CheckBarrier();
        }

        ulong detail = (ulong)Source(number);
        if (!_isEnabled)
        {
            _soc.Violate(ViolationKind.DoorbellWithoutEngine, detail);
        }
        else if (NeedsReset)
        {
            _soc.Violate(ViolationKind.EngineNotResetAfterLinkLoss, detail);
            channel.StartHalted();
        }
        else if (channel.IsRunning)
        {
            _soc.Violate(ViolationKind.DoorbellWhileRunning, detail);
        }
        else
        {
            channel.Start();
        }
    }

    private void ClearStatus(uint value)
    {
        _status &= ~value;
        IsInterruptEmulated &= value != 0;
        uint aborts = (value >> AbortShift) & 0xFF;
        _errors &= ~(aborts | (aborts << 16));
        _errorsHigh &= ~(aborts | (aborts << 8) | (aborts << 16) | (aborts << 24));
    }

    private bool TryRemote(int offset, out int index, out bool isData)
    {
        isData = offset >= _at.RemoteData && offset < _at.RemoteData + 0x10;
        index = (offset - (isData ? _at.RemoteData : _at.Remote)) / 4;
        return isData || (offset >= _at.Remote && offset < _at.Remote + 0x10);
    }
}

/// <summary>Why a channel aborted.</summary>
internal enum EdmaError
{
    None,
    Local,
    Fetch,
    UnsupportedRequest,
    CompleterAbort,
    Timeout,
    Poisoned,
}

/// <summary>Offsets of a direction's global registers; -1 for one that it has not.</summary>
internal sealed record EdmaOffsets(
    int EngineEnable, int Doorbell, int Status, int Mask, int Clear, int Errors, int ErrorsHigh, int Remote, int RemoteData, int ErrorEnable);
