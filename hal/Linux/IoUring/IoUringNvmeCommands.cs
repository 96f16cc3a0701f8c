// NVMe commands through io_uring: rings of wide entries, and the command that the kernel's NVMe driver takes in them.
// The driver checks the file (a character device of a namespace or of a controller), maps the memory, sends the command with an identifier of
// its own and hands status and dwords 0 and 1 of the completion back. Nothing waits in here. A ring of this kind takes nothing else.

using System;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading;

namespace Nvmepf.Hal.Linux;

/// <summary>What is asked of an NVMe character device (NVME_URING_CMD_*): the queue, and how memory is described.</summary>
public enum NvmeUringOperation : uint
{
    /// <summary>An I/O command to a namespace's device (/dev/ngXnY), one piece of memory.</summary>
    Io = 0xC048_4E80,
    /// <summary>The same; <see cref="NvmeUringCommand.Address"/> points to pieces and <see cref="NvmeUringCommand.DataLength"/> counts them,
    /// at most 1024.</summary>
    IoVectors = 0xC048_4E81,
    /// <summary>An admin command to a controller's device (/dev/nvmeX), one piece of memory.</summary>
    Admin = 0xC048_4E82,
    /// <summary>The same with pieces.</summary>
    AdminVectors = 0xC048_4E83,
}

/// <summary>One NVMe command (struct nvme_uring_cmd), 72 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct NvmeUringCommand
{
    /// <summary>Opcode.</summary>
    public byte Opcode;
    /// <summary>Has to be 0: fused commands and the kind of data pointer are the driver's.</summary>
    public byte Flags;
    /// <summary>0.</summary>
    public ushort Reserved;
    /// <summary>NSID; the device's own for a namespace's device.</summary>
    public uint NamespaceIdentifier;
    /// <summary>Dword 2.</summary>
    public uint Cdw2;
    /// <summary>Dword 3.</summary>
    public uint Cdw3;
    /// <summary>Address of separate metadata, or 0.</summary>
    public ulong Metadata;
    /// <summary>Address of the data or of the list of pieces.</summary>
    public ulong Address;
    /// <summary>Bytes of separate metadata.</summary>
    public uint MetadataLengthBytes;
    /// <summary>Bytes of data, or number of pieces.</summary>
    public uint DataLength;
    /// <summary>Dword 10.</summary>
    public uint Cdw10;
    /// <summary>Dword 11.</summary>
    public uint Cdw11;
    /// <summary>Dword 12.</summary>
    public uint Cdw12;
    /// <summary>Dword 13.</summary>
    public uint Cdw13;
    /// <summary>Dword 14.</summary>
    public uint Cdw14;
    /// <summary>Dword 15.</summary>
    public uint Cdw15;
    /// <summary>How long the driver lets it take, in milliseconds; 0 for the driver's default.</summary>
    public uint TimeoutMilliseconds;
    /// <summary>0.</summary>
    public uint Reserved2;
}

/// <summary>One wide result (struct io_uring_cqe with 32 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IoUringWideCompletion
{
    /// <summary>As given with the command.</summary>
    public ulong UserData;
    /// <summary>The NVMe status (15 bits: SC, SCT, CRD, M, DNR), 0 for success, or a negated errno.</summary>
    public int Result;
    /// <summary>Flags.</summary>
    public uint Flags;
    /// <summary>Dwords 0 (low) and 1 (high) of the command's completion.</summary>
    public ulong CommandResult;
    /// <summary>Unused.</summary>
    public ulong CommandResult2;
}

/// <summary>A request of 128 bytes (struct io_uring_sqe, IORING_SETUP_SQE128) with an NVMe command in it.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct WideSubmissionEntry
{
    [FieldOffset(0)] internal IoUringOperation Operation;
    [FieldOffset(1)] internal SubmissionFlags Flags;
    [FieldOffset(4)] internal int Fd;
    [FieldOffset(8)] internal NvmeUringOperation CommandOperation;
    [FieldOffset(32)] internal ulong UserData;
    [FieldOffset(48)] internal NvmeUringCommand Command;
}

public sealed unsafe partial class IoUring
{
    /// <summary>Whether it takes NVMe commands (and nothing else).</summary>
    public bool IsWide { get; }

    /// <summary>Prepares a command to an NVMe character device; for wide rings.</summary>
    /// <param name="fd">The device: of a namespace for I/O commands, of a controller for admin commands.</param>
    /// <param name="operation">Queue, and how memory is described.</param>
    /// <param name="command">The command. Lists of pieces must stay until <see cref="Submit"/> has taken it, memory until the result is
    /// reaped.</param>
    /// <param name="userData">Comes back with the result.</param>
    /// <returns>False when a ring is full.</returns>
    public bool TryNvmeCommand(int fd, NvmeUringOperation operation, in NvmeUringCommand command, ulong userData)
    {
        AssertOwner();
        Debug.Assert(IsWide, "NVMe commands need a wide ring.");
        uint tail = _preparedTail;
        if (tail - Volatile.Read(ref *_submissionHead) >= SubmissionEntries || _inFlight >= CompletionEntries)
        {
            return false;
        }
        // Inside the mapping because of the mask and the size it was mapped with; ours until the tail is published.
        WideSubmissionEntry* entry = (WideSubmissionEntry*)_entries + (tail & _submissionMask);
        *entry = default;
        entry->Operation = IoUringOperation.DeviceCommand;
        entry->Fd = fd;
        entry->CommandOperation = operation;
        entry->UserData = userData;
        entry->Command = command;
        _preparedTail = tail + 1;
        _inFlight++;
        return true;
    }

    /// <summary>Copies results out of a wide ring and frees their places. Makes no system call.</summary>
    /// <param name="destination">Where the results go; no more than fit are taken.</param>
    /// <returns>How many were taken.</returns>
    public int Reap(Span<IoUringWideCompletion> destination)
    {
        AssertOwner();
        Debug.Assert(IsWide, "Only a wide ring has wide results.");
        uint head = _reapedHead;
        int count = (int)Math.Min(Volatile.Read(ref *_completionTail) - head, (uint)destination.Length);
        IoUringWideCompletion* completions = (IoUringWideCompletion*)_completions;
        for (int i = 0; i < count; i++)
        {
            // Inside the mapping because of the mask.
            destination[i] = completions[(head + (uint)i) & _completionMask];
        }
        if (count > 0)
        {
            _reapedHead = head + (uint)count;
            Volatile.Write(ref *_completionHead, _reapedHead);
            _inFlight -= (uint)count;
        }
        return count;
    }
}
