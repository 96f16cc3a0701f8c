// What is read out of an AArch64 object: instructions, functions, and the data words that point at code. Text in, no judgement.

using System.Globalization;

namespace Nvmepf.Arm64Check;

/// <summary>One instruction as the disassembler prints it.</summary>
/// <param name="Address">Offset in its section.</param>
/// <param name="Mnemonic">For example <c>stlr</c> or <c>b.eq</c>.</param>
/// <param name="Operands">For example <c>w1, [x0, #8]</c>; no comment.</param>
public sealed record Instruction(ulong Address, string Mnemonic, string Operands)
{
    /// <summary>Type of the relocation on it, e.g. <c>CALL26</c>; empty where there is none.</summary>
    public string Relocation { get; init; } = "";

    /// <summary>The symbol of the relocation, or of the function that a branch goes to; empty where there is none.</summary>
    public string Symbol { get; init; } = "";

    /// <summary>Where a branch goes, in the same section; null for other instructions and for branches by relocation.</summary>
    public ulong? Target { get; init; }

    /// <summary>The operands, split at the commas outside of brackets.</summary>
    public string[] Parts { get; } = Split(Operands);

    /// <summary>True for <c>b.eq</c>, <c>cbz</c>, <c>tbnz</c> and their like.</summary>
    public bool IsConditionalBranch => Mnemonic.StartsWith("b.", StringComparison.Ordinal) || Mnemonic is "cbz" or "cbnz" or "tbz" or "tbnz";

    /// <summary>True for calls.</summary>
    public bool IsCall => Mnemonic is "bl" or "blr";

    /// <summary>True where the next instruction in memory is not the next one executed.</summary>
    public bool EndsFlow => Mnemonic is "b" or "br" or "ret" or "brk" or "udf";

    /// <summary>True for loads, stores and cache-line zeroing.</summary>
    public bool IsMemoryAccess =>
        Parts.Length > 1 && Mnemonic != "prfm" && Operands.Contains('[', StringComparison.Ordinal)
        && (Mnemonic.StartsWith("ld", StringComparison.Ordinal) || Mnemonic.StartsWith("st", StringComparison.Ordinal)
            || Mnemonic.StartsWith("cas", StringComparison.Ordinal) || Mnemonic.StartsWith("swp", StringComparison.Ordinal));

    /// <summary>Parses the number of an operand such as <c>#0x10</c>, <c>#-16</c>; null for anything else.</summary>
    public static long? Number(string operand)
    {
        string text = operand.TrimStart('#');
        bool isNegative = text.StartsWith('-');
        text = text.TrimStart('-');
        bool isNumber = text.StartsWith("0x", StringComparison.Ordinal)
            ? ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value)
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
        return !isNumber ? null : isNegative ? -(long)value : (long)value;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Address:x}: {Mnemonic} {Operands}".TrimEnd();

    private static string[] Split(string operands)
    {
        List<string> parts = [];
        int depth = 0;
        int start = 0;
        for (int i = 0; i <= operands.Length; i++)
        {
            char c = i < operands.Length ? operands[i] : ',';
            depth += c is '[' or '{' ? 1 : c is ']' or '}' ? -1 : 0;
            if (c == ',' && (depth == 0 || i == operands.Length))
            {
                parts.Add(operands[start..i].Trim());
                start = i + 1;
            }
        }

        return [.. parts];
    }
}

/// <summary>A function: a symbol in a section with code.</summary>
/// <param name="Name">The symbol.</param>
/// <param name="Section">Its section.</param>
/// <param name="Instructions">In the order of addresses, jump tables at the end included (they read as <c>udf</c>).</param>
public sealed record Function(string Name, string Section, IReadOnlyList<Instruction> Instructions);
