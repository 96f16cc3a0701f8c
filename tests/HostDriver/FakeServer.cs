using System.Buffers.Binary;
using Nvmepf.Hal.Linux;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Xunit;

namespace Nvmepf.Tests.HostDriver;

/// <summary>
/// The other end of a socket pair, on a thread of its own: answers what it is told to answer, and keeps what it was asked. Only as much of
/// a server as framing tests need.
/// </summary>
internal sealed class FakeServer : IDisposable
{
    private readonly VfioUserSocket _socket;
    private readonly Thread _thread;

    private FakeServer(VfioUserSocket socket, Action<FakeServer> script)
    {
        _socket = socket;
        _thread = new Thread(() =>
        {
            try
            {
                script(this);
            }
            catch (VfioUserException exception)
            {
                Failure = exception;
            }
        });
        _thread.Start();
    }

    internal VfioUserException? Failure { get; private set; }

    /// <summary>Starts a script and gives the client's end of the pair.</summary>
    internal static (FakeServer Server, VfioUserSocket Client) Start(Action<FakeServer> script)
    {
        Assert.Equal(0, UnixSockets.CreatePair(SocketFlags.None, out int first, out int second));
        return (new FakeServer(VfioUserSocket.FromDescriptor(first), script), VfioUserSocket.FromDescriptor(second));
    }

    internal VfioUserMessage Receive() => _socket.Receive(Deadline.AfterMilliseconds(10_000));

    internal void Raw(ReadOnlySpan<byte> bytes, params int[] fds) => _socket.SendRaw(bytes, fds, Deadline.AfterMilliseconds(10_000));

    internal void Reply(VfioUserMessage request, ReadOnlySpan<byte> payload, params int[] fds) =>
        _socket.Send(request.Header with { Flags = VfioUserFlags.Reply }, payload, fds, Deadline.AfterMilliseconds(10_000));

    internal void ReplyError(VfioUserMessage request, int errno) => _socket.Send(
        request.Header with { Flags = VfioUserFlags.Reply | VfioUserFlags.Error, ErrorNumber = (uint)errno }, default, default,
            Deadline.AfterMilliseconds(10_000));

    /// <summary>
    /// Answers VERSION, DEVICE_GET_INFO and the nine region queries: BAR 0 with a mappable page of <paramref name="barFd"/>, and
    /// configuration space.
    /// </summary>
    internal void Handshake(int barFd)
    {
        Reply(Receive(), [0, 0, 1, 0, .. "{\"capabilities\":{}}\0"u8]);
        byte[] info = new byte[16];
        info[0] = 16;
        info[4] = 3;
        info[8] = 9;
        info[12] = 5;
        Reply(Receive(), info);
        for (int i = 0; i < 9; i++)
        {
            VfioUserMessage query = Receive();
            Assert.Equal(VfioUserClient.RegionQueryLengthBytes, query.Payload.Length);
            if (i == 0)
            {
                Reply(query, BarInfo(), barFd);
            }
            else
            {
                byte[] region = new byte[32];
                region[0] = 32;
                region[8] = (byte)i;
                BinaryPrimitives.WriteUInt32LittleEndian(region.AsSpan(16), i == 7 ? 4096u : 0);
                Reply(query, region);
            }
        }
    }

    /// <summary>Region information of a 16 KiB BAR 0 whose second page can be mapped.</summary>
    internal static byte[] BarInfo()
    {
        byte[] region = new byte[64];
        region[0] = 64;
        region[4] = 0xF;
        region[12] = 32;
        BinaryPrimitives.WriteUInt64LittleEndian(region.AsSpan(16), 0x4000);
        region[32] = 1;
        region[34] = 1;
        region[40] = 1;
        BinaryPrimitives.WriteUInt64LittleEndian(region.AsSpan(48), 0x1000);
        BinaryPrimitives.WriteUInt64LittleEndian(region.AsSpan(56), 0x1000);
        return region;
    }

    internal void Close() => _socket.Dispose();

    public void Dispose()
    {
        Assert.True(_thread.Join(20_000));
        _socket.Dispose();
    }
}
