using System.Buffers.Binary;
using System.Text;
using Nvmepf.Hal.Linux;
using Nvmepf.HostDriver.Nvme;

namespace Nvmepf.HostDriver.VfioUser;

/// <summary>
/// A vfio-user client in the style of SPDK's NVMe host driver: VERSION without JSON, one request in flight, region information asked
/// for with a 4064-byte argsz, doorbells mapped, registers by message, interrupts only where asked for.
/// </summary>
/// <remarks>Not here: migration, twin sockets, DMA by message (a server's DMA_READ or DMA_WRITE is answered ENOTSUP and counted).</remarks>
public sealed unsafe class VfioUserClient : IDisposable
{
    /// <summary>The argsz of region queries: a page less the largest header, as SPDK sends it.</summary>
    public const int RegionQueryLengthBytes = 4064;

    private readonly Dictionary<int, RegionInfo> _regions = [];
    private readonly List<(nint Address, nuint LengthBytes)> _mappings = [];
    private ushort _messageId;

    private VfioUserClient(VfioUserSocket socket) => Socket = socket;

    /// <summary>How long one request may take.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The connection, for what this class does not offer.</summary>
    public VfioUserSocket Socket { get; }

    /// <summary>The server's version and capabilities as it sent them, without the NUL.</summary>
    public string VersionText { get; private set; } = "";

    /// <summary>Number of regions.</summary>
    public int RegionCount { get; private set; }

    /// <summary>Number of interrupt indexes.</summary>
    public int InterruptIndexCount { get; private set; }

    /// <summary>Whether the server takes DEVICE_RESET.</summary>
    public bool ResetSupported { get; private set; }

    /// <summary>Commands that the server sent although this client offers nothing.</summary>
    public int UnsolicitedCommands { get; private set; }

    /// <summary>
    /// Connects, negotiates and asks for every region. <paramref name="directory"/> holds the socket <c>cntrl</c>;
    /// <paramref name="versionJson"/> is sent with VERSION, null for none.
    /// </summary>
    public static VfioUserClient Connect(string directory, TimeSpan timeout, string? versionJson = null)
    {
        var client =
            new VfioUserClient(VfioUserSocket.Connect(Path.Combine(directory, "cntrl"), Deadline.After(timeout))) { Timeout = timeout };
        return client.Start(versionJson);
    }

    /// <summary>The same over a socket that is connected already.</summary>
    public static VfioUserClient Attach(VfioUserSocket socket, TimeSpan timeout, string? versionJson = null) =>
        new VfioUserClient(socket) { Timeout = timeout }.Start(versionJson);

    /// <summary>
    /// Sends a command and waits for its reply. An error reply throws <see cref="VfioUserException"/> with its errno. The reply's file
    /// descriptors are the caller's.
    /// </summary>
    public VfioUserMessage Request(VfioUserCommand command, ReadOnlySpan<byte> payload, ReadOnlySpan<int> fileDescriptors = default)
    {
        Deadline deadline = Deadline.After(Timeout);
        ushort id = ++_messageId;
        Socket.Send(new VfioUserHeader(id, command, 0, VfioUserFlags.Command, 0), payload, fileDescriptors, deadline);
        while (true)
        {
            VfioUserMessage message = Socket.Receive(deadline);
            if (!message.IsReply)
            {
                Refuse(message, deadline);
                continue;
            }

            if (message.Header.MessageId != id || message.Header.Command != command)
            {
                throw new VfioUserException(
                    $"{command} (id {id}) was answered by a reply to {message.Header.Command} (id {message.Header.MessageId})");
            }

            if (message.IsError)
            {
                int errno = (int)message.Header.ErrorNumber;
                throw new VfioUserException($"the server refused {command}: {Errno.Describe(errno)}", errno);
            }

            return message;
        }
    }

    /// <summary>Sends a command that wants no reply (a posted write).</summary>
    public void Post(VfioUserCommand command, ReadOnlySpan<byte> payload) => Socket.Send(
        new VfioUserHeader(++_messageId, command, 0, VfioUserFlags.NoReply, 0), payload, default, Deadline.After(Timeout));

    /// <summary>What the server says of a region.</summary>
    public RegionInfo Region(int index) =>
        _regions.TryGetValue(index, out RegionInfo? region) ? region : throw new VfioUserException($"the server has no region {index}");

    /// <summary>Reads bytes of a region; any width that the message can hold.</summary>
    public void ReadRegion(int region, ulong offset, Span<byte> destination)
    {
        VfioUserMessage reply = Request(VfioUserCommand.RegionRead, AccessHeader(region, offset, destination.Length));
        if (reply.Payload.Length != 16 + destination.Length)
        {
            throw new VfioUserException(
                $"REGION_READ of {destination.Length} bytes was answered with {reply.Payload.Length} bytes of payload, "
                + $"{16 + destination.Length} are due");
        }

        reply.Payload.AsSpan(16).CopyTo(destination);
    }

    /// <summary>Writes bytes of a region; <paramref name="posted"/> sends it without asking for a reply.</summary>
    public void WriteRegion(int region, ulong offset, ReadOnlySpan<byte> source, bool posted = false)
    {
        byte[] payload = new byte[16 + source.Length];
        AccessHeader(region, offset, source.Length).CopyTo(payload, 0);
        source.CopyTo(payload.AsSpan(16));
        if (posted)
        {
            Post(VfioUserCommand.RegionWrite, payload);
            return;
        }

        VfioUserMessage reply = Request(VfioUserCommand.RegionWrite, payload);
        if (reply.Payload.Length != 16)
        {
            throw new VfioUserException($"REGION_WRITE was answered with {reply.Payload.Length} bytes of payload, 16 are due");
        }
    }

    /// <summary>Reads a 32-bit value of a region.</summary>
    public uint Read32(int region, ulong offset)
    {
        Span<byte> bytes = stackalloc byte[4];
        ReadRegion(region, offset, bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    /// <summary>Reads a 64-bit value of a region in one access.</summary>
    public ulong Read64(int region, ulong offset)
    {
        Span<byte> bytes = stackalloc byte[8];
        ReadRegion(region, offset, bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>Writes a 32-bit value to a region.</summary>
    public void Write32(int region, ulong offset, uint value, bool posted = false)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        WriteRegion(region, offset, bytes, posted);
    }

    /// <summary>Writes a 64-bit value to a region in one access.</summary>
    public void Write64(int region, ulong offset, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        WriteRegion(region, offset, bytes);
    }

    /// <summary>Makes memory known to the device for reading and writing; -1 for a region that has no file behind it.</summary>
    public void MapDma(ulong address, ulong lengthBytes, int fileDescriptor, ulong fileOffset, uint flags = 3)
    {
        Span<byte> payload = stackalloc byte[32];
        BinaryPrimitives.WriteUInt32LittleEndian(payload, 32);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[4..], flags);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[8..], fileOffset);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[16..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[24..], lengthBytes);
        VfioUserMessage reply = fileDescriptor < 0
            ? Request(VfioUserCommand.DmaMap, payload)
            : Request(VfioUserCommand.DmaMap, payload, [fileDescriptor]);
        ExpectPayload(reply, 0);
    }

    /// <summary>Takes memory away from the device. A descriptor other than -1 is attached, as SPDK does without need.</summary>
    public void UnmapDma(ulong address, ulong lengthBytes, int fileDescriptor = -1)
    {
        Span<byte> payload = stackalloc byte[24];
        payload.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(payload, 24);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[8..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[16..], lengthBytes);
        VfioUserMessage reply = fileDescriptor < 0
            ? Request(VfioUserCommand.DmaUnmap, payload)
            : Request(VfioUserCommand.DmaUnmap, payload, [fileDescriptor]);
        ExpectPayload(reply, 24);
    }

    /// <summary>Resets the device (DEVICE_RESET). The connection and the DMA maps stay.</summary>
    public void ResetDevice() => ExpectPayload(Request(VfioUserCommand.DeviceReset, default), 0);

    /// <summary>Number of interrupts of an index (2 is MSI-X).</summary>
    public int InterruptCount(int index)
    {
        Span<byte> payload = stackalloc byte[16];
        payload.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(payload, 16);
        BinaryPrimitives.WriteInt32LittleEndian(payload[8..], index);
        VfioUserMessage reply = Request(VfioUserCommand.DeviceGetIrqInfo, payload);
        ExpectPayload(reply, 16);
        return BinaryPrimitives.ReadInt32LittleEndian(reply.Payload.AsSpan(12));
    }

    /// <summary>
    /// Sends SET_IRQS: <paramref name="flags"/> as in the protocol (24h assigns event descriptors, or takes them away when there are
    /// none; 21h with count 0 disables the index).
    /// </summary>
    public void SetInterrupts(int index, uint flags, int start, int count, ReadOnlySpan<int> fileDescriptors = default)
    {
        Span<byte> payload = stackalloc byte[20];
        BinaryPrimitives.WriteUInt32LittleEndian(payload, 20);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[4..], flags);
        BinaryPrimitives.WriteInt32LittleEndian(payload[8..], index);
        BinaryPrimitives.WriteInt32LittleEndian(payload[12..], start);
        BinaryPrimitives.WriteInt32LittleEndian(payload[16..], count);
        ExpectPayload(Request(VfioUserCommand.DeviceSetIrqs, payload, fileDescriptors), 0);
    }

    /// <summary>
    /// Maps the part of a region that starts at <paramref name="offset"/>. Returns null when the server offers no mappable area that
    /// covers it. The mapping lives as long as this object, also after the connection has ended.
    /// </summary>
    public byte* MapRegion(int region, ulong offset, ulong lengthBytes)
    {
        RegionInfo info = Region(region);
        foreach (MappableArea area in info.MappableAreas)
        {
            if (info.FileDescriptor < 0 || area.Offset > offset || offset + lengthBytes > area.Offset + area.LengthBytes)
            {
                continue;
            }

            _ = VfioUserSocket.Checked(
                MemoryMappings.MapFile(
                    info.FileDescriptor,
                    (long)(info.FileOffset + area.Offset),
                    (nuint)area.LengthBytes,
                    MemoryProtection.ReadWrite,
                    MapFlags.Shared,
                    out void* address),
                "mmap of a region");
            _mappings.Add(((nint)address, (nuint)area.LengthBytes));
            return (byte*)address + (offset - area.Offset);
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Socket.Dispose();
        foreach ((nint address, nuint length) in _mappings)
        {
            _ = MemoryMappings.Unmap((void*)address, length);
        }

        _mappings.Clear();
        foreach (RegionInfo region in _regions.Values)
        {
            if (region.FileDescriptor >= 0)
            {
                _ = Files.Close(region.FileDescriptor);
            }
        }

        _regions.Clear();
    }

    private static byte[] AccessHeader(int region, ulong offset, int lengthBytes)
    {
        byte[] header = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(header, offset);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), region);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), lengthBytes);
        return header;
    }

    private static void ExpectPayload(VfioUserMessage reply, int lengthBytes)
    {
        if (reply.Payload.Length != lengthBytes)
        {
            throw new VfioUserException(
                $"{reply.Header.Command} was answered with {reply.Payload.Length} bytes of payload, {lengthBytes} are due");
        }
    }

    private VfioUserClient Start(string? versionJson)
    {
        try
        {
            Negotiate(versionJson);
            QueryDevice();
            return this;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private void Negotiate(string? versionJson)
    {
        byte[] json = versionJson is null ? [] : [.. Encoding.ASCII.GetBytes(versionJson), 0];
        byte[] payload = [0, 0, 1, 0, .. json];
        VfioUserMessage reply = Request(VfioUserCommand.Version, payload);
        if (reply.Payload.Length < 4 || BinaryPrimitives.ReadUInt16LittleEndian(reply.Payload) != 0
            || BinaryPrimitives.ReadUInt16LittleEndian(reply.Payload.AsSpan(2)) > 1)
        {
            throw new VfioUserException("the server's VERSION reply is shorter than 4 bytes or says another version than 0.0 or 0.1");
        }

        VersionText = Encoding.ASCII.GetString(reply.Payload.AsSpan(4)).TrimEnd('\0');
    }

    private void QueryDevice()
    {
        Span<byte> request = stackalloc byte[16];
        request.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(request, 16);
        VfioUserMessage info = Request(VfioUserCommand.DeviceGetInfo, request);
        ExpectPayload(info, 16);
        ResetSupported = (info.Payload[4] & 1) != 0;
        RegionCount = BinaryPrimitives.ReadInt32LittleEndian(info.Payload.AsSpan(8));
        InterruptIndexCount = BinaryPrimitives.ReadInt32LittleEndian(info.Payload.AsSpan(12));
        if (RegionCount is < 8 or > 100)
        {
            throw new VfioUserException($"the server has {RegionCount} regions; a PCI device has 8 at least");
        }

        for (int i = 0; i < RegionCount; i++)
        {
            byte[] query = new byte[RegionQueryLengthBytes];
            BinaryPrimitives.WriteInt32LittleEndian(query, RegionQueryLengthBytes);
            BinaryPrimitives.WriteInt32LittleEndian(query.AsSpan(8), i);
            VfioUserMessage reply = Request(VfioUserCommand.DeviceGetRegionInfo, query);
            int fd = reply.FileDescriptors.Length == 0 ? -1 : reply.FileDescriptors[0];
            _regions[i] = RegionInfo.Parse(reply.Payload, fd);
        }
    }

    private void Refuse(VfioUserMessage command, Deadline deadline)
    {
        UnsolicitedCommands++;
        foreach (int fd in command.FileDescriptors)
        {
            _ = Files.Close(fd);
        }

        if ((command.Header.Flags & VfioUserFlags.NoReply) == 0)
        {
            Socket.Send(
                command.Header with { Flags = VfioUserFlags.Reply | VfioUserFlags.Error, ErrorNumber = Errno.EOPNOTSUPP }, default,
                    default, deadline);
        }
    }
}
