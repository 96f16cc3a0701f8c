using Nvmepf.Hal.Inspection;
using Nvmepf.Hal.Linux;
using Nvmepf.Hal.VfioUser;
using Xunit;

namespace Nvmepf.Tests.VfioUser;

/// <summary>MSI over the protocol.</summary>
public sealed class MsiTests
{
    private const uint Assign = SetIrqsPayload.DataEventFd | SetIrqsPayload.ActionTrigger;
    private const uint Fire = SetIrqsPayload.DataNone | SetIrqsPayload.ActionTrigger;
    private const uint Msi = 1;
    private const int Control = 0xa2;
    private const int MaskBits = 0xb0;
    private const int PendingBits = 0xb4;

    [Theory]
    [InlineData(0x01, 1)]
    [InlineData(0x11, 2)]
    [InlineData(0x21, 4)]
    [InlineData(0x51, 4)] // more than are offered
    public void Vectors_are_folded_into_the_messages_that_the_host_grants(byte control, int granted)
    {
        using MsiRig rig = new(control);
        Assert.Equal(InterruptKind.Msi, rig.Platform.InterruptKind);
        Assert.False(rig.Platform.HasLevelInterrupts);
        Assert.False(rig.Platform.IsMsixEnabled);
        Assert.Equal(granted, rig.Platform.EnabledVectorCount);
        for (int vector = 0; vector < 8; vector++)
        {
            rig.Platform.RaiseInterrupt(vector);
        }

        for (int message = 0; message < 4; message++)
        {
            Assert.Equal(message < granted ? 8ul / (ulong)granted : 0, rig.Counters.Take(message));
        }
    }

    [Fact]
    public void A_masked_message_is_pending_and_fires_when_it_is_unmasked()
    {
        using MsiRig rig = new(0x21);
        rig.Client.WriteRegion(RegionIndex.Configuration, MaskBits, 0x0c, 0, 0, 0);
        rig.Platform.RaiseInterrupt(1);
        rig.Platform.RaiseInterrupt(2);
        rig.Platform.RaiseInterrupt(2);
        Assert.Equal((1ul, 0ul), (rig.Counters.Take(1), rig.Counters.Take(2)));
        Assert.Equal([0x04, 0, 0, 0], rig.Client.ReadRegion(RegionIndex.Configuration, PendingBits, 4));
        rig.Client.WriteRegion(RegionIndex.Configuration, MaskBits, 0x08);
        Assert.Equal(1ul, rig.Counters.Take(2));
        Assert.Equal([0, 0, 0, 0], rig.Client.ReadRegion(RegionIndex.Configuration, PendingBits, 4));

        // The protocol's own mask holds beside a write that changes nothing of the register's.
        rig.Client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(SetIrqsPayload.DataNone | SetIrqsPayload.ActionMask, Msi, 0, 1));
        rig.Client.WriteRegion(RegionIndex.Configuration, MaskBits, 0x08);
        rig.Platform.RaiseInterrupt(0);
        Assert.Equal(0ul, rig.Counters.Take(0));
        rig.Client.RequestDone(
            ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(SetIrqsPayload.DataBool | SetIrqsPayload.ActionUnmask, Msi, 0, 2, 1, 0));
        Assert.Equal(1ul, rig.Counters.Take(0));
    }

    [Fact]
    public void A_client_that_enables_by_descriptors_alone_gets_the_power_of_two_that_they_are_enough_for()
    {
        using MsiRig rig = new(control: 0, events: 3);
        Assert.Equal(InterruptKind.Msi, rig.Platform.InterruptKind);
        Assert.Equal(2, rig.Platform.EnabledVectorCount);
        rig.Platform.RaiseInterrupt(3);
        Assert.Equal((0ul, 1ul, 0ul), (rig.Counters.Take(0), rig.Counters.Take(1), rig.Counters.Take(2)));
    }

    [Fact]
    public void Messages_are_fired_by_the_client_disabled_and_pending_without_an_event()
    {
        using MsiRig rig = new(0x21);
        rig.Client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Fire, Msi, 1, 2));
        Assert.Equal((0ul, 1ul, 1ul, 0ul), (rig.Counters.Take(0), rig.Counters.Take(1), rig.Counters.Take(2), rig.Counters.Take(3)));
        rig.Client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Fire, Msi, 0, 0));
        Assert.Equal(1, rig.Counters.DescriptorsOf(3));
        rig.Platform.RaiseInterrupt(3);
        Assert.Equal(8, rig.Client.ReadRegion(RegionIndex.Configuration, PendingBits, 1)[0]);
        rig.Client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, Msi, 0, 4), rig.Counters.All);
        Assert.Equal(1ul, rig.Counters.Take(3));
        rig.Client.RequestRefused(Errno.EINVAL, ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, Msi, 4, 1), rig.Counters.All[0]);
    }

    [Fact]
    public void MSI_X_goes_before_MSI_and_a_reset_forgets_what_was_pending()
    {
        using MsiRig rig = new(0x21);
        using Counters vectors = new(1);
        rig.Client.WriteRegion(RegionIndex.Configuration, 0x92, 0x08, 0x80);
        Assert.Equal(Rig.Vectors, rig.Platform.EnabledVectorCount);
        rig.Client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, 2, 0, 1), vectors.All);
        rig.Platform.RaiseInterrupt(0);
        Assert.Equal((0ul, 1ul), (rig.Counters.Take(0), vectors.Take(0)));
        rig.Client.WriteRegion(RegionIndex.Configuration, 0x92, 0x08, 0x00);
        rig.Client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Fire, 2, 0, 0));
        rig.Client.WriteRegion(RegionIndex.Configuration, MaskBits, 0x0f);
        rig.Platform.RaiseInterrupt(0);
        rig.Client.RequestDone(ProtocolCommand.DeviceReset, []);
        Assert.Equal([0, 0, 0, 0], rig.Client.ReadRegion(RegionIndex.Configuration, PendingBits, 4));
        Assert.Equal(0, rig.Client.ReadRegion(RegionIndex.Configuration, MaskBits, 1)[0]);
        rig.Platform.RaiseInterrupt(0);
        Assert.Equal(1ul, rig.Counters.Take(0));
    }

    /// <summary>A client that has written Message Control and given descriptors.</summary>
    private sealed class MsiRig : IDisposable
    {
        private readonly Rig _rig = new(identity: Rig.IdentityWithAllKinds);

        public MsiRig(byte control, int events = 4)
        {
            Client = _rig.ConnectNegotiated();
            Client.WriteRegion(RegionIndex.Configuration, Control, control);
            Client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(Assign, Msi, 0, (uint)events), Counters.All[..events]);
        }

        public RawClient Client { get; }

        public Counters Counters { get; } = new(4);

        public VfioUserPlatform Platform => _rig.Platform;

        public void Dispose()
        {
            Client.Dispose();
            Counters.Dispose();
            _rig.Dispose();
        }
    }
}
