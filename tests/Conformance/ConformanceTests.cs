using System.Text;
using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Commands.Admin.Features;
using Nvmepf.Firmware.Commands.Admin.LogPages;
using Nvmepf.Firmware.Commands.Admin.Structures;
using Nvmepf.Spec;
using Nvmepf.Tests.Admin;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Conformance;

/// <summary>
/// docs/conformance.md, made from the dispatch tables and from what a controller answers to everything else that the standard names. A page that
/// says something else fails.
/// </summary>
public sealed class ConformanceTests
{
    private const string Variable = "NVMEPF_WRITE_CONFORMANCE";

    // What a row depends on. A row with a condition and no text here fails, and so does a text without such a row.
    private static readonly Dictionary<string, string> s_conditions = new()
    {
        ["Volatile Write Cache"] = "where a namespace has a volatile write cache or may come to have one",
        ["Reservation Notification Mask"] = "where a namespace has reservations (`resv.enable`)",
        ["Reservation Persistence"] = "where a namespace has reservations (`resv.enable`)",
        ["Reservation Register"] = "where the namespace has reservations (`resv.enable`), else 001h",
        ["Reservation Report"] = "where the namespace has reservations (`resv.enable`), else 001h",
        ["Reservation Acquire"] = "where the namespace has reservations (`resv.enable`), else 001h",
        ["Reservation Release"] = "where the namespace has reservations (`resv.enable`), else 001h",
        ["Doorbell Buffer Config"] = "where the platform has pointers to host memory, else 001h",
        ["Asymmetric Namespace Access"] = "where the port has `ana_groups`, else 109h",
    };

    [Fact]
    public void The_page_is_what_the_tables_say()
    {
        string path = Path.Combine(Root(), "docs", "conformance.md");
        string expected = Generate();
        if (Environment.GetEnvironmentVariable(Variable) == "1")
        {
            File.WriteAllText(path, expected);
        }

        string found = File.Exists(path) ? File.ReadAllText(path) : string.Empty;
        string[] have = found.Split('\n');
        string[] want = expected.Split('\n');
        int line = 0;
        while (line < have.Length && line < want.Length && have[line] == want[line])
        {
            line++;
        }

        Assert.True(
            found == expected,
            $"docs/conformance.md, line {line + 1}: there is '{have.ElementAtOrDefault(line)}', the tables say '{want.ElementAtOrDefault(line)}'; "
            + $"to write it anew: {Variable}=1 ./build.sh test FullyQualifiedName~Conformance");
    }

    [Fact]
    public void Every_condition_is_explained_and_no_more()
    {
        _ = Generate(out HashSet<string> used);
        Assert.Equal(s_conditions.Keys.Order(), used.Order());
    }

    private static string Generate() => Generate(out _);

    private static string Generate(out HashSet<string> used)
    {
        using AdminHost host = new();
        StringBuilder text = new();
        HashSet<string> conditions = [];
        used = conditions;
        _ = text.Append(Introduction);
        Table(text, "Admin commands", "opcode", Enum.GetValues<AdminOpcode>(), value => AdminRow(CommandTable.Admin((byte)value), conditions), value =>
            host.Run(AdminHost.Command(value, 0)).Code);
        Table(text, "I/O commands (NVM Command Set)", "opcode", Enum.GetValues<NvmOpcode>(), value => AdminRow(CommandTable.Io((byte)value), conditions), value =>
            host.RunIo(TestHost.Io(value)));
        Table(text, "Log pages", "LID", [.. Enum.GetValues<LogPageId>(), (LogPageId)0xC0, (LogPageId)0xC1], value => LogRow(value, conditions), value =>
            host.Run(AdminHost.Command(AdminOpcode.GetLogPage, 0, (uint)value | (15u << 16))).Code);
        Table(text, "Features", "FID", Enum.GetValues<FeatureId>(), value => FeatureRow(host, value, conditions), value =>
            host.Run(AdminHost.Command(AdminOpcode.GetFeatures, 1, (uint)value)).Code);
        Table(text, "Data structures of Identify", "CNS", Enum.GetValues<Cns>(), IdentifyRow, value =>
            host.Run(AdminHost.Command(AdminOpcode.Identify, 1, (uint)value)).Code);
        _ = text.Append(NotThere);
        return text.ToString();
    }

    private static void Table<TKey>(
        StringBuilder text, string title, string key, TKey[] values, Func<TKey, string?> row, Func<TKey, StatusCode> refusal)
        where TKey : struct, Enum
    {
        _ = text.Append($"\n## {title}\n\n| {key} | name | supported |\n|---|---|---|\n");
        foreach (TKey value in values)
        {
            byte number = Convert.ToByte(value, System.Globalization.CultureInfo.InvariantCulture);
            if (row(value) is string known)
            {
                _ = text.Append($"| {number:X2}h | {known} |\n");
                continue;
            }

            StatusCode code = refusal(value);
            Assert.NotEqual(StatusCode.Success, code);
            _ = text.Append($"| {number:X2}h | {Words(value.ToString())} | no: {(int)code:X3}h {Words(code.ToString())} |\n");
        }
    }

    private static unsafe string? AdminRow(CommandDescriptor? row, HashSet<string> used) =>
        row is null ? null : Row(row.Name, row.IsSupported != null, used);

    private static unsafe string? LogRow(LogPageId id, HashSet<string> used) =>
        LogPageTable.Find(id) is { } row ? Row(row.Name, row.IsSupported != null, used) : null;

    private static unsafe string? FeatureRow(AdminHost host, FeatureId id, HashSet<string> used)
    {
        if (FeatureTable.Row(id) is not { } row)
        {
            return null;
        }

        string scope = row.IsNamespaceSpecific ? ", for each namespace" : string.Empty;
        return Row(row.Name, row.IsSupported != null, used) + scope;
    }

    private static string? IdentifyRow(Cns cns) => IdentifyTable.Find(cns) is { } row ? $"{row.Name} | yes" : null;

    private static string Row(string name, bool isConditional, HashSet<string> used)
    {
        if (!isConditional)
        {
            return $"{name} | yes";
        }

        _ = used.Add(name);
        return $"{name} | {s_conditions.GetValueOrDefault(name, "?")}";
    }

    /// <summary>An identifier of code as words: "NvmeMiSend" is "NVMe MI Send".</summary>
    private static string Words(string identifier)
    {
        StringBuilder words = new();
        foreach (char c in identifier)
        {
            _ = char.IsUpper(c) && words.Length > 0 ? words.Append(' ').Append(c) : words.Append(c);
        }

        foreach ((string from, string to) in new[] { ("Nvme ", "NVMe "), ("Nvm ", "NVM "), ("Io ", "I/O "), ("Lba ", "LBA "), ("Mi ", "MI "), ("Fdp ", "FDP ") })
        {
            _ = words.Replace(from, to);
        }

        return words.ToString();
    }

    private static string Root()
    {
        string? folder = Environment.GetEnvironmentVariable("NVMEPF_ROOT") ?? AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Firmware.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new DirectoryNotFoundException("no folder with Firmware.sln: set NVMEPF_ROOT to the checkout");
    }

    private const string Introduction = """
        # What of the standard is there

        Everything that NVMe Base 2.1 and NVM Command Set 1.1 number, and the answer of this controller: made by a test from the tables that commands are
        dispatched by, and by asking a controller for the rest. To write the page anew after a change:
        `NVMEPF_WRITE_CONFORMANCE=1 ./build.sh test FullyQualifiedName~Conformance`. What is refused also has an entry in the error log, with DNR set.

        """;

    private const string NotThere = """

        ## What is not there, in short

        - Metadata, protection information, Format, Sanitize, namespace management, self-test, firmware update, Security commands: none.
        - Copy, Write Uncorrectable, fused commands, the Zoned Namespace and other command sets; CSI other than 0 is refused.
        - Controller memory buffer, persistent memory region, host memory buffer, boot partitions, NVM subsystem reset.
        - Power states beyond one, autonomous transitions, power loss signalling; temperature is a nominal value where nothing measures one.
        - Features are never saveable; no log is kept over the end of the process. A start of the process counts as a power cycle. Kept over it are write
          protection and, with PTPL, reservations, of namespaces that have a state file.
        - Reservation commands look at the namespace at the moment they are fetched: a command that was accepted before may end after the reservation.
        - Admin commands of the write group of reservations (Format, Security Send and others) are not there, so none is refused by a reservation.
        - Namespaces without a state file (block devices without `state_path`) have no Persist Through Power Loss and no lasting write protection.
        - One endurance group for all namespaces, with the counters of the controller that is asked; wear and endurance are not known.
        - ANA states are set by the configuration or a control request; nothing here finds out by itself that a path is worse than another.
        - Dispersed namespaces, NVM sets, domains, predictable latency, telemetry, persistent events, streams and FDP: none.

        """;
}
