// Configuration: one tree of attributes with the names that nvmet's users know (ConfigurationTree and the nodes in Tree/), read from a JSON
// file in nvmetcli's schema, from a directory shaped like configfs, or built from command-line options, judged as a whole
// (ServedConfiguration), and printed back as such a file or directory. Every attribute is one row of a table: its name, what is allowed, how
// it is read and shown. All sources go through the same rows.
//
// Nothing here opens namespaces or sockets, or changes what is served; firmware/Startup does.

namespace Nvmepf.Firmware.Configuration;

/// <summary>A configuration or command line is wrong; the message is the one line that the user reads: what, where, what is allowed.</summary>
public sealed class ConfigurationException : Exception
{
    private const int ShownValueLengthMax = 100;

    /// <summary>Creates the exception with the line that the user reads.</summary>
    public ConfigurationException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with the line that the user reads and its cause.</summary>
    public ConfigurationException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Required by convention; use the overload with a message.</summary>
    public ConfigurationException()
    {
    }

    /// <summary>A wrong value: where it stands, what it is, what is wrong with it, what would be right.</summary>
    internal static ConfigurationException ForValue(Place place, string value, string problem, string allowed) =>
        new($"{place} {Show(value, place.IsOption)}: {problem}; allowed: {allowed}");

    /// <summary>Something other than a value is wrong at a place.</summary>
    internal static ConfigurationException At(Place place, string problem) => new($"{place}: {problem}");

    /// <summary>Text of the user for a message: one line, no control characters, not endless.</summary>
    internal static string Printable(string text)
    {
        char[] characters = text.Length > ShownValueLengthMax ? [.. text.AsSpan(0, ShownValueLengthMax), .. "..."] : text.ToCharArray();
        for (int i = 0; i < characters.Length; i++)
        {
            characters[i] = char.IsControl(characters[i]) ? '?' : characters[i];
        }

        return new string(characters);
    }

    private static string Show(string value, bool isOption)
    {
        string text = Printable(value);
        bool isPlain = isOption && text.Length > 0 && !text.Contains(' ', StringComparison.Ordinal);
        return isPlain ? text : $"\"{text}\"";
    }
}

/// <summary>Where something of a configuration stands, for messages.</summary>
/// <param name="Origin">The file or directory; null for the command line.</param>
/// <param name="Path">Path in it, e.g. <c>subsystems[0].attr.qid_max</c> in a file, or the option.</param>
internal readonly record struct Place(string? Origin, string Path)
{
    // What is an object in nvmetcli's file and a prefix of file names in configfs.
    private static readonly string[] s_prefixes =
        ["attr", "device", "addr", "param", "ana", "resv", "dhchap", "discovery", "vfio_user", "reactor", "rk3588"];

    /// <summary>True where the origin is a directory shaped like configfs, so that paths are those of files.</summary>
    public bool IsDirectory { get; init; }

    /// <summary>True for a path that ends with the prefix of a file's name.</summary>
    private bool IsPrefix { get; init; }

    /// <summary>True for an option of the command line.</summary>
    public bool IsOption => Origin is null;

    /// <summary>A member of what is here.</summary>
    public Place Member(string key) => IsOption ? this
        : this with
        {
            Path = Path.Length == 0 ? key : $"{Path}{(!IsDirectory ? '.' : IsPrefix ? '_' : '/')}{key}",
            IsPrefix = IsDirectory && !IsPrefix && Array.IndexOf(s_prefixes, key) >= 0,
        };

    /// <summary>The member that gives what is here its name: of a directory the directory itself.</summary>
    public Place Key(string key) => IsDirectory ? this : Member(key);

    /// <summary>What is below a directory here, whose name the user chose.</summary>
    public Place Entry(string name) => this with { Path = Path.Length == 0 ? name : $"{Path}/{name}", IsPrefix = false };

    /// <summary>An element of the list that is here.</summary>
    public Place Element(int index) => IsOption ? this : this with { Path = $"{Path}[{index}]", IsPrefix = false };

    /// <inheritdoc/>
    public override string ToString() => IsOption ? Path
        : Path.Length == 0 ? Origin!
        : IsDirectory ? $"{Origin}/{Path}"
        : $"{Origin}: {Path}";
}
