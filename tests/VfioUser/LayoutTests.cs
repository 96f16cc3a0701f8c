using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nvmepf.Hal.VfioUser;
using Xunit;

namespace Nvmepf.Tests.VfioUser;

public sealed class LayoutTests
{
    [Fact]
    public void Structures_have_the_sizes_of_the_protocol()
    {
        Assert.Equal(16, Unsafe.SizeOf<ProtocolHeader>());
        Assert.Equal(32, Unsafe.SizeOf<DmaMapPayload>());
        Assert.Equal(24, Unsafe.SizeOf<DmaUnmapPayload>());
        Assert.Equal(16, Unsafe.SizeOf<DeviceInfoPayload>());
        Assert.Equal(32, Unsafe.SizeOf<RegionInfoPayload>());
        Assert.Equal(32, Unsafe.SizeOf<SparseMapCapability>());
        Assert.Equal(16, Unsafe.SizeOf<RegionIoFdsPayload>());
        Assert.Equal(16, Unsafe.SizeOf<IrqInfoPayload>());
        Assert.Equal(20, Unsafe.SizeOf<SetIrqsPayload>());
        Assert.Equal(16, Unsafe.SizeOf<RegionAccessPayload>());
        Assert.Equal(24, Unsafe.SizeOf<RegionMultiWrite>());
        Assert.Equal(16, Unsafe.SizeOf<DmaAccessPayload>());
    }

    [Theory]
    [InlineData(typeof(ProtocolHeader), nameof(ProtocolHeader.MessageId), 0)]
    [InlineData(typeof(ProtocolHeader), nameof(ProtocolHeader.Command), 2)]
    [InlineData(typeof(ProtocolHeader), nameof(ProtocolHeader.MessageSizeBytes), 4)]
    [InlineData(typeof(ProtocolHeader), nameof(ProtocolHeader.Flags), 8)]
    [InlineData(typeof(ProtocolHeader), nameof(ProtocolHeader.Error), 12)]
    [InlineData(typeof(DmaMapPayload), nameof(DmaMapPayload.Flags), 4)]
    [InlineData(typeof(DmaMapPayload), nameof(DmaMapPayload.FileOffsetBytes), 8)]
    [InlineData(typeof(DmaMapPayload), nameof(DmaMapPayload.Address), 16)]
    [InlineData(typeof(DmaMapPayload), nameof(DmaMapPayload.LengthBytes), 24)]
    [InlineData(typeof(DmaUnmapPayload), nameof(DmaUnmapPayload.Flags), 4)]
    [InlineData(typeof(DmaUnmapPayload), nameof(DmaUnmapPayload.Address), 8)]
    [InlineData(typeof(DmaUnmapPayload), nameof(DmaUnmapPayload.LengthBytes), 16)]
    [InlineData(typeof(DeviceInfoPayload), nameof(DeviceInfoPayload.Flags), 4)]
    [InlineData(typeof(DeviceInfoPayload), nameof(DeviceInfoPayload.RegionCount), 8)]
    [InlineData(typeof(DeviceInfoPayload), nameof(DeviceInfoPayload.IrqCount), 12)]
    [InlineData(typeof(RegionInfoPayload), nameof(RegionInfoPayload.Flags), 4)]
    [InlineData(typeof(RegionInfoPayload), nameof(RegionInfoPayload.Index), 8)]
    [InlineData(typeof(RegionInfoPayload), nameof(RegionInfoPayload.CapabilityOffsetBytes), 12)]
    [InlineData(typeof(RegionInfoPayload), nameof(RegionInfoPayload.LengthBytes), 16)]
    [InlineData(typeof(RegionInfoPayload), nameof(RegionInfoPayload.FileOffsetBytes), 24)]
    [InlineData(typeof(SparseMapCapability), nameof(SparseMapCapability.Version), 2)]
    [InlineData(typeof(SparseMapCapability), nameof(SparseMapCapability.NextBytes), 4)]
    [InlineData(typeof(SparseMapCapability), nameof(SparseMapCapability.AreaCount), 8)]
    [InlineData(typeof(SparseMapCapability), nameof(SparseMapCapability.AreaOffsetBytes), 16)]
    [InlineData(typeof(SparseMapCapability), nameof(SparseMapCapability.AreaLengthBytes), 24)]
    [InlineData(typeof(IrqInfoPayload), nameof(IrqInfoPayload.Index), 8)]
    [InlineData(typeof(IrqInfoPayload), nameof(IrqInfoPayload.Count), 12)]
    [InlineData(typeof(SetIrqsPayload), nameof(SetIrqsPayload.Flags), 4)]
    [InlineData(typeof(SetIrqsPayload), nameof(SetIrqsPayload.Index), 8)]
    [InlineData(typeof(SetIrqsPayload), nameof(SetIrqsPayload.Start), 12)]
    [InlineData(typeof(SetIrqsPayload), nameof(SetIrqsPayload.Count), 16)]
    [InlineData(typeof(RegionAccessPayload), nameof(RegionAccessPayload.Region), 8)]
    [InlineData(typeof(RegionAccessPayload), nameof(RegionAccessPayload.CountBytes), 12)]
    [InlineData(typeof(RegionMultiWrite), nameof(RegionMultiWrite.Region), 8)]
    [InlineData(typeof(RegionMultiWrite), nameof(RegionMultiWrite.CountBytes), 12)]
    [InlineData(typeof(RegionMultiWrite), nameof(RegionMultiWrite.Data), 16)]
    [InlineData(typeof(DmaAccessPayload), nameof(DmaAccessPayload.CountBytes), 8)]
    public void Fields_stand_where_the_protocol_has_them(Type type, string field, int offset) =>
        Assert.Equal(offset, (int)Marshal.OffsetOf(type, field));

    [Theory]
    [InlineData(0x0u, true, false)]
    [InlineData(0x10u, true, false)]
    [InlineData(0x1u, false, true)]
    [InlineData(0x21u, false, true)]
    [InlineData(0x2u, false, false)]
    [InlineData(0xfu, false, false)]
    public void The_type_is_the_low_four_bits_of_the_flags(uint flags, bool command, bool reply)
    {
        ProtocolHeader header = new() { Flags = (HeaderFlags)flags };
        Assert.Equal((command, reply), (header.IsCommand, header.IsReply));
    }
}
