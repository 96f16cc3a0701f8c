using System.Linq;

namespace Nvmepf.Arm64Check;

/// <summary>
/// Barriers stand where the rules say. A barrier is a call into the machine code of <c>Arm64Code</c>: of the pointer in its static field, plus
/// the place of the routine.
/// </summary>
public static class BarrierCheck
{
    private const string Rule = "barrier";
    private const string StaticsOfTheCode = "NONGCSTATICSNvmepf_Hal_Nvmepf_Hal_Mmio_Arm64Code";
    private const int SlotBytes = 32;

    private static readonly string[] s_routines =
        ["BeforeDoorbell", "AfterStatus", "BetweenStoreAndLoad", "Full", "Clean", "CleanAndInvalidate", "ReadCacheType"];

    /// <summary>The routine that a call goes to; null where it goes elsewhere.</summary>
    public static string? RoutineOf(Step step)
    {
        if (step.Instruction.Mnemonic != "blr" || step.Before.Get(step.Instruction.Parts[0]) is not { Kind: ValueKind.Load } target
            || target.From is not { Kind: ValueKind.Symbol } from || !from.Origin.EndsWith(StaticsOfTheCode, StringComparison.Ordinal))
        {
            return null;
        }

        return target.Offset is >= 0 and { } offset && offset % SlotBytes == 0 && offset / SlotBytes < s_routines.Length
            ? s_routines[offset / SlotBytes]
            : null;
    }

    /// <summary>Judges every function that the rules name.</summary>
    public static void Run(ObjectText code, Rules rules, List<Finding> findings)
    {
        foreach (BarrierRule rule in rules.Barriers)
        {
            Function[] functions = [.. code.Functions.Values.Where(function => rule.Functions.IsMatch(function.Name))];
            if (functions.Length == 0)
            {
                findings.Add(new Finding(Rule, rule.Functions.ToString(), "no such function any more: was it renamed, or inlined?"));
            }

            foreach (Function function in functions.Where(function => !IsKept(function, rule)))
            {
                string wanted = string.Join(" or ", rule.Routine);
                findings.Add(new Finding(Rule, function.Name, $"needs {wanted} ({rule.Place}): {rule.Reason}"));
            }
        }
    }

    private static bool IsKept(Function function, BarrierRule rule)
    {
        List<Step> steps = Flow.Of(function);
        int[] barriers = [.. Enumerable.Range(0, steps.Count).Where(i => RoutineOf(steps[i]) is { } routine && rule.Routine.Contains(routine))];
        int lastStore = steps.FindLastIndex(step => step.Instruction.Mnemonic == "stlr");
        int firstLoad = steps.FindIndex(step => step.Instruction.Mnemonic is "ldar" or "ldapr");
        return rule.Place switch
        {
            BarrierPlace.BeforeLastStore => lastStore >= 0 && barriers.Any(at => at < lastStore),
            BarrierPlace.AfterFirstLoad => firstLoad >= 0 && barriers.Any(at => at > firstLoad),
            _ => barriers.Length > 0,
        };
    }
}
