using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
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
public sealed record ReactorOptions(PollMode Poll = PollMode.Adaptive, int Cpu = -1, uint RingEntries = 1024);

/// <summary>
/// The main loop: one thread that polls the platform, the controller's queues and the disks, turn after turn. After
/// <see cref="Start"/> it allocates nothing, takes no lock and throws nothing.
/// </summary>
/// <remarks>One controller and one reactor so far; queues are not spread over several.</remarks>
public sealed partial class Reactor : IDisposable
{
    /// <summary>A power of two; some hundred nanoseconds of turns.</summary>
    private const uint IdleTurnsPerClockRead = 16;

    private const long StopDeadlineNanoseconds = 10_000_000_000;
    private const int ReapBatch = 128;

    private readonly IPlatform _platform;
    private readonly NvmeController _controller;
    private readonly EventLog _log;
    private readonly ReactorOptions _options;
    private readonly IoUringCompletion[] _completions = new IoUringCompletion[ReapBatch];
    private IoUring? _ring;
    private int _ringEvent = -1;

    /// <summary>Creates the loop; nothing runs yet.</summary>
    public Reactor(IPlatform platform, NvmeController controller, EventLog log, ReactorOptions options)
    {
        _platform = platform;
        _controller = controller;
        _log = log;
        _options = options;
    }

    /// <summary>What the loop has counted.</summary>
    public ReactorStatistics Statistics => _controller.Statistics;

    /// <summary>
    /// Opens the ring and the backends and begins to serve, on the calling thread, which from here on is the reactor's.
    /// </summary>
    /// <exception cref="PlatformException">Something could not be opened; the message is for the user.</exception>
    public void Start()
    {
        _ = Threads.SetName("reactor0");
        if (_options.Cpu >= 0 && Threads.SetAffinity(_options.Cpu) is int error and < 0)
        {
            throw new PlatformException($"cannot pin the reactor to CPU {_options.Cpu}: {Errno.Describe(error)}");
        }

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

        if (_ring!.Start() is int startError and < 0)
        {
            throw new PlatformException($"cannot start the io_uring: {Errno.Describe(startError)}");
        }

        // A ring with deferred task work does not wake who sleeps on its own descriptor; an event counter does.
        _ringEvent = Events.Create(0, EventFlags.NonBlocking);
        if (_ringEvent < 0 || _ring.RegisterEvent(_ringEvent) < 0)
        {
            throw new PlatformException("cannot register an event counter with the io_uring: are file descriptors left (ulimit -n)?");
        }

        _controller.StartBackends(_ring);
        _controller.Control.Open(_ringEvent);
        _platform.Start(_controller);
        Statistics.MarkStart();
    }

    /// <summary>
    /// Turns until <paramref name="stopDescriptor"/> is readable, then flushes what hosts have written and returns.
    /// </summary>
    /// <param name="stopDescriptor">A descriptor that becomes readable when the process shall end (signals), or -1 to use <paramref name="stop"/> alone.</param>
    /// <param name="stop">Set by another thread to end the loop; may be null.</param>
    public void Run(int stopDescriptor, StopFlag? stop = null)
    {
        long nextStopLook = 0;
        long now = _platform.NowNanoseconds;
        uint turns = 0;
        while (true)
        {
            bool worked = Turn(now);
            _idleTurns = worked ? 0 : _idleTurns;
            bool slept = !worked && _options.Poll == PollMode.Adaptive && Idle(stopDescriptor);

            // Even a look at the clock is as long as a turn that finds nothing.
            if (worked || slept || (++turns & (IdleTurnsPerClockRead - 1)) == 0)
            {
                now = _platform.NowNanoseconds;
            }

            if (now >= nextStopLook || slept)
            {
                // A system call, so not every turn; a loop that sleeps can afford it.
                nextStopLook = now + 10_000_000;
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
        bool worked = _platform.Poll();
        int commands = _controller.Turn(nowNanoseconds);
        worked |= PollRing();
        ReactorStatistics statistics = Statistics;
        statistics.Turns++;
        if (commands > 0)
        {
            statistics.ProductiveTurns++;
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
        _controller.Control.Close();
        _ring?.Dispose();
        if (_ringEvent >= 0)
        {
            _ = Files.Close(_ringEvent);
        }
    }

    private bool PollRing()
    {
        IoUring ring = _ring!;
        if (ring.Unsubmitted > 0)
        {
            _ = ring.Submit();
        }

        if (ring.InFlight == 0)
        {
            return false;
        }

        _ = ring.Poll();
        int count = ring.Reap(_completions);
        for (int i = 0; i < count; i++)
        {
            ulong tag = _completions[i].UserData;
            if (tag <= int.MaxValue)
            {
                _controller.Engine.BackendCompleted((int)tag, _completions[i].Result);
            }
        }

        return count > 0;
    }

    private static bool IsReadable(int descriptor)
    {
        PollDescriptor poll = new() { Fd = descriptor, Events = PollEvents.In };
        return Events.Poll(new Span<PollDescriptor>(ref poll), 0) > 0;
    }

    private void Stop()
    {
        _log.Write("Shutting down controller");
        long deadline = _platform.NowNanoseconds + StopDeadlineNanoseconds;
        _controller.BeginStop();
        while (!_controller.IsStopped)
        {
            long now = _platform.NowNanoseconds;
            if (now > deadline)
            {
                _log.Write("Flush at exit took longer than {0} s, giving up: written data may not be durable", StopDeadlineNanoseconds / 1_000_000_000);
                break;
            }

            _ = Turn(now);
        }

        _controller.Control.Close();
        _log.Write("Reactor ran {0} turns and allocated {1} bytes", (long)Statistics.Turns, AllocatedBytes);
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
