using System.Linq;
using System.Text;
using Nvmepf.Firmware.Configuration;
using Nvmepf.Hal.DesignWare;
using Nvmepf.Hal.Rk3588;
using Xunit;

namespace Nvmepf.Tests.Configuration;

public sealed class Rk3588OptionTests
{
    private static readonly string[] s_least = ["--platform", "rk3588", "--namespace", "ram:1G"];

    public static TheoryData<string, string> Wrong { get; } = new()
    {
        { "--platform rk3568", "--platform rk3568: not known; allowed: vfio-user, rk3588" },
        { "--registers /dev/mem", "--registers /dev/mem: no such source; allowed: devmem, uio:/dev/uioN, pci:DDDD:BB:DD.F" },
        { "--registers pci:../../x:00", "--registers pci:../../x:00: no such source; allowed: devmem, uio:/dev/uioN, pci:DDDD:BB:DD.F" },
        { "--bringup warm", "--bringup warm: not known; allowed: cold, takeover" },
        {
            "--bar-memory carveout:0x100000,1K",
            "--bar-memory carveout:0x100000,1K: address or size is not a multiple of 1 MiB; allowed: hugepages, carveout:ADDRESS,SIZE "
                + "(a multiple of 1 MiB, such as carveout:0x3c0000000,256M)"
        },
        { "--rk3588 lanes=3", "--rk3588 lanes 3: not known; allowed: 1, 2, 4" },
        { "--rk3588 perst=gpio5_a0", "--rk3588 perst gpio5_a0: no such pin; allowed: none, or a pin as gpio4_b6" },
        { "--no-dma=yes", "--no-dma: takes no value" },
    };

    public static TheoryData<string, Func<Rk3588Switches, Rk3588Switches>> Switches { get; } = new()
    {
        { "refclk=common", s => s with { SeparateReferenceClock = false } },
        { "clocks=all", s => s with { OpenAllClockGates = true } },
        { "phy_reference=pll", s => s with { PhyReferenceFromPll = true } },
        { "phy_ready=all", s => s with { WaitForAllPhyStatus = true } },
        { "lane_mode=two_and_two", s => s with { LaneMode = PhyLaneMode.TwoAndTwo } },
        { "lane_mode=four_single", s => s with { LaneMode = PhyLaneMode.FourSingle } },
        { "link_reset_grant=on", s => s with { GrantLinkReset = true } },
        { "command=local", s => s with { EnableCommandLocally = true } },
        { "rebar_offset=0x300", s => s with { ResizableBarOffset = 0x300 } },
        { "rebar=show", s => s with { ShowResizableBar = true } },
        { "ats=show", s => s with { ShowAddressTranslation = true } },
        { "power_management=on", s => s with { OfferPowerManagement = true } },
        { "outbound_errors=keep", s => s with { KeepOutboundErrorDefaults = true } },
        { "dma_bypass=off", s => s with { DmaBypass = false } },
        { "translation_after_reset=keep", s => s with { RewriteTranslationAfterReset = false } },
        { "msi=apb", s => s with { MsiByApb = true } },
        { "intx=off", s => s with { LegacyInterrupt = false } },
        { "running_link=drop", s => s with { KeepRunningLink = false } },
    };

    [Fact]
    public void Where_nothing_is_said_the_platforms_own_defaults_hold()
    {
        Rk3588Options options = Judge.Options(s_least).Rk3588!;
        Rk3588Options defaults = new() { Registers = new RegisterSource(RegisterSourceKind.PhysicalMemory), Clock = options.Clock };
        Assert.Equal(defaults, options);
    }

    [Fact]
    public void Options_reach_the_platform()
    {
        Rk3588Options options = Judge.Options(
        [
            .. s_least, "--registers", "pci:0000:00:04.0", "--bringup", "takeover", "--bar-memory", "carveout:0x3c0000000,1M", "--buffer-memory",
            "carveout:0x3c0100000,255M", "--no-dma", "--rk3588", "link_speed=2", "--rk3588", "lanes=2", "--rk3588", "perst=gpio4_b6", "--rk3588",
            "event_poll_us=200",
        ]).Rk3588!;
        Assert.Equal(new RegisterSource(RegisterSourceKind.PciDevice, "0000:00:04.0"), options.Registers);
        Assert.Equal((BringUpMode.TakeOver, false, LinkSpeed.Gen2, 2), (options.BringUp, options.UseDma, options.LinkSpeed, options.Lanes));
        Assert.Equal(new BoardMemory(BoardMemoryKind.CarveOut, 0x3_C000_0000, 1 << 20), options.BarMemory);
        Assert.Equal(new BoardMemory(BoardMemoryKind.CarveOut, 0x3_C010_0000, 255 << 20), options.BufferMemory);
        Assert.Equal(new GpioPin(4, 14), options.PerstPin);
        Assert.Equal(200_000, options.EventPollIntervalNanoseconds);
    }

    [Theory]
    [MemberData(nameof(Switches))]
    public void Each_switch_changes_its_own_choice_and_no_other(string text, Func<Rk3588Switches, Rk3588Switches> change) =>
        Assert.Equal(change(new Rk3588Switches()), Judge.Options([.. s_least, "--rk3588", text]).Rk3588!.Switches);

    [Fact]
    public void Every_switch_has_an_attribute()
    {
        IEnumerable<string> changed = Switches.SelectMany(row =>
        {
            Rk3588Switches made = ((Func<Rk3588Switches, Rk3588Switches>)((object[])row)[1])(new Rk3588Switches());
            return typeof(Rk3588Switches).GetProperties()
                .Where(property => !Equals(property.GetValue(made), property.GetValue(new Rk3588Switches()))).Select(property => property.Name);
        });
        Assert.Equal(
            typeof(Rk3588Switches).GetProperties().Where(property => property.CanWrite).Select(property => property.Name).Order(),
            changed.Distinct().Order());
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_is_wrong_is_said_with_what_is_allowed(string arguments, string line)
    {
        string[] least = arguments.StartsWith("--platform", StringComparison.Ordinal) ? s_least[2..] : s_least;
        Assert.Equal(line, Assert.Throws<ConfigurationException>(() => Judge.Options([.. arguments.Split(' '), .. least])).Message);
    }

    [Fact]
    public void An_attribute_that_does_not_exist_is_answered_with_all_that_do()
    {
        string error = Assert.Throws<ConfigurationException>(() => Judge.Options([.. s_least, "--rk3588", "speed=3"])).Message;
        Assert.StartsWith("--rk3588 speed=3: no such attribute; allowed: KEY=VALUE with KEY one of registers, bringup, ", error, StringComparison.Ordinal);
        error = Assert.Throws<ConfigurationException>(() => Judge.Options([.. s_least, "--rk3588", "lanes"])).Message;
        Assert.StartsWith("--rk3588 lanes: no value; ", error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_two_platforms_exclude_each_other()
    {
        string error = Assert.Throws<ConfigurationException>(() => Judge.Options([.. s_least, "--vfio-user", "/run/x"])).Message;
        Assert.Contains("the platform is rk3588; allowed: nothing, or platform vfio-user", error, StringComparison.Ordinal);
        error = Assert.Throws<ConfigurationException>(
            () => Judge.Options("--vfio-user", "/run/x", "--platform", "vfio-user", "--bringup", "cold", "--namespace", "ram:1G")).Message;
        Assert.Contains("rk3588: is set, and the platform is vfio-user; allowed: platform rk3588", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_printed_board_configuration_means_the_same_when_read()
    {
        ConfigurationTree tree = CommandLineTree.Build(CommandLine.Parse([.. s_least, "--rk3588", "lanes=2"]), () => "machine");
        Rk3588Options options = ServedConfiguration.Resolve(tree).Rk3588!;
        string json = Encoding.UTF8.GetString(JsonPrinter.Print(tree));
        Assert.Contains("\"running_link\": \"keep\"", json, StringComparison.Ordinal);
        Assert.Equal(options, ServedConfiguration.Resolve(Judge.FileTree(json)).Rk3588! with { Clock = options.Clock });
    }
}
