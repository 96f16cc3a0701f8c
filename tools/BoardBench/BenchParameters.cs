using Nvmepf.SocModel;

namespace Nvmepf.BoardBench;

/// <summary>Costs of software, beside the board's of <see cref="SocCosts"/>: the model sees accesses, not instructions.</summary>
internal sealed record BenchParameters
{
    /// <summary>Costs of the board.</summary>
    internal SocCosts Costs { get; init; } = new();

    /// <summary>Model time before anything is counted.</summary>
    internal long WarmUpNanoseconds { get; init; } = 20_000_000;

    /// <summary>Model time that is counted.</summary>
    internal long MeasuredNanoseconds { get; init; } = 50_000_000;

    /// <summary>What a turn of the firmware computes, register accesses and commands apart.</summary>
    internal int TurnNanoseconds { get; init; } = 150;

    /// <summary>What the firmware computes for a command, register accesses, barriers and cache maintenance apart.</summary>
    internal int CommandNanoseconds { get; init; } = 600;

    /// <summary>How fast the CPU fills memory: the null namespace clears buffers of reads.</summary>
    internal int FillBytesPerMicrosecond { get; init; } = 16_000;

    /// <summary>How often the buffer of a read is filled, by the backend.</summary>
    internal int FillsPerRead { get; init; } = 1;

    /// <summary>The reference's way: from the queueing of a work item to its start on another core.</summary>
    internal int WorkerNanoseconds { get; init; } = 4_000;

    /// <summary>The host: from an interrupt message to the first look at the completion queue.</summary>
    internal int HostInterruptNanoseconds { get; init; } = 2_000;

    /// <summary>The host: one completion taken and one command sent.</summary>
    internal int HostCommandNanoseconds { get; init; } = 500;

    /// <summary>All that is not the board's, with its source.</summary>
    internal CostParameter[] Parameters() =>
    [
        new(nameof(TurnNanoseconds), TurnNanoseconds, CostStanding.Assumed, "350 cycles of a Cortex-A76 at 2.4 GHz"),
        new(nameof(CommandNanoseconds), CommandNanoseconds, CostStanding.Assumed, "1400 cycles; on x86-64, without DMA, a command takes about 200"),
        new(nameof(FillBytesPerMicrosecond), FillBytesPerMicrosecond, CostStanding.Published, "17 to 22 GB/s in sequence, published for RK3588 modules; less here"),
        new(nameof(FillsPerRead), FillsPerRead, CostStanding.Calculated, "what the firmware does"),
        new(nameof(WorkerNanoseconds), WorkerNanoseconds, CostStanding.Assumed, "wake-up of a kernel worker; fits the published 25 kIOPS at depth 1"),
        new(nameof(HostInterruptNanoseconds), HostInterruptNanoseconds, CostStanding.Assumed, "x86 host, not idle"),
        new(nameof(HostCommandNanoseconds), HostCommandNanoseconds, CostStanding.Assumed, "one core of an x86 host does about 2 M commands a second"),
    ];
}
