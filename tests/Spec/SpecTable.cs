using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Nvmepf.Tests.Spec;

// A table of the form "Name number: Item numbers; Item numbers ...". A line with a colon starts an entry, any other line continues it.
internal sealed class SpecTable
{
    private readonly Dictionary<string, SpecTableEntry> _entries = [];

    internal IEnumerable<SpecTableEntry> Entries => _entries.Values;

    internal SpecTableEntry this[string name] => _entries[name];

    internal bool Contains(string name) => _entries.ContainsKey(name);

    internal static SpecTable Parse(string text)
    {
        var table = new SpecTable();
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var blocks = new List<string>();
        foreach (string line in lines)
        {
            if (line.Contains(':', StringComparison.Ordinal))
            {
                blocks.Add(line.Trim());
            }
            else
            {
                blocks[^1] += " " + line.Trim();
            }
        }

        foreach (string block in blocks)
        {
            string[] halves = block.Split(':');
            Require(halves.Length == 2, block);
            string[] head = halves[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            SpecTableItem[] items = halves[1].Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(ParseItem).ToArray();
            int number = head.Length > 1 ? int.Parse(head[1], CultureInfo.InvariantCulture) : 0;
            table._entries.Add(head[0], new SpecTableEntry(head[0], number, items));
        }

        return table;
    }

    private static SpecTableItem ParseItem(string text)
    {
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Require(words.Length is 2 or 3, text);
        return new SpecTableItem(words[0], words[1], words.Length == 3 ? words[2] : "0");
    }

    private static void Require(bool condition, string text)
    {
        if (!condition)
        {
            throw new FormatException("The table does not parse at: " + text);
        }
    }
}

internal sealed record SpecTableEntry(string Name, int Number, SpecTableItem[] Items);

internal sealed record SpecTableItem(string Name, string FirstText, string SecondText)
{
    internal int First => int.Parse(FirstText, CultureInfo.InvariantCulture);

    internal int Second => int.Parse(SecondText, CultureInfo.InvariantCulture);

    internal ulong FirstHexadecimal => ulong.Parse(FirstText, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
