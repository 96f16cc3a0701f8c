using Nvmepf.Hal;
using Nvmepf.Hal.Linux;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Namespaces;

/// <summary>What a backend can be asked.</summary>
public enum BackendOperationKind : byte
{
    /// <summary>Read the media into the segments.</summary>
    Read,

    /// <summary>Write the segments to the media.</summary>
    Write,

    /// <summary>Make every completed write durable.</summary>
    Flush,

    /// <summary>Make the range read as zeroes.</summary>
    WriteZeroes,

    /// <summary>
    /// Give the range's storage back; it reads as zeroes after. Advisory: a backend without it succeeds and does nothing.
    /// </summary>
    Deallocate,
}

/// <summary>How a backend does it.</summary>
[Flags]
public enum BackendFlags : byte
{
    /// <summary>Plainly.</summary>
    None = 0,

    /// <summary>Durable before it completes (FUA).</summary>
    ForceUnitAccess = 1,

    /// <summary>Write Zeroes may deallocate (DEAC).</summary>
    MayDeallocate = 2,
}

/// <summary>What a backend answers at once.</summary>
public enum BackendOutcome : byte
{
    /// <summary>Ended; <see cref="BackendOperation.Status"/> is set.</summary>
    Completed,

    /// <summary>Under way; a ring completion with its tag follows.</summary>
    Pending,

    /// <summary>
    /// Nothing is under way: no room in the ring, or enough done for one turn. Submit it again next turn, as it is; it goes on from
    /// <see cref="BackendOperation.DoneBytes"/>.
    /// </summary>
    Busy,
}

/// <summary>One request to a backend; lives inside its command's slot.</summary>
public unsafe struct BackendOperation
{
    /// <summary>What to do.</summary>
    public BackendOperationKind Kind;

    /// <summary>How.</summary>
    public BackendFlags Flags;

    /// <summary>How it ended, once it has.</summary>
    public Status Status;

    /// <summary>The system's error number behind a bad status, 0 for none (positive, for the log).</summary>
    public int ErrorNumber;

    /// <summary>The slot's index; comes back as the user data of ring completions.</summary>
    public int Tag;

    /// <summary>Number of the reactor that submits it, and whose ring it takes.</summary>
    public int Reactor;

    /// <summary>First byte on the media.</summary>
    public ulong OffsetBytes;

    /// <summary>How many bytes.</summary>
    public ulong LengthBytes;

    /// <summary>How many of them are done (short transfers go on from here).</summary>
    public ulong DoneBytes;

    /// <summary>Memory for Read and Write; the lengths add up to <see cref="LengthBytes"/>.</summary>
    public HostSegment* Segments;

    /// <summary>Number of segments.</summary>
    public int SegmentCount;

    /// <summary>True where the segments are the host's own memory, false for a transfer buffer of ours.</summary>
    public bool IsInHostMemory;

    /// <summary>Backend's own step, 0 at the start.</summary>
    public int Step;

    /// <summary>How often in a row the system asked for a retry; bounded by the backend.</summary>
    public int Retries;

    /// <summary>Set by <see cref="NamespaceBackend.Cancel"/>: no further step is begun.</summary>
    public bool IsCancelled;

    /// <summary>Set where registered memory did not do: what follows is done without.</summary>
    public bool AvoidsRegistered;

    /// <summary>Set by a backend whose writes are done together: the one before it in the batch holds its blocks too.</summary>
    public bool IsHeldByOneBefore;

    /// <summary>The operation behind it in its batch (<see cref="NamespaceBackend.EndWrites"/>), null at the end.</summary>
    public BackendOperation* NextOfBatch;

    /// <summary>Set by a backend while the operation is under way on the ring whose disks are polled.</summary>
    public bool IsPolled;

    /// <summary>Room for <c>CommandSlot.SegmentsMax</c> vectors that stay valid until the operation ends.</summary>
    public IoVector* Vectors;

    /// <summary>Makes it a new request. Leaves the tag, the reactor, the segments and the vectors, which belong to the slot, as they are.</summary>
    /// <param name="kind">What to do.</param>
    /// <param name="flags">How.</param>
    /// <param name="offsetBytes">First byte on the media.</param>
    /// <param name="lengthBytes">How many bytes; 0 for Flush.</param>
    public void Begin(BackendOperationKind kind, BackendFlags flags, ulong offsetBytes, ulong lengthBytes)
    {
        Kind = kind;
        Flags = flags;
        OffsetBytes = offsetBytes;
        LengthBytes = lengthBytes;
        DoneBytes = 0;
        Step = 0;
        Retries = 0;
        IsCancelled = false;
        AvoidsRegistered = false;
        IsPolled = false;
        ErrorNumber = 0;
        Status = Status.Success;
    }

    /// <summary>Ends it with a status.</summary>
    internal BackendOutcome End(Status status)
    {
        Status = status;
        return BackendOutcome.Completed;
    }

    /// <summary>Ends it with the status that belongs to an error number, which is kept for the log.</summary>
    /// <param name="errorNumber">The system's error number, positive.</param>
    internal BackendOutcome Fail(int errorNumber)
    {
        ErrorNumber = errorNumber;
        return End(ErrorNumberStatus.Of(Kind, errorNumber));
    }
}
