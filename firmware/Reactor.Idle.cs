using Nvmepf.Firmware.Controller;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware;

/// <content>How an adaptive reactor waits when there is nothing to do, and what wakes it.</content>
public sealed partial class Reactor
{
    /// <summary>Turns without work before an adaptive reactor begins to sleep; a few tens of microseconds.</summary>
    private const int IdleTurnsBeforeSleep = 2000;

    private const long SleepMinimumNanoseconds = 20_000;

    /// <summary>Bounds the latency of the first command after idle, as doorbells in shared memory wake nobody.</summary>
    private const long SleepMaximumNanoseconds = 200_000;

    /// <summary>With no queue to watch, only descriptors can bring work, and they wake the thread.</summary>
    private const long SleepDisabledNanoseconds = 20_000_000;

    /// <summary>The same where nobody announces that the host has written a register: how late CC.EN may be seen.</summary>
    private const long SleepUnannouncedNanoseconds = 1_000_000;

    /// <summary>Descriptors of the platforms; those that find no room are looked at when the sleep has ended.</summary>
    private const int WakeDescriptorsMax = 64;

    private readonly PollDescriptor[] _wake = new PollDescriptor[WakeDescriptorsMax + 2];
    private readonly int[] _wakeFds = new int[WakeDescriptorsMax];
    private int _idleTurns;

    /// <summary>Waits a moment: longer the longer nothing has come, never while something is under way that nobody would announce.</summary>
    /// <returns>True where it slept.</returns>
    private bool Idle(int stopDescriptor)
    {
        if (IsBusy && _ring!.InFlight == 0)
        {
            _idleTurns = 0;
            return false;
        }

        _idleTurns++;
        if (_idleTurns < IdleTurnsBeforeSleep && WatchesDoorbells)
        {
            return false;
        }

        int count = 0;
        bool trapsRegisterWrites = true;
        for (int i = 0; i < _functions.Length; i++)
        {
            trapsRegisterWrites &= _functions[i].Platform.TrapsRegisterWrites;
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

        long sleep = WatchesDoorbells
            ? Math.Min(SleepMinimumNanoseconds * (1 + ((_idleTurns - IdleTurnsBeforeSleep) / 64)), SleepMaximumNanoseconds)
            : trapsRegisterWrites ? SleepDisabledNanoseconds : SleepUnannouncedNanoseconds;
        Statistics.Sleeps++;
        if (Events.Poll(_wake.AsSpan(0, count), sleep) > 0)
        {
            _idleTurns = 0;
        }

        _link.EndSleep();
        return true;
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
            bool found = _ring!.HasWork || _ring.Unsubmitted > 0;
            for (int i = 0; i < _functions.Length; i++)
            {
                NvmeController controller = _functions[i].Controller;
                found |= controller.Control.HasWork || controller.HasShareWork || controller.Passthrough is { HasWork: true };
            }

            for (int i = 0; i < _shares.Length; i++)
            {
                found |= _shares[i].Link!.Gate.HasNews;
            }

            return found;
        }
    }
}
