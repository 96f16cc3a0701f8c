// Hardware watchdogs (/dev/watchdog): a timer that resets the machine unless it is petted. Which progress deserves a pet is the caller's.

using System.Runtime.InteropServices;

namespace Nvmepf.Hal.Linux;

/// <summary>
/// System calls on an open watchdog. From open on the timer runs; closing it without <see cref="Disarm"/> leaves it running, and the
/// machine is reset when nobody opens and pets it again in time.
/// </summary>
public static unsafe partial class WatchdogDevices
{
    // _IOWR('W', 6, int) and _IOR('W', 7, int): the same on x86-64 and arm64.
    private const nuint SetTimeoutSeconds = 0xC004_5706;
    private const nuint GetTimeoutSeconds = 0x8004_5707;
    private const byte AnyByte = (byte)'.';
    private const byte MagicClose = (byte)'V';

    /// <summary>Seconds until the reset without a pet, or a negated errno: -ENOTTY where the file is no watchdog.</summary>
    public static int Timeout(int fd)
    {
        int seconds = 0;
        int result = Errno.Result(Native.Ioctl(fd, GetTimeoutSeconds, &seconds));
        return result < 0 ? result : seconds;
    }

    /// <summary>Asks for a timeout; the device may choose another near it.</summary>
    /// <returns>Seconds that the device has chosen, or a negated errno: -EOPNOTSUPP where it has one timeout only.</returns>
    public static int SetTimeout(int fd, int seconds)
    {
        int result = Errno.Result(Native.Ioctl(fd, SetTimeoutSeconds, &seconds));
        return result < 0 ? result : seconds;
    }

    /// <summary>Starts the timer anew.</summary>
    /// <returns>1, or a negated errno.</returns>
    public static long Pet(int fd) => WriteByte(fd, AnyByte);

    /// <summary>Says that the coming close is meant ("magic close"): the timer stops then, but for a kernel with nowayout.</summary>
    /// <returns>1, or a negated errno.</returns>
    public static long Disarm(int fd) => WriteByte(fd, MagicClose);

    private static long WriteByte(int fd, byte value) => Files.Write(fd, &value, 1);

    private static partial class Native
    {
        // ioctl is variadic in C; a pointer travels in the same register either way on x86-64 and arm64 Linux.
        [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
        internal static partial int Ioctl(int fd, nuint request, void* argument);
    }
}
