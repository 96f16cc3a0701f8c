using System.Runtime.CompilerServices;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Queues;

namespace Nvmepf.Firmware.Commands;

/// <content>
/// The time of each stage of some commands: into the trace ring, as entries of their own, and into sums. Off, which is how it begins, it is a
/// branch for each visit of a queue and one for each stage, all of which always go the same way.
/// </content>
public sealed unsafe partial class CommandEngine
{
    /// <summary>Of so many commands one is timed: the clock is read once a stage, which is as long as the stage. A power of two.</summary>
    public const uint CommandsPerTimed = 64;

    private StageTimes _stageTimes;
    private uint _commandsUntimed;

    /// <summary>Whether commands are timed.</summary>
    public bool IsTiming { get; private set; }

    /// <summary>What was timed since the last call; timing goes on, and begins with the first call.</summary>
    public StageTimes TakeStageTimes()
    {
        StageTimes taken = _stageTimes;
        taken.LayoutVersion = StageTimes.CurrentLayoutVersion;
        _stageTimes = default;
        IsTiming = true;
        return taken;
    }

    /// <summary>Ends timing; commands under way are timed to their end.</summary>
    public void StopTiming() => IsTiming = false;

    /// <returns>True where the command is one of those that are timed.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryBeginTiming(ref CommandSlot slot, SubmissionQueue queue, long doorbellNanoseconds)
    {
        if (queue.Identifier == 0 || (++_commandsUntimed & (CommandsPerTimed - 1)) != 0)
        {
            return false;
        }

        slot.SubmissionQueueId = queue.Identifier;
        slot.StageNanoseconds = doorbellNanoseconds;
        if (Trace.IsOn(TraceKind.DoorbellSeen))
        {
            Trace.Record(doorbellNanoseconds, TraceKind.DoorbellSeen, queue.Identifier, slot.Entry.Cdw0.CommandIdentifier, 0);
        }

        EndStageOfTimed(ref slot, TraceKind.Fetched, slot.Entry.Cdw0.Opcode);
        return true;
    }

    /// <summary>A stage of the command has ended; <paramref name="kind"/> is its name in the trace.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void EndStage(ref CommandSlot slot, TraceKind kind, ulong argument)
    {
        if ((slot.Flags & CommandFlags.Timed) != 0)
        {
            EndStageOfTimed(ref slot, kind, argument);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EndStageOfTimed(ref CommandSlot slot, TraceKind kind, ulong argument)
    {
        long now = _platform.NowNanoseconds;
        ulong elapsed = (ulong)(now - slot.StageNanoseconds);
        slot.StageNanoseconds = now;
        switch (kind)
        {
            case TraceKind.Fetched:
                _stageTimes.FetchNanoseconds += elapsed;
                break;
            case TraceKind.Mapped:
                _stageTimes.ParseNanoseconds += elapsed;
                break;
            case TraceKind.Submitted:
                _stageTimes.SubmitNanoseconds += elapsed;
                break;
            case TraceKind.BackendEnded:
                _stageTimes.BackendNanoseconds += elapsed;
                break;
            default:
                _stageTimes.PostNanoseconds += elapsed;
                _stageTimes.Commands++;
                break;
        }

        if (Trace.IsOn(kind))
        {
            Trace.Record(now, kind, slot.SubmissionQueueId, slot.Entry.Cdw0.CommandIdentifier, argument);
        }
    }
}
