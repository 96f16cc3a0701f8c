using Nvmepf.Hal.Linux;
using Nvmepf.Hal.VfioUser;
using Xunit;

namespace Nvmepf.Tests.VfioUser;

public sealed unsafe class DeviceTests
{
    [Theory]
    [InlineData(16u)]
    [InlineData(32u)]
    public void Device_info_tells_regions_and_interrupts(uint argumentSize)
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        ServerMessage reply = client.RequestDone(
            ProtocolCommand.DeviceGetInfo, RawClient.Bytes(new DeviceInfoPayload { ArgumentSizeBytes = argumentSize }));
        Assert.Equal(16, reply.Payload.Length);
        DeviceInfoPayload info = reply.Read<DeviceInfoPayload>();
        Assert.Equal((16u, 3u, 9u, 5u), (info.ArgumentSizeBytes, info.Flags, info.RegionCount, info.IrqCount));
    }

    [Fact]
    public void Device_info_that_is_too_short_is_refused()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.DeviceGetInfo, new byte[15]);
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.DeviceGetInfo, []);
        client.RequestRefused(
            Errno.EINVAL, ProtocolCommand.DeviceGetInfo, RawClient.Bytes(new DeviceInfoPayload { ArgumentSizeBytes = 15 }));
    }

    [Theory]
    [InlineData(1u, 0u, 0u)]
    [InlineData(2u, 0u, 0u)]
    [InlineData(5u, 0u, 0u)]
    [InlineData(6u, 0u, 0u)]
    [InlineData(7u, 3u, 4096u)]
    [InlineData(8u, 0u, 0u)]
    public void Regions_other_than_BAR_0_cannot_be_mapped(uint index, uint flags, uint length)
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        ServerMessage reply = client.RequestDone(ProtocolCommand.DeviceGetRegionInfo, RegionInfo(index, 64));
        Assert.Empty(reply.Descriptors);
        Assert.Equal(32, reply.Payload.Length);
        RegionInfoPayload info = reply.Read<RegionInfoPayload>();
        Assert.Equal((32u, flags, index, (ulong)length), (info.ArgumentSizeBytes, info.Flags, info.Index, info.LengthBytes));
    }

    [Fact]
    public void A_region_that_is_not_in_the_list_is_refused()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.DeviceGetRegionInfo, RegionInfo(9, 32));
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.DeviceGetRegionInfo, RegionInfo(uint.MaxValue, 32));
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.DeviceGetRegionInfo, RegionInfo(0, 31));
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.DeviceGetRegionInfo, RegionInfo(0, 32).AsSpan(0, 31));
    }

    [Fact]
    public void BAR_0_asks_for_a_second_request_and_then_gives_one_area_and_one_descriptor()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        ServerMessage first = client.RequestDone(ProtocolCommand.DeviceGetRegionInfo, RegionInfo(0, 32));
        Assert.Empty(first.Descriptors);
        Assert.Equal(32, first.Payload.Length);
        RegionInfoPayload info = first.Read<RegionInfoPayload>();
        Assert.Equal((64u, 7u, 0u, 0x4000ul), (info.ArgumentSizeBytes, info.Flags, info.CapabilityOffsetBytes, info.LengthBytes));

        ServerMessage second = client.RequestDone(ProtocolCommand.DeviceGetRegionInfo, RegionInfo(0, 64));
        Assert.Equal(64, second.Payload.Length);
        info = second.Read<RegionInfoPayload>();
        Assert.Equal((64u, 15u, 32u, 0x4000ul), (info.ArgumentSizeBytes, info.Flags, info.CapabilityOffsetBytes, info.LengthBytes));
        SparseMapCapability area = second.Read<SparseMapCapability>(32);
        Assert.Equal((1, 1, 0u), (area.Id, area.Version, area.NextBytes));
        Assert.Equal((1u, 0u, 0x1000ul, 0x1000ul), (area.AreaCount, area.Reserved, area.AreaOffsetBytes, area.AreaLengthBytes));
        int descriptor = Assert.Single(second.Descriptors);
        _ = Files.Close(descriptor);
    }

    [Fact]
    public void The_padded_request_of_SPDK_gets_everything_at_once()
    {
        using Rig rig = new();
        using RawClient client = rig.Connect();
        client.RequestDone(ProtocolCommand.Version, RawClient.Version(0, 1, ""));
        byte[] request = new byte[4064];
        RegionInfo(0, 4064).CopyTo(request, 0);
        ServerMessage reply = client.RequestDone(ProtocolCommand.DeviceGetRegionInfo, request);
        Assert.Equal(64, reply.Payload.Length);
        _ = Files.Close(Assert.Single(reply.Descriptors));
    }

    [Fact]
    public void Without_mapping_BAR_0_is_plain()
    {
        using Rig rig = new(mapDoorbells: false);
        using RawClient client = rig.ConnectNegotiated();
        ServerMessage reply = client.RequestDone(ProtocolCommand.DeviceGetRegionInfo, RegionInfo(0, 64));
        RegionInfoPayload info = reply.Read<RegionInfoPayload>();
        Assert.Equal((32u, 3u, 0x4000ul), (info.ArgumentSizeBytes, info.Flags, info.LengthBytes));
        Assert.Empty(reply.Descriptors);
    }

    [Fact]
    public void A_client_that_takes_no_descriptors_is_offered_no_mapping()
    {
        using Rig rig = new();
        using RawClient client = rig.Connect();
        client.Negotiate("{\"capabilities\":{\"max_msg_fds\":0}}\0");
        ServerMessage reply = client.RequestDone(ProtocolCommand.DeviceGetRegionInfo, RegionInfo(0, 64));
        Assert.Equal(3u, reply.Read<RegionInfoPayload>().Flags);
        Assert.Empty(reply.Descriptors);
    }

    [Fact]
    public void A_store_into_the_mapped_page_is_seen_in_BAR_0_and_the_file_holds_nothing_else()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        *rig.Platform.Bar0.Word32(0x14) = 0x00460001;
        int file = Assert.Single(client.RequestDone(ProtocolCommand.DeviceGetRegionInfo, RegionInfo(0, 64)).Descriptors);
        Assert.Equal(0, Files.Status(file, out FileStatus status));
        Assert.Equal(0x2000u, status.SizeBytes);
        Assert.Equal(FileSeals.Shrink | FileSeals.Grow | FileSeals.Seal, (FileSeals)Files.Seals(file));
        Assert.Equal(-Errno.EPERM, Files.Truncate(file, 0));

        // Exactly what the region information says: offset 0x1000, length 0x1000.
        Assert.Equal(0, MemoryMappings.MapFile(file, 0x1000, 0x1000, MemoryProtection.ReadWrite, MapFlags.Shared, out void* page));
        ((uint*)page)[2] = 0x1234;
        Assert.Equal(0x1234u, *rig.Platform.Bar0.Word32(0x1008));
        Assert.Equal([0x34, 0x12, 0, 0], client.ReadRegion(0, 0x1008, 4));

        byte[] all = new byte[0x2000];
        fixed (byte* first = all)
        {
            Assert.Equal(0x2000, Files.ReadAt(file, first, 0x2000, 0));
        }

        Assert.Equal(0x1008, Array.FindIndex(all, value => value != 0));
        _ = MemoryMappings.Unmap(page, 0x1000);
        _ = Files.Close(file);
    }

    [Fact]
    public void A_client_that_has_gone_cannot_ring_the_doorbells_of_the_next()
    {
        using Rig rig = new();
        RawClient first = rig.ConnectNegotiated();
        int file = Assert.Single(first.RequestDone(ProtocolCommand.DeviceGetRegionInfo, RegionInfo(0, 64)).Descriptors);
        Assert.Equal(0, MemoryMappings.MapFile(file, 0x1000, 0x1000, MemoryProtection.ReadWrite, MapFlags.Shared, out void* page));
        *(uint*)page = 7;
        nint before = rig.Platform.Bar0.Base;
        first.Close();
        using RawClient second = rig.ConnectNegotiated();
        Assert.Equal(before, rig.Platform.Bar0.Base);
        Assert.Equal(0u, *rig.Platform.Bar0.Word32(0x1000));
        *(uint*)page = 8;
        Assert.Equal(0u, *rig.Platform.Bar0.Word32(0x1000));
        _ = MemoryMappings.Unmap(page, 0x1000);
        _ = Files.Close(file);
    }

    [Fact]
    public void There_are_no_region_io_descriptors()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        ServerMessage reply = client.RequestDone(
            ProtocolCommand.DeviceGetRegionIoFds, RawClient.Bytes(new RegionIoFdsPayload { ArgumentSizeBytes = 16 }));
        Assert.Empty(reply.Descriptors);
        Assert.Equal(16, reply.Payload.Length);
        Assert.Equal(0u, reply.Read<RegionIoFdsPayload>().Count);
        client.RequestRefused(
            Errno.EINVAL, ProtocolCommand.DeviceGetRegionIoFds, RawClient.Bytes(new RegionIoFdsPayload { ArgumentSizeBytes = 16, Index = 9 }));
        client.RequestRefused(
            Errno.EINVAL, ProtocolCommand.DeviceGetRegionIoFds, RawClient.Bytes(new RegionIoFdsPayload { ArgumentSizeBytes = 16, Count = 1 }));
        client.RequestRefused(Errno.EINVAL, ProtocolCommand.DeviceGetRegionIoFds, new byte[12]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData((int)ProtocolCommand.Version)]
    [InlineData((int)ProtocolCommand.DmaRead)]
    [InlineData((int)ProtocolCommand.DmaWrite)]
    [InlineData(14)]
    [InlineData((int)ProtocolCommand.DeviceFeature)]
    [InlineData((int)ProtocolCommand.MigrationDataRead)]
    [InlineData((int)ProtocolCommand.MigrationDataWrite)]
    [InlineData(19)]
    [InlineData(65535)]
    public void What_is_not_served_is_refused_and_the_connection_goes_on(int command)
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        client.RequestRefused(Errno.EINVAL, (ProtocolCommand)command, []);
        client.RequestRefused(Errno.EINVAL, (ProtocolCommand)command, new byte[64]);
        Assert.Equal(4, client.ReadRegion(7, 0, 4).Length);
    }

    [Fact]
    public void A_command_that_wants_no_reply_gets_none_even_if_it_is_wrong()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        client.Send((ProtocolCommand)99, new byte[8], HeaderFlags.NoReply);
        client.Send(ProtocolCommand.RegionRead, new byte[3], HeaderFlags.NoReply);
        client.Send(ProtocolCommand.RegionWrite, RawClient.Access(0, 0x14, 4, 1, 0, 0x46, 0), HeaderFlags.NoReply);
        client.Send(ProtocolCommand.DmaMap, RawClient.MapPayload(0x1000, 0x1000), HeaderFlags.NoReply);
        client.Send(ProtocolCommand.DmaUnmap, RawClient.UnmapPayload(0x1000, 0x1000), HeaderFlags.NoReply);
        client.Send(ProtocolCommand.DeviceReset, [], HeaderFlags.NoReply);
        client.ExpectSilence();
        Assert.Equal((0x14u, 0x00460001ul, 4), Assert.Single(rig.Handler.Writes));
        Assert.Equal(1, rig.Handler.ConventionalResets);

        // The next reply is that of the next command.
        client.ReadRegion(7, 0, 4);
    }

    [Fact]
    public void Ids_are_echoed_whatever_they_are()
    {
        using Rig rig = new();
        using RawClient client = rig.ConnectNegotiated();
        byte[] read = RawClient.Access(7, 0, 4);
        foreach (ushort id in new ushort[] { 0, 0, 0xffff, 7, 7 })
        {
            client.SendBytes(RawClient.Message(id, ProtocolCommand.RegionRead, HeaderFlags.Command, read));
            Assert.Equal(id, client.Receive().Id);
        }
    }

    internal static byte[] RegionInfo(uint index, uint argumentSize) =>
        RawClient.Bytes(new RegionInfoPayload { ArgumentSizeBytes = argumentSize, Index = index });
}
