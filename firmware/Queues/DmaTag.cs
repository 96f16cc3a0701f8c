namespace Nvmepf.Firmware.Queues;

/// <summary>
/// Whom a DMA completion belongs to, packed into the request's tag: a kind in bits 47:32, a number in 15:0 and an index in 31:16
/// (a command's number takes all of 31:0). What is forwarded for a share of another reactor has the share's number in bits 63:48 besides.
/// </summary>
public static class DmaTag
{
    /// <summary>A command's list or data; the number is the slot's index.</summary>
    public const uint CommandKind = 0;

    /// <summary>Entries fetched for a submission queue; the number is the SQID.</summary>
    public const uint SubmissionFetchKind = 1;

    /// <summary>An entry written to a completion queue; the number is the CQID, the index its place in the queue.</summary>
    public const uint CompletionEntryKind = 2;

    /// <summary>Tag of a fetch.</summary>
    public static ulong SubmissionFetch(ushort queueIdentifier) => ((ulong)SubmissionFetchKind << 32) | queueIdentifier;

    /// <summary>Tag of a completion entry.</summary>
    public static ulong CompletionEntry(ushort queueIdentifier, ushort index) =>
        ((ulong)CompletionEntryKind << 32) | ((ulong)index << 16) | queueIdentifier;

    /// <summary>The bits that a request has while it is forwarded for a share.</summary>
    public static ulong OfShare(int share) => (ulong)share << 48;

    /// <summary>The share that a request was forwarded for; 0 for the platform's own reactor.</summary>
    public static int ShareOf(ulong tag) => (int)(tag >> 48);

    /// <summary>The tag as the share gave it.</summary>
    public static ulong WithoutShare(ulong tag) => tag & ((1ul << 48) - 1);

    /// <summary>The kind; none of the above where the request was forwarded.</summary>
    public static uint KindOf(ulong tag) => (uint)(tag >> 32);

    /// <summary>The slot's index of a command's request.</summary>
    public static int SlotOf(ulong tag) => (int)(uint)tag;

    /// <summary>The queue's identifier of the other kinds.</summary>
    public static int QueueOf(ulong tag) => (ushort)tag;

    /// <summary>The place in its queue of a completion entry.</summary>
    public static int IndexOf(ulong tag) => (ushort)(tag >> 16);
}
