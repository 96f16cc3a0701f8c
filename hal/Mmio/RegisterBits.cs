using System.Runtime.CompilerServices;

namespace Nvmepf.Hal.Mmio;

/// <summary>
/// Reads and replaces the bit fields of a 32-bit register. A value too wide for its field is cut to it, never spilled into the neighbour.
/// </summary>
internal static class RegisterBits
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Get(uint raw, int lowestBit, int width) => (raw >> lowestBit) & Mask(width);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Test(uint raw, int bit) => ((raw >> bit) & 1) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint With(uint raw, int lowestBit, int width, uint value) =>
        (raw & ~(Mask(width) << lowestBit)) | ((value & Mask(width)) << lowestBit);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint With(uint raw, int bit, bool value) => With(raw, bit, 1, value ? 1u : 0u);

    // Shifting down from all ones is right for every width from 1 to the whole word; (1 << width) - 1 is not.
    private static uint Mask(int width) => uint.MaxValue >> (32 - width);
}
