using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal.Rk3588;

/// <summary>Time as the platform sees it: the system's, or a model's.</summary>
public interface IBoardClock
{
    /// <summary>Monotonic time in nanoseconds.</summary>
    long NowNanoseconds { get; }

    /// <summary>Waits; only before the reactor runs.</summary>
    void Sleep(long nanoseconds);
}

/// <summary>The system's clock.</summary>
public sealed class SystemBoardClock : IBoardClock
{
    /// <inheritdoc/>
    public long NowNanoseconds => Clock.MonotonicNanoseconds();

    // A wait that a signal ends early is looked at again by who waits: every wait is a loop with a deadline.
    /// <inheritdoc/>
    public void Sleep(long nanoseconds) => _ = Clock.Sleep(nanoseconds);
}
