using System.Buffers;
using System.Text.Json;

namespace Nvmepf.Firmware.Console;

/// <summary>An answer as one JSON object on one line, ASCII. What went wrong is its member <c>error</c>.</summary>
internal sealed class JsonReport : Report, IDisposable
{
    private const int ColumnsMax = 16;
    private readonly ILineSink _sink;
    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private readonly Utf8JsonWriter _writer;
    private readonly Column[] _columns = new Column[ColumnsMax];
    private string? _error;

    /// <summary>Writes to a sink, at <see cref="End"/>.</summary>
    public JsonReport(ILineSink sink)
    {
        _sink = sink;
        _writer = new Utf8JsonWriter(_buffer);
        _writer.WriteStartObject();
    }

    /// <inheritdoc/>
    public override bool IsUnread => _sink.IsUnread;

    /// <inheritdoc/>
    public override bool IsComplete => true;

    /// <inheritdoc/>
    public override void Field(string name, Cell value, string? plain = null) => Write(name, value);

    /// <inheritdoc/>
    public override void BeginItems(string name) => _writer.WriteStartArray(name);

    /// <inheritdoc/>
    public override void BeginItem(string? title) => _writer.WriteStartObject();

    /// <inheritdoc/>
    public override void EndItem() => _writer.WriteEndObject();

    /// <inheritdoc/>
    public override void EndItems() => _writer.WriteEndArray();

    /// <inheritdoc/>
    public override void BeginTable(string name, params ReadOnlySpan<Column> columns)
    {
        columns.CopyTo(_columns);
        _writer.WriteStartArray(name);
    }

    /// <inheritdoc/>
    public override void Row(params ReadOnlySpan<Cell> cells)
    {
        _writer.WriteStartObject();
        for (int i = 0; i < cells.Length; i++)
        {
            Write(_columns[i].Name, cells[i]);
        }

        _writer.WriteEndObject();
    }

    /// <inheritdoc/>
    public override void EndTable() => _writer.WriteEndArray();

    /// <inheritdoc/>
    public override void Note(string text)
    {
    }

    /// <inheritdoc/>
    public override void BreakOff()
    {
        _writer.Reset();
        _buffer.Clear();
        _writer.WriteStartObject();
    }

    /// <inheritdoc/>
    public override void End()
    {
        if (_error is not null)
        {
            _writer.WriteString("error", _error);
        }

        _writer.WriteEndObject();
        _writer.Flush();
        _sink.WriteLine(_buffer.WrittenSpan);
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    /// <inheritdoc/>
    protected override void ShowError(string text) => _error ??= text;

    private void Write(string name, Cell value)
    {
        switch (value.Kind)
        {
            case CellKind.Text:
                _writer.WriteString(name, value.Text);
                break;
            case CellKind.Integer:
                _writer.WriteNumber(name, value.Integer);
                break;
            case CellKind.Real:
                _writer.WriteNumber(name, value.Real);
                break;
            case CellKind.Flag:
                _writer.WriteBoolean(name, value.Integer != 0);
                break;
            default:
                _writer.WriteNull(name);
                break;
        }
    }
}
