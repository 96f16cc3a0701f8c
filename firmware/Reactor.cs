using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Reactors;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware;

/// <summary>How a reactor waits when there is nothing to do.</summary>
public enum PollMode : byte
{
    /// <summary>Never sleeps: the shortest latency, one core at 100 %.</summary>
    Busy,

    /// <summary>Sleeps for longer and longer moments, woken by the platform and by disks; the first command afterwards waits a fraction of a millisecond.</summary>
    Adaptive,
}

/// <summary>Options of a reactor.</summary>
/// <param name="Poll">How it waits.</param>
/// <param name="Cpu">Core to stay on, or -1.</param>
/// <param name="RingEntries">Operations that backends may have under way.</param>
public sealed record ReactorOptions(PollMode Poll = PollMode.Adaptive, int Cpu = -1, uint RingEntries = 1024)
{
    /// <summary>
    /// Whether memory that disks transfer to and from is pinned, piece by piece as it is used, so that operations need not look its pages up.
    /// </summary>
    public bool RegistersMemory { get; init; }

    /// <summary>
    /// How long an idle reactor sleeps that hosts wake: it bounds how late it looks at keep-alive timers and health, and how long a doorbell would
    /// go unseen if a wake were lost.
    /// </summary>
    public long AnnouncedSleepNanoseconds { get; init; } = 100_000_000;
}

/// <summary>
/// The main loop: one thread that polls platforms, controllers' queues and disks, turn after turn. After <see cref="Start"/> it allocates
/// nothing, takes no lock and throws nothing.
/// </summary>
/// <remarks>
/// Functions are at home on one reactor, which polls their platform and runs their controller; of the queues of controllers that are at home
/// elsewhere it has shares. How these come and go is in Reactor.Functions.cs, how it waits when there is nothing to do in Reactor.Idle.cs.
/// </remarks>
public sealed partial class Reactor : IDisposable
{
    /// <summary>A power of two; some hundred nanoseconds of turns.</summary>
    private const uint IdleTurnsPerClockRead = 16;

    private const long StopDeadlineNanoseconds = 10_000_000_000;
    private const long StopLookDelayNanoseconds = 1_000_000_000; // however often descriptors wake the loop for nothing
    private const int ReapBatch = 128;
    private const int RingTagShift = 16; // ring operations: the engine above, its slot below

    private readonly EventLog _log;
    private readonly ReactorOptions _options;
    private readonly ReactorLink _link;
    private readonly ReactorGroup _group;
    private readonly IoUringCompletion[] _completions = new IoUringCompletion[ReapBatch];
    private IoUring? _ring;
    private int _ringEvent = -1;

    /// <summary>Creates the only reactor of one function; nothing runs yet.</summary>
    public Reactor(IPlatform platform, NvmeController controller, EventLog log, ReactorOptions options)
        : this(controller.Home.Reactor, new ReactorGroup(), log, options) => AddFunction(platform, controller);

    /// <summary>Creates one of several reactors; nothing runs yet.</summary>
    public Reactor(ReactorLink link, ReactorGroup group, EventLog log, ReactorOptions options)
    {
        _link = link;
        _group = group;
        _log = log;
        _options = options;
    }

    /// <summary>What the loop has counted.</summary>
    public ReactorStatistics Statistics => _link.Statistics;

    /// <summary>Makes the ring. On any thread, before those of the reactors run: backends need the rings of all of them.</summary>
    /// <exception cref="PlatformException">It could not be had; the message is for the user.</exception>
    public void Open()
    {
        IoUringOptions ringOptions = new()
        {
            SubmissionEntries = _options.RingEntries,
            CompletionEntries = _options.RingEntries * 2,
            PreferredMode = IoUringMode.DeferredTaskRun,
        };
        if (IoUring.Create(in ringOptions, out _ring, out string problem) < 0)
        {
            throw new PlatformException(problem);
        }

        // A ring with deferred task work does not wake who sleeps on its own descriptor; an event counter does.
        _ringEvent = Events.Create(0, EventFlags.NonBlocking);
        if (_ringEvent < 0 || _ring!.RegisterEvent(_ringEvent) < 0)
        {
            throw new PlatformException("cannot register an event counter with the io_uring: are file descriptors left (ulimit -n)?");
        }

        OpenTables(_ring);
        _link.Open(_ringEvent);
        _group.AddRing(_ring);
    }

    /// <summary>What spares the kernel a look-up for each operation; everything works without.</summary>
    private void OpenTables(IoUring ring)
    {
        if (ring.OpenFileTable() is int fileError and < 0)
        {
            _log.Write("io_uring takes no table of files (errno {0}): each operation looks its file up", -fileError);
        }

        int memoryError = _options.RegistersMemory ? ring.OpenMemoryTable() : ring.OpenMemoryTable(CountOwnChunks(), takesPassingMemory: false);
        if (memoryError < 0 && _options.RegistersMemory)
        {
            _log.Write("io_uring takes no table of memory (errno {0}; it needs Linux 5.19): no memory is registered", -memoryError);
        }
    }

    /// <summary>
    /// Takes the calling thread, which from here on is the reactor's, and starts the functions that are at home here.
    /// </summary>
    /// <exception cref="PlatformException">Something could not be opened; the message is for the user.</exception>
    public void Start()
    {
        TakeThread();
        for (int i = 0; i < _functions.Length; i++)
        {
            StartFunction(_functions[i]);
        }

        Statistics.MarkStart();
    }

    /// <summary>The first half of <see cref="Start"/>: name, core and ring of the thread.</summary>
    /// <exception cref="PlatformException">One of these could not be had; the message is for the user.</exception>
    public void TakeThread()
    {
        if (_ring is null)
        {
            Open();
        }

        _ = Threads.SetName($"reactor{_link.Index}");
        if (_options.Cpu >= 0 && Threads.SetAffinity(_options.Cpu) is int error and < 0)
        {
            throw new PlatformException(
                $"cannot pin reactor {_link.Index} to CPU {_options.Cpu}: {Errno.Describe(error)}; allowed: {AllowedCpus()}");
        }

        // The slack that a thread begins with is as long as a nap.
        _ = Threads.SetTimerSlack(1);
        if (_ring!.Start() is int startError and < 0)
        {
            throw new PlatformException($"cannot start the io_uring: {Errno.Describe(startError)}");
        }
    }

    /// <summary>The CPUs that the process may use, for a person: of a machine, a cpuset or what taskset left.</summary>
    private static string AllowedCpus()
    {
        Span<ulong> mask = stackalloc ulong[Threads.MaximumCpus / 64];
        _ = Threads.GetAffinity(mask);
        List<int> cpus = [];
        for (int cpu = 0; cpu < Threads.MaximumCpus; cpu++)
        {
            if (((mask[cpu / 64] >> (cpu % 64)) & 1) != 0)
            {
                cpus.Add(cpu);
            }
        }

        return string.Join(", ", cpus);
    }

    /// <summary>
    /// Turns until <paramref name="stopDescriptor"/> is readable, then flushes what hosts have written and returns.
    /// </summary>
    /// <param name="stopDescriptor">A descriptor that becomes readable when the process shall end (signals), or -1 to use <paramref name="stop"/> alone.</param>
    /// <param name="stop">Set by another thread to end the loop; may be null.</param>
    public void Run(int stopDescriptor, StopFlag? stop = null)
    {
        long nextStopLook = 0;
        long now = NowNanoseconds;
        uint turns = 0;
        while (true)
        {
            bool worked = Turn(now);
            _idleTurns = worked ? 0 : _idleTurns;
            if (worked && _hasSlept && !IsBusy)
            {
                OfferCore();
            }

            bool slept = !worked && _options.Poll == PollMode.Adaptive && Idle(stopDescriptor, now);

            // Even a look at the clock is as long as a turn that finds nothing.
            if (worked || slept || (++turns & (IdleTurnsPerClockRead - 1)) == 0)
            {
                long end = NowNanoseconds;
                Statistics.BusyNanoseconds += worked ? (ulong)(end - now) : 0;
                now = end;
            }

            // A flag costs nothing to look at, and the time may stand still or crawl while this thread sleeps.
            bool isStopped = slept && stop is { IsSet: true };
            bool mustLook = now >= nextStopLook && (!(slept && _isWoken) || now - nextStopLook > StopLookDelayNanoseconds);
            if (mustLook || isStopped)
            {
                // A system call, so not every turn, not after every nap, and not before the turn that something has woken this thread for.
                nextStopLook = now + 10_000_000;
                Statistics.Publish();
                PollChange();
                if (stop is { IsSet: true } || (stopDescriptor >= 0 && IsReadable(stopDescriptor)))
                {
                    break;
                }
            }
        }

        Stop();
    }

    /// <summary>One turn.</summary>
    /// <returns>False where there was nothing to do.</returns>
    public bool Turn(long nowNanoseconds)
    {
        bool worked = false;
        int commands = 0;
        Function[] functions = _functions;
        for (int i = 0; i < functions.Length; i++)
        {
            worked |= functions[i].Platform.Poll();
            FollowMemory(i, functions[i].Platform.HostMemory);
            commands += functions[i].Controller.Turn(nowNanoseconds);
        }

        bool isAnyHeld = false;
        QueueShare[] shares = _shares;
        for (int i = 0; i < shares.Length; i++)
        {
            FollowMemory(functions.Length + i, shares[i].Platform.HostMemory);
            commands += shares[i].Turn(nowNanoseconds, out bool isHeld);
            isAnyHeld |= isHeld;
        }

        // A result may be for the share that is held.
        worked |= isAnyHeld || PollRing();
        ReactorStatistics statistics = Statistics;
        statistics.Turns++;
        if (commands > 0)
        {
            statistics.ProductiveTurns++;
            statistics.Commands += (ulong)commands;
            statistics.CommandsFetchedSquared += (ulong)commands * (ulong)commands;
            worked = true;
        }

        return worked;
    }

    /// <summary>Bytes of managed memory allocated by this thread since <see cref="Start"/>; 0 is the promise.</summary>
    public long AllocatedBytes => Statistics.AllocatedBytes;

    /// <summary>Garbage collections in the process since <see cref="Start"/>.</summary>
    public int Collections => Statistics.Collections;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Function function in _functions)
        {
            function.Controller.Control.Close();
        }

        _ring?.Dispose();
        if (_ringEvent >= 0)
        {
            _ = Files.Close(_ringEvent);
        }
    }

    private long NowNanoseconds => _clock is null ? Clock.MonotonicNanoseconds() : _clock.NowNanoseconds;

    private bool PollRing()
    {
        IoUring ring = _ring!;
        if (ring.HasRetiredFiles)
        {
            ring.DropRetiredFiles();
        }

        if (ring.InFlight == 0 && ring.Polled is not { InFlight: > 0 })
        {
            return false;
        }

        // One system call a turn at most on each.
        int count = ring.InFlight == 0 ? 0 : TakeResults(ring);
        ulong polledEnters = 0;
        if (ring.Polled is IoUring polled)
        {
            count += polled.InFlight == 0 ? 0 : TakeResults(polled);
            polledEnters = polled.EnterCount;
        }

        Statistics.RingEnters = ring.EnterCount + polledEnters;
        Statistics.FixedTransfers = ring.FixedTransfers;
        if (count > 0)
        {
            FlushCompletions();
        }

        if (ring.WantsMemory)
        {
            RegisterWantedMemory(ring);
        }

        return count > 0;
    }

    /// <summary>Submits what is prepared and hands on what has ended.</summary>
    private int TakeResults(IoUring ring)
    {
        _ = ring.SubmitAndPoll();
        int count = ring.Reap(_completions);
        for (int i = 0; i < count; i++)
        {
            ulong tag = _completions[i].UserData;
            Statistics.PolledTransfers += ring.IsPolled && _completions[i].Result >= 0 ? 1u : 0;
            if (tag <= int.MaxValue)
            {
                _engines[(int)tag >> RingTagShift]!.BackendCompleted((int)tag & ((1 << RingTagShift) - 1), _completions[i].Result);
            }
        }

        return count;
    }

    private void FlushCompletions()
    {
        for (int i = 0; i < _functions.Length; i++)
        {
            _functions[i].Controller.Engine.FlushCompletions();
        }

        for (int i = 0; i < _shares.Length; i++)
        {
            _shares[i].Engine.FlushCompletions();
        }
    }

    private static bool IsReadable(int descriptor)
    {
        PollDescriptor poll = new() { Fd = descriptor, Events = PollEvents.In };
        return Events.Poll(new Span<PollDescriptor>(ref poll), 0) > 0;
    }

    private void Stop()
    {
        long deadline = NowNanoseconds + StopDeadlineNanoseconds;
        _hasEnded = true;
        foreach (Function function in _functions)
        {
            _log.Write("Shutting down controller");
            function.Controller.BeginStop();
        }

        int running = _functions.Length;
        while (_group.FunctionCount > 0)
        {
            int stillRunning = CountRunning();
            _group.CountFunction(stillRunning - running);
            running = stillRunning;
            long now = NowNanoseconds;
            if (now > deadline)
            {
                _log.Write("Flush at exit took longer than {0} s, giving up: written data may not be durable", StopDeadlineNanoseconds / 1_000_000_000);
                break;
            }

            _ = Turn(now);
        }

        foreach (Function function in _functions)
        {
            function.Controller.Control.Close();
        }

        _ring!.CloseTables();
        Report();
    }

    private int CountRunning()
    {
        int running = 0;
        foreach (Function function in _functions)
        {
            running += function.Controller.IsStopped ? 0 : 1;
        }

        return running;
    }

    private void Report()
    {
        long allocatedBytes = AllocatedBytes;
        if (_group.Rings.Length == 1)
        {
            _log.Write("Reactor ran {0} turns and allocated {1} bytes", (long)Statistics.Turns, allocatedBytes);
            return;
        }

        _log.Write($"Reactor {_link.Index} ran {{0}} turns and allocated {{1}} bytes", (long)Statistics.Turns, allocatedBytes);
        _log.Write($"Reactor {_link.Index} handled {{0}} commands and events in {{1}} turns", (long)Statistics.Commands, (long)Statistics.ProductiveTurns);
    }
}

/// <summary>A request to stop, from one thread to a reactor.</summary>
public sealed class StopFlag
{
    private volatile bool _isSet;

    /// <summary>True once <see cref="Set"/> was called.</summary>
    public bool IsSet => _isSet;

    /// <summary>Asks the reactor to end after the turn under way.</summary>
    public void Set() => _isSet = true;
}
