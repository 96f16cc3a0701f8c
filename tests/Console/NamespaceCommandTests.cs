using System.Buffers.Binary;
using System.Linq;
using System.Text.Json;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Tests.HostDriver;
using Xunit;
using Program = Nvmepf.Firmware.Program;

namespace Nvmepf.Tests.Console;

/// <summary>Namespaces that a person brings, hides, resizes and takes away at the console, as an attached host sees them.</summary>
[Collection("firmware process")]
public sealed class NamespaceCommandTests
{
    private const byte ChangedNamespaceLog = 4;
    private const string Nqn = Served.Nqn;

    private const string TwoFunctions = $$$"""
        {
          "subsystems": [{"nqn": "{{{Nqn}}}", "namespaces": [{"nsid": 1, "enable": 1, "device": {"path": "null:1M"} }] }],
          "ports": [{"portid": 1, "addr": {"trtype": "pci"}, "subsystems": ["{{{Nqn}}}"]}],
          "functions": [{"name": "a", "nvme": {"subsysnqn": "{{{Nqn}}}"} }, {"name": "b", "nvme": {"subsysnqn": "{{{Nqn}}}"} }],
          "controllers": [{"name": "vm", "functions": ["a", "b"]}]
        }
        """;

    [Fact]
    public void Namespaces_come_and_go_while_a_host_is_attached()
    {
        using FirmwareProcess firmware = new("--namespace", "ram:8M", "--queues", "2");
        using NvmeHost host = firmware.Connect();
        host.Enable();
        HostSubmissionQueue queue = host.CreateQueuePair(1, 17);
        Assert.Equal([1u], host.ActiveNamespaces());
        _ = Changed(host);

        firmware.AskWell("ns add 3 ram:4M,lba=4096");
        Assert.Equal([1u, 3u], host.ActiveNamespaces());
        Assert.Equal([3u], Changed(host));
        Assert.Equal(1024ul, BlockCount(host, 3));
        using (HostNamespace added = HostNamespace.Open(host, queue, 3))
        {
            Assert.Equal(4096, added.BlockLengthBytes);
            HostBuffer buffer = host.Arena.Allocate(4096, 4096);
            buffer.Bytes.Fill(0xA5);
            _ = added.Write(1023, buffer);
            buffer.Bytes.Clear();
            _ = added.Read(1023, buffer);
            Assert.False(buffer.Bytes[..4096].ContainsAnyExcept((byte)0xA5));
            host.Arena.Free(buffer);
        }

        firmware.AskWell("ns disable 3");
        Assert.Equal([1u], host.ActiveNamespaces());
        Assert.Equal([3u], Changed(host));
        firmware.AskWell("ns enable 3");
        Assert.Equal([1u, 3u], host.ActiveNamespaces());
        Assert.Equal([3u], Changed(host));
        firmware.AskWell("ns remove 3");
        firmware.AskWell("ns remove 1");
        Assert.Empty(host.ActiveNamespaces());
        Assert.Equal([1u, 3u], Changed(host));
        Assert.Matches("\n +namespaces +0\n", ConsoleSocket.Ask(firmware.Folder, "status").Answer);
        firmware.AskWell("ns add 1 null:1G");
        Assert.Equal([1u], host.ActiveNamespaces());
        Assert.Equal(0, firmware.Terminate());
    }

    [Theory]
    [InlineData("1", "file:FOLDER/shared,size=4M")]
    [InlineData("2", "file:FOLDER/shared,size=4M")]
    [InlineData("2", "ram:4M")]
    public void All_functions_of_a_subsystem_and_all_reactors_get_a_namespace_and_lose_it(string reactors, string storage)
    {
        string file = Path.Join(Path.GetTempPath(), $"nvmepf-two-{Guid.NewGuid():N}.json");
        File.WriteAllText(file, TwoFunctions);
        try
        {
            using FirmwareProcess firmware = new("--config", file, "--reactors", reactors);
            NvmeHostOptions options = new() { Timeout = TimeSpan.FromSeconds(60) };
            using NvmeHost first = NvmeHost.Connect(Path.Join(firmware.Folder, "a"), options);
            using NvmeHost second = NvmeHost.Connect(Path.Join(firmware.Folder, "b"), options);
            HostSubmissionQueue[] queues = [.. QueuesOf(first), .. QueuesOf(second)];
            NvmeHost[] hosts = [first, first, second, second];
            for (int round = 0; round < 3; round++)
            {
                firmware.AskWell($"ns add 2 {storage.Replace("FOLDER", firmware.Folder, StringComparison.Ordinal)}");
                for (int i = 0; i < queues.Length; i++)
                {
                    using HostNamespace added = HostNamespace.Open(hosts[i], queues[i], 2);
                    HostBuffer buffer = hosts[i].Arena.Allocate(4096, 4096);
                    if (i > 0)
                    {
                        _ = added.Read(8, buffer);
                        Assert.Equal(0xA0 + i - 1, buffer.Bytes[4095]); // what another queue wrote
                    }

                    buffer.Bytes.Fill((byte)(0xA0 + i));
                    _ = added.Write(8, buffer);
                    hosts[i].Arena.Free(buffer);
                }

                firmware.AskWell("ns remove 2");
                Assert.All(hosts, host => Assert.Equal([1u], host.ActiveNamespaces()));
            }

            Assert.Equal(0, firmware.Terminate());
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_namespace_gets_another_size_and_its_file_with_it()
    {
        using FirmwareProcess firmware = new("--namespace", "file:FOLDER/disk,size=4M", "--namespace", "null:1M", "--namespace", "ram:2M");
        using NvmeHost host = firmware.Connect();
        host.Enable();
        _ = Changed(host);
        string path = Path.Join(firmware.Folder, "disk");
        firmware.AskWell("ns resize 1 8M");
        Assert.Equal(8L << 20, new FileInfo(path).Length);
        Assert.Equal(16384ul, BlockCount(host, 1));
        Assert.Equal([1u], Changed(host));
        firmware.AskWell("ns resize 1 1M");
        Assert.Equal(2048ul, BlockCount(host, 1));
        Assert.Equal(8L << 20, new FileInfo(path).Length); // what is no longer offered is still there
        Assert.Contains(",size=8M", firmware.AskWell("ns list"), StringComparison.Ordinal);
        firmware.AskWell("ns resize 1");
        Assert.Equal(16384ul, BlockCount(host, 1));
        firmware.AskWell("ns resize 2 3M");
        Assert.Equal(6144ul, BlockCount(host, 2));
        firmware.AskWell("ns resize 3 1M");
        Assert.Equal(2048ul, BlockCount(host, 3));
        Assert.Contains("cannot change its size", firmware.AskIll("ns resize 3 4M"), StringComparison.Ordinal);
        Assert.Equal(2048ul, BlockCount(host, 3));
    }

    [Fact]
    public void The_list_says_what_is_served()
    {
        using FirmwareProcess firmware = new("--namespace", "ram:8M", "--subsysnqn", Nqn);
        firmware.AskWell("ns add 7 null:1M ana_grpid=1 device_uuid=d592cdf3-0000-4000-8000-000000000001");
        firmware.AskWell("ns disable 7");
        JsonElement subsystem = JsonDocument.Parse(firmware.AskWell("ns list --json")).RootElement.GetProperty("subsystems")[0];
        Assert.Equal(Nqn, subsystem.GetProperty("nqn").GetString());
        JsonElement[] rows = [.. subsystem.GetProperty("namespaces").EnumerateArray()];
        Assert.Equal([1u, 7u], rows.Select(row => row.GetProperty("nsid").GetUInt32()));
        Assert.Equal([true, false], rows.Select(row => row.GetProperty("enable").GetBoolean()));
        Assert.Equal([16384ul, 2048ul], rows.Select(row => row.GetProperty("blocks").GetUInt64()));
        Assert.Equal(["ram:8M", "null:1M"], rows.Select(row => row.GetProperty("storage").GetString()));
    }

    [Fact]
    public void What_is_wrong_changes_nothing_and_says_what_is_allowed()
    {
        using FirmwareProcess firmware = new("--namespace", "file:FOLDER/disk,size=4M");
        string before = firmware.AskWell("ns list --json");
        foreach ((string line, string expected) in new[]
        {
            ("ns add", "usage: ns add NSID SPEC"),
            ("ns add 1 ram:1M", "is there already; allowed"),
            ("ns add 0 ram:1M", "allowed: 1 to"),
            ("ns add two ram:1M", "not a number; allowed"),
            ("ns add 2 tape:1M", "unknown kind of storage"),
            ("ns add 2 ram:1000", "not a multiple of 512"),
            ("ns add 2 ram:1M size=4", "allowed: KEY=VALUE with KEY one of ana_grpid"),
            ("ns add 2 ram:1M ana_grpid=0", "allowed: 1 to 128"),
            ("ns add 2 /nowhere/at/all", "does not exist"),
            ($"ns add 2 file:{firmware.Folder}/disk", "namespace 1 is there already"),
            ("ns add 4000 ram:1M", "the NSID is above the highest"),
            ("ns remove", "usage: ns remove NSID"),
            ("ns remove 9", "no such namespace; allowed: 1"),
            ("ns enable 9", "no such namespace; allowed: 1"),
            ("ns disable x", "no such namespace; allowed: 1"),
            ("ns resize 1 much", "not a size; allowed"),
            ("ns resize 1 1000", "allowed: a multiple of 512"),
            ("ns resize 1 0", "zero; allowed"),
        })
        {
            Assert.Contains(expected, firmware.AskIll(line), StringComparison.Ordinal);
        }

        Assert.Equal(before, firmware.AskWell("ns list --json"));
    }

    [Fact]
    public void Where_a_directory_is_followed_it_is_the_one_place_to_change_namespaces()
    {
        string directory = Path.Join(Path.GetTempPath(), $"nvmepf-ns-{Guid.NewGuid():N}");
        try
        {
            Served.ExportTo(directory);
            using FirmwareProcess firmware = new("--configfs", directory);
            using NvmeHost host = firmware.Connect();
            host.Enable();
            string enable = $"{directory}/nvmet/subsystems/{Nqn}/namespaces/1/enable";
            foreach (string line in new[] { "ns add 2 null:1M", "ns remove 1", "ns disable 1", "ns enable 1", "ns resize 1 2M" })
            {
                Assert.Contains($"namespaces change in the directory that is followed, {directory}; allowed: ", firmware.AskIll(line), StringComparison.Ordinal);
            }

            Assert.Contains($"write 0 to {enable}", firmware.AskIll("ns disable 1"), StringComparison.Ordinal);
            Assert.Contains("\"enable\":true", firmware.AskWell("ns list --json"), StringComparison.Ordinal);
            File.WriteAllText(enable, "0\n");
            Assert.True(SpinWait.SpinUntil(() => host.ActiveNamespaces().Length == 0, TimeSpan.FromSeconds(60)), firmware.Log);
            Assert.True(SpinWait.SpinUntil(
                () => firmware.AskWell("ns list --json").Contains("\"enable\":false", StringComparison.Ordinal), TimeSpan.FromSeconds(60)));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static HostSubmissionQueue[] QueuesOf(NvmeHost host)
    {
        host.Enable();
        return [host.CreateQueuePair(1, 17), host.CreateQueuePair(2, 17)];
    }

    private static uint[] Changed(NvmeHost host) => Served.Identifiers(host.LogPage(ChangedNamespaceLog, 4096, retainAsynchronousEvent: false));

    private static ulong BlockCount(NvmeHost host, uint namespaceId) => BinaryPrimitives.ReadUInt64LittleEndian(host.Identify(0, namespaceId));
}
