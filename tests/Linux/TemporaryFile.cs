using System;
using System.IO;
using Nvmepf.Hal.Linux;
using Xunit;

namespace Nvmepf.Tests.Linux;

/// <summary>A file of its own directory, open for as long as the test lives.</summary>
internal sealed class TemporaryFile : IDisposable
{
    private readonly string _directory;

    internal TemporaryFile(long sizeBytes, OpenFlags flags = OpenFlags.ReadOnly)
    {
        _directory = Directory.CreateTempSubdirectory("nvmepf-linux-").FullName;
        Path = System.IO.Path.Combine(_directory, "file");
        Fd = Files.Open(Path, OpenFlags.ReadWrite | OpenFlags.Create | flags);
        if (Fd >= 0)
        {
            Assert.Equal(0, Files.Truncate(Fd, sizeBytes));
        }
    }

    internal string Path { get; }

    internal int Fd { get; }

    public void Dispose()
    {
        if (Fd >= 0)
        {
            _ = Files.Close(Fd);
        }
        Directory.Delete(_directory, recursive: true);
    }
}
