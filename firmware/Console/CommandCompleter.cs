using System.Linq;
using Nvmepf.Firmware.Console.Terminal;

namespace Nvmepf.Firmware.Console;

/// <summary>Completes commands, their arguments and the options of every command, by the rows of the table.</summary>
internal sealed class CommandCompleter(ConsoleTargets targets) : ICompleter
{
    /// <inheritdoc/>
    public int Complete(string line, List<string> candidates)
    {
        targets.Enter();
        try
        {
            return CompleteInside(line, candidates);
        }
        finally
        {
            targets.Leave();
        }
    }

    private int CompleteInside(string line, List<string> candidates)
    {
        int start = line.LastIndexOf(' ') + 1;
        string word = line[start..];
        List<string> before = CommandLineWords.Split(line[..start]);
        if (before.Count > 0 && before[^1] == CommandRunner.FunctionOption)
        {
            candidates.AddRange(targets.Functions.Select(function => function.Name));
        }
        else if (word.StartsWith("--", StringComparison.Ordinal) && before.Count > 0)
        {
            candidates.Add(CommandRunner.JsonOption);
            candidates.Add(CommandRunner.FunctionOption);
            AddArguments(before, word, candidates);
        }
        else
        {
            AddNames(before, candidates);
            AddArguments(before, word, candidates);
        }

        _ = candidates.RemoveAll(candidate => !candidate.StartsWith(word, StringComparison.Ordinal));
        candidates.Sort(StringComparer.Ordinal);
        for (int i = candidates.Count - 1; i > 0; i--)
        {
            if (candidates[i] == candidates[i - 1])
            {
                candidates.RemoveAt(i);
            }
        }

        return start;
    }

    private static void AddNames(List<string> before, List<string> candidates)
    {
        foreach (ConsoleCommand row in ConsoleCommandTable.Rows)
        {
            string[] name = row.Name.Split(' ');
            if (before.Count < name.Length && before.SequenceEqual(name.Take(before.Count)))
            {
                candidates.Add(name[before.Count]);
            }
        }
    }

    private void AddArguments(List<string> before, string word, List<string> candidates)
    {
        ConsoleCommand? command = CommandRunner.Find(before, out int nameWords);
        command?.Complete?.Invoke(new CompletionCall(targets, [.. before.Skip(nameWords)], word, candidates));
    }
}
