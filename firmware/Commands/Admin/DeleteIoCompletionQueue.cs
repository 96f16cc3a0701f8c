using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Queues;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin;

/// <summary>Delete I/O Completion Queue, 04h (NVMe Base 2.1 section 5.2.3): refused while a submission queue completes to it.</summary>
public static unsafe class DeleteIoCompletionQueue
{
    /// <summary>Row of the dispatch table.</summary>
    public static CommandDescriptor Descriptor { get; } = new()
    {
        Opcode = (byte)AdminOpcode.DeleteIoCompletionQueue,
        Name = "Delete I/O Completion Queue",
        NamespaceRule = NamespaceRule.Ignored,
        Execute = &Execute,
    };

    private static CommandOutcome Execute(CommandEngine engine, ref CommandSlot slot)
    {
        ushort identifier = new DeleteIoQueueDword10(slot.Entry.Cdw10).QueueIdentifier;
        QueueShare? share = engine.Controller.FindCompletion(identifier);
        if (share is null)
        {
            slot.Status = slot.Blame(new Status(StatusCode.InvalidQueueIdentifier, true), 40);
        }
        else if (share.Queues.Completion(identifier).SubmissionQueueCount > 0)
        {
            slot.Status = slot.Blame(new Status(StatusCode.InvalidQueueDeletion, true), 40);
        }
        else if (!engine.Controller.TryHold() || share.Queues.Completion(identifier).PendingDma > 0)
        {
            // Entries are still on their way to the host: look again next turn. Then the share may have to be held again.
            slot.Flags |= CommandFlags.Stalled;
            return CommandOutcome.Pending;
        }
        else
        {
            share.Queues.DeleteCompletion(identifier);
            share.Reactor.AddQueues(-1);
        }

        return CommandOutcome.Completed;
    }
}
