using System;
using System.Collections.Generic;
using System.Threading;
using Nvmepf.Hal.Linux;
using Xunit;

namespace Nvmepf.Tests.Linux;

/// <summary>The rings themselves: sizes, bounds, wrap-around, waking, and that a turn costs no managed memory.</summary>
public sealed unsafe class IoUringTests
{
    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void A_ring_knows_its_sizes_and_the_operations_of_the_kernel(IoUringMode mode)
    {
        using IoUring ring = IoUringHarness.Create(mode, 5, 20);
        Assert.Equal(8u, ring.SubmissionEntries);
        Assert.Equal(32u, ring.CompletionEntries);
        Assert.Equal(8u, ring.Available);
        Assert.True(ring.Fd >= 0);
        Assert.Equal(1, Files.IsCloseOnExec(ring.Fd));
        foreach (IoUringOperation operation in Enum.GetValues<IoUringOperation>())
        {
            Assert.True(ring.Supports(operation), operation.ToString());
        }
        Assert.False(ring.Supports((IoUringOperation)255));
        Assert.NotEqual(IoUringFeatures.None, ring.Features & IoUringFeatures.SubmitStable);
    }

    [Fact]
    public void The_best_mode_of_this_kernel_is_taken()
    {
        using IoUring ring = IoUringHarness.Create();
        Version kernel = Environment.OSVersion.Version;
        IoUringMode expected = kernel >= new Version(6, 1) ? IoUringMode.DeferredTaskRun
            : kernel >= new Version(5, 19) ? IoUringMode.CooperativeTaskRun : IoUringMode.Plain;
        Assert.Equal(expected, ring.Mode);
    }

    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void Preparing_stops_when_the_submission_ring_is_full(IoUringMode mode)
    {
        using IoUring ring = IoUringHarness.Create(mode);
        for (ulong i = 0; i < 8; i++)
        {
            Assert.True(ring.TryNop(i));
        }
        Assert.Equal(0u, ring.Available);
        Assert.False(ring.TryNop(8));
        Assert.Equal(8u, ring.Unsubmitted);
        Assert.Equal(8, ring.Submit());
        Assert.Equal(0u, ring.Unsubmitted);
        Assert.Equal(8u, ring.Available);
        Assert.Equal(8, IoUringHarness.Drain(ring).Count);
    }

    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void Preparing_stops_when_no_result_would_have_a_place(IoUringMode mode)
    {
        using IoUring ring = IoUringHarness.Create(mode, 8, 8);
        for (ulong i = 0; i < 8; i++)
        {
            Assert.True(ring.TryNop(i));
        }
        Assert.Equal(8, ring.Submit());
        Assert.Equal(0u, ring.Available);
        Assert.False(ring.TryNop(8));
        Span<IoUringCompletion> three = stackalloc IoUringCompletion[3];
        Assert.Equal(0, ring.Poll());
        Assert.Equal(3, ring.Reap(three));
        Assert.Equal(3u, ring.Available);
        Assert.Equal(5u, ring.InFlight);
        for (ulong i = 8; i < 11; i++)
        {
            Assert.True(ring.TryNop(i));
        }
        Assert.False(ring.TryNop(11));
        Assert.Equal(8, IoUringHarness.Drain(ring).Count);
    }

    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void Every_result_comes_once_and_with_its_own_value_over_many_rounds_of_the_ring(IoUringMode mode)
    {
        using IoUring ring = IoUringHarness.Create(mode, 8, 16);
        HashSet<ulong> seen = [];
        Span<IoUringCompletion> completions = stackalloc IoUringCompletion[5];
        ulong next = 0;
        const ulong Total = 10_000;
        for (int turn = 0; seen.Count < (int)Total && turn < (int)Total; turn++)
        {
            for (int i = 0; i < 7 && next < Total && ring.TryNop(next * 0x1_0000_0001); i++)
            {
                next++;
            }
            Assert.True(ring.Submit() >= 0);
            Assert.Equal(0, ring.Poll());
            int count = ring.Reap(completions);
            for (int i = 0; i < count; i++)
            {
                Assert.Equal(0, completions[i].Result);
                Assert.True(seen.Add(completions[i].UserData));
                Assert.Equal(0ul, completions[i].UserData % 0x1_0000_0001);
            }
        }
        Assert.Equal((int)Total, seen.Count);
        Assert.Equal(0u, ring.InFlight);
        Assert.Equal(0u, ring.OverflowCount);
        Assert.Equal(0, ring.Reap(completions));
    }

    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void A_result_that_comes_later_ends_a_wait_in_the_ring(IoUringMode mode)
    {
        using IoUring ring = IoUringHarness.Create(mode);
        int fd = Events.Create(0, EventFlags.NonBlocking);
        Assert.True(ring.TryPollAdd(fd, PollEvents.In, 77));
        Assert.Equal(1, ring.Submit());
        Assert.Equal(0, ring.SubmitAndWait(1_000_000));
        Span<IoUringCompletion> completions = stackalloc IoUringCompletion[2];
        Assert.Equal(0, ring.Reap(completions));
        Thread signaller = new(() =>
        {
            _ = Clock.Sleep(5_000_000);
            _ = Events.Signal(fd);
        });
        signaller.Start();
        int result;
        do
        {
            result = ring.SubmitAndWait(IoUringHarness.Deadline);
        }
        while (result == -Errno.EINTR);
        Assert.Equal(1, result);
        Assert.Equal(1, ring.Reap(completions));
        Assert.Equal((77ul, (int)PollEvents.In), (completions[0].UserData, completions[0].Result));
        signaller.Join();
        Assert.Equal(0, Files.Close(fd));
    }

    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void A_turn_takes_one_call_where_it_submits_or_is_told_of_work_and_none_otherwise(IoUringMode mode)
    {
        using IoUring ring = IoUringHarness.Create(mode);
        int fd = Events.Create(0, EventFlags.NonBlocking);
        Span<IoUringCompletion> completions = stackalloc IoUringCompletion[8];
        Assert.Equal(0, ring.SubmitAndPoll());
        Assert.Equal(0ul, ring.EnterCount);

        // Two that end at once and one that waits: one call, and what has ended lies in the shared ring.
        Assert.True(ring.TryNop(1) && ring.TryNop(2) && ring.TryPollAdd(fd, PollEvents.In, 3));
        Assert.Equal(3, ring.SubmitAndPoll());
        Assert.Equal(1ul, ring.EnterCount);
        Assert.Equal(2, ring.Reap(completions));
        for (int turn = 0; turn < 1000; turn++)
        {
            Assert.Equal(0, ring.SubmitAndPoll());
            Assert.Equal(0, ring.Reap(completions));
        }

        Assert.Equal(1ul, ring.EnterCount);
        Assert.Equal(0, Events.Signal(fd));
        long end = Clock.MonotonicNanoseconds() + IoUringHarness.Deadline;
        ulong turns = 0;
        while (ring.InFlight > 0 && Clock.MonotonicNanoseconds() < end)
        {
            turns++;
            Assert.True(ring.SubmitAndPoll() >= 0);
            Assert.True(ring.EnterCount <= 1 + turns);
            _ = ring.Reap(completions);
        }

        Assert.Equal(0u, ring.InFlight);
        Assert.InRange(ring.EnterCount, 1ul, 2ul);
        Assert.Equal(0, Files.Close(fd));
    }

    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void Polling_in_turns_finds_a_result_that_comes_later(IoUringMode mode)
    {
        using IoUring ring = IoUringHarness.Create(mode);
        int fd = Events.Create(0, EventFlags.NonBlocking);
        Assert.True(ring.TryPollAdd(fd, PollEvents.In, 1));
        Assert.Equal(1, ring.Submit());
        Thread signaller = new(() => Events.Signal(fd));
        signaller.Start();
        signaller.Join();
        Span<IoUringCompletion> completions = stackalloc IoUringCompletion[2];
        int count = 0;
        long end = Clock.MonotonicNanoseconds() + IoUringHarness.Deadline;
        while (count == 0 && Clock.MonotonicNanoseconds() < end)
        {
            Assert.Equal(0, ring.Poll());
            count = ring.Reap(completions);
        }
        Assert.Equal(1, count);
        Assert.Equal(0, Files.Close(fd));
    }

    [Fact]
    public void With_deferred_work_nothing_is_posted_before_the_owner_polls()
    {
        using IoUring ring = IoUringHarness.Create();
        if (ring.Mode != IoUringMode.DeferredTaskRun)
        {
            return;
        }
        int fd = Events.Create(0, EventFlags.NonBlocking);
        Assert.True(ring.TryPollAdd(fd, PollEvents.In, 1));
        Assert.Equal(1, ring.Submit());
        Assert.Equal(0, Events.Signal(fd));
        Span<IoUringCompletion> completions = stackalloc IoUringCompletion[2];
        Assert.Equal(0, ring.Reap(completions));
        Assert.Equal(0, ring.Poll());
        Assert.Equal(1, ring.Reap(completions));
        Assert.Equal(0, Files.Close(fd));
    }

    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void A_registered_event_counter_is_signalled_when_results_come(IoUringMode mode)
    {
        using IoUring ring = IoUringHarness.Create(mode);
        int wake = Events.Create(0, EventFlags.NonBlocking);
        int fd = Events.Create(0, EventFlags.NonBlocking);
        Assert.Equal(0, ring.RegisterEvent(wake));
        Assert.True(ring.TryPollAdd(fd, PollEvents.In, 1));
        Assert.Equal(1, ring.Submit());
        Assert.Equal(-Errno.EAGAIN, Events.Take(wake, out _));
        Assert.False(ring.HasWork);
        Assert.Equal(0, Events.Signal(fd));
        Span<PollDescriptor> descriptors = stackalloc PollDescriptor[1];
        descriptors[0] = new PollDescriptor { Fd = wake, Events = PollEvents.In };
        Assert.Equal(1, Events.Poll(descriptors, IoUringHarness.Deadline));
        Assert.True(ring.HasWork);
        Assert.Single(IoUringHarness.Drain(ring));
        Assert.False(ring.HasWork);
        Assert.Equal(0, ring.UnregisterEvent());
        Assert.Equal(-Errno.ENXIO, ring.UnregisterEvent());
        Assert.Equal(0, Files.Close(wake));
        Assert.Equal(0, Files.Close(fd));
    }

    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void A_reactor_that_sleeps_on_the_event_counter_between_turns_misses_no_result(IoUringMode mode)
    {
        using TemporaryFile plain = new(0);
        using TemporaryFile direct = new(0, OpenFlags.Direct);
        int file = direct.Fd >= 0 ? direct.Fd : plain.Fd;
        using IoUring ring = IoUringHarness.Create(mode, 64, 64);
        int wake = Events.Create(0, EventFlags.NonBlocking);
        Assert.Equal(0, ring.RegisterEvent(wake));
        void* memory = IoUringHarness.Map(4096);
        Span<IoUringCompletion> completions = stackalloc IoUringCompletion[7];
        Span<PollDescriptor> descriptors = stackalloc PollDescriptor[1];
        for (int round = 0; round < 20; round++)
        {
            for (ulong i = 0; i < 48; i++)
            {
                SubmissionFlags flags = (i & 1) == 0 ? SubmissionFlags.Async : SubmissionFlags.None;
                Assert.True(ring.TryWrite(file, memory, 4096, i * 4096, i, flags: flags));
            }
            Assert.True(ring.TrySync(file, dataOnly: true, 99));
            Assert.Equal(49, ring.Submit());
            while (ring.InFlight != 0)
            {
                _ = Events.Take(wake, out _);
                if (!ring.HasWork)
                {
                    descriptors[0] = new PollDescriptor { Fd = wake, Events = PollEvents.In };
                    int ready = Events.Poll(descriptors, IoUringHarness.Deadline);
                    Assert.True(ready == 1 || ready == -Errno.EINTR, "no wake-up came");
                }
                Assert.Equal(0, ring.Poll());
                int count = ring.Reap(completions);
                for (int i = 0; i < count; i++)
                {
                    Assert.Equal(completions[i].UserData == 99 ? 0 : 4096, completions[i].Result);
                }
            }
        }
        Assert.Equal(0, MemoryMappings.Unmap(memory, 4096));
        Assert.Equal(0, Files.Close(wake));
    }

    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void A_ring_that_was_not_started_refuses_work(IoUringMode mode)
    {
        IoUringOptions options = new() { SubmissionEntries = 4, CompletionEntries = 4, PreferredMode = mode };
        Assert.Equal(0, IoUring.Create(options, out IoUring? ring, out _));
        using (ring)
        {
            Assert.True(ring!.TryNop(1));
            Assert.Equal(-Errno.EBADFD, ring.Submit());
            Assert.Equal(1u, ring.Unsubmitted);
            Assert.Equal(0, ring.Start());
            Assert.Equal(-Errno.EBADFD, ring.Start());
            Assert.Single(IoUringHarness.Drain(ring));
        }
        ring.Dispose();
        Assert.Equal(-1, ring.Fd);
    }

    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void A_ring_made_by_one_thread_is_used_by_the_thread_that_starts_it(IoUringMode mode)
    {
        IoUringOptions options = new() { SubmissionEntries = 4, CompletionEntries = 4, PreferredMode = mode };
        Assert.Equal(0, IoUring.Create(options, out IoUring? ring, out _));
        int started = -1;
        int submitted = -1;
        int reaped = -1;
        Thread owner = new(() =>
        {
            started = ring!.Start();
            _ = ring.TryNop(5);
            submitted = ring.Submit();
            Span<IoUringCompletion> completions = stackalloc IoUringCompletion[1];
            _ = ring.Poll();
            reaped = ring.Reap(completions);
        });
        owner.Start();
        owner.Join();
        Assert.Equal((0, 1, 1), (started, submitted, reaped));
        ring!.Dispose();
    }

    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void A_loop_of_submits_and_reaps_allocates_nothing(IoUringMode mode)
    {
        using TemporaryFile file = new(1 << 20);
        using IoUring ring = IoUringHarness.Create(mode, 32, 64);
        void* memory = IoUringHarness.Map(4096);
        int fd = file.Fd;
        Allocation.AssertNone(() =>
        {
            Span<IoUringCompletion> completions = stackalloc IoUringCompletion[16];
            IoVector vector = new(memory, 4096);
            for (int turn = 0; turn < 500; turn++)
            {
                for (ulong i = 0; i < 8; i++)
                {
                    bool prepared = (i & 1) == 0 ? ring.TryWrite(fd, memory, 4096, i * 4096, i) : ring.TryReadVectors(fd, &vector, 1, 0, i);
                    if (!prepared)
                    {
                        throw new InvalidOperationException("full");
                    }
                }
                while (ring.InFlight != 0)
                {
                    int result = ring.SubmitAndWait(IoUringHarness.Deadline);
                    int count = ring.Reap(completions);
                    for (int i = 0; i < count; i++)
                    {
                        result = completions[i].Result == 4096 ? result : -1;
                    }
                    if (result <= 0 && result != -Errno.EINTR)
                    {
                        throw new InvalidOperationException(Errno.Describe(result));
                    }
                }
            }
        });
        Assert.Equal(0, MemoryMappings.Unmap(memory, 4096));
    }
}
