using System.Runtime.InteropServices;

namespace Nvmepf.Hal.Linux;

/// <summary>
/// Keeps the process alive when another process shortens a file that is mapped here: the access that would end it with SIGBUS finds a page of
/// zeroes instead, and <see cref="RepairCount"/> says that it happened, so that the owner can send the culprit away.
/// </summary>
/// <remarks>
/// <para>
/// The handler is machine code in a page of its own, because managed code cannot run inside a signal that interrupted managed code. It looks
/// the address up in a table of guarded ranges, maps an anonymous page over it and returns; an address outside the ranges goes to the handler
/// that was there before, or ends the process as it would have.
/// </para>
/// <para>
/// The code is <see cref="BusErrorHandler"/>'s, one for each machine. Pages of huge-page files cannot be replaced one by one:
/// there the process ends as without a guard. The table needs no lock: a place is claimed by its start address, and a range is empty until
/// its end is stored. The first call of <see cref="Add"/>, which installs the handler, must not race with another.
/// </para>
/// </remarks>
public static unsafe partial class BusErrorGuard
{
    /// <summary>The most ranges that can be guarded at a time.</summary>
    public const int RangesMax = 4096;

    private const int BusError = 7; // SIGBUS
    private const int Information = 0x4; // SA_SIGINFO
    private const int OnAlternateStack = 0x08000000; // SA_ONSTACK
    private const int TableBytes = 64 + (RangesMax * 16);
    private const int RepairsWord = 1;
    private const int PreviousWord = 2;
    private const int PageBytesWord = 3;
    private const int FirstRangeWord = 8;

    // Words: 0 places to look at, 1 repairs, 2 handler before ours, 3 bytes of a page (arm64), 4 to 7 a kernel sigaction of zeroes (the
    // default), from 8 on start and end.
    // Native memory that is never freed: the handler may be entered as long as the process lives.
    private static ulong* s_table;

    /// <summary>Pages replaced since the process started.</summary>
    public static ulong RepairCount => s_table == null ? 0 : Volatile.Read(ref s_table[RepairsWord]);

    /// <summary>
    /// Guards a mapping. The first call installs the handler.
    /// </summary>
    /// <returns>0, -ENOSPC where the table is full, or what the system answered.</returns>
    public static int Add(void* start, nuint lengthBytes)
    {
        int result = s_table == null ? Install() : 0;
        if (result < 0)
        {
            return result;
        }

        for (int i = 0; i < RangesMax; i++)
        {
            ulong* range = s_table + FirstRangeWord + (2 * i);
            if (Interlocked.CompareExchange(ref range[0], (ulong)start, 0) == 0)
            {
                Volatile.Write(ref range[1], (ulong)start + lengthBytes); // until here the range is empty
                RaiseCount((ulong)i + 1);
                return 0;
            }
        }

        return -Errno.ENOSPC;
    }

    /// <summary>Ends the guard of a mapping; call it before the mapping ends. One that is not guarded is left alone.</summary>
    public static void Remove(void* start)
    {
        ulong count = s_table == null ? 0 : Volatile.Read(ref s_table[0]);
        for (ulong i = 0; i < count; i++)
        {
            ulong* range = s_table + FirstRangeWord + (2 * i);
            if (Volatile.Read(ref range[0]) == (ulong)start)
            {
                Volatile.Write(ref range[1], 0);
                Volatile.Write(ref range[0], 0);
                return;
            }
        }
    }

    /// <summary>The handler looks at so many ranges; the number only grows.</summary>
    private static void RaiseCount(ulong count)
    {
        ulong seen = Volatile.Read(ref s_table[0]);
        while (seen < count)
        {
            ulong found = Interlocked.CompareExchange(ref s_table[0], count, seen);
            if (found == seen)
            {
                return;
            }

            seen = found;
        }
    }

    private static int Install()
    {
        int result = MemoryMappings.MapAnonymous(TableBytes, default, out void* table);
        if (result < 0)
        {
            return result;
        }

        ((ulong*)table)[PageBytesWord] = (ulong)MemoryMappings.PageSizeBytes;
        Span<byte> room = stackalloc byte[BusErrorHandler.LengthMaxBytes];
        result = ExecutableCode.Map(BusErrorHandler.Build(Machine.IsArm64, (ulong)table, room), out void* code);
        if (result < 0)
        {
            return result;
        }

        SignalAction action = new() { Handler = code, Flags = Information | OnAlternateStack };
        SignalAction before = default;
        result = Errno.Result(Native.SigAction(BusError, &action, &before));
        ((ulong*)table)[PreviousWord] = (ulong)before.Handler;
        s_table = result < 0 ? null : (ulong*)table;
        return result;
    }

    /// <summary>glibc's struct sigaction, 152 bytes, the same on x86-64 and arm64.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 152)]
    internal struct SignalAction
    {
        /// <summary>sa_sigaction.</summary>
        [FieldOffset(0)] internal void* Handler;

        /// <summary>sa_flags, behind 128 bytes of mask.</summary>
        [FieldOffset(136)] internal int Flags;
    }

    private static partial class Native
    {
        [LibraryImport("libc", EntryPoint = "sigaction", SetLastError = true)]
        internal static partial int SigAction(int signal, SignalAction* action, SignalAction* before);
    }
}
