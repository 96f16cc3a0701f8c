using System;
using System.Threading;
using Nvmepf.Hal.Linux;
using Xunit;

namespace Nvmepf.Tests.Linux;

/// <summary>The tables of files and memory that a ring keeps: what is in them is used, what was taken out is let go.</summary>
public sealed unsafe class IoUringTableTests
{
    private const int PageBytes = 4096;
    private const nuint ChunkBytes = 2 << 20;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    public void A_small_table_takes_as_many_chunks_as_it_was_made_for(int chunks)
    {
        using IoUring ring = IoUringHarness.Create();
        Assert.Equal(0, ring.OpenMemoryTable(chunks, takesPassingMemory: false));
        Assert.False(ring.TakesPassingMemory);
        byte* memory = (byte*)IoUringHarness.Map(16 * ChunkBytes);
        for (int i = 0; i < 12; i++)
        {
            byte* at = memory + ((nuint)i * ChunkBytes);
            Assert.Equal(-1, ring.FindMemory(at, PageBytes));
            Assert.Equal(i < chunks, ring.WantsMemory);
            Assert.True(i >= chunks || ring.RegisterMemory(memory, memory + (16 * ChunkBytes)) == 0);
            Assert.Equal(i < chunks ? i : -1, ring.FindMemory(at, PageBytes));
        }

        Assert.Equal(chunks, ring.RegisteredChunks);
        _ = MemoryMappings.Unmap(memory, 16 * ChunkBytes);
    }

    [Fact]
    public void A_file_is_read_by_its_place_and_closed_when_the_place_is_retired()
    {
        using TemporaryFile file = new(PageBytes);
        using IoUring ring = IoUringHarness.Create();
        Assert.Equal(0, ring.OpenFileTable());
        int fd = Files.Open(file.Path, OpenFlags.ReadWrite);
        Assert.Equal(0, Files.Lock(fd, LockOperation.Exclusive | LockOperation.NonBlocking));
        int place = ring.TakeFilePlace(fd);
        Assert.InRange(place, 0, 255);
        Assert.Equal(0, Files.Close(fd));
        byte* page = (byte*)IoUringHarness.Map(PageBytes);
        Assert.Equal(PageBytes, IoUringHarness.Run(ring, ring.TryRead(place, page, PageBytes, 0, 1, flags: SubmissionFlags.FixedFile)));
        Assert.Equal(-Errno.EAGAIN, Files.Lock(file.Fd, LockOperation.Exclusive | LockOperation.NonBlocking));
        Assert.True(ring.RetireFilePlace(place, IoUringHarness.Deadline));
        Assert.Equal(0, Files.Lock(file.Fd, LockOperation.Exclusive | LockOperation.NonBlocking));
        Assert.Equal(-Errno.EBADF, IoUringHarness.Run(ring, ring.TryRead(place, page, PageBytes, 0, 1, flags: SubmissionFlags.FixedFile)));
        _ = MemoryMappings.Unmap(page, PageBytes);
    }

    [Fact]
    public void Another_thread_has_a_place_emptied_and_waits_for_the_owner()
    {
        using TemporaryFile file = new(PageBytes);
        using IoUring ring = IoUringHarness.Create();
        Assert.Equal(0, ring.OpenFileTable());
        int place = ring.TakeFilePlace(file.Fd);
        bool isLate = false;
        bool isDone = false;
        Thread other = new(() =>
        {
            isLate = !ring.RetireFilePlace(place, 1);
            isDone = ring.RetireFilePlace(place, 10 * IoUringHarness.Deadline);
        });
        other.Start();
        while (!ring.HasRetiredFiles || !isLate)
        {
            Thread.Sleep(1);
        }

        while (!other.Join(1))
        {
            ring.DropRetiredFiles();
        }

        Assert.True(isDone);
        Assert.Equal(place, ring.TakeFilePlace(file.Fd));
    }

    [Fact]
    public void A_full_table_or_none_gives_no_place()
    {
        using TemporaryFile file = new(PageBytes);
        using IoUring ring = IoUringHarness.Create();
        Assert.Equal(-1, ring.TakeFilePlace(file.Fd));
        Assert.Equal(0, ring.OpenFileTable());
        for (int i = 0; i < 256; i++)
        {
            Assert.Equal(i, ring.TakeFilePlace(file.Fd));
        }

        Assert.Equal(-1, ring.TakeFilePlace(file.Fd));
    }

    [Fact]
    public void Memory_is_registered_where_it_was_wanted_and_no_further_than_its_mapping()
    {
        using IoUring ring = IoUringHarness.Create();
        byte* memory = (byte*)IoUringHarness.Map(3 * ChunkBytes);
        Assert.Equal(-1, ring.FindMemory(memory, 512));
        Assert.True(ring.WantedMemory == null);
        Assert.Equal(0, ring.OpenMemoryTable());
        byte* middle = memory + ChunkBytes + 512;
        Assert.Equal(-1, ring.FindMemory(middle, 512));
        Assert.True(ring.WantedMemory == middle);
        byte* end = middle + PageBytes;
        Assert.Equal(0, ring.RegisterMemory(memory, end));
        Assert.True(ring.WantedMemory == null);
        Assert.InRange(ring.FindMemory(middle, 512), 0, IoUring.MemoryChunksMax);
        Assert.Equal(-1, ring.FindMemory(end - 256, 512));
        Assert.Equal(-1, ring.FindMemory(end, 512));
        byte* boundary = (byte*)(((nuint)memory + (2 * ChunkBytes) - 1) & ~(ChunkBytes - 1));
        Assert.Equal(-1, ring.FindMemory(boundary - 256, 512));
        Assert.Equal(1, ring.RegisteredChunks);
        ring.ForgetMemory();
        Assert.Equal(0, ring.RegisteredChunks);
        Assert.Equal(-1, ring.FindMemory(middle, 512));
        Assert.Equal(1ul, ring.FixedTransfers);
        _ = MemoryMappings.Unmap(memory, 3 * ChunkBytes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void After_memory_has_changed_only_what_is_registered_anew_is_written(bool isForgotten)
    {
        using TemporaryFile file = new(PageBytes);
        using IoUring ring = IoUringHarness.Create();
        Assert.Equal(0, ring.OpenMemoryTable());
        byte* memory = (byte*)IoUringHarness.Map(PageBytes);
        Register(ring, memory);
        Assert.Equal(PageBytes, ReadFixed(ring, file.Fd, memory));

        // Other pages at the same address, as when a host takes memory away and gives other memory.
        Assert.Equal(0, MemoryMappings.Map(
            memory, PageBytes, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, -1, 0, out _));
        *memory = 0xA5;
        if (isForgotten)
        {
            ring.ForgetMemory();
            Assert.Equal(-Errno.EFAULT, IoUringHarness.Run(ring, ring.TryReadFixed(file.Fd, memory, PageBytes, 0, 0, 1)));
            Assert.Equal(-1, ring.FindMemory(memory, PageBytes));
            Register(ring, memory);
        }

        // Where nobody forgets, the kernel writes to pages that nobody sees: that is what the reactor must not let happen.
        Assert.Equal(PageBytes, ReadFixed(ring, file.Fd, memory));
        Assert.Equal(isForgotten ? 0 : 0xA5, *memory);
        _ = MemoryMappings.Unmap(memory, PageBytes);
    }

    [Fact]
    public void Memory_that_cannot_be_registered_is_asked_for_once()
    {
        using IoUring ring = IoUringHarness.Create();
        Assert.Equal(0, ring.OpenMemoryTable());
        Assert.Equal(0, MemoryMappings.Map(
            null, PageBytes, MemoryProtection.None, MapFlags.Private | MapFlags.Anonymous, -1, 0, out void* memory));
        Assert.Equal(-1, ring.FindMemory((byte*)memory, 512));
        Assert.True(ring.RegisterMemory((byte*)memory, (byte*)memory + PageBytes) < 0);
        Assert.Equal(-1, ring.FindMemory((byte*)memory, 512));
        Assert.True(ring.WantedMemory == null);
        _ = MemoryMappings.Unmap(memory, PageBytes);
    }

    private static void Register(IoUring ring, byte* memory)
    {
        Assert.Equal(-1, ring.FindMemory(memory, PageBytes));
        Assert.Equal(0, ring.RegisterMemory(memory, memory + PageBytes));
    }

    private static int ReadFixed(IoUring ring, int fd, byte* memory)
    {
        int index = ring.FindMemory(memory, PageBytes);
        Assert.InRange(index, 0, IoUring.MemoryChunksMax);
        return IoUringHarness.Run(ring, ring.TryReadFixed(fd, memory, PageBytes, 0, (ushort)index, 1));
    }
}
