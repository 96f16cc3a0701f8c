using System.Linq;
using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Transfer;
using Nvmepf.Hal;
using Nvmepf.Spec;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Transfer;

/// <summary>Bytes between host segments and the buffer: every one in its place, by pointer, by DMA, by both, and with DMA that fails.</summary>
public sealed unsafe class HostMoverTests
{
    private const ulong Base = 0x1000_0000;
    private const int DataBytes = 0x18_0000;
    private const ulong List = Base + 0x1C_0000;
    private const ulong MemoryBytes = 0x20_0000;

    /// <summary>How much of the host's data memory has pointers.</summary>
    public enum Reach
    {
        Direct,
        Dma,
        Mixed,
    }

    private static TransferRig NewRig(Reach reach, int seed = 1, int requestsMax = 4)
    {
        TransferRig rig = new(new FakePlatformOptions { Seed = seed, DmaRequestsMax = requestsMax, DmaSegmentsMax = 64, HostMemoryRegionsMax = 1024 });
        rig.Memory.Install(Base, MemoryBytes);
        ulong piece = reach == Reach.Mixed ? 0x2C00u : (ulong)DataBytes;
        for (ulong offset = 0; offset < DataBytes; offset += piece)
        {
            bool isDirect = reach == Reach.Direct || (reach == Reach.Mixed && offset / piece % 3 == 1);
            rig.Memory.MapRange(Base + offset, Math.Min(piece, DataBytes - offset), isDirect);
        }

        rig.Memory.MapRange(Base + DataBytes, MemoryBytes - DataBytes, isDirect: reach != Reach.Dma);
        return rig;
    }

    /// <summary>An SGL of random blocks and bit buckets; the pieces that it describes, in order, bucket = address 0.</summary>
    private static SubmissionQueueEntry RandomSgl(TransferRig rig, Random random, int count, out List<(ulong Address, int LengthBytes)> pieces, out uint total)
    {
        pieces = [];
        total = 0;
        for (int i = 0; i < count; i++)
        {
            int length = random.Next(1, 3000);
            bool isBucket = random.Next(6) == 0;
            ulong address = isBucket ? 0 : Base + (ulong)random.Next(DataBytes - length);
            SglDescriptorType type = isBucket ? SglDescriptorType.BitBucket : SglDescriptorType.DataBlock;
            rig.Memory.At<SglDescriptor>(List + (ulong)(16 * i)) = TestHost.Descriptor(type, address, (uint)length);
            pieces.Add((address, length));
            total += (uint)length;
        }

        return new SubmissionQueueEntry
        {
            Cdw0 = new CommandDword0 { PrpOrSgl = PrpOrSgl.SglWithMetadataBuffer },
            Sgl1 = TestHost.Descriptor(SglDescriptorType.LastSegment, List, (uint)count * 16),
        };
    }

    [Theory]
    [InlineData(Reach.Direct)]
    [InlineData(Reach.Dma)]
    [InlineData(Reach.Mixed)]
    public void Data_from_the_host_arrives_in_order(Reach reach)
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            using TransferRig rig = NewRig(reach, seed);
            Random random = new(seed);
            rig.Memory.FillPattern(Base, DataBytes, seed);
            SubmissionQueueEntry entry = RandomSgl(rig, random, 150, out List<(ulong Address, int LengthBytes)> pieces, out uint total);
            uint length = total - (uint)pieces.Sum(p => p.Address == 0 ? p.LengthBytes : 0); // a write does not count bit buckets
            Assert.True(rig.Map(in entry, DataDirection.HostToController, length).IsSuccess);
            rig.Buffer.Fill(0x77);
            Assert.True(rig.Move().IsSuccess);
            byte[] expected = new byte[length];
            int offset = 0;
            foreach ((ulong address, int bytes) in pieces)
            {
                if (address != 0)
                {
                    rig.Memory.Bytes(address, bytes).CopyTo(expected.AsSpan(offset));
                    offset += bytes;
                }
            }

            Assert.True(rig.Buffer.SequenceEqual(expected));
            Assert.Equal(reach == Reach.Direct, rig.Completions == 0);
        }
    }

    [Theory]
    [InlineData(Reach.Direct)]
    [InlineData(Reach.Dma)]
    [InlineData(Reach.Mixed)]
    public void Data_to_the_host_lands_where_the_list_says_and_nowhere_else(Reach reach)
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            using TransferRig rig = NewRig(reach, seed);
            Random random = new(seed);
            SubmissionQueueEntry entry = RandomSgl(rig, random, 150, out List<(ulong Address, int LengthBytes)> pieces, out uint length);
            rig.Memory.FillPattern(Base, DataBytes, seed + 50);
            byte[] expected = rig.Memory.Bytes(Base, (int)MemoryBytes).ToArray();
            Assert.True(rig.Map(in entry, DataDirection.ControllerToHost, length).IsSuccess);
            random.NextBytes(rig.Buffer);
            byte[] data = rig.Buffer.ToArray();
            Assert.True(rig.Move().IsSuccess);
            int offset = 0;
            foreach ((ulong address, int bytes) in pieces)
            {
                if (address != 0)
                {
                    data.AsSpan(offset, bytes).CopyTo(expected.AsSpan((int)(address - Base)));
                }

                offset += bytes;
            }

            Assert.True(rig.Memory.Bytes(Base, (int)MemoryBytes).SequenceEqual(expected), $"seed {seed}");
            Assert.True(rig.Buffer.SequenceEqual(data)); // a source is only read
        }
    }

    [Fact]
    public void A_read_into_a_bit_bucket_alone_touches_nothing()
    {
        using TransferRig rig = NewRig(Reach.Dma);
        SubmissionQueueEntry entry = new()
        {
            Cdw0 = new CommandDword0 { PrpOrSgl = PrpOrSgl.SglWithMetadataBuffer },
            Sgl1 = TestHost.Descriptor(SglDescriptorType.BitBucket, 0, 65536),
        };
        Assert.True(rig.Map(in entry, DataDirection.ControllerToHost, 65536).IsSuccess);
        Assert.True(rig.Move().IsSuccess);
        Assert.Equal(0, rig.Platform.Dma.RequestsExecuted);
    }

    [Fact]
    public void Neighbouring_dma_segments_go_out_as_long_lists_and_none_is_longer_than_allowed()
    {
        using TransferRig rig = NewRig(Reach.Dma, requestsMax: 64);
        int count = (IHostDma.ListSegmentsMax * 3) + 5;
        for (int i = 0; i < count; i++)
        {
            rig.Memory.At<SglDescriptor>(List + (ulong)(16 * i)) =
                TestHost.Descriptor(SglDescriptorType.DataBlock, Base + (ulong)(i * 1024), 512);
        }

        SubmissionQueueEntry entry = new()
        {
            Cdw0 = new CommandDword0 { PrpOrSgl = PrpOrSgl.SglWithMetadataBuffer },
            Sgl1 = TestHost.Descriptor(SglDescriptorType.LastSegment, List, (uint)count * 16),
        };
        Assert.True(rig.Map(in entry, DataDirection.ControllerToHost, (uint)count * 512).IsSuccess);
        Assert.True(rig.Move().IsSuccess);
        Assert.Equal(4, rig.Completions);
        Assert.Equal(IHostDma.ListSegmentsMax, rig.Platform.Dma.LongestList);
    }

    [Fact]
    public void A_full_dma_queue_is_a_stall_and_nothing_is_lost()
    {
        using TransferRig rig = NewRig(Reach.Mixed, requestsMax: 1);
        rig.Memory.FillPattern(Base, DataBytes, 9);
        SubmissionQueueEntry entry = new() { Prp1 = Base, Prp2 = List };
        for (int i = 0; i < 100; i++)
        {
            rig.Memory.At<ulong>(List + (ulong)(8 * i)) = Base + (ulong)((100 - i) * 0x3000);
        }

        Assert.True(rig.Map(in entry, DataDirection.HostToController, 101 * 4096).IsSuccess);
        rig.Platform.Dma.RefuseNext = 1;
        Assert.Equal(TransferOutcome.Stalled, rig.Mover.Move(ref rig.Slot));
        Assert.Equal(0, rig.Slot.PendingDma);
        TransferOutcome outcome = rig.Mover.Resume(ref rig.Slot, DmaStatus.Success);
        int stalls = 0;
        while (outcome != TransferOutcome.Done)
        {
            stalls += outcome == TransferOutcome.Stalled ? 1 : 0;
            rig.Platform.Dma.RefuseNext = stalls < 3 && rig.Slot.PendingDma == 1 ? 1 : 0;
            outcome = rig.Mover.Resume(ref rig.Slot, outcome == TransferOutcome.Pending ? rig.NextCompletion() : DmaStatus.Success);
        }

        Assert.Equal(3, stalls);
        Assert.True(rig.Buffer[..4096].SequenceEqual(rig.Memory.Bytes(Base, 4096)));
        for (int i = 0; i < 100; i++)
        {
            Assert.True(rig.Buffer.Slice((i + 1) * 4096, 4096).SequenceEqual(rig.Memory.Bytes(Base + (ulong)((100 - i) * 0x3000), 4096)), $"page {i}");
        }
    }

    [Theory]
    [InlineData(DataDirection.HostToController)]
    [InlineData(DataDirection.ControllerToHost)]
    public void A_failed_dma_fails_the_command_once_every_other_request_has_ended(DataDirection direction)
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            using TransferRig rig = NewRig(Reach.Mixed, seed, requestsMax: 8);
            SubmissionQueueEntry entry = RandomSgl(rig, new Random(seed), 100, out _, out uint total);
            uint length = direction == DataDirection.HostToController ? total / 3 : total;
            Assert.True(rig.Map(in entry, direction, length).IsSuccess);
            rig.Platform.Dma.FailNext = 1 + (seed % 2);
            Status status = rig.Move(); // the rig asserts that nothing is in flight when it ends
            Assert.Equal(StatusCode.DataTransferError, status.Code);
            Assert.False(status.DoNotRetry);
        }
    }

    [Fact]
    public void A_lost_link_ends_a_transfer()
    {
        using TransferRig rig = NewRig(Reach.Dma, requestsMax: 8);
        SubmissionQueueEntry entry = RandomSgl(rig, new Random(5), 200, out _, out uint length);
        Assert.True(rig.Map(in entry, DataDirection.ControllerToHost, length).IsSuccess);
        Assert.Equal(TransferOutcome.Pending, rig.Mover.Move(ref rig.Slot));
        byte[] before = rig.Memory.Bytes(Base, (int)MemoryBytes).ToArray();
        rig.Platform.Dma.LoseLink();
        TransferOutcome outcome;
        do
        {
            outcome = rig.Mover.Resume(ref rig.Slot, rig.NextCompletion());
        }
        while (outcome == TransferOutcome.Pending);

        Assert.Equal(TransferOutcome.Failed, outcome);
        Assert.Equal(0, rig.Platform.Dma.InFlight);
        Assert.True(rig.Memory.Bytes(Base, (int)MemoryBytes).SequenceEqual(before));
    }

    [Fact]
    public void A_failed_read_of_a_list_fails_the_command()
    {
        using TransferRig rig = NewRig(Reach.Dma);
        SubmissionQueueEntry entry = RandomSgl(rig, new Random(5), 20, out _, out uint length);
        rig.Platform.Dma.FailNext = 1;
        Status status = rig.Map(in entry, DataDirection.ControllerToHost, length);
        Assert.Equal(StatusCode.DataTransferError, status.Code);
        Assert.False(status.DoNotRetry);
    }

    [Fact]
    public void A_refused_read_of_a_list_is_a_stall_that_can_be_resumed()
    {
        using TransferRig rig = NewRig(Reach.Dma);
        SubmissionQueueEntry entry = RandomSgl(rig, new Random(5), 20, out _, out uint length);
        rig.Prepare(in entry, DataDirection.ControllerToHost, length);
        rig.Platform.Dma.RefuseNext = 2;
        Assert.Equal(TransferOutcome.Stalled, rig.Mapper.Map(ref rig.Slot));
        Assert.Equal(TransferOutcome.Stalled, rig.Mapper.Resume(ref rig.Slot, DmaStatus.Success));
        Assert.Equal(TransferOutcome.Pending, rig.Mapper.Resume(ref rig.Slot, DmaStatus.Success));
        Assert.Equal(1, rig.Slot.PendingDma);
        Assert.Equal(TransferOutcome.Done, rig.Mapper.Resume(ref rig.Slot, rig.NextCompletion()));
    }

    [Fact]
    public void A_second_move_with_the_same_segments_works_like_the_first()
    {
        using TransferRig rig = NewRig(Reach.Mixed);
        rig.Memory.FillPattern(Base, DataBytes, 3);
        SubmissionQueueEntry entry = RandomSgl(rig, new Random(8), 60, out _, out uint total);
        Assert.True(rig.Map(in entry, DataDirection.HostToController, total / 2).IsSuccess);
        Assert.True(rig.Move().IsSuccess);
        byte[] first = rig.Buffer.ToArray();
        rig.Buffer.Clear();
        Assert.True(rig.Move().IsSuccess);
        Assert.True(rig.Buffer.SequenceEqual(first));
    }

    [Fact]
    public void Host_memory_of_a_command_is_known_to_be_in_use()
    {
        using TransferRig rig = NewRig(Reach.Dma);
        rig.Memory.At<ulong>(List) = Base + 0x5000;
        rig.Memory.At<ulong>(List + 8) = Base + 0x9000;
        SubmissionQueueEntry entry = new() { Prp1 = Base, Prp2 = List };
        rig.Prepare(in entry, DataDirection.ControllerToHost, 12288);
        Assert.Equal(TransferOutcome.Pending, rig.Mapper.Map(ref rig.Slot));
        Assert.True(DataMapper.IsHostMemoryInUse(in rig.Slot, List + 15, 1));
        Assert.False(DataMapper.IsHostMemoryInUse(in rig.Slot, List + 16, 100));
        Assert.Equal(TransferOutcome.Done, rig.Mapper.Resume(ref rig.Slot, rig.NextCompletion()));
        Assert.False(DataMapper.IsHostMemoryInUse(in rig.Slot, List, 16));
        Assert.True(DataMapper.IsHostMemoryInUse(in rig.Slot, Base + 0x5FFF, 1));
        Assert.False(DataMapper.IsHostMemoryInUse(in rig.Slot, Base + 0x6000, 0x3000));
        Assert.True(DataMapper.IsHostMemoryInUse(in rig.Slot, Base + 0x6000, 0x3001));
        Assert.True(DataMapper.IsHostMemoryInUse(in rig.Slot, 0, Base + 1));
        Assert.False(DataMapper.IsHostMemoryInUse(in rig.Slot, 0, Base));
    }
}
