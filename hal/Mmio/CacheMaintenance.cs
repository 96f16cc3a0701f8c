using System.Runtime.CompilerServices;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal.Mmio;

/// <summary>
/// Cache maintenance for memory that a device reads and writes behind the caches' back (RK3588 PCIe does not snoop; register reference
/// section 5.8). Does nothing on x86-64, where devices are coherent. The caller follows it with <see cref="Barrier.Full"/>.
/// </summary>
public static unsafe class CacheMaintenance
{
    /// <summary>Writes dirty lines to memory, so that a device reads what the CPU wrote.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Clean(void* address, nuint lengthBytes) => Maintain(address, lengthBytes, invalidate: false);

    /// <summary>Writes dirty lines to memory and forgets the lines, so that the next load sees what a device wrote.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CleanAndInvalidate(void* address, nuint lengthBytes) => Maintain(address, lengthBytes, invalidate: true);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Maintain(void* address, nuint lengthBytes, bool invalidate)
    {
        if (RegisterTrap.IsSupported)
        {
            RegisterTrap.Current?.Maintain((nuint)address, lengthBytes, invalidate);
        }

        if (Machine.IsArm64 && invalidate)
        {
            Arm64Code.CleanAndInvalidate(address, lengthBytes);
        }
        else if (Machine.IsArm64)
        {
            Arm64Code.Clean(address, lengthBytes);
        }
    }
}
