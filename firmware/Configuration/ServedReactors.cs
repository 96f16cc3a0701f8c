using System.Globalization;

namespace Nvmepf.Firmware.Configuration;

/// <summary>
/// The reactors of the process. Each controller's node may say how many there are, on which cores and how they wait; they serve all
/// functions, so nodes that say it have to agree.
/// </summary>
internal static class ServedReactors
{
    /// <summary>Judges what the controllers that start say.</summary>
    /// <exception cref="ConfigurationException">They contradict each other, or ask for what the platform cannot do.</exception>
    public static List<ReactorOptions> Of(List<EndpointControllerNode> controllers)
    {
        EndpointControllerNode? withCount = Agreed(controllers, "count", node => node.ReactorCount?.ToString(CultureInfo.InvariantCulture));
        EndpointControllerNode? withCpus = Agreed(controllers, "cpu", node => node.Cpus is null ? null : string.Join(',', node.Cpus));
        EndpointControllerNode? withPoll = Agreed(controllers, "poll", node => node.PollMode);
        EndpointControllerNode? withMemory = Agreed(controllers, "register_memory", node => node.RegisterMemory);
        int count = (int)(withCount?.ReactorCount ?? 1);
        if (withCpus?.Cpus is uint[] cpus && cpus.Length != count)
        {
            throw ConfigurationException.ForValue(
                PlaceOf(withCpus, "cpu"),
                string.Join(',', cpus),
                $"{cpus.Length} for {count} {(count == 1 ? "reactor" : "reactors")}",
                $"{count}, one for each (--reactors says how many there are)");
        }

        if (count > 1 && controllers.Find(node => node.Platform == EndpointControllerNode.Rk3588Platform) is EndpointControllerNode board)
        {
            throw ConfigurationException.ForValue(
                PlaceOf(board, "count"), $"{count}", "the platform is rk3588, whose one DMA engine serves one reactor", "1");
        }

        List<ReactorOptions> reactors = [];
        for (int i = 0; i < count; i++)
        {
            reactors.Add(new ReactorOptions(
                withPoll?.PollMode == "busy" ? PollMode.Busy : PollMode.Adaptive, withCpus is null ? -1 : (int)withCpus.Cpus![i])
            {
                RegistersMemory = withMemory?.RegisterMemory == "on",
            });
        }

        return reactors;
    }

    /// <summary>Judges what a controller says that starts while others are served: the reactors are there.</summary>
    /// <param name="node">The controller.</param>
    /// <param name="running">The reactors that run.</param>
    /// <exception cref="ConfigurationException">It asks for others.</exception>
    public static void RefuseOthers(EndpointControllerNode node, IReadOnlyList<ReactorOptions> running)
    {
        string cpus = string.Empty;
        foreach (ReactorOptions reactor in running)
        {
            cpus = cpus.Length == 0 ? $"{reactor.Cpu}" : $"{cpus},{reactor.Cpu}";
        }

        Refuse(node, "count", node.ReactorCount?.ToString(CultureInfo.InvariantCulture), $"{running.Count}");
        Refuse(node, "cpu", node.Cpus is null ? null : string.Join(',', node.Cpus), running[0].Cpu < 0 ? "none" : cpus);
        Refuse(node, "poll", node.PollMode, running[0].Poll == PollMode.Busy ? "busy" : "adaptive");
        Refuse(node, "register_memory", node.RegisterMemory, running[0].RegistersMemory ? "on" : "off");
    }

    private static void Refuse(EndpointControllerNode node, string key, string? wanted, string running)
    {
        if (wanted is not null && wanted != running)
        {
            throw ConfigurationException.ForValue(
                PlaceOf(node, key), wanted, $"the process runs with {running}", "the same, or every controller stopped (start 0) before");
        }
    }

    /// <summary>The first node that says something about an attribute, with which the others agree; null where none does.</summary>
    private static EndpointControllerNode? Agreed(List<EndpointControllerNode> controllers, string key, Func<EndpointControllerNode, string?> show)
    {
        EndpointControllerNode? first = controllers.Find(node => show(node) is not null);
        foreach (EndpointControllerNode other in controllers)
        {
            if (first is not null && show(other) is string value && value != show(first))
            {
                throw ConfigurationException.ForValue(
                    PlaceOf(other, key), value, $"another controller of the process has {show(first)}", "the same for all controllers that start");
            }
        }

        return first;
    }

    private static Place PlaceOf(EndpointControllerNode node, string key)
    {
        Place place = node.Place.Member("reactor").Member(key);
        return place.IsOption ? new Place(null, key == "count" ? "--reactors" : $"--{key.Replace('_', '-')}") : place;
    }
}
