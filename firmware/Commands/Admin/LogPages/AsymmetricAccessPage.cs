using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.LogPages;

/// <summary>
/// Asymmetric Namespace Access, 0Ch (NVMe Base 2.1 section 5.1.12.1.13): the groups that have namespaces or are configured, each with the NSIDs of
/// its active namespaces, or without (RGO). What follows the last is zero, so that hosts may read as much as there could be.
/// </summary>
internal static unsafe class AsymmetricAccessPage
{
    /// <summary>The row.</summary>
    public static LogPageDescriptor Row { get; } = new()
    {
        Id = LogPageId.AsymmetricNamespaceAccess,
        Name = "Asymmetric Namespace Access",
        LengthBytes = LogPageDescriptor.LengthMaximumBytes,
        IsSupported = &IsSupported,
        Fill = &Fill,
    };

    private static bool IsSupported(NvmeController controller) => controller.Ana.IsReported;

    private static void Fill(NvmeController controller, ref CommandSlot slot, byte* page)
    {
        bool groupsOnly = (new GetLogPageDword10(slot.Entry.Cdw10).LogSpecificParameter & AnaLogHeader.ReturnGroupsOnly) != 0;
        AnaLogHeader* header = (AnaLogHeader*)page;
        byte* next = page + sizeof(AnaLogHeader);
        byte* end = page + LogPageDescriptor.LengthMaximumBytes;
        header->ChangeCount = controller.Ana.ChangeCount;
        for (uint group = 1; group <= AnaGroups.GroupsMax; group++)
        {
            int members = groupsOnly && controller.Ana.IsConfigured(group) ? 0 : CountMembers(controller, group);
            if (members == 0 && !controller.Ana.IsConfigured(group))
            {
                continue;
            }

            members = groupsOnly ? 0 : members;
            if (next + sizeof(AnaGroupDescriptor) + (members * sizeof(uint)) > end)
            {
                break; // more namespaces than the configuration allows
            }

            AnaGroupDescriptor* descriptor = (AnaGroupDescriptor*)next;
            descriptor->AnaGroupIdentifier = group;
            descriptor->NumberOfNamespaceIdentifiers = (uint)members;
            descriptor->ChangeCount = controller.Ana.ChangeCountOf(group);
            descriptor->State = controller.Ana.State(group);
            next = (byte*)(descriptor + 1);
            next += members == 0 ? 0 : WriteMembers(controller, group, (uint*)next);
            header->NumberOfGroupDescriptors++;
        }
    }

    private static bool IsMember(NvmeNamespace candidate, uint group) => candidate.IsActive && candidate.AnaGroupId == group;

    private static int CountMembers(NvmeController controller, uint group)
    {
        int count = 0;
        for (int i = 0; i < controller.Namespaces.AllocatedCount; i++)
        {
            count += IsMember(controller.Namespaces.InOrder(i), group) ? 1 : 0;
        }

        return count;
    }

    private static int WriteMembers(NvmeController controller, uint group, uint* list)
    {
        int count = 0;
        for (int i = 0; i < controller.Namespaces.AllocatedCount; i++)
        {
            NvmeNamespace candidate = controller.Namespaces.InOrder(i);
            if (IsMember(candidate, group))
            {
                list[count++] = candidate.NamespaceId;
            }
        }

        return count * sizeof(uint);
    }
}
