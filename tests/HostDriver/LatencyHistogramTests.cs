using Nvmepf.HostDriver.Workload;
using Xunit;

namespace Nvmepf.Tests.HostDriver;

public sealed class LatencyHistogramTests
{
    [Fact]
    public void Empty_is_all_zeros()
    {
        var histogram = new LatencyHistogram();
        Assert.Equal(0, histogram.PercentileNanoseconds(99));
        Assert.Equal(0, histogram.MaximumNanoseconds);
        Assert.Equal(0, histogram.MeanNanoseconds);
    }

    [Fact]
    public void Small_values_are_exact()
    {
        var histogram = new LatencyHistogram();
        for (int i = 1; i <= 60; i++)
        {
            histogram.Record(i);
        }

        Assert.Equal(30, histogram.PercentileNanoseconds(50));
        Assert.Equal(60, histogram.PercentileNanoseconds(100));
        Assert.Equal(1, histogram.MinimumNanoseconds);
        Assert.Equal(30.5, histogram.MeanNanoseconds);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(12_345)]
    [InlineData(1_000_000)]
    [InlineData(123_456_789_012)]
    [InlineData(long.MaxValue)]
    public void A_value_comes_back_within_a_thirty_second_of_itself(long value)
    {
        var histogram = new LatencyHistogram();
        histogram.Record(value);
        histogram.Record(value);
        Assert.Equal(value, histogram.PercentileNanoseconds(50));
        if (value < long.MaxValue / 2)
        {
            histogram.Record(2 * value);
            Assert.InRange(histogram.PercentileNanoseconds(50), value, value + (value / 32) + 1);
        }
    }

    [Fact]
    public void Percentiles_of_a_known_distribution()
    {
        var histogram = new LatencyHistogram();
        for (int i = 1; i <= 100_000; i++)
        {
            histogram.Record(i);
        }

        Assert.InRange(histogram.PercentileNanoseconds(50), 50_000, 51_600);
        Assert.InRange(histogram.PercentileNanoseconds(99), 99_000, 100_000);
        Assert.InRange(histogram.PercentileNanoseconds(99.9), 99_900, 100_000);
        Assert.Equal(100_000, histogram.MaximumNanoseconds);
    }

    [Fact]
    public void Sums_are_as_if_recorded_in_one()
    {
        var one = new LatencyHistogram();
        var two = new LatencyHistogram();
        var both = new LatencyHistogram();
        var random = new Random(1);
        for (int i = 0; i < 1000; i++)
        {
            long value = random.NextInt64(1_000_000_000);
            (i % 3 == 0 ? one : two).Record(value);
            both.Record(value);
        }

        one.Add(two);
        one.Add(new LatencyHistogram());
        Assert.Equal(both.Count, one.Count);
        Assert.Equal(both.PercentileNanoseconds(90), one.PercentileNanoseconds(90));
        Assert.Equal(both.MinimumNanoseconds, one.MinimumNanoseconds);
        Assert.Equal(both.SumNanoseconds, one.SumNanoseconds);
    }

    [Fact]
    public void Negative_values_count_as_zero_and_clear_forgets()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(-5);
        Assert.Equal(0, histogram.PercentileNanoseconds(100));
        Assert.Equal(1, histogram.Count);
        histogram.Clear();
        Assert.Equal(0, histogram.Count);
    }
}
