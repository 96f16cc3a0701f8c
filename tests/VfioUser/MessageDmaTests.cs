using Nvmepf.Hal;
using Nvmepf.Hal.Linux;
using Nvmepf.Hal.VfioUser;
using Xunit;

namespace Nvmepf.Tests.VfioUser;

/// <summary>Host memory by message. The client's memory is an array that DMA_READ and DMA_WRITE are answered from.</summary>
public sealed unsafe class MessageDmaTests : IDisposable
{
    private const ulong Base = 0x100000;
    private const int HostBytes = 1 << 20;
    private const string SmallTransfers = "{\"capabilities\":{\"max_data_xfer_size\":4096}}\0";
    private readonly byte[] _host = new byte[HostBytes];
    private readonly List<ServerMessage> _seen = [];
    private readonly NativeMemory _local = new(HostBytes);
    private readonly NativeMemory _segments = new(sizeof(HostSegment) * 1024);

    public MessageDmaTests()
    {
        new Random(1).NextBytes(_host);
        new Random(2).NextBytes(_local.Bytes);
    }

    public void Dispose()
    {
        _local.Dispose();
        _segments.Dispose();
    }

    [Fact]
    public void A_write_of_nothing_is_sent_first_and_then_the_data_moves_both_ways()
    {
        using Rig rig = new();
        using RawClient client = ConnectWithHostMemory(rig);
        byte[] toHost = _local.Bytes[..512].ToArray();
        Submit(rig, DmaDirection.DeviceToHost, 1, (Base + 0x1000, 0, 512));
        ServeUntil(rig, client, 1, DmaStatus.Success);
        Assert.Equal(toHost, _host[0x1000..0x1200]);

        Submit(rig, DmaDirection.HostToDevice, 2, (Base + 0x4000, 0x8000, 4096));
        ServeUntil(rig, client, 2, DmaStatus.Success);
        Assert.Equal(_host[0x4000..0x5000], _local.Bytes.Slice(0x8000, 4096).ToArray());

        Assert.Equal(
            [(ProtocolCommand.DmaWrite, 0ul), (ProtocolCommand.DmaWrite, 512ul), (ProtocolCommand.DmaRead, 4096ul)],
            _seen.ConvertAll(message => (message.Command, message.Read<DmaAccessPayload>().CountBytes)));
        Assert.All(_seen, message => Assert.Equal(HeaderFlags.Command, message.Flags));
        Assert.Equal(0, rig.Platform.HostDma.InFlight);
    }

    [Fact]
    public void Transfers_are_cut_to_what_the_client_takes_in_one_message()
    {
        using Rig rig = new();
        using RawClient client = ConnectWithHostMemory(rig, SmallTransfers);
        Submit(rig, DmaDirection.HostToDevice, 7, (Base, 0, 10_000), (Base + 0x8000, 0x4000, 100_000), (Base + 0x40000, 0x20000, 1));
        ServeUntil(rig, client, 7, DmaStatus.Success);
        Assert.Equal(_host[..10_000], _local.Bytes[..10_000].ToArray());
        Assert.Equal(_host[0x8000..(0x8000 + 100_000)], _local.Bytes.Slice(0x4000, 100_000).ToArray());
        Assert.Equal(_host[0x40000], _local.Bytes[0x20000]);
        Assert.All(_seen, message => Assert.InRange(message.Read<DmaAccessPayload>().CountBytes, 0ul, 4096ul));
        Assert.Equal(1 + 3 + 25 + 1, _seen.Count);
    }

    [Fact]
    public void Large_transfers_arrive_whole_both_ways()
    {
        using Rig rig = new();
        using RawClient client = ConnectWithHostMemory(rig);
        byte[] before = _host[..(HostBytes / 2)];
        Submit(rig, DmaDirection.HostToDevice, 1, (Base, 0, HostBytes / 2));
        Submit(rig, DmaDirection.DeviceToHost, 2, (Base + (HostBytes / 2), HostBytes / 2, HostBytes / 2));
        Serve(rig, client, 2);
        Assert.Equal(before, _local.Bytes[..(HostBytes / 2)].ToArray());
        Assert.Equal(_local.Bytes[(HostBytes / 2)..].ToArray(), _host[(HostBytes / 2)..]);
    }

    [Fact]
    public void No_more_is_asked_for_at_a_time_than_a_client_can_answer_without_waiting()
    {
        using Rig rig = new();
        using RawClient client = ConnectWithHostMemory(rig);
        Settle(rig, client);
        for (ulong tag = 0; tag < 8; tag++)
        {
            Submit(rig, DmaDirection.HostToDevice, tag, (Base + (tag * 0x20000), (int)tag * 0x20000, 48 << 10));
        }

        List<DmaCompletion> all = [];
        List<ServerMessage> unanswered = [];
        while (all.Count < 8)
        {
            rig.Settle();
            while (client.TryReceive() is { } message)
            {
                unanswered.Add(message);
            }

            ulong bytes = 0;
            unanswered.ForEach(message => bytes += message.Read<DmaAccessPayload>().CountBytes);
            Assert.InRange(bytes, 1ul, 64ul << 10);
            Answer(client, unanswered[0]);
            unanswered.RemoveAt(0);
            rig.Settle();
            all.AddRange(Completions(rig));
        }
    }

    [Fact]
    public void Requests_of_one_direction_complete_in_order_though_their_answers_do_not()
    {
        using Rig rig = new();
        using RawClient client = ConnectWithHostMemory(rig);
        Settle(rig, client);
        for (ulong tag = 10; tag < 15; tag++)
        {
            Submit(rig, DmaDirection.HostToDevice, tag, (Base + (tag * 0x1000), (int)tag * 0x1000, 4096));
        }

        List<ServerMessage> messages = [];
        rig.PollUntil(() => TryCollect(client, messages) == 5, "five reads are asked for");
        for (int i = 4; i >= 1; i--)
        {
            Answer(client, messages[i]);
            rig.Settle();
            Assert.Empty(Completions(rig));
        }

        Answer(client, messages[0]);
        rig.Settle();
        Assert.Equal([10ul, 11ul, 12ul, 13ul, 14ul], Completions(rig).ConvertAll(completion => completion.Tag));
    }

    [Fact]
    public void A_client_whose_messages_have_the_wrong_layout_is_refused_before_it_can_do_damage()
    {
        using Rig rig = new();
        using RawClient client = ConnectWithHostMemory(rig);
        Submit(rig, DmaDirection.DeviceToHost, 1, (Base, 0, 4096));
        Submit(rig, DmaDirection.HostToDevice, 2, (Base, 0, 4096));
        ServerMessage probe = client.Receive();
        Assert.Equal((ProtocolCommand.DmaWrite, 0ul), (probe.Command, probe.Read<DmaAccessPayload>().CountBytes));
        Assert.Equal(16, probe.Payload.Length);

        // QEMU 10.1 and 10.2 answer a write by a header alone.
        client.SendBytes(RawClient.Message(probe.Id, probe.Command, HeaderFlags.Reply, []));
        rig.Settle();
        Assert.Equal([DmaStatus.HostError, DmaStatus.HostError], Completions(rig).ConvertAll(completion => completion.Status));
        Submit(rig, DmaDirection.DeviceToHost, 3, (Base, 0, 4096));
        client.ExpectSilence();
        Assert.Equal(DmaStatus.HostError, Assert.Single(Completions(rig)).Status);
        Assert.True(rig.Log.Contains("must be shared"));
        client.ReadRegion(7, 0, 4);

        // The next client may be another program.
        client.Close();
        using RawClient next = ConnectWithHostMemory(rig);
        Submit(rig, DmaDirection.DeviceToHost, 4, (Base, 0, 4096));
        ServeUntil(rig, next, 4, DmaStatus.Success);
    }

    [Theory]
    [InlineData(0)] // an error
    [InlineData(1)] // another address
    [InlineData(2)] // another count
    [InlineData(3)] // data missing
    [InlineData(4)] // data too many
    [InlineData(5)] // no payload
    public void A_read_that_is_answered_wrongly_fails_and_leaves_local_memory_alone(int how)
    {
        using Rig rig = new();
        using RawClient client = ConnectWithHostMemory(rig);
        Settle(rig, client);
        byte[] before = _local.Bytes.ToArray();
        Submit(rig, DmaDirection.HostToDevice, 5, (Base, 0, 512));
        ServerMessage read = client.Receive();
        DmaAccessPayload access = read.Read<DmaAccessPayload>();
        byte[] payload = how switch
        {
            1 => [.. RawClient.Bytes(access with { Address = access.Address + 1 }), .. new byte[512]],
            2 => [.. RawClient.Bytes(access with { CountBytes = 511 }), .. new byte[512]],
            3 => [.. RawClient.Bytes(access), .. new byte[511]],
            4 => [.. RawClient.Bytes(access), .. new byte[513]],
            _ => [],
        };
        HeaderFlags flags = how == 0 ? HeaderFlags.Reply | HeaderFlags.Error : HeaderFlags.Reply;
        client.SendBytes(RawClient.Message(read.Id, read.Command, flags, payload));
        rig.Settle();
        Assert.Equal((5ul, DmaStatus.HostError), Single(Completions(rig)));
        Assert.Equal(before, _local.Bytes.ToArray());
        client.ReadRegion(7, 0, 4);
    }

    [Fact]
    public void A_failed_chunk_fails_its_request_and_no_other()
    {
        using Rig rig = new();
        using RawClient client = ConnectWithHostMemory(rig, SmallTransfers);
        Settle(rig, client);
        Submit(rig, DmaDirection.HostToDevice, 1, (Base, 0, 8192));
        Submit(rig, DmaDirection.HostToDevice, 2, (Base + 0x10000, 0x10000, 4096));
        List<ServerMessage> messages = [];
        rig.PollUntil(() => TryCollect(client, messages) == 3, "three chunks are asked for");
        client.SendBytes(RawClient.Message(messages[0].Id, ProtocolCommand.DmaRead, HeaderFlags.Reply | HeaderFlags.Error, []));
        rig.Settle();
        Assert.Equal((1ul, DmaStatus.HostError), Single(Completions(rig)));

        // The other chunk of the failed request is answered, and thrown away: the memory is its owner's again.
        _local.Bytes[4096] = 0x11;
        _host[4096] = 0x22;
        Answer(client, messages[1]);
        Answer(client, messages[2]);
        rig.Settle();
        Assert.Equal((2ul, DmaStatus.Success), Single(Completions(rig)));
        Assert.Equal(0x11, _local.Bytes[4096]);
        Assert.Equal(_host[0x10000..0x11000], _local.Bytes.Slice(0x10000, 4096).ToArray());
    }

    [Fact]
    public void An_answer_to_the_same_message_twice_ends_the_connection()
    {
        using Rig rig = new();
        using RawClient client = ConnectWithHostMemory(rig);
        Settle(rig, client);
        Submit(rig, DmaDirection.HostToDevice, 1, (Base, 0, 512));
        ServerMessage read = client.Receive();
        Answer(client, read);
        Answer(client, read);
        client.ExpectClosed();
    }

    [Fact]
    public void Addresses_that_are_not_mapped_or_not_writable_fail_without_a_message()
    {
        using Rig rig = new();
        using RawClient client = ConnectWithHostMemory(rig);
        Settle(rig, client);
        client.Map(0xfffc0000, 0x40000, -1, 0, DmaMapPayload.FlagRead);
        int seen = _seen.Count;
        Submit(rig, DmaDirection.HostToDevice, 1, (0x50000000, 0, 512));
        Submit(rig, DmaDirection.DeviceToHost, 2, (0xfffc0000, 0, 512));
        rig.Settle();
        Assert.Equal([DmaStatus.HostError, DmaStatus.HostError], Completions(rig).ConvertAll(completion => completion.Status));
        client.ExpectSilence();
        Assert.Equal(seen, _seen.Count);
    }

    [Fact]
    public void A_list_that_leaves_the_mapped_memory_half_way_fails()
    {
        using Rig rig = new();
        using RawClient client = ConnectWithHostMemory(rig);
        Submit(rig, DmaDirection.HostToDevice, 9, (Base + HostBytes - 512, 0, 1024));
        ServeUntil(rig, client, 9, DmaStatus.HostError);
    }

    [Fact]
    public void Segments_in_shared_memory_are_copied()
    {
        using Rig rig = new();
        using RawClient client = ConnectWithHostMemory(rig);
        using SharedFile file = new(1 << 20);
        client.Map(0x10000000, 1 << 20, file.Descriptor);
        new Random(3).NextBytes(file.Memory);
        Submit(rig, DmaDirection.HostToDevice, 1, (0x10000000, 0, 4096), (Base, 0x1000, 4096), (0x10004000, 0x2000, 100));
        ServeUntil(rig, client, 1, DmaStatus.Success);
        Assert.Equal(file.Memory[..4096].ToArray(), _local.Bytes[..4096].ToArray());
        Assert.Equal(_host[..4096], _local.Bytes.Slice(4096, 4096).ToArray());
        Assert.Equal(file.Memory.Slice(0x4000, 100).ToArray(), _local.Bytes.Slice(0x2000, 100).ToArray());
        Submit(rig, DmaDirection.DeviceToHost, 2, (0x10000000, 0x8000, 4096));
        rig.Settle();
        Assert.Equal((2ul, DmaStatus.Success), Single(Completions(rig)));
        Assert.Equal(_local.Bytes.Slice(0x8000, 4096).ToArray(), file.Memory[..4096].ToArray());
    }

    [Fact]
    public void The_queue_is_bounded_and_says_so()
    {
        using Rig rig = new();
        using RawClient client = ConnectWithHostMemory(rig);
        HostSegment* segment = Segments((Base, 0, 512));
        int accepted = 0;
        while (accepted < 10_000 && rig.Platform.HostDma.TrySubmit(DmaDirection.HostToDevice, segment, 1, (ulong)accepted))
        {
            accepted++;
        }

        Assert.InRange(accepted, 16, 9_999);
        Assert.Equal(accepted, rig.Platform.HostDma.InFlight);
        Assert.True(rig.Platform.HostDma.TrySubmit(DmaDirection.DeviceToHost, segment, 1, 1));
        List<DmaCompletion> all = [];
        rig.PollUntil(
            () =>
            {
                ServeOnce(client);
                all.AddRange(Completions(rig));
                return all.Count == accepted + 1;
            },
            "everything is served");
        Assert.All(all, completion => Assert.Equal(DmaStatus.Success, completion.Status));
        Assert.True(rig.Platform.HostDma.TrySubmit(DmaDirection.HostToDevice, segment, 1, 1));
    }

    [Fact]
    public void When_the_client_goes_everything_is_lost_and_nothing_is_touched()
    {
        using Rig rig = new();
        RawClient client = ConnectWithHostMemory(rig);
        Settle(rig, client);
        Submit(rig, DmaDirection.HostToDevice, 1, (Base, 0, 4096));
        Submit(rig, DmaDirection.DeviceToHost, 2, (Base, 0, 4096));
        rig.Settle();
        client.Close();
        rig.Settle();
        Assert.Equal([DmaStatus.LinkLost, DmaStatus.LinkLost], Completions(rig).ConvertAll(completion => completion.Status));
        Submit(rig, DmaDirection.HostToDevice, 3, (Base, 0, 4096));
        Assert.Equal((3ul, DmaStatus.LinkLost), Single(Completions(rig)));
    }

    [Fact]
    public void An_unmap_fails_what_touches_its_range_at_once_and_nothing_else()
    {
        using Rig rig = new();
        using RawClient client = ConnectWithHostMemory(rig);
        Settle(rig, client);
        Submit(rig, DmaDirection.HostToDevice, 1, (Base + 0x10000, 0, 4096));
        Submit(rig, DmaDirection.HostToDevice, 2, (Base + 0x20000, 0x1000, 4096));
        List<ServerMessage> messages = [];
        rig.PollUntil(() => TryCollect(client, messages) == 2, "two reads are asked for");
        client.Unmap(Base + 0x10000, 0x1000);
        Assert.Equal((1ul, DmaStatus.HostError), Single(Completions(rig)));
        _local.Bytes[0] = 0x33;
        Answer(client, messages[0]);
        Answer(client, messages[1]);
        rig.Settle();
        Assert.Equal((2ul, DmaStatus.Success), Single(Completions(rig)));
        Assert.Equal(0x33, _local.Bytes[0]);
    }

    [Fact]
    public void A_reset_never_waits_for_the_client_and_refuses_what_comes_meanwhile()
    {
        using Rig rig = new();
        using RawClient client = ConnectWithHostMemory(rig);
        Settle(rig, client);
        Submit(rig, DmaDirection.HostToDevice, 1, (Base, 0, 4096));
        ServerMessage read = client.Receive();
        rig.Handler.Quiescent = false;
        client.Send(ProtocolCommand.DeviceReset, []);
        client.ExpectSilence();
        Assert.Equal((1ul, DmaStatus.HostError), Single(Completions(rig)));
        Submit(rig, DmaDirection.HostToDevice, 2, (Base, 0, 4096));
        Assert.Equal((2ul, DmaStatus.HostError), Single(Completions(rig)));
        rig.Handler.Quiescent = true;
        Assert.Equal(ProtocolCommand.DeviceReset, client.Receive().Command);
        Answer(client, read);
        Submit(rig, DmaDirection.HostToDevice, 3, (Base, 0, 4096));
        ServeUntil(rig, client, 3, DmaStatus.Success);
    }

    [Fact]
    public void While_an_unmap_is_held_back_answers_are_taken_and_in_the_end_not_waited_for()
    {
        using Rig rig = new(holdTimeoutMilliseconds: 400);
        using RawClient client = ConnectWithHostMemory(rig);
        Settle(rig, client);
        client.Map(0x40000000, 0x1000, -1);
        Submit(rig, DmaDirection.HostToDevice, 1, (Base, 0, 4096));
        Submit(rig, DmaDirection.HostToDevice, 2, (Base, 0x1000, 4096));
        List<ServerMessage> messages = [];
        rig.PollUntil(() => TryCollect(client, messages) == 2, "two reads are asked for");
        rig.Handler.MemoryInUse = true;
        client.Send(ProtocolCommand.DmaUnmap, RawClient.UnmapPayload(0x40000000, 0x1000));
        rig.Settle();
        Answer(client, messages[0]);
        rig.Settle();
        Assert.Equal((1ul, DmaStatus.Success), Single(Completions(rig)));

        // A client that waits for the unmap may be unable to answer the other.
        List<DmaCompletion> late = [];
        rig.PollUntil(
            () =>
            {
                late.AddRange(Completions(rig));
                return late.Count > 0;
            },
            "the read is given up");
        Assert.Equal((2ul, DmaStatus.HostError), Single(late));
        rig.Handler.MemoryInUse = false;
        Assert.Equal(ProtocolCommand.DmaUnmap, client.Receive().Command);
    }

    [Fact]
    public void A_client_that_does_not_answer_costs_the_request_and_not_the_connection()
    {
        using Rig rig = new(messageTimeoutMilliseconds: 50);
        using RawClient client = ConnectWithHostMemory(rig);
        Settle(rig, client);
        Submit(rig, DmaDirection.HostToDevice, 1, (Base, 0, 4096));
        ServerMessage read = client.Receive();
        List<DmaCompletion> late = [];
        rig.PollUntil(
            () =>
            {
                late.AddRange(Completions(rig));
                return late.Count > 0;
            },
            "the read is given up");
        Assert.Equal((1ul, DmaStatus.HostError), Single(late));
        Answer(client, read);
        client.ReadRegion(7, 0, 4);
    }

    [Fact]
    public void Without_writable_memory_nothing_can_be_asked_and_nothing_is_done()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        client.Map(0xfffc0000, 0x40000, -1, 0, DmaMapPayload.FlagRead);
        Submit(rig, DmaDirection.HostToDevice, 1, (0xfffc0000, 0, 512));
        rig.Settle();
        Assert.Equal((1ul, DmaStatus.HostError), Single(Completions(rig)));
        client.ExpectSilence();
    }

    [Fact]
    public void A_client_that_takes_no_data_gets_none()
    {
        using Rig rig = new();
        using RawClient client = ConnectWithHostMemory(rig, "{\"capabilities\":{\"max_data_xfer_size\":0}}\0");
        Submit(rig, DmaDirection.DeviceToHost, 1, (Base, 0, 512));
        rig.Settle();
        Assert.Equal((1ul, DmaStatus.HostError), Single(Completions(rig)));
        client.ExpectSilence();
    }

    [Fact]
    public void Requests_of_the_client_are_answered_while_messages_are_outstanding()
    {
        using Rig rig = new();
        using RawClient client = ConnectWithHostMemory(rig);
        Settle(rig, client);
        Submit(rig, DmaDirection.HostToDevice, 1, (Base, 0, 4096));
        ServerMessage read = client.Receive();
        client.ReadRegion(0, 0x1c, 4);
        client.Map(0x50000000, 0x1000, -1);
        Answer(client, read);
        rig.Settle();
        Assert.Equal((1ul, DmaStatus.Success), Single(Completions(rig)));
    }

    private static (ulong Tag, DmaStatus Status) Single(List<DmaCompletion> completions)
    {
        DmaCompletion only = Assert.Single(completions);
        return (only.Tag, only.Status);
    }

    private static RawClient ConnectWithHostMemory(Rig rig, string capabilities = RawClient.QemuCapabilities)
    {
        RawClient client = rig.Connect();
        client.Negotiate(capabilities);
        client.Map(Base, HostBytes, -1);
        return client;
    }

    private HostSegment* Segments(params (ulong Host, int Local, ulong Length)[] list)
    {
        HostSegment* segments = (HostSegment*)_segments.Take(sizeof(HostSegment) * list.Length);
        for (int i = 0; i < list.Length; i++)
        {
            segments[i] = new HostSegment { HostAddress = list[i].Host, Local = _local.Pointer + list[i].Local, LengthBytes = list[i].Length };
        }

        return segments;
    }

    private void Submit(Rig rig, DmaDirection direction, ulong tag, params (ulong Host, int Local, ulong Length)[] list) =>
        Assert.True(rig.Platform.HostDma.TrySubmit(direction, Segments(list), list.Length, tag));

    private static List<DmaCompletion> Completions(Rig rig)
    {
        DmaCompletion* completions = stackalloc DmaCompletion[16];
        int count = rig.Platform.HostDma.Poll(completions, 16);
        return [.. new ReadOnlySpan<DmaCompletion>(completions, count)];
    }

    /// <summary>Lets the layout of the messages be settled by a small transfer.</summary>
    private void Settle(Rig rig, RawClient client)
    {
        Submit(rig, DmaDirection.HostToDevice, 999, (Base + 0xf0000, 0xf0000, 4));
        ServeUntil(rig, client, 999, DmaStatus.Success);
    }

    private void ServeUntil(Rig rig, RawClient client, ulong tag, DmaStatus status) => Assert.Equal((tag, status), Single(Serve(rig, client, 1)));

    private List<DmaCompletion> Serve(Rig rig, RawClient client, int count)
    {
        List<DmaCompletion> all = [];
        rig.PollUntil(
            () =>
            {
                ServeOnce(client);
                all.AddRange(Completions(rig));
                return all.Count >= count;
            },
            "the transfers complete");
        return all;
    }

    private void ServeOnce(RawClient client)
    {
        if (client.TryReceive() is { } message)
        {
            _seen.Add(message);
            Answer(client, message);
        }
    }

    private static int TryCollect(RawClient client, List<ServerMessage> messages)
    {
        if (client.TryReceive() is { } message)
        {
            messages.Add(message);
        }

        return messages.Count;
    }

    private void Answer(RawClient client, ServerMessage message)
    {
        DmaAccessPayload access = message.Read<DmaAccessPayload>();
        int offset = (int)(access.Address - Base);
        int count = (int)access.CountBytes;
        byte[] payload = RawClient.Bytes(access);
        if (message.Command == ProtocolCommand.DmaRead)
        {
            payload = [.. payload, .. _host.AsSpan(offset, count)];
        }
        else
        {
            Assert.Equal(count, message.Payload.Length - DmaAccessPayload.SizeBytes);
            message.Payload.AsSpan(DmaAccessPayload.SizeBytes).CopyTo(_host.AsSpan(offset));
        }

        client.SendBytes(RawClient.Message(message.Id, message.Command, HeaderFlags.Reply, payload));
    }

    /// <summary>Memory that does not move, handed out from the front.</summary>
    private sealed class NativeMemory : IDisposable
    {
        private readonly int _length;
        private int _taken;

        public NativeMemory(int lengthBytes)
        {
            _length = lengthBytes;
            Assert.Equal(0, MemoryMappings.MapAnonymous((nuint)lengthBytes, default, out void* address));
            Pointer = (byte*)address;
        }

        public byte* Pointer { get; }

        public Span<byte> Bytes => new(Pointer, _length);

        public byte* Take(int lengthBytes)
        {
            byte* taken = Pointer + _taken;
            _taken += lengthBytes;
            Assert.True(_taken <= _length);
            return taken;
        }

        public void Dispose() => MemoryMappings.Unmap(Pointer, (nuint)_length);
    }
}
