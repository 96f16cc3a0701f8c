using Nvmepf.Firmware.Passthrough;
using Nvmepf.Spec;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Passthrough;

/// <summary>Commands through the engine and a real ring of wide entries, with files in the devices' place. Devices: tools/rig/passthrough.sh.</summary>
public sealed unsafe class ForwardingTests
{
    private const string Accepts = "/dev/null";
    private const string Refuses = "memory";
    private const string Gone = "";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Io_commands_go_and_come_back(bool isMemoryDirect)
    {
        using PassthroughHost host = new(PassthroughHost.Snapshot(Accepts, 1), isMemoryDirect);
        foreach (NvmOpcode opcode in (NvmOpcode[])[
            NvmOpcode.Read, NvmOpcode.Write, NvmOpcode.Compare, NvmOpcode.Flush, NvmOpcode.WriteZeroes, NvmOpcode.Verify, NvmOpcode.WriteUncorrectable])
        {
            Assert.Equal(Status.Success, host.Io(opcode));
        }

        Assert.Equal(Status.Success, host.Io(NvmOpcode.Read, 64, dataOffset: 512)); // more than one piece
        Assert.Equal(StatusCode.DataTransferError, host.Io(NvmOpcode.Read, dataOffset: 1 << 30).Code); // its data is looked for where it says
        Assert.Equal(0, host.Controller.Passthrough!.InFlight);
    }

    [Fact]
    public void Nothing_is_allocated_on_the_way()
    {
        using PassthroughHost host = new(PassthroughHost.Snapshot(Accepts, 1));
        _ = host.Io(NvmOpcode.Read, 8);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 200; i++)
        {
            _ = host.Io(NvmOpcode.Read, 8);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void What_does_not_pass_is_refused_with_the_right_status()
    {
        using PassthroughHost host = new(PassthroughHost.Snapshot(Accepts, 1));
        Assert.Equal(new Status(StatusCode.InvalidNamespaceOrFormat, true), host.Io(NvmOpcode.Read, namespaceIdentifier: 2).WithoutMore());
        Assert.Equal(new Status(StatusCode.InvalidNamespaceOrFormat, true), host.Io(NvmOpcode.Flush, namespaceIdentifier: 0).WithoutMore());
        Assert.Equal(new Status(StatusCode.InvalidField, true), host.Io(NvmOpcode.Read, 65).WithoutMore()); // more than MDTS
        Assert.Equal(new Status(StatusCode.InvalidOpcode, true), host.Io(NvmOpcode.ReservationAcquire).WithoutMore());
        Assert.Equal(StatusCode.InvalidOpcode, host.Admin(AdminOpcode.FormatNvm, 1).CompletionStatus.Status.Code);
        Assert.Equal(StatusCode.InvalidLogPage, host.Admin(AdminOpcode.GetLogPage, 0, 0x000F_0080).CompletionStatus.Status.Code);
        Assert.Equal(StatusCode.InvalidField, host.Admin(AdminOpcode.GetFeatures, 0, 0x0D).CompletionStatus.Status.Code);
        Assert.Equal(StatusCode.FeatureNotChangeable, host.Admin(AdminOpcode.SetFeatures, 0, 0x1D).CompletionStatus.Status.Code);
        Assert.Equal(StatusCode.InvalidOpcode, host.Admin((AdminOpcode)0xC1).CompletionStatus.Status.Code); // data of unknown length
        Assert.Equal(Status.Success, host.Admin((AdminOpcode)0xC0).CompletionStatus.Status);
    }

    [Fact]
    public void A_kernel_that_refuses_is_an_error_that_is_final()
    {
        using PassthroughHost host = new(PassthroughHost.Snapshot(Refuses, 1));
        Assert.Equal(new Status(StatusCode.InternalError, true), host.Io(NvmOpcode.Read).WithoutMore());
    }

    [Fact]
    public void A_target_that_is_gone_gives_errors_to_retry_and_identify_still_answers()
    {
        using PassthroughHost host = new(PassthroughHost.Snapshot(Accepts, 1, 3));
        TargetSnapshot before = host.Link.Latest;
        host.Publish(before.WithoutDevices());
        Assert.Equal(StatusCode.NamespaceNotReady, (StatusCode)host.Io(NvmOpcode.Write).WithoutMore().Raw); // no DNR, and no CRD: not enabled
        Assert.Equal(StatusCode.NamespaceNotReady, host.Io(NvmOpcode.Flush, namespaceIdentifier: uint.MaxValue).Code);
        Assert.Equal(StatusCode.CommandInterrupted, host.Admin(AdminOpcode.GetLogPage, 0, 0x007F_0002).CompletionStatus.Status.Code);
        Assert.Equal(Status.Success, host.Admin(AdminOpcode.Identify, 3).CompletionStatus.Status);
        Assert.Equal(1003ul, BitConverter.ToUInt64(host.Bytes(8)));

        // The host can be told to wait once it says that it can.
        host.Bytes(512).Clear();
        host.Bytes(512)[0] = 1;
        Assert.Equal(Status.Success, host.Admin(AdminOpcode.SetFeatures, 0, 0x16).CompletionStatus.Status);
        Assert.Equal(1, host.Io(NvmOpcode.Write).CommandRetryDelay);

        host.Publish(PassthroughHost.Snapshot(Accepts, 1, 3));
        Assert.Equal(Status.Success, host.Io(NvmOpcode.Write));
    }

    [Fact]
    public void Identify_lists_and_describes_what_the_target_has()
    {
        using PassthroughHost host = new(PassthroughHost.Snapshot(Gone, 2, 5));
        Assert.Equal(Status.Success, host.Admin(AdminOpcode.Identify, 0, (uint)Cns.ActiveNamespaceList).CompletionStatus.Status);
        Assert.Equal([2u, 5u, 0u], host.Host.Memory.Words(host.Data, 3));
        Assert.Equal(Status.Success, host.Admin(AdminOpcode.Identify, 2, (uint)Cns.ActiveNamespaceList).CompletionStatus.Status);
        Assert.Equal([5u, 0u], host.Host.Memory.Words(host.Data, 2));
        Assert.Equal(Status.Success, host.Admin(AdminOpcode.Identify, 5, (uint)Cns.NamespaceIdentificationDescriptorList).CompletionStatus.Status);
        Assert.Equal(5, host.Bytes(1)[0]);
        Assert.Equal(Status.Success, host.Admin(AdminOpcode.Identify, 4, (uint)Cns.Namespace).CompletionStatus.Status); // not there: zeroes
        Assert.Equal(0ul, BitConverter.ToUInt64(host.Bytes(8)));
        Assert.Equal(
            StatusCode.InvalidNamespaceOrFormat, host.Admin(AdminOpcode.Identify, 65, (uint)Cns.Namespace).CompletionStatus.Status.Code);
        Assert.Equal(StatusCode.InvalidField, host.Admin(AdminOpcode.Identify, 1, (uint)Cns.AllocatedNamespace).CompletionStatus.Status.Code);
        Assert.Equal(
            StatusCode.InvalidField,
            host.Admin(AdminOpcode.Identify, 5, (uint)Cns.IoCommandSetSpecificNamespace, 2u << 24).CompletionStatus.Status.Code);
        Assert.Equal(Status.Success, host.Admin(AdminOpcode.Identify, 0, (uint)Cns.Controller).CompletionStatus.Status);
        Assert.Equal(3, host.Bytes(78)[77]); // MDTS: 32 KiB
    }

    [Fact]
    public void A_host_waits_for_a_reset_as_long_as_the_target_may_hold_a_command()
    {
        using PassthroughHost host = new(PassthroughHost.Snapshot(Accepts, 1));
        double waitSeconds = host.Controller.Registers.Capabilities.TimeoutIn500Milliseconds / 2.0;
        Assert.InRange(waitSeconds, host.Controller.Passthrough!.Settings.AdminTimeoutSeconds + 5, 127.5);
    }

    [Fact]
    public void Warnings_of_the_target_are_events_for_a_host_that_asked_for_them()
    {
        const uint SmartLog = 0x007F_0002;
        const uint Retained = 1 << 15;
        using PassthroughHost host = new(PassthroughHost.Snapshot(Accepts, 1));
        host.Link.CriticalWarning = CriticalWarning.TemperatureThreshold;
        ushort first = Listen(host);
        host.Pass(100_000_000);
        Assert.True(host.Host.AdminQueue.IsOutstanding(first)); // nothing is enabled
        CompletionQueueEntry notOffered = host.Admin(AdminOpcode.SetFeatures, 0, (uint)FeatureId.AsynchronousEventConfiguration, 1 << 14); // endurance groups
        Assert.Equal(StatusCode.InvalidField, notOffered.CompletionStatus.Status.Code);
        Assert.Equal(Status.Success, host.Admin(AdminOpcode.SetFeatures, 0, (uint)FeatureId.AsynchronousEventConfiguration, 0xFF).CompletionStatus.Status);
        Assert.Equal(0x0002_0101u, host.Host.WaitFor(host.Host.AdminQueue, first).Dword0); // temperature: log page 02h, information 01h, type 1

        // The next one waits until the log page was read, wherever it comes from.
        ushort second = Listen(host);
        host.Link.CriticalWarning |= CriticalWarning.AvailableSpareBelowThreshold;
        host.Pass(100_000_000);
        _ = host.Admin(AdminOpcode.GetLogPage, uint.MaxValue, SmartLog | Retained);
        host.Pass(100_000_000);
        Assert.True(host.Host.AdminQueue.IsOutstanding(second));
        _ = host.Admin(AdminOpcode.GetLogPage, uint.MaxValue, SmartLog);
        host.Link.CriticalWarning = CriticalWarning.None;
        host.Pass(100_000_000);
        host.Link.CriticalWarning = CriticalWarning.AvailableSpareBelowThreshold;
        Assert.Equal(0x0002_0201u, host.Host.WaitFor(host.Host.AdminQueue, second).Dword0);

        ushort third = Listen(host);
        _ = host.Admin(AdminOpcode.GetLogPage, uint.MaxValue, SmartLog);
        host.Link.CriticalWarning |= CriticalWarning.VolatileMemoryBackupFailed;
        Assert.Equal(0x0002_0001u, host.Host.WaitFor(host.Host.AdminQueue, third).Dword0);
    }

    [Fact]
    public void What_went_wrong_here_is_no_warning_of_the_target()
    {
        using PassthroughHost host = new(PassthroughHost.Snapshot(Accepts, 1));
        host.Controller.Smart.Health.IsReliabilityDegraded = true;
        Assert.Equal(Status.Success, host.Admin(AdminOpcode.SetFeatures, 0, (uint)FeatureId.AsynchronousEventConfiguration, 0xFF).CompletionStatus.Status);
        ushort request = Listen(host);
        host.Pass(1_000_000_000);
        Assert.True(host.Host.AdminQueue.IsOutstanding(request)); // the log page that the event would name is the target's, and says nothing of it
    }

    private static ushort Listen(PassthroughHost host) => host.Host.AdminQueue.Submit(TestHost.Admin(AdminOpcode.AsynchronousEventRequest));

    [Fact]
    public void Namespaces_that_come_go_and_change_are_on_the_changed_list()
    {
        using PassthroughHost host = new(PassthroughHost.Snapshot(Accepts, 1, 2, 3));
        TargetSnapshot next = PassthroughHost.Snapshot(Accepts, 1, 3, 4);
        next.Identify(next.Namespaces[1])->NamespaceSizeLogicalBlocks = 5;
        next.Identify(next.Namespaces[0])->NamespaceUtilizationLogicalBlocks = 7; // not a change that hosts are told of
        host.Publish(next);
        Assert.Equal(Status.Success, host.Admin(AdminOpcode.GetLogPage, 0, 0x03FF_0004).CompletionStatus.Status);
        Assert.Equal([2u, 3u, 4u, 0u], host.Host.Memory.Words(host.Data, 4));
        Assert.Equal(StatusCode.InvalidNamespaceOrFormat, host.Io(NvmOpcode.Read, namespaceIdentifier: 2).Code);
        Assert.Equal(Status.Success, host.Io(NvmOpcode.Read, namespaceIdentifier: 4));
    }
}

/// <summary>Shorthand of these tests.</summary>
internal static class ForwardingTestExtensions
{
    /// <summary>The status without M, which says that the error log has more.</summary>
    public static Status WithoutMore(this Status status) => status with { More = false };

    /// <summary>The first dwords at an address of the host's memory.</summary>
    public static uint[] Words(this Nvmepf.Tests.Support.FakeHostMemory memory, ulong address, int count) =>
        System.Runtime.InteropServices.MemoryMarshal.Cast<byte, uint>(memory.Bytes(address, count * sizeof(uint))).ToArray();
}
