using System.Diagnostics;
using Nvmepf.Firmware.Diagnostics;

namespace Nvmepf.Firmware.Console.Commands;

/// <summary><c>top</c>: the same numbers again and again on one screen. A frame is drawn when the last one has gone out, so a slow line sees fewer.</summary>
internal static class TopCommand
{
    private const long PeriodNanoseconds = 1_000_000_000;

    /// <summary>The row.</summary>
    public static ConsoleCommand Row { get; } = new("top", "", "rates once a second, any key ends it", Run)
    {
        Details = "For a script it is one frame of one second.",
    };

    private static void Run(CommandCall call)
    {
        FunctionSample[] before = FunctionSample.TakeAll(call.Functions);
        if (call.Terminal is not { } terminal)
        {
            call.Wait(1);
            Show(call, before, FunctionSample.TakeAll(call.Functions));
            return;
        }

        terminal.Channel.Output.Add("\x1b[H\x1b[J"u8);
        while (terminal.WaitForKey(PeriodNanoseconds) == 0 && !call.IsEnding)
        {
            if (terminal.Channel.Output.Count > 0)
            {
                continue; // the line is slow, or nobody reads
            }

            FunctionSample[] now = FunctionSample.TakeAll(call.Functions);
            terminal.Channel.Output.Add("\x1b[H"u8);
            terminal.ErasesLineEnds = true;
            Show(call, before, now);
            terminal.ErasesLineEnds = false;
            terminal.Channel.Output.Add("\x1b[J"u8);
            before = now;
        }
    }

    private static void Show(CommandCall call, FunctionSample[] before, FunctionSample[] now)
    {
        Report report = call.Report;
        double uptime = Hal.Linux.ProcessAge.Nanoseconds() / 1e9;
        report.Field("uptime_seconds", Cell.Of(uptime, 1), StatusCommand.Duration(uptime));
        report.BeginItems("functions");
        for (int i = 0; i < now.Length; i++)
        {
            ConsoleFunction function = call.Functions[i];
            report.BeginItem($"{function.Name}: {(function.Controller.IsLinkUp ? "link up" : "link down")}, {StatusCommand.StateName(function.Controller.State)}, "
                + $"{function.Sum(engine => engine.InFlight)} in flight");
            report.Field("name", function.Name, "");
            ShowKinds(report, before[i], now[i]);
            ShowLoad(report, before[i], now[i]);
            report.EndItem();
        }

        report.EndItems();
    }

    private static void ShowKinds(Report report, FunctionSample before, FunctionSample now)
    {
        double seconds = Math.Max(1e-9, Stopwatch.GetElapsedTime(before.Timestamp, now.Timestamp).TotalSeconds);
        report.BeginTable(
            "kinds", new Column("kind", -6), new Column("iops", 10), new Column("mib_s", 9), new Column("mean_us", 9), new Column("p50_us", 9),
            new Column("p99_us", 9), new Column("errors_s", 9));
        ulong[] counts = new ulong[LatencyHistogram.BucketCount];
        foreach (CommandClass kind in (ReadOnlySpan<CommandClass>)[CommandClass.Read, CommandClass.Write, CommandClass.Flush, CommandClass.Other])
        {
            ClassNumbers numbers = now.Total(before, kind);
            Array.Clear(counts);
            for (int queue = 1; queue * QueueStatistics.ClassCount < now.Classes.Length; queue++)
            {
                now.AddHistogramSince(before, (queue * QueueStatistics.ClassCount) + (int)kind, counts);
            }

            report.Row(
                kind.ToString().ToLowerInvariant(),
                Cell.Of(numbers.Commands / seconds, 0),
                Cell.Of(numbers.Bytes / seconds / (1 << 20), 1),
                Cell.Of(numbers.Commands == 0 ? 0 : numbers.Nanoseconds / 1e3 / numbers.Commands, 1),
                Cell.Of(LatencyHistogram.Percentile(counts, 50) / 1e3, 1),
                Cell.Of(LatencyHistogram.Percentile(counts, 99) / 1e3, 1),
                Cell.Of(numbers.Errors / seconds, 0));
        }

        report.EndTable();
    }

    private static void ShowLoad(Report report, FunctionSample before, FunctionSample now)
    {
        report.BeginTable(
            "reactors", new Column("reactor", 7), new Column("turns_s", 12), new Column("useful_pct", 10), new Column("sleeps_s", 9), new Column("alloc_bytes", 11));
        double seconds = Math.Max(1e-9, Stopwatch.GetElapsedTime(before.Timestamp, now.Timestamp).TotalSeconds);
        for (int i = 0; i < now.Reactors.Length; i++)
        {
            ReactorSample sample = now.Reactors[i].Since(before.Reactors[i]);
            report.Row(
                i,
                Cell.Of(sample.Turns / seconds, 0),
                Cell.Of(sample.Turns == 0 ? 0 : 100.0 * sample.ProductiveTurns / sample.Turns, 2),
                Cell.Of(sample.Sleeps / seconds, 0),
                sample.AllocatedBytes);
        }

        report.EndTable();
    }
}
