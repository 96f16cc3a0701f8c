// What NVMe promises of reads and writes that overlap in time is one logical block: AWUN and NAWUN of 0 (NVMe Base 2.1 section 5.1.13, NVM
// Command Set 1.1 section 2.1.4). One thread that copies keeps that by itself. With several, a block could be seen half old and half new. So
// each granule of 128 KiB, which no logical block crosses, has a version: odd while a writer is in it. Writers take the versions of their
// range by compare and swap, or nothing at all; readers copy and then look whether a version has moved, and copy again. Nobody waits: who
// finds another in its range tries again in its reactor's next turn.
//
// A locked operation and a fence wait until all that this core stored before has reached the others, completions in lines that a host polls among
// it: a quarter of a microsecond for each write of 4 KiB. So a reactor takes the blocks of several writes first, then copies all, and gives all
// back behind one fence (RamBackend.EndWrites).
//
// A reader writes no shared memory, so that reads scale. Granules share versions by a hash, which costs a retry now and then.
//
// Memory order: the writer's swap is a full barrier before its stores, and its last store of the version has release order behind them (the
// backend sets a fence behind copies past the caches). The reader loads the version with acquire order before its loads, and a barrier of
// loads stands between these and the second look.

using Nvmepf.Hal;

namespace Nvmepf.Firmware.Namespaces;

/// <summary>Keeps what several reactors read and write of a memory at once whole, block by block.</summary>
internal sealed class BlockVersions
{
    private const int GranuleShift = 17;
    private const int VersionCount = 4096; // a power of two, more than the granules of one operation
    private readonly uint[] _versions = new uint[VersionCount];

    /// <summary>Most bytes of one range.</summary>
    public const ulong RangeMaxBytes = (ulong)(VersionCount - 2) << GranuleShift;

    /// <summary>A writer begins.</summary>
    /// <returns>False where another is in the range; nothing was taken.</returns>
    public bool TryBeginWrite(ulong offsetBytes, ulong lengthBytes)
    {
        Invariant.Check(lengthBytes <= RangeMaxBytes, "a range that meets each version once");
        ulong last = LastOf(offsetBytes, lengthBytes);
        for (ulong granule = offsetBytes >> GranuleShift; granule <= last; granule++)
        {
            ref uint version = ref Version(granule);
            uint found = Volatile.Read(ref version);
            if ((found & 1) != 0 || Interlocked.CompareExchange(ref version, found + 1, found) != found)
            {
                Release(offsetBytes >> GranuleShift, granule);
                return false;
            }
        }

        return true;
    }

    /// <summary>The writer has ended.</summary>
    public void EndWrite(ulong offsetBytes, ulong lengthBytes) =>
        Release(offsetBytes >> GranuleShift, LastOf(offsetBytes, lengthBytes) + 1);

    /// <summary>True where whoever holds the range before it holds this range too: it lies in the last granule of that one.</summary>
    public static bool IsInLastOf(ulong offsetBytes, ulong lengthBytes, ulong beforeOffsetBytes, ulong beforeLengthBytes)
    {
        ulong last = LastOf(beforeOffsetBytes, beforeLengthBytes);
        return offsetBytes >> GranuleShift == last && LastOf(offsetBytes, lengthBytes) == last;
    }

    /// <summary>A reader begins.</summary>
    /// <param name="offsetBytes">First byte.</param>
    /// <param name="lengthBytes">How many.</param>
    /// <param name="sum">For <see cref="IsSame"/>.</param>
    /// <returns>False where a writer is in the range.</returns>
    public bool TryBeginRead(ulong offsetBytes, ulong lengthBytes, out ulong sum)
    {
        sum = 0;
        ulong last = LastOf(offsetBytes, lengthBytes);
        for (ulong granule = offsetBytes >> GranuleShift; granule <= last; granule++)
        {
            uint found = Volatile.Read(ref Version(granule));
            if ((found & 1) != 0)
            {
                return false;
            }

            sum += found; // versions only grow, so that their sum stays the same only where all do
        }

        return true;
    }

    /// <summary>True where no writer was in the range since <see cref="TryBeginRead"/>: what was copied is whole.</summary>
    public bool IsSame(ulong offsetBytes, ulong lengthBytes, ulong sum)
    {
        OrderLoads();
        return TryBeginRead(offsetBytes, lengthBytes, out ulong now) && now == sum;
    }

    /// <summary>No load behind it comes before one in front of it; free on x86-64 where the framework can say just that.</summary>
    private static void OrderLoads()
    {
#if NET10_0_OR_GREATER
        Volatile.ReadBarrier();
#else
        Interlocked.MemoryBarrier();
#endif
    }

    private static ulong LastOf(ulong offsetBytes, ulong lengthBytes) => (offsetBytes + Math.Max(lengthBytes, 1) - 1) >> GranuleShift;

    private ref uint Version(ulong granule) => ref _versions[granule & (VersionCount - 1)];

    private void Release(ulong first, ulong end)
    {
        for (ulong granule = first; granule < end; granule++)
        {
            ref uint version = ref Version(granule);
            Volatile.Write(ref version, version + 1);
        }
    }
}
