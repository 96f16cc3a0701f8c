using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Transfer;
using Nvmepf.Hal;
using Nvmepf.Spec;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Transfer;

/// <summary>Mapping and moving allocate nothing, on whichever path.</summary>
public sealed class TransferAllocationTests
{
    private const ulong Base = 0x1000_0000;
    private const ulong List = Base + 0x40_0000;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Nothing_is_allocated(bool isDirect)
    {
        using TransferRig rig = new(new FakePlatformOptions { DmaRequestsMax = 4 });
        rig.Memory.InstallMapped(Base, 0x80_0000, isDirect);
        for (int i = 0; i < 200; i++)
        {
            rig.Memory.At<ulong>(List + (ulong)(8 * i)) = Base + (ulong)(0x2000 * i);
            SglDescriptorType type = i % 5 == 4 ? SglDescriptorType.BitBucket : SglDescriptorType.DataBlock;
            rig.Memory.At<SglDescriptor>(List + 0x2000 + (ulong)(16 * i)) = TestHost.Descriptor(type, Base + (ulong)(700 * i), 600);
        }

        CommandDword0 sgl = new() { PrpOrSgl = PrpOrSgl.SglWithMetadataBuffer };
        SubmissionQueueEntry[] entries =
        [
            new() { Prp1 = Base + 0x1000 },
            new() { Prp1 = Base + 0x1800, Prp2 = Base + 0x8000 },
            new() { Prp1 = Base, Prp2 = List },
            new() { Cdw0 = sgl, Sgl1 = TestHost.Descriptor(SglDescriptorType.DataBlock, Base + 5, 99_999) },
            new() { Cdw0 = sgl, Sgl1 = TestHost.Descriptor(SglDescriptorType.LastSegment, List + 0x2000, 3200) },
            new() { Prp1 = Base + 1 },
            new() { Prp1 = Base, Prp2 = 0x9000_0000 },
        ];
        uint[] lengths = [4096, 6144, 150 * 4096, 60_000, 90_000, 512, 65536];
        Run(rig, entries, lengths, 10);
        long before = GC.GetAllocatedBytesForCurrentThread();
        int moved = Run(rig, entries, lengths, 500);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(500 * 5, moved);
    }

    // Not the rig's own loops: what xunit's assertions allocate is none of the firmware's business.
    private static unsafe int Run(TransferRig rig, SubmissionQueueEntry[] entries, uint[] lengths, int rounds)
    {
        int moved = 0;
        for (int i = 0; i < rounds * entries.Length; i++)
        {
            int which = i % entries.Length;
            rig.Prepare(in entries[which], DataDirection.ControllerToHost, lengths[which]);
            TransferOutcome outcome = rig.Mapper.Map(ref rig.Slot);
            while (outcome is TransferOutcome.Pending or TransferOutcome.Stalled)
            {
                outcome = rig.Mapper.Resume(ref rig.Slot, Poll(rig, outcome));
            }

            if (outcome == TransferOutcome.Failed)
            {
                continue;
            }

            outcome = rig.Mover.Move(ref rig.Slot);
            while (outcome is TransferOutcome.Pending or TransferOutcome.Stalled)
            {
                outcome = rig.Mover.Resume(ref rig.Slot, Poll(rig, outcome));
            }

            int buffer = rig.Pool.TryTake();
            rig.Pool.Return(buffer);
            moved += outcome == TransferOutcome.Done ? 1 : 0;
        }

        return moved;
    }

    private static unsafe DmaStatus Poll(TransferRig rig, TransferOutcome outcome)
    {
        DmaCompletion completion = default;
        while (outcome == TransferOutcome.Pending && rig.Platform.Dma.Poll(&completion, 1) == 0)
        {
            rig.Platform.Dma.Pump();
        }

        return completion.Status;
    }
}
