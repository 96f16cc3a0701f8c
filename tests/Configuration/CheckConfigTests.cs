using System.Text;
using Nvmepf.Firmware;
using Nvmepf.Firmware.Configuration;
using Xunit;

namespace Nvmepf.Tests.Configuration;

public sealed class CheckConfigTests : IDisposable
{
    private const string Simple = """
        {
          "hosts": [],
          "subsystems": [
            {
              "nqn": "nqn.2026-01.lab.example:ep0",
              "attr": {
                "allow_any_host": "1",
                "version": "2.1",
                "serial": "EP0001",
                "model": "Lab SSD",
                "firmware": "0.1.0",
                "ieee_oui": "0x000000",
                "cntlid_min": "1",
                "cntlid_max": "65519",
                "vendor_id": "0x1b96",
                "subsys_vendor_id": "0x1b96",
                "qid_max": "8"
              },
              "allowed_hosts": [],
              "namespaces": [
                {
                  "nsid": 1,
                  "enable": 1,
                  "ana_grpid": 1,
                  "device": {
                    "path": "file:/srv/disk,size=4G",
                    "uuid": "UUID1",
                    "nguid": "NGUID1"
                  }
                },
                {
                  "nsid": 2,
                  "enable": 1,
                  "ana_grpid": 1,
                  "device": {
                    "path": "ram:1G,lba=4096",
                    "uuid": "UUID2",
                    "nguid": "NGUID2"
                  }
                }
              ]
            }
          ],
          "ports": [
            {
              "portid": 1,
              "addr": {
                "trtype": "pci"
              },
              "param": {
                "max_queue_size": "1024"
              },
              "subsystems": [
                "nqn.2026-01.lab.example:ep0"
              ],
              "ana_groups": [],
              "referrals": []
            }
          ],
          "functions": [
            {
              "name": "nvmepf.0",
              "vendorid": "0x1b96",
              "deviceid": "0xbeef",
              "subsys_vendor_id": "0x1b96",
              "subsys_id": "0xbeef",
              "revid": "0x00",
              "interrupt_pin": "0",
              "msi_interrupts": "9",
              "msix_interrupts": "9",
              "nvme": {
                "portid": "1",
                "subsysnqn": "nqn.2026-01.lab.example:ep0",
                "mdts_kb": "1024",
                "adaptive_interrupts_us": "0"
              }
            }
          ],
          "controllers": [
            {
              "name": "vfio-user.0",
              "start": 1,
              "platform": "vfio-user",
              "vfio_user": {
                "directory": "/run/nvmepf/0"
              },
              "reactor": {
                "poll": "busy",
                "cpu": "1"
              },
              "functions": [
                "nvmepf.0"
              ]
            }
          ]
        }

        """;

    private readonly string _file = Path.Combine(Path.GetTempPath(), $"nvmepf-{Guid.NewGuid():N}.json");

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Options_are_printed_as_the_file_that_means_the_same()
    {
        const string Nqn = "nqn.2026-01.lab.example:ep0";
        (int status, string output, string errors) = Run(
            "--check-config", "--vfio-user", "/run/nvmepf/0", "--namespace", "file:/srv/disk,size=4G", "--namespace=ram:1024M,lba=4096",
            "--subsysnqn", Nqn, "--serial=EP0001", "--model=Lab SSD", "--queues=8", "--mdts-kb=1024", "--poll=busy", "--cpu=1");
        string expected = Simple;
        for (uint nsid = 1; nsid <= 2; nsid++)
        {
            expected = expected.Replace($"\"UUID{nsid}\"", $"\"{StableIdentity.Uuid(Nqn, nsid):D}\"", StringComparison.Ordinal)
                .Replace($"\"NGUID{nsid}\"", $"\"{ValueText.ShowNguid(StableIdentity.Nguid(Nqn, nsid, 0))}\"", StringComparison.Ordinal);
        }

        Assert.Equal((Program.Success, string.Empty), (status, errors));
        Assert.Equal(expected, output);
    }

    [Theory]
    [InlineData(Samples.Nvmetcli)]
    [InlineData(Samples.NvmetcliFull)]
    public void What_is_printed_is_read_to_the_same_effect(string json)
    {
        File.WriteAllText(_file, json);
        (int status, string first, _) = Run("--config", _file, "--vfio-user", "/run/vm", "--check-config");
        Assert.Equal(Program.Success, status);
        Assert.DoesNotContain("secret", first, StringComparison.Ordinal);

        File.WriteAllText(_file, first);
        (status, string second, _) = Run("--check-config", $"--config={_file}");

        Assert.Equal(Program.Success, status);
        Assert.Equal(first, second);
    }

    [Fact]
    public void The_socket_and_the_reactor_of_the_command_line_win_over_the_files()
    {
        File.WriteAllText(_file, Samples.With(controller: "\"reactor\": {\"poll\": \"adaptive\", \"cpu\": 1}"));
        (_, string output, _) = Run("--check-config", "--config", _file, "--vfio-user", "/run/elsewhere", "--poll", "busy");
        ServedFunction served = Judge.File(output);

        Assert.Equal("/run/elsewhere", served.VfioUserDirectory);
        Assert.Equal(new ReactorOptions(PollMode.Busy, 1), served.Reactor);
    }

    [Theory]
    [InlineData("--namespace=ram:1G", "subsystems[].namespaces")]
    [InlineData("--queues=4", "subsystems[].attr.qid_max")]
    [InlineData("--mdts-kb=8", "functions[].nvme.mdts_kb")]
    [InlineData("--vendor-id=1", "subsystems[].attr.vendor_id")]
    [InlineData("--device-id=1", "functions[].deviceid")]
    [InlineData("--serial=1", "subsystems[].attr.serial")]
    [InlineData("--model=1", "subsystems[].attr.model")]
    [InlineData("--subsysnqn=1", "subsystems[].nqn")]
    public void What_the_file_says_cannot_be_said_beside_it(string option, string path)
    {
        string name = option[..option.IndexOf('=', StringComparison.Ordinal)];
        (int status, string output, string errors) = Run("--config", "x.json", option, "--check-config");

        Assert.Equal((Program.WrongUsage, string.Empty), (status, output));
        Assert.Equal($"nvmepf: {name}: cannot go with --config; allowed: {path} in x.json, or {name} without --config\n", errors);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_named()
    {
        (int status, _, string errors) = Run("--config", "/nonexistent/a.json");
        Assert.Equal(
            (
                Program.WrongUsage,
                "nvmepf: --config /nonexistent/a.json: cannot read it: ENOENT (no such file or directory); allowed: a readable JSON file\n"),
            (status, errors));

        (status, _, errors) = Run("--config", "/");
        Assert.Equal(Program.WrongUsage, status);
        Assert.Equal("nvmepf: --config /: cannot read it: EISDIR (is a directory); allowed: a readable JSON file\n", errors);
    }

    [Fact]
    public void A_wrong_option_ends_with_status_2_and_one_line()
    {
        (int status, string output, string errors) = Run([.. Judge.Simple, "--mdts-kb", "300"]);

        Assert.Equal((Program.WrongUsage, string.Empty), (status, output));
        Assert.Equal("nvmepf: --mdts-kb 300: not a power of two; allowed: 8, 16, ... 2048\n", errors);
    }

    [Fact]
    public void Version_and_help_need_nothing_else()
    {
        Assert.Equal((Program.Success, $"nvmepf {Program.Version}\n", string.Empty), Run("--version"));
        Assert.Equal((Program.Success, CommandLine.Usage(), string.Empty), Run("--help"));
        Assert.Matches(@"^\d+\.\d+\.\d+$", Program.Version);
    }

    [Fact]
    public void The_firmware_revision_is_the_version_of_the_binary() => Assert.Equal(Program.Version, Judge.SimpleAnd().Settings.FirmwareRevision);

    [Fact]
    public void What_cannot_be_started_ends_with_status_1_and_one_line()
    {
        string socket = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"));
        (int status, string output, string errors) = Run("--vfio-user", socket, "--namespace", "file:/nonexistent/disk");

        Assert.Equal((Program.StartFailed, string.Empty), (status, output));
        Assert.Equal("nvmepf: /nonexistent/disk: does not exist; give a size to create it (size=4G)\n", errors);
    }

    private static (int Status, string Output, string Errors) Run(params string[] arguments)
    {
        using MemoryStream output = new();
        using MemoryStream errors = new();
        int status = Program.Run(arguments, output, errors);
        return (status, Encoding.UTF8.GetString(output.ToArray()), Encoding.UTF8.GetString(errors.ToArray()));
    }
}
