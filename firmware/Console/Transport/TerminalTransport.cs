using Nvmepf.Firmware.Console.Terminal;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Console.Transport;

/// <summary>
/// A console on a terminal, or on standard input and output: opens it, puts it into raw mode, and where it hangs up, closes it and tries again
/// every second, for ever. A terminal gets its modes back at the end.
/// </summary>
internal sealed class TerminalTransport(ConsolePlace place, ConsoleTargets targets, EventLog log, int stopFd)
{
    private const long RetryNanoseconds = 1_000_000_000;

    // At 9600 baud and behind XOFF a person may take long to read.
    private const long StallNanoseconds = 10_000_000_000;
    private readonly CommandHistory _history = new();
    private int _lastError;

    /// <summary>Serves until the process ends; the thread's body.</summary>
    public void Run()
    {
        bool isStopping = false;
        while (!isStopping)
        {
            isStopping = place.Kind == ConsolePlaceKind.Standard ? Serve(0, 1) : ServeDevice();
            isStopping |= place.Kind == ConsolePlaceKind.Standard || WaitForStop(RetryNanoseconds);
        }
    }

    /// <returns>True where the process ends.</returns>
    private bool ServeDevice()
    {
        int fd = Files.Open(place.Path, OpenFlags.ReadWrite | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal);
        int error = fd < 0 ? fd : Terminals.GetModes(fd, out _);
        if (error < 0)
        {
            Report(error);
            Close(fd);
            return false;
        }

        if (_lastError != 0)
        {
            log.Write($"console {place.Path}: there again");
        }

        _lastError = 0;
        bool isStopping = Serve(fd, fd);
        Close(fd);
        if (!isStopping)
        {
            Report(-Errno.EIO);
        }

        return isStopping;
    }

    private bool Serve(int inputFd, int outputFd)
    {
        bool isTerminal = Terminals.GetModes(inputFd, out TerminalModes before) == 0;
        if (isTerminal)
        {
            TerminalModes raw = Terminals.Raw(before);
            raw = place.SpeedBaud > 0 ? Terminals.WithSpeed(raw, place.SpeedBaud) : raw;
            int error = Terminals.SetModes(inputFd, in raw);
            if (error < 0)
            {
                log.Write($"console {place.Path}: cannot set the terminal's modes: {Errno.Describe(error)}");
            }
        }

        Channel channel = new(inputFd, outputFd, stopFd, StallNanoseconds);
        while (!channel.IsClosed && !channel.IsInputEnded)
        {
            // A line has no end: who says exit gets the next session.
            new Session(targets, channel, _history).Run(mayBeOneShot: false);
        }

        if (isTerminal)
        {
            _ = Terminals.SetModes(inputFd, in before);
        }

        return channel.IsStopping;
    }

    /// <summary>Once for each kind of trouble: a line that is away is away for long.</summary>
    private void Report(int error)
    {
        if (error != _lastError)
        {
            _lastError = error;
            log.Write(error == -Errno.EIO ? $"console {place.Path}: hung up, looking for it every second"
                : $"console {place.Path}: cannot use it: {Errno.Describe(error)}; trying again every second");
        }
    }

    private bool WaitForStop(long nanoseconds)
    {
        PollDescriptor poll = new() { Fd = stopFd, Events = PollEvents.In };
        return Events.Poll(new Span<PollDescriptor>(ref poll), nanoseconds) > 0;
    }

    private static void Close(int fd)
    {
        if (fd >= 0)
        {
            _ = Files.Close(fd);
        }
    }
}
