namespace Nvmepf.Firmware.Console.Terminal;

/// <summary>What came of a byte.</summary>
internal enum EditorEvent : byte
{
    /// <summary>Nothing to do.</summary>
    None,

    /// <summary><see cref="LineEditor.Line"/> is complete.</summary>
    Line,

    /// <summary>^D on an empty line.</summary>
    EndOfInput,
}

/// <summary>
/// The line that a person edits: a state machine from the bytes of a terminal to the bytes that it shall show. It knows no descriptor, no
/// clock and no command; every byte sequence leads to some line, and to printable ASCII and the few VT100 sequences listed below.
/// </summary>
/// <remarks>
/// <para>
/// It writes printable characters, CR, LF, BS, BEL, <c>ESC [ K</c> (erase to the end of the line), <c>ESC [ n D</c> (left), <c>ESC [ H</c> and
/// <c>ESC [ J</c> (for ^L). A change costs what has changed, for a line of 9600 baud; a line too long for the terminal scrolls sideways.
/// </para>
/// <para>It leaves out: several lines, search in the history, undo, characters beyond ASCII.</para>
/// </remarks>
internal sealed class LineEditor
{
    /// <summary>Characters of the longest line.</summary>
    public const int LineLengthMax = 500;

    /// <summary>Columns of every terminal, as far as this is concerned.</summary>
    public const int Columns = 80;

    private const byte Bell = 7;
    private readonly KeyDecoder _keys = new();
    private readonly OutputBuffer _output;
    private readonly CommandHistory _history;
    private readonly ICompleter _completer;
    private readonly List<string> _candidates = [];
    private readonly char[] _text = new char[LineLengthMax];
    private readonly char[] _shown = new char[Columns];
    private readonly string _prompt;
    private readonly int _width; // characters of the line that are shown at once; the last column stays empty, where terminals wrap
    private int _length;
    private int _cursor;
    private int _first; // the first character that is shown
    private int _shownLength;
    private int _shownCursor;
    private int _historyPlace;
    private string _draft = "";
    private bool _tabBefore;

    /// <summary>Creates an editor; nothing is shown before <see cref="Start"/>.</summary>
    public LineEditor(OutputBuffer output, CommandHistory history, ICompleter completer, string prompt)
    {
        _output = output;
        _history = history;
        _completer = completer;
        _prompt = prompt;
        _width = Columns - 1 - prompt.Length;
    }

    /// <summary>The line as it is, complete after <see cref="EditorEvent.Line"/>.</summary>
    public string Line => new(_text, 0, _length);

    /// <summary>Where the cursor is in the line.</summary>
    public int Cursor => _cursor;

    /// <summary>Begins an empty line and shows the prompt.</summary>
    public void Start()
    {
        _length = 0;
        _cursor = 0;
        _historyPlace = _history.Count;
        _draft = "";
        _tabBefore = false;
        ShowPrompt();
    }

    /// <summary>Shows prompt and line again, where something else has written to the terminal.</summary>
    public void ShowPrompt()
    {
        _output.Add("\r"u8);
        _output.AddText(_prompt);
        _output.Add("\x1b[K"u8);
        _first = 0;
        _shownLength = 0;
        _shownCursor = 0;
        Refresh();
    }

    /// <summary>Takes one byte from the terminal.</summary>
    public EditorEvent Feed(byte value)
    {
        Key key = _keys.Feed(value);
        bool tabBefore = _tabBefore;
        _tabBefore = key == Key.Tab || (key == Key.None && tabBefore);
        switch (key)
        {
            case Key.None:
                return EditorEvent.None;
            case Key.Enter:
                _cursor = _length;
                Refresh();
                _output.Add("\r\n"u8);
                _history.Add(Line);
                return EditorEvent.Line;
            case Key.EndOfInput when _length == 0:
                _output.Add("\r\n"u8);
                return EditorEvent.EndOfInput;
            case Key.Interrupt:
                _output.Add("^C\r\n"u8);
                Start();
                return EditorEvent.None;
            case Key.Redraw:
                _output.Add("\x1b[H\x1b[J"u8);
                ShowPrompt();
                return EditorEvent.None;
            case Key.Tab:
                Complete(tabBefore);
                break;
            case Key.Character:
                Insert((char)value);
                break;
            default:
                if (!Move(key) && !Remove(key))
                {
                    Ring();
                }

                break;
        }

        Refresh();
        return EditorEvent.None;
    }

    private void Ring() => _output.Add(Bell);

    private bool Move(Key key)
    {
        int before = _cursor;
        switch (key)
        {
            case Key.Left:
                _cursor = Math.Max(_cursor - 1, 0);
                return before != _cursor;
            case Key.Right:
                _cursor = Math.Min(_cursor + 1, _length);
                return before != _cursor;
            case Key.WordLeft:
                _cursor = WordStart(_cursor);
                return true;
            case Key.WordRight:
                _cursor = WordEnd(_cursor);
                return true;
            case Key.Home:
                _cursor = 0;
                return true;
            case Key.End:
                _cursor = _length;
                return true;
            case Key.Up:
                return Recall(_historyPlace - 1);
            case Key.Down:
                return Recall(_historyPlace + 1);
            default:
                return false;
        }
    }

    private bool Remove(Key key)
    {
        switch (key)
        {
            case Key.Backspace when _cursor > 0:
                Cut(_cursor - 1, _cursor);
                return true;
            case Key.Delete or Key.EndOfInput when _cursor < _length:
                Cut(_cursor, _cursor + 1);
                return true;
            case Key.KillToEnd:
                Cut(_cursor, _length);
                return true;
            case Key.KillToStart:
                Cut(0, _cursor);
                return true;
            case Key.KillWord:
                Cut(WordStart(_cursor), _cursor);
                return true;
            default:
                return false;
        }
    }

    private void Insert(char character)
    {
        if (_length == LineLengthMax)
        {
            Ring();
            return;
        }

        _text.AsSpan(_cursor, _length - _cursor).CopyTo(_text.AsSpan(_cursor + 1));
        _text[_cursor++] = character;
        _length++;
    }

    private void Cut(int from, int to)
    {
        _text.AsSpan(to, _length - to).CopyTo(_text.AsSpan(from));
        _length -= to - from;
        _cursor = from;
    }

    private int WordStart(int place)
    {
        while (place > 0 && _text[place - 1] == ' ')
        {
            place--;
        }

        while (place > 0 && _text[place - 1] != ' ')
        {
            place--;
        }

        return place;
    }

    private int WordEnd(int place)
    {
        while (place < _length && _text[place] == ' ')
        {
            place++;
        }

        while (place < _length && _text[place] != ' ')
        {
            place++;
        }

        return place;
    }

    private bool Recall(int place)
    {
        if (place < 0 || place > _history.Count)
        {
            return false;
        }

        if (_historyPlace == _history.Count)
        {
            _draft = Line; // what is being typed comes back below the newest line
        }

        _historyPlace = place;
        string line = place == _history.Count ? _draft : _history[place];
        line.CopyTo(_text);
        _length = line.Length;
        _cursor = _length;
        return true;
    }

    private void Complete(bool isSecondTab)
    {
        _candidates.Clear();
        int start = _completer.Complete(new string(_text, 0, _cursor), _candidates);
        if (_candidates.Count == 0)
        {
            Ring();
            return;
        }

        string common = _candidates[0];
        foreach (string candidate in _candidates)
        {
            common = common[..CommonLength(common, candidate)];
        }

        bool grew = common.Length > _cursor - start;
        for (int i = _cursor - start; i < common.Length; i++)
        {
            Insert(common[i]);
        }

        if (_candidates.Count == 1)
        {
            // A folder, a key or a kind goes on; anything else is done.
            if (!(common.EndsWith('/') || common.EndsWith('=') || common.EndsWith(':')) && (_cursor == _length || _text[_cursor] != ' '))
            {
                Insert(' ');
            }
        }
        else if (!grew && !isSecondTab)
        {
            Ring();
        }
        else if (!grew)
        {
            ListCandidates(start);
        }
    }

    /// <summary>Shows what there is to choose from below the line, in columns, and the line again.</summary>
    private void ListCandidates(int start)
    {
        const int LinesMax = 20;
        int skipped = _cursor > start ? new string(_text, start, _cursor - start).LastIndexOf('/') + 1 : 0;
        int width = 1;
        foreach (string candidate in _candidates)
        {
            width = Math.Max(width, Math.Min(candidate.Length - skipped, Columns - 3) + 2);
        }

        int perLine = Math.Max(1, (Columns - 1) / width);
        int shown = Math.Min(_candidates.Count, perLine * LinesMax);
        for (int i = 0; i < shown; i++)
        {
            if (i % perLine == 0)
            {
                _output.Add("\r\n"u8);
            }

            ReadOnlySpan<char> text = _candidates[i].AsSpan(skipped);
            text = text[..Math.Min(text.Length, Columns - 3)];
            _output.AddText(text);
            for (int pad = text.Length; pad < width && i % perLine != perLine - 1; pad++)
            {
                _output.Add((byte)' ');
            }
        }

        if (shown < _candidates.Count)
        {
            _output.Add("\r\n... "u8);
            _output.AddNumber(_candidates.Count - shown);
            _output.AddText(" more");
        }

        _output.Add("\r\n"u8);
        ShowPrompt();
    }

    private static int CommonLength(string one, string other)
    {
        int length = 0;
        while (length < one.Length && length < other.Length && one[length] == other[length])
        {
            length++;
        }

        return length;
    }

    /// <summary>Brings the terminal from what it shows to what the line is, by the fewest bytes that plain sequences allow.</summary>
    private void Refresh()
    {
        // Scrolls by half a screen, so that typing at the edge does not draw everything anew each time.
        if (_cursor < _first)
        {
            _first = Math.Max(0, _cursor - (_width / 2));
        }
        else if (_cursor > _first + _width)
        {
            _first = _cursor - (_width / 2);
        }

        ReadOnlySpan<char> wanted = _text.AsSpan(_first, Math.Min(_length - _first, _width));
        int same = wanted.CommonPrefixLength(_shown.AsSpan(0, _shownLength));
        if (same < wanted.Length || same < _shownLength)
        {
            MoveTo(same);
            _output.AddText(wanted[same..]);
            if (_shownLength > wanted.Length)
            {
                _output.Add("\x1b[K"u8);
            }

            wanted.CopyTo(_shown);
            _shownLength = wanted.Length;
            _shownCursor = wanted.Length;
        }

        MoveTo(_cursor - _first);
    }

    private void MoveTo(int column)
    {
        int left = _shownCursor - column;
        if (left is > 0 and <= 4)
        {
            _output.Add("\b\b\b\b"u8[..left]);
        }
        else if (left > 4)
        {
            _output.Add("\x1b["u8);
            _output.AddNumber(left);
            _output.Add((byte)'D');
        }
        else if (left < 0)
        {
            // To the right by writing again what is there.
            _output.AddText(_shown.AsSpan(_shownCursor, column - _shownCursor));
        }

        _shownCursor = column;
    }
}
