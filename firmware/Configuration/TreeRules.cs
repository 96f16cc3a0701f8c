namespace Nvmepf.Firmware.Configuration;

/// <summary>
/// What has to hold between the parts of a tree, whether they are served or not: names are given once, what is named exists, bounds
/// are in order.
/// </summary>
internal static class TreeRules
{
    /// <summary>Checks a tree.</summary>
    /// <exception cref="ConfigurationException">The first rule that does not hold.</exception>
    public static void Check(ConfigurationTree tree)
    {
        Distinct(tree.Hosts, host => host.Place.Member("nqn"), host => host.Nqn);
        Distinct(tree.Subsystems, subsystem => subsystem.Place.Member("nqn"), subsystem => subsystem.Nqn);
        Distinct(tree.Ports, port => port.Place.Member("portid"), port => $"{port.PortId}");
        Distinct(tree.Functions, function => function.Place.Member("name"), function => function.Name);
        Distinct(tree.Controllers, controller => controller.Place.Member("name"), controller => controller.Name);
        foreach (SubsystemNode subsystem in tree.Subsystems)
        {
            CheckSubsystem(subsystem);
        }

        List<string> subsystems = tree.Subsystems.ConvertAll(subsystem => subsystem.Nqn);
        foreach (PortNode port in tree.Ports)
        {
            Distinct(port.AnaGroups, group => group.Place.Member("grpid"), group => $"{group.GroupId}");
            Distinct(port.Referrals, referral => referral.Place.Member("name"), referral => referral.Name);
            Exist(port.Subsystems, port.Place.Member("subsystems"), subsystems, "subsystem");
        }

        List<string> functions = tree.Functions.ConvertAll(function => function.Name);
        foreach (EndpointControllerNode controller in tree.Controllers)
        {
            Exist(controller.Functions, controller.Place.Member("functions"), functions, "function");
        }
    }

    private static void CheckSubsystem(SubsystemNode subsystem)
    {
        Place attributes = subsystem.Place.Member("attr");
        if (subsystem.ControllerIdMinimum is uint minimum && subsystem.ControllerIdMaximum is uint maximum && minimum > maximum)
        {
            throw ConfigurationException.ForValue(attributes.Member("cntlid_min"), $"{minimum}", "more than cntlid_max", $"1 to {maximum}");
        }

        if (subsystem.Passthrough.Count > 1)
        {
            throw ConfigurationException.At(
                subsystem.Place.Member("passthru"), $"has {subsystem.Passthrough.Count} elements; allowed: at most one");
        }

        Distinct(subsystem.Namespaces, node => node.Place.Member("nsid"), node => $"{node.NamespaceId}");
        foreach (NamespaceNode node in subsystem.Namespaces)
        {
            if (node.Enable == true && node.Source is null)
            {
                throw ConfigurationException.At(node.Place.Member("device").Member("path"), $"is missing; allowed: {NamespaceSource.Form}");
            }
        }
    }

    private static void Distinct<TNode>(List<TNode> nodes, Func<TNode, Place> placeOf, Func<TNode, string> nameOf)
    {
        HashSet<string> seen = [];
        foreach (TNode node in nodes)
        {
            if (!seen.Add(nameOf(node)))
            {
                throw ConfigurationException.ForValue(placeOf(node), nameOf(node), "is used already", "one that is not");
            }
        }
    }

    private static void Exist(List<string> names, Place place, List<string> known, string what)
    {
        for (int i = 0; i < names.Count; i++)
        {
            if (!known.Contains(names[i]))
            {
                string allowed = known.Count == 0 ? "none, there is none" : ConfigurationException.Printable(string.Join(", ", known));
                throw ConfigurationException.ForValue(place.Element(i), names[i], $"no such {what}", allowed);
            }
        }
    }
}
