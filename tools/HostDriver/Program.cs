using Nvmepf.HostDriver.Cli;
using Nvmepf.HostDriver.Nvme;

namespace Nvmepf.HostDriver;

/// <summary>Entry point of <c>nvmepf-host</c>, the userspace NVMe host.</summary>
public static class Program
{
    /// <summary>Everything that was asked for went well.</summary>
    public const int ExitSuccess = 0;

    /// <summary>A check failed, or the device or the connection did.</summary>
    public const int ExitFailure = 1;

    /// <summary>The command line is wrong.</summary>
    public const int ExitUsage = 2;

    /// <summary>Runs the tool; returns the process exit code.</summary>
    public static int Main(string[] arguments) => Run(arguments, Console.Out, Console.Error);

    /// <summary>Runs the tool with its output where the caller wants it.</summary>
    public static int Run(string[] arguments, TextWriter output, TextWriter errors)
    {
        try
        {
            return HostCommands.Run(arguments, output);
        }
        catch (UsageException exception)
        {
            errors.WriteLine($"nvmepf-host: {exception.Message}");
            return ExitUsage;
        }
        catch (Exception exception) when (
            exception is HostFailureException or IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException)
        {
            errors.WriteLine($"nvmepf-host: {exception.Message}");
            return ExitFailure;
        }
    }
}
