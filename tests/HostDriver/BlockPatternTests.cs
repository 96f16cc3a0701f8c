using Nvmepf.HostDriver.Workload;
using Xunit;

namespace Nvmepf.Tests.HostDriver;

public sealed unsafe class BlockPatternTests
{
    private const int Length = 512;

    [Fact]
    public void What_is_filled_verifies()
    {
        byte* block = stackalloc byte[4096];
        BlockPattern.Fill(block, 4096, 77, 3, 9);
        Assert.Equal(-1, BlockPattern.FirstDifference(block, 4096, 77, 3, 9));
        Assert.Equal("block of LBA 77 generation 3", BlockPattern.Describe(block));
    }

    [Theory]
    [InlineData(78, 3, 9)]
    [InlineData(77, 4, 9)]
    [InlineData(77, 3, 10)]
    [InlineData(77, 0, 9)]
    public void Another_address_generation_or_seed_does_not(int address, int generation, int seed)
    {
        byte* block = stackalloc byte[Length];
        BlockPattern.Fill(block, Length, 77, 3, 9);
        Assert.NotEqual(-1, BlockPattern.FirstDifference(block, Length, (ulong)address, (uint)generation, (ulong)seed));
    }

    [Fact]
    public void Every_single_bit_matters_and_its_word_is_found()
    {
        byte* block = stackalloc byte[Length];
        BlockPattern.Fill(block, Length, 1, 1, 1);
        for (int i = 0; i < Length; i++)
        {
            block[i] ^= 0x10;
            Assert.Equal(i & ~7, BlockPattern.FirstDifference(block, Length, 1, 1, 1));
            block[i] ^= 0x10;
        }
    }

    [Fact]
    public void Generation_zero_is_zeros()
    {
        byte* block = stackalloc byte[Length];
        new Span<byte>(block, Length).Fill(0xFF);
        BlockPattern.Fill(block, Length, 5, BlockPattern.ZeroGeneration, 1);
        Assert.Equal(-1, new ReadOnlySpan<byte>(block, Length).IndexOfAnyExcept((byte)0));
        Assert.Equal(-1, BlockPattern.FirstDifference(block, Length, 999, BlockPattern.ZeroGeneration, 7));
        block[500] = 1;
        Assert.Equal(496, BlockPattern.FirstDifference(block, Length, 5, BlockPattern.ZeroGeneration, 1));
        Assert.Equal("words 0000000000000001 0000000000000000", Describe([1, 0]));
        Assert.Equal("zeros", Describe([0, 0]));
    }

    [Fact]
    public void No_two_words_of_a_block_are_alike()
    {
        byte* block = stackalloc byte[Length];
        BlockPattern.Fill(block, Length, 123, 45, 6);
        var words = new HashSet<ulong>(new ReadOnlySpan<ulong>(block, Length / 8).ToArray());
        Assert.Equal(Length / 8, words.Count);
    }

    private static string Describe(ulong[] words)
    {
        fixed (ulong* start = words)
        {
            return BlockPattern.Describe((byte*)start);
        }
    }
}
