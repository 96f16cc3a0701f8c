using Nvmepf.Firmware.Configuration;
using Nvmepf.Firmware.Console;
using Nvmepf.Firmware.Control;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Startup;

/// <summary>
/// Serves what a directory shaped like configfs says, and follows it: starts when a controller is started, stops when none is, and changes
/// namespaces in between (<see cref="LiveNamespaces"/>). A wrong value changes nothing and is a line in the log.
/// </summary>
/// <remarks>
/// The thread that calls <see cref="Run"/> is the control thread: it reads files, opens storage and waits; reactors are asked by their
/// mailboxes. Any change makes it read everything again, so that nothing depends on the order in which changes are told.
/// </remarks>
internal sealed class LiveConfiguration : IDisposable
{
    // Who writes several files wants them to be seen together; a shell that types them by itself takes longer between two.
    private const long SettleNanoseconds = 20_000_000;
    private const int SettleRoundsMax = 25;
    private const long SizeLookNanoseconds = 1_000_000_000;

    private readonly string _directory;
    private readonly Func<ConfigurationTree> _load;
    private readonly EventLog _log;
    private readonly ConsoleTargets _targets;
    private ConsoleTargets.Attachment? _shown;
    private readonly FileWatch _watch;
    private readonly Supervision? _supervision;
    private ServingThread? _serving;
    private LiveNamespaces? _namespaces;
    private ConfigurationTree? _runningTree;
    private string _lastProblem = string.Empty;
    private List<string> _lastPostponed = [];

    /// <summary>Begins to watch.</summary>
    /// <param name="directory">What stands for <c>/sys/kernel/config</c>; directories that configfs has by itself are made.</param>
    /// <param name="load">Reads it, with what the command line adds.</param>
    /// <param name="platform">Name of the platform, after which the controller is called that is made where there is none.</param>
    /// <param name="log">The endpoint log.</param>
    /// <param name="targets">Where the console is told what is served.</param>
    /// <param name="supervision">Hears of reactors that start and end; null for none.</param>
    /// <exception cref="PlatformException">It cannot be watched.</exception>
    public LiveConfiguration(
        string directory, Func<ConfigurationTree> load, string platform, EventLog log, ConsoleTargets targets, Supervision? supervision = null)
    {
        _supervision = supervision;
        _directory = directory;
        _load = load;
        _log = log;
        _targets = targets;
        int error = FileWatch.Create(out FileWatch? watch);
        DirectoryShape.MakeController(directory, platform + ".0");
        _watch = watch ?? throw new PlatformException($"--configfs {directory}: cannot watch it: {Errno.Describe(error)}");
    }

    /// <summary>Serves and follows until the descriptor becomes readable, then shuts down.</summary>
    public void Run(int stopDescriptor)
    {
        WatchAll();
        Apply();
        if (_serving is null)
        {
            _supervision?.Ready(); // to be told what to serve
        }

        PollDescriptor[] waits =
        [
            new PollDescriptor { Fd = stopDescriptor, Events = PollEvents.In }, new PollDescriptor { Fd = _watch.Descriptor, Events = PollEvents.In },
        ];
        while (true)
        {
            _ = Events.Poll(waits, SizeLookNanoseconds);
            if (waits[0].Returned != PollEvents.None)
            {
                break;
            }

            if (_watch.Take())
            {
                Settle();
                Apply();
            }

            FollowSizes();
        }

        StopServing();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        StopServing();
        _watch.Dispose();
    }

    /// <summary>Directories that have just been made are watched and filled at once; files wait until there is a pause.</summary>
    private void Settle()
    {
        PollDescriptor[] watch = [new PollDescriptor { Fd = _watch.Descriptor, Events = PollEvents.In }];
        for (int i = 0; i < SettleRoundsMax; i++)
        {
            WatchAll();
            if (Events.Poll(watch, SettleNanoseconds) <= 0 || !_watch.Take())
            {
                return;
            }
        }
    }

    private void WatchAll()
    {
        try
        {
            Watch(_directory);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // Something went while it was looked at: that is told, and looked at again.
        }

        // After the watch, so that no directory is missed that needs some; what is made here is told, and watched in the next round.
        DirectoryShape.MakeGroups(_directory);
    }

    private void Watch(string directory)
    {
        int error = _watch.Add(directory);
        if (error < 0 && error != -Errno.ENOENT)
        {
            Report($"{directory}: cannot watch it: {Errno.Describe(error)}");
        }

        foreach (DirectoryInfo below in new DirectoryInfo(directory).EnumerateDirectories())
        {
            if (below.LinkTarget is null)
            {
                Watch(below.FullName);
            }
        }
    }

    private void Apply()
    {
        try
        {
            ConfigurationTree tree = _load();
            if (_serving is { HasEnded: true })
            {
                StopServing();
            }

            if (!ServedConfiguration.IsAnythingStarted(tree))
            {
                if (_serving is null)
                {
                    Report($"{_directory}: no function is linked to a controller that is started; waiting for that");
                }

                StopServing();
                return;
            }

            ServedConfiguration wanted = ServedConfiguration.Resolve(tree);
            if (_serving is null)
            {
                StartServing(tree, wanted);
            }
            else
            {
                Change(tree, wanted);
            }

            _lastProblem = string.Empty;
        }
        catch (ConfigurationException wrong)
        {
            Report("Configuration not taken: " + wrong.Message);
        }
        catch (PlatformException problem)
        {
            Report("Cannot start: " + problem.Message);
        }
    }

    private void StartServing(ConfigurationTree tree, ServedConfiguration wanted)
    {
        tree.Notes.ForEach(note => _log.Write("note: " + note));
        _serving = new ServingThread(wanted, _log, _supervision);
        _namespaces = new LiveNamespaces(_serving.Server, _serving.States, wanted, _log);
        _runningTree = tree;
        _shown = _targets.Attach(_serving.Server.Controllers, new NamespaceEditor(_namespaces, tree, _directory));
    }

    private void Change(ConfigurationTree tree, ServedConfiguration wanted)
    {
        ConfigurationDifference difference;
        lock (_namespaces!.Gate)
        {
            difference = ConfigurationDifference.Between(_runningTree!, _namespaces.Served, tree, wanted);
            _namespaces.Apply(difference);
            _namespaces.FollowSizes(mayShrink: tree);
            difference.AnaStates.ForEach(change => SetAnaState(change.Port, change.Running, change.Wanted));
            foreach (SubsystemNode running in _runningTree!.Subsystems)
            {
                // For who looks at the tree: namespaces are as they are wanted now, all else as it was at the start.
                running.Namespaces.Clear();
                running.Namespaces.AddRange(tree.Subsystems.Find(node => node.Nqn == running.Nqn)?.Namespaces ?? []);
            }
        }

        foreach (string line in difference.Postponed)
        {
            if (!_lastPostponed.Contains(line))
            {
                _log.Write(line);
            }
        }

        _lastPostponed = difference.Postponed;
    }

    /// <summary>Asks every controller whose function is on the port; who looks at the tree sees what was taken.</summary>
    private void SetAnaState(PortNode port, AnaGroupNode running, AnaGroupNode wanted)
    {
        Place place = wanted.Place.Member("ana").Member("state");
        foreach (NvmeController controller in _serving!.Server.Controllers)
        {
            if (_runningTree!.Functions.Find(node => node.Name == controller.Settings.Name)?.PortId != port.PortId)
            {
                continue;
            }

            ControlError error = controller.Control.Ask(new SetAnaStateRequest(running.GroupId, wanted.ToState()));
            if (error != ControlError.None)
            {
                _log.Write($"{place}: cannot change on {controller.Settings.Name}: {ControlErrorText.Describe(error)}");
                return; // looked at again with the next change
            }
        }

        running.State = wanted.State;
        _log.Write($"ANA group {running.GroupId} of port {port.PortId} is {wanted.State ?? "optimized"} now");
    }

    private void FollowSizes()
    {
        if (_namespaces is not null)
        {
            lock (_namespaces.Gate)
            {
                _namespaces.FollowSizes(mayShrink: null);
            }
        }
    }

    private void StopServing()
    {
        _shown?.Dispose();
        _shown = null;
        _serving?.Dispose();
        _namespaces?.Dispose();
        _serving = null;
        _namespaces = null;
        _lastPostponed = [];
    }

    private void Report(string line)
    {
        if (line != _lastProblem)
        {
            _lastProblem = line;
            _log.Write(line);
        }
    }
}
