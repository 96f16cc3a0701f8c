using Nvmepf.Firmware.Controller;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware;

/// <content>How an adaptive reactor waits when there is nothing to do, and what wakes it.</content>
public sealed partial class Reactor
{
    /// <summary>Turns without work before an adaptive reactor begins to sleep; a few tens of microseconds.</summary>
    private const int IdleTurnsBeforeSleep = 2000;

    /// <summary>Beyond this a turn is as idle as it gets.</summary>
    private const int IdleTurnsCounted = IdleTurnsBeforeSleep + 1024;

    private const long NapMinimumNanoseconds = 20_000;

    /// <summary>Bounds the latency of the first command after a pause, as doorbells in shared memory wake nobody.</summary>
    private const long PauseNapNanoseconds = 80_000;

    /// <summary>A pause that is longer is idleness: from then on naps may be longer, as far as <see cref="IdleShareDivisor"/> needs it.</summary>
    private const long PauseNanoseconds = 200_000_000;

    /// <summary>
    /// An idle thread may use one part in so many of a core. What a nap costs is measured: a microsecond on a machine of its own, where 80 us are
    /// long enough, and twenty in a virtual machine whose timers are emulated.
    /// </summary>
    private const long IdleShareDivisor = 120;

    private const long IdleNapMaximumNanoseconds = 4_000_000;

    /// <summary>
    /// Of so many naps of a pause one looks at the descriptors, for which it takes several system calls; the others are one call each. It
    /// bounds how long a message of a host in a pause waits.
    /// </summary>
    private const uint NapsPerDescriptorLook = 32;

    /// <summary>With no queue to watch, only descriptors can bring work, and they wake the thread.</summary>
    private const long SleepDisabledNanoseconds = 20_000_000;

    /// <summary>The same where nobody announces that the host has written a register: how late CC.EN may be seen.</summary>
    private const long SleepUnannouncedNanoseconds = 1_000_000;

    /// <summary>
    /// Where doorbells are announced, a pause is at first as short as where they are not: to ask for an announcement is cheap here, but dear for a
    /// host whose register write goes through a hypervisor.
    /// </summary>
    private const long PauseBeforeAnnouncedNanoseconds = 1_000_000;

    /// <summary>Descriptors of the platforms; those that find no room are looked at when the sleep has ended.</summary>
    private const int WakeDescriptorsMax = 64;

    private readonly PollDescriptor[] _wake = new PollDescriptor[WakeDescriptorsMax + 2];
    private readonly int[] _wakeFds = new int[WakeDescriptorsMax];
    private int _idleTurns;
    private bool _wasAnnouncementRefused;
    private bool _hasSlept; // and has not offered its core since
    private bool _isWoken; // a descriptor ended the last sleep, and it was not the one that ends the loop
    private bool _armsDoorbells; // the sleep that begins relies on hosts' register writes
    private uint _naps;
    private long _pauseSinceNanoseconds;
    private long _napCostNanoseconds;
    private long _napCostSinceNanoseconds; // processor time when it was measured last, or 0

    /// <summary>Waits a moment: longer the longer nothing has come, never while something is under way that nobody would announce.</summary>
    /// <returns>True where it slept.</returns>
    private bool Idle(int stopDescriptor, long nowNanoseconds)
    {
        _isWoken = false;

        // A disk that is polled announces nothing either.
        if (_ring!.Polled is { InFlight: > 0 } || (IsBusy && _ring.InFlight == 0))
        {
            _idleTurns = 0;
            return false;
        }

        _idleTurns = Math.Min(_idleTurns + 1, IdleTurnsCounted);
        return WatchesDoorbells ? Nap(stopDescriptor, nowNanoseconds) : SleepOnDescriptors(stopDescriptor, UnwatchedSleepNanoseconds);
    }

    /// <summary>
    /// Work came after a sleep, and has been done: who waits for it may wait for this core as well, because kernels like to run who is woken where the
    /// waker runs. Once for each sleep, as among threads that keep their cores busy a reactor that yields may lose its own for milliseconds.
    /// </summary>
    private void OfferCore()
    {
        _hasSlept = false;
        Statistics.CoreOffers++;
        Threads.Yield();
    }

    /// <summary>Doorbells announce nothing, so the thread wakes by time alone, and in a pause every system call of such a wake counts.</summary>
    private bool Nap(int stopDescriptor, long nowNanoseconds)
    {
        int napsInRow = _idleTurns - IdleTurnsBeforeSleep;
        if (napsInRow < 0)
        {
            return false;
        }

        if (napsInRow == 0)
        {
            _pauseSinceNanoseconds = nowNanoseconds;
            _napCostSinceNanoseconds = 0;
        }

        bool looks = ++_naps % NapsPerDescriptorLook == 0;
        if (looks)
        {
            MeasureNaps();
        }

        if (nowNanoseconds - _pauseSinceNanoseconds > PauseBeforeAnnouncedNanoseconds && !_wasAnnouncementRefused && AreDoorbellsAnnounced)
        {
            _armsDoorbells = true;
            bool slept = SleepOnDescriptors(stopDescriptor, _options.AnnouncedSleepNanoseconds);
            _armsDoorbells = false;
            _wasAnnouncementRefused = !slept;
            return slept;
        }

        // Refused for something that the next turn did not do, such as a doorbell while bus mastering is off: a nap at least before it is asked again.
        _wasAnnouncementRefused = false;
        if (nowNanoseconds - _pauseSinceNanoseconds > PauseNanoseconds)
        {
            return SleepOnDescriptors(stopDescriptor, Math.Clamp(_napCostNanoseconds * IdleShareDivisor, PauseNapNanoseconds, IdleNapMaximumNanoseconds));
        }

        long nap = Math.Min(NapMinimumNanoseconds * (1 + (napsInRow / 64)), PauseNapNanoseconds);
        if (looks || _ring!.InFlight > 0)
        {
            return SleepOnDescriptors(stopDescriptor, nap);
        }

        if (HasNews)
        {
            return false;
        }

        Statistics.Sleeps++;
        _ = Clock.Sleep(nap);
        _hasSlept = true;
        return true;
    }

    /// <summary>What one nap costs, all that the thread does between two of them included.</summary>
    private void MeasureNaps()
    {
        long used = Clock.ThreadProcessorNanoseconds();
        if (_napCostSinceNanoseconds != 0)
        {
            _napCostNanoseconds = (used - _napCostSinceNanoseconds) / NapsPerDescriptorLook;
        }

        _napCostSinceNanoseconds = used;
    }

    /// <summary>Sleeps until a descriptor has something, for the time at most.</summary>
    /// <returns>False where there was something to do before the sleep.</returns>
    private bool SleepOnDescriptors(int stopDescriptor, long sleepNanoseconds)
    {
        int count = 0;
        for (int i = 0; i < _functions.Length; i++)
        {
            count += _functions[i].Platform.GetWakeDescriptors(_wakeFds.AsSpan(count));
        }

        for (int i = 0; i < count; i++)
        {
            _wake[i] = new PollDescriptor { Fd = _wakeFds[i], Events = PollEvents.In };
        }

        // Emptied before the last look: what completes after that look wakes the sleep, and so does who needs this reactor.
        _ = Events.Take(_ringEvent, out _);
        _link.BeginSleep();
        if (HasNews)
        {
            _link.EndSleep();
            return false;
        }

        _wake[count++] = new PollDescriptor { Fd = _ringEvent, Events = PollEvents.In };
        if (stopDescriptor >= 0)
        {
            _wake[count++] = new PollDescriptor { Fd = stopDescriptor, Events = PollEvents.In };
        }

        Statistics.Sleeps++;
        bool isAnyReady = Events.Poll(_wake.AsSpan(0, count), sleepNanoseconds) > 0;
        bool isStopReady = stopDescriptor >= 0 && _wake[count - 1].Returned != PollEvents.None;
        _isWoken = isAnyReady && !isStopReady;
        _idleTurns = isAnyReady ? 0 : _idleTurns;
        _hasSlept = true;
        _link.EndSleep();
        return true;
    }

    /// <summary>How long a reactor sleeps at most that has no queue to watch.</summary>
    private long UnwatchedSleepNanoseconds
    {
        get
        {
            bool trapsRegisterWrites = true;
            for (int i = 0; i < _functions.Length; i++)
            {
                trapsRegisterWrites &= _functions[i].Platform.TrapsRegisterWrites;
            }

            return trapsRegisterWrites ? SleepDisabledNanoseconds : SleepUnannouncedNanoseconds;
        }
    }

    /// <summary>Something is under way that a sleep would delay.</summary>
    private bool IsBusy
    {
        get
        {
            bool isBusy = false;
            for (int i = 0; i < _functions.Length; i++)
            {
                isBusy |= _functions[i].Controller.IsBusy;
            }

            for (int i = 0; i < _shares.Length; i++)
            {
                isBusy |= _shares[i].IsBusy;
            }

            return isBusy;
        }
    }

    /// <summary>A host may ring a doorbell that only this reactor would see.</summary>
    private bool WatchesDoorbells
    {
        get
        {
            bool watches = false;
            for (int i = 0; i < _functions.Length; i++)
            {
                watches |= _functions[i].Controller.State == ControllerState.Ready;
            }

            for (int i = 0; i < _shares.Length; i++)
            {
                watches |= _shares[i].Queues.IoCompletionCount > 0;
            }

            return watches;
        }
    }

    /// <summary>Something that came before <see cref="Nvmepf.Firmware.Reactors.ReactorLink.BeginSleep"/>, and so wakes nobody.</summary>
    private bool HasNews
    {
        get
        {
            bool found = _ring!.HasWork || _ring.Unsubmitted > 0 || _ring.HasRetiredFiles;
            for (int i = 0; i < _functions.Length; i++)
            {
                NvmeController controller = _functions[i].Controller;
                found |= controller.Control.HasWork || controller.HasShareWork || controller.Passthrough is { HasWork: true };
            }

            for (int i = 0; i < _shares.Length; i++)
            {
                found |= _shares[i].Link!.Gate.HasNews;
            }

            return found || (_armsDoorbells && !TryArmDoorbells());
        }
    }

    /// <summary>Whether nothing is under way and every doorbell that this reactor looks at comes by way of a descriptor too, once that is asked for.</summary>
    private bool AreDoorbellsAnnounced
    {
        get
        {
            // What is under way may have to go on by time, such as an interrupt that is held back for others.
            bool areAnnounced = !IsBusy;
            for (int i = 0; i < _functions.Length; i++)
            {
                areAnnounced &= _functions[i].Platform.TrapsDoorbells || _functions[i].Controller.State != ControllerState.Ready;
            }

            for (int i = 0; i < _shares.Length; i++)
            {
                areAnnounced &= _shares[i].Platform.TrapsDoorbells;
            }

            return areAnnounced;
        }
    }

    /// <summary>Asks hosts to write registers; false where one has rung already.</summary>
    /// <remarks>
    /// A share of a controller that is at home elsewhere may be held from now on, and its queues ended: the gate's news are looked at before, and
    /// after that the holder waits for this thread.
    /// </remarks>
    private bool TryArmDoorbells()
    {
        bool isQuiet = true;
        for (int i = 0; i < _functions.Length && isQuiet; i++)
        {
            NvmeController controller = _functions[i].Controller;
            isQuiet = controller.State != ControllerState.Ready || controller.Home.Queues.TryArmDoorbells();
        }

        for (int i = 0; i < _shares.Length && isQuiet; i++)
        {
            isQuiet = _shares[i].Queues.TryArmDoorbells();
        }

        return isQuiet;
    }
}
