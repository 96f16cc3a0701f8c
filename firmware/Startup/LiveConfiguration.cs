using Nvmepf.Firmware.Configuration;
using Nvmepf.Firmware.Console;
using Nvmepf.Firmware.Control;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Startup;

/// <summary>
/// Serves what a directory shaped like configfs says, and follows it (<see cref="LiveControllers"/>). A wrong value changes nothing and is a line
/// in the log.
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
    private const int GroupsMilliseconds = 5;
    private const long SizeLookNanoseconds = 1_000_000_000;

    private readonly string _directory;
    private readonly Func<ConfigurationTree> _load;
    private readonly EventLog _log;
    private readonly FileWatch _watch;
    private readonly DefaultGroups _groups;
    private readonly Supervision? _supervision;
    private readonly LiveControllers _controllers;
    private string _lastProblem = string.Empty;

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
        _controllers = new LiveControllers(log, targets, new ConsoleControls(directory, SetStart), supervision);
        int error = FileWatch.Create(out FileWatch? watch);
        DirectoryShape.MakeController(directory, platform + ".0");
        _watch = watch ?? throw new PlatformException($"--configfs {directory}: cannot watch it: {Errno.Describe(error)}");
        _groups = new DefaultGroups(directory);
    }

    /// <summary>Serves and follows until the descriptor becomes readable, then shuts down.</summary>
    public void Run(int stopDescriptor)
    {
        WatchAll();
        Apply();
        if (!_controllers.IsServing)
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

            if (_controllers.Follow())
            {
                Apply();
            }
        }

        _controllers.StopAll();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _controllers.Dispose();
        _groups.Dispose();
        _watch.Dispose();
    }

    /// <summary>Directories that have just been made are watched soon; files wait until there is a pause.</summary>
    private void Settle()
    {
        Thread.Sleep(GroupsMilliseconds); // whose thread fills the directories meanwhile, undisturbed
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

        // What is missed where the watch of the groups' thread met a directory that had just come; it is told, and watched in the next round.
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
            bool wasServing = _controllers.IsServing;
            _controllers.Apply(_load);
            if (!_controllers.IsServing && !wasServing)
            {
                Report($"{_directory}: no function is linked to a controller that is started; waiting for that");
                return;
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

    /// <summary>The console's way to start and stop a controller: the directory says it, and it is followed.</summary>
    private void SetStart(string controller, bool isStarted)
    {
        string path = Path.Join(_directory, DirectoryShape.PciEndpoint, "controllers", controller, "start");
        try
        {
            File.WriteAllText(path, isStarted ? "1\n" : "0\n");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new PlatformException($"{path}: cannot write it; allowed: a file that this process may write", problem);
        }
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
