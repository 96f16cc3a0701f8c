using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Commands.Admin;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Passthrough;

/// <summary>
/// Identify, 06h (NVMe Base 2.1 section 5.1.13), from what is known of the target, corrected (<see cref="IdentityCorrection"/>): a host is
/// answered at once, also while the target is away, so that it may boot or reset the controller then. Structures that are the
/// target's alone (NVM sets, endurance groups) are asked of it; what is about this controller is answered as for any subsystem.
/// </summary>
public static unsafe class PassthroughIdentify
{
    private const byte NamespaceByte = 4;
    private const byte CnsByte = 40;
    private const byte CommandSetByte = 47;
    private const uint ListStartMaximum = 0xFFFF_FFFD;

    /// <summary>The row.</summary>
    internal static CommandDescriptor Row() => new()
    {
        Opcode = (byte)AdminOpcode.Identify,
        Name = Identify.Descriptor.Name,
        NamespaceRule = NamespaceRule.HandlerDecides,
        DataPath = DataPath.Buffered,
        Effects = Identify.Descriptor.Effects,
        Prepare = &Prepare,
        Execute = &Execute,
    };

    /// <summary>Who answers for a structure; <see cref="PassthroughRoute.Corrected"/> is from what is known of the target.</summary>
    public static PassthroughRoute Of(Cns cns) => cns switch
    {
        Cns.Namespace or Cns.Controller or Cns.ActiveNamespaceList or Cns.NamespaceIdentificationDescriptorList
            or Cns.IoCommandSetSpecificNamespace or Cns.IoCommandSetSpecificController or Cns.IoCommandSetSpecificActiveNamespaceList
            or Cns.IoCommandSetIndependentNamespace => PassthroughRoute.Corrected,
        Cns.NvmSetList or Cns.EnduranceGroupList => PassthroughRoute.Target,
        Cns.ControllerList or Cns.IoCommandSet => PassthroughRoute.Own,
        _ => PassthroughRoute.Refused,
    };

    private static Cns CnsOf(ref CommandSlot slot) => new IdentifyDword10(slot.Entry.Cdw10).Cns;

    private static Status Prepare(CommandEngine engine, ref CommandSlot slot)
    {
        Cns cns = CnsOf(ref slot);
        switch (Of(cns))
        {
            case PassthroughRoute.Own:
                return Identify.Descriptor.Prepare(engine, ref slot);
            case PassthroughRoute.Refused:
                return slot.Blame(new Status(StatusCode.InvalidField, true), CnsByte);
            default:
                break;
        }

        bool usesCommandSet = cns is Cns.IoCommandSetSpecificNamespace or Cns.IoCommandSetSpecificController
            or Cns.IoCommandSetSpecificActiveNamespaceList;
        if (usesCommandSet && new IdentifyDword11(slot.Entry.Cdw11).CommandSetIdentifier != CommandSetIdentifier.Nvm)
        {
            return slot.Blame(new Status(StatusCode.InvalidField, true), CommandSetByte);
        }

        slot.Direction = DataDirection.ControllerToHost;
        slot.DataLengthBytes = IdentifyData.SizeBytes;
        return IsGoodNamespace(engine.Controller.Passthrough!.Current, cns, slot.Entry.NamespaceIdentifier)
            ? Status.Success
            : slot.Blame(new Status(StatusCode.InvalidNamespaceOrFormat, true), NamespaceByte);
    }

    private static bool IsGoodNamespace(TargetSnapshot target, Cns cns, uint identifier) => cns switch
    {
        // A namespace that is not there is answered with zeroes, as long as it could be there.
        Cns.Namespace or Cns.IoCommandSetSpecificNamespace or Cns.IoCommandSetIndependentNamespace =>
            identifier != 0 && (identifier <= target.Controller->NumberOfNamespaces || target.IndexOf(identifier) >= 0),
        Cns.NamespaceIdentificationDescriptorList => target.IndexOf(identifier) >= 0,
        Cns.ActiveNamespaceList or Cns.IoCommandSetSpecificActiveNamespaceList => identifier <= ListStartMaximum,
        _ => true,
    };

    private static CommandOutcome Execute(CommandEngine engine, ref CommandSlot slot)
    {
        Cns cns = CnsOf(ref slot);
        PassthroughTarget target = engine.Controller.Passthrough!;
        switch (Of(cns))
        {
            case PassthroughRoute.Own:
                return Identify.Descriptor.Execute(engine, ref slot);
            case PassthroughRoute.Target:
                return target.ForwardAdmin(engine, ref slot);
            default:
                break;
        }

        slot.Status = Status.Success;
        TargetSnapshot known = target.Current;
        switch (cns)
        {
            case Cns.Controller:
                IdentityCorrection.Controller(
                    (IdentifyController*)slot.Buffer, known.Controller, engine.Controller.Settings, target.Settings, target.MaximumTransferBytes);
                break;
            case Cns.IoCommandSetSpecificController:
                new ReadOnlySpan<byte>(known.NvmController, IdentifyData.SizeBytes).CopyTo(new Span<byte>(slot.Buffer, IdentifyData.SizeBytes));
                break;
            case Cns.ActiveNamespaceList:
            case Cns.IoCommandSetSpecificActiveNamespaceList:
                FillList(known, slot.Entry.NamespaceIdentifier, new Span<uint>(slot.Buffer, IdentifyData.NamespaceListEntries));
                break;
            default:
                FillNamespace(known, cns, ref slot);
                break;
        }

        return CommandOutcome.Completed;
    }

    private static void FillList(TargetSnapshot known, uint after, Span<uint> list)
    {
        int count = 0;
        foreach (ref readonly TargetNamespace entry in known.Namespaces)
        {
            if (entry.NamespaceId > after)
            {
                list[count++] = entry.NamespaceId;
            }
        }
    }

    /// <summary>A structure of one namespace; zeroes, as the buffer is, where it is not there.</summary>
    private static void FillNamespace(TargetSnapshot known, Cns cns, ref CommandSlot slot)
    {
        int index = known.IndexOf(slot.Entry.NamespaceIdentifier);
        if (index < 0)
        {
            return;
        }

        TargetNamespace source = known.Namespaces[index];
        Span<byte> data = new(slot.Buffer, IdentifyData.SizeBytes);
        switch (cns)
        {
            case Cns.Namespace:
                new ReadOnlySpan<byte>(known.Identify(in source), IdentifyData.SizeBytes).CopyTo(data);
                break;
            case Cns.NamespaceIdentificationDescriptorList:
                new ReadOnlySpan<byte>(known.Descriptors(in source), IdentifyData.SizeBytes).CopyTo(data);
                break;
            case Cns.IoCommandSetIndependentNamespace:
                IdentityCorrection.IndependentNamespace(
                    (IdentifyIndependentNamespace*)slot.Buffer, known.Identify(in source), known.Controller->VolatileWriteCache.Present);
                break;
            default:
                break; // the NVM specific structure is about protection information and stays zero
        }
    }
}
