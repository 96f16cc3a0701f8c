using Xunit;
using Xunit.Abstractions;

namespace Nvmepf.Tests.EndToEnd;

/// <summary>
/// The unmodified firmware on a board (a machine whose init starts it), with a register model of the SoC between it and a Linux host. What
/// the host asserts is in tools/rig/guest/board.sh, what the rig asserts of the register accesses in tools/rig/board-log.awk.
/// </summary>
[Collection(GuestRig.Collection)]
public sealed class BoardTests(GuestRig rig, ITestOutputHelper log)
{
    [GuestFact]
    public void A_board_is_an_ssd_to_a_Linux_host_through_resets_a_killed_firmware_and_a_reboot() => rig.RunBoard(log, "board", "--boots", "2");
}
