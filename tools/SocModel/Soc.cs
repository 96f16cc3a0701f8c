// The RK3588's PCIe 3.0 controller in endpoint mode, with what it needs of clocks, power and PHY, as software sees it. Written from the
// register reference, never from the driver. Not modelled: electrical training, interrupt controllers, the other PCIe controllers.

namespace Nvmepf.SocModel;

/// <summary>
/// The model. Deterministic: no threads, no wall clock; time moves by <see cref="Advance"/> and by what CPU accesses cost, and one seed decides
/// every interleaving and fault. Not thread-safe.
/// </summary>
public sealed class Soc
{
    private readonly CpuPort _cpu;
    private Prng _prng;
    private bool _isRunning;
    private bool _owesBarrier;
    private bool _owesFullBarrier;

    /// <summary>A board whose firmware has not run yet, with a host that has power and has released PERST#.</summary>
    public Soc(SocOptions options, IBoardMemory dram, IHostFabric host)
    {
        // Without a cost a list that links to itself would run forever inside one Advance.
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.EdmaFetchPieceNanoseconds);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.TlpNanoseconds);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.LinkBytesPerMicrosecond);
        Options = options;
        Dram = dram;
        Fabric = host;
        Times = new ModelTimes(this, options);
        Log = new EventLog(options.EventLogEntries);
        Violations = new SocViolations(Log);
        Host = new HostPort(this);
        Board = new BoardControl(this);
        Apb = new ApbClient(this);
        Link = new LinkState(this);
        Config = new ConfigSpace(this);
        Iatu = new Iatu(this);
        Edma = new EdmaEngine(this);
        Interrupts = new Interrupts(this);
        Bridge = new OutboundBridge(this);
        Inbound = new InboundPath(this);
        Kernel = new KernelDriver(this);
        _cpu = new CpuPort(this);
        Reset(options.Seed, options.StartState);
    }

    /// <summary>What it was made with.</summary>
    public SocOptions Options { get; }

    /// <summary>Model time since the last reset.</summary>
    public long NowNanoseconds { get; private set; }

    /// <summary>The host's side of the link.</summary>
    public HostPort Host { get; }

    /// <summary>Hazards as switches.</summary>
    public SocFaults Faults { get; } = new();

    /// <summary>What the firmware did wrong.</summary>
    public SocViolations Violations { get; }

    /// <summary>What happened, in numbers.</summary>
    public SocCounters Counters { get; } = new();

    /// <summary>What happened, in order.</summary>
    public EventLog Log { get; }

    /// <summary>Level of the controller's "sys" interrupt (MISC status that is not masked).</summary>
    public bool SysInterrupt => Apb.SysInterrupt;

    internal ModelTimes Times { get; }

    internal IBoardMemory Dram { get; }

    internal IHostFabric Fabric { get; }

    internal BoardControl Board { get; }

    internal ApbClient Apb { get; }

    internal LinkState Link { get; }

    internal ConfigSpace Config { get; }

    internal Iatu Iatu { get; }

    internal EdmaEngine Edma { get; }

    internal Interrupts Interrupts { get; }

    internal OutboundBridge Bridge { get; }

    internal InboundPath Inbound { get; }

    internal KernelDriver Kernel { get; }

    /// <summary>A CPU load of 1, 2, 4 or 8 bytes at a SoC address; false is a bus fault (value all ones), counted and a violation.</summary>
    public bool CpuRead(ulong socAddress, int widthBytes, out ulong value) => _cpu.Read(socAddress, widthBytes, out value);

    /// <summary>A CPU store of 1, 2, 4 or 8 bytes; false is a bus fault, counted and a violation.</summary>
    public bool CpuWrite(ulong socAddress, int widthBytes, ulong value) => _cpu.Write(socAddress, widthBytes, value);

    /// <summary>Moves model time and does what falls due. Does nothing when called from inside (by the host's or the memory's code).</summary>
    public void Advance(long nanoseconds)
    {
        if (_isRunning)
        {
            return;
        }

        _isRunning = true;
        long end = NowNanoseconds + nanoseconds;
        for (long due = DueNanoseconds; due <= end; due = DueNanoseconds)
        {
            MoveTo(Math.Max(NowNanoseconds, due));
            RunDue();
        }

        MoveTo(end);
        _isRunning = false;
    }

    /// <summary>When something falls due; <see cref="long.MaxValue"/> if the model waits for software or the host.</summary>
    public long DueNanoseconds => Math.Min(
        Math.Min(Math.Min(Board.DueNanoseconds, Link.DueNanoseconds), Math.Min(Bridge.DueNanoseconds, Inbound.DueNanoseconds)),
        Math.Min(Math.Min(Edma.WriteDirection.DueNanoseconds, Edma.ReadDirection.DueNanoseconds), Kernel.DueNanoseconds));

    /// <summary>Level of an eDMA channel's interrupt: 0, 1 write channels; 2, 3 read channels.</summary>
    public bool DmaInterrupt(int channel)
    {
        EdmaDirection direction = channel < 2 ? Edma.WriteDirection : Edma.ReadDirection;
        uint bits = 0x0001_0001u << (channel & 1);
        return direction.IsInterruptEmulated || (direction.Status & ~direction.InterruptMask & bits) != 0;
    }

    /// <summary>As after construction with another seed and start state; faults, ignored violations and memory stay. Allocates nothing.</summary>
    public void Reset(ulong seed, SocStartState startState)
    {
        _prng = new Prng(seed);
        NowNanoseconds = 0;
        _isRunning = _owesBarrier = _owesFullBarrier = false;
        Log.Clear();
        Violations.Clear();
        Counters.Clear();
        Times.Reset();
        Link.Reset();
        Board.Reset(startState);
        Apb.Reset();
        ResetController();
        Kernel.Reset(startState == SocStartState.KernelDriver);
        if (startState == SocStartState.KernelDriver)
        {
            Apb.BindKernelDriver();
            Config.BindKernelDriver();
            Iatu.BindKernelDriver();
        }
    }

    /// <summary>The CPU cleaned or invalidated lines, or stored into device memory that a doorbell may announce.</summary>
    internal void NoteMaintenance(ulong physical, long lengthBytes)
    {
        _owesFullBarrier = true;
        Log.Add(NowNanoseconds, SocEvent.Barrier, physical, (ulong)lengthBytes);
    }

    internal void NoteListStore() => _owesBarrier = true;

    internal void NoteBarrier(bool isFull)
    {
        _owesBarrier = false;
        _owesFullBarrier &= !isFull;
        Log.Add(NowNanoseconds, SocEvent.Barrier, isFull ? 1u : 0u, 0);
    }

    internal void CheckBarrier()
    {
        if (Faults.WatchBarriers && (_owesBarrier || _owesFullBarrier))
        {
            Violate(ViolationKind.DoorbellWithoutBarrier, 0);
        }
    }

    internal void Violate(ViolationKind kind, ulong detail) => Violations.Add(NowNanoseconds, kind, detail);

    internal bool Chance(int perMillion) => _prng.Chance(perMillion);

    internal int Draw(int limit) => _prng.Below(limit);

    /// <summary>Power-on values in the controller itself: its reset was asserted or its power domain is off.</summary>
    internal void ResetController()
    {
        Config.Reset();
        Iatu.Reset();
        Edma.Reset();
        Interrupts.Reset();
        Bridge.Reset();
        Inbound.Reset();
        Link.OnControllerReset();
    }

    /// <summary>What a hot reset or a link loss takes away.</summary>
    internal void OnLinkLost()
    {
        Bridge.LinkLost();
        Inbound.LinkLost();
        Edma.LinkLost();
        Config.HotReset();
        Iatu.HotReset();
        Interrupts.HotReset();
    }

    /// <summary>What must be right when the host can soon reach the endpoint (section 4.4).</summary>
    internal void CheckBeforeTraining()
    {
        for (int bar = 0; bar < Bars.RomIndex; bar++)
        {
            if (bar != 4 && Config.Bars.IsEnabled(bar) && !Iatu.HasInbound(bar))
            {
                Violate(ViolationKind.BarWithoutRegion, (ulong)bar);
            }
        }

        if (Config.HasPowerOnTrainingSequences())
        {
            Violate(ViolationKind.FastTrainingSequencesNotSet, 0);
        }

        if (Config.IsAtsVisible())
        {
            Violate(ViolationKind.AtsVisible, 0);
        }
    }

    /// <summary>The controller reads board memory; false (and a violation) where there is none.</summary>
    internal bool ReadLocal(ulong physical, Span<byte> data)
    {
        bool isRead = Board.MasterState() == BlockState.Reachable && !Faults.IommuBlocks && Dram.TryRead(physical, data);
        if (!isRead && !Faults.IommuBlocks)
        {
            Violate(ViolationKind.DmaToNoMemory, physical);
        }

        return isRead;
    }

    /// <summary>The controller writes board memory; false (and a violation) where there is none.</summary>
    internal bool WriteLocal(ulong physical, ReadOnlySpan<byte> data)
    {
        bool isWritten = Board.MasterState() == BlockState.Reachable && !Faults.IommuBlocks && Dram.TryWrite(physical, data);
        if (!isWritten && !Faults.IommuBlocks)
        {
            Violate(ViolationKind.DmaToNoMemory, physical);
        }

        return isWritten;
    }

    private void MoveTo(long nanoseconds)
    {
        if (Times.HasCosts)
        {
            CountRunning(nanoseconds - NowNanoseconds);
        }

        NowNanoseconds = nanoseconds;
    }

    private void CountRunning(long nanoseconds)
    {
        int writing = Edma.WriteDirection.RunningChannels;
        int reading = Edma.ReadDirection.RunningChannels;
        Counters.WriteChannelNanoseconds += writing * nanoseconds;
        Counters.ReadChannelNanoseconds += reading * nanoseconds;
        Counters.WriteEngineNanoseconds += writing != 0 ? nanoseconds : 0;
        Counters.ReadEngineNanoseconds += reading != 0 ? nanoseconds : 0;
        Counters.BothEnginesNanoseconds += writing != 0 && reading != 0 ? nanoseconds : 0;
    }

    private void RunDue()
    {
        long now = NowNanoseconds;
        if (Board.DueNanoseconds <= now)
        {
            Board.Run();
        }
        else if (Link.DueNanoseconds <= now)
        {
            Link.Run();
        }
        else if (Inbound.DueNanoseconds <= now)
        {
            Inbound.Run();
        }
        else if (Bridge.DueNanoseconds <= now)
        {
            Bridge.Run();
        }
        else if (Kernel.DueNanoseconds <= now)
        {
            Kernel.Run();
        }
        else
        {
            // Both directions may be due; the seed says which goes first.
            bool write = Edma.WriteDirection.DueNanoseconds <= now;
            bool read = Edma.ReadDirection.DueNanoseconds <= now;
            (write && (!read || Draw(2) == 0) ? Edma.WriteDirection : Edma.ReadDirection).Run();
        }
    }
}
