using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal.VfioUser;

/// <summary>A buffer outside the managed heap, of pages that exist once they are touched: large limits cost nothing until used.</summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    /// <summary>Reserves the buffer; zeroed. Throws <see cref="PlatformException"/>.</summary>
    internal NativeBuffer(int lengthBytes)
    {
        int result = MemoryMappings.MapAnonymous((nuint)lengthBytes, MapFlags.NoReserve, out void* address);
        if (result < 0)
        {
            throw new PlatformException($"vfio-user: cannot map {lengthBytes} bytes for messages: {Errno.Describe(result)}");
        }

        Pointer = (byte*)address;
        LengthBytes = lengthBytes;
    }

    /// <summary>First byte; valid until disposed.</summary>
    internal byte* Pointer { get; private set; }

    /// <summary>Length as asked for.</summary>
    internal int LengthBytes { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Pointer != null)
        {
            _ = MemoryMappings.Unmap(Pointer, (nuint)LengthBytes);
            Pointer = null;
        }
    }
}
