using Nvmepf.Hal;

namespace Nvmepf.Firmware.Transfer;

/// <summary>
/// Transfer buffers for data that cannot go directly: a fixed number, all of one size, page aligned, in the platform's DMA memory.
/// Belongs to one reactor, so it takes no locks; it does not grow, does not zero, and does not queue who waits.
/// </summary>
public sealed unsafe class BufferPool
{
    private const uint PageBytes = 4096;

    private readonly int[] _free;
    private readonly bool[] _isTaken;
    private readonly byte* _base; // belongs to the platform, which outlives the pool
    private int _freeCount;

    /// <summary>
    /// Reserves <paramref name="count"/> buffers of <paramref name="bufferLengthBytes"/> (rounded up to whole pages) at once.
    /// </summary>
    /// <exception cref="PlatformException">The platform has not so much memory for DMA.</exception>
    public BufferPool(IPlatform platform, int count, uint bufferLengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfZero(bufferLengthBytes);
        BufferLengthBytes = (bufferLengthBytes + PageBytes - 1) / PageBytes * PageBytes;
        try
        {
            _base = platform.AllocateDmaMemory((nuint)BufferLengthBytes * (nuint)count);
        }
        catch (PlatformException problem)
        {
            throw new PlatformException($"{count} transfer buffers of {BufferLengthBytes} bytes: {problem.Message}", problem);
        }

        _free = new int[count];
        _isTaken = new bool[count];
        _freeCount = count;
        for (int i = 0; i < count; i++)
        {
            _free[i] = count - 1 - i; // buffer 0 on top: few users touch few pages
        }
    }

    /// <summary>Number of buffers.</summary>
    public int Count => _free.Length;

    /// <summary>How many of them nobody has taken.</summary>
    public int FreeCount => _freeCount;

    /// <summary>Length of each buffer in bytes, a multiple of the page size.</summary>
    public uint BufferLengthBytes { get; }

    /// <summary>First byte of all buffers, which follow each other. Valid as long as the platform.</summary>
    public byte* Memory => _base;

    /// <summary>Length of all buffers in bytes.</summary>
    public nuint LengthBytes => (nuint)BufferLengthBytes * (nuint)Count;

    /// <summary>First byte of a buffer. Valid as long as the platform.</summary>
    public byte* this[int index]
    {
        get
        {
            Invariant.Check((uint)index < (uint)_isTaken.Length, "an index that TryTake returned");
            return _base + ((nuint)(uint)index * BufferLengthBytes);
        }
    }

    /// <summary>Takes a buffer, the one returned last first because its bytes are likely in the cache.</summary>
    /// <returns>Its index, or -1 when all are taken. Contents are whatever the last user left.</returns>
    public int TryTake()
    {
        if (_freeCount == 0)
        {
            return -1;
        }

        int index = _free[--_freeCount];
        _isTaken[index] = true;
        return index;
    }

    /// <summary>Gives a buffer back. It must be one that was taken and not returned since.</summary>
    public void Return(int index)
    {
        Invariant.Check((uint)index < (uint)_isTaken.Length && _isTaken[index], "a transfer buffer is returned once, by who took it");
        _isTaken[index] = false;
        _free[_freeCount++] = index;
    }
}
