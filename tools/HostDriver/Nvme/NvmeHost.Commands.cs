using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Nvme;

/// <content>Commands: submit, poll, wait; each completion is matched with a command that was really submitted.</content>
public sealed unsafe partial class NvmeHost
{
    /// <summary>Runs one admin command and returns its completion, whatever its status.</summary>
    public CompletionQueueEntry Admin(in SubmissionQueueEntry command) => Execute(AdminQueue, in command);

    /// <summary>Runs one command on a queue and returns its completion, whatever its status.</summary>
    public CompletionQueueEntry Execute(HostSubmissionQueue queue, in SubmissionQueueEntry command) =>
        Wait(queue, Submit(queue, in command));

    /// <summary>Submits one command and rings the doorbell. Returns its command identifier.</summary>
    public ushort Submit(HostSubmissionQueue queue, in SubmissionQueueEntry command)
    {
        ushort identifier = Push(queue, in command);
        queue.RingTail();
        return identifier;
    }

    /// <summary>Puts one command into the queue without ringing the doorbell. Waits (with a deadline) while the queue is full.</summary>
    public ushort Push(HostSubmissionQueue queue, in SubmissionQueueEntry command)
    {
        if (queue.IsFull)
        {
            Deadline deadline = Deadline.After(Options.Timeout);
            queue.RingTail();
            while (queue.IsFull && !deadline.Passed)
            {
                _ = Poll(queue.CompletionQueue);
            }

            if (queue.IsFull)
            {
                throw new HostFailureException(
                    $"submission queue {queue.QueueIdentifier} stayed full for {Options.Timeout.TotalMilliseconds:0} ms");
            }
        }

        return queue.PushTracked(command);
    }

    /// <summary>Waits for the completion of one command; completions of others that come first are kept for who waits for them.</summary>
    public CompletionQueueEntry Wait(HostSubmissionQueue queue, ushort commandIdentifier, TimeSpan? timeout = null)
    {
        TimeSpan limit = timeout ?? Options.Timeout;
        Deadline deadline = Deadline.After(limit);
        for (int turn = 0; ; turn++)
        {
            if (TryTakeCompletion(queue, commandIdentifier, out CompletionQueueEntry entry))
            {
                return entry;
            }

            // The clock is looked at once in a while only, and the processor is offered to the firmware, which may share it.
            if ((turn & 63) == 63)
            {
                if (deadline.Passed)
                {
                    throw new HostFailureException(
                        $"command {commandIdentifier} on submission queue {queue.QueueIdentifier} did not complete within "
                        + $"{limit.TotalMilliseconds:0} ms: tail {queue.Tail}, head {queue.Head}, completion queue head "
                        + $"{queue.CompletionQueue.Head}, {DescribeStatus()}");
                }

                Thread.Sleep(0);
            }
        }
    }

    /// <summary>Takes a command's completion when it has come.</summary>
    public bool TryTakeCompletion(HostSubmissionQueue queue, ushort commandIdentifier, out CompletionQueueEntry entry)
    {
        _ = Poll(queue.CompletionQueue);
        return queue.CompletionQueue.Arrived.Remove(Key(queue.QueueIdentifier, commandIdentifier), out entry);
    }

    /// <summary>
    /// Takes what is in a completion queue, and rings its head doorbell when that was anything and <paramref name="ringHead"/> says so.
    /// Returns the number of completions. Throws when one belongs to no outstanding command.
    /// </summary>
    public int Poll(HostCompletionQueue queue, bool ringHead = true)
    {
        int taken = 0;
        while (taken < queue.EntryCount && queue.TryTake(out CompletionQueueEntry entry))
        {
            taken++;
            if (!_submissionQueues.TryGetValue(entry.SubmissionQueueIdentifier, out HostSubmissionQueue? source)
                || source.CompletionQueue != queue
                || !source.Outstanding.Remove(entry.CommandIdentifier))
            {
                throw new HostFailureException(
                    $"completion queue {queue.QueueIdentifier} holds a completion of command {entry.CommandIdentifier} on submission queue "
                    + $"{entry.SubmissionQueueIdentifier}, which is not outstanding there ({StatusText.Of(entry)})");
            }

            if (entry.SubmissionQueueHeadPointer >= source.EntryCount)
            {
                throw new HostFailureException(
                    $"a completion says head {entry.SubmissionQueueHeadPointer} of submission queue {source.QueueIdentifier}, "
                    + $"which has {source.EntryCount} entries");
            }

            source.Head = entry.SubmissionQueueHeadPointer;
            queue.Arrived[Key(entry.SubmissionQueueIdentifier, entry.CommandIdentifier)] = entry;
        }

        if (taken > 0 && ringHead)
        {
            queue.RingHead();
        }

        return taken;
    }

    /// <summary>Throws <see cref="HostFailureException"/> when a completion is an error.</summary>
    public static void ThrowIfError(CompletionQueueEntry entry, string command)
    {
        if (entry.CompletionStatus.Status.IsError)
        {
            throw new HostFailureException($"{command} failed: {StatusText.Of(entry)}");
        }
    }

    /// <summary>Runs Identify and returns its 4096 bytes. Throws when it fails.</summary>
    public byte[] Identify(byte controllerOrNamespaceStructure, uint namespaceIdentifier = 0, byte commandSetIdentifier = 0)
    {
        HostBuffer buffer = Arena.Allocate(4096, PageLengthBytes);
        try
        {
            SubmissionQueueEntry command = NvmeCommands.Identify(controllerOrNamespaceStructure, namespaceIdentifier, commandSetIdentifier);
            command.Prp1 = buffer.Address;
            ThrowIfError(Admin(command), $"Identify CNS {controllerOrNamespaceStructure:x2}h NSID {namespaceIdentifier:x}h");
            return buffer.Bytes[..4096].ToArray();
        }
        finally
        {
            Arena.Free(buffer);
        }
    }

    /// <summary>Reads a part of a log page of at most a page. Throws when that fails.</summary>
    public byte[] LogPage(byte logPageIdentifier, int lengthBytes, ulong offset = 0, bool retainAsynchronousEvent = true)
    {
        HostBuffer buffer = Arena.Allocate(4096, PageLengthBytes);
        try
        {
            SubmissionQueueEntry command = NvmeCommands.GetLogPage(logPageIdentifier, lengthBytes, offset, retainAsynchronousEvent);
            command.Prp1 = buffer.Address;
            ThrowIfError(Admin(command), $"Get Log Page {logPageIdentifier:x2}h");
            return buffer.Bytes[..lengthBytes].ToArray();
        }
        finally
        {
            Arena.Free(buffer);
        }
    }

    private static uint Key(ushort queueIdentifier, ushort commandIdentifier) => ((uint)queueIdentifier << 16) | commandIdentifier;

    private void DrainArrived(HostCompletionQueue queue) => _ = Poll(queue);

    private string DescribeStatus()
    {
        try
        {
            return $"CSTS {ReadStatus().Raw:x8}h, CC {ReadConfiguration().Raw:x8}h";
        }
        catch (IOException exception)
        {
            return $"and CSTS cannot be read: {exception.Message}";
        }
    }
}
