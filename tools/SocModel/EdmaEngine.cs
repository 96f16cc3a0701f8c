// The eDMA's register map ("v0", unrolled, 2 write and 2 read channels; register reference section 5.1, 5.2). What the channels do is in
// EdmaDirection and EdmaChannel. Not modelled: the weights (the seed arbitrates), HDMA compatibility, handshake counters.

namespace Nvmepf.SocModel;

internal sealed class EdmaEngine
{
    private const int ArbitrationPriority = 0x000;
    private const int DmaControl = 0x008;
    private const uint TwoAndTwoChannels = 0x0002_0002;
    private const int ChannelsFirst = 0x200;
    private const int ChannelsEnd = 0x600;
    private const int GlobalEnd = 0x100;

    private readonly Soc _soc;
    private readonly uint[] _plain = new uint[GlobalEnd / 4];
    private readonly EdmaDirection _write;
    private readonly EdmaDirection _read;

    internal EdmaEngine(Soc soc)
    {
        _soc = soc;
        _write = new EdmaDirection(soc, isRead: false);
        _read = new EdmaDirection(soc, isRead: true);
    }

    internal EdmaDirection WriteDirection => _write;

    internal EdmaDirection ReadDirection => _read;

    internal void Reset()
    {
        Array.Clear(_plain);
        _write.Reset();
        _read.Reset();
    }

    internal void LinkLost()
    {
        _write.LinkLost();
        _read.LinkLost();
        if (_soc.Faults.EdmaRegistersLost)
        {
            Array.Clear(_plain);
            _write.LoseRegisters();
            _read.LoseRegisters();
        }
    }

    internal uint Read(int offset)
    {
        if (offset is >= ChannelsFirst and < ChannelsEnd)
        {
            return Channel(offset).Read(offset & 0xFF);
        }

        if (offset == DmaControl)
        {
            return TwoAndTwoChannels;
        }

        return _write.TryRead(offset, out uint value) || _read.TryRead(offset, out value) ? value : offset < GlobalEnd ? _plain[offset / 4] : 0;
    }

    internal void Write(int offset, uint value, bool isCpu)
    {
        if (offset is >= ChannelsFirst and < ChannelsEnd)
        {
            Channel(offset).Write(offset & 0xFF, value);
        }
        else if (!_write.TryWrite(offset, value, isCpu) && !_read.TryWrite(offset, value, isCpu) && offset < GlobalEnd && offset != DmaControl)
        {
            _plain[offset / 4] = value;
        }
    }

    /// <summary>A read of an eDMA register disturbs the fetches that are under way (section 5.5).</summary>
    internal void Disturb()
    {
        _write.Disturb(_soc.Times.LookPenaltyNanoseconds);
        _read.Disturb(_soc.Times.LookPenaltyNanoseconds);
    }

    private EdmaChannel Channel(int offset) => ((offset & 0x100) != 0 ? _read : _write).Channels[(offset - ChannelsFirst) / 0x200];
}
