using System.Globalization;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;
using Nvmepf.Hal.VfioUser;

namespace Nvmepf.SocModel.Server;

/// <summary>
/// One thread that serves both sockets and moves the model's time with the wall clock. It sleeps on the sockets, and wakes by itself often
/// enough for what happens by time alone: link training, transfers, interrupts.
/// </summary>
internal sealed class ModelLoop : IDisposable
{
    private const long BusyWaitNanoseconds = 500_000;
    private const long IdleWaitNanoseconds = 10_000_000;
    private const long BusyForNanoseconds = 100_000_000;
    private const int DescriptorsMax = 5;

    private readonly ServerOptions _options;
    private readonly AccessLog _log;
    private readonly Soc _soc;
    private readonly BoardFunction _boardFunction;
    private readonly VfioUserServer _board;
    private readonly HostFunction _hostFunction;
    private readonly HostFabric _fabric = new();
    private readonly VfioUserServer? _host;
    private long _powerOnNanoseconds = Clock.MonotonicNanoseconds();
    private long _busyUntilNanoseconds;
    private long _violationsSeen;
    private long _violationsBefore;
    private bool _isLinkUp;

    /// <summary>Creates model and servers; nobody can connect before <see cref="Run"/>.</summary>
    /// <exception cref="PlatformException">The message is for the user.</exception>
    internal ModelLoop(ServerOptions options, AccessLog log)
    {
        _options = options;
        _log = log;
        BoardMemory boardMemory = new();
        _soc = new Soc(new SocOptions { Seed = options.Seed, StartState = options.StartState }, boardMemory, _fabric);

        // Barriers and cache maintenance are instructions of another machine's processor, which nobody sees here.
        _soc.Faults.WatchBarriers = false;
        _boardFunction = new BoardFunction(_soc, log, PowerOn);
        _board = new VfioUserServer(_boardFunction, OptionsOf(options.BoardDirectory, "board: "));
        boardMemory.Client = new ClientMemory(_board.HostMemory);
        _hostFunction = new HostFunction(_soc.Host, log);
        if (options.HostDirectory is not null)
        {
            _host = new VfioUserServer(_hostFunction, OptionsOf(options.HostDirectory, "host: "));
            _fabric.Client = new ClientMemory(_host.HostMemory);
            _fabric.Interrupts = _hostFunction.Interrupts;
        }
    }

    /// <summary>Serves until a signal asks for the end.</summary>
    /// <exception cref="PlatformException">A socket cannot be had.</exception>
    internal void Run(TerminationSignals signals)
    {
        _board.Start();
        while (!signals.Requested)
        {
            bool happened = Turn(Clock.MonotonicNanoseconds());
            if (!happened)
            {
                Sleep(signals.EventFd);
            }
        }

        Summarize();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _board.Dispose();
        _host?.Dispose();
        _hostFunction.Dispose();
        _boardFunction.Dispose();
    }

    private static VfioUserOptions OptionsOf(string directory, string prefix) =>
        new() { DirectoryPath = directory, CallsPerLook = 1, Log = new ErrorStreamLog(prefix) };

    private bool Turn(long now)
    {
        // Accesses cost model time as well, so that the model may be ahead of the clock for a moment.
        long behind = now - _powerOnNanoseconds - _soc.NowNanoseconds;
        if (behind > 0)
        {
            _soc.Advance(behind);
        }

        bool happened = _board.Poll();
        if (_host is not null && _host.IsListening)
        {
            happened |= _host.Poll();
        }

        WatchLink();
        WatchViolations();
        _log.Flush(now);
        if (happened)
        {
            _busyUntilNanoseconds = now + BusyForNanoseconds;
        }

        return happened;
    }

    private void Sleep(int signalDescriptor)
    {
        Span<int> descriptors = stackalloc int[DescriptorsMax];
        descriptors[0] = signalDescriptor;
        int count = 1;
        count += _board.GetWakeDescriptors(descriptors[count..]);
        if (_host is not null && _host.IsListening)
        {
            count += _host.GetWakeDescriptors(descriptors[count..]);
        }

        Span<PollDescriptor> polled = stackalloc PollDescriptor[DescriptorsMax];
        for (int i = 0; i < count; i++)
        {
            polled[i] = new PollDescriptor { Fd = descriptors[i], Events = PollEvents.In };
        }

        bool isBusy = Clock.MonotonicNanoseconds() < _busyUntilNanoseconds;
        _ = Events.Poll(polled[..count], isBusy ? BusyWaitNanoseconds : IdleWaitNanoseconds);
    }

    private void PowerOn()
    {
        _violationsBefore += _soc.Violations.Total;
        _soc.Reset(_options.Seed, _options.StartState);
        _violationsSeen = _soc.Violations.Total;
        _violationsBefore -= _violationsSeen;
        _powerOnNanoseconds = Clock.MonotonicNanoseconds() - _soc.NowNanoseconds;
    }

    private void WatchLink()
    {
        bool isUp = _soc.Host.IsLinkUp;
        if (isUp == _isLinkUp)
        {
            return;
        }

        _isLinkUp = isUp;
        _log.Note(isUp ? "link up" : "link down");
        if (!isUp || _host is null)
        {
            return;
        }

        if (_host.IsListening)
        {
            _hostFunction.Interrupts.WriteTable(all: true);
            return;
        }

        // A host that looks before there is a link finds an empty slot; a client cannot wait in one, so its socket appears with the link.
        _host.Start();
    }

    private void WatchViolations()
    {
        long total = _soc.Violations.Total;
        ReadOnlySpan<Violation> first = _soc.Violations.First;
        for (long i = _violationsSeen; i < total; i++)
        {
            string text = i < first.Length ? first[(int)i].ToString() : "one more violation";
            _log.Violation(text);
            Console.Error.WriteLine($"nvmepf-soc: violation: {text}");
        }

        _violationsSeen = total;
    }

    private void Summarize()
    {
        SocCounters counters = _soc.Counters;
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"since power-on: {counters.RegisterReads} register reads, {counters.RegisterWrites} writes, {counters.WindowReads} window reads, {counters.WindowWrites} writes, ") +
            string.Create(
                CultureInfo.InvariantCulture,
                $"{counters.ListRuns} list runs of {counters.ElementsFetched} elements, {counters.BytesToHost} bytes to the host, {counters.BytesFromHost} from it, ") +
            string.Create(
                CultureInfo.InvariantCulture,
                $"{_hostFunction.Interrupts.Raised} interrupts, {_fabric.WritesLost} writes lost; violations in all: {_violationsBefore + _soc.Violations.Total}");
        _log.Note(text);
        Console.Error.WriteLine($"nvmepf-soc: {text}");
    }

    /// <summary>What the protocol code has to say, on the error stream.</summary>
    private sealed class ErrorStreamLog(string prefix) : IEventLog
    {
        public void Write(string staticText, long first = 0, long second = 0) =>
            Console.Error.WriteLine(prefix + string.Format(CultureInfo.InvariantCulture, staticText, first, second));
    }
}
