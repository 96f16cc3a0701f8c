using Nvmepf.Firmware.Configuration;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Passthrough;
using Nvmepf.Firmware.Reactors;
using Nvmepf.Hal;
using Nvmepf.Hal.Rk3588;
using Nvmepf.Hal.VfioUser;

namespace Nvmepf.Firmware.Startup;

/// <summary>What one served function is made of: its namespaces, its platform, its controller.</summary>
internal sealed class FunctionParts : IDisposable
{
    private readonly List<IDisposable> _parts = [];
    private readonly ServedFunction _function;
    private readonly TargetWait _wait;
    private readonly EventLog _log;

    /// <summary>Opens and makes everything; nobody can connect yet.</summary>
    /// <param name="function">What is configured.</param>
    /// <param name="states">What functions of a subsystem share of its namespaces.</param>
    /// <param name="siblings">Other controllers of the subsystem, whose storage this one shares.</param>
    /// <param name="backends">Storage that is open, the caller's to close; what is opened here is added.</param>
    /// <param name="reactors">The reactors, the function's home first.</param>
    /// <param name="wait">How long a fabrics target is waited for.</param>
    /// <param name="log">The endpoint log.</param>
    /// <exception cref="PlatformException">Something cannot be opened; the message is for the user.</exception>
    public FunctionParts(
        ServedFunction function,
        NamespaceStates states,
        IEnumerable<NvmeController> siblings,
        List<NamespaceBackend> backends,
        ReactorLink[] reactors,
        TargetWait wait,
        EventLog log)
    {
        _function = function;
        _wait = wait;
        _log = Keep(log.ForThread()); // the calling thread's, then the reactor's
        try
        {
            PassthroughTarget? passthrough = OpenTarget();
            NamespaceTable namespaces = OpenNamespaces(states, siblings, backends);
            Platform = function.Rk3588 is { } board ? CreateBoard(board) : CreateSocket();
            Controller = new NvmeController(function.Settings, Platform, namespaces, _log, reactors, passthrough);

            // Taken apart after the platform: a DMA engine may read the controller's lists until the platform has stopped it.
            _parts.Insert(_parts.IndexOf(Platform), Controller);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The function's platform.</summary>
    public IPlatform Platform { get; }

    /// <summary>The function's controller.</summary>
    public NvmeController Controller { get; }

    /// <summary>The name of the function.</summary>
    public string Name => _function.Settings.Name;

    /// <summary>The line of the log that says that it is served.</summary>
    public string Listening => _function.Rk3588 is null
        ? $"vfio-user: listening on {Path.Join(_function.VfioUserDirectory, "cntrl")}"
        : "rk3588: waiting for the host";

    /// <summary>The controller takes no part any more in what controllers of its subsystem share of namespaces; it is on no reactor.</summary>
    public void DetachNamespaces()
    {
        for (int i = 0; i < Controller.Namespaces.AllocatedCount; i++)
        {
            SpinWait wait = default; // not on a reactor: it may sleep
            while (!Controller.Namespaces.InOrder(i).TryDetach())
            {
                wait.SpinOnce();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (int i = _parts.Count - 1; i >= 0; i--)
        {
            _parts[i].Dispose();
        }

        _parts.Clear();
    }

    private VfioUserPlatform CreateSocket() => Keep(new VfioUserPlatform(
        _function.Identity,
        new VfioUserOptions { DirectoryPath = _function.VfioUserDirectory, Log = _log },
        mapDoorbells: !_function.TrapsDoorbells));

    /// <summary>The registers first: they stay mapped until the platform has let go of them.</summary>
    private Rk3588Platform CreateBoard(Rk3588Options options)
    {
        MappedRegisters registers = Keep(MappedRegisters.Open(options));
        Rk3588Options mapped = options with { Registers = options.Registers with { Blocks = registers.Blocks } };
        int queuePairs = _function.Settings.IoQueueCount + 1;
        return Keep(new Rk3588Platform(mapped, _function.Identity, queuePairs, _log));
    }

    /// <summary>Connects and watches the target of a passthrough subsystem. A host cannot be served before the first look at it.</summary>
    private PassthroughTarget? OpenTarget()
    {
        if (_function.Passthrough is not { } settings)
        {
            return null;
        }

        TargetSupervisor supervisor = Keep(new TargetSupervisor(settings, _function.Settings.MaximumTransferBytes, _wait, _log));
        supervisor.Start();
        return Keep(new PassthroughTarget(settings, supervisor.Link, supervisor.MaximumTransferBytes, _function.Settings.CommandSlots));
    }

    private NamespaceTable OpenNamespaces(NamespaceStates states, IEnumerable<NvmeController> siblings, List<NamespaceBackend> backends)
    {
        List<NvmeNamespace> namespaces = [];
        foreach (ServedNamespace served in _function.Namespaces)
        {
            NvmeNamespace? made = null;
            foreach (NvmeController sibling in siblings)
            {
                made ??= sibling.Namespaces.Find(served.NamespaceId)?.ForAnotherController();
            }

            if (made is null)
            {
                made = NamespaceOpener.Open(served, states.Of(_function.Settings.SubsystemNqn, served));
                backends.Add(made.Backend);
            }

            namespaces.Add(made);
            _log.Write(NamespaceOpener.Describe(made, _function.Settings.SubsystemNqn));
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
