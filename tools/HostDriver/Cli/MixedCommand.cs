using Nvmepf.HostDriver.Mixed;
using Nvmepf.HostDriver.Nvme;

namespace Nvmepf.HostDriver.Cli;

/// <summary><c>mixed</c>: a great number of random commands of every kind, each with its outcome checked.</summary>
public static class MixedCommand
{
    /// <summary>The command.</summary>
    public static HostCommand Command { get; } = new(
        "mixed",
        "run random commands of every kind and check every outcome; overwrites up to 64 MiB at the end of the namespace",
        [
            new("namespace", "N", "NSID (1)"),
            new("count", "N", "commands (100000)"),
            new("queues", "N", "I/O queue pairs (4)"),
            new("depth", "N", "commands outstanding on each (16)"),
            new("seed", "N", "seed of everything random (1)"),
        ],
        Run);

    private static int Run(CommandLine line, TextWriter output)
    {
        int queues = (int)line.Number("queues", 4, 1, 64);
        int depth = (int)line.Number("depth", 16, 1, 1024);
        long count = line.Number("count", 100_000, 1, long.MaxValue);
        NvmeHostOptions options = HostCommands.HostOptions(line) with { ArenaLengthBytes = MixedWorkload.ArenaLengthBytes(queues, depth) };
        using NvmeHost host = HostCommands.OpenHost(line, options, queues, depth + 1);
        using HostNamespace space =
            HostNamespace.Open(host, host.SubmissionQueues[1], (uint)line.Number("namespace", 1, 1, uint.MaxValue - 1));
        var workload = new MixedWorkload(host, space, queues, depth, (ulong)line.Number("seed", 1, 0, int.MaxValue));
        TimeSpan elapsed = workload.Run(count, done => output.WriteLine($"{done} of {count} commands, {workload.FailureCount} wrong"));
        output.WriteLine(
            $"{count} commands in {elapsed.TotalSeconds:0.0} s ({count / elapsed.TotalSeconds:0} a second), "
            + $"{workload.BlocksVerified} blocks verified");
        foreach (MixedKind kind in Enum.GetValues<MixedKind>())
        {
            if (workload.Completed[(int)kind] > 0)
            {
                output.WriteLine($"  {kind,-20} {workload.Completed[(int)kind]}");
            }
        }

        foreach (string failure in workload.Failures)
        {
            output.WriteLine($"WRONG: {failure}");
        }

        output.WriteLine($"mixed: {count - workload.FailureCount} passed, {workload.FailureCount} failed");
        HostCommands.CloseHost(host);
        return workload.FailureCount == 0 ? Program.ExitSuccess : Program.ExitFailure;
    }
}
