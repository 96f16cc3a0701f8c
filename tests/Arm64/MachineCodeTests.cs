using System.Linq;
using System.Text.RegularExpressions;
using Nvmepf.Arm64Check;
using Xunit;

namespace Nvmepf.Tests.Arm64;

/// <summary>
/// A test that compiles for AArch64: it needs the response file of a publish (<c>./build.sh test</c> names it in NVMEPF_ILC_RESPONSE) and the
/// disassembler. Skipped, and counted so, where a person runs the tests without; where the variable is set, what is missing is a failure.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CompilerFactAttribute : FactAttribute
{
    /// <summary>Creates the attribute.</summary>
    public CompilerFactAttribute()
    {
        if (ResponseFile is null)
        {
            Skip = "NVMEPF_ILC_RESPONSE is not set (./build.sh test does): nobody has looked at the machine code that the board would run";
        }
    }

    /// <summary>The response file of the publish.</summary>
    public static string? ResponseFile => Environment.GetEnvironmentVariable("NVMEPF_ILC_RESPONSE");
}

/// <summary>What the compiler makes of the firmware for AArch64, and of a sample that breaks every rule.</summary>
public sealed class MachineCodeTests
{
    private const string Sample = "arm64sample_Nvmepf_Arm64Sample_";

    private static readonly string[] s_loops =
        ["Good", "Allocates", "Boxes", "Concatenates", "CallsVirtual", "CallsInterface", "CallsPointer", "AllocatesFarAway"];

    [CompilerFact]
    public void The_firmwares_machine_code_breaks_no_rule()
    {
        Report report = Check(null, FirmwareRules.Create(Compiler.HasOwnFramework(CompilerFactAttribute.ResponseFile!)));

        Assert.True(report.Findings.Count == 0, $"{report.Findings.Count} findings:\n" + string.Join('\n', report.Findings.Take(20)));
        Assert.InRange(report.ReachedFunctions.Count, 400, 3000);
        Assert.InRange(report.OrderedAccesses, 40, 5000);
    }

    [CompilerFact]
    public void Every_rule_that_the_sample_breaks_is_found_and_nothing_else()
    {
        Report report = Check(typeof(Nvmepf.Arm64Sample.Program).Assembly.Location, SampleRules());

        string[] found = [.. report.Findings.Select(finding => $"{finding.Rule}: {finding.Function.Replace(Sample, "", StringComparison.Ordinal)}").Distinct()];
        Assert.Equal(
            [
                "barrier: Engine__DoorbellBeforeBarrier",
                "barrier: Engine__DoorbellWithoutBarrier",
                "barrier: Engine__StatusWithoutBarrier",
                "device access: DeviceAccess__ByteStore",
                "device access: DeviceAccess__CopiesInBulk",
                "device access: DeviceAccess__MergedLoads",
                "device access: DeviceAccess__MergedStores",
                "device access: DeviceAccess__UnalignedStore",
                "device access: DeviceAccess__VectorStores",
                "main loop: AllocatingHandler__Handle",
                "main loop: AllocatingSource__Next",
                "main loop: Loop__Boxes",
                "main loop: Loop__CallsPointer",
                "main loop: Loop__Concatenates",
                "main loop: Loop__Deeper",
            ],
            found);
        Assert.Contains(report.Findings, finding => finding.Text.Contains($"{Sample}Loop__Deeper <- {Sample}Loop__Allocates", StringComparison.Ordinal));
        Assert.Contains(report.Findings, finding => finding.Text.Contains("stp w", StringComparison.Ordinal));
        Assert.Contains(report.Findings, finding => finding.Text.Contains("is not aligned", StringComparison.Ordinal));
    }

    private static Rules SampleRules() => new()
    {
        Roots = [.. s_loops.Select(name => $"{Sample}Loop__{name}")],
        MustReach = [new("QuietHandler__Handle$"), new("QuietSource__Next$")],
        Forbidden = FirmwareRules.Forbidden,
        Boundaries = [new(new("ThrowHelpers?__Throw"), "ends the process")],
        IndirectCalls = [new(new("Loop__CallsVirtual$"), null, new("^arm64sample_.*Handler$"), "handlers")],
        DeviceFunctions = new("arm64sample_.*_(DeviceAccess|Engine)__"),
        AccessExceptions = [],
        Barriers =
        [
            Barrier("Engine__.*Doorbell", BarrierPlace.BeforeLastStore, "BeforeDoorbell"),
            Barrier("Engine__(Good|).*Status", BarrierPlace.AfterFirstLoad, "AfterStatus"),
            Barrier("Engine__Maintain$", BarrierPlace.Present, "Clean"),
            Barrier("Engine__Maintain$", BarrierPlace.Present, "Full"),
            Barrier("Engine__Maintain$", BarrierPlace.Present, "BetweenStoreAndLoad"),
        ],
    };

    private static BarrierRule Barrier(string functions, BarrierPlace place, string routine) =>
        new(new Regex(functions), [routine], place, "the sample's rule");

    private static Report Check(string? program, Rules rules)
    {
        string folder = Directory.CreateTempSubdirectory("nvmepf-arm64-").FullName;
        try
        {
            return Report.Of(Compiler.CompileAndRead(CompilerFactAttribute.ResponseFile!, program, folder), rules);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
