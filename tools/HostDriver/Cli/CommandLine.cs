using System.Globalization;

namespace Nvmepf.HostDriver.Cli;

/// <summary>An option of a command.</summary>
/// <param name="Name">Without the dashes.</param>
/// <param name="ValueName">What the value is called in the help; null for a switch.</param>
/// <param name="Help">One line.</param>
public sealed record OptionSpecification(string Name, string? ValueName, string Help);

/// <summary>A wrong command line: one line for the user, exit code 2.</summary>
public sealed class UsageException : Exception
{
    /// <summary>A wrong command line; the text says what is wrong and what is allowed.</summary>
    public UsageException(string message)
        : base(message)
    {
    }
}

/// <summary>
/// The options given to a command, checked against those that it knows. <c>--name value</c> and <c>--name=value</c> are the same;
/// sizes take K, M, G and T (powers of 1024), numbers may be hexadecimal with 0x.
/// </summary>
public sealed class CommandLine
{
    private readonly Dictionary<string, string> _values = [];

    private CommandLine(string command, IReadOnlyList<string> operands)
    {
        Command = command;
        Operands = operands;
    }

    /// <summary>The command's name; empty when none was given.</summary>
    public string Command { get; }

    /// <summary>What stands on the line beside the command and the options.</summary>
    public IReadOnlyList<string> Operands { get; }

    /// <summary>
    /// Parses arguments. Options may stand before and after the command, which is the first word; <paramref name="optionsOf"/> gives the
    /// options of a command, or null when there is no such command.
    /// </summary>
    public static CommandLine Parse(
        IReadOnlyList<string> arguments,
        IReadOnlyList<OptionSpecification> common,
        Func<string, IReadOnlyList<OptionSpecification>?> optionsOf)
    {
        string command = FindCommand(arguments, common);
        var known = new List<OptionSpecification>(common);
        if (command.Length > 0)
        {
            known.AddRange(
                optionsOf(command) ?? throw new UsageException($"there is no command '{command}'; 'nvmepf-host --help' lists them"));
        }

        var operands = new List<string>();
        var line = new CommandLine(command, operands);
        bool commandSeen = false;
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            if (argument.StartsWith("--", StringComparison.Ordinal))
            {
                i = line.TakeOption(arguments, i, known);
            }
            else if (!commandSeen)
            {
                commandSeen = true;
            }
            else
            {
                operands.Add(argument);
            }
        }

        return line;
    }

    /// <summary>Whether an option or switch was given.</summary>
    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>The text of an option, or a default.</summary>
    public string? Text(string name, string? defaultValue = null) => _values.TryGetValue(name, out string? value) ? value : defaultValue;

    /// <summary>The text of an option that must be given.</summary>
    public string Required(string name) => Text(name) ?? throw new UsageException($"--{name} is missing");

    /// <summary>An option as a number within bounds.</summary>
    public long Number(string name, long defaultValue, long minimum, long maximum) =>
        Text(name) is { } text ? ParseNumber(name, text, minimum, maximum) : defaultValue;

    /// <summary>An option as a number of bytes within bounds: 4096, 4K, 1M, 2G, 1T.</summary>
    public long Size(string name, long defaultValue, long minimum, long maximum) =>
        Text(name) is { } text ? ParseSize(name, text, minimum, maximum) : defaultValue;

    /// <summary>One of a list of words.</summary>
    public string Choice(string name, string defaultValue, params ReadOnlySpan<string> allowed)
    {
        string value = Text(name, defaultValue)!;
        foreach (string word in allowed)
        {
            if (word == value)
            {
                return value;
            }
        }

        throw new UsageException($"--{name} {value}: allowed are {string.Join(", ", allowed!)}");
    }

    /// <summary>Parses a number, decimal or hexadecimal with 0x; bounds are inclusive.</summary>
    public static long ParseNumber(string name, string text, long minimum, long maximum)
    {
        bool hexadecimal = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        bool parsed = hexadecimal
            ? long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long value)
            : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
        return parsed && value >= minimum && value <= maximum
            ? value
            : throw new UsageException($"--{name} {text}: allowed is a number from {minimum} to {maximum}");
    }

    /// <summary>Parses a number of bytes with an optional suffix K, M, G or T; bounds are inclusive.</summary>
    public static long ParseSize(string name, string text, long minimum, long maximum)
    {
        int shift = text.Length == 0 ? 0 : char.ToUpperInvariant(text[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, 'T' => 40, _ => 0 };
        ReadOnlySpan<char> digits = shift == 0 ? text : text.AsSpan(0, text.Length - 1);
        bool parsed = long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            && value <= long.MaxValue >> shift;
        return parsed && value << shift >= minimum && value << shift <= maximum
            ? value << shift
            : throw new UsageException(
                $"--{name} {text}: allowed is a size from {minimum} to {maximum} bytes, with K, M, G or T if wanted");
    }

    private static string FindCommand(IReadOnlyList<string> arguments, IReadOnlyList<OptionSpecification> common)
    {
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            if (!argument.StartsWith("--", StringComparison.Ordinal))
            {
                return argument;
            }

            // Before the command only the common options can stand: one of them with its value apart takes the next word.
            OptionSpecification? option = Find(common, argument.AsSpan(2));
            if (option?.ValueName is not null && !argument.Contains('=', StringComparison.Ordinal))
            {
                i++;
            }
        }

        return "";
    }

    private static OptionSpecification? Find(IReadOnlyList<OptionSpecification> options, ReadOnlySpan<char> nameAndValue)
    {
        int equals = nameAndValue.IndexOf('=');
        ReadOnlySpan<char> name = equals < 0 ? nameAndValue : nameAndValue[..equals];
        foreach (OptionSpecification option in options)
        {
            if (name.SequenceEqual(option.Name))
            {
                return option;
            }
        }

        return null;
    }

    private int TakeOption(IReadOnlyList<string> arguments, int index, List<OptionSpecification> known)
    {
        string argument = arguments[index];
        OptionSpecification option = Find(known, argument.AsSpan(2))
            ?? throw new UsageException($"unknown option {argument}; allowed here are {Names(known)}");
        int equals = argument.IndexOf('=', StringComparison.Ordinal);
        if (option.ValueName is null)
        {
            if (equals >= 0)
            {
                throw new UsageException($"--{option.Name} takes no value");
            }

            _values[option.Name] = "";
            return index;
        }

        if (equals >= 0)
        {
            _values[option.Name] = argument[(equals + 1)..];
            return index;
        }

        if (index + 1 == arguments.Count)
        {
            throw new UsageException($"--{option.Name} needs a value: {option.ValueName}");
        }

        _values[option.Name] = arguments[index + 1];
        return index + 1;
    }

    private static string Names(List<OptionSpecification> options)
    {
        var names = new List<string>();
        foreach (OptionSpecification option in options)
        {
            names.Add("--" + option.Name);
        }

        return string.Join(", ", names);
    }
}
