using System.Runtime.CompilerServices;

namespace Nvmepf.Hal.Mmio;

/// <summary>
/// Memory barriers, named for why they stand where they stand. Order between one volatile access and its neighbours is
/// <see cref="Mmio"/>'s (acquire and release); here are those that it cannot express.
/// </summary>
/// <remarks>The AArch64 board needs more than C# has names for (outer-shareable and system-wide barriers); not here yet.</remarks>
public static class Barrier
{
    /// <summary>Between publishing something to the host and looking whether the host has seen it (a store, then a load).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void BetweenStoreAndLoad() => Interlocked.MemoryBarrier();
}
