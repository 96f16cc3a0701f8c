namespace Nvmepf.Firmware.Controller;

/// <summary>
/// The Keep Alive Timer (NVMe Base 2.1 section 3.9): off unless the host sets a timeout. Keep Alive commands restart it; other commands do
/// not (CTRATT.TBKAS is 0).
/// </summary>
public sealed class KeepAliveTimer
{
    private long _restartedNanoseconds;

    /// <summary>Granularity of the timer, in units of 100 ms (KAS): one second.</summary>
    public const ushort GranularityIn100Milliseconds = 10;

    private const uint GranularityMilliseconds = GranularityIn100Milliseconds * 100u;

    /// <summary>Timeout in milliseconds, a multiple of the granularity; 0 for off.</summary>
    public uint TimeoutMilliseconds { get; private set; }

    /// <summary>
    /// Sets the timeout, rounded up to the granularity, and starts the timer.
    /// </summary>
    /// <returns>False for a value that cannot be rounded up in 32 bits (Keep Alive Timeout Invalid); nothing changed.</returns>
    public bool TrySet(uint milliseconds, long nowNanoseconds)
    {
        if (!IsValid(milliseconds))
        {
            return false;
        }

        TimeoutMilliseconds = (milliseconds + (GranularityMilliseconds - 1)) / GranularityMilliseconds * GranularityMilliseconds;
        _restartedNanoseconds = nowNanoseconds;
        return true;
    }

    /// <summary>True for a timeout that <see cref="TrySet"/> takes.</summary>
    public static bool IsValid(uint milliseconds) => milliseconds <= uint.MaxValue - (GranularityMilliseconds - 1);

    /// <summary>A Keep Alive command arrived.</summary>
    public void Restart(long nowNanoseconds) => _restartedNanoseconds = nowNanoseconds;

    /// <summary>True where the timer is on and the host has been silent for longer than its timeout.</summary>
    public bool HasExpired(long nowNanoseconds) =>
        TimeoutMilliseconds != 0 && nowNanoseconds - _restartedNanoseconds > TimeoutMilliseconds * 1_000_000L;

    /// <summary>Controller level reset, or the expiry has been dealt with: off.</summary>
    public void Stop() => TimeoutMilliseconds = 0;
}
