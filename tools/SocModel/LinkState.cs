// The link as software sees it: LTSSM codes over model time, link-up bits, what a hot reset or a link loss does, and the hold until DLY2_DONE
// (register reference section 2.3). Not modelled: power states below L0, equalisation results, lane reversal.

namespace Nvmepf.SocModel;

internal sealed class LinkState
{
    private const uint Detect = 0x00;
    private const uint L0 = 0x11;
    private const uint HotResetState = 0x1F;
    private const int LinkUpStep = 10;
    private const long ResetStateNanoseconds = 2_000;
    private const int UnstableNanoseconds = 3_000_000;

    // Up to Gen1's L0, then (from LinkUpStep on) the change of speed with its equalisation.
    private static readonly byte[] s_path =
        [0x00, 0x01, 0x02, 0x04, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x11, 0x0D, 0x0E, 0x20, 0x21, 0x22, 0x23, 0x0D, 0x0F, 0x10, 0x11];

    private readonly Soc _soc;
    private int _step;
    private uint _state;
    private uint _rate;
    private bool _isHeld;
    private bool _isLeaving; // software has taken LTSSM enable back, and the link does not know it yet

    internal LinkState(Soc soc) => _soc = soc;

    internal long DueNanoseconds { get; private set; } = long.MaxValue;

    /// <summary>The data link is up: TLPs flow.</summary>
    internal bool IsUp { get; private set; }

    internal bool HostHasPower { get; set; } = true;

    /// <summary>LTSSM_STATUS: state, physical and data link up, rate.</summary>
    internal uint Status => _state | (IsUp || _step >= LinkUpStep - 1 ? 1u << 16 : 0) | (IsUp ? 1u << 17 : 0) | (_rate << 20);

    internal uint State => _state;

    /// <summary>Speed code of the link status register: 1 Gen1 to 3 Gen3.</summary>
    internal uint Speed => _rate + 1;

    internal void Reset()
    {
        IsUp = false;
        _isHeld = false;
        _isLeaving = false;
        _step = 0;
        _state = Detect;
        _rate = 0;
        DueNanoseconds = long.MaxValue;
        HostHasPower = true;
    }

    /// <summary>Something that training depends on has changed.</summary>
    internal void Reconsider()
    {
        if (_isLeaving && CouldTrain())
        {
            return; // it goes down when that is due, and may train again then
        }

        if (IsUp && CouldTrain() && !_soc.Apb.IsLtssmEnabled && _soc.Faults.LinkDownDelayNanoseconds > 0)
        {
            _isLeaving = true;
            DueNanoseconds = _soc.NowNanoseconds + _soc.Faults.LinkDownDelayNanoseconds;
        }
        else if (!CanTrain())
        {
            if (IsUp || _step > 0)
            {
                GoDown(isHotReset: false);
            }
            else if (_state != HotResetState)
            {
                DueNanoseconds = long.MaxValue;
            }
        }
        else if (!IsUp && DueNanoseconds == long.MaxValue)
        {
            DueNanoseconds = _soc.NowNanoseconds + StepNanoseconds;
        }
    }

    /// <summary>DLY2_DONE was written.</summary>
    internal void ReleaseHold()
    {
        _isHeld = false;
        Reconsider();
    }

    /// <summary>Another reset while the first is held: registers are lost once more, and the endpoint is told once more.</summary>
    internal void ResetWhileHeld()
    {
        if (!IsUp && _isHeld)
        {
            _soc.OnLinkLost();
            _soc.Apb.Latch(ApbClient.LinkResetRequested);
        }
    }

    /// <summary>The controller itself was reset: no link, and nothing to hold.</summary>
    internal void OnControllerReset()
    {
        if (IsUp)
        {
            GoDown(isHotReset: false);
        }

        _isHeld = false;
        Reconsider();
    }

    internal void GoDown(bool isHotReset)
    {
        bool wasUp = IsUp;
        IsUp = false;
        _isLeaving = false;
        _step = 0;
        _rate = 0;
        Enter(isHotReset ? HotResetState : Detect);
        DueNanoseconds = isHotReset ? _soc.NowNanoseconds + ResetStateNanoseconds : long.MaxValue;
        if (wasUp)
        {
            _isHeld = _soc.Apb.HoldsAfterReset;
            _soc.OnLinkLost();
            _soc.Apb.Latch(ApbClient.PhysicalLinkChanged | ApbClient.DataLinkChanged | ApbClient.LinkResetRequested);
        }

        if (DueNanoseconds == long.MaxValue)
        {
            Reconsider();
        }
    }

    internal void Run()
    {
        DueNanoseconds = long.MaxValue;
        if (_state == HotResetState)
        {
            Enter(Detect);
            Reconsider();
            return;
        }

        if (_isLeaving)
        {
            GoDown(isHotReset: false);
            return;
        }

        if (IsUp && _step == s_path.Length)
        {
            // Separate reference clocks with the receivers on the common one: the link does not hold.
            _soc.Host.DropLink();
            return;
        }

        if (!CanTrain())
        {
            return;
        }

        _step++;
        if (_step == 2)
        {
            _soc.CheckBeforeTraining();
        }

        if (_step == LinkUpStep)
        {
            IsUp = true;
            _soc.Apb.Latch(ApbClient.PhysicalLinkChanged | ApbClient.DataLinkChanged);
        }

        Enter(s_path[Math.Min(_step, s_path.Length - 1)]);
        Continue();
    }

    private void Continue()
    {
        uint target = _soc.Config.TargetRate();
        bool isAtEnd = _step >= s_path.Length - 1 || (_step >= LinkUpStep && IsUp && target == 0);
        if (!isAtEnd)
        {
            DueNanoseconds = _soc.NowNanoseconds + StepNanoseconds;
            return;
        }

        _rate = target;
        _step = s_path.Length;
        Enter(L0);
        if (_soc.Faults.SeparateReferenceClocks && _soc.Board.UsesCommonReferenceClock)
        {
            DueNanoseconds = _soc.NowNanoseconds + 1 + _soc.Draw(UnstableNanoseconds);
        }
    }

    private long StepNanoseconds => Math.Max(1, _soc.Options.LinkTrainingNanoseconds / s_path.Length);

    private bool CanTrain() => _soc.Apb.IsLtssmEnabled && CouldTrain();

    /// <summary>Nothing but software's LTSSM enable is asked.</summary>
    private bool CouldTrain() => _soc.Apb.IsEndpoint && _soc.Board.IsLinkReady && _soc.Board.PerstLevel && HostHasPower && !_isHeld
        && !_soc.Faults.LinkNeverTrains;

    private void Enter(uint state)
    {
        _state = state;
        _soc.Apb.Record(state, _rate);
        _soc.Log.Add(_soc.NowNanoseconds, SocEvent.Link, state, IsUp ? 1u : 0u);
    }
}
