using System.Globalization;
using System.Text;
using Nvmepf.Hal.Linux;

namespace Nvmepf.SocModel.Server;

/// <summary>
/// The access log: one line for each register access of the board, in order, with what the model thought of it.
/// <code>
///     12.345678 W4 0xfe150180 APB.HOT_RESET_CTRL 0x00120012
///     12.345790 R4 0xfe150300 APB.LTSSM_STATUS 0x00230011
/// </code>
/// Seconds since the start, direction and width, SoC address, name, value. Lines with <c>--</c> are events, with <c>!!</c> violations,
/// with <c>H</c> configuration writes of the host.
/// </summary>
/// <remarks>
/// Nothing but repetition is left out: a read that gives what the same register gave at its last access is counted, and the count is written
/// with the next line about that register; and of the eDMA's registers and the window, which change with every command, only the first
/// accesses after an event are written, the others counted.
/// </remarks>
internal sealed class AccessLog : IDisposable
{
    private const int DataPathLinesPerEvent = 400;
    private const long NanosecondsPerFlush = 200_000_000;
    private readonly StreamWriter? _writer;
    private readonly long _startNanoseconds = Clock.MonotonicNanoseconds();
    private readonly Dictionary<ulong, LastRead> _lastReads = [];
    private int _dataPathLinesLeft = DataPathLinesPerEvent;
    private long _dataPathSkipped;
    private long _flushedNanoseconds;

    /// <summary>Opens the file, or none.</summary>
    internal AccessLog(string? path)
    {
        if (path is not null)
        {
            _writer = new StreamWriter(path, append: false, Encoding.ASCII) { AutoFlush = false, NewLine = "\n" };
        }
    }

    /// <summary>A load of the board's.</summary>
    internal void Read(ulong address, int width, ulong value, bool isAnswered)
    {
        if (_writer is null)
        {
            return;
        }

        if (isAnswered && _lastReads.TryGetValue(address, out LastRead? last) && last.Width == width && last.Value == value)
        {
            last.Repeats++;
            return;
        }

        bool isShown = IsShown(address);
        EndRepeats(address, isShown);
        _lastReads[address] = new LastRead(width, value);
        if (isShown)
        {
            Access('R', address, width, value, isAnswered);
        }
    }

    /// <summary>A store of the board's.</summary>
    internal void Write(ulong address, int width, ulong value, bool isTaken)
    {
        if (_writer is null)
        {
            return;
        }

        bool isShown = IsShown(address);
        EndRepeats(address, isShown);
        if (isShown)
        {
            Access('W', address, width, value, isTaken);
        }
    }

    /// <summary>An access to a BAR where no block is.</summary>
    internal void Hole(uint bar, ulong offset) => Line($"!! no block at BAR{bar}+0x{offset:x}");

    /// <summary>A configuration write of the host's.</summary>
    internal void HostConfiguration(int offset, int width, uint value) =>
        Line(string.Create(CultureInfo.InvariantCulture, $"H{width} {RegisterNames.Of(SocMap.Dbi + (ulong)offset)} 0x{value.ToString($"x{width * 2}", CultureInfo.InvariantCulture)}"));

    /// <summary>An event. What follows it is shown in full again.</summary>
    internal void Note(string text)
    {
        EndSkipped();
        _dataPathLinesLeft = DataPathLinesPerEvent;
        Line($"-- {text}");
    }

    /// <summary>A violation that the model counted.</summary>
    internal void Violation(string text) => Line($"!! {text}");

    /// <summary>Brings the file up to date now and then.</summary>
    internal void Flush(long nowNanoseconds)
    {
        if (_writer is not null && nowNanoseconds - _flushedNanoseconds > NanosecondsPerFlush)
        {
            _flushedNanoseconds = nowNanoseconds;
            _writer.Flush();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ulong address in _lastReads.Keys)
        {
            EndRepeats(address, isShown: true);
        }

        EndSkipped();
        _writer?.Dispose();
    }

    private bool IsShown(ulong address)
    {
        if (!RegisterNames.IsDataPath(address))
        {
            return true;
        }

        if (_dataPathLinesLeft > 0)
        {
            _dataPathLinesLeft--;
            return true;
        }

        _dataPathSkipped++;
        return false;
    }

    private void EndRepeats(ulong address, bool isShown)
    {
        if (_lastReads.Remove(address, out LastRead? last) && last.Repeats > 0 && isShown)
        {
            Line($"   {RegisterNames.Of(address)} read {last.Repeats} more times, the same");
        }
    }

    private void EndSkipped()
    {
        if (_dataPathSkipped > 0)
        {
            Line($"   {_dataPathSkipped} more accesses to the eDMA and the window");
            _dataPathSkipped = 0;
        }
    }

    private void Access(char direction, ulong address, int width, ulong value, bool isAnswered)
    {
        string digits = value.ToString($"x{width * 2}", CultureInfo.InvariantCulture);
        Line($"{direction}{width} 0x{address:x} {RegisterNames.Of(address)} 0x{digits}{(isAnswered ? string.Empty : " BUS FAULT")}");
    }

    private void Line(string text)
    {
        if (_writer is not null)
        {
            double seconds = (Clock.MonotonicNanoseconds() - _startNanoseconds) / 1e9;
            _writer.Write(seconds.ToString("0.000000", CultureInfo.InvariantCulture).PadLeft(12));
            _writer.Write(' ');
            _writer.WriteLine(text);
        }
    }

    private sealed class LastRead(int width, ulong value)
    {
        internal int Width { get; } = width;

        internal ulong Value { get; } = value;

        internal long Repeats { get; set; }
    }
}
