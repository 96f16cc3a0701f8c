using System.Diagnostics;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;
using Nvmepf.Tests.HostDriver;
using Xunit;

namespace Nvmepf.Tests.Console;

/// <summary>What a person makes go wrong at the console: what the host sees of it, how often, and that nothing waits for it longer than it shall.</summary>
[Collection("firmware process")]
public sealed class InjectCommandTests
{
    [Fact]
    public void Injected_errors_and_delays_reach_the_host_as_often_as_was_said()
    {
        using FirmwareProcess firmware = new("--namespace", "ram:64M");
        _ = ConsoleSocket.Ask(firmware.Folder, "inject error read-error op=read lba=0-1000000 count=3");
        string output = firmware.Run("bench", "--count", "1000", "--queues", "1", "--depth", "4").Output;
        Assert.Contains("errors 3", output, StringComparison.Ordinal);
        Assert.Contains("UnrecoveredReadError", output, StringComparison.Ordinal);
        Assert.Contains("\"applied\":3", ConsoleSocket.Ask(firmware.Folder, "inject list --json").Answer, StringComparison.Ordinal);
        _ = ConsoleSocket.Ask(firmware.Folder, "inject clear");
        _ = ConsoleSocket.Ask(firmware.Folder, "inject delay 300 count=1");
        long start = Stopwatch.GetTimestamp();
        _ = firmware.RunWell("bench", "--count", "10", "--queues", "1", "--depth", "1");
        Assert.True(Stopwatch.GetElapsedTime(start).TotalMilliseconds >= 300);
        Assert.Contains("\"applied\":1", ConsoleSocket.Ask(firmware.Folder, "inject list --json").Answer, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dropped_link_is_one_that_a_host_has_to_recover_from()
    {
        using FirmwareProcess firmware = new("--namespace", "ram:64M");
        using NvmeHost host = firmware.Connect();
        host.Enable();
        Assert.True(ConsoleSocket.Ask(firmware.Folder, "inject link-drop 0.1").IsWell);
        Assert.Contains("\"state\":\"disabled\"", ConsoleSocket.Ask(firmware.Folder, "status --json").Answer, StringComparison.Ordinal);
        host.Enable();
        Assert.Contains("\"state\":\"ready\"", ConsoleSocket.Ask(firmware.Folder, "status --json").Answer, StringComparison.Ordinal);
        Assert.True(ConsoleSocket.Ask(firmware.Folder, "link reset").IsWell);
        Assert.Contains("\"state\":\"disabled\"", ConsoleSocket.Ask(firmware.Folder, "status --json").Answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("inject clear")]
    [InlineData("shutdown")]
    public void Commands_that_wait_by_a_rule_go_on_without_it(string end)
    {
        using FirmwareProcess firmware = new("--namespace", "ram:64M");
        _ = firmware.AskWell("inject delay 3600000 op=write");
        using NvmeHost host = firmware.Connect();
        host.Enable();
        HostSubmissionQueue queue = host.CreateQueuePair(1, 16);
        HostBuffer buffer = host.Arena.Allocate(4096, 4096);
        ushort identifier = host.Submit(queue, NvmeCommands.BlockCommand(NvmOpcode.Write, 1, 0, 8).WithPrp(new PrpPair(buffer.Address, 0)));
        long start = Stopwatch.GetTimestamp();
        while (!firmware.AskWell("inject list --json").Contains("\"applied\":1", StringComparison.Ordinal))
        {
            Assert.True(Stopwatch.GetElapsedTime(start).TotalSeconds < 60, $"command {identifier} did not come to wait");
            Thread.Sleep(20);
        }

        _ = firmware.AskWell(end);
        if (end == "shutdown")
        {
            Assert.Equal(0, firmware.Terminate());
            Assert.DoesNotContain("giving up", firmware.Log, StringComparison.Ordinal);
        }
        else
        {
            NvmeHost.ThrowIfError(host.Wait(queue, identifier), "the write");
        }
    }

    [Fact]
    public void The_process_does_not_wait_for_a_link_that_was_dropped_for_long()
    {
        using PseudoTerminal terminal = new();
        using FirmwareProcess firmware = new("--namespace", "null:1M", "--console", terminal.Path);
        using NvmeHost host = firmware.Connect();
        host.Enable();
        _ = terminal.WaitFor("nvmepf> ");
        terminal.Type("inject link-drop 3600\r");
        WaitForState(firmware, "disabled");
        terminal.Type("\u0003");
        _ = terminal.WaitFor("was down seconds");
        _ = terminal.WaitFor("\rnvmepf> ");
        host.Enable();
        terminal.Type("inject link-drop 3600\r");
        WaitForState(firmware, "disabled");
        Assert.Equal(0, firmware.Terminate()); // within a minute
    }

    private static void WaitForState(FirmwareProcess firmware, string state)
    {
        long start = Stopwatch.GetTimestamp();
        while (!firmware.AskWell("status --json").Contains($"\"state\":\"{state}\"", StringComparison.Ordinal))
        {
            Assert.True(Stopwatch.GetElapsedTime(start).TotalSeconds < 60, $"the controller is not {state}");
            Thread.Sleep(20);
        }
    }
}
