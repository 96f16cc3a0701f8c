namespace Nvmepf.Firmware.Diagnostics;

/// <summary>
/// What a trace entry tells, and what its argument is. The values are bit numbers of <see cref="TraceRing.Mask"/>, so there are 64 at most.
/// </summary>
public enum TraceKind : byte
{
    /// <summary>Nothing; an entry that was never written.</summary>
    None,

    /// <summary>A command was copied out of its queue; argument: opcode.</summary>
    Fetched,

    /// <summary>Its data pointer is segments now; argument: data length in bytes.</summary>
    Mapped,

    /// <summary>It waits for a ring, a DMA queue, a buffer, or a place in its completion queue; argument: <see cref="Commands.StallReason"/>.</summary>
    Stalled,

    /// <summary>Host data is in the transfer buffer; argument: data length in bytes.</summary>
    Gathered,

    /// <summary>Handed to its handler; argument: opcode.</summary>
    Executing,

    /// <summary>Handed to the backend; argument: offset in bytes.</summary>
    Submitted,

    /// <summary>The backend has ended it; argument: the status field.</summary>
    BackendEnded,

    /// <summary>The transfer buffer's data is at the host; argument: data length in bytes.</summary>
    Scattered,

    /// <summary>Its completion entry is on its way; argument: the status field.</summary>
    Completed,

    /// <summary>An interrupt was raised; queue: the completion queue; argument: vector.</summary>
    InterruptRaised,

    /// <summary>The controller's state has changed; argument: <see cref="Controller.ControllerState"/>.</summary>
    StateChanged,

    /// <summary>The host's link went up (1) or down (0).</summary>
    LinkChanged,

    /// <summary>The host wrote a register; argument: offset in bits 63:32, the value's low half below.</summary>
    RegisterWritten,

    /// <summary>The reactor woke up; argument: nanoseconds that it slept.</summary>
    Woke,

    /// <summary>A rule of the console's <c>inject</c> was applied; argument: the rule's number.</summary>
    Injected,

    /// <summary>The doorbell of a timed command's queue was read; argument: 0.</summary>
    DoorbellSeen,
}
