using System;
using Nvmepf.Hal.Linux;
using Xunit;

namespace Nvmepf.Tests.Linux;

public sealed unsafe class MemoryMappingsTests
{
    private const nuint Length = 64 << 10;

    [Fact]
    public void Two_mappings_of_a_memory_file_are_the_same_memory()
    {
        int fd = MemoryMappings.CreateMemoryFile("nvmepf-test", MemoryFileFlags.None);
        Assert.True(fd >= 0, Errno.Describe(fd));
        Assert.Equal(0, Files.Truncate(fd, (long)Length));
        Assert.Equal(0, MemoryMappings.MapFile(fd, 0, Length, MemoryProtection.ReadWrite, MapFlags.Shared, out void* first));
        Assert.Equal(0, MemoryMappings.MapFile(fd, 0, Length, MemoryProtection.Read, MapFlags.Shared, out void* second));
        Assert.NotEqual((nuint)first, (nuint)second);
        ((byte*)first)[12345] = 0x77;
        Assert.Equal(0x77, ((byte*)second)[12345]);
        Assert.Equal(0, MemoryMappings.Unmap(first, Length));
        Assert.Equal(0, MemoryMappings.Unmap(second, Length));
        Assert.Equal(0, Files.Close(fd));
    }

    [Fact]
    public void A_sealed_memory_file_cannot_shrink()
    {
        int fd = MemoryMappings.CreateMemoryFile("nvmepf-test", MemoryFileFlags.AllowSealing);
        Assert.Equal(0, Files.Truncate(fd, (long)Length));
        Assert.Equal(0, Files.AddSeals(fd, FileSeals.Shrink | FileSeals.Grow));
        Assert.Equal(FileSeals.Shrink | FileSeals.Grow, (FileSeals)Files.Seals(fd));
        Assert.Equal(-Errno.EPERM, Files.Truncate(fd, 0));
        Assert.Equal(1, Files.IsCloseOnExec(fd));
        Assert.Equal(0, Files.Close(fd));
        using TemporaryFile file = new(0);
        Assert.Equal(-Errno.EINVAL, Files.Seals(file.Fd));
    }

    [Fact]
    public void Anonymous_memory_is_zeroed_and_advice_gives_it_back()
    {
        Assert.Equal(0, MemoryMappings.MapAnonymous(Length, MapFlags.Populate, out void* memory));
        Span<byte> bytes = new(memory, (int)Length);
        Assert.True(bytes.IndexOfAnyExcept((byte)0) < 0);
        bytes.Fill(1);
        Assert.Equal(0, MemoryMappings.Advise(memory, Length, MemoryAdvice.DoNotNeed));
        Assert.True(bytes.IndexOfAnyExcept((byte)0) < 0);
        Assert.Equal(0, MemoryMappings.Advise(memory, Length, MemoryAdvice.PopulateWrite));
        Assert.Equal(0, MemoryMappings.Advise(memory, Length, MemoryAdvice.DoNotDump));
        Assert.Equal(0, MemoryMappings.Lock(memory, 4096));
        Assert.Equal(-Errno.EEXIST, MemoryMappings.Map(
            memory, Length, MemoryProtection.Read, MapFlags.Private | MapFlags.Anonymous | MapFlags.FixedNoReplace, -1, 0, out void* none));
        Assert.True(none == null);
        Assert.Equal(0, MemoryMappings.Protect(memory, Length, MemoryProtection.None));
        Assert.Equal(-Errno.EINVAL, MemoryMappings.Advise(memory, Length, MemoryAdvice.PopulateRead));
        Assert.Equal(0, MemoryMappings.Unmap(memory, Length));
    }

    [Fact]
    public void Populating_past_the_end_of_a_file_is_an_error_and_not_a_signal()
    {
        int fd = MemoryMappings.CreateMemoryFile("nvmepf-test", MemoryFileFlags.None);
        Assert.Equal(0, Files.Truncate(fd, (long)Length / 2));
        Assert.Equal(0, MemoryMappings.MapFile(fd, 0, Length, MemoryProtection.ReadWrite, MapFlags.Shared, out void* memory));
        Assert.Equal(0, MemoryMappings.Advise(memory, Length / 2, MemoryAdvice.PopulateWrite));
        Assert.Equal(-Errno.EFAULT, MemoryMappings.Advise(memory, Length, MemoryAdvice.PopulateWrite));
        Assert.Equal(0, MemoryMappings.Unmap(memory, Length));
        Assert.Equal(0, Files.Close(fd));
    }

    [Fact]
    public void Bad_arguments_come_back_as_error_numbers()
    {
        Assert.Equal(-Errno.EBADF, MemoryMappings.MapFile(-1, 0, Length, MemoryProtection.Read, MapFlags.Shared, out void* memory));
        Assert.True(memory == null);
        Assert.Equal(-Errno.EINVAL, MemoryMappings.MapAnonymous(0, 0, out _));
        Assert.Equal(-Errno.EINVAL, MemoryMappings.Unmap((void*)1, 4096));
        Assert.Equal(-Errno.ENAMETOOLONG, MemoryMappings.CreateMemoryFile(new string('x', 250), MemoryFileFlags.None));
    }

    [Fact]
    public void Huge_pages_are_mapped_aligned_or_refused_for_want_of_memory()
    {
        int result = MemoryMappings.MapAnonymous(2 << 20, MapFlags.HugePages2Mib | MapFlags.Populate, out void* memory);
        if (result == 0)
        {
            Assert.Equal(0u, (nuint)memory % (2 << 20));
            Assert.Equal(0, MemoryMappings.Unmap(memory, 2 << 20));
        }
        else
        {
            Assert.Equal(-Errno.ENOMEM, result);
        }
    }
}
