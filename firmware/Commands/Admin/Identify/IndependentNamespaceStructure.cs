using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Structures;

/// <summary>
/// I/O Command Set Independent Identify Namespace, CNS 08h, and 1Fh for an allocated one (NVMe Base 2.1 section 5.1.13.2.8).
/// </summary>
internal static unsafe class IndependentNamespaceStructure
{
    /// <summary>CNS 08h.</summary>
    public static IdentifyDescriptor Row { get; } = new()
    {
        Cns = Cns.IoCommandSetIndependentNamespace,
        Name = "I/O Command Set Independent Identify Namespace",
        NamespaceRule = IdentifyNamespaceRule.Valid,
        Fill = &Fill,
    };

    /// <summary>CNS 1Fh.</summary>
    public static IdentifyDescriptor AllocatedRow { get; } = new()
    {
        Cns = Cns.IoCommandSetIndependentAllocatedNamespace,
        Name = "I/O Command Set Independent Identify Namespace, allocated",
        NamespaceRule = IdentifyNamespaceRule.Valid,
        Fill = &FillAllocated,
    };

    private static void Fill(NvmeController controller, ref CommandSlot slot)
    {
        if (slot.NamespaceIndex >= 0)
        {
            Write(controller, (IdentifyIndependentNamespace*)slot.Buffer, controller.Namespaces[slot.NamespaceIndex]);
        }
    }

    private static void FillAllocated(NvmeController controller, ref CommandSlot slot)
    {
        if (AllocatedNamespaces.Find(controller, slot.Entry.NamespaceIdentifier) is { } allocated)
        {
            Write(controller, (IdentifyIndependentNamespace*)slot.Buffer, allocated);
        }
    }

    private static void Write(NvmeController controller, IdentifyIndependentNamespace* data, NvmeNamespace source)
    {
        data->NamespaceFeatures = new IndependentNamespaceFeatures
        {
            VolatileWriteCacheNotPresent = !source.Backend.HasVolatileWriteCache,
        };
        data->NamespaceSharingCapabilities = NamespaceStructure.Sharing;
        data->ReservationCapabilities = NamespaceStructure.Reservations(source);
        data->AnaGroupIdentifier = controller.Ana.IsReported ? source.AnaGroupId : 0;
        data->NamespaceAttributes = NamespaceStructure.Attributes(source);
        data->EnduranceGroupIdentifier = EnduranceGroup.Identifier;
        data->NamespaceStatus = new NamespaceStatus { Ready = true };
    }
}
