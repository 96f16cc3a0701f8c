using Nvmepf.Hal;
using Nvmepf.Hal.Linux;
using Nvmepf.Hal.VfioUser;
using Xunit;

namespace Nvmepf.Tests.VfioUser;

public sealed unsafe class DmaMapTests
{
    private const ulong MiB = 1 << 20;

    [Fact]
    public void A_mapped_region_is_the_clients_memory()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        using SharedFile file = new(2 * MiB);
        Assert.Empty(client.Map(0x100000, MiB, file.Descriptor, 0x80000).Payload);
        byte* pointer = Resolve(rig, 0x100010, 16, HostAccess.Read | HostAccess.Write);
        file.Memory[0x80010] = 0x5a;
        Assert.Equal(0x5a, *pointer);
        *pointer = 0x77;
        Assert.Equal(0x77, file.Memory[0x80010]);
        Assert.Equal(1, file.DescriptorCount);
    }

    [Fact]
    public void A_read_only_region_cannot_be_written()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        using SharedFile file = new(MiB);
        client.Map(0xc3000, 0x15000, file.Descriptor, 0x3000, DmaMapPayload.FlagRead);
        Assert.True(Resolve(rig, 0xc3000, 4, HostAccess.Read) != null);
        Assert.Equal(HostMemoryKind.None, rig.Platform.HostMemory.Resolve(0xc3000, 4, HostAccess.Write, out _, out _));
    }

    [Fact]
    public void A_region_without_a_file_is_known_but_has_no_pointer()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        client.Map(0xfffc0000, 0x40000, -1, 0, DmaMapPayload.FlagRead);
        Assert.Equal(HostMemoryKind.Dma, rig.Platform.HostMemory.Resolve(0xfffc0000, 4, HostAccess.Read, out byte* pointer, out _));
        Assert.True(pointer == null);
    }

    [Fact]
    public void A_file_is_mapped_once_however_many_regions_it_has_and_no_descriptor_is_kept()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        using SharedFile file = new(4 * MiB);
        for (ulong i = 0; i < 500; i++)
        {
            client.Map(i * 0x2000, 0x1000, file.Descriptor, (i + 3) * 0x1000);
        }

        Assert.Equal(2, file.MappingCount);
        Assert.Equal(1, file.DescriptorCount);
        Assert.Equal(500, rig.Platform.HostMemory.Count);
        client.Unmap(0, 1ul << 40);
        Assert.Equal(1, file.MappingCount);
        Assert.Equal(0, rig.Platform.HostMemory.Count);
    }

    [Fact]
    public void A_file_that_has_grown_is_mapped_again_and_the_old_regions_stay()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        using SharedFile file = new(MiB, MemoryFileFlags.None);
        client.Map(0, MiB, file.Descriptor);
        byte* before = Resolve(rig, 0, 1, HostAccess.Read);
        Assert.Equal(0, Files.Truncate(file.Descriptor, (long)(2 * MiB)));
        client.Map(0x10000000, MiB, file.Descriptor, MiB);
        Assert.True(before == Resolve(rig, 0, 1, HostAccess.Read));
        Resolve(rig, 0x10000000, 1, HostAccess.Write)[0] = 9;
        Assert.Equal(3, file.MappingCount);
        client.Unmap(0, MiB);
        Assert.Equal(2, file.MappingCount);
        client.Unmap(0x10000000, MiB);
        Assert.Equal(1, file.MappingCount);
    }

    [Fact]
    public void The_same_map_twice_is_one()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        using SharedFile file = new(MiB);
        client.Map(0, MiB, file.Descriptor);
        client.Map(0, MiB, file.Descriptor);
        client.Map(0xfe401000, 0x1000, -1);
        client.Map(0xfe401000, 0x1000, -1);
        Assert.Equal(2, rig.Platform.HostMemory.Count);
        client.Unmap(0, MiB);
        Assert.Equal(1, file.MappingCount);
    }

    [Fact]
    public void Maps_that_overlap_are_refused_and_leave_no_trace()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        using SharedFile file = new(MiB);
        using SharedFile other = new(MiB);
        client.Map(0x10000, 0x10000, file.Descriptor);
        client.RequestRefused(Errno.EEXIST, ProtocolCommand.DmaMap, RawClient.MapPayload(0x1f000, 0x2000), other.Descriptor);
        client.RequestRefused(Errno.EEXIST, ProtocolCommand.DmaMap, RawClient.MapPayload(0, 0x100000), other.Descriptor);
        client.RequestRefused(Errno.EEXIST, ProtocolCommand.DmaMap, RawClient.MapPayload(0x10000, 0x10000), other.Descriptor);
        client.RequestRefused(Errno.EEXIST, ProtocolCommand.DmaMap, RawClient.MapPayload(0x10000, 0x10000, 0x1000), file.Descriptor);
        client.RequestRefused(Errno.EEXIST, ProtocolCommand.DmaMap, RawClient.MapPayload(0x10000, 0x10000, 0, 1), file.Descriptor);
        client.RequestRefused(Errno.EEXIST, ProtocolCommand.DmaMap, RawClient.MapPayload(0x10000, 0x10000));
        Assert.Equal(1, other.MappingCount);
        Assert.Equal(1, other.DescriptorCount);
        Assert.Equal(1, rig.Platform.HostMemory.Count);
    }

    public static TheoryData<ulong, ulong, ulong, uint> WrongNumbers => new()
    {
        { 0, 0, 0, 3 }, // no length
        { 0x800, 0x1000, 0, 3 }, // address not aligned
        { 0, 0x1001, 0, 3 }, // length not aligned
        { 0, 0x1000, 0x10, 3 }, // offset not aligned
        { 0xfffffffffffff000, 0x2000, 0, 3 }, // past 2^64
        { ulong.MaxValue & ~0xffful, ulong.MaxValue & ~0xffful, 0, 3 },
        { 0, 0x1000, 0xfffffffffffff000, 3 }, // offset at the end of everything
        { 0, 0x2000, 0xfffffffffffff000, 3 }, // offset + length past 2^64
        { 0, 0x1000, 0x100000, 3 }, // behind the end of the file
        { 0, 0x101000, 0, 3 }, // longer than the file
        { 0, 0x7ffffffffffff000, 0, 3 },
        { 0, 0x1000, 0, 0 }, // no access at all
        { 0, 0x1000, 0, 4 },
        { 0, 0x1000, 0, 7 }, // flags that nobody has defined
        { 0, 0x1000, 0, 0x80000003 },
    };

    [Theory]
    [MemberData(nameof(WrongNumbers))]
    public void Maps_with_wrong_numbers_are_refused(ulong address, ulong length, ulong offset, uint flags)
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        using SharedFile file = new(MiB);
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.DmaMap, RawClient.MapPayload(address, length, offset, flags), file.Descriptor);
        Assert.Equal(1, file.DescriptorCount);
        Assert.Equal(1, file.MappingCount);
        Assert.Equal(0, rig.Platform.HostMemory.Count);
    }

    [Fact]
    public void Descriptors_that_are_no_memory_are_refused()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        int zero = Files.Open("/dev/zero", OpenFlags.ReadWrite);
        int directory = Files.Open("/tmp", OpenFlags.ReadOnly | OpenFlags.Directory);
        int counter = Events.Create(0, EventFlags.NonBlocking);
        int proc = Files.Open("/proc/self/mem", OpenFlags.ReadOnly);
        int sys = Files.Open("/sys/kernel/mm/transparent_hugepage/enabled", OpenFlags.ReadOnly);
        Assert.Equal(0, UnixSockets.CreatePair(SocketFlags.None, out int one, out int two));
        foreach (int descriptor in new[] { zero, directory, counter, proc, sys, one, client.Socket })
        {
            if (descriptor >= 0)
            {
                client.RequestRefused(
                    Errno.EINVAL, ProtocolCommand.DmaMap, RawClient.MapPayload(0, 0x1000, 0, DmaMapPayload.FlagRead), descriptor);
            }
        }

        foreach (int descriptor in new[] { zero, directory, counter, proc, sys, one, two })
        {
            _ = descriptor < 0 ? 0 : Files.Close(descriptor);
        }

        Assert.Equal(0, rig.Platform.HostMemory.Count);
    }

    [Fact]
    public void Descriptors_without_the_right_to_write_are_good_for_reading_only()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        using SharedFile file = new(MiB);
        int readOnly = Files.Open($"/proc/self/fd/{file.Descriptor}", OpenFlags.ReadOnly);
        int pathOnly = Files.Open($"/proc/self/fd/{file.Descriptor}", OpenFlags.Path);
        client.RequestRefused(Errno.EACCES, ProtocolCommand.DmaMap, RawClient.MapPayload(0, 0x1000), readOnly);
        client.RequestRefused(Errno.EACCES, ProtocolCommand.DmaMap, RawClient.MapPayload(0, 0x1000), pathOnly);
        client.RequestRefused(Errno.EBADF, ProtocolCommand.DmaMap, RawClient.MapPayload(0, 0x1000, 0, 1), pathOnly);
        client.Map(0, 0x1000, readOnly, 0, DmaMapPayload.FlagRead);
        client.Map(0x1000, 0x1000, file.Descriptor, 0x1000);
        Resolve(rig, 0x1000, 1, HostAccess.Write)[0] = 1;
        Assert.Equal(3, file.MappingCount);
        _ = Files.Close(readOnly);
        _ = Files.Close(pathOnly);
    }

    [Fact]
    public void A_file_sealed_against_writing_can_be_mapped_for_reading()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        using SharedFile file = new(MiB);
        Assert.Equal(0, Files.AddSeals(file.Descriptor, FileSeals.FutureWrite));
        client.RequestRefused(Errno.EPERM, ProtocolCommand.DmaMap, RawClient.MapPayload(0, 0x1000), file.Descriptor);
        client.Map(0, 0x1000, file.Descriptor, 0, DmaMapPayload.FlagRead);
    }

    [Fact]
    public void A_map_carries_one_descriptor_at_most()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        using SharedFile file = new(MiB);
        client.RequestRefused(
            Errno.EINVAL, ProtocolCommand.DmaMap, RawClient.MapPayload(0, 0x1000), file.Descriptor, file.Descriptor);
        Assert.Equal(1, file.DescriptorCount);
    }

    [Fact]
    public void Short_messages_are_refused()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        using SharedFile file = new(MiB);
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.DmaMap, [], file.Descriptor);
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.DmaMap, RawClient.MapPayload(0, 0x1000).AsSpan(0, 31), file.Descriptor);
        byte[] small = RawClient.MapPayload(0, 0x1000);
        small[0] = 31;
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.DmaMap, small, file.Descriptor);
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.DmaUnmap, RawClient.UnmapPayload(0, 0x1000).AsSpan(0, 23));
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.DmaUnmap, []);
        Assert.Equal(1, file.DescriptorCount);
    }

    [Fact]
    public void The_numbers_of_regions_and_files_are_bounded()
    {
        using Rig rig = new(regionsMax: 4, filesMax: 2);
        using RawClient client = rig.ConnectNegotiated();
        using SharedFile one = new(MiB);
        using SharedFile two = new(MiB);
        using SharedFile three = new(MiB);
        client.Map(0, 0x1000, one.Descriptor);
        client.Map(0x1000, 0x1000, two.Descriptor);
        client.RequestRefused(Errno.ENOSPC, ProtocolCommand.DmaMap, RawClient.MapPayload(0x2000, 0x1000), three.Descriptor);
        client.Map(0x2000, 0x1000, -1);
        client.Map(0x10000, 0x3000, one.Descriptor, 0x10000);
        client.RequestRefused(Errno.ENOSPC, ProtocolCommand.DmaMap, RawClient.MapPayload(0x3000, 0x1000), one.Descriptor);

        // Cutting the middle out of a region needs one more than there are.
        client.RequestRefused(Errno.ENOSPC, ProtocolCommand.DmaUnmap, RawClient.UnmapPayload(0x11000, 0x1000));
        Assert.Equal(4, rig.Platform.HostMemory.Count);
        client.Unmap(0x1000, 0x2000);
        client.Unmap(0x11000, 0x1000);
        Assert.Equal(3, rig.Platform.HostMemory.Count);
        client.Map(0x5000, 0x1000, three.Descriptor);
    }

    [Fact]
    public void An_unmap_echoes_its_payload_and_takes_a_descriptor_away()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        using SharedFile file = new(MiB);
        client.Map(0x100000, MiB, file.Descriptor);
        byte[] payload = RawClient.UnmapPayload(0x100000, MiB);
        ServerMessage reply = client.RequestDone(ProtocolCommand.DmaUnmap, payload, file.Descriptor);
        Assert.Equal(payload, reply.Payload);
        Assert.Equal(1, file.DescriptorCount);
        Assert.Equal(1, file.MappingCount);
    }

    [Fact]
    public void An_unmap_of_nothing_succeeds_and_asks_nobody()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        rig.Handler.MemoryInUse = true;
        byte[] payload = RawClient.UnmapPayload(0x100000, MiB);
        Assert.Equal(payload, client.RequestDone(ProtocolCommand.DmaUnmap, payload).Payload);
        Assert.Equal(0, rig.Handler.Asked);
    }

    [Theory]
    [InlineData(0ul, 0ul, 0u)]
    [InlineData(0x800ul, 0x1000ul, 0u)]
    [InlineData(0ul, 0x1001ul, 0u)]
    [InlineData(0xfffffffffffff000ul, 0x2000ul, 0u)]
    [InlineData(0x1000ul, 0xfffffffffffffffful, 0u)]
    [InlineData(0ul, 0x1000ul, 1u)]
    [InlineData(0ul, 0x1000ul, 4u)]
    [InlineData(0ul, 0x1000ul, 2u)]
    [InlineData(0x1000ul, 0ul, 2u)]
    [InlineData(0ul, 0ul, 3u)]
    public void Unmaps_with_wrong_numbers_are_refused(ulong address, ulong length, uint flags)
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        client.Map(0, 0x4000, -1);
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.DmaUnmap, RawClient.UnmapPayload(address, length, flags));
        Assert.Equal(1, rig.Platform.HostMemory.Count);
    }

    [Fact]
    public void An_unmap_cuts_regions_and_their_pointers()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        using SharedFile file = new(MiB);
        client.Map(0x100000, 0x10000, file.Descriptor, 0x20000);
        client.Unmap(0x104000, 0x2000);
        Assert.Equal(2, rig.Platform.HostMemory.Count);
        file.Memory[0x23fff] = 1;
        file.Memory[0x26000] = 2;
        Assert.Equal(1, *Resolve(rig, 0x103fff, 1, HostAccess.Read));
        Assert.Equal(2, *Resolve(rig, 0x106000, 1, HostAccess.Read));
        Assert.Equal(HostMemoryKind.None, rig.Platform.HostMemory.Resolve(0x104000, 1, HostAccess.Read, out _, out _));
        Assert.Equal(HostMemoryKind.None, rig.Platform.HostMemory.Resolve(0x105fff, 1, HostAccess.Read, out _, out _));
        client.Unmap(0x100000, 0x4000);
        Assert.Equal(2, file.MappingCount);
        client.Unmap(0x10f000, 0x1000);
        client.Unmap(0x106000, 0x9000);
        Assert.Equal(1, file.MappingCount);
    }

    [Fact]
    public void Slabs_as_an_IOMMU_client_sends_them_cover_what_they_cover()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        using SharedFile file = new(4 * MiB);
        client.Map(0xfee00000, 0x100000, file.Descriptor);
        client.Map(0xfef00000, 0x1000, file.Descriptor, 0x100000);
        client.Map(0x100000000, 0x1000, file.Descriptor, 0x101000);
        client.Map(0xfffffffffffff000, 0x1000, file.Descriptor, 0x102000);
        client.Unmap(0xfef00000, 0xffffffff01100000);
        Assert.Equal(1, rig.Platform.HostMemory.Count);
        Assert.True(Resolve(rig, 0xfeefffff, 1, HostAccess.Read) != null);
        for (int shift = 12; shift < 64; shift++)
        {
            client.Unmap(1ul << shift, 1ul << shift);
        }

        Assert.Equal(0, rig.Platform.HostMemory.Count);
        Assert.Equal(1, file.MappingCount);
    }

    [Fact]
    public void Unmap_all_takes_everything()
    {
        using Rig rig = new(regionsMax: 65535);
        using RawClient client = rig.ConnectNegotiated();
        using SharedFile file = new(MiB);
        for (ulong i = 0; i < 2000; i++)
        {
            client.Map(i * 0x3000, 0x1000, i % 2 == 0 ? file.Descriptor : -1);
        }

        client.Map(0xfffffffffffff000, 0x1000, file.Descriptor);
        client.RequestDone(ProtocolCommand.DmaUnmap, RawClient.UnmapPayload(0, 0, DmaUnmapPayload.FlagAll));
        Assert.Equal(0, rig.Platform.HostMemory.Count);
        Assert.Equal(1, file.MappingCount);
    }

    [Fact]
    public void The_generation_changes_with_each_map_and_unmap()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        uint before = rig.Platform.HostMemory.Generation;
        client.Map(0, 0x1000, -1);
        uint mapped = rig.Platform.HostMemory.Generation;
        Assert.NotEqual(before, mapped);
        client.Unmap(0, 0x1000);
        Assert.NotEqual(mapped, rig.Platform.HostMemory.Generation);
    }

    [Fact]
    public void A_huge_page_file_is_mapped_in_small_pieces()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        int file = MemoryMappings.CreateMemoryFile("vu-huge", MemoryFileFlags.HugePages2Mib);
        bool available = file >= 0
            && Files.Truncate(file, (long)(2 * MiB)) == 0
            && MemoryMappings.MapFile(file, 0, (nuint)(2 * MiB), MemoryProtection.ReadWrite, MapFlags.Shared, out void* mine) == 0
            && MemoryMappings.Unmap(mine, (nuint)(2 * MiB)) == 0;
        if (available)
        {
            client.Map(0xc3000, 0x1000, file, 0xc3000);
            Assert.True(Resolve(rig, 0xc3000, 0x1000, HostAccess.Write) != null);
        }
        else if (file >= 0)
        {
            // No huge pages on this machine: the same messages, with the error that the kernel gives.
            ServerMessage reply = client.Request(
                ProtocolCommand.DmaMap, RawClient.MapPayload(0xc3000, 0x1000, 0xc3000), HeaderFlags.Command, [file]);
            Assert.True(reply.IsError);
        }

        _ = file < 0 ? 0 : Files.Close(file);
    }

    private static byte* Resolve(Rig rig, ulong address, ulong length, HostAccess access)
    {
        Assert.Equal(HostMemoryKind.Direct, rig.Platform.HostMemory.Resolve(address, length, access, out byte* pointer, out ulong contiguous));
        Assert.Equal(length, contiguous);
        return pointer;
    }
}
