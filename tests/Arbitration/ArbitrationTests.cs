using Nvmepf.Spec;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Arbitration;

/// <summary>Who may hand over the next command: plain round robin, and weighted round robin with urgent priority class.</summary>
public sealed class ArbitrationTests
{
    private const ArbitrationMechanism Plain = ArbitrationMechanism.RoundRobin;
    private const ArbitrationMechanism Weighted = ArbitrationMechanism.WeightedRoundRobinWithUrgent;
    private const QueuePriority Urgent = QueuePriority.Urgent;
    private const QueuePriority High = QueuePriority.High;
    private const QueuePriority Medium = QueuePriority.Medium;
    private const QueuePriority Low = QueuePriority.Low;

    [Fact]
    public void The_controller_offers_weighted_round_robin_with_urgent_class()
    {
        using ArbitrationRig rig = new(Weighted, [High]);
        Assert.Equal(ArbitrationMechanismsSupported.WeightedRoundRobinWithUrgent, rig.Host.Capabilities.ArbitrationMechanismsSupported);
    }

    [Theory]
    [InlineData(7u, 3u, 1u, 6u, true)]
    [InlineData(7u, 3u, 1u, 6u, false)]
    [InlineData(0u, 0u, 0u, 7u, true)]
    [InlineData(99u, 0u, 49u, 0u, true)]
    [InlineData(255u, 255u, 255u, 2u, true)]
    [InlineData(1u, 3u, 7u, 3u, false)]
    public void Busy_classes_share_as_their_weights_say(uint high, uint medium, uint low, uint burstLog2, bool isMemoryDirect)
    {
        using ArbitrationRig rig = new(Weighted, [Low, High, Medium], isMemoryDirect);
        rig.SetArbitration(burstLog2, high, medium, low);
        rig.Run(20_000, 1, 2, 3);
        double sum = high + medium + low + 3;
        Assert.Equal((low + 1) / sum, rig.Share(1), 0.02);
        Assert.Equal((high + 1) / sum, rig.Share(2), 0.02);
        Assert.Equal((medium + 1) / sum, rig.Share(3), 0.02);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(2u)]
    [InlineData(7u)]
    public void Queues_of_a_class_share_alike_whatever_burst_and_weight(uint burstLog2)
    {
        using ArbitrationRig rig = new(Weighted, [High, High, Low, High]);
        rig.SetArbitration(burstLog2, high: 5, low: 1);
        rig.Run(20_000, 1, 2, 3, 4);
        Assert.Equal(0.25, rig.Share(3), 0.02);
        foreach (int queue in new[] { 1, 2, 4 })
        {
            Assert.Equal(0.25, rig.Share(queue), 0.02);
        }
    }

    [Fact]
    public void A_class_that_has_nothing_to_do_gives_its_share_away()
    {
        using ArbitrationRig rig = new(Weighted, [High, Medium, Low]);
        rig.SetArbitration(6, high: 255, medium: 1, low: 0);
        rig.Run(3_000, 2, 3);
        Assert.Equal(2.0 / 3, rig.Share(2), 0.02);
        Assert.Equal(1.0 / 3, rig.Share(3), 0.02);
    }

    [Fact]
    public void A_class_whose_completions_are_not_taken_does_not_hold_the_others_up()
    {
        using ArbitrationRig rig = new(Weighted, [High, Low], slots: 200, instant: true, sharedCompletion: false);
        Assert.True(rig.Host.DeleteSubmissionQueue(1).IsSuccess);
        Assert.True(rig.Host.CreateCompletionQueue(5, 4, 5).IsSuccess);
        Assert.True(rig.Host.CreateSubmissionQueue(1, 5, 256, High).IsSuccess);
        rig.SetArbitration(6, high: 100, low: 0);
        rig.Run(1_000, 1, 2); // nobody takes what is in completion queue 5
        Assert.Equal(1_000, rig.Completed[2], 256.0);
        Assert.Equal(3, rig.Host.Completion(5).Entries - 1);
    }

    [Fact]
    public void Urgent_commands_come_before_all_others()
    {
        using ArbitrationRig rig = new(Weighted, [High, Urgent, Low, Urgent]);
        rig.SetArbitration(2, high: 255, low: 255);
        rig.Run(3_000, 1, 2, 3, 4);
        Assert.Equal(0, rig.Completed[1] + rig.Completed[3]);
        Assert.Equal(0.5, rig.Share(2), 0.02);
        rig.Run(6_000, 1, 3); // and the others when there are none left
        Assert.True(rig.Completed[1] > 2_000 && rig.Completed[3] > 2_000);
    }

    [Fact]
    public void The_admin_queue_is_served_under_the_load_of_urgent_queues()
    {
        using ArbitrationRig rig = new(Weighted, [Urgent, High]);
        rig.Run(100, 1, 2);
        SubmissionQueueEntry entry = TestHost.Admin(AdminOpcode.GetFeatures);
        entry.Cdw10 = 1;
        ushort identifier = rig.Host.AdminQueue.Submit(in entry);
        rig.Run(10, 1, 2);
        Assert.True(rig.Host.WaitFor(rig.Host.AdminQueue, identifier).CompletionStatus.Status.IsSuccess);
    }

    [Fact]
    public void Priorities_mean_nothing_to_plain_round_robin()
    {
        using ArbitrationRig rig = new(Plain, [Low, Urgent, High]);
        rig.SetArbitration(6, high: 255);
        rig.Run(9_000, 1, 2, 3);
        for (int queue = 1; queue <= 3; queue++)
        {
            Assert.Equal(1.0 / 3, rig.Share(queue), 0.02);
        }
    }

    [Theory]
    [InlineData(Plain)]
    [InlineData(Weighted)]
    public void A_noisy_queue_does_not_starve_another(ArbitrationMechanism arbitration)
    {
        using ArbitrationRig rig = new(arbitration, [Medium, Medium, Medium], slots: 4);
        rig.SetArbitration(7);
        rig.Run(500, 1); // all slots are its own by now
        for (int i = 0; i < 200; i++)
        {
            // One command at a time against a queue that is always full.
            long before = rig.Completed[3];
            rig.Fill(3, 1);
            long noiseBefore = rig.Completed[1];
            for (int turns = 0; rig.Completed[3] == before; turns++)
            {
                Assert.True(turns < 1000, "a single command waits behind a noisy queue");
                rig.Fill(1);
                rig.Step();
            }

            // A visit of 64 under weighted arbitration, and what the disk, which ends its commands in any order, had before or took besides.
            Assert.True(rig.Completed[1] - noiseBefore <= 64 + 64, $"{rig.Completed[1] - noiseBefore} commands of the noisy queue overtook one");
        }
    }

    [Theory]
    [InlineData(Plain, 0u, 1)]
    [InlineData(Plain, 2u, 4)]
    [InlineData(Plain, 6u, 64)]
    [InlineData(Plain, 7u, 100)]
    [InlineData(Weighted, 0u, 1)]
    [InlineData(Weighted, 2u, 4)]
    [InlineData(Weighted, 5u, 32)]
    [InlineData(Weighted, 7u, 64)]
    public void A_queue_hands_over_one_burst_in_a_visit(ArbitrationMechanism arbitration, uint burstLog2, int run)
    {
        using ArbitrationRig rig = new(arbitration, [Medium, Medium], slots: 200, instant: true, sharedCompletion: true);
        rig.SetArbitration(burstLog2, medium: 255);
        rig.Fill(1, 100);
        rig.Fill(2, 100);
        for (int turns = 0; rig.Order.Count < 200; turns++)
        {
            Assert.True(turns < 1000);
            rig.Step();
        }

        List<int> runs = [];
        for (int i = 0, start = 0; i < 200; i++)
        {
            if (i + 1 == 200 || rig.Order[i + 1] != rig.Order[i])
            {
                runs.Add(i + 1 - start);
                start = i + 1;
            }
        }

        Assert.All(runs.Take(100 / run * 2), length => Assert.Equal(run, length));
    }

    [Fact]
    public void What_a_reset_leaves_is_plain_round_robin_with_the_default_burst()
    {
        using ArbitrationRig rig = new(Weighted, [High, Low]);
        rig.SetArbitration(1, high: 9);
        Assert.True(rig.Host.Disable());
        Assert.True(rig.Host.Enable());
        Assert.Equal(64, rig.Controller.Features.ArbitrationBurst);
        Assert.Equal(0, rig.Controller.Features.Current.Arbitration.HighPriorityWeightZeroBased);
    }
}
