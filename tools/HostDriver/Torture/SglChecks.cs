using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Torture;

/// <summary>SGLs that are right, however odd (NVMe Base 2.1 section 4.3.2).</summary>
internal static class SglChecks
{
    internal static IReadOnlyList<TortureCheck> All { get; } =
    [
        new("sgl/one-data-block", OneDataBlock),
        new("sgl/odd-bytes", OddBytes),
        new("sgl/segments", Segments),
        new("sgl/many-small", ManySmall),
        new("sgl/bit-bucket", BitBucket),
        new("sgl/zero-length-blocks", ZeroLengthBlocks),
        new("sgl/seam", Seam),
        new("sgl/random", RandomShapes),
        new("sgl/psdt-10b", OtherSelector),
    ];

    /// <summary>Runs a block command of the scratch range with an SGL built from pieces.</summary>
    internal static CompletionQueueEntry Run(
        TortureContext context, NvmOpcode opcode, int lengthBytes, ReadOnlySpan<SglDescriptor> pieces, int perSegment = 256) =>
        context.Host.Execute(
            context.Queue, context.BlockCommand(opcode, lengthBytes).WithSgl(SglBuilder.Build(pieces, context.Lists, perSegment)));

    private static bool Unsupported(TortureContext context)
    {
        bool supported = context.Space.Controller.SglSupported;
        _ = supported || context.Expect("SGLS says supported", "True", "False");
        return !supported;
    }

    private static void RoundTrip(
        TortureContext context, string what, HostBuffer data, ReadOnlySpan<SglDescriptor> pieces, int perSegment = 256)
    {
        uint generation = context.Fill(context.ScratchBlock, data);
        CompletionQueueEntry written = Run(context, NvmOpcode.Write, data.LengthBytes, pieces, perSegment);
        data.Bytes.Fill(0xA5);
        CompletionQueueEntry read = Run(context, NvmOpcode.Read, data.LengthBytes, pieces, perSegment);
        string got = written.CompletionStatus.Status.IsError ? "write: " + StatusText.Of(written)
            : read.CompletionStatus.Status.IsError ? "read: " + StatusText.Of(read)
            : context.Compare(context.ScratchBlock, data, generation);
        _ = context.Expect(what, "intact", got);
    }

    private static void OneDataBlock(TortureContext context)
    {
        if (Unsupported(context))
        {
            return;
        }

        foreach (int length in new[] { 512, 4096, 65536, Math.Min(context.Space.TransferLengthMaxBytes, 2 << 20) })
        {
            HostBuffer data = context.Data.Slice(length == 512 ? 4 : 0, Math.Max(length, context.Space.BlockLengthBytes));
            RoundTrip(
                context, $"{data.LengthBytes} bytes in one data block", data, [SglBuilder.DataBlock(data.Address, (uint)data.LengthBytes)]);
        }
    }

    private static void OddBytes(TortureContext context)
    {
        if ((context.Space.Controller.SglSupport & 3) != 1)
        {
            return;
        }

        HostBuffer data = context.Data.Slice(3, 8192);
        RoundTrip(context, "data block at an odd address", data, [SglBuilder.DataBlock(data.Address, 8192)]);
        RoundTrip(context, "pieces of odd lengths at odd addresses", data,
        [
            SglBuilder.DataBlock(data.Address, 1),
            SglBuilder.DataBlock(data.Address + 1, 513),
            SglBuilder.DataBlock(data.Address + 514, 4099),
            SglBuilder.DataBlock(data.Address + 4613, 8192 - 4613),
        ]);
    }

    private static void Segments(TortureContext context)
    {
        const int Length = 65536;
        HostBuffer data = context.Data.Slice(0, Length);
        SglDescriptor[] pieces = Cut(data, 64);
        foreach (int perSegment in new[] { 2, 3, 16, 63, 64, 256 })
        {
            RoundTrip(context, $"64 pieces, {perSegment} descriptors to a segment", data, pieces, perSegment);
        }
    }

    private static void ManySmall(TortureContext context)
    {
        const int Length = 16384;
        HostBuffer data = context.Data.Slice(0, Length);
        RoundTrip(context, "2048 pieces of 8 bytes in one segment", data, Cut(data, 2048), 2048);
        RoundTrip(context, "1024 pieces of 16 bytes, 4 descriptors to a segment", data, Cut(data, 1024), 4);
    }

    private static void BitBucket(TortureContext context)
    {
        if (!context.Space.Controller.BitBucketSupported)
        {
            return;
        }

        HostBuffer data = context.Data.Slice(0, 16384);
        uint generation = context.Fill(context.ScratchBlock, data);
        NvmeHost.ThrowIfError(context.Host.Execute(context.Queue, context.GoodCommand(NvmOpcode.Write, 16384)), "Write");
        data.Bytes.Fill(0x5A);
        CompletionQueueEntry entry = Run(context, NvmOpcode.Read, 16384,
        [
            SglBuilder.DataBlock(data.Address, 4096),
            SglBuilder.BitBucket(8192),
            SglBuilder.DataBlock(data.Address + 12288, 4096),
        ]);
        _ = context.Expect(
            "read with a bit bucket in the middle", StatusText.Of(StatusCode.Success), StatusText.Of(entry.CompletionStatus.Status.Code));
        _ = context.Expect("data before the bucket", "intact", context.Compare(context.ScratchBlock, data.Slice(0, 4096), generation));
        _ = context.Expect("data after the bucket", "intact",
            context.Compare(context.ScratchBlock + (ulong)context.Blocks(12288), data.Slice(12288, 4096), generation));
        _ = context.Expect(
            "memory that the bucket stands for", "untouched", data.Slice(4096, 8192).Bytes.ContainsAnyExcept((byte)0x5A) ? "written"
                : "untouched");
        entry = Run(context, NvmOpcode.Read, 4096, [SglBuilder.BitBucket(2048), SglBuilder.BitBucket(2048)]);
        _ = context.Expect(
            "read to bit buckets only", StatusText.Of(StatusCode.Success), StatusText.Of(entry.CompletionStatus.Status.Code));

        // In a write the bucket holds no data: the blocks come from the data blocks alone.
        generation = context.Fill(context.ScratchBlock, data);
        entry = Run(context, NvmOpcode.Write, 16384,
            [SglBuilder.DataBlock(data.Address, 8192), SglBuilder.BitBucket(4096), SglBuilder.DataBlock(data.Address + 8192, 8192)]);
        _ = context.Expect("write with a bit bucket", StatusText.Of(StatusCode.Success), StatusText.Of(entry.CompletionStatus.Status.Code));
        data.Bytes.Fill(0xA5);
        NvmeHost.ThrowIfError(context.Host.Execute(context.Queue, context.GoodCommand(NvmOpcode.Read, 16384)), "Read");
        _ = context.Expect("data written around it", "intact", context.Compare(context.ScratchBlock, data, generation));
    }

    private static void ZeroLengthBlocks(TortureContext context)
    {
        HostBuffer data = context.Data.Slice(0, 8192);
        RoundTrip(context, "data blocks of no length between others", data,
        [
            SglBuilder.DataBlock(0, 0),
            SglBuilder.DataBlock(data.Address, 4096),
            SglBuilder.DataBlock(context.Host.Arena.UnmappedAddress, 0),
            SglBuilder.DataBlock(data.Address + 4096, 4096),
            SglBuilder.DataBlock(0, 0),
        ]);
    }

    private static void Seam(TortureContext context)
    {
        HostBuffer data = context.Host.Arena.AllocateAcrossSeam(64 << 10).Slice(0, 64 << 10);
        RoundTrip(context, "data block across two DMA regions", data, [SglBuilder.DataBlock(data.Address, 64 << 10)]);
        HostBuffer other = context.Data.Slice(0, 8192);
        HostBuffer lists = context.Lists;
        uint generation = context.Fill(context.ScratchBlock, other);
        SglDescriptor[] pieces = Cut(other, 32);
        HostBuffer across = data.Slice((data.LengthBytes / 2) - 128, 1024);
        SglDescriptor first = SglBuilder.Build(pieces, across);
        CompletionQueueEntry entry = context.Host.Execute(context.Queue, context.BlockCommand(NvmOpcode.Write, 8192).WithSgl(first));
        _ = context.Expect(
            "segment across two DMA regions", StatusText.Of(StatusCode.Success), StatusText.Of(entry.CompletionStatus.Status.Code));
        other.Bytes.Fill(0xA5);
        entry = context.Host.Execute(context.Queue, context.BlockCommand(NvmOpcode.Read, 8192).WithSgl(SglBuilder.Build(pieces, lists)));
        _ = context.Expect(
            "data by it", "intact", entry.CompletionStatus.Status.IsError ? StatusText.Of(entry)
                : context.Compare(context.ScratchBlock, other, generation));
    }

    private static void RandomShapes(TortureContext context)
    {
        const int Turns = 200;
        bool anyByte = (context.Space.Controller.SglSupport & 3) == 1;
        string first = "intact";
        for (int turn = 0; turn < Turns && first == "intact"; turn++)
        {
            int length = context.Random.Next(1, 128) * context.Space.BlockLengthBytes;
            HostBuffer data = context.Data.Slice(anyByte ? context.Random.Next(64) : 4 * context.Random.Next(16), length);
            var pieces = new List<SglDescriptor>();
            for (int offset = 0; offset < length;)
            {
                int piece = Math.Min(length - offset, context.Random.Next(1, 1 << context.Random.Next(1, 16)));
                piece = anyByte ? piece : Math.Min(length - offset, (piece + 3) & ~3);
                pieces.Add(SglBuilder.DataBlock(data.Address + (ulong)offset, (uint)piece));
                offset += piece;
                if (pieces.Count == 2000)
                {
                    pieces.Add(SglBuilder.DataBlock(data.Address + (ulong)offset, (uint)(length - offset)));
                    break;
                }
            }

            int perSegment = context.Random.Next(2, 300);
            uint generation = context.Fill(context.ScratchBlock, data);
            CompletionQueueEntry written = Run(context, NvmOpcode.Write, length, [.. pieces], perSegment);
            data.Bytes.Fill(0xA5);
            CompletionQueueEntry read = Run(context, NvmOpcode.Read, length, [.. pieces], perSegment);
            string got = written.CompletionStatus.Status.IsError || read.CompletionStatus.Status.IsError
                ? $"write {StatusText.Of(written)}, read {StatusText.Of(read)}"
                : context.Compare(context.ScratchBlock, data, generation);
            first = got == "intact" ? first : $"turn {turn}, {pieces.Count} pieces, {perSegment} to a segment: {got}";
        }

        _ = context.Expect($"{Turns} random SGLs", "intact", first);
    }

    private static void OtherSelector(TortureContext context)
    {
        HostBuffer data = context.Data.Slice(0, 4096);
        SubmissionQueueEntry command = context.BlockCommand(NvmOpcode.Read, 4096).WithSgl(SglBuilder.DataBlock(data.Address, 4096));
        command.Cdw0 = command.Cdw0 with { PrpOrSgl = PrpOrSgl.SglWithMetadataSgl };
        context.ExpectStatus("PSDT 10b without metadata", StatusCode.Success, command);
    }

    private static SglDescriptor[] Cut(HostBuffer data, int count)
    {
        var pieces = new SglDescriptor[count];
        uint length = (uint)(data.LengthBytes / count);
        for (int i = 0; i < count; i++)
        {
            pieces[i] = SglBuilder.DataBlock(data.Address + ((ulong)i * length), length);
        }

        return pieces;
    }
}
