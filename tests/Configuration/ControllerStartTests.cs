using System.Diagnostics;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;
using Nvmepf.Tests.Console;
using Nvmepf.Tests.HostDriver;
using Xunit;

namespace Nvmepf.Tests.Configuration;

/// <summary>Two controllers of one process: one stops, changes and starts again while a host works with the other all the while.</summary>
[Collection("firmware process")]
public sealed class ControllerStartTests : IDisposable
{
    private const int BlockBytes = 4096;
    private readonly TemporaryDirectory _directory = new();

    public ControllerStartTests() => _directory.Shell("mkdir config; truncate -s 4M disk-a disk-b disk-c");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task One_controller_stops_changes_and_starts_while_the_other_goes_on(int reactors)
    {
        MakeTree("a", "b");
        _directory.Shell($"for c in a b; do echo {reactors} > config/pci_ep/controllers/$c/reactor_count; done");
        using FirmwareProcess firmware = Start();
        using NvmeHost other = Connect("b");
        using CancellationTokenSource end = new();
        Task<long> work = Task.Run(() => WriteAndVerify(other, end.Token));
        using (NvmeHost host = Connect("a"))
        {
            Assert.Equal((0xBEEF, "model-a"), Identity(host));
            Write(host, 0x5A);
            Say("a", "start", "0");
            WaitFor(() => !File.Exists(_directory["a/cntrl"]), "the end of the socket", firmware);
            _ = Assert.ThrowsAny<Exception>(() => host.Identify(1)); // the connection is gone
        }

        Assert.Equal("stopped", State(firmware, "fa"));
        Assert.Equal("ready", State(firmware, "fb"));
        _directory.Shell("""
            cd config; echo -n other > nvmet/subsystems/a/attr_model; echo 2 > nvmet/subsystems/a/attr_qid_max
            echo 0x1234 > pci_ep/functions/nvmet_pci_epf/fa/deviceid
            echo 5 > pci_ep/functions/nvmet_pci_epf/fa/msix_interrupts
            """);
        Say("a", "start", "1");
        using (NvmeHost host = Connect("a"))
        {
            Assert.Equal((0x1234, "other"), Identity(host));
            Assert.Equal(5, host.Function.MsixTableSize());
            Assert.Equal((2, 2), host.RequestQueues(64));
            Assert.Equal(0x5A, ReadByte(host)); // written before, never flushed by the host
        }

        // Several times, and without waiting in between.
        for (int i = 0; i < 5; i++)
        {
            Say("a", "start", "0");
            WaitFor(() => !File.Exists(_directory["a/cntrl"]), "the end of the socket", firmware);
            Say("a", "start", "1");
            using NvmeHost host = Connect("a");
            Write(host, (byte)i);
            Assert.Equal(i, ReadByte(host));
        }

        await end.CancelAsync();
        Assert.True(await work > 0);
        Assert.DoesNotContain("cannot change", firmware.Log, StringComparison.Ordinal);
        AssertEnds(firmware, reactors);
    }

    [Fact]
    public async Task Controllers_of_one_subsystem_stop_and_start_over_the_same_namespaces()
    {
        MakeTree("a", "b");
        _directory.Shell("""
            cd config; rm -r nvmet/subsystems/b nvmet/ports/1/subsystems/b
            echo a > pci_ep/functions/nvmet_pci_epf/fb/nvme/subsysnqn
            """);
        using FirmwareProcess firmware = Start();
        using NvmeHost other = Connect("b");
        Assert.Equal(2, ControllerIdentifier(other));
        using CancellationTokenSource end = new();
        Task<long> work = Task.Run(() => WriteAndVerify(other, end.Token));
        using (NvmeHost host = Connect("a"))
        {
            Assert.Equal(1, ControllerIdentifier(host));
        }

        Say("a", "start", "0");
        WaitFor(() => !File.Exists(_directory["a/cntrl"]), "the end of the socket", firmware);

        // A namespace comes, and an attribute of what the other still serves changes: the one live, the other not for either of them.
        string added = "nvmet/subsystems/a/namespaces/2";
        _directory.Shell($"cd config; mkdir {added}; echo {_directory["disk-c"]} > {added}/device_path; echo 1 > {added}/enable; echo other > nvmet/subsystems/a/attr_model");
        WaitFor(() => firmware.Log.Contains("adding nsid 2", StringComparison.Ordinal), "the namespace", firmware);
        Say("a", "start", "1");
        using (NvmeHost host = Connect("a"))
        {
            Assert.Equal(1, ControllerIdentifier(host));
            Assert.Equal("model-a", Identity(host).Model);
            Assert.Equal([1u, 2u], ActiveNamespaces(host));
        }

        await end.CancelAsync();
        Assert.True(await work > 0);
        Assert.Contains(
            "attr_model \"other\": cannot change while it is served as \"model-a\"; the change waits until controller b has stopped (start 0) and starts again",
            firmware.Log,
            StringComparison.Ordinal);
        AssertEnds(firmware, 1);
    }

    [Fact]
    public void A_controller_that_is_new_comes_and_goes_with_its_directory_and_links()
    {
        MakeTree("b");
        using FirmwareProcess firmware = Start();
        using NvmeHost other = Connect("b");
        MakeTree("a");
        using (NvmeHost host = Connect("a"))
        {
            Assert.Equal("model-a", Identity(host).Model);
        }

        _directory.Shell("rm config/pci_ep/controllers/a/fa");
        WaitFor(() => !File.Exists(_directory["a/cntrl"]), "the end of the socket", firmware);
        _directory.Shell("ln -s ../../functions/nvmet_pci_epf/fa config/pci_ep/controllers/a/");
        Connect("a").Dispose();
        _directory.Shell("rm -r config/pci_ep/controllers/a");
        WaitFor(() => !File.Exists(_directory["a/cntrl"]), "the end of the socket", firmware);
        Assert.Equal("model-b", Identity(other).Model);
        AssertEnds(firmware, 1);
    }

    [Fact]
    public void What_cannot_start_is_said_and_tried_again_and_does_not_touch_the_other()
    {
        MakeTree("a", "b");
        _directory.Shell("rm disk-a");
        using FirmwareProcess firmware = Start();
        using NvmeHost other = Connect("b");
        WaitFor(() => firmware.Log.Contains("function fa is not served: ", StringComparison.Ordinal), "the error", firmware);
        Assert.Equal("failed", State(firmware, "fa"));
        Say("a", "reactor_poll", "busy");
        const string Refusal = "a/reactor_poll \"busy\": the process runs with adaptive; allowed: the same, or every controller stopped (start 0) before";
        WaitFor(() => firmware.Log.Contains(Refusal, StringComparison.Ordinal), "the refusal", firmware);
        Say("a", "reactor_poll", "adaptive");
        _directory.Shell("truncate -s 4M disk-a; touch config/pci_ep/controllers/a/start; echo 1 > config/pci_ep/controllers/a/start");
        Connect("a").Dispose();

        // Stopping does not need a configuration that is right in all its other parts.
        _directory.Shell("echo 300 > config/nvmet/ports/1/param_mdts; ln -s nothing config/nvmet/ports/1/subsystems/; echo 4 > config/nvmet/ports/1/param_mdts");
        Say("a", "start", "0");
        WaitFor(() => !File.Exists(_directory["a/cntrl"]), "the end of the socket", firmware);
        Assert.Equal("model-b", Identity(other).Model);
        AssertEnds(firmware, 1);
    }

    [Fact]
    public void The_console_stops_and_starts_as_the_file_does()
    {
        MakeTree("a", "b");
        using FirmwareProcess firmware = Start();
        Connect("a").Dispose();
        Assert.Equal("1", Value(firmware, "a"));
        Ask(firmware, "set controllers/a/start 0");
        WaitFor(() => !File.Exists(_directory["a/cntrl"]), "the end of the socket", firmware);
        Assert.Equal("0", File.ReadAllText(_directory["config/pci_ep/controllers/a/start"]).Trim());
        WaitFor(() => State(firmware, "fa") == "stopped", "the state", firmware);
        Assert.Equal("0", Value(firmware, "a"));
        (bool isWell, string answer) = ConsoleSocket.Ask(firmware.Folder, "--function fa queues");
        Assert.False(isWell);
        Assert.Contains("--function fa: stopped, so there is nothing to look at; allowed: fb", answer, StringComparison.Ordinal);
        Ask(firmware, "set controllers/a/start 1");
        Connect("a").Dispose();

        // The last one too, and back again.
        Ask(firmware, "set controllers/a/start 0");
        Ask(firmware, "set controllers/b/start 0");
        WaitFor(() => !File.Exists(_directory["a/cntrl"]) && !File.Exists(_directory["b/cntrl"]), "the end of the sockets", firmware);
        WaitFor(() => ConsoleSocket.Ask(firmware.Folder, "get controllers/b/start").IsWell, "the configuration", firmware);
        Assert.Equal("stopped", State(firmware, "fb"));
        Ask(firmware, "set controllers/b/start 1");
        Connect("b").Dispose();
        Assert.Equal(0, firmware.Terminate());
    }

    [Fact]
    public void The_console_stops_and_starts_controllers_of_a_file_too_but_for_the_last()
    {
        MakeTree("a", "b");
        string file = _directory["both.json"];
        using (FirmwareProcess exporter = FirmwareProcess.WithoutSocket("--configfs", _directory["config"], "--export-json", file))
        {
            WaitFor(() => exporter.HasExited, "the file", exporter);
        }

        using FirmwareProcess firmware = FirmwareProcess.WithoutSocket("--config", file);
        using NvmeHost other = Connect("b");
        using (NvmeHost host = Connect("a"))
        {
            Write(host, 0x77);
        }

        Ask(firmware, "set controllers/a/start 0");
        WaitFor(() => !File.Exists(_directory["a/cntrl"]), "the end of the socket", firmware);
        (bool isWell, string answer) = ConsoleSocket.Ask(firmware.Folder, "set controllers/b/start 0");
        Assert.False(isWell);
        Assert.Contains("controllers/b/start 0: the last controller that is served; allowed: shutdown", Regex.Replace(answer, @"\s+", " "), StringComparison.Ordinal);
        Assert.Equal("model-b", Identity(other).Model);
        Ask(firmware, "set controllers/a/start 1");
        using (NvmeHost host = Connect("a"))
        {
            Assert.Equal(0x77, ReadByte(host));
        }


        // One that cannot start says so, and starts when it is told again.
        Ask(firmware, "set controllers/a/start 0");
        WaitFor(() => State(firmware, "fa") == "stopped", "the end", firmware);
        _directory.Shell("mv disk-a away");
        Ask(firmware, "set controllers/a/start 1");
        WaitFor(() => State(firmware, "fa") == "failed", "the failure", firmware);
        _directory.Shell("mv away disk-a");
        Ask(firmware, "set controllers/a/start 1");
        Connect("a").Dispose();
        Ask(firmware, "shutdown");
        WaitFor(() => firmware.HasExited, "the end", firmware);
        Assert.False(File.Exists(_directory["a/cntrl"]) || File.Exists(_directory["b/cntrl"]));
    }

    /// <summary>A function, a subsystem with a file and a controller for each name, and one port for all of them.</summary>
    private void MakeTree(params string[] names)
    {
        foreach (string name in names)
        {
            _directory.Shell($"""
                cd config; s=nvmet/subsystems/{name}; f=pci_ep/functions/nvmet_pci_epf/f{name}; c=pci_ep/controllers/{name}
                mkdir -p $s/namespaces/1 nvmet/ports/1/subsystems $f/nvme $c
                echo -n model-{name} > $s/attr_model; echo {_directory["disk-" + name]} > $s/namespaces/1/device_path; echo 1 > $s/namespaces/1/enable
                echo pci > nvmet/ports/1/addr_trtype; ln -s ../../../subsystems/{name} nvmet/ports/1/subsystems/
                echo {name} > $f/nvme/subsysnqn; echo 1 > $f/nvme/portid
                echo {_directory[name]} > $c/vfio_user_directory; ln -s ../../functions/nvmet_pci_epf/f{name} $c/; echo 1 > $c/start
                """);
        }
    }

    private FirmwareProcess Start() => FirmwareProcess.WithoutSocket("--configfs", _directory["config"]);

    private NvmeHost Connect(string controller)
    {
        NvmeHost host = NvmeHost.Connect(_directory[controller], new NvmeHostOptions { Timeout = TimeSpan.FromSeconds(60) });
        host.Enable();
        return host;
    }

    private void Say(string controller, string file, string value) => _directory.Shell($"echo {value} > config/pci_ep/controllers/{controller}/{file}");

    private static void Ask(FirmwareProcess firmware, string line)
    {
        (bool isWell, string answer) = ConsoleSocket.Ask(firmware.Folder, line);
        Assert.True(isWell, answer);
    }

    private static string State(FirmwareProcess firmware, string function)
    {
        using JsonDocument status = JsonDocument.Parse(ConsoleSocket.Ask(firmware.Folder, "status --json").Answer);
        return status.RootElement.GetProperty("functions").EnumerateArray().Single(item => item.GetProperty("name").GetString() == function)
            .GetProperty("state").GetString()!;
    }

    private static string Value(FirmwareProcess firmware, string controller)
    {
        using JsonDocument value = JsonDocument.Parse(ConsoleSocket.Ask(firmware.Folder, $"get controllers/{controller}/start --json").Answer);
        return value.RootElement.GetProperty("value").GetString()!;
    }

    private static (int DeviceId, string Model) Identity(NvmeHost host) =>
        (host.Function.DeviceId, Encoding.ASCII.GetString(host.Identify(1), 24, 40).Trim());

    private static int ControllerIdentifier(NvmeHost host) => BitConverter.ToUInt16(host.Identify(1), 78);

    private static uint[] ActiveNamespaces(NvmeHost host)
    {
        uint[] list = [.. Enumerable.Range(0, 16).Select(i => BitConverter.ToUInt32(host.Identify((byte)Cns.ActiveNamespaceList), i * 4))];
        return [.. list.TakeWhile(identifier => identifier != 0)];
    }

    private static HostSubmissionQueue Queue(NvmeHost host) =>
        host.SubmissionQueues.TryGetValue(1, out HostSubmissionQueue? queue) ? queue : host.CreateQueuePair(1, 32);

    private static void Write(NvmeHost host, byte value)
    {
        HostBuffer buffer = host.Arena.Allocate(BlockBytes, 4096);
        buffer.Bytes.Fill(value);
        Move(host, NvmOpcode.Write, 0, buffer);
    }

    private static int ReadByte(NvmeHost host)
    {
        HostBuffer buffer = host.Arena.Allocate(BlockBytes, 4096);
        Move(host, NvmOpcode.Read, 0, buffer);
        return buffer.Bytes[0];
    }

    private static void Move(NvmeHost host, NvmOpcode opcode, int block, HostBuffer buffer)
    {
        SubmissionQueueEntry command = NvmeCommands.BlockCommand(opcode, 1, (ulong)block * 8, BlockBytes / 512)
            .WithPrp(new PrpPair(buffer.Address, 0));
        NvmeHost.ThrowIfError(host.Execute(Queue(host), command), $"{opcode}");
    }

    /// <summary>Writes blocks and reads them back until told to end, and then all of them once more. Two queues: on two reactors they are on both.</summary>
    private static long WriteAndVerify(NvmeHost host, CancellationToken end)
    {
        const int Blocks = 512;
        HostSubmissionQueue[] queues = [host.CreateQueuePair(1, 32), host.CreateQueuePair(2, 32)];
        HostBuffer buffer = host.Arena.Allocate(BlockBytes, 4096);
        byte[] written = new byte[Blocks];
        long rounds = 0;
        while (!end.IsCancellationRequested || rounds < Blocks)
        {
            int block = (int)(rounds * 37 % Blocks);
            written[block] = (byte)(1 + (rounds % 251));
            buffer.Bytes.Fill(written[block]);
            Execute(NvmOpcode.Write, block);
            buffer.Bytes.Clear();
            Execute(NvmOpcode.Read, block);
            Assert.False(buffer.Bytes.ContainsAnyExcept(written[block]), $"block {block} in round {rounds}");
            rounds++;
        }

        for (int block = 0; block < Blocks; block++)
        {
            Execute(NvmOpcode.Read, block);
            Assert.False(buffer.Bytes.ContainsAnyExcept(written[block]), $"block {block} at the end");
        }

        return rounds;

        void Execute(NvmOpcode opcode, int block)
        {
            SubmissionQueueEntry command = NvmeCommands.BlockCommand(opcode, 1, (ulong)block * 8, BlockBytes / 512).WithPrp(new PrpPair(buffer.Address, 0));
            NvmeHost.ThrowIfError(host.Execute(queues[rounds % 2], command), $"{opcode}");
        }
    }

    private static void AssertEnds(FirmwareProcess firmware, int reactors)
    {
        Assert.Equal(0, firmware.Terminate());
        if (FirmwareProcess.FindBinary() is not null)
        {
            Assert.Equal(reactors, Regex.Count(firmware.Log, "and allocated 0 bytes"));
        }
    }

    private static void WaitFor(Func<bool> condition, string what, FirmwareProcess firmware)
    {
        Stopwatch time = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(time.Elapsed < TimeSpan.FromSeconds(60), $"no {what} after a minute; the firmware says:\n{firmware.Log}");
            Thread.Sleep(20);
        }
    }
}
