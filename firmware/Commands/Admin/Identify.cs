using Nvmepf.Firmware.Commands.Admin.Structures;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin;

/// <summary>
/// Identify, 06h (NVMe Base 2.1 section 5.1.13): 4096 bytes, which data structure CNS says. The structures are in the folder Identify,
/// one file each; this file holds what they share: the rules of NSID and CSI.
/// </summary>
public static unsafe class Identify
{
    private const byte NamespaceByte = 4;
    private const byte CnsByte = 40;
    private const byte CommandSetByte = 47;

    /// <summary>The highest NSID that can be a starting point of a list: the two above are reserved for other meanings.</summary>
    private const uint ListStartMaximum = 0xFFFF_FFFD;

    /// <summary>The row.</summary>
    public static CommandDescriptor Descriptor { get; } = new()
    {
        Opcode = (byte)AdminOpcode.Identify,
        Name = "Identify",
        NamespaceRule = NamespaceRule.HandlerDecides,
        DataPath = DataPath.Buffered,
        Effects = new CommandSupportedAndEffects { Scope = EffectsScope.Namespace | EffectsScope.Controller }.Raw,
        Prepare = &Prepare,
        Execute = &Execute,
    };

    private static Status Prepare(CommandEngine engine, ref CommandSlot slot)
    {
        NvmeController controller = engine.Controller;
        IdentifyDescriptor? row = IdentifyTable.Find(new IdentifyDword10(slot.Entry.Cdw10).Cns);
        if (row is null)
        {
            return slot.Blame(new Status(StatusCode.InvalidField, true), CnsByte);
        }

        if (row.UsesCommandSet && new IdentifyDword11(slot.Entry.Cdw11).CommandSetIdentifier != CommandSetIdentifier.Nvm)
        {
            return slot.Blame(new Status(StatusCode.InvalidField, true), CommandSetByte);
        }

        slot.Direction = DataDirection.ControllerToHost;
        slot.DataLengthBytes = IdentifyData.SizeBytes;
        Status status = CheckNamespace(controller, row.NamespaceRule, ref slot);
        return status.IsSuccess && row.Check != null ? row.Check(controller, ref slot) : status;
    }

    private static Status CheckNamespace(NvmeController controller, IdentifyNamespaceRule rule, ref CommandSlot slot)
    {
        uint identifier = slot.Entry.NamespaceIdentifier;
        NamespaceTable namespaces = controller.Namespaces;
        slot.NamespaceIndex = namespaces.IndexOf(identifier);
        bool isGood = rule switch
        {
            IdentifyNamespaceRule.Ignored => true,
            IdentifyNamespaceRule.Active => slot.NamespaceIndex >= 0,
            IdentifyNamespaceRule.ListStart => identifier <= ListStartMaximum,
            _ => identifier != 0 && identifier <= namespaces.NamespaceIdMaximum,
        };
        return isGood ? Status.Success : slot.Blame(new Status(StatusCode.InvalidNamespaceOrFormat, true), NamespaceByte);
    }

    private static CommandOutcome Execute(CommandEngine engine, ref CommandSlot slot)
    {
        NvmeController controller = engine.Controller;
        slot.Status = Status.Success;
        IdentifyDescriptor row = IdentifyTable.Find(new IdentifyDword10(slot.Entry.Cdw10).Cns)!;

        // Looked up again: a namespace may have come or gone while the command waited for its buffer.
        slot.NamespaceIndex = controller.Namespaces.IndexOf(slot.Entry.NamespaceIdentifier);
        row.Fill(controller, ref slot);
        return CommandOutcome.Completed;
    }
}
