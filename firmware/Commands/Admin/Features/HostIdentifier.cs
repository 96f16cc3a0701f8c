using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Namespaces.State;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Features;

/// <summary>
/// Host Identifier, 81h (NVMe Base 2.1 section 5.1.25.1.28): 8 bytes, or 16 with EXHID (CTRATT.HIDS). An identifier that was set with
/// 8 bytes reads with zeroes above where 16 are asked for, and one of 16 reads as its lower half where 8 are. It is who the host is to
/// reservations, on every controller of the subsystem that has the same identifier; a reset forgets it.
/// </summary>
internal static unsafe class HostIdentifier
{
    /// <summary>The row.</summary>
    public static FeatureDescriptor Row { get; } = new()
    {
        Id = FeatureId.HostIdentifier,
        Name = "Host Identifier",
        DataLengthBytes = &DataLengthBytes,
        Set = &Set,
        Get = &Get,
    };

    private static uint DataLengthBytes(uint dword11) => new HostIdentifierFeature(dword11).ExtendedHostIdentifier
        ? (uint)HostIdentifierFeature.ExtendedSizeBytes
        : HostIdentifierFeature.SizeBytes;

    // Steps. Scratch0: index of the next namespace.
    private const byte Checking = 0;
    private const byte Changing = 1;

    /// <summary>
    /// Every namespace has to know who is behind the controller before the command ends. One whose state others are in this moment is tried again
    /// in the next turn.
    /// </summary>
    private static CommandOutcome Set(NvmeController controller, ref CommandSlot slot)
    {
        ulong* words = (ulong*)slot.Buffer; // the engine's buffer holds DataLengthBytes
        bool isExtended = slot.DataLengthBytes == HostIdentifierFeature.ExtendedSizeBytes;
        HostIdentity host = new(new UInt128(isExtended ? words[1] : 0, words[0]), isExtended);
        for (; slot.Step <= Changing; slot.Step++, slot.Scratch0 = 0)
        {
            for (; slot.Scratch0 < (ulong)controller.Namespaces.Count; slot.Scratch0++)
            {
                NvmeNamespace target = controller.Namespaces[(int)slot.Scratch0];
                if (target.View is not NamespaceView view)
                {
                    continue;
                }

                if (!target.State.TryEnter())
                {
                    return SharedStateChange.Stall(controller, ref slot);
                }

                bool isGood = slot.Step != Checking || IsConsistent(target.State, view, host);
                if (slot.Step == Changing)
                {
                    target.State.SetHost(view, host);
                }

                target.State.Exit();
                if (!isGood)
                {
                    return slot.Fail(new Status(StatusCode.HostIdentifierInconsistentFormat, true));
                }
            }
        }

        controller.Features.Current.Host = host;
        return CommandOutcome.Completed;
    }

    /// <summary>Identifiers of 8 and of 16 bytes may not be in use at the same time on different controllers.</summary>
    private static bool IsConsistent(NamespaceState state, NamespaceView own, HostIdentity host)
    {
        foreach (NamespaceView? view in state.Views)
        {
            if (view != own && view!.Host.IsSet && host.IsSet && view.Host.IsExtended != host.IsExtended)
            {
                return false;
            }
        }

        return true;
    }

    private static void Get(NvmeController controller, ref CommandSlot slot, bool isDefault)
    {
        UInt128 value = controller.Features.Values(isDefault).Host.Identifier;
        ulong* words = (ulong*)slot.Buffer;
        words[0] = (ulong)value;
        if (slot.DataLengthBytes == HostIdentifierFeature.ExtendedSizeBytes)
        {
            words[1] = (ulong)(value >> 64);
        }
    }
}
