// The RK3588's PCIe 3.0 controller in endpoint mode, with what it needs of clocks, power and PHY, as software sees it. Written from the
// register reference, never from the driver. Not modelled: electrical training, interrupt controllers, the other PCIe controllers.

namespace Nvmepf.SocModel;

/// <summary>
/// The model. Deterministic: no threads, no wall clock; time moves by <see cref="Advance"/> and by what CPU accesses cost, and one seed decides
/// every interleaving and fault. Not thread-safe.
/// </summary>
public sealed class Soc : IDisposable
{
    /// <summary>A board whose firmware has not run yet, with a host that has power and has released PERST#.</summary>
    public Soc(SocOptions options, IBoardMemory dram, IHostFabric host)
    {
        Options = options;
        Dram = dram;
        Fabric = host;
        Log = new EventLog(options.EventLogEntries);
        Violations = new SocViolations(Log);
        Host = new HostPort(this);
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
    public bool SysInterrupt => false;

    internal IBoardMemory Dram { get; }

    internal IHostFabric Fabric { get; }

    /// <summary>A CPU load of 1, 2, 4 or 8 bytes at a SoC address; false is a bus fault (value all ones), counted and a violation.</summary>
    public bool CpuRead(ulong socAddress, int widthBytes, out ulong value) => throw new NotSupportedException();

    /// <summary>A CPU store; false is a bus fault.</summary>
    public bool CpuWrite(ulong socAddress, int widthBytes, ulong value) => throw new NotSupportedException();

    /// <summary>Moves model time and does what falls due.</summary>
    public void Advance(long nanoseconds) => NowNanoseconds += nanoseconds;

    /// <summary>Level of an eDMA channel's interrupt: 0, 1 write channels; 2, 3 read channels.</summary>
    public bool DmaInterrupt(int channel) => channel < 0;

    /// <summary>Everything as after construction with another seed and start state; faults, ignored violations and memory stay. Allocates nothing.</summary>
    public void Reset(ulong seed, SocStartState startState) => NowNanoseconds = 0;

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
