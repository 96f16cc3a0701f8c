// The life of the simulated host's controller: found, enabled, given queues, reset in every way, shut down. Everything that waits has a
// bound in steps, and the steps of the machine go on meanwhile.
using Nvmepf.Spec;

namespace Nvmepf.Tests.Simulation;

internal sealed partial class SimulatedHost
{
    /// <summary>Longest wait for anything. The device's slowest part is the backend, which ends an operation every few steps.</summary>
    private const int PatienceSteps = 60_000;

    private const uint Enabled = 0x0046_0001; // CC: EN, entries of 64 and 16 bytes
    private const uint ReadyBit = 1;
    private const uint FatalBit = 2;
    private const uint ShutdownMask = 0xC;
    private const uint ShutdownComplete = 0x8;
    private const ulong AllSpaceBytes = HostRam.LengthBytes;

    private bool _isLawless;

    /// <summary>The controller is ready and has its queues.</summary>
    public bool IsUp { get; private set; }

    private uint ControllerStatus => _machine.ReadRegister(RegisterOffset.ControllerStatus);

    /// <summary>
    /// Brings the device up from wherever it is. Where faults strike it may take several attempts; without them one must do.
    /// </summary>
    public void BringUp()
    {
        for (int attempt = 0; !IsUp; attempt++)
        {
            if (attempt == 8)
            {
                _machine.SetFaults(false);
            }

            SimulationFailure.Unless(attempt < 10, "the controller does not come up");
            SettleMachine();
            _machine.Attach();
            Disable();
            if (TryEnable())
            {
                IsUp = TryCreateQueues();
            }

            if (attempt >= 8)
            {
                _machine.SetFaults(!IsCalm);
            }
        }

        for (int i = 0; i < _random.Between(0, EventJobs); i++)
        {
            RequestEvent();
        }
    }

    /// <summary>CC.EN to 0; when CSTS.RDY has followed, nothing of the earlier life may be left.</summary>
    public void Disable()
    {
        _log.Add(Now, Happening.Disable);
        IsUp = false;
        Array.ForEach(_completion, queue => queue.Exists = false);
        _machine.WriteRegister(RegisterOffset.ControllerConfiguration, 0);
        WaitFor(() => !_machine.IsSettling && (ControllerStatus & (ReadyBit | FatalBit)) == 0, "CSTS.RDY to become 0");
        SimulationFailure.Unless(!_machine.IsLevelAsserted, "a disabled controller asserts INTx");
        ForgetJobs();
    }

    public void HotReset(bool isLinkLost)
    {
        _log.Add(Now, isLinkLost ? Happening.LinkLoss : Happening.HotReset);
        IsUp = false;
        Array.ForEach(_completion, queue => queue.Exists = false);
        if (isLinkLost)
        {
            _machine.LoseLink();
        }
        else
        {
            _machine.HotReset();
        }

        SettleMachine();
        ForgetJobs();
    }

    /// <summary>CC.SHN; when CSTS.SHST says complete, the disk's cache is empty.</summary>
    public void Shutdown(Func<bool> hasUnsavedData)
    {
        _log.Add(Now, Happening.Shutdown);
        Array.ForEach(_completion, queue => queue.HeldUntil = 0);
        _machine.WriteRegister(RegisterOffset.ControllerConfiguration, Enabled | (_random.OneIn(2) ? 1u << 14 : 2u << 14));
        WaitFor(() => (ControllerStatus & ShutdownMask) == ShutdownComplete || IsFatal, "CSTS.SHST to say that the shutdown is complete");
        SimulationFailure.Unless(IsFatal || !hasUnsavedData(), "the shutdown is complete and the disk's cache is not empty");
        Disable();
    }

    /// <summary>Writes to CC what comes, without waiting, then ends it properly.</summary>
    public void FlipEnable()
    {
        _log.Add(Now, Happening.Flip);
        IsUp = false;
        Array.ForEach(_completion, queue => queue.Exists = false);
        for (int i = _random.Between(1, 6); i > 0; i--)
        {
            uint value = _random.Pick<uint>([0, 0, Enabled, Enabled, Enabled | 0x4000, 0x4000, Enabled | 0x780, Enabled ^ 0x0010_0000, 0xFFFF_FFFF]);
            _machine.WriteRegister(RegisterOffset.ControllerConfiguration, value);
            for (int steps = _random.Below(4); steps > 0; steps--)
            {
                _step();
            }
        }

        Disable();
    }

    /// <summary>Enables with values that must be refused, and sees to it that the controller says so and can be enabled afterwards.</summary>
    public void EnableBadly()
    {
        _log.Add(Now, Happening.BadEnable);
        Disable();
        WriteAdminQueue();
        uint configuration = Enabled;
        switch (_random.Below(4))
        {
            case 0:
                configuration |= 0x780; // MPS 15
                break;
            case 1:
                _machine.WriteRegister(RegisterOffset.AdminQueueAttributes, 0x0010_0000); // a queue of one entry
                break;
            case 2:
                configuration |= 2 << 11; // an arbitration mechanism that is reserved
                break;
            default:
                _machine.WriteRegister64(RegisterOffset.AdminSubmissionQueueBase, _submission[0].Address);
                configuration = (Enabled & ~0x000F_0000u) | 0x0005_0000; // entries of 32 bytes
                break;
        }

        _machine.WriteRegister(RegisterOffset.ControllerConfiguration, configuration);
        WaitFor(() => (ControllerStatus & FatalBit) != 0, "CSTS.CFS after an enable with bad values");
        SimulationFailure.Unless((ControllerStatus & ReadyBit) == 0, "ready with bad values");
        Disable();
    }

    /// <summary>Doorbells of no queue, values beyond a queue: without effect.</summary>
    public void RingWrongDoorbell()
    {
        int identifier = _random.OneIn(2) ? _random.Below(_submission.Length) : _random.Between(_submission.Length, 511);
        uint value = identifier < _submission.Length ? 4096u + (_random.Next32() >> 1) : _random.Next32();
        int offset = 0x1000 + (identifier * 8) + (_random.OneIn(2) ? 4 : 0);
        _log.Add(Now, Happening.GarbageDoorbell, (ulong)offset, value);
        _machine.WriteDoorbell(offset, value);
        for (int i = _random.Below(10); i > 0; i--)
        {
            _step();
        }

        if (identifier < _submission.Length)
        {
            // As a driver would after the event: the right value again.
            HostSubmissionQueue submission = _submission[identifier];
            HostCompletionQueue completion = _completion[identifier];
            if ((offset & 4) == 0 && submission.Exists)
            {
                _machine.WriteDoorbell(offset, (uint)(submission.Rung % submission.Entries));
            }
            else if ((offset & 4) != 0 && completion.Exists)
            {
                _machine.WriteDoorbell(offset, (uint)completion.RungHead);
            }
        }
    }

    /// <summary>
    /// Doorbell values that lie inside queues and are wrong: the device runs old entries again, overwrites answers. Nothing is promised then
    /// but that a reset ends it.
    /// </summary>
    public void BreakRules()
    {
        _isLawless = true;
        _machine.MayStray = true;
        IsUp = false;
        Array.ForEach(_completion, queue => queue.Exists = false);
        for (int i = _random.Between(1, 8); i > 0; i--)
        {
            int identifier = _random.Below(_submission.Length);
            int offset = 0x1000 + (identifier * 8) + (_random.OneIn(2) ? 4 : 0);
            uint value = (uint)_random.Below(40);
            _log.Add(Now, Happening.GarbageDoorbell, (ulong)offset, value);
            _machine.WriteDoorbell(offset, value);
            for (int steps = _random.Below(20); steps > 0; steps--)
            {
                _step();
            }
        }

        if (_random.OneIn(2))
        {
            Disable();
        }
        else
        {
            HotReset(isLinkLost: false);
        }
    }

    public void HoldHeads()
    {
        HostCompletionQueue queue = _completion[_random.Below(_completion.Length)];
        queue.HeldUntil = Now + _random.Between(10, 400);
        _log.Add(Now, Happening.HeadsHeld, (ulong)queue.Identifier, (ulong)queue.HeldUntil);
    }

    public void ReleaseHeads() => Array.ForEach(_completion, queue => queue.HeldUntil = 0);

    /// <summary>True where the controller says that it can go on no more; a reset helps.</summary>
    public bool IsFatal => (ControllerStatus & FatalBit) != 0;

    /// <summary>Waits a while for the commands under way.</summary>
    /// <returns>False where some are not answered yet.</returns>
    public bool TryQuieten()
    {
        for (int i = 0; i < 500 && HasActiveJobs; i++)
        {
            RingTails();
            _step();
        }

        return !HasActiveJobs;
    }

    /// <summary>Waits until every command has been answered.</summary>
    /// <returns>False where the controller says meanwhile that it cannot go on, and may: only a reset helps then.</returns>
    public bool WaitForAll(string what)
    {
        for (int i = 0; HasActiveJobs; i++)
        {
            if (_machine.MayGiveUp && IsFatal)
            {
                return false;
            }

            RingTails();
            if (i == PatienceSteps)
            {
                HostJob lost = Array.Find(_jobs, job => job.IsActive && job.Kind != JobKind.EventRequest)!;
                throw new SimulationFailure($"{what}: command {lost.CommandIdentifier:X}h ({lost.Kind}) of queue {lost.SubmissionQueue} is never answered");
            }

            _step();
        }

        return true;
    }

    /// <summary>Every entry is taken, and the device was told: no level stays.</summary>
    public void WaitForLevelToFall() => WaitFor(() => !_machine.IsLevelAsserted, "INTx to fall");

    /// <summary>At the end, with the controller disabled: no byte of RAM is other than the host left it.</summary>
    public void CheckRam() => _machine.Ram.Check(_machine.Ram.Address, (int)AllSpaceBytes, "at the end");

    private void WaitFor(Func<bool> condition, string what)
    {
        for (int i = 0; !condition(); i++)
        {
            SimulationFailure.Unless(i < PatienceSteps, $"waited in vain for {what}; CSTS {ControllerStatus:X8}h");
            _step();
        }
    }

    private void SettleMachine() => WaitFor(() => !_machine.IsSettling, "a reset or register write to reach the device");

    /// <summary>The commands of the earlier life will not be answered any more; what they were doing may have happened or not.</summary>
    private void ForgetJobs()
    {
        if (_isLawless)
        {
            _isLawless = false;
            _oracle.ForgetAll();
            _machine.Ram.Accept(_machine.Ram.Address, (int)AllSpaceBytes);
        }

        Array.ForEach(_jobs, job => Forget(job, "ended by a reset"));

        for (int i = 0; i < _submission.Length; i++)
        {
            _submission[i].Exists = false;
            if (_completion[i].Entries > 0)
            {
                _machine.Ram.Accept(_completion[i].Address, _completion[i].LengthBytes);
            }
        }
    }

    private void Forget(HostJob job, string why)
    {
        if (!job.IsActive)
        {
            return;
        }

        job.IsActive = false;
        for (int i = 0; i < job.Ranges; i++)
        {
            _oracle.EndWrite(job.RangeBegun[i], job.RangeBlock[i], job.RangeCount[i], isSuccess: false);
        }

        if (job.IsToHost)
        {
            AcceptPieces(job);
        }

        _machine.Ram.Check(job.Area, HostJob.AreaBytes, $"command {job.CommandIdentifier:X}h ({job.Kind}), {why}");
    }

    private void WriteAdminQueue()
    {
        int entries = _scenario.AdminEntries;
        _submission[0].Create(entries, 0);
        _completion[0].Create(entries, 0, _scenario.IsInterruptDriven, _machine.InterruptCount(0));
        _completion[0].Exists = false;
        _machine.Ram.Fill(_completion[0].Address, _completion[0].LengthBytes, 0);
        _machine.WriteRegister(RegisterOffset.AdminQueueAttributes, (uint)((entries - 1) | ((entries - 1) << 16)));
        _machine.WriteRegister64(RegisterOffset.AdminSubmissionQueueBase, _submission[0].Address);
        _machine.WriteRegister64(RegisterOffset.AdminCompletionQueueBase, _completion[0].Address);
    }

    private bool TryEnable()
    {
        _log.Add(Now, Happening.Enable);
        WriteAdminQueue();
        _machine.WriteRegister(RegisterOffset.ControllerConfiguration, Enabled);
        WaitFor(() => (ControllerStatus & (ReadyBit | FatalBit)) != 0, "CSTS.RDY to become 1");
        SimulationFailure.Unless((ControllerStatus & FatalBit) == 0, "CSTS.CFS after an enable with good values");
        _completion[0].Exists = true;
        _machine.MayStray = false;
        return true;
    }
}
