// Admin commands of the simulated host: queues made and ended, aborts, event requests, and what else a driver asks for.
using Nvmepf.Spec;

namespace Nvmepf.Tests.Simulation;

internal sealed partial class SimulatedHost
{
    /// <summary>Asks for something harmless, or for something that does not exist, with a page for the answer.</summary>
    public void SubmitAdmin()
    {
        HostJob? job = BeginAdmin(JobKind.Admin);
        if (job == null)
        {
            return;
        }

        SubmissionQueueEntry entry = new() { Prp1 = job.Area, NamespaceIdentifier = _random.Pick<uint>([0, 1, 2, 0xFFFF_FFFF]) };
        GiveAnswerPage(job);
        job.AnyStatus = true;
        switch (_random.Below(5))
        {
            case 0: // Identify, any structure
                entry.Cdw0 = new CommandDword0 { Opcode = (byte)AdminOpcode.Identify };
                entry.Cdw10 = (uint)_random.Below(0x20);
                break;
            case 1: // Get Log Page, up to a page
                entry.Cdw0 = new CommandDword0 { Opcode = (byte)AdminOpcode.GetLogPage };
                entry.Cdw10 = (uint)_random.Below(0x20) | ((uint)_random.Below(1024) << 16);
                break;
            case 2: // Get Features
                entry.Cdw0 = new CommandDword0 { Opcode = (byte)AdminOpcode.GetFeatures };
                entry.Cdw10 = (uint)_random.Below(0x20) | ((uint)_random.Below(4) << 8);
                break;
            case 3: // Interrupt coalescing, arbitration: what changes how the device works
                entry.Cdw0 = new CommandDword0 { Opcode = (byte)AdminOpcode.SetFeatures };
                entry.Cdw10 = _random.OneIn(2) ? 8u : 1u;
                entry.Cdw11 = entry.Cdw10 == 8 ? (uint)_random.Below(4) | ((uint)_random.Below(3) << 8) : (uint)_random.Below(8);
                break;
            default: // an opcode that nobody has
                entry.Cdw0 = new CommandDword0 { Opcode = (byte)_random.Pick<int>([0x03, 0x07, 0x0B, 0x1F, 0x77, 0xC1, 0xFF]) };
                break;
        }

        Put(_submission[0], job, entry);
    }

    /// <summary>Aborts a command that is under way, or one that is not.</summary>
    public void SubmitAbort()
    {
        HostJob target = _jobs[_random.Below(IoJobs)];
        HostJob? job = BeginAdmin(JobKind.Abort);
        if (job == null)
        {
            return;
        }

        target.IsAbortSent |= target.IsActive;
        job.AbortTarget = target.IsActive ? target.CommandIdentifier : (ushort)0xFFFF;
        SubmissionQueueEntry entry = new()
        {
            Cdw0 = new CommandDword0 { Opcode = (byte)AdminOpcode.Abort },
            Cdw10 = (uint)target.SubmissionQueue | ((uint)job.AbortTarget << 16),
        };
        Put(_submission[0], job, entry);
    }

    /// <summary>Leaves a request for an event with the device.</summary>
    public void RequestEvent()
    {
        HostJob? job = Array.Find(_jobs, candidate => candidate.Index >= IoJobs + AdminJobs && !candidate.IsActive);
        if (job == null || !_submission[0].HasRoomForRequest)
        {
            return;
        }

        job.Begin(JobKind.EventRequest);
        Put(_submission[0], job, new SubmissionQueueEntry { Cdw0 = new CommandDword0 { Opcode = (byte)AdminOpcode.AsynchronousEventRequest } });
    }

    /// <summary>Deletes a pair of queues under way, and makes it again with another size.</summary>
    /// <returns>False where a fault got in between; then a reset is due.</returns>
    public bool RecreateQueue()
    {
        int identifier = _random.Between(1, _scenario.QueuePairs);
        HostSubmissionQueue submission = _submission[identifier];
        RingTails();
        submission.IsDeleting = true;
        if (!Execute(AdminOpcode.DeleteIoSubmissionQueue, (uint)identifier, 0, 0))
        {
            return false;
        }

        ReapQueue(_completion[identifier]);
        HostJob? lost = Array.Find(_jobs, job => job.IsActive && job.SubmissionQueue == identifier && job.Sequence < submission.Fetched);
        SimulationFailure.Unless(lost == null, $"queue {identifier} is deleted, and command {lost?.CommandIdentifier:X}h of it was not answered");
        foreach (HostJob job in _jobs)
        {
            if (job.SubmissionQueue == identifier)
            {
                Forget(job, "never fetched, its queue deleted");
            }
        }

        submission.Exists = false;
        if (!Execute(AdminOpcode.DeleteIoCompletionQueue, (uint)identifier, 0, 0))
        {
            return false;
        }

        _log.Add(Now, Happening.QueueDeleted, (ulong)identifier);
        _completion[identifier].Exists = false;
        _machine.Ram.Check(_completion[identifier].Address, _completion[identifier].LengthBytes, $"completion queue {identifier}, deleted");
        return TryCreatePair(identifier, _random.Pick<int>([2, 5, 16]));
    }

    private bool TryCreateQueues()
    {
        for (int i = 1; i <= _scenario.QueuePairs; i++)
        {
            if (!TryCreatePair(i, _scenario.QueueEntries))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryCreatePair(int identifier, int entries)
    {
        HostCompletionQueue completion = _completion[identifier];
        bool isInterruptDriven = _scenario.IsInterruptDriven;
        int vector = _random.OneIn(2) ? identifier % _machine.VectorCount : _random.Below(_machine.VectorCount);
        completion.Create(entries, vector, isInterruptDriven, _machine.InterruptCount(vector));
        completion.Exists = false;
        _machine.Ram.Fill(completion.Address, completion.LengthBytes, 0);
        uint size = (uint)((entries - 1) << 16) | (uint)identifier;
        if (!Execute(AdminOpcode.CreateIoCompletionQueue, size, (uint)(vector << 16) | (isInterruptDriven ? 3u : 1u), completion.Address))
        {
            return false;
        }

        completion.Exists = true;
        _submission[identifier].Create(entries, identifier);
        _submission[identifier].Exists = false;
        if (!Execute(AdminOpcode.CreateIoSubmissionQueue, size, ((uint)identifier << 16) | 1, _submission[identifier].Address))
        {
            return false;
        }

        _log.Add(Now, Happening.QueueCreated, (ulong)identifier, (ulong)entries, (ulong)vector);
        _submission[identifier].Exists = true;
        return true;
    }

    /// <summary>One admin command, waited for; again where a fault struck. False where the controller is fatal or does not do it.</summary>
    private bool Execute(AdminOpcode opcode, uint dword10, uint dword11, ulong prp1)
    {
        UnmaskAll(); // who masks what it waits for waits for ever
        HostJob? job = null;
        for (int i = 0; job == null; i++)
        {
            SimulationFailure.Unless(i < PatienceSteps, "the admin queue is full and stays so");
            job = BeginAdmin(JobKind.Admin);
            if (job == null)
            {
                RingTails();
                _step();
                if (IsFatal)
                {
                    return false;
                }
            }
        }

        SubmissionQueueEntry entry = new() { Cdw0 = new CommandDword0 { Opcode = (byte)opcode }, Prp1 = prp1, Cdw10 = dword10, Cdw11 = dword11 };
        Put(_submission[0], job, entry);
        for (int i = 0; job.IsActive; i++)
        {
            RingTails();
            if (IsFatal)
            {
                return false;
            }

            SimulationFailure.Unless(i < PatienceSteps, $"admin command {opcode} is never answered");
            _step();
        }

        return job.Status.IsSuccess;
    }

    private HostJob? BeginAdmin(JobKind kind)
    {
        HostJob? job = Array.Find(_jobs, candidate => candidate.Index >= IoJobs && candidate.Index < IoJobs + AdminJobs && !candidate.IsActive);
        if (job == null || !_submission[0].Exists || _submission[0].IsFull)
        {
            return null;
        }

        job.Begin(kind);
        _machine.Ram.Fill(job.Area, HostJob.AreaBytes, HostRam.Untouched);
        return job;
    }

    private static void GiveAnswerPage(HostJob job)
    {
        job.IsToHost = true;
        job.Pieces[0] = new Piece { Address = job.Area, LengthBytes = HostJob.PageBytes };
        job.PieceCount = 1;
    }
}
