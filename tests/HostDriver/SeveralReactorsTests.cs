using System.Globalization;
using System.Text.RegularExpressions;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;
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
    [InlineData("memory")]
    public void Torture_finds_nothing_on_two_reactors(string group)
    {
        using FirmwareProcess firmware = new("--reactors", "2", "--namespace", "ram:64M");
        _ = firmware.RunWell("torture", "--only", group);
        Assert.Equal(0, firmware.Terminate());
    }

    [Fact]
    public void Memory_that_goes_under_the_commands_of_both_reactors_is_let_go_and_queues_go_on()
    {
        const int LengthBytes = 64 * 1024;
        const byte Mark = 0x5A;
        using FirmwareProcess firmware = new("--reactors", "2", "--namespace", "ram:64M", "--queues", "4");
        using (NvmeHost host = firmware.Connect())
        using (DmaArena transient = new(4 << 20, DmaArena.DefaultAddress + (1UL << 36)))
        {
            host.Enable();
            HostSubmissionQueue[] queues = [.. Enumerable.Range(1, 4).Select(identifier => host.CreateQueuePair((ushort)identifier, 64))];
            HostBuffer target = transient.Allocate(LengthBytes, 4096);
            SubmissionQueueEntry lost = Blocks(host, NvmOpcode.Read, 0, target.Address, LengthBytes);
            HostBuffer kept = host.Arena.Allocate(4096, 4096);
            for (int round = 0; round < 25; round++)
            {
                transient.MapInto(host.Client);
                ushort[][] identifiers = [.. queues.Select(queue => Enumerable.Range(0, 24).Select(_ => host.Push(queue, lost)).ToArray())];
                Array.ForEach(queues, queue => queue.RingTail());
                transient.UnmapFrom(host.Client);
                target.Bytes.Fill(Mark); // the answer was that nothing touches it any more
                for (int i = 0; i < queues.Length; i++)
                {
                    Assert.All(identifiers[i], identifier => Assert.Contains(
                        host.Wait(queues[i], identifier).CompletionStatus.Status.Code, new[] { StatusCode.Success, StatusCode.DataTransferError }));
                    kept.Bytes.Fill((byte)(round + i));
                    Assert.True(host.Execute(queues[i], Blocks(host, NvmOpcode.Write, 64 + i, kept.Address, 4096)).CompletionStatus.Status.IsSuccess);
                    kept.Bytes.Clear();
                    Assert.True(host.Execute(queues[i], Blocks(host, NvmOpcode.Read, 64 + i, kept.Address, 4096)).CompletionStatus.Status.IsSuccess);
                    Assert.False(kept.Bytes.ContainsAnyExcept((byte)(round + i)));
                }

                Assert.False(target.Bytes.ContainsAnyExcept(Mark), $"data came after the unmap of round {round} was answered");
            }
        }

        Assert.Equal(0, firmware.Terminate());
        MatchCollection handled = Regex.Matches(firmware.Log, @"Reactor (\d) handled (\d+) commands");
        Assert.Equal(2, handled.Count);
        Assert.All(handled, match => Assert.True(long.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture) > 1000, firmware.Log));
    }

    /// <summary>A command on 4 KiB blocks from one on, whose data is contiguous.</summary>
    private static SubmissionQueueEntry Blocks(NvmeHost host, NvmOpcode opcode, int block, ulong address, int lengthBytes) =>
        NvmeCommands.BlockCommand(opcode, 1, (ulong)block * 8, lengthBytes / 512)
            .WithPrp(PrpBuilder.Contiguous(address, lengthBytes, host.PageLengthBytes, host.Arena.Allocate(4096, 4096)));

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
        byte[] page = host.LogPage(0xC0, 1024);
        Assert.Equal(2u, BitConverter.ToUInt32(page, 120));
        ulong first = BitConverter.ToUInt64(page, 128);
        ulong second = BitConverter.ToUInt64(page, 168);
        Assert.True(first > 500 && second > 500, $"{first} and {second} commands");
        Assert.Equal(BitConverter.ToUInt64(page, 24), first + second);
        Assert.Equal(BitConverter.ToUInt64(page, 456), BitConverter.ToUInt64(page, 512));
        Assert.True(BitConverter.ToUInt64(page, 520) > 0, "the second reactor was busy");
    }

    [Fact]
    public void Queues_that_are_made_anew_after_a_load_go_to_both_reactors()
    {
        const int Commands = 20;
        using FirmwareProcess firmware = new("--reactors", "2", "--namespace", "null:64M", "--poll", "busy");
        using NvmeHost host = firmware.Connect();
        host.Enable();
        SubmissionQueueEntry flush = NvmeCommands.BlockCommand(NvmOpcode.Flush, 1, 0, 1);
        HostSubmissionQueue first = host.CreateQueuePair(1, 8);
        for (long start = Environment.TickCount64; Environment.TickCount64 - start < 500;)
        {
            _ = host.Execute(first, in flush); // one of them has much to do, for a queue that is gone in a moment
        }

        host.DeleteQueues();
        HostSubmissionQueue[] queues = [host.CreateQueuePair(1, 8), host.CreateQueuePair(2, 8)];
        byte[] before = host.LogPage(0xC0, 1024);
        for (int i = 0; i < Commands; i++)
        {
            Assert.All(queues, queue => Assert.True(host.Execute(queue, in flush).CompletionStatus.Status.IsSuccess));
        }

        byte[] after = host.LogPage(0xC0, 1024);
        ulong ofFirst = BitConverter.ToUInt64(after, 128) - BitConverter.ToUInt64(before, 128);
        ulong ofSecond = BitConverter.ToUInt64(after, 168) - BitConverter.ToUInt64(before, 168);
        Assert.True(ofFirst >= Commands && ofSecond >= Commands, $"{ofFirst} and {ofSecond} commands");
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
