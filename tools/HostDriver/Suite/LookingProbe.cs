// What it costs to look at a firmware under load: counting, the trace, timed stages, a rule of injection that never applies, somebody who asks. One
// process, in which each of them is switched on and off again; the rounds go round them, and each is compared with the round's run with nothing.

using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.Workload;

namespace Nvmepf.HostDriver.Suite;

/// <summary>Measures what looking costs.</summary>
internal sealed class LookingProbe
{
    private const long StoreBytesMax = 256L << 20;
    private const string Nothing = "nothing";
    private static readonly TimeSpan s_firstQuestion = TimeSpan.FromMilliseconds(200);
    private readonly SuiteOptions _options;
    private readonly TextWriter _progress;
    private readonly Dictionary<(SuiteCase Item, Mode Mode), List<Figures>> _figures = [];

    internal LookingProbe(SuiteOptions options, TextWriter progress)
    {
        _options = options;
        _progress = progress;
    }

    /// <summary>The workloads.</summary>
    internal static IReadOnlyList<SuiteCase> Cases { get; } =
    [
        new("null", "randread", 4096, 1, Sgl: true),
        new("null", "randread", 4096, 128, Sgl: true),
        new("ram", "randread", 4096, 128, Sgl: true),
    ];

    // The first is what the others are compared with. Counting is on unless it is switched off.
    private static IReadOnlyList<Mode> Modes { get; } =
    [
        new(Nothing, "stats off", "stats on"),
        new("counting, the default", null, null),
        new("trace of everything", "trace on", "trace off"),
        new("stages of one in 64", null, null, TimesStages: true),
        new("stages, and in the trace", "trace on", "trace off", TimesStages: true),
        new("inject on other blocks", "inject error read-error op=read lba=0-7", "inject clear"),
        new("stats asked each second", null, null, Asks: true),
    ];

    /// <summary>All rounds of the workloads that the options name.</summary>
    internal List<LookingSample> Run()
    {
        SuiteCase[] cases = [.. Cases.Where(item => $"looking {item.Name}".Contains(_options.Filter, StringComparison.OrdinalIgnoreCase))];
        if (cases.Length == 0)
        {
            return [];
        }

        long storeBytes = Math.Min(StoreBytesMax, _options.StoreBytes);
        string[] arguments = ["--cpu", $"{_options.FirmwareCpu}", "--poll", "busy", "--namespace", "null:1T", "--namespace", $"ram:{storeBytes}"];
        using var firmware = new FirmwareUnderTest(_options.Firmware, arguments);
        SuiteRunner.Fill(firmware, storeBytes, _options.HostCpu, 2);
        for (int round = 0; round < _options.Rounds; round++)
        {
            foreach (SuiteCase item in cases)
            {
                foreach (Mode mode in Modes)
                {
                    Figures figures = Measure(firmware, item, mode);
                    if (!_figures.TryGetValue((item, mode), out List<Figures>? list))
                    {
                        _figures.Add((item, mode), list = []);
                    }

                    list.Add(figures);
                }
            }

            _progress.WriteLine($"round {round + 1}/{_options.Rounds}  looking");
        }

        return [.. cases.SelectMany(item => Modes.Select(mode => Summarize(item, mode)))];
    }

    private Figures Measure(FirmwareUnderTest firmware, SuiteCase item, Mode mode)
    {
        // The first blocks are those that the injection is for.
        WorkloadOptions workload = SuiteRunner.WorkloadOf(item, _options) with { FirstLogicalBlock = 8 };
        NvmeHostOptions options = new() { ArenaLengthBytes = WorkloadRunner.ArenaLengthBytes(workload) };
        using NvmeHost host = firmware.Connect(options, 1, 256);
        using HostNamespace target = HostNamespace.Open(host, host.SubmissionQueues[1], SuiteRunner.StoreOf(item));
        if (mode.TimesStages)
        {
            _ = host.LogPage(StageSample.LogPage, StageSample.LogPageBytes); // switches it on, until the next reset
        }

        if (mode.On is { } on)
        {
            _ = firmware.Ask(on);
        }

        using ManualResetEventSlim isOver = new();
        Thread? asker = mode.Asks ? new Thread(() => AskOften(firmware, isOver)) : null;
        asker?.Start();
        ReactorCounters before = FirmwareUnderTest.Counters(host);
        WorkloadResult result = WorkloadRunner.Run(host, target, workload);
        ReactorCounters after = FirmwareUnderTest.Counters(host);
        isOver.Set();
        asker?.Join();
        if (mode.Off is { } off)
        {
            _ = firmware.Ask(off);
        }

        host.DeleteQueues();
        host.Shutdown();
        return result.Errors == 0
            ? new Figures(result.CommandsPerSecond, (double)(after.BusyNanoseconds - before.BusyNanoseconds) / result.Commands)
            : throw new HostFailureException($"{item.Name}, {mode.Name}: {result.Errors} commands failed, the first with {result.FirstError}");
    }

    private static void AskOften(FirmwareUnderTest firmware, ManualResetEventSlim isOver)
    {
        for (TimeSpan pause = s_firstQuestion; !isOver.Wait(pause); pause = TimeSpan.FromSeconds(1))
        {
            _ = firmware.Ask("stats");
        }
    }

    private LookingSample Summarize(SuiteCase item, Mode mode)
    {
        List<Figures> figures = _figures[(item, mode)];
        List<Figures> nothing = _figures[(item, Modes[0])];
        List<(Figures Looking, Figures Nothing)> rounds = [.. figures.Zip(nothing)];
        return new LookingSample(
            item.Name,
            mode.Name,
            CaseSample.Median(figures, round => round.CommandsPerSecond),
            CaseSample.Median(figures, round => round.BusyNanoseconds),
            CaseSample.Median(rounds, round => round.Looking.CommandsPerSecond / round.Nothing.CommandsPerSecond),
            CaseSample.Median(rounds, round => round.Looking.BusyNanoseconds / round.Nothing.BusyNanoseconds));
    }

    /// <summary>A way to look: lines for the console before and after, the log page of the stages, or questions meanwhile.</summary>
    private sealed record Mode(string Name, string? On, string? Off, bool TimesStages = false, bool Asks = false);

    private readonly record struct Figures(double CommandsPerSecond, double BusyNanoseconds);
}
