namespace Nvmepf.Firmware.Configuration;

/// <summary>What lies between the configuration that is served and the one that is wanted.</summary>
/// <remarks>
/// Namespaces can come and go while they are served, and ANA groups change their states; everything else was told to hosts when they came, so it
/// waits for the next start of the controllers that it concerns. As in nvmet, attributes of a namespace are changed while it is not enabled.
/// Nodes that no served function uses are free. Functions that come and go are not looked at.
/// </remarks>
internal sealed class ConfigurationDifference
{
    private static readonly AttributeTable<AnaGroupNode> s_noAttributes = new();

    private readonly IReadOnlyList<ServedFunction> _functions;

    private ConfigurationDifference(IReadOnlyList<ServedFunction> functions) => _functions = functions;

    /// <summary>Namespaces to take away, with their subsystems' NQNs.</summary>
    public List<(string SubsystemNqn, ServedNamespace Namespace)> Removed { get; } = [];

    /// <summary>Namespaces to add.</summary>
    public List<(string SubsystemNqn, ServedNamespace Namespace)> Added { get; } = [];

    /// <summary>ANA groups of ports that are to have another state: the group as it runs, and as it is wanted.</summary>
    public List<(PortNode Port, AnaGroupNode Running, AnaGroupNode Wanted)> AnaStates { get; } = [];

    /// <summary>One line each for what cannot be changed while it is served: which file, and what to do.</summary>
    public List<string> Postponed { get; } = [];

    /// <summary>Compares two configurations.</summary>
    /// <param name="running">The tree that is served.</param>
    /// <param name="served">Namespaces that are served, by NQN of their subsystem.</param>
    /// <param name="functions">Functions that are served.</param>
    /// <param name="wantedTree">The tree that is wanted.</param>
    /// <param name="wanted">What is served of it.</param>
    public static ConfigurationDifference Between(
        ConfigurationTree running,
        Dictionary<string, List<ServedNamespace>> served,
        IReadOnlyList<ServedFunction> functions,
        ConfigurationTree wantedTree,
        ServedConfiguration wanted)
    {
        ConfigurationDifference difference = new(functions);
        foreach (ServedFunction function in wanted.Functions)
        {
            string nqn = function.Settings.SubsystemNqn;
            if (served.TryGetValue(nqn, out List<ServedNamespace>? present))
            {
                difference.CompareNamespaces(nqn, present, function.Namespaces);
            }
        }

        difference.CompareNodes(
            running.Subsystems, wantedTree.Subsystems, node => node.Nqn, node => node.Place, SubsystemNode.Attributes, node => difference.UsersOf(node));
        difference.CompareNodes(
            running.Ports, wantedTree.Ports, node => $"{node.PortId}", node => node.Place, PortNode.Attributes, node => difference.UsersOf(node, running));
        difference.CompareNodes(
            running.Functions, wantedTree.Functions, node => node.Name, node => node.Place, FunctionNode.Attributes, node => difference.UsersOf(node));
        difference.CompareNodes(
            running.Controllers,
            wantedTree.Controllers,
            node => node.Name,
            node => node.Place,
            EndpointControllerNode.Attributes,
            node => difference.UsersOf(node));
        difference.CompareInner(running, wantedTree);
        return difference;
    }

    /// <summary>Names of the controllers whose functions meet a condition.</summary>
    private List<string> Users(Predicate<ServedFunction> isUser)
    {
        List<string> users = [];
        foreach (ServedFunction function in _functions)
        {
            if (isUser(function) && !users.Contains(function.ControllerName))
            {
                users.Add(function.ControllerName);
            }
        }

        return users;
    }

    private List<string> UsersOf(SubsystemNode node) => Users(function => function.Settings.SubsystemNqn == node.Nqn);

    private List<string> UsersOf(PortNode node, ConfigurationTree running) =>
        Users(function => running.Functions.Find(one => one.Name == function.Settings.Name)?.PortId == node.PortId);

    private List<string> UsersOf(FunctionNode node) => Users(function => function.Settings.Name == node.Name);

    private List<string> UsersOf(EndpointControllerNode node) => Users(function => function.ControllerName == node.Name);

    private void CompareNamespaces(string nqn, List<ServedNamespace> present, IReadOnlyList<ServedNamespace> wanted)
    {
        // Functions of one subsystem bring the same list.
        foreach (ServedNamespace one in present)
        {
            ServedNamespace? other = null;
            foreach (ServedNamespace candidate in wanted)
            {
                other = candidate.NamespaceId == one.NamespaceId ? candidate : other;
            }

            if (other is null)
            {
                AddOnce(Removed, nqn, one);
            }
            else if (!other.IsSameAs(one))
            {
                Note($"{other.Place}: cannot change while the namespace is enabled; set enable to 0, then to 1");
            }
        }

        foreach (ServedNamespace one in wanted)
        {
            if (!present.Exists(other => other.NamespaceId == one.NamespaceId))
            {
                AddOnce(Added, nqn, one);
            }
        }
    }

    private static void AddOnce(List<(string SubsystemNqn, ServedNamespace Namespace)> list, string nqn, ServedNamespace one)
    {
        if (!list.Exists(other => other.SubsystemNqn == nqn && other.Namespace.NamespaceId == one.NamespaceId))
        {
            list.Add((nqn, one));
        }
    }

    /// <summary>Nodes that nobody uses are passed over.</summary>
    private void CompareNodes<TNode>(
        List<TNode> running,
        List<TNode> wanted,
        Func<TNode, string> nameOf,
        Func<TNode, Place> placeOf,
        AttributeTable<TNode> attributes,
        Func<TNode, List<string>> usersOf)
    {
        foreach (TNode one in running)
        {
            List<string> users = usersOf(one);
            int index = users.Count == 0 ? -1 : wanted.FindIndex(node => nameOf(node) == nameOf(one));
            if (index < 0)
            {
                Postpone(placeOf(one), "is gone, and still served", users);
                continue;
            }

            foreach (AttributeRow<TNode> row in attributes.Rows)
            {
                string? now = row.Show(one);
                string? then = row.Show(wanted[index]);
                if (now != then)
                {
                    Place place = placeOf(wanted[index]);
                    PostponeValue((row.Group is null ? place : place.Member(row.Group)).Member(row.Key), now, then, users);
                }
            }
        }
    }

    /// <summary>Nodes below one that is served: none may come.</summary>
    private void RefuseNew<TNode>(List<TNode> running, List<TNode> wanted, Func<TNode, string> nameOf, Func<TNode, Place> placeOf, List<string> users)
    {
        foreach (TNode one in wanted)
        {
            if (!running.Exists(node => nameOf(node) == nameOf(one)))
            {
                Postpone(placeOf(one), "cannot come while the rest is served", users);
            }
        }
    }

    /// <summary>What stands below subsystems and ports, besides namespaces.</summary>
    private void CompareInner(ConfigurationTree running, ConfigurationTree wanted)
    {
        foreach (SubsystemNode subsystem in running.Subsystems)
        {
            List<PassthroughNode> now = wanted.Subsystems.Find(node => node.Nqn == subsystem.Nqn)?.Passthrough ?? [];
            List<string> users = UsersOf(subsystem);
            RefuseNew(subsystem.Passthrough, now, _ => string.Empty, node => node.Place, users);
            CompareNodes(subsystem.Passthrough, now, _ => string.Empty, node => node.Place, PassthroughNode.Attributes, _ => users);
        }

        foreach (PortNode port in running.Ports)
        {
            List<AnaGroupNode> now = wanted.Ports.Find(node => node.PortId == port.PortId)?.AnaGroups ?? [];
            List<string> users = UsersOf(port, running);
            RefuseNew(port.AnaGroups, now, node => $"{node.GroupId}", node => node.Place, users);
            CompareNodes(port.AnaGroups, now, node => $"{node.GroupId}", node => node.Place, s_noAttributes, _ => users);
            foreach (AnaGroupNode group in port.AnaGroups)
            {
                AnaGroupNode? other = now.Find(node => node.GroupId == group.GroupId);
                if (other is not null && other.ToState() != group.ToState())
                {
                    AnaStates.Add((port, group, other));
                }
            }
        }
    }

    private void PostponeValue(Place place, string? now, string? wanted, List<string> users)
    {
        string served = now is null ? "without a value" : $"as \"{ConfigurationException.Printable(now)}\"";
        string value = wanted is null ? string.Empty : $" \"{ConfigurationException.Printable(wanted)}\"";
        Note($"{place}{value}: cannot change while it is served {served}; {WhenStopped(users)}");
    }

    private void Postpone(Place place, string reason, List<string> users)
    {
        if (users.Count > 0)
        {
            Note($"{place}: {reason}; {WhenStopped(users)}");
        }
    }

    private static string WhenStopped(List<string> users) => users.Count == 1
        ? $"the change waits until controller {users[0]} has stopped (start 0) and starts again"
        : $"the change waits until controllers {string.Join(", ", users)} have all stopped (start 0) and start again";

    private void Note(string line)
    {
        if (!Postponed.Contains(line))
        {
            Postponed.Add(line);
        }
    }
}
