// Preparing operations: each method fills one submission entry. Nothing reaches the kernel before Submit.

using System.Diagnostics;
using System.Threading;

namespace Nvmepf.Hal.Linux;

public sealed unsafe partial class IoUring
{
    private const uint SyncDataOnly = 1;

    /// <summary>Prepares a read into one buffer.</summary>
    /// <param name="fd">The file, or an index with <see cref="SubmissionFlags.FixedFile"/>.</param>
    /// <param name="buffer">Where the bytes go; must stay in place until the result is reaped.</param>
    /// <param name="lengthBytes">How many, at most 2^31 - 4096.</param>
    /// <param name="offsetBytes">Where in the file.</param>
    /// <param name="userData">Comes back with the result.</param>
    /// <param name="options">RWF flags.</param>
    /// <param name="flags">How the entry is treated.</param>
    /// <returns>False when a ring is full: submit, reap, and try again in a later turn.</returns>
    public bool TryRead(
        int fd,
        void* buffer,
        uint lengthBytes,
        ulong offsetBytes,
        ulong userData,
        ReadWriteFlags options = ReadWriteFlags.None,
        SubmissionFlags flags = SubmissionFlags.None) =>
        TryPrepare(IoUringOperation.Read, flags, fd, offsetBytes, (ulong)buffer, lengthBytes, (uint)options, userData);

    /// <summary>Prepares a write from one buffer. Parameters as of <see cref="TryRead"/>.</summary>
    public bool TryWrite(
        int fd,
        void* buffer,
        uint lengthBytes,
        ulong offsetBytes,
        ulong userData,
        ReadWriteFlags options = ReadWriteFlags.None,
        SubmissionFlags flags = SubmissionFlags.None) =>
        TryPrepare(IoUringOperation.Write, flags, fd, offsetBytes, (ulong)buffer, lengthBytes, (uint)options, userData);

    /// <summary>Prepares a read into several pieces, at most 1024 (more fail with -EINVAL in the completion).</summary>
    /// <remarks>The list itself must stay in place until <see cref="Submit"/> has taken it; the memory of the pieces until the result is
    /// reaped.</remarks>
    public bool TryReadVectors(
        int fd,
        IoVector* vectors,
        uint count,
        ulong offsetBytes,
        ulong userData,
        ReadWriteFlags options = ReadWriteFlags.None,
        SubmissionFlags flags = SubmissionFlags.None) =>
        TryPrepare(IoUringOperation.ReadVectors, flags, fd, offsetBytes, (ulong)vectors, count, (uint)options, userData);

    /// <summary>Prepares a write from several pieces. As <see cref="TryReadVectors"/>.</summary>
    public bool TryWriteVectors(
        int fd,
        IoVector* vectors,
        uint count,
        ulong offsetBytes,
        ulong userData,
        ReadWriteFlags options = ReadWriteFlags.None,
        SubmissionFlags flags = SubmissionFlags.None) =>
        TryPrepare(IoUringOperation.WriteVectors, flags, fd, offsetBytes, (ulong)vectors, count, (uint)options, userData);

    /// <summary>Prepares a read into a part of a registered buffer.</summary>
    /// <param name="fd">The file, or an index with <see cref="SubmissionFlags.FixedFile"/>.</param>
    /// <param name="buffer">An address inside the registered buffer; the whole length must lie in it (else -EFAULT).</param>
    /// <param name="lengthBytes">How many bytes.</param>
    /// <param name="offsetBytes">Where in the file.</param>
    /// <param name="bufferIndex">Which registered buffer.</param>
    /// <param name="userData">Comes back with the result.</param>
    /// <param name="options">RWF flags.</param>
    /// <param name="flags">How the entry is treated.</param>
    /// <returns>False when a ring is full.</returns>
    public bool TryReadFixed(
        int fd,
        void* buffer,
        uint lengthBytes,
        ulong offsetBytes,
        ushort bufferIndex,
        ulong userData,
        ReadWriteFlags options = ReadWriteFlags.None,
        SubmissionFlags flags = SubmissionFlags.None) =>
        TryPrepare(IoUringOperation.ReadFixed, flags, fd, offsetBytes, (ulong)buffer, lengthBytes, (uint)options, userData, bufferIndex);

    /// <summary>Prepares a write from a part of a registered buffer. Parameters as of <see cref="TryReadFixed"/>.</summary>
    public bool TryWriteFixed(
        int fd,
        void* buffer,
        uint lengthBytes,
        ulong offsetBytes,
        ushort bufferIndex,
        ulong userData,
        ReadWriteFlags options = ReadWriteFlags.None,
        SubmissionFlags flags = SubmissionFlags.None) =>
        TryPrepare(IoUringOperation.WriteFixed, flags, fd, offsetBytes, (ulong)buffer, lengthBytes, (uint)options, userData, bufferIndex);

    /// <summary>Prepares fsync or fdatasync. It covers the writes whose results were reaped before it was submitted, not those in flight
    /// with it.</summary>
    public bool TrySync(int fd, bool dataOnly, ulong userData, SubmissionFlags flags = SubmissionFlags.None) =>
        TryPrepare(IoUringOperation.Sync, flags, fd, 0, 0, 0, dataOnly ? SyncDataOnly : 0, userData);

    /// <summary>Prepares fallocate: allocate, punch a hole, zero a range.</summary>
    public bool TryAllocate(
        int fd, FallocateMode mode, ulong offsetBytes, ulong lengthBytes, ulong userData, SubmissionFlags flags = SubmissionFlags.None) =>
        // The length travels in the address word and the mode in the length word.
        TryPrepare(IoUringOperation.Allocate, flags, fd, offsetBytes, lengthBytes, (uint)mode, 0, userData);

    /// <summary>Prepares the cancellation of the operation that was prepared with <paramref name="targetUserData"/>.</summary>
    /// <remarks>Its own result: 0 = cancelled (the target completes with -ECANCELED), -EALREADY = too far gone, -ENOENT = not there (any
    /// more).
    /// The target always has a completion of its own.</remarks>
    public bool TryCancel(ulong targetUserData, ulong userData) =>
        TryPrepare(IoUringOperation.AsyncCancel, SubmissionFlags.None, -1, 0, targetUserData, 0, 0, userData);

    /// <summary>Prepares an operation that does nothing.</summary>
    public bool TryNop(ulong userData, SubmissionFlags flags = SubmissionFlags.None) =>
        TryPrepare(IoUringOperation.Nop, flags, -1, 0, 0, 0, 0, userData);

    /// <summary>Prepares a wait, for one time, until a descriptor is ready; the result is the <see cref="PollEvents"/> that it
    /// has.</summary>
    public bool TryPollAdd(int fd, PollEvents events, ulong userData, SubmissionFlags flags = SubmissionFlags.None) =>
        TryPrepare(IoUringOperation.PollAdd, flags, fd, 0, 0, 0, (uint)events, userData);

    private bool TryPrepare(
        IoUringOperation operation,
        SubmissionFlags flags,
        int fd,
        ulong offset,
        ulong address,
        uint length,
        uint operationFlags,
        ulong userData,
        ushort bufferIndex = 0)
    {
        AssertOwner();
        Debug.Assert(!IsWide, "A wide ring takes NVMe commands only.");
        uint tail = _preparedTail;
        // Both rings: an operation without a place for its result is not accepted, so that the completion ring cannot overflow.
        if (tail - Volatile.Read(ref *_submissionHead) >= SubmissionEntries || _inFlight >= CompletionEntries)
        {
            return false;
        }
        // Inside the mapping because of the mask; ours until the tail is published, because the kernel's head has passed it.
        SubmissionEntry* entry = _entries + (tail & _submissionMask);
        *entry = default;
        entry->Operation = operation;
        entry->Flags = flags;
        entry->Fd = fd;
        entry->Offset = offset;
        entry->Address = address;
        entry->Length = length;
        entry->OperationFlags = operationFlags;
        entry->UserData = userData;
        entry->BufferIndex = bufferIndex;
        _preparedTail = tail + 1;
        _inFlight++;
        return true;
    }
}
