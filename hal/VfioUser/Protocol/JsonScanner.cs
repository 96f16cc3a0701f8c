namespace Nvmepf.Hal.VfioUser;

/// <summary>
/// Walks a JSON text (RFC 8259) where it stands: no allocation, no exception, bounded depth. The framework's reader throws on bad
/// input, which a hostile client could make the reactor do. Escapes are checked but not decoded: no key that matters has any.
/// </summary>
internal ref struct JsonScanner
{
    private const int DepthMax = 16;
    private readonly ReadOnlySpan<byte> _text;
    private int _position;

    internal JsonScanner(ReadOnlySpan<byte> text)
    {
        _text = text;
        _position = 0;
    }

    /// <summary>Takes white space and then <paramref name="token"/>, if that is what comes.</summary>
    internal bool TryTake(byte token)
    {
        SkipWhiteSpace();
        if (_position >= _text.Length || _text[_position] != token)
        {
            return false;
        }

        _position++;
        return true;
    }

    /// <summary>True where nothing but white space is left.</summary>
    internal bool AtEnd()
    {
        SkipWhiteSpace();
        return _position == _text.Length;
    }

    /// <summary>Takes a member name and its colon.</summary>
    internal bool TryTakeName(out ReadOnlySpan<byte> name) => TryTakeString(out name) && TryTake((byte)':');

    /// <summary>Takes a number that is a whole one, not negative, and fits 63 bits.</summary>
    internal bool TryTakeWholeNumber(out long value)
    {
        SkipWhiteSpace();
        value = 0;
        int start = _position;
        while (_position < _text.Length && IsDigit(_text[_position]))
        {
            int digit = _text[_position] - '0';
            if (value > (long.MaxValue - digit) / 10)
            {
                return false;
            }

            value = (value * 10) + digit;
            _position++;
        }

        bool leadingZero = _position - start > 1 && _text[start] == '0';
        bool goesOn = _position < _text.Length && _text[_position] is (byte)'.' or (byte)'e' or (byte)'E';
        return _position > start && !leadingZero && !goesOn;
    }

    /// <summary>Takes <c>true</c> or <c>false</c>.</summary>
    internal bool TryTakeBoolean(out bool value)
    {
        SkipWhiteSpace();
        value = TryTakeWord("true"u8);
        return value || TryTakeWord("false"u8);
    }

    /// <summary>Takes any value and throws it away.</summary>
    internal bool TrySkipValue() => TrySkipValue(0);

    private bool TrySkipValue(int depth)
    {
        SkipWhiteSpace();
        if (_position >= _text.Length || depth > DepthMax)
        {
            return false;
        }

        switch (_text[_position])
        {
            case (byte)'{':
                return TrySkipMembers(depth, isObject: true, (byte)'}');
            case (byte)'[':
                return TrySkipMembers(depth, isObject: false, (byte)']');
            case (byte)'"':
                return TryTakeString(out _);
            case (byte)'t':
                return TryTakeWord("true"u8);
            case (byte)'f':
                return TryTakeWord("false"u8);
            case (byte)'n':
                return TryTakeWord("null"u8);
            default:
                return TrySkipNumber();
        }
    }

    private bool TrySkipMembers(int depth, bool isObject, byte end)
    {
        _position++;
        if (TryTake(end))
        {
            return true;
        }

        do
        {
            if ((isObject && !TryTakeName(out _)) || !TrySkipValue(depth + 1))
            {
                return false;
            }
        }
        while (TryTake((byte)','));
        return TryTake(end);
    }

    private bool TrySkipNumber()
    {
        if (_text[_position] == '-')
        {
            _position++;
        }

        int start = _position;
        if (!TrySkipDigits() || (_position - start > 1 && _text[start] == '0'))
        {
            return false;
        }

        if (_position < _text.Length && _text[_position] == '.')
        {
            _position++;
            if (!TrySkipDigits())
            {
                return false;
            }
        }

        if (_position < _text.Length && _text[_position] is (byte)'e' or (byte)'E')
        {
            _position++;
            if (_position < _text.Length && _text[_position] is (byte)'+' or (byte)'-')
            {
                _position++;
            }

            return TrySkipDigits();
        }

        return true;
    }

    private bool TrySkipDigits()
    {
        int start = _position;
        while (_position < _text.Length && IsDigit(_text[_position]))
        {
            _position++;
        }

        return _position > start;
    }

    private bool TryTakeString(out ReadOnlySpan<byte> content)
    {
        content = default;
        if (!TryTake((byte)'"'))
        {
            return false;
        }

        int start = _position;
        while (_position < _text.Length)
        {
            byte character = _text[_position++];
            if (character == '"')
            {
                content = _text[start..(_position - 1)];
                return true;
            }

            if (character < 0x20 || (character == '\\' && !TrySkipEscape()))
            {
                return false;
            }
        }

        return false;
    }

    private bool TrySkipEscape()
    {
        if (_position >= _text.Length)
        {
            return false;
        }

        byte escaped = _text[_position++];
        if (escaped != 'u')
        {
            return "\"\\/bfnrt"u8.Contains(escaped);
        }

        for (int i = 0; i < 4; i++, _position++)
        {
            if (_position >= _text.Length || !char.IsAsciiHexDigit((char)_text[_position]))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryTakeWord(ReadOnlySpan<byte> word)
    {
        if (!_text[_position..].StartsWith(word))
        {
            return false;
        }

        _position += word.Length;
        return true;
    }

    private void SkipWhiteSpace()
    {
        while (_position < _text.Length && _text[_position] is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r')
        {
            _position++;
        }
    }

    private static bool IsDigit(byte character) => character is >= (byte)'0' and <= (byte)'9';
}
