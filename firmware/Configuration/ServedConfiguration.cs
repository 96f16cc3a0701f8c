using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Passthrough;
using Nvmepf.Hal;

namespace Nvmepf.Firmware.Configuration;

/// <summary>
/// What is served of a configuration: the functions of the controllers that are started, with every default filled in, both here and in
/// the tree, so that the tree, printed and read again, means the same.
/// </summary>
internal sealed class ServedConfiguration
{
    private ServedConfiguration(List<ServedFunction> functions, List<ReactorOptions> reactors)
    {
        Functions = functions;
        Reactors = reactors;
    }

    /// <summary>The functions, at least one, in the order in which their controllers and the links to them stand.</summary>
    public IReadOnlyList<ServedFunction> Functions { get; }

    /// <summary>The reactors of the process, at least one.</summary>
    public IReadOnlyList<ReactorOptions> Reactors { get; }

    /// <summary>The controllers that start and have a function.</summary>
    public static List<EndpointControllerNode> StartedControllers(ConfigurationTree tree) =>
        tree.Controllers.FindAll(node => (node.Start ?? true) && node.Functions.Count > 0);

    /// <summary>Judges a tree and picks what is served.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="running">What is served already: its functions keep their controller IDs. Null for nothing.</param>
    /// <exception cref="ConfigurationException">It does not fit together, or asks for what cannot be served.</exception>
    public static ServedConfiguration Resolve(ConfigurationTree tree, IReadOnlyList<ServedFunction>? running = null)
    {
        TreeRules.Check(tree);
        List<EndpointControllerNode> started = StartedControllers(tree);
        if (started.Count == 0)
        {
            throw ConfigurationException.At(
                tree.ControllersPlace, "no function is linked to a controller that starts; allowed: at least one");
        }

        List<ServedFunction> functions = [];
        Dictionary<SubsystemNode, List<ServedNamespace>> namespaces = [];
        foreach (EndpointControllerNode controller in started)
        {
            PlatformChoice.Resolve(controller, tree);
            controller.Start = true;
            controller.PollMode ??= "adaptive";
            for (int i = 0; i < controller.Functions.Count; i++)
            {
                functions.Add(Serve(tree, controller, i, namespaces, functions, running ?? []));
            }
        }

        List<ServedNamespace> all = [];
        foreach (List<ServedNamespace> served in namespaces.Values)
        {
            served.ForEach(one => ServedNamespaces.RefuseSharedStorage(one, all));
        }

        return new ServedConfiguration(functions, ServedReactors.Of(started));
    }

    private static ServedFunction Serve(
        ConfigurationTree tree,
        EndpointControllerNode controller,
        int index,
        Dictionary<SubsystemNode, List<ServedNamespace>> namespaces,
        List<ServedFunction> others,
        IReadOnlyList<ServedFunction> running)
    {
        FunctionNode function = tree.Functions.Find(node => node.Name == controller.Functions[index])!;
        Place link = controller.Place.Member("functions").Element(index);
        if (others.Exists(other => other.Settings.Name == function.Name))
        {
            throw ConfigurationException.ForValue(link, function.Name, "is linked to a controller that starts already", "one that is not");
        }

        string nqn = function.SubsystemNqn ?? throw ImpliedNodes.Missing(tree, function);
        SubsystemNode subsystem = tree.Subsystems.Find(node => node.Nqn == nqn)
            ?? throw ConfigurationException.ForValue(
                function.Place.Member("nvme").Member("subsysnqn"), nqn, "no such subsystem", NamesOf(tree.Subsystems));
        PortNode port = PickPort(tree, function, subsystem);
        RefuseImpossible(tree, subsystem, port);
        PassthroughSettings? passthrough = PassthroughChoice.Resolve(subsystem);
        FunctionDefaults.Fill(function, subsystem, port, passthrough is not null, controller.Platform == EndpointControllerNode.Rk3588Platform);
        ushort controllerId = ControllerId(subsystem, function.Name, others, running);
        ControllerSettings settings = FunctionDefaults.SettingsOf(function, subsystem, port, controllerId) with { HasSiblings = HasSeveral(tree, subsystem) };
        if (!namespaces.TryGetValue(subsystem, out List<ServedNamespace>? served))
        {
            namespaces[subsystem] = served = ServedNamespaces.Of(subsystem);
        }

        string directory = controller.VfioUserDirectory ?? string.Empty;
        if (controller.Functions.Count > 1)
        {
            directory = Path.Join(directory, function.Name);
        }

        if (directory.Length > 0 && others.Find(other => IsSamePath(other.VfioUserDirectory, directory)) is ServedFunction taken)
        {
            throw ConfigurationException.ForValue(
                controller.Place.Member("vfio_user").Member("directory"),
                directory,
                $"function {taken.Settings.Name} has its socket there",
                "a directory of its own for each function");
        }

        return new ServedFunction(
            settings,
            FunctionDefaults.IdentityOf(function, settings),
            served,
            directory,
            controller.Platform == EndpointControllerNode.Rk3588Platform ? PlatformChoice.BoardOptions(controller, function) : null,
            new ReactorOptions(controller.PollMode == "busy" ? PollMode.Busy : PollMode.Adaptive, controller.Cpus is null ? -1 : (int)controller.Cpus[0]))
        {
            ControllerName = controller.Name,
            Passthrough = passthrough,
            TrapsDoorbells = controller.DoorbellMode == EndpointControllerNode.TrappedDoorbells,
        };
    }

    /// <summary>Whether more than one function that is linked has the subsystem: controllers that are not started may be at any time.</summary>
    private static bool HasSeveral(ConfigurationTree tree, SubsystemNode subsystem)
    {
        int count = 0;
        foreach (EndpointControllerNode controller in tree.Controllers)
        {
            count += controller.Functions.FindAll(
                name => tree.Functions.Find(node => node.Name == name)?.SubsystemNqn == subsystem.Nqn).Count;
        }

        return count > 1;
    }

    private static bool IsSamePath(string one, string other) =>
        one.Length > 0 && Path.GetFullPath(one).TrimEnd('/') == Path.GetFullPath(other).TrimEnd('/');

    /// <summary>The controllers of a subsystem are numbered from cntlid_min on; one that comes back finds its number free.</summary>
    private static ushort ControllerId(
        SubsystemNode subsystem, string functionName, List<ServedFunction> others, IReadOnlyList<ServedFunction> running)
    {
        List<uint> taken = [];
        foreach (ServedFunction other in (ServedFunction[])[.. others, .. running])
        {
            if (other.Settings.SubsystemNqn == subsystem.Nqn && other.Settings.Name == functionName)
            {
                return other.Settings.ControllerId;
            }

            if (other.Settings.SubsystemNqn == subsystem.Nqn)
            {
                taken.Add(other.Settings.ControllerId);
            }
        }

        uint identifier = subsystem.ControllerIdMinimum!.Value;
        while (taken.Contains(identifier))
        {
            identifier++;
        }

        return identifier <= subsystem.ControllerIdMaximum ? (ushort)identifier : throw ConfigurationException.ForValue(
            subsystem.Place.Member("attr").Member("cntlid_max"),
            $"{subsystem.ControllerIdMaximum}",
            $"the subsystem has {taken.Count + 1} functions or more, and each needs a controller ID",
            $"{identifier} or more");
    }

    /// <summary>The port that the function names; where there are no ports at all, one is made, for they say little of a PCI function.</summary>
    private static PortNode PickPort(ConfigurationTree tree, FunctionNode function, SubsystemNode subsystem)
    {
        Place place = function.Place.Member("nvme").Member("portid");
        if (function.PortId is null && tree.Ports.Count == 0)
        {
            PortNode made = new() { Place = tree.Place.Member("ports").Element(0), PortId = 1 };
            made.Address.Transport = "pci";
            made.Subsystems.Add(subsystem.Nqn);
            tree.Ports.Add(made);
            function.PortId = 1;
        }

        if (function.PortId is null)
        {
            throw ConfigurationException.At(
                place,
                $"is missing, and no port of type pci has the subsystem {ConfigurationException.Printable(subsystem.Nqn)}; "
                + "allowed: the portid of such a port");
        }

        PortNode? port = tree.Ports.Find(node => node.PortId == function.PortId);
        string? problem = port is null ? "no such port"
            : port.Address.Transport != "pci" ? $"a port of type {port.Address.Transport ?? "(none)"}"
            : !port.Subsystems.Contains(subsystem.Nqn) ? "a port without the function's subsystem"
            : null;
        string allowed = $"the portid of a port of type pci with the subsystem {ConfigurationException.Printable(subsystem.Nqn)}";
        return problem is null ? port! : throw ConfigurationException.ForValue(place, $"{function.PortId}", problem, allowed);
    }

    /// <summary>What nvmet has and this firmware has not (yet), where a host would notice.</summary>
    private static void RefuseImpossible(ConfigurationTree tree, SubsystemNode subsystem, PortNode port)
    {
        Place attributes = subsystem.Place.Member("attr");
        if (subsystem.AllowAnyHost == false)
        {
            throw ConfigurationException.ForValue(attributes.Member("allow_any_host"), "0", "a PCI host has no name that could be allowed", "1");
        }

        if (subsystem.ProtectionInformation == true || port.ProtectionInformation == true)
        {
            Place place = subsystem.ProtectionInformation == true ? attributes : port.Place.Member("param");
            throw ConfigurationException.ForValue(place.Member("pi_enable"), "1", "protection information is not supported yet", "0");
        }

        if (QualifiedName.CheckForm(subsystem.Nqn) is string deviation)
        {
            string name = ConfigurationException.Printable(subsystem.Nqn);
            tree.Notes.Add($"{subsystem.Place.Key("nqn")} \"{name}\" is not an NVMe Qualified Name ({deviation}); hosts take it all the same");
        }
    }

    private static string NamesOf(List<SubsystemNode> subsystems) =>
        subsystems.Count == 0
            ? "none, there is none"
            : ConfigurationException.Printable(string.Join(", ", subsystems.ConvertAll(node => node.Nqn)));
}
