using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal;
using Nvmepf.Spec;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Admin;

public sealed class DoorbellBufferTests
{
    private const int QueueEntries = 8;
    private const int PageBytes = 4096;
    private const int Vector = 1; // of the I/O queue

    [Fact]
    public void Commands_are_fetched_by_the_doorbell_in_host_memory_and_not_by_the_register()
    {
        using Rig rig = new();
        rig.Configure();
        rig.Host.CreateIoQueues(1, QueueEntries);
        TestSubmissionQueue queue = rig.Host.Submission(1);
        _ = queue.Put(rig.Read);
        queue.RingTail();
        rig.Host.RunTurns(100);
        Assert.False(rig.Host.TryReap(1, out _));
        rig.Ring(queue);
        Assert.True(rig.TryFinish());
        Assert.Null(rig.Host.ProtocolError);
    }

    [Fact]
    public void Places_of_completions_are_given_back_by_the_doorbell_in_host_memory()
    {
        using Rig rig = new();
        rig.Configure();
        rig.Host.CreateIoQueues(1, QueueEntries);
        TestSubmissionQueue queue = rig.Host.Submission(1);
        for (int i = 0; i < 3 * QueueEntries; i++)
        {
            _ = queue.Put(rig.Read);
            rig.Ring(queue);
            Assert.True(rig.TryFinish(), $"command {i}");
            rig.Word(8 + 4) = rig.Host.Completion(1).Head;
        }

        // Without the host's word seven more fit, which is what the queue holds, and not one more.
        for (int i = 0; i < QueueEntries - 1; i++)
        {
            _ = queue.Put(rig.Read);
            rig.Ring(queue);
            Assert.True(rig.TryFinish(), $"completion {i} of a queue that is not emptied");
        }

        _ = queue.Put(rig.Read);
        rig.Ring(queue);
        Assert.False(rig.TryFinish());
        Assert.Null(rig.Host.ProtocolError);
    }

    [Fact]
    public void Queues_that_are_there_go_on_where_they_are()
    {
        using Rig rig = new();
        rig.Host.CreateIoQueues(2, QueueEntries);
        Assert.Equal(0u, rig.ShadowDoorbellQueues());
        TestSubmissionQueue queue = rig.Host.Submission(2);
        for (int i = 0; i < 3; i++)
        {
            Assert.False(rig.Host.Execute(queue, rig.Read).CompletionStatus.Status.IsError);
        }

        rig.Word(16) = 77; // what stood there before is nobody's doorbell
        rig.Configure();
        Assert.Equal(2u, rig.ShadowDoorbellQueues());
        Assert.Equal(3u, rig.Word(16));
        Assert.Equal(3u, rig.Word(16 + 4));
        Assert.Equal(2u, rig.EventIndex(16));
        rig.Host.RunTurns(100);
        Assert.False(rig.Host.TryReap(2, out _));
        _ = queue.Put(rig.Read);
        rig.Ring(queue);
        Assert.True(rig.TryFinish(2));
    }

    [Fact]
    public void A_new_queue_begins_at_nought_whatever_stood_in_the_page()
    {
        using Rig rig = new();
        rig.Word(8) = 5;
        rig.Word(8 + 4) = 6;
        rig.Configure();
        rig.Host.CreateIoQueues(1, QueueEntries);
        Assert.Equal(0u, rig.Word(8));
        Assert.Equal(0u, rig.Word(8 + 4));
        Assert.Null(rig.Host.ProtocolError);
    }

    [Fact]
    public void While_commands_come_the_host_has_no_register_to_write()
    {
        using Rig rig = new();
        rig.Configure();
        rig.Host.CreateIoQueues(1, QueueEntries);
        TestSubmissionQueue queue = rig.Host.Submission(1);
        for (int i = 0; i < 5 * QueueEntries; i++)
        {
            _ = queue.Put(rig.Read);
            Assert.False(rig.RingAsksForRegister(queue), $"tail of command {i}");
            Assert.True(rig.TryFinish(), $"command {i}");
            Assert.False(rig.StoreAsksForRegister(8 + 4, rig.Host.Completion(1).Head), $"head of command {i}");
        }
    }

    /// <summary>
    /// The handler of a host whose interrupt controller is QEMU's: what ends the level there is an access to a BAR. A level that no access ends
    /// calls a handler that finds nothing, for ever.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void While_interrupts_are_levels_none_stays_that_no_register_write_ends(int seed)
    {
        using Rig rig = new();
        rig.Platform.HasLevelInterrupts = true;
        rig.Configure();
        rig.Host.CreateIoQueues(1, QueueEntries);
        Random random = new(seed);
        bool isAsserted = false;
        int untaken = 0;
        for (int step = 0; step < 500; step++)
        {
            int submitted = random.Next(QueueEntries - untaken);
            for (int i = 0; i < submitted; i++)
            {
                _ = rig.Host.Submission(1).Put(rig.Read);
            }

            rig.Ring(rig.Host.Submission(1));
            untaken += submitted;
            rig.Host.RunTurns(random.Next(1, 4));
            isAsserted |= rig.Platform.IsInterruptPending(Vector);

            // All that it sees, or a part; where it sees nothing there is no level that calls it.
            int taken = 0;
            for (int most = random.Next(1, QueueEntries); taken < most && rig.Host.TryReap(1, out _); taken++)
            {
            }

            Assert.True(taken > 0 || !isAsserted, $"step {step}: a handler is called and finds nothing");
            untaken -= taken;
            isAsserted &= taken == 0 || !rig.StoreAsksForRegister(8 + 4, rig.Host.Completion(1).Head);
            rig.Host.RunTurns(1);
        }
    }

    [Fact]
    public void A_host_that_turns_to_levels_is_asked_for_register_writes_from_then_on_and_one_that_leaves_them_is_not()
    {
        using Rig rig = new();
        rig.Configure();
        rig.Host.CreateIoQueues(1, QueueEntries);
        _ = rig.Host.Submission(1).Put(rig.Read);
        rig.Ring(rig.Host.Submission(1));
        Assert.True(rig.TryFinish());
        rig.Host.RunTurns(10);
        rig.Platform.HasLevelInterrupts = true;
        rig.Controller.InterruptKindChanged();
        Assert.True(rig.Platform.IsInterruptPending(Vector));
        Assert.True(rig.StoreAsksForRegister(8 + 4, rig.Host.Completion(1).Head));
        rig.Host.RunTurns(10);
        Assert.False(rig.Platform.IsInterruptPending(Vector));
        rig.Platform.HasLevelInterrupts = false;
        rig.Controller.InterruptKindChanged();
        for (int i = 0; i < 3 * QueueEntries; i++)
        {
            _ = rig.Host.Submission(1).Put(rig.Read);
            rig.Ring(rig.Host.Submission(1));
            Assert.True(rig.TryFinish());
            Assert.False(rig.StoreAsksForRegister(8 + 4, rig.Host.Completion(1).Head), $"head of command {i}");
            rig.Host.RunTurns(10);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Completions_that_were_taken_before_the_host_could_be_asked_leave_no_level(int untakenBefore)
    {
        const int LineEntries = 4; // that become visible when the last is posted, before the end of the turn
        using Rig rig = new();
        rig.Platform.HasLevelInterrupts = true;
        rig.Configure();
        rig.Host.CreateIoQueues(1, QueueEntries);
        rig.Host.RunTurns(10);
        long before = rig.Platform.InterruptCount(Vector);
        int taken = 0;
        for (int i = 0; i < LineEntries; i++)
        {
            if (i == untakenBefore)
            {
                rig.Host.RunTurns(10);
            }

            _ = rig.Host.Submission(1).Put(rig.Read);
            rig.Ring(rig.Host.Submission(1));
        }

        Assert.Equal(untakenBefore != 0, rig.Platform.IsInterruptPending(Vector));
        rig.Platform.BeforeRefresh = _ => // in the sweep for foreign doorbells, after commands were taken
        {
            for (; rig.Host.TryReap(1, out CompletionQueueEntry _); taken++)
            {
            }

            rig.Word(8 + 4) = rig.Host.Completion(1).Head;
        };
        rig.Platform.NowNanoseconds += 1_000_000_000;
        _ = rig.Turn();
        Assert.Equal(LineEntries, taken);
        Assert.Equal((before + untakenBefore, false), (rig.Platform.InterruptCount(Vector), rig.Platform.IsInterruptPending(Vector)));
    }

    [Fact]
    public void Before_a_sleep_the_host_is_asked_for_the_next_register_write_and_for_no_more()
    {
        using Rig rig = new();
        rig.Configure();
        rig.Host.CreateIoQueues(1, QueueEntries);
        TestSubmissionQueue queue = rig.Host.Submission(1);
        for (int i = 0; i < 3 * QueueEntries; i++)
        {
            bool isArmed = i % 3 == 0;
            rig.Host.RunTurns(10);
            Assert.True(!isArmed || rig.Controller.Home.Queues.TryArmDoorbells());
            Assert.True(!isArmed || rig.Controller.Home.Queues.TryArmDoorbells(), "a sleep that ends by time is followed by another");
            _ = queue.Put(rig.Read);
            Assert.Equal(isArmed, rig.RingAsksForRegister(queue));
            Assert.True(rig.TryFinish());
            rig.Word(8 + 4) = rig.Host.Completion(1).Head;
        }
    }

    [Fact]
    public void Nobody_goes_to_sleep_over_a_doorbell_that_was_rung_before_it_was_asked_for()
    {
        using Rig rig = new();
        rig.Configure();
        rig.Host.CreateIoQueues(2, QueueEntries);
        rig.Host.RunTurns(10);
        Assert.True(rig.Controller.Home.Queues.TryArmDoorbells());
        _ = rig.Host.Submission(2).Put(rig.Read);
        rig.Ring(rig.Host.Submission(2));
        Assert.False(rig.Controller.Home.Queues.TryArmDoorbells());
        Assert.True(rig.TryFinish(2));
        rig.Host.RunTurns(10);
        Assert.True(rig.Controller.Home.Queues.TryArmDoorbells());
    }

    [Fact]
    public void Nobody_goes_to_sleep_over_entries_that_wait_for_a_place_of_their_completion()
    {
        using Rig rig = new();
        rig.Configure();
        rig.Host.CreateIoQueues(1, QueueEntries);
        for (int i = 0; i < QueueEntries; i++)
        {
            _ = rig.Host.Submission(1).Put(rig.Read);
            rig.Ring(rig.Host.Submission(1));
            Assert.Equal(i < QueueEntries - 1, rig.TryFinish());
        }

        Assert.False(rig.Controller.Home.Queues.TryArmDoorbells());
    }

    [Fact]
    public void The_admin_queue_keeps_its_registers()
    {
        using Rig rig = new();
        rig.Configure();
        rig.Word(0) = 3;
        Assert.False(rig.Host.Execute(rig.Host.AdminQueue, TestHost.Admin(AdminOpcode.KeepAlive)).CompletionStatus.Status.IsError);
    }

    [Fact]
    public void A_reset_ends_it()
    {
        using Rig rig = new();
        rig.Configure();
        Assert.True(rig.Host.Disable());
        Assert.True(rig.Host.Enable());
        rig.Host.CreateIoQueues(1, QueueEntries);
        Assert.Equal(0u, rig.ShadowDoorbellQueues());
        rig.Word(8) = 4;
        Assert.False(rig.Host.Execute(rig.Host.Submission(1), rig.Read).CompletionStatus.Status.IsError);
    }

    [Fact]
    public void A_value_outside_the_queue_is_ignored_and_reported()
    {
        using Rig rig = new();
        rig.Configure();
        rig.Host.CreateIoQueues(1, QueueEntries);
        rig.Word(8) = QueueEntries;
        rig.Host.RunTurns(100);
        Assert.False(rig.Host.TryReap(1, out _));
        _ = rig.Host.Submission(1).Put(rig.Read);
        rig.Ring(rig.Host.Submission(1));
        Assert.True(rig.TryFinish());
        Assert.Contains("invalid doorbell", rig.EndLog(), StringComparison.Ordinal);
    }

    [Fact]
    public void Doorbells_whose_memory_is_taken_away_wait_until_it_is_back()
    {
        using Rig rig = new();
        rig.Configure();
        rig.Host.CreateIoQueues(1, QueueEntries);
        ulong address = rig.Host.Options.MemoryAddress;
        ulong length = rig.Host.Options.MemoryLengthBytes;
        byte[] before = rig.Host.Memory.Bytes(address, (int)length).ToArray();
        rig.Platform.QueueUnmap(address, length);
        rig.Host.Settle();
        before.CopyTo(rig.Host.Memory.Bytes(address, (int)length));
        _ = rig.Host.Submission(1).Put(rig.Read);
        rig.Ring(rig.Host.Submission(1));
        Assert.False(rig.TryFinish());
        rig.Platform.QueueMap(address, length, isDirect: true);
        rig.Host.Settle();
        Assert.True(rig.TryFinish());
        Assert.Null(rig.Host.ProtocolError);
    }

    [Theory]
    [InlineData(4, 0, StatusCode.InvalidField)]
    [InlineData(0, 2048, StatusCode.InvalidField)]
    [InlineData(0x7000_0000, 0, StatusCode.DataTransferError)]
    [InlineData(0, 0x7000_0000, StatusCode.DataTransferError)]
    public void Pages_that_are_not_aligned_or_not_there_are_refused(uint doorbells, uint eventIndexes, StatusCode expected)
    {
        using Rig rig = new();
        Assert.Equal(expected, rig.TryConfigure(doorbells, eventIndexes).Code);
        rig.Host.CreateIoQueues(1, QueueEntries);
        Assert.False(rig.Host.Execute(rig.Host.Submission(1), rig.Read).CompletionStatus.Status.IsError);
    }

    [Fact]
    public void A_host_that_shares_no_memory_is_not_offered_the_command()
    {
        using Rig rig = new(isMemoryDirect: false);
        Assert.Equal(StatusCode.InvalidOpcode, rig.TryConfigure(0, 0).Code);
    }

    private sealed class Rig : IDisposable
    {
        private readonly MemoryStream _logOutput = new();
        private readonly EventLog _log;
        private bool _logHasEnded;
        private readonly ulong _doorbells;
        private readonly ulong _eventIndexes;
        private readonly ulong _data;

        public Rig(bool isMemoryDirect = true)
        {
            _log = new EventLog(_logOutput);
            Platform = new FakePlatform(new FakePlatformOptions());
            ControllerSettings settings = new() { SubsystemNqn = "nqn.2014-08.org.nvmexpress:test", Serial = "1", CommandSlots = 64, TransferBuffers = 4 };
            NvmeNamespace store = new(1, new NullBackend(1 << 20), 512, Guid.Empty, new byte[16]);
            Controller = new NvmeController(settings, Platform, new NamespaceTable([store]), _log);
            Platform.Start(Controller);
            Platform.QueueLinkUp();
            Host = new TestHost(Platform, Turn, new TestHostOptions { IsMemoryDirect = isMemoryDirect, MemoryLengthBytes = 0x40_0000, TurnsMax = 1000 });
            Host.Settle();
            Assert.True(Host.Enable());
            _doorbells = Host.Allocate(PageBytes);
            _eventIndexes = Host.Allocate(PageBytes);
            _data = Host.Allocate(PageBytes);
        }

        public FakePlatform Platform { get; }

        public NvmeController Controller { get; }

        public TestHost Host { get; }

        /// <summary>Ends the log, which writes on a thread of its own, and gives what was written.</summary>
        public string EndLog()
        {
            _logHasEnded = true;
            _log.Dispose();
            return System.Text.Encoding.UTF8.GetString(_logOutput.ToArray());
        }

        public SubmissionQueueEntry Read
        {
            get
            {
                SubmissionQueueEntry entry = TestHost.Blocks(NvmOpcode.Read, 0, 1);
                entry.Prp1 = _data;
                return entry;
            }
        }

        public ref uint Word(uint offset) => ref Host.Memory.At<uint>(_doorbells + offset);

        public uint EventIndex(uint offset) => Host.Memory.At<uint>(_eventIndexes + offset);

        public void Ring(TestSubmissionQueue queue) => Word(queue.Identifier * 8u) = queue.Tail;

        /// <summary>The same as a host does it that looks at EventIdx: whether it would write the register.</summary>
        public bool RingAsksForRegister(TestSubmissionQueue queue) => StoreAsksForRegister(queue.Identifier * 8u, queue.Tail);

        public bool StoreAsksForRegister(uint offset, uint value)
        {
            uint before = Word(offset);
            Word(offset) = value;
            return (ushort)(value - EventIndex(offset) - 1) < (ushort)(value - before);
        }

        public void Configure() => Assert.True(TryConfigure(0, 0).IsSuccess);

        public Status TryConfigure(uint doorbellsOffset, uint eventIndexesOffset)
        {
            SubmissionQueueEntry entry = TestHost.Admin(AdminOpcode.DoorbellBufferConfig);
            entry.Prp1 = _doorbells + doorbellsOffset;
            entry.Prp2 = _eventIndexes + eventIndexesOffset;
            return Host.Execute(Host.AdminQueue, in entry).CompletionStatus.Status;
        }

        /// <summary>What the diagnostics page says of doorbells in host memory.</summary>
        public uint ShadowDoorbellQueues()
        {
            const uint LengthBytes = 512;
            SubmissionQueueEntry entry = TestHost.Admin(AdminOpcode.GetLogPage);
            entry.Cdw10 = 0xC0 | (((LengthBytes / 4) - 1) << 16);
            entry.Prp1 = _data;
            Assert.False(Host.Execute(Host.AdminQueue, in entry).CompletionStatus.Status.IsError);
            return Host.Memory.At<DiagnosticsLog>(_data).ShadowDoorbellQueues;
        }

        public bool TryFinish(int queue = 1)
        {
            CompletionQueueEntry completion = default;
            return Host.RunUntil(() => Host.TryReap(queue, out completion)) && completion.CompletionStatus.Status.IsSuccess;
        }

        public bool Turn()
        {
            bool worked = Platform.Poll();
            return (Controller.Turn(Platform.NowNanoseconds) > 0) | worked;
        }

        public void Dispose()
        {
            Controller.Dispose();
            Platform.Dispose();
            if (!_logHasEnded)
            {
                _log.Dispose();
            }

            _logOutput.Dispose();
        }
    }
}
