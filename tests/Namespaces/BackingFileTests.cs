using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;
using Xunit;

namespace Nvmepf.Tests.Namespaces;

public sealed class BackingFileTests
{
    [Fact]
    public void A_missing_file_is_created_as_a_hole_of_the_wanted_size()
    {
        using Place place = new();
        using FileBackend backend = new(place.File, 4UL << 30);
        backend.Open();
        Assert.Equal(4UL << 30, backend.SizeBytes);
        Assert.Equal(4L << 30, new FileInfo(place.File).Length);
        Assert.Equal(0, Files.Status(place.File, out FileStatus status));
        Assert.True(status.AllocatedSectors512 < 100, "the file is not sparse");
        Assert.Equal(0, status.Mode & 0x3F);
    }

    [Fact]
    public void A_buffered_file_goes_through_the_page_cache_where_another_bypasses_it()
    {
        using Place place = new();
        using (FileBackend other = new(place.File, 1 << 20))
        {
            other.Open();
            Assert.Equal(other.IsDirect, IsOpenDirect(place.File));
        }

        using FileBackend backend = new(place.File, 1 << 20, isBuffered: true);
        backend.Open();
        Assert.False(IsOpenDirect(place.File));
        Assert.False(backend.IsDirect);
        Assert.Equal(1u, backend.MemoryAlignmentBytes);
    }

    /// <summary>What the kernel says of this process's descriptor of a file: O_DIRECT is 40000 in octal on x86, 200000 on arm64.</summary>
    private static bool IsOpenDirect(string path)
    {
        string descriptor = Directory.GetFiles("/proc/self/fd").Single(name => new FileInfo(name).LinkTarget == path);
        string flags = File.ReadAllLines(descriptor.Replace("/fd/", "/fdinfo/", StringComparison.Ordinal)).Single(line => line.StartsWith("flags:", StringComparison.Ordinal));
        return (Convert.ToInt32(flags[6..].Trim(), 8) & Convert.ToInt32(Machine.IsArm64 ? "200000" : "40000", 8)) != 0;
    }

    [Fact]
    public void An_existing_file_keeps_its_size_where_none_is_given()
    {
        using Place place = new();
        File.WriteAllBytes(place.File, new byte[1_000_000]);
        using FileBackend backend = new(place.File);
        backend.Open();
        Assert.Equal(1_000_000UL, backend.SizeBytes);
    }

    [Fact]
    public void An_existing_file_of_another_size_is_refused_with_both_sizes_and_left_alone()
    {
        using Place place = new();
        File.WriteAllBytes(place.File, new byte[8192]);
        string text = MessageOf(new FileBackend(place.File, 4096));
        Assert.Contains("8192 bytes", text, StringComparison.Ordinal);
        Assert.Contains("4096 bytes", text, StringComparison.Ordinal);
        Assert.Contains(place.File, text, StringComparison.Ordinal);
        Assert.Equal(8192, new FileInfo(place.File).Length);
    }

    [Fact]
    public void An_existing_file_of_the_wanted_size_is_used_with_its_data()
    {
        using Place place = new();
        byte[] data = Pattern.Make(8192, 1);
        File.WriteAllBytes(place.File, data);
        using BackendBench bench = new(new FileBackend(place.File, 8192));
        Assert.Equal(data, bench.Read(0, 8192));
    }

    [Fact]
    public void An_empty_file_gets_the_wanted_size_and_is_refused_without_one()
    {
        using Place place = new();
        File.WriteAllBytes(place.File, []);
        Assert.Contains("is empty", MessageOf(new FileBackend(place.File)), StringComparison.Ordinal);
        using FileBackend backend = new(place.File, 1 << 20);
        backend.Open();
        Assert.Equal(1 << 20, new FileInfo(place.File).Length);
    }

    [Fact]
    public void A_missing_file_without_a_size_is_refused_and_not_created()
    {
        using Place place = new();
        Assert.Contains("does not exist", MessageOf(new FileBackend(place.File)), StringComparison.Ordinal);
        Assert.False(File.Exists(place.File));
    }

    [Fact]
    public void A_file_that_cannot_become_that_large_is_not_left_behind()
    {
        using Place place = new();
        Assert.Contains("cannot set its size", MessageOf(new FileBackend(place.File, 1UL << 62)), StringComparison.Ordinal);
        Assert.False(File.Exists(place.File));
    }

    [Fact]
    public void A_file_serves_one_backend_at_a_time()
    {
        using Place place = new();
        using (FileBackend first = new(place.File, 1 << 20))
        {
            first.Open();
            Assert.Contains("locked by another process", MessageOf(new FileBackend(place.File)), StringComparison.Ordinal);
        }

        using FileBackend second = new(place.File);
        second.Open();
    }

    [Fact]
    public void What_is_no_file_is_refused_by_name()
    {
        using Place place = new();
        Assert.Contains("neither a regular file nor a block device", MessageOf(new FileBackend("/dev/null")), StringComparison.Ordinal);
        Assert.Contains(place.Root, MessageOf(new FileBackend(place.Root)), StringComparison.Ordinal);
        Assert.Equal(0, Tool.Run("mkfifo", place.File).ExitCode);
        Assert.Contains("neither a regular file nor", MessageOf(new FileBackend(place.File)), StringComparison.Ordinal);
    }

    [Fact]
    public void Block_means_a_block_device()
    {
        using Place place = new();
        File.WriteAllBytes(place.File, new byte[4096]);
        Assert.Contains("is not a block device", MessageOf(new FileBackend(place.File, isDeviceWanted: true)), StringComparison.Ordinal);
        Assert.Contains("ENOENT", MessageOf(new FileBackend(place.File + "x", 4096, isDeviceWanted: true)), StringComparison.Ordinal);
        Assert.False(File.Exists(place.File + "x"));
    }

    [Fact]
    public void A_file_smaller_than_a_block_is_refused()
    {
        using Place place = new();
        File.WriteAllBytes(place.File, new byte[1024]);
        Assert.Contains("at least one block", MessageOf(new FileBackend(place.File, null, 4096)), StringComparison.Ordinal);
    }

    [Fact]
    public void Access_is_direct_exactly_where_the_file_system_takes_the_block()
    {
        using Place place = new();
        using FileBackend backend = new(place.File, 1 << 20, 4096);
        backend.Open();
        Assert.Equal(0, Files.Status(place.File, out _));
        int descriptor = Files.Open(place.File, OpenFlags.ReadOnly);
        Assert.Equal(0, Files.Status(descriptor, out FileStatus status));
        _ = Files.Close(descriptor);
        if (status.HasDirectIoAlignment)
        {
            Assert.Equal(status.DirectIoOffsetAlignmentBytes is > 0 and <= 4096, backend.IsDirect);
        }

        Assert.True(System.Numerics.BitOperations.IsPow2(backend.MemoryAlignmentBytes));
        Assert.Equal(backend.IsDirect, backend.MemoryAlignmentBytes > 1);
    }

    [Theory]
    [InlineData("Max file size             unlimited            unlimited            bytes     ", null)]
    [InlineData("Max file size             1048576              unlimited            bytes     ", 1048576UL)]
    [InlineData("Max open files            1024                 4096                 files     ", null)]
    public void The_file_size_limit_is_read_as_the_system_shows_it(string line, ulong? limit) =>
        Assert.Equal(limit, FileSizeLimit.Parse(["Limit                     Soft Limit           Hard Limit           Units     ", line]));

    private static string MessageOf(FileBackend backend)
    {
        using (backend)
        {
            string text = Assert.Throws<PlatformException>(backend.Open).Message;
            Assert.DoesNotContain('\n', text);
            return text;
        }
    }
}
