using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Torture;

/// <summary>
/// CC, AQA and the admin queues: good values at their limits, bad values that must end in CSTS.CFS (NVMe Base 2.1 section 3.5).
/// </summary>
internal static class EnableChecks
{
    private const int ConfigurationOffset = 0x14;
    private const int AttributesOffset = 0x24;

    internal static IReadOnlyList<TortureCheck> All { get; } =
    [
        new("enable/memory-page-size-too-large", c => BadConfiguration(c, "MPS 15", new() { MemoryPageSize = 15 })),
        new("enable/arbitration-unsupported", c =>
            BadConfiguration(c, "AMS 111b", new() { ArbitrationMechanismSelected = ArbitrationMechanism.VendorSpecific })),
        new("enable/arbitration-reserved", c =>
            BadConfiguration(c, "AMS 010b", new() { ArbitrationMechanismSelected = (ArbitrationMechanism)2 })),
        new("enable/command-set-reserved", c => BadConfiguration(c, "CSS 001b", new() { IoCommandSetSelected = (IoCommandSetSelected)1 })),
        new("enable/admin-sizes-zero", c => BadAdminQueues(c, "AQA 0 (one entry)", 0)),
        new("enable/admin-sq-size-zero", c => BadAdminQueues(c, "ASQS 0", 0x001F0000)),
        new("enable/admin-cq-size-zero", c => BadAdminQueues(c, "ACQS 0", 0x0000001F)),
        new("enable/entry-sizes", EntrySizes),
        new("enable/admin-queues-unmapped", UnmappedAdminQueues),
        new("enable/admin-queue-sizes", AdminQueueSizes),
        new("enable/memory-page-sizes", MemoryPageSizes),
        new("enable/twice", EnableTwice),
        new("enable/toggle", Toggle),
        new("enable/with-shutdown-notification", EnableWithShutdown),
        new("enable/registers-survive-reset", RegistersSurvive),
        new("enable/shutdown-without-queues", ShutdownStates),
    ];

    /// <summary>Merges EN and entry sizes into a bad configuration, writes it and expects CFS.</summary>
    private static void BadConfiguration(TortureContext context, string what, ControllerConfiguration bad)
    {
        NvmeHost host = context.Host;
        host.Disable();
        host.AdminQueueMemory(32, 32);
        host.WriteAdminQueueRegisters();
        ControllerConfiguration configuration = bad with
        {
            Enable = true,
            IoSubmissionQueueEntrySizeLog2 = 6,
            IoCompletionQueueEntrySizeLog2 = 4,
        };
        host.WriteRegister32(ConfigurationOffset, configuration.Raw);
        ExpectFatal(context, $"enable with {what}");
        context.ExpectRecovery($"enable with {what}");
    }

    private static void BadAdminQueues(TortureContext context, string what, uint attributes)
    {
        NvmeHost host = context.Host;
        host.Disable();
        host.AdminQueueMemory(32, 32);
        host.WriteAdminQueueRegisters();
        host.WriteRegister32(AttributesOffset, attributes);
        host.WriteRegister32(ConfigurationOffset, host.DefaultConfiguration().Raw);
        ExpectFatal(context, $"enable with {what}");
        context.ExpectRecovery($"enable with {what}");
    }

    private static void ExpectFatal(TortureContext context, string what)
    {
        // The status may take a moment, and a controller that comes up ready instead is the failure to report.
        Deadline deadline = Deadline.AfterMilliseconds(2000);
        ControllerStatus status = context.Host.ReadStatus();
        while (!status.ControllerFatalStatus && !status.Ready && !deadline.Passed)
        {
            Thread.Sleep(1);
            status = context.Host.ReadStatus();
        }

        _ = context.Expect(what, "RDY 0 CFS 1", $"RDY {(status.Ready ? 1 : 0)} CFS {(status.ControllerFatalStatus ? 1 : 0)}");
        context.Host.Disable();
        _ = context.Expect("CFS after CC.EN = 0", "CFS 0", $"CFS {(context.Host.ReadStatus().ControllerFatalStatus ? 1 : 0)}");
    }

    private static void EntrySizes(TortureContext context)
    {
        NvmeHost host = context.Host;
        foreach ((byte submission, byte completion) in new (byte, byte)[] { (0, 0), (7, 4), (6, 5), (5, 4), (6, 3) })
        {
            host.Disable();
            host.AdminQueueMemory(32, 32);
            host.WriteAdminQueueRegisters();
            ControllerConfiguration configuration = host.DefaultConfiguration() with
            {
                IoSubmissionQueueEntrySizeLog2 = submission,
                IoCompletionQueueEntrySizeLog2 = completion,
            };
            host.WriteRegister32(ConfigurationOffset, configuration.Raw);
            ControllerStatus status =
                host.WaitForStatus(static s => s.Ready || s.ControllerFatalStatus, "CSTS.RDY or CSTS.CFS after CC.EN = 1");

            // Entry sizes matter for I/O queues only: refusing them at enable or when a queue is created are both right.
            string got = status.ControllerFatalStatus ? "CFS 1" : CreateQueueStatus(host);
            _ = context.Expect(
                $"IOSQES {submission}, IOCQES {completion}", "CFS 1, or an error when queues are created", got, got != "Success");
        }

        context.ExpectRecovery("bad entry sizes");
    }

    private static string CreateQueueStatus(NvmeHost host)
    {
        HostBuffer memory = host.Arena.Allocate(8192);
        CompletionQueueEntry completion = host.Admin(NvmeCommands.CreateCompletionQueue(1, 16, memory.Address));
        CompletionQueueEntry submission = host.Admin(NvmeCommands.CreateSubmissionQueue(1, 16, memory.Address + 4096, 1));
        host.Disable();
        host.Arena.Free(memory);
        Status worse = completion.CompletionStatus.Status.IsError ? completion.CompletionStatus.Status : submission.CompletionStatus.Status;
        return $"{worse.Code}";
    }

    private static void UnmappedAdminQueues(TortureContext context)
    {
        NvmeHost host = context.Host;
        host.Disable();
        host.AdminQueueMemory(32, 32);
        host.WriteAdminQueueRegisters();
        host.WriteRegister64(0x28, host.Arena.UnmappedAddress);
        host.WriteRegister64(0x30, host.Arena.UnmappedAddress + 0x10000);
        host.WriteRegister32(ConfigurationOffset, host.DefaultConfiguration().Raw);
        TortureContext.Linger();
        host.AdminQueue.WriteTailDoorbell(1);
        Deadline deadline = Deadline.AfterMilliseconds(2000);
        while (!host.ReadStatus().ControllerFatalStatus && !deadline.Passed)
        {
            Thread.Sleep(1);
        }

        _ = context.Expect(
            "admin queues at an address that is not mapped", "CFS 1", $"CFS {(host.ReadStatus().ControllerFatalStatus ? 1 : 0)}");
        context.ExpectRecovery("admin queues at an address that is not mapped");
    }

    private static void AdminQueueSizes(TortureContext context)
    {
        NvmeHost host = context.Host;
        foreach ((int submission, int completion) in new[] { (2, 2), (2, 4096), (4096, 2), (3, 5), (4096, 4096) })
        {
            host.Disable();
            host.AdminQueueMemory(submission, completion);
            host.WriteAdminQueueRegisters();
            host.WriteRegister32(ConfigurationOffset, host.DefaultConfiguration().Raw);
            _ = host.WaitForStatus(static status => status.Ready, "CSTS.RDY = 1 after CC.EN = 1");
            int good = 0;
            int turns = Math.Max(20, completion > 64 ? 100 : 3 * completion);
            for (int i = 0; i < turns; i++)
            {
                good += host.Admin(NvmeCommands.GetFeatures(0x07)).CompletionStatus.Status.IsSuccess ? 1 : 0;
            }

            _ = context.Expect($"admin queues of {submission} and {completion} entries", $"{turns} good commands", $"{good} good commands");
        }
    }

    private static void MemoryPageSizes(TortureContext context)
    {
        NvmeHost host = context.Host;
        byte largest = Math.Min(host.Capabilities.MemoryPageSizeMaximum, (byte)4);
        for (byte size = 0; size <= largest; size++)
        {
            host.SetMemoryPageSize(size);
            context.SetUp();
            int length = Math.Min(context.Space.TransferLengthMaxBytes, 1 << 20);
            HostBuffer data = context.Data.Slice(512, length);
            uint generation = context.Fill(context.ScratchBlock, data);
            _ = context.Space.Write(context.ScratchBlock, data);
            data.Bytes.Fill(0xA5);
            _ = context.Space.Read(context.ScratchBlock, data);
            _ = context.Expect(
                $"{length} bytes with memory pages of {host.PageLengthBytes}", "intact",
                context.Compare(context.ScratchBlock, data, generation));
        }

        host.SetMemoryPageSize(0);
    }

    private static void EnableTwice(TortureContext context)
    {
        uint configuration = context.Host.ReadConfiguration().Raw;
        context.Host.WriteRegister32(ConfigurationOffset, configuration);
        context.Host.WriteRegister32(ConfigurationOffset, configuration);
        context.ExpectAlive("after CC was written again with the same value");
    }

    private static void Toggle(TortureContext context)
    {
        NvmeHost host = context.Host;
        uint enabled = host.DefaultConfiguration().Raw;
        for (int i = 0; i < 200; i++)
        {
            host.WriteRegister32(ConfigurationOffset, enabled & ~1u);
            host.WriteRegister32(ConfigurationOffset, enabled);
        }

        context.ExpectRecovery("CC.EN toggled 200 times without waiting");
    }

    private static void EnableWithShutdown(TortureContext context)
    {
        NvmeHost host = context.Host;
        host.Disable();
        host.WriteRegister32(
            ConfigurationOffset, (host.DefaultConfiguration() with { ShutdownNotification = ShutdownNotification.Normal }).Raw);
        TortureContext.Linger();
        host.WriteRegister32(
            ConfigurationOffset, (host.DefaultConfiguration() with { ShutdownNotification = ShutdownNotification.Reserved }).Raw);
        TortureContext.Linger();
        context.ExpectRecovery("enable and shutdown notification in one write");
    }

    private static void RegistersSurvive(TortureContext context)
    {
        NvmeHost host = context.Host;
        uint attributes = host.ReadRegister32(AttributesOffset);
        ulong submission = host.ReadRegister64(0x28);
        host.Disable();
        _ = context.Expect("AQA after a controller reset", $"{attributes:x8}", $"{host.ReadRegister32(AttributesOffset):x8}");
        _ = context.Expect("ASQ after a controller reset", $"{submission:x16}", $"{host.ReadRegister64(0x28):x16}");
        context.ExpectRecovery("a controller reset");
    }

    private static void ShutdownStates(TortureContext context)
    {
        NvmeHost host = context.Host;
        host.DeleteQueues();
        host.Shutdown();
        _ = context.Expect("SHST after a normal shutdown", "Complete", $"{host.ReadStatus().ShutdownStatus}");
        host.Disable();
        _ = context.Expect("SHST after CC.EN = 0 and CC.SHN = 0", "Normal", $"{host.ReadStatus().ShutdownStatus}");
        host.WriteRegister32(
            ConfigurationOffset, (host.ReadConfiguration() with { ShutdownNotification = ShutdownNotification.Abrupt }).Raw);
        TortureContext.Linger();
        context.ExpectRecovery("shutdown notification while disabled");
        host.Shutdown(abrupt: true);
        host.Shutdown(abrupt: false);
        context.ExpectRecovery("abrupt shutdown with queues in place, then a normal one");
    }
}
