using Nvmepf.Firmware.Configuration;
using Xunit;

namespace Nvmepf.Tests.Configuration;

/// <summary>What a change of the configuration means for what is served.</summary>
public sealed class DifferenceTests
{
    private static string Json(string namespaces, string attributes = "", string port = "", string function = "") => $$$"""
        {
          "subsystems": [{"nqn": "nqn.2026-01.lab:a", "attr": { {{{attributes}}} }, "namespaces": [{{{namespaces}}}]}],
          "ports": [{"portid": 1, "addr": {"trtype": "pci"}, "subsystems": ["nqn.2026-01.lab:a"] {{{port}}} }],
          "functions": [{"name": "f0", "nvme": {"subsysnqn": "nqn.2026-01.lab:a"} {{{function}}} }],
          "controllers": [{"name": "vm", "vfio_user": {"directory": "/run/vm"}, "functions": ["f0"]}]
        }
        """;

    private static string Namespace(int identifier, string path = "null:1G", int enable = 1) =>
        $$$"""{"nsid": {{{identifier}}}, "enable": {{{enable}}}, "device": {"path": "{{{path}}}"}}""";

    private static ConfigurationDifference Between(string before, string after)
    {
        ConfigurationTree running = Judge.FileTree(before);
        ServedConfiguration serving = ServedConfiguration.Resolve(running);
        Dictionary<string, List<ServedNamespace>> served = new() { ["nqn.2026-01.lab:a"] = [.. serving.Functions[0].Namespaces] };
        ConfigurationTree wanted = Judge.FileTree(after);
        return ConfigurationDifference.Between(running, served, serving.Functions, wanted, ServedConfiguration.Resolve(wanted));
    }

    [Fact]
    public void The_same_configuration_is_no_change()
    {
        ConfigurationDifference difference = Between(Json(Namespace(1)), Json(Namespace(1)));
        Assert.Empty(difference.Added);
        Assert.Empty(difference.Removed);
        Assert.Empty(difference.Postponed);
    }

    [Fact]
    public void Namespaces_come_and_go()
    {
        ConfigurationDifference difference = Between(
            Json($"{Namespace(1)}, {Namespace(2)}, {Namespace(3, enable: 0)}"), Json($"{Namespace(1)}, {Namespace(2, enable: 0)}, {Namespace(3)}"));
        Assert.Equal(3u, Assert.Single(difference.Added).Namespace.NamespaceId);
        Assert.Equal(2u, Assert.Single(difference.Removed).Namespace.NamespaceId);
        Assert.Empty(difference.Postponed);
    }

    [Fact]
    public void An_enabled_namespace_keeps_its_storage()
    {
        ConfigurationDifference difference = Between(Json(Namespace(1)), Json(Namespace(1, "null:2G")));
        Assert.Empty(difference.Added);
        Assert.Empty(difference.Removed);
        Assert.Equal(
            "a.json: subsystems[0].namespaces[0]: cannot change while the namespace is enabled; set enable to 0, then to 1",
            Assert.Single(difference.Postponed));
    }

    [Theory]
    [InlineData("\"model\": \"x\"", "", "", "subsystems[0].attr.model")]
    [InlineData("", ", \"param\": {\"mdts\": 3}", "", "ports[0].param.mdts")]
    [InlineData("", ", \"ana_groups\": [{\"grpid\": 1}]", "", "ports[0].ana_groups[0]")]
    [InlineData("", "", ", \"deviceid\": \"0x1234\"", "functions[0].deviceid")]
    public void What_hosts_were_told_when_they_came_waits(string attributes, string port, string function, string path)
    {
        ConfigurationDifference difference = Between(Json(Namespace(1)), Json(Namespace(1), attributes, port, function));
        Assert.Contains(difference.Postponed, line => line.StartsWith($"a.json: {path}", StringComparison.Ordinal)
            && line.Contains(": cannot ", StringComparison.Ordinal) && line.Contains("(start 0)", StringComparison.Ordinal));
    }

    [Fact]
    public void A_value_that_waits_is_named_with_the_one_that_is_served() => Assert.Contains(
        Between(Json(Namespace(1), "\"model\": \"old\""), Json(Namespace(1), "\"model\": \"new\"")).Postponed,
        line => line.StartsWith("a.json: subsystems[0].attr.model \"new\": cannot change while it is served as \"old\"; ", StringComparison.Ordinal));

    [Fact]
    public void The_state_of_an_ANA_group_changes_while_it_is_served()
    {
        const string Group = ", \"ana_groups\": [{\"grpid\": 3, \"ana\": {\"state\": \"STATE\"}}]";
        ConfigurationDifference difference = Between(
            Json(Namespace(1), port: Group.Replace("STATE", "optimized", StringComparison.Ordinal)),
            Json(Namespace(1), port: Group.Replace("STATE", "inaccessible", StringComparison.Ordinal)));
        Assert.Empty(difference.Postponed);
        (PortNode port, AnaGroupNode running, AnaGroupNode wanted) = Assert.Single(difference.AnaStates);
        Assert.Equal((1u, 3u, "optimized", "inaccessible"), (port.PortId, running.GroupId, running.State, wanted.State));
    }
}
