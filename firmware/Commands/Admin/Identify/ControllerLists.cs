using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Structures;

/// <summary>
/// Controller lists, CNS 12h and 13h (NVMe Base 2.1 section 5.1.13.2): controllers with an identifier of CNTID or more that have the
/// namespace attached, or that the subsystem has. There is one controller.
/// </summary>
internal static unsafe class ControllerLists
{
    /// <summary>CNS 12h.</summary>
    public static IdentifyDescriptor AttachedRow { get; } = new()
    {
        Cns = Cns.NamespaceAttachedControllerList,
        Name = "Controller list, attached to namespace",
        NamespaceRule = IdentifyNamespaceRule.Valid,
        Fill = &FillAttached,
    };

    /// <summary>CNS 13h.</summary>
    public static IdentifyDescriptor SubsystemRow { get; } = new()
    {
        Cns = Cns.ControllerList,
        Name = "Controller list, NVM subsystem",
        Fill = &Fill,
    };

    private static void FillAttached(NvmeController controller, ref CommandSlot slot)
    {
        if (slot.NamespaceIndex >= 0)
        {
            Fill(controller, ref slot);
        }
    }

    private static void Fill(NvmeController controller, ref CommandSlot slot)
    {
        ushort first = new IdentifyDword10(slot.Entry.Cdw10).ControllerIdentifier;
        if (controller.Settings.ControllerId >= first)
        {
            ControllerList* data = (ControllerList*)slot.Buffer;
            data->NumberOfIdentifiers = 1;
            data->Identifiers[0] = controller.Settings.ControllerId;
        }
    }
}
