using Nvmepf.Firmware;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;
using Nvmepf.Hal.VfioUser;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.Spec;
using Nvmepf.Tests.Admin;
using Xunit;

namespace Nvmepf.Tests.Reactors;

/// <summary>
/// An idle reactor over vfio-user with trapped doorbells, which sleeps until a host wakes it: here for so long that a doorbell that is missed is a
/// command that does not come back.
/// </summary>
public sealed class WakeTests
{
    private const long LongSleepNanoseconds = 600_000_000_000;

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void A_sleeping_reactor_is_woken_by_every_first_doorbell(bool hasShadowDoorbells, bool spinsBetween)
    {
        using Serving serving = new();
        using NvmeHost host = NvmeHost.Connect(
            serving.Directory, new NvmeHostOptions { ShadowDoorbells = hasShadowDoorbells, ArenaLengthBytes = 4 << 20, Timeout = TimeSpan.FromSeconds(60) });
        host.Enable();
        host.CreateQueuePairs(2, 16);
        Assert.False(host.DoorbellsMapped);
        SubmissionQueueEntry flush = NvmeCommands.BlockCommand(NvmOpcode.Flush, 1, 0, 1);
        Random random = new(7);
        int rounds = spinsBetween ? 500 : 60;
        for (int i = 0; i < rounds; i++)
        {
            // Past the moment when it goes to sleep, or about that moment.
            long pause = spinsBetween ? random.Next(3_000_000) : 30_000_000;
            _ = Clock.Sleep(pause);
            HostSubmissionQueue queue = host.SubmissionQueues[(ushort)(1 + (i & 1))];
            Assert.False(host.Execute(queue, in flush).CompletionStatus.Status.IsError, $"round {i}");
        }

        if (hasShadowDoorbells && !spinsBetween)
        {
            Assert.InRange(host.Shadows!.RegisterWrites, 1, host.Shadows.Rings / 2);
        }

        // The admin queue has no shadow; and this ends the sleep that would outlast the test.
        _ = host.LogPage(0xC0, 512);
    }

    [Fact]
    public void Its_core_is_offered_once_for_a_sleep_that_work_ended()
    {
        using Serving serving = new();
        using NvmeHost host = NvmeHost.Connect(serving.Directory, new NvmeHostOptions { ArenaLengthBytes = 4 << 20, Timeout = TimeSpan.FromSeconds(60) });
        host.Enable();
        host.CreateQueuePairs(1, 16);
        (ulong Offers, ulong Sleeps, ulong ProductiveTurns) before = Counters(host);
        SubmissionQueueEntry flush = NvmeCommands.BlockCommand(NvmOpcode.Flush, 1, 0, 1);
        (ulong Offers, ulong Sleeps, ulong ProductiveTurns) after = before;
        while (after.Sleeps < before.Sleeps + 10)
        {
            _ = Clock.Sleep(10_000_000);
            Assert.False(host.Execute(host.SubmissionQueues[1], in flush).CompletionStatus.Status.IsError);
            after = Counters(host);
        }

        Assert.InRange(after.Offers - before.Offers, 1ul, after.Sleeps - before.Sleeps);
    }

    [Fact]
    public void A_reactor_that_never_sleeps_offers_its_core_to_nobody()
    {
        using Serving serving = new(PollMode.Busy);
        using NvmeHost host = NvmeHost.Connect(serving.Directory, new NvmeHostOptions { ArenaLengthBytes = 4 << 20, Timeout = TimeSpan.FromSeconds(60) });
        host.Enable();
        host.CreateQueuePairs(1, 16);
        SubmissionQueueEntry flush = NvmeCommands.BlockCommand(NvmOpcode.Flush, 1, 0, 1);
        for (int i = 0; i < 20; i++)
        {
            Assert.False(host.Execute(host.SubmissionQueues[1], in flush).CompletionStatus.Status.IsError);
        }

        (ulong offers, ulong sleeps, ulong productive) = Counters(host);
        Assert.Equal((0ul, 0ul), (offers, sleeps));
        Assert.True(productive > 20);
    }

    [Fact]
    public void A_host_that_keeps_it_busy_writes_next_to_no_register()
    {
        using Serving serving = new();
        using NvmeHost host = NvmeHost.Connect(
            serving.Directory, new NvmeHostOptions { ShadowDoorbells = true, ArenaLengthBytes = 4 << 20, Timeout = TimeSpan.FromSeconds(60) });
        host.Enable();
        host.CreateQueuePairs(1, 16);
        SubmissionQueueEntry flush = NvmeCommands.BlockCommand(NvmOpcode.Flush, 1, 0, 1);
        for (int i = 0; i < 2000; i++)
        {
            Assert.False(host.Execute(host.SubmissionQueues[1], in flush).CompletionStatus.Status.IsError);
        }

        // A thread that is not given its core for a millisecond makes the other one think that it is idle, so there may be some.
        Assert.InRange(host.Shadows!.RegisterWrites, 0, host.Shadows.Rings / 4);
        Assert.InRange(host.Shadows.Rings, 4000, long.MaxValue);
    }

    [Fact]
    public void A_control_request_wakes_it()
    {
        using Serving serving = new();
        using NvmeHost host = NvmeHost.Connect(
            serving.Directory, new NvmeHostOptions { ShadowDoorbells = true, ArenaLengthBytes = 4 << 20, Timeout = TimeSpan.FromSeconds(60) });
        host.Enable();
        host.CreateQueuePairs(1, 16);
        for (int i = 0; i < 20; i++)
        {
            _ = Clock.Sleep(10_000_000);
            Assert.Equal(
                Firmware.Control.ControlError.NoSuchNamespace,
                serving.Controller.Control.Ask(new Firmware.Control.RemoveNamespaceRequest(99) { TimeoutNanoseconds = 60_000_000_000 }));
        }
    }

    private static (ulong Offers, ulong Sleeps, ulong ProductiveTurns) Counters(NvmeHost host)
    {
        DiagnosticsLog page = System.Runtime.InteropServices.MemoryMarshal.Read<DiagnosticsLog>(host.LogPage(0xC0, 1024));
        return (page.CoreOffers, page.Sleeps, page.ProductiveTurns);
    }

    private sealed class Serving : IDisposable
    {
        private readonly EventLog _log = new(Stream.Null);
        private readonly VfioUserPlatform _platform;
        private readonly Reactor _reactor;
        private readonly Thread _thread;
        private readonly int _stop = Events.Create(0, EventFlags.NonBlocking);

        public Serving(PollMode poll = PollMode.Adaptive)
        {
            Directory = System.IO.Directory.CreateTempSubdirectory("nvmepf-wake-").FullName;
            FunctionIdentity identity = new(0x1b96, 0xbeef, 0x1b96, 1, 0, 0x010802, 4);
            _platform = new VfioUserPlatform(identity, new VfioUserOptions { DirectoryPath = Directory, Log = _log }, mapDoorbells: false);
            NvmeNamespace store = new(1, new NullBackend(1 << 20), 512, Guid.Empty, new byte[16]);
            Controller = new NvmeController(AdminHost.DefaultSettings, _platform, new NamespaceTable([store]), _log);
            _reactor = new Reactor(
                _platform, Controller, _log, new ReactorOptions(poll, RingEntries: 64) { AnnouncedSleepNanoseconds = LongSleepNanoseconds });
            using ManualResetEventSlim started = new();
            _thread = new Thread(() =>
            {
                _reactor.Start();
                started.Set();
                _reactor.Run(_stop);
            });
            _thread.Start();
            Assert.True(started.Wait(TimeSpan.FromSeconds(60)));
        }

        public string Directory { get; }

        public NvmeController Controller { get; }

        public void Dispose()
        {
            _ = Events.Signal(_stop);
            _thread.Join();
            _reactor.Dispose();
            Controller.Dispose();
            _platform.Dispose();
            _log.Dispose();
            _ = Files.Close(_stop);
            System.IO.Directory.Delete(Directory, recursive: true);
        }
    }
}
