using System.Globalization;

namespace Nvmepf.HostDriver.Suite;

/// <summary>A workload while somebody looks: medians over the rounds.</summary>
/// <param name="Name"><see cref="SuiteCase.Name"/> of the workload.</param>
/// <param name="Mode">How somebody looks.</param>
/// <param name="CommandsPerSecond">Commands a second.</param>
/// <param name="BusyNanoseconds">What the reactor spent on a command.</param>
/// <param name="RateRatio">Commands a second over those of the same round with nothing counted.</param>
/// <param name="BusyRatio">Time on a command over that of the same round with nothing counted.</param>
public sealed record LookingSample(
    string Name, string Mode, double CommandsPerSecond, double BusyNanoseconds, double RateRatio, double BusyRatio)
{
    /// <summary>The head of the table.</summary>
    internal static string Head => $"{"looking",-28} {"at",-28} {"kIOPS",8} {"ratio",6} {"busy ns",8} {"ratio",6}";

    /// <summary>One line of the table.</summary>
    internal string Line => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name,-28} {Mode,-28} {CommandsPerSecond / 1e3,8:0} {RateRatio,6:0.00} {BusyNanoseconds,8:0} {BusyRatio,6:0.00}");
}
