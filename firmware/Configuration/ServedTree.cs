namespace Nvmepf.Firmware.Configuration;

/// <summary>
/// The tree that is shown, and by which functions start beside others: the nodes of what is served as they were when it started, all others as
/// they are now.
/// </summary>
internal static class ServedTree
{
    /// <summary>Puts a tree together.</summary>
    /// <param name="served">The tree as it is served, whose nodes go into the result.</param>
    /// <param name="functions">The functions that are served.</param>
    /// <param name="next">A tree as it is now, which becomes the result.</param>
    /// <param name="wanted">The same, judged, whose namespaces come; null where namespaces stay as they are served.</param>
    public static ConfigurationTree PutTogether(
        ConfigurationTree served, IReadOnlyList<ServedFunction> functions, ConfigurationTree next, ConfigurationTree? wanted)
    {
        foreach (ServedFunction function in functions)
        {
            FunctionNode functionNode = served.Functions.Find(node => node.Name == function.Settings.Name)!;
            Replace(next.Functions, functionNode, node => node.Name == functionNode.Name);
            EndpointControllerNode controller = served.Controllers.Find(node => node.Name == function.ControllerName)!;
            if (Replace(next.Controllers, controller, node => node.Name == controller.Name) is { } otherController)
            {
                controller.Start = otherController.Start;
                SetList(controller.Functions, otherController.Functions);
            }

            SubsystemNode subsystem = served.Subsystems.Find(node => node.Nqn == function.Settings.SubsystemNqn)!;
            if (Replace(next.Subsystems, subsystem, node => node.Nqn == subsystem.Nqn) is not null
                && wanted?.Subsystems.Find(node => node.Nqn == subsystem.Nqn) is { } now)
            {
                SetList(subsystem.Namespaces, now.Namespaces);
            }

            PortNode port = served.Ports.Find(node => node.PortId == functionNode.PortId)!;
            if (Replace(next.Ports, port, node => node.PortId == port.PortId) is { } otherPort)
            {
                SetList(port.Subsystems, otherPort.Subsystems);
            }
        }

        return next;
    }

    /// <returns>The node that was replaced; null where it had been before, or was not there.</returns>
    private static TNode? Replace<TNode>(List<TNode> nodes, TNode served, Predicate<TNode> isSame)
        where TNode : class
    {
        int index = nodes.FindIndex(isSame);
        if (index < 0)
        {
            nodes.Add(served); // judged with the rest
            return null;
        }

        TNode other = nodes[index];
        nodes[index] = served;
        return other == served ? null : other;
    }

    private static void SetList<TItem>(List<TItem> list, List<TItem> items)
    {
        list.Clear();
        list.AddRange(items);
    }
}
