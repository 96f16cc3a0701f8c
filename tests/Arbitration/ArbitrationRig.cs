using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Spec;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Arbitration;

/// <summary>
/// A controller with few command slots and a disk that takes its time, and a host that keeps queues of chosen priorities full: what the disk
/// cannot take at once waits in the queues, and arbitration decides who is next.
/// </summary>
internal sealed class ArbitrationRig : IDisposable
{
    private const int AdminReserve = 16;
    private readonly EventLog _log = new(Stream.Null);
    private readonly int _queueCount;

    /// <param name="arbitration">CC.AMS.</param>
    /// <param name="priorities">QPRIO of SQ 1, 2 ...</param>
    /// <param name="isMemoryDirect">False where queue entries come by DMA.</param>
    /// <param name="slots">Commands that may be under way.</param>
    /// <param name="instant">The disk ends everything at once.</param>
    /// <param name="sharedCompletion">All completions go to CQ 1, in the order in which the commands ended.</param>
    public ArbitrationRig(
        ArbitrationMechanism arbitration,
        QueuePriority[] priorities,
        bool isMemoryDirect = true,
        int slots = 6,
        bool instant = false,
        bool sharedCompletion = false)
    {
        Platform = new FakePlatform();
        Backend = new TestBackend(1 << 20, 1) { InstantOneIn = instant ? 1 : 0 };
        _queueCount = priorities.Length;
        ControllerSettings settings = new()
        {
            SubsystemNqn = "nqn.2014-08.org.nvmexpress:test", Serial = "1", CommandSlots = AdminReserve + slots, TransferBuffers = 4, IoQueueCount = 8,
        };
        Controller = new NvmeController(
            settings, Platform, new NamespaceTable([new NvmeNamespace(1, Backend, 512, Guid.NewGuid(), new byte[16])]), _log);
        Platform.Start(Controller);
        Platform.QueueLinkUp();
        Host = new TestHost(
            Platform, Turn, new TestHostOptions { MemoryLengthBytes = 0x100_0000, Arbitration = arbitration, IsMemoryDirect = isMemoryDirect });
        Host.Settle();
        Assert.True(Host.Enable());
        for (ushort i = 1; i <= priorities.Length; i++)
        {
            ushort completion = sharedCompletion ? (ushort)1 : i;
            if (i == completion)
            {
                Assert.True(Host.CreateCompletionQueue(i, 1024, i).IsSuccess);
            }

            Assert.True(Host.CreateSubmissionQueue(i, completion, 256, priorities[i - 1]).IsSuccess);
        }

        Completed = new long[priorities.Length + 1];
    }

    public FakePlatform Platform { get; }

    /// <summary>The disk; it holds what it was given until it is pumped, as each step does a little.</summary>
    public TestBackend Backend { get; }

    public NvmeController Controller { get; }

    public TestHost Host { get; }

    /// <summary>Completions of each submission queue.</summary>
    public long[] Completed { get; }

    /// <summary>The test deletes queues: commands may end by that.</summary>
    public bool DeletesQueues { get; set; }

    /// <summary>Submission queues of the completions, in their order.</summary>
    public List<int> Order { get; } = [];

    /// <summary>Set Features, Arbitration: burst as its logarithm, weights zero-based as on the wire.</summary>
    public void SetArbitration(uint burstLog2, uint high = 0, uint medium = 0, uint low = 0)
    {
        SubmissionQueueEntry entry = TestHost.Admin(AdminOpcode.SetFeatures);
        entry.Cdw10 = 1;
        entry.Cdw11 = burstLog2 | (low << 8) | (medium << 16) | (high << 24);
        Assert.True(Host.Execute(Host.AdminQueue, in entry).CompletionStatus.Status.IsSuccess);
    }

    /// <summary>Puts commands into a queue, as many as wanted or fit.</summary>
    public void Fill(int queue, int count = int.MaxValue)
    {
        TestSubmissionQueue submission = Host.Submission(queue);
        SubmissionQueueEntry flush = TestHost.Io(NvmOpcode.Flush);
        int put = 0;
        for (; put < count && !submission.IsFull; put++)
        {
            submission.Put(in flush);
        }

        if (put > 0)
        {
            submission.RingTail();
        }
    }

    /// <summary>Keeps the named queues full until that many commands have completed.</summary>
    public void Run(long commands, params int[] full)
    {
        long before = Completed.Sum();
        for (int turns = 0; Completed.Sum() - before < commands; turns++)
        {
            Assert.True(turns < 100 * commands, $"after {turns} turns {Completed.Sum() - before} of {commands} commands have completed");
            foreach (int queue in full)
            {
                Fill(queue);
            }

            Step();
        }
    }

    /// <summary>One turn; the disk ends some of what it holds; completions are taken.</summary>
    public void Step()
    {
        _ = Turn();
        Backend.Pump(Controller.Engine);
        for (int queue = 1; queue <= _queueCount; queue++)
        {
            Reap(queue);
        }

        Assert.Null(Host.ProtocolError);
    }

    /// <summary>Share of the queue in all completions.</summary>
    public double Share(int queue) => Completed[queue] / (double)Completed.Sum();

    public void Dispose()
    {
        for (int i = 0; i < 1000 && Backend.PendingCount > 0; i++)
        {
            Backend.Pump(Controller.Engine);
        }

        Controller.Dispose();
        Platform.Dispose();
        Backend.Dispose();
        _log.Dispose();
    }

    private void Reap(int queue)
    {
        if (Host.Submission(queue).CompletionQueueIdentifier != queue)
        {
            return;
        }

        while (Host.TryReap(queue, out CompletionQueueEntry completion))
        {
            Status status = completion.CompletionStatus.Status;
            Assert.True(status.IsSuccess || (DeletesQueues && status.Code == StatusCode.AbortedSqDeletion), $"{status.Code}");
            Completed[completion.SubmissionQueueIdentifier]++;
            Order.Add(completion.SubmissionQueueIdentifier);
        }
    }

    private bool Turn()
    {
        bool worked = Platform.Poll();
        return (Controller.Turn(Platform.NowNanoseconds) > 0) | worked;
    }
}
