using Nvmepf.Hal.Linux;
using Nvmepf.Hal.VfioUser;
using Xunit;

namespace Nvmepf.Tests.VfioUser;

/// <summary>The stream of messages, and clients that break it or go away.</summary>
public sealed class FramingTests
{
    private const ulong MiB = 1 << 20;

    [Fact]
    public void A_client_may_die_at_any_byte_and_the_next_is_served_as_if_it_had_never_been()
    {
        using Rig rig = new();
        using SharedFile file = new(MiB);
        using Counters counters = new(1);
        RecordedSession session = new(file.Descriptor, counters.All[0]);
        int length = session.LengthBytes;
        for (int prefix = 0; prefix <= length; prefix++)
        {
            RawClient client = rig.Connect();
            if (prefix % 2 == 0)
            {
                rig.Platform.Poll();
            }

            session.SendPrefix(client, prefix);
            if (prefix % 3 == 0)
            {
                rig.Settle();
            }

            client.Close();
            rig.PollUntil(() => !rig.Platform.HasClient && !rig.Platform.Poll(), "the client is gone");
            Assert.Equal(rig.Handler.LinkUps, rig.Handler.LinkDowns);
            Assert.Equal(0, rig.Platform.HostMemory.Count);
        }

        Assert.Equal(1, file.DescriptorCount);
        Assert.Equal(1, file.MappingCount);
        Assert.Equal(1, counters.DescriptorsOf(0));
        using RawClient last = rig.ConnectNegotiated();
        Assert.Equal([0x96, 0x1b, 0xef, 0xbe], last.ReadRegion(7, 0, 4));
    }

    [Fact]
    public void The_next_client_may_connect_before_the_death_of_the_last_is_noticed()
    {
        using Rig rig = new();
        using SharedFile file = new(MiB);
        using Counters counters = new(1);
        RecordedSession session = new(file.Descriptor, counters.All[0]);
        RawClient client = rig.Connect();
        for (int prefix = 0; prefix <= session.LengthBytes; prefix += 7)
        {
            session.SendPrefix(client, prefix);
            RawClient next = rig.Connect();
            client.Close();
            ServerMessage reply = next.Negotiate();
            Assert.Equal(ProtocolCommand.Version, reply.Command);
            next.Close();
            client = rig.Connect();
        }

        client.Close();
    }

    [Fact]
    public void Bytes_may_come_one_at_a_time()
    {
        using Rig rig = new();
        using SharedFile file = new(MiB);
        using Counters counters = new(1);
        RecordedSession session = new(file.Descriptor, counters.All[0]);
        using RawClient client = rig.Connect();
        foreach ((byte[] bytes, int[] descriptors) in session.Messages)
        {
            for (int i = 0; i < bytes.Length; i++)
            {
                Assert.Null(client.TryReceive());
                client.SendBytes(bytes.AsSpan(i, 1), i == 0 ? descriptors : []);
                rig.Platform.Poll();
            }

            ServerMessage reply = client.Receive();
            Assert.False(reply.IsError);
            Assert.Equal(BitConverter.ToUInt16(bytes, 0), reply.Id);
            CloseAll(reply);
        }

        Assert.Equal(1, file.DescriptorCount);
    }

    [Fact]
    public void Messages_may_come_all_at_once_and_are_answered_in_order()
    {
        using Rig rig = new();
        using SharedFile file = new(MiB);
        using Counters counters = new(1);
        RecordedSession session = new(file.Descriptor, counters.All[0]);
        using RawClient client = rig.Connect();
        session.SendPrefix(client, session.LengthBytes);
        foreach ((byte[] bytes, _) in session.Messages)
        {
            ServerMessage reply = client.Receive();
            Assert.Equal(BitConverter.ToUInt16(bytes, 0), reply.Id);
            Assert.False(reply.IsError);
            CloseAll(reply);
        }

        // Every reply but those of region information and reads is no longer than its request (QEMU receives into the request).
        client.ExpectSilence();
    }

    [Theory]
    [InlineData(0u, 0u)]
    [InlineData(15u, 0u)]
    [InlineData((1u << 20) + 65, 0u)]
    [InlineData(0x80000000u, 0u)]
    [InlineData(uint.MaxValue, 0u)]
    [InlineData(16u, 2u)]
    [InlineData(16u, 15u)]
    [InlineData(16u, 1u)] // an answer to nothing
    [InlineData(32u, 0x21u)]
    public void A_header_that_makes_no_sense_ends_the_connection(uint size, uint flags)
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        client.SendBytes(RawClient.Message(1, ProtocolCommand.RegionRead, (HeaderFlags)flags, new byte[16], size));
        client.ExpectClosed();
        Assert.Equal(1, rig.Handler.LinkDowns);
        using RawClient next = rig.ConnectNegotiated();
        next.ReadRegion(7, 0, 4);
    }

    [Fact]
    public void The_largest_message_is_taken()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        byte[] message = RawClient.Message(1, ProtocolCommand.DeviceGetInfo, HeaderFlags.Command, new byte[(1 << 20) + 48]);
        BitConverter.GetBytes(16u).CopyTo(message, 16);
        int sent = 0;
        while (sent < message.Length)
        {
            sent += Math.Max(0, client.SendBytes(message.AsSpan(sent, Math.Min(0x8000, message.Length - sent))));
            rig.Platform.Poll();
        }

        Assert.Equal(16, client.Receive().Payload.Length);
    }

    [Theory]
    [InlineData((int)ProtocolCommand.DeviceGetInfo)]
    [InlineData((int)ProtocolCommand.DmaMap)]
    [InlineData((int)ProtocolCommand.RegionWrite)]
    [InlineData(77)]
    public void The_first_message_must_be_the_version(int command)
    {
        using Rig rig = new();
        using RawClient client = rig.Connect();
        client.RequestRefused(Errno.EINVAL, (ProtocolCommand)command, new byte[32]);
        client.ExpectClosed();
        Assert.Equal((0, 0), (rig.Handler.LinkUps, rig.Handler.LinkDowns));
    }

    [Theory]
    [InlineData(1, "{}\0")]
    [InlineData(0, "{\"capabilities\":")]
    [InlineData(0, "\0")]
    public void A_version_that_cannot_be_agreed_on_is_refused_and_the_connection_ends(ushort major, string text)
    {
        using Rig rig = new();
        using RawClient client = rig.Connect();
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.Version, RawClient.Version(major, 0, text));
        client.ExpectClosed();
        Assert.Equal(0, rig.Handler.LinkUps);
    }

    [Fact]
    public void A_version_with_descriptors_or_without_numbers_is_refused()
    {
        using Rig rig = new();
        using SharedFile file = new(4096);
        using RawClient one = rig.Connect();
        one.RequestRefused(Errno.EINVAL, ProtocolCommand.Version, RawClient.Version(0, 0, "{}\0"), file.Descriptor);
        one.ExpectClosed();
        using RawClient two = rig.Connect();
        two.RequestRefused(Errno.EINVAL, ProtocolCommand.Version, []);
        two.ExpectClosed();
        Assert.Equal(1, file.DescriptorCount);
    }

    [Fact]
    public void A_client_that_stops_in_a_header_in_a_body_or_before_the_version_is_dropped()
    {
        using Rig rig = new(messageTimeoutMilliseconds: 50);
        byte[] message = RawClient.Message(1, ProtocolCommand.RegionRead, HeaderFlags.Command, RawClient.Access(7, 0, 4));
        foreach (int length in new[] { 1, 15, 16, 17, message.Length - 1 })
        {
            using RawClient client = rig.ConnectNegotiated();
            client.SendBytes(message.AsSpan(0, length));
            client.ExpectClosed();
        }

        using RawClient silent = rig.Connect();
        silent.ExpectClosed();
        Assert.True(rig.Log.Contains("stopped after"));
        Assert.True(rig.Log.Contains("did not negotiate"));
    }

    [Fact]
    public void A_silent_client_between_messages_is_left_alone()
    {
        using Rig rig = new(messageTimeoutMilliseconds: 20);
        using RawClient client = rig.ConnectNegotiated();
        long start = rig.Platform.NowNanoseconds;
        rig.PollUntil(() => rig.Platform.NowNanoseconds - start > 100_000_000, "time passes");
        client.ReadRegion(7, 0, 4);
    }

    [Fact]
    public void A_client_that_does_not_read_its_replies_is_not_listened_to_and_then_dropped()
    {
        using Rig rig = new(messageTimeoutMilliseconds: 100);
        using RawClient client = rig.ConnectNegotiated();
        byte[] message = RawClient.Message(1, ProtocolCommand.RegionRead, HeaderFlags.Command, RawClient.Access(0, 0, 0x4000));
        rig.PollUntil(
            () =>
            {
                client.SendBytes(message);
                return !rig.Platform.HasClient;
            },
            "the client is dropped");
        Assert.True(rig.Log.Contains("does not read"));
        using RawClient next = rig.ConnectNegotiated();
        next.ReadRegion(7, 0, 4);
    }

    [Fact]
    public void Replies_that_wait_for_a_slow_reader_arrive_whole_and_in_order()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        const int Requests = 200;
        for (ushort id = 0; id < Requests; id++)
        {
            client.SendBytes(RawClient.Message(id, ProtocolCommand.RegionRead, HeaderFlags.Command, RawClient.Access(0, 0, 0x4000)));
            rig.Platform.Poll();
        }

        rig.Settle();
        for (ushort id = 0; id < Requests; id++)
        {
            ServerMessage reply = client.Receive();
            Assert.Equal((id, 16 + 0x4000), (reply.Id, reply.Payload.Length));
        }
    }

    [Fact]
    public void More_descriptors_than_anybody_needs_end_the_connection_and_none_is_kept()
    {
        using Rig rig = new();
        using SharedFile file = new(4096);
        using RawClient client = rig.ConnectNegotiated();
        int[] descriptors = new int[100];
        Array.Fill(descriptors, file.Descriptor);
        client.Send(ProtocolCommand.DeviceGetInfo, new byte[16], HeaderFlags.Command, descriptors);
        client.ExpectClosed();
        Assert.Equal(1, file.DescriptorCount);
        Assert.True(rig.Log.Contains("descriptors"));
    }

    [Fact]
    public void Descriptors_where_none_belong_are_closed()
    {
        using Rig rig = new();
        using SharedFile file = new(4096);
        using RawClient client = rig.ConnectNegotiated();
        int[] descriptors = new int[20];
        Array.Fill(descriptors, file.Descriptor);
        client.RequestDone(
            ProtocolCommand.DeviceGetInfo, RawClient.Bytes(new DeviceInfoPayload { ArgumentSizeBytes = 16 }), descriptors);
        Assert.Equal(1, file.DescriptorCount);

        // Hidden behind the header.
        byte[] message = RawClient.Message(1, ProtocolCommand.RegionRead, HeaderFlags.Command, RawClient.Access(7, 0, 4));
        client.SendBytes(message.AsSpan(0, 16));
        client.SendBytes(message.AsSpan(16), descriptors);
        Assert.Equal(20, client.Receive().Payload.Length);
        Assert.Equal(1, file.DescriptorCount);

        // Spread over the header: each byte with as many as the kernel takes.
        for (int i = 0; i < 16; i++)
        {
            client.SendBytes(message.AsSpan(i, 1), file.Descriptor, file.Descriptor, file.Descriptor);
        }

        client.ExpectClosed();
        Assert.Equal(1, file.DescriptorCount);
    }

    private static void CloseAll(ServerMessage message)
    {
        foreach (int descriptor in message.Descriptors)
        {
            _ = Files.Close(descriptor);
        }
    }
}
