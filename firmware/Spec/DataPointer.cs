// PRP entries and SGL descriptors (NVMe Base 2.1, 4.3). Nothing here walks a list: that is the transfer module's.
using System.Runtime.InteropServices;

namespace Nvmepf.Spec;

/// <summary>SGL descriptor types (NVMe Base 2.1, 4.3.2).</summary>
public enum SglDescriptorType : byte
{
    /// <summary>0h: a range of memory.</summary>
    DataBlock = 0x0,

    /// <summary>1h: bytes of a read that the host does not want.</summary>
    BitBucket = 0x1,

    /// <summary>2h: the next segment.</summary>
    Segment = 0x2,

    /// <summary>3h: the next segment, which is the last.</summary>
    LastSegment = 0x3,

    /// <summary>4h: a range of memory with a key (fabrics).</summary>
    KeyedDataBlock = 0x4,

    /// <summary>5h: data that the transport moves.</summary>
    TransportDataBlock = 0x5,

    /// <summary>Fh: vendor specific.</summary>
    VendorSpecific = 0xF,
}

/// <summary>SGL descriptor sub types: what the address field holds (NVMe Base 2.1, 4.3.2).</summary>
public enum SglDescriptorSubType : byte
{
    /// <summary>0h: an address.</summary>
    Address = 0x0,

    /// <summary>1h: an offset.</summary>
    Offset = 0x1,

    /// <summary>Ah: NVMe transport specific.</summary>
    TransportSpecificA = 0xA,

    /// <summary>Bh: NVMe transport specific.</summary>
    TransportSpecificB = 0xB,

    /// <summary>Ch: NVMe transport specific.</summary>
    TransportSpecificC = 0xC,

    /// <summary>Dh: NVMe transport specific.</summary>
    TransportSpecificD = 0xD,

    /// <summary>Eh: NVMe transport specific.</summary>
    TransportSpecificE = 0xE,

    /// <summary>Fh: NVMe transport specific.</summary>
    TransportSpecificF = 0xF,
}

/// <summary>Byte 15 of an SGL descriptor.</summary>
/// <param name="raw">The whole byte.</param>
public readonly struct SglIdentifier(byte raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly byte Raw = raw;

    /// <summary>Bits 3:0.</summary>
    public SglDescriptorSubType SubType
    {
        get => (SglDescriptorSubType)Bits.Get(Raw, 0, 4);
        init => Raw = (byte)Bits.With(Raw, 0, 4, (uint)value);
    }

    /// <summary>Bits 7:4.</summary>
    public SglDescriptorType Type { get => (SglDescriptorType)Bits.Get(Raw, 4, 4); init => Raw = (byte)Bits.With(Raw, 4, 4, (uint)value); }
}

/// <summary>An SGL descriptor, 16 bytes (NVMe Base 2.1, 4.3.2). Bytes 14:12 are reserved in the types of the PCIe transport.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16, Pack = 1)]
public struct SglDescriptor
{
    /// <summary>The address, or the offset, that the sub type says; reserved for a bit bucket.</summary>
    [FieldOffset(0)] public ulong Address;

    /// <summary>Bytes of data, or of the segment.</summary>
    [FieldOffset(8)] public uint LengthBytes;

    /// <summary>Type and sub type.</summary>
    [FieldOffset(15)] public SglIdentifier Identifier;

        /// <summary>The size of a descriptor in bytes.</summary>
        public const int SizeBytes = 16;
}

/// <summary>A PRP entry, 8 bytes: a page base and an offset in that page (NVMe Base 2.1, 4.3.1).</summary>
/// <param name="raw">The entry as on the wire.</param>
public readonly struct PrpEntry(ulong raw)
{
    /// <summary>All bits: the byte address itself, bits 1:0 of which are reserved in an entry that points at data.</summary>
    public readonly ulong Raw = raw;

    /// <summary>The size of an entry in a PRP list in bytes.</summary>
    public const int SizeBytes = 8;

    /// <summary>Bits n:0, the offset in the page.</summary>
    /// <param name="pageSizeBytes">The memory page size of CC.MPS; a power of two.</param>
    /// <returns>The offset in bytes.</returns>
    public uint Offset(uint pageSizeBytes) => (uint)Raw & (pageSizeBytes - 1);

    /// <summary>The address of the page that the entry points into.</summary>
    /// <param name="pageSizeBytes">The memory page size of CC.MPS; a power of two.</param>
    /// <returns>The page's base address.</returns>
    public ulong PageBase(uint pageSizeBytes) => Raw & ~(ulong)(pageSizeBytes - 1);
}
