// Asynchronous events: what DW0 of the completion of an Asynchronous Event Request says (NVMe Base 2.1, 5.1.2).
namespace Nvmepf.Spec;

/// <summary>AET: the type of an event.</summary>
public enum AsynchronousEventType : byte
{
    /// <summary>0h: error status.</summary>
    Error = 0,

    /// <summary>1h: SMART / health status.</summary>
    SmartHealth = 1,

    /// <summary>2h: notice.</summary>
    Notice = 2,

    /// <summary>3h: immediate.</summary>
    Immediate = 3,

    /// <summary>4h: one-shot.</summary>
    OneShot = 4,

    /// <summary>6h: I/O command specific status.</summary>
    IoCommandSetSpecific = 6,

    /// <summary>7h: vendor specific.</summary>
    VendorSpecific = 7,
}

/// <summary>DW0 of the completion of an Asynchronous Event Request.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct AsynchronousEventDword0(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>AET, bits 2:0.</summary>
    public AsynchronousEventType EventType
    {
        get => (AsynchronousEventType)Bits.Get(Raw, 0, 3);
        init => Raw = Bits.With(Raw, 0, 3, (uint)value);
    }

    /// <summary>AEI, bits 15:8: which event of the type; values are in the enums below, one an event type.</summary>
    public byte EventInformation { get => (byte)Bits.Get(Raw, 8, 8); init => Raw = Bits.With(Raw, 8, 8, value); }

    /// <summary>LID, bits 23:16: the log page that tells more and clears the event.</summary>
    public LogPageId LogPageIdentifier { get => (LogPageId)Bits.Get(Raw, 16, 8); init => Raw = Bits.With(Raw, 16, 8, (uint)value); }
}

/// <summary>AEI of error status events.</summary>
public enum ErrorEventInformation : byte
{
    /// <summary>A doorbell of a queue that does not exist was written.</summary>
    WriteToInvalidDoorbellRegister = 0x00,

    /// <summary>A doorbell was written with a value out of range or the same as before.</summary>
    InvalidDoorbellWriteValue = 0x01,

    /// <summary>Diagnostic failure.</summary>
    DiagnosticFailure = 0x02,

    /// <summary>Persistent internal error; CSTS.CFS may be set.</summary>
    PersistentInternalError = 0x03,

    /// <summary>Transient internal error.</summary>
    TransientInternalError = 0x04,

    /// <summary>Firmware image load error; the controller fell back to another image.</summary>
    FirmwareImageLoadError = 0x05,
}

/// <summary>AEI of SMART / health events.</summary>
public enum SmartHealthEventInformation : byte
{
    /// <summary>NVM subsystem reliability has been compromised.</summary>
    NvmSubsystemReliability = 0x00,

    /// <summary>A temperature is over or under a threshold.</summary>
    TemperatureThreshold = 0x01,

    /// <summary>Available spare is below its threshold.</summary>
    SpareBelowThreshold = 0x02,
}

/// <summary>AEI of notices.</summary>
public enum NoticeEventInformation : byte
{
    /// <summary>Attached namespace attribute changed; log page 04h lists which.</summary>
    AttachedNamespaceAttributeChanged = 0x00,

    /// <summary>Firmware activation starting.</summary>
    FirmwareActivationStarting = 0x01,

    /// <summary>Telemetry log changed.</summary>
    TelemetryLogChanged = 0x02,

    /// <summary>Asymmetric namespace access change.</summary>
    AsymmetricNamespaceAccessChange = 0x03,

    /// <summary>Predictable latency event aggregate log change.</summary>
    PredictableLatencyEventAggregateLogChange = 0x04,

    /// <summary>LBA status information alert.</summary>
    LbaStatusInformationAlert = 0x05,

    /// <summary>Endurance group event aggregate log page change.</summary>
    EnduranceGroupEventAggregateLogPageChange = 0x06,

    /// <summary>Reachability group change.</summary>
    ReachabilityGroupChange = 0x07,

    /// <summary>Reachability association change.</summary>
    ReachabilityAssociationChange = 0x08,

    /// <summary>Allocated namespace attribute changed.</summary>
    AllocatedNamespaceAttributeChanged = 0x09,

    /// <summary>Zone descriptor changed (Zoned Namespace Command Set).</summary>
    ZoneDescriptorChanged = 0xEF,

    /// <summary>Discovery log page change (NVMe over Fabrics).</summary>
    DiscoveryLogPageChange = 0xF0,

    /// <summary>Host discovery log page change (NVMe over Fabrics).</summary>
    HostDiscoveryLogPageChange = 0xF1,

    /// <summary>AVE discovery log page change (NVMe over Fabrics).</summary>
    AveDiscoveryLogPageChange = 0xF2,

    /// <summary>Pull model DDC request log page change (NVMe over Fabrics).</summary>
    PullModelDdcRequestLogPageChange = 0xF3,
}

/// <summary>AEI of immediate events.</summary>
public enum ImmediateEventInformation : byte
{
    /// <summary>A normal NVM subsystem shutdown is starting.</summary>
    NormalNvmSubsystemShutdown = 0x00,

    /// <summary>A temperature has gone back past the hysteresis of its threshold.</summary>
    TemperatureThresholdHysteresisRecovery = 0x01,
}

/// <summary>AEI of I/O command specific status events.</summary>
public enum IoCommandSetEventInformation : byte
{
    /// <summary>Reservation log page available.</summary>
    ReservationLogPageAvailable = 0x00,

    /// <summary>Sanitize operation completed.</summary>
    SanitizeOperationCompleted = 0x01,

    /// <summary>Sanitize operation completed with unexpected deallocation.</summary>
    SanitizeOperationCompletedWithUnexpectedDeallocation = 0x02,

    /// <summary>Sanitize operation entered media verification state.</summary>
    SanitizeOperationEnteredMediaVerificationState = 0x03,
}
