using System.Linq;
using Nvmepf.Firmware;
using Nvmepf.Firmware.Configuration;
using Xunit;

namespace Nvmepf.Tests.Configuration;

public sealed class CommandLineTests
{
    private const string Options = "--vfio-user, --platform, --registers, --bringup, --bar-memory, --buffer-memory, --rk3588, --no-dma, "
        + "--namespace, --passthrough, --queues, --mdts-kb, --interrupt-pin, --adaptive-interrupts, --vendor-id, --device-id, --serial, --model, "
        + "--subsysnqn, --config, --configfs, --export-configfs, --export-json, --doorbells, --poll, --reactors, --cpu, --register-memory, --lock-memory, --ready-file, --watchdog, "
        + "--console, --check-config, --version, --help";

    public static TheoryData<string, string> WrongOptions { get; } = new()
    {
        { "--mdts-kb 300", "--mdts-kb 300: not a power of two; allowed: 8, 16, ... 2048" },
        { "--mdts-kb 4", "--mdts-kb 4: less than 8; allowed: 8, 16, ... 2048" },
        { "--mdts-kb 0", "--mdts-kb 0: less than 8; allowed: 8, 16, ... 2048" },
        { "--mdts-kb 4096", "--mdts-kb 4096: more than 2048; allowed: 8, 16, ... 2048" },
        { "--mdts-kb 512K", "--mdts-kb 512K: not a number; allowed: 8, 16, ... 2048" },
        { "--mdts-kb -8", "--mdts-kb -8: less than 8; allowed: 8, 16, ... 2048" },
        { "--mdts-kb 99999999999999999999999", "--mdts-kb 99999999999999999999999: more than 2048; allowed: 8, 16, ... 2048" },
        { "--queues 0", "--queues 0: less than 1; allowed: 1 to 128" },
        { "--queues 129", "--queues 129: more than 128; allowed: 1 to 128" },
        { "--queues four", "--queues four: not a number; allowed: 1 to 128" },
        { "--queues 0x", "--queues 0x: not a number; allowed: 1 to 128" },
        { "--queues 0x81", "--queues 0x81: more than 0x80; allowed: 1 to 128" },
        { "--vendor-id 0", "--vendor-id 0: less than 1; allowed: 0x0001 to 0xfffe" },
        { "--vendor-id 0xffff", "--vendor-id 0xffff: more than 0xfffe; allowed: 0x0001 to 0xfffe" },
        { "--vendor-id 1b96", "--vendor-id 1b96: not a number; allowed: 0x0001 to 0xfffe" },
        { "--device-id 0x10000", "--device-id 0x10000: more than 0xfffe; allowed: 0x0000 to 0xfffe" },
        { "--device-id beef", "--device-id beef: not a number; allowed: 0x0000 to 0xfffe" },
        {
            "--serial 123456789012345678901",
            "--serial 123456789012345678901: 21 characters long; allowed: 1 to 20 printable ASCII characters"
        },
        { "--serial=", "--serial \"\": empty; allowed: 1 to 20 printable ASCII characters" },
        { "--serial=a\nb", "--serial a?b: not printable ASCII; allowed: 1 to 20 printable ASCII characters" },
        {
            "--model 01234567890123456789012345678901234567890",
            "--model 01234567890123456789012345678901234567890: 41 characters long; allowed: 1 to 40 printable ASCII characters"
        },
        { "--model Gr\u00fcn", "--model Gr\u00fcn: not printable ASCII; allowed: 1 to 40 printable ASCII characters" },
        {
            "--subsysnqn nqn.2014-08.org/x",
            "--subsysnqn nqn.2014-08.org/x: contains a blank, a slash or a control character; allowed: 1 to 223 bytes without blanks and slashes, "
                + "best as nqn.YYYY-MM.REVERSE.DOMAIN:NAME"
        },
        { "--poll always", "--poll always: not known; allowed: busy, adaptive" },
        { "--cpu 1024", "--cpu 1024: more than 1023; allowed: 0 to 1023, with commas between those of several reactors" },
        { "--cpu -1", "--cpu -1: less than 0; allowed: 0 to 1023, with commas between those of several reactors" },
        { "--cpu 1,1", "--cpu 1,1: names a CPU twice; allowed: 0 to 1023, with commas between those of several reactors" },
        { "--cpu 0,1", "--cpu 0,1: 2 for 1 reactor; allowed: 1, one for each (--reactors says how many there are)" },
        { "--reactors 2 --cpu 0", "--cpu 0: 1 for 2 reactors; allowed: 2, one for each (--reactors says how many there are)" },
        { "--reactors 0", "--reactors 0: less than 1; allowed: 1 to 8" },
        { "--reactors 9", "--reactors 9: more than 8; allowed: 1 to 8" },
        { "--fast", $"--fast: unknown option; allowed: {Options}" },
        { "-q", $"-q: unknown option; allowed: {Options}" },
        { "disk.img", $"unexpected argument \"disk.img\"; allowed: {Options}" },
        { "--queues", "--queues: needs a value: --queues N" },
        { "--queues 4 --queues 5", "--queues: given twice" },
        { "--vfio-user /run/other", "--vfio-user: given twice" },
        { "--check-config=yes", "--check-config: takes no value" },
        { "--namespace file:", $"--namespace file:: no path; allowed: {NamespaceSource.Form}" },
        { "--namespace disk:1G", $"--namespace disk:1G: unknown kind of storage 'disk'; allowed: {NamespaceSource.Form}" },
        { "--namespace disk", $"--namespace disk: no kind of storage; allowed: {NamespaceSource.Form}" },
        { "--namespace ram:", $"--namespace ram:: no size; allowed: {NamespaceSource.Form}" },
        { "--namespace ram:0", $"--namespace ram:0: the size is zero; allowed: {NamespaceSource.Form}" },
        { "--namespace ram:1X", $"--namespace ram:1X: the size is not a size; allowed: {NamespaceSource.Form}" },
        {
            "--namespace ram:1000",
            $"--namespace ram:1000: the size is not a multiple of 512 bytes, the logical block; allowed: {NamespaceSource.Form}"
        },
        {
            "--namespace ram:512,lba=4096",
            $"--namespace ram:512,lba=4096: the size is not a multiple of 4096 bytes, the logical block; allowed: {NamespaceSource.Form}"
        },
        {
            "--namespace null:8388608T",
            $"--namespace null:8388608T: the size is larger than any file (2^63 - 1 bytes); allowed: {NamespaceSource.Form}"
        },
        { "--namespace ram:1G,lba=520", $"--namespace ram:1G,lba=520: lba=520 is neither 512 nor 4096; allowed: {NamespaceSource.Form}" },
        {
            "--namespace ram:1G,lba=512,lba=512",
            $"--namespace ram:1G,lba=512,lba=512: lba is given twice; allowed: {NamespaceSource.Form}"
        },
        { "--namespace file:/srv/a,poll=yes", $"--namespace file:/srv/a,poll=yes: poll=yes is neither on nor off; allowed: {NamespaceSource.Form}" },
        { "--namespace ram:1G,poll=on", $"--namespace ram:1G,poll=on: unknown setting 'poll='; allowed: {NamespaceSource.Form}" },
        {
            "--namespace block:/dev/a,poll=on,poll=off",
            $"--namespace block:/dev/a,poll=on,poll=off: poll is given twice; allowed: {NamespaceSource.Form}"
        },
        { "--namespace ram:1G,size=1G", $"--namespace ram:1G,size=1G: unknown setting 'size='; allowed: {NamespaceSource.Form}" },
        { "--namespace file:/a,size=4Q", $"--namespace file:/a,size=4Q: size=4Q is not a size; allowed: {NamespaceSource.Form}" },
        { "--namespace file:/a,colour=red", $"--namespace file:/a,colour=red: unknown setting 'colour='; allowed: {NamespaceSource.Form}" },
        {
            "--namespace block:/dev/x,size=4G",
            $"--namespace block:/dev/x,size=4G: unknown setting 'size='; allowed: {NamespaceSource.Form}"
        },
        {
            "--namespace file:/a --namespace file:/b/../a",
            "--namespace file:/a: namespace 2 is there already; allowed: storage that no other namespace uses"
        },
        {
            "--config a.json",
            "--namespace: cannot go with --config; allowed: subsystems[].namespaces in a.json, or --namespace without --config"
        },
    };

    [Theory]
    [MemberData(nameof(WrongOptions))]
    public void A_wrong_option_is_answered_with_one_line(string options, string line)
    {
        string error = Judge.ErrorOfOptions([.. Judge.Simple, .. options.Split(' ')]);

        Assert.Equal(line, error);
        Assert.DoesNotContain('\n', error);
    }

    [Fact]
    public void What_is_missing_is_named()
    {
        Assert.Equal(
            "nothing to serve; allowed: --vfio-user DIR --namespace SPEC, or --config FILE (see nvmepf --help)",
            Judge.ErrorOfOptions());
        Assert.Equal($"--namespace: is missing; allowed: {NamespaceSource.Form}", Judge.ErrorOfOptions("--vfio-user", "/run/x"));
        Assert.Equal("--vfio-user: is missing; allowed: a directory for the socket", Judge.ErrorOfOptions("--namespace", "ram:1G"));
    }

    [Fact]
    public void A_socket_path_that_the_system_cannot_take_is_refused()
    {
        string fits = "/" + new string('d', 100);
        string tooLong = "/" + new string('d', 101);

        Assert.Equal(fits, Judge.Options("--vfio-user", fits, "--namespace", "ram:1G").VfioUserDirectory);
        string error = Judge.ErrorOfOptions("--vfio-user", tooLong, "--namespace", "ram:1G");
        Assert.EndsWith("102 bytes long; allowed: a path of 1 to 101 bytes", error, StringComparison.Ordinal);
        Assert.Equal("--vfio-user \"\": empty; allowed: a path of 1 to 101 bytes", Judge.ErrorOfOptions("--vfio-user=", "--namespace", "ram:1G"));
    }

    [Theory]
    [InlineData("8", 8192u)]
    [InlineData("512", 524288u)]
    [InlineData("0x400", 1048576u)]
    [InlineData("2048", 2097152u)]
    public void Mdts_is_in_kibibytes(string text, uint bytes) =>
        Assert.Equal(bytes, Judge.SimpleAnd("--mdts-kb", text).Settings.MaximumTransferBytes);

    [Theory]
    [InlineData("1", 1)]
    [InlineData("128", 128)]
    public void Each_queue_gets_a_vector_besides_the_admin_queue(string text, int queues)
    {
        ServedFunction served = Judge.SimpleAnd("--queues", text);

        Assert.Equal(queues, served.Settings.IoQueueCount);
        Assert.Equal(queues + 1, served.Identity.MsixVectorCount);
    }

    [Fact]
    public void Identifiers_reach_the_function_and_the_controller()
    {
        ServedFunction served = Judge.SimpleAnd(
            "--vendor-id=0x1234", "--device-id=4660", "--serial", "S 1", "--model=A Disk", "--subsysnqn", "nqn.2026-01.lab.example:ep0");

        Assert.Equal(0x1234, served.Identity.VendorId);
        Assert.Equal(0x1234, served.Identity.SubsystemVendorId);
        Assert.Equal(0x1234, served.Settings.VendorId);
        Assert.Equal(0x1234, served.Settings.SubsystemVendorId);
        Assert.Equal(4660, served.Identity.DeviceId);
        Assert.Equal("S 1", served.Settings.Serial);
        Assert.Equal("A Disk", served.Settings.Model);
        Assert.Equal("nqn.2026-01.lab.example:ep0", served.Settings.SubsystemNqn);
    }

    [Fact]
    public void Defaults_are_those_of_the_usage()
    {
        ServedFunction served = Judge.SimpleAnd();

        Assert.Equal("nvmepf.0", served.Settings.Name);
        Assert.Equal(0x1B96, served.Identity.VendorId);
        Assert.Equal(0x1B96, served.Identity.SubsystemVendorId);
        Assert.Equal(0xBEEF, served.Identity.DeviceId);
        Assert.Equal(0x010802u, served.Identity.ClassCode);
        Assert.Equal(5, served.Identity.MsixVectorCount);
        Assert.Equal(4, served.Settings.IoQueueCount);
        Assert.Equal(512u * 1024, served.Settings.MaximumTransferBytes);
        Assert.Equal(1024, served.Settings.QueueEntriesMax);
        Assert.Equal(0x0002_0100u, served.Settings.Version);
        Assert.Equal(PollMode.Adaptive, served.Reactor.Poll);
        Assert.Equal(-1, served.Reactor.Cpu);
        Assert.Equal("/run/nvmepf/0", served.VfioUserDirectory);
    }

    [Fact]
    public void Reactor_options_are_taken()
    {
        ServedFunction served = Judge.SimpleAnd("--poll=busy", "--cpu", "3");

        Assert.Equal(PollMode.Busy, served.Reactor.Poll);
        Assert.Equal(3, served.Reactor.Cpu);
    }

    [Fact]
    public void Namespaces_are_numbered_in_the_order_given()
    {
        ServedFunction served = Judge.SimpleAnd("--namespace", "file:/srv/disk,size=4G,lba=4096", "--namespace", "ram:1G");

        Assert.Equal([1u, 2u, 3u], served.Namespaces.Select(n => n.NamespaceId));
        Assert.Equal(["null:1T", "file:/srv/disk,size=4G,lba=4096", "ram:1G"], served.Namespaces.Select(n => n.Source.ToString()));
    }

    [Theory]
    [InlineData("nvmepf.0.nqn", "does not begin with nqn.")]
    [InlineData("nqn.a", "no date (YYYY-MM) after nqn.")]
    [InlineData("nqn.2014-13.org:x", "no date (YYYY-MM) after nqn.")]
    public void A_name_that_is_no_NQN_is_taken_with_a_note(string name, string deviation)
    {
        ConfigurationTree tree = Judge.Tree([.. Judge.Simple, "--subsysnqn", name]);

        Assert.Equal(name, Judge.Only(ServedConfiguration.Resolve(tree)).Settings.SubsystemNqn);
        Assert.Equal([$"--subsysnqn \"{name}\" is not an NVMe Qualified Name ({deviation}); hosts take it all the same"], tree.Notes);
    }

    [Theory]
    [InlineData("Serve", "--queues 4")]
    [InlineData("CheckConfiguration", "--check-config")]
    [InlineData("Version", "--version")]
    [InlineData("Help", "--help")]
    [InlineData("Help", "-h")]
    [InlineData("Help", "--check-config --help --version")]
    public void Requests_are_recognised(string request, string arguments) =>
        Assert.Equal(request, CommandLine.Parse(arguments.Split(' ')).Request.ToString());

    [Fact]
    public void The_usage_names_every_option_and_fits_a_terminal()
    {
        string usage = CommandLine.Usage();

        Assert.All(Options.Split(", "), option => Assert.Contains($"  {option} ", usage, StringComparison.Ordinal));
        Assert.All(usage.Split('\n'), line => Assert.True(line.Length <= 120, line));
    }
}
