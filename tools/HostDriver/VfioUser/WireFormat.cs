using System.Buffers.Binary;

namespace Nvmepf.HostDriver.VfioUser;

/// <summary>
/// The vfio-user wire format as this client speaks it (the protocol's specification is QEMU's docs/interop/vfio-user.rst): numbers and
/// the 16-byte header. Written apart from the server's on purpose, so that a slip in one does not hide in the other.
/// </summary>
public enum VfioUserCommand : ushort
{
    /// <summary>Version and capability negotiation; the first message of a connection.</summary>
    Version = 1,

    /// <summary>Make memory known to the device.</summary>
    DmaMap = 2,

    /// <summary>Take memory away from the device.</summary>
    DmaUnmap = 3,

    /// <summary>Number of regions and interrupt indexes.</summary>
    DeviceGetInfo = 4,

    /// <summary>Size, flags and capabilities of one region.</summary>
    DeviceGetRegionInfo = 5,

    /// <summary>File descriptors that stand for parts of a region.</summary>
    DeviceGetRegionIoFds = 6,

    /// <summary>Count and flags of one interrupt index.</summary>
    DeviceGetIrqInfo = 7,

    /// <summary>Assign, mask, unmask or trigger interrupts.</summary>
    DeviceSetIrqs = 8,

    /// <summary>Read bytes of a region.</summary>
    RegionRead = 9,

    /// <summary>Write bytes of a region.</summary>
    RegionWrite = 10,

    /// <summary>The device reads memory by message (server to client).</summary>
    DmaRead = 11,

    /// <summary>The device writes memory by message (server to client).</summary>
    DmaWrite = 12,

    /// <summary>Reset the device.</summary>
    DeviceReset = 13,

    /// <summary>Several small region writes in one message.</summary>
    RegionWriteMulti = 15,

    /// <summary>Migration and dirty-logging features.</summary>
    DeviceFeature = 16,
}

/// <summary>Flags and error of a message header.</summary>
[Flags]
public enum VfioUserFlags : uint
{
    /// <summary>A command that wants a reply.</summary>
    Command = 0,

    /// <summary>A reply.</summary>
    Reply = 1,

    /// <summary>A command that must not be answered.</summary>
    NoReply = 0x10,

    /// <summary>A reply that carries an errno and no payload.</summary>
    Error = 0x20,
}

/// <summary>The 16 bytes at the start of every message.</summary>
/// <param name="MessageId">Chosen by the sender of a command, echoed in its reply.</param>
/// <param name="Command">Command number.</param>
/// <param name="LengthBytes">Whole message, header included.</param>
/// <param name="Flags">Type, no-reply and error bits.</param>
/// <param name="ErrorNumber">Linux errno of an error reply.</param>
public readonly record struct VfioUserHeader(
    ushort MessageId, VfioUserCommand Command, uint LengthBytes, VfioUserFlags Flags, uint ErrorNumber)
{
    /// <summary>Bytes of a header.</summary>
    public const int SizeBytes = 16;

    /// <summary>The most that this client takes in one message: the default max_data_xfer_size and room for the fixed part.</summary>
    public const int MessageLengthMaxBytes = (1 << 20) + 4096;

    /// <summary>Writes the header to the first 16 bytes of <paramref name="destination"/>.</summary>
    public void WriteTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(destination, MessageId);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[2..], (ushort)Command);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[4..], LengthBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[8..], (uint)Flags);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[12..], ErrorNumber);
    }

    /// <summary>Reads a header from the first 16 bytes of <paramref name="source"/>; nothing is checked.</summary>
    public static VfioUserHeader ReadFrom(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt16LittleEndian(source),
        (VfioUserCommand)BinaryPrimitives.ReadUInt16LittleEndian(source[2..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[4..]),
        (VfioUserFlags)BinaryPrimitives.ReadUInt32LittleEndian(source[8..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[12..]));
}

/// <summary>A whole message as received: header, payload and the file descriptors that came with it.</summary>
/// <param name="Header">The header.</param>
/// <param name="Payload">What follows the header.</param>
/// <param name="FileDescriptors">Owned by the receiver, which closes them.</param>
public sealed record VfioUserMessage(VfioUserHeader Header, byte[] Payload, int[] FileDescriptors)
{
    /// <summary>Whether this answers a command.</summary>
    public bool IsReply => (Header.Flags & VfioUserFlags.Reply) != 0;

    /// <summary>Whether this is an error reply.</summary>
    public bool IsError => (Header.Flags & VfioUserFlags.Error) != 0;
}

/// <summary>The server broke the protocol, refused a request, or is gone.</summary>
public sealed class VfioUserException : IOException
{
    /// <summary>A failure without an errno: broken framing, end of stream, deadline.</summary>
    public VfioUserException(string message)
        : base(message)
    {
    }

    /// <summary>An error reply.</summary>
    public VfioUserException(string message, int errorNumber)
        : base(message) => ErrorNumber = errorNumber;

    /// <summary>The errno of an error reply, 0 when the failure is not one.</summary>
    public int ErrorNumber { get; }
}
