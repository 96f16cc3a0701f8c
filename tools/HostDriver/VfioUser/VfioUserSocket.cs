using Nvmepf.Hal.Linux;
using Nvmepf.HostDriver.Nvme;

namespace Nvmepf.HostDriver.VfioUser;

/// <summary>
/// One connection to a vfio-user server: whole messages in and out, file descriptors with them, a deadline on every wait. It checks
/// the framing and nothing else; what a message means is <see cref="VfioUserClient"/>'s.
/// </summary>
public sealed unsafe class VfioUserSocket : IDisposable
{
    private const int DescriptorsMax = 16;

    private int _fd;

    private VfioUserSocket(int fd) => _fd = fd;

    /// <summary>The socket's file descriptor; -1 when it is closed.</summary>
    public int FileDescriptor => _fd;

    /// <summary>
    /// Connects to a socket path. A path that is not there yet, or that nobody listens on yet, is tried again until the deadline: a
    /// server that was just started is normal.
    /// </summary>
    public static VfioUserSocket Connect(string path, Deadline deadline)
    {
        while (true)
        {
            int fd = Checked(UnixSockets.Create(SocketFlags.None), "socket");
            int result = UnixSockets.Connect(fd, path);
            if (result == 0)
            {
                return new VfioUserSocket(fd);
            }

            _ = Files.Close(fd);
            if (result is not (-Errno.ENOENT or -Errno.ECONNREFUSED) || deadline.Passed)
            {
                throw new VfioUserException(
                    $"cannot connect to {path}: {Errno.Describe(result)}; is the firmware running with --vfio-user there?");
            }

            Thread.Sleep(5);
        }
    }

    /// <summary>Takes over a connected socket, such as one end of a pair.</summary>
    public static VfioUserSocket FromDescriptor(int fd) => new(fd);

    /// <summary>Sends bytes as they are, with file descriptors attached to the first of them. The descriptors stay the caller's.</summary>
    public void SendRaw(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> fileDescriptors, Deadline deadline)
    {
        int sent = 0;
        fixed (byte* start = bytes)
        {
            while (sent < bytes.Length)
            {
                var vector = new IoVector(start + sent, (nuint)(bytes.Length - sent));
                ReadOnlySpan<int> attached = sent == 0 ? fileDescriptors : default;
                int result = UnixSockets.Send(_fd, &vector, 1, attached, MessageFlags.DoNotWait);
                if (result is -Errno.EAGAIN or -Errno.EINTR)
                {
                    WaitFor(PollEvents.Out, deadline, "the server to take more bytes"); // seldom needed, so not asked before
                    continue;
                }

                sent += Checked(result, "sendmsg");
            }
        }
    }

    /// <summary>Sends one message in one piece.</summary>
    public void Send(VfioUserHeader header, ReadOnlySpan<byte> payload, ReadOnlySpan<int> fileDescriptors, Deadline deadline)
    {
        byte[] message = new byte[VfioUserHeader.SizeBytes + payload.Length];
        (header with { LengthBytes = (uint)message.Length }).WriteTo(message);
        payload.CopyTo(message.AsSpan(VfioUserHeader.SizeBytes));
        SendRaw(message, fileDescriptors, deadline);
    }

    /// <summary>Receives one whole message. Throws when the stream ends, the framing is broken or the deadline passes.</summary>
    public VfioUserMessage Receive(Deadline deadline)
    {
        var descriptors = new List<int>();
        try
        {
            byte[] header = new byte[VfioUserHeader.SizeBytes];
            ReceiveExactly(header, descriptors, deadline);
            VfioUserHeader parsed = VfioUserHeader.ReadFrom(header);
            if (parsed.LengthBytes is < VfioUserHeader.SizeBytes or > VfioUserHeader.MessageLengthMaxBytes)
            {
                throw new VfioUserException(
                    $"a message of {parsed.LengthBytes} bytes was announced; {VfioUserHeader.SizeBytes} to "
                    + $"{VfioUserHeader.MessageLengthMaxBytes} are possible");
            }

            byte[] payload = new byte[parsed.LengthBytes - VfioUserHeader.SizeBytes];
            ReceiveExactly(payload, descriptors, deadline);
            return new VfioUserMessage(parsed, payload, [.. descriptors]);
        }
        catch
        {
            descriptors.ForEach(static fd => _ = Files.Close(fd));
            throw;
        }
    }

    /// <summary>
    /// Whether the other end has closed the connection (waits until the deadline for that; pending bytes are thrown away).
    /// </summary>
    public bool WaitForClose(Deadline deadline)
    {
        byte* scratch = stackalloc byte[256];
        Span<PollDescriptor> wait = stackalloc PollDescriptor[1];
        while (true)
        {
            wait[0] = new PollDescriptor { Fd = _fd, Events = PollEvents.In };
            int ready = Events.Poll(wait, deadline.RemainingMilliseconds * 1_000_000L);
            if (ready == 0)
            {
                return false;
            }

            int received = ready < 0 ? ready : UnixSockets.Receive(_fd, scratch, 256, null, 0, out _, out _, MessageFlags.DoNotWait);
            if (received is 0 or -Errno.ECONNRESET or -Errno.EPIPE)
            {
                return true;
            }
        }
    }

    /// <summary>Whether bytes wait to be received, now.</summary>
    public bool HasInput()
    {
        Span<PollDescriptor> wait = stackalloc PollDescriptor[1];
        wait[0] = new PollDescriptor { Fd = _fd, Events = PollEvents.In };
        return Events.Poll(wait, 0) > 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_fd >= 0)
        {
            _ = Files.Close(_fd);
            _fd = -1;
        }
    }

    internal static int Checked(int result, string call) =>
        result >= 0 ? result : throw new VfioUserException($"{call} failed: {Errno.Describe(result)}", -result);

    private void ReceiveExactly(Span<byte> destination, List<int> descriptors, Deadline deadline)
    {
        int* fds = stackalloc int[DescriptorsMax];
        int received = 0;
        fixed (byte* start = destination)
        {
            while (received < destination.Length)
            {
                WaitFor(PollEvents.In, deadline, $"{destination.Length - received} more bytes of a message");
                int result = UnixSockets.Receive(
                    _fd, start + received, destination.Length - received, fds, DescriptorsMax, out int fdCount, out bool truncated,
                        MessageFlags.DoNotWait);
                for (int i = 0; i < fdCount; i++)
                {
                    descriptors.Add(fds[i]);
                }

                if (result is -Errno.EAGAIN or -Errno.EINTR)
                {
                    continue;
                }

                if (truncated)
                {
                    throw new VfioUserException($"the server sent more than {DescriptorsMax} file descriptors with one message");
                }

                received += Checked(result, "recvmsg") switch
                {
                    0 => throw new VfioUserException(
                        $"the server closed the connection ({received} of {destination.Length} bytes had come)"),
                    int count => count,
                };
            }
        }
    }

    private void WaitFor(PollEvents events, Deadline deadline, string what)
    {
        Span<PollDescriptor> wait = stackalloc PollDescriptor[1];
        while (true)
        {
            wait[0] = new PollDescriptor { Fd = _fd, Events = events };
            int ready = Events.Poll(wait, deadline.RemainingMilliseconds * 1_000_000L);
            if (ready > 0)
            {
                return;
            }

            if (ready == 0)
            {
                throw new VfioUserException($"timed out waiting for {what}");
            }

            if (ready != -Errno.EINTR)
            {
                _ = Checked(ready, "ppoll");
            }
        }
    }
}
