using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Nvmepf.Firmware.Commands.Io;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Queues;
using Nvmepf.Hal;
using Nvmepf.Hal.Mmio;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands;

/// <content>
/// The short way of a read or write whose data is one range of mapped host memory, on a backend that ends it at once: the same steps as the long
/// way, in one piece, without a state to come back to. It looks for reasons against itself. Where it finds one it has changed nothing, and the
/// command goes the long way, which alone says what is wrong with a command. Half of what a small command costs is the long way's states.
/// </content>
public sealed unsafe partial class CommandEngine
{
    // The second byte of CDW0 (FUSE, reserved bits, PSDT) but for the PSDT bit that says SGL: nothing of it is set in a usual command.
    private const uint UnusualDword0 = 0xBF00;

    private const int NamespaceIdentifierShift = 32; // of an entry's first eight bytes
    private const int StartingLbaWord = 5; // of eight bytes each
    private const ulong AskedBytes = 512;
    private const ulong LineBytes = 64;

    /// <summary>Commands that went the short way since the process started.</summary>
    public ulong ShortcutCount { get; private set; }

    /// <summary>Whether commands of a queue may take the short way: nobody wants to delay them, to end them, or to have them elsewhere.</summary>
    private bool MayTakeShortcut(SubmissionQueue queue) =>
        queue.Identifier != 0 && !_injection.IsAny && !_discarding && MayTouchHost && Controller.Passthrough is null
        && !Sabotage.Is(SabotageKind.DropCompletion);

    /// <summary>
    /// Does the command whose entry was copied to <paramref name="slot"/>, which is still on the free list, from its checks to its completion.
    /// For the first of a visit no command before it asked the memory for its blocks.
    /// </summary>
    /// <returns>False where it has to go the long way.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryShortcut(SubmissionQueue queue, CompletionQueue completion, ref CommandSlot slot, long nowNanoseconds, bool isTimed, bool isFirst)
    {
        uint dword0 = slot.Entry.Cdw0.Raw;
        NvmOpcode opcode = (NvmOpcode)(byte)dword0;
        int index = Namespaces.IndexOf(slot.Entry.NamespaceIdentifier);
        if ((dword0 & UnusualDword0) != 0 || opcode is not (NvmOpcode.Read or NvmOpcode.Write) || index < 0)
        {
            return false;
        }

        NvmeNamespace target = Namespaces[index];
        NamespaceBackend backend = target.Backend;
        if (isFirst && opcode == NvmOpcode.Read)
        {
            AskForMedia(backend, slot.Entry.StartingLba << target.BlockShift);
        }

        AskForNextMedia(queue, slot.Entry.NamespaceIdentifier, target);
        ReadWriteDword12 dword12 = new(slot.Entry.Cdw12);
        ulong blocks = dword12.NumberOfLogicalBlocksZeroBased + 1UL; // 16 bits and a block of at most 31: the length fits 64
        ulong lengthBytes = blocks << target.BlockShift;
        DataDirection direction = opcode == NvmOpcode.Read ? DataDirection.ControllerToHost : DataDirection.HostToController;
        if (!backend.EndsAtOnce || !target.Gate.IsOpen || dword12.CommandExtensionType != 0
            || lengthBytes > _maximumTransferBytes || !MediaCommand.IsInside(target, slot.Entry.StartingLba, blocks)
            || !_mapper.TryMapWhole(ref slot, lengthBytes, direction))
        {
            return false;
        }

        if (isTimed)
        {
            EndStageOfTimed(ref slot, TraceKind.Mapped, lengthBytes);
        }

        ref BackendOperation operation = ref slot.Operation;
        BackendOperationKind kind = opcode == NvmOpcode.Read ? BackendOperationKind.Read : BackendOperationKind.Write;
        operation.Begin(kind, BackendFlags.None, slot.Entry.StartingLba << target.BlockShift, lengthBytes);
        operation.Segments = slot.Segments;
        operation.SegmentCount = 1;
        operation.IsInHostMemory = true;
        if (isTimed)
        {
            EndStageOfTimed(ref slot, TraceKind.Submitted, operation.OffsetBytes);
        }

        if (backend.BatchesWrites && opcode == NvmOpcode.Write)
        {
            return TryAddToBatch(queue, completion, ref slot, backend, nowNanoseconds, isTimed);
        }

        if (backend.Submit(ref operation) != BackendOutcome.Completed || operation.Status.IsError)
        {
            return false; // the same once more does no harm: it reads or writes the same blocks
        }

        if (isTimed)
        {
            EndStageOfTimed(ref slot, TraceKind.BackendEnded, 0);
        }

        CompletedCount++;
        ShortcutCount++;
        Media.Count(opcode == NvmOpcode.Write, lengthBytes);
        slot.DataLengthBytes = (uint)lengthBytes;
        PostShortcut(queue, completion, ref slot, nowNanoseconds);
        if (isTimed)
        {
            EndStageOfTimed(ref slot, TraceKind.Completed, Status.Success.Raw);
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PostShortcut(SubmissionQueue queue, CompletionQueue completion, ref CommandSlot slot, long nowNanoseconds)
    {
        CompletionQueueEntry entry = SuccessOf(queue, ref slot);
        if (!TryPost(completion, in entry, slot.DataLengthBytes))
        {
            TakeSlot(queue, nowNanoseconds); // after all
            WaitToCompleteShortcut(ref slot);
            return;
        }

        Completed.Add(queue.Identifier, slot.Entry.Cdw0.Opcode, false, slot.DataLengthBytes, nowNanoseconds);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static CompletionQueueEntry SuccessOf(SubmissionQueue queue, ref CommandSlot slot) => new()
    {
        SubmissionQueueHeadPointer = queue.Head,
        SubmissionQueueIdentifier = queue.Identifier,
        CommandIdentifier = slot.Entry.Cdw0.CommandIdentifier,
    };

    /// <summary>The command has ended in success; its completion cannot be written now. What the long way sets is set here.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WaitToCompleteShortcut(ref CommandSlot slot)
    {
        uint lengthBytes = slot.DataLengthBytes;
        Prepare(ref slot);
        slot.DataLengthBytes = lengthBytes;
        WaitToComplete(ref slot);
    }

    /// <summary>
    /// The same for the blocks of the next command, while this one is worked on. The entry is still the host's and may change, so that nothing
    /// is decided by it.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AskForNextMedia(SubmissionQueue queue, uint namespaceIdentifier, NvmeNamespace target)
    {
        ulong* words = target.Backend.Memory == null ? null : queue.PeekNext();
        if (words == null)
        {
            return;
        }

        ulong first = Mmio.Read64(words);
        if ((byte)first == (byte)NvmOpcode.Read && (uint)(first >> NamespaceIdentifierShift) == namespaceIdentifier)
        {
            AskForMedia(target.Backend, Mmio.Read64(words + StartingLbaWord) << target.BlockShift);
        }
    }

    /// <summary>
    /// Asks the memory for the beginning of blocks that are about to be read, where they lie in memory; the processor brings what follows by
    /// itself once it sees the first lines used. Only a hint, given before the command was checked: addresses stay inside the media.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AskForMedia(NamespaceBackend backend, ulong offset)
    {
        byte* media = backend.Memory;
        if (!Sse.IsSupported || media == null || offset >= backend.SizeBytes || backend.SizeBytes - offset < AskedBytes)
        {
            return;
        }

        for (ulong line = 0; line < AskedBytes; line += LineBytes)
        {
            Sse.Prefetch0(media + offset + line);
        }
    }
}
