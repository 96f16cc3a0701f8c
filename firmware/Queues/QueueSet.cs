using System.Runtime.InteropServices;
using Nvmepf.Firmware.Controller;
using Nvmepf.Hal;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Queues;

/// <summary>
/// All queues of a controller: their objects are made once, for the largest number and size; the host brings them into being and
/// ends them. Also the round of doorbells.
/// </summary>
/// <remarks>Which queue may hand over commands next is not decided here (QueueShare.Arbitration.cs, <see cref="WeightedArbiter"/>).</remarks>
public sealed unsafe class QueueSet : IDisposable
{
    /// <summary>Doorbells that one call of the sweep looks at; 16 calls are the page.</summary>
    private const uint SweptWords = 64;

    private readonly IPlatform _platform;
    private readonly SubmissionQueue[] _submission;
    private readonly CompletionQueue[] _completion;
    private readonly HostSegment* _fetchSegments; // native memory, one a submission queue, for as long as this object
    private bool _hasShadowDoorbells;
    private bool _asksForHeads; // has, and interrupts are levels
    private ulong _shadowDoorbellPage;
    private ulong _eventIndexPage;
    private uint _nextSweptWord;
    private int _highestSubmission;
    private int _highestCompletion;

    /// <summary>Creates the objects of the admin pair and <paramref name="ioQueueCount"/> I/O pairs.</summary>
    /// <param name="platform">Where host memory, BAR 0 and interrupts are.</param>
    /// <param name="ioQueueCount">I/O queue pairs.</param>
    /// <param name="entriesMax">Entries of the largest I/O queue.</param>
    /// <param name="deferNanoseconds">See <see cref="InterruptCoalescer"/>.</param>
    public QueueSet(IPlatform platform, int ioQueueCount, int entriesMax, long deferNanoseconds = 0)
    {
        _platform = platform;
        IoQueueCount = ioQueueCount;
        EntriesMax = entriesMax;
        int pairs = ioQueueCount + 1;
        _fetchSegments = (HostSegment*)NativeMemory.AllocZeroed((nuint)pairs, (nuint)sizeof(HostSegment));
        byte* next = platform.AllocateDmaMemory(DmaBytes(ioQueueCount, entriesMax));
        _submission = new SubmissionQueue[pairs];
        _completion = new CompletionQueue[pairs];
        for (int i = 0; i < pairs; i++)
        {
            _submission[i] = new SubmissionQueue(platform, (ushort)i, (SubmissionQueueEntry*)next, _fetchSegments + i);
            next += FetchBytes;
            int stagingEntries = StagingEntries(i, entriesMax);
            _completion[i] = new CompletionQueue(platform, (ushort)i, (CompletionQueueEntry*)next, stagingEntries);
            next += StagingBytes(stagingEntries);
        }

        Coalescer = new InterruptCoalescer(platform, this, deferNanoseconds);
    }

    /// <summary>Most entries of an admin queue (AQA has 12 bits a size).</summary>
    public const int AdminEntriesMax = 4096;

    private const int FetchBytes = SubmissionQueue.FetchEntriesMax * SubmissionQueueEntry.SizeBytes;

    /// <summary>DMA memory that the queues take: for each pair a page of fetched entries, and every completion once.</summary>
    public static nuint DmaBytes(int ioQueueCount, int entriesMax) =>
        (nuint)(FetchBytes + StagingBytes(StagingEntries(0, entriesMax)))
        + ((nuint)ioQueueCount * (nuint)(FetchBytes + StagingBytes(StagingEntries(1, entriesMax))));

    /// <summary>I/O queue pairs offered; identifiers 1 to this.</summary>
    public int IoQueueCount { get; }

    /// <summary>Entries of the largest I/O queue.</summary>
    public int EntriesMax { get; }

    /// <summary>I/O completion queues in being.</summary>
    public int IoCompletionCount { get; private set; }

    /// <summary>Interrupt logic.</summary>
    public InterruptCoalescer Coalescer { get; }

    /// <summary>True once the host has created an I/O queue since the last reset.</summary>
    public bool AnyIoQueueCreated { get; private set; }

    /// <summary>Highest SQID in being; the loop over queues ends there.</summary>
    public int HighestSubmission => _highestSubmission;

    /// <summary>Highest CQID in being.</summary>
    public int HighestCompletion => _highestCompletion;

    /// <summary>The object of an SQID in range, in being or not.</summary>
    public SubmissionQueue Submission(int identifier) => _submission[identifier];

    /// <summary>The object of a CQID in range, in being or not.</summary>
    public CompletionQueue Completion(int identifier) => _completion[identifier];

    /// <summary>True where the identifier names an I/O queue that could be.</summary>
    public bool IsIoIdentifier(uint identifier) => identifier - 1 < (uint)IoQueueCount;

    /// <summary>Brings a completion queue into being; the caller has checked everything.</summary>
    public void CreateCompletion(int identifier, ulong address, int entries, int vector, bool interruptsEnabled)
    {
        _completion[identifier].Create(address, entries, vector, interruptsEnabled);
        if (_hasShadowDoorbells && identifier > 0)
        {
            _completion[identifier].UseShadowDoorbell(_shadowDoorbellPage, _eventIndexPage);
        }

        if (interruptsEnabled)
        {
            // What an earlier queue of the vector left unanswered does not hold this one back.
            Coalescer.Answered(vector, _platform.NowNanoseconds);
        }

        _highestCompletion = Math.Max(_highestCompletion, identifier);
        AnyIoQueueCreated |= identifier > 0;
        IoCompletionCount += identifier > 0 ? 1 : 0;
    }

    /// <summary>Brings a submission queue into being; the caller has checked everything.</summary>
    public void CreateSubmission(int identifier, ulong address, int entries, ushort completionIdentifier, QueuePriority priority)
    {
        _submission[identifier].Create(address, entries, completionIdentifier, priority);
        if (_hasShadowDoorbells && identifier > 0)
        {
            _submission[identifier].UseShadowDoorbell(_shadowDoorbellPage, _eventIndexPage);
        }

        _completion[completionIdentifier].SubmissionQueueCount++;
        _highestSubmission = Math.Max(_highestSubmission, identifier);
    }

    /// <summary>
    /// Doorbells of I/O queues are words of host memory until the next reset, those of queues to come included. What stands in the pages for a
    /// queue in being becomes what its registers said.
    /// </summary>
    public void UseShadowDoorbells(ulong doorbellPage, ulong eventIndexPage)
    {
        _hasShadowDoorbells = true;
        _asksForHeads = _platform.HasLevelInterrupts;
        _shadowDoorbellPage = doorbellPage;
        _eventIndexPage = eventIndexPage;
        for (int i = 1; i < _submission.Length; i++)
        {
            if (_completion[i].Exists)
            {
                _completion[i].UseShadowDoorbell(doorbellPage, eventIndexPage);
            }

            if (_submission[i].State != SubmissionQueueState.None)
            {
                _submission[i].UseShadowDoorbell(doorbellPage, eventIndexPage);
            }
        }
    }

    /// <summary>
    /// Makes the host's next tail doorbell of every queue one that reaches the register, before a sleep that register writes end. Heads are not
    /// asked for: nothing waits for them then.
    /// </summary>
    /// <returns>False where there is something to do, or something that waits for a head: no time to sleep.</returns>
    public bool TryArmDoorbells()
    {
        for (int i = 0; i <= _highestSubmission; i++)
        {
            if (_submission[i].State != SubmissionQueueState.None && !_submission[i].TryArmDoorbell())
            {
                return false;
            }
        }

        return !Coalescer.IsAnyAsserted;
    }

    /// <summary>Ends a submission queue that has nothing in flight.</summary>
    public void DeleteSubmission(int identifier)
    {
        SubmissionQueue queue = _submission[identifier];
        Invariant.Check(queue.InFlight == 0 && !queue.IsFetching, "a queue is ended when nothing of it is in flight");
        _completion[queue.CompletionQueueIdentifier].SubmissionQueueCount--;
        queue.Delete();
    }

    /// <summary>Ends a completion queue that no submission queue uses.</summary>
    public void DeleteCompletion(int identifier)
    {
        CompletionQueue queue = _completion[identifier];
        queue.Delete();
        IoCompletionCount--;
        if (queue.InterruptsEnabled)
        {
            // Its head will not move any more; what other queues of the vector wait for is due.
            Coalescer.Answered(queue.Vector, _platform.NowNanoseconds);
        }
    }

    /// <summary>True where the range of host memory at <paramref name="address"/> is all there for a queue.</summary>
    public bool IsReachable(ulong address, int entries, int entryBytes, HostAccess access) =>
        new QueueWindow(address, (uint)(entries * entryBytes), access).IsReachable(_platform.HostMemory);

    /// <summary>Ends every queue; the caller has seen to it that nothing is in flight.</summary>
    public void Reset()
    {
        for (int i = 0; i < _submission.Length; i++)
        {
            _submission[i].Delete();
            _completion[i].Delete();
        }

        _highestSubmission = 0;
        _highestCompletion = 0;
        AnyIoQueueCreated = false;
        IoCompletionCount = 0;
        _hasShadowDoorbells = false;
        _asksForHeads = false;
        Coalescer.Reset();
    }

    /// <summary>The host takes interrupts in another way than before.</summary>
    public void InterruptKindChanged(long nowNanoseconds)
    {
        _asksForHeads = _hasShadowDoorbells && _platform.HasLevelInterrupts;
        for (int i = 0; i <= _highestCompletion; i++)
        {
            _completion[i].StopAskingForHead();
        }

        _ = AskForHeads(); // what is announced now looks at the heads again
        Coalescer.KindChanged(nowNanoseconds);
    }

    /// <summary>
    /// Asks for the register write that goes with a doorbell in host memory when the host has taken what was posted, where interrupts are levels
    /// (<see cref="CompletionQueue.AskForHead"/>). Before they are raised, and in each turn.
    /// </summary>
    /// <returns>True where heads have to be read again.</returns>
    public bool AskForHeads()
    {
        bool isNew = false;
        for (int i = 0; _asksForHeads && i <= _highestCompletion; i++)
        {
            isNew |= _completion[i].Exists && _completion[i].AskForHead();
        }

        return isNew;
    }

    /// <summary>Hands what was posted in this turn to the interrupt logic.</summary>
    public void RaiseInterrupts(FeatureStore features, long nowNanoseconds)
    {
        for (int i = 0; i <= _highestCompletion; i++)
        {
            CompletionQueue queue = _completion[i];
            if (queue.HasMoved)
            {
                queue.HasMoved = false;
                if (queue.InterruptsEnabled)
                {
                    Coalescer.Answered(queue.Vector, nowNanoseconds);
                }
            }

            int posted = queue.PostedSinceInterrupt;
            if (posted == 0)
            {
                continue;
            }

            queue.PostedSinceInterrupt = 0;
            if (queue.Exists && queue.InterruptsEnabled)
            {
                Coalescer.Posted(features, queue.Vector, posted, i == 0, nowNanoseconds);
            }
        }

        Coalescer.Poll(features, nowNanoseconds);
    }

    /// <summary>Sends completion entries again that did not arrive.</summary>
    /// <returns>True where some still wait, because the DMA queue is full.</returns>
    public bool SendFailedEntries()
    {
        bool someWait = false;
        for (int i = 0; i <= _highestCompletion; i++)
        {
            someWait |= !_completion[i].SendFailed();
        }

        return someWait;
    }

    /// <summary>Takes interrupts back that are levels and for which no completion waits any more.</summary>
    public void LowerInterrupts()
    {
        for (int vector = 0; vector < _platform.InterruptVectorCount; vector++)
        {
            if (Coalescer.IsAsserted(vector) && !HasUntaken(vector))
            {
                Coalescer.Lower(vector);
            }
        }
    }

    /// <summary>
    /// Looks for writes to doorbells of queues that do not exist, and takes them back: one part of the page in a call, the next part in the
    /// next. Rare by design, and short, because each look may be a load from device memory.
    /// </summary>
    /// <param name="shares">Where else queues of the controller may be.</param>
    /// <returns>True where there was one (Invalid Doorbell Register).</returns>
    public bool SweepForeignDoorbells(ReadOnlySpan<QueueShare> shares = default)
    {
        const uint Words = Bar0Layout.DoorbellLengthBytes / sizeof(uint);
        bool found = false;
        uint first = _nextSweptWord;
        _nextSweptWord = (first + SweptWords) % Words;
        _platform.RefreshBar0(Bar0Layout.DoorbellBase + (first * sizeof(uint)), SweptWords * sizeof(uint));
        for (uint word = first; word < first + SweptWords; word++)
        {
            bool exists = HasDoorbell(word);
            foreach (QueueShare share in shares)
            {
                exists |= share.Queues.HasDoorbell(word);
            }

            found |= !exists && new Doorbell(_platform, Bar0Layout.DoorbellBase + (word * 4)).Clear();
        }

        return found;
    }

    private bool HasDoorbell(uint word)
    {
        int identifier = (int)(word >> 1);
        return identifier < _submission.Length
            && ((word & 1) == 0 ? _submission[identifier].State != SubmissionQueueState.None : _completion[identifier].Exists);
    }

    /// <summary>True while a completion waits to be taken in a queue of the vector, as far as head doorbells were read.</summary>
    public bool HasUntaken(int vector)
    {
        for (int i = 0; i <= _highestCompletion; i++)
        {
            if (_completion[i].HasUntaken && _completion[i].InterruptsEnabled && _completion[i].Vector == vector)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>True while a host that is told of the vector finds a completion to take.</summary>
    public bool IsNextThere(int vector)
    {
        for (int i = 0; i <= _highestCompletion; i++)
        {
            CompletionQueue queue = _completion[i];
            if (queue.IsNextThere && queue.InterruptsEnabled && queue.Vector == vector)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The same by what head doorbells say at this moment.</summary>
    public bool HasUntakenNow(int vector)
    {
        for (int i = 0; i <= _highestCompletion; i++)
        {
            CompletionQueue queue = _completion[i];
            if (queue.HasUntaken && queue.InterruptsEnabled && queue.Vector == vector && !queue.IsAllTaken())
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>True while DMA of a queue still uses the range.</summary>
    public bool IsHostMemoryInUse(ulong address, ulong last)
    {
        for (int i = 0; i < _submission.Length; i++)
        {
            if (_submission[i].IsHostMemoryInUse(address, last) || _completion[i].IsHostMemoryInUse(address, last))
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (CompletionQueue queue in _completion)
        {
            queue.Dispose();
        }

        NativeMemory.Free(_fetchSegments);
    }

    private static int StagingEntries(int identifier, int entriesMax) => identifier == 0 ? AdminEntriesMax : entriesMax;

    /// <summary>Whole cache lines of every architecture: what the CPU fills for one queue and what a device fills for another share none.</summary>
    private static int StagingBytes(int entries) => ((entries * CompletionQueueEntry.SizeBytes) + 127) & ~127;
}
