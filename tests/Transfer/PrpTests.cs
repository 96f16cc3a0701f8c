using Nvmepf.Firmware.Commands;
using Nvmepf.Hal;
using Nvmepf.Spec;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Transfer;

/// <summary>PRP entries and lists, case by case (NVMe Base 2.1, 4.3.1).</summary>
public sealed unsafe class PrpTests : IDisposable
{
    private const ulong Base = 0x1000_0000;
    private const ulong List = Base + 0x80_0000;
    private const ulong Unmapped = 0x9000_0000;

    private readonly TransferRig _rig = new();

    public PrpTests() => _rig.Memory.InstallMapped(Base, 16 * 1024 * 1024, isDirect: true);

    public void Dispose() => _rig.Dispose();

    private static SubmissionQueueEntry Entry(ulong prp1, ulong prp2 = 0) => new() { Prp1 = prp1, Prp2 = prp2 };

    private Status Map(ulong prp1, ulong prp2, uint lengthBytes) =>
        _rig.Map(Entry(prp1, prp2), DataDirection.ControllerToHost, lengthBytes);

    private void WriteList(ulong address, params ulong[] entries)
    {
        for (int i = 0; i < entries.Length; i++)
        {
            _rig.Memory.At<ulong>(address + (ulong)(8 * i)) = entries[i];
        }
    }

    private void AssertSegments(params (ulong Address, ulong LengthBytes)[] expected)
    {
        Assert.Equal(expected.Length, _rig.Segments.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            HostSegment segment = _rig.Segments[i];
            Assert.Equal(expected[i], (segment.HostAddress, segment.LengthBytes));
            Assert.True(segment.Local == _rig.Memory.Pointer(segment.HostAddress, segment.LengthBytes));
        }

        Assert.True((_rig.Slot.Flags & CommandFlags.AllDirect) != 0);
    }

    [Theory]
    [InlineData(0, 4096)]
    [InlineData(0, 512)]
    [InlineData(4, 4092)]
    [InlineData(4092, 4)]
    [InlineData(2048, 16)]
    [InlineData(0, 1)]
    public void One_page_is_one_segment(uint offset, uint lengthBytes)
    {
        Assert.True(Map(Base + offset, Unmapped + 3, lengthBytes).IsSuccess); // PRP2 is reserved here, so nobody looks at it
        AssertSegments((Base + offset, lengthBytes));
    }

    [Fact]
    public void Two_pages_apart_are_two_segments()
    {
        Assert.True(Map(Base + 512, Base + 0x5000, 8192 - 512).IsSuccess);
        AssertSegments((Base + 512, 4096 - 512), (Base + 0x5000, 4096));
    }

    [Fact]
    public void Two_neighbouring_pages_are_one_segment()
    {
        Assert.True(Map(Base + 512, Base + 0x1000, 8192 - 512).IsSuccess);
        AssertSegments((Base + 512, 8192 - 512));
    }

    [Fact]
    public void A_list_joins_neighbours_and_ends_inside_a_page()
    {
        WriteList(List, Base + 0x1000, Base + 0x2000, Base + 0x8000, Base + 0x7000);
        Assert.True(Map(Base + 8, List, (4096 * 5) - 8 - 100).IsSuccess);
        AssertSegments((Base + 8, (4096 * 3) - 8), (Base + 0x8000, 4096), (Base + 0x7000, 4096 - 100));
    }

    [Fact]
    public void A_list_may_begin_inside_a_page()
    {
        WriteList(List + 256, Base + 0x3000, Base + 0x5000);
        Assert.True(Map(Base, List + 256, 4096 * 3).IsSuccess);
        AssertSegments((Base, 4096), (Base + 0x3000, 4096), (Base + 0x5000, 4096));
    }

    [Fact]
    public void The_last_entry_of_a_page_points_to_the_next_list_page()
    {
        WriteList(List + 4096 - 16, Base + 0x3000, List + 0x4000);
        WriteList(List + 0x4000, Base + 0x5000, Base + 0x7000);
        Assert.True(Map(Base, List + 4096 - 16, 4096 * 4).IsSuccess);
        AssertSegments((Base, 4096), (Base + 0x3000, 4096), (Base + 0x5000, 4096), (Base + 0x7000, 4096));
    }

    [Fact]
    public void The_last_entry_of_a_page_is_data_where_one_page_of_data_is_left()
    {
        WriteList(List + 4096 - 16, Base + 0x3000, Base + 0x5000);
        Assert.True(Map(Base, List + 4096 - 16, 4096 * 3).IsSuccess);
        AssertSegments((Base, 4096), (Base + 0x3000, 4096), (Base + 0x5000, 4096));
    }

    [Fact]
    public void A_list_that_begins_with_the_last_entry_of_its_page_is_a_chain_at_once()
    {
        WriteList(List + 4096 - 8, List + 0x4000);
        WriteList(List + 0x4000, Base + 0x5000, Base + 0x7000);
        Assert.True(Map(Base, List + 4096 - 8, 4096 * 3).IsSuccess);
        AssertSegments((Base, 4096), (Base + 0x5000, 4096), (Base + 0x7000, 4096));
    }

    [Theory]
    [InlineData(0, 512)] // one list page is just enough
    [InlineData(16, 509)] // two entries less, and the last one becomes the chain
    [InlineData(4080, 1)]
    public void Two_mebibytes_of_scattered_pages_fit_one_list_page_or_are_chained(uint listOffset, int entriesInFirstPage)
    {
        const int Entries = 512;
        ulong list = List + listOffset;
        for (int i = 0; i < Entries; i++)
        {
            if (i == entriesInFirstPage)
            {
                _rig.Memory.At<ulong>(list) = List + 0x4000;
                list = List + 0x4000;
            }

            _rig.Memory.At<ulong>(list) = Base + 0x10_0000 + ((ulong)i * 0x2000);
            list += 8;
        }

        Assert.True(Map(Base + 8, List + listOffset, (4096 * (Entries + 1)) - 8).IsSuccess);
        Assert.Equal(Entries + 1, _rig.Segments.Length);
        for (int i = 0; i < Entries; i++)
        {
            Assert.Equal(Base + 0x10_0000 + ((ulong)i * 0x2000), _rig.Segments[i + 1].HostAddress);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Larger_memory_pages_are_honoured(int memoryPageSize)
    {
        uint page = 4096u << memoryPageSize;
        _rig.Mapper.PageBytes = page;
        WriteList(List + page - 16, Base + (3 * page), List + (4 * page));
        WriteList(List + (4 * page), Base + (5 * page), Base + (7 * page));
        Assert.True(Map(Base + 4096, List + page - 16, (4 * page) - 4096 - 12).IsSuccess);
        AssertSegments((Base + 4096, page - 4096), (Base + (3 * page), page), (Base + (5 * page), page), (Base + (7 * page), page - 12));
        Assert.Equal(StatusCode.PrpOffsetInvalid, Map(Base, Base + (2 * page) + 4096, 2 * page).Code);
    }

    [Theory]
    [InlineData(1, 512)]
    [InlineData(2, 512)]
    [InlineData(3, 8192)]
    [InlineData(4094, 20000)]
    public void A_first_entry_that_is_not_dword_aligned_is_refused(uint offset, uint lengthBytes)
    {
        AssertRefused(StatusCode.PrpOffsetInvalid, 24, Map(Base + offset, Base + 0x1000, lengthBytes));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(2048)]
    public void A_second_page_with_an_offset_is_refused(uint offset) =>
        AssertRefused(StatusCode.PrpOffsetInvalid, 32, Map(Base, Base + 0x1000 + offset, 8192));

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(7)]
    public void A_list_pointer_that_is_not_qword_aligned_is_refused(uint offset) =>
        AssertRefused(StatusCode.PrpOffsetInvalid, 32, Map(Base, List + offset, 12288));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_list_entry_with_an_offset_is_refused(int position)
    {
        ulong[] entries = [Base + 0x1000, Base + 0x2000, Base + 0x3000];
        entries[position] += 4;
        WriteList(List, entries);
        AssertRefused(StatusCode.PrpOffsetInvalid, 32, Map(Base, List, 4 * 4096));
    }

    [Fact]
    public void A_chain_pointer_with_an_offset_is_refused()
    {
        WriteList(List + 4096 - 8, List + 0x4008);
        AssertRefused(StatusCode.PrpOffsetInvalid, 32, Map(Base, List + 4096 - 8, 12288));
    }

    [Fact]
    public void A_chain_that_points_to_itself_ends_with_the_data()
    {
        // Entries 0 to 510 are data, 511 is the page itself: each round describes 511 pages, so the walk is over after two.
        ulong[] entries = new ulong[512];
        Array.Fill(entries, List);
        WriteList(List, entries);
        Assert.True(Map(Base, List, 4096 * 600).IsSuccess);
    }

    [Theory]
    [InlineData(Unmapped, Base, 512, 0)]
    [InlineData(Unmapped, Base, 8192, 0)]
    [InlineData(Base, Unmapped, 8192, 0)]
    [InlineData(Base, Unmapped, 12288, 0)]
    [InlineData(Base, List, 12288, Unmapped)]
    [InlineData(ulong.MaxValue - 4095, Base, 4096, 0)]
    public void Memory_that_is_not_there_is_a_data_transfer_error_that_may_be_retried(ulong prp1, ulong prp2, uint lengthBytes, ulong secondEntry)
    {
        WriteList(List, Base + 0x1000, secondEntry);
        Status status = Map(prp1, prp2, lengthBytes);
        Assert.Equal(StatusCode.DataTransferError, status.Code);
        Assert.False(status.DoNotRetry);
    }

    [Fact]
    public void Access_rights_are_honoured()
    {
        _rig.Memory.InstallMapped(0x4000_0000, 0x4000, isDirect: true, HostAccess.Read);
        _rig.Memory.InstallMapped(0x5000_0000, 0x4000, isDirect: true, HostAccess.Write);
        Assert.Equal(StatusCode.DataTransferError, _rig.Map(Entry(0x4000_0000), DataDirection.ControllerToHost, 512).Code);
        Assert.Equal(StatusCode.DataTransferError, _rig.Map(Entry(0x5000_0000), DataDirection.HostToController, 512).Code);
        Assert.True(_rig.Map(Entry(0x4000_0000), DataDirection.HostToController, 512).IsSuccess);
        Assert.True(_rig.Map(Entry(0x5000_0000), DataDirection.ControllerToHost, 512).IsSuccess);
        Assert.Equal(StatusCode.DataTransferError, _rig.Map(Entry(Base, 0x5000_0000), DataDirection.ControllerToHost, 12288).Code);
    }

    [Fact]
    public void Address_zero_and_the_end_of_the_address_space_are_addresses_like_any_other()
    {
        const ulong Top = ulong.MaxValue - 0xFFFF;
        _rig.Memory.InstallMapped(0, 0x4000, isDirect: true);
        _rig.Memory.InstallMapped(Top, 0x1_0000, isDirect: true);
        Assert.True(Map(0, 0, 4096).IsSuccess);
        AssertSegments((0, 4096));
        Assert.True(Map(ulong.MaxValue - 4095, 0, 8192).IsSuccess);
        AssertSegments((ulong.MaxValue - 4095, 4096), (0, 4096));
        WriteList(List, ulong.MaxValue - 4095, 0);
        Assert.True(Map(ulong.MaxValue - 8191, List, 12288).IsSuccess);
        AssertSegments((ulong.MaxValue - 8191, 8192), (0, 4096));
    }

    [Fact]
    public void A_page_that_crosses_regions_is_split()
    {
        _rig.Memory.Install(0x4000_0000, 0x4000);
        _rig.Memory.MapRange(0x4000_0000, 0x800, isDirect: true);
        _rig.Memory.MapRange(0x4000_0800, 0x100, isDirect: false);
        _rig.Memory.MapRange(0x4000_0900, 0x3700, isDirect: true);
        Assert.True(Map(0x4000_0000, 0, 4096).IsSuccess);
        Assert.Equal(3, _rig.Segments.Length);
        Assert.True(_rig.Segments[1].Local == null && _rig.Segments[1].HostAddress == 0x4000_0800 && _rig.Segments[1].LengthBytes == 0x100);
        Assert.True((_rig.Slot.Flags & CommandFlags.AllDirect) == 0);
    }

    [Fact]
    public void The_all_direct_flag_of_the_command_before_does_not_stay()
    {
        _rig.Memory.InstallMapped(0x4000_0000, 0x4000, isDirect: false);
        _rig.Prepare(Entry(0x4000_0000), DataDirection.ControllerToHost, 4096);
        _rig.Slot.Flags = CommandFlags.AllDirect | CommandFlags.HoldsCredit;
        Assert.True(_rig.Map().IsSuccess);
        Assert.Equal(CommandFlags.HoldsCredit, _rig.Slot.Flags);
    }

    private void AssertRefused(StatusCode expected, byte errorByte, Status status)
    {
        Assert.Equal(expected, status.Code);
        Assert.True(status.DoNotRetry);
        Assert.Equal(errorByte, _rig.Slot.ErrorByte);
    }
}
