using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Reactors;

/// <summary>
/// The reactors of a process: their rings, and until when they turn. A reactor whose own controllers have stopped turns on as long as
/// another's still wait for their share of it.
/// </summary>
public sealed class ReactorGroup
{
    private readonly List<IoUring> _rings = [];
    private int _functions;
    private int _started;

    /// <summary>Rings by number of the reactor; complete once all reactors are open.</summary>
    public IoUring[] Rings => [.. _rings];

    /// <summary>Functions that are served and have not stopped.</summary>
    public int FunctionCount => Volatile.Read(ref _functions);

    /// <summary>True where not one function could be started; to be asked once all have been tried.</summary>
    public bool WasEmpty => Volatile.Read(ref _started) == 0;

    /// <summary>Adds the ring of the next reactor; before any thread runs.</summary>
    internal void AddRing(IoUring ring) => _rings.Add(ring);

    /// <summary>A function serves.</summary>
    internal void NoteStarted() => Interlocked.Increment(ref _started);

    /// <summary>Functions were added, or could not be started, or have stopped.</summary>
    internal void CountFunction(int change) => Interlocked.Add(ref _functions, change);
}
