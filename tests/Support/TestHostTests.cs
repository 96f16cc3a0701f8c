using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal;
using Nvmepf.Spec;
using Xunit;

namespace Nvmepf.Tests.Support;

/// <summary>The fake platform and the small host against the real controller: what they offer works, by pointer and by DMA.</summary>
public sealed class TestHostTests
{
    private const int QueueEntries = 16;

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public void A_controller_is_enabled_gets_queues_and_is_disabled_twice(bool isMemoryDirect, bool areRegistersTrapped)
    {
        using Rig rig = new(isMemoryDirect, areRegistersTrapped);
        for (int life = 0; life < 2; life++)
        {
            Assert.True(rig.Host.Enable());
            rig.Host.CreateIoQueues(3, QueueEntries);
            Assert.True(rig.Host.DeleteSubmissionQueue(2).IsSuccess);
            Assert.True(rig.Host.DeleteCompletionQueue(2).IsSuccess);
            Assert.True(rig.Host.Disable());
        }

        Assert.Null(rig.Host.ProtocolError);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public void Every_command_of_many_queues_is_answered_once(bool isMemoryDirect, bool areRegistersTrapped)
    {
        using Rig rig = new(isMemoryDirect, areRegistersTrapped);
        Assert.True(rig.Host.Enable());
        rig.Host.CreateIoQueues(4, QueueEntries);
        SubmissionQueueEntry unknown = TestHost.Io((NvmOpcode)0x7E);
        Random random = new(11);
        int sent = 0;
        int answered = 0;
        for (int turn = 0; turn < 20_000 && answered < 5_000; turn++)
        {
            TestSubmissionQueue queue = rig.Host.Submission(random.Next(1, 5));
            for (int burst = random.Next(0, 6); burst > 0 && !queue.IsFull && sent < 5_000; burst--)
            {
                queue.Put(in unknown);
                sent++;
            }

            queue.RingTail();
            rig.Turn();
            while (rig.Host.TryReap(random.Next(1, 5), out CompletionQueueEntry completion))
            {
                Assert.Equal(StatusCode.InvalidOpcode, completion.CompletionStatus.Status.Code);
                answered++;
            }
        }

        Assert.Equal(5_000, answered);
        Assert.Null(rig.Host.ProtocolError);
    }

    [Fact]
    public void Unmapped_queue_memory_that_comes_back_elsewhere_is_used_again()
    {
        using Rig rig = new(isMemoryDirect: true);
        Assert.True(rig.Host.Enable());
        rig.Host.CreateIoQueues(1, QueueEntries);
        _ = rig.Host.Execute(rig.Host.Submission(1), TestHost.Io((NvmOpcode)0x7E)); // from here on there may be a pointer to the queues
        ulong address = rig.Host.Options.MemoryAddress;
        ulong length = rig.Host.Options.MemoryLengthBytes;
        byte[] before = rig.Host.Memory.Bytes(address, (int)length).ToArray();
        rig.Platform.QueueUnmap(address, length);
        rig.Host.Settle();
        Assert.Equal(FakePlatform.UnmappedByte, rig.Host.Memory.At<byte>(address));
        rig.Host.Submission(1).WriteTailDoorbell(2); // a command that lies in memory which is gone
        rig.Host.RunTurns(20);
        Assert.False(rig.Host.Memory.Bytes(address, (int)length).ContainsAnyExcept(FakePlatform.UnmappedByte), "memory that is gone is not written");
        rig.Host.Submission(1).WriteTailDoorbell(1);
        rig.Host.RunTurns(1);
        before.CopyTo(rig.Host.Memory.Bytes(address, (int)length));
        rig.Platform.QueueMap(address, length, isDirect: false);
        rig.Host.Settle();
        CompletionQueueEntry completion = rig.Host.Execute(rig.Host.Submission(1), TestHost.Io((NvmOpcode)0x7E));
        Assert.Equal(StatusCode.InvalidOpcode, completion.CompletionStatus.Status.Code);
        Assert.Null(rig.Host.ProtocolError);
    }

    [Fact]
    public void A_reset_or_a_lost_link_is_waited_for()
    {
        using Rig rig = new(isMemoryDirect: false);
        Assert.True(rig.Host.Enable());
        rig.Platform.QueueReset(ResetKind.FunctionLevel);
        rig.Host.Settle();
        Assert.False(rig.Host.Status.Ready);
        Assert.True(rig.Host.Enable());
        rig.Platform.QueueLinkDown();
        rig.Platform.QueueLinkUp();
        rig.Host.Settle();
        Assert.True(rig.Host.Enable());
        Assert.Null(rig.Host.ProtocolError);
    }

    [Fact]
    public void A_completion_that_is_not_written_in_16_attempts_is_fatal_and_a_submission_that_cannot_be_read_is_read_again()
    {
        using Rig rig = new(isMemoryDirect: false);
        Assert.True(rig.Host.Enable());
        rig.Platform.Dma.FaultDirection = DmaDirection.HostToDevice;
        rig.Platform.Dma.FailNext = 3;
        SubmissionQueueEntry unknown = TestHost.Admin((AdminOpcode)0xFE);
        Assert.Equal(StatusCode.InvalidOpcode, rig.Host.Execute(rig.Host.AdminQueue, in unknown).CompletionStatus.Status.Code);
        Assert.False(rig.Host.Status.ControllerFatalStatus);
        rig.Platform.Dma.FaultDirection = DmaDirection.DeviceToHost;
        rig.Platform.Dma.FailNext = 15;
        Assert.Equal(StatusCode.InvalidOpcode, rig.Host.Execute(rig.Host.AdminQueue, in unknown).CompletionStatus.Status.Code);
        Assert.False(rig.Host.Status.ControllerFatalStatus);
        rig.Platform.Dma.FailNext = 16;
        rig.Host.AdminQueue.Submit(in unknown);
        Assert.True(rig.Host.RunUntil(() => rig.Host.Status.ControllerFatalStatus));
        Assert.True(rig.Host.Disable());
        Assert.True(rig.Host.Enable());
        Assert.Null(rig.Host.ProtocolError);
    }

    private sealed class Rig : IDisposable
    {
        private readonly EventLog _log = new(Stream.Null);

        public Rig(bool isMemoryDirect, bool areRegistersTrapped = true)
        {
            Platform = new FakePlatform(new FakePlatformOptions { TrapsRegisterWrites = areRegistersTrapped });
            ControllerSettings settings = new() { SubsystemNqn = "nqn.2014-08.org.nvmexpress:test", Serial = "1", CommandSlots = 64, TransferBuffers = 4 };
            Controller = new NvmeController(settings, Platform, new NamespaceTable([]), _log);
            Platform.Start(Controller);
            Platform.QueueLinkUp();
            Host = new TestHost(Platform, Turn, new TestHostOptions { IsMemoryDirect = isMemoryDirect, MemoryLengthBytes = 0x40_0000 });
            Host.Settle();
        }

        public FakePlatform Platform { get; }

        public NvmeController Controller { get; }

        public TestHost Host { get; }

        public bool Turn()
        {
            bool worked = Platform.Poll();
            return (Controller.Turn(Platform.NowNanoseconds) > 0) | worked;
        }

        public void Dispose()
        {
            Controller.Dispose();
            Platform.Dispose();
            _log.Dispose();
        }
    }
}
