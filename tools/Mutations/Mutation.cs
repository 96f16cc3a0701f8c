namespace Nvmepf.Mutations;

/// <summary>
/// One defect to be built into the sources, and the tests that must fail on it. A text file each:
/// <code>
/// defect  what the firmware does wrong, in a sentence
/// caught  Folder.Class.Test                  a test under tests/; one line for each
/// file    firmware/Queues/SubmissionQueue.cs the lines that follow are of this file
/// --- today
///         lines as they stand there, exactly once
/// --- with the defect
///         lines to stand there instead, or none
/// ---
/// </code>
/// </summary>
/// <remarks>Does not know how a build or a test is run; <see cref="Workshop"/> does.</remarks>
/// <param name="Name">Name of the file without its ending.</param>
/// <param name="Defect">What goes wrong.</param>
/// <param name="Tests">Names of tests, without the namespace that all have.</param>
/// <param name="Replacements">What is changed, in the order of the file; several may concern one source file.</param>
public sealed record Mutation(string Name, string Defect, string[] Tests, Replacement[] Replacements)
{
    private const string Today = "--- today";
    private const string WithDefect = "--- with the defect";
    private const string End = "---";

    /// <summary>All mutations of a folder, by name.</summary>
    /// <exception cref="MutationException">One of them cannot be read.</exception>
    public static Mutation[] ReadFolder(string folder)
    {
        string[] paths = Directory.GetFiles(folder, "*.txt");
        Array.Sort(paths, StringComparer.Ordinal);
        return Array.ConvertAll(paths, path => Parse(Path.GetFileNameWithoutExtension(path), File.ReadAllText(path)));
    }

    /// <summary>Reads one mutation.</summary>
    /// <exception cref="MutationException">The text is not one; the message names the line.</exception>
    public static Mutation Parse(string name, string text)
    {
        string defect = string.Empty;
        string file = string.Empty;
        List<string> tests = [];
        List<Replacement> replacements = [];
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string[] words = lines[i].Split(' ', 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            switch (words)
            {
                case []:
                    break;
                case ["defect", string value]:
                    defect = value;
                    break;
                case ["caught", string value]:
                    tests.Add(value);
                    break;
                case ["file", string value]:
                    file = value;
                    break;
                case ["---", "today"] when file.Length > 0:
                    string today = Lines(name, lines, ref i, WithDefect);
                    string changed = Lines(name, lines, ref i, End);
                    replacements.Add(new Replacement(file, today, changed));
                    break;
                default:
                    throw new MutationException($"{name}, line {i + 1}: '{lines[i]}'; allowed are defect, caught, file and, after a file, '{Today}'");
            }
        }

        return defect.Length > 0 && tests.Count > 0 && replacements.Count > 0 && replacements.TrueForAll(each => each.Today.Length > 0)
            ? new Mutation(name, defect, [.. tests], [.. replacements])
            : throw new MutationException($"{name}: a mutation has a defect, one test or more, and lines to replace");
    }

    private static string Lines(string name, string[] lines, ref int i, string end)
    {
        int first = i + 1;
        i = Array.IndexOf(lines, end, first);
        return i < 0
            ? throw new MutationException($"{name}, line {first}: no line '{end}' follows")
            : string.Concat(Array.ConvertAll(lines[first..i], line => line + "\n"));
    }
}
