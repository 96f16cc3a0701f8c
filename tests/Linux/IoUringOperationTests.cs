using System;
using System.Collections.Generic;
using Nvmepf.Hal.Linux;
using Xunit;

namespace Nvmepf.Tests.Linux;

/// <summary>Each operation against a real file, in every mode that the kernel has.</summary>
public sealed unsafe class IoUringOperationTests : IDisposable
{
    private const int Length = 64 << 10;
    private readonly byte* _memory = (byte*)IoUringHarness.Map(Length);

    private Span<byte> Memory => new(_memory, Length);

    public void Dispose() => _ = MemoryMappings.Unmap(_memory, Length);

    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void What_is_written_is_read_back(IoUringMode mode)
    {
        using TemporaryFile file = new(0);
        using IoUring ring = IoUringHarness.Create(mode);
        Memory[..4096].Fill(0xa5);
        Assert.Equal(4096, IoUringHarness.Run(ring, ring.TryWrite(file.Fd, _memory, 4096, 8192, 1, ReadWriteFlags.DataSync)));
        Memory.Clear();
        Assert.Equal(4096, IoUringHarness.Run(ring, ring.TryRead(file.Fd, _memory, 4096, 8192, 2)));
        Assert.True(Memory[..4096].IndexOfAnyExcept((byte)0xa5) < 0);
        Assert.Equal(0, Files.Status(file.Fd, out FileStatus status));
        Assert.Equal(8192ul + 4096, status.SizeBytes);
    }

    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void Pieces_are_gathered_and_scattered_and_their_list_is_free_after_submit(IoUringMode mode)
    {
        using TemporaryFile file = new(0);
        using IoUring ring = IoUringHarness.Create(mode);
        Memory[..512].Fill(1);
        Memory[512..1024].Fill(2);
        IoVector* vectors = stackalloc IoVector[2] { new(_memory + 512, 512), new(_memory, 512) };
        Assert.True(ring.TryWriteVectors(file.Fd, vectors, 2, 0, 1, ReadWriteFlags.DataSync));
        Assert.Equal(1, ring.Submit());
        vectors[0] = vectors[1] = new(null, 1);
        Assert.Equal(1024, IoUringHarness.Drain(ring)[1]);
        Memory.Clear();
        vectors[0] = new(_memory + 4096, 768);
        vectors[1] = new(_memory, 256);
        Assert.Equal(1024, IoUringHarness.Run(ring, ring.TryReadVectors(file.Fd, vectors, 2, 0, 2)));
        Assert.True(Memory.Slice(4096, 512).IndexOfAnyExcept((byte)2) < 0);
        Assert.True(Memory.Slice(4096 + 512, 256).IndexOfAnyExcept((byte)1) < 0);
        Assert.True(Memory[..256].IndexOfAnyExcept((byte)1) < 0);
    }

    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void A_direct_write_and_read_go_past_the_page_cache(IoUringMode mode)
    {
        using TemporaryFile file = new(0, OpenFlags.Direct);
        if (file.Fd < 0)
        {
            // The file system of the temporary directory has no direct transfers, and says so.
            Assert.Equal(-Errno.EINVAL, file.Fd);
            return;
        }
        using IoUring ring = IoUringHarness.Create(mode);
        Memory.Fill(0x3c);
        Assert.Equal(Length, IoUringHarness.Run(ring, ring.TryWrite(file.Fd, _memory, Length, 0, 1)));
        Memory.Clear();
        Assert.Equal(Length, IoUringHarness.Run(ring, ring.TryRead(file.Fd, _memory, Length, 0, 2)));
        Assert.True(Memory.IndexOfAnyExcept((byte)0x3c) < 0);
    }

    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void Many_direct_operations_in_flight_each_reach_their_own_place(IoUringMode mode)
    {
        using TemporaryFile plain = new(0);
        using TemporaryFile direct = new(0, OpenFlags.Direct);
        int fd = direct.Fd >= 0 ? direct.Fd : plain.Fd;
        using IoUring ring = IoUringHarness.Create(mode, 16, 32);
        for (int i = 0; i < 16; i++)
        {
            Memory.Slice(i * 4096, 4096).Fill((byte)(i + 1));
            Assert.True(ring.TryWrite(fd, _memory + (i * 4096), 4096, (ulong)(15 - i) * 4096, (ulong)i));
        }
        Assert.All(IoUringHarness.Drain(ring), result => Assert.Equal(4096, result.Value));
        Memory.Clear();
        for (int i = 0; i < 16; i++)
        {
            Assert.True(ring.TryRead(fd, _memory + (i * 4096), 4096, (ulong)i * 4096, (ulong)i));
        }
        Assert.All(IoUringHarness.Drain(ring), result => Assert.Equal(4096, result.Value));
        for (int i = 0; i < 16; i++)
        {
            Assert.True(Memory.Slice(i * 4096, 4096).IndexOfAnyExcept((byte)(16 - i)) < 0);
        }
    }

    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void A_read_at_the_end_is_short_and_past_it_empty(IoUringMode mode)
    {
        using TemporaryFile file = new(1000);
        using IoUring ring = IoUringHarness.Create(mode);
        Assert.Equal(400, IoUringHarness.Run(ring, ring.TryRead(file.Fd, _memory, 4096, 600, 1)));
        Assert.Equal(0, IoUringHarness.Run(ring, ring.TryRead(file.Fd, _memory, 4096, 1000, 2)));
    }

    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void A_turn_submits_and_collects_by_one_system_call_or_none(IoUringMode mode)
    {
        using IoUring ring = IoUringHarness.Create(mode);
        Span<IoUringCompletion> results = stackalloc IoUringCompletion[8];
        Assert.Equal(0, ring.SubmitAndPoll());
        Assert.Equal(0ul, ring.EnterCount);
        for (ulong i = 0; i < 3; i++)
        {
            Assert.True(ring.TryNop(i));
        }

        Assert.Equal(3, ring.SubmitAndPoll());
        Assert.Equal(1ul, ring.EnterCount);
        Assert.Equal(3, ring.Reap(results));
        Assert.Equal(0, ring.SubmitAndPoll());
        Assert.Equal(1ul, ring.EnterCount);
    }

    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void Errors_come_back_as_results(IoUringMode mode)
    {
        using TemporaryFile file = new(4096);
        int readOnly = Files.Open(file.Path, OpenFlags.ReadOnly);
        int full = Files.Open("/dev/full", OpenFlags.WriteOnly);
        using IoUring ring = IoUringHarness.Create(mode);
        Assert.Equal(-Errno.EBADF, IoUringHarness.Run(ring, ring.TryRead(-1, _memory, 1, 0, 1)));
        Assert.Equal(-Errno.EBADF, IoUringHarness.Run(ring, ring.TryWrite(readOnly, _memory, 1, 0, 1)));
        Assert.Equal(-Errno.ENOSPC, IoUringHarness.Run(ring, ring.TryWrite(full, _memory, 1, 0, 1)));
        Assert.Equal(-Errno.EFAULT, IoUringHarness.Run(ring, ring.TryRead(file.Fd, null, 1, 0, 1)));
        Assert.Equal(-Errno.EINVAL, IoUringHarness.Run(ring, ring.TryReadVectors(file.Fd, (IoVector*)_memory, 1025, 0, 1)));
        Assert.Equal(-Errno.EOPNOTSUPP, IoUringHarness.Run(ring, ring.TryAllocate(file.Fd, FallocateMode.PunchHole, 0, 4096, 1)));
        Assert.Equal(0, Files.Close(readOnly));
        Assert.Equal(0, Files.Close(full));
    }

    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void A_wrong_operation_does_not_hold_up_those_after_it(IoUringMode mode)
    {
        using TemporaryFile file = new(4096);
        using IoUring ring = IoUringHarness.Create(mode);
        Assert.True(ring.TryRead(file.Fd, _memory, 512, 0, 1));
        Assert.True(ring.TryRead(file.Fd, _memory, 512, 0, 2, flags: (SubmissionFlags)0x80));
        Assert.True(ring.TryRead(file.Fd, _memory, 512, 0, 3));
        Dictionary<ulong, int> results = IoUringHarness.Drain(ring);
        Assert.Equal((512, -Errno.EINVAL, 512), (results[1], results[2], results[3]));
    }

    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void Sync_succeeds_on_a_file_and_fails_on_a_socket(IoUringMode mode)
    {
        using TemporaryFile file = new(4096);
        using IoUring ring = IoUringHarness.Create(mode);
        Assert.Equal(0, IoUringHarness.Run(ring, ring.TrySync(file.Fd, dataOnly: true, 1)));
        Assert.Equal(0, IoUringHarness.Run(ring, ring.TrySync(file.Fd, dataOnly: false, 1)));
        Assert.Equal(0, UnixSockets.CreatePair(SocketFlags.None, out int a, out int b));
        Assert.Equal(-Errno.EINVAL, IoUringHarness.Run(ring, ring.TrySync(a, dataOnly: true, 1)));
        Assert.Equal(0, Files.Close(a));
        Assert.Equal(0, Files.Close(b));
    }

    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void A_linked_sync_follows_its_write_and_is_cancelled_when_that_fails(IoUringMode mode)
    {
        using TemporaryFile file = new(4096);
        using IoUring ring = IoUringHarness.Create(mode);
        Assert.True(ring.TryWrite(file.Fd, _memory, 512, 0, 1, flags: SubmissionFlags.Link));
        Assert.True(ring.TrySync(file.Fd, dataOnly: true, 2));
        Dictionary<ulong, int> results = IoUringHarness.Drain(ring);
        Assert.Equal((512, 0), (results[1], results[2]));
        Assert.True(ring.TryWrite(-1, _memory, 512, 0, 1, flags: SubmissionFlags.Link));
        Assert.True(ring.TrySync(file.Fd, dataOnly: true, 2));
        results = IoUringHarness.Drain(ring);
        Assert.Equal((-Errno.EBADF, -Errno.ECANCELED), (results[1], results[2]));
    }

    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void A_hole_is_punched_and_reads_as_zeroes(IoUringMode mode)
    {
        using TemporaryFile file = new(0);
        using IoUring ring = IoUringHarness.Create(mode);
        Memory.Fill(0xff);
        Assert.Equal(Length, IoUringHarness.Run(ring, ring.TryWrite(file.Fd, _memory, Length, 0, 1)));
        Assert.Equal(0, IoUringHarness.Run(ring, ring.TrySync(file.Fd, dataOnly: false, 1)));
        Assert.Equal(0, Files.Status(file.Fd, out FileStatus before));
        const FallocateMode Punch = FallocateMode.PunchHole | FallocateMode.KeepSize;
        Assert.Equal(0, IoUringHarness.Run(ring, ring.TryAllocate(file.Fd, Punch, 16384, 32768, 1)));
        Assert.Equal(0, Files.Status(file.Fd, out FileStatus after));
        Assert.Equal(before.SizeBytes, after.SizeBytes);
        Assert.True(after.AllocatedSectors512 < before.AllocatedSectors512);
        Assert.Equal(Length, IoUringHarness.Run(ring, ring.TryRead(file.Fd, _memory, Length, 0, 1)));
        Assert.True(Memory[..16384].IndexOfAnyExcept((byte)0xff) < 0);
        Assert.True(Memory.Slice(16384, 32768).IndexOfAnyExcept((byte)0) < 0);
        Assert.True(Memory[(16384 + 32768)..].IndexOfAnyExcept((byte)0xff) < 0);
    }

    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void A_waiting_operation_is_cancelled_and_only_once(IoUringMode mode)
    {
        using IoUring ring = IoUringHarness.Create(mode);
        int fd = Events.Create(0, EventFlags.NonBlocking);
        Assert.True(ring.TryPollAdd(fd, PollEvents.In, 0xfeed_0000_0000_0001));
        Assert.Equal(1, ring.Submit());
        Assert.True(ring.TryCancel(0xfeed_0000_0000_0001, 2));
        Dictionary<ulong, int> results = IoUringHarness.Drain(ring);
        Assert.Equal(2, results.Count);
        Assert.Equal(-Errno.ECANCELED, results[0xfeed_0000_0000_0001]);
        Assert.Equal(0, results[2]);
        Assert.Equal(-Errno.ENOENT, IoUringHarness.Run(ring, ring.TryCancel(0xfeed_0000_0000_0001, 3)));
        Assert.Equal(0, Files.Close(fd));
    }

    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void Registered_files_are_used_by_index_and_outlive_their_descriptors(IoUringMode mode)
    {
        using TemporaryFile file = new(4096);
        using IoUring ring = IoUringHarness.Create(mode);
        int copy = Files.Duplicate(file.Fd);
        Assert.Equal(0, ring.RegisterFiles([copy, -1]));
        Assert.Equal(0, Files.Close(copy));
        Assert.Equal(-Errno.EBUSY, ring.RegisterFiles([file.Fd]));
        Memory[..512].Fill(0x42);
        const SubmissionFlags Fixed = SubmissionFlags.FixedFile;
        Assert.Equal(512, IoUringHarness.Run(ring, ring.TryWrite(0, _memory, 512, 512, 1, flags: Fixed)));
        Assert.Equal(-Errno.EBADF, IoUringHarness.Run(ring, ring.TryRead(1, _memory, 512, 512, 1, flags: Fixed)));
        Assert.Equal(-Errno.EBADF, IoUringHarness.Run(ring, ring.TryRead(2, _memory, 512, 512, 1, flags: Fixed)));
        Assert.Equal(0, ring.UpdateFile(1, file.Fd));
        Assert.Equal(-Errno.EINVAL, ring.UpdateFile(2, file.Fd));
        Memory.Clear();
        Assert.Equal(512, IoUringHarness.Run(ring, ring.TryRead(1, _memory, 512, 512, 1, flags: Fixed)));
        Assert.True(Memory[..512].IndexOfAnyExcept((byte)0x42) < 0);
        Assert.Equal(0, IoUringHarness.Run(ring, ring.TrySync(1, dataOnly: true, 1, Fixed)));
        Assert.Equal(0, ring.UpdateFile(1, -1));
        Assert.Equal(-Errno.EBADF, IoUringHarness.Run(ring, ring.TryRead(1, _memory, 512, 512, 1, flags: Fixed)));
        Assert.Equal(0, ring.UnregisterFiles());
        Assert.Equal(-Errno.ENXIO, ring.UnregisterFiles());
    }

    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void Registered_buffers_carry_transfers_that_lie_inside_them(IoUringMode mode)
    {
        using TemporaryFile file = new(0);
        using IoUring ring = IoUringHarness.Create(mode);
        IoVector* buffers = stackalloc IoVector[2] { new(_memory, 8192), new(_memory + 16384, 4096) };
        Assert.Equal(0, ring.RegisterBuffers(new ReadOnlySpan<IoVector>(buffers, 2)));
        Memory.Slice(16384, 4096).Fill(0x99);
        Assert.Equal(4096, IoUringHarness.Run(ring, ring.TryWriteFixed(file.Fd, _memory + 16384, 4096, 0, 1, 1)));
        Assert.Equal(4096, IoUringHarness.Run(ring, ring.TryReadFixed(file.Fd, _memory + 4096, 4096, 0, 0, 1)));
        Assert.True(Memory.Slice(4096, 4096).IndexOfAnyExcept((byte)0x99) < 0);
        Assert.Equal(-Errno.EFAULT, IoUringHarness.Run(ring, ring.TryReadFixed(file.Fd, _memory + 4096, 4097, 0, 0, 1)));
        Assert.Equal(-Errno.EFAULT, IoUringHarness.Run(ring, ring.TryReadFixed(file.Fd, _memory, 4096, 0, 2, 1)));
        Assert.Equal(0, ring.UnregisterBuffers());
        Assert.Equal(-Errno.ENXIO, ring.UnregisterBuffers());
        IoVector unmapped = new((void*)4096, 4096);
        Assert.Equal(-Errno.EFAULT, ring.RegisterBuffers(new ReadOnlySpan<IoVector>(in unmapped)));
    }

    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void A_table_of_buffers_is_filled_and_emptied_place_by_place(IoUringMode mode)
    {
        using TemporaryFile file = new(4096);
        using IoUring ring = IoUringHarness.Create(mode);
        int result = ring.RegisterBufferTable(4);
        if (result == -Errno.EINVAL && Environment.OSVersion.Version < new Version(5, 19))
        {
            return;
        }
        Assert.Equal(0, result);
        Assert.Equal(-Errno.EFAULT, IoUringHarness.Run(ring, ring.TryReadFixed(file.Fd, _memory, 512, 0, 3, 1)));
        Assert.Equal(0, ring.UpdateBuffer(3, new IoVector(_memory, 4096)));
        Assert.Equal(512, IoUringHarness.Run(ring, ring.TryReadFixed(file.Fd, _memory, 512, 0, 3, 1)));
        Assert.Equal(0, ring.UpdateBuffer(3, default));
        Assert.Equal(-Errno.EFAULT, IoUringHarness.Run(ring, ring.TryReadFixed(file.Fd, _memory, 512, 0, 3, 1)));
        Assert.Equal(-Errno.EINVAL, ring.UpdateBuffer(4, new IoVector(_memory, 4096)));
    }

    [Fact]
    public void Buffers_of_a_memory_file_can_be_registered()
    {
        int memory = MemoryMappings.CreateMemoryFile("guest", MemoryFileFlags.None);
        Assert.Equal(0, Files.Truncate(memory, 8192));
        Assert.Equal(0, MemoryMappings.MapFile(memory, 0, 8192, MemoryProtection.ReadWrite, MapFlags.Shared, out void* mapping));
        using TemporaryFile file = new(4096);
        using IoUring ring = IoUringHarness.Create();
        IoVector buffer = new(mapping, 8192);
        Assert.Equal(0, ring.RegisterBuffers(new ReadOnlySpan<IoVector>(in buffer)));
        ((byte*)mapping)[4096] = 1;
        Assert.Equal(512, IoUringHarness.Run(ring, ring.TryReadFixed(file.Fd, (byte*)mapping + 4096, 512, 0, 0, 1)));
        Assert.Equal(0, ((byte*)mapping)[4096]);
        Assert.Equal(0, ring.UnregisterBuffers());
        Assert.Equal(0, MemoryMappings.Unmap(mapping, 8192));
        Assert.Equal(0, Files.Close(memory));
    }
}
