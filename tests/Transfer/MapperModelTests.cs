using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Transfer;
using Nvmepf.Hal;
using Nvmepf.Spec;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Transfer;

/// <summary>The mapper against <see cref="NaiveMapper"/>: every small list, and many random ones over a map full of borders.</summary>
public sealed unsafe class MapperModelTests
{
    private readonly Dictionary<StatusCode, int> _seen = []; // so that a test shows that its lists reach what they are meant to reach

    private const ulong Low = 0x1_0000_0000;
    private const ulong LowBytes = 0x20_0000;
    private const ulong Top = ulong.MaxValue - 0xF_FFFF;

    /// <summary>Regions of odd sizes: pointers, DMA, no access, gaps; and both ends of the address space.</summary>
    private static TransferRig NewRig(int seed)
    {
        TransferRig rig = new(new FakePlatformOptions { Seed = seed, DmaRequestsMax = 4 });
        rig.Memory.Install(Low, LowBytes);
        rig.Memory.MapRange(Low, 0x4_0000, isDirect: true);
        rig.Memory.MapRange(Low + 0x4_0000, 0x2_0808, isDirect: false);
        rig.Memory.MapRange(Low + 0x6_0808, 0x1_F7F8, isDirect: true);
        rig.Memory.MapRange(Low + 0x8_0000, 0x1_0000, isDirect: true, HostAccess.Read);
        rig.Memory.MapRange(Low + 0x9_0000, 0x1_0000, isDirect: false, HostAccess.Write);
        rig.Memory.MapRange(Low + 0xB_0000, 0x1004, isDirect: true);
        rig.Memory.MapRange(Low + 0xB_1004, 0x4EFFC, isDirect: false);
        rig.Memory.MapRange(Low + 0x10_0000, 0x10_0000, isDirect: (seed & 1) == 0);
        rig.Memory.InstallMapped(0, 0x4000, isDirect: true);
        rig.Memory.InstallMapped(Top, 0x10_0000, isDirect: true);
        return rig;
    }

    private void Compare(TransferRig rig, in SubmissionQueueEntry entry, DataDirection direction, uint lengthBytes, bool isAdmin, string what)
    {
        NaiveMapper model = new(rig.Memory, rig.Mapper.PageBytes, isAdmin, direction);
        model.Walk(entry, lengthBytes);
        StatusCode code = rig.Map(in entry, direction, lengthBytes, isAdmin ? (ushort)0 : (ushort)3).Code;
        Assert.True(model.Acceptable.Contains(code), $"{what}: {code}, where the model says {string.Join(" or ", model.Acceptable)}");
        _seen[code] = _seen.GetValueOrDefault(code) + 1;
        if (code != StatusCode.Success)
        {
            return;
        }

        Assert.Equal(model.Segments.Count, rig.Segments.Length);
        bool isAllDirect = true;
        for (int i = 0; i < model.Segments.Count; i++)
        {
            (ulong address, ulong bytes, HostMemoryKind kind) = model.Segments[i];
            HostSegment segment = rig.Segments[i];
            Assert.True(segment.HostAddress == address && segment.LengthBytes == bytes, $"{what}: segment {i}");
            byte* local = kind switch
            {
                HostMemoryKind.Direct => rig.Memory.Pointer(address, bytes),
                HostMemoryKind.Dma => null,
                _ => DataMapper.BitBucket,
            };
            Assert.True(segment.Local == local, $"{what}: pointer of segment {i}");
            isAllDirect &= kind == HostMemoryKind.Direct;
        }

        Assert.Equal(isAllDirect, (rig.Slot.Flags & CommandFlags.AllDirect) != 0);
    }

    private void AssertSeen(params StatusCode[] codes)
    {
        foreach (StatusCode code in codes)
        {
            Assert.True(_seen.GetValueOrDefault(code) >= 100, $"{code} was hardly met: {string.Join(", ", _seen)}");
        }
    }

    [Fact]
    public void Every_small_prp_combination_agrees()
    {
        using TransferRig rig = NewRig(1);
        ulong list = Low + 0x1000;
        ulong[] firsts = [Low + 0x8000, Low + 0x8004, Low + 0x8FFC, Low + 0x8002, Low + 0x4_0000 - 0x1000, Low + 0x8_0000, Low + 0xA_0000, 0];
        ulong[] seconds = [0, Low + 0x9000, Low + 0xA000, list, list + 8, list + 0xFF0, list + 0xFF8, list + 4, Low + 0x6_0000, Low + 0x4_0FF8, Low + 0xA_0000];
        ulong[] entries = [Low + 0x9000, Low + 0x9004, Low + 0x4_0000, Low + 0xA_0000, Low + 0x2000];
        uint[] lengths = [1, 4, 4096, 4100, 8188, 8192, 8196, 12288, 16384, 20480];
        int combinations = 0;
        foreach (ulong a in entries)
        {
            foreach (ulong b in entries)
            {
                for (ulong place = 0; place < 0x2000; place += 16)
                {
                    rig.Memory.At<ulong>(list + place) = a;
                    rig.Memory.At<ulong>(list + place + 8) = b;
                }

                foreach (ulong first in firsts)
                {
                    foreach (ulong second in seconds)
                    {
                        foreach (uint length in lengths)
                        {
                            SubmissionQueueEntry entry = new() { Prp1 = first, Prp2 = second };
                            Compare(rig, in entry, DataDirection.ControllerToHost, length, isAdmin: true, $"{first:X} {second:X} {a:X} {b:X} {length}");
                            combinations++;
                        }
                    }
                }
            }
        }

        Assert.Equal(entries.Length * entries.Length * firsts.Length * seconds.Length * lengths.Length, combinations);

        AssertSeen(
            StatusCode.Success, StatusCode.DataTransferError, StatusCode.PrpOffsetInvalid);
    }

    [Theory]
    [InlineData(DataDirection.ControllerToHost)]
    [InlineData(DataDirection.HostToController)]
    public void Every_sequence_of_three_descriptors_agrees(DataDirection direction)
    {
        using TransferRig rig = NewRig(1);
        ulong list = Low + 0x1000;
        ulong next = Low + 0x3000;
        rig.Memory.At<SglDescriptor>(next) = TestHost.Descriptor(SglDescriptorType.DataBlock, Low + 0x2_0000, 64);
        SglDescriptor[] alphabet =
        [
            TestHost.Descriptor(SglDescriptorType.DataBlock, Low + 0x8000, 32),
            TestHost.Descriptor(SglDescriptorType.DataBlock, Low + 0x8020, 32),
            TestHost.Descriptor(SglDescriptorType.DataBlock, Low + 0x4_0000 - 16, 48),
            TestHost.Descriptor(SglDescriptorType.DataBlock, Low + 0xA_0000, 16),
            default,
            TestHost.Descriptor(SglDescriptorType.DataBlock, ulong.MaxValue - 15, 17),
            TestHost.Descriptor(SglDescriptorType.BitBucket, 0, 32),
            TestHost.Descriptor(SglDescriptorType.Segment, next, 16),
            TestHost.Descriptor(SglDescriptorType.LastSegment, next, 16),
            TestHost.Descriptor(SglDescriptorType.LastSegment, next, 15),
            TestHost.Descriptor(SglDescriptorType.Segment, list, 48),
            TestHost.Descriptor(SglDescriptorType.Segment, Low + 0xA_0000, 16),
            TestHost.Descriptor(SglDescriptorType.KeyedDataBlock, Low + 0x8000, 32),
            new SglDescriptor { Address = Low + 0x8000, LengthBytes = 32, Identifier = new SglIdentifier(0x01) },
        ];
        SglDescriptorType[] kinds = [SglDescriptorType.Segment, SglDescriptorType.LastSegment];
        foreach (SglDescriptor a in alphabet)
        {
            Compare(rig, Sgl(a), direction, 32, isAdmin: false, "one descriptor in the entry");
            foreach (SglDescriptor b in alphabet)
            {
                foreach (SglDescriptor c in alphabet)
                {
                    rig.Memory.At<SglDescriptor>(list) = a;
                    rig.Memory.At<SglDescriptor>(list + 16) = b;
                    rig.Memory.At<SglDescriptor>(list + 32) = c;
                    foreach (SglDescriptorType kind in kinds)
                    {
                        SubmissionQueueEntry entry = Sgl(TestHost.Descriptor(kind, list, 48));
                        Compare(rig, in entry, direction, 96, isAdmin: false, $"{a.Identifier.Raw:X} {b.Identifier.Raw:X} {c.Identifier.Raw:X}");
                    }
                }
            }
        }

        AssertSeen(
            StatusCode.Success, StatusCode.DataTransferError, StatusCode.DataSglLengthInvalid, StatusCode.SglDescriptorTypeInvalid,
            StatusCode.InvalidSglSegmentDescriptor, StatusCode.InvalidNumberOfSglDescriptors);
    }

    [Fact]
    public void Random_prp_lists_agree()
    {
        for (int seed = 1; seed <= 12; seed++)
        {
            using TransferRig rig = NewRig(seed);
            Random random = new(seed);
            for (int i = 0; i < 250; i++)
            {
                rig.Mapper.PageBytes = 4096u << random.Next(3);
                uint length = random.Next(3) == 0 ? (uint)random.Next(1, 20_000) : (uint)random.Next(1, 2_100_000);
                SubmissionQueueEntry entry = RandomPrps(rig, random, length);
                DataDirection direction = (DataDirection)random.Next(1, 3);
                Compare(rig, in entry, direction, length, random.Next(2) == 0, $"seed {seed} list {i}");
            }
        }

        AssertSeen(
            StatusCode.Success, StatusCode.DataTransferError, StatusCode.PrpOffsetInvalid);
    }

    [Fact]
    public void Random_sgls_agree()
    {
        for (int seed = 1; seed <= 12; seed++)
        {
            using TransferRig rig = NewRig(seed);
            Random random = new(seed);
            for (int i = 0; i < 250; i++)
            {
                SubmissionQueueEntry entry = RandomSgl(rig, random, out uint described);
                uint length = random.Next(4) == 0 ? (uint)random.Next(1, 100_000) : Math.Max(1, described - (uint)random.Next(0, 2));
                DataDirection direction = (DataDirection)random.Next(1, 3);
                Compare(rig, in entry, direction, length, random.Next(20) == 0, $"seed {seed} list {i}");
            }
        }

        AssertSeen(
            StatusCode.Success, StatusCode.DataTransferError, StatusCode.DataSglLengthInvalid, StatusCode.InvalidField, StatusCode.SglDescriptorTypeInvalid);
    }

    [Fact]
    public void Random_bytes_as_entries_and_lists_are_answered_and_bounded()
    {
        for (int seed = 1; seed <= 4; seed++)
        {
            using TransferRig rig = NewRig(seed);
            Random random = new(seed);
            byte[] noise = new byte[0x8000];
            for (int i = 0; i < 200; i++)
            {
                random.NextBytes(noise);
                noise.CopyTo(rig.Memory.Bytes(Low + 0x1_0000, noise.Length));
                SubmissionQueueEntry entry = default;
                random.NextBytes(new Span<byte>(&entry, sizeof(SubmissionQueueEntry)));
                if (random.Next(2) == 0)
                {
                    entry.Sgl1.Address = Low + 0x1_0000 + (ulong)(random.Next(0x800) * 8);
                    entry.Sgl1.LengthBytes = (uint)random.Next(1, 600) * 16;
                    entry.Sgl1.Identifier = new SglIdentifier((byte)(random.Next(2, 4) << 4));
                }

                uint length = (uint)random.Next(1, 2_100_000);
                Compare(rig, in entry, (DataDirection)random.Next(1, 3), length, random.Next(8) == 0, $"seed {seed} noise {i}");
            }
        }

        AssertSeen(
            StatusCode.DataTransferError, StatusCode.PrpOffsetInvalid, StatusCode.SglDescriptorTypeInvalid, StatusCode.InvalidField);
    }

    private static SubmissionQueueEntry Sgl(SglDescriptor descriptor) =>
        new() { Cdw0 = new CommandDword0 { PrpOrSgl = PrpOrSgl.SglWithMetadataBuffer }, Sgl1 = descriptor };

    private static ulong RandomPage(TransferRig rig, Random random)
    {
        uint page = rig.Mapper.PageBytes;
        ulong address = random.Next(40) switch
        {
            0 => Low + ((ulong)random.Next((int)LowBytes) & ~3ul), // very likely an offset, or a region without access
            1 => (ulong)random.NextInt64(),
            2 => ulong.MaxValue - (page - 1),
            3 => 0,
            _ => Low + (random.Next(4) == 0 ? (ulong)random.Next(0x8_0000) : 0x10_0000 + (ulong)random.Next(0x10_0000)),
        };
        return random.Next(400) == 0 ? address : address & ~((ulong)page - 1);
    }

    private static SubmissionQueueEntry RandomPrps(TransferRig rig, Random random, uint lengthBytes)
    {
        uint page = rig.Mapper.PageBytes;
        SubmissionQueueEntry entry = new() { Prp1 = RandomPage(rig, random) + (ulong)(random.Next((int)page) & ~3), Prp2 = RandomPage(rig, random) };
        ulong listPages = Low + (random.Next(3) == 0 ? 0x5_0000u : 0x1_0000u); // by pointer, or by DMA over a border of regions
        long left = lengthBytes - (long)(page - (entry.Prp1 & (page - 1)));
        if (left <= page)
        {
            return entry;
        }

        ulong place = listPages + ((ulong)random.Next((int)page) & ~7ul);
        entry.Prp2 = random.Next(100) == 0 ? place + 4 : place;
        ulong previous = entry.Prp1;
        while (left > 0)
        {
            if ((place + 8) % page == 0 && left > page)
            {
                ulong next = (place + 8) & ~((ulong)page - 1);
                rig.Memory.At<ulong>(place) = random.Next(200) == 0 ? next + 16 : next;
                place = next;
            }

            previous = random.Next(2) == 0 ? RandomPage(rig, random) : (previous & ~((ulong)page - 1)) + page;
            rig.Memory.At<ulong>(place) = previous;
            place += 8;
            left -= page;
        }

        return entry;
    }

    private static SglDescriptor RandomDescriptor(Random random, ref uint described)
    {
        uint length = (uint)(random.Next(5) == 0 ? 0 : random.Next(1, 6000));
        described += length;
        ulong address = random.Next(100) switch
        {
            0 => Low + (ulong)random.Next((int)LowBytes),
            1 => (ulong)random.NextInt64(),
            2 => ulong.MaxValue - (ulong)random.Next(8000),
            _ => Low + (random.Next(3) == 0 ? (ulong)random.Next(0x7_0000) : 0x10_0000 + (ulong)random.Next(0xF_0000)),
        };
        SglDescriptorType type = random.Next(12) == 0 ? SglDescriptorType.BitBucket : SglDescriptorType.DataBlock;
        SglDescriptor descriptor = TestHost.Descriptor(type, address, length);
        if (random.Next(500) == 0)
        {
            descriptor.Identifier = new SglIdentifier((byte)random.Next(256));
        }

        return descriptor;
    }

    private static SubmissionQueueEntry RandomSgl(TransferRig rig, Random random, out uint described)
    {
        described = 0;
        if (random.Next(6) == 0)
        {
            return Sgl(RandomDescriptor(random, ref described));
        }

        int segments = random.Next(1, 4);
        ulong place = Low + (random.Next(3) == 0 ? 0x5_C000u : 0x1_0000u) + (ulong)(8 * random.Next(2));
        SglDescriptor pointer = default;
        SglDescriptor first = default;
        for (int s = 0; s < segments; s++)
        {
            int count = random.Next(4) == 0 ? random.Next(1, 400) : random.Next(1, 12);
            bool isLast = s == segments - 1;
            pointer = TestHost.Descriptor(
                isLast && random.Next(8) != 0 ? SglDescriptorType.LastSegment : SglDescriptorType.Segment, place, (uint)count * 16);
            if (s == 0)
            {
                first = pointer;
            }
            else
            {
                rig.Memory.At<SglDescriptor>(place - 16) = pointer;
            }

            for (int i = 0; i < count; i++)
            {
                rig.Memory.At<SglDescriptor>(place) = RandomDescriptor(random, ref described);
                place += 16;
            }

            if (!isLast)
            {
                place += 16;
                SetLength(rig, ref first, s, pointer, place);
            }
        }

        return Sgl(first);
    }

    /// <summary>Room for the pointer to the next segment: one descriptor more in the segment just written.</summary>
    private static void SetLength(TransferRig rig, ref SglDescriptor first, int segment, SglDescriptor pointer, ulong end)
    {
        pointer.LengthBytes += 16;
        if (segment == 0)
        {
            first = pointer;
        }
        else
        {
            rig.Memory.At<SglDescriptor>(pointer.Address - 16) = pointer;
        }

        Assert.Equal(end, pointer.Address + pointer.LengthBytes);
    }
}
