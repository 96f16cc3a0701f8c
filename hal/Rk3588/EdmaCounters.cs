namespace Nvmepf.Hal.Rk3588;

/// <summary>What the eDMA engine did so far, for diagnostics.</summary>
public sealed class EdmaCounters
{
    /// <summary>Lists that ran to their end.</summary>
    public ulong ListRuns { get; internal set; }

    /// <summary>Elements of those lists.</summary>
    public ulong Elements { get; internal set; }

    /// <summary>Bytes that those lists moved.</summary>
    public ulong Bytes { get; internal set; }

    /// <summary>Lists that the engine aborted.</summary>
    public ulong Aborts { get; internal set; }

    /// <summary>Lists that did not end in time.</summary>
    public ulong Stalls { get; internal set; }

    /// <summary>Channels found halted without an abort bit.</summary>
    public ulong SilentHalts { get; internal set; }

    /// <summary>Soft resets of one direction.</summary>
    public ulong SoftResets { get; internal set; }

    /// <summary>Requests that ran again because a list was lost.</summary>
    public ulong Retries { get; internal set; }

    /// <summary>Looks at a status register.</summary>
    public ulong StatusReads { get; internal set; }
}
