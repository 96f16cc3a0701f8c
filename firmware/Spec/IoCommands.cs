// Dwords of the I/O commands of the NVM Command Set (NVM Command Set 1.1, 3.3).
// SLBA is SubmissionQueueEntry.StartingLba; Flush has no dwords.
using System.Runtime.InteropServices;

namespace Nvmepf.Spec;

/// <summary>PRINFO (NVM Command Set 1.1, 3.2.1).</summary>
[Flags]
public enum ProtectionInformationField : byte
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>PRCHK bit 0.</summary>
    CheckReferenceTag = 1 << 0,

    /// <summary>PRCHK bit 1.</summary>
    CheckApplicationTag = 1 << 1,

    /// <summary>PRCHK bit 2.</summary>
    CheckGuard = 1 << 2,

    /// <summary>PRACT: the controller inserts or strips the protection information.</summary>
    Action = 1 << 3,
}

/// <summary>CDW12 of Read, Write, Compare and Verify; DTYPE is of Write alone.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct ReadWriteDword12(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>NLB, bits 15:0: logical blocks, minus one.</summary>
    public ushort NumberOfLogicalBlocksZeroBased { get => (ushort)Bits.Get(Raw, 0, 16); init => Raw = Bits.With(Raw, 0, 16, value); }

    /// <summary>CETYPE, bits 19:16: what CDW13's upper half holds beside a directive.</summary>
    public byte CommandExtensionType { get => (byte)Bits.Get(Raw, 16, 4); init => Raw = Bits.With(Raw, 16, 4, value); }

    /// <summary>DTYPE, bits 23:20.</summary>
    public byte DirectiveType { get => (byte)Bits.Get(Raw, 20, 4); init => Raw = Bits.With(Raw, 20, 4, value); }

    /// <summary>STC, bit 24.</summary>
    public bool StorageTagCheck { get => Bits.Test(Raw, 24); init => Raw = Bits.With(Raw, 24, value); }

    /// <summary>PRINFO, bits 29:26.</summary>
    public ProtectionInformationField ProtectionInformation
    {
        get => (ProtectionInformationField)Bits.Get(Raw, 26, 4);
        init => Raw = Bits.With(Raw, 26, 4, (uint)value);
    }

    /// <summary>FUA, bit 30.</summary>
    public bool ForceUnitAccess { get => Bits.Test(Raw, 30); init => Raw = Bits.With(Raw, 30, value); }

    /// <summary>LR, bit 31.</summary>
    public bool LimitedRetry { get => Bits.Test(Raw, 31); init => Raw = Bits.With(Raw, 31, value); }
}

/// <summary>AF of the Dataset Management field and of context attributes.</summary>
public enum AccessFrequency : byte
{
    /// <summary>No information.</summary>
    NotSpecified = 0,

    /// <summary>Typical number of reads and writes.</summary>
    Typical = 1,

    /// <summary>Infrequent writes and infrequent reads.</summary>
    InfrequentWritesAndReads = 2,

    /// <summary>Infrequent writes and frequent reads.</summary>
    InfrequentWritesFrequentReads = 3,

    /// <summary>Frequent writes and infrequent reads.</summary>
    FrequentWritesInfrequentReads = 4,

    /// <summary>Frequent writes and frequent reads.</summary>
    FrequentWritesAndReads = 5,

    /// <summary>One time read.</summary>
    OneTimeRead = 6,

    /// <summary>Speculative read.</summary>
    SpeculativeRead = 7,

    /// <summary>The range will be overwritten soon.</summary>
    OverwriteSoon = 8,
}

/// <summary>AL of the Dataset Management field and of context attributes.</summary>
public enum AccessLatency : byte
{
    /// <summary>No information.</summary>
    NotSpecified = 0,

    /// <summary>Longer latency is acceptable.</summary>
    Idle = 1,

    /// <summary>Typical latency.</summary>
    Normal = 2,

    /// <summary>Smallest possible latency.</summary>
    Low = 3,
}

/// <summary>CDW13 of Read and Write.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct ReadWriteDword13(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>DSM bits 3:0.</summary>
    public AccessFrequency AccessFrequency { get => (AccessFrequency)Bits.Get(Raw, 0, 4); init => Raw = Bits.With(Raw, 0, 4, (uint)value); }

    /// <summary>DSM bits 5:4.</summary>
    public AccessLatency AccessLatency { get => (AccessLatency)Bits.Get(Raw, 4, 2); init => Raw = Bits.With(Raw, 4, 2, (uint)value); }

    /// <summary>DSM bit 6.</summary>
    public bool SequentialRequest { get => Bits.Test(Raw, 6); init => Raw = Bits.With(Raw, 6, value); }

    /// <summary>DSM bit 7.</summary>
    public bool Incompressible { get => Bits.Test(Raw, 7); init => Raw = Bits.With(Raw, 7, value); }

    /// <summary>DSPEC, or the command extension value, bits 31:16.</summary>
    public ushort DirectiveSpecific { get => (ushort)Bits.Get(Raw, 16, 16); init => Raw = Bits.With(Raw, 16, 16, value); }
}

/// <summary>CDW14 of Read, Write, Write Zeroes, Compare and Verify.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct ReadWriteDword14(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>ILBRT (writes) or EILBRT (reads); its low bits, and the storage tag above them where there is one.</summary>
    public uint InitialLogicalBlockReferenceTag { get => Raw; init => Raw = value; }
}

/// <summary>CDW15 of Read, Write, Write Zeroes, Compare and Verify.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct ReadWriteDword15(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>LBAT (writes) or ELBAT (reads), bits 15:0.</summary>
    public ushort LogicalBlockApplicationTag { get => (ushort)Bits.Get(Raw, 0, 16); init => Raw = Bits.With(Raw, 0, 16, value); }

    /// <summary>LBATM (writes) or ELBATM (reads), bits 31:16.</summary>
    public ushort LogicalBlockApplicationTagMask { get => (ushort)Bits.Get(Raw, 16, 16); init => Raw = Bits.With(Raw, 16, 16, value); }
}

/// <summary>CDW12 of Write Zeroes.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct WriteZeroesDword12(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>NLB, bits 15:0: logical blocks, minus one.</summary>
    public ushort NumberOfLogicalBlocksZeroBased { get => (ushort)Bits.Get(Raw, 0, 16); init => Raw = Bits.With(Raw, 0, 16, value); }

    /// <summary>CETYPE, bits 19:16.</summary>
    public byte CommandExtensionType { get => (byte)Bits.Get(Raw, 16, 4); init => Raw = Bits.With(Raw, 16, 4, value); }

    /// <summary>NSZ, bit 23: the whole namespace; NLB and SLBA are ignored.</summary>
    public bool NamespaceZeroes { get => Bits.Test(Raw, 23); init => Raw = Bits.With(Raw, 23, value); }

    /// <summary>STC, bit 24.</summary>
    public bool StorageTagCheck { get => Bits.Test(Raw, 24); init => Raw = Bits.With(Raw, 24, value); }

    /// <summary>DEAC, bit 25: deallocate if the result reads as zeroes.</summary>
    public bool Deallocate { get => Bits.Test(Raw, 25); init => Raw = Bits.With(Raw, 25, value); }

    /// <summary>PRINFO, bits 29:26.</summary>
    public ProtectionInformationField ProtectionInformation
    {
        get => (ProtectionInformationField)Bits.Get(Raw, 26, 4);
        init => Raw = Bits.With(Raw, 26, 4, (uint)value);
    }

    /// <summary>FUA, bit 30.</summary>
    public bool ForceUnitAccess { get => Bits.Test(Raw, 30); init => Raw = Bits.With(Raw, 30, value); }

    /// <summary>LR, bit 31.</summary>
    public bool LimitedRetry { get => Bits.Test(Raw, 31); init => Raw = Bits.With(Raw, 31, value); }
}

/// <summary>CDW10 of Dataset Management.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct DatasetManagementDword10(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>NR, bits 7:0: ranges, minus one.</summary>
    public byte NumberOfRangesZeroBased { get => (byte)Bits.Get(Raw, 0, 8); init => Raw = Bits.With(Raw, 0, 8, value); }
}

/// <summary>CDW12 of Copy (NVM Command Set 1.1 section 3.3.2), as far as it says what the data is.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct CopyDword12(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>NR, bits 7:0: source ranges, minus one.</summary>
    public byte NumberOfRangesZeroBased { get => (byte)Bits.Get(Raw, 0, 8); init => Raw = Bits.With(Raw, 0, 8, value); }

    /// <summary>CDFT, bits 11:8: format of a source range.</summary>
    public byte DescriptorFormat { get => (byte)Bits.Get(Raw, 8, 4); init => Raw = Bits.With(Raw, 8, 4, value); }
}

/// <summary>CDW11 of Dataset Management.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct DatasetManagementDword11(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>IDR, bit 0.</summary>
    public bool IntegralDatasetForRead { get => Bits.Test(Raw, 0); init => Raw = Bits.With(Raw, 0, value); }

    /// <summary>IDW, bit 1.</summary>
    public bool IntegralDatasetForWrite { get => Bits.Test(Raw, 1); init => Raw = Bits.With(Raw, 1, value); }

    /// <summary>AD, bit 2.</summary>
    public bool Deallocate { get => Bits.Test(Raw, 2); init => Raw = Bits.With(Raw, 2, value); }
}

/// <summary>Context attributes of a Dataset Management range.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct ContextAttributes(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>AF, bits 3:0.</summary>
    public AccessFrequency AccessFrequency { get => (AccessFrequency)Bits.Get(Raw, 0, 4); init => Raw = Bits.With(Raw, 0, 4, (uint)value); }

    /// <summary>AL, bits 5:4.</summary>
    public AccessLatency AccessLatency { get => (AccessLatency)Bits.Get(Raw, 4, 2); init => Raw = Bits.With(Raw, 4, 2, (uint)value); }

    /// <summary>SR, bit 8.</summary>
    public bool SequentialReadRange { get => Bits.Test(Raw, 8); init => Raw = Bits.With(Raw, 8, value); }

    /// <summary>SW, bit 9.</summary>
    public bool SequentialWriteRange { get => Bits.Test(Raw, 9); init => Raw = Bits.With(Raw, 9, value); }

    /// <summary>WP, bit 10.</summary>
    public bool WritePrepare { get => Bits.Test(Raw, 10); init => Raw = Bits.With(Raw, 10, value); }

    /// <summary>CMDSIZE, bits 31:24; 0 for none given.</summary>
    public byte CommandAccessSizeLogicalBlocks { get => (byte)Bits.Get(Raw, 24, 8); init => Raw = Bits.With(Raw, 24, 8, value); }
}

/// <summary>A range of Dataset Management, 16 bytes (NVM Command Set 1.1, 3.3.3.2).</summary>
[StructLayout(LayoutKind.Explicit, Size = 16, Pack = 1)]
public struct DatasetManagementRange
{
    /// <summary>CATTR.</summary>
    [FieldOffset(0)] public ContextAttributes ContextAttributes;

    /// <summary>LLB; not zero-based.</summary>
    [FieldOffset(4)] public uint LengthLogicalBlocks;

    /// <summary>SLBA.</summary>
    [FieldOffset(8)] public ulong StartingLba;

        /// <summary>The size of a range in bytes.</summary>
        public const int SizeBytes = 16;

        /// <summary>Ranges that a command can have: NR is 8 bits, zero-based.</summary>
        public const int MaximumRanges = 256;
}
