using Nvmepf.Firmware.Configuration;
using Nvmepf.Firmware.Console;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Startup;

/// <summary>
/// What is served of a configuration that changes: functions start and stop one by one, by <c>start</c> of their controllers and by their links,
/// while others are served; namespaces and ANA states change in between. The last function that stops takes the reactors with it.
/// </summary>
/// <remarks>
/// One control thread's. What is served stays as it was at its start whatever the configuration says meanwhile, so the tree that is shown is put
/// together: the nodes of what is served as they were then, all others as they are now. What starts beside others is judged by that tree.
/// </remarks>
internal sealed class LiveControllers : IDisposable
{
    // A shutdown ends in milliseconds, unless a disk is slow to flush.
    private const long StopPatienceNanoseconds = 10_000_000_000;
    private const long RetryPatienceNanoseconds = 100_000_000;

    private readonly EventLog _log;
    private readonly ConsoleTargets _targets;
    private readonly Supervision? _supervision;
    private readonly ConsoleControls _controls;
    private List<ServedFunction> _functions = []; // that are served; replaced as a whole
    private readonly List<ServedFunction> _stopping = []; // that were told to stop and have not
    private readonly List<string> _lastFailures = [];
    private IReadOnlyList<ReactorOptions> _reactors = [];
    private List<string> _lastPostponed = [];
    private ServingThread? _serving;
    private LiveNamespaces? _namespaces;
    private ConfigurationTree? _tree; // as it is served

    /// <summary>Serves nothing yet.</summary>
    /// <param name="log">The endpoint log.</param>
    /// <param name="targets">Where the console is told what is served.</param>
    /// <param name="controls">What a person may do at the console to the configuration.</param>
    /// <param name="supervision">Hears of reactors that start and end; null for none.</param>
    public LiveControllers(EventLog log, ConsoleTargets targets, ConsoleControls controls, Supervision? supervision = null)
    {
        _log = log;
        _targets = targets;
        _controls = controls;
        _supervision = supervision;
    }

    /// <summary>True while anything is served.</summary>
    public bool IsServing => _serving is not null;

    /// <summary>True where the reactors have ended by themselves.</summary>
    public bool HasEnded => _serving is { HasEnded: true };

    /// <summary>True where a function of another controller is served. Any thread.</summary>
    public bool ServesOther(string controller)
    {
        foreach (ServedFunction function in Volatile.Read(ref _functions))
        {
            if (function.ControllerName != controller)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The tree as it is served, as a file; for who knows that something is served.</summary>
    public byte[] PrintTree()
    {
        lock (_namespaces!.Gate)
        {
            return JsonPrinter.Print(_tree!);
        }
    }

    /// <summary>Stops what shall not be served any more, changes what can be changed, starts what shall be.</summary>
    /// <param name="load">Reads the configuration; each call makes a tree of its own.</param>
    /// <exception cref="ConfigurationException">It is wrong. What was told to stop has stopped; nothing else has changed.</exception>
    /// <exception cref="PlatformException">Nothing was served, and nothing could be started.</exception>
    public void Apply(Func<ConfigurationTree> load)
    {
        ConfigurationTree tree = load();
        if (HasEnded)
        {
            StopAll();
        }

        List<EndpointControllerNode> started = ServedConfiguration.StartedControllers(tree);
        StopUnwanted(started);
        if (started.Count == 0)
        {
            ShowStopped(load());
            return;
        }

        // Before they are judged together: who comes is to blame.
        started.FindAll(node => IsServing && !_functions.Exists(function => function.ControllerName == node.Name))
            .ForEach(node => ServedReactors.RefuseOthers(node, _reactors));
        ServedConfiguration wanted = ServedConfiguration.Resolve(tree);
        if (_serving is null)
        {
            tree.Notes.ForEach(note => _log.Write("note: " + note));
            try
            {
                Open(tree, wanted);
                Serve();
            }
            catch (PlatformException)
            {
                ShowStopped(load());
                throw;
            }
        }
        else
        {
            Change(load, tree, wanted);
        }
    }

    /// <summary>Opens what is to be served, where nothing is, and shows it to the console; nobody can connect yet.</summary>
    /// <param name="tree">The configuration.</param>
    /// <param name="wanted">What is served of it.</param>
    /// <exception cref="PlatformException">Nothing could be opened.</exception>
    public void Open(ConfigurationTree tree, ServedConfiguration wanted)
    {
        _serving = new ServingThread(wanted, _log, _supervision);
        _tree = tree;
        _reactors = wanted.Reactors;
        _namespaces = new LiveNamespaces(_serving.Server, _serving.States, wanted, _log);
        _functions = new List<ServedFunction>(wanted.Functions).FindAll(function => ControllerOf(function) is not null);
        _namespaces.ForgetUnserved();
        Show();
    }

    /// <summary>Serves what was opened.</summary>
    /// <exception cref="PlatformException">Nothing could be started.</exception>
    public void Serve()
    {
        _serving!.Start();
        if (!_serving.Server.WaitUntilServing(() => HasEnded))
        {
            PlatformException problem = _serving.Problem!;
            StopAll();
            throw new PlatformException(problem.Message, problem);
        }

        _functions.FindAll(function => !_serving.Server.IsServing(function.Settings.Name)).ForEach(Stop); // it has said why
    }

    /// <summary>Looks after what takes time: storage that grows, controllers that have not stopped yet. Every second or so.</summary>
    /// <returns>True where a controller has stopped since, so that the configuration may be applied again.</returns>
    public bool Follow()
    {
        bool hasStopped = false;
        foreach (ServedFunction function in new List<ServedFunction>(_stopping))
        {
            hasStopped |= TryFinish(function, RetryPatienceNanoseconds);
        }

        if (_namespaces is not null)
        {
            lock (_namespaces.Gate)
            {
                _namespaces.FollowSizes(mayShrink: null);
            }
        }

        return hasStopped;
    }

    /// <summary>Shuts everything down, caches flushed, and ends the reactors.</summary>
    public void StopAll()
    {
        _targets.Clear();
        _functions.ForEach(function => _ = ControllerOf(function)?.Injection.Remove(null));
        _serving?.Dispose();
        _serving = null;
        _namespaces = null;
        _tree = null;
        _functions = [];
        _stopping.Clear();
        _lastPostponed = [];
    }

    /// <inheritdoc/>
    public void Dispose() => StopAll();

    private NvmeController? ControllerOf(ServedFunction function)
    {
        foreach (NvmeController controller in _serving!.Server.Controllers)
        {
            if (controller.Settings.Name == function.Settings.Name)
            {
                return controller;
            }
        }

        return null;
    }

    private void StopUnwanted(List<EndpointControllerNode> started)
    {
        List<ServedFunction> unwanted = _functions.FindAll(function => !started.Exists(
            node => node.Name == function.ControllerName && node.Functions.Contains(function.Settings.Name)));
        if (unwanted.Count == _functions.Count)
        {
            if (IsServing)
            {
                _serving!.Server.LeavesBusesAtEnd = true;
            }

            StopAll(); // with the reactors, of which the next start may have others
            return;
        }

        foreach (ServedFunction function in unwanted)
        {
            if (_tree!.Controllers.Find(node => node.Name == function.ControllerName) is { } node)
            {
                node.Start = started.Exists(other => other.Name == node.Name);
            }

            Stop(function);
        }
    }

    private void Stop(ServedFunction function)
    {
        _ = ControllerOf(function)?.Injection.Remove(null); // what is held for a host driver's sake would not end
        _functions = _functions.FindAll(other => other != function);
        _stopping.Add(function);
        Show();
        if (!TryFinish(function, StopPatienceNanoseconds))
        {
            _log.Write($"function {function.Settings.Name} of controller {function.ControllerName} has not stopped yet: "
                + "its storage holds commands or does not flush; it is waited for");
        }
    }

    private bool TryFinish(ServedFunction function, long patienceNanoseconds)
    {
        bool wasServing = _serving!.Server.IsServing(function.Settings.Name);
        if (_serving.Server.TryTake(function.Settings.Name, patienceNanoseconds) is not { } parts)
        {
            return false;
        }

        _targets.WaitUntilUnused();
        lock (_namespaces!.Gate)
        {
            _serving.Server.Close(parts);
            _namespaces.ForgetUnserved();
        }

        _ = _stopping.Remove(function);
        if (wasServing)
        {
            _log.Write($"function {function.Settings.Name} of controller {function.ControllerName} is stopped");
        }

        Show();
        return true;
    }

    private void Change(Func<ConfigurationTree> load, ConfigurationTree tree, ServedConfiguration wanted)
    {
        ConfigurationTree together;
        ServedConfiguration target;
        lock (_namespaces!.Gate) // the nodes are those that consoles look at, and judging fills and sorts them
        {
            together = ServedTree.PutTogether(_tree!, _functions, load(), _controls.Directory is null ? null : tree);
            target = ServedConfiguration.Resolve(together, _functions);
        }

        if (_controls.Directory is not null)
        {
            ChangeServed(tree, wanted);
        }

        _tree = together;
        new List<ServedFunction>(target.Functions).FindAll(function => !_functions.Exists(other => other.Settings.Name == function.Settings.Name)).ForEach(Start);
        Show();
    }

    /// <summary>Changes what can be changed of what is served. Without a directory it changes at the console, at once.</summary>
    private void ChangeServed(ConfigurationTree tree, ServedConfiguration wanted)
    {
        ConfigurationDifference difference;
        lock (_namespaces!.Gate)
        {
            difference = ConfigurationDifference.Between(_tree!, _namespaces.Served, _functions, tree, wanted);
            _namespaces.Apply(difference);
            _namespaces.FollowSizes(mayShrink: tree);
            difference.AnaStates.ForEach(change => SetAnaState(change.Port, change.Running, change.Wanted));
        }

        difference.Postponed.FindAll(line => !_lastPostponed.Contains(line)).ForEach(line => _log.Write(line));
        _lastPostponed = difference.Postponed;
    }

    private void Start(ServedFunction function)
    {
        string name = function.Settings.Name;
        if (_stopping.Exists(other => other.Settings.Name == name))
        {
            return; // applied again when it has stopped
        }

        try
        {
            lock (_namespaces!.Gate)
            {
                if (_namespaces.Served.TryGetValue(function.Settings.SubsystemNqn, out List<ServedNamespace>? served))
                {
                    List<ServedNamespace> inOrder = [.. served];
                    inOrder.Sort((a, b) => a.NamespaceId.CompareTo(b.NamespaceId));
                    function = function with { Namespaces = inOrder };
                }

                _serving!.Server.Come(function);
                _namespaces.Note(function);
            }

            _functions = [.. _functions, function];
            _ = _lastFailures.RemoveAll(line => line.StartsWith($"function {name} ", StringComparison.Ordinal));
        }
        catch (PlatformException problem)
        {
            string line = Server.NotServed(name, problem);
            if (!_lastFailures.Contains(line))
            {
                _lastFailures.Add(line);
                _log.Write(line); // tried again with the next change
            }
        }
    }

    /// <summary>Tells the console, in the order of the configuration.</summary>
    private void Show()
    {
        List<NvmeController> served = [];
        List<StoppedFunction> stopped = [];
        foreach (EndpointControllerNode controller in _tree!.Controllers)
        {
            foreach (string name in controller.Functions)
            {
                if (_functions.Find(function => function.Settings.Name == name && function.ControllerName == controller.Name) is { } function)
                {
                    served.Add(ControllerOf(function)!);
                }
                else
                {
                    stopped.Add(Stopped(controller, name));
                }
            }
        }

        _targets.Show(served, stopped, new NamespaceEditor(_namespaces!, _tree, _controls));
    }

    /// <summary>Where nothing is served, the console has the configuration as it is, and can start what there is.</summary>
    private void ShowStopped(ConfigurationTree tree)
    {
        List<StoppedFunction> stopped = [];
        tree.Controllers.ForEach(controller => controller.Functions.ForEach(name => stopped.Add(Stopped(controller, name))));
        _targets.Show([], stopped, new NamespaceEditor(null, tree, _controls));
    }

    private StoppedFunction Stopped(EndpointControllerNode controller, string name)
    {
        bool isStopping = _stopping.Exists(other => other.Settings.Name == name);
        return new StoppedFunction(name, controller.Name, isStopping ? "stopping" : controller.Start == true ? "failed" : "stopped");
    }

    /// <summary>Asks every controller whose function is on the port; who looks at the tree sees what was taken.</summary>
    private void SetAnaState(PortNode port, AnaGroupNode running, AnaGroupNode wanted)
    {
        List<NvmeController> controllers = _functions.ConvertAll(function => ControllerOf(function)!);
        if (AnaStateChange.Ask(controllers, _tree!, port, running.GroupId, wanted.ToState()) is string problem)
        {
            _log.Write($"{wanted.Place.Member("ana").Member("state")}: cannot change on {problem}"); // looked at again with the next change
            return;
        }

        running.State = wanted.State;
        _log.Write($"ANA group {running.GroupId} of port {port.PortId} is {wanted.State ?? "optimized"} now");
    }
}
