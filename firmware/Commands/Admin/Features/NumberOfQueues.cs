using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Features;

/// <summary>
/// Number of Queues, 07h (NVMe Base 2.1 section 5.1.25.2.1). The controller always allocates all the queues that it has: the answer is its
/// limit, whatever the host asks for.
/// </summary>
internal static unsafe class NumberOfQueues
{
    /// <summary>A request for 65536 queues, which the standard forbids.</summary>
    private const ushort Forbidden = 0xFFFF;

    /// <summary>The row.</summary>
    public static FeatureDescriptor Row { get; } = new()
    {
        Id = FeatureId.NumberOfQueues,
        Name = "Number of Queues",
        CheckSet = &CheckSet,
        Set = &Set,
        Get = &Get,
    };

    private static Status CheckSet(NvmeController controller, ref CommandSlot slot)
    {
        NumberOfQueuesFeature wanted = new(slot.Entry.Cdw11);
        if (wanted.SubmissionQueuesZeroBased == Forbidden)
        {
            return slot.Blame(new Status(StatusCode.InvalidField, true), 44);
        }

        if (wanted.CompletionQueuesZeroBased == Forbidden)
        {
            return slot.Blame(new Status(StatusCode.InvalidField, true), 46);
        }

        // Only once, after a reset and before the first I/O queue.
        return controller.AnyIoQueueCreated
            ? slot.Blame(new Status(StatusCode.CommandSequenceError, true), 40)
            : Status.Success;
    }

    private static CommandOutcome Set(NvmeController controller, ref CommandSlot slot)
    {
        Get(controller, ref slot, isDefault: false);
        return CommandOutcome.Completed;
    }

    private static void Get(NvmeController controller, ref CommandSlot slot, bool isDefault)
    {
        ushort limitZeroBased = (ushort)(controller.IoQueueCount - 1);
        slot.Result0 = new NumberOfQueuesFeature
        {
            SubmissionQueuesZeroBased = limitZeroBased,
            CompletionQueuesZeroBased = limitZeroBased,
        }.Raw;
    }
}
