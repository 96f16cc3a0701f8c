// Scatter gather lists (NVMe Base 2.1 section 4.3.2).
using System.Runtime.CompilerServices;
using Nvmepf.Firmware.Commands;
using Nvmepf.Hal;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Transfer;

public sealed unsafe partial class DataMapper
{
    private TransferOutcome MapSgl(ref CommandSlot slot, uint lengthBytes)
    {
        // SGLs belong to I/O queues on PCIe (section 4.1.1), and 11b is reserved.
        if (slot.SubmissionQueueId == 0 || slot.Entry.Cdw0.PrpOrSgl == PrpOrSgl.Reserved)
        {
            return Fail(ref slot, slot.Blame(new Status(StatusCode.InvalidField, doNotRetry: true), PrpOrSglByte, PrpOrSglBit));
        }

        ref SglDescriptor descriptor = ref slot.Entry.Sgl1;
        if (descriptor.Identifier.Raw == 0 && descriptor.LengthBytes >= lengthBytes && !Wraps(descriptor.Address, descriptor.LengthBytes))
        {
            return MapRange(ref slot, descriptor.Address, lengthBytes);
        }

        BeginWalk(ref slot, lengthBytes);
        slot.Walk.IsSgl = true;
        Status status = TakeDescriptor(ref slot, descriptor, isAtEnd: true); // the entry's descriptor is a segment of its own
        if (status.IsError)
        {
            return Fail(ref slot, status);
        }

        bool isList = slot.Walk.ChunkBytes != 0;
        return isList || slot.Walk.RemainingBytes == 0
            ? Walk(ref slot)
            : Fail(ref slot, StatusCode.DataSglLengthInvalid, DataPointerByte);
    }

    private Status TakeSglChunk(ref CommandSlot slot)
    {
        ref WalkState walk = ref slot.Walk;
        SglDescriptor* descriptors = (SglDescriptor*)slot.ListPage;
        int count = (int)(walk.ChunkBytes / SglDescriptor.SizeBytes);
        bool isSegmentEnd = walk.ChunkBytes == walk.ListRemainingBytes;
        for (int i = 0; i < count; i++)
        {
            bool isAtEnd = isSegmentEnd && i == count - 1;
            Status status = TakeDescriptor(ref slot, descriptors[i], isAtEnd);
            if (status.IsError)
            {
                return status;
            }

            if (walk.RemainingBytes == 0)
            {
                return Status.Success; // the rest of a longer list is of no interest
            }

            if (isAtEnd)
            {
                // A segment without a successor ends the list, whatever the descriptor that led to it called it.
                return walk.ChunkFilledBytes == 0 ? Status.Success : BlameSgl(ref slot, StatusCode.DataSglLengthInvalid);
            }
        }

        NextChunk(ref walk);
        return Status.Success;
    }

    /// <summary>Takes one descriptor. A segment descriptor replaces the list under way by the one that it points to, nothing of it read yet.</summary>
    private Status TakeDescriptor(ref CommandSlot slot, SglDescriptor descriptor, bool isAtEnd)
    {
        ref WalkState walk = ref slot.Walk;
        if (++walk.Visited > DescriptorsMax)
        {
            return BlameSgl(ref slot, StatusCode.InvalidNumberOfSglDescriptors);
        }

        if (descriptor.Identifier.SubType != SglDescriptorSubType.Address)
        {
            return BlameSgl(ref slot, StatusCode.SglDescriptorTypeInvalid);
        }

        ulong lengthBytes = Math.Min(descriptor.LengthBytes, walk.RemainingBytes);
        switch (descriptor.Identifier.Type)
        {
            case SglDescriptorType.DataBlock:
                if (Wraps(descriptor.Address, descriptor.LengthBytes))
                {
                    return BlameSgl(ref slot, StatusCode.DataSglLengthInvalid);
                }

                walk.RemainingBytes -= lengthBytes;
                return lengthBytes == 0 ? Status.Success : AddRange(ref slot, descriptor.Address, lengthBytes);

            case SglDescriptorType.BitBucket:
                // In a write the descriptor has no effect, whatever its length says.
                if (slot.Direction != DataDirection.ControllerToHost || lengthBytes == 0)
                {
                    return Status.Success;
                }

                walk.RemainingBytes -= lengthBytes;
                return AddBitBucket(ref slot, lengthBytes);

            case SglDescriptorType.Segment:
            case SglDescriptorType.LastSegment:
                return FollowSegment(ref slot, descriptor, isAtEnd);

            default:
                return BlameSgl(ref slot, StatusCode.SglDescriptorTypeInvalid);
        }
    }

    private static Status FollowSegment(ref CommandSlot slot, SglDescriptor descriptor, bool isAtEnd)
    {
        ref WalkState walk = ref slot.Walk;
        if (walk.IsLastSegment)
        {
            return BlameSgl(ref slot, StatusCode.InvalidSglSegmentDescriptor);
        }

        if (!isAtEnd)
        {
            return BlameSgl(ref slot, StatusCode.InvalidNumberOfSglDescriptors);
        }

        if ((descriptor.Address & 7) != 0 || descriptor.LengthBytes == 0 || descriptor.LengthBytes % SglDescriptor.SizeBytes != 0)
        {
            return BlameSgl(ref slot, StatusCode.InvalidSglSegmentDescriptor);
        }

        if (Wraps(descriptor.Address, descriptor.LengthBytes))
        {
            return BlameSgl(ref slot, StatusCode.DataSglLengthInvalid);
        }

        walk.IsLastSegment = descriptor.Identifier.Type == SglDescriptorType.LastSegment;
        BeginList(ref walk, descriptor.Address, descriptor.LengthBytes);
        return Status.Success;
    }

    private Status AddBitBucket(ref CommandSlot slot, ulong lengthBytes)
    {
        Status status = FlushRun(ref slot);
        if (status.IsError)
        {
            return status;
        }

        HostSegment* last = slot.Segments + slot.SegmentCount - 1;
        if (slot.SegmentCount != 0 && last->Local == BitBucket)
        {
            last->LengthBytes += lengthBytes;
            return Status.Success;
        }

        return AddSegment(ref slot, 0, BitBucket, lengthBytes);
    }

    /// <summary>True where a range runs past the end of the 64-bit address space; ending exactly there is fine.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Wraps(ulong address, uint lengthBytes) => lengthBytes != 0 && address + (lengthBytes - 1) < address;

    private static Status BlameSgl(ref CommandSlot slot, StatusCode code) =>
        slot.Blame(new Status(code, doNotRetry: true), DataPointerByte);
}
