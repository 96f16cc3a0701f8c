using Nvmepf.Firmware.Controller;

namespace Nvmepf.Firmware.Control;

/// <summary>Whether a request has ended.</summary>
public enum ControlProgress : byte
{
    /// <summary>It has.</summary>
    Done,

    /// <summary>It waits for something: it is called again in a later turn, until its deadline.</summary>
    Pending,
}

/// <summary>
/// Something that a control thread asks of a controller: made by the control thread with all that it needs, run by the controller's reactor,
/// read again by the control thread once it has ended. A request may be posted again after that.
/// </summary>
/// <remarks>
/// <see cref="Run"/> is on the reactor: no allocation, lock, exception or wait. Results are plain fields that the poster reads after
/// <see cref="IsEnded"/>, which orders them.
/// </remarks>
public abstract class ControlRequest
{
    private const int PostedState = 1;
    private const int RunningState = 2;
    private const int EndedState = 3;

    private volatile int _state; // 0: never posted
    private volatile bool _isAbandoned;
    private long _deadlineNanoseconds;

    /// <summary>How long it may take from its first <see cref="Run"/>, in nanoseconds; then <see cref="TakeBack"/> is called instead.</summary>
    public long TimeoutNanoseconds { get; init; } = 5_000_000_000;

    /// <summary>How it ended; valid once <see cref="IsEnded"/>.</summary>
    public ControlError Error { get; private set; }

    /// <summary>True once the reactor is through with it.</summary>
    public bool IsEnded => _state == EndedState;

    /// <summary>Does the next part of it, on the controller's reactor.</summary>
    protected abstract ControlProgress Run(NvmeController controller, long nowNanoseconds);

    /// <summary>The deadline has passed: undoes what was begun, on the controller's reactor.</summary>
    protected virtual void TakeBack(NvmeController controller)
    {
    }

    /// <summary>Ends it; for the last line of <see cref="Run"/>.</summary>
    protected ControlProgress End(ControlError error)
    {
        Error = error;
        return ControlProgress.Done;
    }

    /// <summary>Takes it for a mailbox; false where it is in one.</summary>
    internal bool TryBeginPost()
    {
        int state = _state;
        if (state is PostedState or RunningState)
        {
            return false;
        }

        Error = ControlError.None;
        _isAbandoned = false;
        _state = PostedState;
        return true;
    }

    /// <summary>Nobody waits for it any more: it is not begun where it has not been.</summary>
    internal void Abandon() => _isAbandoned = true;

    /// <summary>One step, on the reactor.</summary>
    /// <returns>True once it has ended.</returns>
    internal bool Step(NvmeController controller, long nowNanoseconds)
    {
        if (_state == PostedState)
        {
            if (_isAbandoned)
            {
                End(ControlError.NotAnswered);
                _state = EndedState;
                return true;
            }

            _state = RunningState;
            _deadlineNanoseconds = nowNanoseconds + TimeoutNanoseconds;
        }
        else if (nowNanoseconds >= _deadlineNanoseconds)
        {
            TakeBack(controller);
            End(ControlError.TimedOut);
            _state = EndedState;
            return true;
        }

        if (Run(controller, nowNanoseconds) == ControlProgress.Pending)
        {
            return false;
        }

        _state = EndedState;
        return true;
    }

    /// <summary>The reactor has ended.</summary>
    internal void Stop()
    {
        End(ControlError.Stopped);
        _state = EndedState;
    }
}
