using System.Globalization;

namespace Nvmepf.HostDriver.Suite;

/// <summary>The suite as a table for a terminal.</summary>
internal static class SuiteText
{
    internal static void Write(TextWriter output, SuiteResult result)
    {
        output.WriteLine(result.Machine);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"firmware: {result.BinaryBytes / 1e6:0.0} MB binary, {result.StartMilliseconds:0.0} ms to start, {result.ResidentBytes / 1e6:0.0} MB resident"));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"machine: cache line there and back {result.CacheLineRoundTripNanoseconds:0} ns; empty turn {result.EmptyTurnNanoseconds:0} ns"));
        WriteIdle(output, result);
        output.WriteLine();
        output.WriteLine(
            $"{"workload",-28} {"kIOPS",8} {"min..max",15} {"MB/s",8} {"p50 us",8} {"p99",8} {"p99.9",8} {"max",9} {"limit k",9} {"share",6} {"fio k",7} "
            + $"{"cycles",7} {"instr",7} {"syscall",8} {"enter",6} {"batch",6} {"busy ns",8} {"alloc",5}");
        foreach (CaseResult item in result.Cases)
        {
            string range = $"{Thousand(item.CommandsPerSecondMinimum)}..{Thousand(item.CommandsPerSecondMaximum)}";
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{item.Name,-28} {Thousand(item.CommandsPerSecond),8} {range,15} {item.MegabytesPerSecond,8:0} {item.P50Nanoseconds / 1e3,8:0.00} "
                + $"{item.P99Nanoseconds / 1e3,8:0.00} {item.P999Nanoseconds / 1e3,8:0.0} {item.MaximumNanoseconds / 1e3,9:0} "
                + $"{(item.LimitCommandsPerSecond > 0 ? Thousand(item.LimitCommandsPerSecond) : "-"),9} {Share(item.ShareOfLimit),6} {Count(item.FioOperationsPerSecond / 1e3, "0.0"),7} "
                + $"{Count(item.CyclesPerCommand, "0"),7} {Count(item.InstructionsPerCommand, "0"),7} {Count(item.SystemCallsPerCommand, "0.000"),8} "
                + $"{Count(item.RingEntersPerCommand, "0.000"),6} {Count(item.CommandsPerProductiveTurn, "0.0"),6} {Count(item.BusyNanosecondsPerCommand, "0"),8} {Count(item.AllocatedBytes, "0"),5}"));
        }

        if (result.Stages.Count > 0)
        {
            output.WriteLine();
            output.WriteLine(StageSample.Head);
            foreach (StageSample item in result.Stages)
            {
                output.WriteLine(item.Line);
            }
        }

        if (result.Reactors.Count > 0)
        {
            output.WriteLine();
            output.WriteLine(ReactorSample.Head);
            foreach (ReactorSample item in result.Reactors)
            {
                output.WriteLine(item.Line);
            }
        }

        if (result.Looking.Count > 0)
        {
            output.WriteLine();
            output.WriteLine(LookingSample.Head);
            foreach (LookingSample item in result.Looking)
            {
                output.WriteLine(item.Line);
            }
        }

        output.WriteLine();
        output.WriteLine("limit: null QD1 - a cache line there and back; null - empty turns; ram - the same copies by one core; file - the same file by io_uring alone.");
        output.WriteLine("fio: what fio gets on the same file with io_uring directly.");
        output.WriteLine("max, alloc: of the worst round; all else is the median of the rounds.");
        output.WriteLine("syscall: all of the reactor, counted by the kernel (root, and mount -t tracefs nodev /sys/kernel/tracing); enter: its io_uring_enter calls, by its own count.");
        output.WriteLine("batch: commands for each turn that found any; alloc: managed bytes that the reactor allocated.");
        output.WriteLine("busy ns: what the reactor spent on a command, its turn's share included; with few commands at a time a few idle turns as well.");
        output.WriteLine(
            "reactors: the work of two at once over that of one, by the time that they were busy, beside what two cores do at once of such work without us; "
            + "the host sleeps meanwhile. kIOPS: what a host with interrupts gets that shares the second one's core.");
        output.WriteLine("-: this machine has no such counter, or the figure has no limit.");
    }

    /// <summary>What an idle controller costs and how fast it wakes, beside what the machine takes to wake anybody.</summary>
    private static void WriteIdle(TextWriter output, SuiteResult result)
    {
        output.WriteLine();
        output.WriteLine($"{"idle",-28} {"% of a core",12} {"first after 50 ms, us",22} {"after a second",15}");
        Row("mapped doorbells", result.IdleCoreShare, result.FirstAfterPauseNanoseconds, result.FirstAfterIdleNanoseconds);
        Row("trapped, shadow doorbells", result.TrappedIdleCoreShare, result.TrappedFirstAfterPauseNanoseconds, result.TrappedFirstAfterIdleNanoseconds);
        Row("a bare message, no firmware", double.NaN, result.MessageAfterPauseNanoseconds, result.MessageAfterIdleNanoseconds);

        void Row(string what, double share, double pauseNanoseconds, double idleNanoseconds) => output.WriteLine(
            $"{what,-28} {Count(100 * share, "0.00"),12} {Count(pauseNanoseconds / 1e3, "0.0"),22} {Count(idleNanoseconds / 1e3, "0.0"),15}");
    }

    /// <summary>Ratios of the second run to the first: what a firmware costs as a whole, and the workloads that both have.</summary>
    /// <returns>How many workloads were compared.</returns>
    internal static int WriteComparison(TextWriter output, SuiteResult before, SuiteResult after)
    {
        WriteWholeComparison(output, before, after);
        output.WriteLine($"{"workload",-28} {"kIOPS A",9} {"kIOPS B",9} {"B/A",7} {"p50 B/A",8} {"p99 B/A",8} {"busy B/A",8}");
        List<string> alone = [.. after.Cases.Where(b => !before.Cases.Any(a => a.Name == b.Name)).Select(b => $"only in B: {b.Name}")];
        foreach (CaseResult a in before.Cases)
        {
            if (after.Cases.FirstOrDefault(other => other.Name == a.Name) is not { } b)
            {
                alone.Add($"only in A: {a.Name}");
                continue;
            }

            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{a.Name,-28} {Thousand(a.CommandsPerSecond),9} {Thousand(b.CommandsPerSecond),9} {Share(b.CommandsPerSecond / a.CommandsPerSecond),7} "
                + $"{Share(b.P50Nanoseconds / a.P50Nanoseconds),8} {Share(b.P99Nanoseconds / a.P99Nanoseconds),8} "
                + $"{Share(b.BusyNanosecondsPerCommand / a.BusyNanosecondsPerCommand),8}"));
        }

        alone.ForEach(output.WriteLine);
        return before.Cases.Count - alone.Count(line => line.StartsWith("only in A", StringComparison.Ordinal));
    }

    private static void WriteWholeComparison(TextWriter output, SuiteResult before, SuiteResult after)
    {
        output.WriteLine($"{"firmware",-28} {"A",9} {"B",9} {"B/A",7}");
        Row("binary, MB", before.BinaryBytes / 1e6, after.BinaryBytes / 1e6);
        Row("to start, ms", before.StartMilliseconds, after.StartMilliseconds);
        Row("resident, MB", before.ResidentBytes / 1e6, after.ResidentBytes / 1e6);
        Row("idle, % of a core", 100 * before.IdleCoreShare, 100 * after.IdleCoreShare);
        Row("idle, trapped doorbells", 100 * before.TrappedIdleCoreShare, 100 * after.TrappedIdleCoreShare);
        Row("machine: cache line, ns", before.CacheLineRoundTripNanoseconds, after.CacheLineRoundTripNanoseconds);
        output.WriteLine();

        void Row(string what, double a, double b) => output.WriteLine($"{what,-28} {Count(a, "0.00"),9} {Count(b, "0.00"),9} {Share(b / a),7}");
    }

    private static string Thousand(double perSecond) => Count(perSecond / 1e3, perSecond < 100_000 ? "0.0" : "0");

    private static string Share(double share) => Count(share, "0.00");

    private static string Count(double value, string format) => !double.IsFinite(value) ? "-" : value.ToString(format, CultureInfo.InvariantCulture);
}
