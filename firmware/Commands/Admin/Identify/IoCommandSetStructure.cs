using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Structures;

/// <summary>
/// Identify I/O Command Set, CNS 1Ch (NVMe Base 2.1 section 5.1.13.3.18): the combinations of command sets that can be enabled together.
/// One, the NVM Command Set alone. CNTID names this controller, or FFFFh for the one that is asked.
/// </summary>
internal static unsafe class IoCommandSetStructure
{
    private const ushort ThisController = 0xFFFF;
    private const byte ControllerIdentifierByte = 42;

    /// <summary>The row.</summary>
    public static IdentifyDescriptor Row { get; } = new()
    {
        Cns = Cns.IoCommandSet,
        Name = "Identify I/O Command Set",
        Check = &Check,
        Fill = &Fill,
    };

    private static Status Check(NvmeController controller, ref CommandSlot slot)
    {
        ushort asked = new IdentifyDword10(slot.Entry.Cdw10).ControllerIdentifier;
        return asked == ThisController || asked == controller.Settings.ControllerId
            ? Status.Success
            : slot.Blame(new Status(StatusCode.InvalidField, true), ControllerIdentifierByte);
    }

    private static void Fill(NvmeController controller, ref CommandSlot slot)
    {
        IdentifyIoCommandSet* data = (IdentifyIoCommandSet*)slot.Buffer;
        data->Combinations[0] = new IoCommandSetVector { CommandSets = IoCommandSets.Nvm };
    }
}
