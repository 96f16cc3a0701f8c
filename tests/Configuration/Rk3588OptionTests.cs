using System.Linq;
using System.Text;
using Nvmepf.Firmware.Configuration;
using Nvmepf.Hal.DesignWare;
using Nvmepf.Hal.Rk3588;
using Xunit;

namespace Nvmepf.Tests.Configuration;

public sealed class Rk3588OptionTests
{
    private static readonly string[] s_least = ["--platform", "rk3588", "--namespace", "ram:1G", "--bar-memory", "hugepages"];
    private static readonly string[] s_noBarMemory = ["--platform", "rk3588", "--namespace", "ram:1G"];

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
        { "cqe=dma", s => s with { CompletionsByDma = true } },
        { "release_after_reset=detect", s => s with { WaitForDetectBeforeRelease = true } },
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
            .. s_noBarMemory, "--registers", "pci:0000:00:04.0", "--bringup", "takeover", "--bar-memory", "carveout:0x3c0000000,1M", "--buffer-memory",
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
        string[] least = arguments.Contains("--bar-memory", StringComparison.Ordinal) ? s_noBarMemory : s_least;
        least = arguments.StartsWith("--platform", StringComparison.Ordinal) ? least[2..] : least;
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
    public void Memory_for_bar_0_has_to_be_named()
    {
        string error = Assert.Throws<ConfigurationException>(() => Judge.Options(s_noBarMemory)).Message;
        Assert.StartsWith("--bar-memory: is missing; allowed: carveout:ADDRESS,SIZE (reserved with no-map), or hugepages, ", error, StringComparison.Ordinal);
        Assert.Equal(BoardMemoryKind.HugePages, Judge.Options([.. s_noBarMemory, "--bar-memory", "hugepages"]).Rk3588!.BarMemory.Kind);
    }

    [Theory]
    [InlineData("0x3c0000000,2M", "0x3c0100000,8M", false)]
    [InlineData("0x3c0000000,1M", "0x3c0000000,8M", false)]
    [InlineData("0x3c0400000,1M", "0x3c0000000,8M", false)]
    [InlineData("0x3c0000000,8M", "0x3c0000000,8M", true)]
    [InlineData("0x3c0000000,1M", "0x3c0100000,8M", true)]
    [InlineData("0x3c0800000,1M", "0x3c0000000,8M", true)]
    public void Carve_outs_are_the_same_or_share_nothing(string bar, string buffers, bool isAllowed)
    {
        string[] arguments = [.. s_noBarMemory, "--bar-memory", $"carveout:{bar}", "--buffer-memory", $"carveout:{buffers}"];
        ConfigurationException? error = Record.Exception(() => _ = Judge.Options(arguments)) as ConfigurationException;
        Assert.Equal(isAllowed ? null : $"--buffer-memory carveout:{buffers}: overlaps the memory of BAR 0, carveout:{bar}; "
            + "allowed: the very same carve-out, or one that shares no byte with it", error?.Message);
    }

    [Theory]
    [InlineData(0x3_C000_0000, 0x1000_0000, null)]
    [InlineData(0x3FFF_FFFF, 1, "00200000-3fffffff")]
    [InlineData(0x4000_0000, 1, null)]
    [InlineData(0x1F_FFFF, 2, "00200000-3fffffff")]
    [InlineData(0x10_0000, 0x10_0000, null)]
    [InlineData(0x0, 0x1_0000_0000_0000, "00200000-3fffffff")]
    [InlineData(0x1_0000_0000, 0x10_0000, "100000000-1ffffffff")]
    public void A_carve_out_in_the_kernels_memory_is_noticed(ulong address, ulong lengthBytes, string? range)
    {
        string[] lines =
        [
            "00000000-00000000 : System RAM", "00200000-3fffffff : System RAM", "  00210000-0140ffff : Kernel code", "40000000-4fffffff : reserved",
            "fe150000-fe15ffff : fe150000.pcie", "100000000-1ffffffff : System RAM",
        ];
        Assert.Equal(range, SystemMemory.Find(lines, address, lengthBytes));
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
        Rk3588Options options = Judge.Only(ServedConfiguration.Resolve(tree)).Rk3588!;
        string json = Encoding.UTF8.GetString(JsonPrinter.Print(tree));
        Assert.Contains("\"running_link\": \"keep\"", json, StringComparison.Ordinal);
        Assert.Equal(options, Judge.File(json).Rk3588! with { Clock = options.Clock });
    }

    [Theory]
    [InlineData("\"interrupt_pin\": 0, \"msi_interrupts\": 4, \"msix_interrupts\": 9", false, 4, 9)]
    [InlineData("\"interrupt_pin\": 1, \"msi_interrupts\": 8", true, 8, 8)]
    [InlineData("\"msix_interrupts\": 3", true, 3, 3)]
    public void The_function_says_which_interrupts_there_are(string function, bool hasPin, int messages, int vectors)
    {
        string json = Samples.With(function: function)
            .Replace("\"vfio_user\": {\"directory\": \"/run/vm\"}", "\"rk3588\": {\"bar_memory\": \"hugepages\"}", StringComparison.Ordinal);
        ServedFunction served = Judge.File(json);
        Assert.Equal(hasPin, served.Rk3588!.Switches.LegacyInterrupt);
        Assert.Equal(messages, served.Identity.MsiMessageCount);
        Assert.Equal(vectors, served.Identity.MsixVectorCount);
        Assert.Equal(0, served.Settings.AdaptiveInterruptsMicroseconds);
    }

    [Theory]
    [InlineData("msi_interrupts")]
    [InlineData("msix_interrupts")]
    public void A_board_cannot_hide_a_kind_of_messages(string attribute)
    {
        string json = Samples.With(function: $"\"{attribute}\": 0")
            .Replace("\"vfio_user\": {\"directory\": \"/run/vm\"}", "\"rk3588\": {\"bar_memory\": \"hugepages\"}", StringComparison.Ordinal);
        Assert.Equal($"a.json: functions[0].{attribute} \"0\": an rk3588 always has MSI-X and MSI; allowed: not 0", Judge.ErrorOfFile(json));
    }
}
