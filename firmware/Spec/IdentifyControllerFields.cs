// Types of the bit fields of the Identify Controller data structure (NVMe Base 2.1, 5.1.13.2.1).
using System;

namespace Nvmepf.Spec;

/// <summary>CMIC.</summary>
[Flags]
public enum MultiPathCapabilities : byte
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>MPORTS: the NVM subsystem may have more than one port.</summary>
    MultiplePorts = 1 << 0,

    /// <summary>MCTRS: the NVM subsystem may have more than one controller.</summary>
    MultipleControllers = 1 << 1,

    /// <summary>FT: this controller is of an SR-IOV virtual function.</summary>
    SrIovVirtualFunction = 1 << 2,

    /// <summary>ANARS.</summary>
    AsymmetricNamespaceAccessReporting = 1 << 3,
}

/// <summary>CNTRLTYPE.</summary>
public enum ControllerType : byte
{
    /// <summary>Not reported.</summary>
    NotReported = 0,

    /// <summary>I/O controller.</summary>
    IoController = 1,

    /// <summary>Discovery controller.</summary>
    DiscoveryController = 2,

    /// <summary>Administrative controller.</summary>
    AdministrativeController = 3,
}

/// <summary>OAES.</summary>
[Flags]
public enum OptionalAsynchronousEvents : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>NSAN.</summary>
    AttachedNamespaceAttributeNotices = 1 << 8,

    /// <summary>FAN.</summary>
    FirmwareActivationNotices = 1 << 9,

    /// <summary>ANACN.</summary>
    AsymmetricNamespaceAccessChangeNotices = 1 << 11,

    /// <summary>PLEALCN.</summary>
    PredictableLatencyEventAggregateLogChangeNotices = 1 << 12,

    /// <summary>LSIAN.</summary>
    LbaStatusInformationAlertNotices = 1 << 13,

    /// <summary>EGEALCN.</summary>
    EnduranceGroupEventAggregateLogPageChangeNotices = 1 << 14,

    /// <summary>NNSSHDN.</summary>
    NormalNvmSubsystemShutdown = 1 << 15,

    /// <summary>TTHR.</summary>
    TemperatureThresholdHysteresisRecovery = 1 << 16,

    /// <summary>RGCNS: reachability group and reachability association change notices.</summary>
    ReachabilityGroupsChangeNotices = 1 << 17,

    /// <summary>ANSAN.</summary>
    AllocatedNamespaceAttributeNotices = 1 << 19,

    /// <summary>ZDCN.</summary>
    ZoneDescriptorChangedNotices = 1 << 27,

    /// <summary>DLPCN.</summary>
    DiscoveryLogPageChangeNotices = 1u << 31,
}

/// <summary>CTRATT.</summary>
[Flags]
public enum ControllerAttributes : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>HIDS.</summary>
    HostIdentifierSupport128Bit = 1 << 0,

    /// <summary>NOPSPM.</summary>
    NonOperationalPowerStatePermissiveMode = 1 << 1,

    /// <summary>NSETS.</summary>
    NvmSets = 1 << 2,

    /// <summary>RRLVLS.</summary>
    ReadRecoveryLevels = 1 << 3,

    /// <summary>EGS.</summary>
    EnduranceGroups = 1 << 4,

    /// <summary>PLM.</summary>
    PredictableLatencyMode = 1 << 5,

    /// <summary>TBKAS.</summary>
    TrafficBasedKeepAlive = 1 << 6,

    /// <summary>NG.</summary>
    NamespaceGranularity = 1 << 7,

    /// <summary>SQA.</summary>
    SubmissionQueueAssociations = 1 << 8,

    /// <summary>ULIST.</summary>
    UuidList = 1 << 9,

    /// <summary>MDS.</summary>
    MultiDomainSubsystem = 1 << 10,

    /// <summary>FCM.</summary>
    FixedCapacityManagement = 1 << 11,

    /// <summary>VCM.</summary>
    VariableCapacityManagement = 1 << 12,

    /// <summary>DEG.</summary>
    DeleteEnduranceGroup = 1 << 13,

    /// <summary>DNVMS.</summary>
    DeleteNvmSet = 1 << 14,

    /// <summary>ELBAS.</summary>
    ExtendedLbaFormats = 1 << 15,

    /// <summary>MEM.</summary>
    MdtsExcludesMetadata = 1 << 16,

    /// <summary>HMBR.</summary>
    HostMemoryBufferRestrictions = 1 << 17,

    /// <summary>RHII.</summary>
    ReservationsAndHostIdentifierInteraction = 1 << 18,

    /// <summary>FDPS.</summary>
    FlexibleDataPlacement = 1 << 19,
}

/// <summary>OACS.</summary>
[Flags]
public enum OptionalAdminCommands : ushort
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>SSRS.</summary>
    SecuritySendReceive = 1 << 0,

    /// <summary>FNVMS.</summary>
    FormatNvm = 1 << 1,

    /// <summary>FWDS.</summary>
    FirmwareDownloadAndCommit = 1 << 2,

    /// <summary>NMS.</summary>
    NamespaceManagement = 1 << 3,

    /// <summary>DSTS.</summary>
    DeviceSelfTest = 1 << 4,

    /// <summary>DIRS.</summary>
    Directives = 1 << 5,

    /// <summary>NSRS.</summary>
    NvmeMiSendReceive = 1 << 6,

    /// <summary>VMS.</summary>
    VirtualizationManagement = 1 << 7,

    /// <summary>DBCS.</summary>
    DoorbellBufferConfig = 1 << 8,

    /// <summary>GLSS.</summary>
    GetLbaStatus = 1 << 9,

    /// <summary>CFLS.</summary>
    CommandAndFeatureLockdown = 1 << 10,

    /// <summary>HMLMS.</summary>
    HostManagedLiveMigration = 1 << 11,
}

/// <summary>FRMW.</summary>
/// <param name="raw">The whole byte.</param>
public readonly struct FirmwareUpdates(byte raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly byte Raw = raw;

    /// <summary>FFSRO, bit 0.</summary>
    public bool FirstSlotReadOnly { get => Bits.Test(Raw, 0); init => Raw = (byte)Bits.With(Raw, 0, value); }

    /// <summary>NOFS, bits 3:1: 1 to 7.</summary>
    public byte NumberOfSlots { get => (byte)Bits.Get(Raw, 1, 3); init => Raw = (byte)Bits.With(Raw, 1, 3, value); }

    /// <summary>FAWR, bit 4.</summary>
    public bool ActivationWithoutReset { get => Bits.Test(Raw, 4); init => Raw = (byte)Bits.With(Raw, 4, value); }

    /// <summary>SMUD, bit 5: overlapping downloads are detected.</summary>
    public bool MultipleUpdateDetection { get => Bits.Test(Raw, 5); init => Raw = (byte)Bits.With(Raw, 5, value); }
}

/// <summary>LPA.</summary>
[Flags]
public enum LogPageAttributes : byte
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>SMARTS: SMART / Health Information for each namespace.</summary>
    SmartPerNamespace = 1 << 0,

    /// <summary>CSES: log page 05h.</summary>
    CommandsSupportedAndEffects = 1 << 1,

    /// <summary>LPEDS: NUMD of 32 bits, LPO.</summary>
    ExtendedData = 1 << 2,

    /// <summary>THCI: log pages 07h and 08h.</summary>
    Telemetry = 1 << 3,

    /// <summary>PES: log page 0Dh.</summary>
    PersistentEvent = 1 << 4,

    /// <summary>MLPS: log pages 00h, 12h, 13h, and scope reporting in 05h.</summary>
    MiscellaneousLogPages = 1 << 5,

    /// <summary>DA4S.</summary>
    TelemetryDataArea4 = 1 << 6,
}

/// <summary>SANICAP.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct SanitizeCapabilities(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>CES, bit 0.</summary>
    public bool CryptoErase { get => Bits.Test(Raw, 0); init => Raw = Bits.With(Raw, 0, value); }

    /// <summary>BES, bit 1.</summary>
    public bool BlockErase { get => Bits.Test(Raw, 1); init => Raw = Bits.With(Raw, 1, value); }

    /// <summary>OWS, bit 2.</summary>
    public bool Overwrite { get => Bits.Test(Raw, 2); init => Raw = Bits.With(Raw, 2, value); }

    /// <summary>VERS, bit 3: the media verification state.</summary>
    public bool VerificationSupport { get => Bits.Test(Raw, 3); init => Raw = Bits.With(Raw, 3, value); }

    /// <summary>NDI, bit 29.</summary>
    public bool NoDeallocateInhibited { get => Bits.Test(Raw, 29); init => Raw = Bits.With(Raw, 29, value); }

    /// <summary>NODMMAS, bits 31:30: 0 not defined, 1 no, 2 yes.</summary>
    public byte NoDeallocateModifiesMedia { get => (byte)Bits.Get(Raw, 30, 2); init => Raw = Bits.With(Raw, 30, 2, value); }
}

/// <summary>SQES and CQES.</summary>
/// <param name="raw">The whole byte.</param>
public readonly struct QueueEntrySize(byte raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly byte Raw = raw;

    /// <summary>Bits 3:0: the required entry size is 2^n bytes.</summary>
    public byte MinimumLog2 { get => (byte)Bits.Get(Raw, 0, 4); init => Raw = (byte)Bits.With(Raw, 0, 4, value); }

    /// <summary>Bits 7:4: the largest entry size is 2^n bytes.</summary>
    public byte MaximumLog2 { get => (byte)Bits.Get(Raw, 4, 4); init => Raw = (byte)Bits.With(Raw, 4, 4, value); }
}

/// <summary>ONCS.</summary>
[Flags]
public enum OptionalNvmCommands : ushort
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>NVMCMPS.</summary>
    Compare = 1 << 0,

    /// <summary>NVMWUSV.</summary>
    WriteUncorrectable = 1 << 1,

    /// <summary>NVMDSMSV.</summary>
    DatasetManagement = 1 << 2,

    /// <summary>NVMWZSV.</summary>
    WriteZeroes = 1 << 3,

    /// <summary>SSFS: SV of Set Features, SEL of Get Features.</summary>
    SaveAndSelectFeature = 1 << 4,

    /// <summary>RESERVS.</summary>
    Reservations = 1 << 5,

    /// <summary>TSS.</summary>
    Timestamp = 1 << 6,

    /// <summary>NVMVFYS.</summary>
    Verify = 1 << 7,

    /// <summary>NVMCPYS.</summary>
    Copy = 1 << 8,

    /// <summary>NVMCSAS.</summary>
    CopySingleAtomicity = 1 << 9,

    /// <summary>NVMAFC.</summary>
    AllFastCopy = 1 << 10,

    /// <summary>MAXWZD.</summary>
    MaximumWriteZeroesWithDeallocate = 1 << 11,

    /// <summary>NSZS.</summary>
    NamespaceZeroes = 1 << 12,
}

/// <summary>FNA.</summary>
[Flags]
public enum FormatNvmAttributes : byte
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>FNS: a format acts on all namespaces.</summary>
    FormatAllNamespaces = 1 << 0,

    /// <summary>SENS: a secure erase acts on all namespaces.</summary>
    SecureEraseAllNamespaces = 1 << 1,

    /// <summary>CRYES.</summary>
    CryptographicErase = 1 << 2,

    /// <summary>BCNSID: Format NVM with NSID FFFFFFFFh is not supported.</summary>
    BroadcastNsidNotSupported = 1 << 3,
}

/// <summary>VWC bits 2:1: Flush with NSID FFFFFFFFh.</summary>
public enum FlushBehavior : byte
{
    /// <summary>00b: not indicated (controllers before 1.4).</summary>
    NotIndicated = 0,

    /// <summary>10b: it fails with Invalid Namespace or Format.</summary>
    BroadcastNotSupported = 2,

    /// <summary>11b: it flushes all namespaces.</summary>
    BroadcastSupported = 3,
}

/// <summary>VWC.</summary>
/// <param name="raw">The whole byte.</param>
public readonly struct VolatileWriteCache(byte raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly byte Raw = raw;

    /// <summary>VWCP, bit 0: there is a volatile write cache.</summary>
    public bool Present { get => Bits.Test(Raw, 0); init => Raw = (byte)Bits.With(Raw, 0, value); }

    /// <summary>FB, bits 2:1.</summary>
    public FlushBehavior FlushBehavior { get => (FlushBehavior)Bits.Get(Raw, 1, 2); init => Raw = (byte)Bits.With(Raw, 1, 2, (uint)value); }
}

/// <summary>SGLS bits 1:0.</summary>
public enum SglSupportLevel : byte
{
    /// <summary>00b: no SGLs.</summary>
    NotSupported = 0,

    /// <summary>01b: SGLs, data blocks of any alignment and length.</summary>
    ByteAligned = 1,

    /// <summary>10b: SGLs, data blocks aligned to and multiples of dwords.</summary>
    DwordAligned = 2,
}

/// <summary>SGLS.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct SglSupport(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>SGLS, bits 1:0.</summary>
    public SglSupportLevel Level { get => (SglSupportLevel)Bits.Get(Raw, 0, 2); init => Raw = Bits.With(Raw, 0, 2, (uint)value); }

    /// <summary>KSDBDS, bit 2.</summary>
    public bool KeyedDataBlock { get => Bits.Test(Raw, 2); init => Raw = Bits.With(Raw, 2, value); }

    /// <summary>SDT, bits 15:8: recommended limit of descriptors in a command; 0 for none given.</summary>
    public byte DescriptorThreshold { get => (byte)Bits.Get(Raw, 8, 8); init => Raw = Bits.With(Raw, 8, 8, value); }

    /// <summary>SBBDS, bit 16.</summary>
    public bool BitBucket { get => Bits.Test(Raw, 16); init => Raw = Bits.With(Raw, 16, value); }

    /// <summary>MBA, bit 17: MPTR may be a byte aligned contiguous buffer.</summary>
    public bool MetadataByteAlignedBuffer { get => Bits.Test(Raw, 17); init => Raw = Bits.With(Raw, 17, value); }

    /// <summary>LLDTS, bit 18: an SGL may be longer than the data.</summary>
    public bool LengthLargerThanData { get => Bits.Test(Raw, 18); init => Raw = Bits.With(Raw, 18, value); }

    /// <summary>MPTRSD, bit 19: MPTR may hold an SGL descriptor.</summary>
    public bool MetadataSgl { get => Bits.Test(Raw, 19); init => Raw = Bits.With(Raw, 19, value); }

    /// <summary>SAOS, bit 20.</summary>
    public bool AddressAsOffset { get => Bits.Test(Raw, 20); init => Raw = Bits.With(Raw, 20, value); }

    /// <summary>TSDBDS, bit 21.</summary>
    public bool TransportDataBlock { get => Bits.Test(Raw, 21); init => Raw = Bits.With(Raw, 21, value); }
}
