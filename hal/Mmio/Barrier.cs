using System.Runtime.CompilerServices;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal.Mmio;

/// <summary>
/// Memory barriers, named for why they stand where they stand. Order between one volatile access and its neighbours is
/// <see cref="Mmio"/>'s (acquire and release); here are those that it cannot express. Each is one instruction on arm64
/// (<see cref="Arm64Code"/>, which says which one and why, and must be installed first); on x86-64 all are the full fence.
/// </summary>
public static class Barrier
{
    /// <summary>Between filling memory that a device will read (descriptors, cleaned buffers) and the store that tells it to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void BeforeDoorbell() => Issue(BarrierKind.BeforeDoorbell);

    /// <summary>Between loading a device's status or a host-written index and loading what it announces.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AfterStatus() => Issue(BarrierKind.AfterStatus);

    /// <summary>Between publishing something to the host and looking whether the host has seen it (a store, then a load).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void BetweenStoreAndLoad() => Issue(BarrierKind.BetweenStoreAndLoad);

    /// <summary>Completes everything before it, cache maintenance and stores to other peripherals included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Full() => Issue(BarrierKind.Full);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Issue(BarrierKind kind)
    {
        if (RegisterTrap.IsSupported)
        {
            RegisterTrap.Current?.Barrier(kind);
        }

        if (Machine.IsArm64)
        {
            Arm64Code.RunBarrier(kind);
        }
        else
        {
            Interlocked.MemoryBarrier();
        }
    }
}
