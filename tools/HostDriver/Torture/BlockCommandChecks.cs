using System.Buffers.Binary;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Torture;

/// <summary>
/// The block commands with wrong opcodes, namespaces, ranges and fields, and at the edges of the right ones (NVM Command Set 1.1).
/// </summary>
internal static class BlockCommandChecks
{
    internal static IReadOnlyList<TortureCheck> All { get; } =
    [
        new("io/invalid-opcodes", InvalidOpcodes),
        new("io/namespaces", Namespaces),
        new("io/out-of-range", OutOfRange),
        new("io/last-block", LastBlock),
        new("io/fused", Fused),
        new("io/compare", Compare),
        new("io/write-zeroes", WriteZeroes),
        new("io/deallocate", Deallocate),
        new("io/flush-all", FlushAll),
        new("io/zero-entry", ZeroEntry),
        new("io/random-entries", RandomEntries),
    ];

    private static void InvalidOpcodes(TortureContext context)
    {
        byte[] effects = context.Host.LogPage(0x05, 4096);
        int refused = 0;
        int tried = 0;
        string wrong = "";
        for (int opcode = 0; opcode < 256; opcode++)
        {
            if ((effects[1024 + (4 * opcode)] & 1) != 0)
            {
                continue;
            }

            tried++;
            CompletionQueueEntry entry =
                context.Host.Execute(context.Queue, NvmeCommands.Command((byte)opcode, context.NamespaceIdentifier));
            bool right = entry.CompletionStatus.Status.Code == StatusCode.InvalidOpcode;
            refused += right ? 1 : 0;
            wrong += right || wrong.Length > 60 ? "" : $" {opcode:x2}h: {StatusText.Of(entry)}";
        }

        _ = context.Expect("I/O opcodes that the effects log does not list", $"{tried} InvalidOpcode", $"{refused} InvalidOpcode{wrong}");
    }

    private static IEnumerable<NvmOpcode> Supported(TortureContext context)
    {
        yield return NvmOpcode.Read;
        yield return NvmOpcode.Write;
        if (context.Space.Controller.CompareSupported)
        {
            yield return NvmOpcode.Compare;
        }

        if (context.Space.Controller.WriteZeroesSupported)
        {
            yield return NvmOpcode.WriteZeroes;
        }

        if (context.Space.Controller.VerifySupported)
        {
            yield return NvmOpcode.Verify;
        }
    }

    private static void Namespaces(TortureContext context)
    {
        uint beyond = context.Space.Controller.NumberOfNamespaces + 1;
        foreach (NvmOpcode opcode in Supported(context))
        {
            foreach (uint identifier in new[] { 0u, beyond, 0xFFFFFFFEu, 0xFFFFFFFFu })
            {
                SubmissionQueueEntry command = context.GoodCommand(opcode, 4096);
                command.NamespaceIdentifier = identifier;
                context.ExpectStatus($"{opcode} of namespace {identifier:x}h", StatusCode.InvalidNamespaceOrFormat, command);
            }
        }

        context.ExpectStatus("Flush of namespace 0", StatusCode.InvalidNamespaceOrFormat, NvmeCommands.Flush(0));
        context.ExpectStatus("Flush of namespace NN + 1", StatusCode.InvalidNamespaceOrFormat, NvmeCommands.Flush(beyond));
    }

    private static void OutOfRange(TortureContext context)
    {
        ulong count = context.Space.BlockCount;
        int blocks = context.Blocks(4096);
        foreach (NvmOpcode opcode in Supported(context))
        {
            foreach ((string where, ulong block) in new[]
            {
                ("at the end", count), ("across the end", count - (ulong)blocks + 1), ("at 2^63", 1UL << 63),
                    ("at 2^64 - 1", ulong.MaxValue),
                ("that wraps round to block 0", ulong.MaxValue - (ulong)blocks + 2),
            })
            {
                SubmissionQueueEntry command = context.GoodCommand(opcode, 4096);
                command.StartingLba = block;
                context.ExpectStatus($"{opcode} {where}", StatusCode.LbaOutOfRange, command);
            }
        }

        context.ExpectAlive();
    }

    private static void LastBlock(TortureContext context)
    {
        HostBuffer data = context.Data.Slice(0, context.Space.BlockLengthBytes);
        ulong last = context.Space.BlockCount - 1;
        uint generation = context.Fill(last, data);
        _ = context.Expect(
            "write of the last block", StatusText.Of(StatusCode.Success), StatusText.Of(context.Space.Run(NvmOpcode.Write, last, data)));
        data.Bytes.Fill(0xA5);
        _ = context.Space.Run(NvmOpcode.Read, last, data);
        _ = context.Expect("the last block", "intact", context.Compare(last, data, generation));
    }

    private static void Fused(TortureContext context)
    {
        foreach (FusedOperation fused in new[] { FusedOperation.First, FusedOperation.Second, FusedOperation.Reserved })
        {
            SubmissionQueueEntry command = context.GoodCommand(NvmOpcode.Read, 4096);
            command.Cdw0 = command.Cdw0 with { FusedOperation = fused };
            context.ExpectOneOf($"FUSE {(int)fused:d}", command, context.Queue,
                StatusCode.InvalidField, StatusCode.AbortedMissingFused, StatusCode.AbortedFailedFused);
        }
    }

    private static void Compare(TortureContext context)
    {
        if (!context.Space.Controller.CompareSupported)
        {
            return;
        }

        int length = Math.Min(context.Space.TransferLengthMaxBytes, 1 << 20);
        HostBuffer data = context.Data.Slice(0, length);
        _ = context.Fill(context.ScratchBlock, data);
        context.ExpectStatus("write", StatusCode.Success, context.GoodCommand(NvmOpcode.Write, length));
        context.ExpectStatus($"compare of {length} bytes", StatusCode.Success, context.GoodCommand(NvmOpcode.Compare, length));
        foreach (int place in new[] { 0, 511, 4096, length / 2, length - 1 })
        {
            data.Bytes[place] ^= 0x80;
            context.ExpectStatus(
                $"compare with byte {place} wrong", StatusCode.CompareFailure, context.GoodCommand(NvmOpcode.Compare, length));
            data.Bytes[place] ^= 0x80;
        }
    }

    private static void WriteZeroes(TortureContext context)
    {
        if (!context.Space.Controller.WriteZeroesSupported)
        {
            return;
        }

        HostBuffer data = context.Data.Slice(0, 65536);
        uint generation = context.Fill(context.ScratchBlock, data);
        context.ExpectStatus("write", StatusCode.Success, context.GoodCommand(NvmOpcode.Write, 65536));
        ulong middle = context.ScratchBlock + (ulong)context.Blocks(16384);
        SubmissionQueueEntry zero =
            NvmeCommands.BlockCommand(NvmOpcode.WriteZeroes, context.NamespaceIdentifier, middle, context.Blocks(32768) - 1);
        context.ExpectStatus("write zeroes to all but one of the middle blocks", StatusCode.Success, zero);
        zero.Cdw12 |= 1u << 25;
        context.ExpectStatus("write zeroes with DEAC", StatusCode.Success, zero);
        context.ExpectStatus("read", StatusCode.Success, context.GoodCommand(NvmOpcode.Read, 65536));
        int block = context.Space.BlockLengthBytes;
        _ = context.Expect("blocks before", "intact", context.Compare(context.ScratchBlock, data.Slice(0, 16384), generation));
        _ = context.Expect("zeroed blocks", "intact", context.Compare(middle, data.Slice(16384, 32768 - block), 0));
        _ = context.Expect("blocks after", "intact",
            context.Compare(
                context.ScratchBlock + (ulong)context.Blocks(49152 - block), data.Slice(49152 - block, 16384 + block), generation));
        SubmissionQueueEntry large =
            NvmeCommands.BlockCommand(NvmOpcode.WriteZeroes, context.NamespaceIdentifier, context.ScratchBlock, context.Blocks(4 << 20));
        context.ExpectOneOf("write zeroes to 4 MiB, above MDTS", large, context.Queue, StatusCode.Success, StatusCode.InvalidField);
    }

    private static void Deallocate(TortureContext context)
    {
        if (!context.Space.Controller.DatasetManagementSupported)
        {
            return;
        }

        NvmeHost host = context.Host;
        HostBuffer ranges = context.Data.Slice(1 << 20, 4096);
        HostBuffer data = context.Data.Slice(0, 256 * context.Space.BlockLengthBytes);
        uint generation = context.Fill(context.ScratchBlock, data);
        _ = context.Space.Write(context.ScratchBlock, data);
        var every = new (ulong, uint)[256];
        for (int i = 0; i < 256; i++)
        {
            every[i] = (context.ScratchBlock + (ulong)i, (uint)(i & 1));
        }

        _ = context.Expect(
            "256 ranges, every other of no length", StatusText.Of(StatusCode.Success),
            StatusText.Of(context.Space.Deallocate(ranges, every)));
        data.Bytes.Fill(0xA5);
        _ = context.Space.Read(context.ScratchBlock, data);
        string kept = "intact";
        for (int i = 0; i < 256 && kept == "intact"; i += 2)
        {
            kept = context.Compare(
                context.ScratchBlock + (ulong)i, data.Slice(i * context.Space.BlockLengthBytes, context.Space.BlockLengthBytes),
                generation);
        }

        _ = context.Expect("blocks between deallocated ones", "intact", kept);
        _ = context.Expect("range past the end", StatusText.Of(StatusCode.LbaOutOfRange),
            StatusText.Of(context.Space.Deallocate(ranges, (context.Space.BlockCount - 1, 2u)).CompletionStatus.Status.Code));
        _ = context.Expect("range that wraps round", StatusText.Of(StatusCode.LbaOutOfRange),
            StatusText.Of(context.Space.Deallocate(ranges, (ulong.MaxValue - 3, 8u)).CompletionStatus.Status.Code));
        SubmissionQueueEntry hint = NvmeCommands.DatasetManagement(context.NamespaceIdentifier, 1, deallocate: false);
        BinaryPrimitives.WriteUInt32LittleEndian(ranges.Bytes[4..], 1);
        hint.Prp1 = ranges.Address;
        context.ExpectStatus("no attribute", StatusCode.Success, hint);
        context.ExpectStatus("ranges at memory that is not mapped", StatusCode.DataTransferError,
            NvmeCommands.DatasetManagement(context.NamespaceIdentifier, 16).WithPrp(new(host.Arena.UnmappedAddress, 0)));
        SubmissionQueueEntry wrongNamespace = NvmeCommands.DatasetManagement(0xFFFFFFFF, 1);
        wrongNamespace.Prp1 = ranges.Address;
        context.ExpectStatus("namespace FFFFFFFFh", StatusCode.InvalidNamespaceOrFormat, wrongNamespace);
        context.ExpectAlive();
    }

    private static void FlushAll(TortureContext context)
    {
        // VWC bits 2:1: 10b refuses Flush of all namespaces, 11b takes it, 00b does not say.
        int behaviour = (context.Space.Controller.VolatileWriteCache >> 1) & 3;
        SubmissionQueueEntry flush = NvmeCommands.Flush(0xFFFFFFFF);
        _ = behaviour switch
        {
            2 => context.ExpectStatus("Flush of FFFFFFFFh with VWC 10b", StatusCode.InvalidNamespaceOrFormat, flush),
            3 => context.ExpectStatus("Flush of FFFFFFFFh with VWC 11b", StatusCode.Success, flush),
            _ => context.ExpectOneOf("Flush of FFFFFFFFh", flush, context.Queue, StatusCode.Success, StatusCode.InvalidNamespaceOrFormat),
        };
    }

    private static void ZeroEntry(TortureContext context) =>
        context.ExpectStatus("an entry of zeros", StatusCode.InvalidNamespaceOrFormat, default);

    private static void RandomEntries(TortureContext context)
    {
        int outstanding = 0;
        var waiting = new Queue<ushort>();
        for (int turn = 0; turn < 5000; turn++)
        {
            waiting.Enqueue(context.Host.Submit(context.Queue, RandomEntry(context)));
            if (++outstanding == 32)
            {
                _ = context.Host.Wait(context.Queue, waiting.Dequeue());
                outstanding--;
            }
        }

        while (waiting.TryDequeue(out ushort identifier))
        {
            _ = context.Host.Wait(context.Queue, identifier);
        }

        _ = context.Expect("commands of random entries", "all complete", "all complete");
        context.ExpectRecovery("5000 random entries");
    }

    /// <summary>
    /// An entry that may be anything, but writes only to the scratch range and to data memory: the rest of the namespace, the queues and
    /// the lists are what other checks stand on.
    /// </summary>
    private static SubmissionQueueEntry RandomEntry(TortureContext context)
    {
        Random random = context.Random;
        byte opcode = random.Next(4) == 0 ? (byte)random.Next(256) : (byte)new[] { 0, 1, 2, 5, 8, 9, 12 }[random.Next(7)];
        SubmissionQueueEntry command =
            NvmeCommands.Command(opcode, random.Next(8) == 0 ? (uint)random.Next() : context.NamespaceIdentifier);
        bool changes = opcode is 1 or 8 or 9;
        int length = Math.Min(context.Space.BlockLengthBytes * random.Next(1, 1 << random.Next(1, 11)), 1 << 20);
        command.StartingLba = changes || random.Next(4) != 0
            ? context.ScratchBlock + (ulong)random.Next(context.Blocks(TortureContext.ScratchLengthBytes / 2))
            : (ulong)random.NextInt64();
        command.Cdw12 = (uint)(context.Blocks(length) - 1) | (random.Next(8) == 0 ? (uint)random.Next(1 << 16) << 16 : 0);
        command = random.Next(3) switch
        {
            0 => command.WithSgl(SglBuilder.DataBlock(context.Data.Address + (ulong)random.Next(4096), (uint)length)),
            1 => command.WithPrp(
                PrpBuilder.Contiguous(
                    context.Data.Address + (ulong)(4 * random.Next(1024)), length, context.Host.PageLengthBytes, context.Lists)),
            _ => command.WithPrp(new((ulong)random.NextInt64(), (ulong)random.NextInt64())),
        };
        if (opcode == 9)
        {
            // Ranges come from data memory, which holds anything: number of ranges 1, and a range of the scratch area.
            command.Cdw10 = 0;
            command.Cdw11 = 4;
            HostBuffer range = context.Data.Slice(2 << 20, 16);
            BinaryPrimitives.WriteUInt32LittleEndian(range.Bytes[4..], 8);
            BinaryPrimitives.WriteUInt64LittleEndian(range.Bytes[8..], context.ScratchBlock);
            command = command.WithPrp(new(range.Address, 0));
        }

        return command;
    }
}
