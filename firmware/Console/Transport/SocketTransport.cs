using Nvmepf.Firmware.Console.Terminal;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Console.Transport;

/// <summary>
/// Consoles on a Unix socket, for <c>nvmepf console</c>: a thread for each connection, a few at once. For the owner alone, by the file's mode:
/// who may connect may do everything.
/// </summary>
internal sealed class SocketTransport
{
    /// <summary>Connections at once; one more is told so and closed.</summary>
    public const int SessionsMax = 8;

    private const int StackBytes = 256 * 1024;
    private const int Backlog = 8;
    private const long WaitNanoseconds = 3600_000_000_000;
    private const long StallNanoseconds = 10_000_000_000;
    private const int ModeForOwner = 0x180; // 0600
    private readonly string _path;
    private readonly ConsoleTargets _targets;
    private readonly EventLog _log;
    private readonly int _stopFd;
    private int _sessions;

    /// <summary>Nothing is opened yet.</summary>
    public SocketTransport(string path, ConsoleTargets targets, EventLog log, int stopFd)
    {
        _path = path;
        _targets = targets;
        _log = log;
        _stopFd = stopFd;
    }

    /// <summary>Takes connections until the process ends; the thread's body.</summary>
    public void Run()
    {
        int listener = Listen();
        if (listener < 0)
        {
            _log.Write($"console {_path}: cannot listen: {Errno.Describe(listener)}");
            return;
        }

        PollDescriptor[] poll = new PollDescriptor[2];
        while (true)
        {
            poll[0] = new PollDescriptor { Fd = _stopFd, Events = PollEvents.In };
            poll[1] = new PollDescriptor { Fd = listener, Events = PollEvents.In };
            _ = Events.Poll(poll, WaitNanoseconds);
            if (poll[0].Returned != PollEvents.None)
            {
                break;
            }

            int fd = UnixSockets.Accept(listener, SocketFlags.NonBlocking);
            if (fd >= 0)
            {
                Take(fd);
            }
        }

        _ = Files.Unlink(_path);
        _ = Files.Close(listener);
    }

    private int Listen()
    {
        if (!OperatingSystem.IsLinux())
        {
            return -Errno.ENOSYS;
        }

        string? folder = Path.GetDirectoryName(Path.GetFullPath(_path));
        try
        {
            if (folder is not null && !Directory.Exists(folder))
            {
                _ = Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return -Errno.EACCES;
        }

        int fd = UnixSockets.Create(SocketFlags.NonBlocking);
        int result = fd < 0 ? fd : RemoveStale();
        if (result >= 0)
        {
            result = UnixSockets.Bind(fd, _path);
        }

        if (result >= 0)
        {
            // Between these two calls nobody can connect: it does not listen yet.
            File.SetUnixFileMode(_path, (UnixFileMode)ModeForOwner);
            result = UnixSockets.Listen(fd, Backlog);
        }

        if (result < 0 && fd >= 0)
        {
            _ = Files.Close(fd);
        }

        return result < 0 ? result : fd;
    }

    /// <summary>Removes the socket of a dead process; one that answers is another's, and what is no socket is left alone.</summary>
    private int RemoveStale()
    {
        if (Files.Status(_path, out FileStatus status) < 0)
        {
            return 0;
        }

        if (status.Type != FileType.Socket)
        {
            return -Errno.EEXIST;
        }

        int probe = UnixSockets.Create(SocketFlags.NonBlocking);
        int result = probe < 0 ? probe : UnixSockets.Connect(probe, _path);
        if (probe >= 0)
        {
            _ = Files.Close(probe);
        }

        return result == -Errno.ECONNREFUSED ? Files.Unlink(_path) : -Errno.EADDRINUSE;
    }

    private unsafe void Take(int fd)
    {
        if (Interlocked.Increment(ref _sessions) > SessionsMax)
        {
            _ = Interlocked.Decrement(ref _sessions);
            fixed (byte* text = "too many consoles: close one\r\n"u8)
            {
                _ = Files.Write(fd, text, 30);
            }

            _ = Files.Close(fd);
            return;
        }

        Thread thread = new(() => Serve(fd), StackBytes) { IsBackground = true, Name = "console" };
        thread.Start();
    }

    private void Serve(int fd)
    {
        try
        {
            Channel channel = new(fd, fd, _stopFd, StallNanoseconds);
            new Session(_targets, channel, new CommandHistory()).Run(mayBeOneShot: true);
        }
        finally
        {
            _ = Files.Close(fd);
            _ = Interlocked.Decrement(ref _sessions);
        }
    }
}
