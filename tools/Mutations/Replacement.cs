namespace Nvmepf.Mutations;

/// <summary>Lines of one source file as they are, and as they are with the defect.</summary>
/// <param name="File">Path from the root of the repository, with slashes.</param>
/// <param name="Today">The lines as they stand in the file; they end with a line feed.</param>
/// <param name="Defect">The lines to stand there instead; may be empty.</param>
public sealed record Replacement(string File, string Today, string Defect)
{
    /// <summary>The text of the file with the defect.</summary>
    /// <exception cref="MutationException">The lines do not stand in the file exactly once.</exception>
    public string Apply(string source)
    {
        int first = Find(source, 0);
        if (first < 0)
        {
            throw new MutationException($"{File} does not hold the lines that begin with '{FirstLine}'");
        }

        if (Find(source, first + 1) >= 0)
        {
            throw new MutationException($"{File} holds the lines that begin with '{FirstLine}' more than once");
        }

        return string.Concat(source.AsSpan(0, first), Defect, source.AsSpan(first + Today.Length));
    }

    private string FirstLine => Today[..Today.IndexOf('\n', StringComparison.Ordinal)].Trim();

    /// <summary>Where the lines begin, whole lines only; negative for nowhere.</summary>
    private int Find(string source, int start)
    {
        int found = source.IndexOf(Today, start, StringComparison.Ordinal);
        while (found > 0 && source[found - 1] != '\n')
        {
            found = source.IndexOf(Today, found + 1, StringComparison.Ordinal);
        }

        return found;
    }
}
