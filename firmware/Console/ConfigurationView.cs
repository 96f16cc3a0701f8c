using System.Linq;
using Nvmepf.Firmware.Configuration;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Startup;
using Nvmepf.Hal;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Console;

/// <summary>An attribute as ls, get and set see it.</summary>
/// <param name="Name">Its name: that of configfs's file.</param>
/// <param name="Allowed">What is allowed.</param>
/// <param name="Show">Its value; null where it was never set, or is a secret.</param>
internal sealed record ViewedAttribute(string Name, string Allowed, Func<string?> Show)
{
    /// <summary>Says what is wrong with a text, or null; changes nothing. Null where no text is taken.</summary>
    public Func<string, string?>? Check { get; init; }

    /// <summary>Changes what is served; null where that needs a restart.</summary>
    public Action<string>? SetLive { get; init; }
}

/// <summary>A node of the configuration, or a list of nodes.</summary>
/// <param name="Path">Names from the root, with slashes between.</param>
internal sealed record ViewedNode(string Path)
{
    /// <summary>Its attributes, in the order of their table.</summary>
    public List<ViewedAttribute> Attributes { get; } = [];

    /// <summary>What is below it, with names.</summary>
    public List<(string Name, ViewedNode Node)> Children { get; } = [];

    /// <summary>Adds what is below.</summary>
    public ViewedNode AddChild(string name)
    {
        ViewedNode made = new(PathOf(name));
        Children.Add((name, made));
        return made;
    }

    /// <summary>Path of what is in it.</summary>
    public string PathOf(string name) => Path.Length == 0 ? name : $"{Path}/{name}";
}

/// <summary>
/// The configuration that is served as one tree of names for people: subsystems, ports, functions, controllers, each attribute named as
/// configfs names its file. Made anew for each command, by who holds the editor's gate; values are of the moment at which they are shown.
/// </summary>
internal sealed class ConfigurationView
{
    private const string ServedSize = "size";
    private const string AnaStateFile = "ana_state";
    private readonly NamespaceEditor _editor;
    private readonly IReadOnlyList<ConsoleFunction> _functions;

    private ConfigurationView(NamespaceEditor editor, IReadOnlyList<ConsoleFunction> functions)
    {
        _editor = editor;
        _functions = functions;
    }

    /// <summary>Makes the view.</summary>
    public static ViewedNode Of(NamespaceEditor editor, IReadOnlyList<ConsoleFunction> functions)
    {
        ConfigurationView view = new(editor, functions);
        ConfigurationTree tree = editor.Tree;
        ViewedNode root = new(string.Empty);
        AddAttributes(root, tree, ConfigurationTree.Attributes, string.Empty, () => new ConfigurationTree(null));
        AddNodes(root, "hosts", tree.Hosts, HostNode.Attributes, "nqn", () => new HostNode());
        AddNodes(root, "subsystems", tree.Subsystems, SubsystemNode.Attributes, "nqn", () => new SubsystemNode(), view.AddSubsystem);
        AddNodes(root, "ports", tree.Ports, PortNode.Attributes, "portid", () => new PortNode(), view.AddPort);
        AddNodes(root, "functions", tree.Functions, FunctionNode.Attributes, "name", () => new FunctionNode());
        AddNodes(root, "controllers", tree.Controllers, EndpointControllerNode.Attributes, "name", () => new EndpointControllerNode(), view.AddController);
        return root;
    }

    /// <summary>What a path names: a node, or an attribute of it.</summary>
    /// <returns>False where there is no such thing; then <paramref name="node"/> is the last one that there is.</returns>
    public static bool TryFind(ViewedNode root, string path, out ViewedNode node, out ViewedAttribute? attribute)
    {
        node = root;
        attribute = null;
        string rest = path.Trim('/');
        while (rest.Length > 0)
        {
            attribute = node.Attributes.Find(one => one.Name == rest);
            if (attribute is not null)
            {
                return true;
            }

            // A name may contain a slash, so names are compared and not the path taken apart.
            (string Name, ViewedNode Node) next = node.Children.Find(
                child => rest == child.Name || rest.StartsWith(child.Name + "/", StringComparison.Ordinal));
            if (next.Node is null)
            {
                return false;
            }

            node = next.Node;
            rest = rest[next.Name.Length..].TrimStart('/');
        }

        return true;
    }

    /// <summary>Why nothing changes here where a directory is followed, and the file to write.</summary>
    public static string RefusalWhereFollowed(string directory, string path)
    {
        const string Functions = "functions/";
        string file = path.StartsWith(Functions, StringComparison.Ordinal)
            ? Path.Join(directory, DirectoryShape.PciEndpoint, Functions, DirectoryShape.FunctionDriver, path[Functions.Length..])
            : Path.Join(directory, path.StartsWith("controllers/", StringComparison.Ordinal) ? DirectoryShape.PciEndpoint : DirectoryShape.Nvmet, path);
        return $"{path}: the configuration is the directory that is followed; allowed: write it to {file}";
    }

    private static void AddNodes<TNode>(
        ViewedNode parent,
        string list,
        List<TNode> nodes,
        AttributeTable<TNode> attributes,
        string key,
        Func<TNode> make,
        Action<ViewedNode, TNode>? addMore = null)
    {
        ViewedNode viewedList = parent.AddChild(list);
        foreach (TNode node in nodes)
        {
            ViewedNode viewed = viewedList.AddChild(attributes[null, key].Show(node) ?? string.Empty);
            AddAttributes(viewed, node, attributes, key, make);
            addMore?.Invoke(viewed, node);
        }
    }

    /// <summary>All attributes but the key. A text is tried on a node that nobody uses.</summary>
    private static void AddAttributes<TNode>(ViewedNode viewed, TNode node, AttributeTable<TNode> attributes, string key, Func<TNode> make)
    {
        foreach (AttributeRow<TNode> row in attributes.Rows)
        {
            string name = row.Group == DirectoryShape.NvmeGroup ? $"{DirectoryShape.NvmeGroup}/{row.Key}" : DirectoryShape.FileName(row.Group, row.Key);
            if (name != key && !viewed.Attributes.Exists(other => other.Name == name))
            {
                viewed.Attributes.Add(new ViewedAttribute(name, row.Allowed, () => row.Show(node)) { Check = text => row.Set(make(), text) });
            }
        }
    }

    private static void AddLinks(ViewedNode viewed, string name, List<string> links) =>
        viewed.Attributes.Add(new ViewedAttribute(name, "links, made before the start", () => links.Count == 0 ? null : string.Join(", ", links)));

    private static void MakeLive(ViewedNode viewed, string name, Func<string?> show, Action<string> set)
    {
        int index = viewed.Attributes.FindIndex(attribute => attribute.Name == name);
        viewed.Attributes[index] = viewed.Attributes[index] with { Show = show, SetLive = set };
    }

    private void AddSubsystem(ViewedNode viewed, SubsystemNode subsystem)
    {
        AddLinks(viewed, "allowed_hosts", subsystem.AllowedHosts);
        AddNodes(viewed, "namespaces", subsystem.Namespaces, NamespaceNode.Attributes, "nsid", () => new NamespaceNode(), (below, node) =>
            AddNamespace(below, subsystem, node));
        foreach (PassthroughNode passthrough in subsystem.Passthrough)
        {
            AddAttributes(viewed.AddChild("passthru"), passthrough, PassthroughNode.Attributes, string.Empty, () => new PassthroughNode());
        }
    }

    private void AddNamespace(ViewedNode viewed, SubsystemNode subsystem, NamespaceNode node)
    {
        if (!_functions.Any(function => function.Controller.Settings.SubsystemNqn == subsystem.Nqn))
        {
            return; // not served
        }

        string nsid = $"{node.NamespaceId}";
        NvmeNamespace? Served() => _editor.Served(subsystem, node);
        MakeLive(viewed, "enable", () => Served()?.IsActive == true ? "1" : "0", text => _editor.SetEnabled(subsystem.Nqn, nsid, text == "1"));
        viewed.Attributes.Add(new ViewedAttribute(
            ServedSize,
            ValueText.SizeForm,
            () => Served() is { } served ? ValueText.ShowSize(served.SizeBlocks * served.BlockBytes) : null)
        {
            Check = text => ValueText.ParseSize(text, out _),
            SetLive = text => _editor.Resize(subsystem.Nqn, nsid, text),
        });
    }

    private void AddPort(ViewedNode viewed, PortNode port)
    {
        AddLinks(viewed, "subsystems", port.Subsystems);
        AddNodes(viewed, "ana_groups", port.AnaGroups, AnaGroupNode.Attributes, "grpid", () => new AnaGroupNode(), (below, group) =>
        {
            if (_functions.Any(function => AnaStateChange.IsOn(function.Controller, _editor.Tree, port)))
            {
                MakeLive(below, AnaStateFile, () => group.State ?? "optimized", text => SetAnaState(below, port, group, text));
            }
        });
        AddNodes(viewed, "referrals", port.Referrals, ReferralNode.Attributes, "name", () => new ReferralNode());
    }

    private void AddController(ViewedNode viewed, EndpointControllerNode controller)
    {
        AddLinks(viewed, "functions", controller.Functions);
        MakeLive(viewed, "start", () => controller.Start == false ? "0" : "1", text =>
        {
            _editor.SetStart(controller.Name, text == "1");
            controller.Start = text == "1"; // what is wanted, as the file is
        });
    }

    private void SetAnaState(ViewedNode viewed, PortNode port, AnaGroupNode group, string text)
    {
        if (_editor.FollowedDirectory is string directory)
        {
            throw new ConfigurationException(RefusalWhereFollowed(directory, viewed.PathOf(AnaStateFile)));
        }

        AnaState state = new AnaGroupNode { State = text }.ToState();
        if (AnaStateChange.Ask(_functions.Select(function => function.Controller), _editor.Tree, port, group.GroupId, state) is string problem)
        {
            throw new PlatformException(problem);
        }

        group.State = text;
    }
}
