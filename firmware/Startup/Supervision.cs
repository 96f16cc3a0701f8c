// What an init sees of the process: that it is ready (sd_notify's datagram, a file), that it is alive (systemd's watchdog, a hardware
// watchdog), that it ends as asked. A thread of its own looks at the reactors' turn counters; the reactors know nothing of it.
//
// It does not judge whether hosts are served well: a reactor that turns is alive. Nor does it start the process again; init does.

using System.Globalization;
using System.Text;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Startup;

/// <summary>Tells an init how the process does, from before the start until after the end of the reactors.</summary>
/// <remarks>
/// A sign of life is given only when every reactor has made a turn since the last one. Until they are ready it is given without, for two minutes at
/// most while storage is opened and for as long again while links come up: a start takes its time, and one that takes longer hangs. So does the
/// closing of storage. After an orderly end, a failed start included, a hardware watchdog is
/// disarmed; after a crash it is not, so that the machine is reset unless the next start comes in time.
/// </remarks>
internal sealed class Supervision : IDisposable
{
    private const int LookIntervalMaximumMilliseconds = 1000;
    private const int LookIntervalMinimumMilliseconds = 20;
    private const int LooksPerTimeout = 4;
    private const int NotifyAttempts = 50;
    private const int NotifyPauseMilliseconds = 20;
    private const int AssumedTimeoutSeconds = 10; // of a watchdog that does not say
    private static readonly byte[] s_stopping = Encoding.ASCII.GetBytes("STOPPING=1\nSTATUS=Flushing");
    private static readonly byte[] s_alive = Encoding.ASCII.GetBytes("WATCHDOG=1");

    private readonly SupervisionOptions _options;
    private readonly EventLog _log;
    private readonly int _stopDescriptor;
    private readonly int _wake;
    private readonly int _watchdog = -1;
    private readonly long _intervalNanoseconds;
    private readonly byte[] _ready;
    private readonly Thread _thread;
    private volatile Watched _watched = new([]);
    private volatile bool _isReady; // once is for ever: what readiness means to who waits for the process
    private volatile bool _isEnding;
    private bool _hasSaidReady;
    private bool _hasSaidStopping;
    private bool _hasSaidSilent;

    /// <summary>Opens what the options name; a watchdog's timer runs from here on.</summary>
    /// <param name="options">What is wanted.</param>
    /// <param name="stopDescriptor">Readable when the process was asked to end, or -1.</param>
    /// <param name="log">The endpoint log.</param>
    /// <exception cref="PlatformException">A file or device cannot be had; the message is for the user.</exception>
    public Supervision(SupervisionOptions options, int stopDescriptor, EventLog log)
    {
        _options = options;
        _log = log;
        _stopDescriptor = stopDescriptor;
        _ready = Encoding.ASCII.GetBytes($"READY=1\nSTATUS=Serving\nMAINPID={Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}");
        _wake = Events.Create(0, EventFlags.NonBlocking);
        if (_wake < 0)
        {
            throw new PlatformException($"cannot make an event counter: {Errno.Describe(_wake)}");
        }

        try
        {
            ForgetReadyFile("cannot remove the file of an earlier process");
            long timeout = long.MaxValue;
            if (options.WatchdogDevice is not null)
            {
                _watchdog = OpenWatchdog(options.WatchdogDevice, options.WatchdogTimeoutSeconds, out int seconds);
                timeout = seconds * 1000L;
            }

            timeout = options.ServiceWatchdogMicroseconds > 0 ? Math.Min(timeout, options.ServiceWatchdogMicroseconds / 1000) : timeout;
            long interval = options.LookIntervalMilliseconds > 0 ? options.LookIntervalMilliseconds : timeout / LooksPerTimeout;
            _intervalNanoseconds = Math.Clamp(interval, LookIntervalMinimumMilliseconds, LookIntervalMaximumMilliseconds) * 1_000_000;
        }
        catch
        {
            _ = Files.Close(_wake);
            throw;
        }

        _thread = new Thread(Supervise) { Name = "supervise" };
        _thread.Start();
    }

    /// <summary>Keeps all memory of the process resident from when it is first touched, for reactors that must not wait for a page.</summary>
    /// <exception cref="PlatformException">The process may not; the message says what would allow it.</exception>
    public static void LockMemory()
    {
        int result = MemoryMappings.LockAll(LockAllFlags.Current | LockAllFlags.Future | LockAllFlags.OnFault);
        if (result < 0)
        {
            _ = ResourceLimits.LockedMemoryBytes(out ulong limit);
            throw new PlatformException(
                $"--lock-memory: {Errno.Describe(result)}: RLIMIT_MEMLOCK is {limit} bytes; allowed: no limit (LimitMEMLOCK=infinity in a "
                + "systemd unit, ulimit -l unlimited in a shell) or the capability CAP_IPC_LOCK");
        }
    }

    /// <summary>Readable when the process was asked to end, or -1: for who waits for something before it serves.</summary>
    public int StopDescriptor => _stopDescriptor;

    /// <summary>
    /// From now on these reactors are looked at, which are about to start. With none, what is under way is the opening or closing of storage.
    /// </summary>
    public void Begin(params ReactorStatistics[] reactors) => _watched = new Watched(reactors);

    /// <summary>The reactors serve, or there are none to wait for. On any thread; allocates nothing.</summary>
    public void Ready()
    {
        _watched.IsReady = true;
        _isReady = true;
        _ = Events.Signal(_wake);
    }

    /// <summary>The reactors have ended, and others may begin: without any the process is as alive as this thread.</summary>
    public void End() => _watched = new Watched([]) { IsReady = true };

    /// <summary>Says that the process ends as it should: the ready file goes, the watchdog is disarmed.</summary>
    public void Dispose()
    {
        _isEnding = true;
        _ = Events.Signal(_wake);
        _thread.Join();
        try
        {
            ForgetReadyFile("cannot remove it");
        }
        catch (PlatformException problem)
        {
            _log.Write(problem.Message);
        }

        if (_watchdog >= 0)
        {
            if (WatchdogDevices.Disarm(_watchdog) < 0)
            {
                _log.Write("The watchdog could not be disarmed: it will reset the machine");
            }

            _ = Files.Close(_watchdog);
        }

        _ = Files.Close(_wake);
    }

    private static int OpenWatchdog(string path, int wantedSeconds, out int seconds)
    {
        int fd = Files.Open(path, OpenFlags.WriteOnly);
        if (fd < 0)
        {
            string hint = fd == -Errno.EBUSY ? "; another process has it (systemd's RuntimeWatchdogSec=, a watchdog daemon)" : string.Empty;
            throw new PlatformException($"--watchdog: {path}: {Errno.Describe(fd)}{hint}");
        }

        int timeout = wantedSeconds > 0 ? WatchdogDevices.SetTimeout(fd, wantedSeconds) : WatchdogDevices.Timeout(fd);
        if (timeout < 0 && timeout != -Errno.ENOTTY && wantedSeconds > 0)
        {
            _ = WatchdogDevices.Disarm(fd);
            _ = Files.Close(fd);
            throw new PlatformException(
                $"--watchdog: {path}: timeout={wantedSeconds}: {Errno.Describe(timeout)}; allowed: what the device can, or no timeout= for the one it has");
        }

        seconds = timeout > 0 ? timeout : wantedSeconds > 0 ? wantedSeconds : AssumedTimeoutSeconds;
        return fd;
    }

    private void Supervise()
    {
        Span<PollDescriptor> wait = stackalloc PollDescriptor[2];
        long nextLook = 0;
        while (!_isEnding)
        {
            long now = Clock.MonotonicNanoseconds();
            if (now >= nextLook)
            {
                nextLook = now + _intervalNanoseconds;
                Look(now);
            }

            wait[0] = new PollDescriptor { Fd = _wake, Events = PollEvents.In };
            wait[1] = new PollDescriptor { Fd = _hasSaidStopping ? -1 : _stopDescriptor, Events = PollEvents.In }; // -1 is passed over
            int ready = Events.Poll(wait, Math.Max(nextLook - now, 0));
            _ = Events.Take(_wake, out _);
            if (_isReady && !_hasSaidReady)
            {
                _hasSaidReady = true;
                SayReady();
            }

            if (ready > 0 && wait[1].Returned != PollEvents.None && !_hasSaidStopping)
            {
                _hasSaidStopping = true;
                Notify(s_stopping);
            }
        }
    }

    private void Look(long now)
    {
        Watched watched = _watched;
        bool isStarting = !watched.IsReady && now - watched.SinceNanoseconds < _options.StartMaximumMilliseconds * 1_000_000L;
        if (!watched.HaveAllTurned() && !isStarting)
        {
            if (!_hasSaidSilent)
            {
                if (watched.IsReady)
                {
                    _log.Write("A reactor has made no turn for {0} ms: no sign of life is given until it does", _intervalNanoseconds / 1_000_000);
                }
                else
                {
                    _log.Write("The start, or the end, has taken {0} ms: no sign of life is given until it is done", _options.StartMaximumMilliseconds);
                }
            }

            _hasSaidSilent = true;
            return;
        }

        if (_hasSaidSilent)
        {
            _hasSaidSilent = false;
            _log.Write("All reactors turn again");
        }

        if (_watchdog >= 0)
        {
            _ = WatchdogDevices.Pet(_watchdog);
        }

        if (_options.ServiceWatchdogMicroseconds > 0 && _hasSaidReady)
        {
            Notify(s_alive);
        }
    }

    private void SayReady()
    {
        if (_options.ReadyFile is string path)
        {
            string text = $"{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}\n";
            try
            {
                // By another name first: who sees the file sees all of it.
                File.WriteAllText(path + ".new", text);
                File.Move(path + ".new", path, overwrite: true);
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                _log.Write($"--ready-file: {path}: cannot write it: {FileProblem.Describe(problem)}");
            }
        }

        Notify(_ready);
    }

    /// <summary>Sends a message; where the manager's queue is full, again for a second, but a sign of life: the next one will do.</summary>
    private void Notify(byte[] message)
    {
        if (_options.NotifySocket is null)
        {
            return;
        }

        // A service manager that is not there has nothing to say about us.
        int attempts = message == s_alive ? 1 : NotifyAttempts;
        while (attempts-- > 0 && UnixSockets.SendDatagram(_options.NotifySocket, message) == -Errno.EAGAIN)
        {
            Thread.Sleep(NotifyPauseMilliseconds);
        }
    }

    private void ForgetReadyFile(string problemText)
    {
        try
        {
            if (_options.ReadyFile is not null)
            {
                File.Delete(_options.ReadyFile);
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new PlatformException(
                $"--ready-file: {_options.ReadyFile}: {problemText}: {FileProblem.Describe(problem)}; allowed: a file in a directory that exists", problem);
        }
    }

    /// <summary>Reactors and what was last seen of them.</summary>
    private sealed class Watched(ReactorStatistics[] reactors)
    {
        private readonly ulong[] _seenTurns = new ulong[reactors.Length];

        /// <summary>Set by another thread when they serve.</summary>
        public volatile bool IsReady;

        /// <summary>When they began to start.</summary>
        public long SinceNanoseconds { get; } = Clock.MonotonicNanoseconds();

        /// <summary>True where each has made a turn since the last call. Without any it is true once they are not waited for any more.</summary>
        public bool HaveAllTurned()
        {
            bool all = reactors.Length > 0 || IsReady;
            for (int i = 0; i < reactors.Length; i++)
            {
                ulong turns = Volatile.Read(ref reactors[i].Turns);
                all &= turns != _seenTurns[i];
                _seenTurns[i] = turns;
            }

            return all;
        }
    }
}
