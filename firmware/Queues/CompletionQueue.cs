using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Hal;
using Nvmepf.Hal.Mmio;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Queues;

/// <summary>What a completion queue did with an entry.</summary>
public enum PostOutcome : byte
{
    /// <summary>The host can see it, after <see cref="CompletionQueue.Flush"/> at the latest.</summary>
    Posted,

    /// <summary>It is on its way by DMA; <see cref="CompletionQueue.DmaCompleted"/> follows.</summary>
    Sent,

    /// <summary>Host memory is not there now, or the DMA queue is full: try again next turn.</summary>
    Later,
}

/// <summary>
/// A completion queue (NVMe Base 2.1 section 3.3.1.2): where completions are written, and the credit that is taken before a
/// command is fetched, so that a full queue cannot be met when its completion is ready.
/// </summary>
/// <remarks>
/// <para>
/// Entries are stored through a pointer to host memory, or through a window that the platform opens, or sent by DMA
/// (<see cref="CompletionSender"/>), in this order of preference. Does not raise interrupts (<see cref="InterruptCoalescer"/>) and does not
/// know commands.
/// </para>
/// <para>
/// What is stored goes out a cache line at a time, or when <see cref="Flush"/> says so: a host that polls takes the line away after each entry
/// that it sees, and to get it back costs as much as a command.
/// </para>
/// </remarks>
public sealed unsafe class CompletionQueue : IDisposable
{
    private const int NotAsked = -1;
    private const int LineEntries = 64 / CompletionQueueEntry.SizeBytes; // of a cache line; a power of two

    private readonly IPlatform _platform;
    private readonly HostMemoryMap _hostMemory;
    private readonly Doorbell _headDoorbell;
    private readonly CompletionQueueEntry* _line; // native memory of this object, LineEntries entries: what Flush stores
    private int _lineCount;
    private byte* _lineTarget; // in host memory or a window; valid while it is in use (IsHostMemoryInUse)
    private readonly CompletionSender _sender;
    private QueueWindow _window;
    private ShadowDoorbell _shadow;
    private nint _storeWindow; // open from the first entry to the end of the queue, or 0
    private bool _mayHaveWindow;
    private bool _isReachable; // as of the last lookup
    private ushort _tail;
    private ushort _head;
    private bool _phase;
    private uint _lastBadHead;
    private int _askedTail = NotAsked; // the tail when the host was last asked to write the head register

    /// <summary>Creates the queue object for an identifier; the queue itself does not exist until <see cref="Create"/>.</summary>
    /// <param name="platform">Where host memory and BAR 0 are.</param>
    /// <param name="identifier">CQID.</param>
    /// <param name="staging">DMA memory for <paramref name="entriesMax"/> entries.</param>
    /// <param name="entriesMax">Entries of the largest queue.</param>
    public CompletionQueue(IPlatform platform, ushort identifier, CompletionQueueEntry* staging, int entriesMax)
    {
        _platform = platform;
        _hostMemory = platform.HostMemory;
        Identifier = identifier;
        _sender = new CompletionSender(platform, identifier, staging, entriesMax);
        _line = (CompletionQueueEntry*)NativeMemory.AlignedAlloc(LineEntries * CompletionQueueEntry.SizeBytes, 64);
        _headDoorbell = new Doorbell(platform, Bar0Layout.DoorbellBase + (identifier * 8u) + 4);
    }

    /// <summary>CQID.</summary>
    public ushort Identifier { get; }

    /// <summary>The host has created it.</summary>
    public bool Exists { get; private set; }

    /// <summary>Number of entries; one of them always stays empty.</summary>
    public int Entries { get; private set; }

    /// <summary>Interrupt vector.</summary>
    public int Vector { get; private set; }

    /// <summary>IEN: the host wants interrupts.</summary>
    public bool InterruptsEnabled { get; private set; }

    /// <summary>Submission queues that complete here.</summary>
    public int SubmissionQueueCount { get; set; }

    /// <summary>Places promised to commands that were fetched and have not completed.</summary>
    public int CreditsTaken { get; private set; }

    /// <summary>Entries on their way by DMA.</summary>
    public int PendingDma => _sender.Pending;

    /// <summary>True while the host has entries that it has not taken, as far as its doorbell was read.</summary>
    public bool HasUntaken => Exists && Used > PendingDma;

    /// <summary>
    /// True while the entry that the host takes next is there to be taken. Entries that are sent by DMA may arrive behind one that is sent again.
    /// </summary>
    public bool IsNextThere => Exists && Used > 0 && !_sender.IsUnderWay(_head);

    /// <summary>Entries that the host has not taken, as far as its doorbell was read; any thread may ask.</summary>
    public int UntakenEntries => Exists ? Used : 0;

    /// <summary>The host has moved the head since the interrupt logic last looked.</summary>
    public bool HasMoved { get; set; }

    /// <summary>Entries posted since the interrupt logic last looked.</summary>
    public int PostedSinceInterrupt { get; set; }

    /// <summary>Entries that the host has not taken, as far as is known without reading the doorbell.</summary>
    private int Used => _tail >= _head ? _tail - _head : _tail - _head + Entries;

    /// <summary>Brings the queue into being, empty, with phase 1.</summary>
    public void Create(ulong hostAddress, int entries, int vector, bool interruptsEnabled)
    {
        Invariant.Check(!Exists && entries >= 2, "the command checked");
        _window = new QueueWindow(hostAddress, (uint)entries * CompletionQueueEntry.SizeBytes, HostAccess.Write);
        Entries = entries;
        Vector = vector;
        InterruptsEnabled = interruptsEnabled;
        _tail = 0;
        _head = 0;
        _phase = true;
        _lastBadHead = 0;
        CreditsTaken = 0;
        PostedSinceInterrupt = 0;
        HasMoved = false;
        SubmissionQueueCount = 0;
        _askedTail = NotAsked;
        _ = _headDoorbell.Clear();
        _mayHaveWindow = true;
        Exists = true;
    }

    /// <summary>Ends the queue; none of its entries is under way by DMA.</summary>
    public void Delete()
    {
        Exists = false;
        SubmissionQueueCount = 0;
        _lineCount = 0;
        _sender.Reset();
        _shadow.End();
        _ = _headDoorbell.Clear();
        if (_storeWindow != 0)
        {
            _platform.CloseWindow(_storeWindow);
            _storeWindow = 0;
        }
    }

    /// <summary>From here on the head comes from host memory; the pages are those of Doorbell Buffer Config.</summary>
    public void UseShadowDoorbell(ulong doorbellPage, ulong eventIndexPage)
    {
        _askedTail = NotAsked;
        _shadow.Begin(_hostMemory, doorbellPage + (Identifier * 8u) + 4, eventIndexPage + (Identifier * 8u) + 4, _head, Entries);
    }

    /// <summary>
    /// Makes a host whose doorbells are words of its memory write the register as well when it takes the last entry that is there. To be asked in
    /// each turn while interrupts are levels: QEMU ends a level at the guest's next access to a BAR, so a handler that makes none would be called
    /// for ever.
    /// </summary>
    /// <returns>True where there are new entries, and the host may have taken them before it could see this: the head has to be read again.</returns>
    public bool AskForHead()
    {
        if (!_shadow.IsUsed || _askedTail == _tail)
        {
            return false;
        }

        int last = _tail == 0 ? Entries - 1 : _tail - 1;
        _askedTail = _shadow.TryAskAt(_hostMemory, last) ? _tail : NotAsked;
        return true;
    }

    /// <summary>Ends what <see cref="AskForHead"/> began.</summary>
    public void StopAskingForHead() => _askedTail = NotAsked;

    /// <summary>
    /// Reserves a place for one completion, so that posting it cannot fail for lack of room.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryTakeCredit()
    {
        if (CreditsTaken + Used < Entries - 1 || Sabotage.Is(SabotageKind.SkipCredit))
        {
            CreditsTaken++;
            return true;
        }

        return false;
    }

    /// <summary>Gives a reserved place back without a completion (an AER that waits, a reset).</summary>
    public void ReturnCredit()
    {
        CreditsTaken--;
        Invariant.Check(CreditsTaken >= 0, "a credit is returned once");
    }

    /// <summary>
    /// Reads the host's head doorbell.
    /// </summary>
    /// <returns>False where the value is not one that the host could have consumed up to (Invalid Doorbell Write Value); it is then ignored, and reported once.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool PollHead()
    {
        uint value = _headDoorbell.Read();
        if (_shadow.IsUsed && !_shadow.TryRead(_hostMemory, out value))
        {
            return true;
        }

        if (value == _head)
        {
            return true;
        }

        if (value < (uint)Entries)
        {
            int consumed = (int)value - _head;
            consumed += consumed < 0 ? Entries : 0;
            if (consumed <= Used)
            {
                _head = (ushort)value;
                HasMoved = true;
                if (_shadow.IsUsed && _askedTail == NotAsked)
                {
                    _shadow.Follow(_hostMemory, value);
                }

                return true;
            }
        }

        bool alreadyReported = value == _lastBadHead;
        _lastBadHead = value;
        return alreadyReported;
    }

    /// <summary>True where the doorbell says now that nothing waits to be taken; <see cref="PollHead"/> judges and believes it later.</summary>
    public bool IsAllTaken() => _shadow.IsUsed ? _shadow.TryRead(_hostMemory, out uint head) && head == _tail : _headDoorbell.Read() == _tail;

    /// <summary>Writes a completion for which a credit is held; the credit is used up unless the outcome is <see cref="PostOutcome.Later"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public PostOutcome Post(in CompletionQueueEntry entry)
    {
        Invariant.Check(CreditsTaken > 0, "a completion has a place reserved");
        CompletionQueueEntry* place = _line + _lineCount; // below LineEntries: the last place of a line, or of the queue, empties it
        *place = entry;
        place->CompletionStatus = new CompletionStatus { Status = entry.CompletionStatus.Status, PhaseTag = _phase };
        if (_lineCount == 0 && !TryBeginLine())
        {
            return PostByDma(in *place);
        }

        _lineCount++;
        PostedSinceInterrupt++;
        bool isLineEnd = (_tail & (LineEntries - 1)) == LineEntries - 1;
        Advance();
        if (isLineEnd || _tail == 0)
        {
            FlushLine();
        }

        return PostOutcome.Posted;
    }

    /// <summary>Shows the host what <see cref="Post"/> has kept back; before interrupts are raised, and before the thread does something long.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Flush()
    {
        if (_lineCount != 0)
        {
            FlushLine();
        }
    }

    /// <summary>Finds where the entries from here on are stored.</summary>
    /// <returns>False where there is no pointer.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryBeginLine()
    {
        uint offset = (uint)_tail * CompletionQueueEntry.SizeBytes;
        HostMemoryKind kind = _window.Resolve(_hostMemory, offset, CompletionQueueEntry.SizeBytes, out _lineTarget);
        if (kind == HostMemoryKind.Dma && HasStoreWindow())
        {
            _lineTarget = (byte*)_storeWindow + offset; // inside the window, which is as long as the queue
            kind = HostMemoryKind.Direct;
        }

        _isReachable = kind != HostMemoryKind.None;
        return kind == HostMemoryKind.Direct;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private PostOutcome PostByDma(in CompletionQueueEntry entry)
    {
        if (!_isReachable || !_sender.TrySend(in entry, _tail, _window.HostAddress + ((uint)_tail * CompletionQueueEntry.SizeBytes)))
        {
            return PostOutcome.Later;
        }

        Advance();
        return PostOutcome.Sent;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Advance()
    {
        CreditsTaken--;
        if (++_tail == Entries)
        {
            _tail = 0;
            _phase = !_phase || Sabotage.Is(SabotageKind.KeepPhase);
        }
    }

    private void FlushLine()
    {
        ulong* target = (ulong*)_lineTarget; // 16-byte entries of a page-aligned queue are aligned
        ulong* source = (ulong*)_line;
        int words = _lineCount * (CompletionQueueEntry.SizeBytes / sizeof(ulong));
        _lineCount = 0;
        for (int i = 0; i < words; i++)
        {
            // The half with the phase tag last and with release order: a host that sees the new phase sees the rest.
            Mmio.Write64(target + i, source[i]);
        }
    }

    /// <summary>
    /// Asks for the window when the first entry is posted, and not before: registers may show a new host before the platform has noticed the link.
    /// </summary>
    private bool HasStoreWindow()
    {
        if (_mayHaveWindow)
        {
            _mayHaveWindow = false;
            _storeWindow = _platform.OpenWindow(_window.HostAddress, (uint)Entries * CompletionQueueEntry.SizeBytes);
        }

        return _storeWindow != 0;
    }

    /// <summary>The DMA of the entry at a place ended.</summary>
    /// <returns><see cref="SendOutcome.Lost"/> where the host will never see it.</returns>
    public SendOutcome DmaCompleted(int index, DmaStatus status)
    {
        SendOutcome outcome = _sender.Completed(index, status);
        if (outcome == SendOutcome.Arrived)
        {
            PostedSinceInterrupt++;
        }

        return outcome;
    }

    /// <summary>Sends entries again that did not arrive.</summary>
    /// <returns>False where some still wait.</returns>
    public bool SendFailed() => _sender.SendFailed();

    /// <summary>True while entries for the queue's memory in the range are under way.</summary>
    public bool IsHostMemoryInUse(ulong address, ulong last) => (PendingDma > 0 || _lineCount > 0) && _window.Intersects(address, last);

    /// <inheritdoc/>
    public void Dispose()
    {
        _sender.Dispose();
        NativeMemory.AlignedFree(_line);
    }
}
