using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Spec;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Lifecycle;

/// <summary>
/// When a message is deferred because the host has not answered the one before, and when it is sent after all; masks and changes of the kind
/// of interrupt, which meet the same books.
/// </summary>
public sealed class AdaptiveInterruptTests
{
    private const int LimitMicroseconds = 100;

    [Fact]
    public void A_second_message_waits_for_the_head_and_is_sent_when_completions_are_left_behind_it()
    {
        using Rig rig = new(LimitMicroseconds);
        rig.Complete(1);
        Assert.Equal(1, rig.Raised(1));
        rig.Complete(1);
        rig.Complete(1);
        Assert.Equal(1, rig.Raised(1));
        Assert.True(rig.Controller.Queues.Coalescer.IsWaiting);
        rig.Take(1, 2); // and the third was posted after the host's last look
        Assert.Equal(2, rig.Raised(1));
        rig.Complete(1);
        Assert.Equal(2, rig.Raised(1));
        rig.Take(1, 2);
        Assert.Equal(2, rig.Raised(1)); // nothing is left
        Assert.False(rig.Controller.Queues.Coalescer.IsWaiting);
        rig.Complete(1);
        Assert.Equal(3, rig.Raised(1));
    }

    [Fact]
    public void A_host_that_is_late_with_its_head_is_told_after_the_limit()
    {
        using Rig rig = new(LimitMicroseconds);
        rig.Complete(1);
        rig.Complete(1);
        rig.Pass(LimitMicroseconds - 1);
        Assert.Equal(1, rig.Raised(1));
        rig.Pass(1);
        Assert.Equal(2, rig.Raised(1));
        rig.Pass(10 * LimitMicroseconds);
        Assert.Equal(2, rig.Raised(1)); // one message tells of all
        rig.Complete(1);
        Assert.Equal(3, rig.Raised(1)); // the last is old enough
    }

    [Fact]
    public void Queues_of_one_vector_answer_for_each_other_and_those_of_other_vectors_do_not()
    {
        using Rig rig = new(LimitMicroseconds);
        rig.Complete(1);
        rig.Complete(3); // vector 1 as well
        rig.Complete(2);
        Assert.Equal((1, 1), (rig.Raised(1), rig.Raised(2)));
        rig.Complete(2);
        rig.Take(1, 1);
        Assert.Equal((2, 1), (rig.Raised(1), rig.Raised(2)));
    }

    [Fact]
    public void A_queue_that_goes_answers_for_the_others_of_its_vector_and_a_new_one_waits_for_nobody()
    {
        using Rig rig = new(1_000_000);
        rig.Complete(1);
        rig.Complete(3);
        Assert.Equal(1, rig.Raised(1));
        Assert.True(rig.Host.DeleteSubmissionQueue(1).IsSuccess);
        Assert.True(rig.Host.DeleteCompletionQueue(1).IsSuccess);
        Assert.Equal(2, rig.Raised(1));
        Assert.True(rig.Host.CreateCompletionQueue(1, 8, 1).IsSuccess);
        Assert.True(rig.Host.CreateSubmissionQueue(1, 1, 8).IsSuccess);
        rig.Complete(1);
        Assert.Equal(3, rig.Raised(1));
    }

    [Fact]
    public void Switched_off_every_completion_is_announced()
    {
        using Rig rig = new(0);
        for (int i = 1; i <= 5; i++)
        {
            rig.Complete(1);
            Assert.Equal(i, rig.Raised(1));
        }
    }

    [Fact]
    public void Coalescing_counts_and_waits_before_a_message_is_deferred()
    {
        using Rig rig = new(1000);
        SubmissionQueueEntry set = TestHost.Admin(AdminOpcode.SetFeatures);
        set.Cdw10 = 8;
        set.Cdw11 = 1 | (5 << 8); // two completions, 500 us
        rig.Host.Execute(rig.Host.AdminQueue, in set);
        rig.Complete(1);
        rig.Pass(499);
        Assert.Equal(0, rig.Raised(1));
        rig.Complete(1);
        Assert.Equal(1, rig.Raised(1));
        rig.Complete(1);
        rig.Complete(1); // the threshold again, which is deferred
        Assert.Equal(1, rig.Raised(1));
        rig.Take(1, 3);
        Assert.Equal(2, rig.Raised(1));
        rig.Take(1, 1);
        rig.Complete(1);
        rig.Pass(500);
        Assert.Equal(3, rig.Raised(1));
    }

    [Fact]
    public void What_the_host_has_taken_by_itself_is_not_announced_and_no_answer_to_that_is_waited_for()
    {
        using Rig rig = new(10_000_000);
        SubmissionQueueEntry set = TestHost.Admin(AdminOpcode.SetFeatures);
        set.Cdw10 = 8;
        set.Cdw11 = 0xFF | (1 << 8); // 100 us
        rig.Host.Execute(rig.Host.AdminQueue, in set);
        rig.Complete(1);
        rig.Take(1, 1);
        rig.Pass(100);
        Assert.Equal(0, rig.Raised(1));
        rig.Complete(1);
        rig.Pass(100);
        Assert.Equal(1, rig.Raised(1));
    }

    [Fact]
    public void A_mask_that_ends_announces_what_waits_to_be_taken_and_nothing_else()
    {
        using Rig rig = new(LimitMicroseconds);
        rig.Platform.IsMsixEnabled = false;
        rig.Complete(1);
        rig.Complete(1);
        rig.Host.Write32(RegisterOffset.InterruptMaskSet, 2);
        rig.Pass(10 * LimitMicroseconds);
        Assert.Equal(1, rig.Raised(1)); // the deferred one is masked now
        rig.Take(1, 1);
        rig.Host.Write32(RegisterOffset.InterruptMaskClear, 2);
        Assert.Equal(2, rig.Raised(1));
        rig.Host.Write32(RegisterOffset.InterruptMaskSet, 2);
        rig.Complete(1);
        rig.Take(1, 2);
        rig.Host.Write32(RegisterOffset.InterruptMaskClear, 2);
        Assert.Equal(2, rig.Raised(1));
    }

    [Fact]
    public void Another_kind_of_interrupt_announces_what_waits_to_be_taken()
    {
        using Rig rig = new(LimitMicroseconds);
        rig.Complete(1);
        rig.Complete(2);
        rig.Take(2, 1);
        rig.Platform.HasLevelInterrupts = true;
        rig.Platform.IsMsixEnabled = false;
        rig.Controller.InterruptKindChanged();
        rig.Host.RunTurns(3);
        Assert.True(rig.Platform.IsInterruptPending(1)); // a level
        Assert.False(rig.Platform.IsInterruptPending(2));
        rig.Platform.HasLevelInterrupts = false;
        rig.Platform.IsMsixEnabled = true;
        long before = rig.Platform.InterruptCount(1);
        rig.Controller.InterruptKindChanged();
        Assert.False(rig.Platform.IsInterruptPending(1));
        Assert.Equal(before + 1, rig.Platform.InterruptCount(1));
    }

    [Fact]
    public void A_level_is_not_raised_for_what_the_host_has_taken_already()
    {
        using Rig rig = new(LimitMicroseconds);
        SubmissionQueueEntry set = TestHost.Admin(AdminOpcode.SetFeatures);
        set.Cdw10 = 8;
        set.Cdw11 = 0xFF | (1 << 8);
        rig.Host.Execute(rig.Host.AdminQueue, in set);
        rig.Platform.HasLevelInterrupts = true;
        rig.Platform.IsMsixEnabled = false;
        long before = rig.Platform.InterruptCount(1);
        rig.Complete(1);
        rig.Take(1, 1); // by a host that polls as well
        rig.Pass(200);
        Assert.Equal(before, rig.Platform.InterruptCount(1));
    }

    /// <summary>Queues 1 to 3, of which 1 and 3 have vector 1, and a clock that moves when it is told.</summary>
    private sealed class Rig : IDisposable
    {
        private readonly EventLog _log = new(Stream.Null);

        public Rig(int adaptiveMicroseconds)
        {
            Platform = new FakePlatform(new FakePlatformOptions()) { NanosecondsPerPoll = 0 };
            ControllerSettings settings = new()
            {
                SubsystemNqn = "nqn.2014-08.org.nvmexpress:test",
                Serial = "1",
                CommandSlots = 64,
                TransferBuffers = 4,
                IoQueueCount = 4,
                AdaptiveInterruptsMicroseconds = adaptiveMicroseconds,
            };
            Controller = new NvmeController(settings, Platform, new NamespaceTable([]), _log);
            Platform.Start(Controller);
            Platform.QueueLinkUp();
            Host = new TestHost(Platform, Turn, new TestHostOptions { MemoryLengthBytes = 0x40_0000 });
            Host.Settle();
            Assert.True(Host.Enable());
            for (ushort i = 1; i <= 3; i++)
            {
                Assert.True(Host.CreateCompletionQueue(i, 8, (ushort)(i == 3 ? 1 : i)).IsSuccess);
                Assert.True(Host.CreateSubmissionQueue(i, i, 8).IsSuccess);
            }
        }

        public FakePlatform Platform { get; }

        public NvmeController Controller { get; }

        public TestHost Host { get; }

        /// <summary>Lets one command complete on a queue, and the host not look.</summary>
        public void Complete(int queue)
        {
            SubmissionQueueEntry unknown = TestHost.Io((NvmOpcode)0x7E);
            Host.Submission(queue).Submit(in unknown);
            Host.RunTurns(5);
        }

        /// <summary>Takes completions, and writes the head once.</summary>
        public void Take(int queue, int count)
        {
            for (int i = 0; i < count; i++)
            {
                Assert.True(Host.Completion(queue).TryTake(out CompletionQueueEntry entry));
                Host.Submission(queue).Complete(in entry);
            }

            Host.Completion(queue).RingHead();
            Host.RunTurns(3);
        }

        public void Pass(int microseconds)
        {
            Platform.NowNanoseconds += microseconds * 1000L;
            Host.RunTurns(3);
        }

        /// <summary>Messages of a vector since the queues were made.</summary>
        public int Raised(int vector) => (int)Platform.InterruptCount(vector);

        public void Dispose()
        {
            Controller.Dispose();
            Platform.Dispose();
            _log.Dispose();
        }

        private bool Turn()
        {
            bool worked = Platform.Poll();
            return (Controller.Turn(Platform.NowNanoseconds) > 0) | worked;
        }
    }
}
