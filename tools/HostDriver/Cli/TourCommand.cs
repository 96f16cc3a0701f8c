using Nvmepf.HostDriver.Checks;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Cli;

/// <summary><c>tour</c>: what a person wants to see of an SSD, from the PCI function to verified data, in one readable report.</summary>
public static class TourCommand
{
    /// <summary>The command.</summary>
    public static HostCommand Command { get; } = new(
        "tour",
        "show the controller, its logs and features, and verify data; overwrites 16 MiB at the end of the namespace",
        [
            new("namespace", "N", "NSID (1)"),
            new("first-lba", "N", "first block of the 16 MiB that are overwritten (the end of the namespace)"),
            new("seed", "N", "seed of the data (1)"),
        ],
        Run);

    private static readonly (byte Identifier, string Name)[] Features =
    [
        (0x01, "Arbitration"), (0x02, "Power Management"), (0x04, "Temperature Threshold"), (0x05, "Error Recovery"),
        (0x06, "Volatile Write Cache"), (0x07, "Number of Queues"), (0x08, "Interrupt Coalescing"),
        (0x09, "Interrupt Vector Configuration"), (0x0A, "Write Atomicity Normal"), (0x0B, "Asynchronous Event Configuration"),
        (0x0E, "Timestamp"),
    ];

    private static int Run(CommandLine line, TextWriter output)
    {
        var report = new CheckReport(output);
        using NvmeHost host = NvmeHost.Connect(line.Required("socket"), HostCommands.HostOptions(line));
        ShowFunction(report, host);
        host.Enable();
        ShowController(report, host);
        foreach (uint identifier in InspectCommands.ActiveNamespaces(host))
        {
            report.Section($"Namespace {identifier}");
            using HostNamespace each = HostNamespace.Open(host, host.AdminQueue, identifier);
            InspectCommands.DescribeNamespace(report, host, each);
        }

        ShowLogs(report, host);
        ShowFeatures(report, host);
        host.CreateQueuePairs(1, 256);
        uint space = (uint)line.Number("namespace", 1, 1, uint.MaxValue - 1);
        ulong? firstBlock = line.Has("first-lba") ? (ulong)line.Number("first-lba", 0, 0, long.MaxValue) : null;
        var data = new TourData(report, host, firstBlock, (ulong)line.Number("seed", 1, 0, long.MaxValue));
        data.Run(space);
        ResetAndShutDown(report, host, data, space);
        report.Summary("tour");
        return report.Failed == 0 ? Program.ExitSuccess : Program.ExitFailure;
    }

    private static void ShowFunction(CheckReport report, NvmeHost host)
    {
        VfioUserClient client = host.Client;
        report.Section("PCI function");
        report.Fact("vfio-user server", client.VersionText);
        report.Fact("regions / interrupt indexes", $"{client.RegionCount} / {client.InterruptIndexCount}");
        report.Fact(
            "id", $"{host.Function.VendorId:x4}:{host.Function.DeviceId:x4}, subsystem vendor {host.Function.SubsystemVendorId:x4}");
        report.Fact(
            "bar 0", $"{client.Region(RegionInfo.Bar0).LengthBytes} bytes, doorbells {(host.DoorbellsMapped ? "mapped" : "by message")}");
        report.Fact(
            "interrupts", $"msi-x {host.Function.MsixTableSize()} vectors, msi {host.Function.MsiMessages()} messages, pin {host.Function.InterruptPin()}");
        _ = report.Expect("class code is an NVMe I/O controller", "010802", $"{host.Function.ClassCode:x6}");
        _ = report.Expect("PCI Express capability", "present", Presence(host.Function.FindCapability(PciFunction.ExpressCapability)));
        bool hasInterrupts = host.Function.MsixTableSize() > 0 || host.Function.MsiMessages() > 0 || host.Function.InterruptPin() > 0;
        _ = report.Expect("MSI-X, MSI or an interrupt pin", "present", hasInterrupts ? "present" : "absent");
    }

    private static string Presence(int offset) => offset == 0 ? "absent" : "present";

    private static void ShowController(CheckReport report, NvmeHost host)
    {
        ControllerCapabilities capabilities = host.Capabilities;
        uint version = host.ReadRegister32(RegisterOffset.Version);
        report.Section("Controller");
        report.Fact("cap", $"0x{capabilities.Raw:x16}: {capabilities.MaximumQueueEntriesSupportedZeroBased + 1} entries a queue, timeout "
            + $"{capabilities.TimeoutIn500Milliseconds * 500} ms, pages 2^{12 + capabilities.MemoryPageSizeMinimum} "
            + $"to 2^{12 + capabilities.MemoryPageSizeMaximum}");
        report.Fact("vs", $"{version >> 16}.{(version >> 8) & 0xFF}.{version & 0xFF}");
        _ = report.Expect(
            "ready after enable", "RDY 1 CFS 0",
            $"RDY {(host.ReadStatus().Ready ? 1 : 0)} CFS {(host.ReadStatus().ControllerFatalStatus ? 1 : 0)}");
        var facts = new ControllerFacts(host.Identify(0x01));
        InspectCommands.DescribeController(report, facts, 4096 << capabilities.MemoryPageSizeMinimum);
        _ = report.Expect("Identify and configuration space agree on the vendor", $"{host.Function.VendorId:x4}", $"{facts.VendorId:x4}");
        _ = report.Expect("Identify and register agree on the version", $"{version:x8}", $"{facts.Version:x8}");
        _ = report.Expect("queue entry sizes", "66h 44h", $"{facts.SubmissionQueueEntrySizes:x2}h {facts.CompletionQueueEntrySizes:x2}h");
        (int submission, int completion) = host.RequestQueues(64);
        report.Fact("i/o queues", $"{submission} submission, {completion} completion");
    }

    private static void ShowLogs(CheckReport report, NvmeHost host)
    {
        report.Section("Logs");
        byte[] smart = host.LogPage(0x02, 512);
        report.Fact("smart: critical warning", $"0x{smart[0]:x2}");
        report.Fact("smart: temperature", $"{BitConverter.ToUInt16(smart, 1) - 273} C");
        report.Fact("smart: available spare", $"{smart[3]} %, used {smart[5]} %");
        report.Fact("smart: data units r / w", $"{BitConverter.ToUInt64(smart, 32)} / {BitConverter.ToUInt64(smart, 48)}");
        report.Fact("smart: commands r / w", $"{BitConverter.ToUInt64(smart, 64)} / {BitConverter.ToUInt64(smart, 80)}");
        report.Fact("smart: power cycles / hours", $"{BitConverter.ToUInt64(smart, 112)} / {BitConverter.ToUInt64(smart, 128)}");
        report.Fact("smart: unsafe shutdowns", $"{BitConverter.ToUInt64(smart, 144)}");
        report.Fact("smart: media errors / log", $"{BitConverter.ToUInt64(smart, 160)} / {BitConverter.ToUInt64(smart, 176)}");
        byte[] errors = host.LogPage(0x01, 64);
        report.Fact("error log: newest entry", BitConverter.ToUInt64(errors, 0) is var count && count == 0 ? "none" : $"error {count}");
        byte[] slots = host.LogPage(0x03, 512);
        report.Fact(
            "firmware slots", $"active {slots[0] & 7}, slot 1 '{System.Text.Encoding.ASCII.GetString(slots, 8, 8).TrimEnd(' ', '\0')}'");
        byte[] effects = host.LogPage(0x05, 4096);
        report.Fact("admin commands", Opcodes(effects, 0));
        report.Fact("i/o commands", Opcodes(effects, 1024));
        _ = report.Expect("effects log has Read, Write and Flush", "supported", Supports(effects, 1024, 2, 1, 0));
        _ = report.Expect("effects log has Identify and Get Log Page", "supported", Supports(effects, 0, 6, 2));
    }

    private static string Opcodes(byte[] effects, int offset)
    {
        var opcodes = new List<string>();
        for (int i = 0; i < 256; i++)
        {
            if ((effects[offset + (4 * i)] & 1) != 0)
            {
                opcodes.Add($"{i:x2}");
            }
        }

        return string.Join(' ', opcodes);
    }

    private static string Supports(byte[] effects, int offset, params ReadOnlySpan<int> opcodes)
    {
        foreach (int opcode in opcodes)
        {
            if ((effects[offset + (4 * opcode)] & 1) == 0)
            {
                return $"{opcode:x2}h is missing";
            }
        }

        return "supported";
    }

    private static void ShowFeatures(CheckReport report, NvmeHost host)
    {
        report.Section("Features");
        HostBuffer buffer = host.Arena.Allocate(4096, host.PageLengthBytes);
        foreach ((byte identifier, string name) in Features)
        {
            SubmissionQueueEntry command = NvmeCommands.GetFeatures(identifier, namespaceIdentifier: identifier == 0x05 ? 1u : 0);
            command.Prp1 = buffer.Address;
            CompletionQueueEntry result = host.Admin(command);
            report.Fact(
                $"{identifier:x2}h {name}", result.CompletionStatus.Status.IsError ? StatusText.Of(result) : $"0x{result.Dword0:x8}");
        }

        host.Arena.Free(buffer);
    }

    private static void ResetAndShutDown(CheckReport report, NvmeHost host, TourData data, uint namespaceIdentifier)
    {
        report.Section("Reset and shutdown");
        host.Disable();
        _ = report.Expect("controller reset by CC.EN", "RDY 0", $"RDY {(host.ReadStatus().Ready ? 1 : 0)}");
        host.Enable();
        host.CreateQueuePairs(1, 64);
        data.VerifyAfter(namespaceIdentifier, "data after a controller reset");
        HostCommands.CloseHost(host);
        _ = report.Expect("normal shutdown", "SHST 2", $"SHST {(int)host.ReadStatus().ShutdownStatus}");
        host.Enable();
        host.CreateQueuePairs(1, 64);
        data.VerifyAfter(namespaceIdentifier, "data after a shutdown");
        host.Shutdown(abrupt: true);
        _ = report.Expect("abrupt shutdown", "SHST 2", $"SHST {(int)host.ReadStatus().ShutdownStatus}");
        host.Disable();
    }
}
