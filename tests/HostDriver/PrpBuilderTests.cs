using System.Buffers.Binary;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Xunit;

namespace Nvmepf.Tests.HostDriver;

public sealed class PrpBuilderTests : IDisposable
{
    private const int Page = 4096;
    private readonly DmaArena _arena = new(4 << 20);

    public void Dispose() => _arena.Dispose();

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(0, 4096, 1)]
    [InlineData(0, 4097, 2)]
    [InlineData(4095, 1, 1)]
    [InlineData(4095, 2, 2)]
    [InlineData(4092, 8192, 3)]
    [InlineData(0, 524288, 128)]
    [InlineData(4, 524288, 129)]
    public void Counts_the_pages_that_a_transfer_touches(int offset, int length, int pages) =>
        Assert.Equal(pages, PrpBuilder.PageCount(offset, length, Page));

    [Fact]
    public void One_page_needs_no_second_entry() =>
        Assert.Equal(new PrpPair(0x1000_0200, 0), PrpBuilder.Contiguous(0x1000_0200, 512, Page, default));

    [Fact]
    public void Two_pages_are_the_two_entries() =>
        Assert.Equal(new PrpPair(0x1000_0E00, 0x1000_1000), PrpBuilder.Contiguous(0x1000_0E00, 1024, Page, default));

    [Theory]
    [InlineData(0, 3)]
    [InlineData(0, 129)]
    [InlineData(4080, 3)]
    [InlineData(4088, 3)]
    [InlineData(4088, 129)]
    [InlineData(2048, 700)]
    [InlineData(0, 1100)]
    [InlineData(4080, 513)]
    [InlineData(0, 513)]
    [InlineData(0, 514)]
    public void Lists_lead_to_every_page_in_order_wherever_they_start(int listOffset, int pageCount)
    {
        ulong[] pages = new ulong[pageCount];
        for (int i = 0; i < pageCount; i++)
        {
            pages[i] = 0x7_0000_0000 + (((ulong)i * 37 % 5003) * Page);
        }

        HostBuffer lists = _arena.Allocate(PrpBuilder.ListLengthBytes(pageCount, Page));
        PrpPair pair = PrpBuilder.Scattered(pages, 512, Page, lists, listOffset);
        Assert.Equal(pages[0] + 512, pair.Prp1);
        Assert.Equal(lists.Address + (ulong)listOffset, pair.Prp2);
        Assert.Equal(pages[1..], Walk(lists, pair.Prp2, pageCount - 1));
        _arena.Free(lists);
    }

    [Fact]
    public void A_list_that_ends_exactly_at_its_page_is_not_chained()
    {
        // 512 entries fill a page: 513 pages of data in all.
        HostBuffer lists = _arena.Allocate(3 * Page);
        _ = PrpBuilder.Contiguous(0, 513 * Page, Page, lists);
        Assert.Equal(512UL * Page, Entry(lists, 511));
        Assert.Equal(0UL, Entry(lists, 512));
        _ = PrpBuilder.Contiguous(0, 514 * Page, Page, lists);
        Assert.Equal(lists.Address + Page, Entry(lists, 511));
        Assert.Equal(512UL * Page, Entry(lists, 512));
        Assert.Equal(513UL * Page, Entry(lists, 513));
    }

    [Fact]
    public void Larger_memory_pages_have_larger_lists()
    {
        HostBuffer lists = _arena.Allocate(3 * 8192, 8192);
        PrpPair pair = PrpBuilder.Contiguous(0x10_0000, 4 * 8192, 8192, lists);
        Assert.Equal(0x10_0000UL, pair.Prp1);
        Assert.Equal(0x10_2000UL, Entry(lists, 0));
        Assert.Equal(0x10_6000UL, Entry(lists, 2));
    }

    /// <summary>
    /// The rule of NVMe Base 2.1 section 4.3.1, walked apart from the builder: the last slot of a page chains while more than one entry is
    /// due.
    /// </summary>
    private static List<ulong> Walk(HostBuffer lists, ulong address, int entries)
    {
        var found = new List<ulong>();
        while (found.Count < entries)
        {
            ulong value = BinaryPrimitives.ReadUInt64LittleEndian(lists.Bytes[(int)(address - lists.Address)..]);
            bool lastSlot = (address & (Page - 1)) == Page - 8;
            if (lastSlot && entries - found.Count > 1)
            {
                Assert.Equal(0UL, value % Page);
                address = value;
                continue;
            }

            found.Add(value);
            address += 8;
        }

        return found;
    }

    private static ulong Entry(HostBuffer lists, int index) => BinaryPrimitives.ReadUInt64LittleEndian(lists.Bytes[(8 * index)..]);
}
