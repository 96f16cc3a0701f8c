using System.Text;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal.VfioUser;

/// <summary>
/// The listening socket <c>DIRECTORY/cntrl</c>. A lock on the directory keeps a second server of ours out, and a trial connection
/// anybody else's, so that only the socket of a dead server is replaced; a name that is no socket is left alone.
/// </summary>
internal sealed class ServerSocket : IDisposable
{
    private const string FileName = "cntrl";
    private const int Backlog = 8;
    private readonly string _path;
    private int _lock = -1;
    private int _listener = -1;

    /// <summary>Creates the directory where it is missing, and listens. Throws <see cref="PlatformException"/>.</summary>
    internal ServerSocket(string directory)
    {
        _path = Path.Combine(directory, FileName);
        int bytes = Encoding.UTF8.GetByteCount(_path);
        if (bytes > UnixSockets.MaximumPathBytes)
        {
            throw new PlatformException(
                $"vfio-user: the socket path {_path} has {bytes} bytes; at most {UnixSockets.MaximumPathBytes} are allowed: choose a shorter directory");
        }

        try
        {
            OpenDirectory(directory);
            RemoveStale();
            Listen();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Descriptor of the listening socket; non-blocking.</summary>
    internal int Descriptor => _listener;

    /// <summary>Takes a waiting client: its non-blocking descriptor, or a negated errno.</summary>
    internal int Accept() => UnixSockets.Accept(_listener, SocketFlags.NonBlocking);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_listener >= 0)
        {
            // The name goes first: a client that comes now finds nothing, rather than a socket that nobody listens on.
            _ = Files.Unlink(_path);
            _ = Files.Close(_listener);
            _listener = -1;
        }

        if (_lock >= 0)
        {
            _ = Files.Close(_lock);
            _lock = -1;
        }
    }

    private void OpenDirectory(string directory)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformException("vfio-user: needs Linux");
        }

        try
        {
            if (!Directory.Exists(directory))
            {
                // For the owner alone: whoever may connect gets a controller with DMA.
                Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new PlatformException($"vfio-user: cannot create the directory {directory}: {FileProblem.Describe(exception)}", exception);
        }

        _lock = Files.Open(directory, OpenFlags.ReadOnly | OpenFlags.Directory);
        if (_lock < 0)
        {
            throw new PlatformException($"vfio-user: cannot open {directory} as a directory: {Errno.Describe(_lock)}");
        }

        int result = Files.Lock(_lock, LockOperation.Exclusive | LockOperation.NonBlocking);
        if (result < 0)
        {
            throw new PlatformException(result == -Errno.EAGAIN
                ? $"vfio-user: another server already serves {directory}: stop it or choose another directory"
                : $"vfio-user: cannot lock {directory}: {Errno.Describe(result)}");
        }
    }

    private void RemoveStale()
    {
        int result = Files.Status(_path, out FileStatus status);
        if (result == -Errno.ENOENT)
        {
            return;
        }

        if (result < 0)
        {
            throw new PlatformException($"vfio-user: cannot look at {_path}: {Errno.Describe(result)}");
        }

        if (status.Type != FileType.Socket)
        {
            throw new PlatformException($"vfio-user: {_path} exists and is not a socket: remove it or choose another directory");
        }

        int probe = UnixSockets.Create(SocketFlags.NonBlocking);
        result = probe < 0 ? probe : UnixSockets.Connect(probe, _path);
        if (probe >= 0)
        {
            _ = Files.Close(probe);
        }

        // EAGAIN: somebody listens, but the backlog is full.
        if (result is 0 or -Errno.EAGAIN)
        {
            throw new PlatformException($"vfio-user: another server already listens on {_path}: stop it or choose another directory");
        }

        if (result != -Errno.ECONNREFUSED)
        {
            throw new PlatformException($"vfio-user: cannot tell whether {_path} is in use: {Errno.Describe(result)}");
        }

        result = Files.Unlink(_path);
        if (result < 0)
        {
            throw new PlatformException($"vfio-user: cannot remove the stale socket {_path}: {Errno.Describe(result)}");
        }
    }

    private void Listen()
    {
        int descriptor = UnixSockets.Create(SocketFlags.NonBlocking);
        int result = descriptor < 0 ? descriptor : UnixSockets.Bind(descriptor, _path);
        bool bound = result == 0;
        result = bound ? UnixSockets.Listen(descriptor, Backlog) : result;
        if (result == 0)
        {
            _listener = descriptor;
            return;
        }

        if (bound)
        {
            _ = Files.Unlink(_path);
        }

        if (descriptor >= 0)
        {
            _ = Files.Close(descriptor);
        }

        throw new PlatformException($"vfio-user: cannot listen on {_path}: {Errno.Describe(result)}");
    }
}
