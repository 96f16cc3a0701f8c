namespace Nvmepf.Firmware.Console;

/// <summary>An answer as text: ASCII, no line longer than a terminal of 80 columns.</summary>
internal sealed class PlainReport : Report
{
    /// <summary>Characters of the longest line; the last column stays empty, where terminals wrap.</summary>
    public const int LineMax = 79;

    private const int LabelWidth = 24;
    private const int ColumnsMax = 16;
    private readonly ILineSink _sink;
    private readonly char[] _line = new char[LineMax];
    private readonly Column[] _columns = new Column[ColumnsMax];
    private int _columnCount;
    private int _indent;
    private int _length;
    private int _titles; // a bit for each thing that is open: whether it had a title

    /// <summary>Writes to a sink.</summary>
    public PlainReport(ILineSink sink) => _sink = sink;

    /// <inheritdoc/>
    public override bool IsUnread => _sink.IsUnread;

    /// <inheritdoc/>
    public override void Field(string name, Cell value, string? plain = null)
    {
        if (plain is { Length: 0 })
        {
            return; // said by the heading already
        }

        Begin();
        int start = _length;
        AppendLabel(plain is null ? name : WithoutUnit(name));
        PadTo(start + LabelWidth);
        AppendWrapped(plain ?? value.ToString(), _length);
        Flush();
    }

    /// <inheritdoc/>
    public override void BeginItems(string name)
    {
    }

    /// <inheritdoc/>
    public override void BeginItem(string? title)
    {
        if (title is not null)
        {
            Begin();
            AppendWrapped(title, 2);
            Flush();
            _indent += 2;
        }

        _titles = (_titles << 1) | (title is null ? 0 : 1);
    }

    /// <inheritdoc/>
    public override void EndItem()
    {
        _indent -= (_titles & 1) != 0 ? 2 : 0;
        _titles >>= 1;
    }

    /// <inheritdoc/>
    public override void EndItems()
    {
    }

    /// <inheritdoc/>
    public override void BeginTable(string name, params ReadOnlySpan<Column> columns)
    {
        columns.CopyTo(_columns);
        _columnCount = columns.Length;
        Begin();
        for (int i = 0; i < _columnCount; i++)
        {
            AppendCell(i, Heading(_columns[i].Name));
        }

        Flush();
    }

    /// <inheritdoc/>
    public override void Row(params ReadOnlySpan<Cell> cells)
    {
        Begin();
        for (int i = 0; i < cells.Length; i++)
        {
            AppendCell(i, cells[i].ToString());
        }

        Flush();
    }

    /// <inheritdoc/>
    public override void EndTable() => _columnCount = 0;

    /// <inheritdoc/>
    public override void Note(string text)
    {
        foreach (string part in text.Split('\n'))
        {
            Begin();
            AppendWrapped(part, _length);
            Flush();
        }
    }

    /// <inheritdoc/>
    public override void BreakOff()
    {
        _indent = 0;
        _titles = 0;
        _columnCount = 0;
    }

    /// <inheritdoc/>
    public override void End()
    {
    }

    /// <inheritdoc/>
    protected override void ShowError(string text)
    {
        Begin();
        AppendWrapped("error: " + text, _length + 2);
        Flush();
    }

    private void Begin()
    {
        _length = 0;
        PadTo(_indent);
    }

    private void AppendLabel(string name)
    {
        foreach (char character in name)
        {
            Append(character == '_' ? ' ' : character);
        }
    }

    /// <summary>Rates are written as such: errors_s is errors/s.</summary>
    private static string Heading(string name) =>
        (name.EndsWith("_s", StringComparison.Ordinal) ? $"{name[..^2]}/s" : name).Replace('_', ' ');

    /// <summary>What is shown in words has its own unit.</summary>
    private static string WithoutUnit(string name)
    {
        int unit = name.LastIndexOf('_');
        return unit > 0 && name[unit..] is "_seconds" or "_nanoseconds" or "_bytes" ? name[..unit] : name;
    }

    /// <summary>Right or left in its column, a space before the next; too long, it moves its neighbours, for a number cut is a wrong number.</summary>
    private void AppendCell(int index, string text)
    {
        int width = _columns[index].Width;
        if (index > 0)
        {
            Append(' ');
        }

        bool isLast = index == _columnCount - 1;
        int start = _length;
        if (width > 0)
        {
            PadTo(start + Math.Max(0, width - text.Length));
        }

        AppendWrapped(text, isLast && width < 0 ? start : Math.Min(start, _indent + 4));
        if (width < 0 && !isLast)
        {
            PadTo(start - width);
        }
    }

    /// <summary>Text that goes on on the next line where it does not fit, under <paramref name="indent"/>; between words where there are any.</summary>
    private void AppendWrapped(ReadOnlySpan<char> text, int indent)
    {
        indent = Math.Min(indent, LineMax / 2);
        while (_length + text.Length > LineMax)
        {
            int room = LineMax - _length;
            int space = text[..Math.Min(room + 1, text.Length)].LastIndexOf(' ');
            int cut = space > room / 2 ? space : room;
            foreach (char character in text[..cut])
            {
                Append(character);
            }

            text = text[cut..].TrimStart(' ');
            Flush();
            PadTo(indent);
        }

        foreach (char character in text)
        {
            Append(character);
        }
    }

    private void PadTo(int column)
    {
        while (_length < Math.Min(column, LineMax))
        {
            _line[_length++] = ' ';
        }
    }

    private void Append(char character)
    {
        if (_length < LineMax)
        {
            _line[_length++] = character;
        }
    }

    private void Flush()
    {
        while (_length > 0 && _line[_length - 1] == ' ')
        {
            _length--;
        }

        _sink.WriteLine(_line.AsSpan(0, _length));
        _length = 0;
    }
}
