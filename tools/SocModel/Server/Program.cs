// nvmepf-soc: the register model of the SoC as a process between two machines. The board (machine 1) sees the SoC's registers as a PCI
// device over one vfio-user socket; the host (machine 2) sees, over a second one, the PCI function that the board's firmware makes of them.
//
// Board*.cs is the side of the board, Host*.cs that of the host, ModelLoop lets the wall clock move the model, AccessLog writes down what
// the firmware does. What registers mean is the library's (../), the protocol is the HAL's (VfioUserServer).
// Left out: the SoC's interrupts (the firmware polls), INTx and MSI at the host (only MSI-X), caches (board memory is coherent here; the
// in-process model of the tests has them).

using Nvmepf.Hal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.SocModel.Server;

/// <summary>Entry point of nvmepf-soc.</summary>
public static class Program
{
    private const int Success = 0;
    private const int Failed = 1;
    private const int WrongUsage = 2;

    /// <summary>Serves until SIGTERM or SIGINT; returns the exit status.</summary>
    public static int Main(string[] arguments)
    {
        ServerOptions? options = ServerOptions.Parse(arguments, out string message);
        if (options is null)
        {
            bool isHelp = message.Length == 0;
            (isHelp ? Console.Out : Console.Error).WriteLine(isHelp ? ServerOptions.Usage : $"nvmepf-soc: {message}; try --help");
            return isHelp ? Success : WrongUsage;
        }

        int result = TerminationSignals.Create(out TerminationSignals? signals);
        if (signals is null)
        {
            Console.Error.WriteLine($"nvmepf-soc: cannot wait for signals: {Errno.Describe(result)}");
            return Failed;
        }

        try
        {
            using AccessLog log = new(options.AccessLogPath);
            using ModelLoop loop = new(options, log);
            loop.Run(signals);
            return Success;
        }
        catch (Exception exception) when (exception is PlatformException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"nvmepf-soc: {exception.Message}");
            return Failed;
        }
        finally
        {
            signals.Dispose();
        }
    }
}
