using Nvmepf.Firmware.Commands.Admin.Features;
using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin;

/// <summary>
/// Get Features, 0Ah (NVMe Base 2.1 section 5.1.11): the current or default value of a feature, or what can be done with it. No feature is
/// saveable, so the saved value is the default one, as the standard has it.
/// </summary>
public static unsafe class GetFeatures
{
    private const byte SelectByte = 41;

    /// <summary>The row.</summary>
    public static CommandDescriptor Descriptor { get; } = new()
    {
        Opcode = (byte)AdminOpcode.GetFeatures,
        Name = "Get Features",
        NamespaceRule = NamespaceRule.HandlerDecides,
        DataPath = DataPath.Buffered,
        Effects = new CommandSupportedAndEffects { Scope = EffectsScope.Namespace | EffectsScope.Controller }.Raw,
        Prepare = &Prepare,
        Execute = &Execute,
    };

    private static Status Prepare(CommandEngine engine, ref CommandSlot slot)
    {
        NvmeController controller = engine.Controller;
        GetFeaturesDword10 dword10 = new(slot.Entry.Cdw10);
        FeatureDescriptor? row = FeatureTable.Find(controller, dword10.FeatureIdentifier);
        if (row is null)
        {
            return FeatureTable.Unknown(ref slot);
        }

        if (dword10.Select > FeatureSelect.SupportedCapabilities)
        {
            return slot.Blame(new Status(StatusCode.InvalidField, true), SelectByte);
        }

        if (dword10.Select == FeatureSelect.SupportedCapabilities)
        {
            return Status.Success; // answered in dword 0, whatever the other fields say
        }

        Status status = FeatureTable.CheckNamespace(controller, row, ref slot, isSet: false);
        if (status.IsSuccess && row.CheckGet != null)
        {
            status = row.CheckGet(controller, ref slot);
        }

        if (row.DataLengthBytes != null)
        {
            slot.Direction = DataDirection.ControllerToHost;
            slot.DataLengthBytes = row.DataLengthBytes(slot.Entry.Cdw11);
        }

        return status;
    }

    private static CommandOutcome Execute(CommandEngine engine, ref CommandSlot slot)
    {
        NvmeController controller = engine.Controller;
        GetFeaturesDword10 dword10 = new(slot.Entry.Cdw10);
        FeatureDescriptor? row = FeatureTable.Find(controller, dword10.FeatureIdentifier);
        if (row is null)
        {
            slot.Status = FeatureTable.Unknown(ref slot); // the configuration changed since Prepare
            return CommandOutcome.Completed;
        }

        slot.Status = Status.Success;
        if (dword10.Select == FeatureSelect.SupportedCapabilities)
        {
            slot.Result0 = new FeatureCapabilities { NamespaceSpecific = row.IsNamespaceSpecific, Changeable = row.IsChangeable }.Raw;
        }
        else
        {
            row.Get(controller, ref slot, dword10.Select != FeatureSelect.Current);
        }

        return CommandOutcome.Completed;
    }
}
