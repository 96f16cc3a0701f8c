using System;
using System.IO;
using System.Text;
using Nvmepf.Hal.Linux;
using Xunit;

namespace Nvmepf.Tests.Linux;

public sealed unsafe class FilesTests
{
    [Fact]
    public void What_is_written_at_an_offset_is_read_back()
    {
        using TemporaryFile file = new(8192);
        byte* data = stackalloc byte[100];
        new Span<byte>(data, 100).Fill(0x5a);
        byte* back = stackalloc byte[100];
        Assert.Equal(100, Files.WriteAt(file.Fd, data, 100, 4000));
        Assert.Equal(100, Files.ReadAt(file.Fd, back, 100, 4000));
        Assert.True(new Span<byte>(back, 100).SequenceEqual(new Span<byte>(data, 100)));
        Assert.Equal(0, Files.DataSync(file.Fd));
        Assert.Equal(0, Files.Sync(file.Fd));
    }

    [Fact]
    public void Vectors_are_gathered_and_scattered_in_order()
    {
        using TemporaryFile file = new(0);
        byte* bytes = stackalloc byte[8] { 1, 2, 3, 4, 5, 6, 7, 8 };
        IoVector* vectors = stackalloc IoVector[2] { new(bytes + 4, 4), new(bytes, 4) };
        Assert.Equal(8, Files.WriteVectors(file.Fd, vectors, 2, 0, ReadWriteFlags.DataSync));
        byte* back = stackalloc byte[8];
        vectors[0] = new(back, 5);
        vectors[1] = new(back + 5, 3);
        Assert.Equal(8, Files.ReadVectors(file.Fd, vectors, 2, 0));
        Assert.Equal(new byte[] { 5, 6, 7, 8, 1, 2, 3, 4 }, new Span<byte>(back, 8).ToArray());
    }

    [Fact]
    public void A_read_at_the_end_is_short_and_past_it_empty()
    {
        using TemporaryFile file = new(1000);
        byte* back = stackalloc byte[600];
        Assert.Equal(400, Files.ReadAt(file.Fd, back, 600, 600));
        Assert.Equal(0, Files.ReadAt(file.Fd, back, 600, 1000));
    }

    [Fact]
    public void Bad_arguments_come_back_as_error_numbers()
    {
        byte b;
        Assert.Equal(-Errno.EBADF, Files.ReadAt(-1, &b, 1, 0));
        Assert.Equal(-Errno.EBADF, Files.Close(-1));
        Assert.Equal(-Errno.ENOENT, Files.Open("/nonexistent/file", OpenFlags.ReadOnly));
        Assert.Equal(-Errno.ENAMETOOLONG, Files.Open(new string('a', 5000), OpenFlags.ReadOnly));
        Assert.Equal(-Errno.ENAMETOOLONG, Files.Open(new string('a', NativePath.MaximumBytes), OpenFlags.ReadOnly));
        Assert.Equal(-Errno.EINVAL, Files.Open("/tmp\0/x", OpenFlags.ReadOnly));
        Assert.Equal(-Errno.EILSEQ, Files.Open("/tmp/\ud800", OpenFlags.ReadOnly));
        Assert.Equal(-Errno.ENOENT, Files.Unlink("/nonexistent/file"));
        Assert.Equal(-Errno.ENOENT, Files.Status("/nonexistent/file", out _));
    }

    [Fact]
    public void Status_tells_size_kind_and_identity()
    {
        using TemporaryFile file = new(12345);
        Assert.Equal(0, Files.Status(file.Fd, out FileStatus status));
        Assert.Equal(12345ul, status.SizeBytes);
        Assert.Equal(FileType.Regular, status.Type);
        Assert.Equal(0x180, status.Mode & 0xfff);
        Assert.Equal(1u, status.LinkCount);
        Assert.True(status.BlockSizeBytes >= 512);
        Assert.Equal(0, Files.Status(file.Path, out FileStatus byPath));
        Assert.Equal((status.Inode, status.DeviceMajor, status.DeviceMinor), (byPath.Inode, byPath.DeviceMajor, byPath.DeviceMinor));
        Assert.Equal(0, Files.Unlink(file.Path));
        Assert.Equal(0, Files.Status(file.Fd, out status));
        Assert.Equal(0u, status.LinkCount);
    }

    [Fact]
    public void The_reported_direct_alignment_is_enough_for_a_direct_write()
    {
        using TemporaryFile probe = new(0);
        Assert.Equal(0, Files.Status(probe.Fd, out FileStatus status));
        using TemporaryFile file = new(0, OpenFlags.Direct);
        if (file.Fd < 0)
        {
            Assert.Equal(-Errno.EINVAL, file.Fd);
            return;
        }
        Assert.Equal((int)OpenFlags.Direct, Files.Flags(file.Fd) & (int)OpenFlags.Direct);
        if (!status.HasDirectIoAlignment || status.DirectIoOffsetAlignmentBytes == 0)
        {
            return;
        }
        int length = (int)status.DirectIoOffsetAlignmentBytes;
        Assert.Equal(0, MemoryMappings.MapAnonymous((nuint)length, MapFlags.Populate, out void* memory));
        Assert.Equal(length, Files.WriteAt(file.Fd, memory, (nuint)length, length));
        Assert.Equal(-Errno.EINVAL, Files.WriteAt(file.Fd, memory, (nuint)length, 1));
        Assert.Equal(0, MemoryMappings.Unmap(memory, (nuint)length));
    }

    [Fact]
    public void A_punched_hole_reads_as_zeroes_and_gives_its_blocks_back()
    {
        using TemporaryFile file = new(0);
        byte[] data = new byte[1 << 20];
        data.AsSpan().Fill(0xff);
        fixed (byte* p = data)
        {
            Assert.Equal(data.Length, Files.WriteAt(file.Fd, p, (nuint)data.Length, 0));
            Assert.Equal(0, Files.Sync(file.Fd));
            Assert.Equal(0, Files.Status(file.Fd, out FileStatus before));
            Assert.Equal(0, Files.Allocate(file.Fd, FallocateMode.PunchHole | FallocateMode.KeepSize, 65536, 65536 * 4));
            Assert.Equal(0, Files.Status(file.Fd, out FileStatus after));
            Assert.Equal(before.SizeBytes, after.SizeBytes);
            Assert.True(after.AllocatedSectors512 < before.AllocatedSectors512);
            Assert.Equal(data.Length, Files.ReadAt(file.Fd, p, (nuint)data.Length, 0));
        }
        Assert.True(data.AsSpan(65536, 65536 * 4).IndexOfAnyExcept((byte)0) < 0);
        Assert.True(data.AsSpan(65536 * 5).IndexOfAnyExcept((byte)0xff) < 0);
        Assert.Equal(-Errno.EOPNOTSUPP, Files.Allocate(file.Fd, FallocateMode.PunchHole, 0, 4096));
    }

    [Fact]
    public void A_locked_file_cannot_be_locked_by_another_open()
    {
        using TemporaryFile file = new(0);
        int other = Files.Open(file.Path, OpenFlags.ReadWrite);
        Assert.True(other >= 0);
        Assert.Equal(0, Files.Lock(file.Fd, LockOperation.Exclusive | LockOperation.NonBlocking));
        Assert.Equal(-Errno.EAGAIN, Files.Lock(other, LockOperation.Exclusive | LockOperation.NonBlocking));
        Assert.Equal(0, Files.Lock(file.Fd, LockOperation.Unlock));
        Assert.Equal(0, Files.Lock(other, LockOperation.Exclusive | LockOperation.NonBlocking));
        Assert.Equal(0, Files.Close(other));
    }

    [Fact]
    public void The_link_of_a_descriptor_names_its_file()
    {
        using TemporaryFile file = new(0);
        Span<byte> text = stackalloc byte[4096];
        int length = Files.ReadLink($"/proc/self/fd/{file.Fd}", text);
        Assert.Equal(file.Path, Encoding.UTF8.GetString(text[..length]));
    }

    [Fact]
    public void Descriptors_are_close_on_exec_and_their_flags_can_change()
    {
        using TemporaryFile file = new(0);
        Assert.Equal(1, Files.IsCloseOnExec(file.Fd));
        Assert.Equal(0, Files.SetCloseOnExec(file.Fd, false));
        Assert.Equal(0, Files.IsCloseOnExec(file.Fd));
        int copy = Files.Duplicate(file.Fd);
        Assert.Equal(1, Files.IsCloseOnExec(copy));
        Assert.Equal(0, Files.Close(copy));
        Assert.Equal(OpenFlags.ReadWrite, (OpenFlags)Files.Flags(file.Fd));
        Assert.Equal(0, Files.SetFlags(file.Fd, OpenFlags.NonBlocking));
        Assert.Equal(OpenFlags.ReadWrite | OpenFlags.NonBlocking, (OpenFlags)Files.Flags(file.Fd));
    }

    [Fact]
    public void The_directory_flag_is_the_kernels()
    {
        int directory = Files.Open(Path.GetTempPath(), OpenFlags.Directory);
        Assert.True(directory >= 0, Errno.Describe(directory));
        Assert.Equal(0, Files.Close(directory));
        using TemporaryFile file = new(0);
        Assert.Equal(-Errno.ENOTDIR, Files.Open(file.Path, OpenFlags.Directory));
        string link = file.Path + ".link";
        File.CreateSymbolicLink(link, file.Path);
        Assert.Equal(-Errno.ELOOP, Files.Open(link, OpenFlags.NoFollow));
    }

    [Fact]
    public void A_regular_file_is_no_block_device()
    {
        using TemporaryFile file = new(4096);
        Assert.Equal(-Errno.ENOTTY, BlockDevices.Size(file.Fd, out _));
        Assert.Equal(-Errno.ENOTTY, BlockDevices.LogicalSectorSize(file.Fd));
        Assert.Equal(-Errno.ENOTTY, BlockDevices.PhysicalSectorSize(file.Fd));
        Assert.Equal(-Errno.ENOTTY, BlockDevices.IsReadOnly(file.Fd));
    }

    [Fact]
    public void A_block_device_tells_the_size_that_sysfs_tells()
    {
        // Needs a block device that this user may open; where there is none, only the refusal above is tested.
        foreach (string directory in Directory.Exists("/sys/block") ? Directory.GetDirectories("/sys/block") : [])
        {
            int fd = Files.Open("/dev/" + Path.GetFileName(directory), OpenFlags.ReadOnly);
            if (fd < 0)
            {
                continue;
            }
            ulong expected = ulong.Parse(File.ReadAllText(directory + "/size"), System.Globalization.CultureInfo.InvariantCulture) * 512;
            Assert.Equal(0, BlockDevices.Size(fd, out ulong size));
            Assert.Equal(expected, size);
            Assert.Equal(Sysfs(directory + "/queue/logical_block_size"), BlockDevices.LogicalSectorSize(fd));
            Assert.Equal(Sysfs(directory + "/queue/physical_block_size"), BlockDevices.PhysicalSectorSize(fd));
            Assert.Equal(Sysfs(directory + "/ro"), BlockDevices.IsReadOnly(fd));
            Assert.Equal(0, Files.Status(fd, out FileStatus status));
            Assert.Equal(FileType.BlockDevice, status.Type);
            Assert.Equal(0, Files.Close(fd));
        }
    }

    private static int Sysfs(string path) => int.Parse(File.ReadAllText(path), System.Globalization.CultureInfo.InvariantCulture);
}
