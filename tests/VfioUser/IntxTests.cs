using System.Diagnostics;
using Nvmepf.Hal;
using Nvmepf.Hal.Inspection;
using Nvmepf.Hal.Linux;
using Nvmepf.Hal.VfioUser;
using Xunit;

namespace Nvmepf.Tests.VfioUser;

/// <summary>The INTx pin over the protocol: a level inside, one signal and a mask outside.</summary>
public sealed class IntxTests
{
    private const uint Assign = SetIrqsPayload.DataEventFd | SetIrqsPayload.ActionTrigger;
    private const uint AssignUnmask = SetIrqsPayload.DataEventFd | SetIrqsPayload.ActionUnmask;
    private const uint Fire = SetIrqsPayload.DataNone | SetIrqsPayload.ActionTrigger;
    private const uint Mask = SetIrqsPayload.DataNone | SetIrqsPayload.ActionMask;
    private const uint Unmask = SetIrqsPayload.DataNone | SetIrqsPayload.ActionUnmask;
    private const uint Pin = 0;

    [Theory]
    [InlineData(0u, 7u, 1u)] // EVENTFD, MASKABLE, AUTOMASKED
    [InlineData(1u, 1u, 4u)]
    [InlineData(2u, 1u, (uint)Rig.Vectors)]
    [InlineData(3u, 1u, 1u)]
    [InlineData(4u, 1u, 0u)]
    public void Each_kind_of_interrupt_has_its_count_and_flags(uint index, uint flags, uint count)
    {
        using Rig rig = new(identity: Rig.IdentityWithAllKinds);
        using RawClient client = rig.ConnectNegotiated();
        IrqInfoPayload info = client.RequestDone(
            ProtocolCommand.DeviceGetIrqInfo, RawClient.Bytes(new IrqInfoPayload { ArgumentSizeBytes = 16, Index = index })).Read<IrqInfoPayload>();
        Assert.Equal((16u, flags, index, count), (info.ArgumentSizeBytes, info.Flags, info.Index, info.Count));
    }

    [Fact]
    public void The_pin_is_signalled_once_until_it_is_unmasked_and_again_while_it_is_asserted()
    {
        using PinRig rig = new();
        Assert.True(rig.Platform.HasLevelInterrupts);
        Assert.False(rig.Platform.IsMsixEnabled);
        rig.Platform.RaiseInterrupt(0);
        rig.Platform.RaiseInterrupt(0);
        Assert.Equal(1ul, rig.Counters.Take(0));
        rig.Set(Unmask);
        Assert.Equal(1ul, rig.Counters.Take(0));
        rig.Platform.LowerInterrupt(0);
        rig.Set(Unmask);
        Assert.Equal(0ul, rig.Counters.Take(0));
        rig.Platform.RaiseInterrupt(0);
        Assert.Equal(1ul, rig.Counters.Take(0));
    }

    [Fact]
    public void An_unmask_leaves_the_firmware_a_turn_to_lower_what_the_host_has_just_taken()
    {
        using PinRig rig = new();
        rig.Platform.RaiseInterrupt(0);
        Assert.Equal(1ul, rig.Counters.Take(0));
        _ = rig.Client.Send(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Unmask, Pin, 0, 1));
        rig.Rig.PollUntil(() => rig.Client.TryReceive() is not null, "the unmask is answered");
        rig.Platform.LowerInterrupt(0); // as the firmware does in the turn after that poll
        rig.Rig.Settle();
        Assert.Equal(0ul, rig.Counters.Take(0));
    }

    [Fact]
    public void A_level_that_goes_takes_back_a_signal_that_nobody_has_read()
    {
        using PinRig rig = new();
        rig.Platform.RaiseInterrupt(0);
        rig.Platform.LowerInterrupt(0);
        Assert.Equal(0ul, rig.Counters.Take(0));
        rig.Platform.RaiseInterrupt(0); // unmasked, for the client never knew
        Assert.Equal(1ul, rig.Counters.Take(0));
        rig.Platform.LowerInterrupt(0);
        rig.Platform.RaiseInterrupt(0);
        Assert.Equal(0ul, rig.Counters.Take(0)); // it has read this one, and has to unmask
        rig.Set(Mask);
        rig.Platform.LowerInterrupt(0);
        rig.Platform.RaiseInterrupt(0);
        Assert.Equal(0ul, rig.Counters.Take(0)); // its own mask stands
    }

    [Fact]
    public void The_firmware_is_told_of_a_doorbell_by_message_while_the_pin_is_used()
    {
        using PinRig rig = new();
        rig.Client.WriteRegion(RegionIndex.Bar0, 0x1004, 1, 0, 0, 0);
        Assert.Equal(1, rig.Rig.Handler.DoorbellsWritten);
        rig.Client.WriteRegion(RegionIndex.Configuration, 0x92, 0x08, 0x80);
        rig.Client.WriteRegion(RegionIndex.Bar0, 0x1004, 2, 0, 0, 0);
        Assert.Equal(1, rig.Rig.Handler.DoorbellsWritten);
    }

    [Fact]
    public void An_event_of_the_client_unmasks_the_pin()
    {
        using PinRig rig = new();
        rig.Client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(AssignUnmask, Pin, 0, 1), rig.Counters.All[1]);
        rig.Platform.RaiseInterrupt(0);
        Assert.Equal(1ul, rig.Counters.Take(0));
        rig.Rig.Settle();
        Assert.Equal(0ul, rig.Counters.Take(0));
        Span<int> wake = stackalloc int[8];
        Assert.Equal(3, rig.Platform.GetWakeDescriptors(wake)); // listener, client, and the event, so that no sleep misses it
        Assert.Equal(0, Events.Signal(rig.Counters.All[1]));
        rig.Rig.PollUntil(() => rig.Counters.Take(0) == 1, "the pin is signalled again");
        Assert.Equal(0ul, rig.Counters.Take(1));

        // Without the event there is the message still.
        rig.Set(AssignUnmask);
        Assert.Equal(1, rig.Counters.DescriptorsOf(1));
        rig.Set(Unmask);
        Assert.Equal(1ul, rig.Counters.Take(0));
    }

    [Fact]
    public void Masks_hold_the_pin_back_and_let_it_through()
    {
        using PinRig rig = new();
        rig.Set(Mask);
        rig.Platform.RaiseInterrupt(0);
        Assert.Equal(0ul, rig.Counters.Take(0));
        rig.Set(SetIrqsPayload.DataBool | SetIrqsPayload.ActionUnmask, 0);
        Assert.Equal(0ul, rig.Counters.Take(0));
        rig.Set(SetIrqsPayload.DataBool | SetIrqsPayload.ActionUnmask, 1);
        Assert.Equal(1ul, rig.Counters.Take(0));
        rig.Platform.LowerInterrupt(0);
        rig.Set(Unmask);
        rig.Set(SetIrqsPayload.DataBool | SetIrqsPayload.ActionMask, 1);
        rig.Platform.RaiseInterrupt(0);
        Assert.Equal(0ul, rig.Counters.Take(0));
    }

    [Fact]
    public void The_client_can_fire_the_pin_itself()
    {
        using PinRig rig = new();
        rig.Set(Fire);
        Assert.Equal(1ul, rig.Counters.Take(0));
        rig.Set(Unmask);
        rig.Set(SetIrqsPayload.DataBool | SetIrqsPayload.ActionTrigger, 0);
        Assert.Equal(0ul, rig.Counters.Take(0));
        rig.Set(SetIrqsPayload.DataBool | SetIrqsPayload.ActionTrigger, 1);
        Assert.Equal(1ul, rig.Counters.Take(0));
    }

    [Fact]
    public void Interrupt_disable_silences_the_pin_and_interrupt_status_shows_it_all_the_same()
    {
        using PinRig rig = new();
        Assert.Equal(0x10, rig.Client.ReadRegion(RegionIndex.Configuration, 6, 2)[0]);
        rig.Client.WriteRegion(RegionIndex.Configuration, 4, 0x06, 0x04);
        rig.Platform.RaiseInterrupt(0);
        rig.Rig.Settle();
        Assert.Equal(0ul, rig.Counters.Take(0));
        Assert.Equal(0x18, rig.Client.ReadRegion(RegionIndex.Configuration, 6, 2)[0]);
        rig.Client.WriteRegion(RegionIndex.Configuration, 4, 0x06, 0x00);
        rig.Rig.Settle();
        Assert.Equal(1ul, rig.Counters.Take(0));
        rig.Platform.LowerInterrupt(0);
        Assert.Equal(0x10, rig.Client.ReadRegion(RegionIndex.Configuration, 6, 2)[0]);
    }

    [Fact]
    public void The_pin_stands_until_the_last_thread_has_lowered_the_last_vector()
    {
        using PinRig rig = new();
        IPlatform platform = rig.Platform;
        platform.RaiseInterrupt(0, 0);
        platform.RaiseInterrupt(0, 7);
        platform.RaiseInterrupt(70, 7); // of a queue that is older than the host's choice of the pin
        Assert.Equal(1ul, rig.Counters.Take(0));
        platform.LowerInterrupt(0, 0);
        rig.Set(Unmask);
        Assert.Equal(1ul, rig.Counters.Take(0));
        platform.LowerInterrupt(0, 7);
        rig.Set(Unmask);
        Assert.Equal(1ul, rig.Counters.Take(0));
        platform.LowerInterrupt(70, 7);
        rig.Set(Unmask);
        Assert.Equal(0ul, rig.Counters.Take(0));
    }

    [Fact]
    public void Enabling_MSI_X_silences_the_pin_as_QEMU_does_it_and_the_firmware_is_told_both_ways()
    {
        using PinRig rig = new();
        int changes = rig.Rig.Handler.KindChanges;
        rig.Platform.RaiseInterrupt(0);
        Assert.Equal(1ul, rig.Counters.Take(0));
        rig.Client.WriteRegion(RegionIndex.Configuration, 0x92, 0x08, 0xc0);
        Assert.Equal((InterruptKind.Msix, changes + 1), (rig.Platform.InterruptKind, rig.Rig.Handler.KindChanges));
        rig.Disable(Pin);
        Assert.Equal(1, rig.Counters.DescriptorsOf(0));
        rig.Client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, 2, 0, 1), rig.Counters.All[1]);
        rig.Platform.RaiseInterrupt(0);
        Assert.Equal((0ul, 1ul), (rig.Counters.Take(0), rig.Counters.Take(1)));

        // And back: by descriptors it is MSI-X until they are gone.
        rig.Client.WriteRegion(RegionIndex.Configuration, 0x92, 0x08, 0x00);
        Assert.Equal(InterruptKind.Msix, rig.Platform.InterruptKind);
        rig.Disable(2);
        Assert.Equal((InterruptKind.Legacy, changes + 2), (rig.Platform.InterruptKind, rig.Rig.Handler.KindChanges));
        rig.Client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, Pin, 0, 1), rig.Counters.All[0]);
        rig.Rig.Settle();
        Assert.Equal(1ul, rig.Counters.Take(0)); // raised at the beginning, and not lowered by this handler
    }

    [Fact]
    public void What_one_client_or_the_time_before_a_reset_has_raised_is_nothing_to_those_after()
    {
        using Rig rig = new(identity: Rig.IdentityWithAllKinds);
        RawClient first = rig.ConnectNegotiated();
        using Counters counters = new(1);
        rig.Platform.RaiseInterrupt(0);
        first.Close();
        rig.Settle();
        using RawClient second = rig.ConnectNegotiated();
        second.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, Pin, 0, 1), counters.All);
        rig.Settle();
        Assert.Equal(0ul, counters.Take(0));
        second.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Mask, Pin, 0, 1));
        rig.Platform.RaiseInterrupt(0);
        second.RequestDone(ProtocolCommand.DeviceReset, []);
        second.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Unmask, Pin, 0, 1));
        rig.Settle();
        Assert.Equal(0ul, counters.Take(0));
    }

    [Theory]
    [InlineData(0x24u, 0u, 2u, 2)] // there is one pin
    [InlineData(0x24u, 1u, 1u, 1)]
    [InlineData(0x0cu, 0u, 1u, 1)] // no event masks
    [InlineData(0x09u, 0u, 1u, 1)]
    [InlineData(0x14u, 0u, 2u, 2)]
    [InlineData(0x34u, 0u, 1u, 1)]
    public void Wrong_combinations_are_refused_and_change_nothing(uint flags, uint start, uint count, int events)
    {
        using PinRig rig = new();
        using Counters others = new(2);
        rig.Client.RequestRefused(Errno.EINVAL, ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(flags, Pin, start, count), others.All[..events]);
        Assert.Equal((1, 1), (others.DescriptorsOf(0), others.DescriptorsOf(1)));
        rig.Platform.RaiseInterrupt(0);
        Assert.Equal(1ul, rig.Counters.Take(0));
    }

    [Fact]
    public void Several_threads_lose_no_assertion_against_the_unmask()
    {
        // A source goes on when the client has answered its assertion. A signal that is lost leaves the pin asserted, unmasked and silent.
        const int Rounds = 1_000;
        const int Sources = 2;
        int counter = Events.Create(0, EventFlags.NonBlocking);
        using InterruptLine line = new();
        line.Assign(counter);
        int[] asked = new int[Sources];
        int[] answered = new int[Sources];
        Thread[] threads = new Thread[Sources];
        for (int i = 0; i < Sources; i++)
        {
            int source = i;
            threads[i] = new Thread(() =>
            {
                for (int round = 1; round <= Rounds; round++)
                {
                    Volatile.Write(ref asked[source], round);
                    line.Assert(source, 0);
                    SpinWait wait = default;
                    while (Volatile.Read(ref answered[source]) < round)
                    {
                        wait.SpinOnce();
                    }

                    line.Deassert(source, 0);
                }
            }) { IsBackground = true };
            threads[i].Start();
        }

        long lastSignal = Stopwatch.GetTimestamp();
        while (answered[0] < Rounds || answered[1] < Rounds)
        {
            _ = line.Poll();
            if (Events.Take(counter, out _) != 0)
            {
                Assert.True(Stopwatch.GetElapsedTime(lastSignal).TotalSeconds < 60, $"silent after {answered[0]} and {answered[1]} of {Rounds}");
                _ = Thread.Yield();
                continue;
            }

            lastSignal = Stopwatch.GetTimestamp();
            for (int i = 0; i < Sources; i++)
            {
                Volatile.Write(ref answered[i], Volatile.Read(ref asked[i]));
            }

            line.Unmask();
        }

        Array.ForEach(threads, thread => thread.Join());
    }

    /// <summary>A client that takes the pin by the first of two counters.</summary>
    private sealed class PinRig : IDisposable
    {
        public PinRig()
        {
            Client = Rig.ConnectNegotiated();
            Client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, Pin, 0, 1), Counters.All[0]);
        }

        public Rig Rig { get; } = new(identity: Rig.IdentityWithAllKinds);

        public RawClient Client { get; }

        public Counters Counters { get; } = new(2);

        public VfioUserPlatform Platform => Rig.Platform;

        public void Set(uint flags, params byte[] data)
        {
            Client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(flags, Pin, 0, 1, data));
            Rig.Settle();
        }

        public void Disable(uint index) => Client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Fire, index, 0, 0));

        public void Dispose()
        {
            Client.Dispose();
            Counters.Dispose();
            Rig.Dispose();
        }
    }
}
