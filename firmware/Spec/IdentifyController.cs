// Identify Controller data structure, CNS 01h (NVMe Base 2.1, 5.1.13.2.1). The types of its bit fields are in IdentifyControllerFields.cs.
using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nvmepf.Spec;

/// <summary>32 power state descriptors in line.</summary>
[InlineArray(32)]
public struct PowerStateDescriptors32
{
    private PowerStateDescriptor _first;
}
/// <summary>Identify Controller data structure, CNS 01h, 4096 bytes (NVMe Base 2.1, 5.1.13.2.1).</summary>
[StructLayout(LayoutKind.Explicit, Size = 4096, Pack = 1)]
public struct IdentifyController
{
    /// <summary>VID.</summary>
    [FieldOffset(0)] public ushort PciVendorId;

    /// <summary>SSVID.</summary>
    [FieldOffset(2)] public ushort PciSubsystemVendorId;

    /// <summary>SN, ASCII padded with spaces.</summary>
    [FieldOffset(4)] public Bytes20 SerialNumber;

    /// <summary>MN, ASCII padded with spaces.</summary>
    [FieldOffset(24)] public Bytes40 ModelNumber;

    /// <summary>FR, ASCII padded with spaces.</summary>
    [FieldOffset(64)] public Bytes8 FirmwareRevision;

    /// <summary>RAB: 2^RAB commands.</summary>
    [FieldOffset(72)] public byte RecommendedArbitrationBurst;

    /// <summary>IEEE OUI, least significant byte first.</summary>
    [FieldOffset(73)] public Bytes3 IeeeOui;

    /// <summary>CMIC.</summary>
    [FieldOffset(76)] public MultiPathCapabilities ControllerMultiPathCapabilities;

    /// <summary>MDTS: 2^MDTS memory pages of CAP.MPSMIN; 0 for no limit.</summary>
    [FieldOffset(77)] public byte MaximumDataTransferSize;

    /// <summary>CNTLID.</summary>
    [FieldOffset(78)] public ushort ControllerId;

    /// <summary>VER.</summary>
    [FieldOffset(80)] public Version Version;

    /// <summary>RTD3R.</summary>
    [FieldOffset(84)] public uint Rtd3ResumeLatencyMicroseconds;

    /// <summary>RTD3E.</summary>
    [FieldOffset(88)] public uint Rtd3EntryLatencyMicroseconds;

    /// <summary>OAES.</summary>
    [FieldOffset(92)] public OptionalAsynchronousEvents OptionalAsynchronousEventsSupported;

    /// <summary>CTRATT.</summary>
    [FieldOffset(96)] public ControllerAttributes ControllerAttributes;

    /// <summary>RRLS: bit n for level n.</summary>
    [FieldOffset(100)] public ushort ReadRecoveryLevelsSupported;

    /// <summary>BPCAP: bits 1:0 RPMB, bit 2 Set Features, for boot partition write protection.</summary>
    [FieldOffset(102)] public byte BootPartitionCapabilities;

    /// <summary>NSSL.</summary>
    [FieldOffset(104)] public uint NvmSubsystemShutdownLatencyMicroseconds;

    /// <summary>PLSI: bit 0 emergency power fail, bit 1 forced quiescence.</summary>
    [FieldOffset(110)] public byte PowerLossSignalingInformation;

    /// <summary>CNTRLTYPE.</summary>
    [FieldOffset(111)] public ControllerType ControllerType;

    /// <summary>FGUID, most significant byte first.</summary>
    [FieldOffset(112)] public Bytes16 FruGloballyUniqueIdentifier;

    /// <summary>CRDT1, in units of 100 ms.</summary>
    [FieldOffset(128)] public ushort CommandRetryDelayTime1In100Milliseconds;

    /// <summary>CRDT2, in units of 100 ms.</summary>
    [FieldOffset(130)] public ushort CommandRetryDelayTime2In100Milliseconds;

    /// <summary>CRDT3, in units of 100 ms.</summary>
    [FieldOffset(132)] public ushort CommandRetryDelayTime3In100Milliseconds;

    /// <summary>CRCAP: bit 0 reachability reporting, bit 1 group identifiers do not change.</summary>
    [FieldOffset(134)] public byte ControllerReachabilityCapabilities;

    /// <summary>NVMSR: bit 0 storage device, bit 1 enclosure.</summary>
    [FieldOffset(253)] public byte NvmSubsystemReport;

    /// <summary>VWCI: bits 6:0 write cycles remaining, bit 7 valid.</summary>
    [FieldOffset(254)] public byte VpdWriteCycleInformation;

    /// <summary>MEC: bit 0 SMBus or I2C, bit 1 PCIe VDM management endpoint.</summary>
    [FieldOffset(255)] public byte ManagementEndpointCapabilities;

    /// <summary>OACS.</summary>
    [FieldOffset(256)] public OptionalAdminCommands OptionalAdminCommandSupport;

    /// <summary>ACL: Abort commands at once, minus one.</summary>
    [FieldOffset(258)] public byte AbortCommandLimitZeroBased;

    /// <summary>AERL: Asynchronous Event Requests at once, minus one.</summary>
    [FieldOffset(259)] public byte AsynchronousEventRequestLimitZeroBased;

    /// <summary>FRMW.</summary>
    [FieldOffset(260)] public FirmwareUpdates FirmwareUpdates;

    /// <summary>LPA.</summary>
    [FieldOffset(261)] public LogPageAttributes LogPageAttributes;

    /// <summary>ELPE: entries of the Error Information log, minus one.</summary>
    [FieldOffset(262)] public byte ErrorLogPageEntriesZeroBased;

    /// <summary>NPSS: power states, minus one.</summary>
    [FieldOffset(263)] public byte NumberOfPowerStatesSupportedZeroBased;

    /// <summary>AVSCC: bit 0, vendor specific admin commands use the standard's format.</summary>
    [FieldOffset(264)] public byte AdminVendorSpecificCommandConfiguration;

    /// <summary>APSTA: bit 0, APST is supported.</summary>
    [FieldOffset(265)] public byte AutonomousPowerStateTransitionAttributes;

    /// <summary>WCTEMP.</summary>
    [FieldOffset(266)] public ushort WarningCompositeTemperatureThresholdKelvin;

    /// <summary>CCTEMP.</summary>
    [FieldOffset(268)] public ushort CriticalCompositeTemperatureThresholdKelvin;

    /// <summary>MTFA, in units of 100 ms; 0 for undefined.</summary>
    [FieldOffset(270)] public ushort MaximumTimeForFirmwareActivationIn100Milliseconds;

    /// <summary>HMPRE, in units of 4 KiB.</summary>
    [FieldOffset(272)] public uint HostMemoryBufferPreferredSizeIn4KiB;

    /// <summary>HMMIN, in units of 4 KiB.</summary>
    [FieldOffset(276)] public uint HostMemoryBufferMinimumSizeIn4KiB;

    /// <summary>TNVMCAP.</summary>
    [FieldOffset(280)] public UInt128 TotalNvmCapacityBytes;

    /// <summary>UNVMCAP.</summary>
    [FieldOffset(296)] public UInt128 UnallocatedNvmCapacityBytes;

    /// <summary>RPMBS.</summary>
    [FieldOffset(312)] public uint ReplayProtectedMemoryBlockSupport;

    /// <summary>EDSTT.</summary>
    [FieldOffset(316)] public ushort ExtendedDeviceSelfTestTimeMinutes;

    /// <summary>DSTO: bit 0 one operation per NVM subsystem, bit 1 host-initiated refresh.</summary>
    [FieldOffset(318)] public byte DeviceSelfTestOptions;

    /// <summary>FWUG, in units of 4 KiB; 0 for none given, FFh for no restriction.</summary>
    [FieldOffset(319)] public byte FirmwareUpdateGranularityIn4KiB;

    /// <summary>KAS: granularity of the timer, in units of 100 ms; 0 for no Keep Alive.</summary>
    [FieldOffset(320)] public ushort KeepAliveSupportIn100Milliseconds;

    /// <summary>HCTMA: bit 0, supported.</summary>
    [FieldOffset(322)] public ushort HostControlledThermalManagementAttributes;

    /// <summary>MNTMT.</summary>
    [FieldOffset(324)] public ushort MinimumThermalManagementTemperatureKelvin;

    /// <summary>MXTMT.</summary>
    [FieldOffset(326)] public ushort MaximumThermalManagementTemperatureKelvin;

    /// <summary>SANICAP.</summary>
    [FieldOffset(328)] public SanitizeCapabilities SanitizeCapabilities;

    /// <summary>HMMINDS, in units of 4 KiB.</summary>
    [FieldOffset(332)] public uint HostMemoryBufferMinimumDescriptorEntrySizeIn4KiB;

    /// <summary>HMMAXD.</summary>
    [FieldOffset(336)] public ushort HostMemoryMaximumDescriptorsEntries;

    /// <summary>NSETIDMAX.</summary>
    [FieldOffset(338)] public ushort NvmSetIdentifierMaximum;

    /// <summary>ENDGIDMAX.</summary>
    [FieldOffset(340)] public ushort EnduranceGroupIdentifierMaximum;

    /// <summary>ANATT.</summary>
    [FieldOffset(342)] public byte AnaTransitionTimeSeconds;

    /// <summary>ANACAP: bits 4:0 the states reported, bit 6 group identifier does not change, bit 7 it may be managed.</summary>
    [FieldOffset(343)] public byte AsymmetricNamespaceAccessCapabilities;

    /// <summary>ANAGRPMAX.</summary>
    [FieldOffset(344)] public uint AnaGroupIdentifierMaximum;

    /// <summary>NANAGRPID.</summary>
    [FieldOffset(348)] public uint NumberOfAnaGroupIdentifiers;

    /// <summary>PELS, in units of 64 KiB.</summary>
    [FieldOffset(352)] public uint PersistentEventLogSizeIn64KiB;

    /// <summary>DID.</summary>
    [FieldOffset(356)] public ushort DomainIdentifier;

    /// <summary>KPIOC: bit 0 supported, bit 1 in all namespaces.</summary>
    [FieldOffset(358)] public byte KeyPerIoCapabilities;

    /// <summary>MPTFAWR, in units of 100 ms.</summary>
    [FieldOffset(360)] public ushort MaximumProcessingTimeForFirmwareActivationWithoutResetIn100Milliseconds;

    /// <summary>MEGCAP.</summary>
    [FieldOffset(368)] public UInt128 MaximumEnduranceGroupCapacityBytes;

    /// <summary>TMPTHHA: bits 2:0, maximum hysteresis in kelvins.</summary>
    [FieldOffset(384)] public byte TemperatureThresholdHysteresisAttributes;

    /// <summary>CQT.</summary>
    [FieldOffset(386)] public ushort CommandQuiesceTimeMilliseconds;

    /// <summary>SQES.</summary>
    [FieldOffset(512)] public QueueEntrySize SubmissionQueueEntrySize;

    /// <summary>CQES.</summary>
    [FieldOffset(513)] public QueueEntrySize CompletionQueueEntrySize;

    /// <summary>MAXCMD.</summary>
    [FieldOffset(514)] public ushort MaximumOutstandingCommands;

    /// <summary>NN: the highest NSID.</summary>
    [FieldOffset(516)] public uint NumberOfNamespaces;

    /// <summary>ONCS.</summary>
    [FieldOffset(520)] public OptionalNvmCommands OptionalNvmCommandSupport;

    /// <summary>FUSES: bit 0, compare and write.</summary>
    [FieldOffset(522)] public ushort FusedOperationSupport;

    /// <summary>FNA.</summary>
    [FieldOffset(524)] public FormatNvmAttributes FormatNvmAttributes;

    /// <summary>VWC.</summary>
    [FieldOffset(525)] public VolatileWriteCache VolatileWriteCache;

    /// <summary>AWUN, in logical blocks, minus one.</summary>
    [FieldOffset(526)] public ushort AtomicWriteUnitNormalZeroBased;

    /// <summary>AWUPF, in logical blocks, minus one.</summary>
    [FieldOffset(528)] public ushort AtomicWriteUnitPowerFailZeroBased;

    /// <summary>ICSVSCC: bit 0, vendor specific I/O commands use the standard's format.</summary>
    [FieldOffset(530)] public byte IoVendorSpecificCommandConfiguration;

    /// <summary>NWPC: bit 0 write protect, bit 1 until power cycle, bit 2 permanent.</summary>
    [FieldOffset(531)] public WriteProtectionCapabilities NamespaceWriteProtectionCapabilities;

    /// <summary>ACWU, in logical blocks, minus one.</summary>
    [FieldOffset(532)] public ushort AtomicCompareAndWriteUnitZeroBased;

    /// <summary>OCFS: bit n for copy descriptor format n.</summary>
    [FieldOffset(534)] public ushort OptionalCopyFormatsSupported;

    /// <summary>SGLS.</summary>
    [FieldOffset(536)] public SglSupport SglSupport;

    /// <summary>MNAN.</summary>
    [FieldOffset(540)] public uint MaximumNumberOfAllowedNamespaces;

    /// <summary>MAXDNA.</summary>
    [FieldOffset(544)] public UInt128 MaximumDomainNamespaceAttachments;

    /// <summary>MAXCNA.</summary>
    [FieldOffset(560)] public uint MaximumIoControllerNamespaceAttachments;

    /// <summary>OAQD.</summary>
    [FieldOffset(564)] public uint OptimalAggregatedQueueDepth;

    /// <summary>RHIRI.</summary>
    [FieldOffset(568)] public byte RecommendedHostInitiatedRefreshIntervalDays;

    /// <summary>HIRT.</summary>
    [FieldOffset(569)] public byte HostInitiatedRefreshTimeMinutes;

    /// <summary>CMMRTD.</summary>
    [FieldOffset(570)] public ushort ControllerMaximumMemoryRangeTrackingDescriptors;

    /// <summary>NMMRTD.</summary>
    [FieldOffset(572)] public ushort NvmSubsystemMaximumMemoryRangeTrackingDescriptors;

    /// <summary>MINMRTG.</summary>
    [FieldOffset(574)] public byte MinimumMemoryRangeTrackingGranularity;

    /// <summary>MAXMRTG.</summary>
    [FieldOffset(575)] public byte MaximumMemoryRangeTrackingGranularity;

    /// <summary>TRATTR: bit 0 tracking host memory changes, bit 1 tracking user data changes, bit 2 length limit.</summary>
    [FieldOffset(576)] public byte TrackingAttributes;

    /// <summary>MCUDMQ.</summary>
    [FieldOffset(578)] public ushort MaximumControllerUserDataMigrationQueues;

    /// <summary>MNSUDMQ.</summary>
    [FieldOffset(580)] public ushort MaximumNvmSubsystemUserDataMigrationQueues;

    /// <summary>MCMR.</summary>
    [FieldOffset(582)] public ushort MaximumCdqMemoryRanges;

    /// <summary>NMCMR.</summary>
    [FieldOffset(584)] public ushort NvmSubsystemMaximumCdqMemoryRanges;

    /// <summary>MCDQPC.</summary>
    [FieldOffset(586)] public ushort MaximumControllerDataQueuePrpCount;

    /// <summary>SUBNQN, UTF-8, ended by a zero byte.</summary>
    [FieldOffset(768)] public Bytes256 NvmSubsystemNvmeQualifiedName;

    /// <summary>IOCCSZ (fabrics), in units of 16 bytes.</summary>
    [FieldOffset(1792)] public uint IoQueueCommandCapsuleSupportedSizeIn16Bytes;

    /// <summary>IORCSZ (fabrics), in units of 16 bytes.</summary>
    [FieldOffset(1796)] public uint IoQueueResponseCapsuleSupportedSizeIn16Bytes;

    /// <summary>ICDOFF (fabrics), in units of 16 bytes.</summary>
    [FieldOffset(1800)] public ushort InCapsuleDataOffsetIn16Bytes;

    /// <summary>FCATT (fabrics).</summary>
    [FieldOffset(1802)] public byte FabricsControllerAttributes;

    /// <summary>MSDBD (fabrics).</summary>
    [FieldOffset(1803)] public byte MaximumSglDataBlockDescriptors;

    /// <summary>OFCS (fabrics).</summary>
    [FieldOffset(1804)] public ushort OptionalFabricsCommandsSupport;

    /// <summary>DCTYPE (fabrics).</summary>
    [FieldOffset(1806)] public byte DiscoveryControllerType;

    /// <summary>PSD0 to PSD31.</summary>
    [FieldOffset(2048)] public PowerStateDescriptors32 PowerStateDescriptors;

    /// <summary>VS.</summary>
    [FieldOffset(3072)] public Bytes1024 VendorSpecific;
}
