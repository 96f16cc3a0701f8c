using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal.Rk3588;

/// <summary>
/// DMA memory in a region that the kernel was told to leave alone (reserved-memory with no-map), through <c>/dev/mem</c>: contiguous, and
/// device memory to the CPU, so that nothing of it is ever in a cache and every access has to be aligned.
/// </summary>
public sealed unsafe class CarveOut : IDmaMemorySource
{
    private const string MemoryPath = "/dev/mem";

    private readonly ulong _physical;
    private readonly nuint _lengthBytes;
    private byte* _base;

    /// <summary>Describes the region; it is mapped when memory is first wanted.</summary>
    /// <exception cref="PlatformException">Address or length cannot be right.</exception>
    public CarveOut(ulong physical, ulong lengthBytes)
    {
        ulong page = (ulong)MemoryMappings.PageSizeBytes;
        if (lengthBytes == 0 || physical % page != 0 || lengthBytes % page != 0 || physical + lengthBytes < physical)
        {
            throw new PlatformException(
                $"carve-out at 0x{physical:x} of {lengthBytes} bytes: address and length must be multiples of {page}, and the length not 0");
        }

        _physical = physical;
        _lengthBytes = (nuint)lengthBytes;
    }

    /// <inheritdoc/>
    public bool IsDeviceMemory => true;

    // The largest power of two: one piece, whatever its length.
    /// <inheritdoc/>
    public nuint ContiguousBytes => (nuint)1 << 62;

    /// <inheritdoc/>
    public byte* Map(nuint lengthBytes, out nuint mappedBytes)
    {
        if (_base != null || lengthBytes > _lengthBytes)
        {
            throw new PlatformException(
                $"carve-out at 0x{_physical:x}: its {_lengthBytes} bytes are not enough, {lengthBytes} more are wanted; reserve a larger region");
        }

        SystemMemory.Refuse(_physical, _lengthBytes);
        int fd = Files.Open(MemoryPath, OpenFlags.ReadWrite | OpenFlags.Sync);
        if (fd < 0)
        {
            throw new PlatformException($"{MemoryPath}: cannot be opened ({Errno.Describe(fd)}); a carve-out is mapped through it, as root");
        }

        int error = MemoryMappings.MapFile(fd, (long)_physical, _lengthBytes, MemoryProtection.ReadWrite, MapFlags.Shared, out void* address);
        _ = Files.Close(fd);
        if (error != 0)
        {
            throw new PlatformException(error == -Errno.EPERM
                ? $"carve-out at 0x{_physical:x} of {_lengthBytes} bytes: the kernel uses that memory or a driver has it; reserve it with no-map in the device tree"
                : $"carve-out at 0x{_physical:x} of {_lengthBytes} bytes: cannot be mapped ({Errno.Describe(error)})");
        }

        _base = (byte*)address;
        mappedBytes = _lengthBytes;
        return _base;
    }

    /// <inheritdoc/>
    public ulong PhysicalAddressOf(byte* address) => _physical + (ulong)(address - _base);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_base != null)
        {
            _ = MemoryMappings.Unmap(_base, _lengthBytes);
            _base = null;
        }
    }
}
