using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Transfer;
using Nvmepf.Hal;
using Nvmepf.Spec;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Transfer;

/// <summary>SGL descriptors and segments, case by case (NVMe Base 2.1, 4.3.2).</summary>
public sealed unsafe class SglTests : IDisposable
{
    private const ulong Base = 0x1000_0000;
    private const ulong List = Base + 0x80_0000;

    private readonly TransferRig _rig = new();

    public SglTests() => _rig.Memory.InstallMapped(Base, 16 * 1024 * 1024, isDirect: true);

    public void Dispose() => _rig.Dispose();

    private static SglDescriptor Block(ulong address, uint lengthBytes) => TestHost.Descriptor(SglDescriptorType.DataBlock, address, lengthBytes);

    private static SglDescriptor Bucket(uint lengthBytes) => TestHost.Descriptor(SglDescriptorType.BitBucket, 0xDEAD_BEEF_0000_0001, lengthBytes);

    private static SglDescriptor Segment(ulong address, int descriptors) =>
        TestHost.Descriptor(SglDescriptorType.Segment, address, (uint)descriptors * 16);

    private static SglDescriptor Last(ulong address, int descriptors) =>
        TestHost.Descriptor(SglDescriptorType.LastSegment, address, (uint)descriptors * 16);

    private static SubmissionQueueEntry Entry(SglDescriptor descriptor, PrpOrSgl kind = PrpOrSgl.SglWithMetadataBuffer) =>
        new() { Cdw0 = new CommandDword0 { PrpOrSgl = kind }, Sgl1 = descriptor };

    private Status Map(SglDescriptor descriptor, uint lengthBytes, DataDirection direction = DataDirection.ControllerToHost) =>
        _rig.Map(Entry(descriptor), direction, lengthBytes);

    private void Write(ulong address, params SglDescriptor[] descriptors)
    {
        for (int i = 0; i < descriptors.Length; i++)
        {
            _rig.Memory.At<SglDescriptor>(address + (ulong)(16 * i)) = descriptors[i];
        }
    }

    private void AssertSegments(params (ulong Address, ulong LengthBytes)[] expected)
    {
        Assert.Equal(expected.Length, _rig.Segments.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            HostSegment segment = _rig.Segments[i];
            Assert.Equal(expected[i], (segment.HostAddress, segment.LengthBytes));
            bool isBitBucket = segment.HostAddress == 0;
            Assert.True(segment.Local == (isBitBucket ? DataMapper.BitBucket : _rig.Memory.Pointer(segment.HostAddress, segment.LengthBytes)));
        }
    }

    [Theory]
    [InlineData(PrpOrSgl.SglWithMetadataBuffer)]
    [InlineData(PrpOrSgl.SglWithMetadataSgl)]
    public void A_data_block_in_the_entry_may_lie_anywhere(PrpOrSgl kind)
    {
        Assert.True(_rig.Map(Entry(Block(Base + 3, 99_999), kind), DataDirection.HostToController, 99_999).IsSuccess);
        AssertSegments((Base + 3, 99_999));
        Assert.True((_rig.Slot.Flags & CommandFlags.AllDirect) != 0);
    }

    [Fact]
    public void A_data_block_may_be_longer_than_the_data()
    {
        Assert.True(Map(Block(Base, uint.MaxValue), 512).IsSuccess);
        AssertSegments((Base, 512));
    }

    [Fact]
    public void A_last_segment_of_blocks_is_followed_and_neighbours_are_joined()
    {
        Write(List, Block(Base, 512), Block(Base + 512, 512), Block(Base + 4096, 1), Block(Base + 7777, 1023));
        Assert.True(Map(Last(List, 4), 2048).IsSuccess);
        AssertSegments((Base, 1024), (Base + 4096, 1), (Base + 7777, 1023));
    }

    [Fact]
    public void Segments_are_chained()
    {
        Write(List, Block(Base, 512), Segment(List + 0x1008, 2));
        Write(List + 0x1008, Block(Base + 0x3000, 512), Last(List + 0x2000, 1));
        Write(List + 0x2000, Block(Base + 0x6000, 512));
        Assert.True(Map(Segment(List, 2), 1536).IsSuccess);
        AssertSegments((Base, 512), (Base + 0x3000, 512), (Base + 0x6000, 512));
    }

    [Fact]
    public void A_segment_without_a_successor_is_a_last_one_whatever_it_was_called()
    {
        Write(List, Block(Base, 512));
        Assert.True(Map(Segment(List, 1), 512).IsSuccess);
        AssertSegments((Base, 512));
    }

    [Fact]
    public void A_segment_longer_than_the_list_page_is_read_in_chunks()
    {
        SglDescriptor[] blocks = new SglDescriptor[1000];
        for (int i = 0; i < blocks.Length; i++)
        {
            blocks[i] = Block(Base + ((ulong)i * 1024), 512);
        }

        Write(List, blocks);
        Assert.True(Map(Last(List, 1000), 512_000).IsSuccess);
        Assert.Equal(1000, _rig.Segments.Length);
        Assert.Equal(Base + (999 * 1024), _rig.Segments[999].HostAddress);
    }

    [Fact]
    public void Descriptors_of_length_zero_mean_nothing_wherever_they_point()
    {
        Write(List, Block(0x9000_0000, 0), default, Block(Base, 512), Bucket(0), Block(ulong.MaxValue, 0), Last(List + 0x1000, 2));
        Write(List + 0x1000, default, Block(Base + 512, 512));
        Assert.True(Map(Segment(List, 6), 1024).IsSuccess);
        AssertSegments((Base, 1024));
    }

    [Fact]
    public void A_bit_bucket_takes_bytes_of_a_read()
    {
        Write(List, Block(Base, 512), Bucket(100), Bucket(412), Block(Base + 512, 512));
        Assert.True(Map(Last(List, 4), 1536).IsSuccess);
        AssertSegments((Base, 512), (0, 512), (Base + 512, 512));
        Assert.True((_rig.Slot.Flags & CommandFlags.AllDirect) == 0);
    }

    [Fact]
    public void A_bit_bucket_in_the_entry_takes_all_bytes_of_a_read()
    {
        Assert.True(Map(Bucket(4096), 4096).IsSuccess);
        AssertSegments((0, 4096));
    }

    [Fact]
    public void A_bit_bucket_has_no_effect_in_a_write()
    {
        Write(List, Block(Base, 512), Bucket(512), Block(Base + 512, 512));
        Assert.True(Map(Last(List, 3), 1024, DataDirection.HostToController).IsSuccess);
        AssertSegments((Base, 1024));
        Assert.Equal(StatusCode.DataSglLengthInvalid, Map(Last(List, 3), 1536, DataDirection.HostToController).Code);
        Assert.Equal(StatusCode.DataSglLengthInvalid, Map(Bucket(512), 512, DataDirection.HostToController).Code);
    }

    [Fact]
    public void Descriptors_behind_the_last_byte_are_not_looked_at()
    {
        SglDescriptor nonsense = new() { Identifier = new SglIdentifier(0xFF) };
        Write(List, Block(Base, 512), nonsense, Segment(3, 1));
        Assert.True(Map(Last(List, 3), 512).IsSuccess);
    }

    [Theory]
    [InlineData(0x40)]
    [InlineData(0x50)]
    [InlineData(0x60)]
    [InlineData(0x70)]
    [InlineData(0xE0)]
    [InlineData(0xF0)]
    [InlineData(0x01)]
    [InlineData(0x02)]
    [InlineData(0x0A)]
    [InlineData(0x0F)]
    [InlineData(0x11)]
    [InlineData(0x21)]
    [InlineData(0x31)]
    public void Other_types_and_sub_types_are_refused_in_the_entry_and_in_a_segment(byte identifier)
    {
        SglDescriptor bad = new() { Address = Base, LengthBytes = 512, Identifier = new SglIdentifier(identifier) };
        AssertRefused(StatusCode.SglDescriptorTypeInvalid, Map(bad, 512));
        Write(List, Block(Base, 512), bad);
        AssertRefused(StatusCode.SglDescriptorTypeInvalid, Map(Last(List, 2), 1024));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(17)]
    [InlineData(4095)]
    public void A_segment_length_that_is_no_multiple_of_a_descriptor_is_refused(uint lengthBytes)
    {
        AssertRefused(StatusCode.InvalidSglSegmentDescriptor, Map(TestHost.Descriptor(SglDescriptorType.LastSegment, List, lengthBytes), 512));
        AssertRefused(StatusCode.InvalidSglSegmentDescriptor, Map(TestHost.Descriptor(SglDescriptorType.Segment, List, lengthBytes), 512));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void A_segment_that_is_not_qword_aligned_is_refused(uint offset) =>
        AssertRefused(StatusCode.InvalidSglSegmentDescriptor, Map(Last(List + offset, 1), 512));

    [Theory]
    [InlineData(SglDescriptorType.Segment)]
    [InlineData(SglDescriptorType.LastSegment)]
    public void A_segment_descriptor_inside_a_last_segment_is_refused(SglDescriptorType type)
    {
        Write(List, Block(Base, 512), TestHost.Descriptor(type, List, 16));
        AssertRefused(StatusCode.InvalidSglSegmentDescriptor, Map(Last(List, 2), 1024));
    }

    [Theory]
    [InlineData(SglDescriptorType.Segment)]
    [InlineData(SglDescriptorType.LastSegment)]
    public void A_segment_descriptor_before_the_end_of_its_segment_is_refused(SglDescriptorType type)
    {
        Write(List, TestHost.Descriptor(type, List + 0x1000, 16), Block(Base, 512));
        AssertRefused(StatusCode.InvalidNumberOfSglDescriptors, Map(Segment(List, 2), 512));
    }

    [Fact]
    public void A_segment_descriptor_that_ends_a_chunk_but_not_its_segment_is_refused()
    {
        SglDescriptor[] descriptors = new SglDescriptor[257];
        descriptors[255] = Last(List + 0x2000, 1);
        Write(List, descriptors);
        AssertRefused(StatusCode.InvalidNumberOfSglDescriptors, Map(Segment(List, 257), 512));
    }

    [Fact]
    public void An_sgl_that_is_too_short_is_refused()
    {
        Write(List, Block(Base, 512), Block(Base + 512, 511));
        AssertRefused(StatusCode.DataSglLengthInvalid, Map(Block(Base, 511), 512));
        AssertRefused(StatusCode.DataSglLengthInvalid, Map(default, 512));
        AssertRefused(StatusCode.DataSglLengthInvalid, Map(Last(List, 2), 1024));
        AssertRefused(StatusCode.DataSglLengthInvalid, Map(Segment(List, 2), 1024));
    }

    [Fact]
    public void Blocks_and_segments_that_wrap_around_the_address_space_are_refused()
    {
        const ulong Top = ulong.MaxValue - 0xFFF;
        _rig.Memory.InstallMapped(Top, 0x1000, isDirect: true);
        _rig.Memory.InstallMapped(0, 0x1000, isDirect: true);
        AssertRefused(StatusCode.DataSglLengthInvalid, Map(Block(Top, 0x1001), 0x1001));
        AssertRefused(StatusCode.DataSglLengthInvalid, Map(Block(Top, 0x1001), 512));
        AssertRefused(StatusCode.DataSglLengthInvalid, Map(Last(Top + 0xFF8, 1), 512));
        Write(List, Block(Top, 0x1000), Block(0, 0x1000));
        Assert.True(Map(Last(List, 2), 0x2000).IsSuccess);
        Assert.Equal(2, _rig.Segments.Length);
    }

    [Theory]
    [InlineData(SglDescriptorType.Segment, 1)]
    [InlineData(SglDescriptorType.Segment, 3)]
    public void A_segment_that_leads_to_itself_is_refused_after_a_bounded_walk(SglDescriptorType type, int descriptors)
    {
        SglDescriptor[] loop = new SglDescriptor[descriptors];
        loop[^1] = TestHost.Descriptor(type, List, (uint)descriptors * 16);
        Write(List, loop);

        // A walk without a bound would never come back to fail here: after a while the loop ends with something that is no descriptor.
        using Timer end = new(_ => Write(List + ((ulong)(descriptors - 1) * 16), new SglDescriptor()), null, TimeSpan.FromSeconds(10), Timeout.InfiniteTimeSpan);
        AssertRefused(StatusCode.InvalidNumberOfSglDescriptors, Map(loop[^1], 512));
        Assert.Equal(DataMapper.DescriptorsMax + 1, _rig.Slot.Walk.Visited);
    }

    [Fact]
    public void A_loop_with_data_in_it_ends_with_the_data()
    {
        Write(List, Block(Base, 512), Segment(List, 2));
        Assert.True(Map(Segment(List, 2), 512 * 100).IsSuccess);
        Assert.Equal(100, _rig.Segments.Length);
    }

    [Fact]
    public void An_endless_segment_in_memory_that_only_dma_reaches_is_bounded_too()
    {
        _rig.Memory.InstallMapped(0x4000_0000, 0x1000, isDirect: false);
        Write(0x4000_0000, Segment(0x4000_0000, 1));
        AssertRefused(StatusCode.InvalidNumberOfSglDescriptors, Map(Segment(0x4000_0000, 1), 512));
        Assert.InRange(_rig.Completions, 1, (int)DataMapper.DescriptorsMax);
    }

    [Theory]
    [InlineData(CommandSlot.SegmentsMax, true)]
    [InlineData(CommandSlot.SegmentsMax + 1, false)]
    public void More_pieces_than_one_operation_takes_are_refused(int pieces, bool isAccepted)
    {
        SglDescriptor[] blocks = new SglDescriptor[pieces];
        for (int i = 0; i < pieces; i++)
        {
            blocks[i] = Block(Base + ((ulong)i * 2), 1);
        }

        Write(List, blocks);
        Status status = Map(Last(List, pieces), (uint)pieces);
        Assert.Equal(isAccepted ? StatusCode.Success : StatusCode.InvalidNumberOfSglDescriptors, status.Code);
    }

    [Fact]
    public void Sgls_are_refused_on_the_admin_queue_and_so_is_the_reserved_kind()
    {
        Assert.Equal(StatusCode.InvalidField, _rig.Map(Entry(Block(Base, 512)), DataDirection.ControllerToHost, 512, submissionQueue: 0).Code);
        Assert.Equal((1, 6), (_rig.Slot.ErrorByte, _rig.Slot.ErrorBit));
        Assert.Equal(StatusCode.InvalidField, _rig.Map(Entry(Block(Base, 512), PrpOrSgl.Reserved), DataDirection.ControllerToHost, 512).Code);
    }

    [Fact]
    public void Memory_that_is_not_there_is_a_data_transfer_error_that_may_be_retried()
    {
        Write(List, Block(0x9000_0000, 512));
        foreach (SglDescriptor descriptor in new[] { Block(0x9000_0000, 512), Last(0x9000_0000, 1), Last(List, 1) })
        {
            Status status = Map(descriptor, 512);
            Assert.Equal(StatusCode.DataTransferError, status.Code);
            Assert.False(status.DoNotRetry);
        }
    }

    [Fact]
    public void A_segment_may_lie_across_regions_with_a_descriptor_on_the_border()
    {
        _rig.Memory.Install(0x4000_0000, 0x1000);
        _rig.Memory.MapRange(0x4000_0000, 0x18, isDirect: true);
        _rig.Memory.MapRange(0x4000_0018, 0x10, isDirect: false);
        _rig.Memory.MapRange(0x4000_0028, 0xFD8, isDirect: true);
        Write(0x4000_0000, Block(Base, 512), Block(Base + 0x1000, 512), Block(Base + 0x2000, 512));
        Assert.True(Map(Last(0x4000_0000, 3), 1536).IsSuccess);
        AssertSegments((Base, 512), (Base + 0x1000, 512), (Base + 0x2000, 512));
        Assert.Equal(1, _rig.Completions);
    }

    private void AssertRefused(StatusCode expected, Status status)
    {
        Assert.Equal(expected, status.Code);
        Assert.True(status.DoNotRetry);
        Assert.Equal(24, _rig.Slot.ErrorByte);
    }
}
