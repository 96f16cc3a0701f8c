using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal.Linux;
using Nvmepf.Spec;
using Nvmepf.Tests.Namespaces;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Io;

public sealed class ReadWriteTests
{
    private const int Mib = 1 << 20;

    private const ulong Blocks = Mib / 512;

    private static readonly (ulong StartingLba, int Blocks)[] s_outside =
    [
        (Blocks, 1),
        (Blocks - 1, 2),
        (Blocks - 127, 128),
        (ulong.MaxValue, 1),
        (ulong.MaxValue - 7, 8),
        (ulong.MaxValue - 6, 8),
        (1UL << 55, 1), // 2^64 bytes: would be block 0 where the shift is done first
        ((1UL << 63) + 5, 128),
    ];

    [Theory]
    [InlineData(true, false, 1, 0)]
    [InlineData(true, true, 1, 0)]
    [InlineData(true, true, 128, 0)]
    [InlineData(true, true, 127, 512)]
    [InlineData(false, true, 128, 1536)]
    [InlineData(false, false, 17, 4)]
    [InlineData(true, false, 17, 4)]
    public void Data_that_was_written_is_read_back(bool isMemoryDirect, bool isAsynchronous, int blocks, int dataOffset)
    {
        ScriptedBackend backend = new(Mib) { IsAsynchronous = isAsynchronous };
        using IoHost io = new([backend], isMemoryDirect);
        byte[] data = Pattern.Make(blocks * 512, 1);
        io.Write(3, data, dataOffset);
        Assert.Equal(data, io.Read(3, blocks, dataOffset + 8192));
        Assert.Equal(new byte[1536], io.Read(0, 3));
        Assert.Equal(new byte[512], io.Read((ulong)(3 + blocks), 1));
    }

    [Theory]
    [InlineData(4096, 100)]
    [InlineData(512, 2000)]
    public void The_last_block_can_be_used_for_every_block_size(uint blockBytes, int blocks)
    {
        using IoHost io = new([new RamBackend((ulong)blocks * blockBytes + 300)], blockBytes: blockBytes);
        byte[] data = Pattern.Make((int)blockBytes, 2);
        io.Write((ulong)blocks - 1, data);
        Assert.Equal(data, io.Read((ulong)blocks - 1, 1));
        Assert.Equal(StatusCode.LbaOutOfRange, io.Execute(NvmOpcode.Read, (ulong)blocks, 1).Code);
    }

    [Theory]
    [InlineData(NvmOpcode.Read)]
    [InlineData(NvmOpcode.Write)]
    [InlineData(NvmOpcode.Compare)]
    [InlineData(NvmOpcode.WriteZeroes)]
    [InlineData(NvmOpcode.Verify)]
    public void Blocks_outside_the_namespace_are_refused_untouched(NvmOpcode opcode)
    {
        ScriptedBackend backend = new(Mib);
        using IoHost io = new([backend]);
        foreach ((ulong startingLba, int blocks) in s_outside)
        {
            Status status = io.Execute(opcode, startingLba, blocks);
            Assert.Equal(StatusCode.LbaOutOfRange, status.Code);
            Assert.True(status.DoNotRetry);
        }

        Assert.Empty(backend.Asked);
        Assert.Equal(0UL, io.Controller.Smart.HostReadCommands + io.Controller.Smart.HostWriteCommands);
        Assert.Equal(StatusCode.Success, io.Execute(opcode, Blocks - 128, 128).Code);
    }

    [Theory]
    [InlineData(NvmOpcode.Read)]
    [InlineData(NvmOpcode.Write)]
    [InlineData(NvmOpcode.Compare)]
    public void More_data_than_the_transfer_limit_is_an_invalid_field(NvmOpcode opcode)
    {
        ScriptedBackend backend = new(Mib);
        using IoHost io = new([backend]);
        Status status = io.Execute(opcode, 0, (IoHost.MaximumTransferBytes / 512) + 1);
        Assert.Equal(StatusCode.InvalidField, status.Code);
        Assert.True(status.DoNotRetry);
        Assert.Empty(backend.Asked);
        Assert.Equal(StatusCode.InvalidField, io.Execute(opcode, 0, 65536).Code);
    }

    [Theory]
    [InlineData(NvmOpcode.Read)]
    [InlineData(NvmOpcode.Write)]
    [InlineData(NvmOpcode.Verify)]
    [InlineData(NvmOpcode.WriteZeroes)]
    public void Hints_and_protection_fields_of_other_formats_are_ignored_and_extensions_refused(NvmOpcode opcode)
    {
        using IoHost io = new([new ScriptedBackend(Mib)]);
        SubmissionQueueEntry entry = io.Make(opcode, 8, 8);
        entry.Cdw2 = 0x1234;
        entry.Cdw3 = uint.MaxValue;
        entry.Cdw12 |= 0xBD00_0000; // LR, PRINFO, STC; not FUA, and not the bit that is DEAC in Write Zeroes
        entry.Cdw13 = 0xFFFF_00FF;
        entry.Cdw14 = uint.MaxValue;
        entry.Cdw15 = uint.MaxValue;
        Assert.Equal(StatusCode.Success, io.Execute(in entry).Code);
        entry.Cdw12 |= 0x0001_0000; // CETYPE 1
        Assert.Equal(StatusCode.InvalidField, io.Execute(in entry).Code);
    }

    [Fact]
    public void Force_unit_access_on_a_write_reaches_the_backend()
    {
        ScriptedBackend backend = new(Mib);
        using IoHost io = new([backend]);
        SubmissionQueueEntry entry = io.Make(NvmOpcode.Write, 8, 8);
        Assert.True(io.Execute(in entry).IsSuccess);
        entry.Cdw12 |= 1U << 30;
        Assert.True(io.Execute(in entry).IsSuccess);
        Assert.Equal(
            [
                new Asked(BackendOperationKind.Write, BackendFlags.None, 4096, 4096),
                new Asked(BackendOperationKind.Write, BackendFlags.ForceUnitAccess, 4096, 4096),
            ],
            backend.Asked);
    }

    [Fact]
    public void Without_a_write_cache_every_write_is_durable_when_it_completes()
    {
        ScriptedBackend backend = new(Mib) { HasCache = true };
        using IoHost io = new([backend]);
        io.Controller.Features.Current.VolatileWriteCache = new VolatileWriteCacheFeature { Enable = false };
        Assert.True(io.Execute(NvmOpcode.Write, 0, 8).IsSuccess);
        Assert.True(io.Execute(NvmOpcode.WriteZeroes, 0, 8).IsSuccess);
        Assert.All(backend.Asked, asked => Assert.Equal(BackendFlags.ForceUnitAccess, asked.Flags));
        Assert.Equal(2, backend.Asked.Count);
    }

    [Theory]
    [InlineData(NvmOpcode.Read, true)]
    [InlineData(NvmOpcode.Read, false)]
    [InlineData(NvmOpcode.Compare, true)]
    [InlineData(NvmOpcode.Verify, false)]
    [InlineData(NvmOpcode.Verify, true)]
    public void Force_unit_access_on_a_read_commits_first_and_reads_then(NvmOpcode opcode, bool isAsynchronous)
    {
        ScriptedBackend backend = new(Mib) { HasCache = true, IsAsynchronous = isAsynchronous };
        using IoHost io = new([backend]);
        SubmissionQueueEntry entry = io.Make(opcode, 8, 8);
        entry.Cdw12 |= 1U << 30;
        Assert.Equal(StatusCode.Success, io.Execute(in entry).Code);
        Assert.Equal(
            [
                new Asked(BackendOperationKind.Flush, BackendFlags.None, 0, 0),
                new Asked(BackendOperationKind.Read, BackendFlags.None, 4096, 4096),
            ],
            backend.Asked);

        backend.Fault = (kind, _) => kind == BackendOperationKind.Flush ? Errno.EIO : 0;
        Assert.Equal(StatusCode.WriteFault, io.Execute(in entry).Code);
        Assert.Equal(3, backend.Asked.Count);

        backend.HasCache = false;
        Assert.Equal(StatusCode.Success, io.Execute(in entry).Code);
        Assert.Equal(BackendOperationKind.Read, backend.Asked[^1].Kind);
        Assert.Equal(4, backend.Asked.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Errors_below_become_status_log_entries_and_counts(bool isAsynchronous)
    {
        ScriptedBackend backend = new(Mib) { IsAsynchronous = isAsynchronous };
        using IoHost io = new([backend]);
        backend.Fault = (_, _) => Errno.EIO;
        Status status = io.Execute(NvmOpcode.Read, 0, 8);
        Assert.Equal(StatusCode.UnrecoveredReadError, status.Code);
        Assert.True(status.DoNotRetry);
        Assert.Equal(StatusCode.WriteFault, io.Execute(NvmOpcode.Write, 0, 8).Code);
        Assert.Equal(2UL, io.Controller.Smart.MediaErrors);
        backend.Fault = (_, _) => Errno.ENOSPC;
        Assert.Equal(StatusCode.CapacityExceeded, io.Execute(NvmOpcode.Write, 0, 8).Code);
        Assert.Equal(2UL, io.Controller.Smart.MediaErrors);
        Assert.Equal(3UL, io.Controller.Engine.FailedCount);
        Assert.Equal(0UL, io.Controller.Smart.BytesRead + io.Controller.Smart.BytesWritten);
    }

    [Fact]
    public void Reads_and_writes_are_counted_for_smart()
    {
        using IoHost io = new([new ScriptedBackend(Mib)]);
        Assert.True(io.Execute(NvmOpcode.Write, 0, 8).IsSuccess);
        Assert.True(io.Execute(NvmOpcode.Write, 0, 1).IsSuccess);
        Assert.True(io.Execute(NvmOpcode.Read, 0, 4).IsSuccess);
        Assert.True(io.Execute(NvmOpcode.Compare, 0, 1).IsSuccess);
        Assert.True(io.Execute(NvmOpcode.Verify, 0, 100).IsSuccess);
        Assert.True(io.Execute(NvmOpcode.WriteZeroes, 0, 100).IsSuccess);
        Assert.Equal(2UL, io.Controller.Smart.HostWriteCommands);
        Assert.Equal(2UL, io.Controller.Smart.HostReadCommands);
        Assert.Equal(9UL * 512, io.Controller.Smart.BytesWritten);
        Assert.Equal(105UL * 512, io.Controller.Smart.BytesRead);
        Assert.Equal(0UL, io.Controller.Smart.MediaErrors);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_busy_backend_is_asked_again(bool isAsynchronous)
    {
        ScriptedBackend backend = new(Mib) { IsBusyFirst = true, IsAsynchronous = isAsynchronous, HasCache = true };
        using IoHost io = new([backend]);
        byte[] data = Pattern.Make(8192, 3);
        io.Write(16, data);
        Assert.Equal(data, io.Read(16, 16, 8192));
        Assert.True(io.Execute(NvmOpcode.Compare, 16, 16).IsSuccess);
        Assert.True(io.Execute(NvmOpcode.Verify, 0, 2048).IsSuccess);
        Assert.True(io.Execute(NvmOpcode.Flush, 0, 1).IsSuccess);
        Assert.True(io.Deallocate((0, 1), (16, 8)).IsSuccess);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Host_memory_that_the_backend_cannot_take_goes_through_a_buffer(bool isMemoryDirect)
    {
        using Place place = new();
        using IoHost io = new([new FileBackend(place.File, 16 * Mib)], isMemoryDirect);
        byte[] data = Pattern.Make(IoHost.MaximumTransferBytes, 4);
        io.Write(100, data, dataOffset: 4);
        Assert.Equal(data, io.Read(100, data.Length / 512, dataOffset: 131072 + 2048 + 12));
        Assert.True(io.Execute(NvmOpcode.Compare, 100, data.Length / 512, 4).IsSuccess);
    }

    [Fact]
    public void Many_commands_over_a_real_file_keep_their_data_apart()
    {
        using Place place = new();
        using IoHost io = new([new FileBackend(place.File, 16 * Mib)], buffers: 3);
        const int Count = 96;
        ushort[] identifiers = new ushort[Count];
        for (int i = 0; i < Count; i++)
        {
            // Every third is aligned for nothing, so that direct and buffered commands are mixed.
            int offset = (i * 8192) + (i % 3 == 0 ? 4 : 0);
            Pattern.Make(4096, i).CopyTo(io.Bytes(offset, 4096));
            identifiers[i] = io.Queue.Put(io.Make(NvmOpcode.Write, (ulong)i * 8, 8, offset));
        }

        io.Queue.RingTail();
        foreach (ushort identifier in identifiers)
        {
            Assert.True(io.Host.WaitFor(io.Queue, identifier).CompletionStatus.Status.IsSuccess);
        }

        for (int i = 0; i < Count; i++)
        {
            Assert.Equal(Pattern.Make(4096, i), io.Read((ulong)i * 8, 8));
        }
    }

    [Fact]
    public void A_file_that_was_cut_is_a_media_error_for_the_host()
    {
        using Place place = new();
        using IoHost io = new([new FileBackend(place.File, 4 * Mib)]);
        int descriptor = Files.Open(place.File, OpenFlags.ReadWrite);
        Assert.Equal(0, Files.Truncate(descriptor, 65536));
        _ = Files.Close(descriptor);
        Assert.Equal(StatusCode.UnrecoveredReadError, io.Execute(NvmOpcode.Read, 120, 16).Code);
        Assert.Equal(StatusCode.UnrecoveredReadError, io.Execute(NvmOpcode.Verify, 0, 8192).Code);
        Assert.Equal(StatusCode.UnrecoveredReadError, io.Execute(NvmOpcode.Compare, 256, 16).Code);
        Assert.Equal(3UL, io.Controller.Smart.MediaErrors);
        Assert.Equal(StatusCode.Success, io.Execute(NvmOpcode.Read, 0, 128).Code);
    }

    [Theory]
    [InlineData(Place.Disk)]
    [InlineData(Place.Memory)]
    public void Mixed_commands_allocate_nothing(string where)
    {
        using Place place = new(where);
        using IoHost io = new([new FileBackend(place.File, 16 * Mib), new RamBackend(16 * Mib), new NullBackend(1UL << 40)], buffers: 2);
        long before = 0;
        int rounds = where == Place.Disk ? 300 : 2000;
        for (int i = 0; i < rounds; i++)
        {
            if (i == rounds / 2)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            uint target = (uint)(i % 3) + 1;
            ulong mark = io.Host.Allocate(8, 8);
            Run(io, io.Make(NvmOpcode.Write, (ulong)i, 64, 4 * (i % 7), target));
            Run(io, io.Make(NvmOpcode.Read, (ulong)i, 64, 0, target));
            Run(io, io.Make(NvmOpcode.Compare, (ulong)i, 64, 0, target));
            Run(io, io.Make(NvmOpcode.Verify, 0, 4096, 0, target));
            Run(io, io.Make(NvmOpcode.WriteZeroes, (ulong)i, 64, 0, target));
            Run(io, TestHost.Io(NvmOpcode.Flush, uint.MaxValue));
            io.Host.FreeFrom(mark);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Run(IoHost io, in SubmissionQueueEntry entry)
    {
        Status status = io.Host.Execute(io.Queue, in entry).CompletionStatus.Status;
        Assert.True(status.IsSuccess, "a command of the mix failed");
    }
}
