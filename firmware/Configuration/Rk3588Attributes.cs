using System.Globalization;
using Nvmepf.Hal;
using Nvmepf.Hal.DesignWare;
using Nvmepf.Hal.Rk3588;

namespace Nvmepf.Firmware.Configuration;

/// <summary>
/// The attributes of group <c>rk3588</c>: how the endpoint of that SoC is reached, brought up and used. They are kept as text; the
/// platform's options are made from it when the tree is resolved.
/// </summary>
internal static class Rk3588Attributes
{
    /// <summary>Name of the group.</summary>
    public const string Group = "rk3588";

    private const uint PollMicrosecondsMaximum = 10_000;
    private const string RegistersForm = "devmem, uio:/dev/uioN, pci:DDDD:BB:DD.F";
    private const string MemoryForm = "hugepages, carveout:ADDRESS,SIZE (a multiple of 1 MiB, such as carveout:0x3c0000000,256M)";
    private const string PinForm = "none, or a pin as gpio4_b6";
    private static readonly string[] s_onOff = ["on", "off"];

    private static readonly Setting[] s_settings =
    [
        new("registers", "devmem", RegistersForm, text => ParseRegisters(text) is null ? "no such source" : null),
        Choice("bringup", "cold", "cold", "takeover"),
        new("bar_memory", null, MemoryForm, text => ParseMemory(text, out _)),
        new("buffer_memory", "hugepages", MemoryForm, text => ParseMemory(text, out _)),
        Choice("dma", "on", s_onOff),
        Choice("link_speed", "3", "1", "2", "3"),
        Choice("lanes", "4", "1", "2", "4"),
        new("perst", "none", PinForm, text => text == "none" || ParsePin(text) is not null ? null : "no such pin"),
        new("event_poll_us", "50", $"1 to {PollMicrosecondsMaximum}", text => ValueText.ParseNumber(text, 1, PollMicrosecondsMaximum, out _)),
        Choice("refclk", "separate", "separate", "common"),
        Choice("clocks", "needed", "needed", "all"),
        Choice("phy_reference", "pad", "pad", "pll"),
        Choice("phy_ready", "lock", "lock", "all"),
        Choice("lane_mode", "aggregated", "aggregated", "two_and_two", "split_01", "split_23", "four_single"),
        Choice("link_reset_grant", "off", s_onOff),
        Choice("command", "host", "host", "local"),
        new("rebar_offset", "0", "0 for the usual place, or 0x100 to 0xff8", text => ValueText.ParseNumber(text, 0, 0xFF8, out _)),
        Choice("rebar", "hide", "hide", "show"),
        Choice("ats", "hide", "hide", "show"),
        Choice("power_management", "off", s_onOff),
        Choice("outbound_errors", "safe", "safe", "keep"),
        Choice("dma_bypass", "on", s_onOff),
        Choice("translation_after_reset", "rewrite", "rewrite", "keep"),
        Choice("cqe", "window", "window", "dma"),
        Choice("release_after_reset", "at_once", "at_once", "detect"),
        Choice("msi", "window", "window", "apb"),
        Choice("intx", "apb", "apb", "off"),
        Choice("running_link", "keep", "keep", "drop"),
    ];

    /// <summary>The rows, for the controller's table.</summary>
    public static AttributeRow<EndpointControllerNode>[] Rows { get; } = Array.ConvertAll(s_settings, MakeRow);

    /// <summary>Fills in the defaults of what was not set, and checks what has to hold between the attributes.</summary>
    /// <exception cref="ConfigurationException">No memory is named for BAR 0, or two carve-outs overlap.</exception>
    public static void Fill(EndpointControllerNode node)
    {
        foreach (Setting setting in s_settings)
        {
            if (setting.Default is not null)
            {
                _ = node.Rk3588.TryAdd(setting.Key, setting.Default);
            }
        }

        Place group = node.Place.Member(Group);
        if (!node.Rk3588.TryGetValue("bar_memory", out string? barText))
        {
            // No default is right: a carve-out has to be reserved, and hugepages have a race that nobody should meet unknowingly.
            Place place = group.IsOption ? new Place(null, "--bar-memory") : group.Member("bar_memory");
            throw ConfigurationException.At(
                place,
                "is missing; allowed: carveout:ADDRESS,SIZE (reserved with no-map), or hugepages, where a host's write to BAR 0 can be lost "
                + "(docs/rk3588.md)");
        }

        CheckMemory(group, barText, node.Rk3588["buffer_memory"]);
    }

    /// <summary>One carve-out may serve both purposes; two that share a part would overwrite each other.</summary>
    private static void CheckMemory(Place group, string barText, string bufferText)
    {
        _ = ParseMemory(barText, out BoardMemory bar);
        _ = ParseMemory(bufferText, out BoardMemory buffers);
        if (bar != buffers && bar.Kind == BoardMemoryKind.CarveOut && buffers.Kind == BoardMemoryKind.CarveOut
            && bar.Address < buffers.Address + buffers.LengthBytes && buffers.Address < bar.Address + bar.LengthBytes)
        {
            Place place = group.IsOption ? new Place(null, "--buffer-memory") : group.Member("buffer_memory");
            throw ConfigurationException.ForValue(
                place, bufferText, $"overlaps the memory of BAR 0, {barText}", "the very same carve-out, or one that shares no byte with it");
        }
    }

    /// <summary>The platform's options of a node that was filled.</summary>
    public static Rk3588Options ToOptions(EndpointControllerNode node)
    {
        Dictionary<string, string> values = node.Rk3588;
        bool Is(string key, string word) => values[key] == word;
        _ = ParseMemory(values["bar_memory"], out BoardMemory bar);
        _ = ParseMemory(values["buffer_memory"], out BoardMemory buffers);
        return new Rk3588Options
        {
            Registers = ParseRegisters(values["registers"])!,
            BringUp = Is("bringup", "cold") ? BringUpMode.Cold : BringUpMode.TakeOver,
            BarMemory = bar,
            BufferMemory = buffers,
            UseDma = Is("dma", "on"),
            LinkSpeed = (LinkSpeed)Number(values["link_speed"]),
            Lanes = (int)Number(values["lanes"]),
            PerstPin = ParsePin(values["perst"]),
            EventPollIntervalNanoseconds = Number(values["event_poll_us"]) * 1000L,
            Switches = new Rk3588Switches
            {
                SeparateReferenceClock = Is("refclk", "separate"),
                OpenAllClockGates = Is("clocks", "all"),
                PhyReferenceFromPll = Is("phy_reference", "pll"),
                WaitForAllPhyStatus = Is("phy_ready", "all"),
                LaneMode = values["lane_mode"] switch
                {
                    "two_and_two" => PhyLaneMode.TwoAndTwo,
                    "split_01" => PhyLaneMode.Split01,
                    "split_23" => PhyLaneMode.Split23,
                    "four_single" => PhyLaneMode.FourSingle,
                    _ => PhyLaneMode.Aggregated,
                },
                GrantLinkReset = Is("link_reset_grant", "on"),
                EnableCommandLocally = Is("command", "local"),
                ResizableBarOffset = (int)Number(values["rebar_offset"]) & 0xFFC,
                ShowResizableBar = Is("rebar", "show"),
                ShowAddressTranslation = Is("ats", "show"),
                OfferPowerManagement = Is("power_management", "on"),
                KeepOutboundErrorDefaults = Is("outbound_errors", "keep"),
                DmaBypass = Is("dma_bypass", "on"),
                RewriteTranslationAfterReset = Is("translation_after_reset", "rewrite"),
                CompletionsByDma = Is("cqe", "dma"),
                WaitForDetectBeforeRelease = Is("release_after_reset", "detect"),
                MsiByApb = Is("msi", "apb"),
                LegacyInterrupt = Is("intx", "apb"),
                KeepRunningLink = Is("running_link", "keep"),
            },
        };
    }

    private static AttributeRow<EndpointControllerNode> MakeRow(Setting setting) => new(
        Group,
        setting.Key,
        setting.Allowed,
        (node, text) =>
        {
            string? problem = setting.Check(text);
            if (problem is null)
            {
                node.Rk3588[setting.Key] = text;
            }

            return problem;
        },
        node => node.Rk3588.GetValueOrDefault(setting.Key));

    private static Setting Choice(string key, string byDefault, params string[] words) =>
        new(key, byDefault, string.Join(", ", words), text => Array.IndexOf(words, text) < 0 ? "not known" : null);

    private static RegisterSource? ParseRegisters(string text)
    {
        const string Uio = "uio:";
        const string Pci = "pci:";
        if (text == "devmem")
        {
            return new RegisterSource(RegisterSourceKind.PhysicalMemory);
        }

        if (text.StartsWith(Uio + "/dev/uio", StringComparison.Ordinal))
        {
            return new RegisterSource(RegisterSourceKind.Uio, text[Uio.Length..]);
        }

        return text.StartsWith(Pci, StringComparison.Ordinal) && IsPciAddress(text[Pci.Length..])
            ? new RegisterSource(RegisterSourceKind.PciDevice, text[Pci.Length..])
            : null;
    }

    /// <summary>Domain, bus, device and function as <c>0000:00:04.0</c>; what else a path could hold is kept out of the file system.</summary>
    private static bool IsPciAddress(string text)
    {
        const string Form = "hhhh:hh:hh.h";
        if (text.Length != Form.Length)
        {
            return false;
        }

        for (int i = 0; i < Form.Length; i++)
        {
            if (Form[i] == 'h' ? !char.IsAsciiHexDigitLower(text[i]) : text[i] != Form[i])
            {
                return false;
            }
        }

        return true;
    }

    private static string? ParseMemory(string text, out BoardMemory memory)
    {
        const string CarveOut = "carveout:";
        memory = new BoardMemory(BoardMemoryKind.HugePages);
        if (text == "hugepages")
        {
            return null;
        }

        string[] parts = text.StartsWith(CarveOut, StringComparison.Ordinal) ? text[CarveOut.Length..].Split(',') : [];
        if (parts.Length != 2
            || !parts[0].StartsWith("0x", StringComparison.Ordinal)
            || !ulong.TryParse(parts[0].AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong address))
        {
            return "not known";
        }

        string? problem = ValueText.ParseSize(parts[1], out ulong lengthBytes);
        if (problem is null && ((address | lengthBytes) % Rk3588Endpoint.Bar0LengthBytes != 0 || address + lengthBytes < address))
        {
            problem = "address or size is not a multiple of 1 MiB";
        }

        memory = new BoardMemory(BoardMemoryKind.CarveOut, address, lengthBytes);
        return problem;
    }

    /// <summary>Rockchip's names: bank 0 to 4, group a to d, pin 0 to 7.</summary>
    private static GpioPin? ParsePin(string text) =>
        text.Length == 8 && text.StartsWith("gpio", StringComparison.Ordinal) && text[5] == '_'
            && text[4] is >= '0' and <= '4' && text[6] is >= 'a' and <= 'd' && text[7] is >= '0' and <= '7'
            ? new GpioPin(text[4] - '0', ((text[6] - 'a') * 8) + text[7] - '0')
            : null;

    private static uint Number(string text)
    {
        _ = ValueText.ParseNumber(text, 0, uint.MaxValue, out uint value);
        return value;
    }

    /// <param name="Key">Its name.</param>
    /// <param name="Default">Where nothing is said; null where it has to be said.</param>
    /// <param name="Allowed">What is allowed, for messages.</param>
    /// <param name="Check">Says what is wrong with a text, or null.</param>
    private sealed record Setting(string Key, string? Default, string Allowed, Func<string, string?> Check);
}
