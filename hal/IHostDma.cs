namespace Nvmepf.Hal;

/// <summary>Which way bytes move, seen from the device (PCIe terms of the NVMe specification: host to controller is a read of host memory).</summary>
public enum DmaDirection
{
    /// <summary>Host memory is read into local memory.</summary>
    HostToDevice,

    /// <summary>Local memory is written to host memory.</summary>
    DeviceToHost,
}

/// <summary>How a DMA request ended.</summary>
public enum DmaStatus
{
    /// <summary>Every byte moved.</summary>
    Success,

    /// <summary>The host refused the address or aborted the transfer; how many bytes moved is unknown.</summary>
    HostError,

    /// <summary>The link or client went away before the request ended; local memory is not touched any more.</summary>
    LinkLost,
}

/// <summary>A run of host memory and the local memory that belongs to it.</summary>
/// <remarks>With direct host memory <see cref="Local"/> is the pointer to the host's bytes themselves; with DMA it is a local buffer.</remarks>
public unsafe struct HostSegment
{
    /// <summary>Host (PCI) address of the first byte.</summary>
    public ulong HostAddress;

    /// <summary>Local pointer for the same bytes; valid for <see cref="LengthBytes"/> while its command is in flight.</summary>
    public byte* Local;

    /// <summary>Length in bytes, never 0.</summary>
    public ulong LengthBytes;
}

/// <summary>The end of one DMA request.</summary>
public struct DmaCompletion
{
    /// <summary>The tag given at submission.</summary>
    public ulong Tag;

    /// <summary>How it ended.</summary>
    public DmaStatus Status;
}

/// <summary>
/// Asynchronous reads and writes of host memory by scatter lists: the eDMA on the board, DMA_READ/DMA_WRITE messages on vfio-user.
/// Requests begin in the order of submission and end in any: who needs one before another waits for its completion. Never waits.
/// </summary>
public unsafe interface IHostDma
{
    /// <summary>Segments that every implementation takes in one list while nothing is in flight; no caller hands over more.</summary>
    const int ListSegmentsMax = 64;

    /// <summary>
    /// Queues one scatter list. The list and the local memory stay valid and untouched until the completion is polled.
    /// </summary>
    /// <returns>False when the bounded queue has no room for the whole list; nothing was queued, try again next turn.</returns>
    bool TrySubmit(DmaDirection direction, HostSegment* segments, int segmentCount, ulong tag);

    /// <summary>Takes finished requests.</summary>
    /// <returns>How many completions were written, at most <paramref name="capacity"/>.</returns>
    int Poll(DmaCompletion* completions, int capacity);

    /// <summary>
    /// Nobody waits for what is in flight any more (a controller reset): requests that have not begun end at once, with
    /// <see cref="DmaStatus.LinkLost"/>, and no other runs again. An implementation whose requests never wait long need not do anything.
    /// </summary>
    void Cancel()
    {
    }

    /// <summary>Number of requests submitted whose completion was not polled yet.</summary>
    int InFlight { get; }
}
