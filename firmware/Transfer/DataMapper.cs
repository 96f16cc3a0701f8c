using System.Numerics;
using System.Runtime.CompilerServices;
using Nvmepf.Firmware.Commands;
using Nvmepf.Hal;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Transfer;

/// <summary>
/// Turns a command's data pointer (PRP or SGL, NVMe Base 2.1 section 4.3) into segments of host memory. Lists are copied chunk by chunk
/// into the slot's list page, by pointer or by DMA, and only the copy is looked at. All progress is in <c>slot.Walk</c>.
/// </summary>
/// <remarks>
/// <para>It moves no data (<see cref="HostMover"/> does), knows no command, and does not handle metadata pointers.</para>
/// <para>
/// What it answers. PRP Offset Invalid (13h): PRP1 not dword aligned, a list pointer not qword aligned, any other entry with a page offset.
/// Invalid Field (02h): PSDT 11b, or an SGL on the admin queue. SGL Descriptor Type Invalid (11h): a type other than data block, bit bucket,
/// segment and last segment, or any sub type but address. Invalid SGL Segment Descriptor (0Dh): a segment address that is not qword aligned,
/// a segment length of 0 or no multiple of 16, a segment descriptor inside a last segment. Invalid Number of SGL Descriptors (0Eh): a segment
/// descriptor before the end of its segment, more than <see cref="DescriptorsMax"/> descriptors looked at, or more than
/// <see cref="CommandSlot.SegmentsMax"/> segments needed. Data SGL Length Invalid (0Fh): the SGL describes fewer bytes than the command moves,
/// or a block wraps around the end of the address space. These are said with Do Not Retry: the same entry would fail again.
/// Data Transfer Error (04h): no region covers a data or list address, or it does not allow the access, or the DMA that read a list failed.
/// Said without Do Not Retry, because a host's memory map may be changing at that moment.
/// </para>
/// <para>
/// An SGL may be longer than the data: descriptors after the last byte are neither looked at nor checked, which section 4.3.2 allows and
/// <see cref="SglSupport"/> announces. Address 0 is an address like any other.
/// </para>
/// </remarks>
public sealed unsafe partial class DataMapper
{
    /// <summary>SGLS of Identify Controller (section 5.1.13.2.1), as implemented here.</summary>
    public static SglSupport SglSupport => new() { Level = SglSupportLevel.ByteAligned, BitBucket = true, LengthLargerThanData = true };

    /// <summary>Most SGL descriptors looked at for one command, chains and empty ones included; more is taken for an endless list.</summary>
    public const uint DescriptorsMax = 4096;

    /// <summary>Bytes of <see cref="CommandSlot.ListPage"/>, and so the largest piece of a list that is read at once.</summary>
    public const uint ListPageBytes = 4096;

    private const byte PrpOrSglByte = 1; // positions in the submission queue entry, for the error log
    private const byte PrpOrSglBit = 6;
    private const byte DataPointerByte = 24;
    private const byte Prp2Byte = 32;

    private readonly HostMemoryMap _hostMemory;
    private readonly IHostDma _hostDma;
    private uint _pageBytes = 4096;
    private uint _pageMask = 4095;

    /// <summary>Creates a mapper over a platform's host memory.</summary>
    public DataMapper(IPlatform platform)
    {
        Platform = platform;
        _hostMemory = platform.HostMemory;
        _hostDma = platform.HostDma;
    }

    /// <summary>The platform.</summary>
    public IPlatform Platform { get; }

    /// <summary>Memory page size in bytes: CC.MPS as the host set it (2^(12+MPS)). A power of two of 4096 or more.</summary>
    public uint PageBytes
    {
        get => _pageBytes;
        set
        {
            Invariant.Check(value >= 4096 && BitOperations.IsPow2(value), "a memory page size that CC.MPS can express");
            _pageBytes = value;
            _pageMask = value - 1;
        }
    }

    /// <summary>
    /// What <see cref="HostSegment.Local"/> holds in a segment that stands for a bit bucket: bytes of a read that go nowhere. Never
    /// dereferenced. Such a segment has host address 0 and is not <see cref="CommandFlags.AllDirect"/>, so it always goes through the buffer.
    /// </summary>
    public static byte* BitBucket => (byte*)1;

    /// <summary>
    /// Begins to map <c>slot.DataLengthBytes</c> bytes (1 or more) in <c>slot.Direction</c>; fills Segments, SegmentCount and the AllDirect flag.
    /// A segment's Local is the host's own memory, null where only DMA reaches it, or <see cref="BitBucket"/>.
    /// </summary>
    /// <returns>Pending after a DMA read of a list was submitted with the slot's index as tag; <c>slot.PendingDma</c> counts it.</returns>
    public TransferOutcome Map(ref CommandSlot slot)
    {
        slot.SegmentCount = 0;
        slot.Flags &= ~CommandFlags.AllDirect;
        uint lengthBytes = slot.DataLengthBytes;
        if (slot.Entry.Cdw0.PrpOrSgl != PrpOrSgl.Prp)
        {
            return MapSgl(ref slot, lengthBytes);
        }

        ulong prp1 = slot.Entry.Prp1;
        uint firstBytes = _pageBytes - ((uint)prp1 & _pageMask);
        if ((prp1 & 3) != 0)
        {
            return Fail(ref slot, StatusCode.PrpOffsetInvalid, DataPointerByte);
        }

        if (lengthBytes <= firstBytes)
        {
            return MapRange(ref slot, prp1, lengthBytes);
        }

        return lengthBytes - firstBytes <= _pageBytes
            ? MapTwoPages(ref slot, prp1, firstBytes, lengthBytes)
            : MapPrpList(ref slot, prp1, firstBytes, lengthBytes);
    }

    /// <summary>
    /// Maps data that is one range of host memory with a pointer: a data block, or PRPs within a page or two that follow each other. Sets the
    /// slot's first segment and nothing else.
    /// </summary>
    /// <returns>False where <see cref="Map"/> has to look.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryMapWhole(ref CommandSlot slot, ulong lengthBytes, DataDirection direction)
    {
        ulong address = slot.Entry.Prp1; // an SGL's address has the same place
        bool isWhole;
        if (slot.Entry.Cdw0.PrpOrSgl == PrpOrSgl.Prp)
        {
            ulong firstBytes = _pageBytes - (address & _pageMask);
            isWhole = (address & 3) == 0 && (lengthBytes <= firstBytes
                || (lengthBytes - firstBytes <= _pageBytes && slot.Entry.Prp2 == address + firstBytes));
        }
        else
        {
            ref SglDescriptor descriptor = ref slot.Entry.Sgl1;
            isWhole = descriptor.Identifier.Raw == 0 && descriptor.LengthBytes >= lengthBytes && !Wraps(address, descriptor.LengthBytes);
        }

        if (!isWhole || !_hostMemory.TryGetPointer(address, lengthBytes, (HostAccess)direction, out byte* pointer))
        {
            return false;
        }

        SetSegment(slot.Segments, address, pointer, lengthBytes);
        return true;
    }

    /// <summary>
    /// Goes on after the DMA that Map or Resume waited for ended, or after a stall (<c>slot.PendingDma</c> is 0 then, and
    /// <paramref name="dmaStatus"/> is not looked at). Counts <c>slot.PendingDma</c> down itself.
    /// </summary>
    public TransferOutcome Resume(ref CommandSlot slot, DmaStatus dmaStatus)
    {
        if (slot.PendingDma != 0)
        {
            slot.PendingDma--;
            if (dmaStatus != DmaStatus.Success)
            {
                return FailUnreachable(ref slot);
            }

            slot.Walk.ChunkFilledBytes += (uint)slot.Walk.ListRead.LengthBytes;
        }

        return Walk(ref slot);
    }

    /// <summary>
    /// True where the slot's segments, or the list that is being read for it, lie in the host range. For
    /// <see cref="IFunctionHandler.IsHostMemoryInUse"/>; to be asked for slots whose command is under way.
    /// </summary>
    /// <param name="slot">A slot; its SegmentCount is 0 while nothing is mapped.</param>
    /// <param name="address">First host address of the range.</param>
    /// <param name="lengthBytes">Length of the range, 1 or more; the range does not wrap.</param>
    public static bool IsHostMemoryInUse(in CommandSlot slot, ulong address, ulong lengthBytes)
    {
        ulong last = address + (lengthBytes - 1);
        for (int i = 0; i < slot.SegmentCount; i++)
        {
            HostSegment* segment = slot.Segments + i;
            if (segment->Local != BitBucket && segment->HostAddress <= last
                && segment->HostAddress + (segment->LengthBytes - 1) >= address)
            {
                return true;
            }
        }

        ref readonly HostSegment list = ref slot.Walk.ListRead;
        return slot.State == CommandState.MappingData && slot.PendingDma != 0
            && list.HostAddress <= last && list.HostAddress + (list.LengthBytes - 1) >= address;
    }

    // The common case, whole and direct, is decided here; everything else goes the long way.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TransferOutcome MapRange(ref CommandSlot slot, ulong address, uint lengthBytes)
    {
        if (_hostMemory.Resolve(address, lengthBytes, Access(ref slot), out byte* pointer, out ulong contiguousBytes) == HostMemoryKind.Direct
            && contiguousBytes == lengthBytes)
        {
            SetSegment(slot.Segments, address, pointer, lengthBytes);
            slot.SegmentCount = 1;
            slot.Flags |= CommandFlags.AllDirect;
            return TransferOutcome.Done;
        }

        return MapRangeSlowly(ref slot, address, lengthBytes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private TransferOutcome MapRangeSlowly(ref CommandSlot slot, ulong address, uint lengthBytes)
    {
        BeginWalk(ref slot, 0);
        AddRange(ref slot, address, lengthBytes);
        return Walk(ref slot);
    }

    private TransferOutcome MapTwoPages(ref CommandSlot slot, ulong prp1, uint firstBytes, uint lengthBytes)
    {
        ulong prp2 = slot.Entry.Prp2;
        if ((prp2 & _pageMask) != 0)
        {
            return Fail(ref slot, StatusCode.PrpOffsetInvalid, Prp2Byte);
        }

        if (prp2 == prp1 + firstBytes && prp2 != 0)
        {
            return MapRange(ref slot, prp1, lengthBytes);
        }

        HostAccess access = Access(ref slot);
        uint secondBytes = lengthBytes - firstBytes;
        if (_hostMemory.Resolve(prp1, firstBytes, access, out byte* first, out ulong firstContiguous) == HostMemoryKind.Direct
            && firstContiguous == firstBytes
            && _hostMemory.Resolve(prp2, secondBytes, access, out byte* second, out ulong secondContiguous) == HostMemoryKind.Direct
            && secondContiguous == secondBytes)
        {
            SetSegment(slot.Segments, prp1, first, firstBytes);
            SetSegment(slot.Segments + 1, prp2, second, secondBytes);
            slot.SegmentCount = 2;
            slot.Flags |= CommandFlags.AllDirect;
            return TransferOutcome.Done;
        }

        return MapTwoPagesSlowly(ref slot, prp1, firstBytes, secondBytes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private TransferOutcome MapTwoPagesSlowly(ref CommandSlot slot, ulong prp1, uint firstBytes, uint secondBytes)
    {
        BeginWalk(ref slot, 0);
        AddRange(ref slot, prp1, firstBytes);
        Status status = AddRange(ref slot, slot.Entry.Prp2, secondBytes);
        return status.IsError ? Fail(ref slot, status) : Walk(ref slot);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SetSegment(HostSegment* segment, ulong address, byte* pointer, ulong lengthBytes)
    {
        segment->HostAddress = address;
        segment->Local = pointer;
        segment->LengthBytes = lengthBytes;
    }

    // The two enums give the same numbers to the same thing: the device reads host memory where data goes from host to controller.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static HostAccess Access(ref CommandSlot slot) => (HostAccess)slot.Direction;

    private static TransferOutcome Fail(ref CommandSlot slot, Status status)
    {
        slot.Status = status;
        return TransferOutcome.Failed;
    }

    private static TransferOutcome Fail(ref CommandSlot slot, StatusCode code, byte errorByte) =>
        Fail(ref slot, slot.Blame(new Status(code, doNotRetry: true), errorByte));

    private static TransferOutcome FailUnreachable(ref CommandSlot slot) =>
        Fail(ref slot, slot.Blame(StatusCode.DataTransferError, DataPointerByte));
}
