using Nvmepf.Firmware.Console.Terminal;
using Nvmepf.Firmware.Console.Transport;

namespace Nvmepf.Firmware.Console;

/// <summary>One call of a command: what it was given, what it may look at, where its answer goes.</summary>
internal sealed class CommandCall
{
    /// <summary>What the console can see.</summary>
    public required ConsoleTargets Targets { get; init; }

    /// <summary>What follows the command's name, options of every command taken out.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Where the answer goes.</summary>
    public required Report Report { get; init; }

    /// <summary>The person at the terminal; null for a script.</summary>
    public InteractiveTerminal? Terminal { get; init; }

    /// <summary>The functions that the command is about: all, or the one named by <c>--function</c>.</summary>
    public required IReadOnlyList<ConsoleFunction> Functions { get; init; }

    /// <summary>Functions that are linked and not served, where the command is about all.</summary>
    public IReadOnlyList<StoppedFunction> StoppedFunctions { get; init; } = [];

    /// <summary>An argument, or null where there are fewer.</summary>
    public string? this[int index] => index < Arguments.Count ? Arguments[index] : null;

    /// <summary>Nobody reads on, or what is looked at goes away.</summary>
    public bool IsEnding => Report.IsUnread || Targets.IsDetaching;

    /// <summary>Lets time pass, while what is typed is kept; ends early where nobody reads on.</summary>
    public void Wait(double seconds)
    {
        if (Terminal is { } terminal)
        {
            const long PumpNanoseconds = 100_000_000;
            long deadline = Hal.Linux.Clock.MonotonicNanoseconds() + (long)(seconds * 1e9);
            while (Hal.Linux.Clock.MonotonicNanoseconds() < deadline && !IsEnding)
            {
                terminal.Channel.PumpOutput(Math.Min(PumpNanoseconds, deadline - Hal.Linux.Clock.MonotonicNanoseconds()));
            }
        }
        else
        {
            const long StepNanoseconds = 20_000_000;
            for (long left = (long)(seconds * 1e9); left > 0 && !IsEnding; left -= StepNanoseconds)
            {
                _ = Hal.Linux.Clock.Sleep(Math.Min(left, StepNanoseconds));
            }
        }
    }

    /// <summary>Asks the reactor of a function for something and waits for it; fails the command where it does not come about.</summary>
    public bool Ask(ConsoleFunction function, Control.ControlRequest request, string subject)
    {
        Control.ControlError error = function.Controller.Control.Ask(request);
        if (error != Control.ControlError.None)
        {
            Report.Fail($"{subject}: {Control.ControlErrorText.Describe(error)}");
        }

        return error == Control.ControlError.None;
    }

    /// <summary>Says how the command is to be called.</summary>
    public void FailUsage(ConsoleCommand command) => Report.Fail($"usage: {command.Usage}");

    /// <summary>The only function there is, or the one that was chosen; fails where several could be meant.</summary>
    public ConsoleFunction? TheFunction()
    {
        if (Functions.Count == 1)
        {
            return Functions[0];
        }

        string names = string.Join(", ", System.Linq.Enumerable.Select(Targets.Functions, function => function.Name));
        Report.Fail(Functions.Count == 0 ? "no function is served now" : $"{Functions.Count} functions are served; add --function NAME; allowed: {names}");
        return null;
    }
}

/// <summary>The person who has typed the command.</summary>
internal sealed class InteractiveTerminal(Channel channel, ConsoleTargets targets)
{
    /// <summary>The terminal.</summary>
    public Channel Channel { get; } = channel;

    /// <summary>Each line erases what was right of it: for a screen that is drawn over itself.</summary>
    public bool ErasesLineEnds { get; set; }

    /// <summary>Asks a question that is answered by one key.</summary>
    /// <returns>True for y.</returns>
    public bool Confirms(string question)
    {
        const long PatienceNanoseconds = 60_000_000_000;
        Channel.Output.AddText(question + " (y/n) ");
        byte answer = WaitForKey(PatienceNanoseconds);
        bool isYes = answer is (byte)'y' or (byte)'Y';
        Channel.Output.Add(isYes ? "y\r\n"u8 : "n\r\n"u8);
        return isYes;
    }

    /// <summary>Waits for any key.</summary>
    /// <returns>The key's first byte, or 0 where none came in time.</returns>
    public byte WaitForKey(long timeoutNanoseconds)
    {
        const long SequenceNanoseconds = 50_000_000;
        byte key = WaitForByte(timeoutNanoseconds);
        KeyDecoder sequence = new(); // of an arrow the rest belongs to it, and not to the next line
        for (byte next = key; next != 0 && sequence.Feed(next) == Key.None;)
        {
            next = WaitForByte(SequenceNanoseconds);
        }

        return key;
    }

    private byte WaitForByte(long timeoutNanoseconds)
    {
        const long PumpNanoseconds = 100_000_000;
        long deadline = Hal.Linux.Clock.MonotonicNanoseconds() + timeoutNanoseconds;
        while (!Channel.IsClosed)
        {
            if (Channel.TryTake(out byte value))
            {
                return value;
            }

            long left = deadline - Hal.Linux.Clock.MonotonicNanoseconds();
            if (left <= 0 || Channel.IsInputEnded || targets.IsDetaching)
            {
                return 0;
            }

            _ = Channel.Pump(Math.Min(left, PumpNanoseconds));
        }

        return 0;
    }
}
