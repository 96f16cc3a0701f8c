using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Torture;

/// <summary>Every way to reset a controller, in the middle of I/O. After it, nothing of the old life may reach memory or queues.</summary>
internal static class ResetChecks
{
    internal static IReadOnlyList<TortureCheck> All { get; } =
    [
        new("reset/controller-under-io", c => UnderIo(c, "CC.EN = 0", static host => host.Disable())),
        new("reset/function-level-under-io", c => UnderIo(c, "function-level reset", static host => host.Function.FunctionLevelReset())),
        new("reset/device-under-io", c => UnderIo(c, "DEVICE_RESET", static host => host.Client.ResetDevice())),
        new("reset/shutdown-under-io", c => UnderIo(c, "normal shutdown", static host => host.Shutdown())),
        new("reset/abrupt-shutdown-under-io", c => UnderIo(c, "abrupt shutdown", static host => host.Shutdown(abrupt: true))),
        new("reset/state-after", StateAfter),
        new("reset/many", Many),
        new("reset/written-data-stays", WrittenDataStays),
        new("reset/admin-commands-under-way", AdminUnderWay),
        new("reset/bus-master-off", BusMasterOff),
    ];

    private static void UnderIo(TortureContext context, string what, Action<NvmeHost> reset)
    {
        NvmeHost host = context.Host;
        string late = "nothing comes";
        for (int turn = 0; turn < 10; turn++)
        {
            int length = 1 << context.Random.Next(9, 19);
            length = Math.Min(length, context.Space.TransferLengthMaxBytes);
            HostBuffer data = context.Data.Slice(0, length);
            for (int i = 0; i < 50; i++)
            {
                _ = host.Push(context.Queue, context.GoodCommand(i % 3 == 0 ? NvmOpcode.Write : NvmOpcode.Read, length));
            }

            context.Queue.RingTail();
            if (context.Random.Next(2) == 0)
            {
                Thread.Sleep(context.Random.Next(3));
            }

            reset(host);
            _ = host.WaitForStatus(static s => !s.Ready || s.ShutdownStatus == ShutdownStatus.Complete, $"CSTS.RDY = 0 after {what}");
            HostCompletionQueue completion = context.Queue.CompletionQueue;
            data.Bytes.Fill(0x5A);
            completion.Memory.Bytes.Fill(0x77);
            TortureContext.Linger(3);
            late = data.Bytes.ContainsAnyExcept((byte)0x5A) ? "data comes"
                : completion.Memory.Bytes.ContainsAnyExcept((byte)0x77) ? "a completion comes" : late;
            context.SetUp();
        }

        _ = context.Expect($"memory after {what} with 50 commands under way", "nothing comes", late);
        context.ExpectRecovery(what);
    }

    private static void StateAfter(TortureContext context)
    {
        NvmeHost host = context.Host;
        foreach ((string what, Action reset) in new (string, Action)[]
        {
            ("function-level reset", host.Function.FunctionLevelReset),
            ("DEVICE_RESET", host.Client.ResetDevice),
        })
        {
            context.SetUp();
            reset();
            _ = host.WaitForStatus(static status => !status.Ready, $"CSTS.RDY = 0 after {what}");
            _ = context.Expect($"CC after {what}", "00000000", $"{host.ReadConfiguration().Raw:x8}");
            _ = context.Expect($"CSTS after {what}", "00000000", $"{host.ReadStatus().Raw:x8}");
            _ = context.Expect($"AQA after {what}", "00000000", $"{host.ReadRegister32(0x24):x8}");
            _ = context.Expect($"CAP after {what}", $"{host.Capabilities.Raw:x16}", $"{host.ReadRegister64(0):x16}");
            host.Function.EnableBusMaster();
            context.ExpectRecovery(what);
        }
    }

    private static void Many(TortureContext context)
    {
        NvmeHost host = context.Host;
        int good = 0;
        for (int i = 0; i < 100; i++)
        {
            host.Enable();
            host.CreateQueuePairs(1, 16);
            good += host.Execute(context.Queue, NvmeCommands.Flush(context.NamespaceIdentifier)).CompletionStatus.Status.IsSuccess ? 1 : 0;
        }

        _ = context.Expect("100 times enable, one command, disable", "100 good", $"{good} good");
    }

    private static void WrittenDataStays(TortureContext context)
    {
        HostBuffer data = context.Data.Slice(0, 65536);
        uint generation = context.Fill(context.ScratchBlock, data);
        SubmissionQueueEntry write = context.GoodCommand(NvmOpcode.Write, 65536);
        write.Cdw12 |= 1u << 30;
        context.ExpectStatus("write with FUA", StatusCode.Success, write);
        context.Reconnect();
        _ = context.Space.Read(context.ScratchBlock, context.Data.Slice(0, 65536));
        _ = context.Expect(
            "what was written before the connection broke", "intact",
            context.Compare(context.ScratchBlock, context.Data.Slice(0, 65536), generation));
    }

    private static void AdminUnderWay(TortureContext context)
    {
        NvmeHost host = context.Host;
        for (int turn = 0; turn < 20; turn++)
        {
            for (int i = 0; i < 25; i++)
            {
                SubmissionQueueEntry command = NvmeCommands.Identify(0x01);
                command.Prp1 = context.Data.Address;
                _ = host.Push(host.AdminQueue, command);
            }

            host.AdminQueue.RingTail();
            context.SetUp();
        }

        context.ExpectAlive("after 20 resets with admin commands under way");
    }

    private static void BusMasterOff(TortureContext context)
    {
        NvmeHost host = context.Host;
        host.Function.DisableBusMaster();
        _ = host.Push(context.Queue, context.GoodCommand(NvmOpcode.Read, 4096));
        context.Data.Slice(0, 4096).Bytes.Fill(0x5A);
        context.Queue.RingTail();
        TortureContext.Linger(50);
        bool touched = context.Data.Slice(0, 4096).Bytes.ContainsAnyExcept((byte)0x5A) || context.Queue.CompletionQueue.HasEntry();
        _ = context.Expect("memory with bus master off", "untouched", touched ? "touched" : "untouched");
        host.Function.EnableBusMaster();
        context.ExpectRecovery("I/O with bus master off");
    }
}
