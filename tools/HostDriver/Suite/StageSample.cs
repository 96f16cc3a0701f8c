using System.Buffers.Binary;
using System.Globalization;

namespace Nvmepf.HostDriver.Suite;

/// <summary>Where the firmware's time for one command of a workload went: means over the commands that it timed, in nanoseconds.</summary>
/// <param name="Name"><see cref="SuiteCase.Name"/>.</param>
/// <param name="Commands">How many were timed.</param>
/// <param name="FetchNanoseconds">From the look at the doorbell to the entry's copy, earlier commands of the same visit included.</param>
/// <param name="ParseNanoseconds">Checks and translation.</param>
/// <param name="SubmitNanoseconds">To the backend's call.</param>
/// <param name="BackendNanoseconds">In the backend.</param>
/// <param name="PostNanoseconds">To the completion's entry.</param>
public sealed record StageSample(
    string Name,
    double Commands,
    double FetchNanoseconds,
    double ParseNanoseconds,
    double SubmitNanoseconds,
    double BackendNanoseconds,
    double PostNanoseconds)
{
    /// <summary>The log page that has them; reading it switches timing on and begins anew.</summary>
    internal const byte LogPage = 0xC1;

    /// <summary>Bytes of that page.</summary>
    internal const int LogPageBytes = 64;

    /// <summary>Means out of the page's sums.</summary>
    internal static StageSample Parse(string name, byte[] page)
    {
        double commands = Field(page, 8);
        double divisor = Math.Max(1, commands);
        return new StageSample(
            name, commands, Field(page, 16) / divisor, Field(page, 24) / divisor, Field(page, 32) / divisor, Field(page, 40) / divisor, Field(page, 48) / divisor);
    }

    /// <summary>One line of the table.</summary>
    internal string Line => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name,-28} {Commands,9:0} {FetchNanoseconds,9:0} {ParseNanoseconds,9:0} {SubmitNanoseconds,9:0} {BackendNanoseconds,9:0} {PostNanoseconds,9:0}");

    /// <summary>The head of the table.</summary>
    internal static string Head => $"{"stages of a command, ns",-28} {"timed",9} {"fetch",9} {"parse",9} {"submit",9} {"backend",9} {"post",9}";

    private static double Field(byte[] page, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(page.AsSpan(offset));
}
