using System.Globalization;

namespace Nvmepf.SocModel.Server;

/// <summary>The command line of nvmepf-soc.</summary>
internal sealed record ServerOptions
{
    /// <summary>What --help prints.</summary>
    internal const string Usage = """
        usage: nvmepf-soc --board DIR [--host DIR] [OPTIONS]

        The register model of an RK3588's PCIe endpoint between two machines, as vfio-user servers.
          --board DIR        socket DIR/cntrl for the board: a PCI device (1d87:3588) whose BARs are the SoC's register blocks
                             (BAR0 DBI, BAR1 APB, PMU, GRF, GPIO and CRU, BAR2 the outbound window)
          --host DIR         socket DIR/cntrl for the host: the PCI function that the board's firmware makes; there once the link is up
          --start STATE      what was done before the firmware starts: cold (power-on), powered (power, clocks, resets, PHY) or kernel
                             (the kernel's endpoint driver has bound; the default)
          --cold             the same as --start cold
          --seed N           decides what the hardware leaves open (default 1)
          --access-log FILE  write down every register access and what became of it
        """;

    /// <summary>Directory of the board's socket.</summary>
    internal required string BoardDirectory { get; init; }

    /// <summary>Directory of the host's socket; null for no host.</summary>
    internal string? HostDirectory { get; init; }

    /// <summary>Where the bring-up begins.</summary>
    internal SocStartState StartState { get; init; } = SocStartState.KernelDriver;

    /// <summary>The model's seed.</summary>
    internal ulong Seed { get; init; } = 1;

    /// <summary>Where the access log goes; null for nowhere.</summary>
    internal string? AccessLogPath { get; init; }

    /// <summary>Reads the command line. Null where there is nothing to run: <paramref name="message"/> says why, or is empty for --help.</summary>
    internal static ServerOptions? Parse(ReadOnlySpan<string> arguments, out string message)
    {
        ServerOptions options = new() { BoardDirectory = string.Empty };
        message = string.Empty;
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            if (name is "--help" or "-h")
            {
                return null;
            }

            if (name == "--cold")
            {
                options = options with { StartState = SocStartState.Cold };
                continue;
            }

            if (++i == arguments.Length)
            {
                message = $"option {name} is unknown or lacks its value";
                return null;
            }

            if (!TryApply(name, arguments[i], ref options, out message))
            {
                return null;
            }
        }

        message = options.BoardDirectory.Length == 0 ? "--board DIR is missing" : string.Empty;
        return message.Length == 0 ? options : null;
    }

    private static bool TryApply(string name, string value, ref ServerOptions options, out string message)
    {
        message = string.Empty;
        switch (name)
        {
            case "--board":
                options = options with { BoardDirectory = value };
                break;
            case "--host":
                options = options with { HostDirectory = value };
                break;
            case "--access-log":
                options = options with { AccessLogPath = value };
                break;
            case "--seed" when ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed):
                options = options with { Seed = seed };
                break;
            case "--start" when StateOf(value) is SocStartState state:
                options = options with { StartState = state };
                break;
            default:
                message = name switch
                {
                    "--seed" => $"--seed {value}: a number from 0 to {ulong.MaxValue} is allowed",
                    "--start" => $"--start {value}: cold, powered and kernel are allowed",
                    _ => $"option {name} is unknown",
                };
                break;
        }

        return message.Length == 0;
    }

    private static SocStartState? StateOf(string value) => value switch
    {
        "cold" => SocStartState.Cold,
        "powered" => SocStartState.Powered,
        "kernel" => SocStartState.KernelDriver,
        _ => null,
    };
}
