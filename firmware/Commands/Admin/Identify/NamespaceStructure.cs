using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Structures;

/// <summary>
/// Identify Namespace, CNS 00h, and the same for an allocated namespace, CNS 11h (NVM Command Set 1.1 section 4.1.5.1). One LBA format, no
/// metadata, no protection information, not shared; zero for a namespace that is not there.
/// </summary>
internal static unsafe class NamespaceStructure
{
    /// <summary>
    /// NMIC: identifiers are the subsystem's, not a controller's, so Linux may put a multipath device in front and hold requests back while
    /// the controller is reset, removed and found again.
    /// </summary>
    internal const NamespaceSharingCapabilities Sharing = NamespaceSharingCapabilities.Shared;

    /// <summary>CNS 00h.</summary>
    public static IdentifyDescriptor Row { get; } = new()
    {
        Cns = Cns.Namespace,
        Name = "Identify Namespace",
        NamespaceRule = IdentifyNamespaceRule.Valid,
        Fill = &Fill,
    };

    /// <summary>CNS 11h.</summary>
    public static IdentifyDescriptor AllocatedRow { get; } = new()
    {
        Cns = Cns.AllocatedNamespace,
        Name = "Identify Namespace, allocated",
        NamespaceRule = IdentifyNamespaceRule.Valid,
        Fill = &FillAllocated,
    };

    /// <summary>NSATTR.</summary>
    internal static NamespaceAttributes Attributes(NvmeNamespace source) =>
        source.Gate.IsWriteProtected ? NamespaceAttributes.CurrentlyWriteProtected : NamespaceAttributes.None;

    /// <summary>RESCAP: all six types, or none.</summary>
    internal static ReservationCapabilities Reservations(NvmeNamespace source)
    {
        const ReservationCapabilities All = ReservationCapabilities.WriteExclusive | ReservationCapabilities.ExclusiveAccess
            | ReservationCapabilities.WriteExclusiveRegistrantsOnly | ReservationCapabilities.ExclusiveAccessRegistrantsOnly
            | ReservationCapabilities.WriteExclusiveAllRegistrants | ReservationCapabilities.ExclusiveAccessAllRegistrants
            | ReservationCapabilities.IgnoreExistingKey13;
        return !source.State.HasReservations ? ReservationCapabilities.None
            : source.State.IsKept ? All | ReservationCapabilities.PersistThroughPowerLoss
            : All;
    }

    private static void Fill(NvmeController controller, ref CommandSlot slot)
    {
        if (slot.NamespaceIndex >= 0)
        {
            Write(controller, (IdentifyNamespace*)slot.Buffer, controller.Namespaces[slot.NamespaceIndex]);
        }
    }

    private static void FillAllocated(NvmeController controller, ref CommandSlot slot)
    {
        if (AllocatedNamespaces.Find(controller, slot.Entry.NamespaceIdentifier) is { } allocated)
        {
            Write(controller, (IdentifyNamespace*)slot.Buffer, allocated);
        }
    }

    private static void Write(NvmeController controller, IdentifyNamespace* data, NvmeNamespace source)
    {
        NamespaceBackend backend = source.Backend;
        data->NamespaceSizeLogicalBlocks = source.SizeBlocks;
        data->NamespaceCapacityLogicalBlocks = source.SizeBlocks;
        data->NamespaceUtilizationLogicalBlocks = source.SizeBlocks; // what a backend really occupies is not tracked
        data->NamespaceSharingCapabilities = Sharing;
        data->NvmCapacityBytes = (UInt128)source.SizeBlocks << source.BlockShift;
        data->DeallocateLogicalBlockFeatures = new DeallocateLogicalBlockFeatures
        {
            ReadBehavior = backend.SupportsDeallocate ? DeallocatedReadBehavior.AllZeroes : DeallocatedReadBehavior.NotReported,
            WriteZeroesDeallocate = backend.SupportsDeallocate,
        };
        data->ReservationCapabilities = Reservations(source);
        data->AnaGroupIdentifier = controller.Ana.IsReported ? source.AnaGroupId : 0;
        data->NamespaceAttributes = Attributes(source);
        data->EnduranceGroupIdentifier = EnduranceGroup.Identifier;
        source.Nguid.AsSpan().CopyTo(data->NamespaceGloballyUniqueIdentifier);
        data->LbaFormats[0] = new LbaFormat { LbaDataSizeLog2 = (byte)source.BlockShift };
    }
}
