// SIGTERM and SIGINT as a descriptor and a flag. Not signalfd: that needs the signals blocked in every thread, and the runtime has started
// threads of its own before Main. The runtime's own delivery runs on one of its threads, so that no reactor pays anything for it.

using System;
using System.Runtime.InteropServices;

namespace Nvmepf.Hal.Linux;

/// <summary>Catches SIGTERM and SIGINT for as long as it lives; the process does not end by them any more.</summary>
/// <remarks>Made once, at start, outside the reactors. A reactor polls <see cref="Requested"/> or waits on <see cref="EventFd"/>.</remarks>
public sealed class TerminationSignals : IDisposable
{
    private readonly PosixSignalRegistration _terminate;
    private readonly PosixSignalRegistration _interrupt;
    private volatile bool _requested;
    private volatile int _eventFd;

    private TerminationSignals(int eventFd)
    {
        _eventFd = eventFd;
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle);
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle);
    }

    /// <summary>Whether one of the signals has come. Stays true.</summary>
    public bool Requested => _requested;

    /// <summary>A non-blocking event counter that becomes readable when one of the signals comes.</summary>
    public int EventFd => _eventFd;

    /// <summary>Starts to catch the signals. Call it before the reactors start: it allocates.</summary>
    /// <returns>0 or a negated errno.</returns>
    public static int Create(out TerminationSignals? signals)
    {
        int eventFd = Events.Create(0, EventFlags.NonBlocking);
        signals = eventFd < 0 ? null : new TerminationSignals(eventFd);
        return Math.Min(eventFd, 0);
    }

    /// <summary>Gives the signals their default effect again and closes the event counter.</summary>
    public void Dispose()
    {
        // Unregistering waits for no handler that is under way; one that runs late signals -1, which fails harmlessly.
        _terminate.Dispose();
        _interrupt.Dispose();
        int eventFd = _eventFd;
        _eventFd = -1;
        if (eventFd >= 0)
        {
            _ = Files.Close(eventFd);
        }
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        _requested = true;
        _ = Events.Signal(_eventFd);
    }
}
