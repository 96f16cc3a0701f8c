using System.Numerics;

namespace Nvmepf.HostDriver.Workload;

/// <summary>
/// Latencies in nanoseconds, counted in buckets that are 1/32 of a power of two wide: a percentile is off by 3 % at most, a record
/// costs a shift and an increment, and two histograms add up. Fixed size: nothing is allocated after construction.
/// </summary>
public sealed class LatencyHistogram
{
    private const int SubBucketBits = 5;
    private const int SubBuckets = 1 << SubBucketBits;

    // Values from 2^SubBucketBits on take SubBuckets buckets a power of two, up to the whole range of a positive long.
    private readonly long[] _counts = new long[(64 - SubBucketBits) * SubBuckets];

    /// <summary>Number of values recorded.</summary>
    public long Count { get; private set; }

    /// <summary>The sum of the values in nanoseconds.</summary>
    public long SumNanoseconds { get; private set; }

    /// <summary>The largest value in nanoseconds, exact.</summary>
    public long MaximumNanoseconds { get; private set; }

    /// <summary>The smallest value in nanoseconds, exact; 0 when nothing was recorded.</summary>
    public long MinimumNanoseconds { get; private set; }

    /// <summary>The mean in nanoseconds; 0 when nothing was recorded.</summary>
    public double MeanNanoseconds => Count == 0 ? 0 : (double)SumNanoseconds / Count;

    /// <summary>Counts one value; a negative one (a clock that went backwards) counts as 0.</summary>
    public void Record(long nanoseconds)
    {
        long value = nanoseconds < 0 ? 0 : nanoseconds;
        _counts[BucketOf(value)]++;
        MinimumNanoseconds = Count == 0 || value < MinimumNanoseconds ? value : MinimumNanoseconds;
        MaximumNanoseconds = value > MaximumNanoseconds ? value : MaximumNanoseconds;
        SumNanoseconds += value;
        Count++;
    }

    /// <summary>Adds another histogram's values to this one.</summary>
    public void Add(LatencyHistogram other)
    {
        if (other.Count == 0)
        {
            return;
        }

        for (int i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        MinimumNanoseconds = Count == 0 ? other.MinimumNanoseconds : Math.Min(MinimumNanoseconds, other.MinimumNanoseconds);
        MaximumNanoseconds = Math.Max(MaximumNanoseconds, other.MaximumNanoseconds);
        SumNanoseconds += other.SumNanoseconds;
        Count += other.Count;
    }

    /// <summary>
    /// The value that <paramref name="percent"/> (0 to 100) of the recorded ones do not exceed, in nanoseconds: the upper edge of its
    /// bucket, never more than the maximum. 0 when nothing was recorded.
    /// </summary>
    public long PercentileNanoseconds(double percent)
    {
        if (Count == 0)
        {
            return 0;
        }

        long rank = Math.Clamp((long)Math.Ceiling(Count * percent / 100.0), 1, Count);
        long seen = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= rank)
            {
                return Math.Min(UpperEdgeOf(i), MaximumNanoseconds);
            }
        }

        return MaximumNanoseconds;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Array.Clear(_counts);
        Count = 0;
        SumNanoseconds = 0;
        MaximumNanoseconds = 0;
        MinimumNanoseconds = 0;
    }

    private static int BucketOf(long value)
    {
        int shift = Math.Max(0, BitOperations.Log2((ulong)value | 1) - SubBucketBits);
        return (shift << SubBucketBits) + (int)(value >> shift);
    }

    private static long UpperEdgeOf(int bucket)
    {
        // The first two groups of buckets are one value wide; from there each group doubles the width.
        int shift = Math.Max(0, (bucket >> SubBucketBits) - 1);
        long lower = (long)(bucket - (shift << SubBucketBits)) << shift;
        return lower + (1L << shift) - 1;
    }
}
