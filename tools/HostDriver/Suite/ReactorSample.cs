using System.Globalization;

namespace Nvmepf.HostDriver.Suite;

/// <summary>A workload with one reactor and with two, each on a core of its own, the second on that of the host: medians over the rounds.</summary>
/// <param name="Name"><see cref="ReactorProbe"/>'s name of it.</param>
/// <param name="OneNanoseconds">What the only reactor of a process spent on a command.</param>
/// <param name="BesideIdleNanoseconds">The same of one that has a second beside it, which is idle; NaN where it was not measured.</param>
/// <param name="FirstNanoseconds">The same while the second one works too.</param>
/// <param name="SecondNanoseconds">Of the second one.</param>
/// <param name="Scale">What two do at once of what one does: commands of both over the time of the slower one.</param>
/// <param name="MachineScale">What two cores do at once of such work without a firmware.</param>
/// <param name="OneCommandsPerSecond">Commands a second that the host saw with one reactor; NaN where its sleep decides that.</param>
/// <param name="TwoCommandsPerSecond">The same with two.</param>
public sealed record ReactorSample(
    string Name,
    double OneNanoseconds,
    double BesideIdleNanoseconds,
    double FirstNanoseconds,
    double SecondNanoseconds,
    double Scale,
    double MachineScale,
    double OneCommandsPerSecond,
    double TwoCommandsPerSecond)
{
    /// <summary>The head of the table.</summary>
    internal static string Head =>
        $"{"reactors, busy ns a command",-38} {"one",8} {"2nd idle",9} {"two: 1st",9} {"2nd",8} {"scale",6} {"machine",8} {"kIOPS, 1",9} {"2",8} {"scale",6}";

    /// <summary>One line of the table.</summary>
    internal string Line => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name,-38} {Text(OneNanoseconds, "0"),8} {Text(BesideIdleNanoseconds, "0"),9} {Text(FirstNanoseconds, "0"),9} {Text(SecondNanoseconds, "0"),8} "
        + $"{Text(Scale, "0.00"),6} {Text(MachineScale, "0.00"),8} {Text(OneCommandsPerSecond / 1e3, "0.0"),9} {Text(TwoCommandsPerSecond / 1e3, "0.0"),8} "
        + $"{Text(TwoCommandsPerSecond / OneCommandsPerSecond, "0.00"),6}");

    private static string Text(double value, string format) => double.IsNaN(value) ? "-" : value.ToString(format, CultureInfo.InvariantCulture);
}
