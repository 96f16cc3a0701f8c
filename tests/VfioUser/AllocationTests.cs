using Nvmepf.Hal.Linux;
using Nvmepf.Hal.VfioUser;
using Xunit;

namespace Nvmepf.Tests.VfioUser;

/// <summary>Tests that count allocations run alone: the collector, when other threads make it run, books a thread's unused buffer as allocated.</summary>
[CollectionDefinition(nameof(AllocationCollection), DisableParallelization = true)]
public sealed class AllocationCollection
{
}

[Collection(nameof(AllocationCollection))]
public sealed class AllocationTests
{
    [Fact]
    public void Polling_and_serving_allocate_nothing()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        using SharedFile file = new(1 << 20);
        using Counters counters = new(1);
        RecordedSession session = new(file.Descriptor, counters.All[0]);

        // The first turns compile code.
        SendAndDrain(rig, client, session);
        SendAndDrain(rig, client, session);
        client.RequestDone(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(0x24, 2, 0, 1), counters.All);
        rig.Platform.RaiseInterrupt(0);

        AllocationMeter meter = new();
        for (int i = 0; i < 200; i++)
        {
            // The test's own client allocates; only the server's part is counted.
            session.SendPrefix(client, session.LengthBytes);
            meter.Begin();
            for (int poll = 0; poll < 20; poll++)
            {
                rig.Platform.Poll();
                rig.Platform.RaiseInterrupt(0);
            }

            meter.End();
            Drain(rig, client);
        }

        Assert.Equal(0, meter.AllocatedBytes);
        Assert.True(meter.CleanRounds > 50);
    }

    [Fact]
    public void Clients_that_come_and_go_allocate_nothing_either()
    {
        const int WarmUp = 10;
        using Rig rig = new();
        AllocationMeter meter = new();
        for (int i = 0; i < 100; i++)
        {
            RawClient client = rig.Connect();
            client.SendBytes(RawClient.Message(0, ProtocolCommand.Version, HeaderFlags.Command, RawClient.Version(0, 0, "{}\0")));
            client.Close();
            meter = i == WarmUp ? new AllocationMeter() : meter;
            meter.Begin();
            for (int poll = 0; poll < 20; poll++)
            {
                rig.Platform.Poll();
            }

            meter.End();
        }

        Assert.Equal(100, rig.Handler.LinkDowns);
        Assert.Equal(0, meter.AllocatedBytes);
        Assert.True(meter.CleanRounds > 20);
    }

    /// <summary>Counts what this thread allocates. Rounds with a collection are left out; an allocation of the code under test shows in the others.</summary>
    private sealed class AllocationMeter
    {
        private long _bytesBefore;
        private int _collectionsBefore;

        public long AllocatedBytes { get; private set; }

        public int CleanRounds { get; private set; }

        public void Begin()
        {
            _collectionsBefore = GC.CollectionCount(0);
            _bytesBefore = GC.GetAllocatedBytesForCurrentThread();
        }

        public void End()
        {
            long allocated = GC.GetAllocatedBytesForCurrentThread() - _bytesBefore;
            if (GC.CollectionCount(0) == _collectionsBefore)
            {
                AllocatedBytes += allocated;
                CleanRounds++;
            }
        }
    }

    private static void SendAndDrain(Rig rig, RawClient client, RecordedSession session)
    {
        session.SendPrefix(client, session.LengthBytes);
        rig.Settle();
        Drain(rig, client);
    }

    private static void Drain(Rig rig, RawClient client)
    {
        rig.Settle();
        while (client.TryReceive() is { } message)
        {
            foreach (int descriptor in message.Descriptors)
            {
                _ = Files.Close(descriptor);
            }
        }
    }
}
