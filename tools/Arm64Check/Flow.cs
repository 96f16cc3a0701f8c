using System.Linq;

namespace Nvmepf.Arm64Check;

/// <summary>One instruction with the registers as they are before it.</summary>
public readonly record struct Step(Instruction Instruction, MachineState Before);

/// <summary>
/// Follows the values of registers through a function, block by block, until nothing changes. It knows addresses of symbols, copies,
/// additions, loads, stack slots; everything else is a new unknown value.
/// </summary>
public sealed class Flow
{
    private readonly IReadOnlyList<Instruction> _code;
    private readonly Dictionary<ulong, int> _indexAt = [];
    private readonly SortedSet<int> _leaders = [];
    private readonly Dictionary<int, int> _ends = [];
    private readonly Dictionary<int, MachineState> _entry = [];

    private Flow(Function function) => _code = function.Instructions;

    /// <summary>Every instruction that can be reached, with the registers before it.</summary>
    public static List<Step> Of(Function function)
    {
        Flow flow = new(function);
        flow.FindBlocks();
        flow.Solve();
        List<Step> steps = [];
        foreach ((int leader, MachineState entry) in flow._entry.OrderBy(pair => pair.Key))
        {
            MachineState state = entry.Copy();
            for (int i = leader; i < flow.EndOf(leader); i++)
            {
                steps.Add(new Step(flow._code[i], state.Copy()));
                Execute(flow._code[i], state);
            }
        }

        return steps;
    }

    private void FindBlocks()
    {
        for (int i = 0; i < _code.Count; i++)
        {
            _indexAt[_code[i].Address] = i;
        }

        _ = _leaders.Add(0);
        for (int i = 0; i < _code.Count; i++)
        {
            Instruction instruction = _code[i];
            if (instruction.Symbol.Length == 0 && instruction.Target is { } target && _indexAt.TryGetValue(target, out int index))
            {
                _ = _leaders.Add(index);
            }

            if ((instruction.EndsFlow || instruction.IsConditionalBranch) && i + 1 < _code.Count)
            {
                _ = _leaders.Add(i + 1);
            }
        }

        int[] starts = [.. _leaders];
        for (int i = 0; i < starts.Length; i++)
        {
            _ends[starts[i]] = i + 1 < starts.Length ? starts[i + 1] : _code.Count;
        }
    }

    private int EndOf(int leader) => _ends[leader];

    private void Solve()
    {
        Queue<int> work = new();
        if (_code.Count > 0)
        {
            _entry[0] = MachineState.AtEntry();
            work.Enqueue(0);
        }

        while (work.TryDequeue(out int leader))
        {
            MachineState state = _entry[leader].Copy();
            int end = EndOf(leader);
            for (int i = leader; i < end; i++)
            {
                Execute(_code[i], state);
            }

            foreach (int next in Successors(end - 1))
            {
                if (!_entry.TryGetValue(next, out MachineState? known))
                {
                    _entry[next] = state.Copy();
                    work.Enqueue(next);
                }
                else if (known.Merge(state, $"{_code[next].Address:x}"))
                {
                    work.Enqueue(next);
                }
            }
        }
    }

    private IEnumerable<int> Successors(int last)
    {
        Instruction instruction = _code[last];
        if (instruction.Symbol.Length == 0 && instruction.Target is { } target && _indexAt.TryGetValue(target, out int index)
            && instruction.Mnemonic is not ("bl" or "adr"))
        {
            yield return index;
        }

        if (!instruction.EndsFlow && last + 1 < _code.Count)
        {
            yield return last + 1;
        }

        // A jump by a table: its cases are the blocks that nothing else leads to, and those are entered with the registers of here.
        if (instruction.Mnemonic == "br")
        {
            foreach (int leader in _leaders.Where(leader => leader > 0 && IsOnlyReachedByTable(leader)))
            {
                yield return leader;
            }
        }
    }

    private bool IsOnlyReachedByTable(int leader) =>
        _code[leader - 1].EndsFlow && _code[leader].Mnemonic is not ("udf" or "brk") && !_code.Any(other =>
            other.Symbol.Length == 0 && other.Mnemonic is not "adr" && other.Target == _code[leader].Address);

    private static void Execute(Instruction instruction, MachineState state)
    {
        string[] parts = instruction.Parts;
        if (instruction.IsCall)
        {
            // The way to thread-local memory keeps every register but x0.
            if (instruction.Relocation == "TLSDESC_CALL")
            {
                state.Set("x0", Unknown(instruction, 0));
            }
            else
            {
                state.AfterCall(instruction.Address);
            }

            return;
        }

        if (instruction.IsMemoryAccess)
        {
            MemoryAccess.Execute(instruction, state);
            return;
        }

        if (parts.Length < 2 || instruction.IsConditionalBranch || instruction.Mnemonic is "cmp" or "cmn" or "tst" or "ccmp" or "msr" or "b")
        {
            return;
        }

        state.Set(parts[0], Result(instruction, state));
    }

    private static Value Result(Instruction instruction, MachineState state)
    {
        string[] parts = instruction.Parts;
        switch (instruction.Mnemonic)
        {
            case "adrp" when instruction.Symbol.Length > 0:
                return new Value(ValueKind.Symbol, instruction.Symbol, 0);
            case "add" when instruction.Relocation == "ADD_ABS_LO12_NC":
                return new Value(ValueKind.Symbol, instruction.Symbol, 0);
            case "mov" when Instruction.Number(parts[1]) is { } constant:
                return new Value(ValueKind.Constant, "constant", constant);
            case "mov" when state.Get(parts[1]) is { } source:
                return source;
            case "add" or "sub" when parts.Length >= 3 && state.Get(parts[1]) is { } first:
                long? amount = Amount(parts, state);
                return Pointer(first, state.Get(parts[2])).Plus(instruction.Mnemonic == "sub" ? -amount : amount);
            case "and" or "bic" when state.Get(parts[1]) is { } masked:
                return masked.Plus(null); // an address rounded down
            default:
                return Unknown(instruction, 0);
        }
    }

    /// <summary>Of two added registers the one that is more likely the address: never a constant.</summary>
    private static Value Pointer(Value first, Value? second) => first.Kind == ValueKind.Constant && second is not null ? second : first;

    private static long? Amount(string[] parts, MachineState state)
    {
        long? number = parts[2].StartsWith('#') ? Instruction.Number(parts[2]) : null;
        if (number is null && state.Get(parts[2]) is { Kind: ValueKind.Constant } constant)
        {
            number = constant.Offset;
        }

        return parts.Length == 3 ? number
            : parts[3].StartsWith("lsl #", StringComparison.Ordinal) && Instruction.Number(parts[3][4..]) is { } shift ? number << (int)shift
            : null;
    }

    /// <summary>A value that only this instruction makes.</summary>
    internal static Value Unknown(Instruction instruction, int which) => new(ValueKind.Unknown, $"made {instruction.Address:x}.{which}", 0);
}
