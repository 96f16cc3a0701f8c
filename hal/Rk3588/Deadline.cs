namespace Nvmepf.Hal.Rk3588;

/// <summary>The end of a wait. Waits of the bring-up only: they sleep between two looks.</summary>
internal struct Deadline
{
    private readonly IBoardClock _clock;
    private readonly long _endNanoseconds;
    private bool _isOver;

    internal Deadline(IBoardClock clock, long waitNanoseconds)
    {
        _clock = clock;
        _endNanoseconds = clock.NowNanoseconds + waitNanoseconds;
    }

    /// <summary>
    /// True until the time is over; sleeps before it says so, so that it is the condition of a loop that looks. After the end there is one more
    /// look: the thread may have been away between its last one and now.
    /// </summary>
    internal bool Pause(long nanoseconds)
    {
        if (_isOver)
        {
            return false;
        }

        _isOver = _clock.NowNanoseconds >= _endNanoseconds;
        if (!_isOver)
        {
            _clock.Sleep(nanoseconds);
        }

        return true;
    }
}
