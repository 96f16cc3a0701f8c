using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Diagnostics;

/// <summary>
/// The commands that a reactor has completed in this turn and whose time is not known yet: the clock is read once a turn, not once a command.
/// At the start of the next turn they are counted with what they took until then, which is when their interrupt was raised.
/// </summary>
/// <remarks>
/// A look at the clock for each command would cost ten times as much as all of this. Commands of one kind and queue that were fetched in the same
/// turn take the same time as far as is known, and are counted as one entry.
/// </remarks>
public sealed unsafe class CompletedCommands : IDisposable
{
    /// <summary>Entries that fit; those beyond are counted at once, with what is known.</summary>
    public const int Capacity = 512;

    private const int ClassShift = 8;
    private const int QueueShift = 16;

    private readonly QueueStatistics _statistics;
    private readonly Entry* _entries; // native memory of this object, one more than Capacity entries
    private int _count;
    private bool _isOn = true;

    /// <summary>Creates the list of one reactor.</summary>
    public CompletedCommands(QueueStatistics statistics)
    {
        _statistics = statistics;
        _entries = (Entry*)NativeMemory.AllocZeroed(Capacity + 1, (nuint)sizeof(Entry));
    }

    /// <summary>Whether anything is counted; any thread may switch it.</summary>
    public bool IsOn
    {
        get => Volatile.Read(ref _isOn);
        set => Volatile.Write(ref _isOn, value);
    }

    /// <summary>A command was completed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ushort queueId, byte opcode, bool isError, uint bytes, long fetchedNanoseconds)
    {
        if (!_isOn || (queueId == 0 && opcode == (byte)AdminOpcode.AsynchronousEventRequest))
        {
            return; // an event request waits for days, which says nothing
        }

        ulong kind = KindOf(queueId, QueueStatistics.ClassOf(queueId, opcode), isError);
        ref Entry last = ref _entries[_count]; // the entry 0 is never used, so that there always is one before
        if (last.Kind != kind || last.FetchedNanoseconds != fetchedNanoseconds || _count == 0)
        {
            last = ref Next(kind, fetchedNanoseconds);
        }

        last.Commands++;
        last.Bytes += bytes;
    }

    /// <summary>Counts what was completed before this moment; once a turn.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Settle(long nowNanoseconds)
    {
        if (_count != 0)
        {
            SettleAll(nowNanoseconds);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => NativeMemory.Free(_entries);

    private static ulong KindOf(ushort queueId, CommandClass commandClass, bool isError) =>
        ((ulong)queueId << QueueShift) | ((ulong)commandClass << ClassShift) | (isError ? 1u : 0u);

    private ref Entry Next(ulong kind, long fetchedNanoseconds)
    {
        if (_count == Capacity)
        {
            Settle(fetchedNanoseconds);
        }

        ref Entry entry = ref _entries[++_count]; // at most Capacity: Settle empties the list
        entry.Kind = kind;
        entry.FetchedNanoseconds = fetchedNanoseconds;
        entry.Commands = 0;
        entry.Bytes = 0;
        return ref entry;
    }

    private void SettleAll(long nowNanoseconds)
    {
        int count = _count;
        _count = 0;
        for (int i = 1; i <= count; i++)
        {
            ref Entry entry = ref _entries[i];
            ulong nanoseconds = (ulong)Math.Max(0, nowNanoseconds - entry.FetchedNanoseconds);
            _statistics.Count((ushort)(entry.Kind >> QueueShift), (CommandClass)(byte)(entry.Kind >> ClassShift), (entry.Kind & 1) != 0, entry.Commands, entry.Bytes, nanoseconds);
        }
    }

    private struct Entry
    {
        public ulong Kind; // queue, class, and whether with an error
        public long FetchedNanoseconds;
        public ulong Commands;
        public ulong Bytes;
    }
}
