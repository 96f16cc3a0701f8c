using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands;

/// <content>What the console makes commands do wrong: an I/O command that was checked waits, or ends with an error, before it touches any data.</content>
public sealed unsafe partial class CommandEngine
{
    private long _nowNanoseconds;

    /// <summary>A turn begins: what was completed in the last one is counted.</summary>
    public void BeginTurn(long nowNanoseconds)
    {
        _nowNanoseconds = nowNanoseconds;
        Completed.Settle(nowNanoseconds);
    }

    /// <returns>True where the command does not go on now.</returns>
    private bool Inject(ref CommandSlot slot)
    {
        InjectionRule? rule = _injection.Match(in slot);
        if (rule is null)
        {
            return false;
        }

        if (Trace.IsOn(TraceKind.Injected))
        {
            Trace.Record(_nowNanoseconds, TraceKind.Injected, slot.SubmissionQueueId, slot.Entry.Cdw0.CommandIdentifier, (ulong)rule.Number);
        }

        slot.Status = new Status(rule.StatusCode, rule.IsDoNotRetry);
        if (rule.DelayNanoseconds > 0)
        {
            slot.HeldUntilNanoseconds = _nowNanoseconds + rule.DelayNanoseconds;
            StallOn(ref slot, StallReason.Injected);
            return true;
        }

        Finish(ref slot);
        return true;
    }

    private void AfterDelay(ref CommandSlot slot)
    {
        if (_nowNanoseconds < slot.HeldUntilNanoseconds && _injection.IsAny) // without rules nothing is held
        {
            slot.Stall = StallReason.Injected;
            _stalled.Add(_slots, slot.Index);
            return;
        }

        if (slot.Status.IsError)
        {
            Finish(ref slot);
        }
        else
        {
            Begin(ref slot, RowOf(ref slot)!);
        }
    }
}
