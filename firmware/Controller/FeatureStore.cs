using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Namespaces.State;
using Nvmepf.Hal;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Controller;

/// <summary>
/// Current and default values of every feature, and what they mean to the rest of the firmware. No feature is saveable, so there are
/// no saved values. What a feature accepts from a host is in Commands/Admin/Features, one file a feature.
/// </summary>
public sealed class FeatureStore
{
    private readonly IPlatform _platform;
    private readonly FeatureValues _defaults;
    private readonly bool[] _coalescingDisabled;
    private readonly ErrorRecoveryFeature[] _errorRecovery;
    private readonly ReservationNotificationMaskFeature[] _reservationMasks;
    private FeatureValues _current;

    /// <summary>Creates the store with the default values, for the vectors and namespaces that there are.</summary>
    public FeatureStore(IPlatform platform, NamespaceTable namespaces)
    {
        _platform = platform;
        _coalescingDisabled = new bool[platform.InterruptVectorCount];
        _errorRecovery = new ErrorRecoveryFeature[namespaces.Capacity];
        _reservationMasks = new ReservationNotificationMaskFeature[namespaces.Capacity];
        _defaults = new FeatureValues
        {
            Arbitration = new ArbitrationFeature { ArbitrationBurstLog2 = RecommendedArbitrationBurstLog2 },
            OverTemperatureKelvin = HealthMonitor.WarningTemperatureKelvin,
            VolatileWriteCache = new VolatileWriteCacheFeature { Enable = true },
        };
        Reset();
    }

    /// <summary>Identify Controller RAB, and the burst until the host sets another: 2^6 = 64 commands.</summary>
    public const byte RecommendedArbitrationBurstLog2 = 6;

    /// <summary>AB of the Arbitration feature that means no limit.</summary>
    private const byte UnlimitedArbitrationBurst = 7;

    /// <summary>Values in force.</summary>
    public ref FeatureValues Current => ref _current;

    /// <summary>Values after a reset.</summary>
    public ref readonly FeatureValues Defaults => ref _defaults;

    /// <summary>The default values or those in force, as Get Features asks.</summary>
    public ref readonly FeatureValues Values(bool isDefault) => ref isDefault ? ref _defaults : ref _current;

    /// <summary>Timestamp, 0Eh.</summary>
    public HostTimestamp Timestamp { get; } = new();

    /// <summary>Keep Alive Timer, 0Fh.</summary>
    public KeepAliveTimer KeepAlive { get; } = new();

    /// <summary>
    /// Commands that one submission queue may hand over in one visit (Arbitration Burst: 1 to 64, int.MaxValue for no limit).
    /// </summary>
    public int ArbitrationBurst
    {
        get
        {
            byte log2 = _current.Arbitration.ArbitrationBurstLog2;
            return log2 == UnlimitedArbitrationBurst ? int.MaxValue : 1 << log2;
        }
    }

    /// <summary>Interrupt coalescing: completions gathered before an interrupt, 1 to 256; 1 means none are gathered.</summary>
    public int CoalescingThreshold => _current.InterruptCoalescing.AggregationThresholdZeroBased + 1;

    /// <summary>Interrupt coalescing: longest time a completion waits for company, in microseconds; 0 means no waiting.</summary>
    public uint CoalescingTimeMicroseconds => _current.InterruptCoalescing.AggregationTimeIn100Microseconds * 100u;

    /// <summary>
    /// False where the host has switched the volatile write cache off: every write is then made durable before it completes, as if
    /// it had FUA set.
    /// </summary>
    public bool IsWriteCacheEnabled => _current.VolatileWriteCache.Enable;

    /// <summary>Who the host says it is (Host Identifier).</summary>
    public HostIdentity Host => _current.Host;

    /// <summary>Keep alive timeout in milliseconds, 0 for none.</summary>
    public uint KeepAliveTimeoutMilliseconds => KeepAlive.TimeoutMilliseconds;

    /// <summary>Back to the values that a controller level reset leaves (NVMe Base 2.1 section 3.7.2): the defaults.</summary>
    public void Reset()
    {
        _current = _defaults;
        Array.Clear(_coalescingDisabled);
        Array.Clear(_errorRecovery);
        Array.Clear(_reservationMasks);
        Timestamp.Reset(_platform.NowNanoseconds);
        KeepAlive.Stop();
    }

    /// <summary>True where coalescing is disabled for the vector.</summary>
    public bool IsCoalescingDisabled(int vector) => _coalescingDisabled[vector];

    /// <summary>Interrupt Vector Configuration, 09h.</summary>
    public void SetCoalescingDisabled(int vector, bool disabled) => _coalescingDisabled[vector] = disabled;

    /// <summary>Error Recovery, 05h, of the namespace with an index of the namespace table.</summary>
    public ref ErrorRecoveryFeature ErrorRecovery(int namespaceIndex) => ref _errorRecovery[namespaceIndex];

    /// <summary>Reservation Notification Mask, 82h, of the namespace with an index of the namespace table.</summary>
    public ref ReservationNotificationMaskFeature ReservationNotificationMask(int namespaceIndex) => ref _reservationMasks[namespaceIndex];
}
