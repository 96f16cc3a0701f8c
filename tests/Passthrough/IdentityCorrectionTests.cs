using System.Runtime.InteropServices;
using System.Text;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Passthrough;
using Nvmepf.Spec;
using Xunit;

namespace Nvmepf.Tests.Passthrough;

/// <summary>Identify data of a target that claims everything, and what of it a host gets. No device.</summary>
public sealed unsafe class IdentityCorrectionTests : IDisposable
{
    private readonly byte* _target = (byte*)NativeMemory.AllocZeroed(4096);
    private readonly byte* _data = (byte*)NativeMemory.AllocZeroed(4096);

    private static ControllerSettings Settings => new()
    {
        SubsystemNqn = "nqn.2026-01.test:board",
        Serial = "OURS",
        Model = "Our model",
        FirmwareRevision = "9.9",
        VendorId = 0x1234,
        SubsystemVendorId = 0x5678,
        ControllerId = 7,
    };

    private static PassthroughSettings Passthrough => new() { SubsystemNqn = "nqn.2026-01.test:board" };

    public void Dispose()
    {
        NativeMemory.Free(_target);
        NativeMemory.Free(_data);
    }

    [Fact]
    public void A_target_that_claims_everything_is_announced_with_what_passes_only()
    {
        new Span<byte>(_target, 4096).Fill(0xFF);
        IdentifyController data = Correct(Passthrough);
        Assert.Equal(0x1234, data.PciVendorId);
        Assert.Equal(0x5678, data.PciSubsystemVendorId);
        Assert.Equal(7, data.ControllerId);
        Assert.Equal(MultiPathCapabilities.None, data.ControllerMultiPathCapabilities);
        Assert.Equal(OptionalAdminCommands.None, data.OptionalAdminCommandSupport);
        Assert.Equal(OptionalAsynchronousEvents.AttachedNamespaceAttributeNotices, data.OptionalAsynchronousEventsSupported);
        Assert.Equal(0u, data.HostMemoryBufferPreferredSizeIn4KiB);
        Assert.Equal(0u, data.SanitizeCapabilities.Raw);
        Assert.Equal((0u, 0u, 0, 0), (data.AnaGroupIdentifierMaximum, data.NumberOfAnaGroupIdentifiers, data.AnaTransitionTimeSeconds, data.AsymmetricNamespaceAccessCapabilities));
        Assert.Equal(0, data.FusedOperationSupport);
        Assert.Equal((0u, 0u, 0, 0), (data.IoQueueCommandCapsuleSupportedSizeIn16Bytes, data.IoQueueResponseCapsuleSupportedSizeIn16Bytes, data.InCapsuleDataOffsetIn16Bytes, data.MaximumSglDataBlockDescriptors));
        Assert.Equal(OptionalNvmCommands.None, data.OptionalNvmCommandSupport & (OptionalNvmCommands.Reservations | OptionalNvmCommands.AllFastCopy));
        Assert.Equal(OptionalNvmCommands.Compare, data.OptionalNvmCommandSupport & OptionalNvmCommands.Compare);
        Assert.Equal(1, data.OptionalCopyFormatsSupported);
        Assert.Equal(WriteProtectionCapabilities.None, data.NamespaceWriteProtectionCapabilities);
        Assert.Equal(FlushBehavior.BroadcastSupported, data.VolatileWriteCache.FlushBehavior);
        Assert.Equal(5, data.MaximumDataTransferSize); // 128 KiB
        Assert.Equal(0x66, data.SubmissionQueueEntrySize.Raw);
        Assert.Equal(0x44, data.CompletionQueueEntrySize.Raw);
        Assert.Equal(ControllerAttributes.None, data.ControllerAttributes & ControllerAttributes.ReservationsAndHostIdentifierInteraction);
        Assert.Equal("nqn.2026-01.test:board", Text(data.NvmSubsystemNvmeQualifiedName));
        Assert.Equal(ControllerType.IoController, data.ControllerType);
    }

    [Fact]
    public void A_target_that_can_do_nothing_optional_is_announced_with_what_is_answered_here()
    {
        IdentifyController data = Correct(Passthrough);
        Assert.Equal(ControllerAttributes.HostIdentifierSupport128Bit | ControllerAttributes.TrafficBasedKeepAlive, data.ControllerAttributes); // the timer counts traffic
        Assert.Equal(LogPageAttributes.None, data.LogPageAttributes); // it would refuse log page 05h, or ignore the offset of another
    }

    [Fact]
    public void Health_power_and_vendor_data_are_the_targets()
    {
        IdentifyController* target = (IdentifyController*)_target;
        target->WarningCompositeTemperatureThresholdKelvin = 350;
        target->NumberOfPowerStatesSupportedZeroBased = 4;
        target->AtomicWriteUnitNormalZeroBased = 63;
        target->Rtd3EntryLatencyMicroseconds = 12_000_000;
        target->VendorSpecific[17] = 0xAB;
        target->TotalNvmCapacityBytes = 1ul << 40;
        target->NumberOfNamespaces = 12;
        IdentifyController data = Correct(Passthrough);
        Assert.Equal(350, data.WarningCompositeTemperatureThresholdKelvin);
        Assert.Equal(4, data.NumberOfPowerStatesSupportedZeroBased);
        Assert.Equal(12_000_000u, data.Rtd3EntryLatencyMicroseconds);
        Assert.Equal(63, data.AtomicWriteUnitNormalZeroBased);
        Assert.Equal(0xAB, data.VendorSpecific[17]);
        Assert.Equal((UInt128)(1ul << 40), data.TotalNvmCapacityBytes);
        Assert.Equal(12u, data.NumberOfNamespaces);
        Assert.Equal((5, 20, 100), (data.CommandRetryDelayTime1In100Milliseconds, data.CommandRetryDelayTime2In100Milliseconds, data.CommandRetryDelayTime3In100Milliseconds));
    }

    [Fact]
    public void Serial_model_and_firmware_are_the_targets_unless_configured()
    {
        Encoding.ASCII.GetBytes("THEIRS              ", new Span<byte>(_target + 4, 20));
        Encoding.ASCII.GetBytes("1.0     ", new Span<byte>(_target + 64, 8));
        IdentifyController data = Correct(Passthrough);
        Assert.Equal("THEIRS", Text(data.SerialNumber));
        Assert.Equal("1.0", Text(data.FirmwareRevision));
        data = Correct(Passthrough with { HasOwnSerial = true, HasOwnModel = true, HasOwnFirmwareRevision = true });
        Assert.Equal(("OURS", "Our model", "9.9"), (Text(data.SerialNumber), Text(data.ModelNumber), Text(data.FirmwareRevision)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_namespace_keeps_its_shape_and_loses_identifiers_where_asked(bool clear)
    {
        IdentifyNamespace* data = (IdentifyNamespace*)_target;
        data->NamespaceSizeLogicalBlocks = 1000;
        data->NamespaceGloballyUniqueIdentifier[3] = 5;
        data->IeeeExtendedUniqueIdentifier[2] = 6;
        data->AnaGroupIdentifier = 9;
        data->LbaFormats[0] = new LbaFormat { LbaDataSizeLog2 = 12 };
        *(byte*)&data->ReservationCapabilities = 0xFF;
        *(byte*)&data->NamespaceAttributes = 0xFF;
        IdentityCorrection.Namespace(data, clear);
        Assert.Equal(NamespaceAttributes.CurrentlyWriteProtected, data->NamespaceAttributes); // a host that does not know mounts it to write
        Assert.Equal(1000ul, data->NamespaceSizeLogicalBlocks);
        Assert.Equal(12, data->LbaFormats[0].LbaDataSizeLog2);
        Assert.Equal(clear ? 0 : 5, data->NamespaceGloballyUniqueIdentifier[3]);
        Assert.Equal(clear ? 0 : 6, data->IeeeExtendedUniqueIdentifier[2]);
        Assert.Equal(0u, data->AnaGroupIdentifier);
        Assert.Equal(0, *(byte*)&data->ReservationCapabilities);
    }

    [Fact]
    public void Descriptors_pass_with_the_command_set_behind_them()
    {
        byte[] target = new byte[4096];
        byte[] nguid = [2, 16, 0, 0, .. Enumerable.Range(1, 16).Select(i => (byte)i)];
        byte[] unknown = [99, 4, 0, 0, 1, 2, 3, 4];
        byte[] commandSet = [4, 1, 0, 0, 0];
        ((byte[])[.. nguid, .. unknown, .. commandSet]).CopyTo(target, 0);
        byte[] list = Descriptors(target, clear: false);
        Assert.Equal([.. nguid, .. commandSet], list[..25]);
        Assert.All(list[25..], value => Assert.Equal(0, value));
    }

    [Fact]
    public void Without_a_list_the_identifiers_of_identify_namespace_are_used()
    {
        ((IdentifyNamespace*)_target)->IeeeExtendedUniqueIdentifier[0] = 7;
        byte[] list = Descriptors(new byte[4096], clear: false);
        Assert.Equal([1, 8, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0], list[..17]);
    }

    [Fact]
    public void Cleared_identifiers_are_replaced_by_one_of_our_own()
    {
        ((IdentifyNamespace*)_target)->NamespaceGloballyUniqueIdentifier[0] = 7;
        byte[] list = Descriptors(new byte[4096], clear: true);
        Assert.Equal([3, 16, 0, 0, .. Enumerable.Repeat((byte)0xEE, 16), 4, 1, 0, 0, 0], list[..25]);
    }

    [Fact]
    public void A_list_that_never_ends_does_not_run_over_the_page()
    {
        byte[] target = new byte[4096];
        for (int i = 0; i + 12 <= target.Length; i += 12)
        {
            (target[i], target[i + 1]) = (1, 8);
        }

        byte[] list = Descriptors(target, clear: false);
        Assert.Equal(1, list[0]);
    }

    [Fact]
    public void Older_targets_get_the_independent_structure()
    {
        IdentifyNamespace* source = (IdentifyNamespace*)_target;
        source->EnduranceGroupIdentifier = 3;
        source->NamespaceAttributes = NamespaceAttributes.CurrentlyWriteProtected;
        IdentifyIndependentNamespace* data = (IdentifyIndependentNamespace*)_data;
        IdentityCorrection.IndependentNamespace(data, source, hasWriteCache: true);
        Assert.True(data->NamespaceStatus.Ready);
        Assert.Equal(3, data->EnduranceGroupIdentifier);
        Assert.Equal(NamespaceAttributes.CurrentlyWriteProtected, data->NamespaceAttributes);
        Assert.False(data->NamespaceFeatures.VolatileWriteCacheNotPresent);
    }

    private static string Text(ReadOnlySpan<byte> field) => Encoding.ASCII.GetString(field).TrimEnd(' ', '\0');

    private IdentifyController Correct(PassthroughSettings passthrough)
    {
        new Span<byte>(_data, 4096).Clear();
        IdentityCorrection.Controller((IdentifyController*)_data, (IdentifyController*)_target, Settings, passthrough, 128 * 1024);
        return *(IdentifyController*)_data;
    }

    private byte[] Descriptors(byte[] target, bool clear)
    {
        byte[] list = new byte[4096];
        byte[] own = [.. Enumerable.Repeat((byte)0xEE, 16)];
        IdentityCorrection.Descriptors(list, target, (IdentifyNamespace*)_target, clear, own);
        return list;
    }
}
