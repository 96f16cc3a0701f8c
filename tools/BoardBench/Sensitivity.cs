using System.Globalization;
using System.Linq;

namespace Nvmepf.BoardBench;

/// <summary>What the predictions become where a parameter is another one than assumed: those that matter most and are known least.</summary>
internal static class Sensitivity
{
    private static readonly string[] s_workloads = ["4k-randread-qd32", "4k-randread-qd32x4", "4k-randwrite-qd32x4", "128k-read-qd32", "128k-write-qd32"];

    /// <summary>Measures each variant and writes a table: thousands of commands a second for 4 KiB, GB/s for 128 KiB; ours / the reference's way.</summary>
    internal static void Write(TextWriter output, BenchParameters parameters)
    {
        output.WriteLine("If a parameter is another one (kIOPS for 4 KiB, GB/s for 128 KiB; ours / the reference's way):");
        output.WriteLine();
        output.WriteLine($"| variant | {string.Join(" | ", s_workloads)} |");
        output.WriteLine(string.Concat("|---", string.Concat(Enumerable.Repeat("|---", s_workloads.Length)), "|"));
        foreach ((string name, BenchParameters variant) in Variants(parameters))
        {
            output.WriteLine($"| {name} | {string.Join(" | ", s_workloads.Select(workload => Cell(workload, variant)))} |");
        }

        output.WriteLine();
    }

    private static (string Name, BenchParameters Parameters)[] Variants(BenchParameters basis) =>
    [
        ("as above", basis),
        ("a list run costs 7 us", basis with { Costs = basis.Costs with { ListRunNanoseconds = 7_000 } }),
        ("a list run costs 20 us", basis with { Costs = basis.Costs with { ListRunNanoseconds = 20_000 } }),
        ("the cost of a list run holds up both channels of a direction", basis with { Costs = basis.Costs with { ListRunBlocksDirection = true } }),
        ("everything of the CPU's takes twice as long", TwiceTheCpu(basis)),
        ("reads of the host's memory reach 1.8 GB/s", basis with { Costs = basis.Costs with { HostReadBytesPerMicrosecond = 1_800 } }),
        ("the host needs 1 us for a command", basis with { HostCommandNanoseconds = 1_000 }),
    ];

    private static BenchParameters TwiceTheCpu(BenchParameters basis) => basis with
    {
        TurnNanoseconds = 2 * basis.TurnNanoseconds,
        CommandNanoseconds = 2 * basis.CommandNanoseconds,
        FillBytesPerMicrosecond = basis.FillBytesPerMicrosecond / 2,
        Costs = basis.Costs with
        {
            RegisterReadNanoseconds = 2 * basis.Costs.RegisterReadNanoseconds,
            RegisterWriteNanoseconds = 2 * basis.Costs.RegisterWriteNanoseconds,
            UncachedReadNanoseconds = 2 * basis.Costs.UncachedReadNanoseconds,
            UncachedWriteNanoseconds = 2 * basis.Costs.UncachedWriteNanoseconds,
            BarrierNanoseconds = 2 * basis.Costs.BarrierNanoseconds,
            CacheLinePicoseconds = 2 * basis.Costs.CacheLinePicoseconds,
        },
    };

    private static string Cell(string name, BenchParameters parameters)
    {
        BenchWorkload workload = BenchWorkload.All.Single(candidate => candidate.Name == name);
        BenchResult ours = FirmwareRun.Measure(workload, parameters);
        BenchResult reference = ReferenceRun.Measure(workload, parameters);
        return $"{Figure(ours)} / {Figure(reference)}";
    }

    private static string Figure(BenchResult result) => result.Workload.BlockBytes == 4096
        ? (result.CommandsPerSecond / 1e3).ToString("0", CultureInfo.InvariantCulture)
        : result.GigabytesPerSecond.ToString("0.00", CultureInfo.InvariantCulture);
}
