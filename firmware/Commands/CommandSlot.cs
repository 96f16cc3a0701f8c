using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Transfer;
using Nvmepf.Hal;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands;

/// <summary>Where a command is in its life. The engine is the only writer.</summary>
public enum CommandState : byte
{
    /// <summary>On the free list.</summary>
    Free,

    /// <summary>Copied from the queue, checked next.</summary>
    Fetched,

    /// <summary>The data pointer is being turned into segments; a list is on its way by DMA.</summary>
    MappingData,

    /// <summary>Waits for a transfer buffer.</summary>
    WaitingForBuffer,

    /// <summary>Host data on its way into the buffer by DMA.</summary>
    Gathering,

    /// <summary>Waits for the backend.</summary>
    Executing,

    /// <summary>Waits for something other than a backend: an event (AER), a queue to drain (deletion), another command (Abort).</summary>
    Parked,

    /// <summary>Buffer on its way to the host by DMA.</summary>
    Scattering,

    /// <summary>Done; its completion waits for a place or for host memory to be mapped again.</summary>
    Completing,
}

/// <summary>Facts about one command that are decided on its way.</summary>
[Flags]
public enum CommandFlags : byte
{
    /// <summary>Nothing special.</summary>
    None = 0,

    /// <summary>Abort, queue deletion or reset wants it ended; it completes with <see cref="CommandSlot.CancelStatus"/> if nothing final has happened.</summary>
    CancelRequested = 1,

    /// <summary>No host queue behind it: the firmware's own flush at shutdown. Posts no completion.</summary>
    Internal = 2,

    /// <summary>Every segment has a direct pointer.</summary>
    AllDirect = 4,

    /// <summary>Holds a reserved place in its completion queue.</summary>
    HoldsCredit = 8,

    /// <summary>Set by a handler that returns Pending because it lacks something (a second buffer): it is called again next turn.</summary>
    Stalled = 16,

    /// <summary>One of those whose stages are timed.</summary>
    Timed = 32,
}

/// <summary>Why a command waits for the next turn: which queue was full, and so what is tried again.</summary>
public enum StallReason : byte
{
    /// <summary>It does not.</summary>
    None,

    /// <summary>The backend's ring was full.</summary>
    Backend,

    /// <summary>The DMA queue was full while the data pointer was mapped.</summary>
    Mapping,

    /// <summary>The DMA queue was full while data was moved.</summary>
    Moving,

    /// <summary>The command's own handler asked to be called again (<see cref="CommandFlags.Stalled"/>).</summary>
    Handler,

    /// <summary>The console asked for a delay.</summary>
    Injected,
}

/// <summary>Which way a command's data goes; bits 1:0 of every standard opcode (NVMe Base 2.1 figure 92).</summary>
public enum DataDirection : byte
{
    /// <summary>No data.</summary>
    None = 0,

    /// <summary>The controller reads host memory.</summary>
    HostToController = 1,

    /// <summary>The controller writes host memory.</summary>
    ControllerToHost = 2,
}

/// <summary>
/// One command in flight: the copied entry and everything decided since. Slots are preallocated in native memory; none is
/// ever created on the way. A slot is a state machine that <see cref="CommandEngine"/> moves on.
/// </summary>
public unsafe struct CommandSlot
{
    /// <summary>The entry as copied once from host memory; nothing reads the host's copy again.</summary>
    public SubmissionQueueEntry Entry;

    /// <summary>Index of this slot; the tag of its backend and DMA requests.</summary>
    public int Index;

    /// <summary>Submission queue it came from; 0 is the admin queue.</summary>
    public ushort SubmissionQueueId;

    /// <summary>Where it is.</summary>
    public CommandState State;

    /// <summary>Facts decided on the way.</summary>
    public CommandFlags Flags;

    /// <summary>Set by the command's Prepare: which way data goes.</summary>
    public DataDirection Direction;

    /// <summary>Handler's own step counter, 0 at the start.</summary>
    public byte Step;

    /// <summary>Which queue was full, while the command waits on the list of stalled ones.</summary>
    public StallReason Stall;

    /// <summary>True once an operation of it has ended: from then on Continue is called.</summary>
    public bool HasExecuted;

    /// <summary>What the completion will say.</summary>
    public Status Status;

    /// <summary>What the completion says if the command is cancelled (abort, queue deletion).</summary>
    public Status CancelStatus;

    /// <summary>Where in the entry the bad field is: byte offset, or <see cref="NoParameterLocation"/> (error log, section 5.1.12.1.2).</summary>
    public byte ErrorByte;

    /// <summary>Bit in <see cref="ErrorByte"/>.</summary>
    public byte ErrorBit;

    /// <summary>Completion dword 0.</summary>
    public uint Result0;

    /// <summary>Completion dword 1.</summary>
    public uint Result1;

    /// <summary>Set by the command's Prepare: how many bytes the data pointer describes. 0 for none.</summary>
    public uint DataLengthBytes;

    /// <summary>Index in <see cref="NamespaceTable"/>, or -1. Set by the engine before Prepare for commands that name a namespace.</summary>
    public int NamespaceIndex;

    /// <summary>Host memory of the command, in order; valid from mapping to completion. Room for <see cref="SegmentsMax"/>.</summary>
    public HostSegment* Segments;

    /// <summary>Number of segments.</summary>
    public int SegmentCount;

    /// <summary>DMA requests submitted and not completed.</summary>
    public int PendingDma;

    /// <summary>True where <see cref="Buffer"/> is one of the small ones.</summary>
    public bool HasSmallBuffer;

    /// <summary>Transfer buffer, or null. At least <see cref="DataLengthBytes"/> long, page aligned.</summary>
    public byte* Buffer;

    /// <summary>Index of <see cref="Buffer"/> in the pool, or -1.</summary>
    public int BufferIndex;

    /// <summary>The buffer as the one segment that a backend sees.</summary>
    public HostSegment BufferSegment;

    /// <summary>Progress of the data pointer walk.</summary>
    public WalkState Walk;

    /// <summary>One page of DMA memory for PRP list entries or SGL descriptors, copied here before they are checked.</summary>
    public byte* ListPage;

    /// <summary>What the backend was asked.</summary>
    public BackendOperation Operation;

    /// <summary>Next slot of whatever list this one is on, or -1.</summary>
    public int Next;

    /// <summary>When it was fetched (platform clock).</summary>
    public long FetchedNanoseconds;

    /// <summary>When its last stage ended (platform clock), while it is timed.</summary>
    public long StageNanoseconds;

    /// <summary>Slot of an Abort command that waits for this one to end, or -1.</summary>
    public int AbortSlot;

    /// <summary>Handler's own words.</summary>
    public ulong Scratch0;

    /// <summary>Handler's own words.</summary>
    public ulong Scratch1;

    /// <summary>Until when it waits where the console asked for a delay (<see cref="StallReason.Injected"/>), in the platform's time.</summary>
    public long HeldUntilNanoseconds;

    /// <summary>Most segments of one command: the vectors that one system call takes.</summary>
    public const int SegmentsMax = 1024;

    /// <summary><see cref="ErrorByte"/> where no field is to blame.</summary>
    public const byte NoParameterLocation = 0xFF;

    /// <summary>Ends the command with a status that no particular field is to blame for.</summary>
    public CommandOutcome Fail(Status status)
    {
        Status = status;
        ErrorByte = NoParameterLocation;
        return CommandOutcome.Completed;
    }

    /// <summary>Notes the bad field for the error log and returns the status, for use in Prepare.</summary>
    /// <param name="status">What the completion says.</param>
    /// <param name="byteOffset">Byte of the submission queue entry that holds the bad field.</param>
    /// <param name="bit">First bit of the field in that byte.</param>
    public Status Blame(Status status, byte byteOffset, byte bit = 0)
    {
        ErrorByte = byteOffset;
        ErrorBit = bit;
        return status;
    }
}
