// The kernel's endpoint driver, where it has bound: its sys interrupt thread acknowledges MISC and writes DLY2_DONE, unless whoever took over has
// masked its bits (register reference 2.4). That is all of it.

namespace Nvmepf.SocModel;

internal sealed class KernelDriver
{
    private const ulong MiscStatus = SocMap.Apb + 0x010;
    private const ulong HotResetCtrl = SocMap.Apb + 0x180;
    private const long InterruptNanoseconds = 20_000;

    private readonly Soc _soc;
    private bool _isBound;
    private long _since;

    internal KernelDriver(Soc soc) => _soc = soc;

    internal long DueNanoseconds
    {
        get
        {
            if (!_isBound || !_soc.Apb.SysInterrupt)
            {
                _since = long.MaxValue;
                return long.MaxValue;
            }

            if (_since == long.MaxValue)
            {
                _since = _soc.NowNanoseconds + InterruptNanoseconds;
            }

            return _since;
        }
    }

    internal void Reset(bool isBound)
    {
        _isBound = isBound;
        _since = long.MaxValue;
    }

    internal void Run()
    {
        uint misc = _soc.Apb.Misc;
        _soc.Apb.Write((int)(MiscStatus - SocMap.Apb), misc);
        if ((misc & ApbClient.LinkResetRequested) != 0)
        {
            _soc.Apb.Write((int)(HotResetCtrl - SocMap.Apb), 0x0008_0008);
        }

        _since = long.MaxValue;
    }
}
