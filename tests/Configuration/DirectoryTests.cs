using System.Text;
using Nvmepf.Firmware;
using Nvmepf.Firmware.Configuration;
using Nvmepf.Firmware.Diagnostics;
using Xunit;

namespace Nvmepf.Tests.Configuration;

/// <summary>A directory that is laid out as /sys/kernel/config is.</summary>
public sealed class DirectoryTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private void RunSession(string more = "") => _directory.Shell(
        $"CONFIG={_directory.Root}; mkdir -p nvmet/subsystems nvmet/ports pci_ep/functions/nvmet_pci_epf pci_ep/controllers/a40000000.pcie-ep\n"
        + EndpointSession.Groups + EndpointSession.Text("/dev/nullb0", "a40000000.pcie-ep") + $"\ncd {_directory.Root}\n" + more);

    private ConfigurationTree Load() => CommandLineTree.Build(
        CommandLine.Parse(["--configfs", _directory.Root, "--vfio-user", "/run/vm"]), () => Judge.MachineId);

    private string Error() => Assert.Throws<ConfigurationException>(() => ServedConfiguration.Resolve(Load())).Message;

    [Fact]
    public void The_session_of_nvmets_users_is_understood()
    {
        RunSession();
        ServedFunction served = Judge.Only(ServedConfiguration.Resolve(Load()));
        Assert.Equal("nvmepf.0", served.Settings.Name);
        Assert.Equal("nvmepf.0.nqn", served.Settings.SubsystemNqn);
        Assert.Equal("Linux-pci-epf", served.Settings.Model);
        Assert.Equal(0x1B96, served.Identity.VendorId);
        Assert.Equal(0xBEEF, served.Identity.DeviceId);
        Assert.Equal(4, served.Settings.IoQueueCount);
        Assert.Equal(32, served.Identity.MsixVectorCount);
        Assert.Equal("/dev/nullb0", Assert.Single(served.Namespaces).Source.Path);
        Assert.Equal("/run/vm", served.VfioUserDirectory);
    }

    [Fact]
    public void A_function_may_leave_out_what_only_one_thing_can_be_meant_by()
    {
        RunSession("rm -r pci_ep/functions/nvmet_pci_epf/nvmepf.0/nvme");
        Assert.Equal("nvmepf.0.nqn", Judge.Only(ServedConfiguration.Resolve(Load())).Settings.SubsystemNqn);
        _directory.Shell("mkdir nvmet/subsystems/other; ln -s ../../../subsystems/other nvmet/ports/1/subsystems/");
        Assert.Equal(
            $"{_directory.Root}/pci_ep/functions/nvmet_pci_epf/nvmepf.0/nvme/subsysnqn: is missing, and there are 2 subsystems on ports of type pci; "
                + "allowed: nvmepf.0.nqn, other",
            Error());
    }

    [Fact]
    public void Nothing_starts_by_itself()
    {
        RunSession("echo 0 > pci_ep/controllers/a40000000.pcie-ep/start");
        Assert.Empty(ServedConfiguration.StartedControllers(Load()));
        Assert.Equal(
            $"{_directory.Root}/pci_ep/controllers: no function is linked to a controller that starts; allowed: at least one", Error());
    }

    [Theory]
    [InlineData("echo 300 > nvmet/subsystems/nvmepf.0.nqn/attr_qid_max", "nvmet/subsystems/nvmepf.0.nqn/attr_qid_max \"300\": more than 128; allowed: 1 to 128")]
    [InlineData("echo yes > nvmet/subsystems/nvmepf.0.nqn/namespaces/1/enable", "nvmet/subsystems/nvmepf.0.nqn/namespaces/1/enable \"yes\": neither 0 nor 1; allowed: 0, 1")]
    [InlineData("mkdir nvmet/subsystems/nvmepf.0.nqn/namespaces/x", "nvmet/subsystems/nvmepf.0.nqn/namespaces/x \"x\": not a number; allowed: 1 to 8192")]
    [InlineData("echo 1 > nvmet/ports/1/attr_x", "nvmet/ports/1/attr_x: unknown file; allowed: addr_trtype, addr_adrfam, addr_treq, addr_traddr, addr_trsvcid, addr_tsas, param_inline_data_size, param_max_queue_size, param_mdts, param_pi_enable, subsystems, ana_groups, referrals")]
    [InlineData("mkdir nvmet/x", "nvmet/x: unknown directory; allowed: hosts, subsystems, ports")]
    [InlineData("echo a > nvmet/ports/a", "nvmet/ports/a: is not a directory; allowed: directories, made by mkdir")]
    [InlineData("echo a > nvmet/ports/1/subsystems/a", "nvmet/ports/1/subsystems/a: is not a symbolic link; allowed: links, made by ln -s")]
    [InlineData("ln -s nowhere/other nvmet/ports/1/subsystems/", "nvmet/ports/1/subsystems[1] \"other\": no such subsystem; allowed: nvmepf.0.nqn")]
    [InlineData("echo nope > pci_ep/functions/nvmet_pci_epf/nvmepf.0/nvme/subsysnqn", "pci_ep/functions/nvmet_pci_epf/nvmepf.0/nvme/subsysnqn \"nope\": no such subsystem; allowed: nvmepf.0.nqn")]
    [InlineData("echo 300 > pci_ep/functions/nvmet_pci_epf/nvmepf.0/nvme/mdts_kb", "pci_ep/functions/nvmet_pci_epf/nvmepf.0/nvme/mdts_kb \"300\": not a power of two; allowed: 8, 16, ... 2048")]
    [InlineData("echo 0 > nvmet/subsystems/nvmepf.0.nqn/attr_allow_any_host", "nvmet/subsystems/nvmepf.0.nqn/attr_allow_any_host \"0\": a PCI host has no name that could be allowed; allowed: 1")]
    [InlineData("mkdir -p pci_ep/functions/pci_epf_test", "pci_ep/functions/pci_epf_test: unknown directory; allowed: nvmet_pci_epf")]
    [InlineData("head -c 5000 /dev/zero > nvmet/ports/1/addr_traddr", "nvmet/ports/1/addr_traddr: holds 5000 bytes; allowed: up to 4096")]
    [InlineData("mkfifo nvmet/ports/1/addr_treq", "nvmet/ports/1/addr_treq: is not a file; allowed: files, made by echo")]
    [InlineData("ln -s /dev/zero nvmet/ports/1/addr_treq", "nvmet/ports/1/addr_treq: is not a file; allowed: files, made by echo")]
    [InlineData("ln -s gone nvmet/ports/1/addr_treq", "nvmet/ports/1/addr_treq: cannot read it: no such file or directory")]
    [InlineData("cd pci_ep/functions/nvmet_pci_epf/nvmepf.0; command mkdir primary secondary; ln -s ../x secondary", "pci_ep/functions/nvmet_pci_epf/nvmepf.0/secondary/x: cannot be here; allowed: nothing, a function is linked in pci_ep/controllers/NAME")]
    public void What_is_wrong_is_named_by_its_path(string script, string line)
    {
        RunSession(script);
        Assert.Equal($"{_directory.Root}/{line}", Error());
    }

    [Fact]
    public void The_longest_list_of_what_is_allowed_fits_a_line_of_the_log()
    {
        RunSession("echo a > pci_ep/controllers/a40000000.pcie-ep/unknown");
        byte[] line = new byte[LogLine.LengthMax];
        string text = "Configuration not taken: " + Error().Replace(_directory.Root, "/" + new string('d', 255), StringComparison.Ordinal);
        int length = LogLine.Format(line, 0, text, 0, 0, 0);
        Assert.EndsWith(text[^20..], LogLine.TextOf(line.AsSpan(0, length)), StringComparison.Ordinal);
    }

    [Fact]
    public void Values_without_a_newline_empty_files_and_what_editors_leave_are_fine()
    {
        RunSession("""
            cd nvmet/subsystems/nvmepf.0.nqn
            printf 7 > attr_qid_max; : > attr_serial; echo x > attr_model~; echo x > .attr_model.swp
            """);
        ServedFunction served = Judge.Only(ServedConfiguration.Resolve(Load()));
        Assert.Equal(7, served.Settings.IoQueueCount);
        Assert.Equal("Linux-pci-epf", served.Settings.Model);
    }

    [Fact]
    public void Check_config_judges_before_anything_is_started_and_prints_a_file_to_the_same_effect()
    {
        RunSession("rm pci_ep/controllers/a40000000.pcie-ep/start");
        string[] arguments = ["--configfs", _directory.Root, "--vfio-user", "/run/vm", "--check-config"];
        using MemoryStream output = new();
        using MemoryStream errors = new();
        Assert.True(Program.Run(arguments, output, errors) == Program.Success, Encoding.UTF8.GetString(errors.ToArray()));
        Assert.Equal("Linux-pci-epf", Judge.File(Encoding.UTF8.GetString(output.ToArray())).Settings.Model);
    }

    [Theory]
    [InlineData("session")]
    [InlineData("nvmetcli")]
    [InlineData("full")]
    public void Exported_and_read_again_it_is_the_same_configuration(string kind)
    {
        string json = kind == "nvmetcli" ? Samples.Nvmetcli : Samples.NvmetcliFull;
        string[] source = ["--config", _directory["a.json"]];
        if (kind == "session")
        {
            RunSession();
            source = ["--configfs", _directory.Root];
        }
        else
        {
            File.WriteAllText(_directory["a.json"], json);
        }

        string copy = Path.Combine(_directory.Root + "-copy");
        try
        {
            string first = Check([.. source, "--vfio-user", "/run/vm"]);
            RunWell([.. source, "--vfio-user", "/run/vm", "--export-configfs", copy]);
            Assert.Equal(Lines(first), Lines(Check(["--configfs", copy])));
            using MemoryStream errors = new();
            Assert.Equal(Program.StartFailed, Program.Run([.. source, "--vfio-user", "/run/vm", "--export-configfs", copy], Stream.Null, errors));
            Assert.Contains("is not empty; allowed: an empty directory", Encoding.UTF8.GetString(errors.ToArray()), StringComparison.Ordinal);
        }
        finally
        {
            _directory.Shell($"rm -rf {copy}");
        }
    }

    [Theory]
    [InlineData("--config", "x.json", "--config: cannot go with --configfs; allowed: that below /x, or --config without --configfs")]
    [InlineData("--queues", "3", "--queues: cannot go with --configfs; allowed: subsystems[].attr.qid_max below /x, or --queues without --configfs")]
    public void Options_that_say_the_same_are_refused(string option, string value, string line) =>
        Assert.Equal(line, Judge.ErrorOfOptions("--configfs", "/x", option, value));

    [Fact]
    public void A_directory_that_is_not_there_is_named() => Assert.Equal(
        "--configfs /does/not/exist: no such directory; allowed: a directory with nvmet and pci_ep",
        Judge.ErrorOfOptions("--configfs", "/does/not/exist"));

    /// <summary>The lines in an order of their own: a directory lists by name, a file as somebody wrote it.</summary>
    private static string Lines(string json)
    {
        string[] lines = Array.ConvertAll(json.Split('\n'), line => line.TrimEnd(','));
        Array.Sort(lines, StringComparer.Ordinal);
        return string.Join('\n', lines);
    }

    private static string Check(string[] arguments) => RunWell([.. arguments, "--check-config"]);

    private static string RunWell(string[] arguments)
    {
        using MemoryStream output = new();
        using MemoryStream errors = new();
        Assert.True(Program.Run(arguments, output, errors) == Program.Success, Encoding.UTF8.GetString(errors.ToArray()));
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
