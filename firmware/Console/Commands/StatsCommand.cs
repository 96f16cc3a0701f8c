using System.Diagnostics;
using System.Globalization;
using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Diagnostics;

namespace Nvmepf.Firmware.Console.Commands;

/// <summary><c>stats</c>: how much is done and how long it takes, for each queue and kind of command; how the reactors spend their turns.</summary>
internal static class StatsCommand
{
    private const double DefaultSeconds = 1;
    private const double SecondsMaximum = 60;

    /// <summary>The row.</summary>
    public static ConsoleCommand Row { get; } = new("stats", "[SECONDS | total]", "IOPS, bandwidth, latency, poll efficiency", Run)
    {
        ArgumentsMax = 1,
        Complete = static call => call.Candidates.Add("total"),
        Details = "Measures for SECONDS (1), or shows everything since start with total, without rates.\n"
            + "Latency is from the turn that fetched a command to the end of the turn that posted its completion, in us.",
    };

    /// <summary>Switches counting on.</summary>
    public static ConsoleCommand On { get; } = new("stats on", "", "count commands and their latency again", static call => Switch(call, true));

    /// <summary>Switches counting off.</summary>
    public static ConsoleCommand Off { get; } = new("stats off", "", "count no commands, for the last percent of speed", static call => Switch(call, false));

    /// <summary>Shows what was done between two samples, or up to one.</summary>
    public static void Show(Report report, ConsoleFunction function, FunctionSample? before, FunctionSample now)
    {
        double seconds = before is null ? 0 : Stopwatch.GetElapsedTime(before.Timestamp, now.Timestamp).TotalSeconds;
        report.BeginTable(
            "commands",
            new Column("sqid", 4),
            new Column("kind", -5),
            new Column("commands", 9),
            new Column("errors", 6),
            new Column("iops", 7),
            new Column("mib_s", 7),
            new Column("p50_us", 7),
            new Column("p99_us", 7),
            new Column("p999_us", 8),
            new Column("max_us", 8));
        ulong[] counts = new ulong[LatencyHistogram.BucketCount];
        for (int i = 0; i < now.Classes.Length; i++)
        {
            ClassNumbers numbers = now.Classes[i].Since(before?.Classes[i]);
            if (numbers.Commands == 0)
            {
                continue;
            }

            now.HistogramSince(before, i, counts);
            int queue = i / QueueStatistics.ClassCount;
            CommandClass kind = (CommandClass)(i % QueueStatistics.ClassCount);
            report.Row(
                queue,
                queue == 0 ? "admin" : kind.ToString().ToLowerInvariant(),
                numbers.Commands,
                numbers.Errors,
                seconds > 0 ? Cell.Of(numbers.Commands / seconds, 0) : Cell.None,
                seconds > 0 ? Cell.Of(numbers.Bytes / seconds / (1 << 20), 1) : Cell.None,
                Cell.Of(LatencyHistogram.Percentile(counts, 50) / 1e3, 1),
                Cell.Of(LatencyHistogram.Percentile(counts, 99) / 1e3, 1),
                Cell.Of(LatencyHistogram.Percentile(counts, 99.9) / 1e3, 1),
                Cell.Of(Longest(counts) / 1e3, 1));
        }

        report.EndTable();
        ShowReactors(report, before, now);
        report.Field("interrupts_raised", now.Interrupts - (before?.Interrupts ?? 0));
    }

    private static void ShowReactors(Report report, FunctionSample? before, FunctionSample now)
    {
        report.BeginTable(
            "reactors",
            new Column("reactor", 7),
            new Column("turns", 10),
            new Column("useful_pct", 10),
            new Column("batch", 5),
            new Column("stalls", 7),
            new Column("sleeps", 7),
            new Column("alloc_bytes", 11),
            new Column("collections", 11));
        for (int i = 0; i < now.Reactors.Length; i++)
        {
            ReactorSample sample = now.Reactors[i].Since(before?.Reactors[i]);
            double useful = sample.Turns == 0 ? 0 : 100.0 * sample.ProductiveTurns / sample.Turns;
            report.Row(
                i,
                sample.Turns,
                Cell.Of(useful, 2),
                sample.FetchBatches == 0 ? Cell.None : Cell.Of((double)sample.Commands / sample.FetchBatches, 1),
                sample.Stalls,
                sample.Sleeps,
                sample.AllocatedBytes,
                sample.Collections);
        }

        report.EndTable();
    }

    private static double Longest(ReadOnlySpan<ulong> counts)
    {
        int highest = counts.LastIndexOfAnyExcept(0ul);
        return highest < 0 ? 0 : LatencyHistogram.LowestOf(Math.Min(highest + 1, LatencyHistogram.BucketCount - 1));
    }

    private static void Run(CommandCall call)
    {
        bool isTotal = call[0] == "total";
        double seconds = DefaultSeconds;
        if (!isTotal && call[0] is string text
            && (!double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out seconds) || seconds is < 0.01 or > SecondsMaximum))
        {
            call.Report.Fail($"{text}: allowed: 0.01 to {SecondsMaximum} seconds, or total");
            return;
        }

        FunctionSample[] before = isTotal ? [] : FunctionSample.TakeAll(call.Functions);
        if (!isTotal)
        {
            call.Wait(seconds);
        }

        FunctionSample[] now = FunctionSample.TakeAll(call.Functions);
        call.Report.BeginItems("functions");
        for (int i = 0; i < now.Length; i++)
        {
            call.Report.BeginItem($"function {call.Functions[i].Name}:");
            call.Report.Field("name", call.Functions[i].Name, "");
            Show(call.Report, call.Functions[i], isTotal ? null : before[i], now[i]);
            call.Report.EndItem();
        }

        call.Report.EndItems();
    }

    private static void Switch(CommandCall call, bool isOn)
    {
        foreach (ConsoleFunction function in call.Functions)
        {
            foreach (CommandEngine engine in function.Engines)
            {
                engine.Completed.IsOn = isOn;
            }
        }

        call.Report.Field("counting", isOn);
    }
}
