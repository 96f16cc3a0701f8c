using Nvmepf.Hal.Linux;
using Xunit;

namespace Nvmepf.Tests.VfioUser;

/// <summary>A memory file with a name of its own, mapped by the test, by which its descriptors and mappings in this process can be counted.</summary>
internal sealed unsafe class SharedFile : IDisposable
{
    private readonly string _name = "vu-test-" + Guid.NewGuid().ToString("N");
    private readonly nuint _length;
    private readonly byte* _base;

    public SharedFile(ulong lengthBytes, MemoryFileFlags flags = MemoryFileFlags.AllowSealing)
    {
        _length = (nuint)lengthBytes;
        Descriptor = MemoryMappings.CreateMemoryFile(_name, flags);
        Assert.True(Descriptor >= 0);
        Assert.Equal(0, Files.Truncate(Descriptor, (long)lengthBytes));
        Assert.Equal(0, MemoryMappings.MapFile(Descriptor, 0, _length, MemoryProtection.ReadWrite, MapFlags.Shared, out void* address));
        _base = (byte*)address;
    }

    public int Descriptor { get; }

    public Span<byte> Memory => new(_base, (int)_length);

    /// <summary>How many descriptors of this process name the file.</summary>
    public int DescriptorCount
    {
        get
        {
            int count = 0;
            foreach (string entry in Directory.GetFiles("/proc/self/fd"))
            {
                try
                {
                    count += new FileInfo(entry).LinkTarget?.Contains(_name, StringComparison.Ordinal) == true ? 1 : 0;
                }
                catch (IOException)
                {
                    // Another test closed it meanwhile.
                }
            }

            return count;
        }
    }

    /// <summary>How many mappings of this process are of the file; the test's own is one.</summary>
    public int MappingCount
    {
        get
        {
            int count = 0;
            foreach (string line in File.ReadLines("/proc/self/maps"))
            {
                count += line.Contains(_name, StringComparison.Ordinal) ? 1 : 0;
            }

            return count;
        }
    }

    public void Dispose()
    {
        _ = MemoryMappings.Unmap(_base, _length);
        _ = Files.Close(Descriptor);
    }
}
