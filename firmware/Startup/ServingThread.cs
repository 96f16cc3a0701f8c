using Nvmepf.Firmware.Configuration;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Startup;

/// <summary>A server on threads of its own, so that the thread that made it can look after the configuration; ended by Dispose.</summary>
internal sealed class ServingThread : IDisposable
{
    private readonly Server _server;
    private readonly NamespaceStates _states;
    private readonly Thread _thread;
    private readonly int _stop;
    private readonly Supervision? _supervision;
    private volatile bool _hasEnded;

    /// <summary>Opens everything; <see cref="Start"/> begins to serve.</summary>
    /// <exception cref="PlatformException">Something cannot be opened; the message is for the user.</exception>
    public ServingThread(ServedConfiguration configuration, EventLog log, Supervision? supervision = null)
    {
        _supervision = supervision;
        _stop = Events.Create(0, EventFlags.NonBlocking);
        if (_stop < 0)
        {
            throw new PlatformException($"cannot make an event counter: {Errno.Describe(_stop)}");
        }

        _states = new NamespaceStates(log);
        try
        {
            _server = new Server(configuration, _states, log, supervision?.StopDescriptor ?? -1);
        }
        catch
        {
            _states.Dispose();
            _ = Files.Close(_stop);
            throw;
        }

        _thread = new Thread(() =>
        {
            try
            {
                _server.Run(_stop, supervision);
            }
            catch (PlatformException problem)
            {
                Problem = problem;
            }

            _hasEnded = true;
        });
    }

    /// <summary>Begins to serve.</summary>
    public void Start() => _thread.Start();

    /// <summary>What runs.</summary>
    public Server Server => _server;

    /// <summary>What namespaces keep besides blocks.</summary>
    public NamespaceStates States => _states;

    /// <summary>Why it has ended by itself; null where it has not.</summary>
    public PlatformException? Problem { get; private set; }

    /// <summary>True where it serves no more, by itself.</summary>
    public bool HasEnded => _hasEnded;

    /// <summary>Shuts the controllers down, flushes, and takes everything apart.</summary>
    public void Dispose()
    {
        _ = Events.Signal(_stop);
        if ((_thread.ThreadState & ThreadState.Unstarted) == 0)
        {
            _thread.Join();
        }

        _supervision?.Begin(); // no reactor turns any more, and storage takes its time to close
        _server.Dispose();
        _states.Dispose();
        _ = Files.Close(_stop);
        _supervision?.End();
    }
}
