// Control: how the threads that are not reactors (console, configuration watcher) ask a controller for something. A request is an object of
// its own class; the mailbox brings it to the reactor that owns the controller's admin queue, and the poster waits on its own side.
// What the reactor pays is one volatile read every few turns. Not here: answers that need texts, and anything that reads without asking
// (counters are read from outside).

using System.Diagnostics;
using Nvmepf.Firmware.Controller;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Control;

/// <summary>The requests for one controller: any number of control threads post, the controller's reactor takes.</summary>
public sealed class ControlMailbox
{
    /// <summary>Requests that may wait to be taken. A power of two.</summary>
    public const int Capacity = 16;

    private const int RunningMax = 8;

    // The reactor enforces a request's own deadline; this is how much longer the poster waits for it to say so.
    private const long AnswerMarginMilliseconds = 1000;

    private readonly Lock _posters = new();
    private readonly Place[] _ring = new Place[Capacity];
    private readonly Place[] _running = new Place[RunningMax];
    private uint _posted; // written by posters
    private uint _taken; // written by the reactor
    private int _runningCount; // the reactor's
    private int _wakeDescriptor = -1;
    private volatile bool _isClosed;

    /// <summary>True where the reactor has something to run. For the reactor.</summary>
    public bool HasWork => _runningCount != 0 || Volatile.Read(ref _posted) != _taken;

    /// <summary>Hands a request over and wakes the reactor; the caller looks at <see cref="ControlRequest.IsEnded"/> itself.</summary>
    /// <returns>None, MailboxFull or Stopped.</returns>
    /// <exception cref="InvalidOperationException">The request is in a mailbox already.</exception>
    public ControlError Post(ControlRequest request)
    {
        lock (_posters)
        {
            if (_isClosed)
            {
                return ControlError.Stopped;
            }

            if (_posted - Volatile.Read(ref _taken) == Capacity)
            {
                return ControlError.MailboxFull;
            }

            if (!request.TryBeginPost())
            {
                throw new InvalidOperationException("the request is posted already");
            }

            _ring[_posted % Capacity].Request = request;
            Volatile.Write(ref _posted, _posted + 1);
            if (_wakeDescriptor >= 0)
            {
                _ = Events.Signal(_wakeDescriptor);
            }
        }

        return ControlError.None;
    }

    /// <summary>Hands a request over and waits until it has ended, or its time and a second more have passed.</summary>
    public ControlError Ask(ControlRequest request)
    {
        ControlError error = Post(request);
        if (error != ControlError.None)
        {
            return error;
        }

        long start = Stopwatch.GetTimestamp();
        long patienceMilliseconds = (request.TimeoutNanoseconds / 1_000_000) + AnswerMarginMilliseconds;
        SpinWait spin = default;
        while (!request.IsEnded)
        {
            if (_isClosed)
            {
                return request.IsEnded ? request.Error : ControlError.Stopped;
            }

            if (Stopwatch.GetElapsedTime(start).TotalMilliseconds > patienceMilliseconds)
            {
                request.Abandon();
                return ControlError.NotAnswered;
            }

            spin.SpinOnce(sleep1Threshold: 10); // then a millisecond at a time
        }

        return request.Error;
    }

    /// <summary>Runs what was posted and what is pending, each for one step. For the reactor.</summary>
    /// <returns>How many steps.</returns>
    public int Run(NvmeController controller, long nowNanoseconds)
    {
        while (_runningCount < RunningMax && Volatile.Read(ref _posted) != _taken)
        {
            _running[_runningCount++].Request = _ring[_taken % Capacity].Request;
            _ring[_taken % Capacity].Request = null;
            Volatile.Write(ref _taken, _taken + 1);
        }

        int steps = _runningCount;
        int kept = 0;
        for (int i = 0; i < steps; i++)
        {
            ControlRequest request = _running[i].Request!;
            _running[i].Request = null;
            if (!request.Step(controller, nowNanoseconds))
            {
                _running[kept++].Request = request;
            }
        }

        _runningCount = kept;
        return steps;
    }

    /// <summary>A reactor sleeps on this event counter: posting signals it.</summary>
    internal void Open(int wakeDescriptor)
    {
        lock (_posters)
        {
            _wakeDescriptor = wakeDescriptor;
        }
    }

    /// <summary>The reactor has ended its loop: what waits ends with Stopped, and nothing is taken any more.</summary>
    internal void Close()
    {
        lock (_posters)
        {
            _isClosed = true;
            _wakeDescriptor = -1;
            for (; _taken != _posted; _taken++)
            {
                _ring[_taken % Capacity].Request?.Stop();
                _ring[_taken % Capacity].Request = null;
            }
        }

        for (int i = 0; i < _runningCount; i++)
        {
            _running[i].Request!.Stop();
            _running[i].Request = null;
        }

        _runningCount = 0;
    }

    // An array of references checks each store's type, by code that may allocate; an array of this does not.
    private struct Place
    {
        public ControlRequest? Request;
    }
}
