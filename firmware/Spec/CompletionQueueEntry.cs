// The 16-byte completion queue entry (NVMe Base 2.1, 4.2.1).
using System.Runtime.InteropServices;

namespace Nvmepf.Spec;

/// <summary>The last word of a completion queue entry: the phase tag and the status (NVMe Base 2.1, 4.2.1 and 4.2.3).</summary>
/// <param name="raw">The whole word.</param>
public readonly struct CompletionStatus(ushort raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly ushort Raw = raw;

    /// <summary>P, DW3 bit 16: inverted each time the queue wraps.</summary>
    public bool PhaseTag { get => Bits.Test(Raw, 0); init => Raw = (ushort)Bits.With(Raw, 0, value); }

        /// <summary>STATUS, DW3 bits 31:17.</summary>
        public Status Status { get => new((ushort)(Raw >> 1)); init => Raw = (ushort)((value.Raw << 1) | (Raw & 1)); }
}

/// <summary>CQE, 16 bytes (NVMe Base 2.1, 4.2.1, figure "Common Completion Queue Entry Layout").</summary>
[StructLayout(LayoutKind.Explicit, Size = 16, Pack = 1)]
public struct CompletionQueueEntry
{
    /// <summary>DW0, command specific.</summary>
    [FieldOffset(0)] public uint Dword0;

    /// <summary>DW1, command specific.</summary>
    [FieldOffset(4)] public uint Dword1;

    /// <summary>SQHD: how far the controller has fetched the submission queue.</summary>
    [FieldOffset(8)] public ushort SubmissionQueueHeadPointer;

    /// <summary>SQID: the queue that the command came from.</summary>
    [FieldOffset(10)] public ushort SubmissionQueueIdentifier;

    /// <summary>CID of the command that is complete.</summary>
    [FieldOffset(12)] public ushort CommandIdentifier;

    /// <summary>The phase tag and the status; the host reads it first, so it is written last.</summary>
    [FieldOffset(14)] public CompletionStatus CompletionStatus;

        /// <summary>The size of an entry in bytes; 2^4, the only size that the NVM Command Set uses.</summary>
        public const int SizeBytes = 16;
}
