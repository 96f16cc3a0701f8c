using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin;

/// <summary>
/// Abort, 08h (NVMe Base 2.1 section 5.1.1). A command that waits is ended at once; one that a disk holds is cancelled there, and this
/// command waits to say whether that was in time. Dword 0 bit 0 says "not aborted".
/// </summary>
public static unsafe class Abort
{
    /// <summary>Abort commands that may wait at a time, zero-based (ACL in Identify Controller).</summary>
    public const byte CommandLimitZeroBased = 3;

    /// <summary>Row of the dispatch table.</summary>
    public static CommandDescriptor Descriptor { get; } = new()
    {
        Opcode = (byte)AdminOpcode.Abort,
        Name = "Abort",
        NamespaceRule = NamespaceRule.Ignored,
        Execute = &Execute,
    };

    private static CommandOutcome Execute(CommandEngine engine, ref CommandSlot slot)
    {
        AbortDword10 dword10 = new(slot.Entry.Cdw10);
        slot.Result0 = new AbortCompletionDword0 { ImmediateAbortNotPerformed = true }.Raw;
        CommandEngine owner = engine.Controller.FindSubmission(dword10.SubmissionQueueIdentifier)?.Engine ?? engine;
        int target = owner.Find(dword10.SubmissionQueueIdentifier, dword10.CommandIdentifier);
        if (target < 0 || (owner == engine && target == slot.Index) || owner.Slot(target).AbortSlot >= 0)
        {
            return CommandOutcome.Completed;
        }

        if (engine.AbortsWaiting > CommandLimitZeroBased)
        {
            slot.Status = new Status(StatusCode.AbortCommandLimitExceeded);
            return CommandOutcome.Completed;
        }

        switch (owner.Cancel(target, StatusCode.AbortRequested))
        {
            case CancelOutcome.Ended when owner.Slot(target).State == CommandState.Completing:
            case CancelOutcome.UnderWay:
                engine.AbortAfter(slot.Index, owner, target);
                return CommandOutcome.Parked;
            case CancelOutcome.Ended:
                slot.Result0 = 0;
                return CommandOutcome.Completed;
            default:
                return CommandOutcome.Completed;
        }
    }
}
