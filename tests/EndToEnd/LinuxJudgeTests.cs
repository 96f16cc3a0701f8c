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
        rig.RunJudge(log, "--expect", Path.Combine(GuestRig.FindRoot(), "tests", "Judge", "linux-endpoint.trace"));

    [BoardFirmwareFact]
    public void The_boards_firmware_takes_the_endpoint_over_from_the_driver_and_is_an_ssd() =>
        rig.RunJudge(log, "--firmware", BoardFirmwareFactAttribute.FirmwarePath());
}

/// <summary>A guest test that needs the firmware for the board, which is published apart from what the other tests need.</summary>
public sealed class BoardFirmwareFactAttribute : GuestFactAttribute
{
    public BoardFirmwareFactAttribute()
    {
        if (Skip == null && !File.Exists(FirmwarePath()))
        {
            Skip = "there is no out/linux-arm64/nvmepf: ./build.sh publish --rid linux-arm64 makes it";
        }
    }

    /// <summary>Where the firmware for the board is, or would be.</summary>
    public static string FirmwarePath() => Path.Combine(GuestRig.FindRoot(), "out", "linux-arm64", "nvmepf");
}
