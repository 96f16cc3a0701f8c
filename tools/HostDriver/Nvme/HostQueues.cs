using System.Runtime.CompilerServices;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Nvme;

/// <summary>
/// One doorbell: a store into the mapped page, or a REGION_WRITE where the doorbells are not mapped; or a word of host memory, and the register
/// when the controller wants it (<see cref="ShadowDoorbells"/>).
/// </summary>
public readonly unsafe struct Doorbell
{
    private readonly uint* _mapped;
    private readonly VfioUserClient _client;
    private readonly int _offset;
    private readonly ShadowDoorbells? _shadows;

    /// <summary>
    /// A doorbell at <paramref name="offset"/> of BAR 0; <paramref name="mapped"/> is its place in the mapped page, or null.
    /// </summary>
    public Doorbell(uint* mapped, VfioUserClient client, int offset, ShadowDoorbells? shadows = null)
    {
        _shadows = shadows;
        _mapped = mapped;
        _client = client;
        _offset = offset;
    }

    /// <summary>Writes the register; what was written to memory before is visible to the device before the value is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(uint value)
    {
        if (_shadows is null || _shadows.MustWriteRegister(_offset, value))
        {
            WriteRegister(value);
        }
    }

    /// <summary>Writes the register. By message it waits for the answer, unless the value is in memory already: then nothing follows from it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteRegister(uint value)
    {
        if (_mapped != null)
        {
            Volatile.Write(ref *_mapped, value);
        }
        else
        {
            _client.Write32(RegionInfo.Bar0, (ulong)_offset, value, posted: _shadows is not null);
        }
    }
}

/// <summary>A completion queue in this host's memory (NVMe Base 2.1 section 3.3.1.2.1).</summary>
public sealed unsafe class HostCompletionQueue
{
    private readonly CompletionQueueEntry* _entries;
    private readonly Doorbell _headDoorbell;
    private bool _phase = true;

    /// <summary>A queue over zeroed memory of <paramref name="entryCount"/> entries.</summary>
    public HostCompletionQueue(ushort queueIdentifier, int entryCount, HostBuffer memory, Doorbell headDoorbell, int vector)
    {
        QueueIdentifier = queueIdentifier;
        EntryCount = entryCount;
        Memory = memory;
        Vector = vector;
        _headDoorbell = headDoorbell;
        _entries = (CompletionQueueEntry*)memory.Pointer;
    }

    /// <summary>Queue identifier; 0 is the admin queue.</summary>
    public ushort QueueIdentifier { get; }

    /// <summary>Entries of the queue.</summary>
    public int EntryCount { get; }

    /// <summary>Where the entries are.</summary>
    public HostBuffer Memory { get; }

    /// <summary>Interrupt vector, -1 for none.</summary>
    public int Vector { get; }

    /// <summary>Index of the next entry to look at.</summary>
    public int Head { get; private set; }

    /// <summary>
    /// Completions that were taken from the queue for a command that nobody waits for yet, by submission queue and command.
    /// </summary>
    internal Dictionary<uint, CompletionQueueEntry> Arrived { get; } = [];

    /// <summary>Takes the next completion if there is one. The head doorbell is not rung: see <see cref="RingHead"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryTake(out CompletionQueueEntry entry)
    {
        // Read through a 32-bit volatile load of the dword that holds the phase tag; the rest of the entry is older than it.
        CompletionQueueEntry* next = _entries + Head;
        uint dword3 = Volatile.Read(ref *((uint*)next + 3));
        if (((dword3 >> 16) & 1) != (_phase ? 1u : 0u))
        {
            Unsafe.SkipInit(out entry);
            return false;
        }

        entry = *next;
        if (++Head == EntryCount)
        {
            Head = 0;
            _phase = !_phase;
        }

        return true;
    }

    /// <summary>Whether a completion waits to be taken.</summary>
    public bool HasEntry() => ((Volatile.Read(ref *((uint*)(_entries + Head) + 3)) >> 16) & 1) == (_phase ? 1u : 0u);

    /// <summary>Tells the controller how far the queue was emptied.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void RingHead() => _headDoorbell.Write((uint)Head);

    /// <summary>Writes any value to the head doorbell.</summary>
    public void WriteHeadDoorbell(uint value) => _headDoorbell.Write(value);
}

/// <summary>A submission queue in this host's memory (NVMe Base 2.1 section 3.3.1.2).</summary>
public sealed unsafe class HostSubmissionQueue
{
    private readonly SubmissionQueueEntry* _entries;
    private readonly Doorbell _tailDoorbell;
    private ushort _nextCommandIdentifier;

    /// <summary>
    /// A queue over memory of <paramref name="entryCount"/> entries, whose completions go to <paramref name="completionQueue"/>.
    /// </summary>
    public HostSubmissionQueue(
        ushort queueIdentifier, int entryCount, HostBuffer memory, Doorbell tailDoorbell, HostCompletionQueue completionQueue)
    {
        QueueIdentifier = queueIdentifier;
        EntryCount = entryCount;
        Memory = memory;
        CompletionQueue = completionQueue;
        _tailDoorbell = tailDoorbell;
        _entries = (SubmissionQueueEntry*)memory.Pointer;
    }

    /// <summary>Queue identifier; 0 is the admin queue.</summary>
    public ushort QueueIdentifier { get; }

    /// <summary>Entries of the queue; one fewer can be outstanding.</summary>
    public int EntryCount { get; }

    /// <summary>Where the entries are.</summary>
    public HostBuffer Memory { get; }

    /// <summary>Where completions of this queue's commands arrive.</summary>
    public HostCompletionQueue CompletionQueue { get; }

    /// <summary>Index of the next entry to fill.</summary>
    public int Tail { get; private set; }

    /// <summary>Head pointer of the last completion: what the controller has fetched.</summary>
    public int Head { get; internal set; }

    /// <summary>Whether no entry can be filled until a completion moves the head.</summary>
    public bool IsFull => (Tail + 1 == EntryCount ? 0 : Tail + 1) == Head;

    /// <summary>Identifiers of commands that have not completed.</summary>
    internal HashSet<ushort> Outstanding { get; } = [];

    /// <summary>
    /// Copies a command, whose identifier the caller has set, to the tail. The doorbell is not rung: see <see cref="RingTail"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Push(in SubmissionQueueEntry command)
    {
        _entries[Tail] = command;
        if (++Tail == EntryCount)
        {
            Tail = 0;
        }
    }

    /// <summary>Gives the command a free identifier, copies it to the tail and remembers it as outstanding.</summary>
    public ushort PushTracked(SubmissionQueueEntry command)
    {
        while (!Outstanding.Add(_nextCommandIdentifier))
        {
            _nextCommandIdentifier++;
        }

        ushort identifier = _nextCommandIdentifier++;
        command.Cdw0 = command.Cdw0 with { CommandIdentifier = identifier };
        Push(in command);
        return identifier;
    }

    /// <summary>Tells the controller of everything pushed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void RingTail() => _tailDoorbell.Write((uint)Tail);

    /// <summary>Writes any value to the tail doorbell.</summary>
    public void WriteTailDoorbell(uint value) => _tailDoorbell.Write(value);
}
