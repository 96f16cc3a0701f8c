using Xunit;
using Xunit.Abstractions;

namespace Nvmepf.Tests.EndToEnd;

/// <summary>
/// The unmodified firmware on a board (a machine whose init starts it), with a register model of the SoC between it and a Linux host. What
/// the host asserts is in tools/rig/guest/board*.sh, what the rig asserts of the register accesses in tools/rig/board-log.awk.
/// </summary>
[Collection(GuestRig.Collection)]
public sealed class BoardTests(GuestRig rig, ITestOutputHelper log)
{
    [GuestFact]
    public void A_board_is_an_ssd_to_a_Linux_host_through_resets_a_killed_firmware_and_a_reboot() => rig.RunBoard(log, "board", "--boots", "2");

    [GuestFact]
    public void A_boards_controller_that_is_stopped_and_started_takes_its_link_along() => rig.RunBoard(log, "board-start", "--set", "CONFIGFS=/tmp/config");

    [GuestFact]
    public void A_board_with_reserved_memory_and_without_dma_is_right_and_slow() => rig.RunBoard(
        log,
        "board-carveout",
        "--board-kernel",
        "memmap=48M$0x30000000",
        "--set",
        "OPTIONS=--no-dma --bar-memory carveout:0x30000000,1M --buffer-memory carveout:0x30100000,32M --rk3588 event_poll_us=1000");
}
