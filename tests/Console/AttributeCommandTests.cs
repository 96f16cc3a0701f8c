using System.Buffers.Binary;
using System.Linq;
using System.Text.Json;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.Tests.HostDriver;
using Xunit;
using Program = Nvmepf.Firmware.Program;

namespace Nvmepf.Tests.Console;

/// <summary>The configuration that is served, looked at and changed attribute by attribute at the console.</summary>
[Collection("firmware process")]
public sealed class AttributeCommandTests
{
    private const string Nqn = Served.Nqn;
    private const string Subsystem = $"subsystems/{Nqn}";
    private const byte AnaLog = 0x0C;

    [Fact]
    public void Every_attribute_that_a_configuration_has_is_shown()
    {
        string[] arguments = ["--namespace", "ram:8M", "--subsysnqn", Nqn, "--model", "A model"];
        using FirmwareProcess firmware = new(arguments);
        Dictionary<string, string> shown = Table(firmware.AskWell("get --json"), "attributes", "path", "value");
        string directory = Path.Join(Path.GetTempPath(), $"nvmepf-export-{Guid.NewGuid():N}");
        try
        {
            // What is written as files is an answer of its own: each file is there with its value, and nothing else but what is live.
            string[] export = ["--vfio-user", firmware.Folder, .. arguments, "--export-configfs", directory];
            Assert.Equal(Program.Success, Program.Run(export, Stream.Null, Stream.Null));
            int files = 0;
            EnumerationOptions withoutLinks = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
            foreach (string file in Directory.EnumerateFiles(directory, "*", withoutLinks))
            {
                string path = Path.GetRelativePath(directory, file).Replace("nvmet/", "", StringComparison.Ordinal).Replace("pci_ep/", "", StringComparison.Ordinal);
                path = path.Replace("functions/nvmet_pci_epf/", "functions/", StringComparison.Ordinal);
                Assert.True(shown.TryGetValue(path, out string? value), path);
                Assert.Equal(File.ReadAllText(file), value + "\n");
                files++;
            }

            Assert.True(files > 20);
            string[] links = [$"{Subsystem}/namespaces/1/size", "ports/1/subsystems", "controllers/vfio-user.0/functions"];
            Assert.Equal(files + links.Length, shown.Count);
            Assert.Equal("8M", shown[links[0]]);
            Assert.Equal(Nqn, shown[links[1]]);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void Places_are_listed_one_at_a_time()
    {
        using FirmwareProcess firmware = new("--namespace", "ram:8M", "--subsysnqn", Nqn);
        Dictionary<string, string> top = Table(firmware.AskWell("ls --json"), "entries", "name", "value");
        Assert.Equal(["controllers/", "discovery_nqn", "functions/", "hosts/", "ports/", "subsystems/"], top.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(Nqn, top["subsystems/"]);
        Dictionary<string, string> one = Table(firmware.AskWell($"ls {Subsystem}/namespaces/1 --json"), "entries", "name", "change");
        Assert.Equal("live", one["enable"]);
        Assert.Equal("live", one["size"]);
        Assert.Equal("restart", one["device_path"]);
        Assert.DoesNotContain("nsid", one.Keys);
        Assert.Contains("vfio-user", firmware.AskWell("ls controllers/vfio-user.0/platform"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_set_live_reaches_the_host_and_is_shown()
    {
        using FirmwareProcess firmware = new("--namespace", "null:8M", "--subsysnqn", Nqn);
        using NvmeHost host = firmware.Connect();
        host.Enable();
        firmware.AskWell($"set {Subsystem}/namespaces/1/enable 0");
        Assert.Empty(host.ActiveNamespaces());
        Assert.Equal("0", Value(firmware, $"{Subsystem}/namespaces/1/enable"));
        firmware.AskWell($"set {Subsystem}/namespaces/1/enable 1");
        Assert.Equal([1u], host.ActiveNamespaces());
        firmware.AskWell($"set {Subsystem}/namespaces/1/size 16M");
        Assert.Equal(32768ul, BinaryPrimitives.ReadUInt64LittleEndian(host.Identify(0, 1)));
        Assert.Equal("null:16M", Value(firmware, $"{Subsystem}/namespaces/1/device_path"));
        firmware.AskWell("ns add 2 null:1M");
        Assert.Equal("1M", Value(firmware, $"{Subsystem}/namespaces/2/size"));
        firmware.AskWell("ns remove 2");
        Assert.Contains($"allowed in {Subsystem}/namespaces: 1/", firmware.AskIll($"get {Subsystem}/namespaces/2/size"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_state_of_an_ANA_group_is_set_live()
    {
        string file = Path.Join(Path.GetTempPath(), $"nvmepf-ana-{Guid.NewGuid():N}.json");
        try
        {
            string port = "\"ports\":[{\"portid\":1,\"addr\":{\"trtype\":\"pci\"},\"subsystems\":[\"" + Nqn + "\"],\"ana_groups\":[{\"grpid\":1,\"ana\":{\"state\":\"optimized\"}}]}]";
            string subsystem = "\"subsystems\":[{\"nqn\":\"" + Nqn + "\",\"attr\":{\"allow_any_host\":\"1\"},\"namespaces\":[{\"nsid\":1,\"enable\":1,\"device\":{\"path\":\"null:1M\"}}]}]";
            File.WriteAllText(file, "{" + subsystem + "," + port + "}");
            using FirmwareProcess firmware = new("--config", file);
            using NvmeHost host = firmware.Connect();
            host.Enable();
            Assert.Equal(1, AnaState(host));
            firmware.AskWell("set ports/1/ana_groups/1/ana_state inaccessible");
            Assert.Equal(3, AnaState(host));
            Assert.Equal("inaccessible", Value(firmware, "ports/1/ana_groups/1/ana_state"));
            Assert.Contains("allowed: optimized, non-optimized", firmware.AskIll("set ports/1/ana_groups/1/ana_state good"), StringComparison.Ordinal);
            Assert.Equal(3, AnaState(host));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void What_is_wrong_changes_nothing_and_says_what_is_allowed()
    {
        using FirmwareProcess firmware = new("--namespace", "ram:8M", "--subsysnqn", Nqn);
        string before = firmware.AskWell("get --json");
        foreach ((string line, string expected) in new[]
        {
            ("ls nowhere", "allowed at the top: hosts/, subsystems/"),
            ($"get {Subsystem}/attr_colour", "no such attribute or place; allowed in " + Subsystem),
            ("get hosts/someone", "allowed in hosts: none"),
            ("set ports/1", "usage: set PATH VALUE"),
            ("set ports/1 2", "is no attribute; allowed: ana_groups/"),
            ($"set {Subsystem}/namespaces/1/enable yes", "neither 0 nor 1; allowed: 0, 1"),
            ($"set {Subsystem}/namespaces/1/size 1000", "allowed: a multiple of 512 bytes"),
            ($"set {Subsystem}/namespaces/1/size 16M", "cannot change its size"),
            ($"set {Subsystem}/attr_serial much-too-long-for-a-serial-number", "characters long; allowed: 1 to 20"),
            ($"set {Subsystem}/attr_serial 42", "cannot change while it is served; change it where the firmware is started, and restart; allowed now: enable and size"),
            ("set functions/nvmepf.0/nvme/mdts_kb 300", "not a power of two; allowed: 8, 16, ... 2048"),
            ("set functions/nvmepf.0/nvme/mdts_kb 256", "restart; allowed now"),
            ("set controllers/vfio-user.0/functions x", "restart; allowed now"),
        })
        {
            Assert.Contains(expected, firmware.AskIll(line), StringComparison.Ordinal);
        }

        firmware.AskWell("set functions/nvmepf.0/nvme/mdts_kb 512"); // as it is
        Assert.Equal(before, firmware.AskWell("get --json"));
    }

    [Fact]
    public void Where_a_directory_is_followed_the_file_to_write_is_named()
    {
        string directory = Path.Join(Path.GetTempPath(), $"nvmepf-set-{Guid.NewGuid():N}");
        try
        {
            Served.ExportTo(directory);
            using FirmwareProcess firmware = new("--configfs", directory);
            firmware.Connect().Dispose();
            foreach ((string path, string value) in new[]
            {
                ($"{Subsystem}/namespaces/1/enable", "0"), ($"{Subsystem}/attr_serial", "42"),
                ("functions/nvmepf.0/nvme/mdts_kb", "256"), ("controllers/vfio-user.0/vfio_user_directory", "/elsewhere"),
            })
            {
                string error = firmware.AskIll($"set {path} {value}");
                string file = error[error.IndexOf(directory + "/", StringComparison.Ordinal)..];
                Assert.True(File.Exists(file), error);
                Assert.EndsWith(path[path.IndexOf('/', StringComparison.Ordinal)..], file, StringComparison.Ordinal);
            }

            // What is written there is seen here.
            Assert.Equal("1", Value(firmware, $"{Subsystem}/namespaces/1/enable"));
            File.WriteAllText(Path.Join(directory, "nvmet", Subsystem, "namespaces/1/enable"), "0\n");
            Assert.True(SpinWait.SpinUntil(() => Value(firmware, $"{Subsystem}/namespaces/1/enable") == "0", TimeSpan.FromSeconds(60)), firmware.Log);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void A_configuration_that_changes_all_the_while_can_be_looked_at()
    {
        string directory = Path.Join(Path.GetTempPath(), $"nvmepf-look-{Guid.NewGuid():N}");
        try
        {
            Served.ExportTo(directory);
            using FirmwareProcess firmware = new("--configfs", directory);
            firmware.Connect().Dispose();
            string file = Path.Join(directory, "nvmet/ports/1/addr_traddr");
            for (int i = 0; i < 2000; i++)
            {
                if (i % 10 == 0)
                {
                    File.WriteAllText(file, $"{i}\n");
                }

                _ = firmware.AskWell(i % 2 == 0 ? "get --json" : "ns list");
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void Paths_and_values_complete()
    {
        using PseudoTerminal terminal = new();
        using FirmwareProcess firmware = new("--namespace", "null:8M", "--subsysnqn", Nqn, "--console", terminal.Path);
        _ = terminal.WaitFor("nvmepf> ");
        Assert.Contains("value                   8M", terminal.Ask("get su\tnq\tnam\t1\tsi\t"), StringComparison.Ordinal);
        Assert.Contains("value                   adaptive", terminal.Ask("set con\tvf\treactor_po\tad\t"), StringComparison.Ordinal);
        Assert.Contains("null:8M", terminal.Ask("ns li\t"), StringComparison.Ordinal);
        Assert.Contains("null:4M", terminal.Ask("ns add 2 nu\t4M"), StringComparison.Ordinal);
    }

    private static string Value(FirmwareProcess firmware, string path) =>
        JsonDocument.Parse(firmware.AskWell($"get {path} --json")).RootElement.GetProperty("value").GetString()!;

    private static Dictionary<string, string> Table(string json, string table, string key, string value) =>
        JsonDocument.Parse(json).RootElement.GetProperty(table).EnumerateArray().ToDictionary(
            row => row.GetProperty(key).GetString()!, row => row.GetProperty(value).GetString()!);

    /// <summary>State of the first group in the log page: NVMe Base 2.1 section 5.1.12.1.13.</summary>
    private static int AnaState(NvmeHost host) => host.LogPage(AnaLog, 64)[16 + 16] & 15;
}
