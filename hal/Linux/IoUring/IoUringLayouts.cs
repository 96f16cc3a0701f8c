// What io_uring shares with the kernel: entries, set-up parameters, ring offsets, registration records, and their flag words.
// Layouts only; the same on x86-64 and arm64.

using System;
using System.Runtime.InteropServices;

namespace Nvmepf.Hal.Linux;

/// <summary>What an io_uring entry asks for (IORING_OP_*). Only the operations that this module can prepare have names.</summary>
public enum IoUringOperation : byte
{
    /// <summary>Completes at once with 0.</summary>
    Nop = 0,
    /// <summary>As <see cref="Files.ReadVectors"/>.</summary>
    ReadVectors = 1,
    /// <summary>As <see cref="Files.WriteVectors"/>.</summary>
    WriteVectors = 2,
    /// <summary>As <see cref="Files.Sync"/> or <see cref="Files.DataSync"/>.</summary>
    Sync = 3,
    /// <summary>Read into a registered buffer.</summary>
    ReadFixed = 4,
    /// <summary>Write from a registered buffer.</summary>
    WriteFixed = 5,
    /// <summary>Completes when a descriptor is ready.</summary>
    PollAdd = 6,
    /// <summary>Cancels another operation.</summary>
    AsyncCancel = 14,
    /// <summary>As <see cref="Files.Allocate"/>.</summary>
    Allocate = 17,
    /// <summary>As <see cref="Files.ReadAt"/>.</summary>
    Read = 22,
    /// <summary>As <see cref="Files.WriteAt"/>.</summary>
    Write = 23,
    /// <summary>A command of the file's own kind (IORING_OP_URING_CMD); NVMe commands need a ring of wide entries.</summary>
    DeviceCommand = 46,
}

/// <summary>How an entry is treated (IOSQE_*).</summary>
[Flags]
public enum SubmissionFlags : byte
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>IOSQE_FIXED_FILE: the descriptor is an index into the registered files.</summary>
    FixedFile = 1,
    /// <summary>IOSQE_IO_DRAIN: start after all earlier operations are done.</summary>
    Drain = 2,
    /// <summary>IOSQE_IO_LINK: the next entry starts after this one, and is cancelled if this one fails or is short. A chain must be
    /// prepared and submitted together (<see cref="IoUring.Available"/>).</summary>
    Link = 4,
    /// <summary>IOSQE_IO_HARDLINK: as <see cref="Link"/>, and the next entry starts even after a failure.</summary>
    HardLink = 8,
    /// <summary>IOSQE_ASYNC: hand over to a kernel worker at once, without a first try that may block the submitter.</summary>
    Async = 0x10,
}

/// <summary>What a ring can do (IORING_FEAT_*), as the kernel reports it.</summary>
[Flags]
public enum IoUringFeatures : uint
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>One mapping holds both rings (required here).</summary>
    SingleMap = 1,
    /// <summary>Completions are kept when the completion queue is full (required here, though never relied on).</summary>
    NoDrop = 2,
    /// <summary>Lists of pieces may be reused as soon as the submission is made (required here).</summary>
    SubmitStable = 4,
}

/// <summary>io_uring_setup flags.</summary>
[Flags]
internal enum IoUringSetupFlags : uint
{
    None = 0,
    Polled = 1 << 0,
    CompletionQueueSize = 1 << 3,
    Disabled = 1 << 6,
    SubmitAll = 1 << 7,
    CooperativeTaskRun = 1 << 8,
    TaskRunFlag = 1 << 9,
    WideSubmissions = 1 << 10,
    WideCompletions = 1 << 11,
    SingleIssuer = 1 << 12,
    DeferTaskRun = 1 << 13,
}

/// <summary>io_uring_enter flags.</summary>
[Flags]
internal enum IoUringEnterFlags : uint
{
    None = 0,
    GetEvents = 1,
    ExtendedArgument = 8,
}

/// <summary>Bits of the submission ring's flag word, written by the kernel.</summary>
[Flags]
internal enum SubmissionRingFlags : uint
{
    None = 0,
    NeedWakeup = 1,
    CompletionOverflow = 2,
    TaskRun = 4,
}

/// <summary>io_uring_register operations.</summary>
internal enum IoUringRegister : uint
{
    Buffers = 0,
    UnregisterBuffers = 1,
    Files = 2,
    UnregisterFiles = 3,
    EventFd = 4,
    UnregisterEventFd = 5,
    FilesUpdate = 6,
    Probe = 8,
    EnableRings = 12,
    Buffers2 = 15,
    BuffersUpdate = 16,
}

/// <summary>One request (struct io_uring_sqe), 64 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct SubmissionEntry
{
    [FieldOffset(0)] internal IoUringOperation Operation;
    [FieldOffset(1)] internal SubmissionFlags Flags;
    [FieldOffset(2)] internal ushort Priority;
    [FieldOffset(4)] internal int Fd;
    [FieldOffset(8)] internal ulong Offset;
    [FieldOffset(16)] internal ulong Address;
    [FieldOffset(24)] internal uint Length;
    [FieldOffset(28)] internal uint OperationFlags;
    [FieldOffset(32)] internal ulong UserData;
    [FieldOffset(40)] internal ushort BufferIndex;
    [FieldOffset(42)] internal ushort Personality;
    [FieldOffset(44)] internal uint FileIndex;
    [FieldOffset(48)] internal ulong Address3;
    [FieldOffset(56)] internal ulong Padding;
}

/// <summary>One result (struct io_uring_cqe), 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IoUringCompletion
{
    /// <summary>The value that was given when the operation was prepared.</summary>
    public ulong UserData;
    /// <summary>What the system call of the same name would return: a count, 0 or a negated errno.</summary>
    public int Result;
    /// <summary>IORING_CQE_F_*; 0 for all operations of this module.</summary>
    public uint Flags;
}

/// <summary>Where the parts of the submission ring are (struct io_sqring_offsets), 40 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SubmissionRingOffsets
{
    internal uint Head;
    internal uint Tail;
    internal uint RingMask;
    internal uint RingEntries;
    internal uint Flags;
    internal uint Dropped;
    internal uint Array;
    internal uint Reserved1;
    internal ulong UserAddress;
}

/// <summary>Where the parts of the completion ring are (struct io_cqring_offsets), 40 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CompletionRingOffsets
{
    internal uint Head;
    internal uint Tail;
    internal uint RingMask;
    internal uint RingEntries;
    internal uint Overflow;
    internal uint Entries;
    internal uint Flags;
    internal uint Reserved1;
    internal ulong UserAddress;
}

/// <summary>Parameters of io_uring_setup, both ways (struct io_uring_params), 120 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoUringParameters
{
    internal uint SubmissionEntries;
    internal uint CompletionEntries;
    internal IoUringSetupFlags Flags;
    internal uint PollThreadCpu;
    internal uint PollThreadIdleMilliseconds;
    internal IoUringFeatures Features;
    internal uint WorkQueueFd;
    internal fixed uint Reserved[3];
    internal SubmissionRingOffsets SubmissionRing;
    internal CompletionRingOffsets CompletionRing;
}

/// <summary>Argument of a timed wait (struct io_uring_getevents_arg), 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoUringWaitArgument
{
    internal void* SignalMask;
    internal uint SignalMaskBytes;
    internal uint MinimumWaitMicroseconds;
    internal TimeSpecification* Timeout;
}

/// <summary>Registration of a table of buffers (struct io_uring_rsrc_register), 32 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ResourceRegister
{
    internal const uint Sparse = 1;

    internal uint Count;
    internal uint Flags;
    internal ulong Reserved;
    internal void* Data;
    internal ulong* Tags;
}

/// <summary>Change of registered files (struct io_uring_rsrc_update), 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ResourceUpdate
{
    internal uint Offset;
    internal uint Reserved;
    internal void* Data;
}

/// <summary>Change of registered buffers (struct io_uring_rsrc_update2), 32 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ResourceUpdate2
{
    internal uint Offset;
    internal uint Reserved;
    internal void* Data;
    internal ulong* Tags;
    internal uint Count;
    internal uint Reserved2;
}

/// <summary>Head of the answer to a probe (struct io_uring_probe), 16 bytes; the records follow.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct ProbeHeader
{
    [FieldOffset(0)] internal byte LastOperation;
    [FieldOffset(1)] internal byte Count;
}

/// <summary>What the kernel says of one operation (struct io_uring_probe_op), 8 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 8)]
internal struct ProbeRecord
{
    internal const ushort Supported = 1;

    [FieldOffset(0)] internal byte Operation;
    [FieldOffset(2)] internal ushort Flags;
}
