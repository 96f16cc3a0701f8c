// One run: the firmware on a machine, a host, a disk, an oracle, and one seed that decides everything that happens.
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal.Rk3588;
using Nvmepf.Tests.Support;

namespace Nvmepf.Tests.Simulation;

/// <summary>How a run went.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Hash">Over everything that happened; the same for the same seed.</param>
/// <param name="Completed">Commands answered.</param>
/// <param name="Steps">Steps of the machine.</param>
/// <param name="HasLostTrack">Some block was not checked for a while.</param>
/// <param name="Failure">What was wrong, with the last events; null for nothing.</param>
internal sealed record SimulationResult(ulong Seed, ulong Hash, int Completed, long Steps, bool HasLostTrack, string? Failure);

internal sealed class Simulation : IDisposable
{
    private const int RunsUntilAllocationCounts = 5;
    private const int MediaBytes = 64 * 1024;
    private const int EventsPrinted = 60;

    // Who waits for a deadline of the hardware's waits in larger steps.
    private const int QuietStepsMax = 400;
    private const int HurryFactor = 50;

    /// <summary>Longest time of a step where no one waits.</summary>
    public const int StepNanosecondsMax = 20_000;

    [ThreadStatic]
    private static SimulationLog? t_log; // large, so each thread has one for all its runs

    private readonly Scenario _scenario;
    private readonly SeededRandom _random;
    private readonly SimulationLog _log;
    private readonly EventLog _endpointLog = new(Stream.Null);
    private readonly Machine _machine;
    private readonly SimulatedBackend _backend;
    private readonly NvmeController _controller;
    private readonly SimulatedHost _host;
    private long _allocatedBytes;
    private int _quietSteps;
    private int _lastCompleted;

    private Simulation(ulong seed)
    {
        _scenario = Scenario.FromSeed(seed);
        _random = new SeededRandom(seed ^ 0x5EED);
        _log = t_log ??= new SimulationLog();
        _log.Clear();
        SeededRandom machineRandom = new(_random.Next64());
        _machine = _scenario.IsBoard ? new BoardMachine(_scenario, machineRandom) : new FakeMachine(_scenario, machineRandom);
        _backend = new SimulatedBackend(MediaBytes, _scenario.BlockBytes, new SeededRandom(_random.Next64()));
        NvmeNamespace space = new(1, _backend, (uint)_scenario.BlockBytes, Guid.Empty, new byte[16]);
        _controller = new NvmeController(_scenario.Settings, _machine.Platform, new NamespaceTable([space]), _endpointLog);
        _host = new SimulatedHost(_scenario, _machine, new SeededRandom(_random.Next64()), _log, MediaBytes / _scenario.BlockBytes, Step);
        _machine.Platform.Start(_controller);
    }

    /// <summary>
    /// Runs a seed to its end, with the firmware as it is or with a fault built in. The firmware must not allocate. The runtime
    /// makes static data when code is first used; but an allocation of ours comes back in every run of its seed.
    /// </summary>
    public static SimulationResult Run(ulong seed, SabotageKind sabotage = SabotageKind.None, BoardSabotageKind board = BoardSabotageKind.None)
    {
        SimulationResult result;
        long allocatedBytes;
        int runs = 0;
        do
        {
            result = RunOnce(seed, sabotage, board, out allocatedBytes);
        }
        while (result.Failure == null && allocatedBytes > 0 && ++runs < RunsUntilAllocationCounts);

        if (result.Failure == null && allocatedBytes > 0)
        {
            return result with { Failure = $"seed {seed}: the firmware allocated {allocatedBytes} bytes of managed memory" };
        }

        return result;
    }

    public void Dispose()
    {
        _machine.Dispose(); // first: what is still under way reads the controller's memory
        _controller.Dispose();
        _backend.Dispose();
        _endpointLog.Dispose();
    }

    private static SimulationResult RunOnce(ulong seed, SabotageKind sabotage, BoardSabotageKind board, out long allocatedBytes)
    {
        Sabotage.Kind = sabotage;
        BoardSabotage.Kind = board;
        try
        {
            using Simulation simulation = new(seed);
            string? failure = simulation.RunGuarded();
            allocatedBytes = simulation._allocatedBytes;
            return new SimulationResult(seed, simulation._log.Hash, simulation._host.Completed, simulation._host.Now, simulation._host.HasLostTrack, failure);
        }
        finally
        {
            Sabotage.Kind = SabotageKind.None;
            BoardSabotage.Kind = BoardSabotageKind.None;
        }
    }

    private string? RunGuarded()
    {
        string problem;
        try
        {
            RunScenario();
            return null;
        }
        catch (SimulationFailure failure)
        {
            problem = failure.Message;
        }
#pragma warning disable CA1031 // Whatever the firmware throws is a finding, and the seed and the log belong with it.
        catch (Exception thrown)
#pragma warning restore CA1031
        {
            problem = thrown.ToString();
        }

        return $"seed {_scenario.Seed}: {problem}\nreplay: NVMEPF_SEED={_scenario.Seed} ./build.sh test FullyQualifiedName~Swarm\n{_scenario}\n{_log.Print(EventsPrinted)}{_machine.PrintLog()}";
    }

    private void RunScenario()
    {
        _backend.InstantOneIn = _scenario.BackendInstant;
        _backend.FailOneIn = _scenario.BackendFails;
        _backend.BusyOneIn = _scenario.BackendBusy;
        _machine.SetFaults(true);
        for (int i = 0; i < _scenario.Actions; i++)
        {
            if (_host.IsUp && _host.IsFatal)
            {
                _log.Add(_host.Now, Happening.Fatal);
                SimulationFailure.Unless(_machine.MayGiveUp, "CSTS.CFS although nothing has failed");
                _host.Disable();
            }

            if (!_host.IsUp)
            {
                _host.BringUp();
            }

            Act();
            for (int steps = _random.Between(0, _scenario.StepsBetween); steps > 0; steps--)
            {
                Step();
            }
        }

        Finish();
    }

    private void Act()
    {
        if (_random.OneIn(_scenario.Resets))
        {
            _host.Disable();
        }
        else if (_random.OneIn(_scenario.Flips))
        {
            _host.FlipEnable();
        }
        else if (_random.OneIn(_scenario.Flips))
        {
            _host.EnableBadly();
        }
        else if (_random.OneIn(_scenario.HotResets))
        {
            _host.HotReset(isLinkLost: false);
        }
        else if (_random.OneIn(_scenario.LinkLosses))
        {
            _host.HotReset(isLinkLost: true);
        }
        else if (_random.OneIn(_scenario.Shutdowns))
        {
            _host.Shutdown(() => _backend.HasCachedBlocks && !_backend.HasFlushFailed);
        }
        else if (_random.OneIn(_scenario.Deletions))
        {
            if (!_host.RecreateQueue())
            {
                _host.Disable();
            }
        }
        else
        {
            ActLightly();
        }
    }

    /// <summary>What leaves the controller up.</summary>
    private void ActLightly()
    {
        if (_random.OneIn(_scenario.BusMasterOff))
        {
            if (_machine.NeedsQuietForBusMaster && !_host.TryQuieten())
            {
                return;
            }

            _log.Add(_host.Now, Happening.BusMaster);
            _machine.SetBusMaster(false);
            for (int steps = _random.Below(50); steps > 0; steps--)
            {
                Step();
            }

            _machine.SetBusMaster(true);
        }
        else if (_random.OneIn(_scenario.GarbageDoorbells))
        {
            if (_random.OneIn(4))
            {
                _host.BreakRules();
            }
            else
            {
                _host.RingWrongDoorbell();
            }
        }
        else if (_random.OneIn(_scenario.Masks))
        {
            _host.ToggleMask(_random.Below(Machine.Vectors));
        }
        else if (_random.OneIn(_scenario.HeadsHeld))
        {
            _host.HoldHeads();
        }
        else if (_random.OneIn(_scenario.Aborts))
        {
            _host.SubmitAbort();
        }
        else
        {
            Submit();
        }
    }

    private void Submit()
    {
        int kind = _random.Below(12);
        if (kind == 0)
        {
            _host.SubmitAdmin();
        }
        else if (kind == 1)
        {
            _host.RequestEvent();
        }
        else if (kind == 2)
        {
            _host.RingTails();
        }
        else
        {
            for (int i = _random.Between(1, 6); i > 0; i--)
            {
                _host.SubmitIo();
            }
        }
    }

    /// <summary>Nothing goes wrong any more: everything owed must come, the media must hold what it should, and a reset must leave nothing.</summary>
    private void Finish()
    {
        _log.Add(_host.Now, Happening.Drain);
        _machine.SetFaults(false);
        _backend.FailOneIn = 0;
        _backend.BusyOneIn = 0;
        _host.IsCalm = true;
        _host.ReleaseHeads();
        _host.UnmaskAll();
        if (_host.IsUp && _host.IsFatal)
        {
            SimulationFailure.Unless(_machine.MayGiveUp, "CSTS.CFS although nothing has failed");
            _host.Disable();
        }

        if (!_host.IsUp)
        {
            _host.BringUp();
        }

        if (!_host.WaitForAll("at the end") || (_machine.MayGiveUp && _host.IsFatal))
        {
            // An engine that was struck before nothing went wrong any more, and was given up since.
            _host.Disable();
            _host.BringUp();
            SimulationFailure.Unless(_host.WaitForAll("after the last reset"), "CSTS.CFS although nothing fails any more");
        }

        _host.ReadAll();
        _host.WaitForLevelToFall();
        _host.Disable();
        _host.CheckRam();
        SimulationFailure.Unless(
            _controller.Engine.InFlight == 0 && _backend.PendingCount == 0 && _machine.Platform.HostDma.InFlight == 0
                && _controller.Home.Buffers.FreeCount == _controller.Home.Buffers.Count
                && _controller.Home.SmallBuffers.FreeCount == _controller.Home.SmallBuffers.Count,
            "something is still under way in a disabled controller");
        ReadOnlySpan<byte> media = _backend.Media;
        for (int i = 0; i < media.Length; i += sizeof(ulong))
        {
            _log.Mix(BitConverter.ToUInt64(media[i..]));
        }

        _log.Add(_host.Now, Happening.End, (ulong)_host.Completed);
    }

    /// <summary>One turn of everything: time, disk, firmware, host.</summary>
    private void Step()
    {
        _host.Now++;
        _quietSteps = _host.Completed == _lastCompleted ? _quietSteps + 1 : 0;
        _lastCompleted = _host.Completed;
        _machine.Advance(_random.Between(200, StepNanosecondsMax) * (_quietSteps > QuietStepsMax ? HurryFactor : 1));
        int collections = GC.CollectionCount(0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        if (_random.OneIn(2))
        {
            _backend.EndOne(_controller.Engine);
        }

        _ = _machine.Platform.Poll();
        _ = _controller.Turn(_machine.Platform.NowNanoseconds);
        long allocatedBytes = GC.GetAllocatedBytesForCurrentThread() - before;

        // A collection that another thread begins takes this one's allocation context away, and the count moves: such a step says nothing.
        _allocatedBytes += GC.CollectionCount(0) == collections ? allocatedBytes : 0;
        _host.Reap();
        SimulationFailure.Unless(_machine.Violation == null, _machine.Violation ?? string.Empty);
    }
}
