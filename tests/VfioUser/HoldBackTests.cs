using Nvmepf.Hal;
using Nvmepf.Hal.Linux;
using Nvmepf.Hal.VfioUser;
using Xunit;

namespace Nvmepf.Tests.VfioUser;

/// <summary>Replies that wait for the firmware, and what happens meanwhile.</summary>
public sealed unsafe class HoldBackTests
{
    private const ulong MiB = 1 << 20;

    [Fact]
    public void An_unmap_of_memory_in_use_is_answered_when_it_is_not()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        using SharedFile file = new(MiB);
        client.Map(0x100000, MiB, file.Descriptor);
        rig.Handler.MemoryInUse = true;
        ushort unmap = client.Send(ProtocolCommand.DmaUnmap, RawClient.UnmapPayload(0x140000, 0x10000));
        ushort read = client.Send(ProtocolCommand.RegionRead, RawClient.Access(7, 0, 4));
        client.ExpectSilence();

        // No new command finds the memory, but those in flight still have it.
        Assert.Equal(HostMemoryKind.None, rig.Platform.HostMemory.Resolve(0x140000, 1, HostAccess.Read, out _, out _));
        Assert.Equal((0x140000ul, 0x10000ul), (rig.Handler.AskedAddress, rig.Handler.AskedLengthBytes));
        Assert.Equal(2, file.MappingCount);

        rig.Handler.MemoryInUse = false;
        ServerMessage reply = client.Receive();
        Assert.Equal((unmap, ProtocolCommand.DmaUnmap, false), (reply.Id, reply.Command, reply.IsError));
        Assert.Equal(RawClient.UnmapPayload(0x140000, 0x10000), reply.Payload);
        Assert.Equal(read, client.Receive().Id);
    }

    [Fact]
    public void The_mapping_lives_until_the_last_command_has_ended()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        using SharedFile file = new(MiB);
        client.Map(0, MiB, file.Descriptor);
        rig.Handler.MemoryInUse = true;
        client.Send(ProtocolCommand.DmaUnmap, RawClient.UnmapPayload(0, MiB));
        client.ExpectSilence();
        Assert.Equal(2, file.MappingCount);
        rig.Handler.MemoryInUse = false;
        client.Receive();
        Assert.Equal(1, file.MappingCount);
    }

    [Fact]
    public void Unmap_all_asks_for_both_halves_of_the_address_space()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        client.Map(0, 0x1000, -1);
        client.RequestDone(ProtocolCommand.DmaUnmap, RawClient.UnmapPayload(0, 0, DmaUnmapPayload.FlagAll));
        Assert.Equal(2, rig.Handler.Asked);
        Assert.Equal((1ul << 63, 1ul << 63), (rig.Handler.AskedAddress, rig.Handler.AskedLengthBytes));
    }

    [Fact]
    public void A_posted_unmap_holds_the_next_request_back_and_is_not_answered()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        client.Map(0, 0x1000, -1);
        rig.Handler.MemoryInUse = true;
        client.Send(ProtocolCommand.DmaUnmap, RawClient.UnmapPayload(0, 0x1000), HeaderFlags.NoReply);
        ushort read = client.Send(ProtocolCommand.RegionRead, RawClient.Access(7, 0, 4));
        client.ExpectSilence();
        rig.Handler.MemoryInUse = false;
        Assert.Equal(read, client.Receive().Id);
    }

    [Fact]
    public void Memory_that_stays_in_use_costs_the_client_its_connection()
    {
        using Rig rig = new(holdTimeoutMilliseconds: 50);
        using RawClient client = rig.ConnectNegotiated();
        using SharedFile file = new(MiB);
        client.Map(0, MiB, file.Descriptor);
        rig.Handler.MemoryInUse = true;
        rig.Handler.Quiescent = false;
        client.Send(ProtocolCommand.DmaUnmap, RawClient.UnmapPayload(0, MiB));
        client.ExpectClosed();
        Assert.True(rig.Log.Contains("did not end"));

        // The memory is still the commands'.
        rig.Settle();
        Assert.Equal(2, file.MappingCount);
        rig.Handler.Quiescent = true;
        rig.Settle();
        Assert.Equal(1, file.MappingCount);
    }

    [Fact]
    public void A_reset_is_answered_when_the_firmware_is_quiescent()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        client.WriteRegion(7, 0x04, 0x06, 0x04);
        client.Map(0, 0x1000, -1);
        rig.Handler.Quiescent = false;
        ushort reset = client.Send(ProtocolCommand.DeviceReset, []);
        ushort read = client.Send(ProtocolCommand.RegionRead, RawClient.Access(7, 0x04, 2));
        client.ExpectSilence();
        Assert.Equal(1, rig.Handler.ConventionalResets);
        rig.Handler.Quiescent = true;
        ServerMessage reply = client.Receive();
        Assert.Equal((reset, ProtocolCommand.DeviceReset), (reply.Id, reply.Command));
        Assert.Empty(reply.Payload);
        reply = client.Receive();
        Assert.Equal(read, reply.Id);
        Assert.Equal([0, 0], reply.Payload[16..]);
        Assert.False(rig.Platform.IsBusMasterEnabled);

        // Maps and the connection outlive it.
        Assert.Equal(1, rig.Platform.HostMemory.Count);
        Assert.Equal(0, rig.Handler.LinkDowns);
    }

    [Fact]
    public void A_function_level_reset_holds_the_configuration_write_back()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        client.WriteRegion(7, 0x04, 0x06, 0x04);
        rig.Handler.Quiescent = false;
        client.Send(ProtocolCommand.RegionWrite, RawClient.Access(7, 0x58, 2, 0x10, 0xa8));
        client.ExpectSilence();
        Assert.Equal((1, 0), (rig.Handler.FunctionLevelResets, rig.Handler.ConventionalResets));
        rig.Handler.Quiescent = true;
        ServerMessage reply = client.Receive();
        Assert.Equal((ProtocolCommand.RegionWrite, 16), (reply.Command, reply.Payload.Length));
        Assert.Equal([0, 0], client.ReadRegion(7, 0x04, 2));
        Assert.Equal([0x10, 0x28], client.ReadRegion(7, 0x58, 2));
    }

    [Fact]
    public void A_reset_that_does_not_end_costs_the_client_its_connection()
    {
        using Rig rig = new(holdTimeoutMilliseconds: 50);
        using RawClient client = rig.ConnectNegotiated();
        rig.Handler.Quiescent = false;
        client.Send(ProtocolCommand.DeviceReset, []);
        client.ExpectClosed();
        Assert.Equal(1, rig.Handler.LinkDowns);
    }

    [Fact]
    public void A_client_that_dies_while_its_answer_is_held_back_is_noticed_at_the_deadline_at_the_latest()
    {
        using Rig rig = new(holdTimeoutMilliseconds: 50);
        RawClient client = rig.ConnectNegotiated();
        rig.Handler.Quiescent = false;
        client.Send(ProtocolCommand.DeviceReset, []);
        rig.Settle();
        client.Close();
        rig.PollUntil(() => rig.Handler.LinkDowns == 1, "the client is gone");
        rig.Handler.Quiescent = true;
        using RawClient next = rig.ConnectNegotiated();
        next.ReadRegion(7, 0, 4);
    }

    [Fact]
    public void The_poll_says_that_it_waits_while_an_answer_is_held_back()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        rig.Handler.Quiescent = false;
        client.Send(ProtocolCommand.DeviceReset, []);
        rig.Settle();
        Assert.True(rig.Platform.Poll());
        rig.Handler.Quiescent = true;
        client.Receive();
        rig.Settle();
        Assert.False(rig.Platform.Poll());
    }
}
