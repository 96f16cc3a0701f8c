using System.Linq;
using Nvmepf.Firmware.Diagnostics;
using Xunit;

namespace Nvmepf.Tests.Diagnostics;

public sealed class QueueStatisticsTests
{
    [Fact]
    public void Every_bucket_begins_where_the_one_before_ends()
    {
        for (int bucket = 0; bucket < LatencyHistogram.BucketCount; bucket++)
        {
            ulong lowest = LatencyHistogram.LowestOf(bucket);
            Assert.Equal(bucket, LatencyHistogram.BucketOf(lowest));
            if (bucket > 0)
            {
                Assert.Equal(bucket - 1, LatencyHistogram.BucketOf(lowest - 1));
                Assert.True(lowest < 16 || (lowest - LatencyHistogram.LowestOf(bucket - 1)) * 8 <= LatencyHistogram.LowestOf(bucket - 1));
            }
        }

        Assert.Equal(LatencyHistogram.BucketCount - 1, LatencyHistogram.BucketOf(ulong.MaxValue));
    }

    [Theory]
    [InlineData(50, 500)]
    [InlineData(99, 990)]
    [InlineData(100, 1000)]
    [InlineData(0, 1)]
    public void A_percentile_is_the_sorted_values_one_but_for_the_buckets_width(double percent, double expected)
    {
        ulong[] counts = new ulong[LatencyHistogram.BucketCount];
        foreach (int value in Enumerable.Range(1, 1000))
        {
            counts[LatencyHistogram.BucketOf((ulong)value)]++;
        }

        Assert.InRange(LatencyHistogram.Percentile(counts, percent), expected * 0.875, expected * 1.125);
    }

    [Fact]
    public void Nothing_counted_has_no_percentile() =>
        Assert.Equal(0, LatencyHistogram.Percentile(new ulong[LatencyHistogram.BucketCount], 50));

    [Fact]
    public void Completed_commands_are_counted_with_the_next_turns_time_by_queue_and_class()
    {
        using QueueStatistics statistics = new(3);
        using CompletedCommands completed = new(statistics);
        completed.Add(2, 0x02, isError: false, 4096, fetchedNanoseconds: 1000);
        completed.Add(2, 0x02, isError: true, 0, fetchedNanoseconds: 1500);
        completed.Add(2, 0x05, isError: false, 512, fetchedNanoseconds: 1000);
        completed.Add(0, 0x06, isError: false, 4096, fetchedNanoseconds: 1000);
        completed.Add(0, 0x0C, isError: false, 0, fetchedNanoseconds: 0); // an event request
        Assert.Equal(0ul, statistics.Read(2, CommandClass.Read).Commands);
        completed.Settle(3000);
        Assert.Equal(new ClassNumbers(2, 1, 4096, 3500, 2000), statistics.Read(2, CommandClass.Read));
        Assert.Equal(1ul, statistics.Read(2, CommandClass.Other).Commands);
        Assert.Equal(1ul, statistics.Read(0, CommandClass.Other).Commands);
        Assert.Equal(default, statistics.Read(1, CommandClass.Read));
        ulong[] counts = new ulong[LatencyHistogram.BucketCount];
        statistics.AddHistogram(2, CommandClass.Read, counts);
        Assert.Equal((1ul, 1ul), (counts[LatencyHistogram.BucketOf(1500)], counts[LatencyHistogram.BucketOf(2000)]));
        completed.IsOn = false;
        completed.Add(2, 0x02, isError: false, 4096, fetchedNanoseconds: 1000);
        completed.Settle(4000);
        Assert.Equal(2ul, statistics.Read(2, CommandClass.Read).Commands);
    }

    [Fact]
    public void More_than_fit_in_a_turn_are_counted_all_the_same()
    {
        using QueueStatistics statistics = new(2);
        using CompletedCommands completed = new(statistics);
        for (int i = 0; i < CompletedCommands.Capacity + 10; i++)
        {
            completed.Add(1, 0x01, isError: false, 512, fetchedNanoseconds: 1000);
        }

        completed.Settle(2000);
        Assert.Equal(CompletedCommands.Capacity + 10ul, statistics.Read(1, CommandClass.Write).Commands);
    }
}
