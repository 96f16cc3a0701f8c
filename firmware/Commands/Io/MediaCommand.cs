using System.Runtime.CompilerServices;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Io;

/// <summary>
/// What the commands on logical blocks have in common: the range check, the transfer limit, the commit before a read under Force Unit
/// Access, and what SMART counts. Each command is a file of its own.
/// </summary>
/// <remarks>
/// Protection information, storage tags, dataset hints, limited retry and directives are not looked at: the standard says of the first
/// two that they are used only with a namespace formatted for them, and the others are hints (NVM Command Set 1.1 section 3.3).
/// </remarks>
internal static class MediaCommand
{
    /// <summary>Byte of the submission queue entry where SLBA stands.</summary>
    internal const byte StartingLbaByte = 40;

    /// <summary>Byte of the submission queue entry where CDW12, and in it the number of logical blocks, stands.</summary>
    internal const byte Dword12Byte = 48;

    /// <summary>Byte of CDW12 where CETYPE (bits 3:0) and DTYPE or NSZ (above) stand.</summary>
    internal const byte Dword12ThirdByte = 50;

    /// <summary>Effects of a command that changes logical blocks.</summary>
    internal static readonly uint ChangesBlocks = new CommandSupportedAndEffects { LogicalBlockContentChange = true }.Raw;

    /// <summary>True where all blocks lie inside the namespace; does not overflow for any host value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsInside(NvmeNamespace target, ulong startingLba, ulong blocks) =>
        blocks <= target.SizeBlocks && startingLba <= target.SizeBlocks - blocks;

    /// <summary>Checks SLBA and NLB of a command.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Status CheckRange(CommandEngine engine, ref CommandSlot slot, ulong blocks) =>
        IsInside(engine.Namespaces[slot.NamespaceIndex], slot.Entry.StartingLba, blocks)
            ? Status.Success
            : slot.Blame(new Status(StatusCode.LbaOutOfRange, doNotRetry: true), StartingLbaByte);

    /// <summary>Checks a command that transfers its blocks (Read, Write, Compare) and sets how much and which way.</summary>
    internal static Status PrepareTransfer(CommandEngine engine, ref CommandSlot slot, DataDirection direction)
    {
        ReadWriteDword12 dword12 = new(slot.Entry.Cdw12);
        Status status = CheckExtension(ref slot, dword12.CommandExtensionType);
        if (status.IsError)
        {
            return status;
        }

        // NLB has 16 bits and a block at most 31, so the product fits 64.
        ulong blocks = dword12.NumberOfLogicalBlocksZeroBased + 1UL;
        ulong lengthBytes = blocks << engine.Namespaces[slot.NamespaceIndex].BlockShift;
        if (lengthBytes > engine.Controller.Settings.MaximumTransferBytes)
        {
            return slot.Blame(new Status(StatusCode.InvalidField, doNotRetry: true), Dword12Byte);
        }

        slot.Direction = direction;
        slot.DataLengthBytes = (uint)lengthBytes;
        return CheckRange(engine, ref slot, blocks);
    }

    /// <summary>
    /// A command extension would change what the command does (key per I/O is one), so one that is not known is refused.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Status CheckExtension(ref CommandSlot slot, byte commandExtensionType) => commandExtensionType == 0
        ? Status.Success
        : slot.Blame(new Status(StatusCode.InvalidField, doNotRetry: true), Dword12ThirdByte);

    /// <summary>First byte of the command's blocks on the media.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong OffsetBytes(CommandEngine engine, ref CommandSlot slot) =>
        slot.Entry.StartingLba << engine.Namespaces[slot.NamespaceIndex].BlockShift;

    /// <summary>
    /// True where a read has to be preceded by a flush: under Force Unit Access the blocks are committed first and then read
    /// (NVM Command Set 1.1 section 3.3.4).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool NeedsCommit(CommandEngine engine, ref CommandSlot slot) =>
        new ReadWriteDword12(slot.Entry.Cdw12).ForceUnitAccess &&
        engine.Namespaces[slot.NamespaceIndex].Backend.HasVolatileWriteCache;

    /// <summary>
    /// How a write is done: durable before it completes where the command says so (FUA) or where the host has switched the volatile
    /// write cache off.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static BackendFlags WriteFlags(CommandEngine engine, bool forceUnitAccess) =>
        forceUnitAccess || !engine.Controller.Features.IsWriteCacheEnabled ? BackendFlags.ForceUnitAccess : BackendFlags.None;

    /// <summary>Takes the status of the operation that ended; a media error is counted, and degrades the device's health.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void TakeStatus(CommandEngine engine, ref CommandSlot slot)
    {
        slot.Status = slot.Operation.Status;
        if (slot.Status.IsError)
        {
            slot.ErrorByte = CommandSlot.NoParameterLocation;
            if (slot.Status.StatusCodeType == StatusCodeType.MediaAndDataIntegrity)
            {
                engine.Media.MediaErrors++;
            }
        }
    }

    /// <summary>
    /// Counts a command that read the media for the host (Read, Compare); see the SMART log, NVMe Base 2.1 section 5.1.12.1.3.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static CommandOutcome EndRead(CommandEngine engine, ref CommandSlot slot)
    {
        bool isRead = slot.Status.IsSuccess || slot.Status.Code == StatusCode.CompareFailure;
        engine.Media.Count(isWrite: false, isRead ? slot.DataLengthBytes : 0);
        return CommandOutcome.Completed;
    }
}
