namespace Nvmepf.Firmware.Configuration;

/// <summary>
/// Adds what a file that nvmetcli saved leaves out, where it can be meant in one way only: the function (of the one subsystem on a port of
/// type pci), its subsystem and port, and the controller that it is linked to (where the command line names the socket or the platform).
/// </summary>
internal static class ImpliedNodes
{
    private const string FunctionName = "nvmepf.0";

    /// <summary>Adds them.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="platform">The platform that the command line names, after which the controller is called; null for none.</param>
    /// <exception cref="ConfigurationException">Something is left out that could be meant in several ways, or in none.</exception>
    public static void Add(ConfigurationTree tree, string? platform)
    {
        if (tree.Functions.Count == 0)
        {
            tree.Functions.Add(new FunctionNode { Place = tree.Place.Member("functions").Element(0), Name = FunctionName });
        }

        foreach (FunctionNode function in tree.Functions)
        {
            if (function.SubsystemNqn is null)
            {
                List<string> names = PossibleSubsystems(tree);
                function.SubsystemNqn = names.Count == 1 ? names[0] : throw Missing(function, names);
            }
        }

        AddPorts(tree);
        if (tree.Controllers.Count > 0)
        {
            return;
        }

        Place place = tree.Place.Member("controllers");
        if (platform is null)
        {
            throw ConfigurationException.At(place, "is missing; allowed: a controller with vfio_user.directory, or --vfio-user DIR");
        }

        EndpointControllerNode controller = new() { Place = place.Element(0), Name = platform + ".0" };
        foreach (FunctionNode function in tree.Functions)
        {
            controller.Functions.Add(function.Name);
        }

        tree.Controllers.Add(controller);
    }

    /// <summary>
    /// Gives each function of a directory its subsystem and port, where it names none and only one can be meant. One that is being made may have
    /// none yet, which is no fault before it is served.
    /// </summary>
    public static void AddToFunctions(ConfigurationTree tree)
    {
        List<string> names = PossibleSubsystems(tree);
        tree.Functions.ForEach(function => function.SubsystemNqn ??= names.Count == 1 ? names[0] : null);
        AddPorts(tree);
    }

    /// <summary>What is said where a function that is served names no subsystem.</summary>
    public static ConfigurationException Missing(ConfigurationTree tree, FunctionNode function) => Missing(function, PossibleSubsystems(tree));

    private static void AddPorts(ConfigurationTree tree)
    {
        foreach (FunctionNode function in tree.Functions)
        {
            PortNode? port = tree.Ports.Find(
                node => node.Address.Transport == "pci" && function.SubsystemNqn is string nqn && node.Subsystems.Contains(nqn));
            function.PortId ??= port?.PortId;
        }
    }

    /// <summary>Subsystems that a function without a name for its own can mean: those on ports of type pci, or all where there are no ports.</summary>
    private static List<string> PossibleSubsystems(ConfigurationTree tree)
    {
        List<string> names = [];
        foreach (PortNode port in tree.Ports)
        {
            if (port.Address.Transport == "pci")
            {
                names.AddRange(port.Subsystems.FindAll(nqn => !names.Contains(nqn))); // which may be on several ports
            }
        }

        if (names.Count == 0 && tree.Ports.Count == 0)
        {
            names.AddRange(tree.Subsystems.ConvertAll(subsystem => subsystem.Nqn));
        }

        return names;
    }

    private static ConfigurationException Missing(FunctionNode function, List<string> names) => ConfigurationException.At(
        function.Place.Member("nvme").Member("subsysnqn"),
        names.Count == 0
            ? "is missing, and no port of type pci has a subsystem; allowed: the nqn of a subsystem"
            : $"is missing, and there are {names.Count} subsystems on ports of type pci; allowed: "
                + ConfigurationException.Printable(string.Join(", ", names)));
}
