// What C# cannot say on arm64: barriers and cache maintenance, as machine code that is called through a function pointer.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal.Mmio;

/// <summary>The pieces of machine code in the order in which they lie in memory, <see cref="Arm64Code.SlotBytes"/> apart.</summary>
internal enum Arm64Routine
{
    /// <summary><see cref="BarrierKind.BeforeDoorbell"/>.</summary>
    BeforeDoorbell,

    /// <summary><see cref="BarrierKind.AfterStatus"/>.</summary>
    AfterStatus,

    /// <summary><see cref="BarrierKind.BetweenStoreAndLoad"/>.</summary>
    BetweenStoreAndLoad,

    /// <summary><see cref="BarrierKind.Full"/>.</summary>
    Full,

    /// <summary>Cleans lines: (first line, end, line bytes).</summary>
    Clean,

    /// <summary>Cleans and invalidates lines: (first line, end, line bytes).</summary>
    CleanAndInvalidate,

    /// <summary>Reads CTR_EL0.</summary>
    ReadCacheType,
}

/// <summary>
/// Machine code for arm64 (Arm Architecture Reference Manual for A-profile, chapters B2.3 and C6). <see cref="Install"/> maps it once;
/// on x86-64 nothing is installed and nothing of it is called.
/// </summary>
public static unsafe class Arm64Code
{
    /// <summary>Room for one routine.</summary>
    internal const int SlotBytes = 32;

    private const uint Return = 0xD65F03C0;
    private const uint Trap = 0xD4200000; // brk #0: what a jump into the gaps meets
    private const int DataLineShift = 16; // CTR_EL0.DminLine: log2 of 4-byte words in the smallest data cache line
    private const uint DataLineMask = 0xF;

    private static nint s_code;
    private static nuint s_lineBytes;

    /// <summary>Smallest data cache line of any core, in bytes; 0 where nothing is installed.</summary>
    public static nuint CacheLineBytes => s_lineBytes;

    /// <summary>The instructions, eight words for each <see cref="Arm64Routine"/>.</summary>
    internal static ReadOnlySpan<uint> Words =>
    [
        // dsb st: waits until earlier stores have arrived, in memory, in a window or in another register block, as the doorbell may belong to
        // another peripheral than they do; dmb would only order them for who sees both.
        0xD5033E9F, Return, Trap, Trap, Trap, Trap, Trap, Trap,

        // dmb oshld: no later load before the status load; outer shareable, as the other side is a device.
        0xD50331BF, Return, Trap, Trap, Trap, Trap, Trap, Trap,

        // dmb osh: the only dmb that holds a load back for an earlier store; outer shareable, as the host is outside of the cores' domain.
        0xD50333BF, Return, Trap, Trap, Trap, Trap, Trap, Trap,

        // dsb sy: the only one that waits for cache maintenance to end.
        0xD5033F9F, Return, Trap, Trap, Trap, Trap, Trap, Trap,

        // next: dc cvac, x0; add x0, x0, x2; cmp x0, x1; b.lo next
        0xD50B7A20, 0x8B020000, 0xEB01001F, 0x54FFFFA3, Return, Trap, Trap, Trap,

        // next: dc civac, x0; add x0, x0, x2; cmp x0, x1; b.lo next
        0xD50B7E20, 0x8B020000, 0xEB01001F, 0x54FFFFA3, Return, Trap, Trap, Trap,

        // mrs x0, ctr_el0
        0xD53B0020, Return, Trap, Trap, Trap, Trap, Trap, Trap,
    ];

    /// <summary>
    /// Maps the routines; the first thing that a process does which uses <see cref="Barrier"/> or <see cref="CacheMaintenance"/>.
    /// Does nothing on x86-64, or when called again.
    /// </summary>
    /// <exception cref="PlatformException">The system lets no code be mapped.</exception>
    public static void Install()
    {
        if (!Machine.IsArm64 || s_code != 0)
        {
            return;
        }

        int result = Map(out void* code);
        if (result < 0)
        {
            throw new PlatformException(
                $"cannot map machine code for barriers and caches: {Errno.Describe(result)}; "
                + "executable memory files have to be allowed (sysctl vm.memfd_noexec below 2)");
        }

        s_code = (nint)code;
        // Read once: where the cores' cache types differ, each read is a trap into the kernel, which answers for the smallest.
        s_lineBytes = LineBytes(((delegate* unmanaged[SuppressGCTransition]<ulong>)Entry(Arm64Routine.ReadCacheType))());
    }

    /// <summary>Maps a copy of the routines without using it.</summary>
    internal static int Map(out void* code) => ExecutableCode.Map(MemoryMarshal.AsBytes(Words), out code);

    /// <summary>Bytes of the smallest data cache line, by CTR_EL0.</summary>
    internal static nuint LineBytes(ulong cacheType) => (nuint)4 << (int)((cacheType >> DataLineShift) & DataLineMask);

    /// <summary>Runs a barrier; only after <see cref="Install"/>. A call is a barrier for the compiler too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void RunBarrier(BarrierKind kind) =>
        ((delegate* unmanaged[SuppressGCTransition]<void>)Entry((Arm64Routine)kind))();

    /// <summary>Cleans every line that the range touches; only after <see cref="Install"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Clean(void* address, nuint lengthBytes) => OverLines(Arm64Routine.Clean, address, lengthBytes);

    /// <summary>Cleans and invalidates every line that the range touches; only after <see cref="Install"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void CleanAndInvalidate(void* address, nuint lengthBytes) => OverLines(Arm64Routine.CleanAndInvalidate, address, lengthBytes);

    /// <summary>The routine is a constant at every call, so that the check of the machine code can follow where the call goes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OverLines(Arm64Routine routine, void* address, nuint lengthBytes)
    {
        if (lengthBytes == 0)
        {
            return;
        }

        nuint line = s_lineBytes;
        nuint first = (nuint)address & ~(line - 1);
        nuint end = (nuint)address + lengthBytes;
        ((delegate* unmanaged[SuppressGCTransition]<nuint, nuint, nuint, void>)Entry(routine))(first, end, line);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nint Entry(Arm64Routine routine) => s_code + ((int)routine * SlotBytes);
}
