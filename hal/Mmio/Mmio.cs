using System.Runtime.CompilerServices;

namespace Nvmepf.Hal.Mmio;

/// <summary>
/// Aligned volatile accesses to memory that somebody else writes too: BAR pages, host queues, device registers.
/// Plain pointer stores are not used there, because the AArch64 compiler joins neighbouring ones into a pair store.
/// </summary>
/// <remarks>Does not order across devices; that is <see cref="Barrier"/>'s. Alignment is the caller's: every pointer is natural.</remarks>
public static unsafe class Mmio
{
    /// <summary>Reads 8 bits with acquire order; registers take 32-bit accesses only, so this is for device memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte Read8(byte* address) =>
        RegisterTrap.IsSupported && TryTrapRead(address, sizeof(byte), out ulong trapped) ? (byte)trapped : Volatile.Read(ref *address);

    /// <summary>Reads 16 bits with acquire order; for device memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Read16(ushort* address) =>
        RegisterTrap.IsSupported && TryTrapRead(address, sizeof(ushort), out ulong trapped) ? (ushort)trapped : Volatile.Read(ref *address);

    /// <summary>Reads 32 bits with acquire order: later reads are not done before it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Read32(uint* address) =>
        RegisterTrap.IsSupported && TryTrapRead(address, sizeof(uint), out ulong trapped) ? (uint)trapped : Volatile.Read(ref *address);

    /// <summary>Reads 64 bits with acquire order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Read64(ulong* address) =>
        RegisterTrap.IsSupported && TryTrapRead(address, sizeof(ulong), out ulong trapped) ? trapped : Volatile.Read(ref *address);

    /// <summary>Writes 8 bits with release order; for device memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write8(byte* address, byte value)
    {
        if (!RegisterTrap.IsSupported || !TryTrapWrite(address, sizeof(byte), value))
        {
            Volatile.Write(ref *address, value);
        }
    }

    /// <summary>Writes 16 bits with release order; for device memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write16(ushort* address, ushort value)
    {
        if (!RegisterTrap.IsSupported || !TryTrapWrite(address, sizeof(ushort), value))
        {
            Volatile.Write(ref *address, value);
        }
    }

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
