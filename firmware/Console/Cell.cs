using System.Globalization;

namespace Nvmepf.Firmware.Console;

/// <summary>What a cell holds.</summary>
internal enum CellKind : byte
{
    /// <summary>Text.</summary>
    Text,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A number with a fraction.</summary>
    Real,

    /// <summary>Yes or no.</summary>
    Flag,

    /// <summary>Not there.</summary>
    Nothing,
}

/// <summary>One value that a command shows: a number stays a number in JSON.</summary>
internal readonly struct Cell
{
    private Cell(CellKind kind, string? text, long integer, double real, int decimals)
    {
        Kind = kind;
        Text = text;
        Integer = integer;
        Real = real;
        Decimals = decimals;
    }

    /// <summary>What it holds.</summary>
    public CellKind Kind { get; }

    /// <summary>The text, for text.</summary>
    public string? Text { get; }

    /// <summary>The number; 0 and 1 for a flag.</summary>
    public long Integer { get; }

    /// <summary>The number with its fraction.</summary>
    public double Real { get; }

    /// <summary>Digits of the fraction that are shown.</summary>
    public int Decimals { get; }

    /// <summary>Nothing: an empty place, null in JSON.</summary>
    public static Cell None => new(CellKind.Nothing, null, 0, 0, 0);

    /// <summary>A number with so many digits of its fraction.</summary>
    public static Cell Of(double value, int decimals) =>
        double.IsFinite(value) ? new(CellKind.Real, null, 0, Math.Round(value, decimals), decimals) : None;

    /// <summary>A number in hexadecimal digits, text in JSON too.</summary>
    public static Cell Hex(ulong value, int digits) => value.ToString("x" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) + "h";

    public static implicit operator Cell(string? text) => text is null ? None : new(CellKind.Text, text, 0, 0, 0);

    public static implicit operator Cell(long value) => new(CellKind.Integer, null, value, 0, 0);

    public static implicit operator Cell(ulong value) => new(CellKind.Integer, null, (long)Math.Min(value, long.MaxValue), 0, 0);

    public static implicit operator Cell(int value) => new(CellKind.Integer, null, value, 0, 0);

    public static implicit operator Cell(uint value) => new(CellKind.Integer, null, value, 0, 0);

    public static implicit operator Cell(ushort value) => new(CellKind.Integer, null, value, 0, 0);

    public static implicit operator Cell(bool value) => new(CellKind.Flag, null, value ? 1 : 0, 0, 0);

    /// <summary>As a person reads it.</summary>
    public override string ToString() => Kind switch
    {
        CellKind.Text => Text!,
        CellKind.Integer => Integer.ToString(CultureInfo.InvariantCulture),
        CellKind.Real => Real.ToString("F" + Decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
        CellKind.Flag => Integer != 0 ? "yes" : "no",
        _ => "-",
    };
}

/// <summary>A column of a table.</summary>
/// <param name="Name">Heading, and member name in JSON.</param>
/// <param name="Width">Characters; negative for text, which begins at the left. The last column may be longer and goes on on the next line.</param>
internal readonly record struct Column(string Name, int Width);
