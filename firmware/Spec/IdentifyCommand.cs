// Identify: the command's dwords and the values of CNS (NVMe Base 2.1, 5.1.13). The data structures have files of their own.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nvmepf.Spec;

/// <summary>CNS: which data structure Identify returns (NVMe Base 2.1, 5.1.13.1).</summary>
public enum Cns : byte
{
    /// <summary>Identify Namespace data structure of the NVM Command Set.</summary>
    Namespace = 0x00,

    /// <summary>Identify Controller data structure.</summary>
    Controller = 0x01,

    /// <summary>Active Namespace ID list.</summary>
    ActiveNamespaceList = 0x02,

    /// <summary>Namespace Identification Descriptor list.</summary>
    NamespaceIdentificationDescriptorList = 0x03,

    /// <summary>NVM Set List.</summary>
    NvmSetList = 0x04,

    /// <summary>I/O Command Set specific Identify Namespace data structure.</summary>
    IoCommandSetSpecificNamespace = 0x05,

    /// <summary>I/O Command Set specific Identify Controller data structure.</summary>
    IoCommandSetSpecificController = 0x06,

    /// <summary>I/O Command Set specific Active Namespace ID list.</summary>
    IoCommandSetSpecificActiveNamespaceList = 0x07,

    /// <summary>I/O Command Set Independent Identify Namespace data structure.</summary>
    IoCommandSetIndependentNamespace = 0x08,

    /// <summary>Identify Namespace data structure for a User Data Format.</summary>
    NamespaceUserDataFormat = 0x09,

    /// <summary>I/O Command Set specific Identify Namespace data structure for a User Data Format.</summary>
    IoCommandSetSpecificNamespaceUserDataFormat = 0x0A,

    /// <summary>Allocated Namespace ID list.</summary>
    AllocatedNamespaceList = 0x10,

    /// <summary>Identify Namespace data structure of an allocated namespace.</summary>
    AllocatedNamespace = 0x11,

    /// <summary>Controller list of the controllers that a namespace is attached to.</summary>
    NamespaceAttachedControllerList = 0x12,

    /// <summary>Controller list of the controllers in the NVM subsystem.</summary>
    ControllerList = 0x13,

    /// <summary>Primary Controller Capabilities data structure.</summary>
    PrimaryControllerCapabilities = 0x14,

    /// <summary>Secondary Controller list.</summary>
    SecondaryControllerList = 0x15,

    /// <summary>Namespace Granularity List.</summary>
    NamespaceGranularityList = 0x16,

    /// <summary>UUID List.</summary>
    UuidList = 0x17,

    /// <summary>Domain List.</summary>
    DomainList = 0x18,

    /// <summary>Endurance Group List.</summary>
    EnduranceGroupList = 0x19,

    /// <summary>I/O Command Set specific Allocated Namespace ID list.</summary>
    IoCommandSetSpecificAllocatedNamespaceList = 0x1A,

    /// <summary>I/O Command Set specific Identify Namespace data structure of an allocated namespace.</summary>
    IoCommandSetSpecificAllocatedNamespace = 0x1B,

    /// <summary>Identify I/O Command Set data structure.</summary>
    IoCommandSet = 0x1C,

    /// <summary>Underlying Namespace List.</summary>
    UnderlyingNamespaceList = 0x1D,

    /// <summary>Ports List.</summary>
    PortsList = 0x1E,

    /// <summary>I/O Command Set Independent Identify Namespace data structure of an allocated namespace.</summary>
    IoCommandSetIndependentAllocatedNamespace = 0x1F,

    /// <summary>Supported Controller State Formats.</summary>
    SupportedControllerStateFormats = 0x20,
}

/// <summary>CSI: an I/O command set (NVMe Base 2.1, 3.1.3.5).</summary>
public enum CommandSetIdentifier : byte
{
    /// <summary>NVM Command Set.</summary>
    Nvm = 0x00,

    /// <summary>Key Value Command Set.</summary>
    KeyValue = 0x01,

    /// <summary>Zoned Namespace Command Set.</summary>
    ZonedNamespace = 0x02,

    /// <summary>Subsystem Local Memory Command Set.</summary>
    SubsystemLocalMemory = 0x03,

    /// <summary>Computational Programs Command Set.</summary>
    ComputationalPrograms = 0x04,
}

/// <summary>CDW10 of Identify.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct IdentifyDword10(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>CNS, bits 7:0.</summary>
    public Cns Cns { get => (Cns)Bits.Get(Raw, 0, 8); init => Raw = Bits.With(Raw, 0, 8, (uint)value); }

    /// <summary>CNTID, bits 31:16: where the list of CNS 12h to 15h starts.</summary>
    public ushort ControllerIdentifier { get => (ushort)Bits.Get(Raw, 16, 16); init => Raw = Bits.With(Raw, 16, 16, value); }
}

/// <summary>CDW11 of Identify.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct IdentifyDword11(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>CNSSID, bits 15:0; an NVM set, a domain, a format index: CNS says which.</summary>
    public ushort CnsSpecificIdentifier { get => (ushort)Bits.Get(Raw, 0, 16); init => Raw = Bits.With(Raw, 0, 16, value); }

    /// <summary>CSI, bits 31:24.</summary>
    public CommandSetIdentifier CommandSetIdentifier
    {
        get => (CommandSetIdentifier)Bits.Get(Raw, 24, 8);
        init => Raw = Bits.With(Raw, 24, 8, (uint)value);
    }
}

/// <summary>CDW14 of Identify.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct IdentifyDword14(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>UIDX, bits 6:0.</summary>
    public byte UuidIndex { get => (byte)Bits.Get(Raw, 0, 7); init => Raw = Bits.With(Raw, 0, 7, value); }
}

/// <summary>What all data structures of Identify share.</summary>
public static class IdentifyData
{
    /// <summary>The size of every Identify data structure in bytes.</summary>
    public const int SizeBytes = 4096;

    /// <summary>How many namespace identifiers a namespace list holds.</summary>
    public const int NamespaceListEntries = 1024;

    /// <summary>How many controller identifiers a controller list holds after its count.</summary>
    public const int ControllerListEntries = 2047;
}

/// <summary>1024 NSIDs in line.</summary>
[InlineArray(IdentifyData.NamespaceListEntries)]
public struct NamespaceIdentifiers1024
{
    private uint _first;
}

/// <summary>2047 controller identifiers in line.</summary>
[InlineArray(IdentifyData.ControllerListEntries)]
public struct ControllerIdentifiers2047
{
    private ushort _first;
}

/// <summary>512 I/O command set combination vectors in line.</summary>
[InlineArray(512)]
public struct IoCommandSetVectors512
{
    private IoCommandSetVector _first;
}
/// <summary>A namespace list, 4096 bytes: CNS 02h, 07h, 10h, 1Ah (NVMe Base 2.1, 4.4.2).</summary>
[StructLayout(LayoutKind.Explicit, Size = 4096, Pack = 1)]
public struct NamespaceList
{
    /// <summary>NSIDs in ascending order; zero after the last.</summary>
    [FieldOffset(0)] public NamespaceIdentifiers1024 Identifiers;
}

/// <summary>A controller list, 4096 bytes: CNS 12h and 13h (NVMe Base 2.1, 4.4.1).</summary>
[StructLayout(LayoutKind.Explicit, Size = 4096, Pack = 1)]
public struct ControllerList
{
    /// <summary>NUMCIDS: entries in use.</summary>
    [FieldOffset(0)] public ushort NumberOfIdentifiers;

    /// <summary>Controller identifiers in ascending order; zero after the last.</summary>
    [FieldOffset(2)] public ControllerIdentifiers2047 Identifiers;
}

/// <summary>One I/O command set combination: bit n stands for CSI n (NVMe Base 2.1, 5.1.13.2.19).</summary>
[Flags]
public enum IoCommandSets : ulong
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>NVM Command Set.</summary>
    Nvm = 1 << 0,

    /// <summary>Key Value Command Set.</summary>
    KeyValue = 1 << 1,

    /// <summary>Zoned Namespace Command Set.</summary>
    ZonedNamespace = 1 << 2,

    /// <summary>Subsystem Local Memory Command Set.</summary>
    SubsystemLocalMemory = 1 << 3,

    /// <summary>Computational Programs Command Set.</summary>
    ComputationalPrograms = 1 << 4,
}

/// <summary>I/O Command Set Vector, 8 bytes of the Identify I/O Command Set data structure.</summary>
/// <param name="raw">The whole 64-bit register.</param>
public readonly struct IoCommandSetVector(ulong raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly ulong Raw = raw;

    /// <summary>The I/O command sets that work together.</summary>
    public IoCommandSets CommandSets { get => (IoCommandSets)Bits.Get(Raw, 0, 64); init => Raw = Bits.With(Raw, 0, 64, (ulong)value); }
}

/// <summary>Identify I/O Command Set data structure, CNS 1Ch, 4096 bytes (NVMe Base 2.1, 5.1.13.2.19).</summary>
[StructLayout(LayoutKind.Explicit, Size = 4096, Pack = 1)]
public struct IdentifyIoCommandSet
{
    /// <summary>Combinations that the controller can run at once; zero after the last.</summary>
    [FieldOffset(0)] public IoCommandSetVectors512 Combinations;
}

/// <summary>NIDT: the type of a Namespace Identification Descriptor.</summary>
public enum NamespaceIdentifierType : byte
{
    /// <summary>EUI-64, 8 bytes, most significant byte first.</summary>
    Eui64 = 1,

    /// <summary>NGUID, 16 bytes, most significant byte first.</summary>
    Nguid = 2,

    /// <summary>UUID, 16 bytes in the order of RFC 9562.</summary>
    Uuid = 3,

    /// <summary>CSI, 1 byte.</summary>
    CommandSetIdentifier = 4,
}

/// <summary>First 4 bytes of a Namespace Identification Descriptor; the identifier follows (CNS 03h; NVMe Base 2.1, 5.1.13.2.3).</summary>
[StructLayout(LayoutKind.Explicit, Size = 4, Pack = 1)]
public struct NamespaceIdentificationDescriptorHeader
{
    /// <summary>NIDT; 0 ends the list.</summary>
    [FieldOffset(0)] public NamespaceIdentifierType Type;

    /// <summary>NIDL: bytes of the identifier that follows.</summary>
    [FieldOffset(1)] public byte LengthBytes;
}
