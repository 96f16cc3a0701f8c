using System.IO;
using Xunit;
using Xunit.Abstractions;

namespace Nvmepf.Tests.EndToEnd;

/// <summary>
/// An independent judge of the SoC model: the drivers that Linux has for the real SoC. What they have to say, and what the model may not hold against
/// them, is in tools/rig/judge.sh; what they wrote is compared with our own bring-up in tests/Judge.
/// </summary>
[Collection(GuestRig.Collection)]
public sealed class LinuxJudgeTests(GuestRig rig, ITestOutputHelper log)
{
    [GuestFact]
    public void The_drivers_of_Linux_find_the_endpoint_that_they_find_on_a_board() =>
        rig.RunJudge(log, Path.Combine(GuestRig.FindRoot(), "tests", "Judge", "linux-endpoint.trace"));
}
