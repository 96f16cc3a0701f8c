using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Queues;
using Nvmepf.Hal;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin;

/// <summary>Create I/O Completion Queue, 05h (NVMe over PCIe 1.1; NVMe Base 2.1 section 5.2.1).</summary>
public static unsafe class CreateIoCompletionQueue
{
    /// <summary>Row of the dispatch table.</summary>
    public static CommandDescriptor Descriptor { get; } = new()
    {
        Opcode = (byte)AdminOpcode.CreateIoCompletionQueue,
        Name = "Create I/O Completion Queue",
        NamespaceRule = NamespaceRule.Ignored,
        Execute = &Execute,
    };

    private static CommandOutcome Execute(CommandEngine engine, ref CommandSlot slot)
    {
        NvmeController controller = engine.Controller;
        QueueSet queues = controller.Queues;
        CreateIoQueueDword10 dword10 = new(slot.Entry.Cdw10);
        CreateIoCompletionQueueDword11 dword11 = new(slot.Entry.Cdw11);
        int entries = dword10.QueueSizeZeroBased + 1;
        if (!queues.IsIoIdentifier(dword10.QueueIdentifier) || controller.FindCompletion(dword10.QueueIdentifier) is not null)
        {
            slot.Status = slot.Blame(new Status(StatusCode.InvalidQueueIdentifier, true), 40);
        }
        else if (entries < 2 || entries > queues.EntriesMax || controller.Registers.Configuration.IoCompletionQueueEntrySizeLog2 != 4)
        {
            // The standard has this status for a queue created before CC.IOCQES is set, too.
            slot.Status = slot.Blame(new Status(StatusCode.InvalidQueueSize, true), 42);
        }
        else if (!dword11.PhysicallyContiguous)
        {
            slot.Status = slot.Blame(new Status(StatusCode.InvalidField, true), 44); // CAP.CQR
        }
        else if (dword11.InterruptsEnabled && dword11.InterruptVector >= controller.Platform.EnabledVectorCount)
        {
            // NVMe over PCIe 1.1, figure of dword 11: more than MSI-X or Multiple Message Enable has, or not 0 with a single message or a pin.
            slot.Status = slot.Blame(new Status(StatusCode.InvalidInterruptVector, true), 46);
        }
        else
        {
            slot.Status = QueueMemory.Check(controller, ref slot, entries, CompletionQueueEntry.SizeBytes, HostAccess.Write);
        }

        if (slot.Status.IsSuccess)
        {
            int vector = dword11.InterruptsEnabled ? dword11.InterruptVector : 0;
            QueueShare share = controller.ChooseShare(slot.Entry.Prp1, entries);
            share.Queues.CreateCompletion(dword10.QueueIdentifier, slot.Entry.Prp1, entries, vector, dword11.InterruptsEnabled);
            share.Reactor.AddQueues(1);
        }

        return CommandOutcome.Completed;
    }
}
