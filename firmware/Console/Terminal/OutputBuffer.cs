namespace Nvmepf.Firmware.Console.Terminal;

/// <summary>
/// Bytes on their way to a terminal: a ring of fixed size. What does not fit is dropped and counted, so that nobody who writes here ever waits.
/// </summary>
internal sealed class OutputBuffer
{
    private readonly byte[] _bytes;
    private int _head;

    /// <summary>Creates an empty buffer.</summary>
    public OutputBuffer(int capacityBytes) => _bytes = new byte[capacityBytes];

    /// <summary>Bytes that wait.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes that fit.</summary>
    public int Free => _bytes.Length - Count;

    /// <summary>Bytes that did not fit, since the buffer was made.</summary>
    public long Dropped { get; private set; }

    /// <summary>The bytes that come next, as far as they lie in one piece.</summary>
    public ReadOnlySpan<byte> Next => _bytes.AsSpan(_head, Math.Min(Count, _bytes.Length - _head));

    /// <summary>Adds one byte.</summary>
    public void Add(byte value) => Add(new ReadOnlySpan<byte>(in value));

    /// <summary>Adds bytes; of those that do not fit none is kept.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        int kept = Math.Min(bytes.Length, Free);
        Dropped += bytes.Length - kept;
        int at = (_head + Count) % _bytes.Length;
        int first = Math.Min(kept, _bytes.Length - at);
        bytes[..first].CopyTo(_bytes.AsSpan(at));
        bytes[first..kept].CopyTo(_bytes);
        Count += kept;
    }

    /// <summary>Adds text; what is no printable ASCII becomes a question mark, so that no text can upset a terminal.</summary>
    public void AddText(ReadOnlySpan<char> text)
    {
        foreach (char character in text)
        {
            Add(character is >= ' ' and <= '~' ? (byte)character : (byte)'?');
        }
    }

    /// <summary>Adds a number in decimal.</summary>
    public void AddNumber(int value)
    {
        Span<byte> digits = stackalloc byte[11];
        _ = System.Buffers.Text.Utf8Formatter.TryFormat(value, digits, out int length);
        Add(digits[..length]);
    }

    /// <summary>The first <paramref name="count"/> bytes of <see cref="Next"/> have gone.</summary>
    public void Taken(int count)
    {
        _head = (_head + count) % _bytes.Length;
        Count -= count;
    }

    /// <summary>Forgets what waits.</summary>
    public void Clear() => Taken(Count);
}
