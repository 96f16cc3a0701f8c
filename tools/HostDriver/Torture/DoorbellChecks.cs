using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Torture;

/// <summary>Doorbell values that no driver writes (NVMe Base 2.1 section 3.3.1, and the asynchronous events of 5.1.2.1).</summary>
internal static class DoorbellChecks
{
    // Asynchronous event dword 0: type in 2:0 (0 is error status), information in 15:8.
    private const uint InvalidRegister = 0x00;
    private const uint InvalidValue = 0x01;

    internal static IReadOnlyList<TortureCheck> All { get; } =
    [
        new("doorbells/tail-out-of-range", c =>
            InvalidWrite(c, "tail 64 of a queue of 64", c.Queue.QueueIdentifier, completion: false, 64, InvalidValue)),
        new("doorbells/tail-huge", c =>
            InvalidWrite(c, "tail FFFFFFFFh", c.Queue.QueueIdentifier, completion: false, 0xFFFFFFFF, InvalidValue)),
        new("doorbells/tail-high-bits", c =>
            InvalidWrite(c, "tail 10001h", c.Queue.QueueIdentifier, completion: false, 0x10001, InvalidValue, mayIgnoreHighBits: true)),
        new("doorbells/head-out-of-range", c =>
            InvalidWrite(c, "head 64 of a queue of 64", c.Queue.QueueIdentifier, completion: true, 64, InvalidValue)),
        new("doorbells/head-ahead", c =>
            InvalidWrite(c, "head 7 of an empty queue", c.Queue.QueueIdentifier, completion: true, 7, InvalidValue)),
        new("doorbells/tail-of-no-queue", c =>
            InvalidWrite(c, "tail of queue 3, which is not there", 3, completion: false, 1, InvalidRegister)),
        new("doorbells/head-of-no-queue", c =>
            InvalidWrite(c, "head of queue 3, which is not there", 3, completion: true, 1, InvalidRegister)),
        new("doorbells/tail-of-impossible-queue", c => InvalidWrite(c, "tail of queue 200", 200, completion: false, 1, InvalidRegister)),
        new("doorbells/tail-backwards", Backwards),
        new("doorbells/admin-tail-out-of-range", AdminTail),
        new("doorbells/before-creation", BeforeCreation),
        new("doorbells/storm", Storm),
        new("doorbells/wide-messages", WideMessages),
    ];

    private static void InvalidWrite(
        TortureContext context, string what, ushort queueIdentifier, bool completion, uint value, uint information,
            bool mayIgnoreHighBits = false)
    {
        NvmeHost host = context.Host;
        ushort identifier = host.Submit(host.AdminQueue, NvmeCommands.AsynchronousEventRequest());
        TortureContext.Linger(2);
        host.DoorbellOf(queueIdentifier, completion).Write(value);
        string expected = $"error event, information {information:x2}h";
        string got = "no event within 2000 ms";
        Deadline deadline = Deadline.AfterMilliseconds(mayIgnoreHighBits ? 300 : 2000);
        while (!deadline.Passed)
        {
            if (host.TryTakeCompletion(host.AdminQueue, identifier, out CompletionQueueEntry entry))
            {
                got = entry.CompletionStatus.Status.IsError
                    ? StatusText.Of(entry)
                    : $"{Type(entry.Dword0)} event, information {(entry.Dword0 >> 8) & 0xFF:x2}h";
                break;
            }

            Thread.Sleep(1);
        }

        // The doorbell is 16 bits of value and 16 reserved: a controller that reads the lower half sees a good tail of 1.
        bool ignored = mayIgnoreHighBits && got.StartsWith("no event", StringComparison.Ordinal);
        _ = context.Expect(what, mayIgnoreHighBits ? expected + ", or reserved bits ignored" : expected, got, got == expected || ignored);
        _ = host.Identify(0x01);
        context.ExpectRecovery(what);
    }

    private static string Type(uint dword0) => (dword0 & 7) == 0 ? "error" : $"type {dword0 & 7}";

    private static void Backwards(TortureContext context)
    {
        NvmeHost host = context.Host;
        for (int i = 0; i < 5; i++)
        {
            _ = host.Execute(context.Queue, NvmeCommands.Flush(context.NamespaceIdentifier));
        }

        // Seen from the controller the tail has gone round: entries that nobody wrote. It may run them (all zeros: a Flush of
        // namespace 0) or refuse the value; it may not run more than the queue holds, and it has to live.
        context.Queue.WriteTailDoorbell(2);
        int stale = 0;
        Deadline deadline = Deadline.AfterMilliseconds(200);
        while (!deadline.Passed)
        {
            while (context.Queue.CompletionQueue.TryTake(out _))
            {
                stale++;
                context.Queue.CompletionQueue.RingHead();
            }

            Thread.Sleep(1);
        }

        _ = context.Expect("tail set back by three", "at most 61 completions", $"{stale} completions", stale <= 61);
        _ = host.Identify(0x01);
        context.ExpectRecovery("a tail that went backwards");
    }

    private static void AdminTail(TortureContext context)
    {
        context.Host.AdminQueue.WriteTailDoorbell(0xFFFF);
        TortureContext.Linger();
        context.Host.AdminQueue.CompletionQueue.WriteHeadDoorbell(0xFFFFFFFF);
        TortureContext.Linger();
        context.ExpectRecovery("garbage in the doorbells of the admin queue");
    }

    private static void BeforeCreation(TortureContext context)
    {
        NvmeHost host = context.Host;
        host.DeleteQueues();
        host.DoorbellOf(1, completion: false).Write(5);
        host.DoorbellOf(1, completion: true).Write(3);
        TortureContext.Linger();

        // What was left in the doorbells must not count for the queue that is created now.
        HostCompletionQueue completion = host.CreateCompletionQueue(1, 16);
        HostSubmissionQueue queue = host.CreateSubmissionQueue(1, 16, completion);
        TortureContext.Linger();
        _ = context.Expect("completions of a new queue whose doorbell held 5", "none", completion.HasEntry() ? "some" : "none");
        int good = 0;
        for (int i = 0; i < 50; i++)
        {
            good += host.Execute(queue, NvmeCommands.Flush(context.NamespaceIdentifier)).CompletionStatus.Status.IsSuccess ? 1 : 0;
        }

        _ = context.Expect("commands on it", "50 good", $"{good} good");
    }

    private static void Storm(TortureContext context)
    {
        NvmeHost host = context.Host;
        for (int i = 0; i < 50_000; i++)
        {
            ushort queue = (ushort)context.Random.Next(512);
            uint value = context.Random.Next(4) switch
            {
                0 => (uint)context.Random.Next(2 * TortureContext.QueueEntries),
                1 => (uint)context.Random.NextInt64(1L << 32),
                2 => 0,
                _ => (uint)context.Random.Next(1 << 16),
            };
            host.DoorbellOf(queue, context.Random.Next(2) == 0).Write(value);
        }

        context.ExpectRecovery("50000 random doorbell writes on all queues");
    }

    private static void WideMessages(TortureContext context)
    {
        VfioUserClient client = context.Host.Client;
        foreach (int length in new[] { 1, 2, 3, 8, 64, 4096 })
        {
            try
            {
                client.WriteRegion(RegionInfo.Bar0, 0x1010, new byte[length]);
                client.ReadRegion(RegionInfo.Bar0, 0x1000, new byte[length]);
            }
            catch (VfioUserException exception) when (exception.ErrorNumber != 0)
            {
                // Refusing the width is as good as taking it.
            }
        }

        context.ExpectRecovery("doorbell messages of 1 to 4096 bytes");
    }
}
