using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal;
using Nvmepf.Spec;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Lifecycle;

/// <summary>What a board's platform asks of the firmware: registers found by comparing, windows, levels, bounded completion queues.</summary>
public sealed class ComparedRegistersTests
{
    private const int SweepTurns = 600; // more than it takes to look at the whole page

    [Fact]
    public void Read_only_registers_are_repaired_and_reserved_bits_read_as_zero()
    {
        using Rig rig = new();
        ulong capabilities = rig.Host.Read64(RegisterOffset.ControllerCapabilities);
        for (uint offset = 0; offset < 0x1000; offset += 8)
        {
            // Everything but CC (which would enable it or shut it down) and the registers that the host may write.
            if (offset is not (0x10 or 0x28 or 0x30))
            {
                rig.Platform.QueueRegisterWrite(offset, 0xA5A5_A5A5_5A5A_5A5A, 8);
                rig.Host.Settle();
            }
        }

        rig.Host.Write32(RegisterOffset.ControllerConfiguration, 0xFF00_000E);
        rig.Host.RunTurns(SweepTurns);
        Assert.Equal(capabilities, rig.Host.Read64(RegisterOffset.ControllerCapabilities));
        Assert.Equal(0x0002_0100u, rig.Host.Read32(RegisterOffset.Version));
        Assert.Equal(0xA5A5_A5A5u, rig.Host.Read32(RegisterOffset.InterruptMaskSet)); // writable: write 1 to set
        Assert.Equal(0u, rig.Host.Read32(RegisterOffset.ControllerConfiguration));
        Assert.Equal(0u, rig.Host.Status.Raw);
        Assert.Equal(0u, rig.Host.Read32(RegisterOffset.NvmSubsystemReset));
        Assert.NotEqual(0xA5A5_A5A5u, rig.Host.Read32(RegisterOffset.ControllerReadyTimeouts));
        for (int offset = 0x70; offset < 0x1000; offset += 8)
        {
            Assert.Equal(0ul, rig.Host.Read64(offset));
        }
    }

    [Fact]
    public void The_admin_queue_registers_count_when_the_controller_is_enabled()
    {
        using Rig rig = new();
        Assert.True(rig.Host.Enable());
        ulong queue = rig.Host.Read64(RegisterOffset.AdminSubmissionQueueBase);
        rig.Host.Write64(RegisterOffset.AdminSubmissionQueueBase, queue | 0xABC); // by halves or whole, while enabled: nobody looks
        rig.Host.Write32(RegisterOffset.AdminQueueAttributes, 0xF01F_F01F);
        SubmissionQueueEntry unknown = TestHost.Admin((AdminOpcode)0xFE);
        Assert.Equal(StatusCode.InvalidOpcode, rig.Host.Execute(rig.Host.AdminQueue, in unknown).CompletionStatus.Status.Code);
        Assert.True(rig.Host.Disable());
        rig.Host.Write32(RegisterOffset.AdminQueueAttributes, 0xF01F_F01F);
        rig.Host.Write32(RegisterOffset.ControllerConfiguration, rig.Host.EnabledConfiguration.Raw);
        Assert.True(rig.Host.RunUntil(() => rig.Host.Status.Ready));
        Assert.Equal(queue, rig.Host.Read64(RegisterOffset.AdminSubmissionQueueBase));
        Assert.Equal(0x001F_001Fu, rig.Host.Read32(RegisterOffset.AdminQueueAttributes));
    }

    [Fact]
    public void What_the_host_writes_right_before_a_store_of_ours_is_not_lost()
    {
        using Rig rig = new();
        Assert.True(rig.Host.Enable());
        rig.Host.Write32(RegisterOffset.InterruptMaskSet, 7);
        rig.Host.RunTurns(10);
        rig.WriteAtNextRefreshOf(RegisterOffset.InterruptMaskClear, 2);
        rig.Host.Write32(RegisterOffset.InterruptMaskClear, 1);
        rig.Host.RunTurns(10);
        Assert.Equal(4u, rig.Host.Read32(RegisterOffset.InterruptMaskSet));

        rig.WriteAtNextRefreshOf(RegisterOffset.InterruptMaskSet, 0x20);
        rig.Host.Write32(RegisterOffset.InterruptMaskSet, 0x10);
        rig.Host.RunTurns(10);
        Assert.Equal(0x34u, rig.Host.Read32(RegisterOffset.InterruptMaskSet));

        rig.WriteAtNextRefreshOf(RegisterOffset.InterruptMaskSet, 0x40);
        rig.Host.Write32(RegisterOffset.InterruptMaskClear, 0x10);
        rig.Host.RunTurns(10);
        Assert.Equal(0x64u, rig.Host.Read32(RegisterOffset.InterruptMaskSet));
        Assert.Equal(0u, rig.Host.Read32(RegisterOffset.InterruptMaskClear));

        // Reserved bits, which are taken back; before that the host disables.
        uint enabled = rig.Host.EnabledConfiguration.Raw;
        rig.WriteAtNextRefreshOf(RegisterOffset.ControllerConfiguration, enabled & ~1u);
        rig.Host.Write32(RegisterOffset.ControllerConfiguration, enabled | 0xFF00_0000);
        Assert.True(rig.Host.RunUntil(() => !rig.Host.Status.Ready));
        Assert.Equal(enabled & ~1u, rig.Host.Read32(RegisterOffset.ControllerConfiguration));
        Assert.True(rig.Host.Enable());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_vector_that_is_masked_is_raised_when_it_is_unmasked(bool areRegistersTrapped)
    {
        using Rig rig = new(new FakePlatformOptions { TrapsRegisterWrites = areRegistersTrapped });
        rig.Platform.IsMsixEnabled = false;
        Assert.True(rig.Host.Enable());
        SubmissionQueueEntry unknown = TestHost.Admin((AdminOpcode)0xFE);
        rig.Host.Write32(RegisterOffset.InterruptMaskSet, 3);
        rig.Host.RunTurns(10);
        Assert.Equal(3u, rig.Host.Read32(RegisterOffset.InterruptMaskSet));
        long before = rig.Platform.InterruptCount(0);
        rig.Host.AdminQueue.Submit(in unknown);
        rig.Host.RunTurns(20);
        Assert.Equal(before, rig.Platform.InterruptCount(0));
        rig.Host.Write32(RegisterOffset.InterruptMaskClear, 3);
        rig.Host.RunTurns(10);
        Assert.Equal(before + 1, rig.Platform.InterruptCount(0));
        Assert.Equal(0u, rig.Host.Read32(RegisterOffset.InterruptMaskSet));
        Assert.True(rig.Host.TryReap(0, out _));

        rig.Platform.IsMsixEnabled = true; // whose masks are in the vector table alone
        rig.Host.Write32(RegisterOffset.InterruptMaskSet, 1);
        rig.Host.RunTurns(10);
        rig.Host.Execute(rig.Host.AdminQueue, in unknown);
        rig.Host.RunTurns(1);
        Assert.Equal(before + 2, rig.Platform.InterruptCount(0));
    }

    [Fact]
    public void A_vector_that_is_unmasked_without_bus_mastering_is_raised_when_that_is_on_again()
    {
        using Rig rig = new();
        rig.Platform.IsMsixEnabled = false;
        Assert.True(rig.Host.Enable());
        SubmissionQueueEntry unknown = TestHost.Admin((AdminOpcode)0xFE);
        rig.Host.Write32(RegisterOffset.InterruptMaskSet, 1);
        rig.Host.RunTurns(10);
        rig.Host.AdminQueue.Submit(in unknown);
        rig.Host.RunTurns(20);
        long before = rig.Platform.InterruptCount(0);
        rig.Platform.IsBusMasterEnabled = false;
        rig.Host.Write32(RegisterOffset.InterruptMaskClear, 1);
        rig.Host.RunTurns(20);
        Assert.Equal(before, rig.Platform.InterruptCount(0));
        rig.Platform.IsBusMasterEnabled = true;
        rig.Host.RunTurns(20);
        Assert.Equal(before + 1, rig.Platform.InterruptCount(0));
    }

    [Fact]
    public void A_controller_reset_takes_back_a_message_that_the_platform_could_not_send()
    {
        using Rig rig = new();
        Assert.True(rig.Host.Enable());
        SubmissionQueueEntry unknown = TestHost.Admin((AdminOpcode)0xFE);
        rig.Platform.SetInterruptMask(0, isMasked: true);
        rig.Host.Execute(rig.Host.AdminQueue, in unknown);
        rig.Host.RunTurns(5);
        Assert.True(rig.Platform.IsInterruptPending(0));
        Assert.True(rig.Host.Disable());
        Assert.False(rig.Platform.IsInterruptPending(0));
    }

    [Fact]
    public void A_level_interrupt_stands_until_the_last_completion_is_taken()
    {
        using Rig rig = new();
        rig.Platform.HasLevelInterrupts = true;
        rig.Platform.IsMsixEnabled = false;
        Assert.True(rig.Host.Enable());
        SubmissionQueueEntry unknown = TestHost.Admin((AdminOpcode)0xFE);
        rig.Host.AdminQueue.Submit(in unknown);
        rig.Host.AdminQueue.Submit(in unknown);
        rig.Host.RunTurns(20);
        Assert.True(rig.Platform.IsInterruptPending(0));
        Assert.True(rig.Host.TryReap(0, out _));
        rig.Host.RunTurns(5);
        Assert.True(rig.Platform.IsInterruptPending(0));
        Assert.True(rig.Host.TryReap(0, out _));
        rig.Host.RunTurns(5);
        Assert.False(rig.Platform.IsInterruptPending(0));
        rig.Host.AdminQueue.Submit(in unknown);
        rig.Host.RunTurns(20);
        Assert.True(rig.Platform.IsInterruptPending(0));
        Assert.True(rig.Host.Disable());
        Assert.False(rig.Platform.IsInterruptPending(0));
    }

    [Fact]
    public void Completion_queues_have_windows_and_give_them_back()
    {
        using Rig rig = new(new FakePlatformOptions { TrapsRegisterWrites = false, HasWindows = true, CompletionQueueLimit = 4 });
        Assert.True(rig.Host.Enable());
        Assert.Equal(0, rig.Platform.WindowCount); // nothing to say yet
        rig.Host.CreateIoQueues(3, 8);
        Assert.Equal(1, rig.Platform.WindowCount);
        SubmissionQueueEntry unknown = TestHost.Io((NvmOpcode)0x7E);
        for (int i = 1; i <= 3; i++)
        {
            rig.Host.Execute(rig.Host.Submission(i), in unknown);
            Assert.Equal(i + 1, rig.Platform.WindowCount);
        }

        long before = rig.Platform.Dma.RequestsExecuted;
        rig.Host.Execute(rig.Host.Submission(2), in unknown);
        Assert.Equal(before + 1, rig.Platform.Dma.RequestsExecuted); // the fetch, and nothing for the completion
        Assert.True(rig.Host.DeleteSubmissionQueue(2).IsSuccess);
        Assert.True(rig.Host.DeleteCompletionQueue(2).IsSuccess);
        Assert.Equal(3, rig.Platform.WindowCount);
        rig.Platform.QueueReset(ResetKind.Conventional);
        rig.Host.Settle();
        Assert.Equal(0, rig.Platform.WindowCount);
        Assert.Null(rig.Host.ProtocolError);
    }

    [Fact]
    public void Windows_and_vectors_bound_the_number_of_queues_that_the_host_is_told()
    {
        using Rig rig = new(new FakePlatformOptions { CompletionQueueLimit = 3 });
        Assert.True(rig.Host.Enable());
        SubmissionQueueEntry set = TestHost.Admin(AdminOpcode.SetFeatures);
        set.Cdw10 = 7; // Number of Queues
        set.Cdw11 = 0x0007_0007;
        Assert.Equal(0x0001_0001u, rig.Host.Execute(rig.Host.AdminQueue, in set).Dword0);
        Assert.Equal(StatusCode.InvalidQueueIdentifier, rig.Host.CreateCompletionQueue(3, 8, 1).Code);
        Assert.True(rig.Host.CreateCompletionQueue(2, 8, 1).IsSuccess);
    }

    private sealed class Rig : IDisposable
    {
        private readonly EventLog _log = new(Stream.Null);
        private readonly NvmeController _controller;

        public Rig(FakePlatformOptions? platform = null)
        {
            Platform = new FakePlatform(platform ?? new FakePlatformOptions { TrapsRegisterWrites = false });
            ControllerSettings settings = new()
            {
                SubsystemNqn = "nqn.2014-08.org.nvmexpress:test",
                Serial = "1",
                CommandSlots = 64,
                TransferBuffers = 4,
                IoQueueCount = 8,
            };
            _controller = new NvmeController(settings, Platform, new NamespaceTable([]), _log);
            Platform.Start(_controller);
            Platform.QueueLinkUp();
            Host = new TestHost(Platform, Turn, new TestHostOptions { IsMemoryDirect = false, MemoryLengthBytes = 0x40_0000 });
            Host.Settle();
        }

        public FakePlatform Platform { get; }

        public TestHost Host { get; }

        /// <summary>A second host write, at the moment before the firmware stores over the first.</summary>
        public unsafe void WriteAtNextRefreshOf(uint offset, uint value) => Platform.BeforeRefresh = refreshed =>
        {
            if (refreshed == offset)
            {
                Platform.BeforeRefresh = null;
                *Platform.HostBar.Word32(offset) = value;
            }
        };

        public void Dispose()
        {
            _controller.Dispose();
            Platform.Dispose();
            _log.Dispose();
        }

        private bool Turn()
        {
            bool worked = Platform.Poll();
            return (_controller.Turn(Platform.NowNanoseconds) > 0) | worked;
        }
    }
}
