using System.Numerics;
using Nvmepf.Firmware.Commands.Admin.Features;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Transfer;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Structures;

/// <summary>
/// Identify Controller, CNS 01h (NVMe Base 2.1 section 5.1.13.2.1). What commands and features are there is read from their tables, so that
/// a new row is announced by itself. Fields that are not mentioned are zero: not supported, or not reported.
/// </summary>
internal static unsafe class ControllerStructure
{
    private const int PageShift = 12; // CAP.MPSMIN
    private const byte FirmwareSlots = 1;
    private const byte SubmissionEntryLog2 = 6;
    private const byte CompletionEntryLog2 = 4;

    /// <summary>The row.</summary>
    public static IdentifyDescriptor Row { get; } = new()
    {
        Cns = Cns.Controller,
        Name = "Identify Controller",
        Fill = &Fill,
    };

    /// <summary>
    /// What is between a controller and its host, whosever the media are: identity on the bus and in the subsystem, queues, events, limits. Written
    /// first; the rest is added to it.
    /// </summary>
    /// <param name="data">4096 zeroed bytes.</param>
    /// <param name="settings">What the controller was told before start.</param>
    /// <param name="maximumTransferBytes">The largest transfer, a power of two of 4096 or more.</param>
    internal static void FillConnection(IdentifyController* data, ControllerSettings settings, uint maximumTransferBytes)
    {
        data->PciVendorId = settings.VendorId;
        data->PciSubsystemVendorId = settings.SubsystemVendorId;
        data->RecommendedArbitrationBurst = FeatureStore.RecommendedArbitrationBurstLog2;
        data->ControllerMultiPathCapabilities = settings.HasSiblings
            ? MultiPathCapabilities.MultiplePorts | MultiPathCapabilities.MultipleControllers // functions that share a subsystem are both
            : MultiPathCapabilities.None;
        data->MaximumDataTransferSize = (byte)(BitOperations.Log2(maximumTransferBytes) - PageShift);
        data->ControllerId = settings.ControllerId;
        data->Version = new Spec.Version(settings.Version);
        data->ControllerAttributes = ControllerAttributes.HostIdentifierSupport128Bit | ControllerAttributes.TrafficBasedKeepAlive;
        data->ControllerType = ControllerType.IoController;
        data->AbortCommandLimitZeroBased = Abort.CommandLimitZeroBased;
        data->AsynchronousEventRequestLimitZeroBased = AsyncEvents.RequestsMax - 1;
        data->FirmwareUpdates = new FirmwareUpdates { FirstSlotReadOnly = true, NumberOfSlots = FirmwareSlots };
        data->ErrorLogPageEntriesZeroBased = ErrorLog.EntryCount - 1;
        data->KeepAliveSupportIn100Milliseconds = KeepAliveTimer.GranularityIn100Milliseconds;
        data->SubmissionQueueEntrySize = new QueueEntrySize { MinimumLog2 = SubmissionEntryLog2, MaximumLog2 = SubmissionEntryLog2 };
        data->CompletionQueueEntrySize = new QueueEntrySize { MinimumLog2 = CompletionEntryLog2, MaximumLog2 = CompletionEntryLog2 };
        data->MaximumOutstandingCommands = (ushort)Math.Min(settings.QueueEntriesMax, ushort.MaxValue);
        data->SglSupport = DataMapper.SglSupport;

        // UTF-8 ended by a zero byte; the settings hold ASCII, 223 bytes at most.
        Span<byte> name = data->NvmSubsystemNvmeQualifiedName;
        int length = Math.Min(settings.SubsystemNqn.Length, name.Length - 1);
        AsciiField.Write(name[..length], settings.SubsystemNqn);
    }

    private static void Fill(NvmeController controller, ref CommandSlot slot)
    {
        IdentifyController* data = (IdentifyController*)slot.Buffer;
        FillConnection(data, controller.Settings, controller.Settings.MaximumTransferBytes);
        FillIdentity(data, controller.Settings);
        FillAdmin(data, controller);
        FillCommandSet(data, controller);
    }

    private static void FillIdentity(IdentifyController* data, ControllerSettings settings)
    {
        AsciiField.Write(data->SerialNumber, settings.Serial);
        AsciiField.Write(data->ModelNumber, settings.Model);
        AsciiField.Write(data->FirmwareRevision, settings.FirmwareRevision);
        data->IeeeOui[0] = (byte)settings.IeeeOui;
        data->IeeeOui[1] = (byte)(settings.IeeeOui >> 8);
        data->IeeeOui[2] = (byte)(settings.IeeeOui >> 16);
    }

    private static void FillAdmin(IdentifyController* data, NvmeController controller)
    {
        data->OptionalAsynchronousEventsSupported = AsyncEvents.SupportedBy(controller);
        data->ControllerAttributes |= ControllerAttributes.EnduranceGroups
            | (controller.HasReservations ? ControllerAttributes.ReservationsAndHostIdentifierInteraction : ControllerAttributes.None);
        data->OptionalAdminCommandSupport = OptionalCommands.Admin(controller);
        data->LogPageAttributes = LogPageAttributes.CommandsSupportedAndEffects | LogPageAttributes.ExtendedData
            | LogPageAttributes.MiscellaneousLogPages;
        data->WarningCompositeTemperatureThresholdKelvin = HealthMonitor.WarningTemperatureKelvin;
        data->CriticalCompositeTemperatureThresholdKelvin = HealthMonitor.CriticalTemperatureKelvin;
        data->TotalNvmCapacityBytes = TotalCapacityBytes(controller);
        if (controller.Ana.IsReported)
        {
            data->ControllerMultiPathCapabilities |= MultiPathCapabilities.AsymmetricNamespaceAccessReporting;
            data->AnaTransitionTimeSeconds = AnaGroups.TransitionTimeSeconds;
            data->AsymmetricNamespaceAccessCapabilities = (byte)AnaGroups.Capabilities;
            data->AnaGroupIdentifierMaximum = AnaGroups.GroupsMax;
            data->NumberOfAnaGroupIdentifiers = AnaGroups.GroupsMax;
        }

        data->EnduranceGroupIdentifierMaximum = EnduranceGroup.Identifier;
    }

    private static void FillCommandSet(IdentifyController* data, NvmeController controller)
    {
        data->NumberOfNamespaces = controller.Namespaces.NamespaceIdMaximum;
        data->MaximumNumberOfAllowedNamespaces = (uint)Math.Max(controller.Namespaces.Capacity, 1);
        data->OptionalNvmCommandSupport = OptionalCommands.Nvm(controller);
        data->VolatileWriteCache = new VolatileWriteCache
        {
            Present = WriteCache.IsPresent(controller),
            FlushBehavior = FlushBehavior.BroadcastSupported,
        };
        data->NamespaceWriteProtectionCapabilities = NamespaceWriteProtection.Capabilities;
    }

    /// <summary>Bytes of all namespaces.</summary>
    internal static UInt128 TotalCapacityBytes(NvmeController controller)
    {
        UInt128 total = 0;
        for (int i = 0; i < controller.Namespaces.Count; i++)
        {
            total += (UInt128)controller.Namespaces[i].SizeBlocks << controller.Namespaces[i].BlockShift;
        }

        return total;
    }
}
