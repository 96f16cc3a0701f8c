using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Nvmepf.Hal.Linux;
using Nvmepf.Hal.VfioUser;
using Xunit;

namespace Nvmepf.Tests.VfioUser;

/// <summary>A message that the server sent.</summary>
internal sealed record ServerMessage(ushort Id, ProtocolCommand Command, HeaderFlags Flags, uint Error, byte[] Payload, int[] Descriptors)
{
    public bool IsError => (Flags & HeaderFlags.Error) != 0;

    public T Read<T>(int offset = 0)
        where T : unmanaged => MemoryMarshal.Read<T>(Payload.AsSpan(offset));
}

/// <summary>A client made of bytes: it can send anything. Everything it waits for, it waits for by polling the server.</summary>
internal sealed unsafe class RawClient : IDisposable
{
    public const string QemuCapabilities =
        "{\"capabilities\": {\"pgsizes\": 4096, \"max_msg_fds\": 16, \"max_dma_maps\": 65535, \"max_data_xfer_size\": 1048576, "
        + "\"migration\": {\"max_bitmap_size\": 268435456, \"pgsize\": 4096}, \"write_multiple\": true}}\0";

    private const int DescriptorsMax = 32;
    private readonly Rig _rig;
    private ushort _nextId = 100;

    public RawClient(Rig rig)
    {
        _rig = rig;
        Socket = UnixSockets.Create(SocketFlags.NonBlocking);
        Assert.Equal(0, UnixSockets.Connect(Socket, rig.SocketPath));
    }

    public int Socket { get; private set; }

    public static byte[] Version(ushort major, ushort minor, string text)
    {
        byte[] payload = new byte[4 + Encoding.UTF8.GetByteCount(text)];
        BinaryPrimitives.WriteUInt16LittleEndian(payload, major);
        BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(2), minor);
        Encoding.UTF8.GetBytes(text, payload.AsSpan(4));
        return payload;
    }

    public static byte[] Bytes<T>(in T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();

    public static byte[] Message(ushort id, ProtocolCommand command, HeaderFlags flags, ReadOnlySpan<byte> payload, uint? size = null)
    {
        byte[] message = new byte[ProtocolHeader.SizeBytes + payload.Length];
        ProtocolHeader header = new()
        {
            MessageId = id,
            Command = command,
            MessageSizeBytes = size ?? (uint)message.Length,
            Flags = flags,
        };
        MemoryMarshal.Write(message, in header);
        payload.CopyTo(message.AsSpan(ProtocolHeader.SizeBytes));
        return message;
    }

    public ServerMessage Negotiate(string text = QemuCapabilities)
    {
        ServerMessage reply = Request(ProtocolCommand.Version, Version(0, 0, text));
        Assert.False(reply.IsError);
        return reply;
    }

    /// <summary>Sends raw bytes, with descriptors on the first of them.</summary>
    public int SendBytes(ReadOnlySpan<byte> bytes, params int[] descriptors)
    {
        fixed (byte* first = bytes)
        {
            IoVector vector = new(first, (nuint)bytes.Length);
            return UnixSockets.Send(Socket, &vector, 1, descriptors);
        }
    }

    public ushort Send(
        ProtocolCommand command, ReadOnlySpan<byte> payload, HeaderFlags flags = HeaderFlags.Command, int[]? descriptors = null)
    {
        ushort id = _nextId++;
        byte[] message = Message(id, command, flags, payload);
        Assert.Equal(message.Length, SendBytes(message, descriptors ?? []));
        return id;
    }

    /// <summary>Sends a command and returns its reply, whose echo of id and command is checked.</summary>
    public ServerMessage Request(
        ProtocolCommand command, ReadOnlySpan<byte> payload, HeaderFlags flags = HeaderFlags.Command, int[]? descriptors = null)
    {
        ushort id = Send(command, payload, flags, descriptors);
        ServerMessage reply = Receive();
        Assert.Equal(id, reply.Id);
        Assert.Equal(command, reply.Command);
        Assert.Equal(HeaderFlags.Reply, reply.Flags & HeaderFlags.TypeMask);
        return reply;
    }

    /// <summary>As <see cref="Request"/>, for one that must fail: an errno and nothing else.</summary>
    public void RequestRefused(int errno, ProtocolCommand command, ReadOnlySpan<byte> payload, params int[] descriptors)
    {
        ServerMessage reply = Request(command, payload, HeaderFlags.Command, descriptors);
        Assert.Equal(HeaderFlags.Reply | HeaderFlags.Error, reply.Flags);
        Assert.Equal((uint)errno, reply.Error);
        Assert.Empty(reply.Payload);
    }

    public ServerMessage RequestDone(ProtocolCommand command, ReadOnlySpan<byte> payload, params int[] descriptors)
    {
        ServerMessage reply = Request(command, payload, HeaderFlags.Command, descriptors);
        Assert.False(reply.IsError, $"{command} failed with errno {reply.Error}");
        return reply;
    }

    public ServerMessage Receive()
    {
        ServerMessage? message = null;
        _rig.PollUntil(() => (message = TryReceive()) is not null, "the server says something");
        return message!;
    }

    /// <summary>A whole message that is there already, or null. A short header is a failure: real clients cannot take one.</summary>
    public ServerMessage? TryReceive()
    {
        ProtocolHeader header;
        int* descriptors = stackalloc int[DescriptorsMax];
        int got = UnixSockets.Receive(
            Socket, (byte*)&header, ProtocolHeader.SizeBytes, descriptors, DescriptorsMax, out int count, out _, MessageFlags.DoNotWait);
        if (got == -Errno.EAGAIN)
        {
            return null;
        }

        Assert.Equal(ProtocolHeader.SizeBytes, got);
        byte[] payload = new byte[header.MessageSizeBytes - ProtocolHeader.SizeBytes];
        int done = 0;
        fixed (byte* first = payload)
        {
            while (done < payload.Length)
            {
                int part = UnixSockets.Receive(Socket, first + done, payload.Length - done, null, 0, out _, out _, MessageFlags.DoNotWait);
                Assert.True(part is > 0 or -Errno.EAGAIN, $"the body of a message ended with {part}");
                done += Math.Max(part, 0);
                if (part < 0)
                {
                    _rig.Platform.Poll();
                }
            }
        }

        return new ServerMessage(
            header.MessageId, header.Command, header.Flags, header.Error, payload, new ReadOnlySpan<int>(descriptors, count).ToArray());
    }

    public void ExpectSilence()
    {
        _rig.Settle();
        Assert.Null(TryReceive());
    }

    /// <summary>The server hangs up, without a word or after those that <see cref="Receive"/> took.</summary>
    public void ExpectClosed() => _rig.PollUntil(IsClosed, "the server hangs up");

    public bool IsClosed()
    {
        byte one;
        int got = UnixSockets.Receive(Socket, &one, 1, null, 0, out _, out _, MessageFlags.DoNotWait | MessageFlags.Peek);
        return got == 0 || got == -Errno.ECONNRESET || got == -Errno.EPIPE;
    }

    public ServerMessage Map(ulong address, ulong length, int file, ulong offset = 0, uint flags = 3) =>
        RequestDone(ProtocolCommand.DmaMap, MapPayload(address, length, offset, flags), file < 0 ? [] : [file]);

    public static byte[] MapPayload(ulong address, ulong length, ulong offset = 0, uint flags = 3) => Bytes(new DmaMapPayload
    {
        ArgumentSizeBytes = DmaMapPayload.SizeBytes,
        Flags = flags,
        FileOffsetBytes = offset,
        Address = address,
        LengthBytes = length,
    });

    public static byte[] UnmapPayload(ulong address, ulong length, uint flags = 0) => Bytes(new DmaUnmapPayload
    {
        ArgumentSizeBytes = DmaUnmapPayload.SizeBytes,
        Flags = flags,
        Address = address,
        LengthBytes = length,
    });

    public ServerMessage Unmap(ulong address, ulong length) => RequestDone(ProtocolCommand.DmaUnmap, UnmapPayload(address, length));

    public static byte[] Access(uint region, ulong offset, uint count, params byte[] data) =>
        [.. Bytes(new RegionAccessPayload { OffsetBytes = offset, Region = region, CountBytes = count }), .. data];

    public byte[] ReadRegion(uint region, ulong offset, uint count)
    {
        ServerMessage reply = RequestDone(ProtocolCommand.RegionRead, Access(region, offset, count));
        RegionAccessPayload echo = reply.Read<RegionAccessPayload>();
        Assert.Equal((offset, region, count), (echo.OffsetBytes, echo.Region, echo.CountBytes));
        return reply.Payload[RegionAccessPayload.SizeBytes..];
    }

    public void WriteRegion(uint region, ulong offset, params byte[] data)
    {
        ServerMessage reply = RequestDone(ProtocolCommand.RegionWrite, Access(region, offset, (uint)data.Length, data));
        Assert.Equal(RegionAccessPayload.SizeBytes, reply.Payload.Length);
        RegionAccessPayload echo = reply.Read<RegionAccessPayload>();
        Assert.Equal((offset, region, (uint)data.Length), (echo.OffsetBytes, echo.Region, echo.CountBytes));
    }

    public static byte[] Irqs(uint flags, uint index, uint start, uint count, params byte[] data) =>
    [
        .. Bytes(new SetIrqsPayload
        {
            ArgumentSizeBytes = SetIrqsPayload.SizeBytes,
            Flags = flags,
            Index = index,
            Start = start,
            Count = count,
        }),
        .. data,
    ];

    public void Close()
    {
        if (Socket >= 0)
        {
            _ = Files.Close(Socket);
            Socket = -1;
        }
    }

    public void Dispose() => Close();
}
