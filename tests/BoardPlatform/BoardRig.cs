// The RK3588 platform on the SoC model, with a host's memory at the other end of the link and a handler in place of the firmware. One thread,
// model time only: a turn is a moment of time, a poll of the platform and a poll of its DMA.
using Nvmepf.BoardBench;
using Nvmepf.Hal;
using Nvmepf.Hal.DesignWare;
using Nvmepf.Hal.Mmio;
using Nvmepf.Hal.Rk3588;
using Nvmepf.SocModel;
using Xunit;

namespace Nvmepf.Tests.BoardPlatform;

internal sealed record BoardRigOptions
{
    internal ulong Seed { get; init; } = 1;

    internal bool HasBarInCarveOut { get; init; }

    internal bool HasBuffersInCarveOut { get; init; }

    internal bool UsesDma { get; init; } = true;

    /// <summary>The mistake that the model is there to catch: cached memory is used as if it were not.</summary>
    internal bool ForgetsCaches { get; init; }

    internal Rk3588Switches Switches { get; init; } = new();

    internal int Vectors { get; init; } = 16;
}

internal sealed unsafe class BoardRig : IDisposable
{
    internal const long TurnNanoseconds = 700;
    private const int CachedBytes = 16 << 20;
    private const int BarBytes = 2 << 20;
    private const int CarveOutBytes = 8 << 20;
    private const ulong CachedPhysical = 0x1_4000_0000;
    private const ulong CarveOutPhysical = 0x2000_0000;

    private readonly DmaCompletion[] _taken = new DmaCompletion[64];
    private readonly IRegisterTrap? _trapBefore = RegisterTrap.Current;
    private readonly SocTrap _trap;
    private readonly BoardRigOptions _options;
    private int _completionCount;

    internal BoardRig(BoardRigOptions? options = null)
    {
        _options = options ?? new BoardRigOptions();
        Dram = new CachedDram(CachedPhysical, CachedBytes, CarveOutPhysical, CarveOutBytes);
        Soc = new Soc(new SocOptions { Seed = _options.Seed, EventLogEntries = 1 << 14 }, Dram, Host);
        _trap = new SocTrap(Soc, Dram);
        RegisterTrap.Current = _trap;
        Blocks = new RegisterBlocks
        {
            Dbi = _trap.Dbi,
            Apb = _trap.Apb,
            Outbound = _trap.Outbound,
            Cru = _trap.Cru,
            Pmu = _trap.Pmu,
            PhyGrf = _trap.PhyGrf,
            PhpGrf = _trap.PhpGrf,
            Gpio = _trap.Gpio4,
        };
        Platform = MakePlatform();
    }

    internal Soc Soc { get; }

    internal RegisterBlocks Blocks { get; }

    internal CachedDram Dram { get; }

    internal BoardHost Host { get; } = new();

    internal RecordingHandler Handler { get; } = new();

    internal RecordingLog Log { get; } = new();

    internal Rk3588Platform Platform { get; private set; }

    /// <summary>The memory of the platform where all of it comes from cached pages.</summary>
    internal ModelPages? Pages { get; private set; }

    internal List<DmaCompletion> Completions { get; } = new(4096);

    internal SocFaults Faults => Soc.Faults;

    /// <summary>What a thread needs that drives the platform in place of the test's.</summary>
    internal IRegisterTrap Trap => _trap;

    /// <summary>Called while the platform sleeps: what a host does meanwhile.</summary>
    internal Action? OnSleep { get; set; }

    /// <summary>Starts the platform and lets a host find it: link up, memory space and bus mastering on.</summary>
    internal BoardRig Start(IFunctionHandler? handler = null)
    {
        Platform.Start(handler ?? Handler);
        ConnectHost();
        return this;
    }

    /// <summary>What a host does after link training.</summary>
    internal void ConnectHost()
    {
        RunUntil(() => Soc.Host.IsLinkUp, "the link trains");
        Assert.Equal(TlpStatus.Success, Soc.Host.ConfigWrite(0x10, 4, 0x8000_0000));
        Assert.Equal(TlpStatus.Success, Soc.Host.ConfigWrite(0x14, 4, 0));
        Assert.Equal(TlpStatus.Success, Soc.Host.ConfigWrite(0x04, 2, 0x0006));
        RunUntil(() => Platform.IsBusMasterEnabled, "the platform sees bus mastering");
    }

    /// <summary>One turn without a firmware: time, platform, DMA.</summary>
    internal void Turn()
    {
        Soc.Advance(TurnNanoseconds);
        _ = Platform.Poll();
        TakeCompletions();
    }

    internal void TakeCompletions()
    {
        fixed (DmaCompletion* taken = _taken)
        {
            _completionCount = Platform.HostDma.Poll(taken, _taken.Length);
        }

        for (int i = 0; i < _completionCount; i++)
        {
            Completions.Add(_taken[i]);
        }
    }

    internal void RunTurns(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Turn();
        }
    }

    internal void RunUntil(Func<bool> isDone, string what, int turnsMax = 200_000)
    {
        for (int i = 0; i < turnsMax; i++)
        {
            if (isDone())
            {
                return;
            }

            Turn();
        }

        Assert.Fail($"{what}: not within {turnsMax} turns; {string.Join("; ", Log.Texts)}; {Violations()}");
    }

    internal void RunUntilIdle(int turnsMax = 200_000) => RunUntil(() => Platform.HostDma.InFlight == 0, "all requests end", turnsMax);

    /// <summary>What hardware would have punished, as text; empty where there was nothing.</summary>
    internal string Violations()
    {
        List<string> lines = [];
        foreach (Violation violation in Soc.Violations.First)
        {
            lines.Add(violation.ToString());
        }

        return string.Join("; ", lines);
    }

    internal void AssertClean() => Assert.Equal("", Violations());

    /// <summary>The firmware dies where it stands, and another starts in the very same memory, which is zeroed; the host notices nothing.</summary>
    internal void CrashAndStart()
    {
        Replace();
        RunUntil(() => Platform.IsBusMasterEnabled, "the link is taken over");
    }

    /// <summary>Another platform in the very same memory, started.</summary>
    internal void Replace()
    {
        MakeAnother();
        Platform.Start(Handler);
    }

    /// <summary>Another platform, which is not started.</summary>
    internal void MakeAnother() => Platform = MakePlatform();

    public void Dispose()
    {
        Platform.Dispose();
        RegisterTrap.Current = _trapBefore;
        _trap.Dispose();
        Dram.Dispose();
    }

    private Rk3588Platform MakePlatform()
    {
        ModelCarveOut carveOut = new(_trap);
        ModelPages? oneForBoth = _options.HasBarInCarveOut || _options.HasBuffersInCarveOut ? null : new ModelPages(Dram, 0, CachedBytes, _options.ForgetsCaches);
        Pages = oneForBoth;
        IDmaMemorySource bar = _options.HasBarInCarveOut ? carveOut : oneForBoth ?? new ModelPages(Dram, 0, BarBytes);
        IDmaMemorySource buffers = _options.HasBuffersInCarveOut ? carveOut : oneForBoth ?? new ModelPages(Dram, BarBytes, CachedBytes - BarBytes);
        Rk3588Options options = new()
        {
            Registers = new RegisterSource(RegisterSourceKind.Given, "", Blocks),
            BringUp = BringUpMode.Cold,
            UseDma = _options.UsesDma,
            Switches = _options.Switches,
            Clock = new RigClock(this),
        };
        FunctionIdentity identity = new(0x1D87, 0x3588, 0x1D87, 0x5043, 1, 0x01_0802, _options.Vectors);
        return new Rk3588Platform(options, identity, 16, Log, bar, buffers);
    }
}

/// <summary>The model's time, and somebody who acts while it passes.</summary>
internal sealed class RigClock(BoardRig rig) : IBoardClock
{
    public long NowNanoseconds => rig.Soc.NowNanoseconds;

    public void Sleep(long nanoseconds)
    {
        rig.Soc.Advance(nanoseconds);
        rig.OnSleep?.Invoke();
    }
}

internal sealed class RecordingHandler : IFunctionHandler
{
    internal List<string> Events { get; } = new(64);

    public bool IsQuiescent { get; set; } = true;

    /// <summary>How often the platform has said that it cannot move data.</summary>
    internal int Failures { get; private set; }

    public void PlatformFailed() => Failures++;

    public void RegisterWrite(uint offsetBytes, ulong value, int widthBytes) => Events.Add("write");

    public void LinkUp() => Events.Add("up");

    public void LinkDown() => Events.Add("down");

    public void FunctionReset(ResetKind kind) => Events.Add("reset");

    public bool IsHostMemoryInUse(ulong address, ulong lengthBytes) => false;
}

internal sealed class RecordingLog : IEventLog
{
    internal List<string> Texts { get; } = new(256);

    public void Write(string staticText, long first = 0, long second = 0)
    {
        if (Texts.Count < 200)
        {
            Texts.Add($"{staticText} [{first:x} {second:x}]");
        }
    }
}
