// Startup: turns a judged configuration into the parts that run: functions (FunctionParts.cs) and reactors, starts them, and takes them apart
// again. Nothing here runs on a reactor while commands are served; a function that comes or goes then is made and taken apart on a control
// thread (Server.Changes.cs).

using Nvmepf.Firmware.Configuration;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Passthrough;
using Nvmepf.Firmware.Reactors;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Startup;

/// <summary>The functions of a process, served by reactors on threads of their own. A function is at home on the reactor that has the fewest.</summary>
/// <remarks>A function that cannot be opened or started is left out where others can, which the log says.</remarks>
internal sealed partial class Server : IDisposable
{
    // The loop needs a few hundred bytes of stack; what is left is for start-up and for the runtime.
    private const int ReactorStackBytes = 512 * 1024;
    private const long StartConnectNanoseconds = 60_000_000_000; // for all together; longer is for whoever starts us again
    private const long LiveConnectNanoseconds = 5_000_000_000;

    private readonly EventLog _log;
    private readonly NamespaceStates _states;
    private readonly int _stopDescriptor;
    private readonly long _startEndsNanoseconds = Clock.MonotonicNanoseconds() + StartConnectNanoseconds;
    private readonly List<EventLog> _threadLogs = [];
    private readonly List<Reactor> _reactors = [];
    private readonly ReactorLink[] _links;
    private readonly List<NamespaceBackend> _backends = []; // what is open
    private readonly ReactorGroup _group = new();
    private readonly Lock _problemLock = new();
    private volatile FunctionParts[] _functions = []; // replaced as a whole, for who looks while a control thread changes it
    private PlatformException? _problem; // the first
    private readonly bool _servesSeveral; // several functions are configured
    private bool _mayNotServe;
    private volatile bool _hasBegun;

    /// <summary>Opens the namespaces and makes everything that the configuration asks for; nobody can connect yet.</summary>
    /// <param name="configuration">What is configured.</param>
    /// <param name="states">What functions of a subsystem share of its namespaces.</param>
    /// <param name="log">The endpoint log.</param>
    /// <param name="stopDescriptor">Readable when the process was asked to end and nothing is to be waited for; -1 for none.</param>
    /// <exception cref="PlatformException">No function can be opened; the message is for the user.</exception>
    public Server(ServedConfiguration configuration, NamespaceStates states, EventLog log, int stopDescriptor = -1)
    {
        _log = log;
        _states = states;
        _stopDescriptor = stopDescriptor;
        _servesSeveral = configuration.Functions.Count > 1;
        _links = new ReactorLink[configuration.Reactors.Count];
        try
        {
            for (int i = 0; i < _links.Length; i++)
            {
                _links[i] = new ReactorLink(i);
                _threadLogs.Add(log.ForThread());
                _reactors.Add(new Reactor(_links[i], _group, _threadLogs[i], configuration.Reactors[i]));
            }

            foreach (ServedFunction function in configuration.Functions)
            {
                AddFunction(function);
            }

            if (_functions.Length == 0)
            {
                throw new PlatformException(_problem!.Message, _problem);
            }

            _reactors.ForEach(reactor => reactor.Open());
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>
    /// Functions that are still there at the end leave their buses, as those do that <see cref="Close"/> closes; else a board's link stays for the
    /// process that comes next.
    /// </summary>
    public bool LeavesBusesAtEnd { get; set; }

    /// <summary>The controllers that are served, one for each function. Any control thread.</summary>
    public IReadOnlyList<NvmeController> Controllers => Array.ConvertAll(_functions, function => function.Controller);

    /// <summary>The controllers of a subsystem.</summary>
    public IEnumerable<NvmeController> ControllersOf(string subsystemNqn)
    {
        foreach (NvmeController controller in Controllers)
        {
            if (controller.Settings.SubsystemNqn == subsystemNqn)
            {
                yield return controller;
            }
        }
    }

    /// <summary>
    /// Serves until the descriptor becomes readable, then flushes and returns. The calling thread waits, so that it keeps the process's name
    /// and is free for what the system delivers to it.
    /// </summary>
    /// <param name="stopDescriptor">Readable when the process shall end.</param>
    /// <param name="supervision">Looks at the reactors' progress and hears that they serve; null for none.</param>
    /// <exception cref="PlatformException">Nothing could be started.</exception>
    public void Run(int stopDescriptor, Supervision? supervision = null)
    {
        // Functions start when every reactor has its thread, and are served when it is known that there is one.
        using Barrier barrier = new(_reactors.Count, _ => _hasBegun = !_group.WasEmpty);
        List<Thread> threads = _reactors.ConvertAll(reactor => new Thread(() => RunReactor(reactor, barrier, stopDescriptor, supervision), ReactorStackBytes));
        supervision?.Begin([.. _reactors.ConvertAll(reactor => reactor.Statistics)]);
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        if (_mayNotServe || _group.WasEmpty)
        {
            throw new PlatformException(_problem!.Message, _problem);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The rings first: nothing may be under way any more when memory goes.
        _reactors.ForEach(reactor => reactor.Dispose());
        if (LeavesBusesAtEnd)
        {
            Array.ForEach(_functions, function => function.Platform.LeaveBus());
        }

        Array.ForEach(_functions, function => function.Dispose());
        _backends.ForEach(backend => backend.Dispose());
        _threadLogs.ForEach(log => log.Dispose());
        _reactors.Clear();
        _functions = [];
        _backends.Clear();
    }

    private void AddFunction(ServedFunction configured)
    {
        Reactor home = ChooseHome();
        FunctionParts function;
        try
        {
            function = Make(configured, home);
        }
        catch (PlatformException problem)
        {
            NoteProblem(configured.Settings.Name, problem);
            return;
        }

        _functions = [.. _functions, function];
        home.AddFunction(function.Platform, function.Controller);
        foreach (QueueShare share in function.Controller.Shares)
        {
            if (!share.IsHome)
            {
                _reactors[share.Reactor.Index].AddShare(share);
            }
        }
    }

    /// <summary>Opens what a function needs. Nothing stays open where that fails.</summary>
    private FunctionParts Make(ServedFunction configured, Reactor home)
    {
        int index = _reactors.IndexOf(home);
        ReactorLink[] homeFirst = [_links[index], .. _links.AsSpan(0, index), .. _links.AsSpan(index + 1)];
        try
        {
            // Targets may come up together with this machine; beside functions that are served nobody waits for them.
            long patience = _hasBegun ? LiveConnectNanoseconds : _startEndsNanoseconds - Clock.MonotonicNanoseconds();
            TargetWait wait = new(patience, _stopDescriptor);
            return new FunctionParts(configured, _states, ControllersOf(configured.Settings.SubsystemNqn), _backends, homeFirst, wait, _log);
        }
        catch (PlatformException)
        {
            CloseUnused();
            throw;
        }
    }

    private Reactor ChooseHome()
    {
        Reactor best = _reactors[0];
        _reactors.ForEach(reactor => best = reactor.FunctionCount < best.FunctionCount ? reactor : best);
        return best;
    }

    private void RunReactor(Reactor reactor, Barrier barrier, int stopDescriptor, Supervision? supervision)
    {
        try
        {
            reactor.TakeThread();
        }
        catch (PlatformException problem)
        {
            NoteProblem(null, problem);
            Volatile.Write(ref _mayNotServe, true);
        }

        barrier.SignalAndWait();
        if (Volatile.Read(ref _mayNotServe))
        {
            return;
        }

        reactor.StartFunctions(
            controller => _log.Write(Array.Find(_functions, function => function.Controller == controller)!.Listening),
            (controller, problem) => NoteProblem(controller.Settings.Name, problem));
        barrier.SignalAndWait();
        if (!_group.WasEmpty)
        {
            if (reactor == _reactors[0])
            {
                supervision?.Ready();
            }

            reactor.Statistics.MarkStart(); // threads that wait for each other allocate
            reactor.Run(stopDescriptor);
        }
    }

    private void NoteProblem(string? functionName, PlatformException problem)
    {
        lock (_problemLock)
        {
            _problem ??= problem;
        }

        if (functionName is not null && _servesSeveral)
        {
            _log.Write(NotServed(functionName, problem));
        }
    }
}
