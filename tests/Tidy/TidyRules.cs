using System.Linq;
using System.Text.RegularExpressions;

namespace Nvmepf.Tests.Tidy;

/// <summary>The house rules that a machine can check, each as a function from a file's text to what is wrong with it.</summary>
internal static partial class TidyRules
{
    internal const int FunctionLinesMax = 70;
    internal const int FileLinesMax = 600;
    internal const int PageLinesMax = 400;

    /// <summary>White space, tabs, line ends, and text that is not ASCII.</summary>
    internal static IEnumerable<string> Text(string text)
    {
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i];
            if (line.EndsWith(' ') || line.EndsWith('\r'))
            {
                yield return $"line {i + 1} ends with white space";
            }

            if (line.Contains('\t', StringComparison.Ordinal))
            {
                yield return $"line {i + 1} holds a tab";
            }

            if (line.Any(character => character > '~'))
            {
                yield return $"line {i + 1} is not plain ASCII";
            }
        }

        if (text.Length > 0 && !text.EndsWith('\n'))
        {
            yield return "the last line has no end";
        }
    }

    /// <summary>Words that have no place in the repository.</summary>
    internal static IEnumerable<string> Words(string text)
    {
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            Match match = Unwanted().Match(lines[i]);
            if (match.Success)
            {
                yield return $"line {i + 1} says '{match.Value}'";
            }
        }
    }

    /// <summary>Length of a C# file and of each function in it. Functions are found by their indentation, which the build enforces.</summary>
    internal static IEnumerable<string> Lengths(string text)
    {
        string[] lines = text.Split('\n');
        if (lines.Length > FileLinesMax)
        {
            yield return $"the file has {lines.Length} lines, more than {FileLinesMax}";
        }

        for (int i = 1; i < lines.Length; i++)
        {
            if (lines[i].TrimEnd() is not ("    {" or "        {") || !FunctionHead().IsMatch(lines[i - 1]))
            {
                continue;
            }

            string end = lines[i].TrimEnd().Replace('{', '}');
            int last = Array.FindIndex(lines, i, line => line.TrimEnd() == end);
            if (last - i - 1 > FunctionLinesMax)
            {
                yield return $"the function at line {i} has {last - i - 1} lines, more than {FunctionLinesMax}";
            }
        }
    }

    /// <summary>What a reactor must not do after start, as far as the source shows it.</summary>
    internal static IEnumerable<string> Reactor(string text)
    {
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string code = Comment().Replace(lines[i], "");
            Match match = NotOnReactor().Match(code);
            if (match.Success)
            {
                yield return $"line {i + 1} holds '{match.Value.Trim()}'";
            }
        }
    }

    /// <summary>A documentation page: one title, and short enough to be read.</summary>
    internal static IEnumerable<string> Page(string text)
    {
        string[] lines = text.Split('\n');
        bool inCode = false;
        int titles = 0;
        foreach (string line in lines)
        {
            inCode ^= line.StartsWith("```", StringComparison.Ordinal);
            titles += !inCode && line.StartsWith("# ", StringComparison.Ordinal) ? 1 : 0;
        }

        if (titles != 1)
        {
            yield return $"the page has {titles} titles, not one";
        }

        if (lines.Length > PageLinesMax)
        {
            yield return $"the page has {lines.Length} lines, more than {PageLinesMax}";
        }
    }

    // Written in pieces, so that this file does not find itself.
    [GeneratedRegex("TO" + "DO|FIX" + "ME|\\bXX" + "X\\b|/wo" + "rk/|\\.\\./sha" + "red|https?://[a-z.]*(nuget|debian|npm)")]
    private static partial Regex Unwanted();

    [GeneratedRegex(@"^(?!.*\bnew\b).*\)( where .*)?$|^\s+(get|set|init)$")]
    private static partial Regex FunctionHead();

    [GeneratedRegex(@"//.*$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\block \(|\basync\b|\bawait\b|\bSystem\.Linq\b|\bdynamic\b|\bThread\.Sleep\b|\byield return\b|\bConsole\.|\bTask\b")]
    private static partial Regex NotOnReactor();
}
