namespace Nvmepf.Hal.Rk3588;

/// <summary>The end of a wait. Waits of the bring-up only: they sleep between two looks.</summary>
internal readonly struct Deadline
{
    private readonly IBoardClock _clock;
    private readonly long _endNanoseconds;

    internal Deadline(IBoardClock clock, long waitNanoseconds)
    {
        _clock = clock;
        _endNanoseconds = clock.NowNanoseconds + waitNanoseconds;
    }

    /// <summary>True until the time is over; sleeps before it says so, so that it is the condition of a loop that looks.</summary>
    internal bool Pause(long nanoseconds)
    {
        if (_clock.NowNanoseconds >= _endNanoseconds)
        {
            return false;
        }

        _clock.Sleep(nanoseconds);
        return true;
    }
}
