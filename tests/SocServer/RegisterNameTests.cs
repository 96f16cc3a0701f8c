using Nvmepf.SocModel;
using Nvmepf.SocModel.Server;
using Xunit;

namespace Nvmepf.Tests.SocServer;

public sealed class RegisterNameTests
{
    [Theory]
    [InlineData(SocMap.Dbi + 0x0e, "DBI.HEADER_TYPE+2")]
    [InlineData(SocMap.Dbi + 0x2f0, "DBI.REBAR0_CTRL")]
    [InlineData(SocMap.Dbi + 0x2ec, "DBI.REBAR0_CAP")]
    [InlineData(SocMap.Dbi + 0x314, "DBI.REBAR5_CAP")]
    [InlineData(SocMap.Dbi + 0x10_0010, "DBI2.BAR0")]
    [InlineData(SocMap.Dbi + 0x20_0e00, "ELBI+e00")]
    [InlineData(SocMap.Dbi + 0x30_0104, "IATU.INBOUND0.CTRL2")]
    [InlineData(SocMap.Dbi + 0x30_1e20, "IATU.OUTBOUND15.UPPER_LIMIT")]
    [InlineData(SocMap.Dbi + 0x38_0010, "EDMA.WRITE_DOORBELL")]
    [InlineData(SocMap.Dbi + 0x38_0200, "EDMA.WRITE0.CONTROL1")]
    [InlineData(SocMap.Dbi + 0x38_0520, "EDMA.READ1.LLP_HIGH")]
    [InlineData(SocMap.Cru + 0x8a00, "CRU.PHP_SOFTRST_CON0")]
    [InlineData(SocMap.PhyGrf + 0x904, "PHY_GRF.PHY0_STATUS1")]
    [InlineData(SocMap.Outbound + 0x1_0000, "WINDOW+10000")]
    [InlineData(0x1000, "?")]
    public void An_address_has_the_name_of_its_register(ulong address, string name) => Assert.Equal(name, RegisterNames.Of(address));
}
