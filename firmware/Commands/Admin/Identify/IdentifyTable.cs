using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Structures;

/// <summary>
/// Every data structure of Identify that the controller has, one row each. A CNS without a row is answered with Invalid Field.
/// </summary>
public static class IdentifyTable
{
    private static readonly IdentifyDescriptor?[] s_rows = Index(
    [
        NamespaceStructure.Row,
        ControllerStructure.Row,
        NamespaceLists.ActiveRow,
        NamespaceDescriptorList.Row,
        NvmNamespaceStructure.Row,
        NvmControllerStructure.Row,
        NamespaceLists.ActiveOfCommandSetRow,
        IndependentNamespaceStructure.Row,
        NamespaceLists.AllocatedRow,
        NamespaceStructure.AllocatedRow,
        ControllerLists.AttachedRow,
        ControllerLists.SubsystemRow,
        EnduranceGroups.Row,
        NamespaceLists.AllocatedOfCommandSetRow,
        NvmNamespaceStructure.AllocatedRow,
        IoCommandSetStructure.Row,
        IndependentNamespaceStructure.AllocatedRow,
    ]);

    /// <summary>The row of a CNS, or null.</summary>
    public static IdentifyDescriptor? Find(Cns cns) => s_rows[(byte)cns];

    private static IdentifyDescriptor?[] Index(IdentifyDescriptor[] rows)
    {
        IdentifyDescriptor?[] table = new IdentifyDescriptor?[256];
        foreach (IdentifyDescriptor row in rows)
        {
            if (table[(byte)row.Cns] is not null)
            {
                throw new InvalidOperationException($"CNS {(byte)row.Cns:X2}h has two rows");
            }

            table[(byte)row.Cns] = row;
        }

        return table;
    }
}
