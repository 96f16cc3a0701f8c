using Nvmepf.Firmware.Commands.Admin.Structures;
using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Passthrough;

/// <summary>
/// What a host must see differently from what the target says of itself: Identify data that would promise what does not pass, or that belongs
/// to the target's own connection. Works on plain memory and knows no device.
/// </summary>
/// <remarks>
/// Identify Controller is made anew and takes over the fields that are the media's: a field that is not named here is zero, so that a later
/// revision's promise cannot slip through. Identify Namespace is the target's with some fields changed.
/// </remarks>
public static unsafe class IdentityCorrection
{
    /// <summary>Attributes of the media; what is the connection's (host identifier, keep alive, reservations) is ours.</summary>
    private const ControllerAttributes MediaAttributes =
        ControllerAttributes.NonOperationalPowerStatePermissiveMode | ControllerAttributes.NvmSets | ControllerAttributes.ReadRecoveryLevels
        | ControllerAttributes.EnduranceGroups | ControllerAttributes.PredictableLatencyMode;

    /// <summary>Commands that have rows, and features that go to the target.</summary>
    private const OptionalNvmCommands PassedCommands =
        OptionalNvmCommands.Compare | OptionalNvmCommands.WriteUncorrectable | OptionalNvmCommands.DatasetManagement
        | OptionalNvmCommands.WriteZeroes | OptionalNvmCommands.SaveAndSelectFeature | OptionalNvmCommands.Timestamp
        | OptionalNvmCommands.Verify | OptionalNvmCommands.Copy | OptionalNvmCommands.MaximumWriteZeroesWithDeallocate;

    /// <summary>Log pages that the target answers: what it cannot do with them is not promised for it.</summary>
    private const LogPageAttributes PassedLogs =
        LogPageAttributes.SmartPerNamespace | LogPageAttributes.CommandsSupportedAndEffects | LogPageAttributes.ExtendedData
        | LogPageAttributes.Telemetry | LogPageAttributes.PersistentEvent;

    /// <summary>Copy descriptor format 0 alone: the others need Host Behavior Support that is not passed, or protection information.</summary>
    private const ushort CopyFormat0 = 1;

    /// <summary>Makes the Identify Controller data (CNS 01h) that the host gets.</summary>
    /// <param name="data">4096 zeroed bytes.</param>
    /// <param name="target">What the target says.</param>
    /// <param name="settings">Identity and limits of this controller.</param>
    /// <param name="passthrough">What of the identity is configured.</param>
    /// <param name="maximumTransferBytes">The largest transfer, a power of two of 4096 or more.</param>
    public static void Controller(
        IdentifyController* data,
        IdentifyController* target,
        ControllerSettings settings,
        PassthroughSettings passthrough,
        uint maximumTransferBytes)
    {
        ControllerStructure.FillConnection(data, settings, maximumTransferBytes);
        WriteIdentity(data, target, settings, passthrough);
        WriteOwnLimits(data, target);
        CopyMedia(data, target);
    }

    /// <summary>Changes the target's Identify Namespace data (CNS 00h) to what the host gets.</summary>
    /// <param name="data">The target's 4096 bytes.</param>
    /// <param name="clearIdentifiers">True where the target's NGUID and EUI64 are not to be seen.</param>
    public static void Namespace(IdentifyNamespace* data, bool clearIdentifiers)
    {
        // As for our own namespaces: Linux may put a multipath device in front, which outlives a controller that is removed and found again.
        data->NamespaceSharingCapabilities = NamespaceStructure.Sharing;
        data->ReservationCapabilities = default;
        data->AnaGroupIdentifier = 0;
        data->NamespaceAttributes &= NamespaceAttributes.CurrentlyWriteProtected; // not to be changed here, but hosts shall not try to write
        data->KeyPerIoStatus = 0;
        if (clearIdentifiers)
        {
            ((Span<byte>)data->NamespaceGloballyUniqueIdentifier).Clear();
            ((Span<byte>)data->IeeeExtendedUniqueIdentifier).Clear();
        }
    }

    /// <summary>Makes the I/O Command Set Independent data (CNS 08h), which older targets lack, from Identify Namespace as corrected.</summary>
    /// <param name="data">4096 zeroed bytes.</param>
    /// <param name="source">Identify Namespace (CNS 00h).</param>
    /// <param name="hasWriteCache">True where the target has a volatile write cache.</param>
    public static void IndependentNamespace(IdentifyIndependentNamespace* data, IdentifyNamespace* source, bool hasWriteCache)
    {
        data->NamespaceFeatures = new IndependentNamespaceFeatures { VolatileWriteCacheNotPresent = !hasWriteCache };
        data->NamespaceSharingCapabilities = NamespaceStructure.Sharing;
        data->FormatProgressIndicator = source->FormatProgressIndicator;
        data->NamespaceAttributes = source->NamespaceAttributes;
        data->NvmSetIdentifier = source->NvmSetIdentifier;
        data->EnduranceGroupIdentifier = source->EnduranceGroupIdentifier;
        data->NamespaceStatus = new NamespaceStatus { Ready = true };
    }

    /// <summary>
    /// Makes the Namespace Identification Descriptor list (CNS 03h): the target's identifiers, or with <paramref name="clearIdentifiers"/> a UUID
    /// of our own; and always the command set, which hosts that selected all command sets insist on.
    /// </summary>
    /// <param name="data">4096 zeroed bytes.</param>
    /// <param name="target">The target's list; all zero where it has none.</param>
    /// <param name="source">The target's Identify Namespace, for targets without a list.</param>
    /// <param name="clearIdentifiers">True where the target's identifiers are not to be seen.</param>
    /// <param name="ownUuid">The UUID in their place, 16 bytes, big-endian.</param>
    public static void Descriptors(
        Span<byte> data, ReadOnlySpan<byte> target, IdentifyNamespace* source, bool clearIdentifiers, ReadOnlySpan<byte> ownUuid)
    {
        int used = 0;
        if (clearIdentifiers)
        {
            used = Append(data, used, NamespaceIdentifierType.Uuid, ownUuid);
        }
        else if (target[1] == 0)
        {
            used = AppendIfSet(data, used, NamespaceIdentifierType.Eui64, source->IeeeExtendedUniqueIdentifier);
            used = AppendIfSet(data, used, NamespaceIdentifierType.Nguid, source->NamespaceGloballyUniqueIdentifier);
        }
        else
        {
            used = CopyIdentifiers(data, target);
        }

        ReadOnlySpan<byte> commandSet = [(byte)CommandSetIdentifier.Nvm];
        _ = Append(data, used, NamespaceIdentifierType.CommandSetIdentifier, commandSet);
    }

    private static void WriteIdentity(
        IdentifyController* data, IdentifyController* target, ControllerSettings settings, PassthroughSettings passthrough)
    {
        data->SerialNumber = target->SerialNumber;
        data->ModelNumber = target->ModelNumber;
        data->FirmwareRevision = target->FirmwareRevision;
        data->IeeeOui = target->IeeeOui;
        if (passthrough.HasOwnSerial)
        {
            AsciiField.Write(data->SerialNumber, settings.Serial);
        }

        if (passthrough.HasOwnModel)
        {
            AsciiField.Write(data->ModelNumber, settings.Model);
        }

        if (passthrough.HasOwnFirmwareRevision)
        {
            AsciiField.Write(data->FirmwareRevision, settings.FirmwareRevision);
        }
    }

    /// <summary>What passes of what the target can do on its connection, and what is done here when it is lost.</summary>
    private static void WriteOwnLimits(IdentifyController* data, IdentifyController* target)
    {
        data->OptionalAsynchronousEventsSupported = AsyncEvents.SupportedOfPassthrough;
        data->ControllerAttributes |= target->ControllerAttributes & MediaAttributes;
        data->CommandRetryDelayTime1In100Milliseconds = TargetStatus.RetryDelay1In100Milliseconds;
        data->CommandRetryDelayTime2In100Milliseconds = TargetStatus.RetryDelay2In100Milliseconds;
        data->CommandRetryDelayTime3In100Milliseconds = TargetStatus.RetryDelay3In100Milliseconds;
        data->LogPageAttributes = target->LogPageAttributes & PassedLogs;
    }

    private static void CopyMedia(IdentifyController* data, IdentifyController* target)
    {
        data->Rtd3ResumeLatencyMicroseconds = target->Rtd3ResumeLatencyMicroseconds;
        data->Rtd3EntryLatencyMicroseconds = target->Rtd3EntryLatencyMicroseconds; // how long hosts wait for a shutdown, which flushes the target
        data->ReadRecoveryLevelsSupported = target->ReadRecoveryLevelsSupported;
        data->NumberOfPowerStatesSupportedZeroBased = target->NumberOfPowerStatesSupportedZeroBased;
        data->AdminVendorSpecificCommandConfiguration = target->AdminVendorSpecificCommandConfiguration;
        data->AutonomousPowerStateTransitionAttributes = target->AutonomousPowerStateTransitionAttributes;
        data->WarningCompositeTemperatureThresholdKelvin = target->WarningCompositeTemperatureThresholdKelvin;
        data->CriticalCompositeTemperatureThresholdKelvin = target->CriticalCompositeTemperatureThresholdKelvin;
        data->TotalNvmCapacityBytes = target->TotalNvmCapacityBytes;
        data->UnallocatedNvmCapacityBytes = target->UnallocatedNvmCapacityBytes;
        data->HostControlledThermalManagementAttributes = target->HostControlledThermalManagementAttributes;
        data->MinimumThermalManagementTemperatureKelvin = target->MinimumThermalManagementTemperatureKelvin;
        data->MaximumThermalManagementTemperatureKelvin = target->MaximumThermalManagementTemperatureKelvin;
        data->NvmSetIdentifierMaximum = target->NvmSetIdentifierMaximum;
        data->EnduranceGroupIdentifierMaximum = target->EnduranceGroupIdentifierMaximum;
        data->PersistentEventLogSizeIn64KiB = target->PersistentEventLogSizeIn64KiB;
        data->MaximumEnduranceGroupCapacityBytes = target->MaximumEnduranceGroupCapacityBytes;
        data->NumberOfNamespaces = target->NumberOfNamespaces;
        data->MaximumNumberOfAllowedNamespaces = target->MaximumNumberOfAllowedNamespaces;
        data->OptionalNvmCommandSupport = target->OptionalNvmCommandSupport & PassedCommands;
        data->OptionalCopyFormatsSupported = (ushort)(target->OptionalCopyFormatsSupported & CopyFormat0);
        data->VolatileWriteCache = new VolatileWriteCache
        {
            Present = target->VolatileWriteCache.Present,
            FlushBehavior = FlushBehavior.BroadcastSupported, // by one flush a namespace
        };
        data->AtomicWriteUnitNormalZeroBased = target->AtomicWriteUnitNormalZeroBased;
        data->AtomicWriteUnitPowerFailZeroBased = target->AtomicWriteUnitPowerFailZeroBased;
        data->AtomicCompareAndWriteUnitZeroBased = target->AtomicCompareAndWriteUnitZeroBased;
        data->PowerStateDescriptors = target->PowerStateDescriptors;
        data->VendorSpecific = target->VendorSpecific;
    }

    private static int CopyIdentifiers(Span<byte> data, ReadOnlySpan<byte> target)
    {
        int used = 0;
        int position = 0;
        while (position + sizeof(NamespaceIdentificationDescriptorHeader) <= target.Length && target[position + 1] != 0)
        {
            int length = target[position + 1];
            int next = position + sizeof(NamespaceIdentificationDescriptorHeader) + length;
            NamespaceIdentifierType type = (NamespaceIdentifierType)target[position];
            bool isKnown = (type, length) is (NamespaceIdentifierType.Eui64, 8) or (NamespaceIdentifierType.Nguid, 16)
                or (NamespaceIdentifierType.Uuid, 16);
            if (isKnown && next <= target.Length && used <= MaximumIdentifierBytes)
            {
                used = Append(data, used, type, target.Slice(position + sizeof(NamespaceIdentificationDescriptorHeader), length));
            }

            position = next;
        }

        return used;
    }

    /// <summary>A target that repeats itself for ever fills no more than this.</summary>
    private const int MaximumIdentifierBytes = 1024;

    private static int AppendIfSet(Span<byte> data, int used, NamespaceIdentifierType type, ReadOnlySpan<byte> identifier) =>
        identifier.ContainsAnyExcept((byte)0) ? Append(data, used, type, identifier) : used;

    private static int Append(Span<byte> data, int used, NamespaceIdentifierType type, ReadOnlySpan<byte> identifier)
    {
        data[used] = (byte)type;
        data[used + 1] = (byte)identifier.Length;
        identifier.CopyTo(data[(used + sizeof(NamespaceIdentificationDescriptorHeader))..]);
        return used + sizeof(NamespaceIdentificationDescriptorHeader) + identifier.Length;
    }
}
