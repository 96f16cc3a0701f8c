using System.Globalization;
using System.Text;

namespace Nvmepf.Firmware.Configuration;

/// <summary>NVMe Qualified Names (NVMe Base 2.1 section 4.7).</summary>
/// <remarks>
/// nvmet takes any text as a name, and the example of its PCI endpoint documentation is no NQN (<c>nvmepf.0.nqn</c>): such names are taken here
/// too, with a note for that of a subsystem that is served. The length is bounded by the field that hosts read it from (Identify Controller, SUBNQN).
/// </remarks>
internal static class QualifiedName
{
    /// <summary>The longest name in bytes, without the terminating NUL.</summary>
    public const int LengthMaxBytes = 223;

    /// <summary>How names are written, for messages.</summary>
    public const string Form = "1 to 223 bytes without blanks and slashes, best as nqn.YYYY-MM.REVERSE.DOMAIN:NAME";

    private const string Prefix = "nqn.";
    private const string UuidPrefix = "nqn.2014-08.org.nvmexpress:uuid:";
    private const string Discovery = "nqn.2014-08.org.nvmexpress.discovery";

    /// <summary>The name of the UUID form.</summary>
    public static string FromUuid(Guid uuid) => UuidPrefix + uuid.ToString("D");

    /// <summary>What forbids a name; null for nothing.</summary>
    public static string? Check(string name)
    {
        int bytes = Encoding.UTF8.GetByteCount(name);
        if (bytes is 0 or > LengthMaxBytes)
        {
            return bytes == 0 ? "empty" : $"{bytes} bytes long";
        }

        foreach (char character in name)
        {
            // A slash could not be a directory of configfs; blanks end words in logs and shells.
            if (char.IsControl(character) || char.IsWhiteSpace(character) || character == '/')
            {
                return "contains a blank, a slash or a control character";
            }
        }

        return null;
    }

    /// <summary>Why a name is no NQN; null for one that is.</summary>
    public static string? CheckForm(string name)
    {
        if (name == Discovery)
        {
            return null;
        }

        if (!name.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return "does not begin with nqn.";
        }

        ReadOnlySpan<char> rest = name.AsSpan(Prefix.Length);
        bool hasDate = rest.Length > 8
            && !rest[..4].ContainsAnyExceptInRange('0', '9')
            && rest[4] == '-'
            && int.TryParse(rest[5..7], NumberStyles.None, CultureInfo.InvariantCulture, out int month)
            && month is >= 1 and <= 12
            && rest[7] == '.';
        if (!hasDate)
        {
            return "no date (YYYY-MM) after nqn.";
        }

        rest = rest[8..];
        int colon = rest.IndexOf(':');
        if (colon < 1 || colon == rest.Length - 1)
        {
            return "no domain and name with a colon between them after the date";
        }

        foreach (char character in rest[..colon])
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('.' or '-'))
            {
                return "not a domain after the date";
            }
        }

        return name.StartsWith(UuidPrefix, StringComparison.Ordinal) && !Guid.TryParseExact(name[UuidPrefix.Length..], "D", out _)
            ? "no UUID after uuid:"
            : null;
    }
}
