namespace Nvmepf.SocModel;

/// <summary>A small seeded generator (xorshift64*): the model's only source of chance.</summary>
internal struct Prng
{
    private ulong _state;

    internal Prng(ulong seed)
    {
        // A mixing step, so that neighbouring seeds differ at once and zero is a seed like any other.
        ulong mixed = (seed + 0x9E37_79B9_7F4A_7C15) * 0xBF58_476D_1CE4_E5B9;
        _state = mixed ^ (mixed >> 29);
        _state = _state == 0 ? 1 : _state;
    }

    internal ulong Next()
    {
        _state ^= _state >> 12;
        _state ^= _state << 25;
        _state ^= _state >> 27;
        return _state * 0x2545_F491_4F6C_DD1D;
    }

    /// <summary>A number below <paramref name="limit"/>, which is positive.</summary>
    internal int Below(int limit) => (int)((Next() >> 33) % (uint)limit);

    /// <summary>True this often in a million; draws nothing where the answer is certain, so that a fault switched off changes no sequence.</summary>
    internal bool Chance(int perMillion) => perMillion > 0 && Below(1_000_000) < perMillion;
}
