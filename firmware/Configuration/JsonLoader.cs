using System.Globalization;
using System.Text.Json;

namespace Nvmepf.Firmware.Configuration;

/// <summary>
/// Reads a configuration from a JSON file in nvmetcli's schema, with the sections <c>functions</c> and <c>controllers</c> for what
/// nvmetcli does not save. Comments and trailing commas are allowed.
/// </summary>
/// <remarks>
/// Every key has to be known and every value allowed, also of what has no effect here. As for nvmetcli, an empty string sets nothing.
/// Whether the parts fit together is judged by <see cref="ServedConfiguration"/>.
/// </remarks>
internal sealed class JsonLoader
{
    private readonly ConfigurationTree _tree;

    private JsonLoader(ConfigurationTree tree) => _tree = tree;

    private delegate void ListReader<in TNode>(TNode node, JsonElement list, Place place);

    /// <summary>Reads a configuration.</summary>
    /// <param name="json">The file's bytes.</param>
    /// <param name="origin">Its name, for messages.</param>
    /// <exception cref="ConfigurationException">It is wrong; the message says what and where.</exception>
    public static ConfigurationTree Load(ReadOnlyMemory<byte> json, string origin)
    {
        ReadOnlySpan<byte> byteOrderMark = [0xEF, 0xBB, 0xBF];
        ConfigurationTree tree = new(origin);
        JsonDocumentOptions options = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };
        try
        {
            using JsonDocument document = JsonDocument.Parse(json.Span.StartsWith(byteOrderMark) ? json[byteOrderMark.Length..] : json, options);
            new JsonLoader(tree).ReadRoot(document.RootElement);
            return tree;
        }
        catch (JsonException problem)
        {
            // The library's own message is not in the binary; the position is what matters.
            string position = string.Create(
                CultureInfo.InvariantCulture, $"line {problem.LineNumber + 1}, column {problem.BytePositionInLine + 1}");
            throw new ConfigurationException($"{origin}: {position}: not valid JSON", problem);
        }
        catch (InvalidOperationException problem)
        {
            throw new ConfigurationException($"{origin}: a string is not valid UTF-8 or UTF-16", problem);
        }
    }

    private void ReadRoot(JsonElement root) =>
        ReadObject(_tree, root, _tree.Place, ConfigurationTree.Attributes, [], new()
        {
            ["hosts"] = (tree, list, place) => ReadNodes(list, place, tree.Hosts, p => new HostNode { Place = p }, HostNode.Attributes, ["nqn"]),
            ["subsystems"] = (tree, list, place) => ReadNodes(
                list, place, tree.Subsystems, p => new SubsystemNode { Place = p }, SubsystemNode.Attributes, ["nqn"], SubsystemLists()),
            ["ports"] = (tree, list, place) => ReadNodes(
                list, place, tree.Ports, p => new PortNode { Place = p }, PortNode.Attributes, ["portid"], PortLists()),
            ["functions"] = (tree, list, place) => ReadNodes(
                list, place, tree.Functions, p => new FunctionNode { Place = p }, FunctionNode.Attributes, ["name"]),
            ["controllers"] = (tree, list, place) => ReadNodes(
                list,
                place,
                tree.Controllers,
                p => new EndpointControllerNode { Place = p },
                EndpointControllerNode.Attributes,
                ["name"],
                ControllerLists()),
        });

    private Dictionary<string, ListReader<SubsystemNode>> SubsystemLists() => new()
    {
        ["allowed_hosts"] = (node, list, place) => ReadNames(list, place, node.AllowedHosts, QualifiedName.Check, QualifiedName.Form),
        ["namespaces"] = (node, list, place) => ReadNodes(
            list, place, node.Namespaces, p => new NamespaceNode { Place = p }, NamespaceNode.Attributes, ["nsid"]),
        ["passthru"] = (node, list, place) => ReadNodes(
            list, place, node.Passthrough, p => new PassthroughNode { Place = p }, PassthroughNode.Attributes, []),
    };

    private Dictionary<string, ListReader<PortNode>> PortLists() => new()
    {
        ["subsystems"] = (node, list, place) => ReadNames(list, place, node.Subsystems, QualifiedName.Check, QualifiedName.Form),
        ["ana_groups"] = (node, list, place) => ReadNodes(
            list, place, node.AnaGroups, p => new AnaGroupNode { Place = p }, AnaGroupNode.Attributes, ["grpid"]),
        ["referrals"] = (node, list, place) => ReadNodes(
            list, place, node.Referrals, p => new ReferralNode { Place = p }, ReferralNode.Attributes, ["name"]),
    };

    private Dictionary<string, ListReader<EndpointControllerNode>> ControllerLists() => new()
    {
        ["functions"] = (node, list, place) => ReadNames(
            list, place, node.Functions, text => ValueText.CheckAscii(text, 64), "names of functions"),
    };

    private void ReadNodes<TNode>(
        JsonElement list,
        Place place,
        List<TNode> nodes,
        Func<Place, TNode> create,
        AttributeTable<TNode> attributes,
        string[] mandatory,
        Dictionary<string, ListReader<TNode>>? lists = null)
    {
        foreach ((JsonElement element, Place at) in Elements(list, place))
        {
            TNode node = create(at);
            ReadObject(node, element, at, attributes, mandatory, lists ?? []);
            nodes.Add(node);
        }
    }

    private static void ReadNames(JsonElement list, Place place, List<string> names, Func<string, string?> check, string allowed)
    {
        foreach ((JsonElement element, Place at) in Elements(list, place))
        {
            string name = TextOf(element, at);
            if (check(name) is string problem)
            {
                throw ConfigurationException.ForValue(at, name, problem, allowed);
            }

            names.Add(name);
        }
    }

    private void ReadObject<TNode>(
        TNode node,
        JsonElement element,
        Place place,
        AttributeTable<TNode> attributes,
        ReadOnlySpan<string> mandatory,
        Dictionary<string, ListReader<TNode>> lists)
    {
        foreach (JsonProperty property in Members(element, place))
        {
            Place at = place.Member(property.Name);
            if (lists.TryGetValue(property.Name, out ListReader<TNode>? read))
            {
                read(node, property.Value, at);
            }
            else if (attributes.HasGroup(property.Name))
            {
                foreach (JsonProperty member in Members(property.Value, at))
                {
                    SetAttribute(node, attributes, property.Name, member, at);
                }
            }
            else
            {
                SetAttribute(node, attributes, null, property, place, lists.Keys);
            }
        }

        foreach (string key in mandatory)
        {
            bool isThere = element.TryGetProperty(key, out JsonElement value);
            if (!isThere || (value.ValueKind == JsonValueKind.String && value.GetString()!.Length == 0))
            {
                throw ConfigurationException.At(place.Member(key), "is missing");
            }
        }
    }

    private void SetAttribute<TNode>(
        TNode node, AttributeTable<TNode> attributes, string? group, JsonProperty property, Place parent, IEnumerable<string>? lists = null)
    {
        Place place = parent.Member(property.Name);
        AttributeRow<TNode>? row = attributes.Find(group, property.Name);
        if (row is null)
        {
            List<string> known = attributes.KeysIn(group);
            known.AddRange(lists ?? []);
            throw ConfigurationException.At(place, $"unknown key; allowed: {string.Join(", ", known)}");
        }

        string text = TextOf(property.Value, place);
        if (text.Length == 0)
        {
            return;
        }

        row.Apply(node, text, place);
        if (row.ValueWithoutEffect is string none && text != none)
        {
            _tree.Notes.Add($"{place} \"{ConfigurationException.Printable(text)}\" has no effect here");
        }
    }

    private static IEnumerable<JsonProperty> Members(JsonElement element, Place place)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw ConfigurationException.At(place, $"is {KindOf(element)}; allowed: an object");
        }

        HashSet<string> seen = [];
        foreach (JsonProperty property in element.EnumerateObject())
        {
            yield return seen.Add(property.Name) ? property : throw ConfigurationException.At(place.Member(property.Name), "is given twice");
        }
    }

    private static IEnumerable<(JsonElement Element, Place Place)> Elements(JsonElement list, Place place)
    {
        if (list.ValueKind != JsonValueKind.Array)
        {
            throw ConfigurationException.At(place, $"is {KindOf(list)}; allowed: a list");
        }

        int index = 0;
        foreach (JsonElement element in list.EnumerateArray())
        {
            yield return (element, place.Element(index++));
        }
    }

    private static string TextOf(JsonElement element, Place place) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString()!,
        JsonValueKind.Number => element.GetRawText(),
        JsonValueKind.True => "1",
        JsonValueKind.False => "0",
        _ => throw ConfigurationException.At(place, $"is {KindOf(element)}; allowed: a string or a number"),
    };

    private static string KindOf(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };
}
