using Nvmepf.Firmware.Configuration;
using Nvmepf.Firmware.Passthrough;
using Xunit;

namespace Nvmepf.Tests.Configuration;

/// <summary>Where commands go instead of to namespaces: the option and the attributes.</summary>
public sealed class PassthroughTests
{
    private const string Volume = "transport=tcp,traddr=192.0.2.1,trsvcid=4420,nqn=nqn.2026-01.test:volume";

    [Fact]
    public void A_local_controller_is_one_option()
    {
        PassthroughSettings settings = Resolve("--passthrough", "/dev/nvme0").Passthrough!;
        Assert.Equal(("/dev/nvme0", null, false), (settings.DevicePath, settings.ConnectOptions, settings.ClearIdentifiers));
        Assert.Equal((20u, 40u), (settings.IoTimeoutSeconds, settings.AdminTimeoutSeconds));
        Assert.Equal((false, false, false), (settings.HasOwnSerial, settings.HasOwnModel, settings.HasOwnFirmwareRevision));
    }

    [Fact]
    public void So_is_one_to_connect_and_what_is_given_of_the_identity_counts()
    {
        ServedFunction function = Resolve("--passthrough", Volume, "--serial", "S1");
        Assert.Equal((null, Volume), (function.Passthrough!.DevicePath, function.Passthrough.ConnectOptions));
        Assert.True(function.Passthrough.HasOwnSerial);
        Assert.False(function.Passthrough.HasOwnModel);
        Assert.Equal("S1", function.Settings.Serial);
        Assert.Empty(function.Namespaces);
    }

    [Fact]
    public void The_same_target_gives_the_same_subsystem() =>
        Assert.Equal(Resolve("--passthrough", Volume).Settings.SubsystemNqn, Resolve("--passthrough", Volume).Settings.SubsystemNqn);

    [Theory]
    [InlineData("nvme0", "neither a path nor options to connect")]
    [InlineData("transport=tcp,traddr=192.0.2.1", "transport, traddr or nqn is missing")]
    public void A_wrong_target_is_named(string target, string problem)
    {
        ConfigurationException wrong = Assert.Throws<ConfigurationException>(() => Resolve("--passthrough", target));
        Assert.Equal($"--passthrough {target}: {problem}; allowed: {PassthroughChoice.Form}", wrong.Message);
    }

    [Fact]
    public void Namespaces_and_passthrough_exclude_each_other()
    {
        ConfigurationException wrong = Assert.Throws<ConfigurationException>(
            () => Resolve("--passthrough", "/dev/nvme0", "--namespace", "ram:1M"));
        Assert.Contains("namespace 1 is enabled too", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_file_names_everything_that_nvmet_does()
    {
        const string Group = """
            "passthru": [{"device": {"path": "/dev/nvme1"}, "enable": 1, "clear_ids": 1, "admin_timeout": 5, "io_timeout": 0}]
            """;
        string json = Samples.With(subsystem: Group);
        ConfigurationTree tree = JsonLoader.Load(System.Text.Encoding.UTF8.GetBytes(json), "file");
        ImpliedNodes.Add(tree, null);
        tree.Subsystems[0].Namespaces.ForEach(node => node.Enable = false);
        PassthroughSettings settings = ServedConfiguration.Resolve(tree).Functions[0].Passthrough!;
        Assert.Equal(("/dev/nvme1", true, 5u, 20u), (settings.DevicePath, settings.ClearIdentifiers, settings.AdminTimeoutSeconds, settings.IoTimeoutSeconds));
    }

    private static ServedFunction Resolve(params string[] options)
    {
        CommandLine line = CommandLine.Parse([.. options, "--vfio-user", "/run/nvmepf"]);
        return ServedConfiguration.Resolve(CommandLineTree.Build(line, () => "machine")).Functions[0];
    }
}
