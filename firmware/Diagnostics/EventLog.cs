using Nvmepf.Hal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Diagnostics;

/// <summary>
/// The endpoint log: one line an event with the time since start, in the words that nvmet's users know. Any thread writes a record
/// into a bounded ring without waiting or allocating; a thread of its own turns records into text and prints them.
/// </summary>
/// <remarks>
/// <para>
/// The ring is Vyukov's bounded queue with one consumer: each cell has a turn number. A writer claims a cell by moving
/// the tail on (compare and swap), fills it, and publishes it by a release store of the cell's turn; the reader sees the turn with an
/// acquire load, so it sees what was filled in. A full ring drops the record and counts it.
/// </para>
/// <para>It has no levels and no files: init, systemd or the shell decide where standard error goes.</para>
/// </remarks>
public sealed class EventLog : IEventLog, IDisposable
{
    private const int CapacityRecords = 1024; // a power of two; the reader drains it many times a second while there is something
    private const int DrainIntervalMilliseconds = 20;
    private const int QuietDrainIntervalMilliseconds = 160; // with nothing to print: a wake costs more than the look
    private const int EndDeadlineMilliseconds = 2000;
    private const string LostText = "{0} log records were lost: the log could not be printed fast enough";
    private readonly EventLog? _main; // where this one is a second writer of another log
    private readonly Cell[] _cells;
    private readonly RateLimiter _limiter = new();
    private readonly ManualResetEvent _ending = new(false);
    private readonly Stream _output;
    private readonly long _startNanoseconds = Clock.MonotonicNanoseconds();
    private readonly byte[] _line = new byte[LogLine.LengthMax];
    private readonly Thread? _printer;
    private long _tail;
    private long _head;
    private long _lost;
    private long _lostReported;

    /// <summary>Starts the log on a stream, standard error where none is given.</summary>
    public EventLog(Stream? output = null)
    {
        _output = output ?? System.Console.OpenStandardError();
        _cells = new Cell[CapacityRecords];
        for (int i = 0; i < CapacityRecords; i++)
        {
            _cells[i].Turn = i;
        }

        _printer = new Thread(PrintUntilEnd) { IsBackground = true, Name = "log" };
        _printer.Start();
    }

    private EventLog(EventLog main)
    {
        _main = main;
        _cells = main._cells;
        _output = main._output;
    }

    /// <summary>The same log for one more thread that uses <see cref="WriteLimited"/>: each counts for itself what it holds back.</summary>
    public EventLog ForThread() => new(_main ?? this);

    /// <summary>
    /// Records one event, whatever it is and however often: for what no host can cause at will.
    /// </summary>
    /// <param name="staticText">The text; kept by reference. <c>{0}</c> and <c>{1}</c> stand where the numbers go.</param>
    /// <param name="first">The number for <c>{0}</c>.</param>
    /// <param name="second">The number for <c>{1}</c>.</param>
    public void Write(string staticText, long first = 0, long second = 0) =>
        (_main ?? this).Enqueue(staticText, first, second, 0);

    /// <inheritdoc/>
    void IEventLog.Write(string staticText, long first, long second) => WriteLimited(staticText, first, second);

    /// <summary>
    /// The same for events that a host can cause at will: a few lines a second for each text, then silence; when the text is
    /// printed again it says how many were left out. To be called from one thread, the reactor's.
    /// </summary>
    public void WriteLimited(string staticText, long first = 0, long second = 0)
    {
        EventLog main = _main ?? this;
        if (_limiter.Admits(staticText, main.Elapsed(), out long leftOut))
        {
            main.Enqueue(staticText, first, second, leftOut);
        }
    }

    /// <summary>
    /// Prints what is waiting and ends the thread; gives up where nobody takes the output (a full pipe), for a log must not keep the
    /// process from ending.
    /// </summary>
    public void Dispose()
    {
        if (_printer is null)
        {
            _ending.Dispose();
            return;
        }

        _ = _ending.Set();
        if (_printer.Join(EndDeadlineMilliseconds))
        {
            _ending.Dispose();
        }
    }

    /// <summary>The last lines.</summary>
    public LogHistory History { get; } = new();

    /// <summary>Nanoseconds since the log was created.</summary>
    private long Elapsed() => Clock.MonotonicNanoseconds() - _startNanoseconds;

    private void Enqueue(string text, long first, long second, long leftOut)
    {
        long position = Volatile.Read(ref _tail);
        for (int attempt = 0; attempt < CapacityRecords; attempt++)
        {
            ref Cell cell = ref _cells[position & (CapacityRecords - 1)];
            long behind = Volatile.Read(ref cell.Turn) - position;
            if (behind < 0)
            {
                break; // the reader has not been here since the ring was last full
            }

            long found = behind > 0 ? Volatile.Read(ref _tail) : Interlocked.CompareExchange(ref _tail, position + 1, position);
            if (behind == 0 && found == position)
            {
                cell.Text = text;
                cell.First = first;
                cell.Second = second;
                cell.LeftOut = leftOut;
                cell.TimeNanoseconds = Elapsed();
                Volatile.Write(ref cell.Turn, position + 1);
                return;
            }

            position = found;
        }

        Interlocked.Increment(ref _lost);
    }

    private void PrintUntilEnd()
    {
        int interval = DrainIntervalMilliseconds;
        while (true)
        {
            // Waited for before the ring is read, so that what was written before Dispose is printed.
            bool isLast = _ending.WaitOne(interval);
            interval = Math.Min(interval * 2, QuietDrainIntervalMilliseconds);
            while (PrintOne())
            {
                interval = DrainIntervalMilliseconds;
            }

            long lost = Volatile.Read(ref _lost);
            if (lost != _lostReported)
            {
                Print(new Cell { Text = LostText, First = lost - _lostReported, TimeNanoseconds = Elapsed() });
                _lostReported = lost;
            }

            if (isLast)
            {
                return;
            }
        }
    }

    private bool PrintOne()
    {
        ref Cell cell = ref _cells[_head & (CapacityRecords - 1)];
        if (Volatile.Read(ref cell.Turn) != _head + 1)
        {
            return false;
        }

        Cell copy = cell;
        Volatile.Write(ref cell.Turn, _head + CapacityRecords); // hands the cell to the writers of the next round
        _head++;
        Print(in copy);
        return true;
    }

    private void Print(in Cell cell)
    {
        int length = LogLine.Format(_line, cell.TimeNanoseconds, cell.Text!, cell.First, cell.Second, cell.LeftOut);
        History.Add(cell.TimeNanoseconds, LogLine.TextOf(_line.AsSpan(0, length)));
        try
        {
            _output.Write(_line, 0, length);
            _output.Flush();
        }
        catch (IOException)
        {
            // Nobody reads the log any more (a closed pipe); the disk goes on.
        }
    }

    private struct Cell
    {
        public long Turn;
        public string? Text;
        public long First;
        public long Second;
        public long LeftOut;
        public long TimeNanoseconds;
    }
}
