using Nvmepf.Hal;

namespace Nvmepf.Tests.VfioUser;

/// <summary>Stands for the firmware: writes down what it is told, and is as quiescent as the test wants.</summary>
internal sealed class FakeHandler : IFunctionHandler
{
    private const int RecordedMax = 4096;
    private readonly (uint Offset, ulong Value, int Width)[] _writes = new (uint, ulong, int)[RecordedMax];

    public int WriteCount { get; private set; }

    public int LinkUps { get; private set; }

    public int LinkDowns { get; private set; }

    public int PlatformFailures { get; private set; }

    public int ConventionalResets { get; private set; }

    public int FunctionLevelResets { get; private set; }

    public bool Quiescent { get; set; } = true;

    public bool MemoryInUse { get; set; }

    public ulong AskedAddress { get; private set; }

    public ulong AskedLengthBytes { get; private set; }

    public int Asked { get; private set; }

    public bool IsQuiescent => Quiescent;

    public (uint Offset, ulong Value, int Width)[] Writes => _writes[..WriteCount];

    public void RegisterWrite(uint offsetBytes, ulong value, int widthBytes)
    {
        if (WriteCount < RecordedMax)
        {
            _writes[WriteCount++] = (offsetBytes, value, widthBytes);
        }
    }

    public void LinkUp() => LinkUps++;

    public void LinkDown() => LinkDowns++;

    public void PlatformFailed() => PlatformFailures++;

    public int KindChanges { get; private set; }

    public int DoorbellsWritten { get; private set; }

    public void DoorbellWritten() => DoorbellsWritten++;

    public void InterruptKindChanged() => KindChanges++;

    public void FunctionReset(ResetKind kind)
    {
        if (kind == ResetKind.Conventional)
        {
            ConventionalResets++;
        }
        else
        {
            FunctionLevelResets++;
        }
    }

    public bool IsHostMemoryInUse(ulong address, ulong lengthBytes)
    {
        Asked++;
        AskedAddress = address;
        AskedLengthBytes = lengthBytes;
        return MemoryInUse;
    }
}

/// <summary>Keeps what a platform logged; allocates nothing while it does.</summary>
internal sealed class RecordingLog : IEventLog
{
    private const int EventsMax = 65536;
    private readonly List<(string Text, long First, long Second)> _events = new(EventsMax);

    public IReadOnlyList<(string Text, long First, long Second)> Events => _events;

    public void Write(string staticText, long first = 0, long second = 0)
    {
        if (_events.Count < EventsMax)
        {
            _events.Add((staticText, first, second));
        }
    }

    public bool Contains(string part) => _events.Exists(entry => entry.Text.Contains(part, StringComparison.Ordinal));
}
