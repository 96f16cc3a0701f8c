using System.Globalization;

namespace Nvmepf.Arm64Check;

/// <summary>
/// The object as text of <c>objdump</c>: <c>-d -r --no-show-raw-insn</c> for the code, <c>-t</c> for symbols and <c>-r -j .data</c> for data
/// that points at code (virtual method tables).
/// </summary>
public sealed class ObjectText
{
    private const string TypePrefix = "_ZTV";

    private readonly Dictionary<string, Function> _functions = [];
    private readonly Dictionary<(string Section, ulong Address), string> _nameAt = [];
    private readonly Dictionary<string, (string Section, ulong Address)> _symbols = [];
    private readonly SortedDictionary<ulong, string> _types = [];
    private readonly SortedDictionary<ulong, string> _dataRelocations = [];

    /// <summary>Every function by its name.</summary>
    public IReadOnlyDictionary<string, Function> Functions => _functions;

    /// <summary>Reads the three texts; the last two may be empty.</summary>
    public static ObjectText Parse(TextReader disassembly, TextReader symbols, TextReader relocations)
    {
        ObjectText text = new();
        text.ReadSymbols(symbols);
        text.ReadDisassembly(disassembly);
        text.ReadRelocations(relocations);
        return text;
    }

    /// <summary>The function of this name, or of the same address under another name; null where the symbol is no code of this object.</summary>
    public Function? FindFunction(string symbol)
    {
        if (_functions.TryGetValue(symbol, out Function? function))
        {
            return function;
        }

        return _symbols.TryGetValue(symbol, out (string, ulong) place) && _nameAt.TryGetValue(place, out string? name) ? _functions[name] : null;
    }

    /// <summary>The types whose tables the object has, without the compiler's prefix, and where they begin.</summary>
    public IEnumerable<string> Types => _types.Values;

    /// <summary>The function in the slot at <paramref name="offset"/> of a type's method table; null where it holds none.</summary>
    public Function? Slot(string type, long offset)
    {
        foreach ((ulong address, string name) in _types)
        {
            if (name == type && _dataRelocations.TryGetValue(address + (ulong)offset, out string? symbol))
            {
                return FindFunction(symbol);
            }
        }

        return null;
    }

    private void ReadSymbols(TextReader reader)
    {
        while (reader.ReadLine() is { } line)
        {
            int tab = line.IndexOf('\t', StringComparison.Ordinal);
            string[] left = tab < 0 ? [] : line[..tab].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (left.Length < 2 || !TryHex(left[0], out ulong address))
            {
                continue;
            }

            string right = line[(tab + 1)..];
            string name = right[(right.IndexOf(' ', StringComparison.Ordinal) + 1)..].Trim();
            name = name.StartsWith(".hidden ", StringComparison.Ordinal) ? name[8..] : name;
            _symbols[name] = (left[^1], address);
            if (left[^1] == ".data" && name.StartsWith(TypePrefix, StringComparison.Ordinal))
            {
                _types[address] = name[TypePrefix.Length..].TrimStart("0123456789".ToCharArray());
            }
        }
    }

    private void ReadRelocations(TextReader reader)
    {
        while (reader.ReadLine() is { } line)
        {
            string[] parts = line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length == 3 && TryHex(parts[0], out ulong address) && parts[1] == "R_AARCH64_ABS64")
            {
                _dataRelocations[address] = WithoutOffset(parts[2].Trim());
            }
        }
    }

    private void ReadDisassembly(TextReader reader)
    {
        string section = "";
        string? name = null;
        List<Instruction> instructions = [];
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith("Disassembly of section ", StringComparison.Ordinal))
            {
                section = line[23..].TrimEnd(':');
            }
            else if (line.EndsWith(">:", StringComparison.Ordinal) && line.IndexOf(" <", StringComparison.Ordinal) is int open and > 0)
            {
                Finish();
                name = line[(open + 2)..^2];
                _ = TryHex(line[..open], out ulong address);
                _nameAt[(section, address)] = name;
            }
            else if (name is not null && line.Contains(": R_AARCH64_", StringComparison.Ordinal))
            {
                AddRelocation(instructions, line);
            }
            else if (name is not null && ReadInstruction(line, name) is { } instruction)
            {
                instructions.Add(instruction);
            }
        }

        Finish();

        void Finish()
        {
            if (name is not null)
            {
                _functions[name] = new Function(name, section, instructions.ToArray());
            }

            instructions.Clear();
        }
    }

    private static void AddRelocation(List<Instruction> instructions, string line)
    {
        string text = line[(line.IndexOf(": R_AARCH64_", StringComparison.Ordinal) + 12)..];
        int gap = text.IndexOfAny([' ', '\t']);
        if (instructions.Count > 0 && gap > 0)
        {
            instructions[^1] = instructions[^1] with { Relocation = text[..gap], Symbol = WithoutOffset(text[gap..].Trim()), Target = null };
        }
    }

    private static Instruction? ReadInstruction(string line, string function)
    {
        int colon = line.IndexOf(":\t", StringComparison.Ordinal);
        if (colon < 0 || !TryHex(line[..colon].Trim(), out ulong address))
        {
            return null;
        }

        string text = line[(colon + 2)..];
        int comment = text.IndexOf("//", StringComparison.Ordinal);
        text = (comment < 0 ? text : text[..comment]).Trim();
        int tab = text.IndexOf('\t', StringComparison.Ordinal);
        string mnemonic = tab < 0 ? text : text[..tab];
        string operands = tab < 0 ? "" : text[(tab + 1)..].Trim();
        int open = operands.IndexOf(" <", StringComparison.Ordinal);
        if (open < 0)
        {
            return new Instruction(address, mnemonic, operands);
        }

        // A branch: "x0, 1f0 <name+0x10>".
        string symbol = WithoutOffset(operands[(open + 2)..^1]);
        string before = operands[..open];
        ulong? target = TryHex(before[(before.LastIndexOf(' ') + 1)..], out ulong parsed) ? parsed : null;
        return new Instruction(address, mnemonic, before) { Symbol = symbol == function ? "" : symbol, Target = target };
    }

    private static string WithoutOffset(string symbol)
    {
        int plus = symbol.LastIndexOf("+0x", StringComparison.Ordinal);
        int minus = symbol.LastIndexOf("-0x", StringComparison.Ordinal);
        int end = Math.Max(plus, minus);
        return end > 0 ? symbol[..end] : symbol;
    }

    private static bool TryHex(string text, out ulong value) =>
        ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
}
