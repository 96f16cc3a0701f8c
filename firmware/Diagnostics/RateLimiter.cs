namespace Nvmepf.Firmware.Diagnostics;

/// <summary>
/// Lets a text through ten times at once and then five times a second; counts what it holds back. Texts are told apart by
/// reference: they are constants of the program. One thread uses it.
/// </summary>
public sealed class RateLimiter
{
    /// <summary>Lines that a text may print in a row.</summary>
    public const int Burst = 10;

    /// <summary>One more line every so many nanoseconds.</summary>
    public const long IntervalNanoseconds = 200_000_000;

    private const int TextsMax = 64; // more distinct limited texts than the program has; a further one shares the last entry
    private readonly Entry[] _entries = new Entry[TextsMax];
    private int _count;

    /// <summary>
    /// Whether the text may be printed now.
    /// </summary>
    /// <param name="text">A constant.</param>
    /// <param name="nowNanoseconds">Any monotonic time.</param>
    /// <param name="leftOut">How many were held back since the text was last printed.</param>
    public bool Admits(string text, long nowNanoseconds, out long leftOut)
    {
        ref Entry entry = ref Find(text, nowNanoseconds);
        long earned = (nowNanoseconds - entry.LastNanoseconds) / IntervalNanoseconds;
        if (earned > 0)
        {
            entry.Tokens = (int)Math.Min(Burst, entry.Tokens + earned);
            entry.LastNanoseconds += earned * IntervalNanoseconds;
        }

        if (entry.Tokens == 0)
        {
            entry.LeftOut++;
            leftOut = 0;
            return false;
        }

        entry.Tokens--;
        leftOut = entry.LeftOut;
        entry.LeftOut = 0;
        return true;
    }

    private ref Entry Find(string text, long nowNanoseconds)
    {
        for (int i = 0; i < _count; i++)
        {
            if (ReferenceEquals(_entries[i].Text, text))
            {
                return ref _entries[i];
            }
        }

        if (_count == TextsMax)
        {
            return ref _entries[TextsMax - 1];
        }

        ref Entry entry = ref _entries[_count++];
        entry.Text = text;
        entry.Tokens = Burst;
        entry.LastNanoseconds = nowNanoseconds;
        return ref entry;
    }

    private struct Entry
    {
        public string? Text;
        public int Tokens;
        public long LastNanoseconds;
        public long LeftOut;
    }
}
