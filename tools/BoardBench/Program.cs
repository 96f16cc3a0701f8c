using System.Globalization;

namespace Nvmepf.BoardBench;

/// <summary>
/// Predicts the board's speed: the real firmware and platform against the register model, with the costs of <see cref="SocModel.SocCosts"/>,
/// beside the reference's way of doing the same work.
/// </summary>
internal static class Program
{
    private const string Usage =
        """
        board-bench [--only TEXT] [--milliseconds N] [--list-run N] [--json FILE]
          --only TEXT         only workloads whose name holds TEXT, as 4k-randread-qd32
          --milliseconds N    model time that is counted for each row, 1 to 1000 (50)
          --list-run N        nanoseconds of a list run, 1000 to 100000 (13000), in place of the published figure
          --json FILE         write the result here too
        """;

    private static int Main(string[] arguments) => Run(arguments, Console.Out, Console.Error);

    /// <summary>The program with its output where the caller wants it.</summary>
    /// <returns>The exit code: 0, or 2 for a wrong line.</returns>
    internal static int Run(string[] arguments, TextWriter output, TextWriter errors)
    {
        if (arguments.Contains("--help"))
        {
            output.WriteLine(Usage);
            return 0;
        }

        try
        {
            Run(arguments, output);
            return 0;
        }
        catch (ArgumentException wrong)
        {
            errors.WriteLine($"board-bench: {wrong.Message}\n{Usage}");
            return 2;
        }
    }

    private static void Run(string[] arguments, TextWriter output)
    {
        string only = "";
        string? json = null;
        BenchParameters parameters = new();
        for (int i = 0; i < arguments.Length; i += 2)
        {
            string value = i + 1 < arguments.Length ? arguments[i + 1] : throw new ArgumentException($"{arguments[i]}: a value is missing");
            switch (arguments[i])
            {
                case "--only":
                    only = value;
                    break;
                case "--json":
                    CheckWritable(value);
                    json = value;
                    break;
                case "--milliseconds":
                    parameters = parameters with { MeasuredNanoseconds = Number(arguments[i], value, 1, 1000) * 1_000_000L };
                    break;
                case "--list-run":
                    parameters = parameters with { Costs = parameters.Costs with { ListRunNanoseconds = Number(arguments[i], value, 1000, 100_000) } };
                    break;
                default:
                    throw new ArgumentException($"{arguments[i]}: no such option");
            }
        }

        List<BenchRow> rows = [];
        foreach (BenchWorkload workload in BenchWorkload.All)
        {
            if (workload.Name.Contains(only, StringComparison.OrdinalIgnoreCase))
            {
                rows.Add(new BenchRow(FirmwareRun.Measure(workload, parameters), ReferenceRun.Measure(workload, parameters)));
            }
        }

        if (rows.Count == 0)
        {
            string names = string.Join(", ", BenchWorkload.All.Select(workload => workload.Name));
            throw new ArgumentException($"--only {only}: no workload has this in its name; there are {names}");
        }

        BenchText.Write(output, rows, parameters);
        if (json is not null)
        {
            using FileStream file = File.Create(json);
            BenchJson.Write(file, rows, parameters);
        }
    }

    /// <summary>Now rather than when all has been predicted.</summary>
    private static void CheckWritable(string path)
    {
        try
        {
            File.OpenWrite(path).Dispose();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ArgumentException($"--json {path}: cannot be written: {problem.Message}");
        }
    }

    private static int Number(string option, string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most
            ? number
            : throw new ArgumentException($"{option} {text}: allowed are {least} to {most}");
}

/// <summary>Our way and the reference's of the same workload.</summary>
internal sealed record BenchRow(BenchResult Firmware, BenchResult Reference);
