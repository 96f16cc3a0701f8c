using Nvmepf.Hal;
using Nvmepf.Hal.Linux;
using Nvmepf.Hal.VfioUser;
using Xunit;

namespace Nvmepf.Tests.VfioUser;

public sealed class ServerSocketTests : IDisposable
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), "vu" + Guid.NewGuid().ToString("N")[..12]);

    private string SocketPath => Path.Combine(_directory, "cntrl");

    public void Dispose()
    {
        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    [Fact]
    public void The_directory_is_created_for_its_owner_and_the_socket_goes_with_the_server()
    {
        string nested = Path.Combine(_directory, "a", "b");
        using (VfioUserPlatform platform = Create(nested))
        {
            Assert.False(Directory.Exists(nested));
            platform.Start(new FakeHandler());
            Assert.True(Connects(Path.Combine(nested, "cntrl")));
            Assert.Equal(0, Files.Status(nested, out FileStatus status));
            Assert.Equal(0x1c0, status.Mode & 0x1ff);
        }

        Assert.False(Path.Exists(Path.Combine(nested, "cntrl")));
    }

    [Fact]
    public void The_socket_of_a_dead_server_is_replaced()
    {
        Directory.CreateDirectory(_directory);
        int dead = UnixSockets.Create(SocketFlags.None);
        Assert.Equal(0, UnixSockets.Bind(dead, SocketPath));
        Assert.Equal(0, UnixSockets.Listen(dead, 1));
        _ = Files.Close(dead);
        Assert.True(Path.Exists(SocketPath));
        using VfioUserPlatform platform = Create(_directory);
        platform.Start(new FakeHandler());
        Assert.True(Connects(SocketPath));
    }

    [Fact]
    public void The_socket_of_a_living_server_is_not_stolen()
    {
        using VfioUserPlatform first = Create(_directory);
        first.Start(new FakeHandler());
        using VfioUserPlatform second = Create(_directory);
        PlatformException exception = Assert.Throws<PlatformException>(() => second.Start(new FakeHandler()));
        Assert.Contains(_directory, exception.Message, StringComparison.Ordinal);
        second.Dispose();
        Assert.True(Connects(SocketPath));
    }

    [Fact]
    public void Nor_is_that_of_a_server_that_is_not_ours()
    {
        Directory.CreateDirectory(_directory);
        int other = UnixSockets.Create(SocketFlags.None);
        Assert.Equal(0, UnixSockets.Bind(other, SocketPath));
        Assert.Equal(0, UnixSockets.Listen(other, 8));
        using VfioUserPlatform platform = Create(_directory);
        PlatformException exception = Assert.Throws<PlatformException>(() => platform.Start(new FakeHandler()));
        Assert.Contains(SocketPath, exception.Message, StringComparison.Ordinal);
        Assert.Contains("another server", exception.Message, StringComparison.Ordinal);
        Assert.True(Path.Exists(SocketPath));
        _ = Files.Close(other);
    }

    [Fact]
    public void A_file_in_the_place_of_the_socket_is_left_alone()
    {
        Directory.CreateDirectory(_directory);
        File.WriteAllText(SocketPath, "precious");
        using VfioUserPlatform platform = Create(_directory);
        PlatformException exception = Assert.Throws<PlatformException>(() => platform.Start(new FakeHandler()));
        Assert.Contains("is not a socket", exception.Message, StringComparison.Ordinal);
        platform.Dispose();
        Assert.Equal("precious", File.ReadAllText(SocketPath));
    }

    [Fact]
    public void A_path_that_is_too_long_is_refused_with_the_limit()
    {
        string directory = Path.Combine(_directory, new string('d', 107 - _directory.Length - 1 - "/cntrl".Length + 1));
        using VfioUserPlatform platform = Create(directory);
        PlatformException exception = Assert.Throws<PlatformException>(() => platform.Start(new FakeHandler()));
        Assert.Contains("108 bytes", exception.Message, StringComparison.Ordinal);
        Assert.Contains("107", exception.Message, StringComparison.Ordinal);
        using VfioUserPlatform fits = Create(directory[..^1]);
        fits.Start(new FakeHandler());
    }

    [Fact]
    public void A_directory_that_cannot_be_one_is_refused()
    {
        Directory.CreateDirectory(_directory);
        string file = Path.Combine(_directory, "file");
        File.WriteAllText(file, "");
        using VfioUserPlatform platform = Create(file);
        PlatformException exception = Assert.Throws<PlatformException>(() => platform.Start(new FakeHandler()));
        Assert.Contains(file, exception.Message, StringComparison.Ordinal);
        using VfioUserPlatform below = Create(Path.Combine(file, "below"));
        exception = Assert.Throws<PlatformException>(() => below.Start(new FakeHandler()));
        Assert.Contains(file, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0, "at least one of them is needed")]
    [InlineData(-1, 0, "0 to 256")]
    [InlineData(257, 0, "0 to 256")]
    [InlineData(9, -1, "0 to 32")]
    [InlineData(9, 33, "0 to 32")]
    public void Interrupts_that_cannot_be_are_refused(int vectors, int messages, string allowed)
    {
        PlatformException exception = Assert.Throws<PlatformException>(() => new VfioUserPlatform(
            Rig.Identity with { MsixVectorCount = vectors, MsiMessageCount = messages }, new VfioUserOptions { DirectoryPath = _directory }));
        Assert.Contains(allowed, exception.Message, StringComparison.Ordinal);
    }

    private static VfioUserPlatform Create(string directory) =>
        new(Rig.Identity, new VfioUserOptions { DirectoryPath = directory });

    private static bool Connects(string path)
    {
        int client = UnixSockets.Create(SocketFlags.NonBlocking);
        int result = UnixSockets.Connect(client, path);
        _ = Files.Close(client);
        return result == 0;
    }
}
