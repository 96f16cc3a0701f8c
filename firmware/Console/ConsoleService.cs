// The console: a person at a serial line or a script at a socket looks into the running firmware. Console/Terminal is the line that is edited,
// Console/Transport where bytes come from and go to, Console/Commands a file for each command; ConsoleCommandTable has a row for each.
//
// Every console is a thread of its own. A reactor never waits for one: numbers are read where the reactor left them, and what only the reactor
// may do is asked of it by a ControlRequest. What a console's thread allocates may make the runtime collect, which stops every managed thread
// for a moment; commands are therefore sparing, and `stats` says how many collections there were.
// It leaves out: users and passwords (the socket is its owner's, a serial line whoever holds the cable's), and several languages.

using Nvmepf.Firmware.Console.Transport;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Console;

/// <summary>All consoles of the process.</summary>
internal sealed class ConsoleService : IDisposable
{
    /// <summary>Where <c>nvmepf console</c> looks when it is not told.</summary>
    public const string DefaultSocket = "/run/nvmepf/console";

    private const int StackBytes = 256 * 1024;
    private const int EndDeadlineMilliseconds = 1000;
    private readonly List<Thread> _threads = [];
    private readonly int _stopFd;

    /// <summary>Starts the consoles.</summary>
    /// <param name="places">Where they are.</param>
    /// <param name="targets">What they can see.</param>
    /// <exception cref="PlatformException">No descriptors are left.</exception>
    public ConsoleService(IReadOnlyList<ConsolePlace> places, ConsoleTargets targets)
    {
        _stopFd = Events.Create(0, EventFlags.NonBlocking);
        if (_stopFd < 0)
        {
            throw new PlatformException("cannot create an event counter for the console: are file descriptors left (ulimit -n)?");
        }

        foreach (ConsolePlace place in places)
        {
            ThreadStart? body = place.Kind switch
            {
                ConsolePlaceKind.Socket => new SocketTransport(place.Path, targets, targets.Log, _stopFd).Run,
                ConsolePlaceKind.None => null,
                _ => new TerminalTransport(place, targets, targets.Log, _stopFd).Run,
            };
            if (body is not null)
            {
                Thread thread = new(body, StackBytes) { IsBackground = true, Name = "console" };
                _threads.Add(thread);
                thread.Start();
            }
        }
    }

    /// <summary>Ends the consoles: terminals get their modes back, the socket goes away.</summary>
    public void Dispose()
    {
        _ = Events.Signal(_stopFd);
        foreach (Thread thread in _threads)
        {
            _ = thread.Join(EndDeadlineMilliseconds);
        }

        // The descriptor stays open: sessions on the socket still look at it, and the process ends now anyway.
    }
}
