namespace Nvmepf.Firmware.Console.Terminal;

/// <summary>What a person did on the keyboard.</summary>
internal enum Key : byte
{
    /// <summary>Nothing yet: in the middle of a sequence, or one that means nothing here.</summary>
    None,

    /// <summary>A printable character.</summary>
    Character,

    /// <summary>Return.</summary>
    Enter,

    /// <summary>Tab.</summary>
    Tab,

    /// <summary>Deletes to the left.</summary>
    Backspace,

    /// <summary>Delete, and ^D on a line with text: deletes under the cursor.</summary>
    Delete,

    /// <summary>^D on its own: end of input on an empty line.</summary>
    EndOfInput,

    /// <summary>One to the left.</summary>
    Left,

    /// <summary>One to the right.</summary>
    Right,

    /// <summary>One word to the left.</summary>
    WordLeft,

    /// <summary>One word to the right.</summary>
    WordRight,

    /// <summary>To the start.</summary>
    Home,

    /// <summary>To the end.</summary>
    End,

    /// <summary>The line before.</summary>
    Up,

    /// <summary>The line after.</summary>
    Down,

    /// <summary>^K: deletes to the end.</summary>
    KillToEnd,

    /// <summary>^U: deletes to the start.</summary>
    KillToStart,

    /// <summary>^W: deletes the word to the left.</summary>
    KillWord,

    /// <summary>^C.</summary>
    Interrupt,

    /// <summary>^L: clears the screen.</summary>
    Redraw,

    /// <summary>Something that has no meaning on a line.</summary>
    Unknown,
}

/// <summary>
/// Turns the bytes of a terminal into keys, a byte at a time: control characters, and the escape sequences of VT100 and its kin
/// (<c>ESC [ ... letter</c>, <c>ESC O letter</c>, <c>ESC letter</c>). Sequences are bounded: one that does not end is given up.
/// </summary>
internal sealed class KeyDecoder
{
    private const int SequenceBytesMax = 16;
    private State _state;
    private bool _hadReturn;
    private int _parameter;
    private int _modifier;
    private bool _inModifier;
    private int _length;

    private enum State : byte
    {
        Plain,
        Escape,
        Bracket,
        Letter,
    }

    /// <summary>Takes one byte and says which key it ended, if any.</summary>
    public Key Feed(byte value)
    {
        // A line feed right after a return belongs to it: terminals and scripts send one, the other, or both.
        bool wasReturn = _hadReturn;
        _hadReturn = value == '\r';
        if (value == '\n' && wasReturn)
        {
            return Key.None;
        }

        switch (_state)
        {
            case State.Escape:
                return AfterEscape(value);
            case State.Bracket:
                return InSequence(value);
            case State.Letter:
                _state = State.Plain;
                return Final(value);
            default:
                return Plain(value);
        }
    }

    private Key Plain(byte value)
    {
        if (value == 0x1B)
        {
            _state = State.Escape;
            return Key.None;
        }

        return value switch
        {
            (byte)'\r' or (byte)'\n' => Key.Enter,
            (byte)'\t' => Key.Tab,
            0x01 => Key.Home,
            0x02 => Key.Left,
            0x03 => Key.Interrupt,
            0x04 => Key.EndOfInput,
            0x05 => Key.End,
            0x06 => Key.Right,
            0x08 or 0x7F => Key.Backspace,
            0x0B => Key.KillToEnd,
            0x0C => Key.Redraw,
            0x0E => Key.Down,
            0x10 => Key.Up,
            0x15 => Key.KillToStart,
            0x17 => Key.KillWord,
            >= 0x20 and < 0x7F => Key.Character,
            0x00 => Key.None,
            _ => Key.Unknown,
        };
    }

    private Key AfterEscape(byte value)
    {
        _state = State.Plain;
        switch (value)
        {
            case (byte)'[':
                _state = State.Bracket;
                _parameter = 0;
                _modifier = 0;
                _inModifier = false;
                _length = 0;
                return Key.None;
            case (byte)'O':
                _modifier = 0;
                _state = State.Letter;
                return Key.None;
            case 0x1B:
                _state = State.Escape;
                return Key.None;
            case (byte)'b':
                return Key.WordLeft;
            case (byte)'f':
                return Key.WordRight;
            case 0x08 or 0x7F:
                return Key.KillWord;
            default:
                // An escape on its own does nothing; a control character after it is what it always is.
                return value < 0x20 ? Plain(value) : Key.Unknown;
        }
    }

    private Key InSequence(byte value)
    {
        _length++;
        if (value is >= (byte)'0' and <= (byte)'9' && _length < SequenceBytesMax)
        {
            ref int number = ref _inModifier ? ref _modifier : ref _parameter;
            number = Math.Min((number * 10) + (value - '0'), 9999);
            return Key.None;
        }

        if (value == ';' && _length < SequenceBytesMax)
        {
            _inModifier = true;
            return Key.None;
        }

        _state = State.Plain;
        return value switch
        {
            (byte)'~' => Numbered(_parameter),
            >= 0x40 and < 0x7F => Final(value),
            < 0x20 => Plain(value), // no sequence has a control character: a line was cut
            _ => Key.Unknown,
        };
    }

    private static Key Numbered(int parameter) => parameter switch
    {
        1 or 7 => Key.Home,
        3 => Key.Delete,
        4 or 8 => Key.End,
        _ => Key.Unknown,
    };

    private Key Final(byte value) => value switch
    {
        (byte)'A' => Key.Up,
        (byte)'B' => Key.Down,
        (byte)'C' => _modifier > 1 ? Key.WordRight : Key.Right,
        (byte)'D' => _modifier > 1 ? Key.WordLeft : Key.Left,
        (byte)'H' => Key.Home,
        (byte)'F' => Key.End,
        _ => Key.Unknown,
    };
}
