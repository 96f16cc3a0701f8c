// The six BARs and the ROM: masks set through the shadow space, resizable sizes, 64-bit pairs, and which BAR an address belongs to (section 3.4).

namespace Nvmepf.SocModel;

internal sealed class Bars
{
    /// <summary>The expansion ROM's number in this class.</summary>
    internal const int RomIndex = 6;

    private const uint Type64 = 4;
    private const uint FlagBits = 0xF;
    private const uint OneMebibyteMask = 0xF_FFFF;
    private const uint RomMask = 0xFFFF;

    private readonly Soc _soc;
    private readonly ConfigSpace _config;
    private readonly uint[] _values = new uint[7];
    private readonly uint[] _masks = new uint[7];
    private readonly bool[] _enabled = new bool[7];
    private readonly int[] _sizes = new int[7];

    internal Bars(Soc soc, ConfigSpace config)
    {
        _soc = soc;
        _config = config;
    }

    /// <summary>Six 32-bit BARs of 1 MiB and a ROM of 64 KiB.</summary>
    internal void Reset()
    {
        Array.Clear(_values);
        Array.Clear(_sizes);
        ResetMasks();
    }

    internal void HotReset()
    {
        for (int bar = 0; bar <= RomIndex; bar++)
        {
            _values[bar] &= bar < RomIndex && !IsUpperHalf(bar) ? FlagBits : 0;
        }

        if (_soc.Faults.BarMasksLost)
        {
            Array.Clear(_values);
            ResetMasks();
        }

        for (int bar = 0; bar < RomIndex; bar++)
        {
            SelectSize(bar, (int)((_config[ConfigSpace.RebarControl(bar)] >> 8) & 0x3F));
        }
    }

    internal bool IsEnabled(int bar) => _enabled[bar] && !(bar < RomIndex && IsUpperHalf(bar));

    internal bool IsUpperHalf(int bar) => (bar & 1) != 0 && bar < RomIndex && (_values[bar - 1] & Type64) != 0 && _enabled[bar - 1];

    /// <summary>Bytes that a BAR claims; 0 where it is off.</summary>
    internal ulong Bytes(int bar) => !IsEnabled(bar) ? 0 : Mask(bar) + 1;

    /// <summary>The address that the host assigned.</summary>
    internal ulong Address(int bar) => bar == RomIndex ? _values[RomIndex] & ~RomMask
        : (_values[bar] & ~FlagBits) | (Is64(bar) ? (ulong)_values[bar + 1] << 32 : 0);

    /// <summary>The BAR that claims a PCI address, or -1.</summary>
    internal int Find(ulong pciAddress, out ulong offset)
    {
        for (int bar = 0; bar <= RomIndex; bar++)
        {
            if (IsEnabled(bar) && (bar < RomIndex || (_values[RomIndex] & 1) != 0))
            {
                offset = pciAddress - Address(bar);
                if (Address(bar) != 0 && offset < Bytes(bar))
                {
                    return bar;
                }
            }
        }

        offset = 0;
        return -1;
    }

    internal uint Read(int bar) => _enabled[bar] || (bar < RomIndex && IsUpperHalf(bar)) ? _values[bar] : 0;

    /// <summary>A write of a BAR; its type bits change only where write protection is off.</summary>
    internal void Write(int bar, uint value, bool isUnlocked)
    {
        if (bar == RomIndex)
        {
            _values[bar] = value & (~RomMask | 1);
            return;
        }

        if (IsUpperHalf(bar))
        {
            _values[bar] = value & ~(uint)(Mask(bar - 1) >> 32);
            return;
        }

        uint flags = isUnlocked ? value & FlagBits : _values[bar] & FlagBits;
        if ((bar & 1) != 0)
        {
            flags &= ~Type64;
        }

        _values[bar] = flags;
        _values[bar] |= value & ~FlagBits & ~(uint)Mask(bar);
    }

    /// <summary>A store to the mask register: bit 0 enables, the rest is the size less one.</summary>
    internal void WriteMask(int bar, uint value)
    {
        if (IsUpperHalf(bar))
        {
            // Without a mask of its own, or the high half of a mask: neither is a BAR here.
            _masks[bar] = value;
            return;
        }

        _enabled[bar] = (value & 1) != 0;
        if (!_enabled[bar])
        {
            _values[bar] = 0;
        }

        if (bar == RomIndex)
        {
            _masks[bar] = (value & ~1u) != 0 ? value | RomMask : _masks[bar];
        }
        else if (bar != 4 && (value & ~1u) != 0)
        {
            _soc.Violate(ViolationKind.MaskOfResizableBar, (ulong)bar);
        }
    }

    /// <summary>A size of 2 to the power of <paramref name="size"/> MiB was selected.</summary>
    internal void SelectSize(int bar, int size)
    {
        if (bar == 4)
        {
            return;
        }

        _sizes[bar] = Math.Min(size, 40);
        if (!IsUpperHalf(bar))
        {
            _values[bar] &= FlagBits | ~(uint)Mask(bar);
        }
    }

    /// <summary>Clears every BAR's local flags; a kernel's driver does that.</summary>
    private void ResetMasks()
    {
        for (int bar = 0; bar < RomIndex; bar++)
        {
            _masks[bar] = OneMebibyteMask;
            _enabled[bar] = true;
        }

        _masks[RomIndex] = RomMask;
        _enabled[RomIndex] = true;
    }

    private bool Is64(int bar) => (bar & 1) == 0 && bar < 5 && (_values[bar] & Type64) != 0;

    // BAR 4 is hard-wired to 1 MiB.
    private ulong Mask(int bar) => bar == 4 ? OneMebibyteMask : bar == RomIndex ? _masks[bar] | 1 : (1ul << (20 + _sizes[bar])) - 1;
}
