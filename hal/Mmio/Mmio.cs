using System.Runtime.CompilerServices;

namespace Nvmepf.Hal.Mmio;

/// <summary>
/// Aligned volatile accesses to memory that somebody else writes too: BAR pages, host queues, device registers.
/// Plain pointer stores are not used there, because the AArch64 compiler joins neighbouring ones into a pair store.
/// </summary>
/// <remarks>Does not order across devices; that is <see cref="Barrier"/>'s. Alignment is the caller's: every pointer is natural.</remarks>
public static unsafe class Mmio
{
    /// <summary>Reads 32 bits with acquire order: later reads are not done before it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Read32(uint* address) =>
        RegisterTrap.IsSupported && TryTrapRead(address, sizeof(uint), out ulong trapped) ? (uint)trapped : Volatile.Read(ref *address);

    /// <summary>Reads 64 bits with acquire order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Read64(ulong* address) =>
        RegisterTrap.IsSupported && TryTrapRead(address, sizeof(ulong), out ulong trapped) ? trapped : Volatile.Read(ref *address);

    /// <summary>Writes 32 bits with release order: earlier writes are visible before it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write32(uint* address, uint value)
    {
        if (!RegisterTrap.IsSupported || !TryTrapWrite(address, sizeof(uint), value))
        {
            Volatile.Write(ref *address, value);
        }
    }

    /// <summary>Writes 64 bits with release order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write64(ulong* address, ulong value)
    {
        if (!RegisterTrap.IsSupported || !TryTrapWrite(address, sizeof(ulong), value))
        {
            Volatile.Write(ref *address, value);
        }
    }

    private static bool TryTrapRead(void* address, int widthBytes, out ulong value)
    {
        value = 0;
        return RegisterTrap.Current is { } trap && trap.TryRead((nuint)address, widthBytes, out value);
    }

    private static bool TryTrapWrite(void* address, int widthBytes, ulong value) =>
        RegisterTrap.Current is { } trap && trap.TryWrite((nuint)address, widthBytes, value);
}
