namespace Nvmepf.Hal;

/// <summary>What reset the function (PCIe Base 5.0 section 6.6; vfio-user DEVICE_RESET counts as conventional).</summary>
public enum ResetKind
{
    /// <summary>Hot reset, PERST# or the client's device reset.</summary>
    Conventional,

    /// <summary>Function level reset: the host set bit 15 of Device Control.</summary>
    FunctionLevel,
}

/// <summary>
/// The firmware's side of the contract: what a platform tells it. Called only from inside <see cref="IPlatform.Poll"/>,
/// on the reactor's thread. Implementations never throw and never block.
/// </summary>
public interface IFunctionHandler
{
    /// <summary>
    /// The host wrote a register of BAR 0 below the doorbells. The handler applies the register's semantics to the BAR
    /// memory itself; the platform has not stored anything. A platform that cannot see single writes never calls this.
    /// </summary>
    /// <param name="offsetBytes">Offset in BAR 0, any value below the doorbell base; not necessarily aligned.</param>
    /// <param name="value">The bytes written, little endian, in the low <paramref name="widthBytes"/> bytes.</param>
    /// <param name="widthBytes">1, 2, 4 or 8.</param>
    void RegisterWrite(uint offsetBytes, ulong value, int widthBytes);

    /// <summary>The link came up, or a client connected.</summary>
    void LinkUp();

    /// <summary>
    /// The link went down, or the client is gone. The platform keeps host memory mapped until <see cref="IsQuiescent"/>.
    /// </summary>
    void LinkDown();

    /// <summary>The function was reset. The platform holds its answer to the host back until <see cref="IsQuiescent"/>.</summary>
    void FunctionReset(ResetKind kind);

    /// <summary>
    /// The host has gone from one kind of interrupt to another (<see cref="IPlatform.HasLevelInterrupts"/>,
    /// <see cref="IPlatform.IsMsixEnabled"/>): what is not acknowledged has to be announced anew. Platforms whose hosts reset first need not tell.
    /// </summary>
    void InterruptKindChanged()
    {
        // For handlers that raise none.
    }

    /// <summary>
    /// The host wrote a doorbell in a way that the platform saw, while interrupts are levels. The handler reads the heads and lowers what has been
    /// taken before it returns, so that the level is right when the host's write has ended.
    /// </summary>
    void DoorbellWritten()
    {
        // For handlers that raise none.
    }

    /// <summary>
    /// The platform cannot move data any more: its DMA engine is stuck. Told once a turn as long as it lasts. The controller reports
    /// CSTS.CFS (NVMe Base 2.1 section 3.1.4.6), so that the host resets it.
    /// </summary>
    void PlatformFailed();

    /// <summary>
    /// True when no reset, shutdown by link loss or disable is still waiting for commands of the earlier life.
    /// </summary>
    bool IsQuiescent { get; }

    /// <summary>
    /// To be asked, by a platform that <see cref="IPlatform.ServesSeveralThreads"/>, before each change that other threads of the firmware must
    /// not meet halfway: host memory, interrupt descriptors, resets, registers that are not doorbells. The permission lasts as long as this
    /// call of <see cref="IPlatform.Poll"/>.
    /// </summary>
    /// <returns>False where they still have to be stopped: the platform tries again in its next poll, and changes nothing until then.</returns>
    bool TryHold() => true;

    /// <summary>
    /// True while a command in flight may still touch the host range. The platform has already taken the range out of
    /// <see cref="IPlatform.HostMemory"/>, so no new command can begin to use it.
    /// </summary>
    bool IsHostMemoryInUse(ulong address, ulong lengthBytes);
}
