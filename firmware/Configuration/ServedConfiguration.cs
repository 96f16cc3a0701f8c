using System.Globalization;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Passthrough;
using Nvmepf.Hal;
using Nvmepf.Hal.Rk3588;

namespace Nvmepf.Firmware.Configuration;

/// <summary>
/// What is served of a configuration: the functions of the controllers that are started, with every default filled in, both here and in
/// the tree, so that the tree, printed and read again, means the same.
/// </summary>
internal sealed class ServedConfiguration
{
    private const ushort DefaultVendorId = 0x1B96;
    private const ushort DefaultDeviceId = 0xBEEF;
    private const uint DefaultMdtsKb = 512;
    private const uint DefaultQueues = 4;
    private const uint QueuesMaximum = 128;
    private const uint ControllerIdMaximum = 65519;
    private const uint DefaultQueueEntries = 1024;
    private const uint MsiMessagesMaximum = FunctionIdentity.MsiMessagesMax;
    private const uint ClassCode = 0x01_08_02;

    // What boards can spare of huge pages; with small buffers, lists and queues it stays below 40 MiB for the usual settings.
    private const uint TransferBufferBudgetBytes = 32 << 20;
    private const int DefaultSmallTransferBuffers = 256;

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
            FillPlatform(controller, tree);
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
            served.ForEach(one => RefuseSharedStorage(one, all));
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

        SubsystemNode subsystem = tree.Subsystems.Find(node => node.Nqn == function.SubsystemNqn)
            ?? throw ConfigurationException.ForValue(
                function.Place.Member("nvme").Member("subsysnqn"), function.SubsystemNqn ?? string.Empty, "no such subsystem", NamesOf(tree.Subsystems));
        PortNode port = PickPort(tree, function, subsystem);
        RefuseImpossible(tree, subsystem, port);
        PassthroughSettings? passthrough = PassthroughChoice.Resolve(subsystem);
        FillSubsystem(subsystem, passthrough is not null);
        FillFunction(function, subsystem, port);
        FillInterrupts(function, subsystem, controller.Platform == EndpointControllerNode.Rk3588Platform);
        ControllerSettings settings = SettingsOf(function, subsystem, port, ControllerId(subsystem, function.Name, others, running)) with { HasSiblings = HasSeveral(tree, subsystem) };
        if (!namespaces.TryGetValue(subsystem, out List<ServedNamespace>? served))
        {
            namespaces[subsystem] = served = FillNamespaces(subsystem);
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
            IdentityOf(function, settings),
            served,
            directory,
            controller.Platform == EndpointControllerNode.Rk3588Platform ? BoardOptions(controller, function) : null,
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

    /// <summary>A function without an interrupt pin offers no INTx.</summary>
    private static Rk3588Options BoardOptions(EndpointControllerNode controller, FunctionNode function)
    {
        Rk3588Options options = Rk3588Attributes.ToOptions(controller);
        return function.InterruptPin == 0 ? options with { Switches = options.Switches with { LegacyInterrupt = false } } : options;
    }

    private static bool IsSamePath(string one, string other) =>
        one.Length > 0 && Path.GetFullPath(one).TrimEnd('/') == Path.GetFullPath(other).TrimEnd('/');

    private static ControllerSettings SettingsOf(FunctionNode function, SubsystemNode subsystem, PortNode port, ushort controllerId) => new()
    {
        Name = function.Name,
        SubsystemNqn = subsystem.Nqn,
        VendorId = (ushort)subsystem.VendorId!,
        SubsystemVendorId = (ushort)subsystem.SubsystemVendorId!,
        Serial = subsystem.Serial ?? StableIdentity.Serial(subsystem.Nqn),
        Model = subsystem.Model ?? string.Empty,
        FirmwareRevision = subsystem.Firmware ?? string.Empty,
        IeeeOui = subsystem.IeeeOui!.Value,
        ControllerId = controllerId,
        Version = subsystem.Version!.Value,
        AnaGroups = [.. port.AnaGroups.ConvertAll(group => new AnaGroupSetting(group.GroupId, group.ToState()))],
        MaximumTransferBytes = MaximumTransferBytes(function, port),
        TransferBuffers = TransferBuffers(function, MaximumTransferBytes(function, port)),
        SmallTransferBuffers = DefaultSmallTransferBuffers,
        IoQueueCount = (int)Math.Min(subsystem.QueueIdMaximum!.Value, QueuesOfVectors(function)),
        AdaptiveInterruptsMicroseconds = (int)function.AdaptiveInterruptsMicroseconds!,
        QueueEntriesMax = int.Parse(port.MaximumQueueSize!, CultureInfo.InvariantCulture),
    };

    private static FunctionIdentity IdentityOf(FunctionNode function, ControllerSettings settings) => new(
        settings.VendorId,
        (ushort)function.DeviceId!,
        settings.SubsystemVendorId,
        (ushort)function.SubsystemId!,
        (byte)function.RevisionId!,
        ClassCode,
        (int)function.MsixInterrupts!)
    {
        MsiMessageCount = (int)function.MsiInterrupts!,
        InterruptPin = (byte)function.InterruptPin!,
    };

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

    /// <summary>One platform, and what it cannot do without. Attributes of the other one would be without effect, so they are refused.</summary>
    private static void FillPlatform(EndpointControllerNode controller, ConfigurationTree tree)
    {
        Place directory = controller.Place.Member("vfio_user").Member("directory");
        controller.Platform ??= controller.Rk3588.Count > 0 ? EndpointControllerNode.Rk3588Platform : EndpointControllerNode.VfioUserPlatform;
        bool isVfioUser = controller.Platform == EndpointControllerNode.VfioUserPlatform;
        if (isVfioUser && controller.VfioUserDirectory is null)
        {
            throw ConfigurationException.At(directory, "is missing; allowed: a directory for the socket, or --vfio-user DIR");
        }

        if (!isVfioUser && controller.VfioUserDirectory is string given)
        {
            throw ConfigurationException.ForValue(
                directory.IsOption ? new Place(null, "--vfio-user") : directory, given, "the platform is rk3588", "nothing, or platform vfio-user");
        }

        if (!isVfioUser && controller.DoorbellMode is string doorbells)
        {
            Place place = controller.Place.Member("vfio_user").Member("doorbells");
            throw ConfigurationException.ForValue(
                place.IsOption ? new Place(null, "--doorbells") : place, doorbells, "the platform is rk3588", "nothing, or platform vfio-user");
        }

        if (isVfioUser && controller.Rk3588.Count > 0)
        {
            Place group = controller.Place.Member(Rk3588Attributes.Group);
            throw ConfigurationException.At(
                group.IsOption ? new Place(null, "--rk3588") : group, "is set, and the platform is vfio-user; allowed: platform rk3588");
        }

        if (isVfioUser)
        {
            return;
        }

        Rk3588Attributes.Fill(controller);
        if (controller.Functions.Count > 1)
        {
            throw ConfigurationException.At(
                controller.Place.Member("functions"), $"{controller.Functions.Count} functions on an rk3588; allowed: one");
        }

        if (StartedControllers(tree).Exists(other => other != controller && other.Platform == EndpointControllerNode.Rk3588Platform))
        {
            throw ConfigurationException.ForValue(controller.Place.Member("platform"), "rk3588", "another controller has it", "one rk3588");
        }
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

    /// <summary>With passthrough the target's serial number, model and firmware revision stay where none is given.</summary>
    private static void FillSubsystem(SubsystemNode subsystem, bool isPassthrough)
    {
        ControllerSettings defaults = new() { SubsystemNqn = subsystem.Nqn, Serial = subsystem.Serial ?? StableIdentity.Serial(subsystem.Nqn) };
        subsystem.AllowAnyHost = true;
        if (!isPassthrough)
        {
            subsystem.Serial = defaults.Serial;
            subsystem.Model ??= defaults.Model;
            subsystem.Firmware ??= defaults.FirmwareRevision;
        }

        subsystem.Version ??= defaults.Version;
        subsystem.IeeeOui ??= defaults.IeeeOui;
        subsystem.ControllerIdMinimum ??= Math.Min(defaults.ControllerId, subsystem.ControllerIdMaximum ?? defaults.ControllerId);
        subsystem.ControllerIdMaximum ??= ControllerIdMaximum;
    }

    private static void FillFunction(FunctionNode function, SubsystemNode subsystem, PortNode port)
    {
        // nvmet lets the subsystem's vendors win over the function's; 0 and FFFFh are "not set" there.
        subsystem.VendorId = IdOr(subsystem.VendorId, IdOr(function.VendorId, DefaultVendorId));
        subsystem.SubsystemVendorId = IdOr(subsystem.SubsystemVendorId, IdOr(function.SubsystemVendorId, subsystem.VendorId.Value));
        function.VendorId = subsystem.VendorId;
        function.SubsystemVendorId = subsystem.SubsystemVendorId;
        function.DeviceId = function.DeviceId is null or FunctionNode.AnyId ? DefaultDeviceId : function.DeviceId;
        function.SubsystemId = function.SubsystemId is null or FunctionNode.AnyId ? function.DeviceId : function.SubsystemId;
        function.RevisionId ??= 0;
        function.MdtsKb ??= DefaultMdtsKb;

        if (port.MaximumQueueSize is null or "-1")
        {
            port.MaximumQueueSize = DefaultQueueEntries.ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <summary>
    /// Messages of both kinds are offered unless they are said to be none, a board's pin too. As in nvmet, vectors bound the queues: one is the admin queue's. Who
    /// chose the vectors of no kind gets a few.
    /// </summary>
    private static void FillInterrupts(FunctionNode function, SubsystemNode subsystem, bool isBoard)
    {
        uint? chosen = function.MsixInterrupts is > 0 ? function.MsixInterrupts : function.MsiInterrupts is > 1 ? function.MsiInterrupts : null;
        subsystem.QueueIdMaximum ??= chosen is uint some ? Math.Min(some - 1, QueuesMaximum) : DefaultQueues;
        function.InterruptPin ??= isBoard ? 1u : 0; // see docs/configuration.md for what QEMU does with a level
        function.MsixInterrupts ??= chosen ?? subsystem.QueueIdMaximum + 1;
        function.MsiInterrupts ??= Math.Min(function.MsixInterrupts > 0 ? function.MsixInterrupts.Value : subsystem.QueueIdMaximum.Value + 1, MsiMessagesMaximum);
        function.AdaptiveInterruptsMicroseconds ??= 0;
        if (isBoard && (function.MsixInterrupts == 0 || function.MsiInterrupts == 0))
        {
            string key = function.MsixInterrupts == 0 ? "msix_interrupts" : "msi_interrupts";
            throw ConfigurationException.ForValue(function.Place.Member(key), "0", "an rk3588 always has MSI-X and MSI", "not 0");
        }

        if (function.InterruptPin == 0 && function.MsixInterrupts == 0 && function.MsiInterrupts == 0)
        {
            throw ConfigurationException.ForValue(
                function.Place.Member("interrupt_pin"), "0", "the function has neither MSI-X nor MSI nor a pin", "one of the three");
        }
    }

    /// <summary>I/O queues that the vectors allow; a single vector is shared by any number.</summary>
    private static uint QueuesOfVectors(FunctionNode function)
    {
        uint vectors = function.MsixInterrupts > 0 ? function.MsixInterrupts.Value : function.MsiInterrupts!.Value;
        return vectors > 1 ? vectors - 1 : QueuesMaximum;
    }

    private static uint IdOr(uint? id, uint otherwise) => id is null or 0 or FunctionNode.AnyId ? otherwise : id.Value;

    private static int TransferBuffers(FunctionNode function, uint maximumTransferBytes) =>
        (int)(function.TransferBuffers ?? Math.Clamp(TransferBufferBudgetBytes / maximumTransferBytes, FunctionNode.TransferBuffersMinimum, 256));

    private static uint MaximumTransferBytes(FunctionNode function, PortNode port)
    {
        ulong bytes = function.MdtsKb!.Value * 1024UL;
        return (uint)(port.Mdts is > 0 and < 32 and uint power ? Math.Min(bytes, 4096UL << (int)power) : bytes);
    }

    private static List<ServedNamespace> FillNamespaces(SubsystemNode subsystem)
    {
        subsystem.Namespaces.Sort((a, b) => a.NamespaceId.CompareTo(b.NamespaceId));
        List<ServedNamespace> served = [];
        foreach (NamespaceNode node in subsystem.Namespaces)
        {
            if (node.Enable != true)
            {
                continue;
            }

            served.Add(FillNamespace(subsystem, node));
        }

        return served;
    }

    /// <summary>Judges a namespace that comes to a tree that has been judged.</summary>
    /// <param name="tree">The tree; the node is in it.</param>
    /// <param name="subsystem">Subsystem of the namespace.</param>
    /// <param name="node">The namespace.</param>
    /// <param name="others">The namespaces that are served; the new one is added.</param>
    /// <exception cref="ConfigurationException">It does not fit.</exception>
    public static ServedNamespace ResolveNamespace(ConfigurationTree tree, SubsystemNode subsystem, NamespaceNode node, List<ServedNamespace> others)
    {
        TreeRules.Check(tree);
        ServedNamespace served = FillNamespace(subsystem, node);
        RefuseSharedStorage(served, others);
        return served;
    }

    private static ServedNamespace FillNamespace(SubsystemNode subsystem, NamespaceNode node)
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
    private static void RefuseSharedStorage(ServedNamespace one, List<ServedNamespace> others)
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

    private static string NamesOf(List<SubsystemNode> subsystems) =>
        subsystems.Count == 0
            ? "none, there is none"
            : ConfigurationException.Printable(string.Join(", ", subsystems.ConvertAll(node => node.Nqn)));
}
