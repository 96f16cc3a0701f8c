using System;
using System.Diagnostics;
using Nvmepf.Hal.Linux;
using Xunit;

namespace Nvmepf.Tests.Linux;

public sealed class EventsTests
{
    private const long Millisecond = 1_000_000;

    [Fact]
    public void An_event_counter_adds_up_and_is_taken_once()
    {
        int fd = Events.Create(2, EventFlags.NonBlocking);
        Assert.True(fd >= 0, Errno.Describe(fd));
        Assert.Equal(0, Events.Signal(fd));
        Assert.Equal(0, Events.Signal(fd, 40));
        Assert.Equal(0, Events.Take(fd, out ulong count));
        Assert.Equal(43ul, count);
        Assert.Equal(-Errno.EAGAIN, Events.Take(fd, out count));
        Assert.Equal(0ul, count);
        Assert.Equal(0, Events.Signal(fd, ulong.MaxValue - 1));
        Assert.Equal(-Errno.EAGAIN, Events.Signal(fd));
        Assert.Equal(0, Files.Close(fd));
        Assert.Equal(-Errno.EBADF, Events.Signal(-1));
    }

    [Fact]
    public void Poll_reports_what_is_ready_and_ends_at_its_deadline()
    {
        int idle = Events.Create(0, EventFlags.NonBlocking);
        int ready = Events.Create(1, EventFlags.NonBlocking);
        Span<PollDescriptor> descriptors = stackalloc PollDescriptor[3];
        descriptors[0] = new PollDescriptor { Fd = idle, Events = PollEvents.In };
        descriptors[1] = new PollDescriptor { Fd = -1, Events = PollEvents.In };
        descriptors[2] = new PollDescriptor { Fd = ready, Events = PollEvents.In };
        Assert.Equal(1, Events.Poll(descriptors, Millisecond));
        Assert.Equal(PollEvents.None, descriptors[0].Returned);
        Assert.Equal(PollEvents.In, descriptors[2].Returned);
        Assert.Equal(0, Events.Take(ready, out _));
        long start = Clock.MonotonicNanoseconds();
        Assert.Equal(0, Events.Poll(descriptors, 3 * Millisecond));
        Assert.True(Clock.MonotonicNanoseconds() - start >= 3 * Millisecond);
        Assert.Equal(0, Events.Poll(descriptors, 0));
        descriptors[1].Fd = int.MaxValue;
        Assert.Equal(1, Events.Poll(descriptors, 0));
        Assert.Equal(PollEvents.Invalid, descriptors[1].Returned);
        Assert.Equal(0, Files.Close(idle));
        Assert.Equal(0, Files.Close(ready));
    }

    [Fact]
    public void Poll_sees_a_peer_that_hangs_up()
    {
        Assert.Equal(0, UnixSockets.CreatePair(SocketFlags.None, out int a, out int b));
        Assert.Equal(0, Files.Close(b));
        Span<PollDescriptor> descriptors = stackalloc PollDescriptor[1];
        descriptors[0] = new PollDescriptor { Fd = a, Events = PollEvents.In | PollEvents.PeerHangUp };
        Assert.Equal(1, Events.Poll(descriptors, 0));
        Assert.Equal(PollEvents.In | PollEvents.HangUp | PollEvents.PeerHangUp, descriptors[0].Returned);
        Assert.Equal(0, Files.Close(a));
    }

    [Fact]
    public void Epoll_returns_the_value_that_was_given_with_each_descriptor()
    {
        int epoll = Events.CreateEpoll();
        int first = Events.Create(1, EventFlags.NonBlocking);
        int second = Events.Create(1, EventFlags.NonBlocking);
        Assert.Equal(0, Events.EpollControl(epoll, EpollOperation.Add, first, PollEvents.In, 0x1122_3344_5566_7788));
        Assert.Equal(0, Events.EpollControl(epoll, EpollOperation.Add, second, PollEvents.In, ulong.MaxValue));
        Assert.Equal(-Errno.EEXIST, Events.EpollControl(epoll, EpollOperation.Add, second, PollEvents.In, 0));
        Span<EpollReady> ready = stackalloc EpollReady[4];
        Assert.Equal(2, Events.EpollWait(epoll, ready, 0));
        Assert.Equal(0x1122_3344_5566_7788ul, ready[0].UserData);
        Assert.Equal(PollEvents.In, ready[0].Events);
        Assert.Equal(ulong.MaxValue, ready[1].UserData);
        Assert.Equal(0, Events.EpollControl(epoll, EpollOperation.Delete, first, PollEvents.None, 0));
        Assert.Equal(0, Events.EpollControl(epoll, EpollOperation.Modify, second, PollEvents.Out, 5));
        Assert.Equal(1, Events.EpollWait(epoll, ready, 0));
        Assert.Equal((PollEvents.Out, 5ul), (ready[0].Events, ready[0].UserData));
        foreach (int fd in new[] { epoll, first, second })
        {
            Assert.Equal(0, Files.Close(fd));
        }
    }

    [Fact]
    public void Waiting_and_waking_allocate_nothing()
    {
        int fd = Events.Create(0, EventFlags.NonBlocking);
        int epoll = Events.CreateEpoll();
        Assert.Equal(0, Events.EpollControl(epoll, EpollOperation.Add, fd, PollEvents.In, 1));
        Allocation.AssertNone(() =>
        {
            Span<PollDescriptor> descriptors = stackalloc PollDescriptor[1];
            Span<EpollReady> ready = stackalloc EpollReady[1];
            for (int i = 0; i < 1000; i++)
            {
                descriptors[0] = new PollDescriptor { Fd = fd, Events = PollEvents.In };
                if (Events.Signal(fd) != 0 || Events.Poll(descriptors, 0) != 1 || Events.EpollWait(epoll, ready, 0) != 1
                    || Events.Take(fd, out _) != 0 || Events.Take(fd, out _) != -Errno.EAGAIN)
                {
                    throw new InvalidOperationException();
                }
            }
        });
        Assert.Equal(0, Files.Close(epoll));
        Assert.Equal(0, Files.Close(fd));
    }

    [Fact]
    public void A_termination_signal_sets_the_flag_and_the_event_and_does_not_end_the_process()
    {
        Assert.Equal(0, TerminationSignals.Create(out TerminationSignals? signals));
        using (signals)
        {
            Assert.False(signals!.Requested);
            using Process kill = Process.Start("kill", ["-TERM", $"{Environment.ProcessId}"]);
            Span<PollDescriptor> descriptors = stackalloc PollDescriptor[1];
            descriptors[0] = new PollDescriptor { Fd = signals.EventFd, Events = PollEvents.In };
            int ready;
            int turns = 0;
            do
            {
                // A signal may interrupt the wait itself.
                ready = Events.Poll(descriptors, 10_000 * Millisecond);
            }
            while (ready == -Errno.EINTR && turns++ < 10);
            Assert.Equal(1, ready);
            Assert.True(signals.Requested);
            kill.WaitForExit();
        }
        Assert.Equal(-1, signals!.EventFd);
    }
}
