// What happened in a run, as numbers: the last few thousand events to print when a seed fails, and a hash over all of them, by which two
// runs are compared.
using System.Text;

namespace Nvmepf.Tests.Simulation;

internal enum Happening : byte
{
    Scenario,
    Attach,
    Enable,
    Disable,
    Flip,
    BadEnable,
    HotReset,
    LinkLoss,
    Shutdown,
    BusMaster,
    QueueCreated,
    QueueDeleted,
    Submit,
    Complete,
    EventCompletion,
    Doorbell,
    GarbageDoorbell,
    Mask,
    Interrupt,
    HeadsHeld,
    Faults,
    Fatal,
    Drain,
    End,
}

internal sealed class SimulationLog
{
    private const int Kept = 4096;
    private readonly Entry[] _entries = new Entry[Kept];
    private long _count;

    /// <summary>FNV-1a over every event since <see cref="Clear"/>.</summary>
    public ulong Hash { get; private set; }

    public void Clear()
    {
        _count = 0;
        Hash = 0xCBF2_9CE4_8422_2325;
    }

    public void Add(long step, Happening what, ulong a = 0, ulong b = 0, ulong c = 0)
    {
        _entries[_count++ % Kept] = new Entry { Step = step, What = what, A = a, B = b, C = c };
        Mix((ulong)step);
        Mix((ulong)what);
        Mix(a);
        Mix(b);
        Mix(c);
    }

    public void Mix(ulong value) => Hash = (Hash ^ value) * 0x100_0000_01B3;

    /// <summary>The last events, oldest first.</summary>
    public string Print(int most)
    {
        StringBuilder text = new();
        for (long i = Math.Max(0, _count - Math.Min(most, Kept)); i < _count; i++)
        {
            Entry entry = _entries[i % Kept];
            text.AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"{entry.Step,6} {entry.What,-16} {entry.A:X} {entry.B:X} {entry.C:X}");
        }

        return text.ToString();
    }

    private struct Entry
    {
        public long Step;
        public Happening What;
        public ulong A;
        public ulong B;
        public ulong C;
    }
}
