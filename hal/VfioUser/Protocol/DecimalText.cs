namespace Nvmepf.Hal.VfioUser;

/// <summary>
/// Decimal digits for messages that are made on a reactor. The framework's formatters will not do there: behind their fast way is one for
/// every format, which rents and allocates.
/// </summary>
internal static class DecimalText
{
    /// <summary>The most digits of a 64-bit number.</summary>
    internal const int LengthMax = 20;

    /// <summary>Writes a number without leading zeroes; <paramref name="destination"/> has room for <see cref="LengthMax"/>.</summary>
    /// <returns>How many digits there are.</returns>
    internal static int Write(ulong value, Span<byte> destination)
    {
        Span<byte> digits = destination[..LengthMax];
        int first = LengthMax;
        do
        {
            digits[--first] = (byte)('0' + (value % 10));
            value /= 10;
        }
        while (value != 0);
        digits[first..].CopyTo(digits);
        return LengthMax - first;
    }
}
