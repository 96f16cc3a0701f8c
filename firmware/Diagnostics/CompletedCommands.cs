using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Diagnostics;

/// <summary>
/// The commands that a reactor has completed in this turn and whose time is not known yet: the clock is read once a turn, not once a command.
/// At the start of the next turn they are counted with what they took until then, which is when their interrupt was raised.
/// </summary>
/// <remarks>A look at the clock for each command would cost ten times as much as all of this.</remarks>
public sealed unsafe class CompletedCommands : IDisposable
{
    /// <summary>Commands that fit; those beyond are counted at once, with what is known.</summary>
    public const int Capacity = 512;

    private readonly QueueStatistics _statistics;
    private readonly Entry* _entries; // native memory of this object, Capacity entries
    private int _count;
    private bool _isOn = true;

    /// <summary>Creates the list of one reactor.</summary>
    public CompletedCommands(QueueStatistics statistics)
    {
        _statistics = statistics;
        _entries = (Entry*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(Entry));
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

        if (_count == Capacity)
        {
            Settle(fetchedNanoseconds);
        }

        ref Entry entry = ref _entries[_count++]; // below Capacity: Settle empties the list
        entry.FetchedNanoseconds = fetchedNanoseconds;
        entry.Bytes = bytes;
        entry.QueueId = queueId;
        entry.Class = QueueStatistics.ClassOf(queueId, opcode);
        entry.IsError = isError;
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

    private void SettleAll(long nowNanoseconds)
    {
        int count = _count;
        _count = 0;
        for (int i = 0; i < count; i++)
        {
            ref Entry entry = ref _entries[i];
            _statistics.Count(entry.QueueId, entry.Class, entry.IsError, entry.Bytes, (ulong)Math.Max(0, nowNanoseconds - entry.FetchedNanoseconds));
        }
    }

    private struct Entry
    {
        public long FetchedNanoseconds;
        public uint Bytes;
        public ushort QueueId;
        public CommandClass Class;
        public bool IsError;
    }
}
