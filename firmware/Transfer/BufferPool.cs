using Nvmepf.Hal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Transfer;

/// <summary>
/// Transfer buffers for data that cannot go directly: a fixed number, all of one size, page aligned, in native memory.
/// Belongs to one reactor, so it takes no locks; it does not grow, does not zero, and does not queue who waits.
/// </summary>
public sealed unsafe class BufferPool : IDisposable
{
    private readonly int[] _free;
    private readonly bool[] _isTaken;
    private readonly nuint _mappingLengthBytes;
    private byte* _base;
    private int _freeCount;

    /// <summary>
    /// Reserves <paramref name="count"/> buffers of <paramref name="bufferLengthBytes"/> (rounded up to whole pages) at once.
    /// Memory is committed page by page when a buffer is first used.
    /// </summary>
    /// <exception cref="PlatformException">The address space could not be had.</exception>
    public BufferPool(int count, uint bufferLengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfZero(bufferLengthBytes);
        uint pageBytes = (uint)MemoryMappings.PageSizeBytes;
        BufferLengthBytes = (bufferLengthBytes + pageBytes - 1) / pageBytes * pageBytes;
        _mappingLengthBytes = (nuint)BufferLengthBytes * (nuint)count;
        int error = MemoryMappings.MapAnonymous(_mappingLengthBytes, MapFlags.NoReserve, out void* address);
        if (error != 0)
        {
            throw new PlatformException(
                $"{count} transfer buffers of {BufferLengthBytes} bytes: no address space (errno {-error}); ask for fewer or smaller ones");
        }

        _base = (byte*)address;
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

    /// <summary>First byte of a buffer. Valid until <see cref="Dispose"/>.</summary>
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

    /// <summary>Gives the memory back to the system. Nothing may be under way in any buffer.</summary>
    public void Dispose()
    {
        if (_base != null)
        {
            _ = MemoryMappings.Unmap(_base, _mappingLengthBytes);
            _base = null;
        }
    }
}
