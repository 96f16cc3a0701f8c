using Nvmepf.HostDriver.Checks;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.HostDriver.Workload;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Cli;

/// <summary>The data part of the tour: sizes from a block to above the transfer limit, PRPs and SGLs, and every block command.</summary>
internal sealed class TourData
{
    private const int RangeLengthBytes = 16 << 20;

    private readonly CheckReport _report;
    private readonly NvmeHost _host;
    private readonly ulong? _firstLogicalBlock;
    private readonly ulong _seed;
    private uint _generation;
    private ulong _keptBlock;
    private int _keptLengthBytes;

    internal TourData(CheckReport report, NvmeHost host, ulong? firstLogicalBlock, ulong seed)
    {
        _report = report;
        _host = host;
        _firstLogicalBlock = firstLogicalBlock;
        _seed = seed;
    }

    /// <summary>Runs the data checks on a namespace over queue 1.</summary>
    internal void Run(uint namespaceIdentifier)
    {
        _report.Section($"Data on namespace {namespaceIdentifier}");
        using HostNamespace space = HostNamespace.Open(_host, _host.SubmissionQueues[1], namespaceIdentifier);
        ulong blocks = (ulong)(RangeLengthBytes / space.BlockLengthBytes);
        if (space.BlockCount < blocks)
        {
            throw new HostFailureException($"namespace {namespaceIdentifier} has {space.BlockCount} blocks; the tour needs {blocks}");
        }

        ulong first = _firstLogicalBlock ?? (space.BlockCount - blocks);
        _report.Fact("overwritten", $"blocks {first} to {first + blocks - 1}");
        HostBuffer buffer = _host.Arena.Allocate((4 << 20) + 8192);
        foreach (int length in Sizes(space))
        {
            WriteReadVerify(space, first, buffer.Slice(0, length), "PRP");
        }

        WriteReadVerify(space, first, buffer.Slice(512, 65536), "PRP from offset 512 in a page");
        WriteReadVerify(space, first, buffer.Slice(4, space.TransferLengthMaxBytes), "PRP from offset 4 in a page");
        HostBuffer across = _host.Arena.AllocateAcrossSeam(65536);
        WriteReadVerify(space, first, across.Slice(0, 65536), "PRP across two DMA regions");
        _host.Arena.Free(across);
        Sgl(space, first, buffer);
        Commands(space, first, buffer);
        Keep(space, first + (blocks / 2), buffer.Slice(0, 1 << 20));
        _host.Arena.Free(buffer);
    }

    /// <summary>Checks that the blocks kept by <see cref="Run"/> still hold what was written.</summary>
    internal void VerifyAfter(uint namespaceIdentifier, string name)
    {
        using HostNamespace space = HostNamespace.Open(_host, _host.SubmissionQueues[1], namespaceIdentifier);
        HostBuffer buffer = _host.Arena.Allocate(_keptLengthBytes);
        _ = space.Read(_keptBlock, buffer.Slice(0, _keptLengthBytes));
        _ = _report.Expect(name, "intact", Compare(space, _keptBlock, buffer.Slice(0, _keptLengthBytes), _generation));
        _host.Arena.Free(buffer);
    }

    private static List<int> Sizes(HostNamespace space)
    {
        var sizes = new List<int>();
        for (int length = space.BlockLengthBytes; length < space.TransferLengthMaxBytes && length < 1 << 20; length *= 4)
        {
            sizes.Add(length);
        }

        sizes.Add(Math.Min(space.TransferLengthMaxBytes, 2 << 20));
        sizes.Add(Math.Min(2 * space.TransferLengthMaxBytes, 2 << 20) + space.BlockLengthBytes);
        return sizes;
    }

    private void WriteReadVerify(HostNamespace space, ulong block, HostBuffer buffer, string how)
    {
        Fill(space, block, buffer, ++_generation);
        int commands = space.Write(block, buffer);
        buffer.Bytes.Fill(0xA5);
        _ = space.Read(block, buffer);
        string split = commands == 1 ? "" : $" in {commands} commands";
        _ = _report.Expect(
            $"write, read, verify {buffer.LengthBytes} bytes by {how}{split}", "intact", Compare(space, block, buffer, _generation));
    }

    private void Sgl(HostNamespace space, ulong block, HostBuffer buffer)
    {
        if (!space.Controller.SglSupported)
        {
            _report.Fact("SGL", "not supported");
            return;
        }

        const int Length = 32768;
        HostBuffer descriptors = _host.Arena.Allocate(4096);
        HostBuffer data = buffer.Slice(0, Length);
        Fill(space, block, data, ++_generation);
        SglDescriptor[] pieces =
        [
            SglBuilder.DataBlock(data.Address, 4),
            SglBuilder.DataBlock(data.Address + 4, 8188),
            SglBuilder.DataBlock(data.Address + 8192, 20000),
            SglBuilder.DataBlock(data.Address + 28192, Length - 28192),
        ];
        _ = RunSgl(space, NvmOpcode.Write, block, Length, SglBuilder.Build(pieces, descriptors, 3), "write by a chained SGL of odd pieces");
        data.Bytes.Fill(0xA5);
        if (RunSgl(space, NvmOpcode.Read, block, Length, SglBuilder.Build(pieces, descriptors), "read by an SGL of odd pieces"))
        {
            _ = _report.Expect("data by SGL", "intact", Compare(space, block, data, _generation));
        }

        _host.Arena.Free(descriptors);
    }

    private bool RunSgl(HostNamespace space, NvmOpcode opcode, ulong block, int lengthBytes, SglDescriptor descriptor, string name)
    {
        SubmissionQueueEntry command = NvmeCommands
            .BlockCommand(opcode, space.NamespaceIdentifier, block, lengthBytes / space.BlockLengthBytes)
            .WithSgl(descriptor);
        return Status(name, StatusCode.Success, _host.Execute(space.Queue, in command));
    }

    private void Commands(HostNamespace space, ulong block, HostBuffer buffer)
    {
        const int Length = 65536;
        HostBuffer data = buffer.Slice(0, Length);
        int blocks = Length / space.BlockLengthBytes;
        Fill(space, block, data, ++_generation);
        _ = Status("write with FUA", StatusCode.Success, space.Run(NvmOpcode.Write, block, data, forceUnitAccess: true));
        _ = Status("flush", StatusCode.Success, space.Flush());
        if (space.Controller.CompareSupported)
        {
            _ = Status("compare with what was written", StatusCode.Success, space.Run(NvmOpcode.Compare, block, data));
            data.Bytes[^1] ^= 1;
            _ = Status("compare with one bit wrong", StatusCode.CompareFailure, space.Run(NvmOpcode.Compare, block, data));
        }

        if (space.Controller.VerifySupported)
        {
            _ = Status("verify", StatusCode.Success, space.RunWithoutData(NvmOpcode.Verify, block, blocks));
        }

        if (space.Controller.WriteZeroesSupported)
        {
            _ = Status("write zeroes", StatusCode.Success, space.RunWithoutData(NvmOpcode.WriteZeroes, block, blocks));
            data.Bytes.Fill(0xA5);
            _ = space.Read(block, data);
            _ = _report.Expect("data after write zeroes", "intact", Compare(space, block, data, BlockPattern.ZeroGeneration));
        }

        if (space.Controller.DatasetManagementSupported)
        {
            Deallocate(space, block, data);
        }

        _ = Status("read past the end", StatusCode.LbaOutOfRange, space.Run(NvmOpcode.Read, space.BlockCount - 1, data));
    }

    private void Deallocate(HostNamespace space, ulong block, HostBuffer data)
    {
        uint half = (uint)(data.LengthBytes / space.BlockLengthBytes / 2);
        Fill(space, block, data, ++_generation);
        _ = space.Write(block, data);
        HostBuffer scratch = _host.Arena.Allocate(4096);
        _ = Status("deallocate the first half", StatusCode.Success, space.Deallocate(scratch, (block, half)));
        data.Bytes.Fill(0xA5);
        _ = space.Read(block, data);
        int halfBytes = data.LengthBytes / 2;
        if ((space.DeallocateFeatures & 7) == 1)
        {
            _ = _report.Expect(
                "deallocated blocks read as zeros", "intact", Compare(space, block, data.Slice(0, halfBytes), BlockPattern.ZeroGeneration));
        }

        _ = _report.Expect("the other half", "intact", Compare(space, block + half, data.Slice(halfBytes, halfBytes), _generation));
        _host.Arena.Free(scratch);
    }

    private void Keep(HostNamespace space, ulong block, HostBuffer data)
    {
        Fill(space, block, data, ++_generation);
        _ = space.Write(block, data);
        _keptBlock = block;
        _keptLengthBytes = data.LengthBytes;
    }

    private bool Status(string name, StatusCode expected, CompletionQueueEntry got) =>
        _report.Expect(name, StatusText.Of(expected), StatusText.Of(got.CompletionStatus.Status.Code));

    private unsafe void Fill(HostNamespace space, ulong block, HostBuffer buffer, uint generation)
    {
        for (int offset = 0; offset < buffer.LengthBytes; offset += space.BlockLengthBytes, block++)
        {
            BlockPattern.Fill(buffer.Pointer + offset, space.BlockLengthBytes, block, generation, _seed);
        }
    }

    private unsafe string Compare(HostNamespace space, ulong block, HostBuffer buffer, uint generation)
    {
        for (int offset = 0; offset < buffer.LengthBytes; offset += space.BlockLengthBytes, block++)
        {
            byte* here = buffer.Pointer + offset;
            int difference = BlockPattern.FirstDifference(here, space.BlockLengthBytes, block, generation, _seed);
            if (difference >= 0)
            {
                return $"LBA {block} wrong from byte {difference} on, wanted generation {generation}, found {BlockPattern.Describe(here)}";
            }
        }

        return "intact";
    }
}
