namespace Nvmepf.HostDriver.Suite;

/// <summary>The figures of one workload: medians over its rounds, where nothing else is said.</summary>
public sealed record CaseResult
{
    /// <summary><see cref="SuiteCase.Name"/>.</summary>
    public required string Name { get; init; }

    /// <summary>Commands a second.</summary>
    public required double CommandsPerSecond { get; init; }

    /// <summary>The slowest round.</summary>
    public required double CommandsPerSecondMinimum { get; init; }

    /// <summary>The fastest round.</summary>
    public required double CommandsPerSecondMaximum { get; init; }

    /// <summary>Megabytes (10^6) a second.</summary>
    public required double MegabytesPerSecond { get; init; }

    /// <summary>Median latency.</summary>
    public required double P50Nanoseconds { get; init; }

    /// <summary>99th percentile.</summary>
    public required double P99Nanoseconds { get; init; }

    /// <summary>99.9th percentile.</summary>
    public required double P999Nanoseconds { get; init; }

    /// <summary>The longest of all rounds.</summary>
    public required double MaximumNanoseconds { get; init; }

    /// <summary>The limit measured after each round of the workload, in commands a second; 0 where there is none.</summary>
    public double LimitCommandsPerSecond { get; init; }

    /// <summary>What fio gets on the same file with io_uring directly, in operations a second; NaN without a file or without fio.</summary>
    public double FioOperationsPerSecond { get; init; } = double.NaN;

    /// <summary>What the limit is.</summary>
    public SuiteLimit Limit { get; init; }

    /// <summary>Processor cycles of the firmware for each command, or NaN where the machine has no counters.</summary>
    public double CyclesPerCommand { get; init; } = double.NaN;

    /// <summary>Instructions of the firmware for each command, or NaN.</summary>
    public double InstructionsPerCommand { get; init; } = double.NaN;

    /// <summary>System calls of the firmware for each command, or NaN where the kernel does not let us count.</summary>
    public double SystemCallsPerCommand { get; init; } = double.NaN;

    /// <summary>io_uring_enter calls of the firmware for each command, by its own count, which needs no counters of the kernel's; NaN where it was not counted.</summary>
    public double RingEntersPerCommand { get; init; } = double.NaN;

    /// <summary>Commands for each turn of the reactor that found any.</summary>
    public double CommandsPerProductiveTurn { get; init; } = double.NaN;

    /// <summary>What the reactor spent on a command, its turn's share included, in nanoseconds; NaN where it was not measured.</summary>
    public double BusyNanosecondsPerCommand { get; init; } = double.NaN;

    /// <summary>Managed bytes that the reactor allocated in the worst round: 0 is the promise.</summary>
    public double AllocatedBytes { get; init; } = double.NaN;

    /// <summary>Rate over limit; NaN without a limit.</summary>
    public double ShareOfLimit => LimitCommandsPerSecond > 0 ? CommandsPerSecond / LimitCommandsPerSecond : double.NaN;
}

/// <summary>A run of the suite.</summary>
public sealed record SuiteResult
{
    /// <summary>Processor and kernel, for the reader.</summary>
    public required string Machine { get; init; }

    /// <summary>Size of the firmware's binary in bytes.</summary>
    public required double BinaryBytes { get; init; }

    /// <summary>From starting the process until its socket is there, in milliseconds.</summary>
    public required double StartMilliseconds { get; init; }

    /// <summary>Resident memory of the firmware with its defaults and a null namespace, before any load, in bytes.</summary>
    public required double ResidentBytes { get; init; }

    /// <summary>Share of a core that an idle, enabled controller uses in adaptive mode.</summary>
    public required double IdleCoreShare { get; init; }

    /// <summary>The first command after a pause of 50 ms: median of several, in nanoseconds.</summary>
    public required double FirstAfterPauseNanoseconds { get; init; }

    /// <summary>The first command after a second without one: median of several, in nanoseconds.</summary>
    public required double FirstAfterIdleNanoseconds { get; init; }

    /// <summary>As <see cref="IdleCoreShare"/> with trapped doorbells and a host with shadow doorbells; NaN in results that are older.</summary>
    public double TrappedIdleCoreShare { get; init; } = double.NaN;

    /// <summary>As <see cref="FirstAfterPauseNanoseconds"/>, likewise.</summary>
    public double TrappedFirstAfterPauseNanoseconds { get; init; } = double.NaN;

    /// <summary>As <see cref="FirstAfterIdleNanoseconds"/>, likewise.</summary>
    public double TrappedFirstAfterIdleNanoseconds { get; init; } = double.NaN;

    /// <summary>A bare message and its answer after a pause of 50 ms, in nanoseconds: what no firmware can be faster than; NaN likewise.</summary>
    public double MessageAfterPauseNanoseconds { get; init; } = double.NaN;

    /// <summary>The same after a second.</summary>
    public double MessageAfterIdleNanoseconds { get; init; } = double.NaN;

    /// <summary>One way and back of a cache line between the two cores, in nanoseconds.</summary>
    public required double CacheLineRoundTripNanoseconds { get; init; }

    /// <summary>One empty turn of the reactor, in nanoseconds.</summary>
    public required double EmptyTurnNanoseconds { get; init; }

    /// <summary>Where the time of a command goes, for some of the workloads; measured in rounds of their own, as it costs a little.</summary>
    public IReadOnlyList<StageSample> Stages { get; init; } = [];

    /// <summary>One reactor and two.</summary>
    public IReadOnlyList<ReactorSample> Reactors { get; init; } = [];

    /// <summary>What it costs to look.</summary>
    public IReadOnlyList<LookingSample> Looking { get; init; } = [];

    /// <summary>The workloads.</summary>
    public required IReadOnlyList<CaseResult> Cases { get; init; }
}
