using Nvmepf.Firmware.Commands;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Passthrough;

/// <summary>
/// Flush, 00h (NVMe Base 2.1 section 7.2), to one namespace of the target or, with NSID FFFFFFFFh, to one after the other: a namespace's
/// device takes commands to itself only. The firmware's own flush at shutdown comes this way too. The first error is reported; the other
/// namespaces are flushed all the same.
/// </summary>
public static unsafe class ForwardedFlush
{
    // Scratch0: the NSID that was flushed last in a broadcast. Scratch1: the first error, as the raw status.
    private const byte Flushing = 1;

    /// <summary>The row.</summary>
    internal static CommandDescriptor Row() => new()
    {
        Opcode = (byte)NvmOpcode.Flush,
        Name = "Flush",
        NamespaceRule = NamespaceRule.HandlerDecides,
        Prepare = &Prepare,
        Execute = &Run,
        Continue = &Run,
    };

    private static Status Prepare(CommandEngine engine, ref CommandSlot slot)
    {
        uint identifier = slot.Entry.NamespaceIdentifier;
        bool isGood = identifier == SubmissionQueueEntry.BroadcastNamespaceIdentifier
            || engine.Controller.Passthrough!.Current.IndexOf(identifier) >= 0;
        return isGood ? Status.Success : slot.Blame(new Status(StatusCode.InvalidNamespaceOrFormat, true), 4);
    }

    private static CommandOutcome Run(CommandEngine engine, ref CommandSlot slot)
    {
        bool isBroadcast = slot.Entry.NamespaceIdentifier == SubmissionQueueEntry.BroadcastNamespaceIdentifier;
        PassthroughTarget target = engine.Controller.Passthrough!;
        if (slot.Step == Flushing)
        {
            slot.Step = 0;
            slot.Status = slot.Operation.Status;
            KeepError(ref slot);
        }

        // Each round ends, waits, or goes on to a greater NSID.
        while (isBroadcast ? FindNext(target.Current, ref slot, out uint next) : TakeOnly(ref slot, out next))
        {
            CommandOutcome outcome = target.ForwardIo(engine, ref slot, next);
            if (outcome == CommandOutcome.Pending)
            {
                if ((slot.Flags & CommandFlags.Stalled) == 0)
                {
                    slot.Scratch0 = next;
                    slot.Step = Flushing;
                }

                return CommandOutcome.Pending;
            }

            slot.Scratch0 = next;
            KeepError(ref slot);
        }

        slot.Status = new Status((ushort)slot.Scratch1);
        return CommandOutcome.Completed;
    }

    private static bool TakeOnly(ref CommandSlot slot, out uint next)
    {
        next = slot.Entry.NamespaceIdentifier;
        return slot.Scratch0 != next;
    }

    private static bool FindNext(TargetSnapshot target, ref CommandSlot slot, out uint next)
    {
        foreach (ref readonly TargetNamespace candidate in target.Namespaces)
        {
            if (candidate.NamespaceId > slot.Scratch0)
            {
                next = candidate.NamespaceId;
                return true;
            }
        }

        next = 0;
        return false;
    }

    private static void KeepError(ref CommandSlot slot)
    {
        if (slot.Status.IsError && slot.Scratch1 == 0)
        {
            slot.Scratch1 = slot.Status.Raw;
        }
    }
}
