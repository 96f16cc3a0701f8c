using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal.Linux;
using Nvmepf.Spec;
using Xunit;

namespace Nvmepf.Tests.Namespaces;

public sealed class FileBackendTests
{
    private const int Mib = 1 << 20;

    [Theory]
    [InlineData(Place.Disk, 512, 512)]
    [InlineData(Place.Disk, 65536, 4096)]
    [InlineData(Place.Disk, 2 * Mib, 4096)]
    [InlineData(Place.Disk, 2 * Mib, 2 * Mib)]
    [InlineData(Place.Memory, 2 * Mib, 4096)]
    [InlineData(Place.Memory, 512, 512)]
    public void Data_written_is_read_back_and_its_neighbours_stay(string where, int length, int pieceBytes)
    {
        using Place place = new(where);
        using BackendBench bench = new(new FileBackend(place.File, 8 * Mib));
        byte[] data = Pattern.Make(length, 1);
        Assert.True(bench.Write(4608, data, pieceBytes: pieceBytes).IsSuccess);
        Assert.Equal(data, bench.Read(4608, length, pieceBytes));
        Assert.Equal(new byte[4608], bench.Read(0, 4608));
        Assert.Equal(new byte[512], bench.Read((ulong)(4608 + length), 512));
    }

    [Fact]
    public void A_buffered_file_takes_memory_of_any_alignment()
    {
        using Place place = new();

        // Blocks smaller than what the file system transfers directly, so that the page cache is used.
        using BackendBench bench = new(new FileBackend(place.File, Mib, 256));
        Assert.Equal(1U, bench.Backend.MemoryAlignmentBytes);
        bench.Begin(BackendOperationKind.Write, 512, 4096);
        byte[] data = Pattern.Make(BackendBench.MemoryBytes, 3);
        data.CopyTo(bench.Memory);
        bench.UseSegments(1000, gap: 17, start: 3);
        Assert.True(bench.Run().IsSuccess);
        byte[] read = bench.Read(512, 4096);
        Assert.Equal(data[3..1003], read[..1000]);
        Assert.Equal(data[1020..2020], read[1000..2000]);
    }

    [Theory]
    [InlineData(BackendOperationKind.Write, Mib)]
    [InlineData(BackendOperationKind.Write, 4096)]
    [InlineData(BackendOperationKind.Read, Mib)]
    [InlineData(BackendOperationKind.Read, 4096)]
    public void Short_transfers_go_on_where_they_stopped(BackendOperationKind kind, int pieceBytes)
    {
        using Place place = new();
        using BackendBench bench = new(new FileBackend(place.File, 2 * Mib));
        byte[] data = Pattern.Make(Mib, 5);
        if (kind == BackendOperationKind.Read)
        {
            Assert.True(bench.Write(8192, data).IsSuccess);
        }

        // The kernel did it all; we tell the backend that it did less, in odd amounts, and spoil what was not told.
        bench.Memory[..Mib].Fill(0x55);
        if (kind == BackendOperationKind.Write)
        {
            data.CopyTo(bench.Memory);
        }

        bench.Fault = (index, result) => index < 5 ? Math.Min(result, 512 * 7 + 4096 * index) : result;
        bench.Begin(kind, 8192, Mib);
        bench.UseSegments(pieceBytes);
        Assert.True(bench.Run().IsSuccess);
        Assert.Equal(6, bench.Completions);
        Assert.Equal((ulong)Mib, bench.Operation.DoneBytes);
        if (kind == BackendOperationKind.Read)
        {
            Assert.Equal(data, bench.Memory[..Mib].ToArray());
        }
        else
        {
            bench.Fault = null;
            Assert.Equal(data, bench.Read(8192, Mib));
        }
    }

    [Theory]
    [InlineData(Place.Disk, 0)]
    [InlineData(Place.Disk, 8192)]
    [InlineData(Place.Disk, 8192 + 700)]
    [InlineData(Place.Memory, 8192 + 700)]
    public void Reading_past_the_end_of_a_file_that_was_cut_is_a_read_error(string where, long cutTo)
    {
        using Place place = new(where);
        using BackendBench bench = new(new FileBackend(place.File, Mib));
        byte[] data = Pattern.Make(Mib, 6);
        Assert.True(bench.Write(0, data).IsSuccess);
        Cut(place.File, cutTo);
        bench.Begin(BackendOperationKind.Read, 4096, 65536);
        bench.UseSegments(4096);
        Status status = bench.Run();
        Assert.Equal(StatusCode.UnrecoveredReadError, status.Code);
        Assert.Equal(Errno.ENODATA, bench.Operation.ErrorNumber);
        if (cutTo >= 8192)
        {
            Assert.Equal(data[..8192], bench.Read(0, 8192));
        }

        // A write there makes the file whole again.
        Assert.True(bench.Write(4096, data.AsSpan(4096, 65536)).IsSuccess);
        Assert.Equal(data[4096..(4096 + 65536)], bench.Read(4096, 65536));
    }

    [Fact]
    public void A_file_whose_name_vanished_goes_on_serving()
    {
        using Place place = new();
        using BackendBench bench = new(new FileBackend(place.File, Mib));
        File.Delete(place.File);
        byte[] data = Pattern.Make(4096, 7);
        Assert.True(bench.Write(0, data, BackendFlags.ForceUnitAccess).IsSuccess);
        Assert.True(bench.Run(BackendOperationKind.Flush, 0, 0).IsSuccess);
        Assert.Equal(data, bench.Read(0, 4096));
    }

    [Fact]
    public void A_write_under_force_unit_access_is_on_the_medium_when_it_completes()
    {
        using Place place = new();
        using BackendBench bench = new(new FileBackend(place.File, Mib, 4096));
        byte[] data = Pattern.Make(4096, 8);
        Assert.True(bench.Write(8192, data, BackendFlags.ForceUnitAccess).IsSuccess);

        // Past the page cache, while the backend is still open: what a kill at this moment would leave.
        int descriptor = Files.Open(place.File, OpenFlags.ReadOnly | OpenFlags.Direct);
        if (descriptor < 0)
        {
            descriptor = Files.Open(place.File, OpenFlags.ReadOnly);
        }

        Assert.True(descriptor >= 0);
        bench.Memory[..4096].Clear();
        unsafe
        {
            Assert.Equal(4096, Files.ReadAt(descriptor, bench.Pointer, 4096, 8192));
        }

        _ = Files.Close(descriptor);
        Assert.Equal(data, bench.Memory[..4096].ToArray());
    }

    [Theory]
    [InlineData(Place.Disk, BackendOperationKind.Deallocate, BackendFlags.None, true)]
    [InlineData(Place.Disk, BackendOperationKind.WriteZeroes, BackendFlags.None, false)]
    [InlineData(Place.Disk, BackendOperationKind.WriteZeroes, BackendFlags.MayDeallocate, true)]
    [InlineData(Place.Memory, BackendOperationKind.Deallocate, BackendFlags.None, true)]
    [InlineData(Place.Memory, BackendOperationKind.WriteZeroes, BackendFlags.None, false)]
    [InlineData(Place.Memory, BackendOperationKind.WriteZeroes, BackendFlags.MayDeallocate, true)]
    public void A_range_reads_as_zeroes_and_gives_its_storage_back_where_asked(
        string where, BackendOperationKind kind, BackendFlags flags, bool givesBack)
    {
        const int Offset = 512 * 9;
        const int Length = 3 * Mib;
        using Place place = new(where);
        using BackendBench bench = new(new FileBackend(place.File, 4 * Mib));
        Assert.True(bench.Backend.SupportsDeallocate);
        byte[] data = Pattern.Make(4 * Mib, 9);
        Assert.True(bench.Write(0, data).IsSuccess);
        Assert.True(bench.Run(BackendOperationKind.Flush, 0, 0).IsSuccess);
        ulong before = Allocated(place.File);
        Assert.True(bench.Run(kind, Offset, Length, flags).IsSuccess);
        ulong after = Allocated(place.File);
        Assert.Equal(givesBack, before - after >= (Length - Mib) / 512);
        data.AsSpan(Offset, Length).Clear();
        Assert.Equal(data, bench.Read(0, 4 * Mib));
        Assert.Equal(4 * Mib, new FileInfo(place.File).Length);
    }

    [Theory]
    [InlineData(Place.Disk, BackendFlags.ForceUnitAccess, 2)]
    [InlineData(Place.Disk, BackendFlags.ForceUnitAccess | BackendFlags.MayDeallocate, 2)]
    [InlineData(Place.Disk, BackendFlags.None, 1)]
    public void Write_zeroes_under_force_unit_access_ends_with_a_sync(string where, BackendFlags flags, int completions)
    {
        using Place place = new(where);
        using BackendBench bench = new(new FileBackend(place.File, Mib));
        Assert.True(bench.Run(BackendOperationKind.WriteZeroes, 0, 65536, flags).IsSuccess);
        Assert.Equal(completions, bench.Completions);
    }

    [Fact]
    public void A_failed_sync_after_write_zeroes_is_a_write_fault()
    {
        using Place place = new();
        using BackendBench bench = new(new FileBackend(place.File, Mib));
        bench.Fault = (index, result) => index == 1 ? -Errno.EIO : result;
        Status status = bench.Run(BackendOperationKind.WriteZeroes, 0, 65536, BackendFlags.ForceUnitAccess);
        Assert.Equal(StatusCode.WriteFault, status.Code);
        Assert.Equal(Errno.EIO, bench.Operation.ErrorNumber);
    }

    [Fact]
    public void A_file_system_that_knows_no_ranges_is_written_with_zeroes_and_not_asked_again()
    {
        using Place place = new();
        using BackendBench bench = new(new FileBackend(place.File, 8 * Mib));
        byte[] data = Pattern.Make(4 * Mib, 10);
        Assert.True(bench.Write(Mib, data).IsSuccess);

        // Punch and zero range are refused (too late: they have happened, so the data is written again first), then come writes of zeroes.
        bench.Fault = (index, result) =>
        {
            if (index == 1)
            {
                Overwrite(place.File, Mib, data);
            }

            return index < 2 ? -Errno.EOPNOTSUPP : result;
        };
        BackendFlags flags = BackendFlags.MayDeallocate | BackendFlags.ForceUnitAccess;
        Assert.True(bench.Run(BackendOperationKind.WriteZeroes, Mib, 3 * Mib, flags).IsSuccess);
        Assert.Equal(2 + 2 + 1, bench.Completions);
        Assert.False(bench.Backend.SupportsDeallocate);
        data.AsSpan(0, 3 * Mib).Clear();
        bench.Fault = null;
        Assert.Equal(data, bench.Read(Mib, 4 * Mib));
        Assert.True(bench.Run(BackendOperationKind.WriteZeroes, 0, 65536, BackendFlags.MayDeallocate).IsSuccess);
        Assert.Equal(1, bench.Completions);
        Assert.Equal(new byte[65536], bench.Read(0, 65536));
    }

    [Fact]
    public void Deallocation_where_there_is_none_succeeds_and_leaves_the_data()
    {
        using Place place = new();
        using BackendBench bench = new(new FileBackend(place.File, Mib));
        bench.Fault = (_, _) => -Errno.EOPNOTSUPP;
        Assert.True(bench.Run(BackendOperationKind.Deallocate, 0, Mib).IsSuccess);
        Assert.False(bench.Backend.SupportsDeallocate);
    }

    [Fact]
    public void A_large_range_goes_in_pieces()
    {
        using Place place = new();
        using BackendBench bench = new(new FileBackend(place.File, 1UL << 40));
        byte[] data = Pattern.Make(4096, 11);
        Assert.True(bench.Write((5UL << 30) - 4096, data).IsSuccess);
        Assert.True(bench.Run(BackendOperationKind.Deallocate, 4096, (5UL << 30) - 4096).IsSuccess);
        Assert.Equal(5, bench.Completions);
        Assert.Equal(new byte[4096], bench.Read((5UL << 30) - 4096, 4096));
    }

    [Theory]
    [InlineData(Errno.EIO, StatusCode.UnrecoveredReadError)]
    [InlineData(Errno.EFAULT, StatusCode.DataTransferError)]
    [InlineData(Errno.ECANCELED, StatusCode.AbortRequested)]
    public void An_error_of_the_kernel_ends_the_operation_with_its_status_and_number(int errorNumber, StatusCode code)
    {
        using Place place = new();
        using BackendBench bench = new(new FileBackend(place.File, Mib));
        bench.Fault = (_, _) => -errorNumber;
        bench.Begin(BackendOperationKind.Read, 0, 4096);
        bench.UseSegments(4096);
        Assert.Equal(code, bench.Run().Code);
        Assert.Equal(errorNumber, bench.Operation.ErrorNumber);
        Assert.Equal(1, bench.Completions);
    }

    [Theory]
    [InlineData(Errno.EAGAIN)]
    [InlineData(Errno.EINTR)]
    public void A_retry_that_the_kernel_asks_for_is_made_and_bounded(int errorNumber)
    {
        using Place place = new();
        using BackendBench bench = new(new FileBackend(place.File, Mib));
        byte[] data = Pattern.Make(4096, 12);
        bench.Fault = (index, result) => index < 10 ? -errorNumber : result;
        Assert.True(bench.Write(0, data).IsSuccess);
        bench.Fault = (_, _) => -errorNumber;
        Assert.Equal(StatusCode.CommandInterrupted, bench.Write(0, data).Code);
        Assert.Equal(17, bench.Completions);
    }

    [Fact]
    public void A_write_that_makes_no_progress_is_a_write_fault()
    {
        using Place place = new();
        using BackendBench bench = new(new FileBackend(place.File, Mib));
        bench.Fault = (_, _) => 0;
        Assert.Equal(StatusCode.WriteFault, bench.Write(0, new byte[4096]).Code);
    }

    [Fact]
    public void A_descriptor_without_the_right_to_write_is_an_internal_error_not_a_crash()
    {
        using Place place = new();
        using BackendBench bench = new(new FileBackend(place.File, Mib));
        bench.Fault = (_, _) => -Errno.EBADF;
        Assert.Equal(StatusCode.InternalError, bench.Write(0, new byte[4096]).Code);
    }

    [Fact]
    public void A_full_ring_is_busy_and_the_operation_goes_on_later()
    {
        using Place place = new();
        using BackendBench bench = new(new FileBackend(place.File, Mib), ringEntries: 4);
        while (bench.Ring.TryNop(NamespaceBackend.NoOperation))
        {
        }

        byte[] data = Pattern.Make(4096, 13);
        Assert.True(bench.Write(0, data).IsSuccess);
        Assert.True(bench.BusyCount > 0);
        Assert.Equal(data, bench.Read(0, 4096));
    }

    [Fact]
    public void A_ring_that_fills_between_two_steps_is_busy_and_the_rest_follows()
    {
        using Place place = new();
        using BackendBench bench = new(new FileBackend(place.File, Mib), ringEntries: 4);
        byte[] data = Pattern.Make(65536, 14);
        bench.Fault = (index, result) =>
        {
            while (index == 0 && bench.Ring.TryNop(NamespaceBackend.NoOperation))
            {
            }

            return index == 0 ? 4096 : result;
        };
        Assert.True(bench.Write(0, data).IsSuccess);
        Assert.True(bench.BusyCount > 0);
        bench.Fault = null;
        Assert.Equal(data, bench.Read(0, 65536));
    }

    [Fact]
    public void A_cancelled_operation_completes_once_and_its_cancel_request_is_told_apart()
    {
        using Place place = new();
        using BackendBench bench = new(new FileBackend(place.File, 64 * Mib));
        for (int i = 0; i < 50; i++)
        {
            bench.Begin(BackendOperationKind.Write, (ulong)i * Mib, Mib);
            bench.UseSegments(4096);
            Assert.Equal(BackendOutcome.Pending, bench.Backend.Submit(ref bench.Operation));
            Assert.True(bench.Ring.Submit() >= 0);
            bench.Backend.Cancel(ref bench.Operation);
            Status status = Finish(bench);
            Assert.True(status.IsSuccess || status.Code == StatusCode.AbortRequested, $"{status.Code}");
            Assert.Equal(1, bench.Completions);
            Assert.Equal(1, bench.CancelCompletions);
        }
    }

    [Fact]
    public void A_cancelled_range_begins_no_further_piece()
    {
        using Place place = new();
        using BackendBench bench = new(new FileBackend(place.File, 1UL << 40));
        bench.Fault = (index, result) =>
        {
            if (index == 1)
            {
                bench.Backend.Cancel(ref bench.Operation);
            }

            return result;
        };
        Assert.Equal(StatusCode.AbortRequested, bench.Run(BackendOperationKind.Deallocate, 0, 8UL << 30).Code);
        Assert.Equal(2, bench.Completions);
    }

    [Fact]
    public void Operations_allocate_nothing()
    {
        using Place place = new(Place.Memory);
        using BackendBench bench = new(new FileBackend(place.File, Mib));
        byte[] data = Pattern.Make(16384, 15);
        long before = 0;
        for (int i = 0; i < 3000; i++)
        {
            if (i == 1000)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            ulong offset = (ulong)(i % 16) * 16384;
            Assert.True(bench.Write(offset, data, BackendFlags.ForceUnitAccess, 4096).IsSuccess);
            bench.Begin(BackendOperationKind.Read, offset, 16384);
            bench.UseSegments(8192);
            Assert.True(bench.Run().IsSuccess);
            Assert.True(bench.Run(BackendOperationKind.Deallocate, offset, 16384).IsSuccess);
            Assert.True(bench.Run(BackendOperationKind.Flush, 0, 0).IsSuccess);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static Status Finish(BackendBench bench)
    {
        bench.RunOn();
        return bench.Operation.Status;
    }

    private static ulong Allocated(string path)
    {
        Assert.Equal(0, Files.Status(path, out FileStatus status));
        return status.AllocatedSectors512;
    }

    private static unsafe void Overwrite(string path, long offset, byte[] data)
    {
        int descriptor = Files.Open(path, OpenFlags.ReadWrite);
        fixed (byte* bytes = data)
        {
            Assert.Equal(data.Length, Files.WriteAt(descriptor, bytes, (nuint)data.Length, offset));
        }

        Assert.Equal(0, Files.Sync(descriptor));
        _ = Files.Close(descriptor);
    }

    // With system calls: the runtime's own streams would want the lock that the backend holds.
    private static void Cut(string path, long length)
    {
        int descriptor = Files.Open(path, OpenFlags.ReadWrite);
        Assert.Equal(0, Files.Truncate(descriptor, length));
        _ = Files.Close(descriptor);
    }
}
