using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.Workload;

namespace Nvmepf.HostDriver.Cli;

/// <summary><c>bench</c>: one workload, its rate and its latencies.</summary>
public static class BenchCommand
{
    // Of the diagnostics log's fields.
    private const int EntersOffset = 448;
    private const int PolledOffset = 480;

    /// <summary>The command.</summary>
    public static HostCommand Command { get; } = new(
        "bench",
        "run a workload and print rate and latencies; writes overwrite the range",
        [
            new("namespace", "N", "NSID (1)"),
            new("pattern", "NAME", "randread, randwrite, randrw, read, write or rw (randread)"),
            new("read-percent", "N", "share of reads in randrw and rw (70)"),
            new("block-size", "SIZE", "bytes of a command (4K)"),
            new("depth", "N", "commands outstanding on each queue (32)"),
            new("queues", "N", "I/O queue pairs (1)"),
            new("threads", "N", "polling threads (1)"),
            new("cpu", "N", "pin thread 0 here and thread i to the i-th after it (not pinned)"),
            new("seconds", "N", "how long (5)"),
            new("count", "N", "stop after so many commands instead"),
            new("first-lba", "N", "first logical block of the range (0)"),
            new("range", "SIZE", "bytes of the range (to the end)"),
            new("verify", null, "stamp what is written and check what is read"),
            new("sgl", null, "SGLs instead of PRPs"),
            new("spin", null, "never give the processor away when idle"),
            new("seed", "N", "seed of addresses and data (1)"),
        ],
        Run);

    private static int Run(CommandLine line, TextWriter output)
    {
        WorkloadOptions options = Options(line);
        int entries = options.QueueDepth + 1;
        NvmeHostOptions hostOptions = HostCommands.HostOptions(line) with { ArenaLengthBytes = WorkloadRunner.ArenaLengthBytes(options) };
        using NvmeHost host = HostCommands.OpenHost(line, hostOptions, options.Queues, Math.Max(entries, 2));
        using HostNamespace space =
            HostNamespace.Open(host, host.SubmissionQueues[1], (uint)line.Number("namespace", 1, 1, uint.MaxValue - 1));
        if (entries > host.Capabilities.MaximumQueueEntriesSupportedZeroBased + 1)
        {
            throw new UsageException(
                $"--depth {options.QueueDepth}: allowed is up to {host.Capabilities.MaximumQueueEntriesSupportedZeroBased}");
        }

        if (options.Threads > 1 && !host.DoorbellsMapped)
        {
            throw new UsageException("--threads needs mapped doorbells: messages of several threads would mix on one socket");
        }

        bool hasInterrupts = host.Function.AssignedVectors > 0;
        if (options.Threads > 1 && hasInterrupts && host.Function.AssignedVectors <= options.Queues)
        {
            throw new UsageException("--threads with --interrupts needs a vector for each queue: threads would take each other's interrupts");
        }

        long rangeBlocks = line.Size("range", 0, 0, long.MaxValue) / space.BlockLengthBytes;
        options = options with { LogicalBlocks = (ulong)rangeBlocks, WaitForInterrupts = hasInterrupts };
        ulong? entersBefore = Count(host, EntersOffset);
        ulong? polledBefore = Count(host, PolledOffset);
        long interruptsBefore = host.Function.InterruptsTaken;
        WorkloadResult result = WorkloadRunner.Run(host, space, options);
        ulong? enters = Count(host, EntersOffset) - entersBefore;
        ulong? polled = Count(host, PolledOffset) - polledBefore;
        Print(output, options, result);
        if (enters is not null)
        {
            output.WriteLine($"firmware's calls of io_uring_enter per command {(double)enters / Math.Max(1, result.Commands):0.000}");
        }

        if (polled > 0)
        {
            output.WriteLine($"firmware's polled transfers {polled}");
        }

        if (hasInterrupts)
        {
            long interrupts = host.Function.InterruptsTaken - interruptsBefore;
            output.WriteLine($"interrupts {interrupts}, {(double)interrupts / Math.Max(result.Commands, 1):0.000} a command");
        }

        HostCommands.CloseHost(host);
        return result.Errors == 0 && result.BlocksWrong == 0 ? Program.ExitSuccess : Program.ExitFailure;
    }

    /// <summary>A count of the firmware (diagnostics log, C0h); null from a controller without the log, such as a drive that is passed through.</summary>
    private static ulong? Count(NvmeHost host, int offset)
    {
        try
        {
            return BitConverter.ToUInt64(host.LogPage(0xC0, 512), offset);
        }
        catch (HostFailureException)
        {
            return null;
        }
    }

    private static WorkloadOptions Options(CommandLine line)
    {
        string pattern = line.Choice("pattern", "randread", "randread", "randwrite", "randrw", "read", "write", "rw");
        int queues = (int)line.Number("queues", 1, 1, 512);
        return new WorkloadOptions
        {
            ReadPercent = pattern switch
            {
                "randread" or "read" => 100,
                "randwrite" or "write" => 0,
                _ => (int)line.Number("read-percent", 70, 0, 100),
            },
            Sequential = !pattern.StartsWith("rand", StringComparison.Ordinal),
            TransferLengthBytes = (int)line.Size("block-size", 4096, 512, 1 << 28),
            QueueDepth = (int)line.Number("depth", 32, 1, 65534),
            Queues = queues,
            Threads = (int)line.Number("threads", 1, 1, queues),
            FirstProcessor = (int)line.Number("cpu", -1, -1, 1023),
            Duration = TimeSpan.FromSeconds(line.Number("seconds", 5, 1, 86400)),
            CommandCount = line.Number("count", 0, 0, long.MaxValue),
            FirstLogicalBlock = (ulong)line.Number("first-lba", 0, 0, long.MaxValue),
            Verify = line.Has("verify"),
            Sgl = line.Has("sgl"),
            YieldWhenIdle = !line.Has("spin"),
            Seed = (ulong)line.Number("seed", 1, 0, long.MaxValue),
        };
    }

    private static void Print(TextWriter output, WorkloadOptions options, WorkloadResult result)
    {
        double bytesPerSecond = result.CommandsPerSecond * options.TransferLengthBytes;
        output.WriteLine(
            $"{result.Commands} commands in {result.Elapsed.TotalSeconds:0.000} s: "
            + $"{result.CommandsPerSecond:0} IOPS, {bytesPerSecond / 1e6:0.0} MB/s");
        PrintLatency(output, "read", result.ReadLatency);
        PrintLatency(output, "write", result.WriteLatency);
        output.WriteLine($"errors {result.Errors}, managed bytes allocated in the loop {result.AllocatedBytes}");
        if (options.Verify)
        {
            output.WriteLine($"blocks verified {result.BlocksVerified}, wrong {result.BlocksWrong}");
        }

        if (result.FirstError is { } error)
        {
            output.WriteLine($"first error: {error}");
        }
    }

    private static void PrintLatency(TextWriter output, string name, LatencyHistogram latency)
    {
        if (latency.Count > 0)
        {
            output.WriteLine(
                $"{name,-5} latency in us: mean {latency.MeanNanoseconds / 1e3:0.00}, p50 {latency.PercentileNanoseconds(50) / 1e3:0.00}, "
                + $"p99 {latency.PercentileNanoseconds(99) / 1e3:0.00}, p99.9 {latency.PercentileNanoseconds(99.9) / 1e3:0.00}, "
                + $"max {latency.MaximumNanoseconds / 1e3:0.00}");
        }
    }
}
