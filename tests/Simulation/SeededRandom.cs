// Random numbers of the simulation: xorshift128+ from one seed, so that a run is the same on every machine and runtime.
namespace Nvmepf.Tests.Simulation;

internal sealed class SeededRandom
{
    private ulong _first;
    private ulong _second;

    public SeededRandom(ulong seed)
    {
        _first = Scatter(ref seed);
        _second = Scatter(ref seed);
    }

    public ulong Next64()
    {
        ulong a = _first;
        ulong b = _second;
        _first = b;
        a ^= a << 23;
        _second = a ^ b ^ (a >> 17) ^ (b >> 26);
        return _second + b;
    }

    public uint Next32() => (uint)(Next64() >> 32);

    /// <summary>0 to <paramref name="bound"/> less one.</summary>
    public int Below(int bound) => (int)((Next64() >> 33) % (uint)bound);

    /// <summary>Both ends included.</summary>
    public int Between(int least, int most) => least + Below(most - least + 1);

    /// <summary>True once in so many calls; never for 0.</summary>
    public bool OneIn(int calls) => calls > 0 && Below(calls) == 0;

    public T Pick<T>(ReadOnlySpan<T> choices) => choices[Below(choices.Length)];

    private static ulong Scatter(ref ulong state)
    {
        state += 0x9E37_79B9_7F4A_7C15;
        ulong value = state;
        value = (value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9;
        value = (value ^ (value >> 27)) * 0x94D0_49BB_1331_11EB;
        return value ^ (value >> 31);
    }
}
