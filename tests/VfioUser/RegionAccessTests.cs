using Nvmepf.Hal.Linux;
using Nvmepf.Hal.VfioUser;
using Xunit;

namespace Nvmepf.Tests.VfioUser;

public sealed unsafe class RegionAccessTests
{
    [Theory]
    [InlineData(0u, 4u)]
    [InlineData(0u, 8u)]
    [InlineData(1u, 1u)]
    [InlineData(2u, 2u)]
    [InlineData(3u, 7u)]
    [InlineData(0x1cu, 4u)]
    [InlineData(0xffcu, 8u)]
    [InlineData(0u, 0x1000u)]
    [InlineData(0x3ffcu, 4u)]
    [InlineData(0u, 0x4000u)]
    public void Reads_of_BAR_0_are_copies_of_its_memory(uint offset, uint count)
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        for (uint at = 0; at < 0x1000; at += 4)
        {
            *rig.Platform.Bar0.Word32(at) = 0x9e3779b9 * (at + 1);
        }

        byte[] expected = new ReadOnlySpan<byte>((byte*)rig.Platform.Bar0.Base + offset, (int)count).ToArray();
        Assert.Equal(expected, client.ReadRegion(0, offset, count));
    }

    [Theory]
    [InlineData(0u, 0x4000u, 1u)]
    [InlineData(0u, 0x3ffdu, 4u)]
    [InlineData(0u, 0ul, 0x4001u)]
    [InlineData(0u, ulong.MaxValue, 1u)]
    [InlineData(0u, ulong.MaxValue - 3, 8u)]
    [InlineData(0u, 0ul, uint.MaxValue)]
    [InlineData(1u, 0ul, 4u)]
    [InlineData(6u, 0ul, 4u)]
    [InlineData(7u, 0x1000ul, 1u)]
    [InlineData(7u, 0xffdul, 4u)]
    [InlineData(8u, 0ul, 4u)]
    [InlineData(9u, 0ul, 4u)]
    [InlineData(uint.MaxValue, 0ul, 4u)]
    public void Accesses_outside_a_region_are_refused(uint region, ulong offset, uint count)
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.RegionRead, RawClient.Access(region, offset, count));
        byte[] data = new byte[Math.Min(count, 0x8000u)];
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.RegionWrite, RawClient.Access(region, offset, count, data));
        Assert.Empty(rig.Handler.Writes);
    }

    [Fact]
    public void The_count_of_a_write_is_the_length_of_its_data()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.RegionWrite, RawClient.Access(0, 0x14, 4, 1, 2, 3));
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.RegionWrite, RawClient.Access(0, 0x14, 4, 1, 2, 3, 4, 5));
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.RegionWrite, RawClient.Access(0, 0x14, 4).AsSpan(0, 15));
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.RegionRead, RawClient.Access(0, 0x14, 4).AsSpan(0, 15));
        Assert.Empty(rig.Handler.Writes);
    }

    [Theory]
    [InlineData(0x14u, 1, 0x12ul)]
    [InlineData(0x14u, 2, 0x3412ul)]
    [InlineData(0x14u, 4, 0x78563412ul)]
    [InlineData(0x28u, 8, 0xf0debc9a78563412ul)]
    [InlineData(0x15u, 4, 0x78563412ul)]
    [InlineData(0xff8u, 8, 0xf0debc9a78563412ul)]
    public void Register_writes_go_to_the_firmware_and_nowhere_else(uint offset, int width, ulong value)
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        byte[] data = [0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0];
        client.WriteRegion(0, offset, data[..width]);
        Assert.Equal((offset, value, width), Assert.Single(rig.Handler.Writes));
        Assert.All(client.ReadRegion(0, 0, 0x1000), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Writes_of_other_lengths_are_cut_into_aligned_pieces()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        client.WriteRegion(0, 0x21, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        Assert.Equal(
            [
                (0x21u, 0x01ul, 1),
                (0x22u, 0x0302ul, 2),
                (0x24u, 0x07060504ul, 4),
                (0x28u, 0x0f0e0d0c0b0a0908ul, 8),
            ],
            rig.Handler.Writes);
    }

    [Fact]
    public void A_write_across_the_border_of_registers_and_doorbells_does_both()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        client.WriteRegion(0, 0xffc, 1, 0, 0, 0, 2, 0, 0, 0);
        Assert.Equal((0xffcu, 1ul, 4), Assert.Single(rig.Handler.Writes));
        Assert.Equal(2u, *rig.Platform.Bar0.Word32(0x1000));
    }

    [Fact]
    public void Doorbells_by_message_are_32_bit_stores()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        client.WriteRegion(0, 0x1004, 5, 1, 0, 0);
        client.WriteRegion(0, 0x1008, 6, 0, 0, 0, 7, 0, 0, 0);
        client.WriteRegion(0, 0x1ffc, 8, 0, 0, 0);
        Assert.Equal(0x105u, *rig.Platform.Bar0.Word32(0x1004));
        Assert.Equal(6u, *rig.Platform.Bar0.Word32(0x1008));
        Assert.Equal(7u, *rig.Platform.Bar0.Word32(0x100c));
        Assert.Equal(8u, *rig.Platform.Bar0.Word32(0x1ffc));

        // Narrower ones are undefined by the standard, and dropped.
        client.WriteRegion(0, 0x1004, 0xff);
        client.WriteRegion(0, 0x1006, 0xff, 0xff);
        client.WriteRegion(0, 0x1005, 0xff, 0xff);
        Assert.Equal(0x105u, *rig.Platform.Bar0.Word32(0x1004));
        Assert.Empty(rig.Handler.Writes);
    }

    [Fact]
    public void The_MSI_X_table_keeps_what_entries_have_and_begins_masked()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0], client.ReadRegion(0, 0x2000, 16));
        client.WriteRegion(0, 0x2010, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
        client.WriteRegion(0, 0x2018, 0xff, 0xff, 0xff, 0xff);
        client.WriteRegion(0, 0x201c, 0xfe, 0xff, 0xff, 0xff);
        Assert.Equal(
            [0xfc, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0], client.ReadRegion(0, 0x2010, 16));

        // Behind the last vector there is nothing, and pending bits cannot be written.
        client.WriteRegion(0, 0x2000 + (16 * Rig.Vectors), 0xff, 0xff, 0xff, 0xff);
        client.WriteRegion(0, 0x3000, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
        Assert.Equal([0, 0, 0, 0], client.ReadRegion(0, 0x2000 + (16 * Rig.Vectors), 4));
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0], client.ReadRegion(0, 0x3000, 8));
    }

    [Fact]
    public void A_write_of_the_whole_BAR_is_bounded_and_harmless()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        client.WriteRegion(0, 0, new byte[0x4000]);
        Assert.Equal(0x1000 / 8, rig.Handler.WriteCount);
    }

    [Fact]
    public void Configuration_space_is_read_at_once_and_written_in_any_width()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        byte[] all = client.ReadRegion(7, 0, 4096);
        Assert.Equal([0x96, 0x1b, 0xef, 0xbe], all[..4]);
        Assert.Equal([0x02, 0x02, 0x08, 0x01], all[8..12]);
        client.WriteRegion(7, 0x10, 0xff, 0xff, 0xff, 0xff);
        Assert.Equal([0x04, 0xc0, 0xff, 0xff], client.ReadRegion(7, 0x10, 4));
        Assert.False(rig.Platform.IsBusMasterEnabled);
        client.WriteRegion(7, 0x04, 0x06, 0x04);
        Assert.True(rig.Platform.IsBusMasterEnabled);
        client.WriteRegion(7, 0x30, 0x00, 0xf8, 0xff, 0xff);
        Assert.Equal([0, 0, 0, 0], client.ReadRegion(7, 0x30, 4));
        Assert.Empty(rig.Handler.Writes);
    }

    [Fact]
    public void A_new_client_finds_configuration_space_as_after_a_reset()
    {
        using Rig rig = new();
        RawClient first = rig.ConnectNegotiated();
        first.WriteRegion(7, 0x04, 0x06, 0x04);
        first.Close();
        using RawClient second = rig.ConnectNegotiated();
        Assert.Equal([0, 0], second.ReadRegion(7, 0x04, 2));
    }

    [Fact]
    public void Nothing_is_read_or_written_by_an_access_of_no_bytes()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        Assert.Empty(client.ReadRegion(0, 0, 0));
        client.WriteRegion(0, 0x14);
        Assert.Empty(rig.Handler.Writes);
    }

    [Fact]
    public void Many_writes_in_one_message_are_done_in_order()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        byte[] payload =
        [
            .. BitConverter.GetBytes(3ul),
            .. RawClient.Bytes(new RegionMultiWrite { OffsetBytes = 0x1000, CountBytes = 4, Data = 0xffffffff00000009 }),
            .. RawClient.Bytes(new RegionMultiWrite { OffsetBytes = 0x24, CountBytes = 4, Data = 0x00ff00ff }),
            .. RawClient.Bytes(new RegionMultiWrite { OffsetBytes = 0x28, CountBytes = 8, Data = 0x123456789000 }),
        ];
        ServerMessage reply = client.RequestDone(ProtocolCommand.RegionWriteMulti, payload);
        Assert.Equal(3ul, reply.Read<ulong>());
        Assert.Equal(8, reply.Payload.Length);
        Assert.Equal([(0x24u, 0x00ff00fful, 4), (0x28u, 0x123456789000ul, 8)], rig.Handler.Writes);
        Assert.Equal(9u, *rig.Platform.Bar0.Word32(0x1000));
        Assert.Equal(0u, *rig.Platform.Bar0.Word32(0x1004));
    }

    [Fact]
    public void Of_many_writes_with_a_bad_one_none_is_done()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        byte[] good = RawClient.Bytes(new RegionMultiWrite { OffsetBytes = 0x24, CountBytes = 4, Data = 1 });
        byte[] tooLong = RawClient.Bytes(new RegionMultiWrite { OffsetBytes = 0x24, CountBytes = 9 });
        byte[] outside = RawClient.Bytes(new RegionMultiWrite { OffsetBytes = 0x4000, CountBytes = 1 });
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.RegionWriteMulti, [.. BitConverter.GetBytes(2ul), .. good, .. tooLong]);
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.RegionWriteMulti, [.. BitConverter.GetBytes(2ul), .. good, .. outside]);
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.RegionWriteMulti, [.. BitConverter.GetBytes(2ul), .. good]);
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.RegionWriteMulti, [.. BitConverter.GetBytes(ulong.MaxValue), .. good]);
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.RegionWriteMulti, [.. BitConverter.GetBytes(1ul << 61), .. good]);
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.RegionWriteMulti, [1, 0, 0, 0]);
        Assert.Empty(rig.Handler.Writes);
    }
}
