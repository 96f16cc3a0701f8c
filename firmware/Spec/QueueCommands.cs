// Dwords of the commands that create and delete I/O queues, of Abort and of Asynchronous Event Request
// (NVMe Base 2.1, 5.1.1, 5.1.2; NVMe over PCIe Transport 1.1 and Base 2.1, 5.2.1 to 5.2.4).
namespace Nvmepf.Spec;

/// <summary>QPRIO: the class of a submission queue under weighted round robin.</summary>
public enum QueuePriority : byte
{
    /// <summary>00b: urgent.</summary>
    Urgent = 0,

    /// <summary>01b: high.</summary>
    High = 1,

    /// <summary>10b: medium.</summary>
    Medium = 2,

    /// <summary>11b: low.</summary>
    Low = 3,
}

/// <summary>CDW10 of Create I/O Completion Queue and of Create I/O Submission Queue.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct CreateIoQueueDword10(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>QID, bits 15:0.</summary>
    public ushort QueueIdentifier { get => (ushort)Bits.Get(Raw, 0, 16); init => Raw = Bits.With(Raw, 0, 16, value); }

    /// <summary>QSIZE, bits 31:16: entries of the queue, minus one.</summary>
    public ushort QueueSizeZeroBased { get => (ushort)Bits.Get(Raw, 16, 16); init => Raw = Bits.With(Raw, 16, 16, value); }
}

/// <summary>CDW11 of Create I/O Completion Queue.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct CreateIoCompletionQueueDword11(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>PC, bit 0: PRP1 is the queue, not a list of its pages.</summary>
    public bool PhysicallyContiguous { get => Bits.Test(Raw, 0); init => Raw = Bits.With(Raw, 0, value); }

    /// <summary>IEN, bit 1.</summary>
    public bool InterruptsEnabled { get => Bits.Test(Raw, 1); init => Raw = Bits.With(Raw, 1, value); }

    /// <summary>IV, bits 31:16: the MSI-X or MSI vector.</summary>
    public ushort InterruptVector { get => (ushort)Bits.Get(Raw, 16, 16); init => Raw = Bits.With(Raw, 16, 16, value); }
}

/// <summary>CDW11 of Create I/O Submission Queue.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct CreateIoSubmissionQueueDword11(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>PC, bit 0: PRP1 is the queue, not a list of its pages.</summary>
    public bool PhysicallyContiguous { get => Bits.Test(Raw, 0); init => Raw = Bits.With(Raw, 0, value); }

    /// <summary>QPRIO, bits 2:1.</summary>
    public QueuePriority QueuePriority { get => (QueuePriority)Bits.Get(Raw, 1, 2); init => Raw = Bits.With(Raw, 1, 2, (uint)value); }

    /// <summary>CQID, bits 31:16: where completions of this queue go.</summary>
    public ushort CompletionQueueIdentifier { get => (ushort)Bits.Get(Raw, 16, 16); init => Raw = Bits.With(Raw, 16, 16, value); }
}

/// <summary>CDW12 of Create I/O Submission Queue.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct CreateIoSubmissionQueueDword12(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>NVMSETID, bits 15:0; 0 for none.</summary>
    public ushort NvmSetIdentifier { get => (ushort)Bits.Get(Raw, 0, 16); init => Raw = Bits.With(Raw, 0, 16, value); }
}

/// <summary>CDW10 of Delete I/O Completion Queue and of Delete I/O Submission Queue.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct DeleteIoQueueDword10(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>QID, bits 15:0.</summary>
    public ushort QueueIdentifier { get => (ushort)Bits.Get(Raw, 0, 16); init => Raw = Bits.With(Raw, 0, 16, value); }
}

/// <summary>CDW10 of Abort.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct AbortDword10(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>SQID, bits 15:0: the queue of the command to abort.</summary>
    public ushort SubmissionQueueIdentifier { get => (ushort)Bits.Get(Raw, 0, 16); init => Raw = Bits.With(Raw, 0, 16, value); }

    /// <summary>CID, bits 31:16: the command to abort.</summary>
    public ushort CommandIdentifier { get => (ushort)Bits.Get(Raw, 16, 16); init => Raw = Bits.With(Raw, 16, 16, value); }
}

/// <summary>DW0 of the completion of Abort.</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct AbortCompletionDword0(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>IANP, bit 0: the command was not aborted before this completion.</summary>
    public bool ImmediateAbortNotPerformed { get => Bits.Test(Raw, 0); init => Raw = Bits.With(Raw, 0, value); }
}
