using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.Workload;
using Xunit;
using HostProgram = Nvmepf.HostDriver.Program;

namespace Nvmepf.Tests.HostDriver;

/// <summary>The firmware as a process under the userspace host: everything that can be said of it without a virtual machine.</summary>
[Collection("firmware process")]
public sealed class FirmwareTests
{
    [Theory]
    [InlineData("ram:64M")]
    [InlineData("file:FOLDER/disk,size=64M")]
    [InlineData("file:FOLDER/disk,size=64M,lba=4096")]
    public void The_tour_passes_on_every_backend(string storage)
    {
        using var firmware = new FirmwareProcess("--namespace", storage);
        string output = firmware.RunWell("tour");
        Assert.Contains("0 failed", output, StringComparison.Ordinal);
        Assert.Equal(0, firmware.Terminate());
    }

    [Fact]
    public void The_tour_passes_with_the_largest_transfers_and_on_a_second_namespace()
    {
        using var firmware = new FirmwareProcess("--mdts-kb", "2048", "--queues", "16", "--namespace", "null:1T", "--namespace", "ram:64M");
        _ = firmware.RunWell("tour", "--namespace", "2");
        _ = firmware.RunWell("identify");
        _ = firmware.RunWell("bench", "--seconds", "1", "--queues", "16", "--depth", "8");
    }

    [Fact]
    public void The_tour_passes_with_doorbells_by_message_interrupts_and_json()
    {
        using var firmware = new FirmwareProcess("--namespace", "ram:64M");
        _ = firmware.RunWell(
            "tour", "--doorbells-by-message", "--vectors", "3", "--version-json", "{\"capabilities\":{\"max_msg_fds\":8,\"write_multiple\":true}}");
    }

    [Theory]
    [InlineData("ram:64M", "1")]
    [InlineData("file:FOLDER/disk,size=64M", "2")]
    public void Torture_finds_nothing(string storage, string seed)
    {
        using var firmware = new FirmwareProcess("--namespace", storage);
        _ = firmware.RunWell("torture", "--seed", seed);
        Assert.False(firmware.HasExited);
        Assert.Equal(0, firmware.Terminate());
    }

    [Theory]
    [InlineData("file:FOLDER/disk,size=128M")]
    [InlineData("file:FOLDER/disk,size=128M,lba=4096")]
    public void Mixed_commands_come_out_right_on_files(string storage)
    {
        using var firmware = new FirmwareProcess("--namespace", storage);
        _ = firmware.RunWell("mixed", "--count", "30000", "--seed", "5");
    }

    [Fact]
    public void A_million_mixed_commands_allocate_nothing_on_the_reactor()
    {
        using var firmware = new FirmwareProcess("--namespace", "ram:128M");
        _ = firmware.RunWell("mixed", "--count", "1000000", "--queues", "4", "--depth", "32");
        using NvmeHost host = firmware.Connect();
        host.Enable();
        byte[] diagnostics = host.LogPage(0xC0, 512);
        ulong completed = BitConverter.ToUInt64(diagnostics, 24);
        Assert.True(completed >= 1_000_000, $"the diagnostics log counts {completed} commands");
        Assert.Equal(0UL, BitConverter.ToUInt64(diagnostics, 104));
        Assert.Equal(0UL, BitConverter.ToUInt64(diagnostics, 112));
    }

    [Theory]
    [InlineData(false, 512, 1)]
    [InlineData(false, 4096, 4)]
    [InlineData(true, 65536, 2)]
    public void A_verified_workload_finds_its_data_and_its_loop_allocates_nothing(bool sgl, int length, int queues)
    {
        var options = new WorkloadOptions
        {
            ReadPercent = 50, Verify = true, Sgl = sgl, TransferLengthBytes = length, Queues = queues, QueueDepth = 16, CommandCount = 20_000,
        };
        using var firmware = new FirmwareProcess("--namespace", "ram:256M");
        using NvmeHost host = firmware.Connect(new NvmeHostOptions { ArenaLengthBytes = WorkloadRunner.ArenaLengthBytes(options) });
        host.Enable();
        host.CreateQueuePairs(queues, 17);
        using HostNamespace space = HostNamespace.Open(host, host.SubmissionQueues[1], 1);
        WorkloadResult result = WorkloadRunner.Run(host, space, options);
        Assert.Null(result.FirstError);
        Assert.Equal(20_000, result.Commands);
        Assert.Equal(20_000, result.ReadLatency.Count + result.WriteLatency.Count);
        Assert.True(result.BlocksVerified > 0);
        Assert.Equal(0, result.BlocksWrong);
        Assert.Equal(0, result.AllocatedBytes);
    }

    [Fact]
    public void A_workload_on_two_threads_shares_its_queues_out()
    {
        using var firmware = new FirmwareProcess("--namespace", "ram:64M");
        string output = firmware.RunWell("bench", "--queues", "4", "--threads", "2", "--count", "10001", "--pattern", "rw", "--verify");
        Assert.Contains("10001 commands", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Storage_that_forgets_is_found_out()
    {
        // A null namespace takes every write and keeps nothing: whoever checks data has to notice.
        using var firmware = new FirmwareProcess("--namespace", "null:64M");
        (int exitCode, string output) = firmware.Run("bench", "--pattern", "randrw", "--verify", "--count", "50000", "--range", "1M");
        Assert.Equal(HostProgram.ExitFailure, exitCode);
        Assert.Contains("is wrong from byte", output, StringComparison.Ordinal);
        (exitCode, output) = firmware.Run("mixed", "--count", "1000");
        Assert.Equal(HostProgram.ExitFailure, exitCode);
        Assert.Contains("WRONG: Read", output, StringComparison.Ordinal);
        (exitCode, output) = firmware.Run("tour");
        Assert.Equal(HostProgram.ExitFailure, exitCode);
        Assert.Contains("FAIL  write, read, verify 512 bytes by PRP", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Workloads_that_do_not_fit_say_why()
    {
        using var firmware = new FirmwareProcess("--namespace", "ram:64M");
        Assert.Contains("multiples of 512", firmware.Run("bench", "--block-size", "1000").Output, StringComparison.Ordinal);
        Assert.Contains("up to 524288", firmware.Run("bench", "--block-size", "1M").Output, StringComparison.Ordinal);
        Assert.Contains("the namespace has 131072", firmware.Run("bench", "--range", "1G").Output, StringComparison.Ordinal);
        Assert.Contains("allowed is up to 1023", firmware.Run("bench", "--depth", "1024").Output, StringComparison.Ordinal);
        Assert.Contains("the controller grants 4", firmware.Run("bench", "--queues", "5").Output, StringComparison.Ordinal);
        Assert.Contains("namespace 9 is not active", firmware.Run("read", "--namespace", "9").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_written_come_back()
    {
        using var firmware = new FirmwareProcess("--namespace", "ram:64M");
        string input = Path.GetTempFileName();
        string output = Path.GetTempFileName();
        byte[] bytes = new byte[(3 << 20) + 777];
        new Random(1).NextBytes(bytes);
        File.WriteAllBytes(input, bytes);
        _ = firmware.RunWell("write", "--lba", "100", "--input", input, "--fua", "--flush");
        _ = firmware.RunWell("read", "--lba", "100", "--length", $"{bytes.Length}", "--output", output);
        Assert.True(File.ReadAllBytes(output).AsSpan().SequenceEqual(bytes));
        Assert.Contains("00000000  ", firmware.RunWell("read"), StringComparison.Ordinal);
        File.Delete(input);
        File.Delete(output);
    }

    [Fact]
    public void Looking_commands_show_what_is_there()
    {
        using var firmware = new FirmwareProcess("--namespace", "ram:64M", "--model", "Test Model", "--serial", "SN42");
        string identify = firmware.RunWell("identify");
        Assert.Contains("Test Model", identify, StringComparison.Ordinal);
        Assert.Contains("SN42", identify, StringComparison.Ordinal);
        Assert.Contains("131072 blocks of 512 bytes", identify, StringComparison.Ordinal);
        Assert.Contains("feature 07h: 0x00030003", firmware.RunWell("feature", "--id", "7"), StringComparison.Ordinal);
        Assert.Contains("feature 01h: 0x", firmware.RunWell("feature", "--id", "1", "--set", "3"), StringComparison.Ordinal);
        _ = firmware.RunWell("log", "--page", "0x05", "--length", "4096");
    }
}
