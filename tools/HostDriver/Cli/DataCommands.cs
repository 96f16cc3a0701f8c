using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;

namespace Nvmepf.HostDriver.Cli;

/// <summary>The commands that move a user's bytes: read and write.</summary>
public static class DataCommands
{
    private const long LengthMaxBytes = 64L << 20;

    /// <summary><c>read</c>.</summary>
    public static HostCommand Read { get; } = new(
        "read",
        "read blocks to a file, or show them",
        [
            new("namespace", "N", "NSID (1)"),
            new("lba", "N", "first logical block (0)"),
            new("length", "SIZE", "bytes, rounded up to blocks, at most 64M (one block)"),
            new("output", "FILE", "write there; shown as hexadecimal when left out"),
        ],
        RunRead);

    /// <summary><c>write</c>.</summary>
    public static HostCommand Write { get; } = new(
        "write",
        "write a file's bytes to blocks",
        [
            new("namespace", "N", "NSID (1)"),
            new("lba", "N", "first logical block (0)"),
            new("input", "FILE", "what to write, at most 64M; the last block is filled up with zeros"),
            new("fua", null, "Force Unit Access: durable when the command completes"),
            new("flush", null, "Flush afterwards"),
        ],
        RunWrite);

    private static int RunRead(CommandLine line, TextWriter output)
    {
        long wanted = line.Size("length", 1, 1, LengthMaxBytes);
        using NvmeHost host = HostCommands.OpenHost(line, HostCommands.HostOptions(line) with { ArenaLengthBytes = wanted + (16 << 20) });
        using HostNamespace space = OpenNamespace(line, host);
        HostBuffer buffer = host.Arena.Allocate(RoundUp(wanted, space.BlockLengthBytes)).Slice(0, RoundUp(wanted, space.BlockLengthBytes));
        ulong block = (ulong)line.Number("lba", 0, 0, long.MaxValue);
        _ = space.Read(block, buffer);
        int length = line.Has("length") ? (int)wanted : buffer.LengthBytes;
        if (line.Text("output") is { } path)
        {
            using FileStream file = File.Create(path);
            file.Write(buffer.Bytes[..length]);
        }
        else
        {
            InspectCommands.WriteBytes(output, buffer.Bytes[..length], block * (ulong)space.BlockLengthBytes);
        }

        HostCommands.CloseHost(host);
        return Program.ExitSuccess;
    }

    private static int RunWrite(CommandLine line, TextWriter output)
    {
        string path = line.Required("input");
        byte[] data = File.ReadAllBytes(path);
        if (data.Length is 0 || data.Length > LengthMaxBytes)
        {
            throw new UsageException($"--input {path} has {data.Length} bytes; allowed are 1 to {LengthMaxBytes}");
        }

        using NvmeHost host =
            HostCommands.OpenHost(line, HostCommands.HostOptions(line) with { ArenaLengthBytes = data.Length + (16 << 20) });
        using HostNamespace space = OpenNamespace(line, host);
        HostBuffer buffer = host.Arena.Allocate(RoundUp(data.Length, space.BlockLengthBytes))
            .Slice(0, RoundUp(data.Length, space.BlockLengthBytes));
        data.CopyTo(buffer.Bytes);
        ulong block = (ulong)line.Number("lba", 0, 0, long.MaxValue);
        int commands = space.Write(block, buffer, line.Has("fua"));
        if (line.Has("flush"))
        {
            NvmeHost.ThrowIfError(space.Flush(), "Flush");
        }

        output.WriteLine($"wrote {buffer.LengthBytes / space.BlockLengthBytes} blocks at {block} in {commands} commands");
        HostCommands.CloseHost(host);
        return Program.ExitSuccess;
    }

    private static HostNamespace OpenNamespace(CommandLine line, NvmeHost host) =>
        HostNamespace.Open(host, host.SubmissionQueues[1], (uint)line.Number("namespace", 1, 1, uint.MaxValue - 1));

    private static int RoundUp(long lengthBytes, int unit) => (int)((lengthBytes + unit - 1) / unit * unit);
}
