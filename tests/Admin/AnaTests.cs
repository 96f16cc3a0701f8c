using System.Runtime.InteropServices;
using Nvmepf.Firmware.Control;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Spec;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Admin;

public sealed class AnaTests
{
    private const uint AnaEvent = 0x000C_0302;

    private static AdminHost Create(params AnaGroupSetting[] groups)
    {
        NvmeNamespace[] namespaces = [AdminHost.Namespace(1), AdminHost.Namespace(2), AdminHost.Namespace(3, isActive: false), AdminHost.Namespace(4)];
        namespaces[1].AnaGroupId = 7;
        return new AdminHost(namespaces, settings: AdminHost.DefaultSettings with { AnaGroups = groups });
    }

    private static StatusCode ReadLog(AdminHost host, uint lengthBytes = 8192, uint logSpecificParameter = 0) =>
        host.Run(AdminHost.Command(AdminOpcode.GetLogPage, 0, 0x0C | (logSpecificParameter << 8) | (((lengthBytes / 4) - 1) << 16))).Code;

    private static StatusCode Write(AdminHost host, uint nsid) => host.RunIo(TestHost.Io(NvmOpcode.Write, nsid));

    [Fact]
    public void Without_configured_groups_hosts_are_told_of_none()
    {
        using AdminHost host = Create();
        Assert.Equal(StatusCode.InvalidLogPage, ReadLog(host));
        Assert.Equal(StatusCode.Success, host.Run(AdminHost.Command(AdminOpcode.Identify, 0, (uint)Cns.Controller)).Code);
        Assert.Equal(MultiPathCapabilities.None, host.DataAs<IdentifyController>().ControllerMultiPathCapabilities);
        Assert.Equal(0u, host.DataAs<IdentifyController>().NumberOfAnaGroupIdentifiers);
        Assert.Equal(
            StatusCode.InvalidField,
            host.Run(AdminHost.Command(AdminOpcode.SetFeatures, 0, (uint)FeatureId.AsynchronousEventConfiguration, 1u << 11)).Code);
    }

    [Fact]
    public void Controllers_of_one_subsystem_say_that_there_are_several()
    {
        using AdminHost host = new([AdminHost.Namespace(1)], settings: AdminHost.DefaultSettings with { HasSiblings = true });
        Assert.Equal(StatusCode.Success, host.Run(AdminHost.Command(AdminOpcode.Identify, 0, (uint)Cns.Controller)).Code);
        Assert.Equal(
            MultiPathCapabilities.MultiplePorts | MultiPathCapabilities.MultipleControllers,
            host.DataAs<IdentifyController>().ControllerMultiPathCapabilities);
    }

    [Fact]
    public void Identify_says_what_the_log_needs()
    {
        using AdminHost host = Create(new AnaGroupSetting(1, AnaState.Optimized));
        Assert.Equal(StatusCode.Success, host.Run(AdminHost.Command(AdminOpcode.Identify, 0, (uint)Cns.Controller)).Code);
        ref IdentifyController data = ref host.DataAs<IdentifyController>();
        Assert.True(data.ControllerMultiPathCapabilities.HasFlag(MultiPathCapabilities.AsymmetricNamespaceAccessReporting));
        Assert.Equal(0x1F, data.AsymmetricNamespaceAccessCapabilities);
        Assert.Equal(10, data.AnaTransitionTimeSeconds);
        Assert.Equal(128u, data.AnaGroupIdentifierMaximum);
        Assert.Equal(128u, data.NumberOfAnaGroupIdentifiers);
        Assert.True(data.MaximumNumberOfAllowedNamespaces <= data.NumberOfNamespaces); // Linux gives the controller up otherwise
        Assert.NotEqual(0u, data.MaximumNumberOfAllowedNamespaces);
        Assert.Equal(StatusCode.Success, host.Run(AdminHost.Command(AdminOpcode.Identify, 2, (uint)Cns.Namespace)).Code);
        Assert.Equal(7u, host.DataAs<IdentifyNamespace>().AnaGroupIdentifier);
    }

    [Fact]
    public void The_log_lists_groups_with_their_active_namespaces()
    {
        using AdminHost host = Create(new AnaGroupSetting(1, AnaState.NonOptimized), new AnaGroupSetting(9, AnaState.Inaccessible));
        Assert.Equal(StatusCode.Success, ReadLog(host));
        ReadOnlySpan<byte> page = host.Data(8192);
        Assert.Equal(3, host.DataAs<AnaLogHeader>().NumberOfGroupDescriptors);
        AnaGroupDescriptor first = MemoryMarshal.Read<AnaGroupDescriptor>(page[16..]);
        Assert.Equal((1u, 2u, AnaState.NonOptimized), (first.AnaGroupIdentifier, first.NumberOfNamespaceIdentifiers, first.State));
        Assert.Equal([1u, 4u], MemoryMarshal.Cast<byte, uint>(page.Slice(48, 8)).ToArray());
        AnaGroupDescriptor second = MemoryMarshal.Read<AnaGroupDescriptor>(page[56..]);
        Assert.Equal((7u, 1u, AnaState.Optimized), (second.AnaGroupIdentifier, second.NumberOfNamespaceIdentifiers, second.State));
        AnaGroupDescriptor third = MemoryMarshal.Read<AnaGroupDescriptor>(page[92..]);
        Assert.Equal((9u, 0u, AnaState.Inaccessible), (third.AnaGroupIdentifier, third.NumberOfNamespaceIdentifiers, third.State));
        Assert.False(page[124..].ContainsAnyExcept((byte)0));

        Assert.Equal(StatusCode.Success, ReadLog(host, 256, AnaLogHeader.ReturnGroupsOnly));
        page = host.Data(256);
        Assert.Equal(3, host.DataAs<AnaLogHeader>().NumberOfGroupDescriptors);
        Assert.Equal(7u, MemoryMarshal.Read<AnaGroupDescriptor>(page[48..]).AnaGroupIdentifier);
        Assert.Equal(0u, MemoryMarshal.Read<AnaGroupDescriptor>(page[48..]).NumberOfNamespaceIdentifiers);
    }

    [Theory]
    [InlineData(AnaState.Optimized, StatusCode.Success)]
    [InlineData(AnaState.NonOptimized, StatusCode.Success)]
    [InlineData(AnaState.Inaccessible, StatusCode.AsymmetricAccessInaccessible)]
    [InlineData(AnaState.PersistentLoss, StatusCode.AsymmetricAccessPersistentLoss)]
    [InlineData(AnaState.Change, StatusCode.AsymmetricAccessTransition)]
    public void Commands_meet_the_state_of_their_group(AnaState state, StatusCode expected)
    {
        using AdminHost host = Create(new AnaGroupSetting(7, state));
        Assert.Equal(StatusCode.Success, Write(host, 1));
        Assert.Equal(expected, Write(host, 2));
        Assert.Equal(expected, host.Run(AdminHost.Command(AdminOpcode.GetFeatures, 2, (uint)FeatureId.ErrorRecovery)).Code);
        Assert.Equal(StatusCode.Success, host.Run(AdminHost.Command(AdminOpcode.Identify, 2, (uint)Cns.Namespace)).Code);
        Assert.Equal(StatusCode.Success, host.Run(AdminHost.Command(AdminOpcode.Abort)).Code);
    }

    [Fact]
    public void A_change_is_an_event_and_counted_and_outlives_a_reset()
    {
        using AdminHost host = Create(new AnaGroupSetting(7, AnaState.Optimized));
        Assert.Equal(
            StatusCode.Success,
            host.Run(AdminHost.Command(AdminOpcode.SetFeatures, 0, (uint)FeatureId.AsynchronousEventConfiguration, 1u << 11)).Code);
        _ = host.Submit(AdminHost.Command(AdminOpcode.AsynchronousEventRequest));
        host.Controller.Ana.Set(host.Controller, 7, AnaState.Inaccessible);
        host.Turn();
        Assert.Equal(AnaEvent, host.Take()!.Value.Dword0);
        Assert.Equal(StatusCode.Success, ReadLog(host));
        Assert.Equal(1ul, host.DataAs<AnaLogHeader>().ChangeCount);
        Assert.Equal(StatusCode.AsymmetricAccessInaccessible, Write(host, 2));
        host.Controller.Ana.Set(host.Controller, 7, AnaState.Inaccessible); // no change
        host.Reset();
        Assert.Equal(StatusCode.Success, ReadLog(host));
        Assert.Equal(0ul, host.DataAs<AnaLogHeader>().ChangeCount);
        Assert.Equal(StatusCode.AsymmetricAccessInaccessible, Write(host, 2));
        host.Controller.Ana.Set(host.Controller, 7, AnaState.NonOptimized);
        Assert.Equal(StatusCode.Success, Write(host, 2));
    }

    [Fact]
    public void A_namespace_that_comes_or_goes_is_counted_for_its_group_without_an_event_of_its_own()
    {
        using AdminHost host = Create(new AnaGroupSetting(1, AnaState.Optimized));
        Assert.Equal(
            StatusCode.Success,
            host.Run(AdminHost.Command(AdminOpcode.SetFeatures, 0, (uint)FeatureId.AsynchronousEventConfiguration, 1u << 11)).Code);
        _ = host.Submit(AdminHost.Command(AdminOpcode.AsynchronousEventRequest));
        Ask(host, new SetNamespaceActiveRequest(2, false));
        Assert.Equal((1ul, 0ul), Counts(host));
        Ask(host, new SetNamespaceActiveRequest(3, true));
        Assert.Equal((2ul, 1ul), Counts(host));
        Ask(host, new RemoveNamespaceRequest(4));
        Assert.Equal((3ul, 2ul), Counts(host));
        Ask(host, new AddNamespaceRequest(host.Controller, AdminHost.Namespace(4)));
        Assert.Equal((4ul, 3ul), Counts(host));
        Assert.Null(host.Take());
    }

    /// <summary>Change count of the log, and of its first group.</summary>
    private static (ulong Log, ulong First) Counts(AdminHost host)
    {
        Assert.Equal(StatusCode.Success, ReadLog(host));
        return (host.DataAs<AnaLogHeader>().ChangeCount, MemoryMarshal.Read<AnaGroupDescriptor>(host.Data(8192)[16..]).ChangeCount);
    }

    private static void Ask(AdminHost host, ControlRequest request)
    {
        Assert.Equal(ControlError.None, host.Controller.Control.Post(request));
        for (int i = 0; i < 100 && !request.IsEnded; i++)
        {
            host.Turn();
        }

        Assert.True(request.IsEnded);
        Assert.Equal(ControlError.None, request.Error);
    }

    [Fact]
    public void A_control_thread_can_ask_for_a_state()
    {
        using AdminHost host = Create(new AnaGroupSetting(7, AnaState.Optimized));
        SetAnaStateRequest request = new(7, AnaState.PersistentLoss);
        Assert.Equal(ControlError.None, host.Controller.Control.Post(request));
        for (int i = 0; i < 100 && !request.IsEnded; i++)
        {
            host.Turn();
        }

        Assert.Equal(ControlError.None, request.Error);
        Assert.Equal(StatusCode.AsymmetricAccessPersistentLoss, Write(host, 2));
    }
}
