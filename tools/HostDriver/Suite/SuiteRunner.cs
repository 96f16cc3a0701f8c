using System.Diagnostics;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.Workload;

namespace Nvmepf.HostDriver.Suite;

/// <summary>What the suite is told.</summary>
internal sealed record SuiteOptions
{
    /// <summary>The nvmepf binary.</summary>
    internal required string Firmware { get; init; }

    /// <summary>Core of the firmware.</summary>
    internal int FirmwareCpu { get; init; }

    /// <summary>Core of this process.</summary>
    internal int HostCpu { get; init; } = 1;

    /// <summary>How long each round of each workload runs.</summary>
    internal TimeSpan RoundTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Rounds; the medians are taken over them.</summary>
    internal int Rounds { get; init; } = 3;

    /// <summary>Directory of the file namespace's file.</summary>
    internal required string FileDirectory { get; init; }

    /// <summary>Size of the ram and file namespaces.</summary>
    internal long StoreBytes { get; init; } = 1L << 30;

    /// <summary>Only workloads whose name holds this; all when empty.</summary>
    internal string Filter { get; init; } = "";
}

/// <summary>
/// Runs the suite: rounds go round the workloads, so that a disturbance of the machine hits a round of several and not all of one. A
/// limit is measured right after each round of its workload, on the firmware's core, while the firmware stands still.
/// </summary>
internal sealed class SuiteRunner
{
    /// <summary>Share of reads in randrw, of the firmware's load and of its limits alike.</summary>
    internal const int ReadPercentOfMixed = 70;

    private readonly SuiteOptions _options;
    private readonly TextWriter _progress;
    private readonly string _file;
    private readonly List<double> _bounces = [];
    private readonly List<double> _emptyTurns = [];
    private readonly List<StageSample> _stages = [];

    internal SuiteRunner(SuiteOptions options, TextWriter progress)
    {
        _options = options;
        _progress = progress;
        _file = Path.Join(options.FileDirectory, $"nvmepf-bench-{Environment.ProcessId}.img");
    }

    /// <summary>Everything. Takes rounds x workloads x round time, and as much for the limits of ram and file.</summary>
    internal SuiteResult Run()
    {
        foreach (int cpu in (int[])[_options.FirmwareCpu, _options.HostCpu])
        {
            _ = Limits.On(cpu, static () => 0); // there is such a core, and we may use it
        }

        try
        {
            IdleFigures idle = IdleProbe.Measure(_options, trapsDoorbells: false);
            IdleFigures trapped = IdleProbe.Measure(_options, trapsDoorbells: true);
            MessageFigures messages = IdleProbe.MeasureMessages();
            var samples = new Dictionary<SuiteCase, List<CaseSample>>();
            using (var firmware = new FirmwareUnderTest(_options.Firmware, Arguments()))
            {
                Fill(firmware, _options.StoreBytes, _options.HostCpu, 2, 3);
                for (int round = 0; round < _options.Rounds; round++)
                {
                    RunRound(firmware, round, samples);
                }

                TimeStages(firmware, samples.Keys);
            }

            List<ReactorSample> reactors = new ReactorProbe(_options, _progress).Run();
            List<LookingSample> looking = new LookingProbe(_options, _progress).Run();
            var cases = new List<CaseResult>();
            foreach ((SuiteCase item, List<CaseSample> of) in samples)
            {
                cases.Add(CaseSample.Summarize(item, of));
            }

            return new SuiteResult
            {
                Machine = $"{CpuModel()}, {Environment.ProcessorCount} cores, {Environment.OSVersion.VersionString}",
                BinaryBytes = new FileInfo(_options.Firmware).Length,
                StartMilliseconds = idle.StartMilliseconds,
                ResidentBytes = idle.ResidentBytes,
                IdleCoreShare = idle.CoreShare,
                FirstAfterPauseNanoseconds = idle.FirstAfterPauseNanoseconds,
                FirstAfterIdleNanoseconds = idle.FirstAfterIdleNanoseconds,
                TrappedIdleCoreShare = trapped.CoreShare,
                TrappedFirstAfterPauseNanoseconds = trapped.FirstAfterPauseNanoseconds,
                TrappedFirstAfterIdleNanoseconds = trapped.FirstAfterIdleNanoseconds,
                MessageAfterPauseNanoseconds = messages.AfterPauseNanoseconds,
                MessageAfterIdleNanoseconds = messages.AfterIdleNanoseconds,
                CacheLineRoundTripNanoseconds = CaseSample.Median(_bounces, nanoseconds => nanoseconds),
                EmptyTurnNanoseconds = CaseSample.Median(_emptyTurns, nanoseconds => nanoseconds),
                Cases = cases,
                Stages = _stages,
                Reactors = reactors,
                Looking = looking,
            };
        }
        finally
        {
            File.Delete(_file);
        }
    }

    private string[] Arguments() =>
    [
        "--cpu", $"{_options.FirmwareCpu}", "--poll", "busy", "--queues", "4",
        "--namespace", "null:1T", "--namespace", $"ram:{_options.StoreBytes}", "--namespace", $"file:{_file},size={_options.StoreBytes}",
    ];

    /// <summary>Every block of the stores is written once: what was never written costs nothing to read, and its first write costs a page.</summary>
    internal static void Fill(FirmwareUnderTest firmware, long storeBytes, int hostCpu, params ReadOnlySpan<uint> stores)
    {
        foreach (uint store in stores)
        {
            var fill = new WorkloadOptions
            {
                ReadPercent = 0,
                Sequential = true,
                TransferLengthBytes = 128 * 1024,
                QueueDepth = 4,
                CommandCount = storeBytes / (128 * 1024),
                FirstProcessor = hostCpu,
            };
            _ = RunWorkload(firmware, store, fill, vectors: 0, out _);
        }
    }

    private void RunRound(FirmwareUnderTest firmware, int round, Dictionary<SuiteCase, List<CaseSample>> samples)
    {
        _emptyTurns.Add(EmptyTurnNanoseconds(firmware));
        _bounces.Add(Beside(firmware, () => Limits.CacheLineRoundTripNanoseconds(_options.HostCpu, _options.FirmwareCpu)));
        foreach (SuiteCase item in SuiteCase.All)
        {
            if (!item.Name.Contains(_options.Filter, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            WorkloadOptions workload = WorkloadOf(item, _options);
            using PerformanceSample counters = PerformanceSample.Open(firmware.ReactorThreadId);
            WorkloadResult result = RunWorkload(firmware, StoreOf(item), workload, item.Interrupts ? item.Queues + 1 : 0, out ReactorCounters difference, counters);
            if (!samples.TryGetValue(item, out List<CaseSample>? list))
            {
                samples.Add(item, list = []);
            }

            double fio = item.Limit == SuiteLimit.FileAlone
                ? Beside(firmware, () => FioRun.OperationsPerSecond(_options.FirmwareCpu, _file, item, _options.RoundTime)) : double.NaN;
            list.Add(new CaseSample(
                result, difference, counters.Cycles, counters.Instructions, counters.SystemCalls, Beside(firmware, () => LimitPerSecond(item)), fio));
            _progress.WriteLine($"round {round + 1}/{_options.Rounds}  {item.Name,-28} {result.CommandsPerSecond,12:0} IOPS");
        }
    }

    /// <summary>One more round of some of the workloads, with the firmware timing a part of the commands.</summary>
    private void TimeStages(FirmwareUnderTest firmware, IEnumerable<SuiteCase> cases)
    {
        foreach (SuiteCase item in cases)
        {
            if (!item.IsTimed)
            {
                continue;
            }

            WorkloadOptions workload = WorkloadOf(item, _options);
            NvmeHostOptions options = new() { ArenaLengthBytes = WorkloadRunner.ArenaLengthBytes(workload) };
            using NvmeHost host = firmware.Connect(options, workload.Queues, Math.Max(256, workload.QueueDepth + 1));
            using HostNamespace target = HostNamespace.Open(host, host.SubmissionQueues[1], StoreOf(item));
            _ = host.LogPage(StageSample.LogPage, StageSample.LogPageBytes);
            _ = WorkloadRunner.Run(host, target, workload);
            _stages.Add(StageSample.Parse(item.Name, host.LogPage(StageSample.LogPage, StageSample.LogPageBytes)));
            host.DeleteQueues();
            host.Shutdown();
        }
    }

    internal static uint StoreOf(SuiteCase item) => item.Namespace switch { "null" => 1, "ram" => 2, _ => 3 };

    internal static WorkloadOptions WorkloadOf(SuiteCase item, SuiteOptions options) => new()
    {
        ReadPercent = item.Pattern switch { "randread" => 100, "randwrite" => 0, _ => ReadPercentOfMixed },
        TransferLengthBytes = item.BlockSizeBytes,
        QueueDepth = item.Depth,
        Queues = item.Queues,
        Duration = options.RoundTime,
        FirstProcessor = options.HostCpu,
        Sgl = item.Sgl,
        WaitForInterrupts = item.Interrupts,
        YieldWhenIdle = false,
    };

    private static WorkloadResult RunWorkload(
        FirmwareUnderTest firmware, uint store, WorkloadOptions workload, int vectors, out ReactorCounters difference, PerformanceSample? counters = null)
    {
        int entries = Math.Max(256, workload.QueueDepth + 1);
        NvmeHostOptions options = new() { ArenaLengthBytes = WorkloadRunner.ArenaLengthBytes(workload), Vectors = vectors };
        using NvmeHost host = firmware.Connect(options, workload.Queues, entries);
        using HostNamespace target = HostNamespace.Open(host, host.SubmissionQueues[1], store);
        ReactorCounters before = FirmwareUnderTest.Counters(host);
        counters?.Begin();
        WorkloadResult result = WorkloadRunner.Run(host, target, workload);
        counters?.End();
        ReactorCounters after = FirmwareUnderTest.Counters(host);
        difference = after - before;
        if (result.Errors > 0)
        {
            throw new HostFailureException($"{result.Errors} commands failed, the first with {result.FirstError}");
        }

        host.DeleteQueues();
        host.Shutdown();
        return result;
    }

    /// <summary>How long a turn takes that finds nothing, with one queue pair enabled.</summary>
    private static double EmptyTurnNanoseconds(FirmwareUnderTest firmware)
    {
        using NvmeHost host = firmware.Connect(new NvmeHostOptions(), 1, 256);
        ReactorCounters before = FirmwareUnderTest.Counters(host);
        long start = Stopwatch.GetTimestamp();
        Thread.Sleep(200);
        ReactorCounters after = FirmwareUnderTest.Counters(host);
        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / (after.Turns - before.Turns);
    }

    /// <summary>What the machine can do of a workload without the firmware, in commands a second; 0 where nothing is a limit.</summary>
    private double LimitPerSecond(SuiteCase item)
    {
        int depth = item.Depth * item.Queues;
        bool isWrite = item.Pattern == "randwrite";
        return item.Limit switch
        {
            SuiteLimit.CacheLineBounce => 1e9 / _bounces[^1],
            SuiteLimit.EmptyTurn => 1e9 / _emptyTurns[^1],
            SuiteLimit.MemoryCopy => Limits.On(
                _options.FirmwareCpu,
                () => Limits.MemoryCopiesPerSecond(_options.StoreBytes, item.BlockSizeBytes, depth, isWrite, _options.RoundTime)),
            SuiteLimit.FileAlone => Limits.On(
                _options.FirmwareCpu,
                () => Limits.FileOperationsPerSecond(
                    _file, item.BlockSizeBytes, depth, isWrite ? 0 : item.Pattern == "randrw" ? ReadPercentOfMixed : 100, _options.RoundTime)),
            _ => 0,
        };
    }

    /// <summary>Measures without the firmware while it stands still.</summary>
    private static double Beside(FirmwareUnderTest firmware, Func<double> measure)
    {
        firmware.Pause();
        try
        {
            return measure();
        }
        finally
        {
            firmware.Continue();
        }
    }

    private static string CpuModel()
    {
        foreach (string line in File.ReadLines("/proc/cpuinfo"))
        {
            if (line.StartsWith("model name", StringComparison.Ordinal))
            {
                return line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
            }
        }

        return System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString();
    }
}
