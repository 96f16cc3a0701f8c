namespace Nvmepf.Firmware.Configuration;

/// <summary>An NVM subsystem: <c>subsystems/NQN</c> of nvmet. Properties that are null were never set.</summary>
internal sealed class SubsystemNode
{
    /// <summary>Where it stands.</summary>
    public Place Place { get; init; }

    /// <summary>NVMe Qualified Name.</summary>
    public string Nqn { get; set; } = string.Empty;

    /// <summary>Whether hosts need not be listed. A PCI host has no name, so that nothing else works for it.</summary>
    public bool? AllowAnyHost { get; set; }

    /// <summary>VS register.</summary>
    public uint? Version { get; set; }

    /// <summary>Serial number.</summary>
    public string? Serial { get; set; }

    /// <summary>Model number.</summary>
    public string? Model { get; set; }

    /// <summary>Firmware revision.</summary>
    public string? Firmware { get; set; }

    /// <summary>IEEE OUI.</summary>
    public uint? IeeeOui { get; set; }

    /// <summary>Least controller ID.</summary>
    public uint? ControllerIdMinimum { get; set; }

    /// <summary>Greatest controller ID.</summary>
    public uint? ControllerIdMaximum { get; set; }

    /// <summary>PCI Vendor ID; 0 is not set.</summary>
    public uint? VendorId { get; set; }

    /// <summary>PCI Subsystem Vendor ID; 0 is not set.</summary>
    public uint? SubsystemVendorId { get; set; }

    /// <summary>Greatest queue ID, which is the number of I/O queues.</summary>
    public uint? QueueIdMaximum { get; set; }

    /// <summary>Protection information.</summary>
    public bool? ProtectionInformation { get; set; }

    /// <summary>Names of hosts; checked, without effect.</summary>
    public List<string> AllowedHosts { get; } = [];

    /// <summary>Namespaces in ascending order of NSID.</summary>
    public List<NamespaceNode> Namespaces { get; } = [];

    /// <summary>Passthrough to an NVMe device; at most one.</summary>
    public List<PassthroughNode> Passthrough { get; } = [];

    /// <summary>Its attributes.</summary>
    public static AttributeTable<SubsystemNode> Attributes { get; } = new(
        new AttributeRow<SubsystemNode>(null, "nqn", QualifiedName.Form, SetNqn, n => n.Nqn),
        Row.Flag<SubsystemNode>("attr", "allow_any_host", (n, v) => n.AllowAnyHost = v, n => n.AllowAnyHost),
        new AttributeRow<SubsystemNode>("attr", "version", ValueText.Versions, SetVersion, ShowVersion),
        Row.Ascii<SubsystemNode>("attr", "serial", 20, (n, v) => n.Serial = v, n => n.Serial),
        Row.Ascii<SubsystemNode>("attr", "model", 40, (n, v) => n.Model = v, n => n.Model),
        Row.Ascii<SubsystemNode>("attr", "firmware", 8, (n, v) => n.Firmware = v, n => n.Firmware),
        Row.Identifier<SubsystemNode>("attr", "ieee_oui", 6, 0, 0xFF_FFFF, (n, v) => n.IeeeOui = v, n => n.IeeeOui),
        Row.Number<SubsystemNode>("attr", "cntlid_min", 1, 65519, (n, v) => n.ControllerIdMinimum = v, n => n.ControllerIdMinimum),
        Row.Number<SubsystemNode>("attr", "cntlid_max", 1, 65519, (n, v) => n.ControllerIdMaximum = v, n => n.ControllerIdMaximum),
        Row.Identifier<SubsystemNode>("attr", "vendor_id", 4, 0, 0xFFFE, (n, v) => n.VendorId = v, n => n.VendorId),
        Row.Identifier<SubsystemNode>("attr", "subsys_vendor_id", 4, 0, 0xFFFE, (n, v) => n.SubsystemVendorId = v, n => n.SubsystemVendorId),
        Row.Number<SubsystemNode>("attr", "qid_max", 1, 128, (n, v) => n.QueueIdMaximum = v, n => n.QueueIdMaximum),
        Row.Flag<SubsystemNode>("attr", "pi_enable", (n, v) => n.ProtectionInformation = v, n => n.ProtectionInformation));

    private static string? SetNqn(SubsystemNode node, string text)
    {
        string? problem = QualifiedName.Check(text);
        node.Nqn = text;
        return problem;
    }

    private static string? ShowVersion(SubsystemNode node) => node.Version is uint version ? ValueText.ShowVersion(version) : null;

    private static string? SetVersion(SubsystemNode node, string text)
    {
        string? problem = ValueText.ParseVersion(text, out uint version);
        node.Version = version;
        return problem;
    }
}

/// <summary>Passthrough to an NVMe device: <c>subsystems/NQN/passthru</c> of nvmet.</summary>
internal sealed class PassthroughNode
{
    /// <summary>Where it stands.</summary>
    public Place Place { get; init; }

    /// <summary>The device, or options to connect one.</summary>
    public string? DevicePath { get; set; }

    /// <summary>Whether it is on.</summary>
    public bool? Enable { get; set; }

    /// <summary>Whether identifiers are hidden.</summary>
    public uint? ClearIds { get; set; }

    /// <summary>Seconds that an admin command may take.</summary>
    public uint? AdminTimeoutSeconds { get; set; }

    /// <summary>Seconds that an I/O command may take.</summary>
    public uint? IoTimeoutSeconds { get; set; }

    /// <summary>Its attributes.</summary>
    public static AttributeTable<PassthroughNode> Attributes { get; } = new(
        Row.Ascii<PassthroughNode>("device", "path", 4095, (n, v) => n.DevicePath = v, n => n.DevicePath),
        Row.Flag<PassthroughNode>(null, "enable", (n, v) => n.Enable = v, n => n.Enable) with { IsJsonNumber = true },
        Number("clear_ids", (n, v) => n.ClearIds = v, n => n.ClearIds),
        Number("admin_timeout", (n, v) => n.AdminTimeoutSeconds = v, n => n.AdminTimeoutSeconds),
        Number("io_timeout", (n, v) => n.IoTimeoutSeconds = v, n => n.IoTimeoutSeconds));

    private static AttributeRow<PassthroughNode> Number(string key, Action<PassthroughNode, uint> set, Func<PassthroughNode, uint?> get) =>
        Row.Number(null, key, 0, int.MaxValue, set, get) with { IsJsonNumber = true };
}
