// Types of the bit fields of the Identify data structures of a namespace (NVM Command Set 1.1, 4.1.5; NVMe Base 2.1, 5.1.13.2.8).
using System;

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

/// <summary>IOI: whether I/O performance is degraded now.</summary>
public enum IoImpact : byte
{
    /// <summary>00b: not reported.</summary>
    NotReported = 0,

    /// <summary>10b: not degraded.</summary>
    NotDegraded = 2,

    /// <summary>11b: degraded.</summary>
    Degraded = 3,
}

/// <summary>NSTAT.</summary>
/// <param name="raw">The whole byte.</param>
public readonly struct NamespaceStatus(byte raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly byte Raw = raw;

    /// <summary>NRDY, bit 0.</summary>
    public bool Ready { get => Bits.Test(Raw, 0); init => Raw = (byte)Bits.With(Raw, 0, value); }

    /// <summary>IOI, bits 2:1.</summary>
    public IoImpact IoImpact { get => (IoImpact)Bits.Get(Raw, 1, 2); init => Raw = (byte)Bits.With(Raw, 1, 2, (uint)value); }
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
