using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Io;

/// <summary>
/// Flush, opcode 00h (NVMe Base 2.1 section 7.2): every write that completed before it is durable after it. With NSID FFFFFFFFh it does
/// that for every active namespace, one after the other (Identify Controller reports so in VWC), and for all of them even where one fails;
/// the first error is reported.
/// </summary>
public static unsafe class Flush
{
    // Scratch0: index of the next namespace of a broadcast. Scratch1: the first error, as the raw status.
    private const byte Flushing = 1;

    /// <summary>Row of the dispatch table.</summary>
    public static CommandDescriptor Descriptor { get; } = new()
    {
        Opcode = (byte)NvmOpcode.Flush,
        Name = "Flush",
        NamespaceRule = NamespaceRule.ActiveOrBroadcast,
        Access = CommandAccess.Write,
        Execute = &Run,
        Continue = &Run,
    };

    private static bool IsBroadcast(ref CommandSlot slot) =>
        slot.Entry.NamespaceIdentifier == SubmissionQueueEntry.BroadcastNamespaceIdentifier;

    private static CommandOutcome Run(CommandEngine engine, ref CommandSlot slot)
    {
        // Each round flushes a namespace or ends, so there are no more rounds than namespaces.
        while (true)
        {
            if (slot.Step == Flushing)
            {
                slot.Step = 0;
                TakeStatus(engine, ref slot);
                if (!IsBroadcast(ref slot))
                {
                    return CommandOutcome.Completed;
                }
            }

            if (Sabotage.Is(SabotageKind.SkipFlush) || !FindNext(engine, ref slot))
            {
                slot.Status = new Status((ushort)slot.Scratch1);
                return CommandOutcome.Completed;
            }

            slot.Step = Flushing;
            slot.Operation.Begin(BackendOperationKind.Flush, BackendFlags.None, 0, 0);
            CommandOutcome outcome = engine.SubmitOperation(ref slot);
            if (outcome != CommandOutcome.Completed)
            {
                return outcome;
            }
        }
    }

    /// <summary>Points the slot at the next namespace that has something to flush.</summary>
    private static bool FindNext(CommandEngine engine, ref CommandSlot slot)
    {
        if (!IsBroadcast(ref slot))
        {
            return engine.Namespaces[slot.NamespaceIndex].Backend.HasVolatileWriteCache;
        }

        while (slot.Scratch0 < (ulong)engine.Namespaces.Count)
        {
            int index = (int)slot.Scratch0++;
            NvmeNamespace candidate = engine.Namespaces[index];
            if (!candidate.IsActive || IsRefused(candidate, ref slot))
            {
                continue;
            }

            if (candidate.Backend.HasVolatileWriteCache)
            {
                slot.NamespaceIndex = index;
                return true;
            }
        }

        return false;
    }

    /// <summary>A namespace of a broadcast that the host may not write is left out, which is an error; the firmware's own flush asks nobody.</summary>
    private static bool IsRefused(NvmeNamespace candidate, ref CommandSlot slot)
    {
        if (candidate.Gate.IsOpen || (slot.Flags & CommandFlags.Internal) != 0)
        {
            return false;
        }

        Status status = candidate.Gate.Check(Descriptor.Access);
        slot.Scratch1 = slot.Scratch1 == 0 ? status.Raw : slot.Scratch1;
        return status.IsError;
    }

    private static void TakeStatus(CommandEngine engine, ref CommandSlot slot)
    {
        MediaCommand.TakeStatus(engine, ref slot);
        if (slot.Status.IsError && slot.Scratch1 == 0)
        {
            slot.Scratch1 = slot.Status.Raw;
        }
    }
}
