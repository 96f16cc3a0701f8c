namespace Nvmepf.Firmware.Configuration;

/// <summary>What lies between the configuration that is served and the one that is wanted.</summary>
/// <remarks>
/// Namespaces can come and go while they are served, and ANA groups change their states; everything else was told to hosts when they came, so it
/// waits for the next start. As in nvmet, attributes of a namespace are changed while it is not enabled.
/// </remarks>
internal sealed class ConfigurationDifference
{
    private const string WhenStopped = "the change waits until every controller has stopped (start 0) and starts again";
    private static readonly AttributeTable<AnaGroupNode> s_noAttributes = new();

    private ConfigurationDifference()
    {
    }

    /// <summary>Namespaces to take away, with their subsystems' NQNs.</summary>
    public List<(string SubsystemNqn, ServedNamespace Namespace)> Removed { get; } = [];

    /// <summary>Namespaces to add.</summary>
    public List<(string SubsystemNqn, ServedNamespace Namespace)> Added { get; } = [];

    /// <summary>ANA groups of ports that are to have another state: the group as it runs, and as it is wanted.</summary>
    public List<(PortNode Port, AnaGroupNode Running, AnaGroupNode Wanted)> AnaStates { get; } = [];

    /// <summary>One line each for what cannot be changed while it is served: which file, and what to do.</summary>
    public List<string> Postponed { get; } = [];

    /// <summary>Compares two configurations.</summary>
    /// <param name="running">The tree and the namespaces that are served, by NQN.</param>
    /// <param name="served">Namespaces that are served, by NQN of their subsystem.</param>
    /// <param name="wantedTree">The tree that is wanted.</param>
    /// <param name="wanted">What is served of it.</param>
    public static ConfigurationDifference Between(
        ConfigurationTree running, Dictionary<string, List<ServedNamespace>> served, ConfigurationTree wantedTree, ServedConfiguration wanted)
    {
        ConfigurationDifference difference = new();
        foreach (ServedFunction function in wanted.Functions)
        {
            string nqn = function.Settings.SubsystemNqn;
            if (served.TryGetValue(nqn, out List<ServedNamespace>? present))
            {
                difference.CompareNamespaces(nqn, present, function.Namespaces);
            }
        }

        difference.CompareNodes(running.Subsystems, wantedTree.Subsystems, node => node.Nqn, node => node.Place, SubsystemNode.Attributes);
        difference.CompareNodes(running.Ports, wantedTree.Ports, node => $"{node.PortId}", node => node.Place, PortNode.Attributes);
        difference.CompareNodes(running.Functions, wantedTree.Functions, node => node.Name, node => node.Place, FunctionNode.Attributes);
        difference.CompareNodes(
            running.Controllers, wantedTree.Controllers, node => node.Name, node => node.Place, EndpointControllerNode.Attributes);
        difference.CompareInner(running, wantedTree);
        difference.CompareLinks(running, wantedTree);
        return difference;
    }

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
                Postpone(other.Place, "cannot change while the namespace is enabled; set enable to 0, then to 1");
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

    private void CompareNodes<TNode>(
        List<TNode> running,
        List<TNode> wanted,
        Func<TNode, string> nameOf,
        Func<TNode, Place> placeOf,
        AttributeTable<TNode> attributes,
        bool mayBeNew = true)
    {
        foreach (TNode one in wanted)
        {
            if (!mayBeNew && !running.Exists(node => nameOf(node) == nameOf(one)))
            {
                Postpone(placeOf(one), "cannot come while the rest is served");
            }
        }

        foreach (TNode one in running)
        {
            int index = wanted.FindIndex(node => nameOf(node) == nameOf(one));
            if (index < 0)
            {
                Postpone(placeOf(one), "is gone, and still served");
                continue;
            }

            foreach (AttributeRow<TNode> row in attributes.Rows)
            {
                string? now = row.Show(one);
                string? then = row.Show(wanted[index]);
                if (now != then)
                {
                    Place place = placeOf(wanted[index]);
                    PostponeValue((row.Group is null ? place : place.Member(row.Group)).Member(row.Key), now, then);
                }
            }
        }
    }

    /// <summary>What stands below subsystems and ports, besides namespaces.</summary>
    private void CompareInner(ConfigurationTree running, ConfigurationTree wanted)
    {
        foreach (SubsystemNode subsystem in running.Subsystems)
        {
            List<PassthroughNode> now = wanted.Subsystems.Find(node => node.Nqn == subsystem.Nqn)?.Passthrough ?? [];
            CompareNodes(subsystem.Passthrough, now, _ => string.Empty, node => node.Place, PassthroughNode.Attributes, mayBeNew: false);
        }

        foreach (PortNode port in running.Ports)
        {
            List<AnaGroupNode> now = wanted.Ports.Find(node => node.PortId == port.PortId)?.AnaGroups ?? [];
            CompareNodes(port.AnaGroups, now, node => $"{node.GroupId}", node => node.Place, s_noAttributes, mayBeNew: false);
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

    private void CompareLinks(ConfigurationTree running, ConfigurationTree wanted)
    {
        foreach (EndpointControllerNode controller in wanted.Controllers)
        {
            EndpointControllerNode? before = running.Controllers.Find(node => node.Name == controller.Name);
            if (controller.Start == true && (before is null || before.Start != true || string.Join('/', before.Functions) != string.Join('/', controller.Functions)))
            {
                Postpone(controller.Place, "its functions cannot come or go while others are served");
            }
        }
    }

    private void PostponeValue(Place place, string? now, string? wanted)
    {
        string served = now is null ? "without a value" : $"as \"{ConfigurationException.Printable(now)}\"";
        string value = wanted is null ? string.Empty : $" \"{ConfigurationException.Printable(wanted)}\"";
        Note($"{place}{value}: cannot change while it is served {served}; {WhenStopped}");
    }

    private void Postpone(Place place, string reason) =>
        Note(reason.Contains("enable", StringComparison.Ordinal) ? $"{place}: {reason}" : $"{place}: {reason}; {WhenStopped}");

    private void Note(string line)
    {
        if (!Postponed.Contains(line))
        {
            Postponed.Add(line);
        }
    }
}
