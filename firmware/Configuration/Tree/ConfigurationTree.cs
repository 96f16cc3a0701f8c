namespace Nvmepf.Firmware.Configuration;

/// <summary>Everything that is configured: what nvmet has under <c>/sys/kernel/config/nvmet</c> and <c>/sys/kernel/config/pci_ep</c>.</summary>
internal sealed class ConfigurationTree
{
    /// <summary>Creates an empty tree.</summary>
    /// <param name="origin">The file it comes from; null for the command line.</param>
    /// <param name="isDirectory">True where that is a directory shaped like configfs.</param>
    public ConfigurationTree(string? origin, bool isDirectory = false) => Place = new Place(origin, string.Empty) { IsDirectory = isDirectory };

    /// <summary>Where it comes from.</summary>
    public Place Place { get; }

    /// <summary>Where controllers stand.</summary>
    public Place ControllersPlace => (Place.IsDirectory ? Place.Member(DirectoryShape.PciEndpoint) : Place).Member("controllers");

    /// <summary>NQN of the discovery subsystem; checked, without effect.</summary>
    public string? DiscoveryNqn { get; set; }

    /// <summary>Hosts.</summary>
    public List<HostNode> Hosts { get; } = [];

    /// <summary>Subsystems.</summary>
    public List<SubsystemNode> Subsystems { get; } = [];

    /// <summary>Ports.</summary>
    public List<PortNode> Ports { get; } = [];

    /// <summary>PCI functions.</summary>
    public List<FunctionNode> Functions { get; } = [];

    /// <summary>What they are offered through.</summary>
    public List<EndpointControllerNode> Controllers { get; } = [];

    /// <summary>One line each for what is accepted but without effect, for the user to know.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>Its own attributes.</summary>
    public static AttributeTable<ConfigurationTree> Attributes { get; } = new(
        new AttributeRow<ConfigurationTree>("discovery", "nqn", QualifiedName.Form, SetDiscovery, n => n.DiscoveryNqn));

    private static string? SetDiscovery(ConfigurationTree tree, string text)
    {
        string? problem = QualifiedName.Check(text);
        tree.DiscoveryNqn = text;
        return problem;
    }
}
