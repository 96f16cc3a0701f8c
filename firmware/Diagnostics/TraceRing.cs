using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Diagnostics;

/// <summary>
/// The trace of one reactor: the last <see cref="CapacityEntries"/> things it did, as entries of fixed size in memory that is mapped at
/// construction, and how often each kind of thing happened since the trace was switched on. The reactor writes and never waits; another
/// thread switches kinds on and off and reads while the reactor goes on.
/// </summary>
/// <remarks>
/// <para>Off, the cost is one load and one branch that always goes the same way: <c>if (trace.IsOn(kind)) { trace.Record(...); }</c>.</para>
/// <para>
/// An entry is four 64-bit words: a number, the time, what, the argument. The writer takes the number away, stores the rest and puts the new
/// number there, each by a release store; a reader that finds the same number before and after it has loaded the rest has a whole entry.
/// The oldest entry is overwritten. It does not format anything: who reads knows the kinds.
/// </para>
/// </remarks>
public sealed unsafe class TraceRing : IDisposable
{
    /// <summary>Entries that are kept; a power of two.</summary>
    public const int CapacityEntries = 8192;

    /// <summary>Bits of <see cref="Mask"/> for every kind there is.</summary>
    public const ulong AllKinds = ulong.MaxValue & ~1ul;

    private const int WordsPerEntry = 4;
    private const int KindsMax = 64;
    private const nuint EntryBytes = CapacityEntries * WordsPerEntry * sizeof(ulong);
    private const nuint MappedBytes = EntryBytes + (KindsMax * sizeof(ulong));
    private readonly ulong* _entries; // mapped memory of this object, CapacityEntries entries; pages are touched when something is recorded
    private readonly ulong* _counts; // behind the entries, one for each kind
    private ulong _mask;
    private ulong _written;

    /// <summary>Maps the memory; nothing is recorded yet.</summary>
    /// <exception cref="PlatformException">There is no memory.</exception>
    public TraceRing()
    {
        int error = MemoryMappings.MapAnonymous(MappedBytes, MapFlags.NoReserve, out void* memory);
        if (error < 0)
        {
            throw new PlatformException($"cannot map {MappedBytes} bytes for a trace: {Errno.Describe(error)}");
        }

        _entries = (ulong*)memory;
        _counts = _entries + (CapacityEntries * WordsPerEntry);
    }

    /// <summary>The kinds that are recorded: bit n for the kind of value n. Any thread may set it; the reactor sees it within a turn.</summary>
    public ulong Mask
    {
        get => Volatile.Read(ref _mask);
        set => Volatile.Write(ref _mask, value);
    }

    /// <summary>Entries written since start, the overwritten ones included. Any thread may read it.</summary>
    public ulong Written => Volatile.Read(ref _written);

    /// <summary>Whether this kind is recorded.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsOn(TraceKind kind) => (_mask & (1ul << (int)kind)) != 0;

    /// <summary>
    /// Records one entry, for the reactor's thread alone, after <see cref="IsOn"/>.
    /// </summary>
    /// <param name="timeNanoseconds">The platform's time; the time of the turn where a finer one is not worth a look at the clock.</param>
    /// <param name="kind">What happened.</param>
    /// <param name="queueId">Queue that it concerns, 0 where there is none.</param>
    /// <param name="commandId">CID, 0 where there is none.</param>
    /// <param name="argument">What the kind says.</param>
    public void Record(long timeNanoseconds, TraceKind kind, ushort queueId, ushort commandId, ulong argument)
    {
        ulong number = _written + 1;
        ulong* entry = _entries + ((number & (CapacityEntries - 1)) * WordsPerEntry); // masked: inside the mapping
        Volatile.Write(ref entry[0], 0);
        Volatile.Write(ref entry[1], (ulong)timeNanoseconds);
        Volatile.Write(ref entry[2], (byte)kind | ((ulong)queueId << 16) | ((ulong)commandId << 32));
        Volatile.Write(ref entry[3], argument);
        Volatile.Write(ref entry[0], number);
        Volatile.Write(ref _counts[(int)kind & (KindsMax - 1)], _counts[(int)kind & (KindsMax - 1)] + 1);
        Volatile.Write(ref _written, number);
    }

    /// <summary>How many entries of a kind were recorded since start. Any thread may read it.</summary>
    public ulong Count(TraceKind kind) => Volatile.Read(ref _counts[(int)kind & (KindsMax - 1)]);

    /// <summary>
    /// Reads one entry, from any thread.
    /// </summary>
    /// <param name="number">From 1; the newest is <see cref="Written"/>.</param>
    /// <param name="entry">The entry.</param>
    /// <returns>False where it was overwritten, is being overwritten, or was not written yet.</returns>
    public bool TryRead(ulong number, out TraceEntry entry)
    {
        ulong* words = _entries + ((number & (CapacityEntries - 1)) * WordsPerEntry);
        ulong before = Volatile.Read(ref words[0]);
        ulong time = Volatile.Read(ref words[1]);
        ulong what = Volatile.Read(ref words[2]);
        ulong argument = Volatile.Read(ref words[3]);
        entry = new TraceEntry
        {
            Number = number,
            TimeNanoseconds = (long)time,
            Kind = (TraceKind)(byte)what,
            QueueId = (ushort)(what >> 16),
            CommandId = (ushort)(what >> 32),
            Argument = argument,
        };
        return before == number && number != 0 && Volatile.Read(ref words[0]) == number;
    }

    /// <inheritdoc/>
    public void Dispose() => _ = MemoryMappings.Unmap(_entries, MappedBytes);
}

/// <summary>One thing that a reactor did.</summary>
public readonly record struct TraceEntry
{
    /// <summary>Number since start, from 1.</summary>
    public ulong Number { get; init; }

    /// <summary>When, in the platform's time.</summary>
    public long TimeNanoseconds { get; init; }

    /// <summary>What; says what the argument is.</summary>
    public TraceKind Kind { get; init; }

    /// <summary>Queue that it concerns.</summary>
    public ushort QueueId { get; init; }

    /// <summary>CID of the command that it concerns.</summary>
    public ushort CommandId { get; init; }

    /// <summary>By kind.</summary>
    public ulong Argument { get; init; }
}
