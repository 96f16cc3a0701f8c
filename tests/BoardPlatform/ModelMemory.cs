using Nvmepf.Hal;
using Nvmepf.Hal.Linux;
using Nvmepf.Hal.Rk3588;
using Nvmepf.SocModel;

namespace Nvmepf.Tests.BoardPlatform;

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

/// <summary>Memory whose blocks lie scattered and backwards in physical memory, for tests of the translation alone.</summary>
internal sealed unsafe class ScatteredMemory : IDmaMemorySource
{
    internal const int BlockBytes = 0x4000;
    private readonly OrdinaryMemory _memory = new();
    private byte* _base;
    private nuint _lengthBytes;

    public bool IsDeviceMemory => false;

    public nuint ContiguousBytes => BlockBytes;

    public byte* Map(nuint wantedBytes, out nuint mappedBytes)
    {
        mappedBytes = (wantedBytes + BlockBytes - 1) / BlockBytes * BlockBytes;
        _base = _memory.Allocate(mappedBytes);
        _lengthBytes = mappedBytes;
        return _base;
    }

    public ulong PhysicalAddressOf(byte* address)
    {
        nuint block = (nuint)(address - _base) / BlockBytes;
        return 0x4000_0000 + ((_lengthBytes - ((block + 1) * BlockBytes)) * 2) + ((nuint)(address - _base) % BlockBytes);
    }

    public void Dispose() => _memory.Dispose();
}
