// DBI, DBI2 and the host's view of the configuration space: write protection, capabilities, BARs by their registers, what a reset returns.

namespace Nvmepf.SocModel;

internal sealed class ConfigSpace
{
    private const uint EnableReadOnlyWrites = 1;
    private const uint PowerOnTrainingSequences = 210;

    private readonly Soc _soc;
    private readonly uint[] _values = new uint[ConfigLayout.Dwords];

    internal ConfigSpace(Soc soc)
    {
        _soc = soc;
        Bars = new Bars(soc, this);
    }

    internal Bars Bars { get; }

    internal bool IsMemoryEnabled => (this[ConfigLayout.Command] & 2) != 0;

    internal bool IsBusMaster => (this[ConfigLayout.Command] & 4) != 0;

    internal bool IsIntxDisabled => (this[ConfigLayout.Command] & 0x400) != 0;

    /// <summary>Bytes of payload that one of our write TLPs may carry: what the host programmed, at most 256.</summary>
    internal int MaxPayloadBytes => Math.Min(256, 128 << (int)((this[ConfigLayout.DeviceControl] >> 5) & 7));

    /// <summary>Bytes that one of our read requests may ask for.</summary>
    internal int MaxReadRequestBytes => Math.Min(4096, 128 << (int)((this[ConfigLayout.DeviceControl] >> 12) & 7));

    /// <summary>A dword as stored.</summary>
    internal uint this[int offset]
    {
        get => _values[offset / 4];
        set => _values[offset / 4] = value;
    }

    internal void Reset()
    {
        ConfigLayout.s_powerOn.CopyTo(_values, 0);
        Bars.Reset();
    }

    /// <summary>What a hot reset or a link loss does (section 2.3).</summary>
    internal void HotReset()
    {
        for (int i = 0; i < _values.Length; i++)
        {
            uint lost = ConfigLayout.s_nonSticky[i];
            _values[i] = (_values[i] & ~lost) | (ConfigLayout.s_powerOn[i] & lost);
        }

        if (_soc.Faults.HeaderLost)
        {
            this[0x00] = ConfigLayout.s_powerOn[0];
            this[ConfigLayout.ClassRevision] = ConfigLayout.s_powerOn[ConfigLayout.ClassRevision / 4];
            this[0x2C] = ConfigLayout.s_powerOn[0x2C / 4];
            this[0x3C] = ConfigLayout.s_powerOn[0x3C / 4];
        }

        Bars.HotReset();
    }

    /// <summary>
    /// The state that a kernel's endpoint driver leaves: ATS hidden, BARs other than 4 cleared, all of them offered with 1 MiB, N_FTS written (section
    /// 2.1, and as Linux 7.3 leaves it).
    /// </summary>
    internal void BindKernelDriver()
    {
        this[ConfigLayout.MiscControl1] |= EnableReadOnlyWrites;
        for (int bar = 0; bar < 6; bar++)
        {
            WriteLocal(ConfigLayout.RebarFirst + (8 * bar), 0x10, uint.MaxValue);
        }

        this[ConfigLayout.MiscControl1] &= ~EnableReadOnlyWrites;
        this[0x148] = (this[0x148] & 0x000F_FFFF) | (0x178u << 20);
        this[0x70C] = (this[0x70C] & 0xFF00_00FF) | 0x00FF_FF00;
        this[0x80C] = (this[0x80C] & 0xFFFF_E000) | 0x0100 | 0xFF;
        for (int bar = 0; bar < 6; bar++)
        {
            if (bar != 4)
            {
                Bars.WriteMask(bar, 0);
            }
        }
    }

    /// <summary>Rate at which the link ends: 0 Gen1 to 2 Gen3.</summary>
    internal uint TargetRate()
    {
        uint speed = Math.Min(Math.Min(this[ConfigLayout.LinkControl2] & 0xF, this[ConfigLayout.LinkCapabilities] & 0xF), 3);
        return speed == 0 ? 0 : speed - 1;
    }

    /// <summary>Is the broken capability still in the list that the host walks?</summary>
    internal bool IsAtsVisible()
    {
        int offset = ConfigLayout.ExtendedFirst;
        for (int steps = 0; offset >= ConfigLayout.ExtendedFirst && steps < 48; steps++)
        {
            uint header = this[offset & 0xFFC];
            if ((header & 0xFFFF) == ConfigLayout.AtsId)
            {
                return true;
            }

            offset = (int)(header >> 20);
        }

        return false;
    }

    /// <summary>N_FTS of Gen1 or of Gen2 and up has not been written since the last reset (section 2.1).</summary>
    internal bool HasPowerOnTrainingSequences() =>
        ((this[0x70C] >> 8) & 0xFF) == PowerOnTrainingSequences || (this[0x80C] & 0xFF) == PowerOnTrainingSequences;

    /// <summary>A read of a dword, by local software or the host.</summary>
    internal uint Read(int offset)
    {
        if (offset is >= ConfigLayout.Bar0 and <= ConfigLayout.Bar5 or ConfigLayout.Rom)
        {
            return Bars.Read(offset == ConfigLayout.Rom ? Bars.RomIndex : (offset - ConfigLayout.Bar0) / 4);
        }

        uint value = this[offset];
        return offset switch
        {
            ConfigLayout.Command => value | (_soc.Apb.RequestsIntx ? 1u << 19 : 0),
            ConfigLayout.HeaderType => (value & 0xFF80_FFFF) | (_soc.Apb.IsEndpoint ? 0 : 1u << 16),
            ConfigLayout.LinkControl => (value & 0xFFFF) | (_soc.Link.IsUp ? (_soc.Link.Speed << 16) | ((uint)Lanes() << 20) : 1u << 16) | (1u << 28),
            ConfigLayout.Debug0 => _soc.Link.State,
            ConfigLayout.Debug1 => (_soc.Link.IsUp ? 1u << 4 : 0) | (_soc.Link.DueNanoseconds != long.MaxValue && !_soc.Link.IsUp ? 1u << 29 : 0),
            ConfigLayout.Elbi or ConfigLayout.Elbi + 4 => 0,
            _ => value,
        };
    }

    /// <summary>A store by local software; <paramref name="lanes"/> has ones where bytes are written.</summary>
    internal void WriteLocal(int offset, uint value, uint lanes)
    {
        bool isUnlocked = (this[ConfigLayout.MiscControl1] & EnableReadOnlyWrites) != 0;
        int i = offset / 4;
        if (offset is >= ConfigLayout.Bar0 and <= ConfigLayout.Bar5 or ConfigLayout.Rom)
        {
            int bar = offset == ConfigLayout.Rom ? Bars.RomIndex : (offset - ConfigLayout.Bar0) / 4;
            Bars.Write(bar, (Bars.Read(bar) & ~lanes) | (value & lanes), isUnlocked);
            return;
        }

        if (offset == ConfigLayout.MsixDoorbell)
        {
            _soc.Interrupts.RingMsixDoorbell(value & lanes);
            return;
        }

        uint writable = (ConfigLayout.s_local[i] | (isUnlocked ? ConfigLayout.s_protected[i] : 0)) & lanes;
        Store(i, value, writable, lanes);
        AfterWrite(offset, writable);
        if (offset == ConfigLayout.LinkControl2 || offset == ConfigLayout.Command)
        {
            _soc.Interrupts.Reconsider();
        }
    }

    /// <summary>A configuration write by the host.</summary>
    internal void WriteHost(int offset, uint value, uint lanes)
    {
        if (offset is >= ConfigLayout.Bar0 and <= ConfigLayout.Bar5 or ConfigLayout.Rom)
        {
            int bar = offset == ConfigLayout.Rom ? Bars.RomIndex : (offset - ConfigLayout.Bar0) / 4;
            Bars.Write(bar, (Bars.Read(bar) & ~lanes) | (value & lanes), isUnlocked: false);
            return;
        }

        if (offset is ConfigLayout.Elbi or ConfigLayout.Elbi + 4)
        {
            _soc.Interrupts.RingElbi(offset == ConfigLayout.Elbi ? 0 : 1, value & lanes);
            return;
        }

        uint writable = ConfigLayout.s_host[offset / 4] & lanes;
        Store(offset / 4, value, writable, lanes);
        AfterWrite(offset, writable);
        _soc.Interrupts.Reconsider();
    }

    /// <summary>A store to the shadow space: BAR masks. Reads of it give the ordinary registers.</summary>
    internal void WriteShadow(int offset, uint value)
    {
        if (offset is >= ConfigLayout.Bar0 and <= ConfigLayout.Bar5)
        {
            Bars.WriteMask((offset - ConfigLayout.Bar0) / 4, value);
        }
        else if (offset == ConfigLayout.Rom)
        {
            Bars.WriteMask(Bars.RomIndex, value);
        }
    }

    private void Store(int i, uint value, uint writable, uint lanes)
    {
        uint kept = _values[i] & ~(value & lanes & ConfigLayout.s_oneToClear[i]);
        _values[i] = (kept & ~writable) | (value & writable);
    }

    private void AfterWrite(int offset, uint writable)
    {
        if (offset is < ConfigLayout.RebarFirst or > ConfigLayout.RebarLast || writable == 0)
        {
            return;
        }

        int bar = (offset - ConfigLayout.RebarFirst) / 8;
        bool isCapability = ((offset - ConfigLayout.RebarFirst) & 4) == 0;
        if (isCapability && !_soc.Faults.RebarCapDoesNotSelect)
        {
            uint sizes = this[offset] >> 4;
            uint lowest = sizes == 0 ? 0 : (uint)System.Numerics.BitOperations.TrailingZeroCount(sizes);
            this[offset + 4] = (this[offset + 4] & ~0x3F00u) | (lowest << 8);
        }

        Bars.SelectSize(bar, (int)((this[RebarControl(bar)] >> 8) & 0x3F));
    }

    internal static int RebarControl(int bar) => ConfigLayout.RebarFirst + 4 + (8 * bar);

    private int Lanes()
    {
        uint field = (this[0x710] >> 16) & 0x3F;
        int configured = field switch { >= 7 => 4, >= 3 => 2, _ => 1 };
        return Math.Min(configured, _soc.Board.Lanes);
    }
}
