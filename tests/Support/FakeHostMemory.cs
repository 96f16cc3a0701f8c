// Host memory for tests: blocks of native memory at host addresses of the test's choice. The blocks are what the host has; the map
// says which parts of them the device may reach, and how. Both can differ on purpose.
using System.Runtime.InteropServices;
using Nvmepf.Hal;

namespace Nvmepf.Tests.Support;

public sealed unsafe class FakeHostMemory : IDisposable
{
    private const int BlocksMax = 16;
    private readonly Block[] _blocks = new Block[BlocksMax];
    private int _count;

    public FakeHostMemory(int regionsMax) => Map = new HostMemoryMap(regionsMax);

    /// <summary>What the platform shows to the firmware.</summary>
    public HostMemoryMap Map { get; }

    /// <summary>Adds zeroed memory to the host. Not yet visible to the device.</summary>
    public void Install(ulong address, ulong lengthBytes)
    {
        byte* memory = (byte*)NativeMemory.AlignedAlloc((nuint)lengthBytes, 4096);
        NativeMemory.Clear(memory, (nuint)lengthBytes);
        _blocks[_count++] = new Block { Address = address, Last = address + (lengthBytes - 1), Memory = memory };
    }

    /// <summary>Installs memory and shows all of it to the device.</summary>
    public void InstallMapped(ulong address, ulong lengthBytes, bool isDirect, HostAccess access = HostAccess.Read | HostAccess.Write)
    {
        Install(address, lengthBytes);
        MapRange(address, lengthBytes, isDirect, access);
    }

    /// <summary>Shows a range of installed memory to the device.</summary>
    public void MapRange(ulong address, ulong lengthBytes, bool isDirect, HostAccess access = HostAccess.Read | HostAccess.Write)
    {
        HostMemoryRegion region = new()
        {
            Address = address,
            Last = address + (lengthBytes - 1),
            Pointer = isDirect ? Pointer(address, lengthBytes) : null,
            Access = access,
            BackingHandle = -1,
        };
        if (!Map.TryAdd(in region))
        {
            throw new InvalidOperationException($"region {address:X}h + {lengthBytes:X}h overlaps another, or the map is full");
        }
    }

    /// <summary>Takes every region that touches the range out of the map; returns how many.</summary>
    public int UnmapRange(ulong address, ulong lengthBytes)
    {
        int removed = 0;
        int index;
        while ((index = Map.FirstOverlap(address, address + (lengthBytes - 1))) >= 0)
        {
            Map.RemoveAt(index);
            removed++;
        }

        return removed;
    }

    /// <summary>The host's own view of a range that lies in one block; throws where there is no memory.</summary>
    public byte* Pointer(ulong address, ulong lengthBytes)
    {
        byte* pointer = TryPointer(address, lengthBytes);
        return pointer != null ? pointer : throw new InvalidOperationException($"the host has no memory at {address:X}h + {lengthBytes:X}h");
    }

    public byte* TryPointer(ulong address, ulong lengthBytes)
    {
        for (int i = 0; i < _count; i++)
        {
            ref Block block = ref _blocks[i];
            if (address >= block.Address && address <= block.Last && block.Last - address >= lengthBytes - 1)
            {
                return block.Memory + (address - block.Address);
            }
        }

        return null;
    }

    public Span<byte> Bytes(ulong address, int lengthBytes) => new(Pointer(address, (ulong)lengthBytes), lengthBytes);

    public ref T At<T>(ulong address)
        where T : unmanaged => ref *(T*)Pointer(address, (ulong)sizeof(T));

    /// <summary>Bytes that tell where they are, so that a byte in the wrong place is seen.</summary>
    public void FillPattern(ulong address, int lengthBytes, int seed)
    {
        Span<byte> bytes = Bytes(address, lengthBytes);
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = PatternByte(i, seed);
        }
    }

    public static byte PatternByte(long offset, int seed) => (byte)((offset * 31) + (offset >> 8) + (offset >> 16) + (seed * 101) + 7);

    public void Dispose()
    {
        for (int i = 0; i < _count; i++)
        {
            NativeMemory.AlignedFree(_blocks[i].Memory);
        }

        _count = 0;
    }

    private struct Block
    {
        public ulong Address;
        public ulong Last;
        public byte* Memory;
    }
}
