namespace Nvmepf.Hal.Mmio;

/// <summary>
/// Copies between ordinary memory and device memory (an outbound window, a carve-out) by naturally aligned accesses of 8 bytes, and narrower
/// ones at the ends. Library copies use pairs, vectors and overlapping tails, which device memory answers with a fault.
/// </summary>
public static unsafe class WindowCopy
{
    private const nuint WideMask = sizeof(ulong) - 1;

    /// <summary>Stores <paramref name="lengthBytes"/> bytes into device memory, in ascending order; any alignment of either side.</summary>
    public static void ToDevice(byte* device, byte* source, nuint lengthBytes)
    {
        while (lengthBytes != 0 && ((nuint)device & WideMask) != 0)
        {
            nuint step = NarrowStep(device, lengthBytes);
            StoreNarrow(device, source, step);
            device += step;
            source += step;
            lengthBytes -= step;
        }

        for (; lengthBytes >= sizeof(ulong); lengthBytes -= sizeof(ulong))
        {
            // Ordinary memory may be read unaligned; only the device's side is particular.
            Mmio.Write64((ulong*)device, *(ulong*)source);
            device += sizeof(ulong);
            source += sizeof(ulong);
        }

        while (lengthBytes != 0)
        {
            nuint step = NarrowStep(device, lengthBytes);
            StoreNarrow(device, source, step);
            device += step;
            source += step;
            lengthBytes -= step;
        }
    }

    /// <summary>Loads <paramref name="lengthBytes"/> bytes of device memory, in ascending order; any alignment of either side.</summary>
    public static void FromDevice(byte* destination, byte* device, nuint lengthBytes)
    {
        while (lengthBytes != 0 && ((nuint)device & WideMask) != 0)
        {
            nuint step = NarrowStep(device, lengthBytes);
            LoadNarrow(destination, device, step);
            device += step;
            destination += step;
            lengthBytes -= step;
        }

        for (; lengthBytes >= sizeof(ulong); lengthBytes -= sizeof(ulong))
        {
            *(ulong*)destination = Mmio.Read64((ulong*)device);
            device += sizeof(ulong);
            destination += sizeof(ulong);
        }

        while (lengthBytes != 0)
        {
            nuint step = NarrowStep(device, lengthBytes);
            LoadNarrow(destination, device, step);
            device += step;
            destination += step;
            lengthBytes -= step;
        }
    }

    /// <summary>Stores zeroes into device memory; address and length are multiples of 8.</summary>
    public static void Clear(byte* device, nuint lengthBytes)
    {
        Invariant.Check((((nuint)device | lengthBytes) & WideMask) == 0, "device memory is cleared in whole words");
        for (nuint offset = 0; offset < lengthBytes; offset += sizeof(ulong))
        {
            Mmio.Write64((ulong*)(device + offset), 0);
        }
    }

    /// <summary>The widest access below 8 bytes that is aligned at <paramref name="device"/> and no longer than what is left.</summary>
    private static nuint NarrowStep(byte* device, nuint lengthBytes)
    {
        if (((nuint)device & 1) != 0 || lengthBytes < 2)
        {
            return 1;
        }

        return ((nuint)device & 2) != 0 || lengthBytes < 4 ? 2u : 4u;
    }

    private static void StoreNarrow(byte* device, byte* source, nuint step)
    {
        switch (step)
        {
            case 1:
                Mmio.Write8(device, *source);
                break;
            case 2:
                Mmio.Write16((ushort*)device, *(ushort*)source);
                break;
            default:
                Mmio.Write32((uint*)device, *(uint*)source);
                break;
        }
    }

    private static void LoadNarrow(byte* destination, byte* device, nuint step)
    {
        switch (step)
        {
            case 1:
                *destination = Mmio.Read8(device);
                break;
            case 2:
                *(ushort*)destination = Mmio.Read16((ushort*)device);
                break;
            default:
                *(uint*)destination = Mmio.Read32((uint*)device);
                break;
        }
    }
}
