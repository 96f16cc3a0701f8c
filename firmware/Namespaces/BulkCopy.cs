using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Nvmepf.Firmware.Namespaces;

/// <summary>
/// Copies into the memory of a namespace. What is stored there is not looked at again soon: to bring its lines into the caches first, as
/// an ordinary copy does, costs half the memory's bandwidth and pushes everything else out.
/// </summary>
/// <remarks>Ordinary memory only (no device memory), ranges that do not overlap. Reads are ordinary copies: nothing else was faster.</remarks>
internal static unsafe class BulkCopy
{
    /// <summary>Below this a copy past the caches costs more than it saves.</summary>
    private const nuint NonTemporalLeastBytes = 2048;

    private const nuint StepBytes = 64;
    private const nuint VectorBytes = 16;

    /// <summary>Copies into the store, past the caches where the processor and the alignment allow it. The bytes are visible to other cores on return.</summary>
    internal static void ToStore(byte* source, byte* store, nuint lengthBytes)
    {
        if (!Sse2.IsSupported || lengthBytes < NonTemporalLeastBytes || ((nuint)store & 15) != 0)
        {
            NativeMemory.Copy(source, store, lengthBytes);
            return;
        }

        nuint done = 0;
        for (; done + StepBytes <= lengthBytes; done += StepBytes)
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

        // Such stores are not ordered with the completion entry that follows, unless they are told to be.
        Sse.StoreFence();
        NativeMemory.Copy(source + done, store + done, lengthBytes - done);
    }
}
