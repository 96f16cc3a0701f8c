namespace Nvmepf.Firmware.Diagnostics;

/// <summary>What a reactor counts. Plain fields: the reactor is the only writer, readers may see a value that is a turn old.</summary>
public sealed class ReactorStatistics
{
    private long _allocatedAtStart;
    private int _collectionsAtStart;

    /// <summary>Turns of the loop.</summary>
    public ulong Turns;

    /// <summary>Turns that fetched a command or handled an event.</summary>
    public ulong ProductiveTurns;

    /// <summary>
    /// Time of productive turns in nanoseconds. An upper bound: the loop does not look at the clock in each idle turn, so that a few of those before
    /// a productive one count as well. Of a reactor that is never idle it is what it spends.
    /// </summary>
    public ulong BusyNanoseconds;

    /// <summary>Commands fetched plus events handled.</summary>
    public ulong Commands;

    /// <summary>Sum of the squares of commands per productive turn: with the sum, the variance of the batch size.</summary>
    public ulong CommandsFetchedSquared;

    /// <summary>Visits of submission queues that took at least one entry.</summary>
    public ulong FetchBatches;

    /// <summary>Times that the loop went to sleep.</summary>
    public ulong Sleeps;

    /// <summary>Times that the loop let others have its core, with the work done that came after a sleep.</summary>
    public ulong CoreOffers;

    /// <summary>System calls for disks: submissions and looks at results (io_uring_enter), those of the ring whose disks are polled included.</summary>
    public ulong RingEnters;

    /// <summary>Transfers of disks to and from registered memory.</summary>
    public ulong FixedTransfers;

    /// <summary>Transfers of disks that ended on the ring whose disks are polled.</summary>
    public ulong PolledTransfers;

    /// <summary>
    /// Bytes of managed memory allocated by the calling thread, the reactor's, since <see cref="MarkStart"/>; 0 is the promise.
    /// </summary>
    public long AllocatedBytes => GC.GetAllocatedBytesForCurrentThread() - _allocatedAtStart;

    /// <summary>The same as <see cref="AllocatedBytes"/> for other threads: as of the last <see cref="Publish"/>.</summary>
    public long PublishedAllocatedBytes { get; private set; }

    /// <summary>Makes what only the reactor's thread can know visible to others; now and then.</summary>
    public void Publish() => PublishedAllocatedBytes = AllocatedBytes;

    /// <summary>Garbage collections in the process since <see cref="MarkStart"/>.</summary>
    public int Collections => GC.CollectionCount(0) - _collectionsAtStart;

    /// <summary>Everything is allocated and the loop begins: called once, on the reactor's thread.</summary>
    public void MarkStart()
    {
        _allocatedAtStart = GC.GetAllocatedBytesForCurrentThread();
        _collectionsAtStart = GC.CollectionCount(0);
    }
}
