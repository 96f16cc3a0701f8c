namespace Nvmepf.Firmware.Configuration;

/// <summary>A host: <c>hosts/NQN</c> of nvmet. Checked, without effect: a PCI host neither names itself nor proves who it is.</summary>
internal sealed class HostNode
{
    private static readonly string[] s_hashes = ["hmac(sha256)", "hmac(sha384)", "hmac(sha512)"];
    private static readonly string[] s_groups = ["null", "ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192"];

    /// <summary>Where it stands.</summary>
    public Place Place { get; init; }

    /// <summary>NVMe Qualified Name.</summary>
    public string Nqn { get; set; } = string.Empty;

    /// <summary>DH-HMAC-CHAP secret of the host.</summary>
    public string? Key { get; set; }

    /// <summary>DH-HMAC-CHAP secret of the controller.</summary>
    public string? ControllerKey { get; set; }

    /// <summary>DH-HMAC-CHAP hash.</summary>
    public string? Hash { get; set; }

    /// <summary>DH-HMAC-CHAP group.</summary>
    public string? Group { get; set; }

    /// <summary>Its attributes.</summary>
    public static AttributeTable<HostNode> Attributes { get; } = new(
        new AttributeRow<HostNode>(null, "nqn", QualifiedName.Form, SetNqn, n => n.Nqn),
        Row.Ascii<HostNode>("dhchap", "key", 512, (n, v) => n.Key = v, _ => null), // secrets are not repeated
        Row.Ascii<HostNode>("dhchap", "ctrl_key", 512, (n, v) => n.ControllerKey = v, _ => null),
        Row.Choice<HostNode>("dhchap", "hash", s_hashes, (n, v) => n.Hash = v, n => n.Hash),
        Row.Choice<HostNode>("dhchap", "dhgroup", s_groups, (n, v) => n.Group = v, n => n.Group));

    private static string? SetNqn(HostNode node, string text)
    {
        string? problem = QualifiedName.Check(text);
        node.Nqn = text;
        return problem;
    }
}
