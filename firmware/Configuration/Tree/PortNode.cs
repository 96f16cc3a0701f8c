using Nvmepf.Spec;

namespace Nvmepf.Firmware.Configuration;

/// <summary>A port: <c>ports/ID</c> of nvmet. Of those, a port of type pci bounds transfers and queues; the rest is checked only.</summary>
internal sealed class PortNode
{
    /// <summary>Where it stands.</summary>
    public Place Place { get; init; }

    /// <summary>Port ID; null is not set.</summary>
    public uint? PortId { get; set; }

    /// <summary>Transport and address.</summary>
    public AddressAttributes Address { get; } = new();

    /// <summary>nvmet over a fabric: data inside commands, in bytes; -1 for the default.</summary>
    public string? InlineDataSize { get; set; }

    /// <summary>Entries of the largest queue; null or -1 for the default.</summary>
    public string? MaximumQueueSize { get; set; }

    /// <summary>Bound of the data transfer size as a power of two of 4 KiB; 0 for none.</summary>
    public uint? Mdts { get; set; }

    /// <summary>Protection information.</summary>
    public bool? ProtectionInformation { get; set; }

    /// <summary>NQNs of the subsystems that it offers.</summary>
    public List<string> Subsystems { get; } = [];

    /// <summary>ANA groups.</summary>
    public List<AnaGroupNode> AnaGroups { get; } = [];

    /// <summary>Referrals.</summary>
    public List<ReferralNode> Referrals { get; } = [];

    /// <summary>Its attributes.</summary>
    public static AttributeTable<PortNode> Attributes { get; } = new(
    [
        Row.Number<PortNode>(null, "portid", 0, 65535, (n, v) => n.PortId = v, n => n.PortId) with { IsJsonNumber = true },
        .. AddressAttributes.Rows<PortNode>(n => n.Address),
        OrDefault("inline_data_size", 0, int.MaxValue, (n, v) => n.InlineDataSize = v, n => n.InlineDataSize),
        OrDefault("max_queue_size", 16, 1024, (n, v) => n.MaximumQueueSize = v, n => n.MaximumQueueSize),
        Row.Number<PortNode>("param", "mdts", 0, 255, (n, v) => n.Mdts = v, n => n.Mdts),
        Row.Flag<PortNode>("param", "pi_enable", (n, v) => n.ProtectionInformation = v, n => n.ProtectionInformation),
    ]);

    /// <summary>A number, or -1, which nvmet shows as long as nothing was chosen.</summary>
    private static AttributeRow<PortNode> OrDefault(
        string key, uint minimum, uint maximum, Action<PortNode, string> set, Func<PortNode, string?> get) => new(
        "param",
        key,
        $"{minimum} to {maximum}, or -1 for the default",
        (node, text) =>
        {
            string? problem = text == "-1" ? null : ValueText.ParseNumber(text, minimum, maximum, out _);
            set(node, text);
            return problem;
        },
        get);
}

/// <summary>Transport and address of a port or referral: the files <c>addr_*</c> of nvmet.</summary>
internal sealed class AddressAttributes
{
    private static readonly string[] s_transports = ["pci", "rdma", "fc", "tcp", "loop"];
    private static readonly string[] s_families = ["pci", "pcie", "ipv4", "ipv6", "ib", "fc", "loop"];
    private static readonly string[] s_requirements = ["not specified", "required", "not required"];
    private static readonly string[] s_transportSpecific = ["none", "tls1.3", "connected", "datagram", "reserved"];

    /// <summary>Transport type.</summary>
    public string? Transport { get; set; }

    /// <summary>Address family.</summary>
    public string? Family { get; set; }

    /// <summary>Transport requirements.</summary>
    public string? Requirements { get; set; }

    /// <summary>Transport address.</summary>
    public string? Address { get; set; }

    /// <summary>Transport service.</summary>
    public string? Service { get; set; }

    /// <summary>Transport specific address subtype.</summary>
    public string? TransportSpecific { get; set; }

    /// <summary>Rows of a node that has such attributes.</summary>
    public static AttributeRow<TNode>[] Rows<TNode>(Func<TNode, AddressAttributes> of) =>
    [
        Row.Choice<TNode>("addr", "trtype", s_transports, (n, v) => of(n).Transport = v, n => of(n).Transport),
        Row.Choice<TNode>("addr", "adrfam", s_families, (n, v) => of(n).Family = v, n => of(n).Family),
        Row.Choice<TNode>("addr", "treq", s_requirements, (n, v) => of(n).Requirements = v, n => of(n).Requirements),
        Row.Ascii<TNode>("addr", "traddr", 256, (n, v) => of(n).Address = v, n => of(n).Address),
        Row.Ascii<TNode>("addr", "trsvcid", 32, (n, v) => of(n).Service = v, n => of(n).Service),
        Row.Choice<TNode>("addr", "tsas", s_transportSpecific, (n, v) => of(n).TransportSpecific = v, n => of(n).TransportSpecific),
    ];
}

/// <summary>State of an ANA group: <c>ports/ID/ana_groups/GRPID</c> of nvmet.</summary>
internal sealed class AnaGroupNode
{
    private static readonly string[] s_states = ["optimized", "non-optimized", "inaccessible", "persistent-loss", "change"];

    /// <summary>Where it stands.</summary>
    public Place Place { get; init; }

    /// <summary>Group; 0 is not set.</summary>
    public uint GroupId { get; set; }

    /// <summary>State.</summary>
    public string? State { get; set; }

    /// <summary>Its attributes.</summary>
    public static AttributeTable<AnaGroupNode> Attributes { get; } = new(
        Row.Number<AnaGroupNode>(null, "grpid", 1, 128, (n, v) => n.GroupId = v, n => n.GroupId) with { IsJsonNumber = true },
        Row.Choice<AnaGroupNode>("ana", "state", s_states, (n, v) => n.State = v, n => n.State));

    /// <summary>The state; optimized where none is given.</summary>
    public AnaState ToState() => State switch
    {
        "non-optimized" => AnaState.NonOptimized,
        "inaccessible" => AnaState.Inaccessible,
        "persistent-loss" => AnaState.PersistentLoss,
        "change" => AnaState.Change,
        _ => AnaState.Optimized,
    };
}

/// <summary>A referral to another port: <c>ports/ID/referrals/NAME</c> of nvmet. Checked, without effect.</summary>
internal sealed class ReferralNode
{
    /// <summary>Where it stands.</summary>
    public Place Place { get; init; }

    /// <summary>Its name.</summary>
    public string Name { get; set; } = string.Empty;

    /// <summary>Whether it is on.</summary>
    public bool? Enable { get; set; }

    /// <summary>Port ID.</summary>
    public uint? PortId { get; set; }

    /// <summary>Transport and address.</summary>
    public AddressAttributes Address { get; } = new();

    /// <summary>Its attributes.</summary>
    public static AttributeTable<ReferralNode> Attributes { get; } = new(
    [
        Row.Ascii<ReferralNode>(null, "name", 255, (n, v) => n.Name = v, n => n.Name),
        .. AddressAttributes.Rows<ReferralNode>(n => n.Address),
        Row.Number<ReferralNode>("addr", "portid", 0, 65535, (n, v) => n.PortId = v, n => n.PortId),
        Row.Flag<ReferralNode>(null, "enable", (n, v) => n.Enable = v, n => n.Enable) with { IsJsonNumber = true, ValueWithoutEffect = "0" },
    ]);
}
