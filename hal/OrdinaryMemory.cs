using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal;

/// <summary>
/// DMA memory for platforms where any memory will do: anonymous pages, committed when first touched, freed all at once.
/// Not for a device that needs physical addresses.
/// </summary>
public sealed unsafe class OrdinaryMemory : IDisposable
{
    private readonly List<(nint Address, nuint LengthBytes)> _mappings = [];

    /// <summary>Maps whole pages, zeroed.</summary>
    /// <exception cref="PlatformException">The address space could not be had.</exception>
    public byte* Allocate(nuint lengthBytes)
    {
        nuint page = (nuint)MemoryMappings.PageSizeBytes;
        nuint rounded = (lengthBytes + page - 1) / page * page;
        int error = MemoryMappings.MapAnonymous(rounded, MapFlags.NoReserve, out void* address);
        if (error != 0)
        {
            throw new PlatformException($"{rounded} bytes of memory for DMA: no address space ({Errno.Describe(error)}); ask for fewer or smaller buffers");
        }

        _mappings.Add(((nint)address, rounded));
        return (byte*)address;
    }

    /// <summary>Gives everything back; nothing may be under way in it.</summary>
    public void Dispose()
    {
        foreach ((nint address, nuint lengthBytes) in _mappings)
        {
            _ = MemoryMappings.Unmap((void*)address, lengthBytes);
        }

        _mappings.Clear();
    }
}
