using Nvmepf.Hal.Linux;

namespace Nvmepf.HostDriver.VfioUser;

/// <summary>
/// Memory that the device may reach by DMA: one memory file, mapped here, and handed to the server as two regions that meet in the
/// middle, so that what lies across the seam crosses two DMA maps. Device addresses differ from pointers on purpose: a server that
/// mixes them up does not survive the first command.
/// </summary>
/// <remarks>Allocation is first-fit in pages of 4 KiB and for set-up only; nothing on an I/O path allocates.</remarks>
public sealed unsafe class DmaArena : IDisposable
{
    /// <summary>Granularity of allocation, and the least memory page of NVMe.</summary>
    public const int PageLengthBytes = 4096;

    /// <summary>Where the arena starts for the device, unless told otherwise: above 4 GiB, so that cut addresses show.</summary>
    public const ulong DefaultAddress = 0x12_0000_0000;

    private readonly List<(long Offset, long LengthBytes)> _free = [];
    private readonly byte* _pointer;
    private int _fd;

    /// <summary>
    /// Creates and maps the memory; <paramref name="lengthBytes"/> is rounded up to 2 MiB. Pages cost nothing until touched.
    /// </summary>
    public DmaArena(long lengthBytes, ulong address = DefaultAddress)
    {
        const long Unit = 2L << 20;
        LengthBytes = Math.Max(2, (lengthBytes + Unit - 1) / Unit) * Unit;
        Address = address;
        _fd = VfioUserSocket.Checked(MemoryMappings.CreateMemoryFile("nvmepf-host", MemoryFileFlags.AllowSealing), "memfd_create");
        _ = VfioUserSocket.Checked(Files.Truncate(_fd, LengthBytes), "ftruncate");
        _ = VfioUserSocket.Checked(Files.AddSeals(_fd, FileSeals.Shrink | FileSeals.Grow), "fcntl(F_ADD_SEALS)");
        _ = VfioUserSocket.Checked(
            MemoryMappings.MapFile(_fd, 0, (nuint)LengthBytes, MemoryProtection.ReadWrite, MapFlags.Shared, out void* pointer), "mmap");
        _pointer = (byte*)pointer;
        _free.Add((0, LengthBytes));
    }

    /// <summary>Bytes in all.</summary>
    public long LengthBytes { get; }

    /// <summary>The device's address of the first byte.</summary>
    public ulong Address { get; }

    /// <summary>The device's address of the first byte of the second region.</summary>
    public ulong SeamAddress => Address + (ulong)(LengthBytes / 2);

    /// <summary>An address behind the arena that no region covers.</summary>
    public ulong UnmappedAddress => Address + (ulong)LengthBytes + (64UL << 20);

    /// <summary>Makes both regions known to the server.</summary>
    public void MapInto(VfioUserClient client)
    {
        long half = LengthBytes / 2;
        client.MapDma(Address, (ulong)half, _fd, 0);
        client.MapDma(SeamAddress, (ulong)half, _fd, (ulong)half);
    }

    /// <summary>Takes both regions away from the server, with the file descriptor attached as some clients do.</summary>
    public void UnmapFrom(VfioUserClient client)
    {
        ulong half = (ulong)(LengthBytes / 2);
        client.UnmapDma(Address, half, _fd);
        client.UnmapDma(SeamAddress, half, _fd);
    }

    /// <summary>
    /// Allocates zeroed memory that starts on a multiple of <paramref name="alignmentBytes"/>, a power of two of a page or more; the length
    /// is rounded up to pages. Throws when nothing that large is free.
    /// </summary>
    public HostBuffer Allocate(int lengthBytes, int alignmentBytes = PageLengthBytes)
    {
        long wanted = RoundUp(lengthBytes);
        for (int i = 0; i < _free.Count; i++)
        {
            (long offset, long length) = _free[i];
            long start = (offset + alignmentBytes - 1) & -(long)alignmentBytes;
            if (start + wanted <= offset + length)
            {
                return TakeFrom(i, start, wanted);
            }
        }

        throw new InvalidOperationException(
            $"{lengthBytes} bytes of DMA memory wanted, the largest free piece is {LargestFree()} of {LengthBytes}");
    }

    /// <summary>
    /// Allocates memory whose middle is where the two regions meet; at least two pages. Throws when that memory is taken.
    /// </summary>
    public HostBuffer AllocateAcrossSeam(int lengthBytes)
    {
        long wanted = RoundUp(lengthBytes);
        long start = (LengthBytes / 2) - RoundUp((int)(wanted / 2));
        for (int i = 0; i < _free.Count; i++)
        {
            (long offset, long length) = _free[i];
            if (offset <= start && start + wanted <= offset + length)
            {
                return TakeFrom(i, start, wanted);
            }
        }

        throw new InvalidOperationException("the memory around the seam of the DMA regions is in use");
    }

    /// <summary>Gives a whole buffer back, exactly as it was allocated.</summary>
    public void Free(HostBuffer buffer)
    {
        long offset = (long)(buffer.Address - Address);
        long length = RoundUp(buffer.LengthBytes);
        int index = _free.FindIndex(piece => piece.Offset > offset);
        index = index < 0 ? _free.Count : index;
        _free.Insert(index, (offset, length));
        for (int i = Math.Max(1, index); i < _free.Count && i <= index + 1;)
        {
            (long previous, long previousLength) = _free[i - 1];
            if (previous + previousLength == _free[i].Offset)
            {
                _free[i - 1] = (previous, previousLength + _free[i].LengthBytes);
                _free.RemoveAt(i);
                index--;
                continue;
            }

            i++;
        }
    }

    /// <summary>The sum of what is free, in bytes: what a test compares to see that everything was given back.</summary>
    public long FreeLengthBytes()
    {
        long sum = 0;
        foreach ((long _, long length) in _free)
        {
            sum += length;
        }

        return sum;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_fd >= 0)
        {
            _ = MemoryMappings.Unmap(_pointer, (nuint)LengthBytes);
            _ = Files.Close(_fd);
            _fd = -1;
        }
    }

    private static long RoundUp(int lengthBytes) =>
        Math.Max(1, ((long)lengthBytes + PageLengthBytes - 1) / PageLengthBytes) * PageLengthBytes;

    private HostBuffer TakeFrom(int index, long start, long lengthBytes)
    {
        (long offset, long length) = _free[index];
        _free.RemoveAt(index);
        if (start + lengthBytes < offset + length)
        {
            _free.Insert(index, (start + lengthBytes, offset + length - start - lengthBytes));
        }

        if (offset < start)
        {
            _free.Insert(index, (offset, start - offset));
        }

        var buffer = new HostBuffer(_pointer + start, Address + (ulong)start, (int)lengthBytes);
        buffer.Bytes.Clear();
        return buffer;
    }

    private long LargestFree()
    {
        long largest = 0;
        foreach ((long _, long length) in _free)
        {
            largest = Math.Max(largest, length);
        }

        return largest;
    }
}
