// Set Features and Get Features: the commands' dwords and the feature identifiers (NVMe Base 2.1, 5.1.11, 5.1.25).
namespace Nvmepf.Spec;

/// <summary>FID: feature identifiers (NVMe Base 2.1, 5.1.25.1).</summary>
public enum FeatureId : byte
{
    /// <summary>Arbitration.</summary>
    Arbitration = 0x01,

    /// <summary>Power Management.</summary>
    PowerManagement = 0x02,

    /// <summary>LBA Range Type (NVM Command Set).</summary>
    LbaRangeType = 0x03,

    /// <summary>Temperature Threshold.</summary>
    TemperatureThreshold = 0x04,

    /// <summary>Error Recovery (NVM Command Set).</summary>
    ErrorRecovery = 0x05,

    /// <summary>Volatile Write Cache.</summary>
    VolatileWriteCache = 0x06,

    /// <summary>Number of Queues.</summary>
    NumberOfQueues = 0x07,

    /// <summary>Interrupt Coalescing.</summary>
    InterruptCoalescing = 0x08,

    /// <summary>Interrupt Vector Configuration.</summary>
    InterruptVectorConfiguration = 0x09,

    /// <summary>Write Atomicity Normal (NVM Command Set).</summary>
    WriteAtomicityNormal = 0x0A,

    /// <summary>Asynchronous Event Configuration.</summary>
    AsynchronousEventConfiguration = 0x0B,

    /// <summary>Autonomous Power State Transition.</summary>
    AutonomousPowerStateTransition = 0x0C,

    /// <summary>Host Memory Buffer.</summary>
    HostMemoryBuffer = 0x0D,

    /// <summary>Timestamp.</summary>
    Timestamp = 0x0E,

    /// <summary>Keep Alive Timer.</summary>
    KeepAliveTimer = 0x0F,

    /// <summary>Host Controlled Thermal Management.</summary>
    HostControlledThermalManagement = 0x10,

    /// <summary>Non-Operational Power State Config.</summary>
    NonOperationalPowerStateConfig = 0x11,

    /// <summary>Read Recovery Level Config.</summary>
    ReadRecoveryLevelConfig = 0x12,

    /// <summary>Predictable Latency Mode Config.</summary>
    PredictableLatencyModeConfig = 0x13,

    /// <summary>Predictable Latency Mode Window.</summary>
    PredictableLatencyModeWindow = 0x14,

    /// <summary>LBA Status Information Report Interval (NVM Command Set).</summary>
    LbaStatusInformationReportInterval = 0x15,

    /// <summary>Host Behavior Support.</summary>
    HostBehaviorSupport = 0x16,

    /// <summary>Sanitize Config.</summary>
    SanitizeConfig = 0x17,

    /// <summary>Endurance Group Event Configuration.</summary>
    EnduranceGroupEventConfiguration = 0x18,

    /// <summary>I/O Command Set Profile.</summary>
    IoCommandSetProfile = 0x19,

    /// <summary>Spinup Control.</summary>
    SpinupControl = 0x1A,

    /// <summary>Power Loss Signaling Config.</summary>
    PowerLossSignalingConfig = 0x1B,

    /// <summary>Performance Characteristics (NVM Command Set).</summary>
    PerformanceCharacteristics = 0x1C,

    /// <summary>Flexible Data Placement.</summary>
    FlexibleDataPlacement = 0x1D,

    /// <summary>Flexible Data Placement Events.</summary>
    FlexibleDataPlacementEvents = 0x1E,

    /// <summary>Namespace Admin Label.</summary>
    NamespaceAdminLabel = 0x1F,

    /// <summary>Key Value Configuration (Key Value Command Set).</summary>
    KeyValueConfiguration = 0x20,

    /// <summary>Controller Data Queue.</summary>
    ControllerDataQueue = 0x21,

    /// <summary>Embedded Management Controller Address.</summary>
    EmbeddedManagementControllerAddress = 0x78,

    /// <summary>Host Management Agent Address.</summary>
    HostManagementAgentAddress = 0x79,

    /// <summary>Enhanced Controller Metadata.</summary>
    EnhancedControllerMetadata = 0x7D,

    /// <summary>Controller Metadata.</summary>
    ControllerMetadata = 0x7E,

    /// <summary>Namespace Metadata.</summary>
    NamespaceMetadata = 0x7F,

    /// <summary>Software Progress Marker.</summary>
    SoftwareProgressMarker = 0x80,

    /// <summary>Host Identifier.</summary>
    HostIdentifier = 0x81,

    /// <summary>Reservation Notification Mask.</summary>
    ReservationNotificationMask = 0x82,

    /// <summary>Reservation Persistence.</summary>
    ReservationPersistence = 0x83,

    /// <summary>Namespace Write Protection Config.</summary>
    NamespaceWriteProtectionConfig = 0x84,

    /// <summary>Boot Partition Write Protection Config.</summary>
    BootPartitionWriteProtectionConfig = 0x85,
}

/// <summary>CDW10 of Set Features.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct SetFeaturesDword10(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>FID, bits 7:0.</summary>
    public FeatureId FeatureIdentifier { get => (FeatureId)Bits.Get(Raw, 0, 8); init => Raw = Bits.With(Raw, 0, 8, (uint)value); }

    /// <summary>SV, bit 31: keep the value over power cycles and resets.</summary>
    public bool Save { get => Bits.Test(Raw, 31); init => Raw = Bits.With(Raw, 31, value); }
}

/// <summary>SEL of Get Features.</summary>
public enum FeatureSelect : byte
{
    /// <summary>The current value.</summary>
    Current = 0,

    /// <summary>The default value.</summary>
    Default = 1,

    /// <summary>The saved value.</summary>
    Saved = 2,

    /// <summary>The capabilities of the feature.</summary>
    SupportedCapabilities = 3,
}

/// <summary>CDW10 of Get Features.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct GetFeaturesDword10(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>FID, bits 7:0.</summary>
    public FeatureId FeatureIdentifier { get => (FeatureId)Bits.Get(Raw, 0, 8); init => Raw = Bits.With(Raw, 0, 8, (uint)value); }

    /// <summary>SEL, bits 10:8.</summary>
    public FeatureSelect Select { get => (FeatureSelect)Bits.Get(Raw, 8, 3); init => Raw = Bits.With(Raw, 8, 3, (uint)value); }
}

/// <summary>CDW14 of Set Features and of Get Features.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct FeaturesDword14(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>UIDX, bits 6:0.</summary>
    public byte UuidIndex { get => (byte)Bits.Get(Raw, 0, 7); init => Raw = Bits.With(Raw, 0, 7, value); }
}

/// <summary>DW0 of the completion of Get Features with SEL = 011b.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct FeatureCapabilities(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>Bit 0.</summary>
    public bool Saveable { get => Bits.Test(Raw, 0); init => Raw = Bits.With(Raw, 0, value); }

    /// <summary>Bit 1.</summary>
    public bool NamespaceSpecific { get => Bits.Test(Raw, 1); init => Raw = Bits.With(Raw, 1, value); }

    /// <summary>Bit 2.</summary>
    public bool Changeable { get => Bits.Test(Raw, 2); init => Raw = Bits.With(Raw, 2, value); }
}
