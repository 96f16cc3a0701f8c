// Identify data structures of a namespace and of the NVM Command Set: CNS 00h, 05h, 06h and 08h
// (NVM Command Set 1.1, 4.1.5; NVMe Base 2.1, 5.1.13.2.8). The types of their bit fields are in IdentifyNamespaceFields.cs.
using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nvmepf.Spec;

/// <summary>64 LBA formats in line.</summary>
[InlineArray(64)]
public struct LbaFormats64
{
    private LbaFormat _first;
}

/// <summary>64 extended LBA formats in line.</summary>
[InlineArray(64)]
public struct ExtendedLbaFormats64
{
    private ExtendedLbaFormat _first;
}
/// <summary>Identify Namespace data structure of the NVM Command Set, CNS 00h, 4096 bytes (NVM Command Set 1.1, 4.1.5.1).</summary>
[StructLayout(LayoutKind.Explicit, Size = 4096, Pack = 1)]
public struct IdentifyNamespace
{
    /// <summary>NSZE: logical blocks 0 to NSZE - 1.</summary>
    [FieldOffset(0)] public ulong NamespaceSizeLogicalBlocks;

    /// <summary>NCAP.</summary>
    [FieldOffset(8)] public ulong NamespaceCapacityLogicalBlocks;

    /// <summary>NUSE.</summary>
    [FieldOffset(16)] public ulong NamespaceUtilizationLogicalBlocks;

    /// <summary>NSFEAT.</summary>
    [FieldOffset(24)] public NamespaceFeatures NamespaceFeatures;

    /// <summary>NLBAF: LBA formats, minus one.</summary>
    [FieldOffset(25)] public byte NumberOfLbaFormatsZeroBased;

    /// <summary>FLBAS.</summary>
    [FieldOffset(26)] public FormattedLbaSize FormattedLbaSize;

    /// <summary>MC.</summary>
    [FieldOffset(27)] public MetadataCapabilities MetadataCapabilities;

    /// <summary>DPC.</summary>
    [FieldOffset(28)] public ProtectionCapabilities EndToEndDataProtectionCapabilities;

    /// <summary>DPS.</summary>
    [FieldOffset(29)] public ProtectionTypeSettings EndToEndDataProtectionTypeSettings;

    /// <summary>NMIC.</summary>
    [FieldOffset(30)] public NamespaceSharingCapabilities NamespaceSharingCapabilities;

    /// <summary>RESCAP.</summary>
    [FieldOffset(31)] public ReservationCapabilities ReservationCapabilities;

    /// <summary>FPI.</summary>
    [FieldOffset(32)] public FormatProgressIndicator FormatProgressIndicator;

    /// <summary>DLFEAT.</summary>
    [FieldOffset(33)] public DeallocateLogicalBlockFeatures DeallocateLogicalBlockFeatures;

    /// <summary>NAWUN, in logical blocks, minus one.</summary>
    [FieldOffset(34)] public ushort NamespaceAtomicWriteUnitNormalZeroBased;

    /// <summary>NAWUPF, in logical blocks, minus one.</summary>
    [FieldOffset(36)] public ushort NamespaceAtomicWriteUnitPowerFailZeroBased;

    /// <summary>NACWU, in logical blocks, minus one.</summary>
    [FieldOffset(38)] public ushort NamespaceAtomicCompareAndWriteUnitZeroBased;

    /// <summary>NABSN, in logical blocks, minus one.</summary>
    [FieldOffset(40)] public ushort NamespaceAtomicBoundarySizeNormalZeroBased;

    /// <summary>NABO, in logical blocks.</summary>
    [FieldOffset(42)] public ushort NamespaceAtomicBoundaryOffset;

    /// <summary>NABSPF, in logical blocks, minus one.</summary>
    [FieldOffset(44)] public ushort NamespaceAtomicBoundarySizePowerFailZeroBased;

    /// <summary>NOIOB, in logical blocks; 0 for none.</summary>
    [FieldOffset(46)] public ushort NamespaceOptimalIoBoundary;

    /// <summary>NVMCAP.</summary>
    [FieldOffset(48)] public UInt128 NvmCapacityBytes;

    /// <summary>NPWG, in logical blocks, minus one.</summary>
    [FieldOffset(64)] public ushort NamespacePreferredWriteGranularityZeroBased;

    /// <summary>NPWA, in logical blocks, minus one.</summary>
    [FieldOffset(66)] public ushort NamespacePreferredWriteAlignmentZeroBased;

    /// <summary>NPDG, in logical blocks, minus one.</summary>
    [FieldOffset(68)] public ushort NamespacePreferredDeallocateGranularityZeroBased;

    /// <summary>NPDA, in logical blocks, minus one.</summary>
    [FieldOffset(70)] public ushort NamespacePreferredDeallocateAlignmentZeroBased;

    /// <summary>NOWS, in logical blocks, minus one.</summary>
    [FieldOffset(72)] public ushort NamespaceOptimalWriteSizeZeroBased;

    /// <summary>MSSRL of Copy, in logical blocks.</summary>
    [FieldOffset(74)] public ushort MaximumSingleSourceRangeLength;

    /// <summary>MCL of Copy, in logical blocks.</summary>
    [FieldOffset(76)] public uint MaximumCopyLength;

    /// <summary>MSRC of Copy: source ranges, minus one.</summary>
    [FieldOffset(80)] public byte MaximumSourceRangeCountZeroBased;

    /// <summary>KPIOS: bit 0 enabled, bit 1 supported.</summary>
    [FieldOffset(81)] public byte KeyPerIoStatus;

    /// <summary>NULBAF.</summary>
    [FieldOffset(82)] public byte NumberOfUniqueAttributeLbaFormats;

    /// <summary>KPIODAAG, in logical blocks.</summary>
    [FieldOffset(84)] public uint KeyPerIoDataAccessAlignmentAndGranularity;

    /// <summary>ANAGRPID.</summary>
    [FieldOffset(92)] public uint AnaGroupIdentifier;

    /// <summary>NSATTR.</summary>
    [FieldOffset(99)] public NamespaceAttributes NamespaceAttributes;

    /// <summary>NVMSETID.</summary>
    [FieldOffset(100)] public ushort NvmSetIdentifier;

    /// <summary>ENDGID.</summary>
    [FieldOffset(102)] public ushort EnduranceGroupIdentifier;

    /// <summary>NGUID, most significant byte first.</summary>
    [FieldOffset(104)] public Bytes16 NamespaceGloballyUniqueIdentifier;

    /// <summary>EUI64, most significant byte first.</summary>
    [FieldOffset(120)] public Bytes8 IeeeExtendedUniqueIdentifier;

    /// <summary>LBAF0 to LBAF63.</summary>
    [FieldOffset(128)] public LbaFormats64 LbaFormats;

    /// <summary>VS.</summary>
    [FieldOffset(384)] public Bytes3712 VendorSpecific;
}

/// <summary>I/O Command Set Independent Identify Namespace data structure, CNS 08h, 4096 bytes (NVMe Base 2.1, 5.1.13.2.8).</summary>
[StructLayout(LayoutKind.Explicit, Size = 4096, Pack = 1)]
public struct IdentifyIndependentNamespace
{
    /// <summary>NSFEAT.</summary>
    [FieldOffset(0)] public IndependentNamespaceFeatures NamespaceFeatures;

    /// <summary>NMIC.</summary>
    [FieldOffset(1)] public NamespaceSharingCapabilities NamespaceSharingCapabilities;

    /// <summary>RESCAP.</summary>
    [FieldOffset(2)] public ReservationCapabilities ReservationCapabilities;

    /// <summary>FPI.</summary>
    [FieldOffset(3)] public FormatProgressIndicator FormatProgressIndicator;

    /// <summary>ANAGRPID.</summary>
    [FieldOffset(4)] public uint AnaGroupIdentifier;

    /// <summary>NSATTR.</summary>
    [FieldOffset(8)] public NamespaceAttributes NamespaceAttributes;

    /// <summary>NVMSETID.</summary>
    [FieldOffset(10)] public ushort NvmSetIdentifier;

    /// <summary>ENDGID.</summary>
    [FieldOffset(12)] public ushort EnduranceGroupIdentifier;

    /// <summary>NSTAT.</summary>
    [FieldOffset(14)] public NamespaceStatus NamespaceStatus;

    /// <summary>KPIOS: bit 0 enabled, bit 1 supported.</summary>
    [FieldOffset(15)] public byte KeyPerIoStatus;

    /// <summary>MAXKT.</summary>
    [FieldOffset(16)] public ushort MaximumKeyTag;

    /// <summary>RGRPID.</summary>
    [FieldOffset(20)] public uint ReachabilityGroupIdentifier;
}

/// <summary>
/// I/O Command Set specific Identify Namespace of the NVM Command Set, CNS 05h with CSI 0, 4096 bytes (NVM Command Set 1.1,
/// 4.1.5.3).
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 4096, Pack = 1)]
public struct IdentifyNvmNamespace
{
    /// <summary>LBSTM.</summary>
    [FieldOffset(0)] public ulong LogicalBlockStorageTagMask;

    /// <summary>PIC: bit 0 PISTS16B, bit 1 PISTM16B, bit 2 STCRS, bit 3 QPIFS.</summary>
    [FieldOffset(8)] public byte ProtectionInformationCapabilities;

    /// <summary>PIFA: bits 2:0 storage tag masking level.</summary>
    [FieldOffset(9)] public byte ProtectionInformationFormatAttribute;

    /// <summary>ELBAF0 to ELBAF63.</summary>
    [FieldOffset(12)] public ExtendedLbaFormats64 ExtendedLbaFormats;

    /// <summary>NPDGL, in logical blocks; not zero-based, 0 for none given.</summary>
    [FieldOffset(268)] public uint NamespacePreferredDeallocateGranularityLarge;

    /// <summary>NPRG, in logical blocks, minus one.</summary>
    [FieldOffset(272)] public uint NamespacePreferredReadGranularityZeroBased;

    /// <summary>NPRA, in logical blocks, minus one.</summary>
    [FieldOffset(276)] public uint NamespacePreferredReadAlignmentZeroBased;

    /// <summary>NORS, in logical blocks, minus one.</summary>
    [FieldOffset(280)] public uint NamespaceOptimalReadSizeZeroBased;

    /// <summary>NPDAL, in logical blocks; not zero-based.</summary>
    [FieldOffset(284)] public uint NamespacePreferredDeallocateAlignmentLarge;

    /// <summary>LBAPSS, in logical blocks; 0 for none given.</summary>
    [FieldOffset(288)] public uint LbaFormatPlacementShardSize;

    /// <summary>TLBAAG, in logical blocks; 0 for none given.</summary>
    [FieldOffset(292)] public uint TrackedLbaAllocationGranularity;
}

/// <summary>
/// I/O Command Set specific Identify Controller of the NVM Command Set, CNS 06h with CSI 0, 4096 bytes (NVM Command Set 1.1,
/// 4.1.5.4).
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 4096, Pack = 1)]
public struct IdentifyNvmController
{
    /// <summary>VSL: 2^VSL memory pages of CAP.MPSMIN; 0 for no limit.</summary>
    [FieldOffset(0)] public byte VerifySizeLimit;

    /// <summary>WZSL: 2^WZSL memory pages of CAP.MPSMIN; 0 for no limit.</summary>
    [FieldOffset(1)] public byte WriteZeroesSizeLimit;

    /// <summary>WUSL: 2^WUSL memory pages of CAP.MPSMIN; 0 for no limit.</summary>
    [FieldOffset(2)] public byte WriteUncorrectableSizeLimit;

    /// <summary>DMRL: ranges in a Dataset Management command; 0 for no limit.</summary>
    [FieldOffset(3)] public byte DatasetManagementRangesLimit;

    /// <summary>DMRSL, in logical blocks; 0 for no limit.</summary>
    [FieldOffset(4)] public uint DatasetManagementRangeSizeLimit;

    /// <summary>DMSL, in logical blocks of all ranges; 0 for no limit.</summary>
    [FieldOffset(8)] public ulong DatasetManagementSizeLimit;

    /// <summary>KPIOCAP.</summary>
    [FieldOffset(16)] public byte KeyPerIoCapabilities;

    /// <summary>WZDSL: 2^WZDSL memory pages of CAP.MPSMIN; 0 for no limit.</summary>
    [FieldOffset(17)] public byte WriteZeroesWithDeallocateSizeLimit;

    /// <summary>AOCS: bit 0, reporting allocated LBAs.</summary>
    [FieldOffset(18)] public ushort AdminOptionalCommandSupport;

    /// <summary>VER: the version of the NVM Command Set.</summary>
    [FieldOffset(20)] public Version Version;

    /// <summary>LBAMQF.</summary>
    [FieldOffset(24)] public byte LbaMigrationQueueFormat;
}
