using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Passthrough;
using Nvmepf.Firmware.Queues;
using Nvmepf.Firmware.Reactors;
using Nvmepf.Firmware.Transfer;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands;

/// <summary>
/// Moves commands through their states: fetched, checked, data mapped, buffer taken, data in, executed, data out, completed.
/// Everything is done from the reactor's turn; a command that has to wait for something is left in its slot until that something
/// is polled. Memory is fixed at construction.
/// </summary>
/// <remarks>
/// This file holds the way forward; CommandEngine.Shortcut.cs has a shorter one for most commands of a busy queue. Waiting is in CommandEngine.Waiting.cs, completions in CommandEngine.Completion.cs, aborts and resets in
/// CommandEngine.Cancel.cs.
/// What a command means is its handler's; this class never looks at an opcode but to find its row.
/// </remarks>
public sealed unsafe partial class CommandEngine : IDisposable
{
    /// <summary>
    /// Slots that I/O commands may not take, so that the admin queue works under full load: four waiting event requests, aborts,
    /// deletions, and the firmware's own flush.
    /// </summary>
    private const int AdminReserve = 16;

    /// <summary>Memory of commands that go to another controller, not to a namespace's backend: dwords, as its own PRPs.</summary>
    private const uint ForwardedAlignmentBytes = sizeof(uint);

    private readonly ShareLink? _link; // null in the engine of the controller's own reactor
    private readonly IPlatform _platform;
    private readonly QueueSet _queues;
    private readonly BufferPool _buffers;
    private readonly BufferPool _smallBuffers; // the same object where there are none
    private readonly CommandDescriptor?[] _adminRows;
    private readonly CommandDescriptor?[] _ioRows;
    private readonly InjectionRules _injection;
    private readonly DataMapper _mapper;
    private readonly HostMover _mover;
    private readonly CommandSlot* _slots; // native memory, _slotCount long, freed in Dispose
    private readonly void* _slotMemory; // segments and vectors of all slots
    private readonly nuint _slotMemoryBytes;
    private readonly int _slotCount;
    private readonly uint _maximumTransferBytes;

    // Last in, first out: the slot that a command just left is still in the cache, and a queue that is answered at once works in one slot.
    private SlotList _free;

    /// <summary>Allocates every slot.</summary>
    /// <param name="share">The share whose commands run here.</param>
    internal CommandEngine(QueueShare share)
    {
        NvmeController controller = share.Controller;
        Controller = controller;
        Namespaces = controller.Namespaces;
        Media = controller.Smart.AddEngine();
        _adminRows = controller.Passthrough is null ? CommandTable.AdminRows : PassthroughTable.AdminRows;
        _ioRows = controller.Passthrough is null ? CommandTable.IoRows : PassthroughTable.IoRows;
        Completed = new CompletedCommands(controller.QueueStatistics);
        _injection = controller.Injection;
        _link = share.Link;
        _platform = share.Platform;
        _queues = share.Queues;
        _posting = _queues.Completion(0);
        _buffers = share.Buffers;
        _smallBuffers = share.SmallBuffers;
        _mapper = new DataMapper(_platform);
        _mover = new HostMover(_platform);
        _slotCount = controller.Settings.CommandSlots;
        _maximumTransferBytes = controller.Settings.MaximumTransferBytes;
        _slots = (CommandSlot*)NativeMemory.AlignedAlloc((nuint)_slotCount * (nuint)sizeof(CommandSlot), 64);
        NativeMemory.Clear(_slots, (nuint)_slotCount * (nuint)sizeof(CommandSlot));

        int segmentBytes = CommandSlot.SegmentsMax * sizeof(HostSegment);
        int vectorBytes = CommandSlot.SegmentsMax * sizeof(IoVector);
        int perSlot = segmentBytes + vectorBytes;
        _slotMemoryBytes = (nuint)_slotCount * (nuint)perSlot;

        // Mapped, not allocated: pages that no command ever needs are never touched.
        int error = MemoryMappings.MapAnonymous(_slotMemoryBytes, MapFlags.NoReserve, out _slotMemory);
        if (error < 0)
        {
            throw new PlatformException($"cannot map {_slotMemoryBytes} bytes for {_slotCount} command slots: {Errno.Describe(error)}");
        }

        byte* lists = _platform.AllocateDmaMemory((nuint)_slotCount * DataMapper.ListPageBytes);
        for (int i = 0; i < _slotCount; i++)
        {
            byte* memory = (byte*)_slotMemory + ((nuint)i * (nuint)perSlot);
            ref CommandSlot slot = ref _slots[i];
            slot.Index = i;
            slot.ListPage = lists + ((nuint)i * DataMapper.ListPageBytes);
            slot.Segments = (HostSegment*)memory;
            slot.Operation.Vectors = (IoVector*)(memory + segmentBytes);
            slot.BufferIndex = -1;
            slot.Operation.Reactor = share.Reactor.Index;
            _free.AddFirst(_slots, i);
        }
    }

    /// <summary>What commands did lately, where that is switched on.</summary>
    public TraceRing Trace { get; } = new();

    /// <summary>What was completed and is counted next turn.</summary>
    public CompletedCommands Completed { get; }

    /// <summary>The controller whose commands run here.</summary>
    public NvmeController Controller { get; }

    /// <summary>The controller's namespaces: the same table for the life of both.</summary>
    public NamespaceTable Namespaces { get; }

    /// <summary>What SMART counts of the commands that ran here.</summary>
    public MediaCounters Media { get; }

    /// <summary>Commands in slots, waiting event requests included.</summary>
    public int InFlight => _slotCount - _free.Count;

    /// <summary>True while an I/O queue may hand over a command; false where all slots but the reserve are taken.</summary>
    public bool HasIoSlot => _free.Count > AdminReserve;

    /// <summary>Commands that ended since the process started.</summary>
    public ulong CompletedCount { get; private set; }

    /// <summary>Turns in which a command found a ring, a DMA queue or a buffer full and waited.</summary>
    public ulong StallCount { get; private set; }

    /// <summary>Commands that have ended and whose completion waits for a place, for host memory or for bus mastering.</summary>
    public int CompletingCount => _completing.Count;

    /// <summary>Added to a slot's index in the user data of ring operations, so that a reactor with several engines finds this one.</summary>
    public int RingTag { get; set; }

    /// <summary>Operations that backends have not ended.</summary>
    public int PendingBackendOperations { get; private set; }

    /// <summary>
    /// Bus mastering, read once a turn: while it is off nothing is fetched, and completions wait. A command that a disk already holds
    /// may still bring its data.
    /// </summary>
    public bool MayTouchHost { get; set; } = true;

    /// <summary>The command in a slot.</summary>
    public ref CommandSlot Slot(int index) => ref _slots[index];

    /// <summary>Memory page size of CC.MPS in bytes, set when the controller is enabled.</summary>
    public uint MemoryPageBytes
    {
        get => _mapper.PageBytes;
        set => _mapper.PageBytes = value;
    }

    /// <summary>
    /// Fetches and starts up to <paramref name="burst"/> commands of a queue, as far as there are slots and places for completions.
    /// </summary>
    /// <returns>How many were fetched.</returns>
    public int FetchFrom(SubmissionQueue queue, int burst, long nowNanoseconds)
    {
        CompletionQueue completion = _queues.Completion(queue.CompletionQueueIdentifier);
        int reserve = AdminReserve;
        if (queue.Identifier == 0)
        {
            // An admin command may touch what other reactors poll; they stop for it.
            if (!Controller.TryHold())
            {
                return 0;
            }

            reserve = 0;
        }

        int fetched = 0;
        bool mayTakeShortcut = MayTakeShortcut(queue);
        bool isTiming = IsTiming;
        long seenNanoseconds = isTiming ? _platform.NowNanoseconds : 0;
        while (fetched < burst && queue.State == SubmissionQueueState.Active && queue.HasEntries
            && _free.Count > reserve && completion.TryTakeCredit())
        {
            ref CommandSlot slot = ref _slots[_free.First];
            if (!queue.TryTake(&_slots[_free.First].Entry))
            {
                completion.ReturnCredit();
                break;
            }

            fetched++;
            bool isTimed = isTiming && TryBeginTiming(ref slot, queue, seenNanoseconds);
            if (mayTakeShortcut && TryShortcut(queue, completion, ref slot, nowNanoseconds, isTimed, isFirst: fetched == 1))
            {
                continue;
            }

            TakeSlot(queue, nowNanoseconds);
            slot.Flags |= isTimed ? CommandFlags.Timed : CommandFlags.None;
            EndBatch(queue, completion); // whose blocks the command may want
            Start(ref slot);
        }

        EndBatch(queue, completion);
        FlushCompletions();
        return fetched;
    }

    /// <summary>
    /// Takes a slot for an I/O command of the firmware's own (the flush at shutdown) and executes it; it moves no data.
    /// The controller's <see cref="NvmeController.InternalCommandEnded"/> hears of its end.
    /// </summary>
    /// <returns>False when no slot is free now.</returns>
    public bool TryStartInternal(in SubmissionQueueEntry entry)
    {
        if (_free.Count == 0)
        {
            return false;
        }

        ref CommandSlot slot = ref _slots[_free.Take(_slots)];
        slot.Entry = entry;
        slot.SubmissionQueueId = 0;
        slot.Flags = CommandFlags.Internal;
        Prepare(ref slot);
        Execute(ref slot, RowOf(ref slot)!);
        return true;
    }

    /// <summary>
    /// Hands <c>slot.Operation</c> to the backend of the slot's namespace; for handlers, after <see cref="BackendOperation.Begin"/>.
    /// </summary>
    /// <returns><see cref="CommandOutcome.Completed"/> with the slot's status set, or Pending.</returns>
    public CommandOutcome SubmitOperation(ref CommandSlot slot)
    {
        slot.Operation.Tag = slot.Index + RingTag;
        EndStage(ref slot, TraceKind.Submitted, slot.Operation.OffsetBytes);
        return AfterBackend(ref slot, Backend(ref slot).Submit(ref slot.Operation));
    }

    /// <summary>A ring completion arrived for the slot's operation.</summary>
    public void BackendCompleted(int slotIndex, int result)
    {
        ref CommandSlot slot = ref _slots[slotIndex];
        Invariant.Check(slot.State == CommandState.Executing && PendingBackendOperations > 0, "a ring completion belongs to a pending operation");
        PendingBackendOperations--;
        if (AfterBackend(ref slot, Backend(ref slot).Complete(ref slot.Operation, result)) == CommandOutcome.Completed)
        {
            if ((slot.Flags & CommandFlags.CancelRequested) != 0)
            {
                // The operation may have succeeded all the same, but it may be one of many, or its data still be in the buffer.
                slot.Status = slot.CancelStatus;
                Finish(ref slot);
            }
            else
            {
                Continue(ref slot);
            }
        }
    }

    /// <summary>
    /// A command that its handler sent to another controller has ended there: its status is in the slot's operation. What that controller has
    /// done is reported even where the command was to be aborted meanwhile; after a reset nobody is told.
    /// </summary>
    public void ForwardedCompleted(int slotIndex)
    {
        ref CommandSlot slot = ref _slots[slotIndex];
        Invariant.Check(slot.State == CommandState.Executing && slot.Stall == StallReason.None, "a forwarded command that ends is executing");
        if ((slot.Flags & CommandFlags.CancelRequested) != 0 && (_discarding || slot.Operation.Status.IsError))
        {
            slot.Status = slot.CancelStatus;
            Finish(ref slot);
        }
        else
        {
            Continue(ref slot);
        }
    }

    /// <summary>A DMA request of the slot ended.</summary>
    public void DmaCompleted(int slotIndex, DmaStatus status)
    {
        ref CommandSlot slot = ref _slots[slotIndex];
        switch (slot.State)
        {
            case CommandState.MappingData:
                AfterMapping(ref slot, _mapper.Resume(ref slot, status));
                break;
            case CommandState.Gathering:
            case CommandState.Scattering:
                AfterMove(ref slot, _mover.Resume(ref slot, status));
                break;
            default:
                Invariant.Check(Sabotage.Is(SabotageKind.CompleteBeforeData), "a DMA completion belongs to a command that waits for one");
                break;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Trace.Dispose();
        Completed.Dispose();
        NativeMemory.AlignedFree(_slots);
        _ = MemoryMappings.Unmap(_slotMemory, _slotMemoryBytes);
    }

    /// <summary>Takes the first free slot, to which an entry of the queue was copied.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void TakeSlot(SubmissionQueue queue, long nowNanoseconds)
    {
        ref CommandSlot slot = ref _slots[_free.Take(_slots)];
        queue.InFlight++;
        slot.SubmissionQueueId = queue.Identifier;
        slot.Flags = CommandFlags.HoldsCredit;
        slot.FetchedNanoseconds = nowNanoseconds;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private CommandDescriptor? RowOf(ref CommandSlot slot)
    {
        byte opcode = slot.Entry.Cdw0.Opcode;
        bool isAdmin = slot.SubmissionQueueId == 0 && (slot.Flags & CommandFlags.Internal) == 0;
        return isAdmin ? _adminRows[opcode] : _ioRows[opcode];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prepare(ref CommandSlot slot)
    {
        slot.State = CommandState.Fetched;
        slot.Direction = DataDirection.None;
        slot.Step = 0;
        slot.Stall = StallReason.None;
        slot.HasExecuted = false;
        slot.Status = Status.Success;
        slot.CancelStatus = Status.Success;
        slot.ErrorByte = CommandSlot.NoParameterLocation;
        slot.ErrorBit = 0;
        slot.Result0 = 0;
        slot.Result1 = 0;
        slot.DataLengthBytes = 0;
        slot.NamespaceIndex = -1;
        slot.SegmentCount = 0;
        slot.PendingDma = 0;
        slot.Buffer = null;
        slot.AbortSlot = -1;
        slot.Scratch0 = 0;
        slot.Scratch1 = 0;
        slot.Operation.SegmentCount = 0;
        slot.Operation.IsInHostMemory = false;
        slot.Operation.Status = Status.Success;
        slot.Operation.ErrorNumber = 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private NamespaceBackend Backend(ref CommandSlot slot) => Namespaces[slot.NamespaceIndex].Backend;

    private void Start(ref CommandSlot slot)
    {
        Prepare(ref slot);
        CommandDescriptor? row = RowOf(ref slot);
        Status status = row is null
            ? slot.Blame(new Status(StatusCode.InvalidOpcode, true), 0)
            : CheckCommon(ref slot, row);
        if (status.IsSuccess && row!.Prepare != null)
        {
            status = row.Prepare(this, ref slot);
        }

        if (status.IsError)
        {
            slot.Status = status;
            Finish(ref slot);
        }
        else if (_injection.IsAny && slot.SubmissionQueueId != 0 && Inject(ref slot))
        {
            // It waits, or has ended with the status that was asked for.
        }
        else
        {
            Begin(ref slot, row!);
        }
    }

    /// <summary>From a command that was checked to its data.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Begin(ref CommandSlot slot, CommandDescriptor row)
    {
        if (slot.DataLengthBytes == 0 || row.DataPath == DataPath.None)
        {
            Execute(ref slot, row);
        }
        else
        {
            slot.State = CommandState.MappingData;
            AfterMapping(ref slot, _mapper.Map(ref slot));
        }
    }

    /// <summary>What every command has in common: FUSE, PSDT and NSID (NVMe Base 2.1 sections 4.1.1 and 3.2.1.5).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Status CheckCommon(ref CommandSlot slot, CommandDescriptor row)
    {
        CommandDword0 dword0 = slot.Entry.Cdw0;
        if (dword0.FusedOperation != FusedOperation.Normal)
        {
            return slot.Blame(new Status(StatusCode.InvalidField, true), 1);
        }

        PrpOrSgl pointer = dword0.PrpOrSgl;
        if (pointer == PrpOrSgl.Reserved || (pointer != PrpOrSgl.Prp && slot.SubmissionQueueId == 0))
        {
            return slot.Blame(new Status(StatusCode.InvalidField, true), 1, 6);
        }

        if (row.NamespaceRule is NamespaceRule.Ignored or NamespaceRule.HandlerDecides)
        {
            return Status.Success;
        }

        uint identifier = slot.Entry.NamespaceIdentifier;
        slot.NamespaceIndex = Namespaces.IndexOf(identifier);
        bool broadcast = identifier == SubmissionQueueEntry.BroadcastNamespaceIdentifier && row.NamespaceRule == NamespaceRule.ActiveOrBroadcast;
        if (slot.NamespaceIndex < 0)
        {
            return broadcast ? Status.Success : slot.Blame(new Status(StatusCode.InvalidNamespaceOrFormat, true), 4);
        }

        ref AccessGate gate = ref Namespaces[slot.NamespaceIndex].Gate;
        return gate.IsOpen ? Status.Success : gate.Check(row.Access);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AfterMapping(ref CommandSlot slot, TransferOutcome outcome)
    {
        switch (outcome)
        {
            case TransferOutcome.Done when (slot.Flags & CommandFlags.CancelRequested) != 0:
                slot.Status = slot.CancelStatus;
                Finish(ref slot);
                break;
            case TransferOutcome.Done:
                AfterMapped(ref slot);
                break;
            case TransferOutcome.Pending:
                break;
            case TransferOutcome.Stalled:
                StallOn(ref slot, StallReason.Mapping);
                break;
            default:
                Finish(ref slot);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AfterMapped(ref CommandSlot slot)
    {
        EndStage(ref slot, TraceKind.Mapped, slot.DataLengthBytes);
        CommandDescriptor row = RowOf(ref slot)!;
        if (row.DataPath == DataPath.Direct && (slot.Flags & CommandFlags.AllDirect) != 0 && IsAligned(ref slot))
        {
            slot.Operation.Segments = slot.Segments;
            slot.Operation.SegmentCount = slot.SegmentCount;
            slot.Operation.IsInHostMemory = true;
            Execute(ref slot, row);
            return;
        }

        slot.State = CommandState.WaitingForBuffer;
        TakeBuffer(ref slot);
    }

    /// <summary>Whether the backend can take the host's memory as it lies there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsAligned(ref CommandSlot slot)
    {
        uint mask = (slot.NamespaceIndex < 0 ? ForwardedAlignmentBytes : Backend(ref slot).MemoryAlignmentBytes) - 1;
        if (mask == 0)
        {
            return true;
        }

        ulong low = 0;
        for (int i = 0; i < slot.SegmentCount; i++)
        {
            low |= (ulong)slot.Segments[i].Local | slot.Segments[i].LengthBytes;
        }

        return (low & mask) == 0;
    }

    private void AfterMove(ref CommandSlot slot, TransferOutcome outcome)
    {
        switch (outcome)
        {
            case TransferOutcome.Done when (slot.Flags & CommandFlags.CancelRequested) != 0 && slot.State == CommandState.Gathering:
                slot.Status = slot.CancelStatus;
                Finish(ref slot);
                break;
            case TransferOutcome.Done when slot.State == CommandState.Gathering:
                Execute(ref slot, RowOf(ref slot)!);
                break;
            case TransferOutcome.Pending when Sabotage.Is(SabotageKind.CompleteBeforeData) && slot.State == CommandState.Scattering:
                Finish(ref slot);
                break;
            case TransferOutcome.Pending:
                break;
            case TransferOutcome.Stalled:
                StallOn(ref slot, StallReason.Moving);
                break;
            default: // data has gone out, or the move failed with the slot's status
                Finish(ref slot);
                break;
        }
    }

    private void Execute(ref CommandSlot slot, CommandDescriptor row)
    {
        slot.State = CommandState.Executing;
        Advance(ref slot, row.Execute(this, ref slot));
    }

    /// <summary>Goes on with a command whose backend operation has ended.</summary>
    private void Continue(ref CommandSlot slot)
    {
        CommandDescriptor row = RowOf(ref slot)!;
        slot.HasExecuted = true;
        if (row.Continue == null)
        {
            slot.Status = slot.Operation.Status;
            Advance(ref slot, CommandOutcome.Completed);
        }
        else
        {
            Advance(ref slot, row.Continue(this, ref slot));
        }
    }

    private void Advance(ref CommandSlot slot, CommandOutcome outcome)
    {
        if (outcome == CommandOutcome.Completed)
        {
            if (slot.BufferIndex >= 0 && slot.Direction == DataDirection.ControllerToHost && slot.Status.IsSuccess)
            {
                slot.State = CommandState.Scattering;
                AfterMove(ref slot, _mover.Move(ref slot));
            }
            else
            {
                Finish(ref slot);
            }
        }
        else if (outcome == CommandOutcome.Parked)
        {
            slot.State = CommandState.Parked;
        }
        else
        {
            slot.State = CommandState.Executing;
            if ((slot.Flags & CommandFlags.Stalled) != 0)
            {
                slot.Flags &= ~CommandFlags.Stalled;
                StallOn(ref slot, StallReason.Handler);
            }
        }
    }

}
