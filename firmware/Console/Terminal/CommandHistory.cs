namespace Nvmepf.Firmware.Console.Terminal;

/// <summary>The last lines that were entered, the oldest forgotten first; a line like the one before is kept once.</summary>
internal sealed class CommandHistory
{
    /// <summary>Lines that are kept.</summary>
    public const int LinesMax = 100;

    private readonly List<string> _lines = new(LinesMax);

    /// <summary>Lines that there are.</summary>
    public int Count => _lines.Count;

    /// <summary>A line; 0 is the oldest.</summary>
    public string this[int index] => _lines[index];

    /// <summary>Keeps a line.</summary>
    public void Add(string line)
    {
        if (string.IsNullOrWhiteSpace(line) || (_lines.Count > 0 && _lines[^1] == line))
        {
            return;
        }

        if (_lines.Count == LinesMax)
        {
            _lines.RemoveAt(0);
        }

        _lines.Add(line);
    }
}
