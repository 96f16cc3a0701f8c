using System.Buffers.Text;

namespace Nvmepf.Firmware.Diagnostics;

/// <summary>
/// One line of the log: <c>[    1.234567] nvmepf: text</c>. A text has holes <c>{0}</c> and <c>{1}</c> for two numbers, decimal or, as
/// in <c>{0:x4}</c>, hexadecimal with as many digits.
/// </summary>
/// <remarks>Plain ASCII: anything else in a text is printed as a question mark, so that no line can upset a terminal.</remarks>
public static class LogLine
{
    /// <summary>Bytes of the longest line, newline included; what does not fit is cut.</summary>
    public const int LengthMax = 1500; // what is allowed stands at the end of a line, and of a controller's attributes it is long

    /// <summary>
    /// Writes a line.
    /// </summary>
    /// <returns>Its length in bytes, newline included.</returns>
    public static int Format(Span<byte> line, long timeNanoseconds, string text, long first, long second, long leftOut)
    {
        Span<byte> rest = line[..(LengthMax - 1)];
        Append(ref rest, "[");
        AppendPadded(ref rest, timeNanoseconds / 1_000_000_000, 5, (byte)' ');
        Append(ref rest, ".");
        AppendPadded(ref rest, timeNanoseconds % 1_000_000_000 / 1000, 6, (byte)'0');
        Append(ref rest, "] nvmepf: ");
        AppendTemplate(ref rest, text, first, second);
        if (leftOut > 0)
        {
            Append(ref rest, " (");
            AppendPadded(ref rest, leftOut, 1, (byte)' ');
            Append(ref rest, " more like it not shown)");
        }

        int length = LengthMax - 1 - rest.Length;
        line[length] = (byte)'\n';
        return length + 1;
    }

    /// <summary>What a formatted line says, without time, name and newline.</summary>
    public static string TextOf(ReadOnlySpan<byte> line)
    {
        int start = line.IndexOf("] nvmepf: "u8);
        return System.Text.Encoding.ASCII.GetString(line[(start + 10)..^1]);
    }

    private static void AppendTemplate(ref Span<byte> rest, string text, long first, long second)
    {
        int at = 0;
        while (at < text.Length)
        {
            if (text[at] == '{' && TryHole(text.AsSpan(at), out int index, out int hexDigits, out int holeLength))
            {
                long value = index == 0 ? first : second;
                if (hexDigits > 0)
                {
                    AppendHex(ref rest, (ulong)value, hexDigits);
                }
                else
                {
                    AppendPadded(ref rest, value, 1, (byte)' ');
                }

                at += holeLength;
                continue;
            }

            Append(ref rest, text.AsSpan(at, 1));
            at++;
        }
    }

    /// <summary>Recognises <c>{0}</c>, <c>{1}</c>, <c>{0:xN}</c> and <c>{1:xN}</c>.</summary>
    private static bool TryHole(ReadOnlySpan<char> text, out int index, out int hexDigits, out int length)
    {
        index = 0;
        hexDigits = 0;
        length = 0;
        if (text.Length < 3 || text[1] is not ('0' or '1'))
        {
            return false;
        }

        index = text[1] - '0';
        if (text[2] == '}')
        {
            length = 3;
            return true;
        }

        if (text.Length >= 6 && text[2] == ':' && text[3] == 'x' && text[4] is >= '1' and <= '9' && text[5] == '}')
        {
            hexDigits = text[4] - '0';
            length = 6;
            return true;
        }

        return false;
    }

    private static void Append(ref Span<byte> rest, ReadOnlySpan<char> text)
    {
        foreach (char character in text)
        {
            if (rest.IsEmpty)
            {
                return;
            }

            rest[0] = character is >= ' ' and <= '~' ? (byte)character : (byte)'?';
            rest = rest[1..];
        }
    }

    private static void AppendPadded(ref Span<byte> rest, long value, int width, byte padding)
    {
        Span<byte> digits = stackalloc byte[20];
        _ = Utf8Formatter.TryFormat(value, digits, out int count);
        for (int i = count; i < width && !rest.IsEmpty; i++)
        {
            rest[0] = padding;
            rest = rest[1..];
        }

        AppendBytes(ref rest, digits[..count]);
    }

    private static void AppendHex(ref Span<byte> rest, ulong value, int digitsMin)
    {
        Span<byte> digits = stackalloc byte[16];
        int count = 0;
        for (int shift = 60; shift >= 0; shift -= 4)
        {
            int digit = (int)(value >> shift) & 0xF;
            if (count > 0 || digit != 0 || shift < digitsMin * 4)
            {
                digits[count++] = (byte)"0123456789abcdef"[digit];
            }
        }

        AppendBytes(ref rest, digits[..count]);
    }

    private static void AppendBytes(ref Span<byte> rest, scoped ReadOnlySpan<byte> bytes)
    {
        int count = Math.Min(bytes.Length, rest.Length);
        bytes[..count].CopyTo(rest);
        rest = rest[count..];
    }
}
