namespace Nvmepf.SocModel;

/// <summary>
/// Board memory behind a cache that devices do not see (register reference 5.8): what the CPU sees (<see cref="View"/>) and what devices see
/// differ line by line until cache maintenance or an eviction. A second range, the carve-out, is uncached device memory.
/// </summary>
/// <remarks>The CPU's own loads and stores are not trapped, so the model is pessimistic: a device's write is invisible in the view until the
/// line is invalidated, evicted, or a chance of <see cref="RefetchPerMillion"/> strikes.</remarks>
public sealed unsafe class CachedDram : IBoardMemory, IDisposable
{
    /// <summary>Bytes of a cache line (Cortex-A55 and A76).</summary>
    public const int LineBytes = 64;

    /// <summary>Memory of the given sizes, multiples of 64 KiB; <paramref name="carveOutBytes"/> may be 0.</summary>
    public CachedDram(ulong physicalBase, int cachedBytes, ulong carveOutPhysical, int carveOutBytes)
    {
        PhysicalBase = physicalBase;
        CachedBytes = cachedBytes;
        CarveOutPhysical = carveOutPhysical;
        CarveOutBytes = carveOutBytes;
    }

    /// <summary>What the CPU sees of the cached range: plain memory, to be used by pointers; zeroed, page-aligned.</summary>
    public byte* View => throw new NotSupportedException();

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

    /// <summary>Cache maintenance by physical range of the cached range: cleans, and with <paramref name="invalidate"/> fetches again.</summary>
    public void Maintain(ulong physical, int lengthBytes, bool invalidate) => throw new NotSupportedException();

    /// <summary>What devices see of a physical range, without side effects; for a test's oracle.</summary>
    public void Peek(ulong physical, Span<byte> data) => throw new NotSupportedException();

    /// <summary>Everything as after construction (with <paramref name="clear"/>, all zero; else the view's bytes stay).</summary>
    public void Reset(ulong seed, bool clear) => throw new NotSupportedException();

    /// <inheritdoc/>
    public bool TryRead(ulong physical, Span<byte> data) => throw new NotSupportedException();

    /// <inheritdoc/>
    public bool TryWrite(ulong physical, ReadOnlySpan<byte> data) => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
