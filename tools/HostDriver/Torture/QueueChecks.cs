using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Torture;

/// <summary>Creation and deletion of queues with every wrong field (NVMe Base 2.1 sections 5.2.1 to 5.2.4).</summary>
internal static class QueueChecks
{
    internal static IReadOnlyList<TortureCheck> All { get; } =
    [
        new("queues/create-cq-refusals", CreateCompletionRefusals),
        new("queues/create-sq-refusals", CreateSubmissionRefusals),
        new("queues/delete-refusals", DeleteRefusals),
        new("queues/number-of-queues", NumberOfQueues),
        new("queues/unmapped", UnmappedQueues),
        new("queues/refusals-leave-nothing", RefusalsLeaveNothing),
        new("queues/create-delete-cycles", Cycles),
    ];

    private static void CreateCompletionRefusals(TortureContext context)
    {
        NvmeHost host = context.Host;
        HostBuffer memory = host.Arena.Allocate(128 << 10);
        ulong address = memory.Address;
        int maximum = host.Capabilities.MaximumQueueEntriesSupportedZeroBased + 1;
        int vectors = Math.Max(Math.Max(host.Function.MsixTableSize(), host.Function.MsiMessages()), 1);
        int granted = Granted(context);
        void Refuse(string what, StatusCode code, SubmissionQueueEntry command) =>
            context.ExpectAdminStatus($"create CQ, {what}", code, command);

        Refuse("identifier 0", StatusCode.InvalidQueueIdentifier, NvmeCommands.CreateCompletionQueue(0, 16, address));
        Refuse("identifier in use", StatusCode.InvalidQueueIdentifier, NvmeCommands.CreateCompletionQueue(1, 16, address));
        Refuse("identifier above the granted number", StatusCode.InvalidQueueIdentifier,
            NvmeCommands.CreateCompletionQueue((ushort)(granted + 1), 16, address));
        Refuse("identifier FFFFh", StatusCode.InvalidQueueIdentifier, NvmeCommands.CreateCompletionQueue(0xFFFF, 16, address));
        Refuse("one entry", StatusCode.InvalidQueueSize, NvmeCommands.CreateCompletionQueue(2, 1, address));
        if (maximum < 65536)
        {
            Refuse("one entry more than MQES", StatusCode.InvalidQueueSize, NvmeCommands.CreateCompletionQueue(2, maximum + 1, address));
            Refuse("65536 entries", StatusCode.InvalidQueueSize, NvmeCommands.CreateCompletionQueue(2, 65536, address));
        }

        Refuse("vector past the table", StatusCode.InvalidInterruptVector, NvmeCommands.CreateCompletionQueue(2, 16, address, vectors));
        Refuse("vector FFFFh", StatusCode.InvalidInterruptVector, NvmeCommands.CreateCompletionQueue(2, 16, address, 0xFFFF));
        Refuse("PRP1 not on a page", StatusCode.PrpOffsetInvalid, NvmeCommands.CreateCompletionQueue(2, 16, address + 64));
        SubmissionQueueEntry scattered = NvmeCommands.CreateCompletionQueue(2, 16, address);
        scattered.Cdw11 &= ~1u;
        Refuse("not physically contiguous with CAP.CQR", StatusCode.InvalidField, scattered);
        host.Arena.Free(memory);
        context.ExpectAlive();
    }

    private static void CreateSubmissionRefusals(TortureContext context)
    {
        NvmeHost host = context.Host;
        HostBuffer memory = host.Arena.Allocate(128 << 10);
        ulong address = memory.Address;
        int maximum = host.Capabilities.MaximumQueueEntriesSupportedZeroBased + 1;
        int granted = Granted(context);
        void Refuse(string what, StatusCode code, SubmissionQueueEntry command) =>
            context.ExpectAdminStatus($"create SQ, {what}", code, command);

        Refuse("identifier 0", StatusCode.InvalidQueueIdentifier, NvmeCommands.CreateSubmissionQueue(0, 16, address, 1));
        Refuse("identifier in use", StatusCode.InvalidQueueIdentifier, NvmeCommands.CreateSubmissionQueue(1, 16, address, 1));
        Refuse("identifier above the granted number", StatusCode.InvalidQueueIdentifier,
            NvmeCommands.CreateSubmissionQueue((ushort)(granted + 1), 16, address, 1));
        Refuse("one entry", StatusCode.InvalidQueueSize, NvmeCommands.CreateSubmissionQueue(2, 1, address, 1));
        if (maximum < 65536)
        {
            Refuse("one entry more than MQES", StatusCode.InvalidQueueSize, NvmeCommands.CreateSubmissionQueue(2, maximum + 1, address, 1));
        }

        Refuse("completion queue 0", StatusCode.InvalidQueueIdentifier, NvmeCommands.CreateSubmissionQueue(2, 16, address, 0));
        Refuse("completion queue that does not exist", StatusCode.CompletionQueueInvalid,
            NvmeCommands.CreateSubmissionQueue(2, 16, address, 2));
        Refuse("completion queue above the granted number", StatusCode.InvalidQueueIdentifier,
            NvmeCommands.CreateSubmissionQueue(2, 16, address, 0x7FFF));
        Refuse("PRP1 not on a page", StatusCode.PrpOffsetInvalid, NvmeCommands.CreateSubmissionQueue(2, 16, address + 2048, 1));
        SubmissionQueueEntry scattered = NvmeCommands.CreateSubmissionQueue(2, 16, address, 1);
        scattered.Cdw11 &= ~1u;
        Refuse("not physically contiguous with CAP.CQR", StatusCode.InvalidField, scattered);
        host.Arena.Free(memory);
        context.ExpectAlive();
    }

    private static void DeleteRefusals(TortureContext context)
    {
        context.ExpectAdminStatus("delete SQ 0", StatusCode.InvalidQueueIdentifier, NvmeCommands.DeleteSubmissionQueue(0));
        context.ExpectAdminStatus(
            "delete SQ 2, which does not exist", StatusCode.InvalidQueueIdentifier, NvmeCommands.DeleteSubmissionQueue(2));
        context.ExpectAdminStatus("delete SQ FFFFh", StatusCode.InvalidQueueIdentifier, NvmeCommands.DeleteSubmissionQueue(0xFFFF));
        context.ExpectAdminStatus("delete CQ 0", StatusCode.InvalidQueueIdentifier, NvmeCommands.DeleteCompletionQueue(0));
        context.ExpectAdminStatus(
            "delete CQ 2, which does not exist", StatusCode.InvalidQueueIdentifier, NvmeCommands.DeleteCompletionQueue(2));
        context.ExpectAdminStatus("delete CQ 1 while SQ 1 uses it", StatusCode.InvalidQueueDeletion, NvmeCommands.DeleteCompletionQueue(1));
        context.ExpectAlive();
        context.Host.DeleteQueues();
        context.ExpectAdminStatus("delete SQ 1 again", StatusCode.InvalidQueueIdentifier, NvmeCommands.DeleteSubmissionQueue(1));
        context.ExpectAdminStatus("delete CQ 1 again", StatusCode.InvalidQueueIdentifier, NvmeCommands.DeleteCompletionQueue(1));
    }

    private static void NumberOfQueues(TortureContext context)
    {
        NvmeHost host = context.Host;
        context.ExpectAdminStatus(
            "Set Features 07h while I/O queues exist", StatusCode.CommandSequenceError, NvmeCommands.SetFeatures(0x07, 0x00030003));
        host.Enable();
        context.ExpectAdminStatus("NSQR FFFFh", StatusCode.InvalidField, NvmeCommands.SetFeatures(0x07, 0x0000FFFF));
        context.ExpectAdminStatus("NCQR FFFFh", StatusCode.InvalidField, NvmeCommands.SetFeatures(0x07, 0xFFFF0000));
        CompletionQueueEntry set = host.Admin(NvmeCommands.SetFeatures(0x07, 0xFFFEFFFE));
        CompletionQueueEntry get = host.Admin(NvmeCommands.GetFeatures(0x07));
        _ = context.Expect("Get Features 07h after a set", $"{set.Dword0:x8}", $"{get.Dword0:x8}");
    }

    private static void UnmappedQueues(TortureContext context)
    {
        NvmeHost host = context.Host;
        CompletionQueueEntry entry = host.Admin(NvmeCommands.CreateCompletionQueue(2, 16, host.Arena.UnmappedAddress));
        _ = context.Expect(
            "create CQ at an address that is not mapped", "an error, or success and a live controller", StatusText.Of(entry), passed: true);
        if (entry.CompletionStatus.Status.IsSuccess)
        {
            _ = host.Admin(NvmeCommands.CreateSubmissionQueue(2, 16, host.Arena.UnmappedAddress + 0x10000, 2));
        }
        else
        {
            _ = host.Admin(NvmeCommands.CreateSubmissionQueue(2, 16, host.Arena.UnmappedAddress + 0x10000, 1));
        }

        host.DoorbellOf(2, completion: false).Write(3);
        TortureContext.Linger();

        // A controller that cannot fetch may say so in CSTS.CFS; it has to be there again after a reset.
        _ = host.ReadStatus();
        context.ExpectRecovery("queues at addresses that are not mapped");
    }

    private static void RefusalsLeaveNothing(TortureContext context)
    {
        NvmeHost host = context.Host;
        HostBuffer memory = host.Arena.Allocate(4096);
        _ = host.Admin(NvmeCommands.CreateCompletionQueue(2, 16, memory.Address, 0xFFFF));
        context.ExpectAdminStatus(
            "delete a CQ whose creation was refused", StatusCode.InvalidQueueIdentifier, NvmeCommands.DeleteCompletionQueue(2));
        _ = host.Admin(NvmeCommands.CreateSubmissionQueue(2, 16, memory.Address + 8, 1));
        context.ExpectAdminStatus(
            "delete an SQ whose creation was refused", StatusCode.InvalidQueueIdentifier, NvmeCommands.DeleteSubmissionQueue(2));
        host.DeleteSubmissionQueue(context.Queue);
        context.ExpectAdminStatus("delete the CQ that a refused SQ named", StatusCode.Success, NvmeCommands.DeleteCompletionQueue(1));
    }

    private static void Cycles(TortureContext context)
    {
        NvmeHost host = context.Host;
        host.DeleteQueues();
        int good = 0;
        for (int i = 0; i < 200; i++)
        {
            int entries = context.Random.Next(2, 200);
            HostCompletionQueue completion = host.CreateCompletionQueue(1, entries);
            HostSubmissionQueue queue = host.CreateSubmissionQueue(1, context.Random.Next(2, 200), completion);
            good += host.Execute(queue, NvmeCommands.Flush(context.NamespaceIdentifier)).CompletionStatus.Status.IsSuccess ? 1 : 0;
            host.DeleteSubmissionQueue(queue);
            host.DeleteCompletionQueue(completion);
        }

        _ = context.Expect("create, use, delete", "200 good", $"{good} good");
    }

    private static int Granted(TortureContext context) => (int)(context.Host.Admin(NvmeCommands.GetFeatures(0x07)).Dword0 & 0xFFFF) + 1;
}
