using System.Text;
using Nvmepf.Firmware.Configuration;
using Nvmepf.Firmware.Console;
using Nvmepf.Firmware.Console.Transport;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Startup;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;
using Nvmepf.Hal.Mmio;

namespace Nvmepf.Firmware;

/// <summary>Entry point of the nvmepf binary: reads the command line, serves until SIGTERM or SIGINT, and ends.</summary>
public static class Program
{
    /// <summary>Exit status after everything went as asked.</summary>
    public const int Success = 0;

    /// <summary>Exit status where the configuration is right but could not be started.</summary>
    public const int StartFailed = 1;

    /// <summary>Exit status for wrong options or a wrong configuration.</summary>
    public const int WrongUsage = 2;

    /// <summary>The version that the binary was built as.</summary>
    public static string Version => typeof(Program).Assembly.GetName().Version?.ToString(3) ?? "unknown";

    /// <summary>Runs the firmware; returns the process exit code.</summary>
    public static int Main(string[] arguments)
    {
        OccupyStandardDescriptors();
        using Stream output = System.Console.OpenStandardOutput();
        using Stream errors = System.Console.OpenStandardError();
        if (arguments is ["console", ..])
        {
            return ConsoleClient.Run(arguments.AsSpan(1), output, errors);
        }

        return Run(arguments, output, errors);
    }

    /// <summary>The same with streams of the caller's; what goes wrong is one line on <paramref name="errors"/>.</summary>
    internal static int Run(ReadOnlySpan<string> arguments, Stream output, Stream errors)
    {
        try
        {
            Do(CommandLine.Parse(arguments), output, errors);
            return Success;
        }
        catch (ConfigurationException wrong)
        {
            WriteLine(errors, wrong.Message);
            return WrongUsage;
        }
        catch (PlatformException problem)
        {
            WriteLine(errors, problem.Message);
            return StartFailed;
        }
    }

    private static void Do(CommandLine line, Stream output, Stream errors)
    {
        switch (line.Request)
        {
            case CommandLineRequest.Help:
                Print(output, Encoding.UTF8.GetBytes(CommandLine.Usage()));
                return;
            case CommandLineRequest.Version:
                Print(output, Encoding.UTF8.GetBytes($"nvmepf {Version}\n"));
                return;
            default:
                break;
        }

        if (line.Request == CommandLineRequest.Serve && line["--configfs"] is string root)
        {
            ServeDirectory(line, root);
            return;
        }

        ConfigurationTree tree = CommandLineTree.Build(line, StableIdentity.ReadMachineId);
        ServedConfiguration configuration = ServedConfiguration.Resolve(tree);
        string? directory = tree.Controllers.Find(controller => controller.VfioUserDirectory is not null)?.VfioUserDirectory;
        List<ConsolePlace> consoles = ConsoleOptions.Places(line, directory);
        foreach (string note in tree.Notes)
        {
            WriteLine(errors, $"note: {note}");
        }

        if (line.Request == CommandLineRequest.CheckConfiguration)
        {
            Print(output, JsonPrinter.Print(tree));
            return;
        }

        if (line.Request == CommandLineRequest.Export)
        {
            Export(line, tree);
            return;
        }

        Serve(line, tree, configuration, consoles);
    }

    private static void Export(CommandLine line, ConfigurationTree tree)
    {
        if (line["--export-configfs"] is string copy)
        {
            DirectoryPrinter.Write(tree, copy, new Place(null, "--export-configfs"));
        }

        if (line["--export-json"] is string file)
        {
            JsonPrinter.Write(tree, file, new Place(null, "--export-json"));
        }
    }

    private static void ServeDirectory(CommandLine line, string directory)
    {
        if (!Directory.Exists(directory))
        {
            throw new ConfigurationException($"--configfs {directory}: no such directory; allowed: one that exists, empty or not");
        }

        List<ConsolePlace> consoles = ConsoleOptions.Places(line, line["--vfio-user"]);
        WithSignals(line, (stopDescriptor, log, supervision, targets) =>
        {
            using ConsoleService console = new(consoles, targets);
            string platform = line["--platform"] ?? EndpointControllerNode.VfioUserPlatform;
            using LiveConfiguration live = new(
                directory, () => CommandLineTree.Build(line, StableIdentity.ReadMachineId), platform, log, targets, supervision);
            live.Run(stopDescriptor);
        });
    }

    private static void Serve(CommandLine line, ConfigurationTree tree, ServedConfiguration configuration, List<ConsolePlace> consoles) =>
        WithSignals(line, (stopDescriptor, log, supervision, targets) =>
        {
            using FixedConfiguration controllers = new(tree, configuration, log, targets, supervision);
            using ConsoleService console = new(consoles, targets);
            controllers.Run(stopDescriptor);
        });

    private static void WithSignals(CommandLine line, Action<int, EventLog, Supervision, ConsoleTargets> serve)
    {
        SupervisionOptions supervised = SupervisionOptions.From(line, Environment.GetEnvironmentVariable);
        Arm64Code.Install();
        int result = TerminationSignals.Create(out TerminationSignals? signals);
        if (result < 0)
        {
            throw new PlatformException($"cannot wait for signals: {Errno.Describe(result)}");
        }

        // Where it cannot be raised, what there is has to do.
        _ = ResourceLimits.RaiseOpenFiles();
        if (supervised.LocksMemory)
        {
            Supervision.LockMemory();
        }

        using (signals)
        using (EventLog log = new())
        using (Supervision supervision = new(supervised, signals!.EventFd, log)) // outlives the server, whose end may hang
        {
            int stopDescriptor = signals.EventFd;
            ConsoleTargets targets = new(log, () => Events.Signal(stopDescriptor));
            serve(stopDescriptor, log, supervision, targets);
        }
    }

    /// <summary>Who started us may have closed some of 0, 1 and 2; a namespace opened there would get our messages.</summary>
    private static void OccupyStandardDescriptors()
    {
        int descriptor;
        do
        {
            descriptor = Files.Open("/dev/null", OpenFlags.ReadWrite);
        }
        while (descriptor is >= 0 and <= 2);
        if (descriptor > 2)
        {
            _ = Files.Close(descriptor);
        }
    }

    private static void Print(Stream output, byte[] text)
    {
        try
        {
            output.Write(text);
        }
        catch (IOException problem)
        {
            throw new PlatformException("cannot write to standard output (a full disk?)", problem);
        }
    }

    private static void WriteLine(Stream errors, string text)
    {
        try
        {
            errors.Write(Encoding.UTF8.GetBytes($"nvmepf: {text}\n"));
        }
        catch (IOException)
        {
            // Nobody reads it; the exit status says it too.
        }
    }
}
