using Nvmepf.Firmware.Console.Terminal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Console.Transport;

/// <summary>
/// Two descriptors that a person or a script is behind, with a bounded buffer in each direction. All waiting is in <see cref="Pump"/>, with a
/// deadline. Output that nobody takes is waited for a while and then dropped and counted.
/// </summary>
internal sealed unsafe class Channel
{
    /// <summary>Output that waits; more than any answer but a long dump.</summary>
    public const int OutputBytes = 64 * 1024;

    private const int InputBytes = 1024;
    private const long PumpNanoseconds = 100_000_000;

    // A descriptor that is not in non-blocking mode (standard output) takes this much at once where it says that it takes any.
    private const int WriteBytesMax = 256;
    private const byte InterruptCharacter = 3;
    private readonly int _inputFd;
    private readonly int _outputFd;
    private readonly int _stopFd;
    private readonly long _stallNanoseconds;
    private readonly byte[] _input = new byte[InputBytes];
    private readonly PollDescriptor[] _poll = new PollDescriptor[3];
    private bool _isStalled;
    private int _inputHead;
    private int _inputCount;

    /// <summary>Takes descriptors that stay the caller's.</summary>
    /// <param name="inputFd">Where input comes from.</param>
    /// <param name="outputFd">Where output goes; may be the same.</param>
    /// <param name="stopFd">Readable when the process shall end; nobody takes its count.</param>
    /// <param name="stallNanoseconds">How long output that does not fit is waited for while nothing of it is taken.</param>
    public Channel(int inputFd, int outputFd, int stopFd, long stallNanoseconds)
    {
        _inputFd = inputFd;
        _outputFd = outputFd;
        _stopFd = stopFd;
        _stallNanoseconds = stallNanoseconds;
        _poll[0] = new PollDescriptor { Fd = stopFd, Events = PollEvents.In };
    }

    /// <summary>What is on its way out.</summary>
    public OutputBuffer Output { get; } = new(OutputBytes);

    /// <summary>The other side has gone, or the process ends; nothing comes and nothing goes any more.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>The process shall end.</summary>
    public bool IsStopping { get; private set; }

    /// <summary>No more input comes; what was asked is still answered.</summary>
    public bool IsInputEnded { get; private set; }

    /// <summary>^C has come while output waited; stays until <see cref="ClearInterrupt"/>.</summary>
    public bool IsInterrupted { get; private set; }

    /// <summary>Bytes of input that wait.</summary>
    public int InputCount => _inputCount;

    /// <summary>Whether whoever writes has to end soon, so that it does not wait for room; null for never.</summary>
    public Func<bool>? IsEnding { get; set; }

    /// <summary>Forgets a ^C.</summary>
    public void ClearInterrupt() => IsInterrupted = false;

    /// <summary>Takes one byte of input.</summary>
    public bool TryTake(out byte value)
    {
        value = 0;
        if (_inputCount == 0)
        {
            return false;
        }

        value = _input[_inputHead];
        _inputHead = (_inputHead + 1) % InputBytes;
        _inputCount--;
        return true;
    }

    /// <summary>Looks at the next byte of input without taking it.</summary>
    public bool TryPeek(out byte value)
    {
        value = _input[_inputHead];
        return _inputCount > 0;
    }

    /// <summary>Waits until something can be moved in either direction, and moves it.</summary>
    /// <param name="timeoutNanoseconds">How long at most.</param>
    /// <returns>True where any byte was moved.</returns>
    public bool Pump(long timeoutNanoseconds)
    {
        if (IsClosed)
        {
            return false;
        }

        _poll[1] = new PollDescriptor { Fd = IsInputEnded ? -1 : _inputFd, Events = _inputCount < InputBytes ? PollEvents.In : PollEvents.None };
        _poll[2] = new PollDescriptor { Fd = Output.Count > 0 ? _outputFd : -1, Events = PollEvents.Out };
        if (Events.Poll(_poll, timeoutNanoseconds) <= 0)
        {
            return false;
        }

        if (_poll[0].Returned != PollEvents.None)
        {
            IsStopping = true;
            IsClosed = true;
            return false;
        }

        bool moved = (_poll[2].Returned & PollEvents.Out) != 0 && Send();
        if ((_poll[1].Returned & PollEvents.In) != 0)
        {
            moved |= Receive();
        }
        else if (((_poll[1].Returned | _poll[2].Returned) & (PollEvents.HangUp | PollEvents.Error | PollEvents.Invalid)) != 0)
        {
            IsClosed = true;
        }

        return moved;
    }

    /// <summary>Sends for a while, and looks for ^C.</summary>
    public void PumpOutput(long timeoutNanoseconds)
    {
        _ = Pump(timeoutNanoseconds);
        LookForInterrupt();
    }

    /// <summary>Waits until there is room for so many bytes of output; gives up where nobody takes any for a while.</summary>
    /// <returns>False where there is none: what is written is dropped and counted.</returns>
    public bool WaitForRoom(int bytes)
    {
        // Who has waited in vain once does not wait again before anything has moved: a long answer would take for ever.
        long deadline = Clock.MonotonicNanoseconds() + (_isStalled ? 0 : _stallNanoseconds);
        while (Output.Free < bytes && !IsClosed && !IsInterrupted)
        {
            int before = Output.Count;
            _ = Pump(Math.Clamp(deadline - Clock.MonotonicNanoseconds(), 0, PumpNanoseconds));
            LookForInterrupt();
            if (Output.Count < before)
            {
                _isStalled = false;
                deadline = Clock.MonotonicNanoseconds() + _stallNanoseconds;
            }
            else if (Clock.MonotonicNanoseconds() >= deadline || IsEnding?.Invoke() == true)
            {
                _isStalled = true;
                return false;
            }
        }

        return Output.Free >= bytes;
    }

    /// <summary>Sends all that waits; gives up where nobody takes any for a while.</summary>
    public void Flush() => _ = WaitForRoom(OutputBytes);

    private void LookForInterrupt()
    {
        for (int i = 0; i < _inputCount; i++)
        {
            if (_input[(_inputHead + i) % InputBytes] == InterruptCharacter)
            {
                // What was typed before is forgotten with it, and so is what was not sent yet.
                _inputHead = (_inputHead + i + 1) % InputBytes;
                _inputCount -= i + 1;
                Output.Clear();
                IsInterrupted = true;
                return;
            }
        }
    }

    private bool Send()
    {
        ReadOnlySpan<byte> next = Output.Next;
        long sent;
        fixed (byte* bytes = next)
        {
            sent = Files.Write(_outputFd, bytes, (nuint)Math.Min(next.Length, WriteBytesMax));
        }

        if (sent > 0)
        {
            Output.Taken((int)sent);
            return true;
        }

        IsClosed |= sent is not (-Errno.EAGAIN or -Errno.EINTR);
        return false;
    }

    private bool Receive()
    {
        int at = (_inputHead + _inputCount) % InputBytes;
        int room = Math.Min(InputBytes - _inputCount, InputBytes - at);
        long received;
        fixed (byte* bytes = _input)
        {
            received = Files.Read(_inputFd, bytes + at, (nuint)room); // inside the array: at + room <= InputBytes
        }

        if (received > 0)
        {
            _inputCount += (int)received;
            return true;
        }

        // The end of a file, or a terminal that has hung up: then writing fails as well.
        IsInputEnded |= received == 0;
        IsClosed |= received is < 0 and not (-Errno.EAGAIN or -Errno.EINTR);
        return false;
    }
}
