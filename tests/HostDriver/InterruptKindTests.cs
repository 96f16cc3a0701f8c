using System.Globalization;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;
using Xunit;

namespace Nvmepf.Tests.HostDriver;

/// <summary>
/// The firmware as a process under a host that sleeps until an interrupt comes, in each of the three kinds. A host that waits in vain fails:
/// nothing but interrupts wakes it. Where adaptive interrupts are tested, their limit is far beyond the host's patience, so that an interrupt
/// that is deferred and forgotten is a host that hangs.
/// </summary>
[Collection("firmware process")]
public sealed class InterruptKindTests
{
    private const string Endless = "600000000"; // ten minutes; the hosts wait one

    public static TheoryData<string, string> KindsAndReactors => new()
    {
        { "msix", "1" }, { "msi", "1" }, { "intx", "1" }, { "msix", "2" }, { "msi", "2" }, { "intx", "2" },
    };

    [Theory]
    [MemberData(nameof(KindsAndReactors))]
    public void Mixed_commands_come_out_right_under_interrupts(string kind, string reactors)
    {
        using FirmwareProcess firmware = new("--reactors", reactors, "--namespace", "ram:128M", "--interrupt-pin", "1", "--adaptive-interrupts", Endless);
        _ = firmware.RunWell("mixed", "--interrupts", kind, "--count", "5000", "--queues", "3");
        Assert.Equal(0, firmware.Terminate());
    }

    [Theory]
    [InlineData("msix", "1", "1", "1")]
    [InlineData("msix", "32", "1", "1")]
    [InlineData("msix", "4", "3", "1")]
    [InlineData("msix", "4", "3", "2")]
    [InlineData("msi", "32", "1", "1")]
    [InlineData("msi", "4", "3", "2")]
    [InlineData("intx", "1", "1", "1")]
    [InlineData("intx", "32", "1", "1")]
    [InlineData("intx", "4", "3", "2")]
    public void No_interrupt_is_lost_to_a_host_that_sleeps(string kind, string depth, string queues, string reactors)
    {
        string count = depth == "1" ? "1000" : "20000"; // a host that sleeps for each command waits for the scheduler each time
        using FirmwareProcess firmware = new("--reactors", reactors, "--namespace", "ram:64M", "--interrupt-pin", "1", "--adaptive-interrupts", Endless);
        string output = firmware.RunWell(
            "bench", "--interrupts", kind, "--depth", depth, "--queues", queues, "--count", count, "--pattern", "randrw", "--verify");
        Assert.Contains($"{count} commands", output, StringComparison.Ordinal);
        Assert.Equal(0, firmware.Terminate());
    }

    [Theory]
    [InlineData("msix")]
    [InlineData("msi")]
    [InlineData("intx")]
    public void The_tour_and_the_torture_of_queues_find_nothing(string kind)
    {
        using FirmwareProcess firmware = new("--namespace", "ram:64M", "--interrupt-pin", "1");
        _ = firmware.RunWell("tour", "--interrupts", kind);
        foreach (string group in new[] { "queue", "reset", "irqs" })
        {
            _ = firmware.RunWell("torture", "--interrupts", kind, "--only", group);
        }

        Assert.Equal(0, firmware.Terminate());
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(3, 4)] // three wanted, four granted
    [InlineData(8, 4)] // more than the function has
    public void With_MSI_a_queue_names_one_of_the_messages_granted_and_no_other(int wanted, int granted)
    {
        using ConfiguredFirmware firmware = new("\"msix_interrupts\": 0, \"msi_interrupts\": 4");
        using NvmeHost host = firmware.Connect(new NvmeHostOptions { Interrupts = InterruptKind.Msi, Vectors = wanted });
        host.Enable();
        Assert.Equal((0, 4, 0), (host.Function.MsixTableSize(), host.Function.MsiMessages(), host.Function.InterruptPin()));
        Assert.Equal(granted, host.Function.AssignedVectors);
        Assert.Equal((3, 3), host.RequestQueues(64));
        _ = host.CreateCompletionQueue(1, 16, granted - 1);
        HostBuffer memory = host.Arena.Allocate(4096);
        Assert.Equal(
            StatusCode.InvalidInterruptVector,
            host.Admin(NvmeCommands.CreateCompletionQueue(2, 16, memory.Address, granted)).CompletionStatus.Status.Code);
    }

    [Fact]
    public void With_the_pin_alone_all_queues_share_vector_0()
    {
        using ConfiguredFirmware firmware = new("\"interrupt_pin\": 1, \"msix_interrupts\": 0, \"msi_interrupts\": 0");
        using NvmeHost host = firmware.Connect(new NvmeHostOptions { Interrupts = InterruptKind.Intx, Vectors = 1 });
        host.Enable();
        Assert.Equal((0, 0, 1), (host.Function.MsixTableSize(), host.Function.MsiMessages(), host.Function.InterruptPin()));
        Assert.Equal((4, 4), host.RequestQueues(4));
        HostSubmissionQueue first = host.CreateQueuePair(1, 16);
        HostSubmissionQueue second = host.CreateQueuePair(2, 16);
        HostBuffer memory = host.Arena.Allocate(4096);
        Assert.Equal(
            StatusCode.InvalidInterruptVector,
            host.Admin(NvmeCommands.CreateCompletionQueue(3, 16, memory.Address, 1)).CompletionStatus.Status.Code);
        foreach (HostSubmissionQueue queue in new[] { first, second, host.AdminQueue })
        {
            while (host.Function.TakeInterrupts(0) > 0)
            {
                // What admin commands have left.
            }

            _ = host.Submit(queue, queue == host.AdminQueue ? NvmeCommands.GetFeatures(0x07) : NvmeCommands.Flush(1));
            Assert.Equal(1UL, host.Function.WaitForInterrupt(0, Deadline.AfterMilliseconds(20_000)));
            Assert.Equal(0x18u, host.Function.ReadConfiguration(6, 1)); // Interrupt Status
            Assert.Equal(1, host.Poll(queue.CompletionQueue));
            SpinWait.SpinUntil(() => host.Function.ReadConfiguration(6, 1) == 0x10, 20_000);
            Assert.Equal(0x10u, host.Function.ReadConfiguration(6, 1));
        }
    }

    [Fact]
    public void What_is_configured_away_is_not_there()
    {
        using ConfiguredFirmware firmware = new("\"interrupt_pin\": 0, \"msi_interrupts\": 0, \"msix_interrupts\": 3");
        using NvmeHost host = firmware.Connect(new NvmeHostOptions());
        Assert.Equal((3, 0, 0), (host.Function.MsixTableSize(), host.Function.MsiMessages(), host.Function.InterruptPin()));
        Assert.Equal((0, 0, 3), (host.Client.InterruptCount(0), host.Client.InterruptCount(1), host.Client.InterruptCount(2)));
        Assert.Contains("no such capability", Assert.Throws<VfioUserException>(() => host.Function.EnableInterrupts(InterruptKind.Msi, 1)).Message, StringComparison.Ordinal);
        Assert.Contains("no interrupt pin", Assert.Throws<VfioUserException>(() => host.Function.EnableInterrupts(InterruptKind.Intx, 1)).Message, StringComparison.Ordinal);
    }

    /// <summary>A firmware whose function has attributes of the test's.</summary>
    private sealed class ConfiguredFirmware : IDisposable
    {
        private readonly string _file = Path.Combine(Path.GetTempPath(), $"nvmepf-{Guid.NewGuid():N}.json");
        private readonly FirmwareProcess _firmware;

        public ConfiguredFirmware(string attributes)
        {
            File.WriteAllText(_file, string.Create(CultureInfo.InvariantCulture, $$$"""
                {
                  "subsystems": [{"nqn": "nqn.2026-01.lab:a", "namespaces": [{"nsid": 1, "enable": 1, "device": {"path": "ram:64M"}}]}],
                  "functions": [{"name": "a", {{{attributes}}}}],
                  "controllers": [{"name": "vm", "functions": ["a"]}]
                }
                """));
            _firmware = new FirmwareProcess("--config", _file);
        }

        public NvmeHost Connect(NvmeHostOptions options) => _firmware.Connect(options);

        public void Dispose()
        {
            _firmware.Dispose();
            File.Delete(_file);
        }
    }
}
