using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Configuration;

/// <summary>
/// What functions are offered through: <c>controllers/NAME</c> of the kernel's PCI endpoint framework. There it is the SoC's endpoint
/// controller; here it is that of an RK3588, driven by its registers, or a vfio-user socket.
/// </summary>
internal sealed class EndpointControllerNode
{
    private const string SocketName = "/cntrl";
    private static readonly string[] s_pollModes = ["busy", "adaptive"];
    private static readonly string[] s_switch = ["on", "off"];
    private static readonly string[] s_doorbellModes = ["mapped", TrappedDoorbells];
    private static readonly string[] s_platforms = [VfioUserPlatform, Rk3588Platform];

    /// <summary>The platform where nothing is said: a socket that a virtual machine attaches to.</summary>
    public const string VfioUserPlatform = "vfio-user";

    /// <summary>Doorbells by message.</summary>
    public const string TrappedDoorbells = "trapped";

    /// <summary>Most reactors of a process.</summary>
    public const int ReactorsMaximum = 8;

    /// <summary>The endpoint of an RK3588.</summary>
    public const string Rk3588Platform = "rk3588";

    /// <summary>Where it stands.</summary>
    public Place Place { get; init; }

    /// <summary>Its name.</summary>
    public string Name { get; set; } = string.Empty;

    /// <summary>Whether it serves; yes where nothing is said.</summary>
    public bool? Start { get; set; }

    /// <summary>What serves it: vfio-user or rk3588; vfio-user where nothing is said.</summary>
    public string? Platform { get; set; }

    /// <summary>What was set of group rk3588, as text; see <see cref="Rk3588Attributes"/>.</summary>
    public Dictionary<string, string> Rk3588 { get; } = [];

    /// <summary>Directory of the vfio-user socket.</summary>
    public string? VfioUserDirectory { get; set; }

    /// <summary>How clients ring doorbells of vfio-user: mapped or trapped; mapped where nothing is said.</summary>
    public string? DoorbellMode { get; set; }

    /// <summary>How its reactor waits: busy or adaptive.</summary>
    public string? PollMode { get; set; }

    /// <summary>Reactors of the process, over which the queues are spread; one where nothing is said.</summary>
    public uint? ReactorCount { get; set; }

    /// <summary>Whether reactors register memory with io_uring: on or off; off where nothing is said.</summary>
    public string? RegisterMemory { get; set; }

    /// <summary>Cores that the reactors stay on, one for each; null for any.</summary>
    public uint[]? Cpus { get; set; }

    /// <summary>Names of the functions that are linked to it.</summary>
    public List<string> Functions { get; } = [];

    /// <summary>Its attributes.</summary>
    public static AttributeTable<EndpointControllerNode> Attributes { get; } = new(
    [
        Row.Ascii<EndpointControllerNode>(null, "name", 64, (n, v) => n.Name = v, n => n.Name),
        Row.Flag<EndpointControllerNode>(null, "start", (n, v) => n.Start = v, n => n.Start) with { IsJsonNumber = true },
        Row.Choice<EndpointControllerNode>(null, "platform", s_platforms, (n, v) => n.Platform = v, n => n.Platform),
        new AttributeRow<EndpointControllerNode>(
            "vfio_user",
            "directory",
            $"a path of 1 to {UnixSockets.MaximumPathBytes - SocketName.Length} bytes",
            SetDirectory,
            n => n.VfioUserDirectory),
        Row.Choice<EndpointControllerNode>("vfio_user", "doorbells", s_doorbellModes, (n, v) => n.DoorbellMode = v, n => n.DoorbellMode),
        .. Rk3588Attributes.Rows,
        Row.Choice<EndpointControllerNode>("reactor", "poll", s_pollModes, (n, v) => n.PollMode = v, n => n.PollMode),
        Row.Number<EndpointControllerNode>("reactor", "count", 1, ReactorsMaximum, (n, v) => n.ReactorCount = v, n => n.ReactorCount),
        Row.Choice<EndpointControllerNode>("reactor", "register_memory", s_switch, (n, v) => n.RegisterMemory = v, n => n.RegisterMemory),
        new AttributeRow<EndpointControllerNode>(
            "reactor",
            "cpu",
            $"0 to {Threads.MaximumCpus - 1}, with commas between those of several reactors",
            SetCpus,
            n => n.Cpus is null ? null : string.Join(',', n.Cpus)),
    ]);

    private static string? SetCpus(EndpointControllerNode node, string text)
    {
        List<uint> cpus = [];
        foreach (string one in text.Split(','))
        {
            string? problem = ValueText.ParseNumber(one, 0, Threads.MaximumCpus - 1, out uint cpu);
            if (problem is not null || cpus.Contains(cpu))
            {
                return problem ?? "names a CPU twice";
            }

            cpus.Add(cpu);
        }

        node.Cpus = [.. cpus];
        return null;
    }

    private static string? SetDirectory(EndpointControllerNode node, string text)
    {
        node.VfioUserDirectory = text;
        int bytes = System.Text.Encoding.UTF8.GetByteCount(text.TrimEnd('/'));
        return ValueText.CheckPath(text) ?? (bytes + SocketName.Length > UnixSockets.MaximumPathBytes ? $"{bytes} bytes long" : null);
    }
}
