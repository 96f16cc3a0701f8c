using System.Globalization;
using Nvmepf.SocModel;

namespace Nvmepf.BoardBench;

/// <summary>The predictions as tables for a terminal; their lines are Markdown, so that a page can show them as they are.</summary>
internal static class BenchText
{
    internal static void Write(TextWriter output, IReadOnlyList<BenchRow> rows, BenchParameters parameters)
    {
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Predictions of the model, no measurement. {parameters.Costs.ListRunNanoseconds / 1000.0:0.0} us a list run, null namespace."));
        output.WriteLine();
        WriteSpeed(output, rows);
        WriteUse(output, rows);
        WriteCounts(output, rows);
        if (rows.Count == BenchWorkload.All.Length)
        {
            Sensitivity.Write(output, parameters);
        }

        WriteParameters(output, [.. parameters.Costs.Parameters(), .. parameters.Parameters()]);
    }

    private static void WriteSpeed(TextWriter output, IReadOnlyList<BenchRow> rows)
    {
        output.WriteLine("| workload | kIOPS | GB/s | average us | limited by | reference kIOPS | GB/s | published for it | ratio | list runs a command | reference | fewer |");
        output.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|---|");
        foreach ((BenchResult ours, BenchResult reference) in rows)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {ours.Workload.Name} | {ours.CommandsPerSecond / 1e3:0.0} | {ours.GigabytesPerSecond:0.00} | {ours.LatencyMicroseconds:0} | {Name(ours.Bottleneck)} "
                + $"| {reference.CommandsPerSecond / 1e3:0.0} | {reference.GigabytesPerSecond:0.00} | {PublishedFigures.Of(ours.Workload)} "
                + $"| {ours.CommandsPerSecond / reference.CommandsPerSecond:0.0}x | {ours.ListRunsPerCommand:0.00} | {reference.ListRunsPerCommand:0.00} "
                + $"| {reference.ListRunsPerCommand / ours.ListRunsPerCommand:0.0}x |"));
        }

        output.WriteLine();
    }

    private static void WriteUse(TextWriter output, IReadOnlyList<BenchRow> rows)
    {
        output.WriteLine("Busy, in per cent of the time:");
        output.WriteLine();
        output.WriteLine("| workload | link to host | reads from host | CPU | write channels | read channels | both directions at once | reference: link to host | reads from host | write channel | read channel |");
        output.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|");
        foreach ((BenchResult ours, BenchResult reference) in rows)
        {
            Measurement f = ours.Figures;
            Measurement r = reference.Figures;
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {ours.Workload.Name} | {Percent(f.ShareOfTime(Figure.SendTime))} | {Percent(f.ShareOfTime(Figure.ReceiveTime))} "
                + $"| {Percent(f.ShareOfTime(Figure.CpuBusyTime))} | {Percent(ours.WriteChannelShare)} | {Percent(ours.ReadChannelShare)} "
                + $"| {Percent(f.ShareOfTime(Figure.BothEnginesTime))} | {Percent(r.ShareOfTime(Figure.SendTime))} | {Percent(r.ShareOfTime(Figure.ReceiveTime))} "
                + $"| {Percent(reference.WriteChannelShare)} | {Percent(reference.ReadChannelShare)} |"));
        }

        output.WriteLine();
    }

    private static void WriteCounts(TextWriter output, IReadOnlyList<BenchRow> rows)
    {
        output.WriteLine("Counts a command, ours / the reference's way:");
        output.WriteLine();
        output.WriteLine("| workload | write lists | read lists | elements | eDMA registers read | written | other registers read | uncached loads | window stores | cache lines | messages | TLPs out | reads out | bytes to host | bytes from host |");
        output.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
        foreach ((BenchResult ours, BenchResult reference) in rows)
        {
            string Pair(Figure figure, string format = "0.00") => ours.Figures.PerCommand(figure).ToString(format, CultureInfo.InvariantCulture)
                + " / " + reference.Figures.PerCommand(figure).ToString(format, CultureInfo.InvariantCulture);
            output.WriteLine(
                $"| {ours.Workload.Name} | {Pair(Figure.WriteListRuns)} | {Pair(Figure.ReadListRuns)} | {Pair(Figure.Elements)} | {Pair(Figure.EdmaRegisterReads)} "
                + $"| {Pair(Figure.EdmaRegisterWrites)} | {Pair(Figure.OtherRegisterReads)} | {Pair(Figure.UncachedReads)} | {Pair(Figure.WindowStores)} "
                + $"| {Pair(Figure.CacheLines)} | {Pair(Figure.Messages)} | {Pair(Figure.WriteTlps)} | {Pair(Figure.ReadTlps)} "
                + $"| {Pair(Figure.BytesToHost, "0")} | {Pair(Figure.BytesFromHost, "0")} |");
        }

        output.WriteLine();
    }

    private static void WriteParameters(TextWriter output, IReadOnlyList<CostParameter> parameters)
    {
        output.WriteLine("| parameter | value | standing | source |");
        output.WriteLine("|---|---|---|---|");
        foreach (CostParameter parameter in parameters)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"| {parameter.Name} | {parameter.Value:0} | {parameter.Standing} | {parameter.Source} |"));
        }
    }

    internal static string Name(Bottleneck bottleneck) => bottleneck switch
    {
        Bottleneck.LinkToHost => "link to host",
        Bottleneck.ReadsFromHost => "reads from host",
        Bottleneck.WriteListRuns => "write list runs",
        Bottleneck.ReadListRuns => "read list runs",
        Bottleneck.Cpu => "CPU",
        _ => "queue depth",
    };

    private static string Percent(double share) => (100 * share).ToString("0", CultureInfo.InvariantCulture);
}
