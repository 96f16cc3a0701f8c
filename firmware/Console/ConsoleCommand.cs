namespace Nvmepf.Firmware.Console;

/// <summary>
/// One command of the console: a row of <see cref="ConsoleCommandTable"/>. Help, completion and the list in docs/console.md are made from it.
/// </summary>
/// <param name="Name">What is typed; two words for a command of a group (<c>ns add</c>).</param>
/// <param name="Arguments">What follows, for people: <c>[N]</c>, <c>PATH VALUE</c>; empty for nothing.</param>
/// <param name="Summary">What it does, in some words.</param>
/// <param name="Run">Does it.</param>
internal sealed record ConsoleCommand(string Name, string Arguments, string Summary, Action<CommandCall> Run)
{
    /// <summary>What else there is to say, lines of text.</summary>
    public string Details { get; init; } = "";

    /// <summary>Lists what an argument may be: the arguments before it, then the candidates (whole words, any; they are filtered). Null for none.</summary>
    public Action<CompletionCall>? Complete { get; init; }

    /// <summary>The most arguments that it takes.</summary>
    public int ArgumentsMax { get; init; }

    /// <summary>How it is called.</summary>
    public string Usage => Arguments.Length == 0 ? Name : $"{Name} {Arguments}";
}

/// <summary>A question for what an argument may be.</summary>
/// <param name="Targets">What the console can see.</param>
/// <param name="Before">Arguments before it.</param>
/// <param name="Word">What is there of it.</param>
/// <param name="Candidates">Gets what it may be.</param>
internal sealed record CompletionCall(ConsoleTargets Targets, IReadOnlyList<string> Before, string Word, List<string> Candidates);
