using System.Buffers;
using System.Globalization;

namespace Nvmepf.Firmware.Configuration;

/// <summary>
/// How values are written: numbers, sizes, versions, identifiers, texts. Each parser returns what is wrong with the text, or null;
/// the caller knows where the text stands and what is allowed there.
/// </summary>
internal static class ValueText
{
    /// <summary>How sizes are written, for messages.</summary>
    public const string SizeForm = "a number of bytes, or with K, M, G or T for powers of 1024 (4G)";

    private const string SizeSuffixes = "KMGT";
    private static readonly SearchValues<char> s_hexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    // NVMe Base and NVM Express specifications that were published with a version number (VS register, section 3.1.4.2).
    private static readonly string[] s_versions = ["1.0", "1.1", "1.2", "1.2.1", "1.3", "1.4", "2.0", "2.1"];

    /// <summary>The published versions, for messages.</summary>
    public static string Versions { get; } = string.Join(", ", s_versions);

    /// <summary>A number in decimal, or in hexadecimal with 0x.</summary>
    public static string? ParseNumber(string text, uint minimum, uint maximum, out uint value)
    {
        value = 0;
        bool isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        bool isNegative = text.StartsWith('-');
        ReadOnlySpan<char> digits = text.AsSpan(isHex ? 2 : isNegative ? 1 : 0);
        if (digits.IsEmpty || (isHex ? digits.ContainsAnyExcept(s_hexDigits) : digits.ContainsAnyExceptInRange('0', '9')))
        {
            return "not a number";
        }

        // What does not fit is larger than any bound.
        NumberStyles style = isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None;
        ulong number = ulong.TryParse(digits, style, CultureInfo.InvariantCulture, out ulong parsed) ? parsed : ulong.MaxValue;
        if (isNegative || number < minimum)
        {
            return $"less than {Like(text, minimum)}";
        }

        if (number > maximum)
        {
            return $"more than {Like(text, maximum)}";
        }

        value = (uint)number;
        return null;

        static string Like(string text, uint bound) => text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? "0x" + bound.ToString("x", CultureInfo.InvariantCulture)
            : bound.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>A size in bytes: plain, or with one of K, M, G and T (powers of 1024), in either case.</summary>
    public static string? ParseSize(ReadOnlySpan<char> text, out ulong bytes)
    {
        bytes = 0;
        int power = text.IsEmpty ? -1 : SizeSuffixes.IndexOf(char.ToUpperInvariant(text[^1]), StringComparison.Ordinal);
        ReadOnlySpan<char> digits = power >= 0 ? text[..^1] : text;
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9'))
        {
            return "not a size";
        }

        ulong scale = 1UL << (10 * (power + 1));
        if (!ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) || number > long.MaxValue / scale)
        {
            return "larger than any file (2^63 - 1 bytes)";
        }

        bytes = number * scale;
        return bytes == 0 ? "zero" : null;
    }

    /// <summary>A size with the largest suffix that loses nothing.</summary>
    public static string ShowSize(ulong bytes)
    {
        int power = -1;
        while (power + 1 < SizeSuffixes.Length && bytes != 0 && bytes % 1024 == 0)
        {
            bytes /= 1024;
            power++;
        }

        string number = bytes.ToString(CultureInfo.InvariantCulture);
        return power < 0 ? number : number + SizeSuffixes[power];
    }

    /// <summary>Printable ASCII of bounded length: the strings of Identify are such.</summary>
    public static string? CheckAscii(string text, int lengthMax)
    {
        if (text.Length == 0)
        {
            return "empty";
        }

        if (text.Length > lengthMax)
        {
            return $"{text.Length} characters long";
        }

        return text.AsSpan().ContainsAnyExceptInRange(' ', '~') ? "not printable ASCII" : null;
    }

    /// <summary>A path that the system takes: not empty, and without NUL, which would end it early.</summary>
    public static string? CheckPath(string text) =>
        text.Length == 0 ? "empty" : text.Contains('\0', StringComparison.Ordinal) ? "contains a NUL" : null;

    /// <summary>A published NVMe version as the VS register has it: major in bits 31:16, minor in 15:8, tertiary in 7:0.</summary>
    public static string? ParseVersion(string text, out uint version)
    {
        version = 0;
        string shortest = text.Split('.').Length == 3 && text.EndsWith(".0", StringComparison.Ordinal) ? text[..^2] : text;
        if (Array.IndexOf(s_versions, shortest) < 0)
        {
            return "not a published version of NVMe";
        }

        string[] parts = shortest.Split('.');
        for (int i = 0; i < 3; i++)
        {
            uint part = i < parts.Length ? uint.Parse(parts[i], CultureInfo.InvariantCulture) : 0;
            version |= part << (16 - (8 * i));
        }

        return null;
    }

    /// <summary>A version register as text.</summary>
    public static string ShowVersion(uint version)
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"{version >> 16}.{(version >> 8) & 0xFF}");
        return (version & 0xFF) == 0 ? text : string.Create(CultureInfo.InvariantCulture, $"{text}.{version & 0xFF}");
    }

    /// <summary>A UUID in its usual form.</summary>
    public static string? ParseUuid(string text, out Guid uuid) =>
        Guid.TryParseExact(text, "D", out uuid) ? null : "not a UUID";

    /// <summary>An NGUID: 16 bytes in hexadecimal; hyphens and colons between bytes are skipped, as nvmet does.</summary>
    public static string? ParseNguid(string text, out byte[] nguid)
    {
        nguid = new byte[16];
        int count = 0;
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            if (rest[0] is '-' or ':')
            {
                rest = rest[1..];
                continue;
            }

            if (count == 16
                || rest.Length < 2
                || !byte.TryParse(rest[..2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out nguid[count]))
            {
                return "not an NGUID";
            }

            count++;
            rest = rest[2..];
        }

        return count == 16 ? null : "not an NGUID";
    }

    /// <summary>An NGUID in the form in which nvmet shows it.</summary>
    public static string ShowNguid(ReadOnlySpan<byte> nguid) => new Guid(nguid, bigEndian: true).ToString("D");
}
