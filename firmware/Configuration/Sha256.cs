using System.Buffers.Binary;
using System.Numerics;

namespace Nvmepf.Firmware.Configuration;

/// <summary>
/// SHA-256 (FIPS 180-4), for identities that anybody can recompute with sha256sum. The runtime's own needs OpenSSL's library
/// at run time, and the binary shall need nothing but libc. Not for secrets, and not fast.
/// </summary>
internal static class Sha256
{
    /// <summary>Bytes of a digest.</summary>
    public const int LengthBytes = 32;

    private const int BlockBytes = 64;

    // The first 32 bits of the fractions of the square roots of the first 8 primes, and of the cube roots of the first 64. A double has
    // 17 bits more than these need.
    private static readonly uint[] s_start = new uint[8];
    private static readonly uint[] s_rounds = new uint[64];

    static Sha256()
    {
        int found = 0;
        for (int candidate = 2; found < s_rounds.Length; candidate++)
        {
            if (!IsPrime(candidate))
            {
                continue;
            }

            if (found < s_start.Length)
            {
                s_start[found] = FractionBits(Math.Sqrt(candidate));
            }

            s_rounds[found++] = FractionBits(Math.Cbrt(candidate));
        }
    }

    /// <summary>The digest of some bytes.</summary>
    public static byte[] Hash(ReadOnlySpan<byte> data)
    {
        // Padding: a one bit, zeroes, and the length in bits in the last eight bytes of a block.
        byte[] padded = new byte[(data.Length + 9 + BlockBytes - 1) / BlockBytes * BlockBytes];
        data.CopyTo(padded);
        padded[data.Length] = 0x80;
        BinaryPrimitives.WriteUInt64BigEndian(padded.AsSpan(padded.Length - 8), (ulong)data.Length * 8);
        uint[] state = [.. s_start];
        for (int at = 0; at < padded.Length; at += BlockBytes)
        {
            Compress(state, padded.AsSpan(at, BlockBytes));
        }

        byte[] digest = new byte[LengthBytes];
        for (int i = 0; i < state.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(digest.AsSpan(4 * i), state[i]);
        }

        return digest;
    }

    private static void Compress(uint[] state, ReadOnlySpan<byte> block)
    {
        Span<uint> schedule = stackalloc uint[64];
        for (int i = 0; i < 64; i++)
        {
            if (i < 16)
            {
                schedule[i] = BinaryPrimitives.ReadUInt32BigEndian(block[(4 * i)..]);
                continue;
            }

            uint early = schedule[i - 15];
            uint late = schedule[i - 2];
            schedule[i] = schedule[i - 16] + schedule[i - 7]
                + (BitOperations.RotateRight(early, 7) ^ BitOperations.RotateRight(early, 18) ^ (early >> 3))
                + (BitOperations.RotateRight(late, 17) ^ BitOperations.RotateRight(late, 19) ^ (late >> 10));
        }

        Span<uint> v = stackalloc uint[8];
        state.CopyTo(v);
        for (int i = 0; i < 64; i++)
        {
            uint sum1 = BitOperations.RotateRight(v[4], 6) ^ BitOperations.RotateRight(v[4], 11) ^ BitOperations.RotateRight(v[4], 25);
            uint choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
            uint first = v[7] + sum1 + choice + s_rounds[i] + schedule[i];
            uint sum0 = BitOperations.RotateRight(v[0], 2) ^ BitOperations.RotateRight(v[0], 13) ^ BitOperations.RotateRight(v[0], 22);
            uint majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
            v[..7].CopyTo(v[1..]);
            v[4] += first;
            v[0] = first + sum0 + majority;
        }

        for (int i = 0; i < 8; i++)
        {
            state[i] += v[i];
        }
    }

    private static bool IsPrime(int candidate)
    {
        for (int divisor = 2; divisor * divisor <= candidate; divisor++)
        {
            if (candidate % divisor == 0)
            {
                return false;
            }
        }

        return true;
    }

    private static uint FractionBits(double root) => (uint)((root - Math.Floor(root)) * 4294967296.0);
}
