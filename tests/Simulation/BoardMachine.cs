// A device on the RK3588 platform, over the register model of the SoC: what the host does goes through configuration space and BARs, what
// the device does comes as reads and writes of RAM and as interrupt messages. Everything that a hardware would punish fails the run.
using System.Linq;
using Nvmepf.BoardBench;
using Nvmepf.Hal;
using Nvmepf.Hal.Mmio;
using Nvmepf.Hal.Rk3588;
using Nvmepf.SocModel;
using Nvmepf.Tests.BoardPlatform;

namespace Nvmepf.Tests.Simulation;

/// <summary>How the host takes interrupts.</summary>
internal enum InterruptWay : byte
{
    Msix,
    Msi,
    Level,
}

internal sealed class BoardMachine : Machine, IHostFabric
{
    private const ulong MessageAddress = 0xFEE0_1000;
    private const uint MessageBase = 0x40;
    private const uint Bar0Address = 0xC000_0000;
    private const int MsiCapability = 0x50;
    private const int MsixCapability = 0xB0;
    private const long LinkDropLatestNanoseconds = 2_000_000;
    private const int ModelEventsPrinted = 200;

    /// <summary>From the moment that the firmware has read a mask until its message is in the bridge, register accesses included.</summary>
    private const long TurnLongestNanoseconds = 20_000;

    private static readonly TlpStatus[] s_refusals = [TlpStatus.UnsupportedRequest, TlpStatus.CompleterAbort, TlpStatus.Timeout, TlpStatus.Poisoned];

    [ThreadStatic]
    private static BoardParts? t_parts; // megabytes, so each thread has one set for all its runs

    private readonly Scenario _scenario;
    private readonly BoardParts _parts;
    private readonly Soc _soc;
    private readonly IRegisterTrap? _trapBefore = RegisterTrap.Current;
    private readonly SeededRandom _random;
    private readonly Rk3588Platform _platform;
    private readonly long[] _interrupts = new long[Vectors];
    private readonly bool[] _isMasked = new bool[Vectors];
    private readonly long[] _maskedSince = new long[Vectors];
    private readonly HalLog _halLog = new();
    private readonly int[] _refusals = new int[HostRam.LengthBytes / HostJob.PageBytes];
    private int _refusedPerMillion;
    private long _secondResetAt;
    private bool _areMessagesOn;
    private string? _misconduct;
    private long _dropAt;
    private long _perstUntil;
    private bool _isEngineWatched = true;
    private bool _copiesByCpu; // and so cannot tell a refused read from ones

    public BoardMachine(Scenario scenario, SeededRandom random)
    {
        _scenario = scenario;
        _random = random;
        _parts = t_parts ??= new BoardParts(this);
        _parts.Fabric.Target = this;
        _soc = _parts.Soc;
        _parts.Dram.Reset(random.Next64(), clear: true);
        _soc.Faults.Clear();
        _soc.Reset(random.Next64(), scenario.Board.StartState);
        RegisterTrap.Current = _parts.Trap;
        Ram = _parts.Ram;
        Ram.Begin(random.Pick<ulong>([0x10_0000, 0x1_0000_0000, 0x9_0010_0000, 0x7F_FFF0_0000]));
        SetLastingFaults();
        ModelCarveOut carveOut = new(_parts.Trap);
        Rk3588Options options = new()
        {
            Registers = new RegisterSource(RegisterSourceKind.Given, string.Empty, _parts.Blocks),
            BringUp = scenario.Board.StartState == SocStartState.KernelDriver ? BringUpMode.TakeOver : BringUpMode.Cold,
            UseDma = scenario.Board.UsesDma,
            Switches = scenario.Board.Switches,
            Clock = new ModelClock(_soc),
        };
        FunctionIdentity identity = new(0x1D87, 0x3588, 0x1D87, 0x5043, 1, 0x01_0802, Vectors);
        IDmaMemorySource buffers = scenario.Board.HasBuffersInCarveOut ? carveOut : new ModelPages(_parts.Dram, 0, BoardParts.CachedBytes);
        _platform = new Rk3588Platform(options, identity, scenario.QueuePairs + 1, _halLog, carveOut, buffers);
    }

    public override IPlatform Platform => _platform;

    public override HostRam Ram { get; }

    public override string? Violation =>
        _misconduct ?? (_soc.Violations.Total > 0 ? $"the hardware would punish: {_soc.Violations.First[0]}" : null);

    public override bool IsLevelAsserted => _soc.Host.IsIntxAsserted;

    public override ulong StrayAddress => Ram.Address - 0x8_0000;

    public override bool LosesStrayWrites => true;

    public override bool LosesStrayReads => _copiesByCpu;

    public override bool NeedsQuietForBusMaster => true;

    public override int VectorCount => _scenario.Board.Interrupts == InterruptWay.Level ? 1 : Vectors;

    public override bool IsSettling => _dropAt != 0 || _perstUntil != 0 || _secondResetAt != 0 || !_soc.Host.IsLinkUp;

    public override bool MayReportDmaErrors => _scenario.Board.HasLinkFaults && _scenario.DmaFails > 0 && !_copiesByCpu;

    /// <summary>A read that the host refuses, which a bad pointer is enough for, may end in a soft reset that takes longer than the platform waits.</summary>
    public override bool MayGiveUp => _scenario.Board.HasLinkFaults && (_scenario.DmaFails > 0 || _scenario.BadPointers > 0) && !_copiesByCpu;

    /// <summary>Errors of local memory, of list fetches and stalls strike whoever shares the list.</summary>
    public override bool KnowsWhatWasRefused => _scenario.Board.Fault < s_refusals.Length;

    public override long RefusalsIn(ulong address, int lengthBytes)
    {
        long count = 0;
        foreach (int refusals in _refusals.AsSpan((int)((address - Ram.Address) / HostJob.PageBytes), lengthBytes / HostJob.PageBytes))
        {
            count += refusals;
        }

        return count;
    }

    public override uint ReadRegister(int offset)
    {
        Span<byte> data = stackalloc byte[sizeof(uint)];
        return _soc.Host.BarRead(0, (ulong)offset, data) == TlpStatus.Success ? BitConverter.ToUInt32(data) : uint.MaxValue;
    }

    public override void WriteRegister(int offset, uint value)
    {
        Span<byte> data = stackalloc byte[sizeof(uint)];
        _ = BitConverter.TryWriteBytes(data, value);
        _ = _soc.Host.BarWrite(0, (ulong)offset, data);
    }

    public override void WriteRegister64(int offset, ulong value)
    {
        WriteRegister(offset, (uint)value);
        WriteRegister(offset + 4, (uint)(value >> 32));
    }

    public override void WriteDoorbell(int offset, uint value) => WriteRegister(offset, value);

    public override void Attach()
    {
        SimulationFailure.Unless(_soc.Host.BarBytes(0) == 0x10_0000 && _soc.Host.BarBytes(4) == 0, "BAR 0 is not 1 MiB, or BAR 4 is there");
        Configure(0x10, 4, Bar0Address);
        Configure(0x14, 4, 0);
        Configure(0x04, 2, 0x0006);
        Array.Clear(_maskedSince); // of an earlier life
        switch (_scenario.Board.Interrupts)
        {
            case InterruptWay.Msix:
                for (int vector = 0; vector < Vectors; vector++)
                {
                    int entry = (int)Bar0Layout.MsixTable + (vector * 16);
                    WriteRegister(entry, (uint)MessageAddress);
                    WriteRegister(entry + 4, 0);
                    WriteRegister(entry + 8, MessageBase + (uint)vector);
                    WriteRegister(entry + 12, _isMasked[vector] ? 1u : 0);
                }

                Configure(MsixCapability + 2, 2, 0x8000);
                break;
            case InterruptWay.Msi:
                Configure(MsiCapability + 4, 4, (uint)MessageAddress);
                Configure(MsiCapability + 8, 4, 0);
                Configure(MsiCapability + 12, 2, MessageBase);
                ConfigureMsiMask();
                Configure(MsiCapability + 2, 2, 0x0031); // eight messages, enabled
                break;
            default:
                break;
        }

        _areMessagesOn = _scenario.Board.Interrupts != InterruptWay.Level && _soc.Host.IsLinkUp;
    }

    public override void HotReset()
    {
        _areMessagesOn = false;
        if (_random.OneIn(3))
        {
            _soc.Host.SetPower(!_random.OneIn(3)); // off with PERST#, or PERST# alone
            _soc.Host.AssertPerst(true);
            _perstUntil = _soc.NowNanoseconds + _random.Between(1_000, 1_000_000);
        }
        else
        {
            _soc.Host.HotReset();
            _secondResetAt = _random.OneIn(3) ? _soc.NowNanoseconds + _random.Below(1_000_000) : 0;
        }

        WatchEngine();
    }

    /// <summary>At one of the next packets, or at the latest after a while.</summary>
    public override void LoseLink()
    {
        _soc.Faults.DropLinkAfterTlps = _random.Between(1, 40);
        _soc.Faults.HostNeverAnswers = _random.OneIn(3); // as a host that dies
        _dropAt = _soc.NowNanoseconds + LinkDropLatestNanoseconds;
        WatchEngine();
    }

    public override void SetBusMaster(bool isEnabled) => Configure(0x04, 2, isEnabled ? 0x0006u : 0x0002u);

    public override long InterruptCount(int vector)
    {
        // A level is there as long as it is there: each look finds it.
        _interrupts[vector] += _soc.Host.IsIntxAsserted ? 1 : 0;
        return _interrupts[vector];
    }

    public override void SetVectorMask(int vector, bool isMasked)
    {
        bool isNew = isMasked && !_isMasked[vector];
        _isMasked[vector] = isMasked;
        if (!_soc.Host.IsLinkUp)
        {
            return;
        }

        if (_scenario.Board.Interrupts == InterruptWay.Msix)
        {
            WriteRegister((int)Bar0Layout.MsixTable + (vector * 16) + 12, isMasked ? 1u : 0);
        }
        else if (_scenario.Board.Interrupts == InterruptWay.Msi)
        {
            ConfigureMsiMask();
        }

        if (isNew)
        {
            _maskedSince[vector] = _soc.NowNanoseconds + MaskDelay(vector);
        }
    }

    public override void SetFaults(bool areOn)
    {
        int perMillion = areOn && MayReportDmaErrors ? 1_000_000 / (_scenario.DmaFails * 8) : 0;
        SocFaults faults = _soc.Faults;
        _refusedPerMillion = KnowsWhatWasRefused ? perMillion : 0;
        faults.LocalErrorPerMillion = _scenario.Board.Fault == 4 ? perMillion : 0;
        faults.FetchErrorPerMillion = _scenario.Board.Fault == 5 ? perMillion : 0;
        faults.StallPerMillion = _scenario.Board.Fault == 6 ? perMillion / 10 : 0;
        faults.CompletionTimeoutNanoseconds = 100_000;
    }

    public override void Advance(long nanoseconds)
    {
        // Where nothing has happened for long, only looks at registers would be logged, in place of what led there.
        _soc.Log.IsEnabled = nanoseconds <= Simulation.StepNanosecondsMax;
        _soc.Advance(nanoseconds);
        if (_dropAt != 0 && (_soc.NowNanoseconds >= _dropAt || !_soc.Host.IsLinkUp))
        {
            _dropAt = 0;
            _soc.Faults.DropLinkAfterTlps = 0;
            _soc.Faults.HostNeverAnswers = false;
            _soc.Host.DropLink();
        }

        if (_secondResetAt != 0 && _soc.NowNanoseconds >= _secondResetAt)
        {
            _secondResetAt = 0;
            _soc.Host.HotReset(); // during the hold, or when the link is up again
        }

        _areMessagesOn &= _soc.Host.IsLinkUp;
        WatchEngine();
        if (_perstUntil != 0 && _soc.NowNanoseconds >= _perstUntil)
        {
            _perstUntil = 0;
            _soc.Host.SetPower(true);
            _soc.Host.AssertPerst(false);
        }
    }

    public TlpStatus Read(ulong pciAddress, Span<byte> data)
    {
        if (!Ram.Contains(pciAddress, data.Length))
        {
            return TlpStatus.UnsupportedRequest;
        }

        if (_refusedPerMillion > 0 && _random.Below(1_000_000) < _refusedPerMillion)
        {
            for (ulong page = (pciAddress - Ram.Address) / HostJob.PageBytes; page * HostJob.PageBytes < pciAddress - Ram.Address + (ulong)data.Length; page++)
            {
                _refusals[page]++;
            }

            return s_refusals[_scenario.Board.Fault];
        }

        Ram.Bytes(pciAddress, data.Length).CopyTo(data);
        return TlpStatus.Success;
    }

    public void Write(ulong pciAddress, ReadOnlySpan<byte> data)
    {
        if (Ram.Contains(pciAddress, data.Length))
        {
            data.CopyTo(Ram.Bytes(pciAddress, data.Length));
        }
        else if (pciAddress == MessageAddress && data.Length == sizeof(uint))
        {
            TakeMessage(BitConverter.ToUInt32(data) - MessageBase);
        }
        else if (!MayStray)
        {
            // The oldest: what comes after it may be a consequence.
            _misconduct ??= $"the device wrote {data.Length} bytes at {pciAddress:X}h, where the host has no memory";
        }
    }

    public override void Dispose()
    {
        _platform.Dispose();
        RegisterTrap.Current = _trapBefore;
        _parts.Fabric.Target = null;
    }

    public override string PrintLog() => $"the platform's log:\n{_halLog.Print()}the model's log:\n{PrintModelLog()}";

    /// <summary>The last events that are no reads.</summary>
    private string PrintModelLog() =>
        string.Join('\n', _soc.Log.Print().Split('\n').Where(line => !line.Contains(" RegisterRead ") && !line.Contains(" HostRead ")).TakeLast(ModelEventsPrinted));

    /// <summary>A message is counted, if the host has asked for it and can take it.</summary>
    private void TakeMessage(uint vector)
    {
        if (!_areMessagesOn || vector >= Vectors)
        {
            _misconduct ??= $"a message for vector {(int)vector}, where the host has enabled {(_areMessagesOn ? Vectors : 0)}";
            return;
        }

        bool isMasked = _isMasked[vector] && _soc.NowNanoseconds > _maskedSince[vector];
        if (isMasked)
        {
            _misconduct ??= $"a message for vector {vector}, which the host has masked";
        }

        _interrupts[vector]++;
    }

    /// <summary>
    /// Until when messages that left before may arrive. Where the host reads the mask back, it has reached the device; otherwise it may still be
    /// on its way, and the firmware meets it in the middle of a turn.
    /// </summary>
    private long MaskDelay(int vector)
    {
        long delay = _soc.Faults.PostedDelayNanoseconds;
        if (_scenario.Board.Interrupts == InterruptWay.Msix)
        {
            if (_random.OneIn(2))
            {
                _ = ReadRegister((int)Bar0Layout.MsixTable + (vector * 16) + 12);
            }
            else
            {
                delay += _soc.Faults.InboundDelayNanoseconds + TurnLongestNanoseconds;
            }
        }

        return delay;
    }

    /// <summary>
    /// The firmware looks at the link every so often: until it has seen a loss it may still ring a doorbell, which the model minds. The link
    /// comes back only when it has seen it.
    /// </summary>
    private void WatchEngine()
    {
        bool isQuiet = _soc.Host.IsLinkUp && _dropAt == 0;
        if (isQuiet == _isEngineWatched)
        {
            return;
        }

        _isEngineWatched = isQuiet;
        if (_isEngineWatched)
        {
            _soc.Violations.Watch(ViolationKind.EngineNotResetAfterLinkLoss);
            _soc.Violations.Watch(ViolationKind.DoorbellWithoutEngine);
        }
        else
        {
            _soc.Violations.Ignore(ViolationKind.EngineNotResetAfterLinkLoss);
            _soc.Violations.Ignore(ViolationKind.DoorbellWithoutEngine);
        }
    }

    private void SetLastingFaults()
    {
        SocFaults faults = _soc.Faults;
        faults.IatuLosesTargets = _random.OneIn(2);
        faults.BarMasksLost = _random.OneIn(3);
        faults.HeaderLost = _random.OneIn(3);
        faults.EdmaRegistersLost = _random.OneIn(3);
        faults.IatuEnableDelayNanoseconds = _random.OneIn(3) ? _random.Below(5_000) : 0;
        faults.LateTranslation = _random.OneIn(3);
        faults.PostedDelayNanoseconds = _random.OneIn(3) ? _random.Below(20_000) : 0;
        faults.InboundDelayNanoseconds = _random.OneIn(3) ? _random.Below(20_000) : 0;
        faults.ReadsOutOfOrder = _random.OneIn(2);
        faults.DoneBeforeStop = _random.OneIn(2);
        faults.AbortNeedsErrorEnable = _random.OneIn(2);
        faults.ResetsAsRootComplex = _random.OneIn(2);
        faults.RebarCapDoesNotSelect = _random.OneIn(3);
        faults.NoDmaBypass = _random.OneIn(4);
        faults.SeparateReferenceClocks = _scenario.Board.Switches.SeparateReferenceClock && _random.OneIn(2);
        faults.ApbMsiIgnoresMask = _random.OneIn(2);
        faults.SoftResetNanoseconds = _random.OneIn(3) ? _random.Below(1_000_000) : 2_000;
        if (_random.OneIn(12))
        {
            faults.SoftResetNanoseconds = _random.Between(50_000_000, 400_000_000); // before the platform's deadline and past it
        }

        faults.PostedReorderPerMillion = _random.OneIn(3) ? 50_000 : 0;
        faults.WindowWithoutLinkFaults = _random.OneIn(3);
        _copiesByCpu = !_scenario.Board.UsesDma || ((faults.NoDmaBypass || !_scenario.Board.Switches.DmaBypass) && Ram.Address is >= 0x9_0000_0000 and < 0x9_4000_0000);
        _parts.Dram.EvictionPerMillion = _random.OneIn(2) ? 20_000 : 0;
        _parts.Dram.RefetchPerMillion = _random.OneIn(2) ? 50_000 : 0;
    }

    private void ConfigureMsiMask()
    {
        uint mask = 0;
        for (int vector = 0; vector < Vectors; vector++)
        {
            mask |= _isMasked[vector] ? 1u << vector : 0;
        }

        Configure(MsiCapability + 16, 4, mask);
    }

    private void Configure(int offset, int widthBytes, uint value) => _ = _soc.Host.ConfigWrite(offset, widthBytes, value);
}

/// <summary>What of the board all runs of a thread share, one after the other.</summary>
internal sealed unsafe class BoardParts
{
    public const int CachedBytes = 3 << 20;
    private const int CarveOutBytes = 6 << 20;
    private const ulong CachedPhysical = 0x1_4000_0000;
    private const ulong CarveOutPhysical = 0x2000_0000;

    public BoardParts(IHostFabric first)
    {
        Fabric.Target = first;
        Dram = new CachedDram(CachedPhysical, CachedBytes, CarveOutPhysical, CarveOutBytes);
        Soc = new Soc(new SocOptions { EventLogEntries = 1 << 12 }, Dram, Fabric);
        Trap = new SocTrap(Soc, Dram);
        Blocks = new RegisterBlocks
        {
            Dbi = Trap.Dbi,
            Apb = Trap.Apb,
            Outbound = Trap.Outbound,
            Cru = Trap.Cru,
            Pmu = Trap.Pmu,
            PhyGrf = Trap.PhyGrf,
            PhpGrf = Trap.PhpGrf,
            Gpio = Trap.Gpio4,
        };
    }

    public CachedDram Dram { get; }

    public Soc Soc { get; }

    public SocTrap Trap { get; }

    public RegisterBlocks Blocks { get; }

    public HostRam Ram { get; } = new(0);

    public FabricSwitch Fabric { get; } = new();
}

/// <summary>The model keeps the fabric that it was made with; this one leads to the host of the run.</summary>
internal sealed class FabricSwitch : IHostFabric
{
    public IHostFabric? Target { get; set; }

    public TlpStatus Read(ulong pciAddress, Span<byte> data) => Target?.Read(pciAddress, data) ?? TlpStatus.UnsupportedRequest;

    public void Write(ulong pciAddress, ReadOnlySpan<byte> data) => Target?.Write(pciAddress, data);
}
