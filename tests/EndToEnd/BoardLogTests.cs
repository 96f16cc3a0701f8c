using System;
using System.IO;
using Xunit;

namespace Nvmepf.Tests.EndToEnd;

/// <summary>The judge of the board's access log accepts a proper bring-up and notices each of the faults that it is there for.</summary>
public sealed class BoardLogTests : IDisposable
{
    private const string Connected = "0.1 -- board connected";
    private const string Bar4Off = "0.2 W4 0xa40100020 DBI2.BAR4 0x00000000";
    private const string Inbound = "0.3 W4 0xa40300104 IATU.INBOUND0.CTRL2 0xc0080000";
    private const string Training = "0.4 W4 0xfe150000 APB.GENERAL_CON 0x000c000c";
    private const string Up = "0.5 -- link up";
    private const string Down = "0.6 -- link down";
    private const string Reset = "0.6 -- board reset";
    private const string Release = "0.7 W4 0xfe150180 APB.HOT_RESET_CTRL 0x00080008";
    private readonly string _path = Path.GetTempFileName();

    [Fact]
    public void A_proper_bring_up_and_a_reset_pass() => Assert.True(Judge(Connected, Bar4Off, Inbound, Training, Up, Down, Bar4Off, Inbound, Release, Up));

    [Fact]
    public void A_reset_that_is_released_without_closing_bar_4_again_is_noticed() =>
        Assert.False(Judge(Connected, Bar4Off, Inbound, Training, Up, Down, Inbound, Release, Up));

    [Fact]
    public void Training_after_the_board_was_reset_without_closing_bar_4_again_is_noticed() =>
        Assert.False(Judge(Connected, Bar4Off, Inbound, Training, Up, Reset, Inbound, Training, Up));

    [Fact]
    public void Training_without_an_inbound_window_is_noticed() => Assert.False(Judge(Connected, Bar4Off, Training, Inbound, Up));

    [Fact]
    public void Training_with_bar_4_open_is_noticed() => Assert.False(Judge(Connected, Inbound, Training, Up));

    [Fact]
    public void A_reset_that_is_released_without_a_new_window_is_noticed() =>
        Assert.False(Judge(Connected, Bar4Off, Inbound, Training, Up, Down, Bar4Off, Release, Up));

    [Fact]
    public void A_window_that_is_only_closed_is_noticed() =>
        Assert.False(Judge(Connected, Bar4Off, Inbound.Replace("0xc0080000", "0x40080000", StringComparison.Ordinal), Training, Up));

    [Fact]
    public void A_bus_fault_is_noticed() =>
        Assert.False(Judge(Connected, "0.2 R4 0xfe150000 APB.GENERAL_CON 0xffffffff BUS FAULT", Bar4Off, Inbound, Training, Up));

    [Fact]
    public void A_violation_is_noticed() => Assert.False(Judge(Connected, Bar4Off, Inbound, Training, Up, "0.6 !! StaleDeviceRead"));

    [Fact]
    public void A_link_that_never_came_is_noticed() => Assert.False(Judge(Connected, Bar4Off, Inbound, Training));

    public void Dispose() => File.Delete(_path);

    private bool Judge(params string[] lines)
    {
        File.WriteAllLines(_path, lines);
        string judge = Path.Combine(GuestRig.FindRoot(), "tools", "rig", "board-log.awk");
        ScriptRun run = ScriptRun.Start("-c", [$"awk -f '{judge}' '{_path}'"], TimeSpan.FromSeconds(30));
        Assert.Contains("board log:", run.Output, StringComparison.Ordinal);
        return run.Succeeded;
    }
}
