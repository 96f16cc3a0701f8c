using System;
using System.Collections.Generic;
using System.Globalization;

namespace Nvmepf.Tests.Judge;

/// <summary>One store to a register of the SoC, as the access log names it.</summary>
/// <param name="Address">SoC address.</param>
/// <param name="WidthBytes">1, 2 or 4.</param>
/// <param name="Name">BLOCK.REGISTER as in the access log.</param>
/// <param name="Value">What was stored.</param>
internal readonly record struct RegisterWrite(ulong Address, int WidthBytes, string Name, uint Value)
{
    /// <summary>
    /// The stores of one part of a recorded trace: lines like <c>W4 0xfe150180 APB.HOT_RESET_CTRL 0x00120012</c> below <c># PART: explanation</c>.
    /// </summary>
    public static List<RegisterWrite> Parse(string trace, string part)
    {
        var writes = new List<RegisterWrite>();
        bool isIn = false;
        foreach (string line in trace.Split('\n'))
        {
            if (line.StartsWith('#'))
            {
                isIn = line.StartsWith($"# {part}:", StringComparison.Ordinal);
                continue;
            }

            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (!isIn || words.Length == 0 || words[0][0] == 'R')
            {
                continue;
            }

            if (words.Length != 4 || words[0] is not ("W1" or "W2" or "W4"))
            {
                throw new FormatException($"not a line of a trace: {line}");
            }

            writes.Add(new RegisterWrite(Hex(words[1]), words[0][1] - '0', words[2], (uint)Hex(words[3])));
        }

        return writes;
    }

    private static ulong Hex(string word) => ulong.Parse(word.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
