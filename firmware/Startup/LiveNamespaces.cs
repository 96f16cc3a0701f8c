using Nvmepf.Firmware.Configuration;
using Nvmepf.Firmware.Control;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal;

namespace Nvmepf.Firmware.Startup;

/// <summary>
/// The namespaces of a server that runs: opens those that come and asks the controllers to take them, the other way round for those that go,
/// and follows the sizes of files and devices that become larger. Everything is done on the control thread that calls it; where there are several
/// (consoles), one at a time.
/// </summary>
internal sealed class LiveNamespaces
{
    private readonly Server _server;
    private readonly NamespaceStates _states;
    private readonly EventLog _log;

    /// <summary>Takes note of what is served.</summary>
    public LiveNamespaces(Server server, NamespaceStates states, ServedConfiguration configuration, EventLog log)
    {
        _server = server;
        _states = states;
        _log = log;
        foreach (ServedFunction function in configuration.Functions)
        {
            Note(function);
        }
    }

    /// <summary>Notes that a function is served; for who holds the gate.</summary>
    public void Note(ServedFunction function) => _ = Served.TryAdd(function.Settings.SubsystemNqn, [.. function.Namespaces]);

    /// <summary>Forgets subsystems that no controller serves any more; for who holds the gate.</summary>
    public void ForgetUnserved()
    {
        foreach (string nqn in new List<string>(Served.Keys))
        {
            if (!_server.ControllersOf(nqn).GetEnumerator().MoveNext())
            {
                _ = Served.Remove(nqn);
            }
        }
    }

    /// <summary>Held by who changes namespaces or looks at lists of them.</summary>
    public Lock Gate { get; } = new();

    /// <summary>What is served now, by NQN of the subsystem; for who holds the gate.</summary>
    public Dictionary<string, List<ServedNamespace>> Served { get; } = [];

    /// <summary>Takes namespaces away and adds others. What fails is a line in the log, and tried again with the next change.</summary>
    public void Apply(ConfigurationDifference difference)
    {
        foreach ((string nqn, ServedNamespace gone) in difference.Removed)
        {
            if (Remove(nqn, gone) is string problem)
            {
                _log.Write($"{gone.Place}: cannot take it away: {problem}");
            }
        }

        foreach ((string nqn, ServedNamespace come) in difference.Added)
        {
            try
            {
                if (Add(nqn, come) is string problem)
                {
                    _log.Write($"{come.Place}: cannot enable it on {problem}");
                }
            }
            catch (PlatformException problem)
            {
                _log.Write($"{come.Place}: cannot enable it: {problem.Message}");
            }
        }
    }

    /// <summary>
    /// Looks at the sizes of the storage: what has become larger is offered at once; what has become smaller, where revalidate_size is 1.
    /// </summary>
    /// <param name="mayShrink">The tree that says so; null where only growth is looked for.</param>
    public void FollowSizes(ConfigurationTree? mayShrink)
    {
        foreach (NvmeController controller in _server.Controllers)
        {
            string nqn = controller.Settings.SubsystemNqn;
            SubsystemNode? subsystem = mayShrink?.Subsystems.Find(node => node.Nqn == nqn);
            foreach (ServedNamespace served in Served[nqn])
            {
                // Only who holds the gate changes the table's list of namespaces, by asking; so it may look.
                NvmeNamespace? present = controller.Namespaces.Find(served.NamespaceId);
                ulong bytes = present?.Backend.MeasureBytes() ?? 0;
                bool maySetSmaller = subsystem?.Namespaces.Find(node => node.NamespaceId == served.NamespaceId)?.RevalidateSize == true;
                ulong blocks = present is null ? 0 : bytes >> present.BlockShift;
                if (present is null || blocks == present.SizeBlocks || (blocks < present.SizeBlocks && !maySetSmaller))
                {
                    continue;
                }

                ControlError error = controller.Control.Ask(new ResizeNamespaceRequest(served.NamespaceId, bytes));
                _log.Write(error == ControlError.None
                    ? $"nsid {served.NamespaceId} of {controller.Settings.Name}.{nqn} has {blocks} blocks now"
                    : $"{served.Place}: cannot change its size to {bytes} bytes: {ControlErrorText.Describe(error)}");
            }
        }
    }

    /// <summary>Takes a namespace away and closes its storage.</summary>
    /// <returns>What is wrong, or null.</returns>
    public string? Remove(string nqn, ServedNamespace gone)
    {
        foreach (NvmeController controller in _server.ControllersOf(nqn))
        {
            ControlError error = controller.Control.Ask(new RemoveNamespaceRequest(gone.NamespaceId));
            if (error is not (ControlError.None or ControlError.NoSuchNamespace))
            {
                return ControlErrorText.Describe(error);
            }
        }

        _ = Served[nqn].Remove(gone);
        _server.CloseUnused();

        _log.Write($"removing nsid {gone.NamespaceId} from subsystem {nqn}");
        return null;
    }

    /// <summary>Opens a namespace's storage and gives it to the controllers of its subsystem.</summary>
    /// <returns>Which controllers did not take it and why, or null.</returns>
    /// <exception cref="PlatformException">The storage cannot be opened; the message is for the user.</exception>
    public string? Add(string nqn, ServedNamespace come)
    {
        // Storage is opened once; each controller has a namespace of its own over it.
        NvmeNamespace? made = null;
        bool isUsed = false;
        string? problems = null;
        foreach (NvmeController controller in _server.ControllersOf(nqn))
        {
            made = made is null ? NamespaceOpener.Open(come, _states.Of(nqn, come)) : made.ForAnotherController();
            ControlError error = controller.Control.Ask(new AddNamespaceRequest(controller, made));
            isUsed |= error == ControlError.None;
            if (error != ControlError.None)
            {
                string problem = $"{controller.Settings.Name}: {ControlErrorText.Describe(error)}";
                problems = problems is null ? problem : $"{problems}; {problem}";
            }
        }

        if (made is not null && !isUsed)
        {
            made.Backend.Dispose();
        }
        else if (made is not null)
        {
            _server.Keep(made.Backend);
            Served[nqn].Add(come);
            _log.Write(NamespaceOpener.Describe(made, nqn));
        }

        return problems;
    }

    /// <summary>A namespace as the first controller of its subsystem has it; null where none has.</summary>
    public NvmeNamespace? Find(string nqn, uint namespaceId)
    {
        foreach (NvmeController controller in _server.ControllersOf(nqn))
        {
            if (controller.Namespaces.Find(namespaceId) is NvmeNamespace found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>Asks every controller of a subsystem for the same.</summary>
    /// <returns>What is wrong, or null.</returns>
    public string? AskAll(string nqn, Func<ControlRequest> make)
    {
        string? problem = null;
        foreach (NvmeController controller in _server.ControllersOf(nqn))
        {
            ControlError error = controller.Control.Ask(make());
            problem ??= error == ControlError.None ? null : ControlErrorText.Describe(error);
        }

        return problem;
    }
}
