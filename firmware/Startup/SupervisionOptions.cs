using System.Globalization;
using Nvmepf.Firmware.Configuration;
using Nvmepf.Hal;

namespace Nvmepf.Firmware.Startup;

/// <summary>
/// How the process shows an init that it is ready and alive, and whether its memory is locked: the command line's part
/// (<c>--watchdog</c>, <c>--ready-file</c>, <c>--lock-memory</c>) and systemd's, which comes by the environment (sd_notify(3)).
/// </summary>
/// <remarks>Says how the process runs and not what is served, so it is no attribute of the configuration tree.</remarks>
internal sealed record SupervisionOptions
{
    private const int TimeoutMaximumSeconds = 3600;
    private const string TimeoutKey = ",timeout=";

    /// <summary>Keep all memory resident.</summary>
    public bool LocksMemory { get; init; }

    /// <summary>File that exists while the process serves; null for none.</summary>
    public string? ReadyFile { get; init; }

    /// <summary>Watchdog device to pet; null for none.</summary>
    public string? WatchdogDevice { get; init; }

    /// <summary>Timeout to ask the device for, in seconds; 0 for the one that it has.</summary>
    public int WatchdogTimeoutSeconds { get; init; }

    /// <summary>NOTIFY_SOCKET: name of the service manager's datagram socket; null for none.</summary>
    public string? NotifySocket { get; init; }

    /// <summary>WATCHDOG_USEC: the longest time between two signs of life; 0 for none wanted.</summary>
    public long ServiceWatchdogMicroseconds { get; init; }

    /// <summary>Time between two looks at the reactors' progress; 0 for a quarter of the shortest timeout, at most a second.</summary>
    public int LookIntervalMilliseconds { get; init; }

    /// <summary>Longest time that opening storage, and then bringing links up, may take; more than waiting for a fabrics target does.</summary>
    public int StartMaximumMilliseconds { get; init; } = 120_000;

    /// <summary>Reads a command line and an environment.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="environment">Gives the value of an environment variable, or null.</param>
    /// <exception cref="ConfigurationException">A value of the command line is wrong.</exception>
    public static SupervisionOptions From(CommandLine line, Func<string, string?> environment)
    {
        if (line["--ready-file"] is string file && ValueText.CheckPath(file) is string wrong)
        {
            throw ConfigurationException.ForValue(new Place(null, "--ready-file"), file, wrong, "a file, new or to be replaced");
        }

        string? device = line["--watchdog"];
        int timeout = 0;
        int at = device?.IndexOf(TimeoutKey, StringComparison.Ordinal) ?? -1;
        if (at >= 0)
        {
            string text = device![(at + TimeoutKey.Length)..];
            string? problem = ValueText.ParseNumber(text, 1, TimeoutMaximumSeconds, out uint seconds);
            if (problem is not null)
            {
                throw ConfigurationException.ForValue(
                    new Place(null, "--watchdog timeout"), text, problem, $"1 to {TimeoutMaximumSeconds} seconds");
            }

            timeout = (int)seconds;
            device = device[..at];
        }

        string? processWanted = environment("WATCHDOG_PID");
        bool isForUs = string.IsNullOrEmpty(processWanted) || processWanted == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        bool isNumber = long.TryParse(environment("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out long microseconds);
        string? socket = environment("NOTIFY_SOCKET");
        return new SupervisionOptions
        {
            LocksMemory = line["--lock-memory"] is not null,
            ReadyFile = line["--ready-file"],
            WatchdogDevice = device,
            WatchdogTimeoutSeconds = timeout,
            NotifySocket = string.IsNullOrEmpty(socket) ? null : socket,
            ServiceWatchdogMicroseconds = isForUs && isNumber ? microseconds : 0,
        };
    }
}
