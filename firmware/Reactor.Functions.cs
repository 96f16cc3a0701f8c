using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Reactors;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware;

/// <content>
/// Which functions and shares the reactor serves. Before it runs they are added; while it runs a control thread makes the lists as they shall be,
/// with all memory that is needed, and the reactor takes them over between two turns.
/// </content>
public sealed partial class Reactor
{
    private const long ChangePauseNanoseconds = 1_000_000;

    private Function[] _functions = [];
    private QueueShare[] _shares = []; // of controllers that are at home elsewhere
    private CommandEngine?[] _engines = []; // by the tag of their ring operations; places of those that left are empty until others come
    private IPlatform? _clock;
    private volatile ReactorChange? _change;
    private volatile bool _hasEnded;

    /// <summary>Functions that are at home here and are served.</summary>
    public int FunctionCount => _functions.Length;

    /// <summary>Gives the reactor a function to serve; before <see cref="Open"/>.</summary>
    public void AddFunction(IPlatform platform, NvmeController controller)
    {
        Adopt(WithFunction(platform, controller));
        _group.CountFunction(1);
    }

    /// <summary>Gives the reactor a share of a controller that is at home elsewhere; before <see cref="Open"/>.</summary>
    public void AddShare(QueueShare share) => Adopt(WithShare(share));

    /// <summary>
    /// The second half of <see cref="Start"/> where several functions are served: one that cannot be started is left out.
    /// </summary>
    /// <param name="begun">Told of each that serves.</param>
    /// <param name="failed">Told of each that failed.</param>
    public void StartFunctions(Action<NvmeController> begun, Action<NvmeController, PlatformException> failed)
    {
        List<Function> started = [];
        foreach (Function function in _functions)
        {
            try
            {
                StartFunction(function);
                started.Add(function);
                _group.NoteStarted();
                begun(function.Controller);
            }
            catch (PlatformException problem)
            {
                _group.CountFunction(-1);
                failed(function.Controller, problem);
            }
        }

        _functions = [.. started];
        Statistics.MarkStart();
    }

    /// <summary>True where the controller is at home here and served. On the control thread, or before the reactor runs.</summary>
    internal bool Serves(NvmeController controller) => Array.Exists(_functions, function => function.Controller == controller);

    /// <summary>True where it polls the share. On the control thread.</summary>
    internal bool Has(QueueShare share) => Array.IndexOf(_shares, share) >= 0;

    /// <summary>
    /// Starts a function on the calling control thread, which has made it, and hands it over to the reactor, which runs. Its shares on other
    /// reactors are there already.
    /// </summary>
    /// <param name="platform">What it runs on.</param>
    /// <param name="controller">Its controller.</param>
    /// <param name="rings">The rings of all reactors.</param>
    /// <param name="patienceNanoseconds">How long to wait for the reactor.</param>
    /// <exception cref="PlatformException">It cannot be started, or the reactor does not answer; the message is for the user.</exception>
    internal void ComeFunction(IPlatform platform, NvmeController controller, IoUring[] rings, long patienceNanoseconds)
    {
        controller.StartBackends(rings);
        controller.Control.Open(_ringEvent);
        controller.Passthrough?.Open(_ringEvent);
        platform.Start(controller);
        ReactorChange change = WithFunction(platform, controller);
        bool isTaken = TryChange(change, patienceNanoseconds);
        if (!isTaken || change.Error < 0)
        {
            throw new PlatformException(isTaken
                ? $"cannot start the io_uring of the passthrough: {Errno.Describe(change.Error)}"
                : $"reactor {_link.Index} does not answer");
        }
    }

    /// <summary>Gives the reactor, which runs, a share.</summary>
    /// <returns>False where it did not take it in time.</returns>
    internal bool TryComeShare(QueueShare share, long patienceNanoseconds) => TryChange(WithShare(share), patienceNanoseconds);

    /// <summary>
    /// Has the controller shut down, with its caches flushed, lets its link go and takes it off the reactor, which runs. From then on it is the caller's.
    /// </summary>
    /// <returns>False where it could not be done in time: what was begun goes on, and this is to be called again.</returns>
    internal bool TryLeaveFunction(NvmeController controller, long patienceNanoseconds)
    {
        Function[] functions = Array.FindAll(_functions, function => function.Controller != controller);
        ReactorChange change = Without(controller.Engine, functions, _shares) with { Leaving = controller, FunctionsAdded = -1 };
        if (!TryChange(change, patienceNanoseconds))
        {
            return false;
        }

        controller.Control.Close();
        return true;
    }

    /// <summary>Takes a share off the reactor, which runs; its controller has left its own reactor.</summary>
    /// <returns>False where the reactor did not answer in time.</returns>
    internal bool TryLeaveShare(QueueShare share, long patienceNanoseconds) =>
        TryChange(Without(share.Engine, _functions, Array.FindAll(_shares, other => other != share)), patienceNanoseconds);

    private ReactorChange WithFunction(IPlatform platform, NvmeController controller) =>
        With(controller.Engine, [.. _functions, new Function(platform, controller)], _shares) with { Coming = controller, FunctionsAdded = 1 };

    private ReactorChange WithShare(QueueShare share)
    {
        Invariant.Check(share.Reactor == _link && !share.IsHome, "the share was made for this reactor");
        return With(share.Engine, _functions, [.. _shares, share]);
    }

    private ReactorChange With(CommandEngine engine, Function[] functions, QueueShare[] shares)
    {
        int place = Array.IndexOf(_engines, null);
        CommandEngine?[] engines = place < 0 ? [.. _engines, null] : [.. _engines];
        place = place < 0 ? _engines.Length : place;
        engines[place] = engine;
        engine.RingTag = place << RingTagShift;
        return new ReactorChange(functions, shares, engines);
    }

    private ReactorChange Without(CommandEngine engine, Function[] functions, QueueShare[] shares) =>
        new(functions, shares, Array.ConvertAll(_engines, other => other == engine ? null : other));

    private void Adopt(ReactorChange change)
    {
        _functions = change.Functions;
        _shares = change.Shares;
        _engines = change.Engines;
        _memoryGenerations = change.MemoryGenerations;
        _clock = change.Clock;
    }

    /// <summary>Hands a change over and waits until the reactor has taken it.</summary>
    private bool TryChange(ReactorChange change, long patienceNanoseconds)
    {
        _change = change;
        _link.Wake();
        long end = Clock.MonotonicNanoseconds() + patienceNanoseconds;
        while (!change.IsDone && !((_hasEnded || Clock.MonotonicNanoseconds() > end) && change.TryTake()))
        {
            _ = Clock.Sleep(ChangePauseNanoseconds);
        }

        _change = null;
        return change.IsDone;
    }

    /// <summary>Takes over what a control thread wants, if anything. On the reactor, between two turns, every few milliseconds.</summary>
    internal void PollChange()
    {
        IoUring ring = _ring!;
        if (_change is not { } change || ring.Unsubmitted > 0 || (change.Leaving is { } leaving && !leaving.TryLeave()) || !change.TryTake())
        {
            return; // what is prepared may name registered memory
        }

        ring.ForgetMemory(); // buffers of a function that leaves, and its host's memory, may come back as others
        change.Error = change.Coming?.Passthrough?.TakeThread() ?? 0;
        if (change.Error == 0)
        {
            Adopt(change);
            _group.CountFunction(change.FunctionsAdded);
        }

        change.SetDone();
    }

    private void StartFunction(Function function)
    {
        function.Controller.StartBackends(_group.Rings);
        function.Controller.Control.Open(_ringEvent);
        function.Controller.Passthrough?.Start(_ringEvent);
        function.Platform.Start(function.Controller);
    }

    /// <summary>A function that is at home here.</summary>
    private readonly record struct Function(IPlatform Platform, NvmeController Controller);

    /// <summary>What a reactor serves from some turn on, made by a control thread. Whoever takes it first decides: the reactor, or who waits no longer.</summary>
    private sealed record ReactorChange(Function[] Functions, QueueShare[] Shares, CommandEngine?[] Engines)
    {
        private int _isTaken;
        private volatile bool _isDone;

        /// <summary>The clock: any platform's will do.</summary>
        public IPlatform? Clock { get; } = Functions.Length > 0 ? Functions[0].Platform : Shares.Length > 0 ? Shares[0].Platform : null;

        /// <summary>What is registered of memory: nothing yet.</summary>
        public uint[] MemoryGenerations { get; } = new uint[Functions.Length + Shares.Length];

        /// <summary>A controller that comes; null for none.</summary>
        public NvmeController? Coming { get; init; }

        /// <summary>A controller that leaves, once it has ended everything; null for none.</summary>
        public NvmeController? Leaving { get; init; }

        /// <summary>Change of the number of functions.</summary>
        public int FunctionsAdded { get; init; }

        /// <summary>Reactor: 0, or a negated errno, and then nothing has changed.</summary>
        public int Error { get; set; }

        /// <summary>The reactor has taken it over.</summary>
        public bool IsDone => _isDone;

        /// <summary>False where the other side has it.</summary>
        public bool TryTake() => Interlocked.Exchange(ref _isTaken, 1) == 0;

        /// <summary>Reactor: says that it is through with it.</summary>
        public void SetDone() => _isDone = true;
    }
}
