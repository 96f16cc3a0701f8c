using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Torture;

/// <summary>
/// Queues of odd shapes in use: shared and tiny completion queues, back-pressure, deletion while commands run, interrupts.
/// </summary>
internal static class QueueUseChecks
{
    internal static IReadOnlyList<TortureCheck> All { get; } =
    [
        new("queue-use/odd-sizes", OddSizes),
        new("queue-use/largest", Largest),
        new("queue-use/shared-completion-queue", SharedCompletionQueue),
        new("queue-use/completion-queue-full", CompletionQueueFull),
        new("queue-use/tiny-shared-completion-queue", TinySharedCompletionQueue),
        new("queue-use/delete-under-io", DeleteUnderIo),
        new("queue-use/delete-with-full-cq", DeleteWithFullCompletionQueue),
        new("queue-use/duplicate-identifiers", DuplicateIdentifiers),
        new("queue-use/interrupts", Interrupts),
        new("queue-use/shared-vector", SharedVector),
    ];

    private static void OddSizes(TortureContext context)
    {
        NvmeHost host = context.Host;
        host.DeleteQueues();
        foreach ((int submission, int completion) in new[] { (2, 2), (2, 3), (3, 2), (7, 5), (63, 65) })
        {
            HostCompletionQueue cq = host.CreateCompletionQueue(1, completion);
            HostSubmissionQueue sq = host.CreateSubmissionQueue(1, submission, cq);
            int good = Many(context, 300, sq);
            _ = context.Expect($"SQ of {submission}, CQ of {completion} entries", "300 good", $"{good} good");
            host.DeleteSubmissionQueue(sq);
            host.DeleteCompletionQueue(cq);
        }
    }

    private static void Largest(TortureContext context)
    {
        NvmeHost host = context.Host;
        int entries = Math.Min(4096, host.Capabilities.MaximumQueueEntriesSupportedZeroBased + 1);
        host.DeleteQueues();
        HostSubmissionQueue queue = host.CreateSubmissionQueue(1, entries, host.CreateCompletionQueue(1, entries));
        int good = Many(context, (3 * entries) + 5, queue);
        _ = context.Expect($"queue pair of {entries} entries, filled", $"{(3 * entries) + 5} good", $"{good} good");
    }

    private static void SharedCompletionQueue(TortureContext context)
    {
        NvmeHost host = context.Host;
        host.DeleteQueues();
        int count = Math.Min(4, (int)(host.Admin(NvmeCommands.GetFeatures(0x07)).Dword0 & 0xFFFF) + 1);
        HostCompletionQueue shared = host.CreateCompletionQueue(1, 128);
        var queues = new HostSubmissionQueue[count];
        for (ushort i = 0; i < count; i++)
        {
            queues[i] = host.CreateSubmissionQueue((ushort)(i + 1), 16 + i, shared);
        }

        int good = Many(context, 1000, queues);
        _ = context.Expect($"{count} submission queues on one completion queue", "1000 good", $"{good} good");
        host.DeleteSubmissionQueue(queues[0]);
        good = Many(context, 200, queues.AsSpan(1));
        _ = context.Expect("the others after one was deleted", "200 good", $"{good} good");
    }

    private static void CompletionQueueFull(TortureContext context)
    {
        NvmeHost host = context.Host;
        host.DeleteQueues();
        HostCompletionQueue completion = host.CreateCompletionQueue(1, 4);
        HostSubmissionQueue queue = host.CreateSubmissionQueue(1, 64, completion);
        for (int i = 0; i < 20; i++)
        {
            _ = host.Push(queue, NvmeCommands.Flush(context.NamespaceIdentifier));
        }

        queue.RingTail();
        Wait(completion);
        TortureContext.Linger(50);
        int first = host.Poll(completion, ringHead: false);
        TortureContext.Linger(50);
        int more = completion.HasEntry() ? 1 : 0;
        _ = context.Expect(
            "completions in a queue of 4 whose head never moves", "3, then none", $"{first}, then {(more == 0 ? "none" : "more")}");
        _ = context.Expect(
            "admin commands meanwhile", "Success", $"{host.Admin(NvmeCommands.GetFeatures(0x07)).CompletionStatus.Status.Code}");
        completion.RingHead();
        Deadline deadline = Deadline.After(host.Options.Timeout);
        int total = first;
        while (total < 20 && !deadline.Passed)
        {
            total += host.Poll(completion);
        }

        _ = context.Expect("completions after the head moves again", "20", $"{total}");
        context.ExpectAlive();
    }

    private static void TinySharedCompletionQueue(TortureContext context)
    {
        NvmeHost host = context.Host;
        host.DeleteQueues();
        int count = Math.Min(4, (int)(host.Admin(NvmeCommands.GetFeatures(0x07)).Dword0 & 0xFFFF) + 1);
        HostCompletionQueue shared = host.CreateCompletionQueue(1, 3);
        var queues = new HostSubmissionQueue[count];
        for (ushort i = 0; i < count; i++)
        {
            queues[i] = host.CreateSubmissionQueue((ushort)(i + 1), 32, shared);
        }

        int good = Many(context, 800, queues);
        _ = context.Expect($"{count} submission queues on a completion queue of 3", "800 good", $"{good} good");
    }

    private static void DeleteUnderIo(TortureContext context)
    {
        NvmeHost host = context.Host;
        for (int turn = 0; turn < 20; turn++)
        {
            int length = 1 << context.Random.Next(9, 17);
            for (int i = 0; i < 40; i++)
            {
                _ = host.Push(context.Queue, context.GoodCommand(NvmOpcode.Read, length));
            }

            context.Queue.RingTail();
            HostCompletionQueue completion = context.Queue.CompletionQueue;
            host.DeleteSubmissionQueue(context.Queue);
            context.Data.Slice(0, 65536).Bytes.Fill(0x5A);
            TortureContext.Linger(2);
            bool late = completion.HasEntry();
            bool written = context.Data.Slice(0, 65536).Bytes.ContainsAnyExcept((byte)0x5A);
            if (late || written || turn == 19)
            {
                _ = context.Expect("after Delete SQ has completed with commands under way", "nothing comes",
                    late ? "a completion comes" : written ? "data comes" : "nothing comes");
            }

            host.DeleteCompletionQueue(completion);
            host.CreateQueuePair(1, TortureContext.QueueEntries);
        }

        context.ExpectAlive();
    }

    private static void DeleteWithFullCompletionQueue(TortureContext context)
    {
        NvmeHost host = context.Host;
        host.DeleteQueues();
        HostCompletionQueue completion = host.CreateCompletionQueue(1, 2);
        HostSubmissionQueue queue = host.CreateSubmissionQueue(1, 64, completion);
        for (int i = 0; i < 30; i++)
        {
            _ = host.Push(queue, context.GoodCommand(NvmOpcode.Read, 4096));
        }

        queue.RingTail();
        Wait(completion);
        context.ExpectAdminStatus("delete an SQ whose CQ is full", StatusCode.Success, NvmeCommands.DeleteSubmissionQueue(1));
        context.ExpectAdminStatus("delete the full CQ", StatusCode.Success, NvmeCommands.DeleteCompletionQueue(1));
        context.ExpectRecovery("deletion of queues that were stuck");
    }

    private static void DuplicateIdentifiers(TortureContext context)
    {
        NvmeHost host = context.Host;
        SubmissionQueueEntry command = context.GoodCommand(NvmOpcode.Read, 65536);
        command.Cdw0 = command.Cdw0 with { CommandIdentifier = 0x7777 };
        for (int i = 0; i < 8; i++)
        {
            context.Queue.Push(in command);
        }

        context.Queue.RingTail();
        int taken = 0;
        int conflicts = 0;
        Deadline deadline = Deadline.After(host.Options.Timeout);
        while (taken < 8 && !deadline.Passed)
        {
            if (context.Queue.CompletionQueue.TryTake(out CompletionQueueEntry entry))
            {
                taken++;
                conflicts += entry.CompletionStatus.Status.Code == StatusCode.CommandIdConflict ? 1 : 0;
                context.Queue.CompletionQueue.RingHead();
            }
        }

        _ = context.Expect("eight commands of one identifier, good or Command ID Conflict", "8 completions", $"{taken} completions");
        context.ExpectRecovery("duplicate command identifiers");
    }

    private static void Interrupts(TortureContext context)
    {
        NvmeHost host = context.Host;
        PciFunction function = host.Function;
        InterruptKind kind = KindOf(context);
        function.EnableInterrupts(kind, kind == InterruptKind.Msix ? Math.Min(4, function.MsixTableSize()) : 4);
        int vectors = function.AssignedVectors;
        host.DeleteQueues();
        HostCompletionQueue loud = host.CreateCompletionQueue(1, 16, vectors - 1);
        HostCompletionQueue silent = host.CreateCompletionQueue(2, 16);
        HostSubmissionQueue first = host.CreateSubmissionQueue(1, 16, loud);
        HostSubmissionQueue second = host.CreateSubmissionQueue(2, 16, silent);
        for (int vector = 0; vector < vectors; vector++)
        {
            _ = function.TakeInterrupts(vector);
        }

        _ = host.Submit(first, NvmeCommands.Flush(context.NamespaceIdentifier));
        ulong count = function.WaitForInterrupt(vectors - 1, Deadline.AfterMilliseconds(2000));
        _ = context.Expect($"interrupts on vector {vectors - 1} for a completion", "1", $"{count}");
        _ = context.Expect("the completion is there when its interrupt comes", "True", $"{loud.HasEntry()}");
        _ = host.Poll(loud);
        _ = host.Execute(second, NvmeCommands.Flush(context.NamespaceIdentifier));
        TortureContext.Linger();
        ulong others = 0;
        for (int vector = 0; vector < vectors; vector++)
        {
            others += function.TakeInterrupts(vector);
        }

        _ = context.Expect("interrupts for a queue without interrupts", "0", $"{others}");
        _ = host.Submit(host.AdminQueue, NvmeCommands.GetFeatures(0x07));
        _ = context.Expect(
            "interrupts on vector 0 for an admin completion", "1", $"{function.WaitForInterrupt(0, Deadline.AfterMilliseconds(2000))}");
        _ = host.Poll(host.AdminQueue.CompletionQueue);
        function.DisableInterrupts();
        context.ExpectRecovery($"{kind} enabled and disabled");
    }

    private static void SharedVector(TortureContext context)
    {
        NvmeHost host = context.Host;
        host.Function.EnableInterrupts(KindOf(context), 1);
        host.DeleteQueues();
        HostSubmissionQueue first = host.CreateSubmissionQueue(1, 64, host.CreateCompletionQueue(1, 64, 0));
        HostSubmissionQueue second = host.CreateSubmissionQueue(2, 64, host.CreateCompletionQueue(2, 64, 0));
        _ = host.Function.TakeInterrupts(0);
        int good = Many(context, 200, first, second);
        _ = context.Expect("two completion queues on vector 0", "200 good", $"{good} good");
        if (KindOf(context) == InterruptKind.Intx)
        {
            return; // a level is gone when all is taken
        }

        ulong count = host.Function.WaitForInterrupt(0, Deadline.AfterMilliseconds(2000));
        _ = context.Expect("interrupts on the shared vector", "1 to 200", $"{count}", count is >= 1 and <= 200);
    }

    /// <summary>The kind that this host was told to take, or the best that the function has.</summary>
    private static InterruptKind KindOf(TortureContext context)
    {
        PciFunction function = context.Host.Function;
        return context.Options.Vectors > 0 ? context.Options.Interrupts
            : function.MsixTableSize() > 0 ? InterruptKind.Msix
            : function.MsiMessages() > 0 ? InterruptKind.Msi
            : InterruptKind.Intx;
    }

    /// <summary>Runs flushes over queues in turn, as many outstanding as they hold, and counts the good ones.</summary>
    private static int Many(TortureContext context, int count, params ReadOnlySpan<HostSubmissionQueue> queues)
    {
        NvmeHost host = context.Host;
        var waiting = new List<(HostSubmissionQueue Queue, ushort Identifier)>();
        for (int i = 0; i < count; i++)
        {
            HostSubmissionQueue queue = queues[i % queues.Length];
            waiting.Add((queue, host.Push(queue, NvmeCommands.Flush(context.NamespaceIdentifier))));
            if (context.Random.Next(4) == 0)
            {
                queue.RingTail();
            }
        }

        foreach (HostSubmissionQueue queue in queues)
        {
            queue.RingTail();
        }

        int good = 0;
        foreach ((HostSubmissionQueue queue, ushort identifier) in waiting)
        {
            good += host.Wait(queue, identifier).CompletionStatus.Status.IsSuccess ? 1 : 0;
        }

        return good;
    }

    private static void Wait(HostCompletionQueue queue)
    {
        Deadline deadline = Deadline.AfterMilliseconds(5000);
        while (!queue.HasEntry() && !deadline.Passed)
        {
            Thread.Sleep(0);
        }
    }
}
