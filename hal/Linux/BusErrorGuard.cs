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
/// x86-64 only; elsewhere <see cref="IsSupported"/> is false and nothing is guarded. Pages of huge-page files cannot be replaced one by one:
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
    private const int FirstRangeWord = 8;

    // Words: 0 places to look at, 1 repairs, 2 handler before ours, 4 to 7 a kernel sigaction of zeroes (the default), from 8 on start and end.
    // Native memory that is never freed: the handler may be entered as long as the process lives.
    private static ulong* s_table;

    /// <summary>
    /// The handler, position independent but for the table's address at offsets 6 and 113 (x86-64, System V: rdi signal, rsi siginfo, rdx context).
    /// </summary>
    private static ReadOnlySpan<byte> Code =>
    [
        0x48, 0x8B, 0x46, 0x10, // mov rax, [rsi+16]            the address
        0x49, 0xBB, 0, 0, 0, 0, 0, 0, 0, 0, // mov r11, table
        0x49, 0x8B, 0x0B, // mov rcx, [r11]               places left
        0x4D, 0x8D, 0x43, 0x40, // lea r8, [r11+64]             the first
        0x48, 0x85, 0xC9, // next: test rcx, rcx
        0x74, 0x49, // jz other
        0x49, 0x3B, 0x00, // cmp rax, [r8]
        0x72, 0x06, // jb skip
        0x49, 0x3B, 0x40, 0x08, // cmp rax, [r8+8]
        0x72, 0x09, // jb found
        0x49, 0x83, 0xC0, 0x10, // skip: add r8, 16
        0x48, 0xFF, 0xC9, // dec rcx
        0xEB, 0xE7, // jmp next
        0x49, 0xFF, 0x43, 0x08, // found: inc qword [r11+8]     count the repair
        0x48, 0x89, 0xC7, // mov rdi, rax
        0x48, 0x81, 0xE7, 0x00, 0xF0, 0xFF, 0xFF, // and rdi, -4096
        0xBE, 0x00, 0x10, 0x00, 0x00, // mov esi, 4096
        0xBA, 0x03, 0x00, 0x00, 0x00, // mov edx, PROT_READ|PROT_WRITE
        0x41, 0xBA, 0x32, 0x00, 0x00, 0x00, // mov r10d, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS
        0x49, 0xC7, 0xC0, 0xFF, 0xFF, 0xFF, 0xFF, // mov r8, -1
        0x45, 0x31, 0xC9, // xor r9d, r9d
        0xB8, 0x09, 0x00, 0x00, 0x00, // mov eax, mmap
        0x0F, 0x05, // syscall
        0x48, 0x85, 0xC0, // test rax, rax
        0x78, 0x0D, // js default
        0xC3, // ret                          the access is made again
        0x49, 0x8B, 0x43, 0x10, // other: mov rax, [r11+16]     the handler before ours
        0x48, 0x83, 0xF8, 0x01, // cmp rax, 1                   SIG_DFL or SIG_IGN
        0x76, 0x02, // jbe default
        0xFF, 0xE0, // jmp rax
        0x49, 0xBB, 0, 0, 0, 0, 0, 0, 0, 0, // default: mov r11, table
        0xBF, 0x07, 0x00, 0x00, 0x00, // mov edi, SIGBUS
        0x49, 0x8D, 0x73, 0x20, // lea rsi, [r11+32]            the default action
        0x31, 0xD2, // xor edx, edx
        0x41, 0xBA, 0x08, 0x00, 0x00, 0x00, // mov r10d, 8
        0xB8, 0x0D, 0x00, 0x00, 0x00, // mov eax, rt_sigaction
        0x0F, 0x05, // syscall
        0xC3, // ret                          the access is made again, and ends the process
    ];

    /// <summary>Whether this machine's handler exists.</summary>
    public static bool IsSupported => RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>Pages replaced since the process started.</summary>
    public static ulong RepairCount => s_table == null ? 0 : Volatile.Read(ref s_table[RepairsWord]);

    /// <summary>
    /// Guards a mapping. The first call installs the handler.
    /// </summary>
    /// <returns>0, -ENOTSUP where there is no handler for this machine, -ENOSPC where the table is full, or what the system answered.</returns>
    public static int Add(void* start, nuint lengthBytes)
    {
        if (!IsSupported)
        {
            return -Errno.EOPNOTSUPP;
        }

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

        nuint pageBytes = (nuint)MemoryMappings.PageSizeBytes;
        result = MemoryMappings.MapAnonymous(pageBytes, default, out void* page);
        if (result < 0)
        {
            return result;
        }

        Code.CopyTo(new Span<byte>(page, Code.Length));
        MemoryMarshal.Write(new Span<byte>((byte*)page + 6, sizeof(ulong)), (ulong)table);
        MemoryMarshal.Write(new Span<byte>((byte*)page + 113, sizeof(ulong)), (ulong)table);
        result = MemoryMappings.Protect(page, pageBytes, MemoryProtection.Read | MemoryProtection.Execute);
        if (result < 0)
        {
            return result;
        }

        SignalAction action = new() { Handler = page, Flags = Information | OnAlternateStack };
        SignalAction before = default;
        result = Errno.Result(Native.SigAction(BusError, &action, &before));
        ((ulong*)table)[PreviousWord] = (ulong)before.Handler;
        s_table = result < 0 ? null : (ulong*)table;
        return result;
    }

    /// <summary>glibc's struct sigaction on x86-64, 152 bytes.</summary>
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
