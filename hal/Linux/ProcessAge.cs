using System.Globalization;

namespace Nvmepf.Hal.Linux;

/// <summary>How long this process has existed, runtime start included, as the kernel counts it.</summary>
public static class ProcessAge
{
    // Field 22 of /proc/self/stat, counted in USER_HZ, which is 100 on x86-64 and arm64; the fields after the name begin with the third.
    private const int StartTimeIndex = 22 - 3;
    private const long NanosecondsPerTick = Clock.NanosecondsPerSecond / 100;

    /// <summary>Nanoseconds since the process was started, to 10 ms; 0 where /proc does not tell.</summary>
    public static long Nanoseconds()
    {
        try
        {
            string text = File.ReadAllText("/proc/self/stat");
            string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            long started = long.Parse(fields[StartTimeIndex], CultureInfo.InvariantCulture) * NanosecondsPerTick;
            return Math.Max(0, Clock.BootTimeNanoseconds() - started);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or FormatException or ArgumentException)
        {
            return 0;
        }
    }
}
