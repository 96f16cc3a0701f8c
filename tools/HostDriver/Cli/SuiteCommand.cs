using Nvmepf.HostDriver.Suite;

namespace Nvmepf.HostDriver.Cli;

/// <summary><c>suite</c>: the whole benchmark, or a comparison of two of its results.</summary>
public static class SuiteCommand
{
    /// <summary>The option that takes a second file, the operand after its value.</summary>
    internal const string CompareOption = "compare";

    /// <summary>The command.</summary>
    public static HostCommand Command { get; } = new(
        "suite",
        "start a firmware and measure it on null, ram and file, beside the machine's limits",
        [
            new("firmware", "PATH", "the nvmepf binary"),
            new("firmware-cpu", "N", "core of the firmware (0)"),
            new("cpu", "N", "core of this process (1)"),
            new("seconds", "N", "how long each round of each workload runs (1)"),
            new("rounds", "N", "rounds; medians are taken over them (3)"),
            new("store", "SIZE", "size of the ram and the file namespace (1G)"),
            new("directory", "DIR", "where the file namespace's file is made, and removed again (the temporary directory)"),
            new("only", "TEXT", "only workloads whose name holds TEXT"),
            new("json", "FILE", "write the result here too"),
            new("svg", "FILE", "and as a picture here"),
            new(CompareOption, "A.json B.json", "measure nothing: print the ratios of B.json to A.json"),
        ],
        Run);

    private static int Run(CommandLine line, TextWriter output)
    {
        if (line.Text(CompareOption) is { } before)
        {
            string after = line.Operands.Count == 1 ? line.Operands[0]
                : throw new UsageException($"--compare {before}: with what? allowed: --compare A.json B.json, both written by --json");
            int compared = SuiteText.WriteComparison(output, SuiteJson.Read(before), SuiteJson.Read(after));
            return compared > 0 ? Program.ExitSuccess : throw new UsageException("the two results have no workload in common");
        }

        var options = new SuiteOptions
        {
            Firmware = line.Required("firmware"),
            FirmwareCpu = (int)line.Number("firmware-cpu", 0, 0, 1023),
            HostCpu = (int)line.Number("cpu", 1, 0, 1023),
            RoundTime = TimeSpan.FromSeconds(line.Number("seconds", 1, 1, 3600)),
            Rounds = (int)line.Number("rounds", 3, 1, 100),
            StoreBytes = line.Size("store", 1L << 30, 64L << 20, 1L << 40),
            FileDirectory = line.Text("directory") ?? Path.GetTempPath(),
            Filter = line.Text("only") ?? "",
        };
        if (!Directory.Exists(options.FileDirectory))
        {
            throw new UsageException($"--directory {options.FileDirectory}: no such directory; allowed: one with room for the file namespace ({options.StoreBytes} bytes)");
        }

        foreach (string name in (string[])["json", "svg"])
        {
            CheckWritable(name, line.Text(name));
        }

        SuiteResult result = new SuiteRunner(options, output).Run();
        if (result.Cases.Count + result.Reactors.Count + result.Looking.Count == 0)
        {
            throw new UsageException($"--only {options.Filter}: no workload has this in its name, as 'ram randread 4K QD32 PRP' or 'reactors null'");
        }

        output.WriteLine();
        SuiteText.Write(output, result);
        if (line.Text("json") is { } json)
        {
            using FileStream file = File.Create(json);
            SuiteJson.Write(file, result);
        }

        if (line.Text("svg") is { } svg)
        {
            using StreamWriter file = File.CreateText(svg);
            SuiteSvg.Write(file, result);
        }

        return Program.ExitSuccess;
    }

    /// <summary>Now rather than when all has been measured.</summary>
    private static void CheckWritable(string option, string? path)
    {
        if (path is null)
        {
            return;
        }

        try
        {
            File.OpenWrite(path).Dispose();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"--{option} {path}: cannot be written: {problem.Message}");
        }
    }
}
