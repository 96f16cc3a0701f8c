using System.Linq;
using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Queues;
using Nvmepf.Firmware.Startup;
using Nvmepf.Hal;
using Nvmepf.Hal.Inspection;

namespace Nvmepf.Firmware.Console;

/// <summary>What one reactor does for a function.</summary>
/// <param name="Index">Number of the reactor.</param>
/// <param name="Engine">Where its commands run.</param>
/// <param name="Statistics">What it counts.</param>
/// <param name="Queues">The queues that it has.</param>
internal sealed record ConsoleReactor(int Index, CommandEngine Engine, ReactorStatistics Statistics, QueueSet Queues);

/// <summary>One function that is served, as the console sees it.</summary>
/// <remarks>
/// Everything in it is owned by reactors: only what may be read from another thread is looked at, and the rest is asked for
/// (<see cref="CommandCall.Ask"/>).
/// </remarks>
internal sealed class ConsoleFunction(NvmeController controller)
{
    /// <summary>Its name in log lines and in <c>--function</c>.</summary>
    public string Name => Controller.Settings.Name;

    /// <summary>Its controller.</summary>
    public NvmeController Controller { get; } = controller;

    /// <summary>What it runs on.</summary>
    public IPlatform Platform { get; } = controller.Platform;

    /// <summary>What the platform shows of itself; null where nothing.</summary>
    public IPlatformInspection? Inspection { get; } = controller.Platform as IPlatformInspection;

    /// <summary>Its reactors.</summary>
    public IReadOnlyList<ConsoleReactor> Reactors { get; } =
        [.. controller.Shares.Select(share => new ConsoleReactor(share.Reactor.Index, share.Engine, share.Reactor.Statistics, share.Queues))];

    /// <summary>The engines of its reactors.</summary>
    public IEnumerable<CommandEngine> Engines => Reactors.Select(reactor => reactor.Engine);

    /// <summary>The traces of its reactors.</summary>
    public IReadOnlyList<TraceRing> Traces => [.. Engines.Select(engine => engine.Trace)];

    /// <summary>Interrupts raised.</summary>
    public ulong InterruptsRaised => (ulong)Reactors.Sum(reactor => (long)reactor.Queues.Coalescer.RaisedCount);

    /// <summary>A number of all its reactors.</summary>
    public long Sum(Func<CommandEngine, long> number) => Engines.Sum(number);
}

/// <summary>A function of the configuration that is not served.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Controller">The controller that it is linked to.</param>
/// <param name="State"><c>stopped</c>, <c>stopping</c>, or <c>failed</c> where it could not be started.</param>
internal sealed record StoppedFunction(string Name, string Controller, string State);

/// <summary>What there is at one moment.</summary>
/// <param name="Served">Functions that are served.</param>
/// <param name="Stopped">Functions that are linked and not served.</param>
internal sealed record ShownFunctions(IReadOnlyList<ConsoleFunction> Served, IReadOnlyList<StoppedFunction> Stopped);

/// <summary>
/// What the console can see and do. Functions come and go, and their memory with them: who looks at them is between <see cref="Enter"/> and
/// <see cref="Leave"/>, and who takes them apart waits until nobody is.
/// </summary>
/// <param name="log">The endpoint log.</param>
/// <param name="shutdown">Asks the process to end as SIGTERM does.</param>
internal sealed class ConsoleTargets(EventLog log, Action shutdown)
{
    private readonly Lock _gate = new();
    private volatile ShownFunctions _shown = new([], []);
    private NamespaceEditor? _editor;
    private int _users;
    private volatile bool _isDetaching;

    /// <summary>All functions, as they are at one moment; for who has entered.</summary>
    public ShownFunctions Shown => _shown;

    /// <summary>The functions that are served; for who has entered.</summary>
    public IReadOnlyList<ConsoleFunction> Functions => _shown.Served;

    /// <summary>The namespaces that are served and the configuration; null where nothing is served. For who has entered.</summary>
    public NamespaceEditor? Editor => _editor;

    /// <summary>The endpoint log.</summary>
    public EventLog Log { get; } = log;

    /// <summary>Asks the process to end as SIGTERM does.</summary>
    public Action Shutdown { get; } = shutdown;

    /// <summary>The functions are about to go: whoever is inside shall leave.</summary>
    public bool IsDetaching => _isDetaching;

    /// <summary>From here on the functions stay.</summary>
    public void Enter()
    {
        lock (_gate)
        {
            _users++;
        }
    }

    /// <summary>They may go.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            _users--;
        }
    }

    /// <summary>Shows functions in place of those before. Of these somebody may still see one that goes: see <see cref="WaitUntilUnused"/>.</summary>
    public void Show(IReadOnlyList<NvmeController> controllers, IReadOnlyList<StoppedFunction> stopped, NamespaceEditor editor)
    {
        lock (_gate)
        {
            _editor = editor;
            IReadOnlyList<ConsoleFunction> known = _shown.Served;
            ConsoleFunction[] served = [.. controllers.Select(
                controller => known.FirstOrDefault(function => function.Controller == controller) ?? new ConsoleFunction(controller))];
            _shown = new ShownFunctions(served, stopped);
        }
    }

    /// <summary>Shows nothing any more, and waits until nobody looks at what was shown.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _shown = new ShownFunctions([], []); // who enters from here on finds none
            _editor = null;
        }

        WaitUntilUnused();
    }

    /// <summary>Waits until nobody is inside: what is not shown any more can be taken apart.</summary>
    public void WaitUntilUnused()
    {
        const long PauseNanoseconds = 1_000_000;
        _isDetaching = true;
        while (true)
        {
            lock (_gate)
            {
                if (_users == 0)
                {
                    _isDetaching = false;
                    return;
                }
            }

            _ = Hal.Linux.Clock.Sleep(PauseNanoseconds);
        }
    }
}
