// The RK3588 platform: the endpoint (Rk3588Endpoint) with the data path (EdmaEngine or WindowCopyEngine, OutboundWindows, InterruptRaiser,
// DmaMemory) behind the firmware's contract. This file strings them together: the order of the start, and what a reset takes.
// It leaves out: function level reset (the controller offers none), power states, more than one function.

namespace Nvmepf.Hal.Rk3588;

/// <summary>The PCIe endpoint of an RK3588 board, driven by its registers.</summary>
/// <remarks>
/// After a hot reset, a loss of the link or PERST# the controller holds link training until the firmware is quiescent, the DMA engine has let
/// go of all memory, and everything was written again.
/// </remarks>
public sealed unsafe partial class Rk3588Platform : IPlatform
{
    private const uint RegisterRefreshBytes = 128;
    private const uint DoorbellBytesPerQueuePair = 8;
    private const long StopDeadlineNanoseconds = 300_000_000;
    private const long StopPauseNanoseconds = 10_000;
    private const long StopDrainNanoseconds = 1_000_000;
    private const long HoldReportNanoseconds = 5_000_000_000;

    private readonly Rk3588Options _options;
    private readonly IBoardClock _clock;
    private readonly IEventLog _log;
    private readonly RegisterBlocks _blocks;
    private readonly DmaMemory _barMemory;
    private readonly DmaMemory _bufferMemory;
    private readonly OrdinaryMemory? _bouncedMemory; // what the firmware gets where the engine bounces
    private readonly Rk3588Endpoint _endpoint;
    private readonly OutboundWindows _windows;
    private readonly InterruptRaiser _interrupts;
    private readonly EdmaEngine? _edma;
    private readonly WindowCopyEngine? _copies;
    private readonly uint _doorbellRefreshBytes;
    private IFunctionHandler? _handler;
    private bool _isServing; // registers can be reached, and the host may reach us
    private bool _isMemoryInUse; // the eDMA was to stop, and did not
    private ResetStep _resetStep;
    private long _resetSinceNanoseconds;
    private bool _holdIsReported;

    /// <summary>
    /// Takes memory, after what an earlier firmware left running was stopped; no other register is touched before <see cref="Start"/>.
    /// </summary>
    /// <param name="options">What the user chose.</param>
    /// <param name="identity">What the function says of itself.</param>
    /// <param name="queuePairs">Queue pairs that the firmware offers, the admin queues included: their doorbells are looked at.</param>
    /// <param name="log">Where events go.</param>
    /// <param name="barSource">Memory for BAR 0 in place of what the options say (tests).</param>
    /// <param name="bufferSource">Memory for buffers in place of what the options say (tests); may be the same object.</param>
    /// <exception cref="PlatformException">A wrong option, no memory, or an eDMA that does not stop.</exception>
    public Rk3588Platform(
        Rk3588Options options,
        FunctionIdentity identity,
        int queuePairs,
        IEventLog log,
        IDmaMemorySource? barSource = null,
        IDmaMemorySource? bufferSource = null)
    {
        _options = options;
        _clock = options.Clock;
        _log = log;
        _blocks = options.Registers.Blocks ?? throw new PlatformException("rk3588: register blocks are not mapped");
        EarlierFirmware.Silence(_blocks, options);
        bool isShared = barSource is null ? options.BarMemory == options.BufferMemory : ReferenceEquals(barSource, bufferSource);
        _barMemory = new DmaMemory(barSource ?? SourceOf(options.BarMemory));
        _bufferMemory = isShared ? _barMemory : new DmaMemory(bufferSource ?? SourceOf(options.BufferMemory));
        _bouncedMemory = _bufferMemory.IsDeviceMemory ? new OrdinaryMemory() : null;
        byte* bar = _barMemory.Allocate(Rk3588Endpoint.Bar0LengthBytes, Rk3588Endpoint.Bar0LengthBytes);
        Bar0 = new Bar0Memory((nint)bar, Rk3588Endpoint.Bar0LengthBytes);
        _doorbellRefreshBytes = Math.Min((uint)queuePairs * DoorbellBytesPerQueuePair, Bar0Layout.DoorbellLengthBytes);
        InterruptVectorCount = identity.MsixVectorCount;
        _endpoint = new Rk3588Endpoint(_blocks, options, identity, log);
        _windows = new OutboundWindows(_blocks, options.Switches.DmaBypass, _clock, log);
        _interrupts = new InterruptRaiser(_blocks, _endpoint, options.Switches, Bar0, _barMemory, _windows, InterruptVectorCount);
        if (options.UseDma)
        {
            _edma = new EdmaEngine(_blocks, _bufferMemory, _bufferMemory.IsDeviceMemory, _windows, _clock, new EdmaTimes(), log)
            {
                KeepsWritesInOrder = options.Switches.CompletionsByDma,
            };
        }
        else
        {
            _copies = new WindowCopyEngine(_windows, _blocks);
        }

        HostDma = _edma ?? (IHostDma)_copies!;
        HostMemory = new HostMemoryMap(1);
        _ = HostMemory.TryAdd(new HostMemoryRegion { Address = 0, Last = ulong.MaxValue, Access = HostAccess.Read | HostAccess.Write, BackingHandle = -1 });
    }

    private enum ResetStep
    {
        /// <summary>No reset.</summary>
        None,

        /// <summary>Until the firmware and the DMA engine have let go of the earlier life.</summary>
        Quiesce,

        /// <summary>Until the inbound window is in force again.</summary>
        Restore,
    }

    /// <inheritdoc/>
    public string Name => "rk3588";

    /// <inheritdoc/>
    public Bar0Memory Bar0 { get; }

    /// <inheritdoc/>
    public HostMemoryMap HostMemory { get; }

    /// <inheritdoc/>
    public IHostDma HostDma { get; }

    /// <inheritdoc/>
    public int InterruptVectorCount { get; }

    /// <inheritdoc/>
    public int EnabledVectorCount => Math.Min(_interrupts.EnabledVectorCount, InterruptVectorCount);

    /// <inheritdoc/>
    public int CompletionQueueLimit => OutboundWindows.QueueWindowLimit;

    /// <inheritdoc/>
    public bool TrapsRegisterWrites => false;

    /// <inheritdoc/>
    public bool HasLevelInterrupts => _interrupts.Mode == InterruptMode.Legacy;

    /// <inheritdoc/>
    public bool IsMsixEnabled => _interrupts.Mode == InterruptMode.Msix;

    /// <inheritdoc/>
    public long NowNanoseconds => _clock.NowNanoseconds;

    /// <inheritdoc/>
    public bool IsBusMasterEnabled => _windows.IsLinkUp && _endpoint.IsBusMasterEnabled;

    /// <summary>The endpoint, for diagnostics.</summary>
    public Rk3588Endpoint Endpoint => _endpoint;

    /// <summary>The outbound windows, for diagnostics.</summary>
    public OutboundWindows Windows => _windows;

    /// <summary>The eDMA's counters; null where the CPU copies.</summary>
    public EdmaCounters? EdmaCounters => _edma?.Counters;

    /// <inheritdoc/>
    public byte* AllocateDmaMemory(nuint lengthBytes) =>
        _bouncedMemory is null ? _bufferMemory.Allocate(lengthBytes) : _bouncedMemory.Allocate(lengthBytes);

    /// <inheritdoc/>
    public void Start(IFunctionHandler handler)
    {
        _handler = handler;
        if (!_barMemory.IsDeviceMemory)
        {
            _log.Write("rk3588: BAR 0 is cached memory: a host write may meet one of ours in the same cache line; a carve-out as bar-memory is better");
        }

        // What the firmware has stored so far, before the host can write beside it.
        _barMemory.ForgetForDevice((byte*)Bar0.Base, Bar0.LengthBytes);
        Mmio.Barrier.Full();
        _endpoint.BringUp(_barMemory.PhysicalOf((byte*)Bar0.Base));

        // What a firmware that died has left running reads and writes memory that is somebody else's by now.
        _edma?.LinkDown();
        if (!_windows.ProgramAll(flushesFirst: _endpoint.IsLinkKept))
        {
            throw new PlatformException("rk3588: an outbound region does not become enabled: is this the unrolled address translation with 16 regions?");
        }

        if (_options.Switches.DmaBypass && !_windows.HasDmaBypass)
        {
            _log.Write("rk3588: the outbound regions do not take DMA_BYPASS: host memory at the window's addresses is copied by the CPU");
        }

        _interrupts.Reset();
        _isServing = true;
        _endpoint.EnableLink();
    }

    /// <inheritdoc/>
    public bool Poll()
    {
        long now = _clock.NowNanoseconds;
        LinkEvents events = _endpoint.PollEvents(now);
        bool happened = events != LinkEvents.None;
        if (happened)
        {
            Handle(events, now);
        }

        if (_edma is { IsFailed: true })
        {
            // Nobody else may ask it any more whether it works again.
            _edma.Pump();
            _handler!.PlatformFailed();
        }

        if (_resetStep != ResetStep.None)
        {
            ContinueReset(now);
            return true;
        }

        if (_windows.IsLinkUp)
        {
            RefreshBar();
            _interrupts.Poll(now);
        }

        return happened;
    }

    /// <inheritdoc/>
    public void RaiseInterrupt(int vector) => _interrupts.Raise(vector);

    /// <inheritdoc/>
    public void LowerInterrupt(int vector) => _interrupts.Lower(vector);

    /// <inheritdoc/>
    public void PublishBar0(uint offsetBytes, uint lengthBytes)
    {
        _barMemory.CleanForDevice((byte*)Bar0.Base + offsetBytes, lengthBytes);
        Mmio.Barrier.Full();
    }

    /// <inheritdoc/>
    public void RefreshBar0(uint offsetBytes, uint lengthBytes)
    {
        if (!_barMemory.IsDeviceMemory)
        {
            _barMemory.ForgetForDevice((byte*)Bar0.Base + offsetBytes, lengthBytes);
            Mmio.Barrier.Full();
        }
    }

    /// <inheritdoc/>
    public nint OpenWindow(ulong hostAddress, uint lengthBytes) =>
        _options.Switches.CompletionsByDma ? 0 : _windows.Open(hostAddress, lengthBytes);

    /// <inheritdoc/>
    public void CloseWindow(nint window) => _windows.Close(window);

    /// <inheritdoc/>
    public int GetWakeDescriptors(Span<int> descriptors) => 0;

    /// <inheritdoc/>
    public void LeaveBus()
    {
        if (_isServing)
        {
            Stop();

            // Last: a host's read that is under way when the link goes may hang the host, and by now each is answered at once.
            _endpoint.TakeLinkDown();
        }
    }

    /// <summary>
    /// Stops serving: the host's accesses are refused, the DMA engine lets go of memory, and then memory is given back. The firmware has no
    /// command in flight any more; it is not called. The link stays trained, unless <see cref="LeaveBus"/> has taken it down, so that a firmware
    /// that starts soon finds the host still there.
    /// </summary>
    public void Dispose()
    {
        if (_isServing)
        {
            Stop();
        }

        if (_isMemoryInUse)
        {
            _log.Write("rk3588: the eDMA did not stop: its memory is not given back; reset the board before anything else uses that memory");
            return;
        }

        _bufferMemory.Dispose();
        _barMemory.Dispose();
        _bouncedMemory?.Dispose();
    }

    private static IDmaMemorySource SourceOf(BoardMemory memory) =>
        memory.Kind == BoardMemoryKind.CarveOut ? new CarveOut(memory.Address, memory.LengthBytes) : new HugePages();

    private void Handle(LinkEvents events, long now)
    {
        if ((events & LinkEvents.Reset) != 0)
        {
            LoseLink();
            _handler!.FunctionReset(ResetKind.Conventional);
            _resetStep = ResetStep.Quiesce;
            _resetSinceNanoseconds = now;
            _holdIsReported = false;
            return;
        }

        if ((events & LinkEvents.LinkDown) != 0)
        {
            LoseLink();
            _handler!.LinkDown();
        }

        if ((events & LinkEvents.LinkUp) != 0)
        {
            _windows.IsLinkUp = true;
            _edma?.LinkUp();
            _copies?.LinkUp();
            _handler!.LinkUp();
        }
    }

    private void LoseLink()
    {
        _windows.IsLinkUp = false;
        _edma?.LinkDown();
        _copies?.LinkDown();
    }

    private void ContinueReset(long now)
    {
        _edma?.Pump();
        if (_resetStep == ResetStep.Quiesce)
        {
            if (!_handler!.IsQuiescent || _edma is { IsDown: false })
            {
                ReportHold(now);
                return;
            }

            _resetStep = ResetStep.Restore;
        }

        if (!_endpoint.RestoreAfterReset(now))
        {
            return;
        }

        bool onlyWhereOff = !_options.Switches.RewriteTranslationAfterReset;
        if (!BoardSabotage.Is(BoardSabotageKind.ReleaseBeforeRestore) && !_windows.ProgramAll(onlyWhereOff: onlyWhereOff))
        {
            // Said in the log by the windows; the link stays held, and the next turn tries again.
            return;
        }

        _interrupts.Reset();
        if (_endpoint.ReleaseHotReset())
        {
            _resetStep = ResetStep.None;
        }
    }

    private void ReportHold(long now)
    {
        if (!_holdIsReported && now - _resetSinceNanoseconds > HoldReportNanoseconds)
        {
            _holdIsReported = true;
            _log.Write("rk3588: commands of the time before a reset do not end; the link is held down until they do");
        }
    }

    /// <summary>Host writes to BAR 0 become visible where the CPU may hold older copies of their lines.</summary>
    private void RefreshBar()
    {
        if (_barMemory.IsDeviceMemory)
        {
            return;
        }

        byte* bar = (byte*)Bar0.Base;
        _barMemory.ForgetForDevice(bar, RegisterRefreshBytes);
        _barMemory.ForgetForDevice(bar + Bar0Layout.DoorbellBase, _doorbellRefreshBytes);
        Mmio.Barrier.Full();
    }

    /// <summary>Ends what the host and the DMA engine can do to memory.</summary>
    private void Stop()
    {
        _isServing = false;

        // While the memory behind BAR 0 goes away nobody may write there, now or after the host has enabled memory space again. What the host
        // has sent before arrives during the pause.
        new InboundWindow(_blocks).Refuse();
        _clock.Sleep(StopDrainNanoseconds);
        _windows.IsLinkUp = false;
        if (_edma is null)
        {
            return;
        }

        EdmaCounters counters = _edma.Counters;
        _log.Write("rk3588: eDMA ran {0} lists with {1} elements", (long)counters.ListRuns, (long)counters.Elements);
        _log.Write("rk3588: eDMA lists aborted {0}, stuck {1}", (long)counters.Aborts, (long)counters.Stalls);
        _edma.LinkDown();
        long deadline = _clock.NowNanoseconds + StopDeadlineNanoseconds;
        while (!_edma.IsDown && _clock.NowNanoseconds < deadline)
        {
            _edma.Pump();
            _clock.Sleep(StopPauseNanoseconds);
        }

        _isMemoryInUse = !_edma.IsDown;
    }
}
