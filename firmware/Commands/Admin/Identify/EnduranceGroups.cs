using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Structures;

/// <summary>Endurance Group list, CNS 19h (NVMe Base 2.1 section 5.1.13.2.17): groups from the identifier in CDW11 on. There is one.</summary>
internal static unsafe class EnduranceGroups
{
    /// <summary>The row.</summary>
    public static IdentifyDescriptor Row { get; } = new()
    {
        Cns = Cns.EnduranceGroupList,
        Name = "Endurance Group list",
        Fill = &Fill,
    };

    private static void Fill(NvmeController controller, ref CommandSlot slot)
    {
        if (new IdentifyDword11(slot.Entry.Cdw11).CnsSpecificIdentifier <= EnduranceGroup.Identifier)
        {
            EnduranceGroupList* data = (EnduranceGroupList*)slot.Buffer;
            data->NumberOfIdentifiers = 1;
            data->Identifiers[0] = EnduranceGroup.Identifier;
        }
    }
}
