using Nvmepf.Spec;

namespace Nvmepf.Firmware.Controller;

/// <summary>
/// The Timestamp feature (NVMe Base 2.1 section 5.1.25.1.7): a count of milliseconds that runs on from what the host set, or from the last
/// controller level reset. The platform's clock never stands still, so the Synch bit stays 0.
/// </summary>
public sealed class HostTimestamp
{
    private const ulong Mask48 = 0xFFFF_FFFF_FFFF;
    private ulong _baseMilliseconds;
    private long _baseNanoseconds;
    private TimestampOrigin _origin;

    /// <summary>Controller level reset at this time: counts from 0.</summary>
    public void Reset(long nowNanoseconds) => Start(0, TimestampOrigin.ClearedByReset, nowNanoseconds);

    /// <summary>The host set the time: milliseconds since 1970-01-01 00:00 UTC, 48 bits.</summary>
    public void Set(ulong milliseconds, long nowNanoseconds) => Start(milliseconds & Mask48, TimestampOrigin.SetFeatures, nowNanoseconds);

    /// <summary>What Get Features returns at this time.</summary>
    public TimestampData Read(long nowNanoseconds)
    {
        ulong elapsed = (ulong)Math.Max(0, nowNanoseconds - _baseNanoseconds) / 1_000_000;
        return new TimestampData { TimestampMilliseconds = (_baseMilliseconds + elapsed) & Mask48, Origin = _origin };
    }

    private void Start(ulong milliseconds, TimestampOrigin origin, long nowNanoseconds)
    {
        _baseMilliseconds = milliseconds;
        _origin = origin;
        _baseNanoseconds = nowNanoseconds;
    }
}
