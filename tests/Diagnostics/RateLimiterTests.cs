using Nvmepf.Firmware.Diagnostics;
using Xunit;

namespace Nvmepf.Tests.Diagnostics;

public sealed class RateLimiterTests
{
    private const string Text = "Host did it";
    private const string Other = "Host did something else";
    private readonly RateLimiter _limiter = new();

    [Fact]
    public void Ten_go_through_at_once_and_then_none()
    {
        Assert.Equal(RateLimiter.Burst, Admitted(Text, 1000, 0));
        Assert.Equal(0, Admitted(Text, 1000, RateLimiter.IntervalNanoseconds - 1));
    }

    [Fact]
    public void One_more_goes_through_each_interval_and_says_how_many_did_not()
    {
        _ = Admitted(Text, RateLimiter.Burst + 3, 0);

        Assert.True(_limiter.Admits(Text, RateLimiter.IntervalNanoseconds, out long leftOut));
        Assert.Equal(3, leftOut);
        Assert.False(_limiter.Admits(Text, RateLimiter.IntervalNanoseconds, out leftOut));
        Assert.Equal(0, leftOut);
        Assert.True(_limiter.Admits(Text, 2 * RateLimiter.IntervalNanoseconds, out leftOut));
        Assert.Equal(1, leftOut);
        Assert.True(_limiter.Admits(Text, 3 * RateLimiter.IntervalNanoseconds, out leftOut));
        Assert.Equal(0, leftOut);
    }

    [Fact]
    public void Over_a_flood_of_a_minute_no_more_than_five_a_second_go_through()
    {
        int admitted = 0;
        for (long time = 0; time < 60_000_000_000; time += 1_000_000)
        {
            admitted += _limiter.Admits(Text, time, out _) ? 1 : 0;
        }

        Assert.InRange(admitted, RateLimiter.Burst + 299, RateLimiter.Burst + 300);
    }

    [Fact]
    public void Silence_does_not_save_up_more_than_a_burst()
    {
        _ = Admitted(Text, RateLimiter.Burst, 0);

        Assert.Equal(RateLimiter.Burst, Admitted(Text, 100, 3_600_000_000_000));
    }

    [Fact]
    public void A_flood_of_one_text_holds_no_other_back()
    {
        _ = Admitted(Text, 1000, 0);

        Assert.Equal(RateLimiter.Burst, Admitted(Other, 1000, 0));
    }

    [Fact]
    public void A_clock_that_goes_back_neither_lets_more_through_nor_less_for_ever()
    {
        _ = Admitted(Text, RateLimiter.Burst, RateLimiter.IntervalNanoseconds * 100);

        Assert.Equal(0, Admitted(Text, 10, 0));
        Assert.Equal(1, Admitted(Text, 10, RateLimiter.IntervalNanoseconds * 101));
    }

    [Fact]
    public void More_texts_than_it_can_tell_apart_are_still_limited()
    {
        int admitted = 0;
        for (int i = 0; i < 200; i++)
        {
            admitted += Admitted($"text {i}", 100, 0);
        }

        Assert.InRange(admitted, RateLimiter.Burst, 64 * RateLimiter.Burst);
    }

    private int Admitted(string text, int times, long now)
    {
        int admitted = 0;
        for (int i = 0; i < times; i++)
        {
            admitted += _limiter.Admits(text, now, out _) ? 1 : 0;
        }

        return admitted;
    }
}
