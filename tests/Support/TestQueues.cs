// Queues as a host sees them: entries in host memory, doorbells in BAR 0. They check what a host may rely on: completions for commands
// that are outstanding, each once, heads in range. They allocate nothing once built.
using Nvmepf.Hal.Mmio;
using Nvmepf.Spec;

namespace Nvmepf.Tests.Support;

/// <summary>A submission queue on the host's side.</summary>
public sealed unsafe class TestSubmissionQueue
{
    private readonly bool[] _isOutstanding = new bool[65536];
    private readonly long[] _place = new long[65536]; // how many entries were put in before that of the command
    private readonly uint* _tailDoorbell;
    private readonly SubmissionQueueEntry* _entries;
    private ushort _nextCommandIdentifier;
    private long _put;
    private long _fetched; // as the heads in completions say

    /// <summary>Lays an empty queue over host memory, which it clears.</summary>
    public TestSubmissionQueue(FakePlatform platform, ushort identifier, ushort completionQueueIdentifier, int entries, ulong address)
    {
        Identifier = identifier;
        CompletionQueueIdentifier = completionQueueIdentifier;
        Entries = entries;
        Address = address;
        _entries = (SubmissionQueueEntry*)platform.Memory.Pointer(address, (ulong)entries * SubmissionQueueEntry.SizeBytes);
        _tailDoorbell = platform.HostBar.Word32((uint)RegisterOffset.SubmissionQueueTailDoorbell(identifier));
        new Span<byte>(_entries, entries * SubmissionQueueEntry.SizeBytes).Clear();
    }

    public ushort Identifier { get; }

    public ushort CompletionQueueIdentifier { get; }

    public int Entries { get; }

    public ulong Address { get; }

    public uint Tail { get; private set; }

    /// <summary>How far the controller has fetched, as the last completion told it.</summary>
    public uint Head { get; private set; }

    /// <summary>Commands put in that have not completed.</summary>
    public int Outstanding { get; private set; }

    public bool IsFull => (Tail + 1) % (uint)Entries == Head;

    /// <summary>First thing that the controller did wrong, or null; tests assert that it is null.</summary>
    public string? ProtocolError { get; private set; }

    /// <summary>Puts an entry into the queue under a fresh identifier, without the doorbell. The queue must not be full.</summary>
    /// <returns>The command identifier.</returns>
    public ushort Put(in SubmissionQueueEntry entry)
    {
        if (IsFull)
        {
            throw new InvalidOperationException($"submission queue {Identifier} is full");
        }

        while (_isOutstanding[_nextCommandIdentifier])
        {
            _nextCommandIdentifier++;
        }

        ushort commandIdentifier = _nextCommandIdentifier++;
        SubmissionQueueEntry copy = entry;
        copy.Cdw0 = entry.Cdw0 with { CommandIdentifier = commandIdentifier };
        PutRaw(in copy);
        return commandIdentifier;
    }

    /// <summary>Puts an entry as it is, identifier included, full or not; for tests that break the rules.</summary>
    public void PutRaw(in SubmissionQueueEntry entry)
    {
        _entries[Tail] = entry;
        Tail = (Tail + 1) % (uint)Entries;
        Outstanding++;
        _isOutstanding[entry.Cdw0.CommandIdentifier] = true;
        _place[entry.Cdw0.CommandIdentifier] = _put++;
    }

    public ushort Submit(in SubmissionQueueEntry entry)
    {
        ushort commandIdentifier = Put(in entry);
        RingTail();
        return commandIdentifier;
    }

    public void RingTail() => WriteTailDoorbell(Tail);

    /// <summary>Any value at all.</summary>
    public void WriteTailDoorbell(uint value) => Mmio.Write32(_tailDoorbell, value);

    public bool IsOutstanding(ushort commandIdentifier) => _isOutstanding[commandIdentifier];

    internal void Complete(in CompletionQueueEntry completion)
    {
        if (!_isOutstanding[completion.CommandIdentifier])
        {
            ProtocolError ??= $"submission queue {Identifier}: a completion for command {completion.CommandIdentifier}, which is not outstanding";
            return;
        }

        if (completion.SubmissionQueueHeadPointer >= Entries)
        {
            ProtocolError ??= $"submission queue {Identifier}: head {completion.SubmissionQueueHeadPointer} of {Entries} entries";
            return;
        }

        _fetched += (completion.SubmissionQueueHeadPointer - Head + (uint)Entries) % (uint)Entries;
        if (_fetched <= _place[completion.CommandIdentifier])
        {
            ProtocolError ??= $"submission queue {Identifier}: head {completion.SubmissionQueueHeadPointer} with the completion of an entry that lies behind it";
        }

        _isOutstanding[completion.CommandIdentifier] = false;
        Outstanding--;
        Head = completion.SubmissionQueueHeadPointer;
    }
}

/// <summary>A completion queue on the host's side; finds new entries by their phase tag.</summary>
public sealed unsafe class TestCompletionQueue
{
    private readonly uint* _headDoorbell;
    private readonly CompletionQueueEntry* _entries;
    private bool _phase = true;

    /// <summary>Lays an empty queue over host memory, which it clears.</summary>
    public TestCompletionQueue(FakePlatform platform, ushort identifier, int entries, ulong address)
    {
        Identifier = identifier;
        Entries = entries;
        Address = address;
        _entries = (CompletionQueueEntry*)platform.Memory.Pointer(address, (ulong)entries * CompletionQueueEntry.SizeBytes);
        _headDoorbell = platform.HostBar.Word32((uint)RegisterOffset.CompletionQueueHeadDoorbell(identifier));
        new Span<byte>(_entries, entries * CompletionQueueEntry.SizeBytes).Clear();
    }

    public ushort Identifier { get; }

    public int Entries { get; }

    public ulong Address { get; }

    public uint Head { get; private set; }

    /// <summary>Entries taken since the queue was made.</summary>
    public long Reaped { get; private set; }

    /// <summary>Takes the next entry if it is new, without the doorbell.</summary>
    public bool TryTake(out CompletionQueueEntry completion)
    {
        CompletionQueueEntry* entry = _entries + Head;
        uint last = Mmio.Read32((uint*)entry + 3);
        if (new CompletionStatus((ushort)(last >> 16)).PhaseTag != _phase)
        {
            completion = default;
            return false;
        }

        completion = *entry;
        Reaped++;
        if (++Head == (uint)Entries)
        {
            Head = 0;
            _phase = !_phase;
        }

        return true;
    }

    public void RingHead() => WriteHeadDoorbell(Head);

    /// <summary>Any value at all.</summary>
    public void WriteHeadDoorbell(uint value) => Mmio.Write32(_headDoorbell, value);
}
