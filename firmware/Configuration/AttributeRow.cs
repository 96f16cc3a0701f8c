using System.Globalization;

namespace Nvmepf.Firmware.Configuration;

/// <summary>One attribute of a node: its name, what is allowed, how it is set from text and shown as text.</summary>
/// <typeparam name="TNode">The node's type.</typeparam>
/// <param name="Group">JSON object that it stands in (<c>attr</c>), also the prefix of its configfs file; null for none.</param>
/// <param name="Key">Its name in the group.</param>
/// <param name="Allowed">What is allowed, for messages.</param>
/// <param name="Set">Sets it; returns what is wrong with the text, or null.</param>
/// <param name="Show">Its value as text; null where it was never set.</param>
internal sealed record AttributeRow<TNode>(
    string? Group,
    string Key,
    string Allowed,
    Func<TNode, string, string?> Set,
    Func<TNode, string?> Show)
{
    /// <summary>True where nvmetcli saves it as a number; the others are saved as strings.</summary>
    public bool IsJsonNumber { get; init; }

    /// <summary>For an attribute that is checked but has no effect here: the value that asks for nothing. Null for the others.</summary>
    public string? ValueWithoutEffect { get; init; }

    /// <summary>Group and key as in a path.</summary>
    public string Name => Group is null ? Key : $"{Group}.{Key}";

    /// <summary>Sets it from text that stands at a place.</summary>
    /// <exception cref="ConfigurationException">The value is wrong.</exception>
    public void Apply(TNode node, string text, Place place)
    {
        if (Set(node, text) is string problem)
        {
            throw ConfigurationException.ForValue(place, text, problem, Allowed);
        }
    }
}

/// <summary>The attributes of one type of node, in the order in which they are printed.</summary>
internal sealed class AttributeTable<TNode>(params AttributeRow<TNode>[] rows)
{
    /// <summary>The rows.</summary>
    public ReadOnlySpan<AttributeRow<TNode>> Rows => rows;

    /// <summary>The row of a name, or null.</summary>
    public AttributeRow<TNode>? Find(string? group, string key)
    {
        foreach (AttributeRow<TNode> row in rows)
        {
            if (row.Group == group && row.Key == key)
            {
                return row;
            }
        }

        return null;
    }

    /// <summary>The row of a name that exists.</summary>
    public AttributeRow<TNode> this[string? group, string key] =>
        Find(group, key) ?? throw new ArgumentException($"no attribute {group}.{key}", nameof(key));

    /// <summary>Whether attributes stand in a group of that name.</summary>
    public bool HasGroup(string name)
    {
        foreach (AttributeRow<TNode> row in rows)
        {
            if (row.Group == name)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Names in a group; without a group, the ungrouped ones and the groups.</summary>
    public List<string> KeysIn(string? group)
    {
        List<string> keys = [];
        foreach (AttributeRow<TNode> row in rows)
        {
            string? key = row.Group == group ? row.Key : group is null ? row.Group : null;
            if (key is not null && !keys.Contains(key))
            {
                keys.Add(key);
            }
        }

        return keys;
    }
}

/// <summary>Makes rows of the usual kinds.</summary>
internal static class Row
{
    /// <summary>A number, shown in decimal.</summary>
    public static AttributeRow<TNode> Number<TNode>(
        string? group, string key, uint minimum, uint maximum, Action<TNode, uint> set, Func<TNode, uint?> get) => new(
            group,
            key,
            $"{minimum} to {maximum}",
            (node, text) =>
            {
                string? problem = ValueText.ParseNumber(text, minimum, maximum, out uint value);
                if (problem is null)
                {
                    set(node, value);
                }

                return problem;
            },
            node => get(node)?.ToString(CultureInfo.InvariantCulture));

    /// <summary>An identifier: a number, shown in hexadecimal.</summary>
    public static AttributeRow<TNode> Identifier<TNode>(
        string? group, string key, int digits, uint minimum, uint maximum, Action<TNode, uint> set, Func<TNode, uint?> get)
    {
        string Hex(uint value) => "0x" + value.ToString("x" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return Number(group, key, minimum, maximum, set, get) with
        {
            Allowed = minimum == maximum ? Hex(minimum) : $"{Hex(minimum)} to {Hex(maximum)}",
            Show = node => get(node) is uint value ? Hex(value) : null,
        };
    }

    /// <summary>Yes or no: 1 or 0.</summary>
    public static AttributeRow<TNode> Flag<TNode>(string? group, string key, Action<TNode, bool> set, Func<TNode, bool?> get) => new(
        group,
        key,
        "0, 1",
        (node, text) =>
        {
            if (text is not ("0" or "1"))
            {
                return "neither 0 nor 1";
            }

            set(node, text == "1");
            return null;
        },
        node => get(node) is bool value ? (value ? "1" : "0") : null);

    /// <summary>Printable ASCII of bounded length.</summary>
    public static AttributeRow<TNode> Ascii<TNode>(
        string? group, string key, int lengthMax, Action<TNode, string> set, Func<TNode, string?> get) => new(
        group,
        key,
        $"1 to {lengthMax} printable ASCII characters",
        (node, text) =>
        {
            string? problem = ValueText.CheckAscii(text, lengthMax);
            if (problem is null)
            {
                set(node, text);
            }

            return problem;
        },
        get);

    /// <summary>One of some words.</summary>
    public static AttributeRow<TNode> Choice<TNode>(
        string? group, string key, string[] words, Action<TNode, string> set, Func<TNode, string?> get) => new(
        group,
        key,
        string.Join(", ", words),
        (node, text) =>
        {
            if (Array.IndexOf(words, text) < 0)
            {
                return "not known";
            }

            set(node, text);
            return null;
        },
        get);
}
