using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Namespaces;

/// <summary>What a command does to a namespace, as far as it may be refused.</summary>
[Flags]
public enum CommandAccess : byte
{
    /// <summary>Nothing that a reservation or write protection refuses.</summary>
    None = 0,

    /// <summary>Of the read command group of reservations (NVMe Base 2.1 section 8.1.22).</summary>
    Read = 1,

    /// <summary>Of the write command group of reservations.</summary>
    Write = 2,

    /// <summary>Changes the media: refused where the namespace is write protected (NVMe Base 2.1 section 5.1.25.1.31).</summary>
    Change = 4,
}

/// <summary>
/// What keeps commands of one controller from one namespace: nothing, nearly always, which is one load and test a command. Each of the
/// reasons has a byte of its own and one writer at a time, so that a byte is stored without a look at the others, from any thread.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 4)]
public struct AccessGate
{
#pragma warning disable IDE0044 // the bytes that overlap it are stored
    [FieldOffset(0)] private uint _all;
#pragma warning restore IDE0044
    [FieldOffset(0)] private byte _reservation;
    [FieldOffset(1)] private byte _path;
    [FieldOffset(2)] private byte _writeProtection;

    /// <summary>True where nothing is refused.</summary>
    public bool IsOpen
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Volatile.Read(ref _all) == 0;
    }

    /// <summary>What a reservation that another host holds refuses.</summary>
    public CommandAccess RefusedByReservation
    {
        get => (CommandAccess)Volatile.Read(ref _reservation);
        set => Volatile.Write(ref _reservation, (byte)value);
    }

    /// <summary>
    /// Path related status code of every command (section 8.1.1), the low byte of one of the asymmetric access codes; 0 for none.
    /// </summary>
    public byte PathStatusInType
    {
        get => Volatile.Read(ref _path);
        set => Volatile.Write(ref _path, value);
    }

    /// <summary>True where the namespace is write protected.</summary>
    public bool IsWriteProtected
    {
        get => Volatile.Read(ref _writeProtection) != 0;
        set => Volatile.Write(ref _writeProtection, value ? (byte)1 : (byte)0);
    }

    /// <summary>The status of a command that does <paramref name="access"/>. What another path may do is not to be given up: no DNR there.</summary>
    public Status Check(CommandAccess access)
    {
        if (PathStatusInType is not 0 and byte code)
        {
            return new Status { StatusCodeType = StatusCodeType.PathRelated, CodeInType = code };
        }

        if ((RefusedByReservation & access) != 0)
        {
            return new Status(StatusCode.ReservationConflict, doNotRetry: true);
        }

        return IsWriteProtected && (access & CommandAccess.Change) != 0
            ? new Status(StatusCode.NamespaceIsWriteProtected, doNotRetry: true)
            : Status.Success;
    }
}
