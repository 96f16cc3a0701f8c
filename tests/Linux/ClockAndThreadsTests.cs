using System;
using System.IO;
using System.Threading;
using Nvmepf.Hal.Linux;
using Xunit;

namespace Nvmepf.Tests.Linux;

public sealed class ClockAndThreadsTests
{
    [Fact]
    public void The_monotonic_clock_never_goes_back_and_sleeping_moves_it()
    {
        long last = Clock.MonotonicNanoseconds();
        for (int i = 0; i < 1000; i++)
        {
            long now = Clock.MonotonicNanoseconds();
            Assert.True(now >= last);
            last = now;
        }
        Assert.Equal(0, Clock.Sleep(2_000_000));
        Assert.True(Clock.MonotonicNanoseconds() - last >= 2_000_000);
        long deadline = Clock.MonotonicNanoseconds() + 2_000_000;
        Assert.Equal(0, Clock.SleepUntil(deadline));
        Assert.True(Clock.MonotonicNanoseconds() >= deadline);
        Assert.Equal(0, Clock.SleepUntil(0));
        Assert.Equal(0, Clock.Sleep(-1));
    }

    [Fact]
    public void The_real_time_clock_is_the_runtimes()
    {
        long ours = Clock.RealTimeNanoseconds();
        long theirs = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
        Assert.InRange(theirs - ours, -5_000_000_000, 5_000_000_000);
    }

    [Fact]
    public void A_thread_is_pinned_named_and_numbered()
    {
        Exception? failure = null;
        // A thread of its own: the affinity of a pool thread must not change.
        Thread thread = new(() =>
        {
            try
            {
                PinAndName();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        Assert.Null(failure);
    }

    private static void PinAndName()
    {
        Span<ulong> allowed = stackalloc ulong[Threads.MaximumCpus / 64];
        Span<ulong> now = stackalloc ulong[Threads.MaximumCpus / 64];
        Assert.Equal(0, Threads.GetAffinity(allowed));
        for (int cpu = 0; cpu < Threads.MaximumCpus; cpu++)
        {
            if ((allowed[cpu / 64] >> (cpu % 64) & 1) == 0)
            {
                continue;
            }
            Assert.Equal(0, Threads.SetAffinity(cpu));
            Assert.Equal(cpu, Threads.CurrentCpu());
            Assert.Equal(0, Threads.GetAffinity(now));
            Assert.Equal(1ul << (cpu % 64), now[cpu / 64]);
        }
        Assert.Equal(0, Threads.SetAffinity(allowed));
        Assert.Equal(-Errno.EINVAL, Threads.SetAffinity(Threads.MaximumCpus - 1));
        Assert.Equal(-Errno.EINVAL, Threads.SetAffinity(-1));
        Assert.Equal(0, Threads.SetName("nvmepf-reactor1"));
        Assert.Equal(-Errno.ENAMETOOLONG, Threads.SetName("nvmepf-reactor10"));
        int thread = Threads.CurrentThreadId();
        Assert.Equal("nvmepf-reactor1\n", File.ReadAllText($"/proc/self/task/{thread}/comm"));
    }

    [Fact]
    public void A_thread_sets_how_late_its_sleeps_may_end()
    {
        int result = 1;
        string slack = "";
        var thread = new Thread(() =>
        {
            result = Threads.SetTimerSlack(1234);
            slack = File.ReadAllText($"/proc/{Threads.CurrentThreadId()}/timerslack_ns");
        });
        thread.Start();
        thread.Join();
        Assert.Equal(0, result);
        Assert.Equal("1234\n", slack);
    }

    [Fact]
    public void The_clock_allocates_nothing() => Allocation.AssertNone(() =>
    {
        long sum = 0;
        for (int i = 0; i < 1000; i++)
        {
            sum += Clock.MonotonicNanoseconds() + Threads.CurrentCpu();
        }
        GC.KeepAlive(sum == 0 ? null : string.Empty);
    });
}
