// Identify data structures of a namespace and of the NVM Command Set: CNS 00h, 05h, 06h and 08h
// (NVM Command Set 1.1, 4.1.5; NVMe Base 2.1, 5.1.13.2.8).
using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nvmepf.Spec;

/// <summary>RP of an LBA format.</summary>
public enum RelativePerformance : byte
{
    /// <summary>Best performance.</summary>
    Best = 0,

    /// <summary>Better performance.</summary>
    Better = 1,

    /// <summary>Good performance.</summary>
    Good = 2,

    /// <summary>Degraded performance.</summary>
    Degraded = 3,
}

/// <summary>LBA Format, 4 bytes (NVM Command Set 1.1, 4.1.5.1).</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct LbaFormat(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>MS, bits 15:0.</summary>
    public ushort MetadataSizeBytes { get => (ushort)Bits.Get(Raw, 0, 16); init => Raw = Bits.With(Raw, 0, 16, value); }

    /// <summary>LBADS, bits 23:16: a logical block is 2^LBADS bytes; 0 for an unused format.</summary>
    public byte LbaDataSizeLog2 { get => (byte)Bits.Get(Raw, 16, 8); init => Raw = Bits.With(Raw, 16, 8, value); }

    /// <summary>RP, bits 25:24.</summary>
    public RelativePerformance RelativePerformance
    {
        get => (RelativePerformance)Bits.Get(Raw, 24, 2);
        init => Raw = Bits.With(Raw, 24, 2, (uint)value);
    }
}

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
/// <summary>NSFEAT of the Identify Namespace data structure (NVM Command Set 1.1, 4.1.5.1).</summary>
/// <param name="raw">The whole byte.</param>
public readonly struct NamespaceFeatures(byte raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly byte Raw = raw;

    /// <summary>THINP, bit 0: NCAP may be less than NSZE.</summary>
    public bool ThinProvisioning { get => Bits.Test(Raw, 0); init => Raw = (byte)Bits.With(Raw, 0, value); }

    /// <summary>NSABP, bit 1: NAWUN, NAWUPF and NACWU apply.</summary>
    public bool NamespaceAtomicWriteUnits { get => Bits.Test(Raw, 1); init => Raw = (byte)Bits.With(Raw, 1, value); }

    /// <summary>DAE, bit 2.</summary>
    public bool DeallocatedOrUnwrittenErrorSupported { get => Bits.Test(Raw, 2); init => Raw = (byte)Bits.With(Raw, 2, value); }

    /// <summary>UIDREUSE, bit 3.</summary>
    public bool NguidAndEui64NeverReused { get => Bits.Test(Raw, 3); init => Raw = (byte)Bits.With(Raw, 3, value); }

    /// <summary>OPTPERF, bits 5:4: 0 for none of the fields; 1 to 3 say which of NPWG to NOWS and their large variants apply.</summary>
    public byte OptimalPerformance { get => (byte)Bits.Get(Raw, 4, 2); init => Raw = (byte)Bits.With(Raw, 4, 2, value); }

    /// <summary>MAM, bit 6.</summary>
    public bool MultipleAtomicityMode { get => Bits.Test(Raw, 6); init => Raw = (byte)Bits.With(Raw, 6, value); }

    /// <summary>OPTRPERF, bit 7: NPRG, NPRA and NORS apply.</summary>
    public bool OptimalReadPerformance { get => Bits.Test(Raw, 7); init => Raw = (byte)Bits.With(Raw, 7, value); }
}

/// <summary>FLBAS.</summary>
/// <param name="raw">The whole byte.</param>
public readonly struct FormattedLbaSize(byte raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly byte Raw = raw;

    /// <summary>FIDXL, bits 3:0: the low bits of the index of the format in use.</summary>
    public byte FormatIndexLower { get => (byte)Bits.Get(Raw, 0, 4); init => Raw = (byte)Bits.With(Raw, 0, 4, value); }

    /// <summary>MTELBA, bit 4: metadata follows each block's data, else it is a buffer of its own.</summary>
    public bool MetadataExtended { get => Bits.Test(Raw, 4); init => Raw = (byte)Bits.With(Raw, 4, value); }

    /// <summary>FIDXU, bits 6:5: the high bits of the index, where there are more than 16 formats.</summary>
    public byte FormatIndexUpper { get => (byte)Bits.Get(Raw, 5, 2); init => Raw = (byte)Bits.With(Raw, 5, 2, value); }
}

/// <summary>MC.</summary>
[Flags]
public enum MetadataCapabilities : byte
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>MTELBAS: metadata as part of the logical block.</summary>
    ExtendedLogicalBlock = 1 << 0,

    /// <summary>MTSMS: metadata in a buffer of its own.</summary>
    SeparateBuffer = 1 << 1,
}

/// <summary>DPC.</summary>
[Flags]
public enum ProtectionCapabilities : byte
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>PIT1S.</summary>
    Type1 = 1 << 0,

    /// <summary>PIT2S.</summary>
    Type2 = 1 << 1,

    /// <summary>PIT3S.</summary>
    Type3 = 1 << 2,

    /// <summary>PIIFB: in the first bytes of the metadata.</summary>
    FirstBytes = 1 << 3,

    /// <summary>PIILB: in the last bytes of the metadata.</summary>
    LastBytes = 1 << 4,
}

/// <summary>DPS.</summary>
/// <param name="raw">The whole byte.</param>
public readonly struct ProtectionTypeSettings(byte raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly byte Raw = raw;

    /// <summary>PIT, bits 2:0: 0 for none, else type 1 to 3.</summary>
    public byte ProtectionInformationType { get => (byte)Bits.Get(Raw, 0, 3); init => Raw = (byte)Bits.With(Raw, 0, 3, value); }

    /// <summary>PIP, bit 3: in the first bytes of the metadata.</summary>
    public bool InFirstBytes { get => Bits.Test(Raw, 3); init => Raw = (byte)Bits.With(Raw, 3, value); }
}

/// <summary>NMIC.</summary>
[Flags]
public enum NamespaceSharingCapabilities : byte
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>SHRNS: two or more controllers may have it attached at once.</summary>
    Shared = 1 << 0,

    /// <summary>DISNS.</summary>
    DispersedNamespace = 1 << 1,
}

/// <summary>RESCAP.</summary>
[Flags]
public enum ReservationCapabilities : byte
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>PTPLS.</summary>
    PersistThroughPowerLoss = 1 << 0,

    /// <summary>WES.</summary>
    WriteExclusive = 1 << 1,

    /// <summary>EAS.</summary>
    ExclusiveAccess = 1 << 2,

    /// <summary>WEROS.</summary>
    WriteExclusiveRegistrantsOnly = 1 << 3,

    /// <summary>EAROS.</summary>
    ExclusiveAccessRegistrantsOnly = 1 << 4,

    /// <summary>WEARS.</summary>
    WriteExclusiveAllRegistrants = 1 << 5,

    /// <summary>EAARS.</summary>
    ExclusiveAccessAllRegistrants = 1 << 6,

    /// <summary>IEKR: Ignore Existing Key as of revision 1.3 and later.</summary>
    IgnoreExistingKey13 = 1 << 7,
}

/// <summary>FPI.</summary>
/// <param name="raw">The whole byte.</param>
public readonly struct FormatProgressIndicator(byte raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly byte Raw = raw;

    /// <summary>PFRM, bits 6:0.</summary>
    public byte PercentageRemaining { get => (byte)Bits.Get(Raw, 0, 7); init => Raw = (byte)Bits.With(Raw, 0, 7, value); }

    /// <summary>FPIS, bit 7.</summary>
    public bool Supported { get => Bits.Test(Raw, 7); init => Raw = (byte)Bits.With(Raw, 7, value); }
}

/// <summary>DRB: what a deallocated logical block reads as.</summary>
public enum DeallocatedReadBehavior : byte
{
    /// <summary>Not reported.</summary>
    NotReported = 0,

    /// <summary>All bytes 00h.</summary>
    AllZeroes = 1,

    /// <summary>All bytes FFh.</summary>
    AllOnes = 2,
}

/// <summary>DLFEAT.</summary>
/// <param name="raw">The whole byte.</param>
public readonly struct DeallocateLogicalBlockFeatures(byte raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly byte Raw = raw;

    /// <summary>DRB, bits 2:0.</summary>
    public DeallocatedReadBehavior ReadBehavior
    {
        get => (DeallocatedReadBehavior)Bits.Get(Raw, 0, 3);
        init => Raw = (byte)Bits.With(Raw, 0, 3, (uint)value);
    }

    /// <summary>WZDS, bit 3: the DEAC bit of Write Zeroes is honoured.</summary>
    public bool WriteZeroesDeallocate { get => Bits.Test(Raw, 3); init => Raw = (byte)Bits.With(Raw, 3, value); }

    /// <summary>GDS, bit 4: the guard of a deallocated block is the CRC of its data, else FFFFh.</summary>
    public bool GuardOfDeallocatedIsCrc { get => Bits.Test(Raw, 4); init => Raw = (byte)Bits.With(Raw, 4, value); }
}

/// <summary>NSATTR.</summary>
[Flags]
public enum NamespaceAttributes : byte
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>CWP.</summary>
    CurrentlyWriteProtected = 1 << 0,
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

/// <summary>NSFEAT of the I/O Command Set Independent Identify Namespace data structure (NVMe Base 2.1, 5.1.13.2.8).</summary>
/// <param name="raw">The whole byte.</param>
public readonly struct IndependentNamespaceFeatures(byte raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly byte Raw = raw;

    /// <summary>UIDREUSE, bit 3.</summary>
    public bool NguidAndEui64NeverReused { get => Bits.Test(Raw, 3); init => Raw = (byte)Bits.With(Raw, 3, value); }

    /// <summary>RMEDIA, bit 4.</summary>
    public bool RotationalMedia { get => Bits.Test(Raw, 4); init => Raw = (byte)Bits.With(Raw, 4, value); }

    /// <summary>VWCNP, bit 5: the namespace has no volatile write cache, whatever VWC says.</summary>
    public bool VolatileWriteCacheNotPresent { get => Bits.Test(Raw, 5); init => Raw = (byte)Bits.With(Raw, 5, value); }
}

/// <summary>NSTAT.</summary>
[Flags]
public enum NamespaceStatus : byte
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>NRDY.</summary>
    Ready = 1 << 0,
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

/// <summary>PIF: the format of protection information.</summary>
public enum ProtectionInformationFormat : byte
{
    /// <summary>16b guard.</summary>
    Guard16Bit = 0,

    /// <summary>32b guard.</summary>
    Guard32Bit = 1,

    /// <summary>64b guard.</summary>
    Guard64Bit = 2,

    /// <summary>As the qualified format (QPIF) says.</summary>
    Qualified = 3,
}

/// <summary>Extended LBA Format, 4 bytes of CNS 05h (NVM Command Set 1.1, 4.1.5.3).</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct ExtendedLbaFormat(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>STS, bits 6:0.</summary>
    public byte StorageTagSizeBits { get => (byte)Bits.Get(Raw, 0, 7); init => Raw = Bits.With(Raw, 0, 7, value); }

    /// <summary>PIF, bits 8:7.</summary>
    public ProtectionInformationFormat ProtectionInformationFormat
    {
        get => (ProtectionInformationFormat)Bits.Get(Raw, 7, 2);
        init => Raw = Bits.With(Raw, 7, 2, (uint)value);
    }

    /// <summary>QPIF, bits 12:9.</summary>
    public byte QualifiedProtectionInformationFormat { get => (byte)Bits.Get(Raw, 9, 4); init => Raw = Bits.With(Raw, 9, 4, value); }
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

    /// <summary>
    /// PIC: bit 0 16b guard storage tag support, bit 1 16b guard storage tag mask, bit 2 storage tag check read support, bit 3
    /// qualified format.
    /// </summary>
    [FieldOffset(8)] public byte ProtectionInformationCapabilities;

    /// <summary>PIFA: bits 2:0 storage tag masking level.</summary>
    [FieldOffset(9)] public byte ProtectionInformationFormatAttribute;

    /// <summary>ELBAF0 to ELBAF63.</summary>
    [FieldOffset(12)] public ExtendedLbaFormats64 ExtendedLbaFormats;

    /// <summary>NPDGL, in logical blocks.</summary>
    [FieldOffset(268)] public uint NamespacePreferredDeallocateGranularityLarge;

    /// <summary>NPRG, in logical blocks.</summary>
    [FieldOffset(272)] public uint NamespacePreferredReadGranularity;

    /// <summary>NPRA, in logical blocks.</summary>
    [FieldOffset(276)] public uint NamespacePreferredReadAlignment;

    /// <summary>NORS, in logical blocks.</summary>
    [FieldOffset(280)] public uint NamespaceOptimalReadSize;

    /// <summary>NPDAL, in logical blocks.</summary>
    [FieldOffset(284)] public uint NamespacePreferredDeallocateAlignmentLarge;

    /// <summary>LBAPSS.</summary>
    [FieldOffset(288)] public uint LbaPerformanceStatisticsSize;

    /// <summary>TLBAAG, in logical blocks.</summary>
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
