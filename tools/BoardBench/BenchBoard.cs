using Nvmepf.Firmware.Controller;
using Nvmepf.Hal;
using Nvmepf.Hal.Mmio;
using Nvmepf.Hal.Rk3588;
using Nvmepf.SocModel;
using EventLog = Nvmepf.Firmware.Diagnostics.EventLog;

namespace Nvmepf.BoardBench;

/// <summary>A board with the platform on it, and a host at the other end of the link; whoever serves the host's queues is not here.</summary>
internal sealed class BenchBoard : IDisposable
{
    private const int CachedBytes = 24 << 20;
    private const int CarveOutBytes = 4 << 20;
    private const ulong CachedPhysical = 0x1_4000_0000;
    private const ulong CarveOutPhysical = 0x2000_0000;
    private const int ScratchOffset = 2 << 20; // behind BAR 0
    private const int StartTurnsMax = 100_000;
    private const int StartTurnNanoseconds = 500;

    private readonly IRegisterTrap? _trapBefore = RegisterTrap.Current;
    private readonly CachedDram _dram;
    private readonly EventLog _log;

    internal BenchBoard(BenchParameters parameters, int queues)
    {
        Parameters = parameters;
        Host = new ModelHost(parameters);
        _dram = new CachedDram(CachedPhysical, CachedBytes, CarveOutPhysical, CarveOutBytes);
        Soc = new Soc(new SocOptions { Costs = parameters.Costs, EventLogEntries = 1024 }, _dram, Host);
        Soc.Log.IsEnabled = false;
        Host.Soc = Soc;
        Trap = new SocTrap(Soc, _dram);
        RegisterTrap.Current = Trap;
        _log = new EventLog(Stream.Null);
        RegisterBlocks blocks = new()
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
        Rk3588Options options = new()
        {
            Registers = new RegisterSource(RegisterSourceKind.Given, "", blocks),
            Clock = new ModelClock(Soc),
        };
        FunctionIdentity identity = new(0x1D87, 0x3588, 0x1D87, 0x5043, 1, 0x01_0802, queues + 1);
        Platform = new Rk3588Platform(options, identity, queues + 1, _log, new ModelCarveOut(Trap), new ModelPages(_dram, 0, CachedBytes));
    }

    internal BenchParameters Parameters { get; }

    internal Soc Soc { get; }

    internal SocTrap Trap { get; }

    internal ModelHost Host { get; }

    internal Rk3588Platform Platform { get; }

    internal EventLog Log => _log;

    /// <summary>Board memory.</summary>
    internal CachedDram Dram => _dram;

    /// <summary>Physical address of 2 MiB of uncached memory that the platform does not use.</summary>
    internal static ulong Scratch => CarveOutPhysical + ScratchOffset;

    /// <summary>Brings the link up and lets the host find the function.</summary>
    internal void Start(IFunctionHandler handler, int queues, Action turn)
    {
        Platform.Start(handler);
        RunUntil(() => Soc.Host.IsLinkUp, turn, "the link does not train");
        Host.Attach(queues + 1);
        RunUntil(() => Platform.IsBusMasterEnabled, turn, "bus mastering is not seen");
    }

    internal void RunUntil(Func<bool> isDone, Action turn, string failure)
    {
        for (int i = 0; !isDone(); i++)
        {
            if (i == StartTurnsMax)
            {
                throw new InvalidOperationException("board bench: " + failure);
            }

            Soc.Advance(StartTurnNanoseconds);
            turn();
        }
    }

    /// <summary>What hardware would have punished ends the measurement: its figures would be worth nothing.</summary>
    internal void CheckViolations()
    {
        if (Soc.Violations.Total != 0)
        {
            throw new InvalidOperationException($"board bench: {Soc.Violations.First[0]}");
        }
    }

    public void Dispose()
    {
        Platform.Dispose();
        RegisterTrap.Current = _trapBefore;
        Trap.Dispose();
        _dram.Dispose();
        _log.Dispose();
    }
}
