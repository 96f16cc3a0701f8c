using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.Outage;

namespace Nvmepf.HostDriver.Cli;

/// <summary><c>outage</c>: writes while the storage behind the controller goes away, and checks that nothing acknowledged is lost.</summary>
public static class OutageCommand
{
    /// <summary>The command.</summary>
    public static HostCommand Command { get; } = new(
        "outage",
        "write and retry while somebody takes the storage away, then check all that was acknowledged; overwrites the first blocks",
        [
            new("namespace", "N", "NSID (1)"),
            new("seconds", "N", "how long to write (10); goes on until writes succeed again"),
            new("places", "N", "places of 4 KiB to write to, from block 0 on (1024)"),
            new("depth", "N", "writes outstanding (8)"),
            new("patience", "SECONDS", "how long the storage may be away (60)"),
            new("expect-errors", null, "fail where no command failed: nobody took the storage away"),
        ],
        Run);

    private static int Run(CommandLine line, TextWriter output)
    {
        int depth = (int)line.Number("depth", 8, 1, 128);
        int places = (int)line.Number("places", 1024, depth + 1, 1 << 20);
        TimeSpan patience = TimeSpan.FromSeconds(line.Number("patience", 60, 1, 3600));
        NvmeHostOptions options = HostCommands.HostOptions(line) with { ArenaLengthBytes = 16 << 20 };
        using NvmeHost host = HostCommands.OpenHost(line, options, 1, depth + 1);
        using HostNamespace space =
            HostNamespace.Open(host, host.SubmissionQueues[1], (uint)line.Number("namespace", 1, 1, uint.MaxValue - 1));
        OutageWorkload workload = new(host, space, places, depth);
        workload.Write(TimeSpan.FromSeconds(line.Number("seconds", 10, 1, 3600)), patience, Tell);
        workload.Verify(patience);
        output.WriteLine(
            $"outage: {workload.AcknowledgedCount} writes acknowledged, {workload.DescribeErrors()}, {workload.FinalErrors} of them final, "
            + $"{workload.LongestGap.TotalSeconds:0.0} s without a write at most, {workload.Lost} places lost");
        HostCommands.CloseHost(host);
        bool isGood = workload is { Lost: 0, FinalErrors: 0 } && (workload.Errors.Count > 0 || !line.Has("expect-errors"));
        return isGood ? Program.ExitSuccess : Program.ExitFailure;

        void Tell(string text)
        {
            output.WriteLine(text);
            output.Flush(); // somebody may wait for it
        }
    }
}
