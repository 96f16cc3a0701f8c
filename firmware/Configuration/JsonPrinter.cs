using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Nvmepf.Hal;

namespace Nvmepf.Firmware.Configuration;

/// <summary>
/// Prints a configuration as a file that <see cref="JsonLoader"/> reads to the same effect. Attributes that were never set are left out,
/// and so are secrets.
/// </summary>
internal static class JsonPrinter
{
    /// <summary>The configuration as JSON with two blanks of indentation and a newline at the end.</summary>
    public static byte[] Print(ConfigurationTree tree)
    {
        // Nothing here goes into a web page, so that only what JSON itself asks for is escaped.
        JsonWriterOptions options = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, options))
        {
            json.WriteStartObject();
            WriteAttributes(json, tree, ConfigurationTree.Attributes);
            WriteNodes(json, "hosts", tree.Hosts, HostNode.Attributes);
            WriteNodes(json, "subsystems", tree.Subsystems, SubsystemNode.Attributes, WriteSubsystemLists);
            WriteNodes(json, "ports", tree.Ports, PortNode.Attributes, WritePortLists);
            WriteNodes(json, "functions", tree.Functions, FunctionNode.Attributes);
            WriteNodes(json, "controllers", tree.Controllers, EndpointControllerNode.Attributes, WriteControllerLists);
            json.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    /// <summary>
    /// Writes it to a file that appears complete or stays as it was, and that only its owner reads, as <c>nvmetcli save</c> leaves its own.
    /// </summary>
    /// <param name="tree">The configuration.</param>
    /// <param name="file">The file; one that is there is replaced.</param>
    /// <param name="place">Who asked for it, for messages.</param>
    /// <exception cref="ConfigurationException">The file's name is none.</exception>
    /// <exception cref="PlatformException">It cannot be written; the message is for the user.</exception>
    public static void Write(ConfigurationTree tree, string file, Place place)
    {
        if (ValueText.CheckPath(file) is string wrong)
        {
            throw ConfigurationException.ForValue(place, file, wrong, "a file, new or to be replaced");
        }

        string fresh = file + ".new";
        try
        {
            FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write };
            if (OperatingSystem.IsLinux())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using (FileStream stream = new(fresh, options))
            {
                stream.Write(Print(tree));
                stream.Flush(flushToDisk: true);
            }

            File.Move(fresh, file, overwrite: true);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            string reason = problem is UnauthorizedAccessException ? "permission denied" : "is it in a directory that exists, and is there room?";
            throw new PlatformException($"{place} {file}: cannot write it: {reason}", problem);
        }
    }

    private static void WriteSubsystemLists(Utf8JsonWriter json, SubsystemNode node)
    {
        WriteNames(json, "allowed_hosts", node.AllowedHosts);
        WriteNodes(json, "namespaces", node.Namespaces, NamespaceNode.Attributes);
        if (node.Passthrough.Count > 0)
        {
            WriteNodes(json, "passthru", node.Passthrough, PassthroughNode.Attributes);
        }
    }

    private static void WritePortLists(Utf8JsonWriter json, PortNode node)
    {
        WriteNames(json, "subsystems", node.Subsystems);
        WriteNodes(json, "ana_groups", node.AnaGroups, AnaGroupNode.Attributes);
        WriteNodes(json, "referrals", node.Referrals, ReferralNode.Attributes);
    }

    private static void WriteControllerLists(Utf8JsonWriter json, EndpointControllerNode node) => WriteNames(json, "functions", node.Functions);

    private static void WriteNodes<TNode>(
        Utf8JsonWriter json, string key, List<TNode> nodes, AttributeTable<TNode> attributes, Action<Utf8JsonWriter, TNode>? writeLists = null)
    {
        json.WriteStartArray(key);
        foreach (TNode node in nodes)
        {
            json.WriteStartObject();
            WriteAttributes(json, node, attributes);
            writeLists?.Invoke(json, node);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteNames(Utf8JsonWriter json, string key, List<string> names)
    {
        json.WriteStartArray(key);
        foreach (string name in names)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
    }

    private static void WriteAttributes<TNode>(Utf8JsonWriter json, TNode node, AttributeTable<TNode> attributes)
    {
        foreach (string key in attributes.KeysIn(null))
        {
            if (attributes.Find(null, key) is AttributeRow<TNode> row)
            {
                WriteAttribute(json, node, row);
                continue;
            }

            bool isOpen = false;
            foreach (AttributeRow<TNode> member in attributes.Rows)
            {
                if (member.Group != key || member.Show(node) is null)
                {
                    continue;
                }

                if (!isOpen)
                {
                    json.WriteStartObject(key);
                    isOpen = true;
                }

                WriteAttribute(json, node, member);
            }

            if (isOpen)
            {
                json.WriteEndObject();
            }
        }
    }

    private static void WriteAttribute<TNode>(Utf8JsonWriter json, TNode node, AttributeRow<TNode> row)
    {
        if (row.Show(node) is not string text)
        {
            return;
        }

        if (row.IsJsonNumber)
        {
            json.WriteNumber(row.Key, long.Parse(text, CultureInfo.InvariantCulture));
        }
        else
        {
            json.WriteString(row.Key, text);
        }
    }
}
