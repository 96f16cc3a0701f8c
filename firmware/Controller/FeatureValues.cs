using Nvmepf.Firmware.Namespaces.State;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Controller;

/// <summary>
/// The value of every feature of controller scope that is a word or two. One struct, so that a reset replaces all of them and none is
/// forgotten. Values are kept as the standard encodes them.
/// </summary>
public struct FeatureValues
{
    /// <summary>Arbitration, 01h. The weights have an effect under weighted round robin only.</summary>
    public ArbitrationFeature Arbitration;

    /// <summary>Power Management, 02h. There is one power state.</summary>
    public PowerManagementFeature PowerManagement;

    /// <summary>Temperature Threshold, 04h: over temperature threshold of the composite temperature.</summary>
    public ushort OverTemperatureKelvin;

    /// <summary>Temperature Threshold, 04h: under temperature threshold of the composite temperature.</summary>
    public ushort UnderTemperatureKelvin;

    /// <summary>Volatile Write Cache, 06h.</summary>
    public VolatileWriteCacheFeature VolatileWriteCache;

    /// <summary>Interrupt Coalescing, 08h.</summary>
    public InterruptCoalescingFeature InterruptCoalescing;

    /// <summary>Write Atomicity Normal, 0Ah.</summary>
    public WriteAtomicityNormalFeature WriteAtomicity;

    /// <summary>Asynchronous Event Configuration, 0Bh.</summary>
    public AsynchronousEventConfigurationFeature AsynchronousEvents;

    /// <summary>Host Behavior Support, 16h: the first eight bytes of the data structure; the rest of it is reserved.</summary>
    public ulong HostBehavior;

    /// <summary>ACRE, its first byte: the host waits before it tries a command again that has Command Retry Delay set.</summary>
    public readonly bool AdvancedCommandRetryEnable => (byte)HostBehavior == 1;

    /// <summary>Endurance Group Event Configuration, 18h, of the one group.</summary>
    public CriticalWarning EnduranceGroupWarnings;

    /// <summary>Host Identifier, 81h; an identifier of 8 bytes has zeroes above.</summary>
    public HostIdentity Host;
}
