// The reference that the mapper is compared with: no chunks, no copies, no merging, no DMA, bytes and lists only. It reads the
// standard's text in the plainest way and says what may happen, because where a list has two faults either may be reported.
using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Transfer;
using Nvmepf.Hal;
using Nvmepf.Spec;
using Nvmepf.Tests.Support;

namespace Nvmepf.Tests.Transfer;

internal sealed class NaiveMapper(FakeHostMemory memory, uint pageBytes, bool isAdmin, DataDirection direction)
{
    private readonly record struct Range(ulong Address, ulong LengthBytes, bool IsBitBucket);

    private readonly List<Range> _ranges = [];
    private ulong _remaining;
    private int _visited;
    private bool _ended;

    /// <summary>Codes that the mapper may end with; Success among them where it may succeed.</summary>
    public HashSet<StatusCode> Acceptable { get; } = [];

    /// <summary>Pieces in order, as they must come out: neighbours joined, regions apart. A bit bucket has address 0 and kind None.</summary>
    public List<(ulong Address, ulong LengthBytes, HostMemoryKind Kind)> Segments { get; } = [];

    public void Walk(SubmissionQueueEntry entry, uint lengthBytes)
    {
        _remaining = lengthBytes;
        if (entry.Cdw0.PrpOrSgl == PrpOrSgl.Prp)
        {
            WalkPrp(entry.Prp1, entry.Prp2);
        }
        else if (isAdmin || entry.Cdw0.PrpOrSgl == PrpOrSgl.Reserved)
        {
            End(StatusCode.InvalidField);
        }
        else
        {
            WalkSgl(entry.Sgl1);
        }

        bool isReachable = MakeSegments();
        if (Segments.Count > CommandSlot.SegmentsMax)
        {
            Acceptable.Add(StatusCode.InvalidNumberOfSglDescriptors);
        }
        else if (isReachable && !_ended)
        {
            Acceptable.Add(StatusCode.Success);
        }
    }

    private void WalkPrp(ulong prp1, ulong prp2)
    {
        if (prp1 % 4 != 0)
        {
            End(StatusCode.PrpOffsetInvalid);
            return;
        }

        Data(prp1, Math.Min(_remaining, pageBytes - (prp1 % pageBytes)));
        if (_remaining == 0)
        {
            return;
        }

        if (_remaining <= pageBytes)
        {
            PageEntry(prp2);
            return;
        }

        if (prp2 % 8 != 0)
        {
            End(StatusCode.PrpOffsetInvalid);
            return;
        }

        ulong place = prp2;
        LookAhead(place);
        while (_remaining > 0 && !_ended)
        {
            if (!TryRead(place, 8, out ulong entry))
            {
                End(StatusCode.DataTransferError);
            }
            else if (_remaining > pageBytes && (place + 8) % pageBytes == 0)
            {
                place = entry;
                LookAhead(place);
                if (entry % pageBytes != 0)
                {
                    End(StatusCode.PrpOffsetInvalid);
                }
            }
            else
            {
                PageEntry(entry);
                place += 8;
            }
        }

    }

    /// <summary>What is needed of a list page may be read at once, so an unreachable rest may be reported before a bad entry in front of it.</summary>
    private void LookAhead(ulong place)
    {
        ulong count = Math.Min((_remaining + pageBytes - 1) / pageBytes, (pageBytes - (place % pageBytes)) / 8);
        for (ulong i = 0; i < count; i++)
        {
            if (!TryRead(place + (8 * i), 8, out _))
            {
                Acceptable.Add(StatusCode.DataTransferError);
            }
        }
    }

    private void PageEntry(ulong entry)
    {
        if (entry % pageBytes != 0)
        {
            End(StatusCode.PrpOffsetInvalid);
            return;
        }

        Data(entry, Math.Min(_remaining, pageBytes));
    }

    private void WalkSgl(SglDescriptor descriptor)
    {
        List<SglDescriptor> segment = [descriptor];
        bool isLast = false;
        bool isCut = false;
        while (!_ended)
        {
            SglDescriptor? next = null;
            for (int i = 0; i < segment.Count && !_ended && _remaining > 0; i++)
            {
                next = Descriptor(segment[i], isLast, !isCut && i == segment.Count - 1);
            }

            if (_ended || _remaining == 0)
            {
                return;
            }

            if (next == null)
            {
                End(isCut ? StatusCode.DataTransferError : StatusCode.DataSglLengthInvalid);
                return;
            }

            isLast = next.Value.Identifier.Type == SglDescriptorType.LastSegment;
            segment = ReadSegment(next.Value, out isCut);
        }
    }

    /// <summary>Takes one descriptor; returns it where it leads to another segment.</summary>
    private SglDescriptor? Descriptor(SglDescriptor descriptor, bool isLastSegment, bool isAtEnd)
    {
        SglDescriptorType type = descriptor.Identifier.Type;
        bool isSegment = type is SglDescriptorType.Segment or SglDescriptorType.LastSegment;
        bool isData = type is SglDescriptorType.DataBlock or SglDescriptorType.BitBucket;
        UInt128 end = (UInt128)descriptor.Address + descriptor.LengthBytes;
        if (++_visited > DataMapper.DescriptorsMax)
        {
            End(StatusCode.InvalidNumberOfSglDescriptors);
        }
        else if ((!isSegment && !isData) || (byte)descriptor.Identifier.SubType != 0)
        {
            End(StatusCode.SglDescriptorTypeInvalid);
        }
        else if (isSegment && isLastSegment)
        {
            End(StatusCode.InvalidSglSegmentDescriptor);
        }
        else if (isSegment && !isAtEnd)
        {
            End(StatusCode.InvalidNumberOfSglDescriptors);
        }
        else if (isSegment && (descriptor.LengthBytes == 0 || descriptor.LengthBytes % 16 != 0 || descriptor.Address % 8 != 0))
        {
            End(StatusCode.InvalidSglSegmentDescriptor);
        }
        else if (type != SglDescriptorType.BitBucket && end > (UInt128)1 << 64)
        {
            End(StatusCode.DataSglLengthInvalid);
        }
        else if (isSegment)
        {
            return descriptor;
        }
        else if (type == SglDescriptorType.DataBlock)
        {
            Data(descriptor.Address, Math.Min(_remaining, descriptor.LengthBytes));
        }
        else if (direction == DataDirection.ControllerToHost)
        {
            ulong dropped = Math.Min(_remaining, descriptor.LengthBytes);
            _ranges.Add(new Range(0, dropped, true));
            _remaining -= dropped;
        }

        return null;
    }

    private List<SglDescriptor> ReadSegment(SglDescriptor descriptor, out bool isCut)
    {
        isCut = false;
        List<SglDescriptor> segment = [];
        for (ulong offset = 0; offset < descriptor.LengthBytes && segment.Count <= DataMapper.DescriptorsMax; offset += 16)
        {
            bool isWhole = TryRead(descriptor.Address + offset, 8, out ulong low);
            isWhole &= TryRead(descriptor.Address + offset + 8, 8, out ulong high);
            if (!isWhole)
            {
                // The mapper may find it before it has used what comes in front.
                Acceptable.Add(StatusCode.DataTransferError);
                isCut = true;
                break;
            }

            segment.Add(new SglDescriptor { Address = low, LengthBytes = (uint)high, Identifier = new SglIdentifier((byte)(high >> 56)) });
        }

        return segment;
    }

    private void Data(ulong address, ulong lengthBytes)
    {
        _ranges.Add(new Range(address, lengthBytes, false));
        _remaining -= lengthBytes;
    }

    private void End(StatusCode code)
    {
        Acceptable.Add(code);
        _ended = true;
    }

    /// <summary>Joins neighbours, cuts at regions. False where any byte is out of reach; that is then acceptable, and success is not.</summary>
    private bool MakeSegments()
    {
        HostAccess access = direction == DataDirection.HostToController ? HostAccess.Read : HostAccess.Write;
        int lastRegion = -1;
        foreach (Range range in _ranges)
        {
            ulong left = range.LengthBytes;
            ulong address = range.Address;
            while (left > 0)
            {
                int region = range.IsBitBucket ? -2 : RegionOf(address, access);
                if (region == -1)
                {
                    Acceptable.Add(StatusCode.DataTransferError);
                    return false;
                }

                ulong room = range.IsBitBucket ? left : memory.Map.Regions[region].Last - address;
                ulong piece = room >= left - 1 ? left : room + 1;
                Append(address, piece, region, lastRegion);
                lastRegion = region;
                address += piece;
                left -= piece;
            }
        }

        return true;
    }

    private unsafe void Append(ulong address, ulong lengthBytes, int region, int lastRegion)
    {
        bool isBitBucket = region == -2;
        if (Segments.Count > 0 && region == lastRegion)
        {
            (ulong lastAddress, ulong lastBytes, HostMemoryKind lastKind) = Segments[^1];
            if (isBitBucket || (lastAddress + lastBytes == address && address != 0))
            {
                Segments[^1] = (lastAddress, lastBytes + lengthBytes, lastKind);
                return;
            }
        }

        HostMemoryKind kind = isBitBucket ? HostMemoryKind.None
            : memory.Map.Regions[region].Pointer != null ? HostMemoryKind.Direct : HostMemoryKind.Dma;
        Segments.Add((address, lengthBytes, kind));
    }

    private int RegionOf(ulong address, HostAccess access)
    {
        ReadOnlySpan<HostMemoryRegion> regions = memory.Map.Regions;
        for (int i = 0; i < regions.Length; i++)
        {
            if (address >= regions[i].Address && address <= regions[i].Last)
            {
                return (regions[i].Access & access) != 0 ? i : -1;
            }
        }

        return -1;
    }

    private bool TryRead(ulong address, int count, out ulong value)
    {
        value = 0;
        for (int i = 0; i < count; i++)
        {
            ulong place = address + (ulong)i;
            if (RegionOf(place, HostAccess.Read) < 0)
            {
                return false;
            }

            value |= (ulong)memory.At<byte>(place) << (8 * i);
        }

        return true;
    }
}
