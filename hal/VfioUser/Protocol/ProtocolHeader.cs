// The vfio-user protocol on the wire: header here, payloads in Payloads.cs, version negotiation in VersionNegotiation.cs.
// Layouts only; host byte order, which is little endian on every machine that this runs on.

using System.Runtime.InteropServices;

namespace Nvmepf.Hal.VfioUser;

/// <summary>Message numbers.</summary>
internal enum ProtocolCommand : ushort
{
    Version = 1,
    DmaMap = 2,
    DmaUnmap = 3,
    DeviceGetInfo = 4,
    DeviceGetRegionInfo = 5,
    DeviceGetRegionIoFds = 6,
    DeviceGetIrqInfo = 7,
    DeviceSetIrqs = 8,
    RegionRead = 9,
    RegionWrite = 10,

    /// <summary>Server to client.</summary>
    DmaRead = 11,

    /// <summary>Server to client.</summary>
    DmaWrite = 12,
    DeviceReset = 13,
    RegionWriteMulti = 15,
    DeviceFeature = 16,
    MigrationDataRead = 17,
    MigrationDataWrite = 18,
}

/// <summary>The flags word of the header.</summary>
[Flags]
internal enum HeaderFlags : uint
{
    /// <summary>A command that wants a reply.</summary>
    Command = 0,

    /// <summary>Type field value of a reply.</summary>
    Reply = 1,

    /// <summary>Which bits are the type.</summary>
    TypeMask = 0xf,

    /// <summary>On a command: never answer it, not even with an error.</summary>
    NoReply = 0x10,

    /// <summary>On a reply: the error field holds an errno and there is no payload.</summary>
    Error = 0x20,
}

/// <summary>First 16 bytes of every message.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeBytes)]
internal struct ProtocolHeader
{
    internal const int SizeBytes = 16;

    /// <summary>The sender's own number for the message; a reply carries the same.</summary>
    internal ushort MessageId;
    internal ProtocolCommand Command;

    /// <summary>Header and payload together.</summary>
    internal uint MessageSizeBytes;
    internal HeaderFlags Flags;

    /// <summary>An errno where the flags say so.</summary>
    internal uint Error;

    internal readonly bool IsCommand => (Flags & HeaderFlags.TypeMask) == HeaderFlags.Command;

    internal readonly bool IsReply => (Flags & HeaderFlags.TypeMask) == HeaderFlags.Reply;
}

/// <summary>Sizes that both ends rely on.</summary>
internal static class ProtocolLimits
{
    /// <summary>The most data that one message of the client may carry, as told in the negotiation.</summary>
    internal const int DataTransferBytesMax = 1 << 20;

    /// <summary>The largest message taken: data, header and the prefix of a region access.</summary>
    internal const int MessageBytesMax = DataTransferBytesMax + 64;

    /// <summary>The most descriptors with one message, as told in the negotiation.</summary>
    internal const int FileDescriptorsMax = 16;

    /// <summary>How many are taken before a message counts as hostile: clients that ignore the negotiated number are not cut off at once.</summary>
    internal const int FileDescriptorsTaken = 32;

    /// <summary>Most bytes of a reply's payload: a read of the whole BAR and its prefix, rounded up.</summary>
    internal const int ReplyPayloadBytesMax = 32 << 10;

    /// <summary>The unit of DMA mappings. Smaller than the host's page is possible in a mapping but not in the protocol.</summary>
    internal const ulong DmaPageBytes = 4096;
}
