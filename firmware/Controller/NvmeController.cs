using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Queues;
using Nvmepf.Firmware.Transfer;
using Nvmepf.Hal;

namespace Nvmepf.Firmware.Controller;

/// <summary>
/// One NVMe controller: what its parts are and how they find each other. Command handlers get it as their first argument.
/// The life cycle (enable, reset, shutdown) is in NvmeController.Lifecycle.cs.
/// </summary>
public sealed partial class NvmeController
{
    /// <summary>What it was told before start.</summary>
    public ControllerSettings Settings { get; }

    /// <summary>What it runs on.</summary>
    public IPlatform Platform { get; }

    /// <summary>The endpoint log.</summary>
    public EventLog Log { get; }

    /// <summary>Its namespaces.</summary>
    public NamespaceTable Namespaces { get; }

    /// <summary>Feature values (Get/Set Features).</summary>
    public FeatureStore Features { get; }

    /// <summary>Error information log.</summary>
    public ErrorLog Errors { get; }

    /// <summary>SMART counters; they live as long as the process, not as long as CC.EN.</summary>
    public SmartCounters Smart { get; }

    /// <summary>Asynchronous events and the requests that wait for them.</summary>
    public AsyncEvents Events { get; }

    /// <summary>All queues.</summary>
    public QueueSet Queues { get; }

    /// <summary>Moves commands through their states.</summary>
    public CommandEngine Engine { get; }

    /// <summary>The registers of BAR 0.</summary>
    public RegisterFile Registers { get; }
}
