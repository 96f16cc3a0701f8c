using Nvmepf.Firmware;
using Nvmepf.Firmware.Control;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Tests.Admin;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Control;

/// <summary>Real threads on both sides of the mailbox: a reactor that serves, and threads that ask it.</summary>
public sealed class MailboxTests
{
    [Theory]
    [InlineData(PollMode.Busy)]
    [InlineData(PollMode.Adaptive)]
    public void Many_threads_are_answered_each_request_once(PollMode poll)
    {
        using Serving serving = new(poll);
        const int Threads = 4;
        const int Requests = 50;
        int failures = 0;
        CountingRequest[] asked = new CountingRequest[Threads];
        Thread[] threads = new Thread[Threads];
        for (int i = 0; i < Threads; i++)
        {
            CountingRequest request = asked[i] = new CountingRequest();
            threads[i] = new Thread(() =>
            {
                for (int n = 0; n < Requests; n++)
                {
                    ControlError error = serving.Controller.Control.Ask(request);
                    _ = error == ControlError.None && request.Runs == 3 * (n + 1) ? 0 : Interlocked.Increment(ref failures);
                }
            });
            threads[i].Start();
        }

        Array.ForEach(threads, thread => thread.Join());
        Assert.Equal(0, failures);
        Assert.All(asked, request => Assert.Equal(3 * Requests, request.Runs));
        Assert.All(asked, request => Assert.Equal(serving.ReactorThreadId, request.ThreadId));
    }

    [Fact]
    public void A_request_that_does_not_end_is_taken_back_at_its_deadline()
    {
        using Serving serving = new(PollMode.Busy);
        EndlessRequest request = new() { TimeoutNanoseconds = 1_000_000 };
        Assert.Equal(ControlError.TimedOut, serving.Controller.Control.Ask(request));
        Assert.True(request.IsTakenBack);
    }

    [Fact]
    public void Who_asks_a_reactor_that_ends_or_has_ended_hears_so()
    {
        Serving serving = new(PollMode.Busy);
        EndlessRequest waits = new() { TimeoutNanoseconds = long.MaxValue / 4 };
        Assert.Equal(ControlError.None, serving.Controller.Control.Post(waits));
        serving.Stop();
        Assert.True(waits.IsEnded);
        Assert.Equal(ControlError.Stopped, waits.Error);
        Assert.Equal(ControlError.Stopped, serving.Controller.Control.Ask(new CountingRequest()));
        serving.Dispose();
    }

    [Fact]
    public void A_mailbox_is_bounded_and_a_request_is_in_it_once()
    {
        using AdminHost host = new();
        ControlMailbox mailbox = host.Controller.Control;
        CountingRequest first = new();
        Assert.Equal(ControlError.None, mailbox.Post(first));
        _ = Assert.Throws<InvalidOperationException>(() => mailbox.Post(first));
        for (int i = 1; i < ControlMailbox.Capacity; i++)
        {
            Assert.Equal(ControlError.None, mailbox.Post(new CountingRequest()));
        }

        Assert.Equal(ControlError.MailboxFull, mailbox.Post(new CountingRequest()));
        for (int i = 0; i < 100; i++)
        {
            host.Turn();
        }

        Assert.True(first.IsEnded);
        Assert.False(mailbox.HasWork);
        Assert.Equal(ControlError.None, mailbox.Post(first));
    }

    [Fact]
    public void Nobody_hears_from_a_reactor_that_does_not_turn_and_the_request_is_not_run_later()
    {
        using AdminHost host = new();
        CountingRequest request = new() { TimeoutNanoseconds = 0 };
        Assert.Equal(ControlError.NotAnswered, host.Controller.Control.Ask(request));
        for (int i = 0; i < 10; i++)
        {
            host.Turn();
        }

        Assert.True(request.IsEnded);
        Assert.Equal(0, request.Runs);
    }

    [Fact]
    public void Every_error_has_a_text_of_its_own()
    {
        ControlError[] errors = Enum.GetValues<ControlError>();
        Assert.Equal(errors.Length, errors.Select(ControlErrorText.Describe).Distinct().Count());
        Assert.DoesNotContain(ControlErrorText.Describe((ControlError)255), errors.Select(ControlErrorText.Describe));
    }

    /// <summary>Ends in its third step.</summary>
    private sealed class CountingRequest : ControlRequest
    {
        public int Runs { get; private set; }

        public int ThreadId { get; private set; }

        protected override ControlProgress Run(NvmeController controller, long nowNanoseconds)
        {
            ThreadId = Environment.CurrentManagedThreadId;
            return ++Runs % 3 == 0 ? End(ControlError.None) : ControlProgress.Pending;
        }
    }

    private sealed class EndlessRequest : ControlRequest
    {
        public bool IsTakenBack { get; private set; }

        protected override ControlProgress Run(NvmeController controller, long nowNanoseconds) => ControlProgress.Pending;

        protected override void TakeBack(NvmeController controller) => IsTakenBack = true;
    }

    private sealed class Serving : IDisposable
    {
        private readonly FakePlatform _platform = new(new FakePlatformOptions());
        private readonly EventLog _log = new(Stream.Null);
        private readonly StopFlag _stop = new();
        private readonly Reactor _reactor;
        private readonly Thread _thread;

        public Serving(PollMode poll)
        {
            Controller = new NvmeController(AdminHost.DefaultSettings, _platform, new NamespaceTable([]), _log);
            _reactor = new Reactor(_platform, Controller, _log, new ReactorOptions(poll, RingEntries: 64));
            using ManualResetEventSlim started = new();
            _thread = new Thread(() =>
            {
                ReactorThreadId = Environment.CurrentManagedThreadId;
                _reactor.Start();
                started.Set();
                _reactor.Run(-1, _stop);
            });
            _thread.Start();
            Assert.True(started.Wait(TimeSpan.FromSeconds(30)));
        }

        public NvmeController Controller { get; }

        public int ReactorThreadId { get; private set; }

        public void Stop()
        {
            _stop.Set();
            _thread.Join();
        }

        public void Dispose()
        {
            Stop();
            _reactor.Dispose();
            Controller.Dispose();
            _platform.Dispose();
            _log.Dispose();
        }
    }
}
