using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal;
using Nvmepf.Spec;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Lifecycle;

/// <summary>Resets, shutdowns and stops that cross each other while a disk holds commands: each comes to its end.</summary>
public abstract class LifecycleTests(FakePlatformOptions platform)
{
    [Fact]
    public void A_reset_ends_although_the_completion_of_a_cancelled_command_waits_for_bus_mastering()
    {
        using Rig rig = new(platform);
        rig.BeginFlush();
        SubmissionQueueEntry delete = TestHost.Admin(AdminOpcode.DeleteIoSubmissionQueue);
        delete.Cdw10 = 1;
        rig.Host.AdminQueue.Submit(in delete);
        rig.Host.RunTurns(3);
        rig.Platform.IsBusMasterEnabled = false;
        rig.Host.RunTurns(1);
        rig.EndDiskOperations();
        Assert.True(rig.Controller.Engine.CompletingCount > 0);

        rig.Platform.QueueReset(ResetKind.FunctionLevel);
        rig.Host.Settle();
        Assert.Equal(ControllerState.Disabled, rig.Controller.State);
        Assert.Equal(0, rig.Controller.Engine.InFlight);
    }

    [Fact]
    public void A_stop_during_a_reset_flushes_and_ends()
    {
        using Rig rig = new(platform);
        rig.BeginFlush();
        rig.Host.Write32(RegisterOffset.ControllerConfiguration, 0);
        Assert.Equal(ControllerState.Resetting, rig.Controller.State);
        rig.Controller.BeginStop();
        rig.EndDiskOperations();
        rig.Host.RunTurns(3);
        Assert.Equal(ControllerState.ShutdownFlushing, rig.Controller.State);
        Assert.Equal(1, rig.Backend.PendingCount); // the flush
        rig.EndDiskOperations();
        Assert.True(rig.Controller.IsStopped);
    }

    [Fact]
    public void A_host_that_leaves_while_the_process_stops_does_not_take_the_flush_along()
    {
        using Rig rig = new(platform);
        rig.BeginFlush();
        rig.Controller.BeginStop();
        rig.Platform.QueueLinkDown();
        for (int i = 0; i < 10 && !rig.Controller.IsStopped; i++)
        {
            rig.Host.RunTurns(3);
            rig.EndDiskOperations();
        }

        Assert.True(rig.Controller.IsStopped);
    }

    [Fact]
    public void A_controller_that_leaves_ends_its_commands_flushes_and_lets_the_link_go()
    {
        using Rig rig = new(platform);
        rig.BeginFlush();
        SubmissionQueueEntry request = TestHost.Admin(AdminOpcode.AsynchronousEventRequest);
        rig.Host.AdminQueue.Submit(in request);
        rig.Host.RunTurns(3);
        Assert.False(rig.Controller.TryLeave());
        rig.Host.RunTurns(10);
        Assert.False(rig.Controller.TryLeave()); // the disk holds a command
        Assert.True(rig.Controller.IsLinkUp);
        rig.EndDiskOperations();
        rig.Host.RunTurns(3);
        Assert.Equal(ControllerState.ShutdownFlushing, rig.Controller.State);
        Assert.False(rig.Controller.TryLeave());
        LetItGo(rig);

        // A host that does not see it goes on writing registers.
        rig.Host.Write32(RegisterOffset.ControllerConfiguration, rig.Host.EnabledConfiguration.Raw);
        rig.Host.RunTurns(3);
        LetItGo(rig);
    }

    private static void LetItGo(Rig rig)
    {
        for (int i = 0; i < 10 && !rig.Controller.TryLeave(); i++)
        {
            rig.EndDiskOperations();
            rig.Host.RunTurns(3);
        }

        Assert.True(rig.Controller.TryLeave());
        Assert.False(rig.Controller.IsLinkUp);
        Assert.Equal((ControllerState.ShutDown, 0, 0), (rig.Controller.State, rig.Controller.CommandsInFlight, rig.Backend.PendingCount));
    }

    [Fact]
    public void A_shutdown_asked_for_during_a_reset_completes_after_it()
    {
        using Rig rig = new(platform);
        rig.BeginFlush();
        rig.Host.Write32(RegisterOffset.ControllerConfiguration, 0);
        rig.Host.Write32(
            RegisterOffset.ControllerConfiguration, new ControllerConfiguration { ShutdownNotification = ShutdownNotification.Normal }.Raw);
        Assert.Equal(ControllerState.Resetting, rig.Controller.State);
        rig.EndDiskOperations();
        rig.Host.RunTurns(3);
        rig.EndDiskOperations();
        Assert.Equal(ShutdownStatus.Complete, rig.Host.Status.ShutdownStatus);
    }

    [Fact]
    public void A_controller_that_was_shut_down_while_disabled_can_be_enabled()
    {
        using Rig rig = new(platform);
        Assert.True(rig.Host.Disable());
        rig.Host.Write32(
            RegisterOffset.ControllerConfiguration, new ControllerConfiguration { ShutdownNotification = ShutdownNotification.Normal }.Raw);
        rig.Host.RunTurns(3);
        rig.EndDiskOperations();
        Assert.Equal(ShutdownStatus.Complete, rig.Host.Status.ShutdownStatus);
        Assert.True(rig.Host.Enable());
        Assert.Equal(ShutdownStatus.Normal, rig.Host.Status.ShutdownStatus);
    }

    [Fact]
    public void A_shutdown_does_not_wait_for_a_completion_that_cannot_be_written()
    {
        using Rig rig = new(platform);
        rig.BeginFlush();
        rig.Platform.IsBusMasterEnabled = false;
        rig.Host.RunTurns(1);
        rig.EndDiskOperations();
        Assert.Equal(1, rig.Controller.Engine.CompletingCount);
        rig.Host.Write32(
            RegisterOffset.ControllerConfiguration, (rig.Host.EnabledConfiguration with { ShutdownNotification = ShutdownNotification.Normal }).Raw);
        rig.Host.RunTurns(3);
        rig.EndDiskOperations();
        Assert.Equal(ShutdownStatus.Complete, rig.Host.Status.ShutdownStatus);
    }

    [Fact]
    public void A_controller_with_fatal_status_fetches_no_more()
    {
        using Rig rig = new(platform);
        rig.Controller.Registers.Status = rig.Host.Status with { ControllerFatalStatus = true };
        SubmissionQueueEntry flush = TestHost.Io(NvmOpcode.Flush);
        rig.Host.Submission(1).Submit(in flush);
        rig.Host.RunTurns(10);
        Assert.Equal(0, rig.Controller.Engine.InFlight);
    }

    private sealed class Rig : IDisposable
    {
        private readonly EventLog _log = new(Stream.Null);

        public Rig(FakePlatformOptions platform)
        {
            Platform = new FakePlatform(platform);
            Backend = new TestBackend(1 << 20, 1) { InstantOneIn = 0 };
            ControllerSettings settings = new() { SubsystemNqn = "nqn.2014-08.org.nvmexpress:test", Serial = "1", CommandSlots = 64, TransferBuffers = 4 };
            Controller = new NvmeController(
                settings, Platform, new NamespaceTable([new NvmeNamespace(1, Backend, 512, Guid.NewGuid(), new byte[16])]), _log);
            Platform.Start(Controller);
            Platform.QueueLinkUp();
            Host = new TestHost(Platform, Turn, new TestHostOptions { MemoryLengthBytes = 0x40_0000 });
            Host.Settle();
            Assert.True(Host.Enable());
            Host.CreateIoQueues(1, 16);
        }

        public FakePlatform Platform { get; }

        public TestBackend Backend { get; }

        public NvmeController Controller { get; }

        public TestHost Host { get; }

        /// <summary>A flush that the disk holds until <see cref="EndDiskOperations"/>.</summary>
        public void BeginFlush()
        {
            SubmissionQueueEntry flush = TestHost.Io(NvmOpcode.Flush);
            Host.Submission(1).Submit(in flush);
            Assert.True(Host.RunUntil(() => Backend.PendingCount == 1));
        }

        /// <summary>Lets the disk end what it holds now, and what follows of it within a few turns that needs no disk.</summary>
        public void EndDiskOperations()
        {
            for (int i = 0; i < 100 && Backend.PendingCount > 0; i++)
            {
                Backend.Pump(Controller.Engine);
            }

            Host.RunTurns(3);
        }

        public void Dispose()
        {
            EndDiskOperations();
            Controller.Dispose();
            Platform.Dispose();
            Backend.Dispose();
            _log.Dispose();
        }

        private bool Turn()
        {
            bool worked = Platform.Poll();
            return (Controller.Turn(Platform.NowNanoseconds) > 0) | worked;
        }
    }
}

/// <summary>Where the platform hands over each register write.</summary>
public sealed class LifecycleWithTrappedRegistersTests() : LifecycleTests(new FakePlatformOptions());

/// <summary>Where register writes just land in memory.</summary>
public sealed class LifecycleWithComparedRegistersTests() : LifecycleTests(new FakePlatformOptions { TrapsRegisterWrites = false });
