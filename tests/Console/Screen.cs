using System.Text;

namespace Nvmepf.Tests.Console;

/// <summary>
/// A terminal of one line that understands exactly what the line editor may send, and objects to everything else: what it shows is what a person
/// would see.
/// </summary>
internal sealed class Screen
{
    internal const int Columns = 80;
    private readonly char[] _line = new char[Columns];
    private string _sequence = "";

    internal Screen() => Array.Fill(_line, ' ');

    /// <summary>Where the cursor is.</summary>
    internal int Column { get; private set; }

    /// <summary>The line that the cursor is in, without blanks at its end.</summary>
    internal string Line => new string(_line).TrimEnd();

    /// <summary>The lines above it.</summary>
    internal List<string> Above { get; } = [];

    /// <summary>How often the bell rang.</summary>
    internal int Bells { get; private set; }

    internal void Feed(ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            Feed(value);
        }
    }

    private void Feed(byte value)
    {
        if (_sequence.Length > 0)
        {
            InSequence((char)value);
            return;
        }

        switch (value)
        {
            case 7:
                Bells++;
                break;
            case 8:
                Column = Math.Max(0, Column - 1);
                break;
            case (byte)'\r':
                Column = 0;
                break;
            case (byte)'\n':
                Above.Add(Line);
                Array.Fill(_line, ' ');
                break;
            case 0x1B:
                _sequence = "\x1b";
                break;
            case >= 0x20 and <= 0x7E:
                if (Column >= Columns - 1)
                {
                    throw new InvalidOperationException("a character in the last column, where terminals wrap");
                }

                _line[Column++] = (char)value;
                break;
            default:
                throw new InvalidOperationException($"byte {value:x2}h sent to the terminal");
        }
    }

    private void InSequence(char character)
    {
        _sequence += character;
        if (_sequence.Length == 2 || char.IsAsciiDigit(character))
        {
            return;
        }

        string sequence = _sequence;
        _sequence = "";
        switch (character)
        {
            case 'K' when sequence.Length == 3:
                Array.Fill(_line, ' ', Column, Columns - Column);
                break;
            case 'J' when sequence.Length == 3:
                Array.Fill(_line, ' ');
                Above.Clear();
                break;
            case 'H' when sequence.Length == 3:
                Column = 0;
                break;
            case 'D':
                Column -= int.Parse(sequence[2..^1], System.Globalization.CultureInfo.InvariantCulture);
                if (Column < 0)
                {
                    throw new InvalidOperationException("the cursor was sent off the line");
                }

                break;
            default:
                throw new InvalidOperationException($"sequence {Encoding.ASCII.GetByteCount(sequence)} bytes: ESC{sequence[1..]}");
        }
    }
}
