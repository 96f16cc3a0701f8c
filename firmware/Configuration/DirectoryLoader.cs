using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Configuration;

/// <summary>
/// Reads a configuration from a directory laid out as the kernel lays out <c>/sys/kernel/config</c> (<see cref="DirectoryShape"/>), on any file
/// system. A file that is not there, or is empty, means the default; a newline at the end of a value is dropped.
/// </summary>
/// <remarks>
/// Every name has to be known and every value allowed, as in a file; names that begin with a dot or end with <c>~</c> are an editor's and are
/// passed over. A link names what it links by the last part of its target, whether that exists or not: <c>ln -s</c> with a relative path makes
/// links that configfs follows from the working directory and other file systems do not.
/// </remarks>
internal sealed class DirectoryLoader
{
    private const int ValueLengthMaxBytes = 4096; // as in configfs: a page

    private readonly string _root;
    private readonly ConfigurationTree _tree;

    private DirectoryLoader(string root)
    {
        _root = root;
        _tree = new ConfigurationTree(root, isDirectory: true);
    }

    private delegate void SubdirectoryReader<in TNode>(TNode node, string path, Place place);

    /// <summary>Reads a configuration.</summary>
    /// <param name="directory">What stands for <c>/sys/kernel/config</c>.</param>
    /// <param name="isStartAssumed">True where controllers that are not started are judged as if they were.</param>
    /// <exception cref="ConfigurationException">It is wrong or cannot be read; the message says what and where.</exception>
    public static ConfigurationTree Load(string directory, bool isStartAssumed = false)
    {
        DirectoryLoader loader = new(directory.Length > 1 ? directory.TrimEnd('/') : directory);
        try
        {
            loader.ReadRoot();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"--configfs {ConfigurationException.Printable(directory)}: cannot read it: {FileProblem.Describe(problem)}", problem);
        }

        foreach (EndpointControllerNode controller in loader._tree.Controllers)
        {
            controller.Start = isStartAssumed || controller.Start == true; // as in the kernel, nothing starts by itself
        }

        return loader._tree;
    }

    private void ReadRoot()
    {
        if (!Directory.Exists(_root))
        {
            throw new ConfigurationException($"--configfs {ConfigurationException.Printable(_root)}: no such directory; allowed: a directory with nvmet and pci_ep");
        }

        Read(_tree, _root, _tree.Place, ConfigurationTree.Attributes, isAttributeHere: _ => false, new()
        {
            [DirectoryShape.Nvmet] = ReadNvmet,
            [DirectoryShape.PciEndpoint] = ReadPciEndpoint,
        });
    }

    private void ReadNvmet(ConfigurationTree tree, string path, Place place) =>
        Read(tree, path, place, ConfigurationTree.Attributes, isAttributeHere: _ => true, new()
        {
            ["hosts"] = (_, list, at) => ReadNodes(list, at, tree.Hosts, p => new HostNode { Place = p }, HostNode.Attributes, "nqn", []),
            ["subsystems"] = (_, list, at) => ReadNodes(
                list, at, tree.Subsystems, p => new SubsystemNode { Place = p }, SubsystemNode.Attributes, "nqn", SubsystemDirectories()),
            ["ports"] = (_, list, at) => ReadNodes(
                list, at, tree.Ports, p => new PortNode { Place = p }, PortNode.Attributes, "portid", PortDirectories()),
        });

    private Dictionary<string, SubdirectoryReader<SubsystemNode>> SubsystemDirectories() => new()
    {
        ["allowed_hosts"] = (node, list, at) => ReadLinks(list, at, node.AllowedHosts),
        ["namespaces"] = (node, list, at) => ReadNodes(
            list, at, node.Namespaces, p => new NamespaceNode { Place = p }, NamespaceNode.Attributes, "nsid", []),
        ["passthru"] = (node, list, at) =>
        {
            PassthroughNode passthrough = new() { Place = at };
            Read(passthrough, list, at, PassthroughNode.Attributes, isAttributeHere: _ => true, []);
            node.Passthrough.Add(passthrough);
        },
    };

    private Dictionary<string, SubdirectoryReader<PortNode>> PortDirectories() => new()
    {
        ["subsystems"] = (node, list, at) => ReadLinks(list, at, node.Subsystems),
        ["ana_groups"] = (node, list, at) => ReadNodes(
            list, at, node.AnaGroups, p => new AnaGroupNode { Place = p }, AnaGroupNode.Attributes, "grpid", []),
        ["referrals"] = (node, list, at) => ReadNodes(
            list, at, node.Referrals, p => new ReferralNode { Place = p }, ReferralNode.Attributes, "name", []),
    };

    private void ReadPciEndpoint(ConfigurationTree tree, string path, Place place) =>
        Read(tree, path, place, ConfigurationTree.Attributes, isAttributeHere: _ => false, new()
        {
            ["functions"] = (_, list, at) => Read(tree, list, at, ConfigurationTree.Attributes, isAttributeHere: _ => false, new()
            {
                [DirectoryShape.FunctionDriver] = (_, functions, inner) => ReadNodes(
                    functions, inner, tree.Functions, p => new FunctionNode { Place = p }, FunctionNode.Attributes, "name", FunctionDirectories()),
            }),
            ["controllers"] = (_, list, at) => ReadNodes(
                list,
                at,
                tree.Controllers,
                p => new EndpointControllerNode { Place = p },
                EndpointControllerNode.Attributes,
                "name",
                [],
                node => node.Functions),
        });

    private Dictionary<string, SubdirectoryReader<FunctionNode>> FunctionDirectories() => new()
    {
        [DirectoryShape.NvmeGroup] = (node, path, at) => Read(
            node, path, at, FunctionNode.Attributes, isAttributeHere: group => group == DirectoryShape.NvmeGroup, []),
        ["primary"] = (_, path, at) => RefuseEntries(path, at),
        ["secondary"] = (_, path, at) => RefuseEntries(path, at),
    };

    /// <summary>The kernel has these directories for functions with two controllers, which an NVMe function has not.</summary>
    private static void RefuseEntries(string path, Place place)
    {
        if (Entries(path) is [FileSystemInfo first, ..])
        {
            throw ConfigurationException.At(place.Entry(first.Name), "cannot be here; allowed: nothing, a function is linked in pci_ep/controllers/NAME");
        }
    }

    /// <summary>Each directory in a directory is a node; its name is the node's key.</summary>
    private void ReadNodes<TNode>(
        string path,
        Place place,
        List<TNode> nodes,
        Func<Place, TNode> create,
        AttributeTable<TNode> attributes,
        string key,
        Dictionary<string, SubdirectoryReader<TNode>> directories,
        Func<TNode, List<string>>? links = null)
    {
        foreach (FileSystemInfo entry in Entries(path))
        {
            Place at = place.Entry(entry.Name);
            if (entry is not DirectoryInfo || entry.LinkTarget is not null)
            {
                throw ConfigurationException.At(at, "is not a directory; allowed: directories, made by mkdir");
            }

            TNode node = create(at);
            attributes[null, key].Apply(node, entry.Name, at);
            Read(
                node, entry.FullName, at, attributes, group => group != DirectoryShape.NvmeGroup, directories, key, links?.Invoke(node));
            nodes.Add(node);
        }
    }

    /// <summary>The files of one directory are attributes of a node, its directories are read by the readers of their names.</summary>
    private void Read<TNode>(
        TNode node,
        string path,
        Place place,
        AttributeTable<TNode> attributes,
        Func<string?, bool> isAttributeHere,
        Dictionary<string, SubdirectoryReader<TNode>> directories,
        string? key = null,
        List<string>? links = null)
    {
        foreach (FileSystemInfo entry in Entries(path))
        {
            Place at = place.Entry(entry.Name);
            if (links is not null && entry.LinkTarget is string target)
            {
                links.Add(LastPart(target));
                continue;
            }

            if (entry is DirectoryInfo)
            {
                if (!directories.TryGetValue(entry.Name, out SubdirectoryReader<TNode>? read))
                {
                    throw ConfigurationException.At(at, $"unknown directory; allowed: {Names([.. directories.Keys])}");
                }

                read(node, entry.FullName, at);
                continue;
            }

            List<string> known = [];
            AttributeRow<TNode>? row = null;
            foreach (AttributeRow<TNode> candidate in attributes.Rows)
            {
                string name = DirectoryShape.FileName(candidate.Group, candidate.Key);
                if (isAttributeHere(candidate.Group) && name != key && !known.Contains(name))
                {
                    known.Add(name);
                    row = name == entry.Name ? candidate : row;
                }
            }

            SetAttribute(node, row ?? throw ConfigurationException.At(at, $"unknown file; allowed: {Names([.. known, .. directories.Keys])}"), entry, at);
        }
    }

    private void SetAttribute<TNode>(TNode node, AttributeRow<TNode> row, FileSystemInfo entry, Place place)
    {
        string text = ReadText(entry, place);
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

    /// <summary>What is in a file, less the newline at its end. A pipe or a device is not opened: it could be waited for without end.</summary>
    private static string ReadText(FileSystemInfo entry, Place place)
    {
        try
        {
            string path = entry.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? entry.FullName;
            int error = Files.Status(path, out FileStatus status);
            if (error >= 0 && status.Type != FileType.Regular)
            {
                throw ConfigurationException.At(place, "is not a file; allowed: files, made by echo");
            }

            byte[] bytes = error >= 0 && status.SizeBytes > ValueLengthMaxBytes ? [] : File.ReadAllBytes(path);
            ulong length = Math.Max(status.SizeBytes, (ulong)bytes.Length);
            if (length > ValueLengthMaxBytes)
            {
                throw ConfigurationException.At(place, $"holds {length} bytes; allowed: up to {ValueLengthMaxBytes}");
            }

            string text = System.Text.Encoding.UTF8.GetString(bytes);
            return text.EndsWith('\n') ? text[..^1] : text;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw ConfigurationException.At(place, $"cannot read it: {FileProblem.Describe(problem)}");
        }
    }

    private static void ReadLinks(string path, Place place, List<string> names)
    {
        foreach (FileSystemInfo entry in Entries(path))
        {
            names.Add(entry.LinkTarget is string target
                ? LastPart(target)
                : throw ConfigurationException.At(place.Entry(entry.Name), "is not a symbolic link; allowed: links, made by ln -s"));
        }
    }

    private static string LastPart(string target) => Path.GetFileName(target.TrimEnd('/'));

    private static string Names(List<string> names) => names.Count == 0 ? "nothing" : string.Join(", ", names);

    /// <summary>What is in a directory, in the order of names, without what editors leave.</summary>
    private static List<FileSystemInfo> Entries(string path)
    {
        List<FileSystemInfo> entries = [];
        foreach (FileSystemInfo entry in new DirectoryInfo(path).EnumerateFileSystemInfos())
        {
            if (!entry.Name.StartsWith('.') && !entry.Name.EndsWith('~'))
            {
                entries.Add(entry);
            }
        }

        entries.Sort((one, other) => string.CompareOrdinal(one.Name, other.Name));
        return entries;
    }
}
