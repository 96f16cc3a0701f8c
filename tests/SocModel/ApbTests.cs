using Nvmepf.SocModel;
using Xunit;
using static Nvmepf.Tests.SocModel.SocBench;

namespace Nvmepf.Tests.SocModel;

public sealed class ApbTests
{
    [Theory]
    [InlineData(0x024)]
    [InlineData(0x018)]
    [InlineData(0x02C)]
    [InlineData(0x180)]
    public void Glue_registers_take_bits_under_their_write_enable(uint offset)
    {
        var bench = new SocBench();
        bench.W(Apb + offset, 0xFFFF_0000);
        bench.W(Apb + offset, 0x0000_FFFF);
        Assert.Equal(0u, bench.R(Apb + offset));
        bench.W(Apb + offset, 0x0012_FFFF);
        Assert.Equal(0x12u, bench.R(Apb + offset));
        bench.W(Apb + offset, 0x0002_0000);
        Assert.Equal(0x10u, bench.R(Apb + offset));
    }

    [Fact]
    public void Status_bits_are_cleared_by_ones_and_masks_gate_the_interrupt_only()
    {
        var bench = new SocBench();
        bench.Configure();
        bench.EnableLtssm();
        Assert.Equal(3u, bench.R(Apb + 0x010));
        Assert.False(bench.Soc.SysInterrupt);
        bench.W(Apb + 0x024, 0x0002_0000);
        Assert.True(bench.Soc.SysInterrupt);
        bench.W(Apb + 0x010, 1);
        Assert.Equal(2u, bench.R(Apb + 0x010));
        bench.W(Apb + 0x010, 2);
        Assert.False(bench.Soc.SysInterrupt);
    }

    [Fact]
    public void Disabling_ltssm_takes_the_link_down()
    {
        SocBench bench = Up();
        bench.W(Apb, 0x000C_0008);
        Assert.False(bench.Soc.Host.IsLinkUp);
        Assert.Equal(8u, bench.R(Apb) & 0xC);
    }

    [Fact]
    public void The_hosts_elbi_doorbell_latches_and_is_acknowledged()
    {
        SocBench bench = Up();
        bench.W(Dbi + 0x20_0E08, 0xFFFF_0000);
        bench.W(Apb + 0x010, 0xFFFF);
        bench.Soc.Host.ConfigWrite(0xE00, 4, 0x0008_0008);
        Assert.Equal(8u, bench.R(Dbi + 0x20_0E00));
        Assert.Equal(0x8000u, bench.R(Apb + 0x010));
        bench.W(Dbi + 0x20_0E00, 0x0008_0000);
        Assert.Equal(0u, bench.R(Dbi + 0x20_0E00));
    }
}
