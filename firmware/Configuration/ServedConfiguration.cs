using System.Globalization;
using Nvmepf.Firmware.Controller;
using Nvmepf.Hal;
using Nvmepf.Hal.Rk3588;

namespace Nvmepf.Firmware.Configuration;

/// <summary>One namespace that is served.</summary>
/// <param name="NamespaceId">NSID.</param>
/// <param name="Source">Where its bytes are.</param>
/// <param name="Uuid">UUID.</param>
/// <param name="Nguid">NGUID, 16 bytes.</param>
/// <param name="AnaGroupId">ANA group.</param>
internal sealed record ServedNamespace(uint NamespaceId, NamespaceSource Source, Guid Uuid, byte[] Nguid, uint AnaGroupId);

/// <summary>
/// What is served of a configuration: the one function of the one controller that is started, with every default filled in, both here and in
/// the tree, so that the tree, printed and read again, means the same.
/// </summary>
/// <remarks>More than one function is refused so far.</remarks>
internal sealed class ServedConfiguration
{
    private const ushort DefaultVendorId = 0x1B96;
    private const ushort DefaultDeviceId = 0xBEEF;
    private const uint DefaultMdtsKb = 512;
    private const uint DefaultQueues = 4;
    private const uint QueuesMaximum = 128;
    private const uint ControllerIdMaximum = 65519;
    private const uint DefaultQueueEntries = 1024;
    private const uint ClassCode = 0x01_08_02;

    // What boards can spare of huge pages; with small buffers, lists and queues it stays below 40 MiB for the usual settings.
    private const uint TransferBufferBudgetBytes = 32 << 20;
    private const int DefaultSmallTransferBuffers = 256;

    private ServedConfiguration(
        ControllerSettings settings, FunctionIdentity identity, List<ServedNamespace> namespaces, EndpointControllerNode controller)
    {
        Settings = settings;
        Identity = identity;
        Namespaces = namespaces;
        VfioUserDirectory = controller.VfioUserDirectory ?? string.Empty;
        Rk3588 = controller.Platform == EndpointControllerNode.Rk3588Platform ? Rk3588Attributes.ToOptions(controller) : null;
        Reactor = new ReactorOptions(controller.PollMode == "busy" ? PollMode.Busy : PollMode.Adaptive, (int?)controller.Cpu ?? -1);
    }

    /// <summary>What the NVMe controller is told.</summary>
    public ControllerSettings Settings { get; }

    /// <summary>What the PCI function says of itself.</summary>
    public FunctionIdentity Identity { get; }

    /// <summary>Its namespaces in ascending order of NSID.</summary>
    public IReadOnlyList<ServedNamespace> Namespaces { get; }

    /// <summary>Directory of the vfio-user socket; empty on another platform.</summary>
    public string VfioUserDirectory { get; }

    /// <summary>Options of the RK3588 platform; null where vfio-user serves.</summary>
    public Rk3588Options? Rk3588 { get; }

    /// <summary>How the reactor runs.</summary>
    public ReactorOptions Reactor { get; }

    /// <summary>Judges a tree and picks what is served.</summary>
    /// <exception cref="ConfigurationException">It does not fit together, or asks for what cannot be served.</exception>
    public static ServedConfiguration Resolve(ConfigurationTree tree)
    {
        TreeRules.Check(tree);
        EndpointControllerNode controller = PickController(tree);
        FunctionNode function = tree.Functions.Find(node => node.Name == controller.Functions[0])!;
        SubsystemNode subsystem = tree.Subsystems.Find(node => node.Nqn == function.SubsystemNqn)
            ?? throw ConfigurationException.ForValue(
                function.Place.Member("nvme").Member("subsysnqn"), function.SubsystemNqn!, "no such subsystem", NamesOf(tree.Subsystems));
        PortNode port = PickPort(tree, function, subsystem);
        RefuseImpossible(tree, subsystem, port);
        FillSubsystem(subsystem);
        FillFunction(function, subsystem, port);
        ControllerSettings settings = new()
        {
            Name = function.Name,
            SubsystemNqn = subsystem.Nqn,
            VendorId = (ushort)subsystem.VendorId!,
            SubsystemVendorId = (ushort)subsystem.SubsystemVendorId!,
            Serial = subsystem.Serial!,
            Model = subsystem.Model!,
            FirmwareRevision = subsystem.Firmware!,
            IeeeOui = subsystem.IeeeOui!.Value,
            ControllerId = (ushort)subsystem.ControllerIdMinimum!,
            Version = subsystem.Version!.Value,
            MaximumTransferBytes = MaximumTransferBytes(function, port),
            TransferBuffers = TransferBuffers(function, MaximumTransferBytes(function, port)),
            SmallTransferBuffers = DefaultSmallTransferBuffers,
            IoQueueCount = (int)Math.Min(subsystem.QueueIdMaximum!.Value, function.MsixInterrupts!.Value - 1),
            QueueEntriesMax = int.Parse(port.MaximumQueueSize!, CultureInfo.InvariantCulture),
        };
        FunctionIdentity identity = new(
            settings.VendorId,
            (ushort)function.DeviceId!,
            settings.SubsystemVendorId,
            (ushort)function.SubsystemId!,
            (byte)function.RevisionId!,
            ClassCode,
            (int)function.MsixInterrupts);
        return new ServedConfiguration(settings, identity, FillNamespaces(subsystem), controller);
    }

    private static EndpointControllerNode PickController(ConfigurationTree tree)
    {
        List<EndpointControllerNode> started = tree.Controllers.FindAll(node => (node.Start ?? true) && node.Functions.Count > 0);
        List<string> functions = [];
        started.ForEach(node => functions.AddRange(node.Functions));
        if (functions.Count != 1)
        {
            string names = functions.Count == 0 ? string.Empty : $" ({ConfigurationException.Printable(string.Join(", ", functions))})";
            throw ConfigurationException.At(
                tree.Place.Member("controllers"),
                $"{functions.Count} functions are linked to controllers that start{names}; allowed: one function on one controller, so far");
        }

        EndpointControllerNode controller = started[0];
        FillPlatform(controller);
        controller.Start = true;
        controller.PollMode ??= "adaptive";
        return controller;
    }

    /// <summary>One platform, and what it cannot do without. Attributes of the other one would be without effect, so they are refused.</summary>
    private static void FillPlatform(EndpointControllerNode controller)
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

        if (isVfioUser && controller.Rk3588.Count > 0)
        {
            Place group = controller.Place.Member(Rk3588Attributes.Group);
            throw ConfigurationException.At(
                group.IsOption ? new Place(null, "--rk3588") : group, "is set, and the platform is vfio-user; allowed: platform rk3588");
        }

        if (!isVfioUser)
        {
            Rk3588Attributes.Fill(controller);
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

        if (subsystem.Passthrough.Find(node => node.Enable == true) is PassthroughNode passthrough)
        {
            throw ConfigurationException.ForValue(passthrough.Place.Member("enable"), "1", "passthrough is not supported yet", "0");
        }

        if (!QualifiedName.IsQualified(subsystem.Nqn))
        {
            string name = ConfigurationException.Printable(subsystem.Nqn);
            tree.Notes.Add($"{subsystem.Place.Member("nqn")} \"{name}\" is not an NVMe Qualified Name; hosts take it all the same");
        }
    }

    private static void FillSubsystem(SubsystemNode subsystem)
    {
        ControllerSettings defaults = new() { SubsystemNqn = subsystem.Nqn, Serial = subsystem.Serial ?? StableIdentity.Serial(subsystem.Nqn) };
        subsystem.AllowAnyHost = true;
        subsystem.Serial = defaults.Serial;
        subsystem.Model ??= defaults.Model;
        subsystem.Firmware ??= defaults.FirmwareRevision;
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

        // As in nvmet, vectors bound the queues: one is the admin queue's. Who chose neither gets a few of both.
        uint vectors = function.MsixInterrupts is > 0 and uint msix ? msix : function.MsiInterrupts is > 1 and uint msi ? msi : 0;
        uint queues = subsystem.QueueIdMaximum ?? (vectors > 0 ? Math.Min(vectors - 1, QueuesMaximum) : DefaultQueues);
        subsystem.QueueIdMaximum = queues;
        function.MsixInterrupts = vectors > 0 ? vectors : queues + 1;
        if (port.MaximumQueueSize is null or "-1")
        {
            port.MaximumQueueSize = DefaultQueueEntries.ToString(CultureInfo.InvariantCulture);
        }
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

            ServedNamespace? other = served.Find(earlier => IsSameStorage(earlier.Source, node.Source!));
            if (other is not null)
            {
                throw ConfigurationException.ForValue(
                    node.Place.Member("device").Member("path"),
                    node.Source!.ToString(),
                    $"namespace {other.NamespaceId} is there already",
                    "storage that no other namespace uses");
            }

            node.Uuid ??= StableIdentity.Uuid(subsystem.Nqn, node.NamespaceId);
            node.Nguid ??= StableIdentity.Nguid(subsystem.Nqn, node.NamespaceId, subsystem.IeeeOui!.Value);
            node.AnaGroupId ??= 1;
            served.Add(new ServedNamespace(node.NamespaceId, node.Source!, node.Uuid.Value, node.Nguid, node.AnaGroupId.Value));
        }

        return served;
    }

    private static bool IsSameStorage(NamespaceSource one, NamespaceSource other) =>
        one.IsPersistent && other.IsPersistent && one.Path == other.Path;

    private static string NamesOf(List<SubsystemNode> subsystems) =>
        subsystems.Count == 0
            ? "none, there is none"
            : ConfigurationException.Printable(string.Join(", ", subsystems.ConvertAll(node => node.Nqn)));
}
