using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Hal;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Transfer;

/// <summary>
/// Moves a command's data between its host segments and its transfer buffer: by pointer where a segment has one, by DMA where it has
/// none, not at all where it is a bit bucket. Neighbouring DMA segments go out as one scatter list. All progress is in <c>slot.Walk</c>.
/// </summary>
/// <remarks>It takes no buffer, looks at no list and polls no DMA; the engine does, and hands each completion to <see cref="Resume"/>.</remarks>
public sealed unsafe class HostMover
{
    private const byte DataPointerByte = 24;

    private readonly IHostDma _hostDma;

    /// <summary>Creates a mover over a platform's host memory.</summary>
    public HostMover(IPlatform platform)
    {
        Platform = platform;
        _hostDma = platform.HostDma;
    }

    /// <summary>The platform.</summary>
    public IPlatform Platform { get; }

    /// <summary>
    /// Moves <c>slot.DataLengthBytes</c> bytes between the mapped segments and <c>slot.Buffer</c>, in the slot's direction.
    /// </summary>
    /// <returns>
    /// Pending while DMA requests are out (tag: the slot's index; <c>slot.PendingDma</c> of them). Failed, with Data Transfer Error (04h), only
    /// when none is out any more, so that buffer and segments are free to go. Stalled only when none is out and none could be submitted.
    /// </returns>
    public TransferOutcome Move(ref CommandSlot slot)
    {
        slot.Walk.NextSegment = 0;
        slot.Walk.BufferOffsetBytes = 0;
        slot.Walk.HasFailed = false;
        return Advance(ref slot);
    }

    /// <summary>
    /// One of the slot's DMA requests ended, or a stall is over (<c>slot.PendingDma</c> is 0 then, and <paramref name="dmaStatus"/> is not
    /// looked at). Counts <c>slot.PendingDma</c> down itself.
    /// </summary>
    public TransferOutcome Resume(ref CommandSlot slot, DmaStatus dmaStatus)
    {
        if (slot.PendingDma != 0)
        {
            slot.PendingDma--;
            slot.Walk.HasFailed |= dmaStatus != DmaStatus.Success && !Sabotage.Is(SabotageKind.HideDmaError);
        }

        if (!slot.Walk.HasFailed)
        {
            return Advance(ref slot);
        }

        if (slot.PendingDma != 0)
        {
            return TransferOutcome.Pending;
        }

        slot.Status = slot.Blame(StatusCode.DataTransferError, DataPointerByte);
        return TransferOutcome.Failed;
    }

    private TransferOutcome Advance(ref CommandSlot slot)
    {
        ref WalkState walk = ref slot.Walk;
        bool isToHost = slot.Direction == DataDirection.ControllerToHost;
        while (walk.NextSegment < slot.SegmentCount)
        {
            HostSegment* segment = slot.Segments + walk.NextSegment;
            if (IsForDma(ref slot, segment))
            {
                if (!TrySubmitRun(ref slot, isToHost))
                {
                    return slot.PendingDma != 0 ? TransferOutcome.Pending : TransferOutcome.Stalled;
                }

                continue;
            }

            if (segment->Local != DataMapper.BitBucket)
            {
                byte* local = slot.Buffer + walk.BufferOffsetBytes;
                NativeMemory.Copy(isToHost ? local : segment->Local, isToHost ? segment->Local : local, (nuint)segment->LengthBytes);
            }

            walk.BufferOffsetBytes += (uint)segment->LengthBytes;
            walk.NextSegment++;
        }

        return slot.PendingDma != 0 ? TransferOutcome.Pending : TransferOutcome.Done;
    }

    /// <summary>Submits the DMA segments from the next one on, up to the first that is none.</summary>
    private bool TrySubmitRun(ref CommandSlot slot, bool isToHost)
    {
        ref WalkState walk = ref slot.Walk;
        HostSegment* run = slot.Segments + walk.NextSegment;
        int countMax = Math.Min(slot.SegmentCount - walk.NextSegment, IHostDma.ListSegmentsMax);
        uint offsetBytes = walk.BufferOffsetBytes;
        int count = 0;
        while (count < countMax && IsForDma(ref slot, run + count))
        {
            run[count].Local = slot.Buffer + offsetBytes;
            offsetBytes += (uint)run[count].LengthBytes;
            count++;
        }

        DmaDirection direction = isToHost ? DmaDirection.DeviceToHost : DmaDirection.HostToDevice;
        if (!_hostDma.TrySubmit(direction, run, count, (uint)slot.Index))
        {
            return false;
        }

        slot.PendingDma++;
        walk.NextSegment += count;
        walk.BufferOffsetBytes = offsetBytes;
        return true;
    }

    // A DMA segment has no pointer when it comes from the mapper, and one into the buffer once this class has seen it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsForDma(ref CommandSlot slot, HostSegment* segment) =>
        segment->Local == null || (nuint)(segment->Local - slot.Buffer) < slot.DataLengthBytes;
}
