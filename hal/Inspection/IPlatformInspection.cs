// Inspection: what a platform shows of itself to a person: registers with their fields, configuration space, windows, vectors, counters.
// Nothing here changes anything, and nothing of it is used to serve a host.

namespace Nvmepf.Hal.Inspection;

/// <summary>
/// A look into a platform. <see cref="RegisterBlocks"/> and <see cref="CounterNames"/> may be asked by any thread; everything else is for the
/// reactor's thread, allocates nothing, and is bounded.
/// </summary>
public interface IPlatformInspection
{
    /// <summary>Register blocks of the platform's hardware; empty where there is none.</summary>
    IReadOnlyList<RegisterBlock> RegisterBlocks { get; }

    /// <summary>Names of the counters that <see cref="ReadCounters"/> gives, in its order.</summary>
    IReadOnlyList<string> CounterNames { get; }

    /// <summary>One aligned load of 32 bits at an offset of a block.</summary>
    uint ReadRegister(RegisterBlock block, uint offsetBytes);

    /// <summary>32 bits of the function's configuration space, as the host would read them.</summary>
    /// <param name="offsetBytes">0 to 4092, a multiple of 4.</param>
    uint ReadConfiguration(uint offsetBytes);

    /// <summary>The outbound windows.</summary>
    /// <returns>How many were written; never more than fit.</returns>
    int ReadWindows(Span<WindowState> windows);

    /// <summary>How interrupts reach the host.</summary>
    InterruptKind InterruptKind { get; }

    /// <summary>State of a vector.</summary>
    /// <param name="vector">0 to <see cref="IPlatform.InterruptVectorCount"/> less one.</param>
    VectorState ReadVector(int vector);

    /// <summary>What the platform has counted, in the order of <see cref="CounterNames"/>.</summary>
    void ReadCounters(Span<ulong> counters);
}

/// <summary>How interrupts reach the host.</summary>
public enum InterruptKind : byte
{
    /// <summary>INTx.</summary>
    Legacy,

    /// <summary>MSI.</summary>
    Msi,

    /// <summary>MSI-X.</summary>
    Msix,
}

/// <summary>One outbound window.</summary>
/// <param name="Region">Its number.</param>
/// <param name="LocalAddress">First address on this side.</param>
/// <param name="HostAddress">First host address that it shows.</param>
/// <param name="LengthBytes">Its length.</param>
/// <param name="IsInEffect">The hardware has taken it.</param>
/// <param name="IsTaken">Something uses it.</param>
public readonly record struct WindowState(int Region, ulong LocalAddress, ulong HostAddress, ulong LengthBytes, bool IsInEffect, bool IsTaken);

/// <summary>One interrupt vector.</summary>
/// <param name="IsConnected">The host has said where it goes.</param>
/// <param name="IsMasked">It is held back.</param>
/// <param name="IsPending">It waits to be sent; of INTx, it holds the level.</param>
public readonly record struct VectorState(bool IsConnected, bool IsMasked, bool IsPending);
