using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Nvme;

/// <content>I/O queues: creation in any shape, deletion, memory.</content>
public sealed unsafe partial class NvmeHost
{
    private const int CompletionEntryBytes = 16;
    private const int SubmissionEntryBytes = 64;

    /// <summary>
    /// Sets the number of I/O queue pairs by Set Features 07h. Returns how many of each the controller grants, which may be more or fewer.
    /// </summary>
    public (int SubmissionQueues, int CompletionQueues) RequestQueues(int pairs)
    {
        uint wanted = (uint)(pairs - 1) | ((uint)(pairs - 1) << 16);
        CompletionQueueEntry result = Admin(NvmeCommands.SetFeatures(0x07, wanted));
        ThrowIfError(result, "Set Features 07h (Number of Queues)");
        return ((int)(result.Dword0 & 0xFFFF) + 1, (int)(result.Dword0 >> 16) + 1);
    }

    /// <summary>Creates an I/O completion queue; <paramref name="vector"/> -1 is one without interrupts.</summary>
    public HostCompletionQueue CreateCompletionQueue(ushort queueIdentifier, int entryCount, int vector = -1)
    {
        HostCompletionQueue queue = PrepareCompletionQueue(queueIdentifier, entryCount, vector);
        CompletionQueueEntry result = Admin(NvmeCommands.CreateCompletionQueue(queueIdentifier, entryCount, queue.Memory.Address, vector));
        if (result.CompletionStatus.Status.IsError)
        {
            Arena.Free(queue.Memory);
        }

        ThrowIfError(result, $"Create I/O Completion Queue {queueIdentifier} with {entryCount} entries");
        _completionQueues[queueIdentifier] = queue;
        return queue;
    }

    /// <summary>
    /// Creates an I/O submission queue whose completions go to <paramref name="completionQueue"/>; the priority counts with
    /// <see cref="NvmeHostOptions.Arbitration"/> weighted.
    /// </summary>
    public HostSubmissionQueue CreateSubmissionQueue(
        ushort queueIdentifier, int entryCount, HostCompletionQueue completionQueue, QueuePriority priority = QueuePriority.Urgent)
    {
        HostSubmissionQueue queue = PrepareSubmissionQueue(queueIdentifier, entryCount, completionQueue);
        CompletionQueueEntry result = Admin(
            NvmeCommands.CreateSubmissionQueue(queueIdentifier, entryCount, queue.Memory.Address, completionQueue.QueueIdentifier, priority));
        if (result.CompletionStatus.Status.IsError)
        {
            Arena.Free(queue.Memory);
        }

        ThrowIfError(result, $"Create I/O Submission Queue {queueIdentifier} with {entryCount} entries");
        _submissionQueues[queueIdentifier] = queue;
        return queue;
    }

    /// <summary>
    /// Creates I/O queue pairs 1 to <paramref name="count"/>, each with a vector of its own where there are enough, else without.
    /// </summary>
    public void CreateQueuePairs(int count, int entryCount)
    {
        (int submission, int completion) = RequestQueues(count);
        if (submission < count || completion < count)
        {
            throw new HostFailureException($"{count} I/O queue pairs wanted, the controller grants {Math.Min(submission, completion)}");
        }

        for (ushort i = 1; i <= count; i++)
        {
            _ = CreateQueuePair(i, entryCount);
        }
    }

    /// <summary>
    /// Creates one I/O queue pair of one identifier, with the vector that <see cref="VectorOf"/> says.
    /// </summary>
    public HostSubmissionQueue CreateQueuePair(ushort queueIdentifier, int entryCount) =>
        CreateSubmissionQueue(queueIdentifier, entryCount, CreateCompletionQueue(queueIdentifier, entryCount, VectorOf(queueIdentifier)));

    /// <summary>
    /// The vector for a queue: of MSI-X that of its number where so many are enabled, else none (-1); of MSI and INTx, whose hosts often get fewer
    /// than they would like, the queues share what there is.
    /// </summary>
    public int VectorOf(ushort queueIdentifier)
    {
        int vectors = Options.Vectors > 0 ? Function.AssignedVectors : 0;
        return queueIdentifier < vectors ? queueIdentifier
            : vectors == 0 || Options.Interrupts == InterruptKind.Msix ? -1
            : queueIdentifier % vectors;
    }

    /// <summary>A completion queue that the controller does not know yet, for tests that create it by hand.</summary>
    public HostCompletionQueue PrepareCompletionQueue(ushort queueIdentifier, int entryCount, int vector = -1) => new(
        queueIdentifier, entryCount, AllocateQueue(entryCount * CompletionEntryBytes), DoorbellOf(queueIdentifier, completion: true),
            vector);

    /// <summary>A submission queue that the controller does not know yet, for tests that create it by hand.</summary>
    public HostSubmissionQueue PrepareSubmissionQueue(ushort queueIdentifier, int entryCount, HostCompletionQueue completionQueue) => new(
        queueIdentifier,
        entryCount,
        AllocateQueue(entryCount * SubmissionEntryBytes),
        DoorbellOf(queueIdentifier, completion: false),
        completionQueue);

    /// <summary>
    /// Deletes an I/O submission queue. Its commands that are still outstanding complete before, or are aborted by, the deletion.
    /// </summary>
    public void DeleteSubmissionQueue(HostSubmissionQueue queue)
    {
        ThrowIfError(
            Admin(NvmeCommands.DeleteSubmissionQueue(queue.QueueIdentifier)), $"Delete I/O Submission Queue {queue.QueueIdentifier}");
        DrainArrived(queue.CompletionQueue);
        _ = _submissionQueues.Remove(queue.QueueIdentifier);
        Arena.Free(queue.Memory);
    }

    /// <summary>Deletes an I/O completion queue, after all that use it.</summary>
    public void DeleteCompletionQueue(HostCompletionQueue queue)
    {
        ThrowIfError(
            Admin(NvmeCommands.DeleteCompletionQueue(queue.QueueIdentifier)), $"Delete I/O Completion Queue {queue.QueueIdentifier}");
        _ = _completionQueues.Remove(queue.QueueIdentifier);
        Arena.Free(queue.Memory);
    }

    /// <summary>Deletes every I/O queue, submission queues first, as an orderly host does before a shutdown.</summary>
    public void DeleteQueues()
    {
        foreach (HostSubmissionQueue queue in new List<HostSubmissionQueue>(_submissionQueues.Values))
        {
            if (queue.QueueIdentifier != 0)
            {
                DeleteSubmissionQueue(queue);
            }
        }

        foreach (HostCompletionQueue queue in new List<HostCompletionQueue>(_completionQueues.Values))
        {
            if (queue.QueueIdentifier != 0)
            {
                DeleteCompletionQueue(queue);
            }
        }
    }

    private HostBuffer AllocateQueue(int lengthBytes) => Arena.Allocate(lengthBytes, PageLengthBytes);
}
