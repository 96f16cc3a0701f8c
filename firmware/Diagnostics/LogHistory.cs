namespace Nvmepf.Firmware.Diagnostics;

/// <summary>The last lines of the log, for who asks later. Written by the log's own thread, read by any but a reactor's.</summary>
public sealed class LogHistory
{
    /// <summary>Lines that are kept.</summary>
    public const int LinesMax = 500;

    private readonly Lock _gate = new();
    private readonly Queue<(long TimeNanoseconds, string Text)> _lines = new(LinesMax);

    /// <summary>Keeps a line; the oldest goes.</summary>
    public void Add(long timeNanoseconds, string text)
    {
        lock (_gate)
        {
            if (_lines.Count == LinesMax)
            {
                _ = _lines.Dequeue();
            }

            _lines.Enqueue((timeNanoseconds, text));
        }
    }

    /// <summary>The last <paramref name="count"/> lines, the oldest first.</summary>
    public List<(long TimeNanoseconds, string Text)> Last(int count)
    {
        lock (_gate)
        {
            List<(long TimeNanoseconds, string Text)> all = [.. _lines];
            return all.GetRange(Math.Max(0, all.Count - count), Math.Min(count, all.Count));
        }
    }
}
