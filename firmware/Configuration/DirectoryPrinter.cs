using Nvmepf.Hal;

namespace Nvmepf.Firmware.Configuration;

/// <summary>
/// Writes a configuration as a directory that <see cref="DirectoryLoader"/> reads to the same effect, and that shows how to set the same up in
/// the kernel. Attributes that were never set are left out, and so are secrets. <c>start</c> is written last.
/// </summary>
internal static class DirectoryPrinter
{
    /// <summary>Writes it into a directory that is empty or does not exist.</summary>
    /// <param name="tree">The configuration.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="place">Who asked for it, for messages.</param>
    /// <exception cref="ConfigurationException">The directory's name is none.</exception>
    /// <exception cref="PlatformException">It cannot be written; the message is for the user.</exception>
    public static void Write(ConfigurationTree tree, string directory, Place place)
    {
        if (ValueText.CheckPath(directory) is string wrong)
        {
            throw ConfigurationException.ForValue(place, directory, wrong, "an empty directory, or one that is made");
        }

        try
        {
            if (Directory.Exists(directory) && Directory.GetFileSystemEntries(directory).Length > 0)
            {
                throw new PlatformException($"{place} {directory}: is not empty; allowed: an empty directory, or one that is made");
            }

            WriteNvmet(tree, Path.Join(directory, DirectoryShape.Nvmet));
            WritePciEndpoint(tree, Path.Join(directory, DirectoryShape.PciEndpoint));
            DirectoryShape.MakeGroups(directory); // as it will be when it is followed, so that an export of that is the same
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            string reason = problem is UnauthorizedAccessException ? "permission denied" : "is the place writable, and has it room and links?";
            throw new PlatformException($"{place} {directory}: cannot write it: {reason}", problem);
        }
    }

    private static void WriteNvmet(ConfigurationTree tree, string root)
    {
        WriteFiles(root, tree, ConfigurationTree.Attributes, string.Empty);
        WriteNodes(Path.Join(root, "hosts"), tree.Hosts, HostNode.Attributes, "nqn");
        WriteNodes(Path.Join(root, "subsystems"), tree.Subsystems, SubsystemNode.Attributes, "nqn", (node, path) =>
        {
            WriteNodes(Path.Join(path, "namespaces"), node.Namespaces, NamespaceNode.Attributes, "nsid");
            WriteLinks(Path.Join(path, "allowed_hosts"), node.AllowedHosts, "../../../hosts");
            node.Passthrough.ForEach(passthrough => WriteFiles(Path.Join(path, "passthru"), passthrough, PassthroughNode.Attributes, string.Empty));
        });
        WriteNodes(Path.Join(root, "ports"), tree.Ports, PortNode.Attributes, "portid", (node, path) =>
        {
            WriteLinks(Path.Join(path, "subsystems"), node.Subsystems, "../../../subsystems");
            WriteNodes(Path.Join(path, "ana_groups"), node.AnaGroups, AnaGroupNode.Attributes, "grpid");
            WriteNodes(Path.Join(path, "referrals"), node.Referrals, ReferralNode.Attributes, "name");
        });
    }

    private static void WritePciEndpoint(ConfigurationTree tree, string root)
    {
        const string Start = "start";
        WriteNodes(Path.Join(root, "functions", DirectoryShape.FunctionDriver), tree.Functions, FunctionNode.Attributes, "name");
        string controllers = Path.Join(root, "controllers");
        WriteNodes(
            controllers,
            tree.Controllers,
            EndpointControllerNode.Attributes,
            "name",
            (node, path) => WriteLinks(path, node.Functions, "../../functions/" + DirectoryShape.FunctionDriver),
            Start);
        AttributeRow<EndpointControllerNode> start = EndpointControllerNode.Attributes[null, Start];
        foreach (EndpointControllerNode node in tree.Controllers)
        {
            WriteFile(Path.Join(controllers, node.Name), start, node.Start is null && node.Functions.Count > 0 ? "1" : start.Show(node));
        }
    }

    private static void WriteNodes<TNode>(
        string path,
        List<TNode> nodes,
        AttributeTable<TNode> attributes,
        string key,
        Action<TNode, string>? writeMore = null,
        string? except = null)
    {
        foreach (TNode node in nodes)
        {
            string own = Path.Join(path, attributes[null, key].Show(node));
            WriteFiles(own, node, attributes, key, except);
            writeMore?.Invoke(node, own);
        }
    }

    private static void WriteFiles<TNode>(string path, TNode node, AttributeTable<TNode> attributes, string key, string? except = null)
    {
        _ = Directory.CreateDirectory(path);
        foreach (AttributeRow<TNode> row in attributes.Rows)
        {
            if (row.Group is not null || (row.Key != key && row.Key != except))
            {
                WriteFile(row.Group == DirectoryShape.NvmeGroup ? Path.Join(path, DirectoryShape.NvmeGroup) : path, row, row.Show(node));
            }
        }
    }

    private static void WriteFile<TNode>(string directory, AttributeRow<TNode> row, string? text)
    {
        if (text is not null)
        {
            _ = Directory.CreateDirectory(directory);
            File.WriteAllText(Path.Join(directory, DirectoryShape.FileName(row.Group, row.Key)), text + "\n");
        }
    }

    private static void WriteLinks(string directory, List<string> names, string target)
    {
        _ = Directory.CreateDirectory(directory);
        names.ForEach(name => _ = File.CreateSymbolicLink(Path.Join(directory, name), $"{target}/{name}"));
    }
}
