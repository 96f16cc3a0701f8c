using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Controller;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Passthrough;

/// <summary>
/// The reactor's side of a passthrough subsystem: sends commands to the target's devices through an io_uring of wide entries of its own, I/O and
/// admin alike, and ends them with what the target said. Never waits, allocates or throws after <see cref="Start"/>.
/// </summary>
/// <remarks>
/// Admin commands go through the ring too, not by ioctl on a thread: the kernel takes both asynchronously with a deadline for each, so that there
/// is no thread to hand over to and none that hangs in a dead target. The kernel offers no way to abort a command that it has
/// sent: an Abort waits until the command has ended, which the deadline bounds, and says then whether it was in time.
/// Finding, opening and watching the devices is the control thread's (<see cref="TargetSupervisor"/>).
/// </remarks>
public sealed unsafe class PassthroughTarget : IDisposable
{
    private const int ReapBatch = 128;
    private const uint MillisecondsPerSecond = 1000;
    private const uint SubmissionEntriesMax = 4096;

    private readonly TargetLink _link;
    private readonly IoUringWideCompletion[] _completions = new IoUringWideCompletion[ReapBatch];
    private readonly uint _ringEntries;
    private IoUring? _ring;
    private TargetSnapshot _current;
    private bool _isAcknowledged;
    private bool _isLost;
    private long _lostSinceNanoseconds;
    private long _nowNanoseconds;

    /// <summary>Creates it over what the control thread has found.</summary>
    /// <param name="settings">Where commands go, and how long they may take.</param>
    /// <param name="link">The control thread.</param>
    /// <param name="maximumTransferBytes">The largest transfer that target and kernel take, a power of two.</param>
    /// <param name="commandSlots">Commands that may be in flight.</param>
    public PassthroughTarget(PassthroughSettings settings, TargetLink link, uint maximumTransferBytes, int commandSlots)
    {
        Settings = settings;
        MaximumTransferBytes = maximumTransferBytes;
        _link = link;
        _current = link.Latest;
        _ringEntries = Math.Min((uint)commandSlots, SubmissionEntriesMax);
    }

    /// <summary>Where commands go.</summary>
    public PassthroughSettings Settings { get; }

    /// <summary>The largest transfer in bytes.</summary>
    public uint MaximumTransferBytes { get; }

    /// <summary>What is known of the target.</summary>
    public TargetSnapshot Current => _current;

    /// <summary>Commands that the kernel holds; their ends signal the event counter of <see cref="Start"/>.</summary>
    public int InFlight => (int)(_ring?.InFlight ?? 0);

    /// <summary>True where the next <see cref="Poll"/> has something to do: not to be slept over.</summary>
    public bool HasWork => _ring is { } ring && (ring.HasWork || ring.Unsubmitted > 0 || _link.Latest != _current);

    /// <summary>Opens the ring and gives it to the calling thread, the reactor's.</summary>
    /// <param name="eventDescriptor">Event counter that is signalled when commands end.</param>
    /// <exception cref="PlatformException">The kernel cannot; the message is for the user.</exception>
    public void Start(int eventDescriptor)
    {
        Open(eventDescriptor);
        if (TakeThread() is int error and < 0)
        {
            throw new PlatformException($"passthrough to {Settings.Description}: cannot start the io_uring: {Errno.Describe(error)}");
        }
    }

    /// <summary>The first half of <see cref="Start"/>, on any thread.</summary>
    /// <inheritdoc cref="Start"/>
    internal void Open(int eventDescriptor)
    {
        IoUringOptions options = new()
        {
            SubmissionEntries = _ringEntries,
            CompletionEntries = _ringEntries * 2,
            PreferredMode = IoUringMode.DeferredTaskRun,
            IsWide = true,
        };
        if (IoUring.Create(in options, out _ring, out string problem) < 0)
        {
            throw new PlatformException($"passthrough to {Settings.Description}: {problem}");
        }

        if (_ring!.RegisterEvent(eventDescriptor) is int refused and < 0)
        {
            throw new PlatformException($"passthrough to {Settings.Description}: cannot register an event counter: {Errno.Describe(refused)}");
        }
    }

    /// <summary>The second half: the calling thread, a reactor, owns the ring from here on.</summary>
    /// <returns>0 or a negated errno.</returns>
    internal int TakeThread() => _ring!.Start();

    /// <summary>Once a turn: takes newer knowledge of the target, submits what was prepared, ends what has come back.</summary>
    /// <returns>How many commands ended.</returns>
    public int Poll(CommandEngine engine, long nowNanoseconds)
    {
        _nowNanoseconds = nowNanoseconds;
        IoUring ring = _ring!;
        engine.Controller.Smart.Health.OfTarget = _link.CriticalWarning;
        if (_link.Latest != _current)
        {
            Adopt(engine, _link.Latest);
        }

        if (ring.Unsubmitted > 0)
        {
            _ = ring.Submit();
        }

        if (!_isAcknowledged && ring.Unsubmitted == 0)
        {
            // What the kernel has taken keeps its files open by itself; older descriptors may be closed from here on.
            _isAcknowledged = true;
            _link.Adopted = _current;
        }

        if (ring.InFlight == 0)
        {
            return 0;
        }

        _ = ring.Poll();
        int count = ring.Reap(_completions);
        for (int i = 0; i < count; i++)
        {
            End(engine, in _completions[i]);
        }

        return count;
    }

    /// <summary>Sends an I/O command as it stands in the slot, to a namespace.</summary>
    /// <returns>Pending, or Completed with the slot's status where there is nothing to send it to.</returns>
    public CommandOutcome ForwardIo(CommandEngine engine, ref CommandSlot slot, uint namespaceId)
    {
        int index = _current.IndexOf(namespaceId);
        if (index < 0)
        {
            return slot.Fail(new Status(StatusCode.InvalidNamespaceOrFormat, true));
        }

        int descriptor = _current.Namespaces[index].Descriptor;
        if (descriptor < 0)
        {
            return slot.Fail(WithDelay(engine, TargetStatus.Unreachable(isAdmin: false)));
        }

        NvmeUringCommand command = Describe(in slot.Entry, Settings.IoTimeoutSeconds);
        command.NamespaceIdentifier = namespaceId;
        bool hasVectors = DescribeMemory(ref slot, ref command);
        NvmeUringOperation operation = hasVectors ? NvmeUringOperation.IoVectors : NvmeUringOperation.Io;
        return Send(ref slot, descriptor, operation, in command);
    }

    /// <summary>Sends an admin command as it stands in the slot; its data is in the slot's buffer.</summary>
    /// <returns>As of <see cref="ForwardIo"/>.</returns>
    public CommandOutcome ForwardAdmin(CommandEngine engine, ref CommandSlot slot)
    {
        int descriptor = _current.ControllerDescriptor;
        if (descriptor < 0)
        {
            return slot.Fail(WithDelay(engine, TargetStatus.Unreachable(isAdmin: true)));
        }

        NvmeUringCommand command = Describe(in slot.Entry, Settings.AdminTimeoutSeconds);
        bool hasVectors = DescribeMemory(ref slot, ref command);
        Invariant.Check(!hasVectors, "an admin command's data is in a buffer");
        return Send(ref slot, descriptor, NvmeUringOperation.Admin, in command);
    }

    /// <summary>A command may have changed the target (its effects are not known): let it be looked at.</summary>
    public void NoteEffects() => _link.AskForLook();

    /// <inheritdoc/>
    public void Dispose() => _ring?.Dispose();

    private static NvmeUringCommand Describe(in SubmissionQueueEntry entry, uint timeoutSeconds) => new()
    {
        Opcode = entry.Cdw0.Opcode,
        NamespaceIdentifier = entry.NamespaceIdentifier,
        Cdw2 = entry.Cdw2,
        Cdw3 = entry.Cdw3,
        Cdw10 = entry.Cdw10,
        Cdw11 = entry.Cdw11,
        Cdw12 = entry.Cdw12,
        Cdw13 = entry.Cdw13,
        Cdw14 = entry.Cdw14,
        Cdw15 = entry.Cdw15,
        TimeoutMilliseconds = timeoutSeconds * MillisecondsPerSecond,
    };

    /// <summary>Points the command to the slot's memory: the host's own, or a buffer.</summary>
    /// <returns>True where it is a list of pieces.</returns>
    private static bool DescribeMemory(ref CommandSlot slot, ref NvmeUringCommand command)
    {
        if (slot.DataLengthBytes == 0)
        {
            return false;
        }

        int count = slot.Operation.SegmentCount;
        HostSegment* segments = slot.Operation.Segments; // the engine's, valid until the command ends
        if (count == 1)
        {
            command.Address = (ulong)segments->Local;
            command.DataLength = slot.DataLengthBytes;
            return false;
        }

        for (int i = 0; i < count; i++)
        {
            slot.Operation.Vectors[i] = new IoVector(segments[i].Local, (nuint)segments[i].LengthBytes);
        }

        command.Address = (ulong)slot.Operation.Vectors;
        command.DataLength = (uint)count;
        return true;
    }

    private CommandOutcome Send(ref CommandSlot slot, int descriptor, NvmeUringOperation operation, in NvmeUringCommand command)
    {
        if (!_ring!.TryNvmeCommand(descriptor, operation, in command, (ulong)slot.Index))
        {
            slot.Flags |= CommandFlags.Stalled; // tried again next turn
        }

        return CommandOutcome.Pending;
    }

    private void End(CommandEngine engine, in IoUringWideCompletion completion)
    {
        int index = (int)completion.UserData;
        ref CommandSlot slot = ref engine.Slot(index);
        bool isAdmin = slot.SubmissionQueueId == 0 && (slot.Flags & CommandFlags.Internal) == 0;
        Status status = TargetStatus.Of(completion.Result, isAdmin, out bool isLost);
        if (isLost)
        {
            engine.Controller.Log.WriteLimited("The target did not take a command or gave it back ({0}, an NVMe status or a negated errno)", completion.Result);
            status = WithDelay(engine, status);
        }
        else
        {
            _isLost = false;
        }

        slot.Operation.Status = status;
        if (completion.Result >= 0 && !isLost)
        {
            slot.Result0 = (uint)completion.CommandResult;
            slot.Result1 = (uint)(completion.CommandResult >> 32);
        }

        engine.ForwardedCompleted(index);
    }

    /// <summary>The target cannot be reached: notes since when, and lets the host wait before it tries again where it said that it can.</summary>
    private Status WithDelay(CommandEngine engine, Status status)
    {
        if (!_isLost)
        {
            _isLost = true;
            _lostSinceNanoseconds = _nowNanoseconds;
            _link.AskForLook();
        }

        // Without it CRD has to be zero (section 5.1.25.1.14).
        return engine.Controller.Features.Current.AdvancedCommandRetryEnable ? status.WithCommandRetryDelay(TargetStatus.RetryDelay(_nowNanoseconds - _lostSinceNanoseconds)) : status;
    }

    /// <summary>Takes a newer snapshot, and tells the host which namespaces came, went or changed.</summary>
    private void Adopt(CommandEngine engine, TargetSnapshot next)
    {
        TargetSnapshot before = _current;
        _current = next;
        _isAcknowledged = false;
        NvmeController controller = engine.Controller;
        for (int i = 0; i < before.Namespaces.Length; i++)
        {
            int now = next.IndexOf(before.Namespaces[i].NamespaceId);
            if (now < 0 || !before.IsSameNamespace(i, next, now))
            {
                controller.Events.ChangedNamespaces.Note(controller, before.Namespaces[i].NamespaceId);
            }
        }

        for (int i = 0; i < next.Namespaces.Length; i++)
        {
            if (before.IndexOf(next.Namespaces[i].NamespaceId) < 0)
            {
                controller.Events.ChangedNamespaces.Note(controller, next.Namespaces[i].NamespaceId);
            }
        }
    }
}
