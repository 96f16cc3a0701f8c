// Nvmepf.Hal.Linux: the Linux system calls that the platforms and backends need, one file per family, nothing else.
// Every call returns a count, a descriptor or 0 on success and the negated errno on failure; nothing here throws, allocates managed
// memory, retries or logs, because it is called from reactor threads and only the caller knows what a failure means. EINTR is therefore
// passed up like any other error. What this module does not do: ownership of descriptors and mappings, any protocol, any policy.
// All signatures are blittable, and only calls and layouts that are the same on x86-64 and arm64 are used; where the two differ
// (three open flags, the packing of epoll_event) the difference is handled in the file of that family.

using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]
[assembly: InternalsVisibleTo("Tests")]

namespace Nvmepf.Hal.Linux;

/// <summary>Linux error numbers (asm-generic values, the same on x86-64 and arm64). An open set: the kernel may return others.</summary>
/// <remarks>The calls of this module return <c>-Errno.EAGAIN</c> and so on; compare with the negated constant.</remarks>
public static class Errno
{
    /// <summary>Operation not permitted.</summary>
    public const int EPERM = 1;
    /// <summary>No such file or directory.</summary>
    public const int ENOENT = 2;
    /// <summary>Interrupted by a signal before anything was done; the call may be repeated.</summary>
    public const int EINTR = 4;
    /// <summary>Input/output error of the medium.</summary>
    public const int EIO = 5;
    /// <summary>No such device or address.</summary>
    public const int ENXIO = 6;
    /// <summary>Argument list too long.</summary>
    public const int E2BIG = 7;
    /// <summary>Bad file descriptor, or one not open for this kind of access.</summary>
    public const int EBADF = 9;
    /// <summary>Would block; try again. Has the same value as EWOULDBLOCK.</summary>
    public const int EAGAIN = 11;
    /// <summary>Out of memory, or over the limit of locked memory.</summary>
    public const int ENOMEM = 12;
    /// <summary>Permission denied.</summary>
    public const int EACCES = 13;
    /// <summary>Bad address.</summary>
    public const int EFAULT = 14;
    /// <summary>Not a block device.</summary>
    public const int ENOTBLK = 15;
    /// <summary>Device or resource busy.</summary>
    public const int EBUSY = 16;
    /// <summary>File exists.</summary>
    public const int EEXIST = 17;
    /// <summary>No such device.</summary>
    public const int ENODEV = 19;
    /// <summary>Not a directory.</summary>
    public const int ENOTDIR = 20;
    /// <summary>Is a directory.</summary>
    public const int EISDIR = 21;
    /// <summary>Invalid argument.</summary>
    public const int EINVAL = 22;
    /// <summary>Too many open files in the system.</summary>
    public const int ENFILE = 23;
    /// <summary>Too many open files in this process.</summary>
    public const int EMFILE = 24;
    /// <summary>Inappropriate ioctl for this file.</summary>
    public const int ENOTTY = 25;
    /// <summary>The file is being executed.</summary>
    public const int ETXTBSY = 26;
    /// <summary>File too large.</summary>
    public const int EFBIG = 27;
    /// <summary>No space left on the device.</summary>
    public const int ENOSPC = 28;
    /// <summary>Illegal seek.</summary>
    public const int ESPIPE = 29;
    /// <summary>Read-only file system.</summary>
    public const int EROFS = 30;
    /// <summary>Broken pipe: the peer has closed.</summary>
    public const int EPIPE = 32;
    /// <summary>Result out of range.</summary>
    public const int ERANGE = 34;
    /// <summary>File name or socket path too long.</summary>
    public const int ENAMETOOLONG = 36;
    /// <summary>System call not implemented by this kernel.</summary>
    public const int ENOSYS = 38;
    /// <summary>Too many levels of symbolic links.</summary>
    public const int ELOOP = 40;
    /// <summary>Bad exchange: a reservation conflict of a block device.</summary>
    public const int EBADE = 52;
    /// <summary>No data available (NVMe reservations and media errors of block devices use it).</summary>
    public const int ENODATA = 61;
    /// <summary>Timer expired.</summary>
    public const int ETIME = 62;
    /// <summary>The link to the device is severed.</summary>
    public const int ENOLINK = 67;
    /// <summary>Protocol error.</summary>
    public const int EPROTO = 71;
    /// <summary>Bad message: a checksum or protection information mismatch on block devices.</summary>
    public const int EBADMSG = 74;
    /// <summary>Value too large for its type.</summary>
    public const int EOVERFLOW = 75;
    /// <summary>Descriptor in a bad state: an io_uring that was not started.</summary>
    public const int EBADFD = 77;
    /// <summary>Not a valid byte or character sequence.</summary>
    public const int EILSEQ = 84;
    /// <summary>Not a socket.</summary>
    public const int ENOTSOCK = 88;
    /// <summary>Message too long.</summary>
    public const int EMSGSIZE = 90;
    /// <summary>Protocol not supported.</summary>
    public const int EPROTONOSUPPORT = 93;
    /// <summary>Operation not supported. Has the same value as ENOTSUP.</summary>
    public const int EOPNOTSUPP = 95;
    /// <summary>Address (socket path) in use.</summary>
    public const int EADDRINUSE = 98;
    /// <summary>Connection reset by the peer.</summary>
    public const int ECONNRESET = 104;
    /// <summary>No buffer space.</summary>
    public const int ENOBUFS = 105;
    /// <summary>Already connected.</summary>
    public const int EISCONN = 106;
    /// <summary>Not connected.</summary>
    public const int ENOTCONN = 107;
    /// <summary>Too many references: descriptors in flight on sockets, or open zones of a device.</summary>
    public const int ETOOMANYREFS = 109;
    /// <summary>Timed out.</summary>
    public const int ETIMEDOUT = 110;
    /// <summary>Connection refused: nobody listens there.</summary>
    public const int ECONNREFUSED = 111;
    /// <summary>Already in progress.</summary>
    public const int EALREADY = 114;
    /// <summary>Now in progress.</summary>
    public const int EINPROGRESS = 115;
    /// <summary>Stale file handle.</summary>
    public const int ESTALE = 116;
    /// <summary>Remote input/output error: a device refuses for good.</summary>
    public const int EREMOTEIO = 121;
    /// <summary>Disk quota exceeded.</summary>
    public const int EDQUOT = 122;
    /// <summary>Operation cancelled.</summary>
    public const int ECANCELED = 125;

    /// <summary>The symbol and a few words for an error number, for messages that a person reads, such as <c>ENOSPC (no space left on
    /// the device)</c>.</summary>
    /// <param name="errno">The error number, negated (as the calls return it) or not.</param>
    /// <returns>A constant for the numbers named here; a new string such as <c>errno 133</c> for others.</returns>
    public static string Describe(int errno)
    {
        return Math.Abs((long)errno) switch
        {
            0 => "success",
            EPERM => "EPERM (operation not permitted)",
            ENOENT => "ENOENT (no such file or directory)",
            EINTR => "EINTR (interrupted by a signal)",
            EIO => "EIO (input/output error)",
            ENXIO => "ENXIO (no such device or address)",
            E2BIG => "E2BIG (argument list too long)",
            EBADF => "EBADF (bad file descriptor)",
            EAGAIN => "EAGAIN (would block, try again)",
            ENOMEM => "ENOMEM (out of memory or over the locked-memory limit)",
            EACCES => "EACCES (permission denied)",
            EFAULT => "EFAULT (bad address)",
            ENOTBLK => "ENOTBLK (not a block device)",
            EBUSY => "EBUSY (device or resource busy)",
            EEXIST => "EEXIST (file exists)",
            ENODEV => "ENODEV (no such device)",
            ENOTDIR => "ENOTDIR (not a directory)",
            EISDIR => "EISDIR (is a directory)",
            EINVAL => "EINVAL (invalid argument)",
            ENFILE => "ENFILE (too many open files in the system)",
            EMFILE => "EMFILE (too many open files in this process)",
            ENOTTY => "ENOTTY (inappropriate ioctl for this file)",
            ETXTBSY => "ETXTBSY (file is being executed)",
            EFBIG => "EFBIG (file too large)",
            ENOSPC => "ENOSPC (no space left on the device)",
            ESPIPE => "ESPIPE (illegal seek)",
            EROFS => "EROFS (read-only file system)",
            EPIPE => "EPIPE (the peer has closed)",
            ERANGE => "ERANGE (result out of range)",
            ENAMETOOLONG => "ENAMETOOLONG (name too long)",
            ENOSYS => "ENOSYS (not implemented by this kernel)",
            ELOOP => "ELOOP (too many levels of symbolic links)",
            EBADE => "EBADE (bad exchange)",
            ENODATA => "ENODATA (no data available)",
            ETIME => "ETIME (timer expired)",
            ENOLINK => "ENOLINK (link severed)",
            EPROTO => "EPROTO (protocol error)",
            EBADMSG => "EBADMSG (bad message)",
            EOVERFLOW => "EOVERFLOW (value too large)",
            EBADFD => "EBADFD (descriptor in a bad state)",
            EILSEQ => "EILSEQ (invalid character sequence)",
            ENOTSOCK => "ENOTSOCK (not a socket)",
            EMSGSIZE => "EMSGSIZE (message too long)",
            EPROTONOSUPPORT => "EPROTONOSUPPORT (protocol not supported)",
            EOPNOTSUPP => "EOPNOTSUPP (operation not supported)",
            EADDRINUSE => "EADDRINUSE (address in use)",
            ECONNRESET => "ECONNRESET (connection reset by the peer)",
            ENOBUFS => "ENOBUFS (no buffer space)",
            EISCONN => "EISCONN (already connected)",
            ENOTCONN => "ENOTCONN (not connected)",
            ETOOMANYREFS => "ETOOMANYREFS (too many references)",
            ETIMEDOUT => "ETIMEDOUT (timed out)",
            ECONNREFUSED => "ECONNREFUSED (connection refused)",
            EALREADY => "EALREADY (already in progress)",
            EINPROGRESS => "EINPROGRESS (now in progress)",
            ESTALE => "ESTALE (stale file handle)",
            EREMOTEIO => "EREMOTEIO (remote input/output error)",
            EDQUOT => "EDQUOT (disk quota exceeded)",
            ECANCELED => "ECANCELED (operation cancelled)",
            var other => "errno " + other.ToString(System.Globalization.CultureInfo.InvariantCulture),
        };
    }

    /// <summary>Turns the result of a libc call that was just made on this thread (-1 and errno) into this module's convention.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Result(int result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();

    /// <summary>As <see cref="Result(int)"/>, for calls that return a signed size.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static long Result(nint result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();
}
