using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nvmepf.Firmware.Diagnostics;

/// <summary>
/// The buckets of a latency histogram: log-linear, 8 to each doubling, so that a value read back is at most 12.5 % off; exact below 8 ns,
/// the last bucket takes everything from 137 s. The counts themselves are the owner's, an array of 64-bit words.
/// </summary>
public static unsafe class LatencyHistogram
{
    /// <summary>Number of buckets.</summary>
    public const int BucketCount = ((HighestExponent - SubBits) * SubBuckets) + (2 * SubBuckets);

    private const int SubBits = 3;
    private const int SubBuckets = 1 << SubBits;
    private const int HighestExponent = 36;

    /// <summary>The bucket of a time in nanoseconds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int BucketOf(ulong nanoseconds)
    {
        if (nanoseconds < SubBuckets)
        {
            return (int)nanoseconds;
        }

        int exponent = BitOperations.Log2(nanoseconds);
        int bucket = ((exponent - SubBits) * SubBuckets) + (int)(nanoseconds >> (exponent - SubBits));
        return Math.Min(bucket, BucketCount - 1);
    }

    /// <summary>The smallest time in a bucket, in nanoseconds.</summary>
    public static ulong LowestOf(int bucket)
    {
        if (bucket < 2 * SubBuckets)
        {
            return (ulong)bucket;
        }

        int exponent = (bucket / SubBuckets) + SubBits - 1;
        return (ulong)(SubBuckets + (bucket % SubBuckets)) << (exponent - SubBits);
    }

    /// <summary>
    /// A percentile of counts.
    /// </summary>
    /// <param name="counts">One for each bucket.</param>
    /// <param name="percent">0 to 100.</param>
    /// <returns>Nanoseconds: the middle of the bucket; 0 where there are no counts.</returns>
    public static double Percentile(ReadOnlySpan<ulong> counts, double percent)
    {
        ulong total = 0;
        foreach (ulong count in counts)
        {
            total += count;
        }

        if (total == 0)
        {
            return 0;
        }

        ulong rank = Math.Max(1, (ulong)Math.Ceiling(total * percent / 100));
        ulong seen = 0;
        for (int bucket = 0; bucket < counts.Length; bucket++)
        {
            seen += counts[bucket];
            if (seen >= rank)
            {
                ulong next = bucket + 1 < BucketCount ? LowestOf(bucket + 1) : LowestOf(bucket) + 1;
                return (LowestOf(bucket) + next - 1) / 2.0;
            }
        }

        return LowestOf(BucketCount - 1);
    }
}
