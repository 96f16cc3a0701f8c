using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Structures;

/// <summary>
/// Namespace lists, CNS 02h, 07h, 10h and 1Ah (NVMe Base 2.1 section 5.1.13.2): up to 1024 NSIDs above the one in the command, ascending.
/// Every namespace is of the NVM Command Set, so the lists of a command set are the same as those of all.
/// </summary>
internal static unsafe class NamespaceLists
{
    /// <summary>CNS 02h.</summary>
    public static IdentifyDescriptor ActiveRow { get; } = new()
    {
        Cns = Cns.ActiveNamespaceList,
        Name = "Active Namespace ID list",
        NamespaceRule = IdentifyNamespaceRule.ListStart,
        Fill = &FillActive,
    };

    /// <summary>CNS 07h.</summary>
    public static IdentifyDescriptor ActiveOfCommandSetRow { get; } = new()
    {
        Cns = Cns.IoCommandSetSpecificActiveNamespaceList,
        Name = "I/O Command Set specific Active Namespace ID list",
        NamespaceRule = IdentifyNamespaceRule.ListStart,
        UsesCommandSet = true,
        Fill = &FillActive,
    };

    /// <summary>CNS 10h.</summary>
    public static IdentifyDescriptor AllocatedRow { get; } = new()
    {
        Cns = Cns.AllocatedNamespaceList,
        Name = "Allocated Namespace ID list",
        NamespaceRule = IdentifyNamespaceRule.ListStart,
        Fill = &FillAllocated,
    };

    /// <summary>CNS 1Ah.</summary>
    public static IdentifyDescriptor AllocatedOfCommandSetRow { get; } = new()
    {
        Cns = Cns.IoCommandSetSpecificAllocatedNamespaceList,
        Name = "I/O Command Set specific Allocated Namespace ID list",
        NamespaceRule = IdentifyNamespaceRule.ListStart,
        UsesCommandSet = true,
        Fill = &FillAllocated,
    };

    private static void FillActive(NvmeController controller, ref CommandSlot slot) => Write(controller, ref slot, activeOnly: true);

    private static void FillAllocated(NvmeController controller, ref CommandSlot slot) => Write(controller, ref slot, activeOnly: false);

    private static void Write(NvmeController controller, ref CommandSlot slot, bool activeOnly)
    {
        uint* list = (uint*)slot.Buffer;
        int count = 0;
        for (int i = 0; i < controller.Namespaces.AllocatedCount && count < IdentifyData.NamespaceListEntries; i++)
        {
            NvmeNamespace candidate = controller.Namespaces.InOrder(i);
            if (candidate.NamespaceId > slot.Entry.NamespaceIdentifier && (candidate.IsActive || !activeOnly))
            {
                list[count++] = candidate.NamespaceId;
            }
        }
    }
}
