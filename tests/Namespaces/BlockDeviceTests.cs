using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;
using Nvmepf.Spec;
using Xunit;

namespace Nvmepf.Tests.Namespaces;

/// <summary>Real block devices and full disks; made for the test, where the system allows it.</summary>
public sealed class BlockDeviceTests
{
    private const int Mib = 1 << 20;

    [RootFact]
    public void A_block_device_shows_its_size_and_block_and_keeps_data()
    {
        using LoopDevice device = new(8 * Mib, 4096);
        using BackendBench bench = new(new FileBackend(device.Device, isDeviceWanted: true));
        Assert.Equal(8UL * Mib, bench.Backend.SizeBytes);
        Assert.Equal(4096U, bench.Backend.MinimumBlockBytes);
        Assert.Equal(4096U, bench.Backend.MemoryAlignmentBytes);
        Assert.StartsWith("block:", bench.Backend.Description);
        byte[] data = Pattern.Make(2 * Mib, 1);
        Assert.True(bench.Write(4096, data, pieceBytes: 8192).IsSuccess);
        Assert.Equal(data, bench.Read(4096, 2 * Mib, 4096));
    }

    [RootFact]
    public void A_block_device_flushes_for_flush_and_for_force_unit_access_and_not_else()
    {
        using LoopDevice device = new(8 * Mib);
        using BackendBench bench = new(new FileBackend(device.Device));
        byte[] data = Pattern.Make(65536, 2);
        long start = device.FlushCount;
        Assert.True(bench.Write(0, data).IsSuccess);
        long afterPlain = device.FlushCount;
        Assert.True(bench.Write(0, data, BackendFlags.ForceUnitAccess).IsSuccess);
        long afterForced = device.FlushCount;
        Assert.True(bench.Run(BackendOperationKind.Flush, 0, 0).IsSuccess);
        long afterFlush = device.FlushCount;
        Assert.True(bench.Run(BackendOperationKind.WriteZeroes, 0, 65536, BackendFlags.ForceUnitAccess).IsSuccess);
        long afterZeroes = device.FlushCount;
        Assert.Equal(start, afterPlain);
        Assert.True(afterForced > afterPlain, "Force Unit Access did not reach the device");
        Assert.True(afterFlush > afterForced, "Flush did not reach the device");
        Assert.True(afterZeroes > afterFlush, "Write Zeroes under Force Unit Access did not reach the device");
    }

    [RootFact]
    public void A_block_device_deallocates_and_zeroes_exactly_the_range()
    {
        using LoopDevice device = new(8 * Mib);
        using BackendBench bench = new(new FileBackend(device.Device));
        byte[] data = Pattern.Make(4 * Mib, 3);
        Assert.True(bench.Write(0, data).IsSuccess);
        Assert.True(bench.Run(BackendOperationKind.Deallocate, 8192, Mib).IsSuccess);
        Assert.True(bench.Run(BackendOperationKind.WriteZeroes, 2 * Mib, Mib).IsSuccess);
        Assert.True(bench.Run(BackendOperationKind.WriteZeroes, 4 * Mib - 512, 512, BackendFlags.MayDeallocate).IsSuccess);
        Assert.True(bench.Backend.SupportsDeallocate);
        data.AsSpan(8192, Mib).Clear();
        data.AsSpan(2 * Mib, Mib).Clear();
        data.AsSpan(4 * Mib - 512, 512).Clear();
        Assert.Equal(data, bench.Read(0, 4 * Mib));
    }

    [RootFact]
    public void A_block_device_in_use_or_with_a_size_is_refused()
    {
        using LoopDevice device = new(8 * Mib);
        using (FileBackend first = new(device.Device))
        {
            first.Open();
            using FileBackend second = new(device.Device);
            Assert.Contains("is in use", Assert.Throws<PlatformException>(second.Open).Message, StringComparison.Ordinal);
        }

        using FileBackend sized = new(device.Device, 4 * Mib);
        string text = Assert.Throws<PlatformException>(sized.Open).Message;
        Assert.Contains("leave the size out", text, StringComparison.Ordinal);
        Assert.Contains("8388608 bytes", text, StringComparison.Ordinal);
    }

    [RootFact]
    public void A_block_device_that_fails_below_is_a_media_error()
    {
        using LoopDevice device = new(8 * Mib);
        using BackendBench bench = new(new FileBackend(device.Device));
        Assert.True(bench.Write(0, Pattern.Make(Mib, 4)).IsSuccess);

        // The medium behind the device is gone from here on: real EIO from the kernel.
        using (FileStream file = new(device.File, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(0);
        }

        bench.Begin(BackendOperationKind.Read, 0, 65536);
        bench.UseSegments(4096);
        Assert.Equal(StatusCode.UnrecoveredReadError, bench.Run().Code);
        Assert.Equal(Errno.EIO, bench.Operation.ErrorNumber);
    }

    [RootFact]
    public void A_full_file_system_is_capacity_exceeded_and_room_heals_it()
    {
        using SmallFileSystem fileSystem = new("1m");
        using BackendBench bench = new(new FileBackend(fileSystem.File, 16 * Mib));
        Status status = default;
        int written = 0;
        for (; written < 16 && status.IsSuccess; written++)
        {
            status = bench.Write((ulong)written * Mib, Pattern.Make(Mib, 5));
        }

        Assert.Equal(StatusCode.CapacityExceeded, status.Code);
        Assert.Equal(Errno.ENOSPC, bench.Operation.ErrorNumber);
        Assert.True(bench.Run(BackendOperationKind.Deallocate, 0, 16 * Mib).IsSuccess);
        Assert.True(bench.Write(0, Pattern.Make(65536, 6)).IsSuccess);
    }
}
