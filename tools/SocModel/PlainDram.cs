namespace Nvmepf.SocModel;

/// <summary>Board memory without caches: one range of bytes that CPU and devices see alike.</summary>
public sealed class PlainDram : IBoardMemory
{
    private readonly byte[] _bytes;

    /// <summary>Zeroed memory from <paramref name="physicalBase"/> on.</summary>
    public PlainDram(ulong physicalBase, int lengthBytes)
    {
        PhysicalBase = physicalBase;
        _bytes = new byte[lengthBytes];
    }

    /// <summary>Where it begins on the SoC's bus.</summary>
    public ulong PhysicalBase { get; }

    /// <summary>The memory itself.</summary>
    public Span<byte> Bytes => _bytes;

    /// <inheritdoc/>
    public bool TryRead(ulong physical, Span<byte> data)
    {
        bool isInside = IsInside(physical, data.Length);
        if (isInside)
        {
            _bytes.AsSpan((int)(physical - PhysicalBase), data.Length).CopyTo(data);
        }

        return isInside;
    }

    /// <inheritdoc/>
    public bool TryWrite(ulong physical, ReadOnlySpan<byte> data)
    {
        bool isInside = IsInside(physical, data.Length);
        if (isInside)
        {
            data.CopyTo(_bytes.AsSpan((int)(physical - PhysicalBase)));
        }

        return isInside;
    }

    private bool IsInside(ulong physical, int lengthBytes) =>
        physical >= PhysicalBase
        && physical - PhysicalBase <= (ulong)_bytes.Length
        && (ulong)lengthBytes <= (ulong)_bytes.Length - (physical - PhysicalBase);
}
