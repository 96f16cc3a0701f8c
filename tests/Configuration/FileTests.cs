using System.Linq;
using System.Text;
using Nvmepf.Firmware;
using Nvmepf.Firmware.Configuration;
using Xunit;

namespace Nvmepf.Tests.Configuration;

public sealed class FileTests
{
    private const string NqnForm = "allowed: 1 to 223 bytes without blanks and slashes, best as nqn.YYYY-MM.REVERSE.DOMAIN:NAME";

    public static TheoryData<string, string> WrongFiles { get; } = new()
    {
        { "", "line 1, column 1: not valid JSON" },
        { "{\n  \"hosts\": [\n}", "line 3, column 1: not valid JSON" },
        { "[]", "is a list; allowed: an object" },
        { "{\"subsystem\": []}", "subsystem: unknown key; allowed: discovery, hosts, subsystems, ports, functions, controllers" },
        { "{\"subsystems\": {}}", "subsystems: is an object; allowed: a list" },
        { "{\"subsystems\": [1]}", "subsystems[0]: is a number; allowed: an object" },
        { "{\"subsystems\": [{}]}", "subsystems[0].nqn: is missing" },
        { "{\"subsystems\": [{\"nqn\": \"\"}]}", "subsystems[0].nqn: is missing" },
        {
            "{\"subsystems\": [{\"nqn\": \"a\"}, {\"nqn\": \"b c\"}]}",
            $"subsystems[1].nqn \"b c\": contains a blank, a slash or a control character; {NqnForm}"
        },
        { "{\"subsystems\": [{\"nqn\": null}]}", "subsystems[0].nqn: is null; allowed: a string or a number" },
        { "{\"subsystems\": [{\"nqn\": \"a\", \"attr\": []}]}", "subsystems[0].attr: is a list; allowed: an object" },
        { "{\"hosts\": [{\"nqn\": \"h\", \"nqn\": \"i\"}]}", "hosts[0].nqn: is given twice" },
        {
            "{\"hosts\": [{\"nqn\": \"h\", \"dhchap\": {\"hash\": \"md5\"}}]}",
            "hosts[0].dhchap.hash \"md5\": not known; allowed: hmac(sha256), hmac(sha384), hmac(sha512)"
        },
        {
            "{\"hosts\": [{\"nqn\": \"h\", \"dhchap\": {\"keys\": \"x\"}}]}",
            "hosts[0].dhchap.keys: unknown key; allowed: key, ctrl_key, hash, dhgroup"
        },
        { "{\"hosts\": [{\"nqn\": \"h\", \"attr\": {}}]}", "hosts[0].attr: unknown key; allowed: nqn, dhchap" },
        { "{\"discovery\": {\"nqn\": \"nqn x\"}}", $"discovery.nqn \"nqn x\": contains a blank, a slash or a control character; {NqnForm}" },
        { "{\"ports\": [{\"portid\": 65536}]}", "ports[0].portid \"65536\": more than 65535; allowed: 0 to 65535" },
        { "{\"ports\": [{\"portid\": 1.5}]}", "ports[0].portid \"1.5\": not a number; allowed: 0 to 65535" },
        {
            "{\"ports\": [{\"portid\": 1, \"ana_groups\": [{\"grpid\": 129}]}]}",
            "ports[0].ana_groups[0].grpid \"129\": more than 128; allowed: 1 to 128"
        },
        {
            "{\"ports\": [{\"portid\": 1, \"ana_groups\": [{\"grpid\": 1, \"ana\": {\"state\": \"ok\"}}]}]}",
            "ports[0].ana_groups[0].ana.state \"ok\": not known; allowed: optimized, non-optimized, inaccessible, persistent-loss, change"
        },
        { "{\"ports\": [{\"portid\": 1, \"referrals\": [{}]}]}", "ports[0].referrals[0].name: is missing" },
        {
            "{\"controllers\": [{\"name\": \"c\", \"functions\": [\"x\"]}], \"functions\": [{\"name\": \"f\"}]}",
            "functions[0].nvme.subsysnqn: is missing, and no port of type pci has a subsystem; allowed: the nqn of a subsystem"
        },
    };

    public static TheoryData<string, string, string> WrongAttributes { get; } = new()
    {
        { "attributes", "\"qid_max\": \"300\"", "subsystems[0].attr.qid_max \"300\": more than 128; allowed: 1 to 128" },
        { "attributes", "\"qid_max\": 0", "subsystems[0].attr.qid_max \"0\": less than 1; allowed: 1 to 128" },
        {
            "attributes",
            "\"serial\": \"123456789012345678901\"",
            "subsystems[0].attr.serial \"123456789012345678901\": 21 characters long; allowed: 1 to 20 printable ASCII characters"
        },
        {
            "attributes",
            "\"firmware\": \"123456789\"",
            "subsystems[0].attr.firmware \"123456789\": 9 characters long; allowed: 1 to 8 printable ASCII characters"
        },
        {
            "attributes",
            "\"model\": \"a\\nb\"",
            "subsystems[0].attr.model \"a?b\": not printable ASCII; allowed: 1 to 40 printable ASCII characters"
        },
        {
            "attributes",
            "\"version\": \"3.0\"",
            "subsystems[0].attr.version \"3.0\": not a published version of NVMe; allowed: 1.0, 1.1, 1.2, 1.2.1, 1.3, 1.4, 2.0, 2.1"
        },
        {
            "attributes",
            "\"ieee_oui\": \"0x1000000\"",
            "subsystems[0].attr.ieee_oui \"0x1000000\": more than 0xffffff; allowed: 0x000000 to 0xffffff"
        },
        {
            "attributes",
            "\"vendor_id\": \"0xffff\"",
            "subsystems[0].attr.vendor_id \"0xffff\": more than 0xfffe; allowed: 0x0000 to 0xfffe"
        },
        { "attributes", "\"cntlid_min\": \"65520\"", "subsystems[0].attr.cntlid_min \"65520\": more than 65519; allowed: 1 to 65519" },
        {
            "attributes",
            "\"cntlid_min\": \"9\", \"cntlid_max\": \"8\"",
            "subsystems[0].attr.cntlid_min \"9\": more than cntlid_max; allowed: 1 to 8"
        },
        { "attributes", "\"allow_any_host\": \"yes\"", "subsystems[0].attr.allow_any_host \"yes\": neither 0 nor 1; allowed: 0, 1" },
        {
            "attributes",
            "\"allow_any_host\": \"0\"",
            "subsystems[0].attr.allow_any_host \"0\": a PCI host has no name that could be allowed; allowed: 1"
        },
        {
            "attributes",
            "\"pi_enable\": \"1\"",
            "subsystems[0].attr.pi_enable \"1\": protection information is not supported yet; allowed: 0"
        },
        {
            "attributes",
            "\"max_qid\": \"4\"",
            "subsystems[0].attr.max_qid: unknown key; allowed: allow_any_host, version, serial, model, firmware, ieee_oui, cntlid_min, cntlid_max, "
                + "vendor_id, subsys_vendor_id, qid_max, pi_enable"
        },
        { "attributes", "\"serial\": \"a\", \"serial\": \"a\"", "subsystems[0].attr.serial: is given twice" },
        { "attributes", "\"serial\": {}", "subsystems[0].attr.serial: is an object; allowed: a string or a number" },
        {
            "device",
            "\"uuid\": \"1234\"",
            "subsystems[0].namespaces[0].device.uuid \"1234\": not a UUID; allowed: a UUID, as in d592cdf3-0000-4000-8000-000000000001"
        },
        {
            "device",
            "\"nguid\": \"1234\"",
            "subsystems[0].namespaces[0].device.nguid \"1234\": not an NGUID; allowed: 16 bytes in hexadecimal"
        },
        { "device", "\"size\": \"1G\"", "subsystems[0].namespaces[0].device.size: unknown key; allowed: path, uuid, nguid" },
        {
            "subsystem",
            "\"allowed_hosts\": [\"nqn/x\"]",
            $"subsystems[0].allowed_hosts[0] \"nqn/x\": contains a blank, a slash or a control character; {NqnForm}"
        },
        { "subsystem", "\"passthru\": [{}, {}]", "subsystems[0].passthru: has 2 elements; allowed: at most one" },
        {
            "subsystem",
            "\"passthru\": [{\"enable\": 1}]",
            $"subsystems[0].passthru[0].device.path: is missing; allowed: {PassthroughChoice.Form}"
        },
        {
            "subsystem",
            "\"passthru\": [{\"enable\": 1, \"device\": {\"path\": \"/dev/nvme0\"}}]",
            "subsystems[0].passthru[0].device.path \"/dev/nvme0\": namespace 1 is enabled too; "
                + "allowed: passthrough without namespaces, or namespaces without passthrough"
        },
        { "port", "\"param\": {\"mdts\": \"256\"}", "ports[0].param.mdts \"256\": more than 255; allowed: 0 to 255" },
        {
            "port",
            "\"param\": {\"max_queue_size\": \"8\"}",
            "ports[0].param.max_queue_size \"8\": less than 16; allowed: 16 to 1024, or -1 for the default"
        },
        {
            "port",
            "\"param\": {\"max_queue_size\": \"-2\"}",
            "ports[0].param.max_queue_size \"-2\": less than 16; allowed: 16 to 1024, or -1 for the default"
        },
        {
            "port",
            "\"param\": {\"pi_enable\": \"1\"}",
            "ports[0].param.pi_enable \"1\": protection information is not supported yet; allowed: 0"
        },
        {
            "function",
            "\"nvme\": {\"mdts_kb\": \"300\"}",
            "functions[0].nvme.mdts_kb \"300\": not a power of two; allowed: 8, 16, ... 2048"
        },
        {
            "function",
            "\"nvme\": {\"portid\": \"2\"}",
            "functions[0].nvme.portid \"2\": no such port; allowed: the portid of a port of type pci with the subsystem nqn.2026-01.lab:a"
        },
        {
            "function",
            "\"nvme\": {\"subsysnqn\": \"nqn.2026-01.lab:b\"}",
            "functions[0].nvme.subsysnqn \"nqn.2026-01.lab:b\": no such subsystem; allowed: nqn.2026-01.lab:a"
        },
        { "function", "\"nvme\": {\"mdts\": \"8\"}", "functions[0].nvme.mdts: unknown key; allowed: portid, subsysnqn, mdts_kb, transfer_buffers, adaptive_interrupts_us" },
        {
            "function",
            "\"msix_interrupts\": \"257\"",
            "functions[0].msix_interrupts \"257\": more than 256; allowed: 2 to 256, or 0 for no MSI-X"
        },
        {
            "function",
            "\"msix_interrupts\": \"1\"",
            "functions[0].msix_interrupts \"1\": the admin queue and one I/O queue need 2; allowed: 2 to 256, or 0 for no MSI-X"
        },
        { "function", "\"msi_interrupts\": 33", "functions[0].msi_interrupts \"33\": more than 32; allowed: 0 to 32" },
        { "function", "\"interrupt_pin\": 5", "functions[0].interrupt_pin \"5\": more than 4; allowed: 0 to 4" },
        { "function", "\"baseclass_code\": \"0x02\"", "functions[0].baseclass_code \"0x02\": more than 0x1; allowed: 0x01" },
        { "function", "\"subclass_code\": 1", "functions[0].subclass_code \"1\": less than 8; allowed: 0x08" },
        { "function", "\"progif_code\": \"0\"", "functions[0].progif_code \"0\": less than 2; allowed: 0x02" },
        { "function", "\"vendorid\": \"0\"", "functions[0].vendorid \"0\": less than 1; allowed: 0x0001 to 0xffff" },
        { "function", "\"revid\": \"0x100\"", "functions[0].revid \"0x100\": more than 0xff; allowed: 0x00 to 0xff" },
        { "controller", "\"reactor\": {\"poll\": \"never\"}", "controllers[0].reactor.poll \"never\": not known; allowed: busy, adaptive" },
        { "controller", "\"reactor\": {\"cpu\": \"-1\"}", "controllers[0].reactor.cpu \"-1\": less than 0; allowed: 0 to 1023, with commas between those of several reactors" },
        { "controller", "\"start\": 2", "controllers[0].start \"2\": neither 0 nor 1; allowed: 0, 1" },
        {
            "controller",
            "\"start\": false",
            "controllers: no function is linked to a controller that starts; allowed: at least one"
        },
        { "controller", "\"epc\": \"x\"", "controllers[0].epc: unknown key; allowed: name, start, platform, vfio_user, rk3588, reactor, functions" },
    };

    [Theory]
    [MemberData(nameof(WrongFiles))]
    public void A_wrong_file_is_answered_with_one_line(string json, string line)
    {
        string error = Judge.ErrorOfFile(json, isSocketGiven: true);

        Assert.Equal("a.json: " + line, error);
        Assert.DoesNotContain('\n', error);
    }

    [Theory]
    [MemberData(nameof(WrongAttributes))]
    public void A_wrong_attribute_is_named_by_its_path(string where, string member, string line)
    {
        string json = where switch
        {
            "attributes" => Samples.With(attributes: member),
            "device" => Samples.With(device: member),
            "subsystem" => Samples.With(subsystem: member),
            "port" => Samples.With(port: member),
            "function" => Samples.With(function: member),
            _ => Samples.With(controller: member),
        };

        Assert.Equal("a.json: " + line, Judge.ErrorOfFile(json));
    }

    [Theory]
    [InlineData("\"nsid\": 1", "\"nsid\": 0", "subsystems[0].namespaces[0].nsid \"0\": less than 1; allowed: 1 to 8192")]
    [InlineData("\"nsid\": 1, ", "", "subsystems[0].namespaces[0].nsid: is missing")]
    [InlineData("\"path\": \"null:1G\"", "", "subsystems[0].namespaces[0].device.path: is missing; allowed: " + NamespaceSource.Form)]
    [InlineData(
        "\"null:1G\"",
        "\"disk.img\"",
        "subsystems[0].namespaces[0].device.path \"disk.img\": no kind of storage; allowed: " + NamespaceSource.Form)]
    [InlineData("\"portid\": 1, ", "", "ports[0].portid: is missing")]
    [InlineData("\"trtype\": \"pci\"", "\"trtype\": \"usb\"", "ports[0].addr.trtype \"usb\": not known; allowed: pci, rdma, fc, tcp, loop")]
    [InlineData(
        "\"subsystems\": [\"nqn.2026-01.lab:a\"]",
        "\"subsystems\": [\"b\"]",
        "ports[0].subsystems[0] \"b\": no such subsystem; allowed: nqn.2026-01.lab:a")]
    [InlineData(
        "\"functions\": [\"nvmepf.0\"]",
        "\"functions\": [\"f\"]",
        "controllers[0].functions[0] \"f\": no such function; allowed: nvmepf.0")]
    [InlineData(
        "\"functions\": [\"nvmepf.0\"]",
        "\"functions\": []",
        "controllers: no function is linked to a controller that starts; allowed: at least one")]
    [InlineData("\"name\": \"nvmepf.0\"", "\"name\": \"\"", "functions[0].name: is missing")]
    [InlineData(
        "\"vfio_user\": {\"directory\": \"/run/vm\"}, ",
        "",
        "controllers[0].vfio_user.directory: is missing; allowed: a directory for the socket, or --vfio-user DIR")]
    [InlineData("\"enable\": 1", "\"enable\": 2", "subsystems[0].namespaces[0].enable \"2\": neither 0 nor 1; allowed: 0, 1")]
    [InlineData(
        "{\n",
        "{\"hosts\": [{\"nqn\": \"h\"}, {\"nqn\": \"h\"}],",
        "hosts[1].nqn \"h\": is used already; allowed: one that is not")]
    [InlineData(
        "\"subsystems\": [{",
        "\"subsystems\": [{\"nqn\": \"b\"}, {\"nqn\": \"b\"}, {",
        "subsystems[1].nqn \"b\": is used already; allowed: one that is not")]
    [InlineData(
        "\"namespaces\": [{",
        "\"namespaces\": [{\"nsid\": 1}, {",
        "subsystems[0].namespaces[1].nsid \"1\": is used already; allowed: one that is not")]
    [InlineData("\"ports\": [{", "\"ports\": [{\"portid\": 1}, {", "ports[1].portid \"1\": is used already; allowed: one that is not")]
    public void What_must_be_there_once_is_asked_for(string present, string instead, string line)
    {
        string sample = Samples.With();
        Assert.Contains(present, sample, StringComparison.Ordinal);

        Assert.Equal("a.json: " + line, Judge.ErrorOfFile(sample.Replace(present, instead, StringComparison.Ordinal)));
    }

    [Fact]
    public void A_port_has_to_be_of_type_pci_and_to_have_the_subsystem()
    {
        const string Wanted = "the portid of a port of type pci with the subsystem nqn.2026-01.lab:a";
        const string Function = "\"nvme\": {\"portid\": 1, \"subsysnqn\": \"nqn.2026-01.lab:a\"}";

        Assert.Equal(
            $"a.json: functions[0].nvme.portid \"1\": a port of type tcp; allowed: {Wanted}",
            Judge.ErrorOfFile(Samples.With(function: Function).Replace("\"pci\"", "\"tcp\"", StringComparison.Ordinal)));
        Assert.Equal(
            $"a.json: functions[0].nvme.portid \"1\": a port without the function's subsystem; allowed: {Wanted}",
            Judge.ErrorOfFile(Samples.With(function: Function).Replace("[\"nqn.2026-01.lab:a\"]", "[]", StringComparison.Ordinal)));
    }

    [Fact]
    public void What_nvmetcli_saved_is_served_unchanged()
    {
        ServedFunction served = Judge.File(Samples.Nvmetcli, isSocketGiven: true);

        Assert.Equal("nvmepf.0", served.Settings.Name);
        Assert.Equal("nqn.2026-01.lab:ep0", served.Settings.SubsystemNqn);
        Assert.Equal("EP0001", served.Settings.Serial);
        Assert.Equal("Lab SSD", served.Settings.Model);
        Assert.Equal(4, served.Settings.IoQueueCount);
        Assert.Equal(5, served.Identity.MsixVectorCount);
        Assert.Equal(1024, served.Settings.QueueEntriesMax);
        Assert.Equal(524288u, served.Settings.MaximumTransferBytes);
        ServedNamespace only = Assert.Single(served.Namespaces);
        Assert.Equal(new NamespaceSource(StorageKind.Path, "/dev/nullb0", null, null), only.Source);
        Assert.Equal("d592cdf3-0000-4000-8000-000000000001", only.Uuid.ToString("D"));
        Assert.Contains(only.Nguid, value => value != 0);
    }

    [Fact]
    public void Everything_that_nvmetcli_can_save_is_read()
    {
        ConfigurationTree tree = Judge.FileTree(Samples.NvmetcliFull, isSocketGiven: true);
        ServedFunction served = Judge.Only(ServedConfiguration.Resolve(tree));

        Assert.Equal("nvmepf.0.nqn", served.Settings.SubsystemNqn);
        Assert.Equal(6, served.Settings.IoQueueCount);
        Assert.Equal(4096u << 5, served.Settings.MaximumTransferBytes);
        Assert.Equal(1024, served.Settings.QueueEntriesMax);
        Assert.Equal(0x1B96, served.Identity.VendorId);
        Assert.Equal([3u], served.Namespaces.Select(n => n.NamespaceId));
        Assert.Equal(
            [
                "a.json: ports[0].referrals[0].enable \"1\" has no effect here",
                "a.json: subsystems[1].nqn \"nvmepf.0.nqn\" is not an NVMe Qualified Name (does not begin with nqn.); hosts take it all the same",
            ],
            tree.Notes);
    }

    [Fact]
    public void A_file_of_several_subsystems_says_which_one_is_meant()
    {
        string json = Samples.Nvmetcli.Replace("\"subsystems\": [{", "\"subsystems\": [{\"nqn\": \"nqn.2026-01.lab:ep1\"}, {", StringComparison.Ordinal)
            .Replace("[\"nqn.2026-01.lab:ep0\"]", "[\"nqn.2026-01.lab:ep0\", \"nqn.2026-01.lab:ep1\"]", StringComparison.Ordinal);

        Assert.Equal(
            "a.json: functions[0].nvme.subsysnqn: is missing, and there are 2 subsystems on ports of type pci; "
                + "allowed: nqn.2026-01.lab:ep0, nqn.2026-01.lab:ep1",
            Judge.ErrorOfFile(json, isSocketGiven: true));
        Assert.Equal(
            "a.json: controllers: is missing; allowed: a controller with vfio_user.directory, or --vfio-user DIR",
            Judge.ErrorOfFile(Samples.Nvmetcli));
    }

    [Theory]
    [InlineData("", "", 4, 5)]
    [InlineData("\"qid_max\": \"8\"", "", 8, 9)]
    [InlineData("", "\"msix_interrupts\": 9", 8, 9)]
    [InlineData("\"qid_max\": \"8\"", "\"msix_interrupts\": \"5\"", 4, 5)]
    [InlineData("\"qid_max\": \"8\"", "\"msix_interrupts\": 32", 8, 32)]
    [InlineData("", "\"msix_interrupts\": 256", 128, 256)]
    [InlineData("\"qid_max\": \"128\"", "\"msix_interrupts\": 0, \"msi_interrupts\": 4", 3, 0)]
    [InlineData("\"qid_max\": \"128\"", "\"msi_interrupts\": 1", 128, 129)]
    [InlineData("", "\"msi_interrupts\": 8", 7, 8)]
    [InlineData("\"qid_max\": \"64\"", "\"msix_interrupts\": 0", 31, 0)] // MSI alone, which ends at 32
    [InlineData("\"qid_max\": \"8\"", "\"msix_interrupts\": 0, \"msi_interrupts\": 1", 8, 0)] // a single message is shared
    [InlineData("\"qid_max\": \"8\"", "\"msix_interrupts\": 0, \"msi_interrupts\": 0, \"interrupt_pin\": 1", 8, 0)] // so is the pin
    public void Queues_are_bounded_by_qid_max_and_vectors(string attributes, string function, int queues, int vectors)
    {
        ServedFunction served = Judge.File(Samples.With(attributes: attributes, function: function));

        Assert.Equal(queues, served.Settings.IoQueueCount);
        Assert.Equal(vectors, served.Identity.MsixVectorCount);
    }

    [Theory]
    [InlineData("", 0, 5, 5)]
    [InlineData("\"interrupt_pin\": 1", 1, 5, 5)]
    [InlineData("\"interrupt_pin\": 2, \"msi_interrupts\": 0", 2, 0, 5)]
    [InlineData("\"msix_interrupts\": 0", 0, 5, 0)]
    [InlineData("\"msix_interrupts\": 0, \"msi_interrupts\": 0, \"interrupt_pin\": 1", 1, 0, 0)]
    [InlineData("\"msix_interrupts\": 64", 0, 32, 64)]
    public void The_function_says_which_kinds_of_interrupt_there_are(string function, int pin, int messages, int vectors)
    {
        ServedFunction served = Judge.File(Samples.With(function: function));

        Assert.Equal((pin, messages, vectors), (served.Identity.InterruptPin, served.Identity.MsiMessageCount, served.Identity.MsixVectorCount));
    }

    [Fact]
    public void A_function_without_any_interrupt_is_refused()
    {
        Assert.Equal(
            "a.json: functions[0].interrupt_pin \"0\": the function has neither MSI-X nor MSI nor a pin; allowed: one of the three",
            Judge.ErrorOfFile(Samples.With(function: "\"interrupt_pin\": 0, \"msi_interrupts\": 0, \"msix_interrupts\": 0")));
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("\"nvme\": {\"adaptive_interrupts_us\": 100}", 100)]
    [InlineData("\"nvme\": {\"adaptive_interrupts_us\": \"2500\"}", 2500)]
    public void Adaptive_interrupts_are_off_unless_they_are_switched_on(string function, int microseconds) =>
        Assert.Equal(microseconds, Judge.File(Samples.With(function: function)).Settings.AdaptiveInterruptsMicroseconds);

    [Theory]
    [InlineData("512", "0", 524288u)]
    [InlineData("512", "1", 8192u)]
    [InlineData("512", "7", 524288u)]
    [InlineData("512", "8", 524288u)]
    [InlineData("2048", "9", 2097152u)]
    [InlineData("2048", "255", 2097152u)]
    public void The_smaller_of_mdts_kb_and_the_ports_mdts_holds(string kilobytes, string port, uint bytes)
    {
        ServedFunction served = Judge.File(Samples.With(
            function: $"\"nvme\": {{\"mdts_kb\": \"{kilobytes}\"}}", port: $"\"param\": {{\"mdts\": \"{port}\"}}"));

        Assert.Equal(bytes, served.Settings.MaximumTransferBytes);
    }

    [Theory]
    [InlineData("", "", 0x1B96, 0x1B96)]
    [InlineData("\"vendor_id\": \"0x1234\"", "\"vendorid\": \"0x5678\"", 0x1234, 0x1234)]
    [InlineData("\"vendor_id\": \"0x0\"", "\"vendorid\": \"0x5678\"", 0x5678, 0x5678)]
    [InlineData("\"subsys_vendor_id\": \"0x1\"", "\"vendorid\": \"0xffff\", \"subsys_vendor_id\": \"0x2\"", 0x1B96, 0x0001)]
    [InlineData("", "\"subsys_vendor_id\": \"0x2\"", 0x1B96, 0x0002)]
    public void The_subsystems_vendors_win_over_the_functions(string attributes, string function, int vendor, int subsystemVendor)
    {
        ServedFunction served = Judge.File(Samples.With(attributes: attributes, function: function));

        Assert.Equal((vendor, subsystemVendor), (served.Identity.VendorId, served.Identity.SubsystemVendorId));
        Assert.Equal((vendor, subsystemVendor), (served.Settings.VendorId, served.Settings.SubsystemVendorId));
    }

    [Fact]
    public void Function_and_controller_attributes_arrive()
    {
        ServedFunction served = Judge.File(Samples.With(
            attributes: "\"version\": \"1.4\", \"firmware\": \"F1\", \"cntlid_min\": 7",
            function: "\"deviceid\": \"0xcafe\", \"subsys_id\": 3, \"revid\": \"0x1f\", \"baseclass_code\": 1, "
                + "\"subclass_code\": \"0x08\", \"progif_code\": \"2\", \"interrupt_pin\": 1, \"cache_line_size\": 0",
            controller: "\"start\": true, \"reactor\": {\"poll\": \"busy\", \"cpu\": 2}",
            port: "\"param\": {\"max_queue_size\": \"256\"}"));

        Assert.Equal(0xCAFE, served.Identity.DeviceId);
        Assert.Equal(3, served.Identity.SubsystemId);
        Assert.Equal(0x1F, served.Identity.RevisionId);
        Assert.Equal(0x0001_0400u, served.Settings.Version);
        Assert.Equal("F1", served.Settings.FirmwareRevision);
        Assert.Equal(7, served.Settings.ControllerId);
        Assert.Equal(256, served.Settings.QueueEntriesMax);
        Assert.Equal("/run/vm", served.VfioUserDirectory);
        Assert.Equal(new ReactorOptions(PollMode.Busy, 2), served.Reactor);
    }

    [Fact]
    public void Comments_trailing_commas_and_a_byte_order_mark_do_no_harm()
    {
        byte[] json = [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes("// mine\n" + Samples.With(attributes: "\"serial\": \"X\", /* so */"))];

        Assert.Equal("X", JsonLoader.Load(json, "a.json").Subsystems[0].Serial);
    }

    [Fact]
    public void Text_that_is_no_Unicode_is_answered_with_a_line()
    {
        Assert.Equal("a.json: a string is not valid UTF-8 or UTF-16", Judge.ErrorOfFile(Samples.With(attributes: "\"serial\": \"\\ud800\"")));
        byte[] json = [.. "{\"hosts\": [{\"nqn\": \""u8, 0xFF, .. "\"}]}"u8];
        Assert.StartsWith("a.json: ", Assert.Throws<ConfigurationException>(() => JsonLoader.Load(json, "a.json")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_without_end_is_answered_with_a_line() => Assert.EndsWith(
        ": not valid JSON", Judge.ErrorOfFile("{\"hosts\": " + new string('[', 100_000)), StringComparison.Ordinal);
}
