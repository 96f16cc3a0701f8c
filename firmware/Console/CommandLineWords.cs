namespace Nvmepf.Firmware.Console;

/// <summary>
/// A line in words: separated by spaces or, in a script's, tabs; a word in double quotes may have spaces, and a backslash keeps what follows it.
/// </summary>
internal static class CommandLineWords
{
    /// <summary>Splits a line; quotes that do not end reach to its end.</summary>
    public static List<string> Split(string line)
    {
        List<string> words = [];
        System.Text.StringBuilder word = new();
        bool isIn = false;
        bool isQuoted = false;
        for (int i = 0; i < line.Length; i++)
        {
            char character = line[i];
            if (character == '\\' && i + 1 < line.Length)
            {
                _ = word.Append(line[++i]);
                isIn = true;
            }
            else if (character == '"')
            {
                isQuoted = !isQuoted;
                isIn = true;
            }
            else if (character is ' ' or '\t' && !isQuoted)
            {
                if (isIn)
                {
                    words.Add(word.ToString());
                    _ = word.Clear();
                    isIn = false;
                }
            }
            else
            {
                _ = word.Append(character);
                isIn = true;
            }
        }

        if (isIn)
        {
            words.Add(word.ToString());
        }

        return words;
    }
}
