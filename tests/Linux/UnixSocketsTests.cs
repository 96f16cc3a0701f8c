using System;
using System.IO;
using Nvmepf.Hal.Linux;
using Xunit;

namespace Nvmepf.Tests.Linux;

public sealed unsafe class UnixSocketsTests : IDisposable
{
    private readonly int _a;
    private readonly int _b;

    public UnixSocketsTests() => Assert.Equal(0, UnixSockets.CreatePair(SocketFlags.NonBlocking, out _a, out _b));

    public void Dispose()
    {
        _ = Files.Close(_a);
        _ = Files.Close(_b);
    }

    [Fact]
    public void Bytes_in_pieces_arrive_in_order()
    {
        byte* bytes = stackalloc byte[6] { 1, 2, 3, 4, 5, 6 };
        IoVector* vectors = stackalloc IoVector[2] { new(bytes + 3, 3), new(bytes, 3) };
        Assert.Equal(6, UnixSockets.Send(_a, vectors, 2, default));
        byte* back = stackalloc byte[16];
        Assert.Equal(6, UnixSockets.Receive(_b, back, 16, null, 0, out int count, out bool truncated));
        Assert.Equal(0, count);
        Assert.False(truncated);
        Assert.Equal(new byte[] { 4, 5, 6, 1, 2, 3 }, new Span<byte>(back, 6).ToArray());
    }

    [Fact]
    public void A_descriptor_arrives_close_on_exec_and_is_the_same_file()
    {
        int memory = MemoryMappings.CreateMemoryFile("passed", MemoryFileFlags.None);
        Assert.Equal(0, Files.Truncate(memory, 4242));
        Assert.Equal(1, SendByte(memory));
        byte b;
        int received;
        Assert.Equal(1, UnixSockets.Receive(_b, &b, 1, &received, 1, out int count, out bool truncated));
        Assert.Equal(1, count);
        Assert.False(truncated);
        Assert.NotEqual(memory, received);
        Assert.Equal(1, Files.IsCloseOnExec(received));
        Assert.Equal(0, Files.Status(received, out FileStatus status));
        Assert.Equal(4242ul, status.SizeBytes);
        Assert.Equal(0, Files.Close(received));
        Assert.Equal(0, Files.Close(memory));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(253)]
    public void As_many_descriptors_as_there_is_room_for_arrive(int number)
    {
        int[] sent = new int[number];
        sent.AsSpan().Fill(_a);
        Assert.Equal(1, SendByte(sent));
        byte b;
        int* received = stackalloc int[number];
        Assert.Equal(1, UnixSockets.Receive(_b, &b, 1, received, number, out int count, out bool truncated));
        Assert.Equal(number, count);
        Assert.False(truncated);
        CloseAll(received, count);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(1, 3)]
    [InlineData(3, 4)]
    [InlineData(16, 253)]
    public void Descriptors_too_many_are_reported_and_none_leaks(int room, int number)
    {
        int[] sent = new int[number];
        sent.AsSpan().Fill(_a);
        int before = OpenDescriptors();
        Assert.Equal(1, SendByte(sent));
        byte b;
        int* received = stackalloc int[16];
        new Span<int>(received, 16).Fill(-7);
        Assert.Equal(1, UnixSockets.Receive(_b, &b, 1, received, room, out int count, out bool truncated));
        Assert.Equal(room, count);
        Assert.True(truncated);
        for (int i = room; i < 16; i++)
        {
            Assert.Equal(-7, received[i]);
        }
        CloseAll(received, count);
        Assert.Equal(before, OpenDescriptors());
    }

    [Fact]
    public void Descriptors_of_two_messages_do_not_run_together()
    {
        Assert.Equal(1, SendByte(_a));
        Assert.Equal(1, SendByte(_a));
        byte* bytes = stackalloc byte[8];
        int* received = stackalloc int[4];
        Assert.Equal(1, UnixSockets.Receive(_b, bytes, 8, received, 4, out int count, out _));
        Assert.Equal(1, count);
        CloseAll(received, count);
        Assert.Equal(1, UnixSockets.Receive(_b, bytes, 8, received, 4, out count, out _));
        Assert.Equal(1, count);
        CloseAll(received, count);
    }

    [Fact]
    public void An_empty_socket_would_block_and_a_closed_one_ends()
    {
        byte b = 1;
        Assert.Equal(-Errno.EAGAIN, UnixSockets.Receive(_b, &b, 1, null, 0, out _, out _));
        Assert.Equal(0, Files.SetFlags(_b, OpenFlags.ReadOnly));
        Assert.Equal(-Errno.EAGAIN, UnixSockets.Receive(_b, &b, 1, null, 0, out _, out _, MessageFlags.DoNotWait));
        Assert.Equal(0, UnixSockets.Shutdown(_a, ShutdownDirection.Both));
        Assert.Equal(0, UnixSockets.Receive(_b, &b, 1, null, 0, out _, out _));
        Assert.Equal(-Errno.EPIPE, UnixSockets.Send(_b, &b, 1));
    }

    [Fact]
    public void Peeking_leaves_the_bytes()
    {
        byte b = 9;
        Assert.Equal(1, UnixSockets.Send(_a, &b, 1));
        b = 0;
        Assert.Equal(1, UnixSockets.Receive(_b, &b, 1, null, 0, out _, out _, MessageFlags.Peek));
        Assert.Equal(9, b);
        b = 0;
        Assert.Equal(1, UnixSockets.Receive(_b, &b, 1, null, 0, out _, out _));
        Assert.Equal(9, b);
    }

    [Fact]
    public void Bad_arguments_come_back_as_error_numbers()
    {
        byte b = 0;
        int fd;
        IoVector vector = new(&b, 1);
        Assert.Equal(-Errno.EINVAL, UnixSockets.Send(_a, &vector, 1, new int[UnixSockets.MaximumDescriptors + 1]));
        Assert.Equal(-Errno.EBADF, UnixSockets.Send(_a, &vector, 1, [-1]));
        Assert.Equal(-Errno.EINVAL, UnixSockets.Receive(_a, &b, 1, &fd, UnixSockets.MaximumDescriptors + 1, out _, out _));
        Assert.Equal(-Errno.EINVAL, UnixSockets.Receive(_a, &b, 1, &fd, -1, out _, out _));
        Assert.Equal(-Errno.EINVAL, UnixSockets.Receive(_a, &b, -1, &fd, 1, out _, out _));
        Assert.Equal(-Errno.EBADF, UnixSockets.Receive(-1, &b, 1, &fd, 1, out _, out _));
        Assert.Equal(-Errno.ENAMETOOLONG, UnixSockets.Bind(_a, new string('s', UnixSockets.MaximumPathBytes + 1)));
        Assert.Equal(-Errno.ENOENT, UnixSockets.Connect(_a, ""));
    }

    [Fact]
    public void A_client_connects_to_a_path_and_is_known()
    {
        string directory = Directory.CreateTempSubdirectory("nvmepf-linux-").FullName;
        string path = Path.Combine(directory, "cntrl");
        int server = UnixSockets.Create(SocketFlags.NonBlocking);
        int client = UnixSockets.Create(SocketFlags.None);
        Assert.Equal(-Errno.ENOENT, UnixSockets.Connect(client, path));
        Assert.Equal(0, UnixSockets.Bind(server, path));
        Assert.Equal(0, Files.Status(path, out FileStatus status));
        Assert.Equal(FileType.Socket, status.Type);
        Assert.Equal(-Errno.ECONNREFUSED, UnixSockets.Connect(client, path));
        Assert.Equal(0, UnixSockets.Listen(server, 1));
        Assert.Equal(-Errno.EAGAIN, UnixSockets.Accept(server, SocketFlags.NonBlocking));
        Assert.Equal(0, UnixSockets.Connect(client, path));
        int accepted = UnixSockets.Accept(server, SocketFlags.NonBlocking);
        Assert.True(accepted >= 0, Errno.Describe(accepted));
        Assert.Equal(OpenFlags.ReadWrite | OpenFlags.NonBlocking, (OpenFlags)Files.Flags(accepted));
        Assert.Equal(1, Files.IsCloseOnExec(accepted));
        Assert.Equal(0, UnixSockets.Peer(accepted, out PeerCredentials peer));
        Assert.Equal(Environment.ProcessId, peer.ProcessId);
        Assert.Equal(Threads.UserId(), peer.UserId);
        foreach (int fd in new[] { server, client, accepted })
        {
            Assert.Equal(0, Files.Close(fd));
        }
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public void A_loop_of_sends_and_receives_with_a_descriptor_allocates_nothing()
    {
        Allocation.AssertNone(() =>
        {
            byte* buffer = stackalloc byte[64];
            int* fds = stackalloc int[4];
            IoVector vector = new(buffer, 64);
            for (int i = 0; i < 1000; i++)
            {
                int sent = UnixSockets.Send(_a, &vector, 1, new ReadOnlySpan<int>(in _a));
                int received = UnixSockets.Receive(_b, buffer, 64, fds, 4, out int count, out _);
                if (sent != 64 || received != 64 || count != 1 || Files.Close(fds[0]) != 0)
                {
                    throw new InvalidOperationException($"{sent} {received} {count}");
                }
                received = UnixSockets.Receive(_b, buffer, 64, fds, 4, out _, out _);
                if (received != -Errno.EAGAIN)
                {
                    throw new InvalidOperationException($"{received}");
                }
            }
        });
    }

    private int SendByte(params int[] fds)
    {
        byte b = 1;
        IoVector vector = new(&b, 1);
        return UnixSockets.Send(_a, &vector, 1, fds);
    }

    private static void CloseAll(int* fds, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(0, Files.Close(fds[i]));
        }
    }

    // Counts links to our own socket only: other tests open and close descriptors at the same time.
    private int OpenDescriptors()
    {
        Span<byte> own = stackalloc byte[64];
        Span<byte> other = stackalloc byte[64];
        int length = Files.ReadLink($"/proc/self/fd/{_a}", own);
        int count = 0;
        foreach (string link in Directory.GetFiles("/proc/self/fd"))
        {
            int otherLength = Files.ReadLink(link, other);
            count += otherLength > 0 && other[..otherLength].SequenceEqual(own[..length]) ? 1 : 0;
        }
        return count;
    }
}
