using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Control;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Queues;
using Nvmepf.Firmware.Transfer;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Controller;

/// <summary>
/// One NVMe controller: what its parts are and how they find each other. Command handlers find it through the engine that they run in.
/// The life cycle (enable, reset, shutdown) is in NvmeController.Lifecycle.cs, the round of queues in NvmeController.Turn.cs.
/// </summary>
/// <remarks>Owned by one reactor thread; nothing here is shared. One controller a subsystem so far.</remarks>
public sealed partial class NvmeController : IFunctionHandler, IDisposable
{
    private IoUring? _ring;

    /// <summary>Allocates everything that the controller will ever need.</summary>
    public NvmeController(ControllerSettings settings, IPlatform platform, NamespaceTable namespaces, EventLog log)
    {
        Settings = settings;
        Platform = platform;
        Namespaces = namespaces;
        Log = log;
        int offered = Math.Min(platform.InterruptVectorCount, platform.CompletionQueueLimit) - 1;
        IoQueueCount = Math.Min(settings.IoQueueCount, offered);
        if (IoQueueCount < 1)
        {
            throw new PlatformException(
                $"the platform offers {platform.InterruptVectorCount} interrupt vectors and {platform.CompletionQueueLimit} completion queues; "
                + "a controller needs 2 of each (admin and one I/O queue)");
        }

        CommandTable.Load();
        Features = new FeatureStore(platform, namespaces);
        Errors = new ErrorLog();
        Smart = new SmartCounters(platform);
        Events = new AsyncEvents();
        Buffers = new BufferPool(platform, settings.TransferBuffers, settings.MaximumTransferBytes);
        SmallBuffers = settings.SmallTransferBuffers > 0
            ? new BufferPool(platform, settings.SmallTransferBuffers, ControllerSettings.SmallTransferBytes)
            : Buffers;
        Queues = new QueueSet(platform, IoQueueCount, settings.QueueEntriesMax);
        Engine = new CommandEngine(this, Queues);
        Registers = new RegisterFile(platform, settings);
        AttachNamespaces();
        _comparesRegisters = !platform.TrapsRegisterWrites;
        log.Write($"New PCI ctrl \"{settings.Name}.{settings.SubsystemNqn}\", {IoQueueCount} I/O queues, mdts {settings.MaximumTransferBytes} B");
    }

    /// <summary>What it was told before start.</summary>
    public ControllerSettings Settings { get; }

    /// <summary>What it runs on.</summary>
    public IPlatform Platform { get; }

    /// <summary>The endpoint log.</summary>
    public EventLog Log { get; }

    /// <summary>Its namespaces.</summary>
    public NamespaceTable Namespaces { get; }

    /// <summary>I/O queue pairs that the host may have: the setting, bounded by vectors and windows of the platform.</summary>
    public int IoQueueCount { get; }

    /// <summary>Feature values (Get/Set Features).</summary>
    public FeatureStore Features { get; }

    /// <summary>Error information log.</summary>
    public ErrorLog Errors { get; }

    /// <summary>SMART counters; they live as long as the process, not as long as CC.EN.</summary>
    public SmartCounters Smart { get; }

    /// <summary>Asynchronous events and the requests that wait for them.</summary>
    public AsyncEvents Events { get; }

    /// <summary>What the reactor counts.</summary>
    public ReactorStatistics Statistics { get; } = new();

    /// <summary>Transfer buffers for the largest transfer.</summary>
    public BufferPool Buffers { get; }

    /// <summary>Transfer buffers for small transfers; the same as <see cref="Buffers"/> where there are none.</summary>
    public BufferPool SmallBuffers { get; }

    /// <summary>All queues.</summary>
    public QueueSet Queues { get; }

    /// <summary>Moves commands through their states.</summary>
    public CommandEngine Engine { get; }

    /// <summary>The registers of BAR 0.</summary>
    public RegisterFile Registers { get; }

    /// <summary>Where control threads ask for something; the controller's turn runs it.</summary>
    public ControlMailbox Control { get; } = new();

    /// <summary>Starts the backends of all namespaces, and from here on those of namespaces that come, with the reactor's ring.</summary>
    public void StartBackends(IoUring ring)
    {
        _ring = ring;
        for (int i = 0; i < Namespaces.Count; i++)
        {
            Namespaces[i].Backend.Start(ring);
        }
    }

    /// <summary>Starts the backend of a namespace that comes while the controller is served; the backend is open.</summary>
    internal void StartBackend(NamespaceBackend backend)
    {
        if (_ring is not null)
        {
            backend.Start(_ring);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Engine.Dispose();
        Queues.Dispose();
    }
}
