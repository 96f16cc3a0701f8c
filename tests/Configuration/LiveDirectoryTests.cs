using System.Diagnostics;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.Spec;
using Nvmepf.Tests.HostDriver;
using Xunit;

namespace Nvmepf.Tests.Configuration;

/// <summary>The firmware as a process that follows a directory, under a host that is attached all the while.</summary>
[Collection("firmware process")]
public sealed class LiveDirectoryTests : IDisposable
{
    private const string Namespaces = "nvmet/subsystems/nvmepf.0.nqn/namespaces";
    private const string Controller = "pci_ep/controllers/vfio-user.0";
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_session_is_served_as_it_is_typed_and_followed_while_a_host_is_there()
    {
        _directory.Shell("mkdir config; truncate -s 1M disk disk2");
        using FirmwareProcess firmware = new("--configfs", _directory["config"]);
        WaitFor(() => Directory.Exists(_directory["config/" + Controller]), "the directories of configfs", firmware);
        _directory.Shell($"CONFIG={_directory["config"]}\n{EndpointSession.Pauses}{EndpointSession.Text(_directory["disk"], "vfio-user.0")}");

        using NvmeHost host = Attach(firmware);
        Assert.Equal("Linux-pci-epf", System.Text.Encoding.ASCII.GetString(host.Identify(1), 24, 40).Trim());
        Assert.Equal((4, 4), host.RequestQueues(64));
        Assert.Equal([1u], ActiveNamespaces(host));
        Assert.Equal(2048u, SizeBlocks(host, 1));
        _ = host.Admin(new SubmissionQueueEntry
        {
            Cdw0 = new CommandDword0 { Opcode = (byte)AdminOpcode.SetFeatures }, Cdw10 = (uint)FeatureId.AsynchronousEventConfiguration, Cdw11 = 0x100,
        });

        // Each change is told by an event, after which the host looks.
        Change(host, firmware, $"mkdir 2; echo -n {_directory["disk2"]} > 2/device_path; echo 1 > 2/enable", 2);
        Assert.Equal([1u, 2u], ActiveNamespaces(host));
        Change(host, firmware, $"truncate -s 3M {_directory["disk2"]}", 2);
        Assert.Equal(6144u, SizeBlocks(host, 2));
        Change(host, firmware, $"truncate -s 2M {_directory["disk2"]}; echo 1 > 2/revalidate_size", 2);
        Assert.Equal(4096u, SizeBlocks(host, 2));
        Change(host, firmware, "echo 0 > 1/enable", 1);
        Assert.Equal([2u], ActiveNamespaces(host));
        Change(host, firmware, "echo 1 > 1/enable", 1);
        Change(host, firmware, "rm -r 2", 2);
        Assert.Equal([1u], ActiveNamespaces(host));

        // What is wrong, or cannot be changed now, is said and changes nothing.
        Edit("echo 300 > ../attr_qid_max");
        WaitFor(() => firmware.Log.Contains("attr_qid_max \"300\": more than 128; allowed: 1 to 128", StringComparison.Ordinal), "the error", firmware);
        Edit("echo 4 > ../attr_qid_max; echo -n other > ../attr_model");
        WaitFor(() => firmware.Log.Contains("attr_model \"other\": cannot change while it is served as \"Linux-pci-epf\"; the change waits until controller vfio-user.0 has stopped (start 0) and starts again", StringComparison.Ordinal), "the note", firmware);
        Edit($"mkdir 3; echo /does/not/exist > 3/device_path; echo 1 > 3/enable; echo {_directory["disk2"]} > 1/device_path");
        WaitFor(() => firmware.Log.Contains("namespaces/3: cannot enable it: /does/not/exist: does not exist", StringComparison.Ordinal), "the error", firmware);
        WaitFor(() => firmware.Log.Contains("namespaces/1: cannot change while the namespace is enabled", StringComparison.Ordinal), "the note", firmware);
        Assert.Equal([1u], ActiveNamespaces(host));
        Assert.Equal(2048u, SizeBlocks(host, 1));
        Assert.Equal(0, firmware.Terminate());
    }

    [Fact]
    public void A_controller_stops_and_starts_with_what_was_changed_meanwhile()
    {
        _directory.Shell("mkdir config");
        using FirmwareProcess firmware = new("--configfs", _directory["config"]);
        WaitFor(() => Directory.Exists(_directory["config/" + Controller]), "the directories of configfs", firmware);
        _directory.Shell($"CONFIG={_directory["config"]}\n{EndpointSession.Pauses}{EndpointSession.Text("ram:1M", "vfio-user.0")}");
        using (NvmeHost host = Attach(firmware))
        {
            Assert.Equal([1u], ActiveNamespaces(host));
        }

        _directory.Shell($"cd config; echo 0 > {Controller}/start; echo -n other > nvmet/subsystems/nvmepf.0.nqn/attr_model");
        WaitFor(() => firmware.Log.Contains("Reactor ran", StringComparison.Ordinal), "the end", firmware);
        WaitFor(() => !File.Exists(Path.Join(firmware.Folder, "cntrl")), "the end of the socket", firmware);
        _directory.Shell($"echo 1 > config/{Controller}/start");
        using (NvmeHost host = Attach(firmware))
        {
            Assert.Equal("other", System.Text.Encoding.ASCII.GetString(host.Identify(1), 24, 40).Trim());
        }

        Assert.Equal(0, firmware.Terminate());
    }

    [Fact]
    public void Everything_may_change_while_a_controller_is_stopped()
    {
        _directory.Shell("mkdir config; truncate -s 2M disk");
        using FirmwareProcess firmware = new("--configfs", _directory["config"]);
        Start(firmware);
        using (NvmeHost host = Attach(firmware))
        {
            Assert.Equal((4, 4), host.RequestQueues(64));
        }

        // Another subsystem, port and function, linked in place of the old ones.
        _directory.Shell($$"""
            cd config; echo 0 > {{Controller}}/start
            mkdir -p nvmet/subsystems/new.nqn/namespaces/7 nvmet/ports/9/subsystems pci_ep/functions/nvmet_pci_epf/f1/nvme
            echo {{_directory["disk"]}} > nvmet/subsystems/new.nqn/namespaces/7/device_path
            echo 1 > nvmet/subsystems/new.nqn/namespaces/7/enable
            echo 2 > nvmet/subsystems/new.nqn/attr_qid_max
            echo NEWSERIAL > nvmet/subsystems/new.nqn/attr_serial
            echo pci > nvmet/ports/9/addr_trtype
            echo 5 > nvmet/ports/9/param_mdts
            ln -s ../../../subsystems/new.nqn nvmet/ports/9/subsystems/
            echo 9 > pci_ep/functions/nvmet_pci_epf/f1/nvme/portid
            echo new.nqn > pci_ep/functions/nvmet_pci_epf/f1/nvme/subsysnqn
            rm {{Controller}}/nvmepf.0 nvmet/ports/1/subsystems/nvmepf.0.nqn
            ln -s ../../functions/nvmet_pci_epf/f1 {{Controller}}/
            """);
        WaitFor(() => !File.Exists(Path.Join(firmware.Folder, "cntrl")), "the end of the socket", firmware);
        _directory.Shell($"echo 1 > config/{Controller}/start");
        using (NvmeHost host = Attach(firmware))
        {
            byte[] identity = host.Identify(1);
            Assert.Equal("NEWSERIAL", System.Text.Encoding.ASCII.GetString(identity, 4, 20).Trim());
            Assert.Equal(5, identity[77]); // MDTS
            Assert.Equal((2, 2), host.RequestQueues(64));
            Assert.Equal([7u], ActiveNamespaces(host));
        }

        Assert.Equal(0, firmware.Terminate());
    }

    [Fact]
    public void The_state_of_an_ANA_group_changes_live_and_links_wait()
    {
        _directory.Shell("mkdir config");
        using FirmwareProcess firmware = new("--configfs", _directory["config"]);
        Start(firmware, "command mkdir -p 1/ana_groups/1; echo optimized > 1/ana_groups/1/ana_state");
        using NvmeHost host = Attach(firmware);
        Assert.Equal(1, AnaState(host));
        _directory.Shell("echo inaccessible > config/nvmet/ports/1/ana_groups/1/ana_state");
        WaitFor(() => AnaState(host) == 3, "the other state", firmware);
        _directory.Shell("echo good > config/nvmet/ports/1/ana_groups/1/ana_state");
        WaitFor(() => firmware.Log.Contains("ana_state \"good\": not known; allowed: optimized, non-optimized", StringComparison.Ordinal), "the error", firmware);
        _directory.Shell("rm config/nvmet/ports/1/ana_groups/1/ana_state"); // the default
        WaitFor(() => AnaState(host) == 1, "the first state", firmware);
        _directory.Shell("mkdir config/nvmet/ports/1/ana_groups/2");
        WaitFor(() => firmware.Log.Contains("ana_groups/2: cannot come while the rest is served", StringComparison.Ordinal), "the note", firmware);

        // The port of a function that is served keeps its subsystem.
        _directory.Shell("rm config/nvmet/ports/1/subsystems/nvmepf.0.nqn");
        WaitFor(
            () => firmware.Log.Contains("nvme/portid \"1\": a port without the function's subsystem; allowed: ", StringComparison.Ordinal), "the error", firmware);
        Assert.Equal([1u], ActiveNamespaces(host));
        _directory.Shell("ln -s ../../../subsystems/nvmepf.0.nqn config/nvmet/ports/1/subsystems/; echo non-optimized > config/nvmet/ports/1/ana_groups/1/ana_state");
        WaitFor(() => AnaState(host) == 2, "what comes after it", firmware);
        Assert.Equal(0, firmware.Terminate());
    }

    /// <summary>State of the first group in the log page: NVMe Base 2.1 section 5.1.12.1.13.</summary>
    private static int AnaState(NvmeHost host) => host.LogPage(0x0C, 64)[16 + 16] & 15;

    private void Start(FirmwareProcess firmware, string ofPort = "")
    {
        WaitFor(() => Directory.Exists(_directory["config/" + Controller]), "the directories of configfs", firmware);
        const string LineOfPort = "echo -n \"pci\" > 1/addr_trtype";
        string session = EndpointSession.Text("ram:1M", "vfio-user.0").Replace(LineOfPort, $"{LineOfPort}\n{ofPort}", StringComparison.Ordinal);
        _directory.Shell($"CONFIG={_directory["config"]}\n{EndpointSession.Pauses}{session}");
    }

    private static NvmeHost Attach(FirmwareProcess firmware)
    {
        NvmeHost host = firmware.Connect();
        host.Enable();
        return host;
    }

    private static uint[] ActiveNamespaces(NvmeHost host)
    {
        ReadOnlySpan<uint> list = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, uint>(host.Identify((byte)Cns.ActiveNamespaceList));
        return list[..list.IndexOf(0u)].ToArray();
    }

    private static ulong SizeBlocks(NvmeHost host, uint identifier) => BitConverter.ToUInt64(host.Identify((byte)Cns.Namespace, identifier));

    private static void WaitFor(Func<bool> condition, string what, FirmwareProcess firmware)
    {
        Stopwatch time = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(time.Elapsed < TimeSpan.FromSeconds(60), $"no {what} after a minute; the firmware says:\n{firmware.Log}");
            Thread.Sleep(20);
        }
    }

    private void Edit(string script) => _directory.Shell($"cd config/{Namespaces}; {script}");

    private void Change(NvmeHost host, FirmwareProcess firmware, string script, uint identifier)
    {
        ushort request = host.Submit(
            host.AdminQueue, new SubmissionQueueEntry { Cdw0 = new CommandDword0 { Opcode = (byte)AdminOpcode.AsynchronousEventRequest } });
        Edit(script);
        CompletionQueueEntry told = host.Wait(host.AdminQueue, request, TimeSpan.FromSeconds(60));
        Assert.True(told.Dword0 == 0x0004_0002, $"event {told.Dword0:x8}h after '{script}'; the firmware says:\n{firmware.Log}");
        Assert.Equal(identifier, BitConverter.ToUInt32(host.LogPage(4, 4096, retainAsynchronousEvent: false)));
    }
}
