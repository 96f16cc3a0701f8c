using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Commands.Admin;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Passthrough;

/// <summary>
/// Get Features, 0Ah, and Set Features, 09h (NVMe Base 2.1 sections 5.1.11 and 5.1.25): a feature of the connection is answered as for any
/// subsystem, one of the media goes to the target as it is, the rest is refused (<see cref="PassthroughFilter"/>).
/// </summary>
public static unsafe class PassthroughFeatures
{
    private const byte FeatureByte = 40;

    /// <summary>The row of Get Features.</summary>
    internal static CommandDescriptor GetRow() => new()
    {
        Opcode = (byte)AdminOpcode.GetFeatures,
        Name = GetFeatures.Descriptor.Name,
        NamespaceRule = NamespaceRule.HandlerDecides,
        DataPath = DataPath.Buffered,
        Effects = GetFeatures.Descriptor.Effects,
        Prepare = &PrepareGet,
        Execute = &ExecuteGet,
    };

    /// <summary>The row of Set Features.</summary>
    internal static CommandDescriptor SetRow() => new()
    {
        Opcode = (byte)AdminOpcode.SetFeatures,
        Name = SetFeatures.Descriptor.Name,
        NamespaceRule = NamespaceRule.HandlerDecides,
        DataPath = DataPath.Buffered,
        Effects = SetFeatures.Descriptor.Effects,
        Prepare = &PrepareSet,
        Execute = &ExecuteSet,
    };

    private static FeatureId FeatureOf(ref CommandSlot slot) => new GetFeaturesDword10(slot.Entry.Cdw10).FeatureIdentifier;

    private static Status PrepareGet(CommandEngine engine, ref CommandSlot slot)
    {
        FeatureId feature = FeatureOf(ref slot);
        switch (PassthroughFilter.Of(feature))
        {
            case PassthroughRoute.Own:
                return GetFeatures.Descriptor.Prepare(engine, ref slot);
            case PassthroughRoute.Target:
            case PassthroughRoute.TargetReadOnly:
                if (new GetFeaturesDword10(slot.Entry.Cdw10).Select != FeatureSelect.SupportedCapabilities)
                {
                    slot.Direction = DataDirection.ControllerToHost;
                    slot.DataLengthBytes = PassthroughFilter.DataLengthBytes(feature);
                }

                return Status.Success;
            default:
                return slot.Blame(new Status(StatusCode.InvalidField, true), FeatureByte);
        }
    }

    private static Status PrepareSet(CommandEngine engine, ref CommandSlot slot)
    {
        FeatureId feature = FeatureOf(ref slot);
        switch (PassthroughFilter.Of(feature))
        {
            case PassthroughRoute.Own:
                return SetFeatures.Descriptor.Prepare(engine, ref slot);
            case PassthroughRoute.Target:
                slot.Direction = DataDirection.HostToController;
                slot.DataLengthBytes = PassthroughFilter.DataLengthBytes(feature);
                return Status.Success;
            case PassthroughRoute.TargetReadOnly:
                return slot.Blame(new Status(StatusCode.FeatureNotChangeable, true), FeatureByte);
            default:
                return slot.Blame(new Status(StatusCode.InvalidField, true), FeatureByte);
        }
    }

    private static CommandOutcome ExecuteGet(CommandEngine engine, ref CommandSlot slot) => PassthroughFilter.Of(FeatureOf(ref slot)) == PassthroughRoute.Own
        ? GetFeatures.Descriptor.Execute(engine, ref slot)
        : engine.Controller.Passthrough!.ForwardAdmin(engine, ref slot);

    private static CommandOutcome ExecuteSet(CommandEngine engine, ref CommandSlot slot) => PassthroughFilter.Of(FeatureOf(ref slot)) == PassthroughRoute.Own
        ? SetFeatures.Descriptor.Execute(engine, ref slot)
        : engine.Controller.Passthrough!.ForwardAdmin(engine, ref slot);
}
