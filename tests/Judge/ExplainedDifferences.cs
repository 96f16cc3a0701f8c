using System;
using System.Collections.Generic;
using System.Linq;

namespace Nvmepf.Tests.Judge;

/// <summary>
/// The differences that have a reason: paragraphs of lines <c>KIND STEP</c> (a * stands for anything) under a comment, which is the reason.
/// </summary>
internal sealed class ExplainedDifferences
{
    private readonly List<string> _patterns = [];

    /// <summary>Reads them; a pattern without a comment above it in its paragraph has no reason, and is refused.</summary>
    public static ExplainedDifferences Parse(string text)
    {
        var explained = new ExplainedDifferences();
        bool hasReason = false;
        foreach (string line in text.Split('\n').Select(line => line.Trim()))
        {
            if (line.Length == 0)
            {
                hasReason = false;
            }
            else if (line[0] == '#')
            {
                hasReason = true;
            }
            else if (!hasReason)
            {
                throw new FormatException($"this difference has no reason above it: {line}");
            }
            else
            {
                explained._patterns.Add(line);
            }
        }

        return explained;
    }

    /// <summary>What is wrong: differences that nothing explains, and explanations of differences that are no more.</summary>
    public List<string> Complaints(IReadOnlyCollection<string> differences)
    {
        var complaints = new List<string>();
        complaints.AddRange(differences.Where(difference => !_patterns.Exists(pattern => IsMatch(pattern, difference)))
            .Select(difference => $"unexplained: {difference}"));
        complaints.AddRange(_patterns.Where(pattern => !differences.Any(difference => IsMatch(pattern, difference)))
            .Select(pattern => $"explained, but no difference any more: {pattern}"));
        return complaints;
    }

    private static bool IsMatch(string pattern, string text)
    {
        string[] parts = pattern.Split('*');
        if (parts.Length == 1)
        {
            return pattern == text;
        }

        if (!text.StartsWith(parts[0], StringComparison.Ordinal))
        {
            return false;
        }

        int at = parts[0].Length;
        foreach (string part in parts[1..^1])
        {
            int found = text.IndexOf(part, at, StringComparison.Ordinal);
            if (found < 0)
            {
                return false;
            }

            at = found + part.Length;
        }

        return text.Length - at >= parts[^1].Length && text.EndsWith(parts[^1], StringComparison.Ordinal);
    }
}
