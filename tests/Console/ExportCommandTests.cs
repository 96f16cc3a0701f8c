using System.Linq;
using System.Text.Json;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.Tests.Configuration;
using Nvmepf.Tests.HostDriver;
using Xunit;

namespace Nvmepf.Tests.Console;

/// <summary>The running configuration written by the console: what has changed since the start is in it, and a start from it serves the same.</summary>
[Collection("firmware process")]
public sealed class ExportCommandTests : IDisposable
{
    private const string Nqn = "nqn.2014-08.org.example:export";
    private readonly TemporaryDirectory _directory = new();

    private static string Json(string disk) => $$$"""
        {
          "hosts": [{"nqn": "nqn.2014-08.org.example:host"}],
          "subsystems": [{"nqn": "{{{Nqn}}}", "attr": {"allow_any_host": "1", "model": "Kept", "qid_max": "3"},
            "namespaces": [{"nsid": 1, "enable": 1, "device": {"path": "{{{disk}}}"}}, {"nsid": 5, "enable": 0, "device": {"path": "ram:1M"}}]}],
          "ports": [{"portid": 1, "addr": {"trtype": "pci"}, "subsystems": ["{{{Nqn}}}"],
            "ana_groups": [{"grpid": 1, "ana": {"state": "optimized"}}, {"grpid": 2, "ana": {"state": "optimized"}}]}],
          "functions": [{"name": "nvmepf.0", "msix_interrupts": "9", "nvme": {"mdts_kb": "256"}}],
          "controllers": [{"name": "vm", "functions": ["nvmepf.0"]}]
        }
        """;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_runs_is_written_and_a_start_from_it_runs_the_same()
    {
        File.WriteAllText(_directory["a.json"], Json($"file:{_directory["disk"]},size=8M"));
        string first;
        using (FirmwareProcess firmware = new("--config", _directory["a.json"]))
        {
            using NvmeHost host = firmware.Connect();
            host.Enable();
            firmware.AskWell("ns add 2 ram:4M,lba=4096 ana_grpid=2 device_uuid=11111111-2222-4333-8444-555555555555");
            firmware.AskWell("ns add 3 null:1M");
            firmware.AskWell("ns remove 3");
            firmware.AskWell("ns resize 1 12M");
            firmware.AskWell("ns disable 2");
            firmware.AskWell("set ports/1/ana_groups/2/ana_state non-optimized");
            first = Export(firmware, "first");
        }

        JsonElement subsystem = JsonDocument.Parse(first).RootElement.GetProperty("subsystems")[0];
        JsonElement[] namespaces = [.. subsystem.GetProperty("namespaces").EnumerateArray()];
        Assert.Equal([1, 2, 5], namespaces.Select(one => one.GetProperty("nsid").GetInt32()));
        Assert.Equal([1, 0, 0], namespaces.Select(one => one.GetProperty("enable").GetInt32()));
        Assert.Equal("ram:4M,lba=4096", namespaces[1].GetProperty("device").GetProperty("path").GetString());
        Assert.Equal("11111111-2222-4333-8444-555555555555", namespaces[1].GetProperty("device").GetProperty("uuid").GetString());
        Assert.Equal("non-optimized\n", File.ReadAllText(_directory["first/nvmet/ports/1/ana_groups/2/ana_state"]));
        Assert.Contains("size=12M", namespaces[0].GetProperty("device").GetProperty("path").GetString(), StringComparison.Ordinal);
        _directory.Shell("test $(stat -c %a first.json) = 600");

        foreach (string[] source in (string[][])[["--configfs", _directory["first"]], ["--config", _directory["first.json"]]])
        {
            using FirmwareProcess again = new(source);
            using NvmeHost host = again.Connect();
            host.Enable();
            Assert.Equal([1u], host.ActiveNamespaces());
            Assert.Equal(3 - 1, host.LogPage(0x0C, 96)[16 + 32 + 4 + 16] & 15); // the second group, after one with a namespace: non-optimized
            string copy = "again" + source[0];
            Assert.Equal(Lines(first), Lines(Export(again, copy)));
            _directory.Shell($"diff -r --no-dereference -x vfio_user_directory first {copy} >&2");
        }
    }

    [Fact]
    public void What_cannot_be_written_is_said()
    {
        using FirmwareProcess firmware = new("--namespace", "null:1M");
        firmware.Connect().Dispose();
        Directory.CreateDirectory(_directory["full/x"]);
        Assert.Contains("usage: export configfs DIR", firmware.AskIll("export configfs"), StringComparison.Ordinal);
        Assert.Contains($"export configfs {_directory["full"]}: is not empty; allowed: an empty directory", firmware.AskIll($"export configfs {_directory["full"]}"), StringComparison.Ordinal);
        Assert.Contains($"export json {_directory["none/x"]}: cannot write it: is it in a directory that exists", firmware.AskIll($"export json {_directory["none/x"]}"), StringComparison.Ordinal);
        Assert.Contains("allowed: export configfs, export json", firmware.AskIll("export"), StringComparison.Ordinal);
    }

    /// <summary>Both forms, which have to mean the same; the JSON text without the socket's directory.</summary>
    private string Export(FirmwareProcess firmware, string name)
    {
        firmware.AskWell($"export configfs {_directory[name]}");
        firmware.AskWell($"export json {_directory[name + ".json"]}");
        Assert.Equal(firmware.Folder + "\n", File.ReadAllText(_directory[$"{name}/pci_ep/controllers/vm/vfio_user_directory"]));
        return File.ReadAllText(_directory[name + ".json"]).Replace(firmware.Folder, "/run/vm", StringComparison.Ordinal);
    }

    /// <summary>The lines in an order of their own: a directory lists by name, a file as somebody wrote it.</summary>
    private static string Lines(string json) => string.Join('\n', json.Split('\n').Select(line => line.TrimEnd(',')).Order(StringComparer.Ordinal));
}
