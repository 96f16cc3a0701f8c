using System.Globalization;

namespace Nvmepf.Firmware.Console.Transport;

/// <summary>What kind of place a console is at.</summary>
internal enum ConsolePlaceKind : byte
{
    /// <summary>A terminal device.</summary>
    Terminal,

    /// <summary>Standard input and output.</summary>
    Standard,

    /// <summary>A Unix socket.</summary>
    Socket,

    /// <summary>Nowhere: not even the socket that is there by default.</summary>
    None,
}

/// <summary>A value of <c>--console</c>: where a console is.</summary>
/// <param name="Kind">What kind of place.</param>
/// <param name="Path">Of the terminal or the socket.</param>
/// <param name="SpeedBaud">Of the terminal; 0 leaves it as it is.</param>
internal sealed record ConsolePlace(ConsolePlaceKind Kind, string Path, uint SpeedBaud)
{
    /// <summary>What may be said.</summary>
    public const string Allowed = "/dev/NAME[,BAUD], - (standard input and output), unix:PATH or none";

    private const uint SpeedMinimumBaud = 50;
    private const uint SpeedMaximumBaud = 10_000_000;

    /// <summary>Reads a value.</summary>
    /// <returns>Null where it is none; <paramref name="problem"/> says why.</returns>
    public static ConsolePlace? Parse(string text, out string problem)
    {
        problem = "";
        if (text is "-" or "none")
        {
            return new ConsolePlace(text == "-" ? ConsolePlaceKind.Standard : ConsolePlaceKind.None, "", 0);
        }

        if (text.StartsWith("unix:", StringComparison.Ordinal))
        {
            string path = text["unix:".Length..];
            problem = path.Length == 0 ? "the path is missing" : Hal.Linux.UnixSockets.MaximumPathBytes < path.Length ? "the path is too long for a socket" : "";
            return problem.Length == 0 ? new ConsolePlace(ConsolePlaceKind.Socket, path, 0) : null;
        }

        int comma = text.LastIndexOf(',');
        string name = comma < 0 ? text : text[..comma];
        uint speed = 0;
        if (!name.StartsWith('/'))
        {
            problem = "not a path";
            return null;
        }

        if (comma >= 0
            && (!uint.TryParse(text[(comma + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out speed) || speed is < SpeedMinimumBaud or > SpeedMaximumBaud))
        {
            problem = $"the speed is no number of {SpeedMinimumBaud} to {SpeedMaximumBaud}";
            return null;
        }

        return new ConsolePlace(ConsolePlaceKind.Terminal, name, speed);
    }
}
