using System.Buffers.Binary;
using System.Text;
using Nvmepf.HostDriver.Checks;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Cli;

/// <summary>The commands that look and do not touch: identify, log, feature.</summary>
public static class InspectCommands
{
    /// <summary><c>identify</c>.</summary>
    public static HostCommand Identify { get; } = new(
        "identify",
        "show the controller and its namespaces, or the bytes of any Identify structure",
        [new("cns", "N", "show this structure as bytes instead"), new("namespace", "N", "NSID for --cns (1)"),
            new("csi", "N", "command set for --cns (0)")],
        RunIdentify);

    /// <summary><c>log</c>.</summary>
    public static HostCommand Log { get; } = new(
        "log",
        "show a log page as bytes",
        [
            new("page", "N", "log page identifier (0x02, SMART / Health)"),
            new("length", "BYTES", "bytes to read, a multiple of 4, at most 4096 (512)"),
            new("offset", "BYTES", "where to start (0)"),
        ],
        RunLog);

    /// <summary><c>feature</c>.</summary>
    public static HostCommand Feature { get; } = new(
        "feature",
        "get or set a feature that fits dword 11",
        [
            new("id", "N", "feature identifier; all of the standard's when left out"),
            new("set", "N", "set dword 11 to this; get when left out"),
            new("select", "N", "0 current, 1 default, 2 saved, 3 capabilities (0)"),
            new("dword11", "N", "dword 11 of a get (0)"),
            new("namespace", "N", "NSID (0)"),
        ],
        RunFeature);

    /// <summary>Writes what a reader wants to know of a controller.</summary>
    public static void DescribeController(CheckReport report, ControllerFacts facts, int minimumPageLengthBytes)
    {
        report.Fact("vid / ssvid", $"0x{facts.VendorId:x4} / 0x{facts.SubsystemVendorId:x4}");
        report.Fact("sn", facts.SerialNumber);
        report.Fact("mn", facts.ModelNumber);
        report.Fact("fr", facts.FirmwareRevision);
        report.Fact("ver", $"{facts.Version >> 16}.{(facts.Version >> 8) & 0xFF}.{facts.Version & 0xFF}");
        report.Fact("subnqn", facts.SubsystemNqn);
        report.Fact("cntlid", $"{facts.ControllerId}");
        report.Fact("mdts", $"{facts.MaximumDataTransferSize} ({facts.TransferLengthMaxBytes(minimumPageLengthBytes)} bytes)");
        report.Fact("nn", $"{facts.NumberOfNamespaces}");
        report.Fact("oacs / oncs", $"0x{facts.OptionalAdminCommands:x4} / 0x{facts.OptionalNvmCommands:x4}");
        report.Fact("acl / aerl / elpe", $"{facts.AbortCommandLimitZeroBased} / {facts.AsynchronousEventRequestLimitZeroBased} / "
            + $"{facts.ErrorLogPageEntriesZeroBased}");
        report.Fact("sgls", $"0x{facts.SglSupport:x}");
        report.Fact("vwc", $"{facts.VolatileWriteCache & 1}");
    }

    /// <summary>The active namespaces (CNS 02h), at most 1024.</summary>
    public static List<uint> ActiveNamespaces(NvmeHost host)
    {
        byte[] data = host.Identify(0x02);
        var active = new List<uint>();
        for (int i = 0; i < data.Length && BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(i)) is not 0 and var identifier; i += 4)
        {
            active.Add(identifier);
        }

        return active;
    }

    /// <summary>Writes what a reader wants to know of a namespace.</summary>
    public static void DescribeNamespace(CheckReport report, NvmeHost host, HostNamespace space)
    {
        report.Fact(
            "nsze",
            $"{space.BlockCount} blocks of {space.BlockLengthBytes} bytes, {space.BlockCount * (ulong)space.BlockLengthBytes} bytes");
        report.Fact("nsfeat / dlfeat", $"0x{space.Features:x2} / 0x{space.DeallocateFeatures:x2}");
        byte[] descriptors = host.Identify(0x03, space.NamespaceIdentifier);
        for (int i = 0; i + 4 <= descriptors.Length && descriptors[i + 1] != 0; i += 4 + descriptors[i + 1])
        {
            string kind = descriptors[i] switch { 1 => "eui64", 2 => "nguid", 3 => "uuid", 4 => "csi", var other => $"nidt {other}" };
            report.Fact(kind, Convert.ToHexString(descriptors, i + 4, Math.Min(descriptors[i + 1], descriptors.Length - i - 4)));
        }
    }

    /// <summary>Writes bytes as a hexadecimal listing; lines that repeat are shown as one star.</summary>
    public static void WriteBytes(TextWriter output, ReadOnlySpan<byte> bytes, ulong firstOffset = 0)
    {
        bool starred = false;
        for (int i = 0; i < bytes.Length; i += 16)
        {
            ReadOnlySpan<byte> line = bytes.Slice(i, Math.Min(16, bytes.Length - i));
            if (i > 0 && line.SequenceEqual(bytes.Slice(i - 16, 16)))
            {
                if (!starred)
                {
                    output.WriteLine("*");
                }

                starred = true;
                continue;
            }

            starred = false;
            var text = new StringBuilder();
            foreach (byte each in line)
            {
                _ = text.Append(each is >= 0x20 and < 0x7F ? (char)each : '.');
            }

            output.WriteLine($"{firstOffset + (ulong)i:x8}  {Convert.ToHexStringLower(line),-32}  {text}");
        }
    }

    private static int RunIdentify(CommandLine line, TextWriter output)
    {
        using NvmeHost host = HostCommands.OpenHost(line, HostCommands.HostOptions(line));
        if (line.Has("cns"))
        {
            byte cns = (byte)line.Number("cns", 0, 0, 255);
            uint identifier = (uint)line.Number("namespace", 1, 0, uint.MaxValue);
            WriteBytes(output, host.Identify(cns, identifier, (byte)line.Number("csi", 0, 0, 255)));
            HostCommands.CloseHost(host);
            return Program.ExitSuccess;
        }

        var report = new CheckReport(output);
        report.Section("Controller");
        DescribeController(report, new ControllerFacts(host.Identify(0x01)), 4096 << host.Capabilities.MemoryPageSizeMinimum);
        foreach (uint identifier in ActiveNamespaces(host))
        {
            report.Section($"Namespace {identifier}");
            using HostNamespace space = HostNamespace.Open(host, host.SubmissionQueues[1], identifier);
            DescribeNamespace(report, host, space);
        }

        HostCommands.CloseHost(host);
        return Program.ExitSuccess;
    }

    private static int RunLog(CommandLine line, TextWriter output)
    {
        int length = (int)line.Number("length", 512, 4, 4096) & ~3;
        ulong offset = (ulong)line.Number("offset", 0, 0, long.MaxValue);
        using NvmeHost host = HostCommands.OpenHost(line, HostCommands.HostOptions(line), queues: 0);
        WriteBytes(output, host.LogPage((byte)line.Number("page", 2, 0, 255), length, offset), offset);
        HostCommands.CloseHost(host);
        return Program.ExitSuccess;
    }

    private static int RunFeature(CommandLine line, TextWriter output)
    {
        uint space = (uint)line.Number("namespace", 0, 0, uint.MaxValue);
        uint dword11 = (uint)line.Number("dword11", 0, 0, uint.MaxValue);
        byte select = (byte)line.Number("select", 0, 0, 7);
        using NvmeHost host = HostCommands.OpenHost(line, HostCommands.HostOptions(line), queues: 0);
        byte first = (byte)line.Number("id", 0x01, 1, 255);
        byte last = line.Has("id") ? first : (byte)0x1D;
        bool failed = false;
        for (int id = first; id <= last; id++)
        {
            SubmissionQueueEntry command = line.Has("set")
                ? NvmeCommands.SetFeatures(first, (uint)line.Number("set", 0, 0, uint.MaxValue), namespaceIdentifier: space)
                : NvmeCommands.GetFeatures((byte)id, dword11, select, space);
            using var data = new PageOf(host);
            command.Prp1 = data.Buffer.Address;
            CompletionQueueEntry result = host.Admin(command);
            failed |= line.Has("id") && result.CompletionStatus.Status.IsError;
            output.WriteLine(
                $"feature {id:x2}h: {(result.CompletionStatus.Status.IsError ? StatusText.Of(result) : $"0x{result.Dword0:x8}")}");
        }

        HostCommands.CloseHost(host);
        return failed ? Program.ExitFailure : Program.ExitSuccess;
    }

    private readonly struct PageOf(NvmeHost host) : IDisposable
    {
        internal readonly VfioUser.HostBuffer Buffer = host.Arena.Allocate(4096, host.PageLengthBytes);

        public void Dispose() => host.Arena.Free(Buffer);
    }
}
