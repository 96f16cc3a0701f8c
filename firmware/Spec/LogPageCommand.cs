// Get Log Page: the command's dwords and the log page identifiers (NVMe Base 2.1, 5.1.12).
namespace Nvmepf.Spec;

/// <summary>LID: log page identifiers (NVMe Base 2.1, 5.1.12.1).</summary>
public enum LogPageId : byte
{
    /// <summary>Supported Log Pages.</summary>
    SupportedLogPages = 0x00,

    /// <summary>Error Information.</summary>
    ErrorInformation = 0x01,

    /// <summary>SMART / Health Information.</summary>
    SmartHealthInformation = 0x02,

    /// <summary>Firmware Slot Information.</summary>
    FirmwareSlotInformation = 0x03,

    /// <summary>Changed Attached Namespace List.</summary>
    ChangedAttachedNamespaceList = 0x04,

    /// <summary>Commands Supported and Effects.</summary>
    CommandsSupportedAndEffects = 0x05,

    /// <summary>Device Self-test.</summary>
    DeviceSelfTest = 0x06,

    /// <summary>Telemetry Host-Initiated.</summary>
    TelemetryHostInitiated = 0x07,

    /// <summary>Telemetry Controller-Initiated.</summary>
    TelemetryControllerInitiated = 0x08,

    /// <summary>Endurance Group Information.</summary>
    EnduranceGroupInformation = 0x09,

    /// <summary>Predictable Latency Per NVM Set.</summary>
    PredictableLatencyPerNvmSet = 0x0A,

    /// <summary>Predictable Latency Event Aggregate.</summary>
    PredictableLatencyEventAggregate = 0x0B,

    /// <summary>Asymmetric Namespace Access.</summary>
    AsymmetricNamespaceAccess = 0x0C,

    /// <summary>Persistent Event.</summary>
    PersistentEvent = 0x0D,

    /// <summary>LBA Status Information (NVM Command Set).</summary>
    LbaStatusInformation = 0x0E,

    /// <summary>Endurance Group Event Aggregate.</summary>
    EnduranceGroupEventAggregate = 0x0F,

    /// <summary>Media Unit Status.</summary>
    MediaUnitStatus = 0x10,

    /// <summary>Supported Capacity Configuration List.</summary>
    SupportedCapacityConfigurationList = 0x11,

    /// <summary>Feature Identifiers Supported and Effects.</summary>
    FeatureIdentifiersSupportedAndEffects = 0x12,

    /// <summary>NVMe-MI Commands Supported and Effects.</summary>
    NvmeMiCommandsSupportedAndEffects = 0x13,

    /// <summary>Command and Feature Lockdown.</summary>
    CommandAndFeatureLockdown = 0x14,

    /// <summary>Boot Partition.</summary>
    BootPartition = 0x15,

    /// <summary>Rotational Media Information.</summary>
    RotationalMediaInformation = 0x16,

    /// <summary>Dispersed Namespace Participating NVM Subsystems.</summary>
    DispersedNamespaceParticipatingNvmSubsystems = 0x17,

    /// <summary>Management Address List.</summary>
    ManagementAddressList = 0x18,

    /// <summary>Physical Interface Receiver Eye Opening Measurement (PCIe transport).</summary>
    PhysicalInterfaceReceiverEyeOpeningMeasurement = 0x19,

    /// <summary>Reachability Groups.</summary>
    ReachabilityGroups = 0x1A,

    /// <summary>Reachability Associations.</summary>
    ReachabilityAssociations = 0x1B,

    /// <summary>Changed Allocated Namespace List.</summary>
    ChangedAllocatedNamespaceList = 0x1C,

    /// <summary>FDP Configurations.</summary>
    FdpConfigurations = 0x20,

    /// <summary>Reclaim Unit Handle Usage.</summary>
    ReclaimUnitHandleUsage = 0x21,

    /// <summary>FDP Statistics.</summary>
    FdpStatistics = 0x22,

    /// <summary>FDP Events.</summary>
    FdpEvents = 0x23,

    /// <summary>Discovery (NVMe over Fabrics).</summary>
    Discovery = 0x70,

    /// <summary>Host Discovery (NVMe over Fabrics).</summary>
    HostDiscovery = 0x71,

    /// <summary>AVE Discovery (NVMe over Fabrics).</summary>
    AveDiscovery = 0x72,

    /// <summary>Pull Model DDC Request (NVMe over Fabrics).</summary>
    PullModelDdcRequest = 0x73,

    /// <summary>Reservation Notification.</summary>
    ReservationNotification = 0x80,

    /// <summary>Sanitize Status.</summary>
    SanitizeStatus = 0x81,

    /// <summary>Changed Zone List (Zoned Namespace Command Set).</summary>
    ChangedZoneList = 0xBF,
}

/// <summary>CDW10 of Get Log Page.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct GetLogPageDword10(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>LID, bits 7:0.</summary>
    public LogPageId LogPageIdentifier { get => (LogPageId)Bits.Get(Raw, 0, 8); init => Raw = Bits.With(Raw, 0, 8, (uint)value); }

    /// <summary>LSP, bits 14:8.</summary>
    public byte LogSpecificParameter { get => (byte)Bits.Get(Raw, 8, 7); init => Raw = Bits.With(Raw, 8, 7, value); }

    /// <summary>RAE, bit 15: reading does not clear the event.</summary>
    public bool RetainAsynchronousEvent { get => Bits.Test(Raw, 15); init => Raw = Bits.With(Raw, 15, value); }

    /// <summary>NUMDL, bits 31:16: the low half of NUMD, which is dwords to return, minus one.</summary>
    public ushort NumberOfDwordsLowerZeroBased { get => (ushort)Bits.Get(Raw, 16, 16); init => Raw = Bits.With(Raw, 16, 16, value); }
}

/// <summary>CDW11 of Get Log Page.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct GetLogPageDword11(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>NUMDU, bits 15:0: the high half of NUMD.</summary>
    public ushort NumberOfDwordsUpper { get => (ushort)Bits.Get(Raw, 0, 16); init => Raw = Bits.With(Raw, 0, 16, value); }

    /// <summary>LSI, bits 31:16.</summary>
    public ushort LogSpecificIdentifier { get => (ushort)Bits.Get(Raw, 16, 16); init => Raw = Bits.With(Raw, 16, 16, value); }
}

/// <summary>CDW12 of Get Log Page.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct GetLogPageDword12(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>LPOL: the low half of LPO, a byte offset (bits 1:0 zero) or an index, as OT says.</summary>
    public uint LogPageOffsetLower { get => Raw; init => Raw = value; }
}

/// <summary>CDW13 of Get Log Page.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct GetLogPageDword13(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>LPOU: the high half of LPO.</summary>
    public uint LogPageOffsetUpper { get => Raw; init => Raw = value; }
}

/// <summary>CDW14 of Get Log Page.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct GetLogPageDword14(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>UIDX, bits 6:0.</summary>
    public byte UuidIndex { get => (byte)Bits.Get(Raw, 0, 7); init => Raw = Bits.With(Raw, 0, 7, value); }

    /// <summary>OT, bit 23: LPO counts data structures, not bytes.</summary>
    public bool OffsetIsIndex { get => Bits.Test(Raw, 23); init => Raw = Bits.With(Raw, 23, value); }

    /// <summary>CSI, bits 31:24.</summary>
    public CommandSetIdentifier CommandSetIdentifier
    {
        get => (CommandSetIdentifier)Bits.Get(Raw, 24, 8);
        init => Raw = Bits.With(Raw, 24, 8, (uint)value);
    }
}
