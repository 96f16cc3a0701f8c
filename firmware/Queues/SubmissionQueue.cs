using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Nvmepf.Hal;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Queues;

/// <summary>Where a submission queue is in its life.</summary>
public enum SubmissionQueueState : byte
{
    /// <summary>Does not exist.</summary>
    None,

    /// <summary>Commands are fetched.</summary>
    Active,

    /// <summary>A Delete command waits for the commands in flight to end; none is fetched.</summary>
    Deleting,
}

/// <summary>
/// A submission queue (NVMe Base 2.1 section 3.3.1.1): the tail doorbell, and the entries between head and tail, copied out once each.
/// </summary>
/// <remarks>Does not know what entries mean; arbitration between queues is its share of the controller (QueueShare.Arbitration.cs) and <see cref="WeightedArbiter"/>.</remarks>
public sealed unsafe class SubmissionQueue
{
    /// <summary>Entries that one DMA fetch brings at most: one page.</summary>
    public const int FetchEntriesMax = 64;

    /// <summary>Fetches that may fail in a row; each takes a turn at least.</summary>
    public const int FetchFailuresMax = 1000;

    private readonly IPlatform _platform;
    private readonly HostMemoryMap _hostMemory;
    private readonly Doorbell _tailDoorbell;
    private readonly SubmissionQueueEntry* _fetched; // DMA memory of its own, FetchEntriesMax entries; belongs to the platform
    private readonly HostSegment* _fetchSegment; // native memory: the DMA engine reads it until the fetch has ended
    private QueueWindow _window;
    private ShadowDoorbell _shadow;
    private ushort _tail;
    private uint _lastBadTail;
    private int _fetchedCount;
    private int _fetchedTaken;
    private int _fetchFailures;

    /// <summary>Creates the queue object for an identifier; the queue itself does not exist until <see cref="Create"/>.</summary>
    /// <param name="platform">Where host memory and BAR 0 are.</param>
    /// <param name="identifier">SQID.</param>
    /// <param name="fetchBuffer">DMA memory for <see cref="FetchEntriesMax"/> entries.</param>
    /// <param name="fetchSegment">Memory for the one segment of a fetch.</param>
    public SubmissionQueue(IPlatform platform, ushort identifier, SubmissionQueueEntry* fetchBuffer, HostSegment* fetchSegment)
    {
        _platform = platform;
        _hostMemory = platform.HostMemory;
        _fetched = fetchBuffer;
        _fetchSegment = fetchSegment;
        Identifier = identifier;
        _tailDoorbell = new Doorbell(platform, Bar0Layout.DoorbellBase + (identifier * 8u));
    }

    /// <summary>SQID.</summary>
    public ushort Identifier { get; }

    /// <summary>Where it is in its life.</summary>
    public SubmissionQueueState State { get; private set; }

    /// <summary>Number of entries.</summary>
    public int Entries { get; private set; }

    /// <summary>Next entry to fetch; goes into completions as SQHD.</summary>
    public ushort Head { get; private set; }

    /// <summary>CQID of the queue that it completes to.</summary>
    public ushort CompletionQueueIdentifier { get; private set; }

    /// <summary>QPRIO: its class under weighted round robin; without meaning under plain round robin, and for the admin queue.</summary>
    public QueuePriority Priority { get; private set; }

    /// <summary>Commands fetched whose completion is not posted, waiting event requests included.</summary>
    public int InFlight { get; set; }

    /// <summary>Slot of the Delete command that waits, or -1.</summary>
    public int DeleteSlot { get; private set; }

    /// <summary>A DMA fetch is under way.</summary>
    public bool IsFetching { get; private set; }

    /// <summary>True where there are entries that were not fetched, as of the last <see cref="PollTail"/>.</summary>
    public bool HasEntries => Head != _tail;

    /// <summary>Entries that were not fetched, as of the last <see cref="PollTail"/>; any thread may ask.</summary>
    public int WaitingEntries => _tail >= Head ? _tail - Head : _tail - Head + Entries;

    /// <summary>Brings the queue into being, empty.</summary>
    public void Create(ulong hostAddress, int entries, ushort completionQueueIdentifier, QueuePriority priority)
    {
        Invariant.Check(State == SubmissionQueueState.None && entries >= 2, "the command checked");
        _window = new QueueWindow(hostAddress, (uint)entries * SubmissionQueueEntry.SizeBytes, HostAccess.Read);
        Entries = entries;
        Head = 0;
        _tail = 0;
        _lastBadTail = 0;
        _fetchedCount = 0;
        _fetchedTaken = 0;
        _fetchFailures = 0;
        IsFetching = false;
        InFlight = 0;
        DeleteSlot = -1;
        CompletionQueueIdentifier = completionQueueIdentifier;
        Priority = priority;
        _ = _tailDoorbell.Clear();
        State = SubmissionQueueState.Active;
    }

    /// <summary>Stops fetching; <paramref name="deleteSlot"/> is the command that waits for the rest.</summary>
    public void BeginDelete(int deleteSlot)
    {
        State = SubmissionQueueState.Deleting;
        DeleteSlot = deleteSlot;
    }

    /// <summary>Ends the queue.</summary>
    public void Delete()
    {
        State = SubmissionQueueState.None;
        DeleteSlot = -1;
        _shadow.End();
        _ = _tailDoorbell.Clear();
    }

    /// <summary>True where the tail comes from host memory and not from the register; any thread may ask.</summary>
    public bool UsesShadowDoorbell => _shadow.IsUsed;

    /// <summary>From here on the tail comes from host memory; the pages are those of Doorbell Buffer Config.</summary>
    public void UseShadowDoorbell(ulong doorbellPage, ulong eventIndexPage) =>
        _shadow.Begin(_hostMemory, doorbellPage + (Identifier * 8u), eventIndexPage + (Identifier * 8u), _tail, Entries);

    /// <summary>Reads the tail doorbell.</summary>
    /// <returns>False where the value lies outside the queue (Invalid Doorbell Write Value); it is then ignored, and reported once.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool PollTail()
    {
        uint value = _tailDoorbell.Read();
        _window.AskFor((uint)Head * SubmissionQueueEntry.SizeBytes); // so that the entry comes along with its doorbell and not after it
        if (_shadow.IsUsed && !_shadow.TryRead(_hostMemory, out value))
        {
            return true;
        }

        if (value == _tail)
        {
            return true;
        }

        if (value < (uint)Entries)
        {
            _tail = (ushort)value;
            if (_shadow.IsUsed)
            {
                _shadow.Follow(_hostMemory, value);
            }

            return true;
        }

        bool alreadyReported = value == _lastBadTail;
        _lastBadTail = value;
        return alreadyReported;
    }

    /// <summary>Makes the host's next doorbell one that reaches the register, before a sleep.</summary>
    /// <returns>False where there is something to do: an entry that was not fetched, or a doorbell that nobody will announce.</returns>
    public bool TryArmDoorbell() => !HasEntries && (!_shadow.IsUsed || _shadow.TryArm(_hostMemory, _tail));

    /// <summary>
    /// Copies the next entry out and moves the head on.
    /// </summary>
    /// <returns>False when there is none yet: the queue is empty, its memory is not mapped now, or a DMA fetch is under way.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryTake(SubmissionQueueEntry* entry)
    {
        if (Head == _tail)
        {
            return false;
        }

        if (_fetchedTaken < _fetchedCount)
        {
            *entry = _fetched[_fetchedTaken++];
            Advance();
            return true;
        }

        HostMemoryKind kind = _window.Resolve(_hostMemory, (uint)Head * SubmissionQueueEntry.SizeBytes, SubmissionQueueEntry.SizeBytes, out byte* pointer);
        if (kind == HostMemoryKind.Direct)
        {
            if (Sse.IsSupported)
            {
                // The host's core has these lines; a hint past the end of the queue does nothing.
                Sse.Prefetch0(pointer + (2 * SubmissionQueueEntry.SizeBytes));
            }

            *entry = *(SubmissionQueueEntry*)pointer; // inside the window that was just resolved
            Advance();
            return true;
        }

        if (kind == HostMemoryKind.Dma && !IsFetching)
        {
            BeginFetch();
        }

        return false;
    }

    /// <summary>
    /// The words of the next entry where the host has stored it, to be looked at for a hint and nothing else: the host may change them, and
    /// <see cref="TryTake"/> copies them anew. Null where there is none, or no pointer to it.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong* PeekNext() =>
        Head != _tail
        && _window.Resolve(_hostMemory, (uint)Head * SubmissionQueueEntry.SizeBytes, SubmissionQueueEntry.SizeBytes, out byte* pointer) == HostMemoryKind.Direct
            ? (ulong*)pointer
            : null;

    /// <summary>
    /// The DMA fetch ended. After an error the entries are fetched again on the next visit: guests take memory away for a moment and bring it back.
    /// </summary>
    /// <returns>False where it has failed so often in a row that the memory is not coming back.</returns>
    public bool FetchCompleted(DmaStatus status)
    {
        IsFetching = false;
        _fetchedTaken = 0;
        if (status == DmaStatus.Success)
        {
            _fetchFailures = 0;
            return true;
        }

        _fetchedCount = 0;
        _fetchFailures += status == DmaStatus.HostError ? 1 : 0; // a lost link ends the queue anyway
        return _fetchFailures < FetchFailuresMax;
    }

    /// <summary>True while DMA still reads the queue's memory in the range.</summary>
    public bool IsHostMemoryInUse(ulong address, ulong last) => IsFetching && _window.Intersects(address, last);

    private void BeginFetch()
    {
        int run = (Head < _tail ? _tail : Entries) - Head;
        int count = Math.Min(run, FetchEntriesMax);
        *_fetchSegment = new HostSegment
        {
            HostAddress = _window.HostAddress + ((ulong)Head * SubmissionQueueEntry.SizeBytes),
            Local = (byte*)_fetched,
            LengthBytes = (ulong)count * SubmissionQueueEntry.SizeBytes,
        };
        if (_platform.HostDma.TrySubmit(DmaDirection.HostToDevice, _fetchSegment, 1, DmaTag.SubmissionFetch(Identifier)))
        {
            _fetchedCount = count;
            _fetchedTaken = count;
            IsFetching = true;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Advance() => Head = Head + 1 == Entries ? (ushort)0 : (ushort)(Head + 1);
}
