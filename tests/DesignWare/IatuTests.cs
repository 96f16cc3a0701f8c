// The iATU's map against the reference's table of offsets and bits (sections 4 to 4.3).
using Nvmepf.Hal.DesignWare;
using Xunit;

namespace Nvmepf.Tests.DesignWare;

public sealed class IatuTests
{
    private static readonly RegisterRow[] s_region =
    [
        new("Control1", 0x00, RegisterTable.ReadWrite),
        new("Control2", 0x04, RegisterTable.ReadWrite),
        new("LowerBase", 0x08, RegisterTable.ReadWrite),
        new("UpperBase", 0x0C, RegisterTable.ReadWrite),
        new("Limit", 0x10, RegisterTable.ReadWrite),
        new("LowerTarget", 0x14, RegisterTable.ReadWrite),
        new("UpperTarget", 0x18, RegisterTable.ReadWrite),
        new("UpperLimit", 0x20, RegisterTable.ReadWrite),
    ];

    [Fact]
    public void The_registers_of_a_region_are_where_the_reference_says()
    {
        RegisterTable.CheckBlock(new IatuOutboundRegion(0), s_region);
        RegisterTable.CheckBlock(new IatuInboundRegion(0), s_region);
    }

    [Theory]
    [InlineData(0, 0x0000, 0x0100)]
    [InlineData(1, 0x0200, 0x0300)]
    [InlineData(7, 0x0E00, 0x0F00)]
    [InlineData(15, 0x1E00, 0x1F00)]
    public void Regions_are_where_the_reference_says(int region, int outbound, int inbound)
    {
        Assert.Equal(outbound, new Iatu(0).Outbound(region).Base);
        Assert.Equal(inbound, new Iatu(0).Inbound(region).Base);
    }

    [Fact]
    public void The_block_is_where_and_as_large_as_the_reference_says()
    {
        Assert.Equal(0x30_0000, Iatu.OffsetInDbi);
        Assert.Equal(16, Iatu.RegionCount);
        Assert.Equal(64u * 1024, Iatu.GranularityBytes);
    }

    [Fact]
    public void The_fields_of_control_1_are_where_the_reference_says() => RegisterTable.CheckFields<IatuControl1>(
        new("TlpType", 0, 5),
        new("TrafficClass", 5, 3),
        new("TlpDigest", 8, 1),
        new("Attributes", 9, 2),
        new("IncreaseRegionSize", 13, 1),
        new("FunctionNumber", 20, 3));

    [Fact]
    public void The_fields_of_outbound_control_2_are_where_the_reference_says() => RegisterTable.CheckFields<IatuOutboundControl2>(
        new("MessageCode", 0, 8),
        new("Tag", 8, 8),
        new("TagSubstitute", 16, 1),
        new("FunctionBypass", 19, 1),
        new("SerializeNonPosted", 20, 1),
        new("InhibitPayload", 22, 1),
        new("HeaderSubstitute", 23, 1),
        new("DmaBypass", 27, 1),
        new("ConfigurationShift", 28, 1),
        new("Invert", 29, 1),
        new("Enable", 31, 1));

    [Fact]
    public void The_fields_of_inbound_control_2_are_where_the_reference_says() => RegisterTable.CheckFields<IatuInboundControl2>(
        new("Bar", 8, 3),
        new("MessageTypeMatch", 13, 1),
        new("TrafficClassMatch", 14, 1),
        new("TlpDigestMatch", 15, 1),
        new("AttributesMatch", 16, 1),
        new("FunctionNumberMatch", 19, 1),
        new("MessageCodeMatch", 21, 1),
        new("SingleAddress", 23, 1),
        new("ResponseCode", 24, 2),
        new("FuzzyTypeMatch", 27, 1),
        new("ConfigurationShift", 28, 1),
        new("Invert", 29, 1),
        new("BarMatchMode", 30, 1),
        new("Enable", 31, 1));

    // Ready-made words of the reference: BAR match (4.1), an outbound region that eDMA requests pass by (4.5).
    [Fact]
    public void The_words_of_the_reference_come_out_of_the_fields()
    {
        Assert.Equal(0xC008_0000u, new IatuInboundControl2 { Enable = true, BarMatchMode = true, FunctionNumberMatch = true }.Raw);
        Assert.Equal(0xC008_0200u, new IatuInboundControl2 { Enable = true, BarMatchMode = true, FunctionNumberMatch = true, Bar = 2 }.Raw);
        Assert.Equal(0x8800_0000u, new IatuOutboundControl2 { Enable = true, DmaBypass = true }.Raw);
    }
}
