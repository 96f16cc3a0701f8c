// What the platform says during a run: kept without allocation, printed when the run fails.
using System.Globalization;
using System.Text;
using Nvmepf.Hal;

namespace Nvmepf.Tests.Simulation;

internal sealed class HalLog : IEventLog
{
    private const int Kept = 32;
    private readonly (string Text, long First, long Second)[] _lines = new (string, long, long)[Kept];
    private int _count;

    public void Write(string staticText, long first = 0, long second = 0) => _lines[_count++ % Kept] = (staticText, first, second);

    /// <summary>The last lines, oldest first.</summary>
    public string Print()
    {
        StringBuilder text = new();
        for (int i = Math.Max(0, _count - Kept); i < _count; i++)
        {
            (string line, long first, long second) = _lines[i % Kept];
            text.AppendLine(CultureInfo.InvariantCulture, $"  {line} ({first:X}h, {second:X}h)");
        }

        return text.ToString();
    }
}
