using System.Diagnostics;
using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Diagnostics;

namespace Nvmepf.Firmware.Console;

/// <summary>
/// The numbers of a function at one moment, copied while its reactors go on. All of them only grow, so that the difference of two samples is
/// what happened between them.
/// </summary>
internal sealed class FunctionSample
{
    private readonly ulong[] _histograms;

    private FunctionSample(ConsoleFunction function)
    {
        Timestamp = Stopwatch.GetTimestamp();
        QueueStatistics statistics = function.Controller.QueueStatistics;
        Classes = new ClassNumbers[statistics.QueueCount * QueueStatistics.ClassCount];
        _histograms = new ulong[Classes.Length * LatencyHistogram.BucketCount];
        for (int i = 0; i < Classes.Length; i++)
        {
            int queue = i / QueueStatistics.ClassCount;
            CommandClass kind = (CommandClass)(i % QueueStatistics.ClassCount);
            Classes[i] = statistics.Read(queue, kind);
            if (Classes[i].Commands > 0)
            {
                statistics.AddHistogram(queue, kind, _histograms.AsSpan(i * LatencyHistogram.BucketCount, LatencyHistogram.BucketCount));
            }
        }

        Reactors = [.. System.Linq.Enumerable.Select(function.Reactors, ReactorSample.Of)];
        Interrupts = function.InterruptsRaised;
    }

    /// <summary>When, as Stopwatch counts.</summary>
    public long Timestamp { get; }

    /// <summary>For each queue, for each class.</summary>
    public ClassNumbers[] Classes { get; }

    /// <summary>For each reactor.</summary>
    public ReactorSample[] Reactors { get; }

    /// <summary>Interrupts raised.</summary>
    public ulong Interrupts { get; }

    /// <summary>Samples functions.</summary>
    public static FunctionSample[] TakeAll(IReadOnlyList<ConsoleFunction> functions) =>
        [.. System.Linq.Enumerable.Select(functions, function => new FunctionSample(function))];

    /// <summary>Commands of every queue and class together.</summary>
    public ClassNumbers Total(FunctionSample? before, CommandClass? kind)
    {
        ClassNumbers sum = default;
        for (int i = QueueStatistics.ClassCount; i < Classes.Length; i++)
        {
            if (kind is null || i % QueueStatistics.ClassCount == (int)kind)
            {
                ClassNumbers one = Classes[i].Since(before?.Classes[i]);
                sum = new ClassNumbers(
                    sum.Commands + one.Commands, sum.Errors + one.Errors, sum.Bytes + one.Bytes, sum.Nanoseconds + one.Nanoseconds, 0);
            }
        }

        return sum;
    }

    /// <summary>The histogram of one queue and class, less an earlier one.</summary>
    public void HistogramSince(FunctionSample? before, int index, Span<ulong> counts)
    {
        counts.Clear();
        AddHistogramSince(before, index, counts);
    }

    /// <summary>Adds the same to counts.</summary>
    public void AddHistogramSince(FunctionSample? before, int index, Span<ulong> counts)
    {
        int start = index * LatencyHistogram.BucketCount;
        for (int i = 0; i < LatencyHistogram.BucketCount; i++)
        {
            counts[i] += _histograms[start + i] - (before?._histograms[start + i] ?? 0);
        }
    }
}

/// <summary>How a reactor has spent its time.</summary>
internal readonly record struct ReactorSample(
    ulong Turns, ulong ProductiveTurns, ulong FetchBatches, ulong Sleeps, ulong Commands, ulong Stalls, long AllocatedBytes, long Collections)
{
    /// <summary>A reactor's numbers now.</summary>
    public static ReactorSample Of(ConsoleReactor reactor)
    {
        ReactorStatistics statistics = reactor.Statistics;
        CommandEngine engine = reactor.Engine;
        return new ReactorSample(
            Volatile.Read(ref statistics.Turns),
            Volatile.Read(ref statistics.ProductiveTurns),
            Volatile.Read(ref statistics.FetchBatches),
            Volatile.Read(ref statistics.Sleeps),
            engine.CompletedCount,
            engine.StallCount,
            statistics.PublishedAllocatedBytes,
            statistics.Collections);
    }

    /// <summary>The difference to an earlier sample; what is a promise (nothing allocated) is shown since start.</summary>
    public ReactorSample Since(ReactorSample? earlier) => earlier is not { } before
        ? this
        : this with
        {
            Turns = Turns - before.Turns,
            ProductiveTurns = ProductiveTurns - before.ProductiveTurns,
            FetchBatches = FetchBatches - before.FetchBatches,
            Sleeps = Sleeps - before.Sleeps,
            Commands = Commands - before.Commands,
            Stalls = Stalls - before.Stalls,
        };
}

/// <summary>Differences of numbers that only grow.</summary>
internal static class ClassNumbersDifference
{
    /// <summary>What was added since an earlier moment.</summary>
    public static ClassNumbers Since(this ClassNumbers now, ClassNumbers? earlier) => earlier is not { } before
        ? now
        : new ClassNumbers(
            now.Commands - before.Commands, now.Errors - before.Errors, now.Bytes - before.Bytes, now.Nanoseconds - before.Nanoseconds, now.LongestNanoseconds);
}
