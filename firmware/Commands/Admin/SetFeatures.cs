using Nvmepf.Firmware.Commands.Admin.Features;
using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin;

/// <summary>
/// Set Features, 09h (NVMe Base 2.1 section 5.1.25). What each feature takes is in Features, one file a feature; no feature can be saved.
/// </summary>
public static unsafe class SetFeatures
{
    private const byte FeatureByte = 40;
    private const byte SaveByte = 43;
    private const byte SaveBit = 7;

    /// <summary>The row.</summary>
    public static CommandDescriptor Descriptor { get; } = new()
    {
        Opcode = (byte)AdminOpcode.SetFeatures,
        Name = "Set Features",
        NamespaceRule = NamespaceRule.HandlerDecides,
        DataPath = DataPath.Buffered,
        Effects = new CommandSupportedAndEffects { Scope = EffectsScope.Namespace | EffectsScope.Controller }.Raw,
        Prepare = &Prepare,
        Execute = &Execute,
        Continue = &Continue,
    };

    private static Status Prepare(CommandEngine engine, ref CommandSlot slot)
    {
        NvmeController controller = engine.Controller;
        SetFeaturesDword10 dword10 = new(slot.Entry.Cdw10);
        FeatureDescriptor? row = FeatureTable.Find(controller, dword10.FeatureIdentifier);
        if (row is null)
        {
            return FeatureTable.Unknown(ref slot);
        }

        Status status = FeatureTable.CheckNamespace(controller, row, ref slot, isSet: true);
        if (status.IsError)
        {
            return status;
        }

        if (dword10.Save)
        {
            return slot.Blame(new Status(StatusCode.FeatureIdentifierNotSaveable, true), SaveByte, SaveBit);
        }

        if (!row.IsChangeable)
        {
            return slot.Blame(new Status(StatusCode.FeatureNotChangeable, true), FeatureByte);
        }

        if (row.DataLengthBytes != null)
        {
            slot.Direction = DataDirection.HostToController;
            slot.DataLengthBytes = row.DataLengthBytes(slot.Entry.Cdw11);
        }

        return row.CheckSet == null ? Status.Success : row.CheckSet(controller, ref slot);
    }

    private static CommandOutcome Execute(CommandEngine engine, ref CommandSlot slot)
    {
        NvmeController controller = engine.Controller;
        slot.Status = Status.Success;
        FeatureDescriptor? row = FeatureTable.Find(controller, new SetFeaturesDword10(slot.Entry.Cdw10).FeatureIdentifier);
        if (row is null)
        {
            slot.Status = FeatureTable.Unknown(ref slot); // the configuration changed since Prepare
            return CommandOutcome.Completed;
        }

        return row.Set(controller, ref slot);
    }

    private static CommandOutcome Continue(CommandEngine engine, ref CommandSlot slot)
    {
        NvmeController controller = engine.Controller;
        FeatureDescriptor? row = FeatureTable.Find(controller, new SetFeaturesDword10(slot.Entry.Cdw10).FeatureIdentifier);
        if (row is null || row.ContinueSet == null)
        {
            slot.Status = slot.Operation.Status;
            return CommandOutcome.Completed;
        }

        return row.ContinueSet(controller, ref slot);
    }
}
