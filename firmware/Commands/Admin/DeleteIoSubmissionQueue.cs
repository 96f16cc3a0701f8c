using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Queues;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin;

/// <summary>
/// Delete I/O Submission Queue, 00h (NVMe Base 2.1 section 5.2.4): commands that can be ended end with Command Aborted due to SQ
/// Deletion; the deletion completes when the last one has its completion posted.
/// </summary>
public static unsafe class DeleteIoSubmissionQueue
{
    /// <summary>Row of the dispatch table.</summary>
    public static CommandDescriptor Descriptor { get; } = new()
    {
        Opcode = (byte)AdminOpcode.DeleteIoSubmissionQueue,
        Name = "Delete I/O Submission Queue",
        NamespaceRule = NamespaceRule.Ignored,
        Execute = &Execute,
    };

    private static CommandOutcome Execute(CommandEngine engine, ref CommandSlot slot)
    {
        ushort identifier = new DeleteIoQueueDword10(slot.Entry.Cdw10).QueueIdentifier;
        QueueShare? share = engine.Controller.FindSubmission(identifier);
        if (share is null || share.Queues.Submission(identifier).State != SubmissionQueueState.Active)
        {
            slot.Status = slot.Blame(new Status(StatusCode.InvalidQueueIdentifier, true), 40);
            return CommandOutcome.Completed;
        }

        engine.Controller.BeginDeletion(share, identifier, slot.Index);
        return CommandOutcome.Parked;
    }
}
