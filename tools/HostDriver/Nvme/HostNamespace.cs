using System.Buffers.Binary;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Nvme;

/// <summary>
/// One namespace as a block device over one queue: geometry, and reads and writes of any length, split at the controller's transfer
/// limit. One command at a time: for set-up and inspection, not for speed.
/// </summary>
public sealed class HostNamespace : IDisposable
{
    private readonly NvmeHost _host;
    private readonly HostSubmissionQueue _queue;
    private readonly HostBuffer _lists;

    private HostNamespace(NvmeHost host, HostSubmissionQueue queue, uint namespaceIdentifier, ControllerFacts controller, byte[] data)
    {
        _host = host;
        _queue = queue;
        NamespaceIdentifier = namespaceIdentifier;
        Controller = controller;
        TransferLengthMaxBytes = controller.TransferLengthMaxBytes(4096 << host.Capabilities.MemoryPageSizeMinimum);
        BlockCount = BinaryPrimitives.ReadUInt64LittleEndian(data);
        Features = data[24];
        int format = (data[26] & 0xF) | ((data[26] >> 1) & 0x30);
        uint logicalBlockFormat = BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(128 + (4 * format)));
        BlockLengthBytes = 1 << (byte)(logicalBlockFormat >> 16);
        MetadataLengthBytes = (ushort)logicalBlockFormat;
        DeallocateFeatures = data[33];
        int pages = PrpBuilder.PageCount(host.PageLengthBytes - 1, TransferLengthMaxBytes, host.PageLengthBytes);
        _lists = host.Arena.Allocate(Math.Max(1, PrpBuilder.ListLengthBytes(pages, host.PageLengthBytes)), host.PageLengthBytes);
    }

    /// <summary>NSID.</summary>
    public uint NamespaceIdentifier { get; }

    /// <summary>What the controller says of itself.</summary>
    public ControllerFacts Controller { get; }

    /// <summary>NSZE: size in logical blocks.</summary>
    public ulong BlockCount { get; }

    /// <summary>Bytes of a logical block.</summary>
    public int BlockLengthBytes { get; }

    /// <summary>Bytes of metadata a block.</summary>
    public int MetadataLengthBytes { get; }

    /// <summary>NSFEAT.</summary>
    public byte Features { get; }

    /// <summary>DLFEAT: bits 2:0 say what deallocated blocks read as (1 is zeros), bit 3 whether Write Zeroes may deallocate.</summary>
    public byte DeallocateFeatures { get; }

    /// <summary>Bytes of the largest command.</summary>
    public int TransferLengthMaxBytes { get; }

    /// <summary>Queue that the commands go to.</summary>
    public HostSubmissionQueue Queue => _queue;

    /// <summary>Identifies controller and namespace. Throws when the namespace is not there.</summary>
    public static HostNamespace Open(NvmeHost host, HostSubmissionQueue queue, uint namespaceIdentifier)
    {
        var controller = new ControllerFacts(host.Identify(0x01));
        byte[] data = host.Identify(0x00, namespaceIdentifier);
        if (BinaryPrimitives.ReadUInt64LittleEndian(data) == 0)
        {
            throw new HostFailureException($"namespace {namespaceIdentifier} is not active; 'identify' lists those that are");
        }

        return new HostNamespace(host, queue, namespaceIdentifier, controller, data);
    }

    /// <summary>
    /// Reads whole blocks to a buffer, in as many commands as needed. Returns the number of commands; throws on an error status.
    /// </summary>
    public int Read(ulong startingLogicalBlock, HostBuffer buffer) => Transfer(NvmOpcode.Read, startingLogicalBlock, buffer, false);

    /// <summary>
    /// Writes whole blocks from a buffer, in as many commands as needed. Returns the number of commands; throws on an error status.
    /// </summary>
    public int Write(ulong startingLogicalBlock, HostBuffer buffer, bool forceUnitAccess = false) =>
        Transfer(NvmOpcode.Write, startingLogicalBlock, buffer, forceUnitAccess);

    /// <summary>Runs one command of at most the transfer limit with PRPs and returns its completion, whatever its status.</summary>
    public CompletionQueueEntry Run(NvmOpcode opcode, ulong startingLogicalBlock, HostBuffer buffer, bool forceUnitAccess = false)
    {
        SubmissionQueueEntry command = NvmeCommands
            .BlockCommand(opcode, NamespaceIdentifier, startingLogicalBlock, buffer.LengthBytes / BlockLengthBytes, forceUnitAccess)
            .WithPrp(PrpBuilder.Contiguous(buffer.Address, buffer.LengthBytes, _host.PageLengthBytes, _lists));
        return _host.Execute(_queue, in command);
    }

    /// <summary>Runs a command without data over a range of blocks (Write Zeroes, Verify) and returns its completion.</summary>
    public CompletionQueueEntry RunWithoutData(NvmOpcode opcode, ulong startingLogicalBlock, int blockCount)
    {
        SubmissionQueueEntry command = NvmeCommands.BlockCommand(opcode, NamespaceIdentifier, startingLogicalBlock, blockCount);
        return _host.Execute(_queue, in command);
    }

    /// <summary>Runs Flush.</summary>
    public CompletionQueueEntry Flush()
    {
        SubmissionQueueEntry command = NvmeCommands.Flush(NamespaceIdentifier);
        return _host.Execute(_queue, in command);
    }

    /// <summary>Deallocates ranges by Dataset Management; the range list is written to <paramref name="scratch"/>.</summary>
    public CompletionQueueEntry Deallocate(HostBuffer scratch, params ReadOnlySpan<(ulong StartingLogicalBlock, uint BlockCount)> ranges)
    {
        for (int i = 0; i < ranges.Length; i++)
        {
            Span<byte> entry = scratch.Bytes.Slice(16 * i, 16);
            BinaryPrimitives.WriteUInt32LittleEndian(entry, 0);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], ranges[i].BlockCount);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], ranges[i].StartingLogicalBlock);
        }

        SubmissionQueueEntry command = NvmeCommands.DatasetManagement(NamespaceIdentifier, ranges.Length)
            .WithPrp(PrpBuilder.Contiguous(scratch.Address, 16 * ranges.Length, _host.PageLengthBytes, _lists));
        return _host.Execute(_queue, in command);
    }

    /// <summary>Frees the memory for PRP lists.</summary>
    public void Dispose() => _host.Arena.Free(_lists);

    private int Transfer(NvmOpcode opcode, ulong startingLogicalBlock, HostBuffer buffer, bool forceUnitAccess)
    {
        int commands = 0;
        for (int offset = 0; offset < buffer.LengthBytes; commands++)
        {
            int length = Math.Min(TransferLengthMaxBytes, buffer.LengthBytes - offset);
            ulong logicalBlock = startingLogicalBlock + (ulong)(offset / BlockLengthBytes);
            CompletionQueueEntry result = Run(opcode, logicalBlock, buffer.Slice(offset, length), forceUnitAccess);
            NvmeHost.ThrowIfError(result, $"{opcode} of {length / BlockLengthBytes} blocks at {logicalBlock}");
            offset += length;
        }

        return commands;
    }
}
