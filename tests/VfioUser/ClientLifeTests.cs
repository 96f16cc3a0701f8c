using Nvmepf.Hal;
using Nvmepf.Hal.Linux;
using Nvmepf.Hal.VfioUser;
using Xunit;

namespace Nvmepf.Tests.VfioUser;

/// <summary>Clients that come, go, and come too many; and how often the platform looks.</summary>
public sealed class ClientLifeTests
{
    [Fact]
    public void The_firmware_hears_of_a_client_when_it_has_negotiated_and_when_it_goes()
    {
        using Rig rig = new();
        RawClient client = rig.Connect();
        rig.Settle();
        Assert.Equal((0, 0), (rig.Handler.LinkUps, rig.Handler.LinkDowns));
        client.Negotiate();
        Assert.Equal((1, 0), (rig.Handler.LinkUps, rig.Handler.LinkDowns));
        client.Close();
        rig.Settle();
        Assert.Equal((1, 1), (rig.Handler.LinkUps, rig.Handler.LinkDowns));
    }

    [Fact]
    public void A_second_client_is_turned_away_and_the_first_does_not_notice()
    {
        using Rig rig = new();
        using RawClient first = rig.ConnectNegotiated();
        for (int i = 0; i < 20; i++)
        {
            using RawClient second = rig.Connect();
            second.ExpectClosed();
            first.ReadRegion(7, 0, 4);
        }

        Assert.Equal((1, 0), (rig.Handler.LinkUps, rig.Handler.LinkDowns));
    }

    [Fact]
    public void The_next_client_waits_until_the_commands_of_the_last_have_ended()
    {
        using Rig rig = new();
        using SharedFile file = new(1 << 20);
        RawClient first = rig.ConnectNegotiated();
        first.Map(0, 1 << 20, file.Descriptor);
        rig.Handler.Quiescent = false;
        first.Close();
        using RawClient second = rig.Connect();
        second.Send(ProtocolCommand.Version, RawClient.Version(0, 0, RawClient.QemuCapabilities));
        second.ExpectSilence();
        Assert.False(second.IsClosed());
        Assert.Equal(0, rig.Platform.HostMemory.Count);
        Assert.Equal(2, file.MappingCount);
        Assert.Equal((1, 1), (rig.Handler.LinkUps, rig.Handler.LinkDowns));
        rig.Handler.Quiescent = true;
        Assert.Equal(ProtocolCommand.Version, second.Receive().Command);
        Assert.Equal(1, file.MappingCount);
        Assert.Equal(2, rig.Handler.LinkUps);
    }

    [Fact]
    public void Clients_are_turned_away_when_the_commands_of_the_last_do_not_end()
    {
        using Rig rig = new(drainTimeoutMilliseconds: 30);
        RawClient first = rig.ConnectNegotiated();
        rig.Handler.Quiescent = false;
        first.Close();
        using RawClient second = rig.Connect();
        second.ExpectClosed();
        Assert.True(rig.Log.Contains("turned away until"));
        using RawClient third = rig.Connect();
        third.ExpectClosed();
        rig.Handler.Quiescent = true;
        rig.Settle();
        using RawClient fourth = rig.ConnectNegotiated();
    }

    [Fact]
    public void A_client_that_connects_while_the_last_has_bytes_left_to_read_is_the_next()
    {
        using Rig rig = new();
        for (int i = 0; i < 20; i++)
        {
            RawClient first = rig.ConnectNegotiated();
            rig.Settle();
            first.SendBytes(new byte[5]);
            using RawClient second = rig.Connect();
            first.Close();
            second.Negotiate();
        }

        Assert.False(rig.Log.Contains("second client"));
    }

    [Fact]
    public void Hundreds_of_clients_leave_nothing_behind()
    {
        using Rig rig = new();
        using SharedFile file = new(1 << 20);
        using Counters counters = new(1);
        for (int i = 0; i < 300; i++)
        {
            using RawClient client = rig.ConnectNegotiated();
            client.Map(0, 1 << 20, file.Descriptor);
            client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(0x24, 2, 0, 1), counters.All);
            int page = Assert.Single(client.RequestDone(ProtocolCommand.DeviceGetRegionInfo, DeviceTests.RegionInfo(0, 64)).Descriptors);
            _ = Files.Close(page);
        }

        rig.Settle();
        Assert.Equal(1, file.DescriptorCount);
        Assert.Equal(1, file.MappingCount);
        Assert.Equal(1, counters.DescriptorsOf(0));
        Assert.Equal((300, 300), (rig.Handler.LinkUps, rig.Handler.LinkDowns));
    }

    [Fact]
    public void Disposal_with_a_client_closes_everything()
    {
        Rig rig = new();
        using SharedFile file = new(1 << 20);
        RawClient client = rig.ConnectNegotiated();
        client.Map(0, 1 << 20, file.Descriptor);
        rig.Dispose();
        Assert.True(client.IsClosed());
        Assert.Equal(1, file.MappingCount);
        client.Close();
    }

    [Fact]
    public void While_nothing_happens_the_socket_is_looked_at_once_in_many_calls()
    {
        const int CallsPerLook = 1000;
        using Rig rig = new(callsPerLook: CallsPerLook);
        using RawClient client = rig.ConnectNegotiated();
        for (int i = 0; i < 100_000; i++)
        {
            rig.Platform.Poll();
        }

        byte[] payload = RawClient.Access(7, 0, 4);
        client.Send(ProtocolCommand.RegionRead, payload);
        int calls = CallsUntilReply(rig, client, CallsPerLook);
        Assert.InRange(calls, 1, CallsPerLook);

        // After a message the next is awaited.
        client.Send(ProtocolCommand.RegionRead, payload);
        Assert.Equal(1, CallsUntilReply(rig, client, CallsPerLook));
    }

    [Fact]
    public void A_reactor_that_slept_on_the_descriptors_is_served_by_the_first_call()
    {
        using Rig rig = new(callsPerLook: 1_000_000);
        Span<int> descriptors = stackalloc int[4];
        Assert.Equal(1, rig.Platform.GetWakeDescriptors(descriptors));
        using RawClient client = rig.Connect();
        Assert.True(IsReadable(descriptors[0]));
        Assert.True(rig.Platform.Poll());
        Assert.Equal(2, rig.Platform.GetWakeDescriptors(descriptors));
        Assert.False(IsReadable(descriptors[0]));
        Assert.False(IsReadable(descriptors[1]));
        client.Send(ProtocolCommand.Version, RawClient.Version(0, 1, ""));
        Assert.True(IsReadable(descriptors[1]));
        Assert.True(rig.Platform.Poll());
        Assert.NotNull(client.TryReceive());
        while (rig.Platform.Poll() || rig.Platform.GetWakeDescriptors(descriptors) != 2)
        {
            // The calls after a message; a sleeper comes next.
        }

        using RawClient second = rig.Connect();
        Assert.Equal(2, rig.Platform.GetWakeDescriptors(descriptors));
        Assert.True(rig.Platform.Poll());
        Assert.True(second.IsClosed());
        Assert.Equal(1, rig.Platform.GetWakeDescriptors(descriptors[..1]));
    }

    [Fact]
    public void After_a_register_write_the_function_has_a_turn_before_the_next_message()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        byte[] read = RawClient.Access(0, 0, 4);
        byte[] write = RawClient.Access(0, 0x14, 4, [0, 0, 0, 0]);
        client.Send(ProtocolCommand.RegionRead, read);
        client.Send(ProtocolCommand.RegionWrite, write);
        client.Send(ProtocolCommand.RegionRead, read);
        rig.PollUntil(() => rig.Handler.Writes.Length > 0, "the write arrives");
        Assert.Equal(ProtocolCommand.RegionRead, client.TryReceive()!.Command);
        Assert.Equal(ProtocolCommand.RegionWrite, client.TryReceive()!.Command);
        Assert.Null(client.TryReceive());

        Assert.True(rig.Platform.Poll());
        Assert.Equal(ProtocolCommand.RegionRead, client.TryReceive()!.Command);
    }

    private static int CallsUntilReply(Rig rig, RawClient client, int most)
    {
        for (int calls = 1; calls <= most; calls++)
        {
            rig.Platform.Poll();
            if (client.TryReceive() is not null)
            {
                return calls;
            }
        }

        return most + 1;
    }

    private static bool IsReadable(int descriptor)
    {
        PollDescriptor[] descriptors = [new PollDescriptor { Fd = descriptor, Events = PollEvents.In }];
        return Events.Poll(descriptors, 0) > 0;
    }
}
