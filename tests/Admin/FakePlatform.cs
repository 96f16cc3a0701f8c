using System.Runtime.InteropServices;
using Nvmepf.Hal;

namespace Nvmepf.Tests.Admin;

/// <summary>A platform whose clock and host memory belong to the test: one region of host memory, direct, nothing by DMA.</summary>
internal sealed unsafe class FakePlatform : IPlatform, IHostDma
{
    public const ulong HostMemoryAddress = 0x10_0000;
    public const int HostMemoryBytes = 4 * 1024 * 1024;

    private readonly void* _bar = NativeMemory.AlignedAlloc(Bar0Layout.LengthBytes, 4096);
    private readonly byte* _memory = (byte*)NativeMemory.AlignedAlloc(HostMemoryBytes, 4096);

    public FakePlatform(int interruptVectorCount = 5)
    {
        InterruptVectorCount = interruptVectorCount;
        NativeMemory.Clear(_bar, Bar0Layout.LengthBytes);
        NativeMemory.Clear(_memory, HostMemoryBytes);
        Bar0 = new Bar0Memory((nint)_bar, Bar0Layout.LengthBytes);
        HostMemory = new HostMemoryMap(4);
        _ = HostMemory.TryAdd(new HostMemoryRegion
        {
            Address = HostMemoryAddress,
            Last = HostMemoryAddress + HostMemoryBytes - 1,
            Pointer = _memory,
            Access = HostAccess.Read | HostAccess.Write,
            BackingHandle = -1,
        });
    }

    public string Name => "fake";

    public Bar0Memory Bar0 { get; }

    public HostMemoryMap HostMemory { get; }

    public IHostDma HostDma => this;

    public int InterruptVectorCount { get; }

    public int CompletionQueueLimit { get; init; } = int.MaxValue;

    public long NowNanoseconds { get; set; } = 1_000_000_000;

    public int InFlight => 0;

    public Span<byte> Memory(ulong hostAddress, int lengthBytes) =>
        new(_memory + (hostAddress - HostMemoryAddress), lengthBytes);

    public ref T At<T>(ulong hostAddress)
        where T : unmanaged => ref *(T*)(_memory + (hostAddress - HostMemoryAddress));

    public void Start(IFunctionHandler handler)
    {
    }

    public bool Poll() => false;

    public void RaiseInterrupt(int vector)
    {
    }

    public int GetWakeDescriptors(Span<int> descriptors) => 0;

    public bool TrySubmit(DmaDirection direction, HostSegment* segments, int segmentCount, ulong tag) => throw new NotSupportedException();

    public int Poll(DmaCompletion* completions, int capacity) => 0;

    public void Dispose()
    {
        NativeMemory.AlignedFree(_bar);
        NativeMemory.AlignedFree(_memory);
    }
}
