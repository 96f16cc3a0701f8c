using Nvmepf.Spec;
using Xunit;

namespace Nvmepf.Tests.Admin;

public sealed class EnduranceGroupTests
{
    private const uint AggregateEvent = 0x000F_0602;

    private static SubmissionQueueEntry Log(LogPageId page, uint lengthBytes, uint group = 0) =>
        AdminHost.Command(AdminOpcode.GetLogPage, 0, (uint)page | (((lengthBytes / 4) - 1) << 16), group << 16);

    private static Answer SetFeature(AdminHost host, FeatureId feature, uint value) =>
        host.Run(AdminHost.Command(AdminOpcode.SetFeatures, 0, (uint)feature, value));

    [Theory]
    [InlineData(0u, StatusCode.InvalidField)]
    [InlineData(1u, StatusCode.Success)]
    [InlineData(2u, StatusCode.InvalidField)]
    public void There_is_one_group(uint group, StatusCode expected)
    {
        using AdminHost host = new();
        Assert.Equal(expected, host.Run(Log(LogPageId.EnduranceGroupInformation, 512, group)).Code);
        Assert.Equal(expected, SetFeature(host, FeatureId.EnduranceGroupEventConfiguration, group).Code);
    }

    [Fact]
    public void The_group_counts_what_SMART_counts_in_larger_units()
    {
        using AdminHost host = new([AdminHost.Namespace(1), AdminHost.Namespace(2)]);
        host.Controller.Engine.Media.BytesWritten = 1_000_000_001;
        host.Controller.Engine.Media.HostWriteCommands = 5;
        Assert.Equal(StatusCode.Success, host.Run(Log(LogPageId.EnduranceGroupInformation, 512, 1)).Code);
        ref EnduranceGroupInformationLog data = ref host.DataAs<EnduranceGroupInformationLog>();
        Assert.Equal((UInt128)2, data.DataUnitsWrittenInGigabytes); // rounded up
        Assert.Equal((UInt128)0, data.DataUnitsReadInGigabytes);
        Assert.Equal((UInt128)5, data.HostWriteCommands);
        Assert.Equal((UInt128)(2 << 20), data.TotalCapacityBytes);
        Assert.Equal(100, data.AvailableSparePercent);
        Assert.Equal(CriticalWarning.None, data.CriticalWarning);
    }

    [Theory]
    [InlineData(0u, 1)]
    [InlineData(1u, 1)]
    [InlineData(2u, 0)]
    public void The_list_of_groups_begins_at_the_one_asked_for(uint first, int expected)
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.Success, host.Run(AdminHost.Command(AdminOpcode.Identify, 0, (uint)Cns.EnduranceGroupList, first)).Code);
        Assert.Equal(expected, host.DataAs<EnduranceGroupList>().NumberOfIdentifiers);
        Assert.Equal(expected, host.DataAs<EnduranceGroupList>().Identifiers[0]);
    }

    [Fact]
    public void A_namespace_says_its_group()
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.Success, host.Run(AdminHost.Command(AdminOpcode.Identify, 1, (uint)Cns.Namespace)).Code);
        Assert.Equal(1, host.DataAs<IdentifyNamespace>().EnduranceGroupIdentifier);
        Assert.Equal(StatusCode.Success, host.Run(AdminHost.Command(AdminOpcode.Identify, 1, (uint)Cns.IoCommandSetIndependentNamespace)).Code);
        Assert.Equal(1, host.DataAs<IdentifyIndependentNamespace>().EnduranceGroupIdentifier);
    }

    [Fact]
    public void A_warning_that_the_host_asked_for_puts_the_group_on_the_aggregate_log_and_is_reported_once()
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.Success, SetFeature(host, FeatureId.AsynchronousEventConfiguration, 1u << 14).Code);
        Assert.Equal(StatusCode.Success, SetFeature(host, FeatureId.EnduranceGroupEventConfiguration, 1 | (0xFFu << 16)).Code);
        Assert.Equal(
            1u | (0x0Du << 16),
            host.Run(AdminHost.Command(AdminOpcode.GetFeatures, 0, (uint)FeatureId.EnduranceGroupEventConfiguration, 1)).Dword0);
        _ = host.Submit(AdminHost.Command(AdminOpcode.AsynchronousEventRequest));
        _ = host.Submit(AdminHost.Command(AdminOpcode.AsynchronousEventRequest));
        Assert.Null(host.Take());

        host.Controller.Smart.Health.IsReliabilityDegraded = true;
        host.Platform.NowNanoseconds += 20_000_000;
        host.Turn();
        Assert.Equal(AggregateEvent, host.Take()!.Value.Dword0);
        Assert.Null(host.Take());
        Assert.Equal(StatusCode.Success, host.Run(Log(LogPageId.EnduranceGroupEventAggregate, 12)).Code);
        Assert.Equal(1ul, host.DataAs<ulong>());
        Assert.Equal(1, host.Data(10)[8]);
        Assert.Equal(StatusCode.Success, host.Run(Log(LogPageId.EnduranceGroupEventAggregate, 12)).Code);
        Assert.Equal(0ul, host.DataAs<ulong>());

        Assert.Equal(StatusCode.Success, host.Run(Log(LogPageId.EnduranceGroupInformation, 512, 1)).Code);
        Assert.Equal(CriticalWarning.NvmSubsystemReliabilityDegraded, host.DataAs<EnduranceGroupInformationLog>().CriticalWarning);
        host.Turn();
        Assert.Null(host.Take());
    }
}
