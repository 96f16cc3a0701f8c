using System.Globalization;
using System.Text.RegularExpressions;
using Nvmepf.HostDriver.Nvme;
using Xunit;

namespace Nvmepf.Tests.HostDriver;

/// <summary>One controller on two reactors, and two controllers in one process, under the userspace host.</summary>
[Collection("firmware process")]
public sealed class SeveralReactorsTests
{
    [Theory]
    [InlineData("ram:128M", "2", "7")]
    [InlineData("file:FOLDER/disk,size=128M", "4", "8")]
    public void Mixed_commands_come_out_right_on_two_reactors_which_both_work_and_allocate_nothing(string storage, string queues, string seed)
    {
        using FirmwareProcess firmware = new("--reactors", "2", "--namespace", storage);
        _ = firmware.RunWell("mixed", "--count", "20000", "--queues", queues, "--seed", seed);
        Assert.Equal(0, firmware.Terminate());
        MatchCollection handled = Regex.Matches(firmware.Log, @"Reactor (\d) handled (\d+) commands");
        Assert.Equal(2, handled.Count);
        Assert.All(handled, match => Assert.True(long.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture) > 1000, firmware.Log));
        if (FirmwareProcess.FindBinary() is not null)
        {
            Assert.Equal(2, Regex.Count(firmware.Log, "and allocated 0 bytes"));
        }
    }

    [Theory]
    [InlineData("reset")]
    [InlineData("queue")]
    [InlineData("connection")]
    public void Torture_finds_nothing_on_two_reactors(string group)
    {
        using FirmwareProcess firmware = new("--reactors", "2", "--namespace", "ram:64M");
        _ = firmware.RunWell("torture", "--only", group);
        Assert.Equal(0, firmware.Terminate());
    }

    [Fact]
    public void The_tour_passes_on_two_reactors_with_interrupts_and_doorbells_by_message()
    {
        using FirmwareProcess firmware = new("--reactors", "2", "--namespace", "ram:64M");
        _ = firmware.RunWell("tour", "--vectors", "3");
        _ = firmware.RunWell("tour", "--doorbells-by-message");
    }

    [Fact]
    public void The_diagnostics_page_counts_each_reactor()
    {
        using FirmwareProcess firmware = new("--reactors", "2", "--namespace", "ram:64M");
        _ = firmware.RunWell("mixed", "--count", "4000", "--queues", "2");
        using NvmeHost host = firmware.Connect();
        host.Enable();
        byte[] page = host.LogPage(0xC0, 512);
        Assert.Equal(2u, BitConverter.ToUInt32(page, 120));
        ulong first = BitConverter.ToUInt64(page, 128);
        ulong second = BitConverter.ToUInt64(page, 168);
        Assert.True(first > 500 && second > 500, $"{first} and {second} commands");
        Assert.Equal(BitConverter.ToUInt64(page, 24), first + second);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("2")]
    public async Task Two_functions_serve_two_clients_at_once_and_one_that_cannot_start_does_not_take_them_down(string reactors)
    {
        string file = Path.Combine(Path.GetTempPath(), $"nvmepf-{Guid.NewGuid():N}.json");
        File.WriteAllText(file, ThreeFunctions);
        try
        {
            using FirmwareProcess firmware = new("--config", file, "--reactors", reactors);
            using (NvmeHost first = NvmeHost.Connect(Path.Combine(firmware.Folder, "a"), Options))
            using (NvmeHost second = NvmeHost.Connect(Path.Combine(firmware.Folder, "b"), Options))
            {
                first.Enable();
                second.Enable();
                Assert.NotEqual(Nqn(first), Nqn(second));
            }

            StringWriter output = new();
            Task<int>[] clients = [.. s_clients.Select(name => Task.Run(() => Nvmepf.HostDriver.Program.Run(
                ["--socket", Path.Combine(firmware.Folder, name), "--timeout", "60", "mixed", "--count", "4000", "--queues", "2"],
                TextWriter.Synchronized(output),
                TextWriter.Synchronized(output))))];
            int[] exitCodes = await Task.WhenAll(clients);
            Assert.All(exitCodes, exitCode => Assert.True(exitCode == 0, $"{output}\n{firmware.Log}"));
            Assert.Contains("function c is not served", firmware.Log, StringComparison.Ordinal);
            Assert.Equal(0, firmware.Terminate());
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static readonly string[] s_clients = ["a", "b"];

    private static NvmeHostOptions Options => new() { Timeout = TimeSpan.FromSeconds(60) };

    private const string ThreeFunctions = """
        {
          "subsystems": [
            {"nqn": "nqn.2026-01.lab:a", "namespaces": [{"nsid": 1, "enable": 1, "device": {"path": "ram:64M"}}]},
            {"nqn": "nqn.2026-01.lab:b", "namespaces": [{"nsid": 1, "enable": 1, "device": {"path": "ram:64M"}}]},
            {"nqn": "nqn.2026-01.lab:c", "namespaces": [{"nsid": 1, "enable": 1, "device": {"path": "/nowhere/at/all"}}]}],
          "ports": [{"portid": 1, "addr": {"trtype": "pci"}, "subsystems": ["nqn.2026-01.lab:a", "nqn.2026-01.lab:b", "nqn.2026-01.lab:c"]}],
          "functions": [
            {"name": "a", "nvme": {"subsysnqn": "nqn.2026-01.lab:a"}},
            {"name": "b", "nvme": {"subsysnqn": "nqn.2026-01.lab:b"}},
            {"name": "c", "nvme": {"subsysnqn": "nqn.2026-01.lab:c"}}],
          "controllers": [{"name": "vm", "functions": ["a", "b", "c"]}]
        }
        """;

    private static string Nqn(NvmeHost host) => System.Text.Encoding.ASCII.GetString(host.Identify(1, 0).AsSpan(768, 256)).TrimEnd('\0');
}
