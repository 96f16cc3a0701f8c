using Nvmepf.Firmware.Control;
using Nvmepf.Firmware.Controller;
using Nvmepf.Hal;
using Nvmepf.Hal.Inspection;

namespace Nvmepf.Firmware.Console;

/// <summary>
/// A look into a platform on the reactor's own thread: registers or configuration space a few words a turn, or windows, vectors, counters and
/// host memory at once. All memory for the answer is made before it is posted.
/// </summary>
internal sealed class InspectionRequest : ControlRequest
{
    /// <summary>Words of configuration space that are read at most.</summary>
    public const int ConfigurationWords = 1024;

    // A register behind a slow bus takes microseconds, and commands wait meanwhile.
    private const int WordsPerTurn = 16;
    private const int RegionsMax = 64;
    private readonly IPlatformInspection _platform;
    private readonly RegisterBlock? _block;
    private int _next;

    /// <summary>Reads words: of a block, or of configuration space.</summary>
    public InspectionRequest(IPlatformInspection platform, RegisterBlock? block, uint[] offsets)
    {
        _platform = platform;
        _block = block;
        Offsets = offsets;
        Words = new uint[offsets.Length];
    }

    /// <summary>Reads everything else.</summary>
    public InspectionRequest(IPlatformInspection platform, int vectorCount)
        : this(platform, null, [])
    {
        Windows = new WindowState[RegionsMax];
        Vectors = new VectorState[vectorCount];
        Counters = new ulong[platform.CounterNames.Count];
        Regions = new HostMemoryRegion[RegionsMax];
    }

    /// <summary>Offsets of the words.</summary>
    public uint[] Offsets { get; }

    /// <summary>The words.</summary>
    public uint[] Words { get; }

    /// <summary>Outbound windows.</summary>
    public WindowState[] Windows { get; } = [];

    /// <summary>How many of them there are.</summary>
    public int WindowCount { get; private set; }

    /// <summary>Interrupt vectors.</summary>
    public VectorState[] Vectors { get; } = [];

    /// <summary>How interrupts reach the host.</summary>
    public InterruptKind InterruptKind { get; private set; }

    /// <summary>Counters.</summary>
    public ulong[] Counters { get; } = [];

    /// <summary>Regions of host memory, as many as fit.</summary>
    public HostMemoryRegion[] Regions { get; } = [];

    /// <summary>How many regions there are.</summary>
    public int RegionCount { get; private set; }

    /// <summary>DMA requests under way.</summary>
    public int DmaInFlight { get; private set; }

    /// <inheritdoc/>
    protected override ControlProgress Run(NvmeController controller, long nowNanoseconds)
    {
        if (_next == 0 && Regions.Length > 0)
        {
            ReadState(controller.Platform);
        }

        for (int i = 0; i < WordsPerTurn && _next < Words.Length; i++, _next++)
        {
            Words[_next] = _block is null ? _platform.ReadConfiguration(Offsets[_next]) : _platform.ReadRegister(_block, Offsets[_next]);
        }

        return _next < Words.Length ? ControlProgress.Pending : End(ControlError.None);
    }

    private void ReadState(IPlatform platform)
    {
        WindowCount = _platform.ReadWindows(Windows);
        InterruptKind = _platform.InterruptKind;
        for (int i = 0; i < Vectors.Length; i++)
        {
            Vectors[i] = _platform.ReadVector(i);
        }

        _platform.ReadCounters(Counters);
        ReadOnlySpan<HostMemoryRegion> regions = platform.HostMemory.Regions;
        RegionCount = regions.Length;
        regions[..Math.Min(regions.Length, Regions.Length)].CopyTo(Regions);
        DmaInFlight = platform.HostDma.InFlight;
    }
}
