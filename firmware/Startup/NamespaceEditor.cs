using Nvmepf.Firmware.Configuration;
using Nvmepf.Firmware.Control;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Startup;

/// <summary>How the configuration that is served changes at the console.</summary>
/// <param name="Directory">The directory shaped like configfs that is followed; null where none is.</param>
/// <param name="SetStart">Has a controller, by its name, started or stopped by the control thread.</param>
internal sealed record ConsoleControls(string? Directory, Action<string, bool> SetStart);

/// <summary>
/// What a person may do to the namespaces of a server that runs, and the configuration that it shows. Where a directory is followed, that is
/// the one place where namespaces change, and everything is refused here with the file to write.
/// </summary>
/// <param name="live">The namespaces that are served; null where nothing is, and there is only the configuration to see.</param>
/// <param name="tree">The configuration, judged and with defaults filled in.</param>
/// <param name="controls">What else a person may do.</param>
/// <remarks>On control threads. Nothing is written anywhere: the next start is by the configuration as it was.</remarks>
internal sealed class NamespaceEditor(LiveNamespaces? live, ConfigurationTree tree, ConsoleControls controls)
{
    private static readonly Place s_place = new(null, "ns add");
    private readonly Lock _gate = new(); // where nobody else has one

    /// <summary>What may be said of a namespace that is added besides its storage: names of configfs's files.</summary>
    public static string[] SettingNames { get; } = MakeSettingNames();

    /// <summary>Held by who looks at the tree.</summary>
    public Lock Gate => live?.Gate ?? _gate;

    /// <summary>True where anything is served.</summary>
    public bool IsServing => live is not null;

    /// <summary>The configuration; for who holds the gate.</summary>
    public ConfigurationTree Tree => tree;

    /// <summary>The directory that is followed; null where none is.</summary>
    public string? FollowedDirectory => controls.Directory;

    /// <summary>Has a controller started or stopped, which follows by itself: what came of it stands in the log and in <c>status</c>.</summary>
    /// <exception cref="PlatformException">It cannot be said.</exception>
    public void SetStart(string controller, bool isStarted) => controls.SetStart(controller, isStarted);

    /// <summary>A namespace as it is served; null where it is not. For who holds the gate.</summary>
    public NvmeNamespace? Served(SubsystemNode subsystem, NamespaceNode node) =>
        live?.Served.ContainsKey(subsystem.Nqn) == true ? live.Find(subsystem.Nqn, node.NamespaceId) : null;

    /// <summary>The subsystem of an NQN that is served.</summary>
    public SubsystemNode Subsystem(string nqn) => tree.Subsystems.Find(node => node.Nqn == nqn)!;

    /// <summary>Opens a namespace and shows it to hosts.</summary>
    /// <param name="nqn">NQN of the subsystem.</param>
    /// <param name="namespaceId">NSID, as it was typed.</param>
    /// <param name="source">Storage, as in <c>--namespace</c>.</param>
    /// <param name="settings">Other attributes of the namespace: <c>KEY=VALUE</c>, by the names of configfs's files.</param>
    /// <exception cref="ConfigurationException">A value is wrong.</exception>
    /// <exception cref="PlatformException">It cannot be opened, or the controllers do not take it.</exception>
    public void Add(string nqn, string namespaceId, string source, IEnumerable<string> settings)
    {
        RefuseWhereFollowed(nqn, namespaceId, "mkdir {0}, and write its device_path and then 1 to its enable");
        SubsystemNode subsystem = Subsystem(nqn);
        if (subsystem.Passthrough.Count > 0)
        {
            throw new ConfigurationException($"{nqn} passes commands through; its namespaces are those of its target");
        }

        NamespaceNode node = new() { Place = s_place, Enable = true };
        NamespaceNode.Attributes[null, "nsid"].Apply(node, namespaceId, s_place);
        NamespaceNode.Attributes["device", "path"].Apply(node, source, s_place);
        foreach (string setting in settings)
        {
            ApplySetting(node, setting);
        }

        lock (Gate)
        {
            if (subsystem.Namespaces.Exists(other => other.NamespaceId == node.NamespaceId))
            {
                throw new ConfigurationException($"ns add {node.NamespaceId}: is there already; allowed: an NSID of 1 to {NamespaceOpener.NamespacesMax} that is not");
            }

            subsystem.Namespaces.Add(node);
            try
            {
                Open(subsystem, node);
            }
            catch
            {
                _ = subsystem.Namespaces.Remove(node);
                throw;
            }

            subsystem.Namespaces.Sort((a, b) => a.NamespaceId.CompareTo(b.NamespaceId));
        }
    }

    /// <summary>Takes a namespace away from hosts, closes its storage and forgets it.</summary>
    /// <inheritdoc cref="SetEnabled"/>
    public void Remove(string nqn, string namespaceId)
    {
        RefuseWhereFollowed(nqn, namespaceId, "rm -r {0}");
        lock (Gate)
        {
            (SubsystemNode subsystem, NamespaceNode node) = Find(nqn, namespaceId);
            if (Live.Served[nqn].Find(one => one.NamespaceId == node.NamespaceId) is ServedNamespace served)
            {
                ThrowFor("ns remove", node.NamespaceId, Live.Remove(nqn, served));
            }

            _ = subsystem.Namespaces.Remove(node);
        }
    }

    /// <summary>Shows a namespace to hosts, or hides it. One that is hidden stays open.</summary>
    /// <exception cref="ConfigurationException">There is no such namespace.</exception>
    /// <exception cref="PlatformException">It cannot be done; the message says why.</exception>
    public void SetEnabled(string nqn, string namespaceId, bool isEnabled)
    {
        RefuseWhereFollowed(nqn, namespaceId, $"write {(isEnabled ? 1 : 0)} to {{0}}/enable");
        lock (Gate)
        {
            (SubsystemNode subsystem, NamespaceNode node) = Find(nqn, namespaceId);
            bool isOpen = Live.Served[nqn].Exists(one => one.NamespaceId == node.NamespaceId);
            if (isOpen)
            {
                string? problem = Live.AskAll(nqn, () => new SetNamespaceActiveRequest(node.NamespaceId, isEnabled));
                ThrowFor(isEnabled ? "ns enable" : "ns disable", node.NamespaceId, problem);
            }
            else if (isEnabled)
            {
                node.Enable = true; // what is judged is what is wanted
                try
                {
                    Open(subsystem, node);
                }
                catch
                {
                    node.Enable = false;
                    throw;
                }
            }

            node.Enable = isEnabled;
        }
    }

    /// <summary>
    /// Gives a namespace another size. A file becomes as large as it has to, but never smaller, so that no data are lost; memory is never larger
    /// than it was at the start.
    /// </summary>
    /// <param name="nqn">NQN of the subsystem.</param>
    /// <param name="namespaceId">NSID.</param>
    /// <param name="size">Size, as it was typed; null for that of the storage.</param>
    /// <exception cref="ConfigurationException">There is no such namespace, or the size is wrong.</exception>
    /// <exception cref="PlatformException">It cannot be done; the message says why.</exception>
    public void Resize(string nqn, string namespaceId, string? size)
    {
        RefuseWhereFollowed(nqn, namespaceId, "change the size of its file or device, and to make it smaller write 1 to {0}/revalidate_size");
        ulong wanted = 0;
        if (size is not null && ValueText.ParseSize(size, out wanted) is string wrong)
        {
            throw new ConfigurationException($"ns resize {ConfigurationException.Printable(size)}: {wrong}; allowed: {ValueText.SizeForm}");
        }

        lock (Gate)
        {
            (SubsystemNode subsystem, NamespaceNode node) = Find(nqn, namespaceId);
            NvmeNamespace present = Served(subsystem, node)
                ?? throw new ConfigurationException($"ns resize {node.NamespaceId}: is not open; allowed: ns enable {node.NamespaceId} first");
            ulong bytes = size is null ? present.Backend.MeasureBytes() : wanted;
            if (bytes % present.BlockBytes != 0 && size is not null)
            {
                throw new ConfigurationException($"ns resize {size}: no whole number of logical blocks; allowed: a multiple of {present.BlockBytes} bytes");
            }

            MakeRoom(present, node, bytes);
            string? problem = Live.AskAll(nqn, () => new ResizeNamespaceRequest(node.NamespaceId, bytes));
            ThrowFor("ns resize", node.NamespaceId, problem);
            if (node.Source!.SizeBytes is not null)
            {
                // What a start would find: a file keeps what is no longer offered.
                node.Source = node.Source with { SizeBytes = node.Source.IsPersistent ? present.Backend.MeasureBytes() : bytes };
            }
        }
    }

    private LiveNamespaces Live => live ?? throw new ConfigurationException("no function is served now");

    private static void ApplySetting(NamespaceNode node, string setting)
    {
        int equals = setting.IndexOf('=', StringComparison.Ordinal);
        string key = equals < 0 ? string.Empty : setting[..equals];
        if (Array.IndexOf(SettingNames, key) < 0)
        {
            throw new ConfigurationException(
                $"ns add {ConfigurationException.Printable(setting)}: unknown; allowed: KEY=VALUE with KEY one of {string.Join(", ", SettingNames)}");
        }

        foreach (AttributeRow<NamespaceNode> row in NamespaceNode.Attributes.Rows)
        {
            if (DirectoryShape.FileName(row.Group, row.Key) == key)
            {
                row.Apply(node, setting[(equals + 1)..], new Place(null, $"ns add {key}"));
            }
        }
    }

    private static string[] MakeSettingNames()
    {
        List<string> names = [];
        foreach (AttributeRow<NamespaceNode> row in NamespaceNode.Attributes.Rows)
        {
            if (row.Name is not ("nsid" or "enable" or "device.path") && row.ValueWithoutEffect is null)
            {
                names.Add(DirectoryShape.FileName(row.Group, row.Key));
            }
        }

        return [.. names];
    }

    /// <summary>The largest that the storage may have to be is made before hosts are told of it.</summary>
    private static void MakeRoom(NvmeNamespace present, NamespaceNode node, ulong bytes)
    {
        bool mayBeFile = node.Source!.Kind is StorageKind.File or StorageKind.Path;
        if (!node.Source.IsPersistent || bytes <= present.Backend.MeasureBytes())
        {
            return;
        }

        string text = $"ns resize {node.NamespaceId}: {node.Source.Path}";
        if (FileSizeLimit.Read() is ulong limit && bytes > limit)
        {
            throw new PlatformException($"{text}: this process may write files of {limit} bytes (ulimit -f)"); // more would end it by a signal
        }

        int descriptor = mayBeFile ? Files.Open(node.Source.Path, OpenFlags.ReadWrite | OpenFlags.NonBlocking) : -Errno.EINVAL;
        int result = descriptor < 0 ? descriptor : Files.Truncate(descriptor, (long)bytes);
        if (descriptor >= 0)
        {
            _ = Files.Close(descriptor);
        }

        if (result < 0)
        {
            throw new PlatformException($"{text}: cannot make it larger: {Errno.Describe(result)}; allowed: up to its {present.Backend.MeasureBytes()} bytes");
        }
    }

    private static void ThrowFor(string command, uint namespaceId, string? problem)
    {
        if (problem is not null)
        {
            throw new PlatformException($"{command} {namespaceId}: {problem}");
        }
    }

    private void Open(SubsystemNode subsystem, NamespaceNode node)
    {
        List<ServedNamespace> others = [];
        foreach (List<ServedNamespace> served in Live.Served.Values)
        {
            others.AddRange(served);
        }

        string nqn = subsystem.Nqn;
        ServedNamespace come = ServedNamespaces.Judge(tree, subsystem, node, others);
        string? problem = Live.Add(nqn, come);
        if (problem is not null && Live.Served[nqn].Contains(come))
        {
            _ = Live.Remove(nqn, come); // all controllers of a subsystem have the same namespaces
        }

        ThrowFor("ns add", node.NamespaceId, problem);
    }

    private (SubsystemNode Subsystem, NamespaceNode Node) Find(string nqn, string namespaceId)
    {
        SubsystemNode subsystem = Subsystem(nqn);
        NamespaceNode? node = subsystem.Namespaces.Find(one => $"{one.NamespaceId}" == namespaceId);
        string known = string.Join(", ", subsystem.Namespaces.ConvertAll(one => $"{one.NamespaceId}"));
        return node is not null ? (subsystem, node) : throw new ConfigurationException(
            $"{ConfigurationException.Printable(namespaceId)}: no such namespace; allowed: {(known.Length == 0 ? "none, there is none" : known)}");
    }

    private void RefuseWhereFollowed(string nqn, string namespaceId, string instead)
    {
        if (controls.Directory is string directory)
        {
            string place = Path.Join(directory, DirectoryShape.Nvmet, "subsystems", nqn, "namespaces", ConfigurationException.Printable(namespaceId));
            string text = instead.Replace("{0}", place, StringComparison.Ordinal);
            throw new ConfigurationException($"namespaces change in the directory that is followed, {directory}; allowed: {text}");
        }
    }
}
