using System.Runtime.CompilerServices;

namespace Nvmepf.HostDriver.Workload;

/// <summary>A small, fast, seeded generator (xorshift64*): the same seed gives the same workload on every machine.</summary>
public struct RandomNumbers
{
    private ulong _state;

    /// <summary>A generator; any seed will do.</summary>
    public RandomNumbers(ulong seed)
    {
        // Spread the seed, so that 1, 2, 3 do not start alike, and avoid the one state that stays.
        ulong mixed = (seed + 0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9;
        mixed ^= mixed >> 29;
        _state = mixed == 0 ? 1 : mixed;
    }

    /// <summary>64 random bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Next()
    {
        ulong x = _state;
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        _state = x;
        return x * 0x2545F4914F6CDD1D;
    }

    /// <summary>A number from 0 to <paramref name="bound"/> less one; <paramref name="bound"/> is 1 or more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Below(ulong bound) => Math.BigMul(Next(), bound, out _);

    /// <summary>A number from 0 to <paramref name="bound"/> less one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Below(int bound) => (int)Below((ulong)bound);
}
