using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;

namespace Nvmepf.HostDriver.Cli;

/// <summary>One command of the tool.</summary>
/// <param name="Name">The word on the command line.</param>
/// <param name="Summary">One line for the help.</param>
/// <param name="Options">Its own options, beside the common ones.</param>
/// <param name="Run">Runs it; returns the exit code.</param>
public sealed record HostCommand(
    string Name, string Summary, IReadOnlyList<OptionSpecification> Options, Func<CommandLine, TextWriter, int> Run);

/// <summary>The table of commands, the common options, and the help that follows from both.</summary>
public static class HostCommands
{
    /// <summary>Options of every command.</summary>
    public static IReadOnlyList<OptionSpecification> CommonOptions { get; } =
    [
        new("socket", "DIR", "directory with the vfio-user socket 'cntrl' (what nvmepf got as --vfio-user)"),
        new("timeout", "SECONDS", "how long a command, a request or a change of state may take (10)"),
        new("version-json", "TEXT", "capabilities to send with VERSION; none by default"),
        new("doorbells-by-message", null, "do not map the doorbells, write them by REGION_WRITE"),
        new("shadow-doorbells", null, "doorbells of I/O queues in memory (Doorbell Buffer Config)"),
        new("interrupts", "KIND", "msix, msi, intx, or none: how completions are announced (none: it polls)"),
        new("vectors", "N", "vectors to enable; 0 is one for each queue, or none without --interrupts (0)"),
        new("help", null, "this text, or a command's"),
    ];

    /// <summary>All commands, in the order of the help.</summary>
    public static IReadOnlyList<HostCommand> All { get; } =
    [
        TourCommand.Command,
        InspectCommands.Identify,
        InspectCommands.Log,
        InspectCommands.Feature,
        DataCommands.Read,
        DataCommands.Write,
        BenchCommand.Command,
        SuiteCommand.Command,
        MixedCommand.Command,
        OutageCommand.Command,
        TortureCommand.Command,
    ];

    /// <summary>Parses arguments and runs the command. Throws <see cref="UsageException"/> for a wrong line.</summary>
    public static int Run(IReadOnlyList<string> arguments, TextWriter output)
    {
        CommandLine line = CommandLine.Parse(arguments, CommonOptions, static name => Find(name)?.Options);
        HostCommand? command = Find(line.Command);
        if (command is null || line.Has("help"))
        {
            WriteHelp(output, command);
            return line.Has("help") ? Program.ExitSuccess : Program.ExitUsage;
        }

        if (line.Operands.Count > (line.Has(SuiteCommand.CompareOption) ? 1 : 0))
        {
            throw new UsageException($"'{line.Operands[^1]}' does not belong here; 'nvmepf-host {command.Name} --help' shows what does");
        }

        return command.Run(line, output);
    }

    /// <summary>Connection options from the command line.</summary>
    public static NvmeHostOptions HostOptions(CommandLine line) => new()
    {
        Timeout = TimeSpan.FromSeconds(line.Number("timeout", 10, 1, 3600)),
        VersionJson = line.Text("version-json"),
        DoorbellsByMessage = line.Has("doorbells-by-message"),
        ShadowDoorbells = line.Has("shadow-doorbells"),
        Vectors = Math.Max((int)line.Number("vectors", 0, 0, 256), KindOf(line) == InterruptKind.None ? 0 : 1),
        Interrupts = KindOf(line) == InterruptKind.None ? InterruptKind.Msix : KindOf(line),
    };

    /// <summary>Connects, enables the controller and creates I/O queues as the line says.</summary>
    public static NvmeHost OpenHost(CommandLine line, NvmeHostOptions options, int queues = 1, int entries = 256)
    {
        if (KindOf(line) != InterruptKind.None && line.Number("vectors", 0, 0, 256) == 0)
        {
            options = options with { Vectors = queues + 1 };
        }

        NvmeHost host = NvmeHost.Connect(line.Required("socket"), options);
        try
        {
            host.Enable();
            if (queues > 0)
            {
                host.CreateQueuePairs(queues, Math.Min(entries, host.Capabilities.MaximumQueueEntriesSupportedZeroBased + 1));
            }

            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    /// <summary>Takes the controller down as an orderly host does: queues deleted, normal shutdown.</summary>
    public static void CloseHost(NvmeHost host)
    {
        host.DeleteQueues();
        host.Shutdown();
    }

    private static InterruptKind KindOf(CommandLine line) => line.Choice("interrupts", "none", "none", "msix", "msi", "intx") switch
    {
        "msix" => InterruptKind.Msix,
        "msi" => InterruptKind.Msi,
        "intx" => InterruptKind.Intx,
        _ => InterruptKind.None,
    };

    private static HostCommand? Find(string name)
    {
        foreach (HostCommand command in All)
        {
            if (command.Name == name)
            {
                return command;
            }
        }

        return null;
    }

    private static void WriteHelp(TextWriter output, HostCommand? command)
    {
        output.WriteLine("nvmepf-host: a userspace NVMe host that reaches its controller over vfio-user");
        output.WriteLine();
        if (command is null)
        {
            output.WriteLine("usage: nvmepf-host --socket DIR COMMAND [OPTIONS]");
            output.WriteLine();
            foreach (HostCommand each in All)
            {
                output.WriteLine($"  {each.Name,-10} {each.Summary}");
            }
        }
        else
        {
            output.WriteLine($"usage: nvmepf-host --socket DIR {command.Name} [OPTIONS]");
            output.WriteLine($"  {command.Summary}");
            WriteOptions(output, "options:", command.Options);
        }

        WriteOptions(output, "common options:", CommonOptions);
        output.WriteLine();
        output.WriteLine(
            "Sizes take K, M, G and T; numbers may be hexadecimal (0x...). Exit code: 0 good, 1 failed, 2 wrong command line.");
    }

    private static void WriteOptions(TextWriter output, string title, IReadOnlyList<OptionSpecification> options)
    {
        if (options.Count == 0)
        {
            return;
        }

        output.WriteLine();
        output.WriteLine(title);
        foreach (OptionSpecification option in options)
        {
            string name = option.ValueName is null ? $"--{option.Name}" : $"--{option.Name} {option.ValueName}";
            output.WriteLine($"  {name,-26} {option.Help}");
        }
    }
}
