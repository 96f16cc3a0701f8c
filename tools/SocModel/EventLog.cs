using System.Globalization;
using System.Text;

namespace Nvmepf.SocModel;

/// <summary>What an entry of the model's event log is about.</summary>
public enum SocEvent
{
    /// <summary>A register read: address, value.</summary>
    RegisterRead,

    /// <summary>A register write: address, value.</summary>
    RegisterWrite,

    /// <summary>A load through the outbound window: PCI address, value.</summary>
    WindowRead,

    /// <summary>A store through the outbound window: PCI address, value.</summary>
    WindowWrite,

    /// <summary>The link's state changed: LTSSM code, 1 if up.</summary>
    Link,

    /// <summary>What the host did: 0 hot reset, 1 link down, 2 PERST# asserted, 3 PERST# deasserted, 4 power off, 5 power on.</summary>
    Reset,

    /// <summary>A doorbell started a channel: channel (0-1 write, 2-3 read), list address.</summary>
    EdmaStart,

    /// <summary>A list element was fetched: element address, control | size shifted by 32.</summary>
    EdmaElement,

    /// <summary>A channel stopped: channel, 0 done, 1 aborted, 2 halted by link loss, 3 soft reset.</summary>
    EdmaStop,

    /// <summary>A write TLP left: PCI address, length.</summary>
    TlpWrite,

    /// <summary>A read TLP was answered: PCI address, length | status shifted by 32.</summary>
    TlpRead,

    /// <summary>The host read: PCI address or config offset, value.</summary>
    HostRead,

    /// <summary>The host wrote: PCI address or config offset, value.</summary>
    HostWrite,

    /// <summary>A violation: kind, detail.</summary>
    Violation,

    /// <summary>A fault of <see cref="SocFaults"/> struck: number of the fault, detail.</summary>
    Fault,

    /// <summary>A message-signalled interrupt left: address, data.</summary>
    Msi,

    /// <summary>A barrier or cache maintenance of the CPU's: kind or address, length.</summary>
    Barrier,
}

/// <summary>A bounded log of what the model saw; the oldest entries make room. Printed on demand only.</summary>
public sealed class EventLog
{
    private readonly Entry[] _entries;
    private long _count;

    internal EventLog(int entries)
    {
        if (entries <= 0 || (entries & (entries - 1)) != 0)
        {
            throw new ArgumentException($"the event log's entries are a power of two, not {entries}", nameof(entries));
        }

        _entries = new Entry[entries];
    }

    /// <summary>Events since the last reset, the forgotten ones included.</summary>
    public long Count => _count;

    /// <summary>False stops recording (and its cost).</summary>
    public bool IsEnabled { get; set; } = true;

    /// <summary>The last <paramref name="lines"/> events, oldest first, one a line.</summary>
    public string Print(int lines = int.MaxValue)
    {
        var text = new StringBuilder();
        long first = Math.Max(0, _count - Math.Min(lines, _entries.Length));
        for (long i = first; i < _count; i++)
        {
            ref Entry entry = ref _entries[i & (_entries.Length - 1)];
            text.Append(CultureInfo.InvariantCulture, $"{entry.Nanoseconds,12} {entry.Kind,-13} {entry.First:x} {entry.Second:x}");
            if (entry.Kind == SocEvent.Violation)
            {
                text.Append(' ').Append((ViolationKind)entry.First);
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    internal void Clear() => _count = 0;

    internal void Add(long nanoseconds, SocEvent kind, ulong first, ulong second)
    {
        if (!IsEnabled)
        {
            return;
        }

        ref Entry entry = ref _entries[_count & (_entries.Length - 1)];
        entry.Nanoseconds = nanoseconds;
        entry.Kind = kind;
        entry.First = first;
        entry.Second = second;
        _count++;
    }

    private struct Entry
    {
        internal long Nanoseconds;
        internal SocEvent Kind;
        internal ulong First;
        internal ulong Second;
    }
}
