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

    private readonly PollDescriptor[] _wake = new PollDescriptor[8];
    private readonly int[] _wakeFds = new int[8];
    private int _idleTurns;

    /// <summary>Waits a moment: longer the longer nothing has come, never while something is under way that nobody would announce.</summary>
    /// <returns>True where it slept.</returns>
    private bool Idle(int stopDescriptor)
    {
        if (_controller.IsBusy && _ring!.InFlight == 0)
        {
            _idleTurns = 0;
            return false;
        }

        _idleTurns++;
        if (_idleTurns < IdleTurnsBeforeSleep && _controller.State == ControllerState.Ready)
        {
            return false;
        }

        int count = _platform.GetWakeDescriptors(_wakeFds);
        for (int i = 0; i < count; i++)
        {
            _wake[i] = new PollDescriptor { Fd = _wakeFds[i], Events = PollEvents.In };
        }

        // Emptied before the last look: what completes after that look wakes the sleep.
        _ = Events.Take(_ringEvent, out _);
        if (_ring!.HasWork || _ring.Unsubmitted > 0 || _controller.Control.HasWork)
        {
            return false;
        }

        _wake[count++] = new PollDescriptor { Fd = _ringEvent, Events = PollEvents.In };
        if (stopDescriptor >= 0)
        {
            _wake[count++] = new PollDescriptor { Fd = stopDescriptor, Events = PollEvents.In };
        }

        long sleep = _controller.State == ControllerState.Ready
            ? Math.Min(SleepMinimumNanoseconds * (1 + ((_idleTurns - IdleTurnsBeforeSleep) / 64)), SleepMaximumNanoseconds)
            : _platform.TrapsRegisterWrites ? SleepDisabledNanoseconds : SleepUnannouncedNanoseconds;
        Statistics.Sleeps++;
        if (Events.Poll(_wake.AsSpan(0, count), sleep) > 0)
        {
            _idleTurns = 0;
        }

        return true;
    }
}
