using System.Runtime.Intrinsics;

namespace Nvmepf.HostDriver.Workload;

/// <summary>
/// What a logical block holds when this tool wrote it: its own address and a generation in the first 16 bytes, and words that follow
/// from both (and from a seed) in the rest. A block that is stale, torn, shifted or somebody else's does not verify, and its first
/// words say where it came from.
/// </summary>
/// <remarks>Generation 0 stands for a block of zeros, so that deallocated and zeroed blocks verify like written ones.</remarks>
public static unsafe class BlockPattern
{
    /// <summary>The generation of a block of zeros.</summary>
    public const uint ZeroGeneration = 0;

    private const ulong GoldenRatio = 0x9E3779B97F4A7C15;
    private const ulong GoldenRatioTimes2 = unchecked(2 * GoldenRatio);
    private const ulong GoldenRatioTimes3 = unchecked(3 * GoldenRatio);
    private const ulong GoldenRatioTimes4 = unchecked(4 * GoldenRatio);
    private const ulong Marker = 0x4E564D45_00000000;

    /// <summary>
    /// Fills one block. <paramref name="block"/> is readable and writable for <paramref name="blockLengthBytes"/>, a multiple of 64.
    /// </summary>
    public static void Fill(byte* block, int blockLengthBytes, ulong logicalBlockAddress, uint generation, ulong seed)
    {
        if (generation == ZeroGeneration)
        {
            new Span<byte>(block, blockLengthBytes).Clear();
            return;
        }

        Vector256<ulong> words = FirstWords(logicalBlockAddress, generation, seed);
        Vector256<ulong> step = Vector256.Create(GoldenRatioTimes4);
        for (int offset = 0; offset < blockLengthBytes; offset += 32)
        {
            Vector256.Store(words, (ulong*)(block + offset));
            words += step;
        }

        ((ulong*)block)[0] = logicalBlockAddress;
        ((ulong*)block)[1] = Marker | generation;
    }

    /// <summary>
    /// Compares one block with what <see cref="Fill"/> would put there. Returns the offset in bytes of the first wrong 8-byte word, or -1.
    /// </summary>
    public static int FirstDifference(byte* block, int blockLengthBytes, ulong logicalBlockAddress, uint generation, ulong seed)
    {
        Vector256<ulong> words = FirstWords(logicalBlockAddress, generation, seed);
        Vector256<ulong> step = Vector256.Create(GoldenRatioTimes4);
        if (generation == ZeroGeneration)
        {
            words = Vector256<ulong>.Zero;
            step = Vector256<ulong>.Zero;
        }
        else
        {
            words = words.WithElement(0, logicalBlockAddress).WithElement(1, Marker | generation);
        }

        for (int offset = 0; offset < blockLengthBytes; offset += 32)
        {
            Vector256<ulong> found = Vector256.Load((ulong*)(block + offset));
            if (found != words)
            {
                return offset + (8 * FirstDifferentElement(found, words));
            }

            if (offset == 0 && generation != ZeroGeneration)
            {
                words = FirstWords(logicalBlockAddress, generation, seed);
            }

            words += step;
        }

        return -1;
    }

    /// <summary>What the block says of itself, in words for a report.</summary>
    public static string Describe(byte* block)
    {
        ulong first = ((ulong*)block)[0];
        ulong second = ((ulong*)block)[1];
        return (second & 0xFFFF_FFFF_0000_0000) == Marker
            ? $"block of LBA {first} generation {(uint)second}"
            : first == 0 && second == 0 ? "zeros" : $"words {first:x16} {second:x16}";
    }

    private static Vector256<ulong> FirstWords(ulong logicalBlockAddress, uint generation, ulong seed)
    {
        ulong mix = seed ^ (logicalBlockAddress * 0xBF58476D1CE4E5B9) ^ ((ulong)generation << 32);
        mix ^= mix >> 31;
        mix *= 0x94D049BB133111EB;
        mix ^= mix >> 29;
        return Vector256.Create(mix, mix + GoldenRatio, mix + GoldenRatioTimes2, mix + GoldenRatioTimes3);
    }

    private static int FirstDifferentElement(Vector256<ulong> found, Vector256<ulong> wanted)
    {
        for (int i = 0; i < Vector256<ulong>.Count; i++)
        {
            if (found[i] != wanted[i])
            {
                return i;
            }
        }

        return 0;
    }
}
