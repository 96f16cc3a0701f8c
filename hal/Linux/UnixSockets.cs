// AF_UNIX stream sockets with descriptor passing. Bytes and descriptors only; framing belongs to the protocol above.

using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nvmepf.Hal.Linux;

/// <summary>Options of a new socket.</summary>
[Flags]
public enum SocketFlags
{
    /// <summary>Blocking.</summary>
    None = 0,
    /// <summary>SOCK_NONBLOCK.</summary>
    NonBlocking = 0x800,
}

/// <summary>Options of one send or receive (MSG_*).</summary>
[Flags]
public enum MessageFlags
{
    /// <summary>None: as the socket's blocking mode says.</summary>
    None = 0,
    /// <summary>MSG_PEEK: leave the bytes in the queue. Descriptors that come with them are duplicated by every peek.</summary>
    Peek = 2,
    /// <summary>MSG_DONTWAIT: -EAGAIN rather than block.</summary>
    DoNotWait = 0x40,
    /// <summary>MSG_WAITALL: wait for the full length. Descriptors are reported only with the bytes that they were sent with.</summary>
    WaitAll = 0x100,
}

/// <summary>Direction of <see cref="UnixSockets.Shutdown"/>.</summary>
public enum ShutdownDirection
{
    /// <summary>SHUT_RD.</summary>
    Receive = 0,
    /// <summary>SHUT_WR.</summary>
    Send = 1,
    /// <summary>SHUT_RDWR.</summary>
    Both = 2,
}

/// <summary>Who is at the other end (struct ucred), 12 bytes, as of connect or listen.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PeerCredentials
{
    /// <summary>Process id.</summary>
    public int ProcessId;
    /// <summary>Effective user id.</summary>
    public uint UserId;
    /// <summary>Effective group id.</summary>
    public uint GroupId;
}

/// <summary>struct msghdr, 56 bytes on 64-bit machines.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    internal void* Name;
    internal uint NameLengthBytes;
    internal IoVector* Vectors;
    internal nuint VectorCount;
    internal void* Control;
    internal nuint ControlLengthBytes;
    internal int Flags;
}

/// <summary>struct cmsghdr, 16 bytes; the data follows at once.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ControlHeader
{
    internal nuint LengthBytes;
    internal int Level;
    internal int Type;
}

/// <summary>struct sockaddr_un, 110 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct UnixAddress
{
    internal const int PathBytes = 108;

    internal ushort Family;
    internal fixed byte Path[PathBytes];
}

/// <summary>System calls on AF_UNIX stream sockets. All return a count, a descriptor or 0, or the negated errno. Descriptors are
/// close-on-exec.</summary>
public static unsafe partial class UnixSockets
{
    /// <summary>The most descriptors that one message carries (SCM_MAX_FD).</summary>
    public const int MaximumDescriptors = 253;

    /// <summary>The most bytes of a socket path, without its NUL.</summary>
    public const int MaximumPathBytes = UnixAddress.PathBytes - 1;

    private const int FamilyUnix = 1;
    private const int TypeStream = 1;
    private const int TypeCloseOnExec = 0x8_0000;
    private const int LevelSocket = 1;
    private const int ControlRights = 1;
    private const int OptionPeerCredentials = 17;
    private const int FlagControlTruncated = 8;
    private const int FlagNoSignal = 0x4000;
    private const int FlagCloseOnExec = 0x4000_0000;
    private const int ControlBufferBytes = 16 + (MaximumDescriptors * sizeof(int)) + sizeof(int);

    /// <summary>Creates a stream socket.</summary>
    public static int Create(SocketFlags flags) => Errno.Result(Native.Socket(FamilyUnix, TypeStream | TypeCloseOnExec | (int)flags, 0));

    /// <summary>Creates two connected stream sockets.</summary>
    public static int CreatePair(SocketFlags flags, out int first, out int second)
    {
        int* pair = stackalloc int[2];
        int result = Errno.Result(Native.SocketPair(FamilyUnix, TypeStream | TypeCloseOnExec | (int)flags, 0, pair));
        first = result < 0 ? -1 : pair[0];
        second = result < 0 ? -1 : pair[1];
        return result;
    }

    /// <summary>Gives a socket its path. -EADDRINUSE if anything has that name, -ENAMETOOLONG over <see cref="MaximumPathBytes"/>
    /// bytes.</summary>
    public static int Bind(int fd, ReadOnlySpan<char> path)
    {
        UnixAddress address;
        int length = Address(path, &address);
        return length < 0 ? length : Errno.Result(Native.Bind(fd, &address, (uint)length));
    }

    /// <summary>Connects to a path. -ECONNREFUSED if nobody listens, -EAGAIN on a non-blocking socket if the backlog is full.</summary>
    public static int Connect(int fd, ReadOnlySpan<char> path)
    {
        UnixAddress address;
        int length = Address(path, &address);
        return length < 0 ? length : Errno.Result(Native.Connect(fd, &address, (uint)length));
    }

    /// <summary>Starts to take connections.</summary>
    public static int Listen(int fd, int backlog) => Errno.Result(Native.Listen(fd, backlog));

    /// <summary>Takes one connection: its descriptor, or -EAGAIN on a non-blocking socket when there is none.</summary>
    public static int Accept(int fd, SocketFlags flags) => Errno.Result(Native.Accept4(fd, null, null, TypeCloseOnExec | (int)flags));

    /// <summary>Ends one or both directions; wakes whoever waits in them.</summary>
    public static int Shutdown(int fd, ShutdownDirection direction) => Errno.Result(Native.Shutdown(fd, (int)direction));

    /// <summary>Tells which process connected.</summary>
    public static int Peer(int fd, out PeerCredentials credentials)
    {
        credentials = default;
        fixed (PeerCredentials* value = &credentials)
        {
            uint length = (uint)sizeof(PeerCredentials);
            return Errno.Result(Native.GetSockOpt(fd, LevelSocket, OptionPeerCredentials, value, &length));
        }
    }

    /// <summary>Receives bytes and the descriptors that were sent with them.</summary>
    /// <param name="fd">The socket.</param>
    /// <param name="buffer">Where the bytes go.</param>
    /// <param name="lengthBytes">At most this many.</param>
    /// <param name="fds">Where the descriptors go, close-on-exec; the caller owns (and closes) them. May be null when
    /// <paramref name="maxFds"/> is 0.</param>
    /// <param name="maxFds">At most this many, 0 to <see cref="MaximumDescriptors"/>.</param>
    /// <param name="fdCount">How many descriptors came. They may come together with a short read: count before looking at the
    /// bytes.</param>
    /// <param name="truncated">True when more descriptors were sent than fit (or than this process may open); the kernel has dropped the
    /// excess.</param>
    /// <param name="flags">Options.</param>
    /// <returns>Bytes received, 0 when the peer has closed, or a negated errno. The kernel never mixes bytes from both sides of a
    /// message that
    /// carried descriptors, so that a stream read can be shorter than what is queued.</returns>
    [SkipLocalsInit]
    public static int Receive(
        int fd,
        byte* buffer,
        int lengthBytes,
        int* fds,
        int maxFds,
        out int fdCount,
        out bool truncated,
        MessageFlags flags = MessageFlags.None)
    {
        fdCount = 0;
        truncated = false;
        if ((uint)maxFds > MaximumDescriptors || lengthBytes < 0)
        {
            return -Errno.EINVAL;
        }
        // long[] for the 8-byte alignment that cmsghdr needs.
        long* control = stackalloc long[(ControlBufferBytes + 7) / 8];
        IoVector vector = new(buffer, (nuint)lengthBytes);
        MessageHeader message = default;
        message.Vectors = &vector;
        message.VectorCount = 1;
        // Exactly the room for maxFds: one padding int more and the kernel would deliver a descriptor that has no place.
        message.Control = maxFds == 0 ? null : control;
        message.ControlLengthBytes = maxFds == 0 ? 0 : (nuint)(sizeof(ControlHeader) + (maxFds * sizeof(int)));
        int received = (int)Errno.Result(Native.RecvMsg(fd, &message, (int)flags | FlagCloseOnExec));
        if (received < 0)
        {
            return received;
        }
        truncated = (message.Flags & FlagControlTruncated) != 0;
        if (maxFds != 0)
        {
            fdCount = TakeDescriptors((byte*)control, message.ControlLengthBytes, fds, maxFds);
        }
        return received;
    }

    /// <summary>Sends bytes, and descriptors with the first of them. A vanished peer is -EPIPE, never a signal.</summary>
    /// <param name="fd">The socket.</param>
    /// <param name="vectors">The pieces; at least one byte in all when there are descriptors.</param>
    /// <param name="count">Number of pieces, at most 1024.</param>
    /// <param name="fds">Descriptors to pass; the sender keeps its own.</param>
    /// <param name="flags">Options.</param>
    /// <returns>Bytes sent, which may be fewer than given: the descriptors have gone then, and must not be sent again with the
    /// rest.</returns>
    [SkipLocalsInit]
    public static int Send(int fd, IoVector* vectors, int count, ReadOnlySpan<int> fds, MessageFlags flags = MessageFlags.None)
    {
        if (fds.Length > MaximumDescriptors || count < 0)
        {
            return -Errno.EINVAL;
        }
        long* control = stackalloc long[(ControlBufferBytes + 7) / 8];
        MessageHeader message = default;
        message.Vectors = vectors;
        message.VectorCount = (nuint)count;
        if (!fds.IsEmpty)
        {
            ControlHeader* header = (ControlHeader*)control;
            header->LengthBytes = (nuint)(sizeof(ControlHeader) + (fds.Length * sizeof(int)));
            header->Level = LevelSocket;
            header->Type = ControlRights;
            fds.CopyTo(new Span<int>(header + 1, fds.Length));
            message.Control = control;
            message.ControlLengthBytes = header->LengthBytes;
        }
        return (int)Errno.Result(Native.SendMsg(fd, &message, (int)flags | FlagNoSignal));
    }

    /// <summary>Sends one piece of bytes without descriptors.</summary>
    public static int Send(int fd, byte* buffer, int lengthBytes, MessageFlags flags = MessageFlags.None)
    {
        IoVector vector = new(buffer, (nuint)lengthBytes);
        return Send(fd, &vector, 1, default, flags);
    }

    /// <summary>Copies the descriptors out of the control data that the kernel wrote, and closes any that would not fit.</summary>
    private static int TakeDescriptors(byte* control, nuint lengthBytes, int* fds, int maxFds)
    {
        int taken = 0;
        nuint position = 0;
        while (lengthBytes - position >= (nuint)sizeof(ControlHeader))
        {
            ControlHeader* header = (ControlHeader*)(control + position);
            nuint length = header->LengthBytes;
            if (length < (nuint)sizeof(ControlHeader) || length > lengthBytes - position)
            {
                break;
            }
            if (header->Level == LevelSocket && header->Type == ControlRights)
            {
                int* source = (int*)(header + 1);
                int present = (int)((length - (nuint)sizeof(ControlHeader)) / sizeof(int));
                for (int i = 0; i < present; i++)
                {
                    if (taken < maxFds)
                    {
                        fds[taken++] = source[i];
                    }
                    else
                    {
                        _ = Files.Close(source[i]);
                    }
                }
            }
            nuint step = (length + 7) & ~(nuint)7;
            if (step > lengthBytes - position)
            {
                break;
            }
            position += step;
        }
        return taken;
    }

    /// <summary>Fills an address; returns its length in bytes or a negated errno.</summary>
    private static int Address(ReadOnlySpan<char> path, UnixAddress* address)
    {
        *address = default;
        address->Family = FamilyUnix;
        int encoded = NativePath.Encode(path, new Span<byte>(address->Path, UnixAddress.PathBytes));
        if (encoded == 0)
        {
            // An empty path would make the kernel choose an abstract name.
            return -Errno.ENOENT;
        }
        return encoded < 0 ? encoded : sizeof(ushort) + encoded + 1;
    }

    private static partial class Native
    {
        [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
        internal static partial int Socket(int family, int type, int protocol);

        [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
        internal static partial int SocketPair(int family, int type, int protocol, int* pair);

        [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
        internal static partial int Bind(int fd, UnixAddress* address, uint length);

        [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
        internal static partial int Connect(int fd, UnixAddress* address, uint length);

        [LibraryImport("libc", EntryPoint = "listen", SetLastError = true)]
        internal static partial int Listen(int fd, int backlog);

        [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
        internal static partial int Accept4(int fd, void* address, uint* length, int flags);

        [LibraryImport("libc", EntryPoint = "shutdown", SetLastError = true)]
        internal static partial int Shutdown(int fd, int how);

        [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
        internal static partial int GetSockOpt(int fd, int level, int option, void* value, uint* length);

        [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
        internal static partial nint RecvMsg(int fd, MessageHeader* message, int flags);

        [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
        internal static partial nint SendMsg(int fd, MessageHeader* message, int flags);
    }
}
