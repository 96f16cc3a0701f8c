namespace Nvmepf.Firmware.Controller;

/// <summary>
/// The Keep Alive Timer (NVMe Base 2.1 section 3.9): off unless the host sets a timeout. Keep Alive commands restart it. Traffic counts as
/// well (CTRATT.TBKAS): where any command was fetched in an interval, its end begins another one, so that a host that falls silent is found
/// out between one and two timeouts later.
/// </summary>
public sealed class KeepAliveTimer
{
    private long _restartedNanoseconds;
    private ulong _commandsAtRestart;

    /// <summary>Granularity of the timer, in units of 100 ms (KAS): one second.</summary>
    public const ushort GranularityIn100Milliseconds = 10;

    private const uint GranularityMilliseconds = GranularityIn100Milliseconds * 100u;

    /// <summary>Timeout in milliseconds, a multiple of the granularity; 0 for off.</summary>
    public uint TimeoutMilliseconds { get; private set; }

    /// <summary>
    /// Sets the timeout, rounded up to the granularity, and starts the timer.
    /// </summary>
    /// <param name="milliseconds">The timeout that the host wants.</param>
    /// <param name="nowNanoseconds">The platform's time.</param>
    /// <param name="commands">Commands that the controller has fetched so far.</param>
    /// <returns>False for a value that cannot be rounded up in 32 bits (Keep Alive Timeout Invalid); nothing changed.</returns>
    public bool TrySet(uint milliseconds, long nowNanoseconds, ulong commands = 0)
    {
        if (!IsValid(milliseconds))
        {
            return false;
        }

        TimeoutMilliseconds = (milliseconds + (GranularityMilliseconds - 1)) / GranularityMilliseconds * GranularityMilliseconds;
        Restart(nowNanoseconds, commands);
        return true;
    }

    /// <summary>True for a timeout that <see cref="TrySet"/> takes.</summary>
    public static bool IsValid(uint milliseconds) => milliseconds <= uint.MaxValue - (GranularityMilliseconds - 1);

    /// <summary>A Keep Alive command arrived.</summary>
    public void Restart(long nowNanoseconds, ulong commands)
    {
        _restartedNanoseconds = nowNanoseconds;
        _commandsAtRestart = commands;
    }

    /// <summary>
    /// True where the timer is on and the host has been silent for longer than its timeout; an interval with traffic is followed by another.
    /// </summary>
    public bool HasExpired(long nowNanoseconds, ulong commands)
    {
        if (TimeoutMilliseconds == 0 || nowNanoseconds - _restartedNanoseconds <= TimeoutMilliseconds * 1_000_000L)
        {
            return false;
        }

        if (commands == _commandsAtRestart)
        {
            return true;
        }

        Restart(nowNanoseconds, commands);
        return false;
    }

    /// <summary>Controller level reset, or the expiry has been dealt with: off.</summary>
    public void Stop() => TimeoutMilliseconds = 0;
}
