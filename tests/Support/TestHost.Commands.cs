// Queues and commands: creation, execution one at a time, collection of completions.
using Nvmepf.Spec;

namespace Nvmepf.Tests.Support;

public sealed unsafe partial class TestHost
{
    private string? _strayCompletion;

    /// <summary>Creates queue pairs 1 to <paramref name="count"/>, vector = queue identifier; throws where a command fails.</summary>
    public void CreateIoQueues(int count, int entries)
    {
        for (int i = 1; i <= count; i++)
        {
            Require(CreateCompletionQueue((ushort)i, entries, (ushort)i), $"Create I/O Completion Queue {i}");
            Require(CreateSubmissionQueue((ushort)i, (ushort)i, entries), $"Create I/O Submission Queue {i}");
        }
    }

    /// <summary>Creates a completion queue and, on success, the host's side of it.</summary>
    public Status CreateCompletionQueue(ushort identifier, int entries, ushort vector, bool interruptsEnabled = true)
    {
        ulong address = Allocate(entries * CompletionQueueEntry.SizeBytes, PageBytes);
        TestCompletionQueue queue = new(Platform, identifier, entries, address);
        SubmissionQueueEntry entry = Admin(AdminOpcode.CreateIoCompletionQueue);
        entry.Prp1 = address;
        entry.Cdw10 = new CreateIoQueueDword10 { QueueIdentifier = identifier, QueueSizeZeroBased = (ushort)(entries - 1) }.Raw;
        entry.Cdw11 = new CreateIoCompletionQueueDword11
        {
            PhysicallyContiguous = true,
            InterruptsEnabled = interruptsEnabled,
            InterruptVector = vector,
        }.Raw;
        Status status = Execute(AdminQueue, in entry).CompletionStatus.Status;
        if (status.IsSuccess)
        {
            _completions[identifier] = queue;
        }

        return status;
    }

    /// <summary>Creates a submission queue and, on success, the host's side of it.</summary>
    public Status CreateSubmissionQueue(ushort identifier, ushort completionQueue, int entries, QueuePriority priority = QueuePriority.Urgent)
    {
        ulong address = Allocate(entries * SubmissionQueueEntry.SizeBytes, PageBytes);
        TestSubmissionQueue queue = new(Platform, identifier, completionQueue, entries, address);
        SubmissionQueueEntry entry = Admin(AdminOpcode.CreateIoSubmissionQueue);
        entry.Prp1 = address;
        entry.Cdw10 = new CreateIoQueueDword10 { QueueIdentifier = identifier, QueueSizeZeroBased = (ushort)(entries - 1) }.Raw;
        entry.Cdw11 = new CreateIoSubmissionQueueDword11
        {
            PhysicallyContiguous = true,
            QueuePriority = priority,
            CompletionQueueIdentifier = completionQueue,
        }.Raw;
        Status status = Execute(AdminQueue, in entry).CompletionStatus.Status;
        if (status.IsSuccess)
        {
            _submissions[identifier] = queue;
        }

        return status;
    }

    /// <summary>Deletes a submission queue; its commands must have completed by the time that the deletion completes.</summary>
    public Status DeleteSubmissionQueue(ushort identifier)
    {
        SubmissionQueueEntry entry = Admin(AdminOpcode.DeleteIoSubmissionQueue);
        entry.Cdw10 = new DeleteIoQueueDword10 { QueueIdentifier = identifier }.Raw;
        return Execute(AdminQueue, in entry).CompletionStatus.Status;
    }

    public Status DeleteCompletionQueue(ushort identifier)
    {
        SubmissionQueueEntry entry = Admin(AdminOpcode.DeleteIoCompletionQueue);
        entry.Cdw10 = new DeleteIoQueueDword10 { QueueIdentifier = identifier }.Raw;
        return Execute(AdminQueue, in entry).CompletionStatus.Status;
    }

    public static SubmissionQueueEntry Admin(AdminOpcode opcode, uint namespaceIdentifier = 0) => new()
    {
        Cdw0 = new CommandDword0 { Opcode = (byte)opcode },
        NamespaceIdentifier = namespaceIdentifier,
    };

    public static SubmissionQueueEntry Io(NvmOpcode opcode, uint namespaceIdentifier = 1) => new()
    {
        Cdw0 = new CommandDword0 { Opcode = (byte)opcode },
        NamespaceIdentifier = namespaceIdentifier,
    };

    /// <summary>A command on logical blocks, without a data pointer; <see cref="SetPrps"/> adds one.</summary>
    public static SubmissionQueueEntry Blocks(NvmOpcode opcode, ulong startingLba, int count, uint namespaceIdentifier = 1)
    {
        SubmissionQueueEntry entry = Io(opcode, namespaceIdentifier);
        entry.StartingLba = startingLba;
        entry.Cdw12 = (uint)(count - 1) & 0xFFFF;
        return entry;
    }

    /// <summary>Submits one command and runs the firmware until it completes; throws when it does not.</summary>
    public CompletionQueueEntry Execute(TestSubmissionQueue queue, in SubmissionQueueEntry entry)
    {
        ushort commandIdentifier = queue.Submit(in entry);
        return WaitFor(queue, commandIdentifier);
    }

    /// <summary>Waits for one command; completions of others are kept for those who wait for them.</summary>
    public CompletionQueueEntry WaitFor(TestSubmissionQueue queue, ushort commandIdentifier)
    {
        for (int i = 0; i < _options.TurnsMax; i++)
        {
            for (int e = 0; e < _earlyCount; e++)
            {
                CompletionQueueEntry kept = _early[e];
                if (kept.SubmissionQueueIdentifier == queue.Identifier && kept.CommandIdentifier == commandIdentifier)
                {
                    _early[e] = _early[--_earlyCount];
                    return kept;
                }
            }

            if (TryReap(queue.CompletionQueueIdentifier, out CompletionQueueEntry completion))
            {
                _early[_earlyCount++] = completion;
            }
            else
            {
                _turn();
            }
        }

        throw new TimeoutException(
            $"command {commandIdentifier} of queue {queue.Identifier} did not complete in {_options.TurnsMax} turns; CSTS {Status.Raw:X8}h; {ProtocolError}");
    }

    /// <summary>Takes one new completion of a completion queue, if there is one, and rings its doorbell.</summary>
    public bool TryReap(int completionQueueIdentifier, out CompletionQueueEntry completion)
    {
        TestCompletionQueue queue = Completion(completionQueueIdentifier);
        if (!queue.TryTake(out completion))
        {
            return false;
        }

        TestSubmissionQueue? submission = completion.SubmissionQueueIdentifier < QueuesMax ? _submissions[completion.SubmissionQueueIdentifier] : null;
        if (submission == null || submission.CompletionQueueIdentifier != completionQueueIdentifier)
        {
            _strayCompletion ??= $"completion queue {completionQueueIdentifier}: an entry for submission queue {completion.SubmissionQueueIdentifier}";
        }
        else
        {
            submission.Complete(in completion);
        }

        queue.RingHead();
        return true;
    }

    private static void Require(Status status, string what)
    {
        if (status.IsError)
        {
            throw new InvalidOperationException($"{what}: status {status.Raw:X4}h ({status.Code})");
        }
    }
}
