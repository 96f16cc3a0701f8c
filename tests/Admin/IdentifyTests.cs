using System.Text;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Spec;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Admin;

public sealed class IdentifyTests
{
    private const uint Broadcast = 0xFFFF_FFFF;

    private static SubmissionQueueEntry Identify(Cns cns, uint nsid = 0, uint csi = 0, uint cntid = 0) =>
        AdminHost.Command(AdminOpcode.Identify, nsid, (uint)cns | (cntid << 16), csi << 24);

    [Theory]
    [InlineData(0x04)] // NVM sets
    [InlineData(0x14)] // primary controller capabilities
    [InlineData(0x17)] // UUID list
    [InlineData(0x20)]
    [InlineData(0xFF)]
    public void An_unknown_CNS_is_an_invalid_field(byte cns)
    {
        using AdminHost host = new();
        Answer answer = host.Run(Identify((Cns)cns));
        Assert.Equal(StatusCode.InvalidField, answer.Code);
        Assert.True(answer.DoNotRetry);
        Assert.True(answer.More);
    }

    [Theory]
    [InlineData(0x00, 0u)]
    [InlineData(0x00, Broadcast)]
    [InlineData(0x00, 5u)]
    [InlineData(0x03, 2u)] // not active
    [InlineData(0x03, 0u)]
    [InlineData(0x03, Broadcast)]
    [InlineData(0x05, Broadcast)]
    [InlineData(0x08, 5u)]
    [InlineData(0x11, 0u)]
    [InlineData(0x12, Broadcast)]
    [InlineData(0x02, 0xFFFF_FFFEu)]
    [InlineData(0x02, Broadcast)]
    [InlineData(0x07, 0xFFFF_FFFEu)]
    [InlineData(0x10, Broadcast)]
    public void A_bad_NSID_is_an_invalid_namespace(byte cns, uint nsid)
    {
        using AdminHost host = new([AdminHost.Namespace(1), AdminHost.Namespace(2, isActive: false), AdminHost.Namespace(4)]);
        Assert.Equal(StatusCode.InvalidNamespaceOrFormat, host.Run(Identify((Cns)cns, nsid)).Code);
    }

    [Theory]
    [InlineData(0x05)]
    [InlineData(0x06)]
    [InlineData(0x07)]
    [InlineData(0x1A)]
    [InlineData(0x1B)]
    public void A_command_set_other_than_NVM_is_an_invalid_field(byte cns)
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.Success, host.Run(Identify((Cns)cns, 1, csi: 0)).Code);
        Assert.Equal(StatusCode.InvalidField, host.Run(Identify((Cns)cns, 1, csi: 2)).Code);
    }

    [Theory]
    [InlineData(0x00, 2u)] // inactive
    [InlineData(0x00, 3u)] // valid, without a namespace
    [InlineData(0x05, 2u)]
    [InlineData(0x08, 2u)]
    [InlineData(0x11, 3u)]
    [InlineData(0x12, 2u)]
    public void A_namespace_that_is_not_there_reads_as_zeroes(byte cns, uint nsid)
    {
        using AdminHost host = new([AdminHost.Namespace(1), AdminHost.Namespace(2, isActive: false), AdminHost.Namespace(4)]);
        host.Data(4096).Fill(0xA5);
        Assert.Equal(StatusCode.Success, host.Run(Identify((Cns)cns, nsid)).Code);
        Assert.False(host.Data(4096).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void Namespace_data_has_the_shape_of_the_backend()
    {
        FakeBackend backend = new() { Size = (10 << 12) + 100 };
        using AdminHost host = new([AdminHost.Namespace(1, backend, blockBytes: 4096)]);
        Assert.Equal(StatusCode.Success, host.Run(Identify(Cns.Namespace, 1)).Code);
        ref IdentifyNamespace data = ref host.DataAs<IdentifyNamespace>();
        Assert.Equal(10ul, data.NamespaceSizeLogicalBlocks);
        Assert.Equal(10ul, data.NamespaceCapacityLogicalBlocks);
        Assert.Equal((UInt128)40960, data.NvmCapacityBytes);
        Assert.Equal(12, data.LbaFormats[0].LbaDataSizeLog2);
        Assert.Equal(0, data.NumberOfLbaFormatsZeroBased);
        Assert.Equal(DeallocatedReadBehavior.AllZeroes, data.DeallocateLogicalBlockFeatures.ReadBehavior);
        Assert.True(data.DeallocateLogicalBlockFeatures.WriteZeroesDeallocate);
        Assert.Equal(1, data.NamespaceGloballyUniqueIdentifier[0]);
        Assert.Equal(16, data.NamespaceGloballyUniqueIdentifier[15]);
    }

    [Fact]
    public void An_allocated_namespace_that_is_inactive_has_data_in_CNS_11h_only()
    {
        using AdminHost host = new([AdminHost.Namespace(1, isActive: false)]);
        Assert.Equal(StatusCode.Success, host.Run(Identify(Cns.AllocatedNamespace, 1)).Code);
        Assert.Equal(2048ul, host.DataAs<IdentifyNamespace>().NamespaceSizeLogicalBlocks);
        Assert.Equal(StatusCode.Success, host.Run(Identify(Cns.Namespace, 1)).Code);
        Assert.Equal(0ul, host.DataAs<IdentifyNamespace>().NamespaceSizeLogicalBlocks);
    }

    [Theory]
    [InlineData(0x02, 0u, new uint[] { 1, 4 })]
    [InlineData(0x02, 1u, new uint[] { 4 })]
    [InlineData(0x02, 4u, new uint[] { })]
    [InlineData(0x07, 0u, new uint[] { 1, 4 })]
    [InlineData(0x10, 0u, new uint[] { 1, 2, 4 })]
    [InlineData(0x1A, 1u, new uint[] { 2, 4 })]
    public void A_namespace_list_begins_above_NSID(byte cns, uint nsid, uint[] expected)
    {
        using AdminHost host = new([AdminHost.Namespace(1), AdminHost.Namespace(2, isActive: false), AdminHost.Namespace(4)]);
        Assert.Equal(StatusCode.Success, host.Run(Identify((Cns)cns, nsid)).Code);
        ref NamespaceList list = ref host.DataAs<NamespaceList>();
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], list.Identifiers[i]);
        }

        Assert.Equal(0u, list.Identifiers[expected.Length]);
    }

    [Fact]
    public void A_namespace_list_holds_1024_identifiers()
    {
        NvmeNamespace[] many = new NvmeNamespace[1500];
        for (uint i = 0; i < many.Length; i++)
        {
            many[i] = AdminHost.Namespace(i + 1);
        }

        using AdminHost host = new(many);
        Assert.Equal(StatusCode.Success, host.Run(Identify(Cns.ActiveNamespaceList)).Code);
        Assert.Equal(1024u, host.DataAs<NamespaceList>().Identifiers[1023]);
        Assert.Equal(StatusCode.Success, host.Run(Identify(Cns.ActiveNamespaceList, 1024)).Code);
        Assert.Equal(1500u, host.DataAs<NamespaceList>().Identifiers[475]);
        Assert.Equal(0u, host.DataAs<NamespaceList>().Identifiers[476]);
    }

    [Fact]
    public void Identification_descriptors_are_NGUID_UUID_and_command_set()
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.Success, host.Run(Identify(Cns.NamespaceIdentificationDescriptorList, 1)).Code);
        byte[] expected =
        [
            2, 16, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
            3, 16, 0, 0, 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF,
            4, 1, 0, 0, 0,
            0, 0, 0, 0,
        ];
        Assert.Equal(expected, host.Data(expected.Length).ToArray());
    }

    [Fact]
    public void A_namespace_without_identifiers_still_names_its_command_set()
    {
        NvmeNamespace bare = new(1, new FakeBackend(), 512, Guid.Empty, new byte[16]);
        using AdminHost host = new([bare]);
        Assert.Equal(StatusCode.Success, host.Run(Identify(Cns.NamespaceIdentificationDescriptorList, 1)).Code);
        Assert.Equal(new byte[] { 4, 1, 0, 0, 0, 0, 0, 0 }, host.Data(8).ToArray());
    }

    [Fact]
    public void Controller_data_says_who_it_is()
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.Success, host.Run(Identify(Cns.Controller)).Code);
        ref IdentifyController data = ref host.DataAs<IdentifyController>();
        Assert.Equal(0x1B96, data.PciVendorId);
        Assert.Equal(0x1B96, data.PciSubsystemVendorId);
        Assert.Equal("SERIAL01            ", Encoding.ASCII.GetString(data.SerialNumber));
        Assert.Equal("Model of the test".PadRight(40), Encoding.ASCII.GetString(data.ModelNumber));
        Assert.Equal("1.2.3   ", Encoding.ASCII.GetString(data.FirmwareRevision));
        Assert.Equal(new byte[] { 0x56, 0x34, 0x12 }, ((ReadOnlySpan<byte>)data.IeeeOui).ToArray());
        Assert.Equal(7, data.ControllerId);
        Assert.Equal(0x0002_0100u, data.Version.Raw);
        Assert.Equal(ControllerType.IoController, data.ControllerType);
        ReadOnlySpan<byte> subsystemName = data.NvmSubsystemNvmeQualifiedName;
        Assert.Equal("nqn.2026-01.test:subsystem\0", Encoding.ASCII.GetString(subsystemName[..27]));
    }

    [Theory]
    [InlineData(8u * 1024, 1)]
    [InlineData(512u * 1024, 7)]
    [InlineData(2048u * 1024, 9)]
    public void MDTS_is_the_setting_in_pages(uint bytes, int expected)
    {
        using AdminHost host = new(settings: AdminHost.DefaultSettings with { MaximumTransferBytes = bytes });
        Assert.Equal(StatusCode.Success, host.Run(Identify(Cns.Controller)).Code);
        Assert.Equal(expected, host.DataAs<IdentifyController>().MaximumDataTransferSize);
    }

    [Fact]
    public void Doorbells_in_host_memory_are_offered_only_where_there_are_pointers_to_it()
    {
        using AdminHost host = new(platform: new FakePlatformOptions { InterruptVectorCount = 5, CompletionQueueLimit = 5 });
        Assert.Equal(StatusCode.Success, host.Run(Identify(Cns.Controller)).Code);
        Assert.Equal(OptionalAdminCommands.None, host.DataAs<IdentifyController>().OptionalAdminCommandSupport);
        Assert.Equal(StatusCode.InvalidOpcode, host.Run(AdminHost.Command(AdminOpcode.DoorbellBufferConfig)).Code);
    }

    [Fact]
    public void Controller_data_says_what_it_can()
    {
        using AdminHost host = new([AdminHost.Namespace(1), AdminHost.Namespace(4)]);
        Assert.Equal(StatusCode.Success, host.Run(Identify(Cns.Controller)).Code);
        ref IdentifyController data = ref host.DataAs<IdentifyController>();
        Assert.Equal(0x66, data.SubmissionQueueEntrySize.Raw);
        Assert.Equal(0x44, data.CompletionQueueEntrySize.Raw);
        Assert.Equal(4u, data.NumberOfNamespaces);
        Assert.Equal(MultiPathCapabilities.None, data.ControllerMultiPathCapabilities);
        Assert.Equal(OptionalAdminCommands.DoorbellBufferConfig, data.OptionalAdminCommandSupport);
        Assert.Equal(0x51u, (uint)data.ControllerAttributes); // 128-bit host identifiers, endurance groups, traffic based keep alive
        Assert.Equal(0x07, (byte)data.NamespaceWriteProtectionCapabilities);
        Assert.Equal(1, data.EnduranceGroupIdentifierMaximum);
        Assert.Equal(3, data.AbortCommandLimitZeroBased);
        Assert.Equal(3, data.AsynchronousEventRequestLimitZeroBased);
        Assert.Equal(ErrorLog.EntryCount - 1, data.ErrorLogPageEntriesZeroBased);
        Assert.Equal(0x03, data.FirmwareUpdates.Raw);
        Assert.Equal(0x26, (byte)data.LogPageAttributes);
        Assert.Equal(0, data.NumberOfPowerStatesSupportedZeroBased);
        Assert.Equal(10, data.KeepAliveSupportIn100Milliseconds);
        Assert.Equal(0x4100u, (uint)data.OptionalAsynchronousEventsSupported); // namespace attributes, endurance group events
        Assert.True(data.WarningCompositeTemperatureThresholdKelvin < data.CriticalCompositeTemperatureThresholdKelvin);
        Assert.Equal((UInt128)(2 << 20), data.TotalNvmCapacityBytes);
        Assert.Equal(SglSupportLevel.ByteAligned, data.SglSupport.Level);
        Assert.True(data.SglSupport.BitBucket);
        Assert.True(data.OptionalNvmCommandSupport.HasFlag(OptionalNvmCommands.Timestamp));
        Assert.True(data.OptionalNvmCommandSupport.HasFlag(OptionalNvmCommands.SaveAndSelectFeature));
        Assert.False(data.OptionalNvmCommandSupport.HasFlag(OptionalNvmCommands.Copy));
    }

    [Theory]
    [InlineData(true, 0x07)]
    [InlineData(false, 0x06)]
    public void VWC_is_present_where_a_backend_has_a_cache(bool cached, byte expected)
    {
        using AdminHost host = new([AdminHost.Namespace(1, new FakeBackend { Cached = cached })]);
        Assert.Equal(StatusCode.Success, host.Run(Identify(Cns.Controller)).Code);
        Assert.Equal(expected, host.DataAs<IdentifyController>().VolatileWriteCache.Raw);
        Assert.Equal(StatusCode.Success, host.Run(Identify(Cns.IoCommandSetIndependentNamespace, 1)).Code);
        ref IdentifyIndependentNamespace data = ref host.DataAs<IdentifyIndependentNamespace>();
        Assert.Equal(!cached, data.NamespaceFeatures.VolatileWriteCacheNotPresent);
        Assert.True(data.NamespaceStatus.Ready);
    }

    [Theory]
    [InlineData(512u, 13)]
    [InlineData(4096u, 16)]
    public void Write_Zeroes_may_be_as_long_as_NLB_can_say(uint blockBytes, int expectedLimit)
    {
        using AdminHost host = new([AdminHost.Namespace(1, blockBytes: blockBytes)]);
        Assert.Equal(StatusCode.Success, host.Run(Identify(Cns.IoCommandSetSpecificController)).Code);
        ref IdentifyNvmController data = ref host.DataAs<IdentifyNvmController>();
        Assert.Equal(expectedLimit, data.WriteZeroesSizeLimit);
        Assert.Equal(0x0001_0100u, data.Version.Raw);
    }

    [Theory]
    [InlineData(0x13, 0u, 0u, 1)]
    [InlineData(0x13, 0u, 7u, 1)]
    [InlineData(0x13, 0u, 8u, 0)]
    [InlineData(0x12, 1u, 0u, 1)]
    [InlineData(0x12, 1u, 8u, 0)]
    public void A_controller_list_begins_at_CNTID(byte cns, uint nsid, uint cntid, int expected)
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.Success, host.Run(Identify((Cns)cns, nsid, cntid: cntid)).Code);
        ref ControllerList list = ref host.DataAs<ControllerList>();
        Assert.Equal(expected, list.NumberOfIdentifiers);
        Assert.Equal(expected == 0 ? 0 : 7, list.Identifiers[0]);
    }

    [Theory]
    [InlineData(0xFFFFu, StatusCode.Success)]
    [InlineData(7u, StatusCode.Success)]
    [InlineData(8u, StatusCode.InvalidField)]
    public void The_command_set_combinations_are_those_of_this_controller(uint cntid, StatusCode expected)
    {
        using AdminHost host = new();
        Assert.Equal(expected, host.Run(Identify(Cns.IoCommandSet, cntid: cntid)).Code);
        if (expected == StatusCode.Success)
        {
            Assert.Equal(1ul, host.DataAs<IdentifyIoCommandSet>().Combinations[0].Raw);
            Assert.Equal(0ul, host.DataAs<IdentifyIoCommandSet>().Combinations[1].Raw);
        }
    }
}
