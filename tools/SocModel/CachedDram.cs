namespace Nvmepf.SocModel;

/// <summary>
/// Board memory behind a cache that devices do not see (register reference 5.8): what the CPU sees (<see cref="View"/>) and what devices see
/// differ line by line until cache maintenance or an eviction. A second range, the carve-out, is uncached device memory.
/// </summary>
/// <remarks>The CPU's own loads and stores are not trapped. A line is dirty when the view differs from what the line held when it was last in step
/// with memory (a store of the value that is there already is not noticed). The model is pessimistic: a device's write is invisible in the view until
/// the line is invalidated or evicted, or a chance of <see cref="RefetchPerMillion"/> strikes.</remarks>
public sealed unsafe class CachedDram : IBoardMemory, IDisposable
{
    /// <summary>Bytes of a cache line (Cortex-A55 and A76).</summary>
    public const int LineBytes = 64;

    private const int RecentLines = 64;
    private readonly uint[] _epochs;
    private readonly int[] _recent = new int[RecentLines];
    private readonly byte* _dram;
    private readonly byte* _shadow;
    private readonly byte* _carveOut;
    private uint _epoch = 1;
    private int _recentCount;
    private Prng _prng;
    private SocViolations? _violations;
    private Soc? _soc;

    /// <summary>Memory of the given sizes, multiples of 4 KiB; <paramref name="carveOutBytes"/> may be 0.</summary>
    public CachedDram(ulong physicalBase, int cachedBytes, ulong carveOutPhysical, int carveOutBytes)
    {
        if (((cachedBytes | carveOutBytes) & 0xFFF) != 0 || cachedBytes < 0 || carveOutBytes < 0)
        {
            throw new ArgumentException($"sizes are multiples of 4096, not {cachedBytes} and {carveOutBytes}", nameof(cachedBytes));
        }

        PhysicalBase = physicalBase;
        CachedBytes = cachedBytes;
        CarveOutPhysical = carveOutPhysical;
        CarveOutBytes = carveOutBytes;
        _epochs = new uint[cachedBytes / LineBytes];
        View = cachedBytes == 0 ? null : Native.Allocate((nuint)cachedBytes);
        _dram = cachedBytes == 0 ? null : Native.Allocate((nuint)cachedBytes);
        _shadow = cachedBytes == 0 ? null : Native.Allocate((nuint)cachedBytes);
        _carveOut = carveOutBytes == 0 ? null : Native.Allocate((nuint)carveOutBytes);
        _prng = new Prng(1);
    }

    /// <summary>What the CPU sees of the cached range: plain memory, to be used by pointers; zeroed, page-aligned, valid until disposal.</summary>
    public byte* View { get; }

    /// <summary>Where the cached range begins on the SoC's bus.</summary>
    public ulong PhysicalBase { get; }

    /// <summary>Bytes of the cached range.</summary>
    public int CachedBytes { get; }

    /// <summary>Where the carve-out begins on the SoC's bus.</summary>
    public ulong CarveOutPhysical { get; }

    /// <summary>Bytes of the carve-out. The CPU reaches it by <see cref="SocTrap.CarveOut"/> only.</summary>
    public int CarveOutBytes { get; }

    /// <summary>How often a device's access makes some line near it be written back and fetched again.</summary>
    public int EvictionPerMillion { get; set; }

    /// <summary>How often a device's write is visible to the CPU at once, because the line was not cached.</summary>
    public int RefetchPerMillion { get; set; }

    /// <summary>The physical address of a byte of the view.</summary>
    public ulong PhysicalOf(byte* viewAddress) => PhysicalBase + (ulong)(viewAddress - View);

    /// <summary>Where violations are counted (stale reads, lost writes); null counts none. <see cref="SocTrap"/> sets it.</summary>
    public void Report(Soc? soc)
    {
        _soc = soc;
        _violations = soc?.Violations;
    }

    /// <summary>Cache maintenance of a part of the cached range: cleans its lines; with <paramref name="invalidate"/>, fetches them again.</summary>
    public void Maintain(ulong physical, long lengthBytes, bool invalidate)
    {
        if (lengthBytes <= 0 || !IsCached(physical, (int)lengthBytes))
        {
            return;
        }

        int last = (int)((physical - PhysicalBase + (ulong)lengthBytes - 1) / LineBytes);
        for (int line = (int)((physical - PhysicalBase) / LineBytes); line <= last; line++)
        {
            Touch(line);
            MaintainLine(line, invalidate);
        }
    }

    /// <summary>What devices see of a physical range, without side effects; for a test's oracle.</summary>
    public void Peek(ulong physical, Span<byte> data)
    {
        if (IsCarveOut(physical, data.Length))
        {
            new Span<byte>(_carveOut + (physical - CarveOutPhysical), data.Length).CopyTo(data);
            return;
        }

        if (!IsCached(physical, data.Length))
        {
            throw new ArgumentOutOfRangeException(nameof(physical), $"no memory at 0x{physical:x}");
        }

        for (int i = 0; i < data.Length; i++)
        {
            ulong offset = physical - PhysicalBase + (ulong)i;
            data[i] = _epochs[offset / LineBytes] == _epoch ? _dram[offset] : View[offset];
        }
    }

    /// <summary>Everything as after construction; without <paramref name="clear"/> memory keeps the view's bytes. Allocates nothing.</summary>
    public void Reset(ulong seed, bool clear)
    {
        _prng = new Prng(seed ^ 0xCAC4_ED00);
        _recentCount = 0;
        _epoch++;
        if (clear)
        {
            new Span<byte>(View, CachedBytes).Clear();
            new Span<byte>(_carveOut, CarveOutBytes).Clear();
        }
    }

    /// <inheritdoc/>
    public bool TryRead(ulong physical, Span<byte> data)
    {
        if (IsCarveOut(physical, data.Length))
        {
            new Span<byte>(_carveOut + (physical - CarveOutPhysical), data.Length).CopyTo(data);
            return true;
        }

        if (!IsCached(physical, data.Length))
        {
            return false;
        }

        ulong offset = physical - PhysicalBase;
        for (int line = (int)(offset / LineBytes); data.Length > 0 && line <= (int)((offset + (ulong)data.Length - 1) / LineBytes); line++)
        {
            Touch(line);
            if (IsDirty(line) && IsStale(line, offset, data.Length))
            {
                _violations?.Add(_soc!.NowNanoseconds, ViolationKind.StaleDeviceRead, PhysicalBase + ((ulong)line * LineBytes));
            }
        }

        new Span<byte>(_dram + offset, data.Length).CopyTo(data);
        Evict();
        return true;
    }

    /// <inheritdoc/>
    public bool TryWrite(ulong physical, ReadOnlySpan<byte> data)
    {
        if (IsCarveOut(physical, data.Length))
        {
            data.CopyTo(new Span<byte>(_carveOut + (physical - CarveOutPhysical), data.Length));
            return true;
        }

        if (!IsCached(physical, data.Length))
        {
            return false;
        }

        ulong offset = physical - PhysicalBase;
        int last = data.Length == 0 ? -1 : (int)((offset + (ulong)data.Length - 1) / LineBytes);
        for (int line = (int)(offset / LineBytes); line <= last; line++)
        {
            Touch(line);
        }

        data.CopyTo(new Span<byte>(_dram + offset, data.Length));
        for (int line = (int)(offset / LineBytes); line <= last && RefetchPerMillion > 0; line++)
        {
            if (_prng.Chance(RefetchPerMillion) && !IsDirty(line))
            {
                Fetch(line);
            }
        }

        Evict();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Native.Free(View, (nuint)CachedBytes);
        Native.Free(_dram, (nuint)CachedBytes);
        Native.Free(_shadow, (nuint)CachedBytes);
        Native.Free(_carveOut, (nuint)CarveOutBytes);
    }

    internal bool IsView(nuint address, out ulong physical)
    {
        nuint offset = address - (nuint)View;
        physical = PhysicalBase + offset;
        return View is not null && offset < (nuint)CachedBytes;
    }

    // A line that nobody but the CPU used since the last reset: memory and view agree by definition.
    private void Touch(int line)
    {
        if (_epochs[line] != _epoch)
        {
            _epochs[line] = _epoch;
            long offset = (long)line * LineBytes;
            Line(View, offset).CopyTo(Line(_dram, offset));
            Line(View, offset).CopyTo(Line(_shadow, offset));
        }

        _recent[_recentCount++ & (RecentLines - 1)] = line;
    }

    /// <summary>True where the bytes read differ from the CPU's; the line's other bytes are nobody's business.</summary>
    private bool IsStale(int line, ulong offset, int lengthBytes)
    {
        ulong first = Math.Max(offset, (ulong)line * LineBytes);
        int count = (int)(Math.Min(offset + (ulong)lengthBytes, ((ulong)line + 1) * LineBytes) - first);
        return !new ReadOnlySpan<byte>(_dram + first, count).SequenceEqual(new ReadOnlySpan<byte>(View + first, count));
    }

    private bool IsDirty(int line)
    {
        long offset = (long)line * LineBytes;
        return !Line(View, offset).SequenceEqual(Line(_shadow, offset));
    }

    private void Fetch(int line)
    {
        long offset = (long)line * LineBytes;
        Line(_dram, offset).CopyTo(Line(View, offset));
        Line(_dram, offset).CopyTo(Line(_shadow, offset));
    }

    private void MaintainLine(int line, bool invalidate)
    {
        long offset = (long)line * LineBytes;
        if (IsDirty(line))
        {
            if (!Line(_dram, offset).SequenceEqual(Line(_shadow, offset)))
            {
                _violations?.Add(_soc!.NowNanoseconds, ViolationKind.DeviceWriteLost, PhysicalBase + (ulong)offset);
            }

            Line(View, offset).CopyTo(Line(_dram, offset));
            Line(View, offset).CopyTo(Line(_shadow, offset));
        }

        if (invalidate)
        {
            Fetch(line);
        }
    }

    // Writes back and fetches again a line that was used lately, or a neighbour of it.
    private void Evict()
    {
        if (_prng.Chance(EvictionPerMillion))
        {
            int line = _recent[_prng.Below(Math.Min(_recentCount & int.MaxValue, RecentLines))] + _prng.Below(3) - 1;
            if ((uint)line < (uint)_epochs.Length)
            {
                Touch(line);
                MaintainLine(line, invalidate: true);
            }
        }
    }

    private bool IsCached(ulong physical, int lengthBytes) => IsInside(physical, lengthBytes, PhysicalBase, CachedBytes);

    private bool IsCarveOut(ulong physical, int lengthBytes) => IsInside(physical, lengthBytes, CarveOutPhysical, CarveOutBytes);

    private static bool IsInside(ulong physical, int lengthBytes, ulong start, int bytes) =>
        physical >= start && physical - start < (ulong)bytes && (ulong)lengthBytes <= (ulong)bytes - (physical - start);

    private static Span<byte> Line(byte* memory, long offset) => new(memory + offset, LineBytes);
}
