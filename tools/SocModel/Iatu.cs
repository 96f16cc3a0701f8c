// The address translation unit, unrolled: 16 outbound and 16 inbound regions of 64 KiB granularity and at most 8 GiB (register reference
// section 4). Not modelled: message regions, function matching, configuration TLPs (a region of another type than MEM translates nothing).

namespace Nvmepf.SocModel;

internal sealed class Iatu
{
    internal const int Regions = 16;

    private const int Registers = 9;
    private const int Control1 = 0;
    private const int Control2 = 1;
    private const int BaseLow = 2;
    private const int BaseHigh = 3;
    private const int LimitLow = 4;
    private const int TargetLow = 5;
    private const int TargetHigh = 6;
    private const int LimitHigh = 8;
    private const uint Enable = 1u << 31;
    private const uint MatchBar = 1u << 30;
    private const uint DmaBypass = 1u << 27;
    private const uint IncreaseSize = 1 << 13;
    private const uint LowBits = 0xFFFF;
    private const uint MaxUpperLimit = 1;

    private readonly Soc _soc;
    private readonly uint[] _values = new uint[2 * Regions * Registers];
    private readonly long[] _activeAt = new long[2 * Regions];
    private readonly bool[] _polled = new bool[2 * Regions];
    private readonly bool[] _unflushed = new bool[Regions];

    internal Iatu(Soc soc) => _soc = soc;

    internal void Reset()
    {
        Array.Clear(_values);
        Array.Clear(_activeAt);
        Array.Clear(_polled);
        Array.Clear(_unflushed);
        for (int region = 0; region < 2 * Regions; region++)
        {
            Value(region, LimitLow) = LowBits;
        }
    }

    /// <summary>The state that a kernel's endpoint driver leaves: what it probed the number and the size of the regions with (section 4).</summary>
    internal void BindKernelDriver()
    {
        const uint Probe = 0x1111_0000;
        for (int region = 0; region < 2 * Regions; region++)
        {
            Value(region, TargetLow) = Probe;
        }

        Value(0, LimitHigh) = MaxUpperLimit;
    }

    internal void HotReset()
    {
        Array.Clear(_unflushed);
        if (_soc.Faults.IatuLosesTargets)
        {
            for (int region = 0; region < 2 * Regions; region++)
            {
                Value(region, TargetLow) = 0;
                Value(region, TargetHigh) = 0;
            }
        }
    }

    internal uint Read(int offset)
    {
        if (!TryRegion(offset, out int region, out int register))
        {
            return 0;
        }

        uint value = Value(region, register);
        if (register == Control2)
        {
            value &= IsActive(region) ? ~0u : ~Enable;
            _polled[region] |= (value & Enable) != 0;
        }

        return value;
    }

    internal void Write(int offset, uint value)
    {
        if (!TryRegion(offset, out int region, out int register))
        {
            return;
        }

        uint stored = register switch
        {
            BaseLow or TargetLow => value & ~LowBits,
            LimitLow => value | LowBits,
            LimitHigh => value & MaxUpperLimit,
            Control2 when _soc.Faults.NoDmaBypass => value & ~DmaBypass,
            _ => value,
        };
        ref uint current = ref Value(region, register);
        if (stored != current && region < Regions && _unflushed[region] && (Value(region, Control2) & Enable) != 0)
        {
            _soc.Violate(ViolationKind.RegionRewrittenInFlight, (ulong)region);
        }

        if (register == Control2 && (value & Enable) != 0 && (current & Enable) == 0)
        {
            _activeAt[region] = _soc.NowNanoseconds + _soc.Faults.IatuEnableDelayNanoseconds;
            _polled[region] = false;
        }

        current = stored;
    }

    /// <summary>Where a CPU access to the outbound window goes; -1 where no region claims it.</summary>
    internal int FindOutbound(ulong socAddress, out ulong pciAddress)
    {
        for (int region = 0; region < Regions; region++)
        {
            if (IsActive(region) && (Value(region, Control1) & 0x1F) == 0 && IsInside(region, socAddress))
            {
                pciAddress = socAddress - Base(region) + Target(region);
                return region;
            }
        }

        pciAddress = socAddress;
        return -1;
    }

    internal bool IsPolled(int region) => _polled[region];

    /// <summary>A store went out through <paramref name="region"/> (and a read through it flushes).</summary>
    internal void NoteTraffic(int region, bool isStore) => _unflushed[region] = isStore;

    /// <summary>Where an eDMA access goes: its own address, unless an outbound region without bypass claims it.</summary>
    internal ulong TranslateDma(ulong pciAddress)
    {
        for (int region = 0; region < Regions; region++)
        {
            if (IsActive(region) && (Value(region, Control2) & DmaBypass) == 0 && IsInside(region, pciAddress))
            {
                _soc.Violate(ViolationKind.DmaMistranslated, pciAddress);
                return pciAddress - Base(region) + Target(region);
            }
        }

        return pciAddress;
    }

    /// <summary>Where the host's access to a BAR goes; false where no region claims it. A region may answer with an error instead.</summary>
    internal bool FindInbound(int bar, ulong offset, ulong pciAddress, out ulong physical, out TlpStatus status)
    {
        status = TlpStatus.Success;
        for (int region = Regions; region < 2 * Regions; region++)
        {
            uint control = Value(region, Control2);
            bool isMatch = IsActive(region)
                && ((control & MatchBar) != 0 ? BarNumber(control) == bar : (Value(region, Control1) & 0x1F) == 0 && IsInside(region, pciAddress));
            if (!isMatch)
            {
                continue;
            }

            status = ((control >> 24) & 3) switch { 1 => TlpStatus.UnsupportedRequest, 2 => TlpStatus.CompleterAbort, _ => TlpStatus.Success };
            physical = (control & MatchBar) != 0 ? AlignedTarget(region, bar) + offset : Target(region) + (pciAddress - Base(region));
            return true;
        }

        physical = pciAddress;
        return false;
    }

    /// <summary>Is there an enabled region that matches <paramref name="bar"/> (or some part of it by address) and has a target?</summary>
    internal bool HasInbound(int bar)
    {
        for (int region = Regions; region < 2 * Regions; region++)
        {
            uint control = Value(region, Control2);
            bool isMeant = (control & MatchBar) == 0 || BarNumber(control) == bar;
            if ((control & Enable) != 0 && isMeant && Target(region) != 0)
            {
                if ((control & MatchBar) != 0 && (Target(region) & (_soc.Config.Bars.Bytes(bar) - 1)) != 0)
                {
                    _soc.Violate(ViolationKind.TargetNotAligned, Target(region));
                }

                return true;
            }
        }

        return false;
    }

    private static int BarNumber(uint control2) => (int)((control2 >> 8) & 7);

    // Bits of the target below the BAR's size are read-only zero.
    private ulong AlignedTarget(int region, int bar) => Target(region) & ~(_soc.Config.Bars.Bytes(bar) - 1);

    private bool IsActive(int region) => (Value(region, Control2) & Enable) != 0 && _activeAt[region] <= _soc.NowNanoseconds;

    private bool IsInside(int region, ulong address)
    {
        ulong start = Base(region);
        ulong upper = (Value(region, Control1) & IncreaseSize) != 0
            ? (Value(region, BaseHigh) & ~MaxUpperLimit) | Value(region, LimitHigh)
            : Value(region, BaseHigh);
        return address >= start && address <= ((upper << 32) | Value(region, LimitLow));
    }

    private ulong Base(int region) => ((ulong)Value(region, BaseHigh) << 32) | Value(region, BaseLow);

    private ulong Target(int region) => ((ulong)Value(region, TargetHigh) << 32) | Value(region, TargetLow);

    private ref uint Value(int region, int register) => ref _values[(region * Registers) + register];

    // Outbound region n at n * 0x200, inbound at n * 0x200 + 0x100.
    private static bool TryRegion(int offset, out int region, out int register)
    {
        region = (offset / 0x200) + ((offset & 0x100) != 0 ? Regions : 0);
        register = (offset & 0xFF) / 4;
        return offset < Regions * 0x200 && register < Registers && register != 7;
    }
}
