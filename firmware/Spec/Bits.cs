// Nvmepf.Spec: the NVMe wire formats as types (NVMe Base 2.1, NVM Command Set 1.1, NVMe over PCIe Transport 1.1).
// Layouts and bit accessors only: nothing here checks a value, knows what the controller supports, or touches memory of the host.
// Everything on the wire is little-endian and so are the machines that this project runs on; no accessor swaps bytes.
// How the types are used:
//   decode: var cc = new ControllerConfiguration(raw); if (cc.Enable) ...
//   build:  var cc = new ControllerConfiguration { Enable = true, IoSubmissionQueueEntrySizeLog2 = 6 };
//   change: cc = cc with { Enable = false };
// Data structures (Identify, log pages) are plain structs of public fields; reserved bytes have no name and are zero in a default value.
using System.Runtime.CompilerServices;

namespace Nvmepf.Spec;

/// <summary>
/// Reads and replaces bit fields of a raw word. Values too wide for their field are cut to it, never spilled into the neighbour.
/// </summary>
internal static class Bits
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Get(uint raw, int lowestBit, int width) => (raw >> lowestBit) & Mask32(width);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Get(ulong raw, int lowestBit, int width) => (raw >> lowestBit) & Mask64(width);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Test(uint raw, int bit) => ((raw >> bit) & 1) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Test(ulong raw, int bit) => ((raw >> bit) & 1) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint With(uint raw, int lowestBit, int width, uint value)
    {
        uint mask = Mask32(width) << lowestBit;
        return (raw & ~mask) | ((value << lowestBit) & mask);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong With(ulong raw, int lowestBit, int width, ulong value)
    {
        ulong mask = Mask64(width) << lowestBit;
        return (raw & ~mask) | ((value << lowestBit) & mask);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint With(uint raw, int bit, bool value) => With(raw, bit, 1, value ? 1u : 0u);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong With(ulong raw, int bit, bool value) => With(raw, bit, 1, value ? 1ul : 0ul);

    // Shifting down from all ones is right for every width from 1 to the whole word; (1 << width) - 1 is not.
    private static uint Mask32(int width) => uint.MaxValue >> (32 - width);

    private static ulong Mask64(int width) => ulong.MaxValue >> (64 - width);
}
