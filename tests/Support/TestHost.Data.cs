// Host memory for data, and the data pointers that describe it.
using Nvmepf.Spec;

namespace Nvmepf.Tests.Support;

public sealed unsafe partial class TestHost
{
    private ulong _nextFree;

    /// <summary>Zeroed host memory; lives as long as the host, unless <see cref="FreeFrom"/> takes it back.</summary>
    public ulong Allocate(long lengthBytes, ulong alignmentBytes = 4096)
    {
        ulong address = (_nextFree + alignmentBytes - 1) & ~(alignmentBytes - 1);
        if (address + (ulong)lengthBytes > _options.MemoryAddress + _options.MemoryLengthBytes)
        {
            throw new InvalidOperationException("the test host is out of memory; give it more in its options, or free with FreeFrom");
        }

        _nextFree = address + (ulong)lengthBytes;
        Memory.Bytes(address, (int)lengthBytes).Clear();
        return address;
    }

    /// <summary>Takes back everything that was allocated from an address on.</summary>
    public void FreeFrom(ulong address) => _nextFree = address;

    /// <summary>
    /// Describes contiguous host memory by PRPs; writes a list where one is needed, chained at page ends. The list is allocated, at
    /// <paramref name="listOffsetBytes"/> into its page.
    /// </summary>
    public void SetPrps(ref SubmissionQueueEntry entry, ulong address, int lengthBytes, uint listOffsetBytes = 0)
    {
        entry.Cdw0 = entry.Cdw0 with { PrpOrSgl = PrpOrSgl.Prp };
        entry.Prp1 = address;
        entry.Prp2 = 0;
        long left = lengthBytes - (long)(PageBytes - (address & (PageBytes - 1)));
        ulong page = (address & ~((ulong)PageBytes - 1)) + PageBytes;
        if (left > PageBytes)
        {
            entry.Prp2 = WritePrpList(page, left, listOffsetBytes);
        }
        else if (left > 0)
        {
            entry.Prp2 = page;
        }
    }

    /// <summary>Describes contiguous host memory by one data block in the entry.</summary>
    public static void SetSgl(ref SubmissionQueueEntry entry, ulong address, uint lengthBytes)
    {
        entry.Cdw0 = entry.Cdw0 with { PrpOrSgl = PrpOrSgl.SglWithMetadataBuffer };
        entry.Sgl1 = Descriptor(SglDescriptorType.DataBlock, address, lengthBytes);
    }

    /// <summary>Describes data by one last segment of descriptors, which is allocated and written.</summary>
    public void SetSgl(ref SubmissionQueueEntry entry, ReadOnlySpan<SglDescriptor> descriptors)
    {
        ulong segment = Allocate((long)descriptors.Length * SglDescriptor.SizeBytes, 16);
        for (int i = 0; i < descriptors.Length; i++)
        {
            Memory.At<SglDescriptor>(segment + (ulong)(i * SglDescriptor.SizeBytes)) = descriptors[i];
        }

        entry.Cdw0 = entry.Cdw0 with { PrpOrSgl = PrpOrSgl.SglWithMetadataBuffer };
        entry.Sgl1 = Descriptor(SglDescriptorType.LastSegment, segment, (uint)(descriptors.Length * SglDescriptor.SizeBytes));
    }

    public static SglDescriptor Descriptor(SglDescriptorType type, ulong address, uint lengthBytes) => new()
    {
        Address = address,
        LengthBytes = lengthBytes,
        Identifier = new SglIdentifier { Type = type },
    };

    private ulong WritePrpList(ulong firstPage, long lengthBytes, uint listOffsetBytes)
    {
        ulong list = Allocate(PageBytes, PageBytes) + listOffsetBytes;
        ulong slot = list;
        ulong page = firstPage;
        for (long left = lengthBytes; left > 0; left -= PageBytes)
        {
            bool isLastSlot = ((slot + PrpEntry.SizeBytes) & (PageBytes - 1)) == 0;
            if (isLastSlot && left > PageBytes)
            {
                ulong next = Allocate(PageBytes, PageBytes);
                Memory.At<ulong>(slot) = next;
                slot = next;
            }

            Memory.At<ulong>(slot) = page;
            slot += PrpEntry.SizeBytes;
            page += PageBytes;
        }

        return list;
    }
}
