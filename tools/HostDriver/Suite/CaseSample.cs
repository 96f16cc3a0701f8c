using Nvmepf.HostDriver.Workload;

namespace Nvmepf.HostDriver.Suite;

/// <summary>One round of one workload.</summary>
/// <param name="Workload">What the host saw.</param>
/// <param name="Reactor">What the firmware counted meanwhile.</param>
/// <param name="Cycles">Of the reactor's thread; NaN where the machine has no such counter, and likewise the next two.</param>
/// <param name="Instructions">The same.</param>
/// <param name="SystemCalls">The same.</param>
/// <param name="LimitPerSecond">What the machine could do right after it; 0 where there is no limit.</param>
/// <param name="FioPerSecond">What fio got of the file right after it; NaN without.</param>
internal sealed record CaseSample(
    WorkloadResult Workload, ReactorCounters Reactor, double Cycles, double Instructions, double SystemCalls, double LimitPerSecond, double FioPerSecond)
{
    /// <summary>The medians of several rounds.</summary>
    internal static CaseResult Summarize(SuiteCase item, List<CaseSample> samples)
    {
        double[] rates = samples.ConvertAll(sample => sample.Workload.CommandsPerSecond).ToArray();
        Array.Sort(rates);
        double rate = Median(samples, sample => sample.Workload.CommandsPerSecond);
        return new CaseResult
        {
            Name = item.Name,
            Limit = item.Limit,
            LimitCommandsPerSecond = Median(samples, sample => sample.LimitPerSecond),
            FioOperationsPerSecond = Median(samples, sample => sample.FioPerSecond),
            CommandsPerSecond = rate,
            CommandsPerSecondMinimum = rates[0],
            CommandsPerSecondMaximum = rates[^1],
            MegabytesPerSecond = rate * item.BlockSizeBytes / 1e6,
            P50Nanoseconds = Median(samples, sample => sample.Percentile(50)),
            P99Nanoseconds = Median(samples, sample => sample.Percentile(99)),
            P999Nanoseconds = Median(samples, sample => sample.Percentile(99.9)),
            MaximumNanoseconds = samples.Max(sample => sample.Percentile(100)),
            CyclesPerCommand = Median(samples, sample => sample.Cycles / sample.Workload.Commands),
            InstructionsPerCommand = Median(samples, sample => sample.Instructions / sample.Workload.Commands),
            SystemCallsPerCommand = Median(samples, sample => sample.SystemCalls / sample.Workload.Commands),
            RingEntersPerCommand = Median(samples, sample => (double)sample.Reactor.RingEnters / sample.Workload.Commands),
            CommandsPerProductiveTurn = Median(samples, sample => (double)sample.Reactor.CommandsCompleted / Math.Max(1, sample.Reactor.ProductiveTurns)),
            BusyNanosecondsPerCommand = Median(samples, sample => (double)sample.Reactor.BusyNanoseconds / sample.Workload.Commands),
            AllocatedBytes = samples.Max(sample => (double)sample.Reactor.ManagedBytesAllocated),
        };
    }

    private long Percentile(double percent)
    {
        // Reads and writes of a mixed workload are one population here.
        LatencyHistogram all = new();
        all.Add(Workload.ReadLatency);
        all.Add(Workload.WriteLatency);
        return percent >= 100 ? all.MaximumNanoseconds : all.PercentileNanoseconds(percent);
    }

    /// <summary>The middle of what several rounds gave.</summary>
    internal static double Median<T>(List<T> samples, Func<T, double> of)
    {
        List<double> values = samples.ConvertAll(sample => of(sample));
        values.Sort();
        int middle = values.Count / 2;
        return values.Count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
