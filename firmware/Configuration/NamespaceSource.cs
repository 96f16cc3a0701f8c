namespace Nvmepf.Firmware.Configuration;

/// <summary>What stores a namespace.</summary>
internal enum StorageKind
{
    /// <summary>A file or block device, whichever the path is; it exists and is used as it is. What nvmet's device_path means.</summary>
    Path,

    /// <summary>A regular file, created with a size where it does not exist.</summary>
    File,

    /// <summary>A block device.</summary>
    Block,

    /// <summary>Memory, gone with the process.</summary>
    Ram,

    /// <summary>Nothing: writes are dropped, reads return zeroes.</summary>
    Null,
}

/// <summary>
/// Where a namespace's bytes are, in one syntax for options and files: <c>file:PATH[,size=4G]</c>, <c>block:/dev/...</c>,
/// <c>ram:SIZE</c>, <c>null:SIZE</c>, each with <c>,lba=512</c> or <c>,lba=4096</c>, the first two with <c>,poll=on</c>; or a bare absolute path, taken literally to its end.
/// </summary>
/// <param name="Kind">What stores it.</param>
/// <param name="Path">Path for the kinds that have one, else empty.</param>
/// <param name="SizeBytes">Size in bytes; null for what there is.</param>
/// <param name="BlockBytes">Logical block in bytes; null for 512, or more where the storage needs more.</param>
internal sealed record NamespaceSource(StorageKind Kind, string Path, ulong? SizeBytes, uint? BlockBytes)
{
    /// <summary>What is allowed, for messages.</summary>
    public const string Form = "file:PATH[,size=SIZE][,lba=512|4096][,poll=on|off], block:/dev/NAME[,lba=512|4096][,poll=on|off], ram:SIZE[,lba=512|4096], "
        + "null:SIZE[,lba=512|4096], or an absolute path";

    private const uint DefaultBlockBytes = 512;

    /// <summary>Whether the disk is polled for the ends of transfers; null for not.</summary>
    public bool? IsPolled { get; init; }

    /// <summary>True where the bytes outlive the process.</summary>
    public bool IsPersistent => Kind is StorageKind.Path or StorageKind.File or StorageKind.Block;

    /// <summary>Reads the syntax.</summary>
    /// <returns>What is wrong, or null.</returns>
    public static string? Parse(string text, out NamespaceSource source)
    {
        source = new NamespaceSource(StorageKind.Path, text, null, null);
        if (text.StartsWith('/'))
        {
            return ValueText.CheckPath(text);
        }

        int colon = text.IndexOf(':', StringComparison.Ordinal);
        StorageKind? kind = (colon < 0 ? string.Empty : text[..colon]) switch
        {
            "file" => StorageKind.File,
            "block" => StorageKind.Block,
            "ram" => StorageKind.Ram,
            "null" => StorageKind.Null,
            _ => null,
        };
        if (kind is null)
        {
            return colon < 0 ? "no kind of storage" : $"unknown kind of storage '{ConfigurationException.Printable(text[..colon])}'";
        }

        source = new NamespaceSource(kind.Value, string.Empty, null, null);
        string body = text[(colon + 1)..];
        return TakeSettings(ref body, ref source) ?? source.TakeBody(body, out source) ?? source.CheckSize();
    }

    /// <summary>The same syntax, with an absolute path and the shortest sizes.</summary>
    public override string ToString()
    {
        if (Kind == StorageKind.Path)
        {
            return Path;
        }

        bool hasSizeAsBody = Kind is StorageKind.Ram or StorageKind.Null;
        string text = Kind.ToString().ToLowerInvariant() + ":" + (hasSizeAsBody ? ValueText.ShowSize(SizeBytes ?? 0) : Path);
        if (!hasSizeAsBody && SizeBytes is ulong size)
        {
            text += ",size=" + ValueText.ShowSize(size);
        }

        text = BlockBytes is uint block ? $"{text},lba={block}" : text;
        return IsPolled is bool isPolled ? $"{text},poll={(isPolled ? "on" : "off")}" : text;
    }

    /// <summary>Takes <c>,key=value</c> from the end as long as there is one, so that a comma may stand in a path.</summary>
    private static string? TakeSettings(ref string body, ref NamespaceSource source)
    {
        while (true)
        {
            int comma = body.LastIndexOf(',');
            int equals = comma < 0 ? -1 : body.IndexOf('=', comma);
            if (equals < 0 || body.IndexOf('/', comma) >= 0)
            {
                return null; // the path, or the rest of it
            }

            string? problem = source.TakeSetting(body[(comma + 1)..equals], body[(equals + 1)..], out source);
            if (problem is not null)
            {
                return problem;
            }

            body = body[..comma];
        }
    }

    private string? TakeSetting(string key, string value, out NamespaceSource result)
    {
        result = this;
        switch (key)
        {
            case "lba":
                if (value is not ("512" or "4096"))
                {
                    return $"lba={ConfigurationException.Printable(value)} is neither 512 nor 4096";
                }

                result = this with { BlockBytes = value == "512" ? 512u : 4096u };
                return BlockBytes is null ? null : "lba is given twice";
            case "size" when Kind == StorageKind.File:
                string? problem = ValueText.ParseSize(value, out ulong bytes);
                result = this with { SizeBytes = bytes };
                return problem is not null ? $"size={ConfigurationException.Printable(value)} is {problem}"
                    : SizeBytes is null ? null
                    : "size is given twice";
            case "poll" when Kind is StorageKind.File or StorageKind.Block:
                if (value is not ("on" or "off"))
                {
                    return $"poll={ConfigurationException.Printable(value)} is neither on nor off";
                }

                result = this with { IsPolled = value == "on" };
                return IsPolled is null ? null : "poll is given twice";
            default:
                return $"unknown setting '{ConfigurationException.Printable(key)}='";
        }
    }

    private string? TakeBody(string body, out NamespaceSource result)
    {
        result = this;
        if (Kind is StorageKind.Ram or StorageKind.Null)
        {
            string? problem = ValueText.ParseSize(body, out ulong bytes);
            result = this with { SizeBytes = bytes };
            return problem is null ? null : body.Length == 0 ? "no size" : $"the size is {problem}";
        }

        if (ValueText.CheckPath(body) is string wrong)
        {
            return body.Length == 0 ? "no path" : wrong;
        }

        // As written otherwise: a link such as /dev/disk/by-id/... is the name that stays.
        result = this with { Path = System.IO.Path.GetFullPath(body) };
        return null;
    }

    private string? CheckSize()
    {
        uint block = BlockBytes ?? DefaultBlockBytes;
        return SizeBytes % block is > 0 ? $"the size is not a multiple of {block} bytes, the logical block" : null;
    }
}
