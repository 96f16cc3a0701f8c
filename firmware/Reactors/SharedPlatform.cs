using Nvmepf.Hal;

namespace Nvmepf.Firmware.Reactors;

/// <summary>
/// A platform as a share sees it whose reactor does not poll it: BAR 0, clock and interrupts are the platform's own, host memory is a copy of
/// its map that changes only while the share is held, and DMA goes by way of the platform's reactor.
/// </summary>
/// <remarks>
/// What is passed on here is what a platform that says <see cref="IPlatform.ServesSeveralThreads"/> allows any thread. The rest belongs to
/// the platform's reactor and is a bug here.
/// </remarks>
internal sealed unsafe class SharedPlatform : IPlatform
{
    private readonly IPlatform _platform;
    private readonly int _source;

    /// <summary>Creates the view.</summary>
    /// <param name="platform">The platform.</param>
    /// <param name="owner">The reactor that polls it.</param>
    /// <param name="source">Number of the share, as the platform tells the sources of interrupts apart; 0 is the home share's.</param>
    public SharedPlatform(IPlatform platform, ReactorLink owner, int source)
    {
        _platform = platform;
        _source = source;
        HostMemory = new HostMemoryMap(platform.HostMemory.Capacity);
        Dma = new ForwardedDma(owner);
    }

    /// <summary>The same as <see cref="HostDma"/>.</summary>
    public ForwardedDma Dma { get; }

    /// <inheritdoc/>
    public string Name => _platform.Name;

    /// <inheritdoc/>
    public Bar0Memory Bar0 => _platform.Bar0;

    /// <inheritdoc/>
    public HostMemoryMap HostMemory { get; }

    /// <inheritdoc/>
    public IHostDma HostDma => Dma;

    /// <inheritdoc/>
    public int InterruptVectorCount => _platform.InterruptVectorCount;

    /// <inheritdoc/>
    public int EnabledVectorCount => _platform.EnabledVectorCount;

    /// <inheritdoc/>
    public int CompletionQueueLimit => _platform.CompletionQueueLimit;

    /// <inheritdoc/>
    public bool TrapsRegisterWrites => _platform.TrapsRegisterWrites;

    /// <inheritdoc/>
    public bool TrapsDoorbells => _platform.TrapsDoorbells;

    /// <inheritdoc/>
    public bool HasLevelInterrupts => _platform.HasLevelInterrupts;

    /// <inheritdoc/>
    public bool IsMsixEnabled => _platform.IsMsixEnabled;

    /// <inheritdoc/>
    public bool ServesSeveralThreads => true;

    /// <inheritdoc/>
    public long NowNanoseconds => _platform.NowNanoseconds;

    /// <inheritdoc/>
    public bool IsBusMasterEnabled => _platform.IsBusMasterEnabled;

    /// <inheritdoc/>
    public byte* AllocateDmaMemory(nuint lengthBytes) => _platform.AllocateDmaMemory(lengthBytes);

    /// <inheritdoc/>
    public void Start(IFunctionHandler handler) => Invariant.Check(false, "the platform's own reactor starts it");

    /// <inheritdoc/>
    public bool Poll()
    {
        Invariant.Check(false, "the platform's own reactor polls it");
        return false;
    }

    /// <inheritdoc/>
    public void RaiseInterrupt(int vector) => _platform.RaiseInterrupt(vector, _source);

    /// <inheritdoc/>
    public void LowerInterrupt(int vector) => _platform.LowerInterrupt(vector, _source);

    /// <inheritdoc/>
    public void PublishBar0(uint offsetBytes, uint lengthBytes) => _platform.PublishBar0(offsetBytes, lengthBytes);

    /// <inheritdoc/>
    public void RefreshBar0(uint offsetBytes, uint lengthBytes) => _platform.RefreshBar0(offsetBytes, lengthBytes);

    /// <inheritdoc/>
    public nint OpenWindow(ulong hostAddress, uint lengthBytes) => 0;

    /// <inheritdoc/>
    public void CloseWindow(nint window) => Invariant.Check(false, "no window was ever opened");

    /// <inheritdoc/>
    public int GetWakeDescriptors(Span<int> descriptors) => 0;

    /// <inheritdoc/>
    public void Dispose()
    {
        // The platform is not ours.
    }
}
