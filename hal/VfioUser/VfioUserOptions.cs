namespace Nvmepf.Hal.VfioUser;

/// <summary>What a vfio-user server is told before it starts.</summary>
public sealed class VfioUserOptions
{
    private const long Second = 1_000_000_000;

    /// <summary>Directory of the socket <c>cntrl</c>; created (for its owner alone) where it does not exist. The whole path has at most 107 bytes.</summary>
    public required string DirectoryPath { get; init; }

    /// <summary>Where events go, or null.</summary>
    public IEventLog? Log { get; init; }

    /// <summary>The most regions of host memory at a time; a client is told.</summary>
    public int DmaRegionsMax { get; init; } = 65535;

    /// <summary>The most distinct files that host memory may consist of.</summary>
    public int MappedFilesMax { get; init; } = 4096;

    /// <summary>How long a client may take to finish a message, to read its replies, or to answer a DMA message, in nanoseconds.</summary>
    public long MessageTimeoutNanoseconds { get; init; } = 5 * Second;

    /// <summary>How long an answer is held back for commands in flight, in nanoseconds. QEMU gives up after 5 seconds.</summary>
    public long HoldTimeoutNanoseconds { get; init; } = 4 * Second;

    /// <summary>How long new clients wait for the commands of the last one to end before they are turned away, in nanoseconds.</summary>
    public long DrainTimeoutNanoseconds { get; init; } = 10 * Second;

    /// <summary>While nothing happens, <see cref="VfioUserServer.Poll"/> looks at the socket once in so many calls.</summary>
    public int CallsPerLook { get; init; } = 256;
}
