using System.Runtime.InteropServices;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;
using Xunit;

namespace Nvmepf.Tests.HostDriver;

public sealed class SglBuilderTests : IDisposable
{
    private readonly DmaArena _arena = new(4 << 20);

    public void Dispose() => _arena.Dispose();

    [Fact]
    public void Descriptors_have_the_standards_bytes()
    {
        SglDescriptor descriptor =
            SglBuilder.Descriptor(SglDescriptorType.LastSegment, 0x1122334455667788, 0xAABBCCDD, (SglDescriptorSubType)1);
        byte[] bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<SglDescriptor>(in descriptor)).ToArray();
        Assert.Equal("8877665544332211DDCCBBAA00000031", Convert.ToHexString(bytes));
    }

    [Fact]
    public void One_data_block_goes_into_the_command()
    {
        SglDescriptor built = SglBuilder.Build([SglBuilder.DataBlock(0x1000, 512)], default);
        Assert.Equal(SglDescriptorType.DataBlock, built.Identifier.Type);
        Assert.Equal(0x1000UL, built.Address);
    }

    [Fact]
    public void A_lone_bit_bucket_goes_into_a_segment()
    {
        HostBuffer memory = _arena.Allocate(4096);
        SglDescriptor built = SglBuilder.Build([SglBuilder.BitBucket(512)], memory);
        Assert.Equal(SglDescriptorType.LastSegment, built.Identifier.Type);
        Assert.Equal(16u, built.LengthBytes);
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(40, 2)]
    [InlineData(40, 3)]
    [InlineData(40, 39)]
    [InlineData(40, 40)]
    [InlineData(40, 41)]
    public void Segments_lead_to_every_piece_in_order(int pieceCount, int perSegment)
    {
        HostBuffer memory = _arena.Allocate(8192);
        var pieces = new SglDescriptor[pieceCount];
        for (int i = 0; i < pieceCount; i++)
        {
            pieces[i] = SglBuilder.DataBlock((ulong)(i + 1) << 12, (uint)(i + 1));
        }

        SglDescriptor segment = SglBuilder.Build(pieces, memory, perSegment);
        var found = new List<uint>();
        while (true)
        {
            int count = (int)segment.LengthBytes / 16;
            int start = (int)(segment.Address - memory.Address) / 16;
            bool last = segment.Identifier.Type == SglDescriptorType.LastSegment;
            Assert.InRange(count, 1, perSegment);
            for (int i = 0; i < count - (last ? 0 : 1); i++)
            {
                Assert.Equal(SglDescriptorType.DataBlock, Read(memory, start + i).Identifier.Type);
                found.Add(Read(memory, start + i).LengthBytes);
            }

            if (last)
            {
                break;
            }

            segment = Read(memory, start + count - 1);
        }

        Assert.Equal(pieceCount, found.Count);
        Assert.All(found, (length, index) => Assert.Equal((uint)index + 1, length));
    }

    private static SglDescriptor Read(HostBuffer memory, int index) => MemoryMarshal.Read<SglDescriptor>(memory.Bytes[(16 * index)..]);
}
