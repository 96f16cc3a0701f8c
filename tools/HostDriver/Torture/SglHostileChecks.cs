using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Torture;

/// <summary>SGLs that break a rule each (status codes of NVMe Base 2.1 section 4.2.3, figure of generic command status values).</summary>
internal static class SglHostileChecks
{
    private const int Length = 8192;

    internal static IReadOnlyList<TortureCheck> All { get; } =
    [
        new("sgl-hostile/types", Types),
        new("sgl-hostile/sub-types", SubTypes),
        new("sgl-hostile/segment-lengths", SegmentLengths),
        new("sgl-hostile/segment-places", SegmentPlaces),
        new("sgl-hostile/self-loop", SelfLoop),
        new("sgl-hostile/long-chain", LongChain),
        new("sgl-hostile/length", Lengths),
        new("sgl-hostile/unmapped", Unmapped),
        new("sgl-hostile/selector", Selector),
        new("sgl-hostile/admin", Admin),
        new("sgl-hostile/huge-segment", HugeSegment),
        new("sgl-hostile/garbage", Garbage),
    ];

    private static SubmissionQueueEntry Read(TortureContext context, SglDescriptor descriptor) =>
        context.BlockCommand(NvmOpcode.Read, Length).WithSgl(descriptor);

    private static SglDescriptor Good(TortureContext context, int offset = 0, int length = Length) =>
        SglBuilder.DataBlock(context.Data.Address + (ulong)offset, (uint)length);

    /// <summary>Writes descriptors to list memory from an index on and returns a pointer of the given type to them.</summary>
    private static SglDescriptor Segment(
        TortureContext context, SglDescriptorType type, int index, params ReadOnlySpan<SglDescriptor> descriptors)
    {
        for (int i = 0; i < descriptors.Length; i++)
        {
            SglBuilder.Write(context.Lists, index + i, descriptors[i]);
        }

        return SglBuilder.Descriptor(type, context.Lists.Address + (ulong)(16 * index), (uint)(16 * descriptors.Length));
    }

    private static void Types(TortureContext context)
    {
        foreach (byte type in new byte[] { 0x4, 0x5, 0x6, 0x7, 0xE, 0xF })
        {
            SglDescriptor bad = SglBuilder.Descriptor((SglDescriptorType)type, context.Data.Address, Length);
            context.ExpectStatus($"type {type:x}h in the command", StatusCode.SglDescriptorTypeInvalid, Read(context, bad));
            context.ExpectStatus($"type {type:x}h in a segment", StatusCode.SglDescriptorTypeInvalid,
                Read(context,
                    Segment(context, SglDescriptorType.LastSegment, 0, Good(context, 0, Length / 2),
                    SglBuilder.Descriptor((SglDescriptorType)type, context.Data.Address, Length / 2))));
        }

        context.ExpectAlive();
    }

    private static void SubTypes(TortureContext context)
    {
        foreach (byte subType in new byte[] { 0x1, 0x2, 0xA, 0xF })
        {
            var sub = (SglDescriptorSubType)subType;
            context.ExpectStatus($"data block of sub type {subType:x}h", StatusCode.SglDescriptorTypeInvalid,
                Read(context, SglBuilder.Descriptor(SglDescriptorType.DataBlock, context.Data.Address, Length, sub)));
            SglDescriptor segment = Segment(context, SglDescriptorType.LastSegment, 0, Good(context));
            context.ExpectStatus($"last segment of sub type {subType:x}h", StatusCode.SglDescriptorTypeInvalid,
                Read(context, SglBuilder.Descriptor(SglDescriptorType.LastSegment, segment.Address, segment.LengthBytes, sub)));
        }
    }

    private static void SegmentLengths(TortureContext context)
    {
        foreach (SglDescriptorType type in new[] { SglDescriptorType.LastSegment, SglDescriptorType.Segment })
        {
            SglDescriptor segment = Segment(context, type, 0, Good(context));
            foreach (uint length in new[] { 0u, 1u, 15u, 17u, 24u })
            {
                context.ExpectStatus(
                    $"{type} of {length} bytes", StatusCode.InvalidSglSegmentDescriptor,
                    Read(context, SglBuilder.Descriptor(type, segment.Address, length)));
            }
        }

        context.ExpectAlive();
    }

    private static void SegmentPlaces(TortureContext context)
    {
        SglDescriptor second = Segment(context, SglDescriptorType.LastSegment, 100, Good(context));
        SglDescriptor asSegment = SglBuilder.Descriptor(SglDescriptorType.Segment, second.Address, second.LengthBytes);
        context.ExpectStatus("last segment that ends in a segment pointer", StatusCode.InvalidSglSegmentDescriptor,
            Read(context, Segment(context, SglDescriptorType.LastSegment, 0, Good(context, 0, 4096), asSegment)));
        context.ExpectStatus("last segment that ends in a last-segment pointer", StatusCode.InvalidSglSegmentDescriptor,
            Read(context, Segment(context, SglDescriptorType.LastSegment, 0, Good(context, 0, 4096), second)));
        context.ExpectStatus("segment pointer before the end of a segment", StatusCode.InvalidNumberOfSglDescriptors,
            Read(context, Segment(context, SglDescriptorType.Segment, 0, Good(context, 0, 4096), second, Good(context, 4096, 4096))));
        context.ExpectOneOf("segment without a pointer at its end",
            Read(context, Segment(context, SglDescriptorType.Segment, 0, Good(context, 0, 4096), Good(context, 4096, 4096))),
            context.Queue, StatusCode.InvalidSglSegmentDescriptor, StatusCode.InvalidNumberOfSglDescriptors, StatusCode.Success);
        context.ExpectAlive();
    }

    private static void SelfLoop(TortureContext context)
    {
        StatusCode[] refusals =
            [StatusCode.InvalidSglSegmentDescriptor, StatusCode.InvalidNumberOfSglDescriptors, StatusCode.DataSglLengthInvalid];
        SglDescriptor self = SglBuilder.Descriptor(SglDescriptorType.Segment, context.Lists.Address, 16);
        context.ExpectOneOf(
            "segment that holds a pointer to itself", Read(context, Segment(context, SglDescriptorType.Segment, 0, self)), context.Queue,
            refusals);
        SglDescriptor selfOfTwo = SglBuilder.Descriptor(SglDescriptorType.Segment, context.Lists.Address, 32);
        context.ExpectOneOf(
            "the same with a block of no length",
            Read(context, Segment(context, SglDescriptorType.Segment, 0, Good(context, 0, 0), selfOfTwo)), context.Queue, refusals);
        StatusCode[] withData = Longer(context) ? [.. refusals, StatusCode.Success] : refusals;
        context.ExpectOneOf(
            "the same with a data block", Read(context, Segment(context, SglDescriptorType.Segment, 0, Good(context, 0, 512), selfOfTwo)),
            context.Queue, withData);
        SglDescriptor toFirst = SglBuilder.Descriptor(SglDescriptorType.Segment, context.Lists.Address, 32);
        SglDescriptor toSecond = Segment(context, SglDescriptorType.Segment, 100, Good(context, 0, 0), toFirst);
        context.ExpectOneOf(
            "two segments that point at each other",
            Read(context, Segment(context, SglDescriptorType.Segment, 0, Good(context, 0, 0), toSecond)), context.Queue, refusals);
        context.ExpectAlive();
    }

    private static void LongChain(TortureContext context)
    {
        // A thousand segments that hold nothing but the pointer to the next, and one data block at the end. Right by the letter;
        // a controller may give up on it, with a status, in its own time.
        const int Segments = 1000;
        for (int i = 0; i < Segments; i++)
        {
            SglDescriptorType type = i == Segments - 1 ? SglDescriptorType.LastSegment : SglDescriptorType.Segment;
            SglBuilder.Write(context.Lists, i, SglBuilder.Descriptor(type, context.Lists.Address + (ulong)(16 * (i + 1)), 16));
        }

        SglBuilder.Write(context.Lists, Segments, Good(context));
        context.ExpectOneOf(
            "a thousand segments of one descriptor",
            Read(context, SglBuilder.Descriptor(SglDescriptorType.Segment, context.Lists.Address, 16)),
            context.Queue, StatusCode.Success, StatusCode.InvalidNumberOfSglDescriptors, StatusCode.InvalidSglSegmentDescriptor);
        context.ExpectAlive();
    }

    /// <summary>SGLS bit 18: whether an SGL may be longer than the data. Then a loop whose laps move data comes to its end, and is right.</summary>
    private static bool Longer(TortureContext context) => (context.Space.Controller.SglSupport & (1u << 18)) != 0;

    private static void Lengths(TortureContext context)
    {
        context.ExpectStatus("data block of no length", StatusCode.DataSglLengthInvalid, Read(context, Good(context, 0, 0)));
        context.ExpectStatus("data block too short", StatusCode.DataSglLengthInvalid, Read(context, Good(context, 0, Length - 512)));
        context.ExpectStatus("segment too short", StatusCode.DataSglLengthInvalid,
            Read(context, Segment(context, SglDescriptorType.LastSegment, 0, Good(context, 0, 4096), Good(context, 4096, 4092))));
        context.ExpectStatus(
            "too short for a write", StatusCode.DataSglLengthInvalid,
            context.BlockCommand(NvmOpcode.Write, Length).WithSgl(Good(context, 0, 4096)));
        bool longer = Longer(context);
        StatusCode expected = longer ? StatusCode.Success : StatusCode.DataSglLengthInvalid;
        context.ExpectStatus(
            $"data block too long (SGLS bit 18 is {(longer ? 1 : 0)})", expected, Read(context, Good(context, 0, Length + 4096)));
        context.ExpectStatus(
            "data block of 4 GiB less one", expected, Read(context, SglBuilder.DataBlock(context.Data.Address, uint.MaxValue)));
        context.ExpectStatus("segment too long", expected,
            Read(context, Segment(context, SglDescriptorType.LastSegment, 0, Good(context, 0, Length), Good(context, Length, 512))));
        context.ExpectOneOf("lengths whose sum passes 32 bits",
            Read(context,
                Segment(context, SglDescriptorType.LastSegment, 0, SglBuilder.DataBlock(context.Data.Address, 0xFFFFF000),
                SglBuilder.DataBlock(context.Data.Address, 0x3000))),
            context.Queue, expected, StatusCode.DataSglLengthInvalid);
        context.ExpectAlive();
    }

    private static void Unmapped(TortureContext context)
    {
        ulong unmapped = context.Host.Arena.UnmappedAddress;
        void Fail(string what, SglDescriptor descriptor) =>
            context.ExpectStatus(what, StatusCode.DataTransferError, Read(context, descriptor));
        void Wrap(string what, SglDescriptor descriptor) => context.ExpectOneOf(
            what, Read(context, descriptor), context.Queue, StatusCode.DataTransferError, StatusCode.DataSglLengthInvalid,
            StatusCode.InvalidSglSegmentDescriptor);

        Fail("data block not mapped", SglBuilder.DataBlock(unmapped, Length));
        Fail("data block at the top of the address space", SglBuilder.DataBlock(0xFFFFFFFFFFFF0000, Length));
        Wrap("data block that wraps round the address space", SglBuilder.DataBlock(ulong.MaxValue - 4095, Length));
        ulong end = context.Host.Arena.Address + (ulong)context.Host.Arena.LengthBytes;
        Fail("data block that runs off the end of a DMA region", SglBuilder.DataBlock(end - 4096, Length));
        Fail("segment not mapped", SglBuilder.Descriptor(SglDescriptorType.LastSegment, unmapped, 32));
        Fail("segment that runs off the end of a DMA region", SglBuilder.Descriptor(SglDescriptorType.LastSegment, end - 16, 64));
        Wrap("segment that wraps round the address space", SglBuilder.Descriptor(SglDescriptorType.LastSegment, ulong.MaxValue - 15, 64));
        Fail("second piece not mapped",
            Segment(context, SglDescriptorType.LastSegment, 0, Good(context, 0, 4096), SglBuilder.DataBlock(unmapped, 4096)));
        context.ExpectStatus("write from memory that is not mapped", StatusCode.DataTransferError,
            context.BlockCommand(NvmOpcode.Write, Length).WithSgl(SglBuilder.DataBlock(unmapped, Length)));
        context.ExpectAlive();
    }

    private static void Selector(TortureContext context)
    {
        SubmissionQueueEntry command = Read(context, Good(context));
        command.Cdw0 = command.Cdw0 with { PrpOrSgl = PrpOrSgl.Reserved };
        context.ExpectStatus("PSDT 11b", StatusCode.InvalidField, command);
    }

    private static void Admin(TortureContext context)
    {
        SubmissionQueueEntry command = NvmeCommands.Identify(0x01).WithSgl(SglBuilder.DataBlock(context.Data.Address, 4096));
        context.ExpectAdminStatus("SGL in an admin command over PCIe", StatusCode.InvalidField, command);
    }

    private static void HugeSegment(TortureContext context)
    {
        // All of the arena as one segment: whatever lies there. The controller must end, with any status.
        CompletionQueueEntry entry = context.Host.Execute(context.Queue, Read(context,
            SglBuilder.Descriptor(
                SglDescriptorType.LastSegment, context.Host.Arena.Address,
                (uint)Math.Min(uint.MaxValue & ~15u, context.Host.Arena.LengthBytes))));
        _ = context.Expect("a segment of the whole memory", "an error status", StatusText.Of(entry), entry.CompletionStatus.Status.IsError);
        context.ExpectStatus("a segment of 4 GiB less 16", StatusCode.DataTransferError,
            Read(context, SglBuilder.Descriptor(SglDescriptorType.LastSegment, context.Host.Arena.UnmappedAddress, 0xFFFFFFF0)));
        context.ExpectAlive();
    }

    private static void Garbage(TortureContext context)
    {
        // Random descriptors, random bytes behind them; addresses kept inside the arena half of the time, so that walks get somewhere.
        HostBuffer arena = context.Data;
        for (int turn = 0; turn < 500; turn++)
        {
            for (int i = 0; i < 64; i++)
            {
                SglBuilder.Write(context.Lists, i, RandomDescriptor(context, arena));
            }

            _ = context.Host.Execute(context.Queue, context.BlockCommand(NvmOpcode.Read, Length).WithSgl(RandomDescriptor(context, arena)));
        }

        context.ExpectAlive("after 500 random SGLs");
    }

    private static SglDescriptor RandomDescriptor(TortureContext context, HostBuffer arena)
    {
        ulong address = context.Random.Next(4) switch
        {
            0 => (ulong)context.Random.NextInt64(),
            1 => context.Lists.Address + (ulong)(16 * context.Random.Next(64)),
            _ => arena.Address + (ulong)context.Random.Next(arena.LengthBytes - (2 * Length)),
        };
        uint length =
            context.Random.Next(3) switch { 0 => (uint)context.Random.Next(), 1 => (uint)(16 * context.Random.Next(64)), _ =>
                (uint)context.Random.Next(Length + 1) };
        return SglBuilder.Descriptor((SglDescriptorType)context.Random.Next(context.Random.Next(4) == 0 ? 16 : 4), address, length,
            context.Random.Next(8) == 0 ? (SglDescriptorSubType)context.Random.Next(16) : SglDescriptorSubType.Address);
    }
}
