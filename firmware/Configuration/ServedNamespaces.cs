namespace Nvmepf.Firmware.Configuration;

/// <summary>What is served of the namespaces of a tree, with their identities filled in, and that no two of them write to the same storage.</summary>
internal static class ServedNamespaces
{
    /// <summary>The namespaces of a subsystem that are enabled, in the order of their NSIDs.</summary>
    public static List<ServedNamespace> Of(SubsystemNode subsystem)
    {
        subsystem.Namespaces.Sort((a, b) => a.NamespaceId.CompareTo(b.NamespaceId));
        List<ServedNamespace> served = [];
        foreach (NamespaceNode node in subsystem.Namespaces)
        {
            if (node.Enable == true)
            {
                served.Add(Fill(subsystem, node));
            }
        }

        return served;
    }

    /// <summary>Judges a namespace that comes to a tree that has been judged.</summary>
    /// <param name="tree">The tree; the node is in it.</param>
    /// <param name="subsystem">Subsystem of the namespace.</param>
    /// <param name="node">The namespace.</param>
    /// <param name="others">The namespaces that are served; the new one is added.</param>
    /// <exception cref="ConfigurationException">It does not fit.</exception>
    public static ServedNamespace Judge(ConfigurationTree tree, SubsystemNode subsystem, NamespaceNode node, List<ServedNamespace> others)
    {
        TreeRules.Check(tree);
        ServedNamespace served = Fill(subsystem, node);
        RefuseSharedStorage(served, others);
        return served;
    }

    private static ServedNamespace Fill(SubsystemNode subsystem, NamespaceNode node)
    {
        node.Uuid ??= StableIdentity.Uuid(subsystem.Nqn, node.NamespaceId);
        node.Nguid ??= StableIdentity.Nguid(subsystem.Nqn, node.NamespaceId, subsystem.IeeeOui!.Value);
        node.AnaGroupId ??= 1;
        return new ServedNamespace(node.NamespaceId, node.Source!, node.Uuid.Value, node.Nguid, node.AnaGroupId.Value, node.BufferedIo ?? false)
        {
            Place = node.Place,
            HasReservations = node.Reservations == true,
            StatePath = node.StatePath,
        };
    }

    /// <summary>Storage belongs to one namespace of one subsystem; several functions may offer that.</summary>
    /// <param name="one">A namespace, which is added to the others.</param>
    /// <param name="others">Namespaces that use storage.</param>
    /// <exception cref="ConfigurationException">One of them uses the same.</exception>
    public static void RefuseSharedStorage(ServedNamespace one, List<ServedNamespace> others)
    {
        ServedNamespace? other = others.Find(earlier => IsSameStorage(earlier.Source, one.Source));
        if (other is not null)
        {
            throw ConfigurationException.ForValue(
                one.Place.Member("device").Member("path"),
                one.Source.ToString(),
                $"namespace {other.NamespaceId} is there already",
                "storage that no other namespace uses");
        }

        others.Add(one);
    }

    private static bool IsSameStorage(NamespaceSource one, NamespaceSource other) =>
        one.IsPersistent && other.IsPersistent && one.Path == other.Path;
}
