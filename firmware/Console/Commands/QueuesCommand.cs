using Nvmepf.Firmware.Queues;

namespace Nvmepf.Firmware.Console.Commands;

/// <summary><c>queues</c>: the queues that hosts have created, where their heads are and what is in flight.</summary>
/// <remarks>Read while the reactor goes on: each number is right for its moment, two numbers may be of two moments.</remarks>
internal static class QueuesCommand
{
    /// <summary>The row.</summary>
    public static ConsoleCommand Row { get; } = new("queues", "", "queues of hosts: size, head, tail, in flight, vector", Run);

    private static void Run(CommandCall call)
    {
        Report report = call.Report;
        report.BeginItems("functions");
        foreach (ConsoleFunction function in call.Functions)
        {
            report.BeginItem($"function {function.Name}:");
            report.Field("name", function.Name, "");
            ShowSubmission(report, function);
            ShowCompletion(report, function);
            report.EndItem();
        }

        report.EndItems();
    }

    private static void ShowSubmission(Report report, ConsoleFunction function)
    {
        report.BeginTable(
            "submission",
            new Column("sqid", 4),
            new Column("state", -8),
            new Column("entries", 7),
            new Column("head", 6),
            new Column("waiting", 7),
            new Column("in_flight", 9),
            new Column("cqid", 5),
            new Column("reactor", 7),
            new Column("doorbell", -8));
        for (int i = 0; i <= function.Controller.IoQueueCount; i++)
        {
            foreach (ConsoleReactor reactor in function.Reactors)
            {
                SubmissionQueue queue = reactor.Queues.Submission(i);
                if (queue.State != SubmissionQueueState.None)
                {
                    string state = queue.State == SubmissionQueueState.Active ? "active" : "deleting";
                    string doorbell = queue.UsesShadowDoorbell ? "shadow" : "register";
                    report.Row(
                        i, state, queue.Entries, queue.Head, queue.WaitingEntries, queue.InFlight, queue.CompletionQueueIdentifier, reactor.Index, doorbell);
                }
            }
        }

        report.EndTable();
    }

    private static void ShowCompletion(Report report, ConsoleFunction function)
    {
        report.BeginTable(
            "completion",
            new Column("cqid", 4),
            new Column("entries", 8),
            new Column("untaken", 8),
            new Column("credits", 8),
            new Column("by_dma", 7),
            new Column("vector", 6),
            new Column("interrupts", -10),
            new Column("sqs", 4),
            new Column("reactor", 7));
        for (int i = 0; i <= function.Controller.IoQueueCount; i++)
        {
            foreach (ConsoleReactor reactor in function.Reactors)
            {
                CompletionQueue queue = reactor.Queues.Completion(i);
                if (queue.Exists)
                {
                    report.Row(
                        i, queue.Entries, queue.UntakenEntries, queue.CreditsTaken, queue.PendingDma, queue.Vector, queue.InterruptsEnabled,
                        queue.SubmissionQueueCount, reactor.Index);
                }
            }
        }

        report.EndTable();
    }
}
