namespace Nvmepf.Hal.Rk3588;

/// <summary>Times of the eDMA engine, in nanoseconds.</summary>
public sealed record EdmaTimes
{
    /// <summary>From a start to the first look at the status: a list costs about 13 us however short it is.</summary>
    public long FirstLookNanoseconds { get; init; } = 8_000;

    /// <summary>Least time between two looks; each look delays the engine's fetches.</summary>
    public long LookIntervalNanoseconds { get; init; } = 2_000;

    /// <summary>From when on a look also asks whether the channel has halted without saying so.</summary>
    public long HaltLookNanoseconds { get; init; } = 50_000;

    /// <summary>When a list that has not ended counts as stuck; above the completion timeouts that hosts use.</summary>
    public long ListDeadlineNanoseconds { get; init; } = 500_000_000;

    /// <summary>How long a soft reset may take before the engine counts as failed; it is waited for all the same.</summary>
    public long ResetDeadlineNanoseconds { get; init; } = 200_000_000;
}
