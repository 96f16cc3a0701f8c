// Clocks, resets, power domain, PHY and PERST# pin: CRU, PMU, PHP_GRF, PHY_GRF and GPIO4 (register reference section 7 and 10). Modelled: which
// words let which block be reached, and in which order the PHY comes up. Not modelled: clock dividers, other blocks' words (stored, no effect).

namespace Nvmepf.SocModel;

/// <summary>What stands between the CPU and a block.</summary>
internal enum BlockState
{
    Reachable,
    Unpowered,
    Gated,
    InReset,
}

internal sealed class BoardControl
{
    private const int ClkGate = 0x800;
    private const int SoftReset = 0xA00;
    private const int PhpCru = 0x8000;
    private const int PhpGate0 = PhpCru + ClkGate;
    private const int PhpReset0 = PhpCru + SoftReset;
    private const int PhyPclkBit = 8;
    private const int PhyPclkResetBit = 8;
    private const int PhyResetBit = 10;
    private const int PowerGate = 0x150;
    private const int PowerPcieBit = 7;
    private const int PowerPhpBit = 5;
    private const int IdleRequest = 0x110;
    private const int IdleStatus = 0x120;
    private const int MemoryStatus = 0x1F8;
    private const int RepairStatus = 0x290;
    private const int LaneMode = 0x0;
    private const int Status1Phy0 = 0x904;
    private const int Status1Phy1 = 0xA04;
    private const int GpioExternal = 0x70;
    private const int GpioVersion = 0x78;
    private const int PerstBit = 14;
    private const long PowerUpNanoseconds = 5_000;

    private static readonly int[] s_refclkModes = [0x1004, 0x1104, 0x2004, 0x2104];

    private readonly Soc _soc;
    private readonly ushort[] _cru = new ushort[0x400];
    private readonly ushort[] _phpCru = new ushort[0x400];
    private readonly ushort[] _pmu = new ushort[0x100];
    private readonly ushort[] _phpGrf = new ushort[0x400];
    private readonly ushort[] _phyGrf = new ushort[0xC00];
    private readonly ushort[] _gpio = new ushort[0x20];
    private long _poweredAt;
    private long _phyReadyAt;
    private int _latchedMode;

    internal BoardControl(Soc soc) => _soc = soc;

    /// <summary>When the PHY finishes its initialisation; <see cref="long.MaxValue"/> if that is not under way.</summary>
    internal long DueNanoseconds { get; private set; }

    /// <summary>The PHY has finished, its clock and the controller's run: the link may train.</summary>
    internal bool IsLinkReady { get; private set; }

    /// <summary>Lanes that the PHY's mode at its release gives the controller.</summary>
    internal int Lanes => _latchedMode switch { 4 => 4, 0 => 2, _ => 1 };

    /// <summary>PERST# as the pin shows it; true = deasserted (high).</summary>
    internal bool PerstLevel { get; set; }

    /// <summary>The receivers still take their reference clock from the common source.</summary>
    internal bool UsesCommonReferenceClock { get; private set; }

    internal void Reset(SocStartState start)
    {
        Array.Clear(_cru);
        Array.Clear(_phpCru);
        Array.Clear(_pmu);
        Array.Clear(_phpGrf);
        Array.Clear(_phyGrf);
        Array.Clear(_gpio);
        foreach (int offset in s_refclkModes)
        {
            _phyGrf[offset / 4] = 1 << 7;
        }

        PerstLevel = true;
        DueNanoseconds = long.MaxValue;
        _phyReadyAt = long.MaxValue;
        _poweredAt = long.MaxValue;
        IsLinkReady = false;
        _latchedMode = 0;
        if (start == SocStartState.Cold)
        {
            PowerOnValues();
        }
        else
        {
            _phyGrf[LaneMode / 4] = 0x104;
            _latchedMode = 4;
            _phyReadyAt = 0;
            _poweredAt = 0;
            foreach (int offset in s_refclkModes)
            {
                _phyGrf[offset / 4] = 0;
            }
        }

        Settle();
    }

    internal void Run()
    {
        DueNanoseconds = long.MaxValue;
        Settle();
    }

    /// <summary>Can the CPU reach the controller's configuration, iATU and eDMA registers?</summary>
    internal BlockState DbiState() => !IsPowered ? BlockState.Unpowered
        : Gate(32, 7) || Gate(32, 13) ? BlockState.Gated
        : Held(32, 13) || Held(32, 9) ? BlockState.InReset : BlockState.Reachable;

    internal BlockState ApbState() => !IsPowered ? BlockState.Unpowered
        : Gate(32, 0) || Gate(33, 12) ? BlockState.Gated
        : Held(33, 12) || Held(32, 5) ? BlockState.InReset : BlockState.Reachable;

    internal BlockState WindowState() => !IsPowered ? BlockState.Unpowered
        : Gate(32, 7) || Gate(33, 7) ? BlockState.Gated
        : Held(32, 13) || Held(32, 9) ? BlockState.InReset : BlockState.Reachable;

    /// <summary>Can the controller reach board memory?</summary>
    internal BlockState MasterState() => !IsPowered ? BlockState.Unpowered
        : Gate(32, 6) || Gate(32, 8) || Gate(33, 2) || Gate(34, 7) ? BlockState.Gated
        : Held(32, 8) || Held(32, 12) || Held(34, 7) ? BlockState.InReset : BlockState.Reachable;

    internal uint ReadCru(int offset) => offset < 0x1000 ? _cru[offset / 4]
        : offset is >= PhpCru and < PhpCru + 0x1000 ? _phpCru[(offset - PhpCru) / 4] : 0u;

    internal void WriteCru(int offset, uint value)
    {
        bool wasPhyHeld = IsPhyHeld;
        bool wasCoreHeld = Held(32, 13);
        bool wasApbHeld = Held(33, 12);
        if (offset < 0x1000)
        {
            Merge(ref _cru[offset / 4], value);
        }
        else if (offset is >= PhpCru and < PhpCru + 0x1000)
        {
            Merge(ref _phpCru[(offset - PhpCru) / 4], value);
        }

        if (wasPhyHeld != IsPhyHeld)
        {
            OnPhyReset(released: wasPhyHeld);
        }

        if (!wasCoreHeld && Held(32, 13))
        {
            _soc.ResetController();
        }

        if (!wasApbHeld && Held(33, 12))
        {
            _soc.Apb.Reset();
        }

        Settle();
    }

    internal uint ReadPmu(int offset) => offset switch
    {
        IdleStatus => (uint)(_pmu[IdleRequest / 4] & (1 << 5)) << 16,
        MemoryStatus => IsPowered ? 0 : 1u << 31,
        RepairStatus => (IsPowered ? 1u << 22 : 0) | ((_pmu[PowerGate / 4] & (1 << PowerPhpBit)) == 0 ? 1u << 20 : 0),
        _ => offset < 0x400 ? _pmu[offset / 4] : 0u,
    };

    internal void WritePmu(int offset, uint value)
    {
        if (offset >= 0x400)
        {
            return;
        }

        bool wasOff = IsDomainOff;
        Merge(ref _pmu[offset / 4], value);
        if (wasOff && !IsDomainOff)
        {
            _poweredAt = _soc.NowNanoseconds + PowerUpNanoseconds;
            DueNanoseconds = Math.Min(DueNanoseconds, _poweredAt);
        }
        else if (!wasOff && IsDomainOff)
        {
            _poweredAt = long.MaxValue;
            _soc.ResetController();
            _soc.Apb.Reset();
        }

        Settle();
    }

    internal uint ReadPhpGrf(int offset) => offset < 0x1000 ? _phpGrf[offset / 4] : 0u;

    internal void WritePhpGrf(int offset, uint value)
    {
        if (offset < 0x1000)
        {
            Merge(ref _phpGrf[offset / 4], value);
        }
    }

    /// <summary>Reads as zero while the PHY's register clock is off.</summary>
    internal uint ReadPhyGrf(int offset) => !IsPhyPclkOn || offset >= 0x3000 ? 0
        : offset is Status1Phy0 or Status1Phy1 ? _phyReadyAt <= _soc.NowNanoseconds ? 0xFu : 0u
        : _phyGrf[offset / 4];

    internal void WritePhyGrf(int offset, uint value)
    {
        if (!IsPhyPclkOn)
        {
            _soc.Violate(ViolationKind.GatedBlock, SocMap.PhyGrf + (ulong)offset);
        }
        else if (offset < 0x3000)
        {
            Merge(ref _phyGrf[offset / 4], value);
            Settle();
        }
    }

    internal uint ReadGpio(int offset) => offset switch
    {
        GpioExternal => PerstLevel ? 1u << PerstBit : 0,
        GpioVersion => 0x0100_0C2B,
        _ => offset < 0x80 ? _gpio[offset / 4] : 0u,
    };

    internal void WriteGpio(int offset, uint value)
    {
        if (offset < 0x80)
        {
            Merge(ref _gpio[offset / 4], value);
        }
    }

    private bool IsDomainOff => (_pmu[PowerGate / 4] & (1 << PowerPcieBit)) != 0;

    private bool IsPowered => !IsDomainOff && _poweredAt <= _soc.NowNanoseconds;

    private bool IsPhyPclkOn => (_phpCru[ClkGate / 4] & (1 << PhyPclkBit)) == 0 && (_phpCru[SoftReset / 4] & (1 << PhyPclkResetBit)) == 0;

    private bool IsPhyHeld => (_phpCru[SoftReset / 4] & (1 << PhyResetBit)) != 0;

    private static void Merge(ref ushort stored, uint written)
    {
        uint mask = written >> 16;
        stored = (ushort)((stored & ~mask) | (written & mask));
    }

    private bool Gate(int register, int bit) => (_cru[(ClkGate / 4) + register] & (1 << bit)) != 0;

    private bool Held(int register, int bit) => (_cru[(SoftReset / 4) + register] & (1 << bit)) != 0;

    private void PowerOnValues()
    {
        _pmu[PowerGate / 4] = (1 << PowerPcieBit) | (1 << PowerPhpBit);
        _cru[(ClkGate / 4) + 32] = 1 << 13 | 1 << 8;
        _cru[(ClkGate / 4) + 33] = 1 << 2 | 1 << 7 | 1 << 12;
        _cru[(ClkGate / 4) + 34] = 1 << 1 | 1 << 7;
        _cru[(ClkGate / 4) + 39] = 1 << 0;
        _cru[(SoftReset / 4) + 32] = 1 << 13;
        _cru[(SoftReset / 4) + 33] = 1 << 12;
        _phpCru[(PhpGate0 - PhpCru) / 4] = 1 << PhyPclkBit;
        _phpCru[(PhpReset0 - PhpCru) / 4] = 1 << PhyResetBit;
    }

    // The PHY latches its lane mode when its reset is released, and starts only with its register clock on and its output clamp off.
    private void OnPhyReset(bool released)
    {
        _phyReadyAt = long.MaxValue;
        if (!released)
        {
            return;
        }

        _latchedMode = _phyGrf[LaneMode / 4] & 7;
        bool isClampOff = (_phyGrf[LaneMode / 4] & (1 << 8)) != 0;
        if (IsPhyPclkOn && isClampOff && !_soc.Faults.NoReferenceClock)
        {
            _phyReadyAt = _soc.NowNanoseconds + _soc.Options.PhyInitNanoseconds;
            DueNanoseconds = Math.Min(DueNanoseconds, _phyReadyAt);
        }
    }

    private void Settle()
    {
        UsesCommonReferenceClock = false;
        foreach (int offset in s_refclkModes)
        {
            UsesCommonReferenceClock |= (_phyGrf[offset / 4] & (1 << 7)) != 0;
        }

        bool isReady = _phyReadyAt <= _soc.NowNanoseconds && DbiState() == BlockState.Reachable && !Gate(34, 1) && !Gate(39, 0);
        if (isReady != IsLinkReady)
        {
            IsLinkReady = isReady;
            _soc.Link.Reconsider();
        }

        long next = long.MaxValue;
        next = _phyReadyAt > _soc.NowNanoseconds ? Math.Min(next, _phyReadyAt) : next;
        next = _poweredAt > _soc.NowNanoseconds ? Math.Min(next, _poweredAt) : next;
        DueNanoseconds = next;
    }
}
