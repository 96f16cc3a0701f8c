// AF_UNIX datagrams: one message to a name, as service managers take them. No connection, no answer.

using System;
using System.Runtime.InteropServices;

namespace Nvmepf.Hal.Linux;

/// <content>Datagrams.</content>
public static unsafe partial class UnixSockets
{
    private const int TypeDatagram = 2;
    private const char AbstractSign = '@';

    /// <summary>
    /// Sends one datagram to a socket by its name, without waiting. A name that begins with @ is an abstract one (unix(7)).
    /// </summary>
    /// <returns>The bytes sent, or a negated errno: -ENOENT or -ECONNREFUSED where nobody listens, -EAGAIN where the queue is full.</returns>
    public static int SendDatagram(ReadOnlySpan<char> name, ReadOnlySpan<byte> message)
    {
        UnixAddress address;
        int length = Address(name, &address);
        if (length < 0)
        {
            return length;
        }

        if (name[0] == AbstractSign)
        {
            address.Path[0] = 0;
            length--; // an abstract name has no NUL at its end: its length says where it ends
        }

        int fd = Errno.Result(Native.Socket(FamilyUnix, TypeDatagram | TypeCloseOnExec, 0));
        if (fd < 0)
        {
            return fd;
        }

        fixed (byte* bytes = message)
        {
            const int Options = (int)MessageFlags.DoNotWait | FlagNoSignal;
            int sent = (int)Errno.Result(DatagramNative.SendTo(fd, bytes, (nuint)message.Length, Options, &address, (uint)length));
            _ = Files.Close(fd);
            return sent;
        }
    }

    private static partial class DatagramNative
    {
        [LibraryImport("libc", EntryPoint = "sendto", SetLastError = true)]
        internal static partial nint SendTo(int fd, byte* buffer, nuint length, int flags, UnixAddress* address, uint addressLength);
    }
}
