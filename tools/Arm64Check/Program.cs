using System.Linq;

namespace Nvmepf.Arm64Check;

/// <summary>
/// Command line of the check: <c>arm64check RESPONSE-FILE FOLDER</c>. Compiles what the response file of a publish describes for AArch64,
/// reads the machine code and prints what breaks the rules. Exit status 0: nothing; 1: findings; 2: it could not be checked.
/// </summary>
public static class Program
{
    /// <summary>Runs the check.</summary>
    public static int Main(string[] arguments)
    {
        if (arguments.Length != 2)
        {
            Console.Error.WriteLine("usage: arm64check RESPONSE-FILE FOLDER");
            return 2;
        }

        try
        {
            ObjectText code = Compiler.CompileAndRead(arguments[0], null, arguments[1]);
            Report report = Report.Of(code, FirmwareRules.Create(Compiler.HasOwnFramework(arguments[0])));
            foreach (Finding finding in report.Findings)
            {
                Console.WriteLine(finding);
            }

            Console.WriteLine(
                $"arm64: {code.Functions.Count} functions; {report.ReachedFunctions.Count} of them in the main loop's reach; "
                + $"{report.OrderedAccesses} register accesses; {report.Findings.Count} findings");
            return report.Findings.Count == 0 ? 0 : 1;
        }
        catch (Exception problem) when (problem is InvalidDataException or IOException)
        {
            Console.Error.WriteLine($"arm64check: {problem.Message}");
            return 2;
        }
    }
}

/// <summary>All checks of one object.</summary>
/// <param name="Findings">What breaks a rule.</param>
/// <param name="ReachedFunctions">What the main loop may run.</param>
/// <param name="OrderedAccesses">Register accesses that were judged.</param>
public sealed record Report(IReadOnlyList<Finding> Findings, IReadOnlyCollection<string> ReachedFunctions, int OrderedAccesses)
{
    /// <summary>Runs the checks.</summary>
    public static Report Of(ObjectText code, Rules rules)
    {
        List<Finding> findings = [];
        IReadOnlyCollection<string> reached = AllocationCheck.Run(code, rules, findings);
        int accesses = DeviceAccessCheck.Run(code, rules, findings);
        BarrierCheck.Run(code, rules, findings);
        return new Report([.. findings.OrderBy(finding => finding.ToString(), StringComparer.Ordinal)], reached, accesses);
    }
}
