using System.Diagnostics;

namespace Nvmepf.HostDriver.Nvme;

/// <summary>A moment after which a wait gives up. Every wait of this tool has one.</summary>
public readonly struct Deadline
{
    private readonly long _timestamp;

    private Deadline(long timestamp) => _timestamp = timestamp;

    /// <summary>Whether the moment has passed.</summary>
    public bool Passed => Stopwatch.GetTimestamp() >= _timestamp;

    /// <summary>What is left in milliseconds, rounded up, 0 when the moment has passed: the unit and rule of poll(2).</summary>
    public int RemainingMilliseconds
    {
        get
        {
            long left = _timestamp - Stopwatch.GetTimestamp();
            return left <= 0 ? 0 : (int)Math.Min(int.MaxValue, (left * 1000 / Stopwatch.Frequency) + 1);
        }
    }

    /// <summary>The moment that lies <paramref name="time"/> from now.</summary>
    public static Deadline After(TimeSpan time) => new(Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency));

    /// <summary>The moment that lies so many milliseconds from now.</summary>
    public static Deadline AfterMilliseconds(int milliseconds) => After(TimeSpan.FromMilliseconds(milliseconds));
}
