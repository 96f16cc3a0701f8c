using Nvmepf.Hal.Inspection;

namespace Nvmepf.Hal.Rk3588;

/// <content>What a person may see of it.</content>
public sealed unsafe partial class Rk3588Platform : IPlatformInspection
{
    private static readonly string[] s_counterNames =
    [
        "list_runs", "elements", "bytes", "aborts", "stalls", "silent_halts", "soft_resets", "retries", "status_reads", "window_remaps",
    ];

    private List<RegisterBlock>? _registerBlocks;

    /// <inheritdoc/>
    public IReadOnlyList<RegisterBlock> RegisterBlocks => _registerBlocks ??= BoardRegisterBlocks.List(_blocks);

    /// <inheritdoc/>
    public IReadOnlyList<string> CounterNames => s_counterNames;

    /// <inheritdoc/>
    public InterruptKind InterruptKind => (InterruptKind)_interrupts.Mode;

    /// <inheritdoc/>
    public uint ReadRegister(RegisterBlock block, uint offsetBytes) => Mmio.Mmio.Read32((uint*)(block.Base + (nint)offsetBytes));

    /// <inheritdoc/>
    public uint ReadConfiguration(uint offsetBytes) => Mmio.Mmio.Read32((uint*)(_blocks.Dbi + (nint)offsetBytes));

    /// <inheritdoc/>
    public int ReadWindows(Span<WindowState> windows) => _windows.Read(windows);

    /// <inheritdoc/>
    public VectorState ReadVector(int vector) => _interrupts.Read(vector);

    /// <inheritdoc/>
    public void ReadCounters(Span<ulong> counters)
    {
        if (_edma is not null)
        {
            EdmaCounters counted = _edma.Counters;
            counters[0] = counted.ListRuns;
            counters[1] = counted.Elements;
            counters[2] = counted.Bytes;
            counters[3] = counted.Aborts;
            counters[4] = counted.Stalls;
            counters[5] = counted.SilentHalts;
            counters[6] = counted.SoftResets;
            counters[7] = counted.Retries;
            counters[8] = counted.StatusReads;
        }

        counters[9] = _windows.Remaps;
    }
}
