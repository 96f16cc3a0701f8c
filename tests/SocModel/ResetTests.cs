using Nvmepf.SocModel;
using Xunit;
using static Nvmepf.Tests.SocModel.SocBench;

namespace Nvmepf.Tests.SocModel;

public sealed class ResetTests
{
    [Fact]
    public void A_hot_reset_is_held_until_dly2_done()
    {
        SocBench bench = Up();
        bench.W(Apb + 0x010, 0xFFFF);
        bench.Soc.Host.HotReset();
        Assert.Equal(0x1Fu, bench.R(Apb + 0x300));
        bench.Soc.Advance(100_000_000);
        Assert.Equal(0u, bench.R(Apb + 0x300));
        Assert.Equal(7u, bench.R(Apb + 0x010));
        bench.W(Apb + 0x010, 7);
        bench.TrainingSequences();
        bench.W(Apb + 0x180, 0x0008_0008);
        bench.Wait(() => bench.Soc.Host.IsLinkUp);
        Assert.Equal(3u, bench.R(Apb + 0x010));
        Assert.Equal(0x12u, bench.R(Apb + 0x180));
        bench.AssertClean();
    }

    [Fact]
    public void Without_the_hold_the_link_comes_back_by_itself()
    {
        var bench = new SocBench();
        bench.Configure();
        bench.W(Apb + 0x180, 0x0002_0000);
        bench.EnableLtssm();
        bench.Soc.Host.HotReset();
        Assert.False(bench.Soc.Host.IsLinkUp);
        bench.Wait(() => bench.Soc.Host.IsLinkUp);
    }

    [Fact]
    public void Host_state_and_non_sticky_bits_are_lost_and_sticky_ones_stay()
    {
        SocBench bench = Up();
        HostPort host = bench.Soc.Host;
        host.ConfigWrite(0x52, 2, 1);
        host.ConfigWrite(0x54, 4, 0xFEE0_0000);
        host.ConfigWrite(0xB2, 2, 0x8000);
        bench.W(Dbi + 0x70C, 0x1BFF_FF00);
        bench.W(Dbi + 0x8BC, 1);
        bench.W(Dbi + 0x7C, (bench.R(Dbi + 0x7C) & ~0x3FFu) | 0x12);
        bench.W(Dbi + 0x2EC, 0x40);
        Assert.Equal(0x200u, bench.R(Dbi + 0x2F0) & 0x3F00);
        host.HotReset();
        Assert.Equal(0u, bench.R(Dbi + 0x04) & 7);
        Assert.Equal(0xCu, bench.R(Dbi + 0x10));
        Assert.Equal(0u, bench.R(Dbi + 0x14));
        Assert.Equal(0u, bench.R(Dbi + 0x50) >> 16 & 1);
        Assert.Equal(0u, bench.R(Dbi + 0x54));
        Assert.Equal(0u, bench.R(Dbi + 0xB0) >> 31);
        Assert.Equal(0x1BD2_D200u, bench.R(Dbi + 0x70C));
        Assert.Equal(0x43u, bench.R(Dbi + 0x7C) & 0x3FF);
        Assert.Equal(0x40u, bench.R(Dbi + 0x2EC));
        Assert.Equal(0u, bench.R(Dbi + 0x2F0) & 0x3F00);
        Assert.Equal(0x188u, bench.R(Dbi + 0x148) >> 20);
        Assert.Equal(1u, bench.R(Dbi + 0x8BC));
        Assert.Equal(0x0108_0201u, bench.R(Dbi + 0x08));
        Assert.Equal(0x10_0000ul, host.BarBytes(0));
        Assert.Equal(0ul, host.BarBytes(4));
        Assert.Equal((uint)BarMemory, bench.R(Atu + 0x114));
    }

    [Fact]
    public void What_is_unsure_over_a_reset_can_be_lost_too()
    {
        SocBench bench = Up();
        bench.Soc.Faults.IatuLosesTargets = true;
        bench.Soc.Faults.BarMasksLost = true;
        bench.Soc.Faults.HeaderLost = true;
        bench.Soc.Faults.EdmaRegistersLost = true;
        bench.W(Edma + 0x0C, 1);
        bench.Soc.Host.HotReset();
        Assert.Equal(0u, bench.R(Atu + 0x114));
        Assert.Equal(0xC008_0000u, bench.R(Atu + 0x104));
        Assert.Equal(0x10_0000ul, bench.Soc.Host.BarBytes(4));
        Assert.Equal(0x0580_0001u, bench.R(Dbi + 0x08));
        Assert.Equal(0u, bench.R(Edma + 0x0C));
        bench.W(Apb + 0x180, 0x0008_0008);
        bench.Wait(() => bench.Soc.Host.IsLinkUp);
        Assert.True(bench.Count(ViolationKind.BarWithoutRegion) > 0);
    }

    [Fact]
    public void A_dropped_link_looks_like_a_hot_reset()
    {
        SocBench bench = Up();
        bench.W(Apb + 0x010, 0xFFFF);
        bench.Soc.Host.DropLink();
        Assert.Equal(7u, bench.R(Apb + 0x010));
        Assert.Equal(0u, bench.R(Dbi + 0x04) & 7);
        bench.W(Apb + 0x180, 0x0008_0008);
        bench.Wait(() => bench.Soc.Host.IsLinkUp);
    }

    [Fact]
    public void Perst_and_power_keep_the_link_down_however_ready_the_endpoint_is()
    {
        SocBench bench = Up();
        bench.Soc.Host.AssertPerst(true);
        bench.W(Apb + 0x180, 0x0008_0008);
        bench.Soc.Advance(50_000_000);
        Assert.Equal(0u, bench.R(Apb + 0x300));
        bench.Soc.Host.AssertPerst(false);
        bench.Wait(() => bench.Soc.Host.IsLinkUp);
        bench.Soc.Host.SetPower(false);
        bench.W(Apb + 0x180, 0x0008_0008);
        bench.Soc.Advance(50_000_000);
        Assert.False(bench.Soc.Host.IsLinkUp);
        bench.Soc.Host.SetPower(true);
        bench.Wait(() => bench.Soc.Host.IsLinkUp);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(400_000)]
    public void Without_ltssm_enable_the_device_is_gone_and_comes_back_unconfigured(int delayNanoseconds)
    {
        SocBench bench = Up();
        HostPort host = bench.Soc.Host;
        bench.W(Apb + 0x010, 0xFFFF);
        bench.Soc.Faults.LinkDownDelayNanoseconds = delayNanoseconds;
        bench.W(Apb, 0x0004_0000);
        Assert.Equal(delayNanoseconds > 0, host.IsLinkUp);
        bench.Soc.Advance(delayNanoseconds);
        Assert.False(host.IsLinkUp);
        Assert.Equal(0u, bench.R(Apb + 0x300));
        Assert.Equal(7u, bench.R(Apb + 0x010));
        Assert.Equal((TlpStatus.UnsupportedRequest, uint.MaxValue), (host.ConfigRead(0, 4, out uint identity), identity));
        Assert.Equal(TlpStatus.UnsupportedRequest, host.MemoryWrite(HostBar0, [1, 2, 3, 4]));
        bench.Soc.Advance(100_000_000);
        Assert.False(host.IsLinkUp);
        bench.TrainingSequences();
        bench.W(Apb + 0x180, 0x0008_0008);
        bench.W(Apb, 0x0004_0004);
        bench.Wait(() => host.IsLinkUp);
        Assert.Equal((0ul, 0u), (host.BarAddress(0), bench.R(Dbi + 0x04) & 7));
    }

    [Fact]
    public void Ltssm_enable_that_comes_back_too_soon_does_not_keep_the_link()
    {
        SocBench bench = Up();
        bench.W(Apb + 0x180, 0x0002_0000);
        bench.Soc.Faults.LinkDownDelayNanoseconds = 400_000;
        bench.W(Apb, 0x0004_0000);
        bench.W(Apb, 0x0004_0004);
        Assert.True(bench.Soc.Host.IsLinkUp);
        bench.Soc.Advance(400_000);
        Assert.False(bench.Soc.Host.IsLinkUp);
        bench.Wait(() => bench.Soc.Host.IsLinkUp);
        Assert.Equal(0u, bench.R(Dbi + 0x04) & 7);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void The_link_can_drop_at_any_tlp(int number)
    {
        SocBench bench = Up();
        bench.Outbound(0, 0, 0x1_0000, 0x2_0000);
        bench.Soc.Faults.DropLinkAfterTlps = number;
        for (int i = 0; i < number; i++)
        {
            Assert.True(bench.Soc.Host.IsLinkUp);
            bench.W(Window, (uint)i);
        }

        Assert.False(bench.Soc.Host.IsLinkUp);
        Assert.Equal(number - 1, bench.Host.Writes.Count);
        bench.W(Window, 0);
        Assert.Equal(0xFFFF_FFFFu, bench.R(Window));
        Assert.Equal(2, bench.Count(ViolationKind.WindowWithoutLink));
        bench.W(Dbi + 0x8D0, 1);
        Assert.True(bench.Soc.CpuWrite(Window, 4, 0));
        Assert.False(bench.Soc.CpuRead(Window, 4, out _));
        bench.Soc.Faults.WindowWithoutLinkFaults = true;
        Assert.False(bench.Soc.CpuWrite(Window, 4, 0));
    }

    [Fact]
    public void A_reset_of_the_controller_forgets_the_hold_too()
    {
        SocBench bench = Up();
        bench.Soc.Host.HotReset();
        bench.W(Cru + 0xA80, 0x2000_2000);
        bench.W(Cru + 0xA84, 0x1000_1000);
        bench.Soc.Advance(1_000_000);
        bench.W(Cru + 0xA80, 0x2000_0000);
        bench.W(Cru + 0xA84, 0x1000_0000);
        Assert.Equal(0u, bench.R(Apb));
        bench.Configure();
        bench.EnableLtssm();
        bench.AssertClean();
    }

    [Fact]
    public void Power_domain_off_resets_everything()
    {
        SocBench bench = Up();
        bench.W(Pmu + 0x150, 0x0080_0080);
        Assert.False(bench.Soc.Host.IsLinkUp);
        Assert.False(bench.Soc.CpuRead(Dbi, 4, out _));
        bench.W(Pmu + 0x150, 0x0080_0000);
        bench.Wait(() => (bench.R(Pmu + 0x290) & (1 << 22)) != 0);
        Assert.Equal(0x0580_0001u, bench.R(Dbi + 0x08));
        Assert.Equal(0u, bench.R(Apb + 0x180));
        Assert.Equal(0u, bench.R(Atu + 0x104));
    }
}
