using System.Globalization;

namespace Nvmepf.Firmware.Configuration;

/// <summary>What the command line asks for; where it asks for several things, the last of these is done.</summary>
internal enum CommandLineRequest
{
    /// <summary>Serve.</summary>
    Serve,

    /// <summary>Judge and print the configuration.</summary>
    CheckConfiguration,

    /// <summary>Write the configuration, as a directory or as a file or both.</summary>
    Export,

    /// <summary>Print the version.</summary>
    Version,

    /// <summary>Print the usage.</summary>
    Help,
}

/// <summary>
/// The command line, read: options in order of the table below, each once but for <c>--namespace</c>, as <c>--option value</c> or
/// <c>--option=value</c>. Values are judged by <see cref="CommandLineTree"/> with the rows of the attributes that they set.
/// </summary>
internal sealed class CommandLine
{
    private static readonly Option[] s_options =
    [
        new("--vfio-user", "DIR", "serve a vfio-user client on the socket DIR/cntrl"),
        new("--platform", "NAME", "vfio-user (default), or rk3588: serve the host at the other end of this\nboard's PCIe link (docs/configuration.md)"),
        new("--registers", "SOURCE", "rk3588: devmem (default), uio:/dev/uioN or pci:DDDD:BB:DD.F"),
        new("--bringup", "MODE", "rk3588: cold (default), or takeover after a kernel's endpoint driver"),
        new("--bar-memory", "MEM", "rk3588, has to be given: carveout:ADDRESS,SIZE, or hugepages (where\na host's write can be lost: docs/rk3588.md)"),
        new("--buffer-memory", "MEM", "rk3588: hugepages (default), or carveout:ADDRESS,SIZE"),
        new("--rk3588", "KEY=VALUE", "rk3588: any attribute of controllers[].rk3588; repeat it for more") { IsRepeatable = true },
        new("--no-dma", null, "rk3588: the CPU copies all data, correct and slow"),
        new(
            "--namespace",
            "SPEC",
            "a namespace; repeat it for more: file:PATH[,size=4G][,lba=512|4096],\nblock:/dev/NAME, ram:SIZE, null:SIZE; sizes take K, M, G and T")
            { IsRepeatable = true, PathInFile = "subsystems[].namespaces" },
        new(
            "--passthrough",
            "TARGET",
            "instead of --namespace: an NVMe controller of this machine, /dev/nvmeN, or\none to connect, transport=tcp,traddr=ADDRESS[,trsvcid=4420],nqn=NQN\n(docs/passthrough.md)")
            { PathInFile = "subsystems[].passthru" },
        new("--queues", "N", "I/O queues, 1 to 128 (default: 4)") { PathInFile = "subsystems[].attr.qid_max" },
        new("--mdts-kb", "N", "largest transfer in KiB: 8, 16, ... 2048 (default: 512)") { PathInFile = "functions[].nvme.mdts_kb" },
        new("--interrupt-pin", "N", "1 offers INTx besides MSI-X and MSI (default: 0, none; rk3588: 1)") { PathInFile = "functions[].interrupt_pin" },
        new(
            "--adaptive-interrupts",
            "US",
            "defer an interrupt while the host has not answered the one before, so\nmany microseconds at most; 0 sends each (default)")
            { PathInFile = "functions[].nvme.adaptive_interrupts_us" },
        new("--vendor-id", "ID", "PCI vendor and subsystem vendor ID (default: 0x1b96)") { PathInFile = "subsystems[].attr.vendor_id" },
        new("--device-id", "ID", "PCI device ID (default: 0xbeef)") { PathInFile = "functions[].deviceid" },
        new("--serial", "TEXT", "serial number, up to 20 characters (default: made from the NQN)") { PathInFile = "subsystems[].attr.serial" },
        new("--model", "TEXT", "model number, up to 40 characters") { PathInFile = "subsystems[].attr.model" },
        new(
            "--subsysnqn",
            "NQN",
            "subsystem NQN (default: made from the serial, else from the machine's ID\nand the path of the first namespace)")
            { PathInFile = "subsystems[].nqn" },
        new(
            "--config",
            "FILE",
            "instead of --namespace ... --subsysnqn: a JSON file in nvmetcli's schema,\n"
                + "with sections \"functions\" and \"controllers\"; what follows wins over it, and\n--vfio-user too"),
        new(
            "--configfs",
            "DIR",
            "the same from a directory laid out as /sys/kernel/config is, watched while\nserving: what can be changed live is"),
        new("--export-configfs", "DIR", "write the configuration as such a directory, and end"),
        new("--export-json", "FILE", "write the configuration as such a file, and end"),
        new("--doorbells", "MODE", "mapped: clients store into them (default); trapped: as messages, which wake\nan idle controller (docs/performance.md)"),
        new("--poll", "MODE", "busy: never sleep; adaptive: sleep when idle (default)"),
        new("--reactors", "N", "threads that the queues are spread over, 1 to 8 (default: 1)"),
        new("--cpu", "N[,N...]", "keep the serving thread on CPU N; with several, one CPU for each"),
        new("--register-memory", "MODE", "on: pin host memory that files and disks use, for fewer cycles a command;\noff (default): docs/performance.md says for which hosts"),
        new("--lock-memory", null, "keep all memory resident (mlockall): no page is waited for"),
        new("--ready-file", "FILE", "a file, with the process ID, that exists while the firmware serves"),
        new(
            "--watchdog",
            "DEVICE",
            "pet this watchdog, /dev/watchdog, while the main loop turns;\nDEVICE,timeout=SECONDS sets its timeout (docs/running.md)"),
        new("--console", "PLACE", "a console for a person: /dev/ttyS2[,BAUD], - (this terminal), unix:PATH\nor none; repeat it for more (default: unix:DIR/console)") { IsRepeatable = true },
        new("--check-config", null, "judge the configuration, print it as such a file, and end"),
        new("--version", null, "print the version and end"),
        new("--help", null, "print this text and end"),
    ];

    private readonly List<(string Name, string Value)> _given = [];

    private CommandLine()
    {
    }

    /// <summary>What it asks for.</summary>
    public CommandLineRequest Request { get; private set; }

    /// <summary>Options and their values in the order given.</summary>
    public IReadOnlyList<(string Name, string Value)> Given => _given;

    /// <summary>The last value of an option, or null.</summary>
    public string? this[string name]
    {
        get
        {
            string? value = null;
            foreach ((string given, string text) in _given)
            {
                value = given == name ? text : value;
            }

            return value;
        }
    }

    /// <summary>Reads arguments.</summary>
    /// <exception cref="ConfigurationException">An option is unknown, lacks its value or is given twice.</exception>
    public static CommandLine Parse(ReadOnlySpan<string> arguments)
    {
        CommandLine line = new();
        for (int i = 0; i < arguments.Length; i++)
        {
            string argument = arguments[i];
            int equals = argument.StartsWith("--", StringComparison.Ordinal) ? argument.IndexOf('=', StringComparison.Ordinal) : -1;
            Option option = Find(equals < 0 ? argument : argument[..equals]);
            if (option.ValueName is null)
            {
                line.TakeFlag(option, equals >= 0);
                continue;
            }

            if (equals < 0 && i + 1 == arguments.Length)
            {
                throw new ConfigurationException($"{option.Name}: needs a value: {option.Name} {option.ValueName}");
            }

            string value = equals < 0 ? arguments[++i] : argument[(equals + 1)..];
            if (!option.IsRepeatable && line[option.Name] is not null)
            {
                throw new ConfigurationException($"{option.Name}: given twice");
            }

            line._given.Add((option.Name, value));
            if (option.Name is "--export-configfs" or "--export-json" && line.Request == CommandLineRequest.Serve)
            {
                line.Request = CommandLineRequest.Export;
            }
        }

        return line;
    }

    /// <summary>The first option given that says what a configuration file says, and where the file says it; null for none.</summary>
    public (string Name, string PathInFile)? FirstInConflictWithFile()
    {
        foreach ((string name, _) in _given)
        {
            if (Find(name).PathInFile is string path)
            {
                return (name, path);
            }
        }

        return null;
    }

    /// <summary>The usage, for people.</summary>
    public static string Usage()
    {
        System.Text.StringBuilder text = new(
            "usage: nvmepf --vfio-user DIR --namespace SPEC [OPTIONS]\n       nvmepf --vfio-user DIR --passthrough TARGET [OPTIONS]\n"
            + "       nvmepf --platform rk3588 --bar-memory MEM --namespace SPEC [OPTIONS]\n"
            + "       nvmepf --config FILE [OPTIONS]\n       nvmepf --configfs DIR [OPTIONS]\n\nServes an NVMe SSD to a virtual machine or over a board's PCIe link.\n\n");
        foreach (Option option in s_options)
        {
            string name = option.ValueName is null ? option.Name : $"{option.Name} {option.ValueName}";
            string help = option.Help.Replace("\n", "\n" + new string(' ', 22), StringComparison.Ordinal);
            text.Append("  ").Append(name.PadRight(20)).Append(help).Append('\n');
        }

        text.Append("\nNumbers may be hexadecimal with 0x. Exit status: 0 ended as asked, 1 could not start, 2 wrong options or configuration.\n");
        return text.ToString();
    }

    private void TakeFlag(Option option, bool hasValue)
    {
        if (hasValue)
        {
            throw new ConfigurationException($"{option.Name}: takes no value");
        }

        if (option.Name is "--no-dma" or "--lock-memory")
        {
            _given.Add((option.Name, option.Name == "--no-dma" ? "off" : "on"));
            return;
        }

        CommandLineRequest request = option.Name switch
        {
            "--help" => CommandLineRequest.Help,
            "--version" => CommandLineRequest.Version,
            _ => CommandLineRequest.CheckConfiguration,
        };

        Request = request > Request ? request : Request;
    }

    private static Option Find(string name)
    {
        foreach (Option option in s_options)
        {
            if (option.Name == name || (name == "-h" && option.Name == "--help"))
            {
                return option;
            }
        }

        string shown = ConfigurationException.Printable(name);
        string[] names = Array.ConvertAll(s_options, option => option.Name);
        throw new ConfigurationException(
            (name.StartsWith('-') ? $"{shown}: unknown option" : $"unexpected argument \"{shown}\"") + $"; allowed: {string.Join(", ", names)}");
    }

    /// <param name="Name">With its hyphens.</param>
    /// <param name="ValueName">What the usage calls its value; null for an option without one.</param>
    /// <param name="Help">What it does.</param>
    private sealed record Option(string Name, string? ValueName, string Help)
    {
        public bool IsRepeatable { get; init; }

        /// <summary>What a configuration file has instead, so that both together contradict each other; null for none.</summary>
        public string? PathInFile { get; init; }
    }
}
