using System.Linq;
using Nvmepf.Firmware.Transfer;
using Nvmepf.Hal;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Transfer;

public sealed unsafe class BufferPoolTests
{
    [Fact]
    public void Buffers_are_distinct_page_aligned_and_as_long_as_they_say()
    {
        using FakePlatform platform = new();
        BufferPool pool = new(platform, 8, 70_000);
        Assert.Equal(0u, pool.BufferLengthBytes % (uint)Environment.SystemPageSize);
        Assert.InRange(pool.BufferLengthBytes, 70_000u, 70_000u + (uint)Environment.SystemPageSize);
        for (int i = 0; i < 8; i++)
        {
            int index = pool.TryTake();
            Assert.InRange(index, 0, 7);
            Assert.Equal(0, (nint)pool[index] % Environment.SystemPageSize);
            new Span<byte>(pool[index], (int)pool.BufferLengthBytes).Fill((byte)(index + 1));
        }

        for (int i = 0; i < 8; i++)
        {
            Assert.Equal(-1, new Span<byte>(pool[i], (int)pool.BufferLengthBytes).IndexOfAnyExcept((byte)(i + 1)));
        }
    }

    [Fact]
    public void An_empty_pool_says_so_and_the_last_buffer_returned_comes_first()
    {
        using FakePlatform platform = new();
        BufferPool pool = new(platform, 3, 4096);
        int first = pool.TryTake();
        int second = pool.TryTake();
        int third = pool.TryTake();
        Assert.Equal([0, 1, 2], new[] { first, second, third }.Order());
        Assert.Equal(-1, pool.TryTake());
        Assert.Equal(-1, pool.TryTake());
        pool.Return(second);
        pool.Return(first);
        Assert.Equal(first, pool.TryTake());
        Assert.Equal(second, pool.TryTake());
        Assert.Equal(-1, pool.TryTake());
        Assert.Equal(0, pool.FreeCount);
    }

    [Fact]
    public void Memory_is_only_committed_when_it_is_used()
    {
        using FakePlatform platform = new();
        BufferPool pool = new(platform, 4096, 2 * 1024 * 1024); // 8 GiB of address space
        int index = pool.TryTake();
        pool[index][0] = 1;
        pool[index][pool.BufferLengthBytes - 1] = 1;
        pool.Return(index);
        Assert.Equal(pool.Count, pool.FreeCount);
    }

    [Fact]
    public void A_pool_that_cannot_be_had_is_an_error_a_person_can_read()
    {
        using FakePlatform platform = new();
        PlatformException error = Assert.Throws<PlatformException>(() => new BufferPool(platform, int.MaxValue, 2u << 30));
        Assert.Contains("transfer buffers", error.Message, StringComparison.Ordinal);
    }
}
