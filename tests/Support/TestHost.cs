// A small NVMe host over FakePlatform: registers, admin and I/O queues, data pointers. Written against the layouts in Spec alone, so that
// it and the firmware can be wrong independently. All waits are counted in turns of the firmware under test.
using Nvmepf.Hal.Mmio;
using Nvmepf.Spec;

namespace Nvmepf.Tests.Support;

public sealed record TestHostOptions
{
    /// <summary>Where the host's memory is.</summary>
    public ulong MemoryAddress { get; init; } = 0x1_0000_0000;

    public ulong MemoryLengthBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>False: the device reaches all of it by DMA only.</summary>
    public bool IsMemoryDirect { get; init; } = true;

    /// <summary>CC.MPS.</summary>
    public byte MemoryPageSize { get; init; }

    /// <summary>CC.CSS.</summary>
    public IoCommandSetSelected IoCommandSetSelected { get; init; }

    /// <summary>CC.AMS.</summary>
    public ArbitrationMechanism Arbitration { get; init; }

    public int AdminQueueEntries { get; init; } = 32;

    /// <summary>Longest wait for anything, in turns of the firmware.</summary>
    public int TurnsMax { get; init; } = 200_000;
}

public sealed unsafe partial class TestHost
{
    private const int QueuesMax = 512;

    private readonly Func<bool> _turn;
    private readonly TestHostOptions _options;
    private readonly TestSubmissionQueue?[] _submissions = new TestSubmissionQueue?[QueuesMax];
    private readonly TestCompletionQueue?[] _completions = new TestCompletionQueue?[QueuesMax];
    private readonly CompletionQueueEntry[] _early = new CompletionQueueEntry[1024]; // completions that came while another was awaited
    private int _earlyCount;

    /// <summary>Creates a host with memory. <paramref name="turn"/> runs the firmware once around.</summary>
    public TestHost(FakePlatform platform, Func<bool> turn, TestHostOptions? options = null)
    {
        _options = options ?? new TestHostOptions();
        _turn = turn;
        Platform = platform;
        platform.Memory.InstallMapped(_options.MemoryAddress, _options.MemoryLengthBytes, _options.IsMemoryDirect);
        platform.Dma.PumpsOnPoll = true;
        _nextFree = _options.MemoryAddress;
    }

    public FakePlatform Platform { get; }

    public FakeHostMemory Memory => Platform.Memory;

    public TestHostOptions Options => _options;

    public uint PageBytes => 4096u << _options.MemoryPageSize;

    public ControllerStatus Status => new(Read32(RegisterOffset.ControllerStatus));

    public ControllerCapabilities Capabilities => new(Read64(RegisterOffset.ControllerCapabilities));

    public TestSubmissionQueue AdminQueue => _submissions[0] ?? throw new InvalidOperationException("the controller was not enabled by this host");

    /// <summary>The submission queue with an identifier that this host has created.</summary>
    public TestSubmissionQueue Submission(int identifier) =>
        _submissions[identifier] ?? throw new InvalidOperationException($"no submission queue {identifier}");

    public TestCompletionQueue Completion(int identifier) =>
        _completions[identifier] ?? throw new InvalidOperationException($"no completion queue {identifier}");

    /// <summary>First thing that the firmware did wrong in any queue or towards the DMA engine, or null.</summary>
    public string? ProtocolError
    {
        get
        {
            foreach (TestSubmissionQueue? queue in _submissions)
            {
                if (queue?.ProtocolError != null)
                {
                    return queue.ProtocolError;
                }
            }

            return _strayCompletion ?? Platform.Dma.ContractViolation;
        }
    }

    public uint Read32(int offset) => Mmio.Read32(Platform.HostBar.Word32((uint)offset));

    public ulong Read64(int offset) => Mmio.Read64(Platform.HostBar.Word64((uint)offset));

    /// <summary>Writes a register and lets the firmware see it.</summary>
    public void Write32(int offset, uint value)
    {
        Platform.QueueRegisterWrite((uint)offset, value, 4);
        Settle();
    }

    public void Write64(int offset, ulong value)
    {
        Platform.QueueRegisterWrite((uint)offset, value, 8);
        Settle();
    }

    /// <summary>Runs the firmware until the platform has delivered everything that was queued, and a turn more.</summary>
    public void Settle()
    {
        for (int i = 0; i < _options.TurnsMax && (Platform.QueuedEventCount > 0 || Platform.Waiting != FakePlatformWait.None); i++)
        {
            _turn();
        }

        _turn();
    }

    public void RunTurns(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _turn();
        }
    }

    /// <summary>Runs the firmware until the condition holds; false when it does not within the host's patience.</summary>
    public bool RunUntil(Func<bool> condition)
    {
        for (int i = 0; i < _options.TurnsMax; i++)
        {
            if (condition())
            {
                return true;
            }

            _turn();
        }

        return condition();
    }

    /// <summary>Builds the admin queues, writes AQA, ASQ, ACQ and CC.EN, and waits for CSTS.RDY.</summary>
    /// <returns>False when the controller does not become ready (CSTS.CFS, say).</returns>
    public bool Enable()
    {
        int entries = _options.AdminQueueEntries;
        _earlyCount = 0;
        Array.Clear(_submissions);
        Array.Clear(_completions);
        _submissions[0] = new TestSubmissionQueue(Platform, 0, 0, entries, Allocate(entries * SubmissionQueueEntry.SizeBytes, PageBytes));
        _completions[0] = new TestCompletionQueue(Platform, 0, entries, Allocate(entries * CompletionQueueEntry.SizeBytes, PageBytes));
        AdminQueueAttributes attributes = new()
        {
            SubmissionQueueSizeZeroBased = (ushort)(entries - 1),
            CompletionQueueSizeZeroBased = (ushort)(entries - 1),
        };
        Write32(RegisterOffset.AdminQueueAttributes, attributes.Raw);
        Write64(RegisterOffset.AdminSubmissionQueueBase, _submissions[0]!.Address);
        Write64(RegisterOffset.AdminCompletionQueueBase, _completions[0]!.Address);
        Write32(RegisterOffset.ControllerConfiguration, EnabledConfiguration.Raw);
        return RunUntil(() => Status.Ready || Status.ControllerFatalStatus) && Status.Ready && !Status.ControllerFatalStatus;
    }

    /// <summary>What <see cref="Enable"/> writes to CC.</summary>
    public ControllerConfiguration EnabledConfiguration => new()
    {
        Enable = true,
        MemoryPageSize = _options.MemoryPageSize,
        IoCommandSetSelected = _options.IoCommandSetSelected,
        ArbitrationMechanismSelected = _options.Arbitration,
        IoSubmissionQueueEntrySizeLog2 = 6,
        IoCompletionQueueEntrySizeLog2 = 4,
    };

    /// <summary>Clears CC.EN and waits for CSTS.RDY to clear.</summary>
    public bool Disable()
    {
        Write32(RegisterOffset.ControllerConfiguration, (EnabledConfiguration with { Enable = false }).Raw);
        return RunUntil(() => !Status.Ready);
    }

    /// <summary>Sets CC.SHN and waits for CSTS.SHST to say complete.</summary>
    public bool Shutdown(ShutdownNotification notification = ShutdownNotification.Normal)
    {
        Write32(RegisterOffset.ControllerConfiguration, (EnabledConfiguration with { ShutdownNotification = notification }).Raw);
        return RunUntil(() => Status.ShutdownStatus == ShutdownStatus.Complete);
    }
}
