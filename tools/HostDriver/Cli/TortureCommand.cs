using Nvmepf.HostDriver.Checks;
using Nvmepf.HostDriver.Torture;

namespace Nvmepf.HostDriver.Cli;

/// <summary><c>torture</c>: everything that a driver never does.</summary>
public static class TortureCommand
{
    /// <summary>The command.</summary>
    public static HostCommand Command { get; } = new(
        "torture",
        "do what no driver does and check every answer; overwrites 8 MiB at the end of the namespace",
        [
            new("namespace", "N", "NSID (1)"),
            new("only", "TEXT", "only checks whose name contains this"),
            new("lethal", null, "run the checks too that kill a server which does not guard against them"),
            new("list", null, "list the names of the checks, run nothing"),
            new("seed", "N", "seed of the random parts (1)"),
        ],
        Run);

    private static int Run(CommandLine line, TextWriter output)
    {
        if (line.Has("list"))
        {
            foreach (TortureCheck check in TortureRunner.All)
            {
                output.WriteLine(check.Lethal ? $"{check.Name} (with --lethal)" : check.Name);
            }

            return Program.ExitSuccess;
        }

        var report = new CheckReport(output);
        TortureRunner.Run(
            line.Required("socket"),
            HostCommands.HostOptions(line),
            (uint)line.Number("namespace", 1, 1, uint.MaxValue - 1),
            (ulong)line.Number("seed", 1, 0, long.MaxValue),
            line.Text("only"),
            line.Has("lethal"),
            report);
        report.Summary("torture");
        return report.Failed == 0 && report.Passed > 0 ? Program.ExitSuccess : Program.ExitFailure;
    }
}
