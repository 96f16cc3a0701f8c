namespace Nvmepf.Firmware.Configuration;

/// <summary>A namespace: <c>subsystems/NQN/namespaces/NSID</c> of nvmet. Properties that are null were never set.</summary>
internal sealed class NamespaceNode
{
    private const uint NamespaceIdMaximum = 8192; // nvmetcli's bound
    private const string UuidForm = "a UUID, as in d592cdf3-0000-4000-8000-000000000001";
    private const string NguidForm = "16 bytes in hexadecimal";

    /// <summary>Where it stands.</summary>
    public Place Place { get; init; }

    /// <summary>NSID; 0 is not set.</summary>
    public uint NamespaceId { get; set; }

    /// <summary>What stores it.</summary>
    public NamespaceSource? Source { get; set; }

    /// <summary>UUID; all zero is not set.</summary>
    public Guid? Uuid { get; set; }

    /// <summary>NGUID; all zero is not set.</summary>
    public byte[]? Nguid { get; set; }

    /// <summary>Whether hosts see it. nvmet's default is no.</summary>
    public bool? Enable { get; set; }

    /// <summary>ANA group.</summary>
    public uint? AnaGroupId { get; set; }

    /// <summary>Through the page cache, as in nvmet.</summary>
    public bool? BufferedIo { get; set; }

    /// <summary>Look at the size again: written while the namespace is served; at the start the size is looked at anyway.</summary>
    public bool? RevalidateSize { get; set; }

    /// <summary>nvmet: peer-to-peer memory. Checked, without effect.</summary>
    public string? PeerToPeerMemory { get; set; }

    /// <summary>Whether hosts may reserve it. nvmet's default is no.</summary>
    public bool? Reservations { get; set; }

    /// <summary>Where reservations and write protection are kept over a loss of power; null for beside the namespace's file. Not nvmet's.</summary>
    public string? StatePath { get; set; }

    /// <summary>Its attributes.</summary>
    public static AttributeTable<NamespaceNode> Attributes { get; } = new(
        Row.Number<NamespaceNode>(null, "nsid", 1, NamespaceIdMaximum, (n, v) => n.NamespaceId = v, n => n.NamespaceId) with
        {
            IsJsonNumber = true,
        },
        Row.Flag<NamespaceNode>(null, "enable", (n, v) => n.Enable = v, n => n.Enable) with { IsJsonNumber = true },
        AnaGroup(null, "ana_grpid"),
        Row.Flag<NamespaceNode>(null, "buffered_io", (n, v) => n.BufferedIo = v, n => n.BufferedIo) with { IsJsonNumber = true },
        Row.Flag<NamespaceNode>(null, "revalidate_size", (n, v) => n.RevalidateSize = v, n => n.RevalidateSize) with { IsJsonNumber = true },
        Row.Ascii<NamespaceNode>(null, "p2pmem", 64, (n, v) => n.PeerToPeerMemory = v, n => n.PeerToPeerMemory) with { ValueWithoutEffect = "0" },
        new AttributeRow<NamespaceNode>("device", "path", NamespaceSource.Form, SetSource, n => n.Source?.ToString()),
        new AttributeRow<NamespaceNode>("device", "uuid", UuidForm, SetUuid, n => n.Uuid?.ToString("D")),
        new AttributeRow<NamespaceNode>("device", "nguid", NguidForm, SetNguid, n => n.Nguid is null ? null : ValueText.ShowNguid(n.Nguid)),
        AnaGroup("ana", "grpid") with { Show = _ => null }, // the same as ana_grpid, in the form of other versions of nvmetcli
        Row.Flag<NamespaceNode>("resv", "enable", (n, v) => n.Reservations = v, n => n.Reservations),
        new AttributeRow<NamespaceNode>(null, "state_path", "an absolute path", SetStatePath, n => n.StatePath));

    private static AttributeRow<NamespaceNode> AnaGroup(string? group, string key) =>
        Row.Number<NamespaceNode>(group, key, 1, 128, (n, v) => n.AnaGroupId = v, n => n.AnaGroupId) with { IsJsonNumber = true };

    private static string? SetSource(NamespaceNode node, string text)
    {
        string? problem = NamespaceSource.Parse(text, out NamespaceSource source);
        node.Source = source;
        return problem;
    }

    private static string? SetStatePath(NamespaceNode node, string text)
    {
        node.StatePath = text;
        return ValueText.CheckPath(text) ?? (text.StartsWith('/') ? null : "not absolute");
    }

    private static string? SetUuid(NamespaceNode node, string text)
    {
        string? problem = ValueText.ParseUuid(text, out Guid uuid);
        node.Uuid = uuid == Guid.Empty ? null : uuid;
        return problem;
    }

    private static string? SetNguid(NamespaceNode node, string text)
    {
        string? problem = ValueText.ParseNguid(text, out byte[] nguid);
        node.Nguid = nguid.AsSpan().ContainsAnyExcept((byte)0) ? nguid : null;
        return problem;
    }
}
