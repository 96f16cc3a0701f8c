using Nvmepf.Hal.Linux;
using Nvmepf.Hal.VfioUser;
using Xunit;

namespace Nvmepf.Tests.VfioUser;

public sealed class InterruptTests
{
    private const uint Assign = SetIrqsPayload.DataEventFd | SetIrqsPayload.ActionTrigger;
    private const uint Fire = SetIrqsPayload.DataNone | SetIrqsPayload.ActionTrigger;

    [Theory]
    [InlineData(0u, 0u)]
    [InlineData(1u, 0u)]
    [InlineData(2u, (uint)Rig.Vectors)]
    [InlineData(3u, 1u)]
    [InlineData(4u, 0u)]
    public void Each_kind_of_interrupt_has_its_count(uint index, uint count)
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        ServerMessage reply = client.RequestDone(
            ProtocolCommand.DeviceGetIrqInfo, RawClient.Bytes(new IrqInfoPayload { ArgumentSizeBytes = 16, Index = index }));
        Assert.Equal(16, reply.Payload.Length);
        IrqInfoPayload info = reply.Read<IrqInfoPayload>();
        Assert.Equal((16u, 1u, index, count), (info.ArgumentSizeBytes, info.Flags, info.Index, info.Count));
    }

    [Fact]
    public void Interrupt_information_is_checked()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        client.RequestRefused(
            Errno.EINVAL, ProtocolCommand.DeviceGetIrqInfo, RawClient.Bytes(new IrqInfoPayload { ArgumentSizeBytes = 16, Index = 5 }));
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.DeviceGetIrqInfo, RawClient.Bytes(new IrqInfoPayload { ArgumentSizeBytes = 15 }));
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.DeviceGetIrqInfo, new byte[15]);
    }

    [Fact]
    public void An_interrupt_adds_one_to_its_event_and_to_no_other()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        using Counters counters = new(Rig.Vectors);
        Assert.Empty(client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, 2, 0, Rig.Vectors), counters.All).Payload);
        rig.Platform.RaiseInterrupt(0);
        rig.Platform.RaiseInterrupt(8);
        rig.Platform.RaiseInterrupt(8);
        Assert.Equal(1ul, counters.Take(0));
        Assert.Equal(2ul, counters.Take(8));
        Assert.Equal(0ul, counters.Take(1));
        Assert.Equal(new byte[8], client.ReadRegion(0, 0x3000, 8));
    }

    [Fact]
    public void A_vector_without_an_event_stays_pending_and_fires_when_one_comes()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        using Counters counters = new(2);
        rig.Platform.RaiseInterrupt(3);
        rig.Platform.RaiseInterrupt(3);
        rig.Platform.RaiseInterrupt(8);
        Assert.Equal([0x08, 0x01, 0, 0, 0, 0, 0, 0], client.ReadRegion(0, 0x3000, 8));
        client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, 2, 3, 1), counters.All[0]);
        Assert.Equal(1ul, counters.Take(0));
        Assert.Equal([0x00, 0x01, 0, 0, 0, 0, 0, 0], client.ReadRegion(0, 0x3000, 8));
    }

    [Fact]
    public void What_QEMU_sends_when_a_guest_enables_MSI_X_takes_events_away_and_gives_them_back()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        using Counters counters = new(2);
        client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Fire, 0, 0, 0)); // INTx off, though there is none
        client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, 2, 0, 1)); // no descriptor: de-assign
        rig.Platform.RaiseInterrupt(0);
        client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, 2, 0, 1), counters.All[0]);
        Assert.Equal(1ul, counters.Take(0));

        // Masking is a swap of the event.
        client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, 2, 0, 1), counters.All[1]);
        rig.Platform.RaiseInterrupt(0);
        Assert.Equal(0ul, counters.Take(0));
        Assert.Equal(1ul, counters.Take(1));

        // To add a vector everything may be disabled and assigned anew; what was raised before or meanwhile is not lost.
        rig.Platform.RaiseInterrupt(1);
        client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Fire, 2, 0, 0));
        rig.Platform.RaiseInterrupt(0);
        Assert.Equal(3, client.ReadRegion(0, 0x3000, 1)[0]);
        client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, 2, 0, 2), counters.All);
        Assert.Equal((1ul, 1ul), (counters.Take(0), counters.Take(1)));
        Assert.Equal(0, client.ReadRegion(0, 0x3000, 1)[0]);
    }

    [Fact]
    public void What_was_pending_for_one_client_is_nothing_to_the_next()
    {
        using Rig rig = new();
        RawClient first = rig.ConnectNegotiated();
        using Counters counters = new(1);
        rig.Platform.RaiseInterrupt(0);
        first.Close();
        rig.Settle();
        rig.Platform.RaiseInterrupt(0); // a command of the first client that ends late
        using RawClient second = rig.ConnectNegotiated();
        Assert.Equal(0, second.ReadRegion(0, 0x3000, 1)[0]);
        second.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, 2, 0, 1), counters.All);
        Assert.Equal(0ul, counters.Take(0));
    }

    [Fact]
    public void Masks_hold_back_and_let_through()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        using Counters counters = new(3);
        client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, 2, 0, 3), counters.All);
        client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(SetIrqsPayload.DataNone | SetIrqsPayload.ActionMask, 2, 1, 2));
        for (int i = 0; i < 3; i++)
        {
            rig.Platform.RaiseInterrupt(i);
        }

        Assert.Equal((1ul, 0ul, 0ul), (counters.Take(0), counters.Take(1), counters.Take(2)));
        client.RequestDone(
            ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(SetIrqsPayload.DataBool | SetIrqsPayload.ActionUnmask, 2, 0, 3, 1, 0, 1));
        Assert.Equal((0ul, 0ul, 1ul), (counters.Take(0), counters.Take(1), counters.Take(2)));
        Assert.Equal(2, client.ReadRegion(0, 0x3000, 1)[0]);
        client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(SetIrqsPayload.DataNone | SetIrqsPayload.ActionUnmask, 2, 1, 1));
        Assert.Equal(1ul, counters.Take(1));
    }

    [Fact]
    public void The_client_can_fire_vectors_itself()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        using Counters counters = new(3);
        client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, 2, 2, 3), counters.All);
        client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Fire, 2, 2, 2));
        Assert.Equal((1ul, 1ul, 0ul), (counters.Take(0), counters.Take(1), counters.Take(2)));
        client.RequestDone(
            ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(SetIrqsPayload.DataBool | SetIrqsPayload.ActionTrigger, 2, 2, 3, 0, 0, 1));
        Assert.Equal((0ul, 0ul, 1ul), (counters.Take(0), counters.Take(1), counters.Take(2)));
    }

    [Fact]
    public void The_event_for_errors_is_taken_and_closed()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        using Counters counters = new(1);
        client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, 3, 0, 1), counters.All);
        client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, 3, 0, 1));
        client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Fire, 3, 0, 1));
        client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Fire, 3, 0, 0));
        Assert.Equal(0ul, counters.Take(0));
        Assert.Equal(1, counters.DescriptorsOf(0));
    }

    public static TheoryData<uint, uint, uint, uint, int> Wrong => new()
    {
        { 0x24, 5, 0, 1, 1 }, // no such kind
        { 0x24, 2, Rig.Vectors, 1, 1 }, // behind the last vector
        { 0x24, 2, Rig.Vectors - 1, 2, 2 },
        { 0x24, 2, uint.MaxValue, 1, 1 },
        { 0x24, 2, 1, uint.MaxValue, 0 },
        { 0x24, 2, 0, 2, 1 }, // fewer events than vectors
        { 0x24, 2, 0, 1, 2 }, // and more
        { 0x21, 2, 0, 1, 1 }, // events where none belong
        { 0x09, 2, 0, 1, 1 },
        { 0x24, 2, 0, 0, 0 }, // no vectors
        { 0x21, 2, 1, 0, 0 },
        { 0x22, 2, 0, 0, 0 },
        { 0x09, 2, 0, 0, 0 },
        { 0x04, 2, 0, 1, 1 }, // no action
        { 0x20, 2, 0, 1, 0 }, // no data kind
        { 0x2c, 2, 0, 1, 1 }, // two actions
        { 0x26, 2, 0, 1, 1 }, // two data kinds
        { 0x64, 2, 0, 1, 1 }, // unknown flags
        { 0x14, 2, 0, 1, 1 }, // an event to unmask by is for INTx
        { 0x0c, 2, 0, 1, 1 },
        { 0x24, 0, 0, 1, 1 }, // INTx has no vector
        { 0x24, 1, 0, 1, 1 }, // nor has MSI
        { 0x24, 4, 0, 1, 1 },
        { 0x09, 3, 0, 1, 0 }, // errors cannot be masked
        { 0x24, 3, 0, 2, 2 },
        { 0x22, 2, 0, 2, 0 }, // one byte for each vector, but there is one only
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Wrong_combinations_are_refused_and_change_nothing(uint flags, uint index, uint start, uint count, int events)
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        using Counters counters = new(2);
        using Counters mine = new(1);
        client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, 2, 0, 1), mine.All);
        client.RequestRefused(
            Errno.EINVAL, ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(flags, index, start, count, 1), counters.All[..events]);
        Assert.Equal(1, counters.DescriptorsOf(0));
        Assert.Equal(1, counters.DescriptorsOf(1));
        rig.Platform.RaiseInterrupt(0);
        Assert.Equal(1ul, mine.Take(0));
    }

    [Fact]
    public void Short_messages_are_refused()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, 2, 0, 1).AsSpan(0, 19));
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.DeviceSetIrqs, []);
        byte[] small = RawClient.Irqs(Assign, 2, 0, 1);
        small[0] = 19;
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.DeviceSetIrqs, small);
    }

    [Fact]
    public void Only_event_counters_are_taken_as_events()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        using SharedFile file = new(4096);
        using Counters counters = new(1);
        int epoll = Events.CreateEpoll();
        foreach (int descriptor in new[] { file.Descriptor, epoll, client.Socket })
        {
            client.RequestRefused(Errno.EINVAL, ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, 2, 0, 1), descriptor);
            client.RequestRefused(Errno.EINVAL, ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, 2, 0, 2), counters.All[0], descriptor);
        }

        Assert.Equal(1, file.DescriptorCount);
        Assert.Equal(1, counters.DescriptorsOf(0));
        rig.Platform.RaiseInterrupt(0);
        Assert.Equal(0ul, counters.Take(0));
        _ = Files.Close(epoll);
    }

    [Fact]
    public void A_full_counter_does_not_stop_the_firmware()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        int counter = Events.Create(0, EventFlags.None); // blocking
        client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, 2, 0, 1), counter);
        Assert.Equal(0, Events.Signal(counter, ulong.MaxValue - 1));
        rig.Platform.RaiseInterrupt(0);
        Assert.Equal(0, Events.Take(counter, out ulong count));
        Assert.Equal(ulong.MaxValue - 1, count);
        _ = Files.Close(counter);
    }

    [Fact]
    public void Sixteen_events_in_one_message_are_taken_though_more_than_the_vectors_need()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        using Counters counters = new(16);

        // Too many for the vectors, not for the message.
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, 2, 0, 16), counters.All);
        Assert.Equal(1, counters.DescriptorsOf(15));
        client.ReadRegion(7, 0, 4);
    }

    [Fact]
    public void A_reset_forgets_what_was_pending_and_keeps_the_events()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        using Counters counters = new(1);
        client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, 2, 0, 1), counters.All);
        rig.Platform.RaiseInterrupt(1);
        client.RequestDone(ProtocolCommand.DeviceReset, []);
        Assert.Equal(0, client.ReadRegion(0, 0x3000, 1)[0]);
        rig.Platform.RaiseInterrupt(0);
        Assert.Equal(1ul, counters.Take(0));
    }

    [Fact]
    public void Events_are_closed_when_they_are_replaced_disabled_or_the_client_goes()
    {
        using Rig rig = new();
        RawClient client = rig.ConnectNegotiated();
        using Counters counters = new(3);
        client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, 2, 0, 1), counters.All[0]);
        Assert.Equal(2, counters.DescriptorsOf(0));
        client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, 2, 0, 1), counters.All[1]);
        Assert.Equal((1, 2), (counters.DescriptorsOf(0), counters.DescriptorsOf(1)));
        client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Fire, 2, 0, 0));
        Assert.Equal(1, counters.DescriptorsOf(1));
        client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, 2, 5, 1), counters.All[2]);
        Assert.Equal(2, counters.DescriptorsOf(2));
        client.Close();
        rig.Settle();
        Assert.Equal(1, counters.DescriptorsOf(2));

        // An interrupt of a command that ends late goes nowhere.
        rig.Platform.RaiseInterrupt(5);
        Assert.Equal(0ul, counters.Take(2));
    }
}
