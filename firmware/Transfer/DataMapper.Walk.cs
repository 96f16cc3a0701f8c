// The walk over a list in host memory: chunks of the list into the list page, entries into ranges, ranges into segments.
using System.Runtime.CompilerServices;
using Nvmepf.Firmware.Commands;
using Nvmepf.Hal;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Transfer;

public sealed unsafe partial class DataMapper
{
    private static void BeginWalk(ref CommandSlot slot, ulong remainingBytes)
    {
        slot.Walk = default;
        slot.Walk.RemainingBytes = remainingBytes;
        slot.Flags |= CommandFlags.AllDirect; // until a segment is not
    }

    /// <summary>
    /// Runs until the data is described, something has to be waited for, or the list is found to be bad. Bounded: a PRP list by the
    /// data's length, because at least every second entry describes a page; an SGL by <see cref="DescriptorsMax"/>.
    /// </summary>
    private TransferOutcome Walk(ref CommandSlot slot)
    {
        ref WalkState walk = ref slot.Walk;
        while (walk.RemainingBytes != 0)
        {
            TransferOutcome outcome = FillChunk(ref slot);
            if (outcome != TransferOutcome.Done)
            {
                return outcome;
            }

            Status taken = walk.IsSgl ? TakeSglChunk(ref slot) : TakePrpChunk(ref slot);
            if (taken.IsError)
            {
                return Fail(ref slot, taken);
            }
        }

        Status status = FlushRun(ref slot);
        return status.IsError ? Fail(ref slot, status) : TransferOutcome.Done;
    }

    private static void BeginList(ref WalkState walk, ulong address, uint lengthBytes)
    {
        walk.ListAddress = address;
        walk.ListRemainingBytes = lengthBytes;
        walk.ChunkBytes = Math.Min(lengthBytes, ListPageBytes);
        walk.ChunkFilledBytes = 0;
    }

    /// <summary>The chunk has been looked at; the next one of the same list page or segment is wanted.</summary>
    private static void NextChunk(ref WalkState walk) =>
        BeginList(ref walk, walk.ListAddress + walk.ChunkBytes, walk.ListRemainingBytes - walk.ChunkBytes);

    /// <summary>Copies the chunk into the list page. A chunk may lie in several regions, pieces of it behind pointers and pieces behind DMA.</summary>
    private TransferOutcome FillChunk(ref CommandSlot slot)
    {
        ref WalkState walk = ref slot.Walk;
        while (walk.ChunkFilledBytes < walk.ChunkBytes)
        {
            ulong address = walk.ListAddress + walk.ChunkFilledBytes;
            uint wantedBytes = walk.ChunkBytes - walk.ChunkFilledBytes;
            byte* destination = slot.ListPage + walk.ChunkFilledBytes;
            HostMemoryKind kind = _hostMemory.Resolve(address, wantedBytes, HostAccess.Read, out byte* source, out ulong contiguousBytes);
            if (kind == HostMemoryKind.Direct)
            {
                Unsafe.CopyBlockUnaligned(destination, source, (uint)contiguousBytes);
                walk.ChunkFilledBytes += (uint)contiguousBytes;
            }
            else if (kind == HostMemoryKind.Dma)
            {
                // Slots are in native memory, so the segment stays where it is until the DMA has ended.
                HostSegment* segment = (HostSegment*)Unsafe.AsPointer(ref walk.ListRead);
                SetSegment(segment, address, destination, contiguousBytes);
                if (!_hostDma.TrySubmit(DmaDirection.HostToDevice, segment, 1, (uint)slot.Index))
                {
                    return TransferOutcome.Stalled;
                }

                slot.PendingDma++;
                return TransferOutcome.Pending;
            }
            else
            {
                return FailUnreachable(ref slot);
            }
        }

        return TransferOutcome.Done;
    }

    /// <summary>Adds host memory that the data is in. Ranges that continue one another become one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Status AddRange(ref CommandSlot slot, ulong address, ulong lengthBytes)
    {
        ref WalkState walk = ref slot.Walk;
        if (walk.RunLengthBytes != 0)
        {
            if (walk.RunAddress + walk.RunLengthBytes == address && address != 0) // address 0 does not continue the end of the address space
            {
                walk.RunLengthBytes += lengthBytes;
                return Status.Success;
            }

            Status status = FlushRun(ref slot);
            if (status.IsError)
            {
                return status;
            }
        }

        walk.RunAddress = address;
        walk.RunLengthBytes = lengthBytes;
        return Status.Success;
    }

    /// <summary>Makes segments of the gathered range, one for each region that it lies in.</summary>
    private Status FlushRun(ref CommandSlot slot)
    {
        ref WalkState walk = ref slot.Walk;
        HostAccess access = Access(ref slot);
        while (walk.RunLengthBytes != 0)
        {
            HostMemoryKind kind = _hostMemory.Resolve(
                walk.RunAddress, walk.RunLengthBytes, access, out byte* pointer, out ulong contiguousBytes);
            if (kind == HostMemoryKind.None)
            {
                return slot.Blame(StatusCode.DataTransferError, DataPointerByte);
            }

            Status status = AddSegment(ref slot, walk.RunAddress, pointer, contiguousBytes);
            if (status.IsError)
            {
                return status;
            }

            walk.RunAddress += contiguousBytes;
            walk.RunLengthBytes -= contiguousBytes;
        }

        return Status.Success;
    }

    private static Status AddSegment(ref CommandSlot slot, ulong address, byte* local, ulong lengthBytes)
    {
        if (slot.SegmentCount == CommandSlot.SegmentsMax)
        {
            return slot.Blame(new Status(StatusCode.InvalidNumberOfSglDescriptors, doNotRetry: true), DataPointerByte);
        }

        SetSegment(slot.Segments + slot.SegmentCount, address, local, lengthBytes);
        slot.SegmentCount++;
        if (local == null || local == BitBucket)
        {
            slot.Flags &= ~CommandFlags.AllDirect;
        }

        return Status.Success;
    }
}
