using Nvmepf.Firmware.Queues;
using Nvmepf.Hal;
using Nvmepf.Spec;
using Nvmepf.Tests.Admin;
using Nvmepf.Tests.Arbitration;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Defects;

/// <summary>Defects of queues and of the controller's life that docs/defects.md lists: each test fails on a controller that has the defect.</summary>
public sealed class QueueDefectTests
{
    private const ArbitrationMechanism Plain = ArbitrationMechanism.RoundRobin;
    private const ArbitrationMechanism Weighted = ArbitrationMechanism.WeightedRoundRobinWithUrgent;

    [Fact]
    public void Queues_beyond_the_vectors_are_neither_offered_nor_created()
    {
        using AdminHost host = new(
            platform: new FakePlatformOptions { InterruptVectorCount = 3 }, settings: AdminHost.DefaultSettings with { IoQueueCount = 128 });
        Answer offered = host.Run(AdminHost.Command(AdminOpcode.GetFeatures, cdw10: 0x07));
        Assert.Equal(0x0001_0001u, offered.Dword0); // two pairs, zero-based: a vector is the admin queue's
        Answer granted = host.Run(AdminHost.Command(AdminOpcode.SetFeatures, cdw10: 0x07, cdw11: 0x007F_007F));
        Assert.Equal(0x0001_0001u, granted.Dword0);
        foreach (uint identifier in new uint[] { 0, 3, 4, 127, 128, 0x7FFF, 0xFFFF })
        {
            uint size = 15u << 16;
            Answer completion = host.Run(AdminHost.Command(AdminOpcode.CreateIoCompletionQueue, cdw10: identifier | size, cdw11: 1));
            Assert.Equal(StatusCode.InvalidQueueIdentifier, completion.Code);
            Answer submission = host.Run(AdminHost.Command(AdminOpcode.CreateIoSubmissionQueue, cdw10: identifier | size, cdw11: 1 | (1u << 16)));
            Assert.Equal(StatusCode.InvalidQueueIdentifier, submission.Code);
        }
    }

    [Theory]
    [InlineData(256u)]
    [InlineData(300u)]
    [InlineData(0x10000u)]
    [InlineData(0xFFFF_FFFFu)]
    public void A_tail_outside_the_queue_executes_nothing(uint tail)
    {
        using ArbitrationRig rig = new(Plain, [QueuePriority.Urgent], slots: 100, instant: true);
        rig.Fill(1, 5);
        Step(rig, 10);
        Assert.Equal(5, rig.Completed[1]);
        rig.Host.Submission(1).WriteTailDoorbell(tail);
        Step(rig, 1000);
        Assert.Equal(5, rig.Completed[1]);
        rig.Fill(1, 3);
        Step(rig, 10);
        Assert.Equal(8, rig.Completed[1]);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(7)]
    public void A_full_completion_queue_takes_no_more_wherever_its_head_stands(int entries)
    {
        using ArbitrationRig rig = new(Plain, [QueuePriority.Urgent], slots: 100, instant: true);
        Assert.True(rig.Host.CreateCompletionQueue(5, entries, 5).IsSuccess);
        Assert.True(rig.Host.CreateSubmissionQueue(5, 5, 64).IsSuccess);
        TestCompletionQueue completion = rig.Host.Completion(5);
        TestSubmissionQueue submission = rig.Host.Submission(5);
        SubmissionQueueEntry flush = TestHost.Io(NvmOpcode.Flush);
        for (int round = 0; round < 4 * entries; round++)
        {
            // More commands than places, each round from another head; nothing is taken from the controller's view until the doorbell.
            int answered = 0;
            for (int i = 0; i < entries + 3; i++)
            {
                _ = submission.Submit(in flush);
            }

            while (answered < entries + 3)
            {
                rig.Host.RunTurns(20);
                int seen = 0;
                while (completion.TryTake(out CompletionQueueEntry entry))
                {
                    submission.Complete(in entry);
                    seen++;
                    rig.Host.RunTurns(2);
                }

                Assert.Null(rig.Host.ProtocolError);
                Assert.Equal(Math.Min(entries - 1, entries + 3 - answered), seen);
                answered += seen;
                completion.RingHead();
            }
        }
    }

    [Theory]
    [InlineData(Plain, true)]
    [InlineData(Plain, false)]
    [InlineData(Weighted, true)]
    [InlineData(Weighted, false)]
    public void A_queue_deleted_under_load_fetches_nothing_more_and_answers_what_it_had_fetched(ArbitrationMechanism arbitration, bool isMemoryDirect)
    {
        using ArbitrationRig rig = new(arbitration, [QueuePriority.High, QueuePriority.High], isMemoryDirect, slots: 8) { DeletesQueues = true };
        bool sawDeleting = false;
        for (int round = 0; round < 20; round++)
        {
            rig.Run(20 + round, 1, 2);
            rig.Fill(1);
            SubmissionQueueEntry delete = TestHost.Admin(AdminOpcode.DeleteIoSubmissionQueue);
            delete.Cdw10 = 1;
            ushort identifier = rig.Host.AdminQueue.Submit(in delete);
            SubmissionQueue queue = rig.Controller.Queues.Submission(1);
            int headAtBegin = -1;
            while (rig.Host.AdminQueue.IsOutstanding(identifier))
            {
                rig.Fill(1); // the doorbell is rung all the while
                rig.Fill(2);
                rig.Step();
                headAtBegin = headAtBegin < 0 && queue.State == SubmissionQueueState.Deleting ? queue.Head : headAtBegin;
                _ = rig.Host.TryReap(0, out _);
            }

            Assert.True(headAtBegin < 0 || headAtBegin == queue.Head, $"the deletion began with the head at {headAtBegin} and ended with it at {queue.Head}");
            sawDeleting |= headAtBegin >= 0;
            long answered = rig.Completed[1];
            for (int i = 0; i < 50; i++)
            {
                rig.Host.Submission(1).RingTail();
                rig.Fill(2);
                rig.Step();
            }

            Assert.Equal(answered, rig.Completed[1]);
            Assert.True(rig.Host.CreateSubmissionQueue(1, 1, 256, QueuePriority.High).IsSuccess);
            long before = rig.Completed[1];
            rig.Fill(1, 10);
            for (int i = 0; rig.Completed[1] < before + 10; i++)
            {
                Assert.True(i < 10_000, "the queue made anew answers");
                rig.Step();
            }
        }

        Assert.True(sawDeleting, "a deletion waited for commands");
    }

    [Fact]
    public void A_shutdown_is_complete_only_when_the_disk_has_flushed()
    {
        using ArbitrationRig rig = new(Plain, [QueuePriority.Urgent]);
        rig.Host.Write32(
            RegisterOffset.ControllerConfiguration, (rig.Host.EnabledConfiguration with { ShutdownNotification = ShutdownNotification.Normal }).Raw);
        rig.Host.RunTurns(100);
        Assert.Equal(1, rig.Backend.PendingCount); // the flush, for no command is under way
        Assert.Equal(ShutdownStatus.Occurring, rig.Host.Status.ShutdownStatus);
        for (int i = 0; i < 100 && rig.Backend.PendingCount > 0; i++)
        {
            rig.Step();
        }

        Assert.True(rig.Host.RunUntil(() => rig.Host.Status.ShutdownStatus == ShutdownStatus.Complete));
    }

    [Fact]
    public void An_enable_with_bad_values_is_a_fatal_status_and_the_next_good_one_works()
    {
        using ArbitrationRig rig = new(Plain, [QueuePriority.Urgent]);
        ControllerConfiguration good = rig.Host.EnabledConfiguration;
        ControllerConfiguration[] bad =
        [
            good with { MemoryPageSize = 9 },
            good with { ArbitrationMechanismSelected = (ArbitrationMechanism)3 },
            good with { IoCommandSetSelected = (IoCommandSetSelected)1 },
            good with { IoSubmissionQueueEntrySizeLog2 = 7 },
            good with { IoCompletionQueueEntrySizeLog2 = 5 },
        ];
        foreach (ControllerConfiguration wrong in bad)
        {
            Assert.True(rig.Host.Disable());
            rig.Host.Write32(RegisterOffset.ControllerConfiguration, wrong.Raw);
            Assert.True(rig.Host.RunUntil(() => rig.Host.Status.ControllerFatalStatus), $"CC {wrong.Raw:X8}h");
            Assert.False(rig.Host.Status.Ready);
            rig.Host.Write32(RegisterOffset.ControllerConfiguration, 0);
            Assert.True(rig.Host.RunUntil(() => !rig.Host.Status.ControllerFatalStatus));
            Assert.True(rig.Host.Enable());
        }
    }

    [Fact]
    public void Entries_that_a_device_stores_share_no_cache_line_with_anything_else()
    {
        using ArbitrationRig rig = new(Plain, [QueuePriority.Urgent, QueuePriority.Urgent, QueuePriority.Urgent], isMemoryDirect: false);
        const uint Line = 64;
        HashSet<nuint>[] stored = [[], [], [], []];
        HashSet<nuint> read = [];
        rig.Platform.Dma.Taken = (direction, host, local, length) =>
        {
            int queue = 0;
            while (queue < 3 && !Holds(rig.Host.Submission(queue + 1), host))
            {
                queue++;
            }

            bool isFetch = direction == DmaDirection.HostToDevice;
            Assert.True(!isFetch || (local % Line == 0 && length % Line == 0), $"{length} bytes are stored at {local:x}h: lines are shared at the ends");
            for (nuint line = local / Line; line <= (local + (nuint)length - 1) / Line; line++)
            {
                _ = isFetch ? stored[queue].Add(line) : read.Add(line);
            }
        };
        rig.Run(2000, 1, 2, 3);
        for (int i = 0; i < stored.Length; i++)
        {
            Assert.False(stored[i].Overlaps(read), "what the CPU fills for the device shares a line with what the device stores");
            for (int j = 0; j < i; j++)
            {
                Assert.False(stored[i].Overlaps(stored[j]), "two queues share a line");
            }
        }

        Assert.All(stored[..3], lines => Assert.NotEmpty(lines));
    }

    [Fact]
    public void A_host_that_went_silent_after_setting_keep_alive_does_not_keep_the_next_one_out()
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.Success, host.Run(AdminHost.Command(AdminOpcode.SetFeatures, cdw10: 0x0F, cdw11: 1000)).Code);
        for (int i = 0; i < 20 && !host.Controller.Registers.Status.ControllerFatalStatus; i++)
        {
            host.Platform.NowNanoseconds += 1_000_000_000;
            host.Turn();
        }

        Assert.True(host.Controller.Registers.Status.ControllerFatalStatus);
        host.Reset();
        Assert.Equal(StatusCode.Success, host.Run(AdminHost.Command(AdminOpcode.GetFeatures, cdw10: 0x07)).Code);
    }

    private static bool Holds(TestSubmissionQueue queue, ulong host) => host - queue.Address < (ulong)queue.Entries * SubmissionQueueEntry.SizeBytes;

    private static void Step(ArbitrationRig rig, int count)
    {
        for (int i = 0; i < count; i++)
        {
            rig.Step();
        }
    }
}
