using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Configuration;

/// <summary>
/// Makes the attribute tree that a command line stands for: from options one subsystem with its namespaces, a port and a function; or
/// what <c>--config</c> names. Options that say what the file says are refused beside it; <c>--vfio-user</c>,
/// <c>--platform</c> and its options, <c>--doorbells</c>, <c>--poll</c>, <c>--reactors</c> and <c>--cpu</c> say how to serve, not what, and win over the file.
/// </summary>
internal static class CommandLineTree
{
    private const uint FileLengthMaxBytes = 16 << 20;
    private const string DefaultFunctionName = "nvmepf.0";
    private static readonly AttributeRow<SubsystemNode> s_vendorId =
        Row.Identifier<SubsystemNode>(null, "vendor_id", 4, 1, 0xFFFE, (n, v) => n.VendorId = v, n => n.VendorId);
    private static readonly AttributeRow<FunctionNode> s_deviceId =
        Row.Identifier<FunctionNode>(null, "device_id", 4, 0, 0xFFFE, (n, v) => n.DeviceId = v, n => n.DeviceId);

    /// <summary>Makes the tree.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="readMachineId">Tells this machine from others; asked only where an identity needs it.</param>
    /// <exception cref="ConfigurationException">A value is wrong, or the file cannot be read.</exception>
    public static ConfigurationTree Build(CommandLine line, Func<string> readMachineId)
    {
        ConfigurationTree tree = line["--configfs"] is string directory ? FromDirectory(line, directory)
            : line["--config"] is string file ? FromFile(line, file)
            : FromOptions(line, readMachineId);
        if (line["--configfs"] is null)
        {
            ImpliedNodes.Add(tree, line["--platform"] ?? (line["--vfio-user"] is null ? null : EndpointControllerNode.VfioUserPlatform));
        }

        foreach ((string name, string value) in line.Given)
        {
            AttributeRow<EndpointControllerNode>? row = name switch
            {
                "--vfio-user" => EndpointControllerNode.Attributes["vfio_user", "directory"],
                "--platform" => EndpointControllerNode.Attributes[null, "platform"],
                "--registers" => EndpointControllerNode.Attributes[Rk3588Attributes.Group, "registers"],
                "--bringup" => EndpointControllerNode.Attributes[Rk3588Attributes.Group, "bringup"],
                "--bar-memory" => EndpointControllerNode.Attributes[Rk3588Attributes.Group, "bar_memory"],
                "--buffer-memory" => EndpointControllerNode.Attributes[Rk3588Attributes.Group, "buffer_memory"],
                "--no-dma" => EndpointControllerNode.Attributes[Rk3588Attributes.Group, "dma"],
                "--doorbells" => EndpointControllerNode.Attributes["vfio_user", "doorbells"],
                "--poll" => EndpointControllerNode.Attributes["reactor", "poll"],
                "--reactors" => EndpointControllerNode.Attributes["reactor", "count"],
                "--register-memory" => EndpointControllerNode.Attributes["reactor", "register_memory"],
                "--cpu" => EndpointControllerNode.Attributes["reactor", "cpu"],
                _ => null,
            };
            foreach (EndpointControllerNode controller in tree.Controllers)
            {
                row?.Apply(controller, value, new Place(null, name));
                if (name == "--rk3588")
                {
                    SetBoardAttribute(controller, name, value);
                }
            }
        }

        return tree;
    }

    private static void SetBoardAttribute(EndpointControllerNode controller, string option, string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        string key = equals < 0 ? text : text[..equals];
        AttributeRow<EndpointControllerNode>? row = EndpointControllerNode.Attributes.Find(Rk3588Attributes.Group, key);
        if (row is null || equals < 0)
        {
            string keys = string.Join(", ", EndpointControllerNode.Attributes.KeysIn(Rk3588Attributes.Group));
            throw ConfigurationException.ForValue(
                new Place(null, option), text, row is null ? "no such attribute" : "no value", $"KEY=VALUE with KEY one of {keys}");
        }

        row.Apply(controller, text[(equals + 1)..], new Place(null, $"{option} {key}"));
    }

    private static ConfigurationTree FromDirectory(CommandLine line, string path)
    {
        (string Name, string PathInFile)? other = line["--config"] is null ? line.FirstInConflictWithFile() : ("--config", "that");
        if (other is (string name, string pathInFile))
        {
            string shown = ConfigurationException.Printable(path);
            throw new ConfigurationException($"{name}: cannot go with --configfs; allowed: {pathInFile} below {shown}, or {name} without --configfs");
        }

        ConfigurationTree tree = DirectoryLoader.Load(path, isStartAssumed: line.Request != CommandLineRequest.Serve);
        ImpliedNodes.AddToFunctions(tree);
        return tree;
    }

    private static ConfigurationTree FromFile(CommandLine line, string path)
    {
        if (line.FirstInConflictWithFile() is (string name, string pathInFile))
        {
            throw new ConfigurationException(
                $"{name}: cannot go with --config; allowed: {pathInFile} in {ConfigurationException.Printable(path)}, or {name} without --config");
        }

        return JsonLoader.Load(ReadFile(path), ConfigurationException.Printable(path));
    }

    private static ConfigurationTree FromOptions(CommandLine line, Func<string> readMachineId)
    {
        if (line.Given.Count == 0)
        {
            throw new ConfigurationException(
                "nothing to serve; allowed: --vfio-user DIR --namespace SPEC, or --config FILE (see nvmepf --help)");
        }

        SubsystemNode subsystem = new() { Place = new Place(null, "--subsysnqn"), AllowAnyHost = true };
        FunctionNode function = new() { Place = new Place(null, "--queues"), Name = DefaultFunctionName };
        foreach ((string name, string value) in line.Given)
        {
            Set(subsystem, function, value, new Place(null, name));
        }

        if (subsystem.Namespaces.Count == 0 && subsystem.Passthrough.Count == 0)
        {
            throw new ConfigurationException($"--namespace: is missing; allowed: {NamespaceSource.Form}");
        }

        string? other = line["--platform"] == EndpointControllerNode.VfioUserPlatform ? null : line["--platform"];
        string directory = line["--vfio-user"]
            ?? other ?? throw new ConfigurationException("--vfio-user: is missing; allowed: a directory for the socket");
        if (subsystem.Nqn.Length == 0)
        {
            string? path = subsystem.Passthrough.Count > 0
                ? subsystem.Passthrough[0].DevicePath
                : subsystem.Namespaces.Find(n => n.Source!.IsPersistent)?.Source!.Path;
            bool needsMachine = subsystem.Serial is null;
            bool isSocket = directory.Length > 0 && line["--vfio-user"] is not null;
            string socket = isSocket ? Path.GetFullPath(directory).TrimEnd('/') : directory;
            subsystem.Nqn = StableIdentity.Nqn(subsystem.Serial, needsMachine ? readMachineId() : string.Empty, path, socket);
        }

        function.SubsystemNqn = subsystem.Nqn;
        function.PortId = 1;
        PortNode port = new() { Place = new Place(null, "--mdts-kb"), PortId = 1 };
        port.Address.Transport = "pci";
        port.Subsystems.Add(subsystem.Nqn);
        ConfigurationTree tree = new(null);
        tree.Subsystems.Add(subsystem);
        tree.Ports.Add(port);
        tree.Functions.Add(function);
        return tree;
    }

    private static void Set(SubsystemNode subsystem, FunctionNode function, string value, Place place)
    {
        switch (place.Path)
        {
            case "--namespace":
                NamespaceNode node = new() { Place = place, NamespaceId = (uint)subsystem.Namespaces.Count + 1, Enable = true };
                NamespaceNode.Attributes["device", "path"].Apply(node, value, place);
                subsystem.Namespaces.Add(node);
                break;
            case "--passthrough":
                PassthroughNode passthrough = new() { Place = place, Enable = true };
                PassthroughNode.Attributes["device", "path"].Apply(passthrough, value, place);
                subsystem.Passthrough.Add(passthrough);
                break;
            case "--queues":
                SubsystemNode.Attributes["attr", "qid_max"].Apply(subsystem, value, place);
                break;
            case "--interrupt-pin":
                FunctionNode.Attributes[null, "interrupt_pin"].Apply(function, value, place);
                break;
            case "--adaptive-interrupts":
                FunctionNode.Attributes["nvme", "adaptive_interrupts_us"].Apply(function, value, place);
                break;
            case "--mdts-kb":
                FunctionNode.Attributes["nvme", "mdts_kb"].Apply(function, value, place);
                break;
            case "--vendor-id":
                s_vendorId.Apply(subsystem, value, place);
                subsystem.SubsystemVendorId = subsystem.VendorId;
                break;
            case "--device-id":
                s_deviceId.Apply(function, value, place);
                break;
            case "--serial":
                SubsystemNode.Attributes["attr", "serial"].Apply(subsystem, value, place);
                break;
            case "--model":
                SubsystemNode.Attributes["attr", "model"].Apply(subsystem, value, place);
                break;
            case "--subsysnqn":
                SubsystemNode.Attributes[null, "nqn"].Apply(subsystem, value, place);
                break;
            default:
                break;
        }
    }

    /// <summary>The whole file; a pipe will do.</summary>
    private static unsafe byte[] ReadFile(string path)
    {
        int descriptor = Files.Open(path, OpenFlags.ReadOnly);
        if (descriptor < 0)
        {
            throw CannotRead(path, descriptor);
        }

        using MemoryStream content = new();
        byte[] buffer = new byte[65536];
        long count;
        fixed (byte* start = buffer)
        {
            do
            {
                count = Files.Read(descriptor, start, (nuint)buffer.Length);
                if (count > 0)
                {
                    content.Write(buffer, 0, (int)count);
                }
            }
            while ((count > 0 && content.Length <= FileLengthMaxBytes) || count == -Errno.EINTR);
        }

        _ = Files.Close(descriptor);
        if (count < 0)
        {
            throw CannotRead(path, (int)count);
        }

        return content.Length <= FileLengthMaxBytes ? content.ToArray() : throw new ConfigurationException(
            $"--config {ConfigurationException.Printable(path)}: too long; allowed: up to {FileLengthMaxBytes} bytes");
    }

    private static ConfigurationException CannotRead(string path, int error) =>
        new($"--config {ConfigurationException.Printable(path)}: cannot read it: {Errno.Describe(error)}; allowed: a readable JSON file");
}
