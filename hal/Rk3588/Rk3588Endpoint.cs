// The endpoint as a whole: brings it up, watches the link, writes everything again after a reset. What goes through the link is not here.

using Nvmepf.Hal.DesignWare;
using Nvmepf.Hal.Linux;
using Nvmepf.Hal.Mmio;

namespace Nvmepf.Hal.Rk3588;

/// <summary>
/// The PCIe controller as an endpoint with one function. <see cref="BringUp"/> and <see cref="EnableLink"/> run once, before the reactor, and may
/// sleep and throw, <see cref="TakeLinkDown"/> after it; everything else is a bounded number of register accesses.
/// </summary>
public sealed class Rk3588Endpoint
{
    private const long Millisecond = 1_000_000;
    private const long EnableWait = 50 * Millisecond;
    private const long DetectWait = 10 * Millisecond;
    private const long LinkDownWait = 100 * Millisecond;
    private const long LinkDownPause = 100_000;

    private readonly Rk3588Options _options;
    private readonly IEventLog _log;
    private readonly RegisterBlocks _blocks;
    private readonly FunctionConfiguration _function;
    private readonly InboundWindow _inbound;
    private readonly ApbClient _apb;
    private readonly PerstPin _perst;
    private ulong _bar0PhysicalAddress;
    private long _nextPollNanoseconds;
    private long _restoreDeadlineNanoseconds;
    private long _detectDeadlineNanoseconds = long.MaxValue;
    private bool _isResetPending;
    private bool _isRestoreWritten;
    private bool _isTrainingAllowed;

    /// <summary>Touches no register yet.</summary>
    /// <param name="blocks">Where the registers are mapped.</param>
    /// <param name="options">What the user chose.</param>
    /// <param name="identity">What the function says of itself.</param>
    /// <param name="log">Where events go.</param>
    public Rk3588Endpoint(RegisterBlocks blocks, Rk3588Options options, FunctionIdentity identity, IEventLog log)
    {
        _blocks = blocks;
        _options = options;
        _log = log;
        _function = new FunctionConfiguration(blocks, options, identity);
        _inbound = new InboundWindow(blocks);
        _apb = new ApbClient(blocks.Apb);
        _perst = new PerstPin(blocks, options);
    }

    /// <summary>Size of BAR 0: the least that the controller can, 1 MiB. The memory behind it is as long and aligned to it.</summary>
    public const uint Bar0LengthBytes = 0x10_0000;

    /// <summary>The link was up already at <see cref="BringUp"/>, and was kept with what the host had assigned.</summary>
    public bool IsLinkKept { get; private set; }

    /// <summary>The link is up, as of the last look.</summary>
    public bool IsLinkUp { get; private set; }

    /// <summary>The Command register, as of the last look; zero while a reset is pending.</summary>
    public CommandStatus Command { get; private set; }

    /// <summary>Bus Master Enable, as of the last look.</summary>
    public bool IsBusMasterEnabled => Command.BusMasterEnable;

    /// <summary>A reset was seen and <see cref="ReleaseHotReset"/> has not been called yet.</summary>
    public bool IsResetPending => _isResetPending;

    /// <summary>The MSI capability; valid from <see cref="BringUp"/> on.</summary>
    public MsiCapability Msi => _function.Msi;

    /// <summary>The MSI-X capability; valid from <see cref="BringUp"/> on.</summary>
    public MsixCapability Msix => _function.Msix;

    /// <summary>The PCI Express capability; valid from <see cref="BringUp"/> on.</summary>
    public PciExpressCapability PciExpress => _function.PciExpress;

    /// <summary>
    /// From whatever state the board is in to an endpoint that lacks nothing but the link: configuration space, BAR 0, its inbound window.
    /// Link training starts with <see cref="EnableLink"/>, so that outbound windows can be opened in between.
    /// </summary>
    /// <param name="bar0PhysicalAddress">Memory behind BAR 0, <see cref="Bar0LengthBytes"/> long and aligned to that.</param>
    /// <exception cref="PlatformException">A step failed: what, and which register said what.</exception>
    public void BringUp(ulong bar0PhysicalAddress)
    {
        if (bar0PhysicalAddress % Bar0LengthBytes != 0)
        {
            throw new PlatformException(
                $"rk3588: memory for BAR 0 at {bar0PhysicalAddress:X}h; allowed: a physical address that is a multiple of {Bar0LengthBytes:X}h");
        }

        _bar0PhysicalAddress = bar0PhysicalAddress;
        IsLinkKept = StartController();
        _perst.SetUp();
        _function.Discover();
        LogFacts();
        if (IsLinkKept)
        {
            TakeRunningLink();
            return;
        }

        _apb.MiscStatus.Clear(_apb.MiscStatus.Read());
        bool isLocal = _options.Switches.EnableCommandLocally;
        _function.Header.CommandStatus.Write(default(CommandStatus) with { MemorySpaceEnable = isLocal, BusMasterEnable = isLocal });
        _function.Write(isLinkRunning: false);
        _inbound.CloseOthers(_log);
        _inbound.Write(_bar0PhysicalAddress);
        _inbound.WaitUntilInForce(_options.Clock, EnableWait, _bar0PhysicalAddress);
    }

    /// <summary>Starts link training, or lets it start when PERST# is released; logs how long the process has needed until here.</summary>
    public void EnableLink()
    {
        _isTrainingAllowed = true;
        if (!IsLinkKept)
        {
            // An earlier run may have ended while a reset was held.
            SendDelayDone();
        }

        if (!IsLinkKept && _perst.IsAsserted())
        {
            _log.Write("rk3588: PERST# is asserted: link training starts when the host releases it");
            return;
        }

        if (!IsLinkKept)
        {
            SetTraining(isOn: true);
        }

        long age = ProcessAge.Nanoseconds() / Millisecond;
        _log.Write(IsLinkKept ? "rk3588: link taken over {0} ms after process start" : "rk3588: LTSSM enabled {0} ms after process start", age);
    }

    /// <summary>Ends link training for good: the host sees the device gone. Nobody polls the endpoint any more.</summary>
    public void TakeLinkDown()
    {
        _isTrainingAllowed = false;
        IsLinkUp = false;
        Command = default;
        _log.Write("rk3588: LTSSM disabled: the host sees the device gone");
        EndTraining();
    }

    /// <summary>
    /// Looks at the link's registers, not more often than the poll interval: two reads where nothing has happened.
    /// </summary>
    /// <param name="nowNanoseconds">Time of the platform's clock.</param>
    public LinkEvents PollEvents(long nowNanoseconds)
    {
        if (nowNanoseconds < _nextPollNanoseconds)
        {
            return LinkEvents.None;
        }

        LinkEvents events = _perst.IsUsed ? PollPerst() : LinkEvents.None;
        MiscStatus misc = _apb.MiscStatus.Read();
        if (misc.Raw != 0)
        {
            // What happens between the read and this stays set for the next look: only the bits that were seen are cleared.
            _apb.MiscStatus.Clear(misc);
        }

        if (misc.LinkReset)
        {
            events |= BeginReset();
        }

        if (!_isResetPending)
        {
            events |= PollLink(misc);
        }

        // Counted from the end: where register reads are very slow, half of the time is still left for commands.
        _nextPollNanoseconds = _options.Clock.NowNanoseconds + _options.EventPollIntervalNanoseconds;
        return events;
    }

    /// <summary>
    /// Writes everything again after a reset; only when nothing of the earlier life is under way. To be called until it returns true, then come
    /// the outbound windows and <see cref="ReleaseHotReset"/>.
    /// </summary>
    /// <param name="nowNanoseconds">Time of the platform's clock.</param>
    /// <returns>True when the inbound window is in force.</returns>
    public bool RestoreAfterReset(long nowNanoseconds)
    {
        if (!_isRestoreWritten)
        {
            WriteControllerMode();
            _function.Write(isLinkRunning: false);
            if (_options.Switches.EnableCommandLocally)
            {
                _function.Header.CommandStatus.Write(default(CommandStatus) with { MemorySpaceEnable = true, BusMasterEnable = true });
            }

            if (_options.Switches.RewriteTranslationAfterReset || !_inbound.IsInForce)
            {
                _inbound.Write(_bar0PhysicalAddress);
            }

            _isRestoreWritten = true;
            _restoreDeadlineNanoseconds = nowNanoseconds + EnableWait;
        }

        if (_inbound.IsInForce)
        {
            return true;
        }

        if (nowNanoseconds >= _restoreDeadlineNanoseconds)
        {
            // Without the window the host would write to addresses of its own choice, so that the link stays down.
            _log.Write("rk3588: inbound region {0} does not become enabled: CTRL2 reads {1:x8}; trying again", InboundWindow.Region, _inbound.Control.Raw);
            _isRestoreWritten = false;
        }

        return false;
    }

    /// <summary>
    /// Lets the link train again after a reset (APP_DLY2_DONE); everything has to be written by now.
    /// </summary>
    /// <returns>
    /// False where it may not train yet: another reset came during the hold, which the next <see cref="PollEvents"/> reports, or the link's state
    /// is waited for. Then <see cref="RestoreAfterReset"/> and this are called again. A reset in the moment between the last look and the store is
    /// reported like any other, after the link has begun to train.
    /// </returns>
    public bool ReleaseHotReset()
    {
        Invariant.Check(_isResetPending && _isRestoreWritten, "a hot reset is released only when everything was restored");
        if (_options.Switches.WaitForDetectBeforeRelease && !IsInDetect())
        {
            return false;
        }

        if (_apb.MiscStatus.Read().LinkReset)
        {
            // What was written may be gone again.
            _isRestoreWritten = false;
            _nextPollNanoseconds = 0;
            return false;
        }

        _isResetPending = false;
        SendDelayDone();
        if (_perst.IsUsed && !_perst.IsAsserted())
        {
            SetTraining(isOn: true);
        }

        return true;
    }

    /// <summary>Makes the controller reachable and an endpoint.</summary>
    /// <returns>True where its link was up already and is kept.</returns>
    private bool StartController()
    {
        if (_options.BringUp == BringUpMode.Cold)
        {
            ColdStart cold = new(_blocks, _options, _log);
            bool isRunning = _options.Switches.KeepRunningLink && ColdStart.IsControllerReachable(_blocks) && IsRunningAsEndpoint();
            if (isRunning)
            {
                return true;
            }

            cold.Run();
        }
        else
        {
            CheckReachable();
            if (_options.Switches.KeepRunningLink && IsRunningAsEndpoint())
            {
                return true;
            }
        }

        EndTraining();
        WriteControllerMode();

        // The header follows the mode, from when the store has arrived; downstream code waits as long.
        _ = _apb.GeneralControl.Read();
        Mmio.Barrier.Full();
        _options.Clock.Sleep(100_000);
        return false;
    }

    /// <summary>A load from a controller without power or clock can stop the machine; where it can be known, it is refused.</summary>
    private void CheckReachable()
    {
        if (_blocks.Cru != 0 && _blocks.Pmu != 0 && !ColdStart.IsControllerReachable(_blocks))
        {
            throw new PlatformException(
                $"rk3588: bringup=takeover, but nobody has set the controller up: {ColdStart.DescribeUnreachable(_blocks)}; has the kernel's endpoint "
                + "driver bound (dmesg)? allowed: bringup=cold");
        }
    }

    private bool IsRunningAsEndpoint() =>
        _apb.LtssmStatus.Read().IsLinkUp && _apb.GeneralControl.Read().DeviceType == ControllerMode.Endpoint;

    /// <summary>
    /// Hold after a hot reset first: from then on no reset passes unseen. Link events are masked: a kernel driver that is still bound would
    /// acknowledge them in its interrupt.
    /// </summary>
    private void WriteControllerMode()
    {
        HotResetControl hold = default(HotResetControl) with { Delay2Enable = true, LinkTrainingEnhance = true };
        _apb.HotResetControl.Write(mask: hold, value: hold);
        MiscMask events = default(MiscMask) with { DataLinkChanged = true, LinkReset = true };
        _apb.MiscMask.Write(mask: events, value: events);
        _apb.GeneralControl.Write(
            mask: default(GeneralControl) with { DeviceType = (ControllerMode)0xF },
            value: default(GeneralControl) with { DeviceType = ControllerMode.Endpoint });
    }

    /// <summary>The link has fallen back to Detect, or will not within the time that downstream code gives it.</summary>
    private bool IsInDetect()
    {
        long now = _options.Clock.NowNanoseconds;
        if (_detectDeadlineNanoseconds == long.MaxValue)
        {
            _detectDeadlineNanoseconds = now + DetectWait;
        }

        if ((uint)_apb.LtssmStatus.Read().State != 0 && now < _detectDeadlineNanoseconds)
        {
            return false;
        }

        _detectDeadlineNanoseconds = long.MaxValue;
        return true;
    }

    private void SendDelayDone()
    {
        // Two blocks: configuration space and address translation are complete before the link may train.
        Mmio.Barrier.Full();
        HotResetControl done = default(HotResetControl) with { Delay2Done = true };
        _apb.HotResetControl.Write(mask: done, value: done);
    }

    /// <summary>
    /// Ends link training and waits until the link is down: the controller resets registers as it goes, and whoever brings the controller up next
    /// would take a link that is about to go for one that runs. For control threads: it sleeps.
    /// </summary>
    private void EndTraining()
    {
        SetTraining(isOn: false);
        Deadline deadline = new(_options.Clock, LinkDownWait);
        LtssmStatus status = _apb.LtssmStatus.Read();
        while (status.PhysicalLinkUp || status.DataLinkUp)
        {
            if (!deadline.Pause(LinkDownPause))
            {
                _log.Write("rk3588: the link does not go down: LTSSM_STATUS reads {0:x8} {1} ms after LTSSM was disabled", status.Raw, LinkDownWait / Millisecond);
                return;
            }

            status = _apb.LtssmStatus.Read();
        }
    }

    private void SetTraining(bool isOn)
    {
        Mmio.Barrier.Full();
        GeneralControl bits = default(GeneralControl) with { LinkTrainingEnable = true, LinkResetGrant = _options.Switches.GrantLinkReset };
        GeneralControl off = default(GeneralControl) with { LinkResetGrant = _options.Switches.GrantLinkReset };
        _apb.GeneralControl.Write(mask: bits, value: isOn ? bits : off);
    }

    /// <summary>
    /// The firmware was started again under a host that still has the device: assignments stay, the memory behind BAR 0 changes. While it
    /// does, the function does not answer, for without an enabled window the host's accesses would pass untranslated.
    /// </summary>
    private void TakeRunningLink()
    {
        _log.Write("rk3588: the link is up already: kept, with what the host has assigned");
        WriteControllerMode();
        _apb.MiscStatus.Clear(_apb.MiscStatus.Read() with { LinkReset = false });
        CommandStatus command = _function.Header.CommandStatus.Read();
        _function.Header.CommandStatus.Write(command with { MemorySpaceEnable = false });
        _function.Write(isLinkRunning: true);
        _inbound.CloseOthers(_log);
        _inbound.Write(_bar0PhysicalAddress);
        _inbound.WaitUntilInForce(_options.Clock, EnableWait, _bar0PhysicalAddress);
        if (command.MemorySpaceEnable)
        {
            // Read again: the host may have changed the other bits by now.
            _function.Header.CommandStatus.Write(_function.Header.CommandStatus.Read() with { MemorySpaceEnable = true });
        }
    }

    private LinkEvents PollLink(MiscStatus misc)
    {
        LinkEvents events = LinkEvents.None;
        if (!IsLinkUp || misc.DataLinkChanged || misc.PhysicalLinkChanged)
        {
            LtssmStatus status = _apb.LtssmStatus.Read();
            if (status.IsLinkUp != IsLinkUp)
            {
                IsLinkUp = status.IsLinkUp;
                events |= IsLinkUp ? LinkEvents.LinkUp : LinkEvents.LinkDown;
                _log.Write(IsLinkUp ? "rk3588: link up" : "rk3588: link down");
            }
        }

        CommandStatus command = IsLinkUp ? _function.Header.CommandStatus.Read() : default;
        if (command.BusMasterEnable != Command.BusMasterEnable)
        {
            events |= LinkEvents.BusMasterChanged;
            LogBusMaster(command.BusMasterEnable);
        }

        Command = command;
        return events;
    }

    private LinkEvents PollPerst()
    {
        switch (_perst.Poll())
        {
            case PerstChange.Asserted:
                _log.Write("rk3588: PERST# asserted by the host");
                SetTraining(isOn: false);
                return BeginReset();
            case PerstChange.Released:
                _log.Write("rk3588: PERST# released by the host");
                if (_isTrainingAllowed && !_isResetPending)
                {
                    SetTraining(isOn: true);
                }

                return LinkEvents.None;
            default:
                return LinkEvents.None;
        }
    }

    private LinkEvents BeginReset()
    {
        if (!_isResetPending)
        {
            _log.Write("rk3588: reset of the link (hot reset, or the link went down)");
        }

        LinkEvents events = LinkEvents.Reset | (IsBusMasterEnabled ? LinkEvents.BusMasterChanged : LinkEvents.None);
        _isResetPending = true;
        _isRestoreWritten = false;
        IsLinkUp = false;
        Command = default;
        return events;
    }

    private void LogBusMaster(bool isEnabled)
    {
        if (!isEnabled)
        {
            _log.Write("rk3588: bus master off");
            return;
        }

        // Now rather than when the link came up: it comes up at the lowest speed.
        LinkControlStatus status = PciExpress.LinkControl.Read();
        _log.Write("rk3588: the host enabled bus mastering; link speed Gen{0}, {1} lanes", (long)status.CurrentLinkSpeed, status.NegotiatedLinkWidth);
    }

    private void LogFacts()
    {
        PortLogic port = _function.Port;
        _log.Write("rk3588: controller version {0:x8} type {1:x8}", port.Version.Read().Characters, port.VersionType.Read().Characters);
        _log.Write("rk3588: found LINK_FLUSH_CONTROL {0:x8}, AMBA_ERROR_RESPONSE {1:x8}", port.LinkFlush.Read().Raw, port.ErrorResponse.Read().Raw);
        _log.Write("rk3588: found AMBA_LINK_TIMEOUT {0:x8}, AMBA_ORDERING {1:x8}", port.LinkTimeout.Read().Raw, port.AmbaOrdering.Read().Raw);
    }
}
