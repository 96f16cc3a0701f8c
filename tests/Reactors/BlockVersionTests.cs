using Nvmepf.Firmware.Namespaces;
using Xunit;

namespace Nvmepf.Tests.Reactors;

/// <summary>Reads and writes of several reactors in the same blocks.</summary>
public sealed class BlockVersionTests
{
    private const ulong Granule = 128 << 10;

    [Fact]
    public void One_writer_at_a_time_is_in_a_granule_and_a_reader_notices_one()
    {
        BlockVersions versions = new();
        Assert.True(versions.TryBeginRead(0, 4096, out ulong sum));
        Assert.True(versions.TryBeginWrite(8192, 4096));
        Assert.False(versions.TryBeginWrite(0, 512));
        Assert.False(versions.TryBeginRead(0, 512, out _));
        Assert.True(versions.TryBeginWrite(Granule, 512));
        versions.EndWrite(8192, 4096);
        Assert.False(versions.IsSame(0, 4096, sum));
        Assert.True(versions.TryBeginRead(0, 4096, out sum));
        Assert.True(versions.IsSame(0, 4096, sum));
    }

    [Fact]
    public void A_writer_that_meets_another_behind_the_first_granule_leaves_nothing_taken()
    {
        BlockVersions versions = new();
        Assert.True(versions.TryBeginWrite(2 * Granule, 512));
        Assert.False(versions.TryBeginWrite(0, 3 * Granule));
        Assert.True(versions.TryBeginWrite(0, 2 * Granule));
    }

    [Theory]
    [InlineData(0, 512, true)] // the first granule, and the one before lies in the second
    [InlineData(Granule, 512, false)]
    [InlineData(Granule + 4096, 4096, false)]
    [InlineData((2 * Granule) - 512, 512, false)]
    [InlineData((2 * Granule) - 512, 1024, true)]
    [InlineData(2 * Granule, 512, true)]
    public void Only_what_lies_in_the_last_granule_of_the_one_before_is_held_with_it(ulong offsetBytes, ulong lengthBytes, bool needsItsOwn) =>
        Assert.Equal(!needsItsOwn, BlockVersions.IsInLastOf(offsetBytes, lengthBytes, Granule - 512, 1024));

    [Fact]
    public async Task No_reader_sees_half_of_a_write()
    {
        const int Rounds = 20_000;
        BlockVersions versions = new();
        long[] block = new long[64];
        Task writer = Task.Factory.StartNew(
            () =>
            {
                for (long i = 1; i <= Rounds; i++)
                {
                    Assert.True(versions.TryBeginWrite(0, 512), "there is no other writer");
                    Array.Fill(block, i);
                    versions.EndWrite(0, 512);
                }
            },
            TaskCreationOptions.LongRunning);
        long[] copy = new long[64];
        long last = 0;
        while (last < Rounds)
        {
            if (versions.TryBeginRead(0, 512, out ulong sum))
            {
                block.CopyTo(copy, 0);
                if (versions.IsSame(0, 512, sum))
                {
                    Assert.All(copy, word => Assert.Equal(copy[0], word));
                    last = copy[0];
                }
            }
        }

        await writer;
    }
}
