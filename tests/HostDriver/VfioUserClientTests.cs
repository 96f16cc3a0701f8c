using Nvmepf.Hal.Linux;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Xunit;

namespace Nvmepf.Tests.HostDriver;

public sealed unsafe class VfioUserClientTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Fact]
    public void Headers_have_the_protocols_bytes()
    {
        byte[] bytes = new byte[16];
        new VfioUserHeader(0x1234, VfioUserCommand.RegionWrite, 0x20, VfioUserFlags.Reply | VfioUserFlags.Error, 22).WriteTo(bytes);
        Assert.Equal("34120A00200000002100000016000000", Convert.ToHexString(bytes));
        Assert.Equal(
            new VfioUserHeader(0x1234, VfioUserCommand.RegionWrite, 0x20, VfioUserFlags.Reply | VfioUserFlags.Error, 22),
            VfioUserHeader.ReadFrom(bytes));
    }

    [Fact]
    public void Version_is_four_bytes_without_json_and_text_with()
    {
        byte[][] seen = new byte[2][];
        for (int i = 0; i < 2; i++)
        {
            int index = i;
            (FakeServer server, VfioUserSocket socket) = FakeServer.Start(server =>
            {
                seen[index] = server.Receive().Payload;
                server.Close();
            });
            using (server)
            {
                _ = Assert.Throws<VfioUserException>(() => VfioUserClient.Attach(socket, Patience, index == 0 ? null : "{}"));
            }
        }

        Assert.Equal(new byte[] { 0, 0, 1, 0 }, seen[0]);
        Assert.Equal(new byte[] { 0, 0, 1, 0, (byte)'{', (byte)'}', 0 }, seen[1]);
    }

    [Fact]
    public void Regions_are_found_and_the_doorbell_page_is_mapped()
    {
        int bar = MemoryMappings.CreateMemoryFile("bar", MemoryFileFlags.None);
        Assert.Equal(0, Files.Truncate(bar, 0x4000));
        (FakeServer server, VfioUserSocket socket) = FakeServer.Start(server => server.Handshake(bar));
        using (server)
        {
            using VfioUserClient client = VfioUserClient.Attach(socket, Patience);
            Assert.Equal(9, client.RegionCount);
            Assert.Equal(5, client.InterruptIndexCount);
            Assert.Equal("{\"capabilities\":{}}", client.VersionText);
            Assert.Equal(0x4000UL, client.Region(RegionInfo.Bar0).LengthBytes);
            Assert.Equal([new MappableArea(0x1000, 0x1000)], client.Region(RegionInfo.Bar0).MappableAreas);
            byte* mapped = client.MapRegion(RegionInfo.Bar0, 0x1000, 0x1000);
            Assert.True(mapped != null);
            *(uint*)(mapped + 8) = 0xCAFE;
            uint value = 0;
            Assert.Equal(4, Files.ReadAt(bar, &value, 4, 0x1008));
            Assert.Equal(0xCAFEu, value);
            Assert.True(client.MapRegion(RegionInfo.Bar0, 0, 0x1000) == null);
            Assert.True(client.MapRegion(RegionInfo.ConfigurationSpace, 0, 0x1000) == null);
        }

        _ = Files.Close(bar);
    }

    [Fact]
    public void A_reply_in_single_bytes_is_put_together()
    {
        (FakeServer server, VfioUserSocket socket) = FakeServer.Start(static server =>
        {
            VfioUserMessage request = server.Receive();
            byte[] reply = new byte[20];
            (request.Header with { Flags = VfioUserFlags.Reply, LengthBytes = 20 }).WriteTo(reply);
            reply[19] = 0x7F;
            foreach (byte each in reply)
            {
                server.Raw([each]);
                Thread.Sleep(1);
            }
        });
        using (server)
        {
            socket.Send(
                new VfioUserHeader(5, VfioUserCommand.DeviceReset, 0, VfioUserFlags.Command, 0), default, default,
                Deadline.AfterMilliseconds(1000));
            VfioUserMessage reply = socket.Receive(Deadline.AfterMilliseconds(10_000));
            Assert.True(reply.IsReply);
            Assert.Equal(5, reply.Header.MessageId);
            Assert.Equal(new byte[] { 0, 0, 0, 0x7F }, reply.Payload);
            socket.Dispose();
        }
    }

    [Theory]
    [InlineData(15u)]
    [InlineData(0u)]
    [InlineData(0x7FFFFFFFu)]
    public void A_length_that_cannot_be_is_refused(uint length)
    {
        (FakeServer server, VfioUserSocket socket) = FakeServer.Start(server =>
        {
            byte[] bytes = new byte[16];
            new VfioUserHeader(1, VfioUserCommand.Version, length, VfioUserFlags.Reply, 0).WriteTo(bytes);
            server.Raw(bytes);
        });
        using (server)
        {
            string message = Assert.Throws<VfioUserException>(() => socket.Receive(Deadline.AfterMilliseconds(10_000))).Message;
            Assert.Contains($"{length} bytes", message, StringComparison.Ordinal);
            socket.Dispose();
        }
    }

    [Fact]
    public void Silence_and_a_closed_connection_are_told_apart()
    {
        (FakeServer server, VfioUserSocket socket) = FakeServer.Start(static server => server.Raw(new byte[7]));
        using (server)
        {
            Assert.Contains(
                "timed out", Assert.Throws<VfioUserException>(() => socket.Receive(Deadline.AfterMilliseconds(100))).Message,
                StringComparison.Ordinal);
        }

        Assert.Contains(
            "closed", Assert.Throws<VfioUserException>(() => socket.Receive(Deadline.AfterMilliseconds(5000))).Message,
            StringComparison.Ordinal);
        Assert.True(socket.WaitForClose(Deadline.AfterMilliseconds(5000)));
        socket.Dispose();
    }

    [Fact]
    public void Error_replies_carry_their_errno_and_the_connection_goes_on()
    {
        int bar = Events.Create(0, EventFlags.NonBlocking);
        (FakeServer server, VfioUserSocket socket) = FakeServer.Start(server =>
        {
            server.Handshake(bar);
            server.ReplyError(server.Receive(), Errno.EINVAL);
            VfioUserMessage read = server.Receive();
            server.Reply(read, [.. read.Payload, 1, 2, 3, 4]);
        });
        using (server)
        {
            using VfioUserClient client = VfioUserClient.Attach(socket, Patience);
            VfioUserException exception = Assert.Throws<VfioUserException>(() => client.MapDma(0, 4096, -1, 0));
            Assert.Equal(Errno.EINVAL, exception.ErrorNumber);
            Assert.Contains("EINVAL", exception.Message, StringComparison.Ordinal);
            Assert.Equal(0x04030201u, client.Read32(0, 0));
        }

        _ = Files.Close(bar);
    }

    [Fact]
    public void A_command_of_the_server_is_refused_and_does_not_disturb_a_request()
    {
        int bar = Events.Create(0, EventFlags.NonBlocking);
        VfioUserMessage? answer = null;
        (FakeServer server, VfioUserSocket socket) = FakeServer.Start(server =>
        {
            server.Handshake(bar);
            VfioUserMessage request = server.Receive();
            byte[] dmaRead = new byte[32];
            new VfioUserHeader(77, VfioUserCommand.DmaRead, 32, VfioUserFlags.Command, 0).WriteTo(dmaRead);
            server.Raw(dmaRead);
            answer = server.Receive();
            server.Reply(request, default);
        });
        using (server)
        {
            using VfioUserClient client = VfioUserClient.Attach(socket, Patience);
            client.ResetDevice();
            Assert.Equal(1, client.UnsolicitedCommands);
        }

        Assert.True(answer!.IsError);
        Assert.Equal(77, answer.Header.MessageId);
        _ = Files.Close(bar);
    }

    [Fact]
    public void Descriptors_travel_with_maps_and_unmaps()
    {
        int bar = Events.Create(0, EventFlags.NonBlocking);
        var seen = new List<(VfioUserCommand Command, int Descriptors, byte[] Payload)>();
        (FakeServer server, VfioUserSocket socket) = FakeServer.Start(server =>
        {
            server.Handshake(bar);
            for (int i = 0; i < 4; i++)
            {
                VfioUserMessage message = server.Receive();
                seen.Add((message.Header.Command, message.FileDescriptors.Length, message.Payload));
                foreach (int fd in message.FileDescriptors)
                {
                    _ = Files.Close(fd);
                }

                server.Reply(message, message.Header.Command == VfioUserCommand.DmaUnmap ? message.Payload : default);
            }
        });
        using (server)
        {
            using VfioUserClient client = VfioUserClient.Attach(socket, Patience);
            using var arena = new DmaArena(4 << 20);
            arena.MapInto(client);
            arena.UnmapFrom(client);
            Assert.Equal(arena.Address, BitConverter.ToUInt64(seen[0].Payload, 16));
            Assert.Equal(arena.SeamAddress, BitConverter.ToUInt64(seen[1].Payload, 16));
            Assert.Equal((ulong)arena.LengthBytes / 2, BitConverter.ToUInt64(seen[1].Payload, 8));
        }

        Assert.All(seen, static each => Assert.Equal(1, each.Descriptors));
        Assert.Equal(VfioUserCommand.DmaUnmap, seen[3].Command);
        _ = Files.Close(bar);
    }

    [Fact]
    public void Replies_of_the_wrong_length_are_failures()
    {
        int bar = Events.Create(0, EventFlags.NonBlocking);
        (FakeServer server, VfioUserSocket socket) = FakeServer.Start(server =>
        {
            server.Handshake(bar);
            server.Reply(server.Receive(), new byte[12]);
            server.Reply(server.Receive(), default);
        });
        using (server)
        {
            using VfioUserClient client = VfioUserClient.Attach(socket, Patience);
            Assert.Contains("20 are due", Assert.Throws<VfioUserException>(() => client.Read32(0, 0)).Message, StringComparison.Ordinal);
            Assert.Contains(
                "24 are due", Assert.Throws<VfioUserException>(() => client.UnmapDma(0, 4096)).Message, StringComparison.Ordinal);
        }

        _ = Files.Close(bar);
    }

    [Theory]
    [InlineData(0, 24, "at least 32")]
    [InlineData(12, 20, "capability at 20")]
    [InlineData(36, 32, "loops")]
    [InlineData(40, 3, "3 areas")]
    [InlineData(48, 0xFF, "outside")]
    public void Region_information_that_contradicts_itself_is_refused(int offset, byte value, string message)
    {
        byte[] payload = FakeServer.BarInfo();
        payload[offset] = value;
        if (offset == 48)
        {
            payload[offset + 7] = 0xFF;
        }

        Assert.Contains(message, Assert.Throws<VfioUserException>(() => RegionInfo.Parse(payload, -1)).Message, StringComparison.Ordinal);
    }
}
