namespace Nvmepf.HostDriver.Checks;

/// <summary>
/// Writes what was checked, line by line: PASS or FAIL, the name, what was expected and what came. Counts both; the exit code of a
/// command follows from <see cref="Failed"/>.
/// </summary>
public sealed class CheckReport
{
    private readonly TextWriter _output;
    private readonly List<string> _failures = [];

    /// <summary>A report to a text writer.</summary>
    public CheckReport(TextWriter output) => _output = output;

    /// <summary>Checks that passed.</summary>
    public int Passed { get; private set; }

    /// <summary>Checks that failed.</summary>
    public int Failed => _failures.Count;

    /// <summary>The names of the checks that failed, with what they got.</summary>
    public IReadOnlyList<string> Failures => _failures;

    /// <summary>Starts a titled part.</summary>
    public void Section(string title)
    {
        _output.WriteLine();
        _output.WriteLine(title);
    }

    /// <summary>A fact for the reader, not a check: a name and a value.</summary>
    public void Fact(string name, string value) => _output.WriteLine($"  {name,-28} {value}");

    /// <summary>A check whose outcome is compared as text.</summary>
    public bool Expect(string name, string expected, string got) => Expect(name, expected, got, expected == got);

    /// <summary>A check that the caller has judged.</summary>
    public bool Expect(string name, string expected, string got, bool passed)
    {
        _output.WriteLine(passed && expected == got
            ? $"  PASS  {name}: {got}"
            : $"  {(passed ? "PASS" : "FAIL")}  {name}: expected {expected}, got {got}");
        if (passed)
        {
            Passed++;
        }
        else
        {
            _failures.Add($"{name}: expected {expected}, got {got}");
        }

        return passed;
    }

    /// <summary>Writes the counts and, once more, what failed.</summary>
    public void Summary(string title)
    {
        _output.WriteLine();
        foreach (string failure in _failures)
        {
            _output.WriteLine($"FAILED: {failure}");
        }

        _output.WriteLine($"{title}: {Passed} passed, {Failed} failed");
    }
}
