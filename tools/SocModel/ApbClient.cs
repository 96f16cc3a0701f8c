// The "client" glue registers of the controller (register reference section 2): mode, LTSSM control and status, interrupt status, hot-reset
// hold, MSI and INTx generation, link history. Registers that the reference does not name read 0 and ignore writes.

namespace Nvmepf.SocModel;

internal sealed class ApbClient
{
    /// <summary>MISC bit: the physical link went up or down.</summary>
    internal const uint PhysicalLinkChanged = 1 << 0;

    /// <summary>MISC bit: the data link went up or down.</summary>
    internal const uint DataLinkChanged = 1 << 1;

    /// <summary>MISC bit: hot reset, or reset by link loss.</summary>
    internal const uint LinkResetRequested = 1 << 2;

    /// <summary>MISC bit: the host rang an ELBI doorbell.</summary>
    internal const uint ElbiRang = 1 << 15;

    private const int GeneralCon = 0x000;
    private const int MessageStatus = 0x004;
    private const int ErrorStatus = 0x00C;
    private const int MiscStatus = 0x010;
    private const int PmcStatus = 0x014;
    private const int MaskFirst = 0x018;
    private const int MaskMisc = 0x024;
    private const int MaskLast = 0x028;
    private const int PowerCon = 0x02C;
    private const int MessageGenCon = 0x034;
    private const int MsiGenCon = 0x038;
    private const int GeneralDebug = 0x104;
    private const int HotResetCtrl = 0x180;
    private const int MsixRamWindow = 0x270;
    private const int LtssmStatus = 0x300;
    private const int FifoMode = 0x310;
    private const int FifoStatus = 0x350;
    private const uint LtssmEnableBit = 1 << 2;
    private const uint Dly2EnableBit = 1 << 1;
    private const uint Dly1DoneBit = 1 << 2;
    private const uint Dly2DoneBit = 1 << 3;
    private const int HistoryEntries = 64;

    private readonly Soc _soc;
    private readonly ushort[] _plain = new ushort[0x100];
    private readonly uint[] _history = new uint[HistoryEntries];
    private int _historyHead;
    private int _historyCount;
    private uint _misc;
    private uint _debug;

    internal ApbClient(Soc soc) => _soc = soc;

    /// <summary>Device type field: 0 endpoint, 4 root complex.</summary>
    internal bool IsEndpoint => ((_plain[GeneralCon / 4] >> 4) & 0xF) == 0;

    internal bool IsLtssmEnabled => (_plain[GeneralCon / 4] & LtssmEnableBit) != 0;

    /// <summary>Link training waits for DLY2_DONE after a reset.</summary>
    internal bool HoldsAfterReset => (_plain[HotResetCtrl / 4] & Dly2EnableBit) != 0;

    /// <summary>DBI + 0x300000 shows the MSI-X table instead of the iATU.</summary>
    internal bool ShowsMsixRam => (_plain[MsixRamWindow / 4] & 1) != 0;

    internal bool RequestsIntx => (_plain[MessageGenCon / 4] & 2) != 0;

    internal bool SysInterrupt => (_misc & ~(uint)_plain[MaskMisc / 4]) != 0;

    internal uint Misc => _misc;

    internal void Reset()
    {
        Array.Clear(_plain);
        for (int offset = MaskFirst; offset <= MaskLast; offset += 4)
        {
            _plain[offset / 4] = 0xFFFF;
        }

        _plain[GeneralCon / 4] = _soc.Faults.ResetsAsRootComplex ? (ushort)0x40 : (ushort)0;
        _historyHead = _historyCount = 0;
        _misc = 0;
        _debug = 0;
        _soc.Link.Reconsider();
    }

    internal void Latch(uint miscBits) => _misc |= miscBits;

    /// <summary>The state that a kernel's endpoint driver leaves (section 2.1, 7.7 A).</summary>
    internal void BindKernelDriver()
    {
        Write(HotResetCtrl, 0x0012_0012);
        Write(GeneralCon, 0x00F0_0000);
        Write(MaskMisc, 0x0006_0000);
    }

    /// <summary>Notes a state of the LTSSM for the history fifo.</summary>
    internal void Record(uint state, uint rate)
    {
        if ((_plain[FifoMode / 4] & 3) != 0 && _historyCount < HistoryEntries)
        {
            _history[(_historyHead + _historyCount) % HistoryEntries] = state | (rate << 20);
            _historyCount++;
        }
    }

    internal uint Read(int offset) => offset switch
    {
        MiscStatus => _misc,
        GeneralDebug => _debug,
        MsiGenCon or MessageStatus or 0x008 or ErrorStatus or PmcStatus => 0,
        LtssmStatus => _soc.Link.Status,
        FifoStatus => PopHistory(),
        _ => IsStored(offset) ? _plain[offset / 4] : 0u,
    };

    internal void Write(int offset, uint value)
    {
        switch (offset)
        {
            case MiscStatus:
                _misc &= ~value;
                break;
            case MsiGenCon:
                _soc.Interrupts.GenerateMsi(value);
                break;
            case GeneralDebug:
                _debug = value;
                break;
            case HotResetCtrl:
                Merge(offset, value & ~((Dly1DoneBit | Dly2DoneBit) << 16));
                if ((value >> 16 & value & Dly2DoneBit) != 0)
                {
                    _soc.Link.ReleaseHold();
                }

                break;
            default:
                if (IsStored(offset))
                {
                    Merge(offset, value);
                    _soc.Link.Reconsider();
                }

                break;
        }
    }

    private static bool IsStored(int offset) => offset is GeneralCon or (>= MaskFirst and <= PowerCon) or MessageGenCon or MsixRamWindow
        or HotResetCtrl or FifoMode or (>= 0x320 and <= 0x32C);

    private void Merge(int offset, uint value)
    {
        uint mask = value >> 16;
        _plain[offset / 4] = (ushort)((_plain[offset / 4] & ~mask) | (value & mask));
    }

    private uint PopHistory()
    {
        if (_historyCount == 0)
        {
            return 0;
        }

        uint entry = _history[_historyHead];
        _historyHead = (_historyHead + 1) % HistoryEntries;
        _historyCount--;
        return entry;
    }
}
