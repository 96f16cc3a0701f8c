namespace Nvmepf.HostDriver.VfioUser;

/// <summary>
/// A piece of this host's memory that the device can reach. The pointer is into a mapping of a <see cref="DmaArena"/> and is valid as
/// long as that lives; the device knows the same byte by its PCI address.
/// </summary>
/// <param name="pointer">Where this process sees it.</param>
/// <param name="address">Where the device sees it (I/O virtual address).</param>
/// <param name="lengthBytes">Bytes.</param>
public readonly unsafe struct HostBuffer(byte* pointer, ulong address, int lengthBytes)
{
    /// <summary>Where this process sees the first byte.</summary>
    public readonly byte* Pointer = pointer;

    /// <summary>Where the device sees the first byte.</summary>
    public readonly ulong Address = address;

    /// <summary>Length in bytes.</summary>
    public readonly int LengthBytes = lengthBytes;

    /// <summary>The bytes as a span.</summary>
    public Span<byte> Bytes => new(Pointer, LengthBytes);

    /// <summary>A part of this buffer; throws <see cref="ArgumentOutOfRangeException"/> when it is not one.</summary>
    public HostBuffer Slice(int offset, int lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)offset + lengthBytes, LengthBytes);
        return new HostBuffer(Pointer + offset, Address + (ulong)offset, lengthBytes);
    }
}
