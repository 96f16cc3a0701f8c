using Nvmepf.Hal;
using Nvmepf.Hal.Linux;
using Nvmepf.Hal.Rk3588;
using Nvmepf.SocModel;

namespace Nvmepf.BoardBench;

/// <summary>DMA memory whose physical addresses are those of the model's cached memory.</summary>
internal sealed unsafe class ModelPages(CachedDram dram, int fromBytes, int lengthBytes, bool isTakenForUncached = false) : IDmaMemorySource
{
    private bool _isMapped;

    public bool IsDeviceMemory => isTakenForUncached;

    // Small, so that segments cross from one block to the next; the blocks happen to follow each other.
    public nuint ContiguousBytes => 0x10_0000;

    public byte* Map(nuint wantedBytes, out nuint mappedBytes)
    {
        if (_isMapped || wantedBytes > (nuint)lengthBytes)
        {
            throw new PlatformException("the model has no more memory");
        }

        _isMapped = true;
        mappedBytes = (nuint)lengthBytes;

        // As a kernel hands pages out: nothing of their earlier life is in a cache, and the zeroes are.
        ulong physical = dram.PhysicalOf(dram.View + fromBytes);
        dram.Maintain(physical, lengthBytes, invalidate: true);
        new Span<byte>(dram.View + fromBytes, lengthBytes).Clear();
        dram.Maintain(physical, lengthBytes, invalidate: false);
        return dram.View + fromBytes;
    }

    public ulong PhysicalAddressOf(byte* address) => dram.PhysicalOf(address);

    internal bool IsGivenBack { get; private set; }

    public void Dispose() => IsGivenBack = true;
}

/// <summary>The model's carve-out: device memory behind the trap.</summary>
internal sealed unsafe class ModelCarveOut(SocTrap trap) : IDmaMemorySource
{
    private bool _isMapped;

    public bool IsDeviceMemory => true;

    public nuint ContiguousBytes => (nuint)1 << 62;

    public byte* Map(nuint wantedBytes, out nuint mappedBytes)
    {
        if (_isMapped || wantedBytes > (nuint)trap.Dram!.CarveOutBytes)
        {
            throw new PlatformException("the model's carve-out is too small");
        }

        _isMapped = true;
        mappedBytes = (nuint)trap.Dram!.CarveOutBytes;
        return (byte*)trap.CarveOut;
    }

    public ulong PhysicalAddressOf(byte* address) => trap.Dram!.CarveOutPhysical + (ulong)(address - (byte*)trap.CarveOut);

    public void Dispose()
    {
    }
}

/// <summary>The model's time as the platform's.</summary>
internal sealed class ModelClock(Soc soc) : IBoardClock
{
    public long NowNanoseconds => soc.NowNanoseconds;

    public void Sleep(long nanoseconds) => soc.Advance(nanoseconds);
}
