using System.Runtime.CompilerServices;
using Nvmepf.Hal.DesignWare;
using Nvmepf.Hal.Mmio;

namespace Nvmepf.Hal.Inspection;

/// <summary>One field of a register.</summary>
/// <param name="Name">Its name in the register map.</param>
/// <param name="LowestBit">Its lowest bit.</param>
/// <param name="Width">How many bits, from the lowest to the highest.</param>
public readonly record struct RegisterField(string Name, int LowestBit, int Width);

/// <summary>
/// A register that can be read and decoded: made from a property of a register map, which gives its name, its offset and the type of its
/// fields. Names, bits and values of fields come from that type; nothing about a register is written down a second time.
/// </summary>
/// <remarks>Control threads only: decoding allocates.</remarks>
public sealed class RegisterRow
{
    private readonly Func<uint, string> _print;
    private RegisterField[]? _fields;

    private RegisterRow(string name, uint offsetBytes, Func<uint, string> print)
    {
        Name = name;
        OffsetBytes = offsetBytes;
        _print = print;
    }

    /// <summary>As it is typed: the property's name in lower case with hyphens.</summary>
    public string Name { get; }

    /// <summary>From the block's base.</summary>
    public uint OffsetBytes { get; }

    /// <summary>True where reading it changes something in the hardware: it is read only where somebody asks for it by its whole name.</summary>
    public bool HasReadEffect { get; init; }

    /// <summary>Its fields in ascending order of bits.</summary>
    public IReadOnlyList<RegisterField> Fields => _fields ??= FindFields();

    /// <summary>A register of a map, with the map's base taken as 0.</summary>
    /// <param name="register">The property.</param>
    /// <param name="expression">Given by the compiler: the property's name.</param>
    public static RegisterRow Of<T>(ReadOnlyRegister<T> register, [CallerArgumentExpression(nameof(register))] string expression = "")
        where T : unmanaged, IRegisterFields<T> => Create<T>(register.Address, expression);

    /// <inheritdoc cref="Of{T}(ReadOnlyRegister{T}, string)"/>
    public static RegisterRow Of<T>(ReadWriteRegister<T> register, [CallerArgumentExpression(nameof(register))] string expression = "")
        where T : unmanaged, IRegisterFields<T> => Create<T>(register.Address, expression);

    /// <inheritdoc cref="Of{T}(ReadOnlyRegister{T}, string)"/>
    public static RegisterRow Of<T>(WriteOneToClearRegister<T> register, [CallerArgumentExpression(nameof(register))] string expression = "")
        where T : unmanaged, IRegisterFields<T> => Create<T>(register.Address, expression);

    /// <inheritdoc cref="Of{T}(ReadOnlyRegister{T}, string)"/>
    public static RegisterRow Of<T>(HighWordMaskRegister<T> register, [CallerArgumentExpression(nameof(register))] string expression = "")
        where T : unmanaged, IRegisterFields<T> => Create<T>(register.Address, expression);

    /// <inheritdoc cref="Of{T}(ReadOnlyRegister{T}, string)"/>
    public static RegisterRow Of<T>(ControlStatusRegister<T> register, [CallerArgumentExpression(nameof(register))] string expression = "")
        where T : unmanaged, IRegisterFields<T> => Create<T>(register.Address, expression);

    /// <inheritdoc cref="Of{T}(ReadOnlyRegister{T}, string)"/>
    public static RegisterRow Of<T>(ProtectedRegister<T> register, [CallerArgumentExpression(nameof(register))] string expression = "")
        where T : unmanaged, IRegisterFields<T> => Create<T>(register.Address, expression);

    /// <summary>A register whose fields are a type that prints itself as a record does; for registers that are no device's.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="offsetBytes">Its offset.</param>
    /// <param name="print">Prints the fields of a value.</param>
    public static RegisterRow Of(string name, uint offsetBytes, Func<uint, string> print) => new(name, offsetBytes, print);

    /// <summary>The same register of another block of the same kind: at a further offset, with a name before its own.</summary>
    public RegisterRow At(string prefix, nint offsetBytes) =>
        new(prefix + Name, OffsetBytes + (uint)offsetBytes, _print) { _fields = _fields, HasReadEffect = HasReadEffect };

    /// <summary>The same register, with <see cref="HasReadEffect"/>.</summary>
    public RegisterRow WithReadEffect() => new(Name, OffsetBytes, _print) { HasReadEffect = true };

    /// <summary>The values of the fields, in the order of <see cref="Fields"/>.</summary>
    public string[] Decode(uint raw)
    {
        List<(string Name, string Value)> values = RecordText.Parse(_print(raw));
        return [.. System.Linq.Enumerable.Select(Fields, field => values.Find(value => value.Name == field.Name).Value)];
    }

    /// <summary>A name of a program in the manner of a command line: <c>LinkControl2</c> is <c>link-control2</c>.</summary>
    public static string Hyphenated(string name)
    {
        System.Text.StringBuilder text = new();
        for (int i = 0; i < name.Length; i++)
        {
            bool beginsWord = i > 0 && char.IsAsciiLetterUpper(name[i]) && !char.IsAsciiLetterUpper(name[i - 1]);
            if (beginsWord || BeginsNumberInside(name, i))
            {
                _ = text.Append('-');
            }

            _ = char.IsAsciiLetterOrDigit(name[i]) ? text.Append(char.ToLowerInvariant(name[i])) : text;
        }

        return text.ToString();
    }

    /// <summary>A number that words follow is a word of its own; one at the end belongs to the word before.</summary>
    private static bool BeginsNumberInside(string name, int at)
    {
        int end = at;
        while (end < name.Length && char.IsAsciiDigit(name[end]))
        {
            end++;
        }

        return at > 0 && end > at && end < name.Length && !char.IsAsciiDigit(name[at - 1]) && char.IsAsciiLetterLower(name[at - 1]);
    }

    private static RegisterRow Create<T>(nint offset, string expression)
        where T : unmanaged, IRegisterFields<T> =>
        new(Hyphenated(expression[(expression.LastIndexOf('.') + 1)..]), (uint)offset, static raw => T.FromRaw(raw).ToString()!);

    /// <summary>A field is where a value changes when a bit is set.</summary>
    private RegisterField[] FindFields()
    {
        List<(string Name, string Value)> empty = RecordText.Parse(_print(0));
        List<RegisterField> fields = [];
        foreach ((string name, _) in empty)
        {
            fields.Add(new RegisterField(name, 32, 0));
        }

        for (int bit = 0; bit < 32; bit++)
        {
            List<(string Name, string Value)> values = RecordText.Parse(_print(1u << bit));
            for (int i = 0; i < fields.Count; i++)
            {
                if (values[i].Value != empty[i].Value)
                {
                    int lowest = Math.Min(fields[i].LowestBit, bit);
                    fields[i] = fields[i] with { LowestBit = lowest, Width = bit - lowest + 1 };
                }
            }
        }

        _ = fields.RemoveAll(field => field.Name == "Raw" || field.Width == 0);
        fields.Sort((one, other) => one.LowestBit.CompareTo(other.LowestBit));
        return [.. fields];
    }
}
