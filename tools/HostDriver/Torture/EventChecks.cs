using Nvmepf.HostDriver.Nvme;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Torture;

/// <summary>Asynchronous events and Abort (NVMe Base 2.1 sections 5.1.1 and 5.1.2).</summary>
internal static class EventChecks
{
    internal static IReadOnlyList<TortureCheck> All { get; } =
    [
        new("events/request-limit", RequestLimit),
        new("events/requests-die-with-reset", RequestsDieWithReset),
        new("events/temperature", Temperature),
        new("events/masked-until-read", MaskedUntilRead),
        new("events/event-before-request", EventBeforeRequest),
        new("abort/unknown-command", AbortUnknown),
        new("abort/event-request", AbortEventRequest),
        new("abort/under-io", AbortUnderIo),
        new("abort/limit", AbortLimit),
    ];

    private static void RequestLimit(TortureContext context)
    {
        NvmeHost host = context.Host;
        int limit = context.Space.Controller.AsynchronousEventRequestLimitZeroBased + 1;
        for (int i = 0; i < limit; i++)
        {
            _ = host.Submit(host.AdminQueue, NvmeCommands.AsynchronousEventRequest());
        }

        context.ExpectAdminStatus(
            $"request number {limit + 1} of AERL + 1 = {limit}", StatusCode.AsynchronousEventRequestLimitExceeded,
            NvmeCommands.AsynchronousEventRequest());
        context.ExpectAlive("with all event requests outstanding");
    }

    private static void RequestsDieWithReset(TortureContext context)
    {
        NvmeHost host = context.Host;
        for (int i = 0; i < 3; i++)
        {
            _ = host.Submit(host.AdminQueue, NvmeCommands.AsynchronousEventRequest());
        }

        context.SetUp();
        int limit = context.Space.Controller.AsynchronousEventRequestLimitZeroBased + 1;
        for (int i = 0; i < limit; i++)
        {
            _ = host.Submit(host.AdminQueue, NvmeCommands.AsynchronousEventRequest());
        }

        TortureContext.Linger();
        _ = host.Poll(host.AdminQueue.CompletionQueue);
        _ = context.Expect("event requests after a reset", $"{limit} outstanding", $"{host.AdminQueue.Outstanding.Count} outstanding");
    }

    /// <summary>Waits for an event request to complete and says what it brought.</summary>
    private static string Event(NvmeHost host, ushort identifier, int milliseconds)
    {
        Deadline deadline = Deadline.AfterMilliseconds(milliseconds);
        while (!deadline.Passed)
        {
            if (host.TryTakeCompletion(host.AdminQueue, identifier, out CompletionQueueEntry entry))
            {
                return entry.CompletionStatus.Status.IsError
                    ? StatusText.Of(entry.CompletionStatus.Status.Code)
                    : $"type {entry.Dword0 & 7} information {(entry.Dword0 >> 8) & 0xFF:x2}h log {(entry.Dword0 >> 16) & 0xFF:x2}h";
            }

            Thread.Sleep(1);
        }

        return "no event";
    }

    private static void Temperature(TortureContext context)
    {
        NvmeHost host = context.Host;
        ushort kelvin = BitConverter.ToUInt16(host.LogPage(0x02, 512), 1);
        if (kelvin == 0)
        {
            return;
        }

        ushort request = host.Submit(host.AdminQueue, NvmeCommands.AsynchronousEventRequest());
        NvmeHost.ThrowIfError(host.Admin(NvmeCommands.SetFeatures(0x0B, 0x02)), "Set Features 0Bh");
        uint before = host.Admin(NvmeCommands.GetFeatures(0x04)).Dword0;
        NvmeHost.ThrowIfError(host.Admin(NvmeCommands.SetFeatures(0x04, (uint)kelvin - 5)), "Set Features 04h");
        _ = context.Expect(
            "over temperature threshold below the temperature", "type 1 information 01h log 02h", Event(host, request, 3000));
        byte warning = host.LogPage(0x02, 512)[0];
        _ = context.Expect("critical warning bit 1", "1", $"{(warning >> 1) & 1}");
        NvmeHost.ThrowIfError(host.Admin(NvmeCommands.SetFeatures(0x04, before & 0xFFFF)), "Set Features 04h");
        _ = context.Expect("critical warning bit 1 with the threshold back", "0", $"{(host.LogPage(0x02, 512)[0] >> 1) & 1}");
    }

    private static void MaskedUntilRead(TortureContext context)
    {
        NvmeHost host = context.Host;
        ushort first = host.Submit(host.AdminQueue, NvmeCommands.AsynchronousEventRequest());
        ushort second = host.Submit(host.AdminQueue, NvmeCommands.AsynchronousEventRequest());
        host.DoorbellOf(3, completion: false).Write(1);
        _ = context.Expect("first doorbell write to no queue", "type 0 information 00h log 01h", Event(host, first, 2000));
        host.DoorbellOf(3, completion: false).Write(2);
        _ = context.Expect("another before the error log was read", "no event", Event(host, second, 200));
        _ = host.LogPage(0x01, 64, retainAsynchronousEvent: true);
        host.DoorbellOf(3, completion: false).Write(3);
        _ = context.Expect("another after the log was read with RAE", "no event", Event(host, second, 200));
        _ = host.LogPage(0x01, 64, retainAsynchronousEvent: false);
        host.DoorbellOf(3, completion: false).Write(4);
        _ = context.Expect("another after the log was read without RAE", "type 0 information 00h log 01h", Event(host, second, 2000));
    }

    private static void EventBeforeRequest(TortureContext context)
    {
        NvmeHost host = context.Host;
        host.DoorbellOf(3, completion: false).Write(1);
        TortureContext.Linger(50);
        ushort request = host.Submit(host.AdminQueue, NvmeCommands.AsynchronousEventRequest());
        _ = context.Expect("event that came before the request", "type 0 information 00h log 01h", Event(host, request, 2000));
    }

    private static void AbortUnknown(TortureContext context)
    {
        CompletionQueueEntry entry =
            context.ExpectAdminStatus("abort a command that is not there", StatusCode.Success, NvmeCommands.Abort(1, 0x5555));
        _ = context.Expect("dword 0 bit 0", "1, not aborted", (entry.Dword0 & 1) == 1 ? "1, not aborted" : "0, aborted");
        entry = context.Host.Admin(NvmeCommands.Abort(77, 1));
        _ = context.Expect(
            "abort on a queue that is not there", "Success with bit 0 set, InvalidField or InvalidQueueIdentifier",
            $"{StatusText.Of(entry)}, bit 0 {entry.Dword0 & 1}",
            entry.CompletionStatus.Status.Code is StatusCode.InvalidField or StatusCode.InvalidQueueIdentifier
                || (entry.CompletionStatus.Status.IsSuccess && (entry.Dword0 & 1) == 1));
        context.ExpectAlive();
    }

    private static void AbortEventRequest(TortureContext context)
    {
        NvmeHost host = context.Host;
        ushort request = host.Submit(host.AdminQueue, NvmeCommands.AsynchronousEventRequest());
        TortureContext.Linger(5);
        CompletionQueueEntry abort =
            context.ExpectAdminStatus("abort an event request", StatusCode.Success, NvmeCommands.Abort(0, request));
        _ = context.Expect("dword 0 bit 0", "0, aborted", (abort.Dword0 & 1) == 1 ? "1, not aborted" : "0, aborted");
        _ = context.Expect("the event request", StatusText.Of(StatusCode.AbortRequested), Event(host, request, 2000));
        context.ExpectAlive();
    }

    private static void AbortUnderIo(TortureContext context)
    {
        NvmeHost host = context.Host;
        int aborted = 0;
        int claimed = 0;
        int length = Math.Min(context.Space.TransferLengthMaxBytes, 1 << 20);
        for (int turn = 0; turn < 50; turn++)
        {
            var identifiers = new ushort[20];
            for (int i = 0; i < identifiers.Length; i++)
            {
                identifiers[i] = host.Push(context.Queue, context.GoodCommand(NvmOpcode.Read, length));
            }

            context.Queue.RingTail();
            CompletionQueueEntry abort = host.Admin(NvmeCommands.Abort(1, identifiers[context.Random.Next(20)]));
            claimed += abort.CompletionStatus.Status.IsSuccess && (abort.Dword0 & 1) == 0 ? 1 : 0;
            foreach (ushort identifier in identifiers)
            {
                aborted += host.Wait(context.Queue, identifier).CompletionStatus.Status.Code == StatusCode.AbortRequested ? 1 : 0;
            }
        }

        _ = context.Expect(
            "commands that end as aborted, and aborts that say so", $"{claimed}", $"{aborted}", aborted <= 50 && aborted >= claimed);
        context.ExpectAlive();
    }

    private static void AbortLimit(TortureContext context)
    {
        NvmeHost host = context.Host;
        int count = Math.Min(host.AdminQueue.EntryCount - 2, context.Space.Controller.AbortCommandLimitZeroBased + 8);
        var identifiers = new List<ushort>();
        for (int i = 0; i < count; i++)
        {
            identifiers.Add(host.Push(host.AdminQueue, NvmeCommands.Abort(1, (ushort)(0x6000 + i))));
        }

        host.AdminQueue.RingTail();
        int good = 0;
        foreach (ushort identifier in identifiers)
        {
            StatusCode code = host.Wait(host.AdminQueue, identifier).CompletionStatus.Status.Code;
            good += code is StatusCode.Success or StatusCode.AbortCommandLimitExceeded ? 1 : 0;
        }

        _ = context.Expect($"{count} aborts at once, done or over the limit", $"{count}", $"{good}");
    }
}
