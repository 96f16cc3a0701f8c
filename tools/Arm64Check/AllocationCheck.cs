using System.Linq;
using System.Text.RegularExpressions;

namespace Nvmepf.Arm64Check;

/// <summary>
/// From the main loop no function can be reached that allocates, takes a lock or throws: over direct calls, addresses taken, interfaces, and
/// the indirect calls that the rules know. A call that cannot be followed is a finding.
/// </summary>
public sealed partial class AllocationCheck
{
    private const string Rule = "main loop";

    private readonly ObjectText _code;
    private readonly Rules _rules;
    private readonly List<Finding> _findings;
    private readonly Dictionary<string, string?> _from = [];
    private readonly Queue<Function> _work = new();
    private readonly HashSet<object> _used = [];
    private readonly HashSet<string> _reported = [];

    private AllocationCheck(ObjectText code, Rules rules, List<Finding> findings)
    {
        _code = code;
        _rules = rules;
        _findings = findings;
    }

    /// <summary>Runs the search.</summary>
    /// <returns>The functions that the loop may run.</returns>
    public static IReadOnlyCollection<string> Run(ObjectText code, Rules rules, List<Finding> findings)
    {
        AllocationCheck check = new(code, rules, findings);
        foreach (string root in rules.Roots)
        {
            if (code.FindFunction(root) is { } function)
            {
                check.Enter(function, null);
            }
            else
            {
                findings.Add(new Finding(Rule, root, "the loop's own function is not in the object: was it renamed, or inlined?"));
            }
        }

        while (check._work.TryDequeue(out Function? function))
        {
            check.Follow(function);
        }

        check.ReportWhatIsUnused();
        return check._from.Keys;
    }

    private void Enter(Function function, string? from)
    {
        if (_from.TryAdd(function.Name, from))
        {
            _work.Enqueue(function);
        }
    }

    private void Follow(Function function)
    {
        List<Step>? steps = null;
        foreach (Instruction instruction in function.Instructions)
        {
            // What the compiler makes of a check for another machine's instructions: nothing behind it is seen.
            if (_rules.IsOwnFramework && instruction.Mnemonic == "b" && instruction.Symbol.Length == 0 && instruction.Target == instruction.Address)
            {
                Report(function.Name, $"{instruction} is an endless loop, so that what follows is not in the object{Path(function.Name)}");
            }

            bool isIndirect = instruction.Mnemonic is "blr" or "br" && instruction.Relocation != "TLSDESC_CALL";
            if (isIndirect)
            {
                steps ??= Flow.Of(function);
                foreach (Step step in steps.Where(step => step.Instruction == instruction))
                {
                    FollowIndirect(function, step);
                }
            }
            else if (instruction.Symbol.Length > 0 && IsReference(instruction))
            {
                Reach(instruction.Symbol, function.Name);
            }
        }
    }

    /// <summary>Calls, jumps, and addresses of code that are taken: whoever has the address may call it.</summary>
    private bool IsReference(Instruction instruction) =>
        instruction.IsCall || instruction.Mnemonic == "b" || instruction.IsConditionalBranch
        || (instruction.Mnemonic == "adrp" && _code.FindFunction(instruction.Symbol) is not null);

    private void Reach(string symbol, string from)
    {
        if (_rules.Boundaries.FirstOrDefault(boundary => boundary.Functions.IsMatch(symbol)) is { } boundary)
        {
            _ = _used.Add(boundary);
            return;
        }

        if (_rules.Forbidden.IsMatch(symbol))
        {
            Report(from, $"calls {symbol}{Path(from)}");
            return;
        }

        if (_code.FindFunction(symbol) is { } function)
        {
            Enter(function, from);
        }
    }

    private void FollowIndirect(Function function, Step step)
    {
        Value? target = step.Before.Get(step.Instruction.Parts[0]);
        if (target is { Kind: ValueKind.Symbol } || BarrierCheck.RoutineOf(step) is not null || IsJumpTable(function, step))
        {
            return; // an address that was taken here is followed already; a routine of ours allocates nothing
        }

        if (target is { Kind: ValueKind.Load, From: { Kind: ValueKind.Symbol } cell } && Cell().Match(cell.Origin) is { Success: true } match)
        {
            FollowInterface(function, match.Groups[1].Value);
            return;
        }

        bool isFollowed = false;
        foreach (IndirectCalls rule in _rules.IndirectCalls.Where(rule => rule.Callers.IsMatch(function.Name)))
        {
            foreach (Function callee in Targets(rule, target))
            {
                isFollowed = true;
                _ = _used.Add(rule);
                Reach(callee.Name, function.Name);
            }
        }

        if (!isFollowed)
        {
            Report(function.Name, $"{step.Instruction} cannot be followed: the rules do not say where it goes{Path(function.Name)}");
        }
    }

    private List<Function> Targets(IndirectCalls rule, Value? target)
    {
        List<Function> targets = [];
        if (rule.TakenIn is { } takenIn)
        {
            foreach (Instruction taking in _code.Functions.Values.Where(taker => takenIn.IsMatch(taker.Name)).SelectMany(taker => taker.Instructions))
            {
                if (taking.Mnemonic == "adrp" && _code.FindFunction(taking.Symbol) is { } taken)
                {
                    targets.Add(taken);
                }
            }
        }

        // A virtual method: loaded from a slot of what was loaded from the start of an object.
        if (rule.Types is { } types && target is { Kind: ValueKind.Load, From: { Kind: ValueKind.Load, Offset: { } slot, From.Offset: 0 } })
        {
            targets.AddRange(_code.Types.Where(type => types.IsMatch(type)).Select(type => _code.Slot(type, slot)).OfType<Function>());
        }

        return targets;
    }

    /// <summary>Every method of that name in a type that the program makes: more than implement the interface, never fewer.</summary>
    private void FollowInterface(Function function, string cell)
    {
        string interfaceMethod = cell.EndsWith("_" + function.Name, StringComparison.Ordinal) ? cell[..^(function.Name.Length + 1)] : cell;
        string method = interfaceMethod[(interfaceMethod.LastIndexOf("__", StringComparison.Ordinal) + 2)..];
        Regex name = new($"__(.*_)?{Regex.Escape(method)}(_[0-9]+)?$");
        HashSet<string> types = [.. _code.Types];
        Function[] targets =
        [
            .. _code.Functions.Values.Where(candidate => candidate.Name.Contains("Nvmepf_", StringComparison.Ordinal)
                && name.IsMatch(candidate.Name)
                && types.Contains(candidate.Name[..candidate.Name.IndexOf("__", StringComparison.Ordinal)])),
        ];
        foreach (Function target in targets)
        {
            Reach(target.Name, function.Name);
        }

        if (targets.Length == 0)
        {
            Report(function.Name, $"calls {interfaceMethod}, which no type implements{Path(function.Name)}");
        }
    }

    /// <summary>A switch: the register was computed from a word that was read out of the code itself.</summary>
    private static bool IsJumpTable(Function function, Step step)
    {
        int at = function.Instructions.ToList().IndexOf(step.Instruction);
        return step.Instruction.Mnemonic == "br" && function.Instructions.Take(at).TakeLast(6).Count(before => before.Mnemonic == "adr") == 2;
    }

    private void ReportWhatIsUnused()
    {
        foreach (Boundary boundary in _rules.Boundaries.Where(boundary => !_used.Contains(boundary)))
        {
            _findings.Add(new Finding(Rule, boundary.Functions.ToString(), $"this boundary is never come to any more: {boundary.Reason}"));
        }

        foreach (IndirectCalls rule in _rules.IndirectCalls.Where(rule => !_used.Contains(rule)))
        {
            _findings.Add(new Finding(Rule, rule.Callers.ToString(), $"this rule of indirect calls is not needed any more: {rule.Reason}"));
        }

        foreach (Regex pattern in _rules.MustReach.Where(pattern => !_from.Keys.Any(pattern.IsMatch)))
        {
            _findings.Add(new Finding(Rule, pattern.ToString(), "is not reached: the call graph is cut somewhere"));
        }
    }

    private void Report(string function, string text)
    {
        if (_reported.Add(function + text))
        {
            _findings.Add(new Finding(Rule, function, text));
        }
    }

    private string Path(string function)
    {
        List<string> path = [];
        for (string? at = function; at is not null; at = _from[at])
        {
            path.Add(at);
        }

        return path.Count < 2 ? "" : " (" + string.Join(" <- ", path) + ")";
    }

    [GeneratedRegex("^__InterfaceDispatchCell_(.*)$")]
    private static partial Regex Cell();
}
