using System.Runtime.InteropServices;
using Nvmepf.Hal.Inspection;

namespace Nvmepf.Hal.VfioUser;

/// <content>What a person may see of it.</content>
public sealed unsafe partial class VfioUserPlatform : IPlatformInspection
{
    /// <inheritdoc/>
    public IReadOnlyList<RegisterBlock> RegisterBlocks => [];

    /// <inheritdoc/>
    public IReadOnlyList<string> CounterNames => [];

    /// <inheritdoc/>
    public InterruptKind InterruptKind => _function.Kind;

    /// <inheritdoc/>
    public uint ReadRegister(RegisterBlock block, uint offsetBytes) => 0;

    /// <inheritdoc/>
    public uint ReadConfiguration(uint offsetBytes)
    {
        uint value = 0;
        _function.Configuration.Read((int)offsetBytes, MemoryMarshal.AsBytes(new Span<uint>(ref value)));
        return value;
    }

    /// <inheritdoc/>
    public int ReadWindows(Span<WindowState> windows) => 0;

    /// <inheritdoc/>
    public VectorState ReadVector(int vector) => _function.ReadVector(vector);

    /// <inheritdoc/>
    public void ReadCounters(Span<ulong> counters)
    {
        // Messages are not counted.
    }
}
