using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Control;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Passthrough;
using Nvmepf.Firmware.Queues;
using Nvmepf.Firmware.Reactors;
using Nvmepf.Firmware.Transfer;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Controller;

/// <summary>
/// One NVMe controller: what its parts are and how they find each other. Command handlers find it through the engine that they run in.
/// The life cycle (enable, reset, shutdown) is in NvmeController.Lifecycle.cs, the round of queues in NvmeController.Turn.cs.
/// </summary>
/// <remarks>
/// Owned by one reactor thread, its home. The queues may be spread over more reactors, each with a share of them (NvmeController.Shares.cs).
/// One controller a subsystem so far.
/// </remarks>
public sealed partial class NvmeController : IFunctionHandler, IDisposable
{
    private IoUring[] _rings = [];

    /// <summary>Allocates everything that the controller will ever need.</summary>
    /// <param name="settings">What it is told.</param>
    /// <param name="platform">What it runs on.</param>
    /// <param name="namespaces">Its namespaces.</param>
    /// <param name="log">The endpoint log.</param>
    /// <param name="reactors">The reactors that its queues are spread over, the home first; null for one.</param>
    /// <param name="passthrough">The controller that commands go to; null for namespaces of our own. All queues stay at home then.</param>
    public NvmeController(
        ControllerSettings settings,
        IPlatform platform,
        NamespaceTable namespaces,
        EventLog log,
        ReactorLink[]? reactors = null,
        PassthroughTarget? passthrough = null)
    {
        Passthrough = passthrough;
        Settings = settings;
        Platform = platform;
        Namespaces = namespaces;
        Log = log;

        // A single vector is shared by all queues; of several, one is the admin queue's.
        int vectors = platform.InterruptVectorCount > 1 ? platform.InterruptVectorCount : int.MaxValue;
        int offered = Math.Min(vectors, platform.CompletionQueueLimit) - 1;
        IoQueueCount = Math.Min(settings.IoQueueCount, offered);
        if (IoQueueCount < 1)
        {
            throw new PlatformException(
                $"the platform offers {platform.CompletionQueueLimit} completion queues; a controller needs 2 (admin and one I/O queue)");
        }

        CommandTable.Load();
        PassthroughTable.Load();
        Features = new FeatureStore(platform, namespaces);
        Errors = new ErrorLog();
        Smart = new SmartCounters(platform);
        Events = new AsyncEvents();
        Ana = new AnaGroups(settings.AnaGroups);
        QueueStatistics = new QueueStatistics(IoQueueCount + 1);
        reactors ??= [new ReactorLink(0)];
        Shares = CreateShares(passthrough is null ? reactors : reactors[..1]);
        Home = Shares[0];
        _loads = new ulong[Shares.Length];
        _commandsSeen = new ulong[Shares.Length];
        Registers = new RegisterFile(platform, settings, passthrough?.Settings.LongestTimeoutSeconds ?? 0);
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

    /// <summary>The controller that commands go to; null where namespaces are our own.</summary>
    public PassthroughTarget? Passthrough { get; }

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

    /// <summary>Asymmetric access: the state of each group on this path.</summary>
    public AnaGroups Ana { get; }

    /// <summary>What the controller's own reactor counts.</summary>
    public ReactorStatistics Statistics => Home.Reactor.Statistics;

    /// <summary>The share that the controller's own reactor polls, with the admin queue.</summary>
    public QueueShare Home { get; }

    /// <summary>What was completed of each queue and class of commands, and how long it took.</summary>
    public QueueStatistics QueueStatistics { get; }

    /// <summary>What the console makes commands do wrong.</summary>
    public InjectionRules Injection { get; } = new();

    /// <summary>All shares, the home share first; one for each reactor.</summary>
    public QueueShare[] Shares { get; }

    /// <summary>The queues of the home share.</summary>
    public QueueSet Queues => Home.Queues;

    /// <summary>The engine of the home share, in which all admin commands run.</summary>
    public CommandEngine Engine => Home.Engine;

    /// <summary>The registers of BAR 0.</summary>
    public RegisterFile Registers { get; }

    /// <summary>Where control threads ask for something; the controller's turn runs it.</summary>
    public ControlMailbox Control { get; } = new();

    /// <summary>Starts the backends of all namespaces, and from here on those of namespaces that come, with the reactors' rings.</summary>
    /// <param name="rings">A ring for each reactor of the process, by number.</param>
    public void StartBackends(IoUring[] rings)
    {
        _rings = rings;
        for (int i = 0; i < Namespaces.Count; i++)
        {
            Namespaces[i].Backend.Prepare(rings);
            Namespaces[i].Backend.Start(rings);
        }
    }

    /// <summary>Makes what the backend of a namespace that is to come needs, on the thread of who adds it.</summary>
    internal void PrepareBackend(NamespaceBackend backend) => backend.Prepare(_rings);

    /// <summary>Starts the backend of a namespace that comes while the controller is served; the backend is open.</summary>
    internal void StartBackend(NamespaceBackend backend)
    {
        if (_rings.Length > 0)
        {
            backend.Start(_rings);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (QueueShare share in Shares)
        {
            share.Dispose();
        }

        QueueStatistics.Dispose();
    }
}
