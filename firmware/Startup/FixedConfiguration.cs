using System.Collections.Concurrent;
using Nvmepf.Firmware.Configuration;
using Nvmepf.Firmware.Console;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Startup;

/// <summary>
/// Serves what options or a file say. Nothing is read again; but the console may stop and start controllers one by one, all but the last, and
/// change namespaces (<see cref="NamespaceEditor"/>).
/// </summary>
/// <remarks>The thread that calls <see cref="Run"/> is the control thread, which does what consoles ask for.</remarks>
internal sealed class FixedConfiguration : IDisposable
{
    private const long LookNanoseconds = 1_000_000_000;

    private readonly EventLog _log;
    private readonly LiveControllers _controllers;
    private readonly ConcurrentQueue<(string Controller, bool IsStarted)> _asked = new();
    private readonly Dictionary<string, bool> _starts = [];
    private readonly int _wake;

    /// <summary>Opens everything; nobody can connect yet.</summary>
    /// <param name="tree">The configuration.</param>
    /// <param name="configuration">What is served of it.</param>
    /// <param name="log">The endpoint log.</param>
    /// <param name="targets">Where the console is told what is served.</param>
    /// <param name="supervision">Hears of reactors that start and end.</param>
    /// <exception cref="PlatformException">No function can be opened; the message is for the user.</exception>
    public FixedConfiguration(
        ConfigurationTree tree, ServedConfiguration configuration, EventLog log, ConsoleTargets targets, Supervision supervision)
    {
        _log = log;
        _wake = Events.Create(0, EventFlags.NonBlocking);
        if (_wake < 0)
        {
            throw new PlatformException($"cannot make an event counter: {Errno.Describe(_wake)}");
        }

        foreach (EndpointControllerNode controller in tree.Controllers)
        {
            _starts[controller.Name] = controller.Start ?? true;
        }

        _controllers = new LiveControllers(log, targets, new ConsoleControls(null, SetStart), supervision);
        try
        {
            _controllers.Open(tree, configuration);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Serves until the descriptor becomes readable, then flushes and returns.</summary>
    /// <exception cref="PlatformException">Nothing could be started; the message is for the user.</exception>
    public void Run(int stopDescriptor)
    {
        _controllers.Serve();
        PollDescriptor[] waits =
        [
            new PollDescriptor { Fd = stopDescriptor, Events = PollEvents.In }, new PollDescriptor { Fd = _wake, Events = PollEvents.In },
        ];
        while (true)
        {
            _ = Events.Poll(waits, LookNanoseconds);
            if (waits[0].Returned != PollEvents.None)
            {
                break;
            }

            _ = Events.Take(_wake, out _);
            bool mustApply = _controllers.Follow();
            while (_asked.TryDequeue(out (string Controller, bool IsStarted) asked))
            {
                _starts[asked.Controller] = asked.IsStarted;
                mustApply = true;
            }

            if (mustApply)
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
        _ = Files.Close(_wake);
    }

    private void Apply()
    {
        try
        {
            _controllers.Apply(Copy);
        }
        catch (Exception problem) when (problem is ConfigurationException or PlatformException)
        {
            _log.Write("Cannot start: " + problem.Message);
        }
    }

    /// <summary>The configuration as it is now, with what the console has said: as it would be written and read again.</summary>
    private ConfigurationTree Copy()
    {
        ConfigurationTree copy = JsonLoader.Load(_controllers.PrintTree(), "running");
        foreach (EndpointControllerNode controller in copy.Controllers)
        {
            controller.Start = _starts[controller.Name];
        }

        return copy;
    }

    /// <summary>On a console's thread.</summary>
    private void SetStart(string controller, bool isStarted)
    {
        if (!isStarted && !_controllers.ServesOther(controller))
        {
            throw new ConfigurationException($"controllers/{controller}/start 0: the last controller that is served; allowed: shutdown, which ends the process");
        }

        _asked.Enqueue((controller, isStarted));
        _ = Events.Signal(_wake);
    }
}
