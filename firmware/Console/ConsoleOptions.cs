using Nvmepf.Firmware.Configuration;
using Nvmepf.Firmware.Console.Transport;

namespace Nvmepf.Firmware.Console;

/// <summary>What the command line says of consoles.</summary>
internal static class ConsoleOptions
{
    /// <summary>
    /// The consoles of a command line: those that it names, and a socket at its default place unless it names one or says <c>none</c>.
    /// </summary>
    /// <param name="line">The command line.</param>
    /// <param name="directory">The vfio-user directory, where the default socket is; null on another platform.</param>
    /// <exception cref="ConfigurationException">A place is wrong, or is named twice.</exception>
    public static List<ConsolePlace> Places(CommandLine line, string? directory)
    {
        List<ConsolePlace> places = [];
        foreach ((string name, string value) in line.Given)
        {
            if (name != "--console")
            {
                continue;
            }

            ConsolePlace? place = ConsolePlace.Parse(value, out string problem);
            string shown = ConfigurationException.Printable(value);
            if (place is null)
            {
                throw new ConfigurationException($"--console {shown}: {problem}; allowed: {ConsolePlace.Allowed}");
            }

            if (places.Exists(other => other.Kind == place.Kind && other.Path == place.Path))
            {
                throw new ConfigurationException($"--console {shown}: given twice");
            }

            places.Add(place);
        }

        if (!places.Exists(place => place.Kind is ConsolePlaceKind.Socket or ConsolePlaceKind.None))
        {
            string socket = directory is null ? ConsoleService.DefaultSocket : Path.Join(directory, "console");
            places.Add(new ConsolePlace(ConsolePlaceKind.Socket, socket, 0));
        }

        return places;
    }
}
