using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.HostDriver.Suite;
using Nvmepf.Spec;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Diagnostics;

public sealed class StageTimesTests : IDisposable
{
    private const int Commands = 4 * (int)CommandEngine.CommandsPerTimed;
    private static readonly TraceKind[] s_stages =
        [TraceKind.DoorbellSeen, TraceKind.Fetched, TraceKind.Mapped, TraceKind.Submitted, TraceKind.BackendEnded, TraceKind.Completed];

    private readonly EventLog _log = new(Stream.Null);
    private readonly FakePlatform _platform = new(new FakePlatformOptions());
    private readonly NvmeController _controller;
    private readonly TestHost _host;
    private readonly ulong _data;

    public StageTimesTests()
    {
        ControllerSettings settings = new() { SubsystemNqn = "nqn.2014-08.org.nvmexpress:test", Serial = "1", CommandSlots = 64, TransferBuffers = 4 };
        NvmeNamespace store = new(1, new NullBackend(1 << 20), 512, Guid.Empty, new byte[16]);
        _controller = new NvmeController(settings, _platform, new NamespaceTable([store]), _log);
        _platform.Start(_controller);
        _platform.QueueLinkUp();
        _host = new TestHost(_platform, Turn, new TestHostOptions { MemoryLengthBytes = 0x40_0000 });
        _host.Settle();
        Enable();
        _data = _host.Allocate(4096);
    }

    [Fact]
    public void Nothing_is_timed_before_somebody_asks()
    {
        _controller.Engine.Trace.Mask = TraceRing.AllKinds;
        Read(Commands);
        Assert.All(s_stages, stage => Assert.Equal(0ul, _controller.Engine.Trace.Count(stage)));
        Assert.False(_controller.Engine.IsTiming);
    }

    [Fact]
    public void One_of_64_commands_is_timed_from_the_doorbell_to_the_completion()
    {
        _controller.Engine.Trace.Mask = TraceRing.AllKinds;
        Assert.Equal(0ul, Page().Commands);
        Read(Commands);
        StageTimes times = Page();
        Assert.Equal(1u, times.LayoutVersion);
        Assert.Equal(4ul, times.Commands);
        Assert.All(s_stages, stage => Assert.Equal(4ul, _controller.Engine.Trace.Count(stage)));
        Assert.Equal(0ul, Page().Commands); // taken
    }

    [Fact]
    public void A_reset_ends_it()
    {
        _ = Page();
        Assert.True(_host.Disable());
        Enable();
        Read(Commands);
        Assert.False(_controller.Engine.IsTiming);
        Assert.Equal(0ul, Page().Commands);
    }

    [Theory]
    [InlineData(nameof(StageTimes.LayoutVersion), 0)]
    [InlineData(nameof(StageTimes.Commands), 8)]
    [InlineData(nameof(StageTimes.FetchNanoseconds), 16)]
    [InlineData(nameof(StageTimes.ParseNanoseconds), 24)]
    [InlineData(nameof(StageTimes.SubmitNanoseconds), 32)]
    [InlineData(nameof(StageTimes.BackendNanoseconds), 40)]
    [InlineData(nameof(StageTimes.PostNanoseconds), 48)]
    public void The_layout_is_as_documented(string field, int offset) =>
        Assert.Equal(offset, (int)Marshal.OffsetOf<StageTimes>(field));

    [Fact]
    public void A_host_makes_means_of_the_sums()
    {
        byte[] page = new byte[StageSample.LogPageBytes];
        for (int i = 0; i < 6; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(page.AsSpan(8 + (8 * i)), i == 0 ? 2 : (ulong)(100 * i));
        }

        Assert.Equal(new StageSample("x", 2, 50, 100, 150, 200, 250), StageSample.Parse("x", page));
    }

    public void Dispose()
    {
        _controller.Dispose();
        _platform.Dispose();
        _log.Dispose();
    }

    private void Enable()
    {
        Assert.True(_host.Enable());
        _host.CreateIoQueues(1, 8);
    }

    private void Read(int count)
    {
        SubmissionQueueEntry entry = TestHost.Blocks(NvmOpcode.Read, 0, 1);
        entry.Prp1 = _data;
        for (int i = 0; i < count; i++)
        {
            Assert.True(_host.Execute(_host.Submission(1), in entry).CompletionStatus.Status.IsSuccess);
        }
    }

    private StageTimes Page()
    {
        const int Dwords = 64 / 4;
        SubmissionQueueEntry entry = TestHost.Admin(AdminOpcode.GetLogPage);
        entry.Prp1 = _data;
        entry.Cdw10 = 0xC1 | ((Dwords - 1) << 16);
        Assert.True(_host.Execute(_host.AdminQueue, in entry).CompletionStatus.Status.IsSuccess);
        return _host.Memory.At<StageTimes>(_data);
    }

    private bool Turn()
    {
        bool worked = _platform.Poll();
        return (_controller.Turn(_platform.NowNanoseconds) > 0) | worked;
    }
}
