using System.Linq;

namespace Nvmepf.Firmware.Console;

/// <summary>From a line to an answer: finds the command, takes the options that every command has, runs it.</summary>
internal static class CommandRunner
{
    /// <summary>Option that makes the answer JSON.</summary>
    public const string JsonOption = "--json";

    /// <summary>Option that chooses one function.</summary>
    public const string FunctionOption = "--function";

    /// <summary>Runs one line.</summary>
    /// <param name="line">What was typed.</param>
    /// <param name="targets">What the console can see.</param>
    /// <param name="sink">Where the answer goes.</param>
    /// <param name="terminal">The person, or null for a script.</param>
    /// <returns>False where the command could not do what it was asked.</returns>
    public static bool Run(string line, ConsoleTargets targets, ILineSink sink, InteractiveTerminal? terminal)
    {
        List<string> words = CommandLineWords.Split(line);
        bool isJson = words.Remove(JsonOption);
        using JsonReport? json = isJson ? new JsonReport(sink) : null;
        Report report = json is null ? new PlainReport(sink) : json;
        targets.Enter();
        try
        {
            Dispatch(words, targets, report, terminal);
        }
        catch (Exception problem) when (problem is Hal.PlatformException or Configuration.ConfigurationException)
        {
            report.BreakOff();
            report.Fail(problem.Message);
        }
#pragma warning disable CA1031 // A defect in a command must not end the process: hosts have their disk from it.
        catch (Exception defect)
#pragma warning restore CA1031
        {
            report.BreakOff();
            report.Fail($"a defect of this firmware, please report it: {defect.GetType().Name} in {line}");
            targets.Log.Write($"console: {defect.GetType().Name} in a command");
        }
        finally
        {
            targets.Leave();
        }

        report.End();
        return !report.HasFailed;
    }

    /// <summary>The command that the first words name, and how many words its name has.</summary>
    public static ConsoleCommand? Find(IReadOnlyList<string> words, out int nameWords)
    {
        nameWords = 2;
        string two = words.Count > 1 ? $"{words[0]} {words[1]}" : "";
        ConsoleCommand? command = Array.Find(ConsoleCommandTable.Rows, row => row.Name == two);
        if (command is null && words.Count > 0)
        {
            nameWords = 1;
            command = Array.Find(ConsoleCommandTable.Rows, row => row.Name == words[0]);
        }

        return command;
    }

    /// <summary>The commands whose names begin with a word.</summary>
    public static ConsoleCommand[] Group(string word) =>
        Array.FindAll(ConsoleCommandTable.Rows, row => row.Name.StartsWith(word + " ", StringComparison.Ordinal));

    private static void Dispatch(List<string> words, ConsoleTargets targets, Report report, InteractiveTerminal? terminal)
    {
        ShownFunctions? functions = TakeFunction(words, targets.Shown, report);
        if (functions is null || words.Count == 0)
        {
            return;
        }

        ConsoleCommand? command = Find(words, out int nameWords);
        if (command is null)
        {
            ConsoleCommand[] group = Group(words[0]);
            report.Fail(group.Length > 0
                ? $"{words[0]}: allowed: {string.Join(", ", group.Select(row => row.Name))}"
                : $"{words[0]}: no such command; help lists them");
            return;
        }

        words.RemoveRange(0, nameWords);
        if (words.Count > command.ArgumentsMax)
        {
            report.Fail($"{words[command.ArgumentsMax]}: one argument too many; usage: {command.Usage}");
            return;
        }

        command.Run(new CommandCall
        {
            Targets = targets,
            Arguments = words,
            Report = report,
            Terminal = terminal,
            Functions = functions.Served,
            StoppedFunctions = functions.Stopped,
        });
    }

    private static ShownFunctions? TakeFunction(List<string> words, ShownFunctions shown, Report report)
    {
        int at = words.IndexOf(FunctionOption);
        if (at < 0)
        {
            return shown;
        }

        string name = at + 1 < words.Count ? words[at + 1] : "";
        words.RemoveRange(at, Math.Min(2, words.Count - at));
        ConsoleFunction? found = shown.Served.FirstOrDefault(function => function.Name == name);
        if (found is null)
        {
            string problem = shown.Stopped.FirstOrDefault(function => function.Name == name) is { } stopped
                ? $"{stopped.State}, so there is nothing to look at" : "no such function";
            report.Fail($"--function {name}: {problem}; allowed: {string.Join(", ", shown.Served.Select(function => function.Name))}");
            return null;
        }

        return new ShownFunctions([found], []);
    }
}
