using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Queues;
using Nvmepf.Hal;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin;

/// <summary>
/// Create I/O Submission Queue, 01h (NVMe Base 2.1 section 5.2.2). Several submission queues may share a completion queue.
/// The queue priority has a meaning where CC.AMS selects weighted round robin; otherwise it is ignored, as the standard says.
/// </summary>
public static unsafe class CreateIoSubmissionQueue
{
    /// <summary>Row of the dispatch table.</summary>
    public static CommandDescriptor Descriptor { get; } = new()
    {
        Opcode = (byte)AdminOpcode.CreateIoSubmissionQueue,
        Name = "Create I/O Submission Queue",
        NamespaceRule = NamespaceRule.Ignored,
        Execute = &Execute,
    };

    private static CommandOutcome Execute(CommandEngine engine, ref CommandSlot slot)
    {
        NvmeController controller = engine.Controller;
        QueueSet queues = controller.Queues;
        CreateIoQueueDword10 dword10 = new(slot.Entry.Cdw10);
        CreateIoSubmissionQueueDword11 dword11 = new(slot.Entry.Cdw11);
        int entries = dword10.QueueSizeZeroBased + 1;
        ushort completion = dword11.CompletionQueueIdentifier;
        QueueShare? share = controller.FindCompletion(completion);
        if (!queues.IsIoIdentifier(dword10.QueueIdentifier) || controller.FindSubmission(dword10.QueueIdentifier) is not null)
        {
            slot.Status = slot.Blame(new Status(StatusCode.InvalidQueueIdentifier, true), 40);
        }
        else if (entries < 2 || entries > queues.EntriesMax || controller.Registers.Configuration.IoSubmissionQueueEntrySizeLog2 != 6)
        {
            slot.Status = slot.Blame(new Status(StatusCode.InvalidQueueSize, true), 42);
        }
        else if (!queues.IsIoIdentifier(completion))
        {
            // Out of the range of what could be: the identifier itself is wrong (section 5.2.2).
            slot.Status = slot.Blame(new Status(StatusCode.InvalidQueueIdentifier, true), 46);
        }
        else if (share is null)
        {
            slot.Status = slot.Blame(new Status(StatusCode.CompletionQueueInvalid, true), 46);
        }
        else if (!dword11.PhysicallyContiguous)
        {
            slot.Status = slot.Blame(new Status(StatusCode.InvalidField, true), 44); // CAP.CQR
        }
        else
        {
            slot.Status = QueueMemory.Check(controller, ref slot, entries, SubmissionQueueEntry.SizeBytes, HostAccess.Read);
        }

        if (slot.Status.IsSuccess)
        {
            share!.Queues.CreateSubmission(dword10.QueueIdentifier, slot.Entry.Prp1, entries, completion, dword11.QueuePriority);
        }

        return CommandOutcome.Completed;
    }
}
