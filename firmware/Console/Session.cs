using Nvmepf.Firmware.Console.Terminal;
using Nvmepf.Firmware.Console.Transport;

namespace Nvmepf.Firmware.Console;

/// <summary>
/// One person or script on one channel: reads lines, runs commands, one after the other, on the channel's own thread. Nothing here is shared
/// with another session or with a reactor.
/// </summary>
internal sealed class Session : ILineSink
{
    /// <summary>Begins a line that is run once, without a terminal: the answer follows, then <see cref="EndOfAnswer"/> and a digit, 0 for success.</summary>
    public const byte OneShotMark = 1;

    /// <summary>Says that a person follows.</summary>
    public const byte InteractiveMark = 2;

    /// <summary>Ends the answer of a line that is run once.</summary>
    public const byte EndOfAnswer = 4;

    private const string Prompt = "nvmepf> ";
    private const long WaitNanoseconds = 3600_000_000_000;
    private const int OneShotBytesMax = 4096;
    private readonly ConsoleTargets _targets;
    private readonly Channel _channel;
    private readonly InteractiveTerminal _terminal;
    private readonly LineEditor _editor;
    private bool _isOneShot;
    private long _linesLost;

    /// <summary>Creates the session; nothing is shown yet.</summary>
    public Session(ConsoleTargets targets, Channel channel, CommandHistory history)
    {
        _targets = targets;
        _channel = channel;
        _terminal = new InteractiveTerminal(channel, targets);
        channel.IsEnding = () => targets.IsDetaching;
        _editor = new LineEditor(channel.Output, history, new CommandCompleter(targets), Prompt);
    }

    /// <inheritdoc/>
    public bool IsUnread => _channel.IsClosed || _channel.IsInterrupted;

    /// <summary>Serves until the other side goes, says <c>exit</c>, or the process ends.</summary>
    /// <param name="mayBeOneShot">Whether a first byte of <see cref="OneShotMark"/> means a script.</param>
    public void Run(bool mayBeOneShot)
    {
        if (mayBeOneShot && WaitForInput() && _channel.TryPeek(out byte first) && first is (OneShotMark or InteractiveMark))
        {
            _ = _channel.TryTake(out _);
            if (first == OneShotMark)
            {
                RunOneShot();
                return;
            }
        }

        WriteLine($"nvmepf {Program.Version} console, help lists the commands");
        _editor.Start();
        while (!_channel.IsClosed && !(_channel.IsInputEnded && _channel.InputCount == 0))
        {
            while (_channel.TryTake(out byte value))
            {
                EditorEvent happened = _editor.Feed(value);
                if (happened == EditorEvent.EndOfInput || (happened == EditorEvent.Line && !RunLine(_editor.Line)))
                {
                    _channel.Flush();
                    return;
                }
            }

            _ = _channel.Pump(WaitNanoseconds);
        }

        _channel.Flush();
    }

    /// <inheritdoc/>
    public void WriteLine(ReadOnlySpan<char> line)
    {
        if (MakeRoom(line.Length))
        {
            _channel.Output.AddText(line);
            if (_terminal.ErasesLineEnds)
            {
                _channel.Output.Add("\x1b[K"u8);
            }

            EndLine();
        }
    }

    /// <inheritdoc/>
    public void WriteLine(ReadOnlySpan<byte> line)
    {
        // A line longer than the buffer goes in pieces.
        while (line.Length > 0 && MakeRoom(Math.Min(line.Length, Channel.OutputBytes / 2)))
        {
            int piece = Math.Min(line.Length, Channel.OutputBytes / 2);
            _channel.Output.Add(line[..piece]);
            line = line[piece..];
        }

        EndLine();
    }

    private void EndLine() => _channel.Output.Add(_isOneShot ? "\n"u8 : "\r\n"u8);

    /// <summary>Waits for room; what is left out for lack of it is said as soon as there is.</summary>
    private bool MakeRoom(int bytes)
    {
        const int NoticeBytes = 80;
        if (!_channel.WaitForRoom(bytes + NoticeBytes))
        {
            _linesLost++;
            return false;
        }

        if (_linesLost > 0)
        {
            _channel.Output.AddText($"[{_linesLost} lines were dropped: nobody took them]");
            _linesLost = 0;
            EndLine();
        }

        return true;
    }

    private bool WaitForInput()
    {
        // Our client says at once what it is; another program (socat) sees the prompt when this time is over or a key was hit.
        const long GreetingNanoseconds = 2_000_000_000;
        _ = _channel.Pump(GreetingNanoseconds);
        return _channel.InputCount > 0;
    }

    private void RunOneShot()
    {
        const long PatienceNanoseconds = 10_000_000_000;
        _isOneShot = true;
        List<byte> line = [];
        bool isTooLong = false;
        while (!_channel.IsClosed)
        {
            if (!_channel.TryTake(out byte value))
            {
                if (!_channel.Pump(PatienceNanoseconds))
                {
                    return;
                }
            }
            else if (value == '\n')
            {
                AnswerOnce(isTooLong ? null : System.Text.Encoding.UTF8.GetString([.. line]));
                return;
            }
            else if (line.Count < OneShotBytesMax)
            {
                line.Add(value);
            }
            else
            {
                isTooLong = true;
            }
        }
    }

    private void AnswerOnce(string? line)
    {
        bool isWell = line is not null && CommandRunner.Run(line, _targets, this, null);
        if (line is null)
        {
            WriteLine($"error: the line is too long; allowed: up to {OneShotBytesMax} bytes");
        }

        _ = MakeRoom(2);
        _channel.Output.Add(EndOfAnswer);
        _channel.Output.Add(isWell ? (byte)'0' : (byte)'1');
        _channel.Flush();
    }

    /// <returns>False where the session shall end.</returns>
    private bool RunLine(string line)
    {
        string word = line.Trim();
        if (word is "exit" or "quit")
        {
            return false;
        }

        _channel.ClearInterrupt();
        if (word.Length > 0)
        {
            _ = CommandRunner.Run(line, _targets, this, _terminal);
        }

        if (_channel.IsInterrupted)
        {
            _channel.Output.Add("^C\r\n"u8);
            _channel.ClearInterrupt();
        }

        _editor.Start();
        return true;
    }
}
