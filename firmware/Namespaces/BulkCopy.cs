using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Nvmepf.Firmware.Namespaces;

/// <summary>
/// Copies between the memory of a namespace and a host's. What is stored in a namespace is not looked at again soon: to bring its lines into
/// the caches first, as an ordinary copy does, costs half the memory's bandwidth and pushes everything else out.
/// </summary>
/// <remarks>Ordinary memory only (no device memory), ranges that do not overlap.</remarks>
internal static unsafe class BulkCopy
{
    /// <summary>The smallest logical block: even that is written three times as fast past the caches, where blocks lie all over the store.</summary>
    private const nuint NonTemporalLeastBytes = 512;

    /// <summary>
    /// From here on a copy out of the store goes past the caches as well: so much data leaves the nearest cache before the host has looked at
    /// all of it, and its old lines need not be read to be overwritten.
    /// </summary>
    private const nuint NonTemporalReadLeastBytes = 64 * 1024;

    private const nuint StepBytes = 64;
    private const nuint VectorBytes = 16;

    /// <summary>Copies out of the store, to memory that the host looks at next. The bytes are visible to other cores before what is stored next.</summary>
    internal static void FromStore(byte* store, byte* destination, nuint lengthBytes)
    {
        nuint wide = WideCopy.IsInstalled ? lengthBytes & ~(WideCopy.StepBytes - 1) : 0;
        if (wide >= NonTemporalReadLeastBytes && ((nuint)destination & (WideCopy.StreamAlignmentBytes - 1)) == 0)
        {
            WideCopy.Stream(destination, store, wide);
            Fence();
        }
        else if (wide != 0)
        {
            WideCopy.Copy(destination, store, wide);
        }

        if (wide != lengthBytes)
        {
            NativeMemory.Copy(store + wide, destination + wide, lengthBytes - wide);
        }
    }

    /// <summary>
    /// Copies into the store, past the caches where the processor and the alignment allow it. This thread sees the bytes at once; for others,
    /// what is stored next may come first, unless <see cref="Fence"/> stands between: to wait for memory after each copy costs much of what going past the caches saves.
    /// </summary>
    internal static void ToStore(byte* source, byte* store, nuint lengthBytes)
    {
        if (lengthBytes < NonTemporalLeastBytes)
        {
            NativeMemory.Copy(source, store, lengthBytes);
            return;
        }

        nuint done = 0;
        if (WideCopy.IsInstalled && ((nuint)store & (WideCopy.StreamAlignmentBytes - 1)) == 0)
        {
            done = lengthBytes & ~(WideCopy.StepBytes - 1);
            WideCopy.Stream(store, source, done);
        }
        else if (Sse2.IsSupported && ((nuint)store & (VectorBytes - 1)) == 0)
        {
            done = Stream(source, store, lengthBytes & ~(StepBytes - 1));
        }

        if (done != lengthBytes)
        {
            NativeMemory.Copy(source + done, store + done, lengthBytes - done);
        }
    }

    /// <summary>What was copied before is visible to other cores before what is stored after.</summary>
    internal static void Fence()
    {
        if (Sse.IsSupported)
        {
            Sse.StoreFence();
        }
    }

    private static nuint Stream(byte* source, byte* store, nuint lengthBytes)
    {
        for (nuint done = 0; done < lengthBytes; done += StepBytes)
        {
            Vector128<byte> a = Sse2.LoadVector128(source + done);
            Vector128<byte> b = Sse2.LoadVector128(source + done + VectorBytes);
            Vector128<byte> c = Sse2.LoadVector128(source + done + (2 * VectorBytes));
            Vector128<byte> d = Sse2.LoadVector128(source + done + (3 * VectorBytes));
            Sse2.StoreAlignedNonTemporal(store + done, a);
            Sse2.StoreAlignedNonTemporal(store + done + VectorBytes, b);
            Sse2.StoreAlignedNonTemporal(store + done + (2 * VectorBytes), c);
            Sse2.StoreAlignedNonTemporal(store + done + (3 * VectorBytes), d);
        }

        return lengthBytes;
    }
}
