using Nvmepf.Hal;
using Nvmepf.Hal.Rk3588;

namespace Nvmepf.Tests.BoardPlatform;

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
