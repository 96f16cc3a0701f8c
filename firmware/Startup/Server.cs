// Startup: turns a judged configuration into the parts that run: opens namespaces, makes platform, controller and reactor, starts them,
// and takes them apart again. Nothing here runs while commands are served.

using Nvmepf.Firmware.Configuration;
using Nvmepf.Firmware.Console;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Passthrough;
using Nvmepf.Hal;
using Nvmepf.Hal.Rk3588;
using Nvmepf.Hal.VfioUser;

namespace Nvmepf.Firmware.Startup;

/// <summary>One function, served by one reactor on a thread of its own.</summary>
internal sealed class Server : IDisposable
{
    // The loop needs a few hundred bytes of stack; what is left is for start-up and for the runtime.
    private const int ReactorStackBytes = 512 * 1024;

    /// <summary>A fabrics target may come up together with this board; longer is for whoever starts us again.</summary>
    private const long ConnectDeadlineNanoseconds = 60_000_000_000;

    private readonly List<IDisposable> _parts = [];
    private readonly EventLog _log;
    private readonly string _listening;
    private readonly Reactor _reactor;
    private readonly NamespaceStates _states;

    /// <summary>Opens the namespaces and makes everything that the configuration asks for; nobody can connect yet.</summary>
    /// <exception cref="PlatformException">Something cannot be opened; the message is for the user.</exception>
    public Server(ServedFunction configuration, NamespaceStates states, EventLog log)
    {
        _states = states;
        _log = log;
        _listening = configuration.Rk3588 is null
            ? $"vfio-user: listening on {Path.Join(configuration.VfioUserDirectory, "cntrl")}"
            : "rk3588: waiting for the host";
        try
        {
            PassthroughTarget? passthrough = OpenTarget(configuration);
            NamespaceTable namespaces = OpenNamespaces(configuration);
            IPlatform platform = configuration.Rk3588 is { } board ? CreateBoard(board, configuration) : CreateSocket(configuration);
            NvmeController controller = new(configuration.Settings, platform, namespaces, log, passthrough: passthrough);
            Controllers = [controller];

            // Taken apart after the platform: a DMA engine may read the controller's lists until the platform has stopped it.
            _parts.Insert(_parts.IndexOf(platform), controller);
            _reactor = Keep(new Reactor(platform, controller, log, configuration.Reactor));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The controllers that are served, one for each function.</summary>
    public IReadOnlyList<NvmeController> Controllers { get; }

    /// <summary>Makes the server of a configuration.</summary>
    /// <exception cref="PlatformException">Something cannot be opened; the message is for the user.</exception>
    public static Server Create(ServedConfiguration configuration, NamespaceStates states, EventLog log) => configuration.Functions.Count == 1
        ? new Server(configuration.Functions[0], states, log)
        : throw new PlatformException($"{configuration.Functions.Count} functions are configured; one process serves one, so far");

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
    /// <param name="supervision">Looks at the reactor's progress and hears that it serves; null for none.</param>
    /// <exception cref="PlatformException">The platform or a namespace could not be started.</exception>
    public void Run(int stopDescriptor, Supervision? supervision = null)
    {
        PlatformException? problem = null;
        Thread thread = new(
            () =>
            {
                try
                {
                    _reactor.Start();
                }
                catch (PlatformException caught)
                {
                    problem = caught;
                    return;
                }

                _log.Write(_listening);
                supervision?.Ready();
                _reactor.Run(stopDescriptor);
            },
            ReactorStackBytes);
        supervision?.Begin(_reactor.Statistics);
        thread.Start();
        thread.Join();
        if (problem is not null)
        {
            throw new PlatformException(problem.Message, problem);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The ring first: nothing may be under way any more when memory goes.
        for (int i = _parts.Count - 1; i >= 0; i--)
        {
            _parts[i].Dispose();
        }

        _parts.Clear();
    }

    private VfioUserPlatform CreateSocket(ServedFunction configuration) => Keep(new VfioUserPlatform(
        configuration.Identity,
        new VfioUserOptions { DirectoryPath = configuration.VfioUserDirectory, Log = _log }));

    /// <summary>The registers first: they stay mapped until the platform has let go of them.</summary>
    private Rk3588Platform CreateBoard(Rk3588Options options, ServedFunction configuration)
    {
        MappedRegisters registers = Keep(MappedRegisters.Open(options));
        Rk3588Options mapped = options with { Registers = options.Registers with { Blocks = registers.Blocks } };
        int queuePairs = configuration.Settings.IoQueueCount + 1;
        return Keep(new Rk3588Platform(mapped, configuration.Identity, queuePairs, _log));
    }

    /// <summary>Connects and watches the target of a passthrough subsystem. A host cannot be served before the first look at it.</summary>
    private PassthroughTarget? OpenTarget(ServedFunction configuration)
    {
        if (configuration.Passthrough is not { } settings)
        {
            return null;
        }

        TargetSupervisor supervisor = Keep(new TargetSupervisor(
            settings, configuration.Settings.MaximumTransferBytes, ConnectDeadlineNanoseconds, _log));
        supervisor.Start();
        return Keep(new PassthroughTarget(settings, supervisor.Link, supervisor.MaximumTransferBytes, configuration.Settings.CommandSlots));
    }

    private NamespaceTable OpenNamespaces(ServedFunction configuration)
    {
        List<NvmeNamespace> namespaces = [];
        foreach (ServedNamespace served in configuration.Namespaces)
        {
            NvmeNamespace made = NamespaceOpener.Open(served, _states.Of(configuration.Settings.SubsystemNqn, served));
            _ = Keep(made.Backend);
            namespaces.Add(made);
            _log.Write(NamespaceOpener.Describe(made, configuration.Settings.SubsystemNqn));
        }

        return new NamespaceTable([.. namespaces], NamespaceOpener.NamespacesMax);
    }

    private TPart Keep<TPart>(TPart part)
        where TPart : IDisposable
    {
        _parts.Add(part);
        return part;
    }
}
