// Whether two reactors do twice what one does. Two cores have no place for two reactors and a host that polls, so the host works in batches: it
// fills the queues, writes the doorbells, and sleeps until long after everything is done. What is compared is the time that the reactors were busy,
// by their own count, while both of them had work; what the host needs is not in it. Workloads with interrupts show the other thing, what such
// a host gets of it: a rate, with everything that shares the two cores. Not shown: more than two reactors, and hosts on cores of their own.

using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.Workload;

namespace Nvmepf.HostDriver.Suite;

/// <summary>Measures workloads with one reactor and with two, in turn.</summary>
internal sealed class ReactorProbe
{
    private const int BatchDepth = 1000; // of at most 1023
    private const long StoreBytesMax = 256L << 20;
    private readonly SuiteOptions _options;
    private readonly TextWriter _progress;
    private readonly Dictionary<SuiteCase, List<Round>> _rounds = [];

    internal ReactorProbe(SuiteOptions options, TextWriter progress)
    {
        _options = options;
        _progress = progress;
    }

    /// <summary>The workloads, each with two queues; those with interrupts go on without a pause, the others in batches.</summary>
    internal static IReadOnlyList<SuiteCase> Cases { get; } =
    [
        new("null", "randread", 4096, BatchDepth, Queues: 2, Sgl: true),
        new("null", "randwrite", 4096, BatchDepth, Queues: 2, Sgl: true),
        new("ram", "randread", 4096, BatchDepth, Queues: 2, Sgl: true),
        new("ram", "randwrite", 4096, BatchDepth, Queues: 2, Sgl: true),
        new("ram", "randread", 128 * 1024, 32, Queues: 2, Sgl: true, Interrupts: true),
        new("ram", "randwrite", 128 * 1024, 32, Queues: 2, Sgl: true, Interrupts: true),
    ];

    /// <summary>All rounds of the workloads that the options name. Nothing where there are no two cores.</summary>
    internal List<ReactorSample> Run()
    {
        SuiteCase[] cases = [.. Cases.Where(item => NameOf(item).Contains(_options.Filter, StringComparison.OrdinalIgnoreCase))];
        if (cases.Length == 0 || _options.FirmwareCpu == _options.HostCpu)
        {
            return [];
        }

        for (int round = 0; round < _options.Rounds; round++)
        {
            Dictionary<SuiteCase, Figures> alone = RunReactors(1, cases, (item, firmware) => Measure(firmware, item, item.Interrupts ? 2 : 1));
            Dictionary<SuiteCase, Figures> beside = RunReactors(
                2, [.. cases.Where(item => !item.Interrupts)], (item, firmware) => Measure(firmware, item, 1));
            Dictionary<SuiteCase, Figures> both = RunReactors(2, cases, (item, firmware) => Measure(firmware, item, 2));
            foreach (SuiteCase item in cases)
            {
                if (!_rounds.TryGetValue(item, out List<Round>? list))
                {
                    _rounds.Add(item, list = []);
                }

                list.Add(new Round(alone[item], beside.GetValueOrDefault(item), both[item]));
            }

            _progress.WriteLine($"round {round + 1}/{_options.Rounds}  reactors");
        }

        return [.. cases.Select(Summarize)];
    }

    private static string NameOf(SuiteCase item) => $"reactors {item.Name}{(item.Interrupts ? "" : " batches")}";

    private Dictionary<SuiteCase, Figures> RunReactors(int reactors, SuiteCase[] cases, Func<SuiteCase, FirmwareUnderTest, Figures> measure)
    {
        if (cases.Length == 0)
        {
            return [];
        }

        string[] arguments =
        [
            "--reactors", $"{reactors}", "--cpu", reactors == 1 ? $"{_options.FirmwareCpu}" : $"{_options.FirmwareCpu},{_options.HostCpu}",
            "--poll", "busy", "--queues", "2", "--namespace", "null:1T", "--namespace", $"ram:{StoreBytes}",
        ];
        using var firmware = new FirmwareUnderTest(_options.Firmware, arguments);
        SuiteRunner.Fill(firmware, StoreBytes, _options.HostCpu, 2);
        return cases.ToDictionary(item => item, item => measure(item, firmware));
    }

    private long StoreBytes => Math.Min(StoreBytesMax, _options.StoreBytes);

    private Figures Measure(FirmwareUnderTest firmware, SuiteCase item, int queues)
    {
        WorkloadOptions workload = SuiteRunner.WorkloadOf(item, _options) with { Queues = queues, Batches = !item.Interrupts };
        NvmeHostOptions options = new()
        {
            ArenaLengthBytes = WorkloadRunner.ArenaLengthBytes(workload with { Queues = item.Queues }),
            Vectors = item.Interrupts ? item.Queues + 1 : 0,
        };
        using NvmeHost host = firmware.Connect(options, item.Queues, item.Depth + 1);
        using HostNamespace target = HostNamespace.Open(host, host.SubmissionQueues[1], SuiteRunner.StoreOf(item));
        byte[] before = host.LogPage(0xC0, ReactorCounters.PageBytes);
        WorkloadResult result = WorkloadRunner.Run(host, target, workload);
        byte[] after = host.LogPage(0xC0, ReactorCounters.PageBytes);
        host.DeleteQueues();
        host.Shutdown();
        Figures figures = new(Work.Between(before, after, 0), Work.Between(before, after, 1), result.Commands, result.CommandsPerSecond);

        return result.Errors > 0
            ? throw new HostFailureException($"{NameOf(item)}: {result.Errors} commands failed, the first with {result.FirstError}")
            : figures;
    }

    private ReactorSample Summarize(SuiteCase item)
    {
        List<Round> rounds = _rounds[item];
        bool isWrite = item.Pattern == "randwrite";
        double machine = Limits.TwoCoresToOne(_options.FirmwareCpu, _options.HostCpu, () => item.Namespace == "null"
            ? Limits.StepsPerSecond(_options.RoundTime)
            : Limits.MemoryCopiesPerSecond(StoreBytes, item.BlockSizeBytes, item.Depth, isWrite, _options.RoundTime));
        return new ReactorSample(
            NameOf(item),
            CaseSample.Median(rounds, round => round.Alone.Only.NanosecondsPerCommand),
            item.Interrupts ? double.NaN : CaseSample.Median(rounds, round => round.Beside.Only.NanosecondsPerCommand),
            CaseSample.Median(rounds, round => round.Both.First.NanosecondsPerCommand),
            CaseSample.Median(rounds, round => round.Both.Second.NanosecondsPerCommand),
            CaseSample.Median(rounds, round => round.Alone.Only.NanosecondsPerCommand / round.Both.TogetherNanosecondsPerCommand),
            machine,
            item.Interrupts ? CaseSample.Median(rounds, round => round.Alone.CommandsPerSecond) : double.NaN,
            item.Interrupts ? CaseSample.Median(rounds, round => round.Both.CommandsPerSecond) : double.NaN);
    }

    /// <summary>What one reactor did.</summary>
    private readonly record struct Work(double Commands, double BusyNanoseconds)
    {
        internal double NanosecondsPerCommand => BusyNanoseconds / Commands;

        internal static Work Between(byte[] before, byte[] after, int reactor)
        {
            (ulong commandsBefore, ulong busyBefore) = ReactorCounters.OfReactor(before, reactor);
            (ulong commands, ulong busy) = ReactorCounters.OfReactor(after, reactor);
            return new Work(commands - commandsBefore, busy - busyBefore);
        }
    }

    /// <summary>One workload once.</summary>
    private readonly record struct Figures(Work First, Work Second, double Commands, double CommandsPerSecond)
    {
        /// <summary>The one that had the only queue.</summary>
        internal Work Only => First.Commands >= Second.Commands ? First : Second;

        /// <summary>Time in which both together did a command, the faster one waiting for the slower at the end.</summary>
        internal double TogetherNanosecondsPerCommand => Math.Max(First.BusyNanoseconds, Second.BusyNanoseconds) / Commands;
    }

    private readonly record struct Round(Figures Alone, Figures Beside, Figures Both);
}
