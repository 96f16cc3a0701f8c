using Nvmepf.SocModel;
using Xunit;
using static Nvmepf.Tests.SocModel.SocBench;

namespace Nvmepf.Tests.SocModel;

public sealed class BringUpTests
{
    [Fact]
    public void From_power_off_the_documented_order_reaches_a_trained_link()
    {
        var bench = new SocBench(SocStartState.Cold);
        bench.W(Pmu + 0x150, 0x00A0_0000);
        bench.Wait(() => (bench.R(Pmu + 0x290) & (1 << 22)) != 0);
        foreach (uint gate in new uint[] { 0x880, 0x884, 0x888, 0x89C, 0x8800 })
        {
            bench.W(Cru + gate, 0xFFFF_0000);
        }

        bench.W(Cru + 0x8A00, 0x0400_0400);
        foreach (uint lane in new uint[] { 0x1004, 0x1104, 0x2004, 0x2104 })
        {
            Assert.Equal(0x80u, bench.R(PhyGrf + lane));
            bench.W(PhyGrf + lane, 0x0080_0000);
        }

        bench.W(PhyGrf, 0x0100_0100);
        bench.W(PhyGrf, 0x0007_0004);
        bench.W(Cru + 0x8A00, 0x0400_0000);
        Assert.Equal(0u, bench.R(PhyGrf + 0x904));
        bench.Wait(() => bench.R(PhyGrf + 0x904) == 0xF && bench.R(PhyGrf + 0xA04) == 0xF, 600_000);
        bench.W(Cru + 0xA80, 0x2000_0000);
        bench.W(Cru + 0xA84, 0x1000_0000);
        bench.Configure();
        Assert.Equal(0u, bench.R(Dbi + 0x0C) & 0x007F_0000);
        bench.EnableLtssm();
        Assert.Equal(0x0023_0011u, bench.R(Apb + 0x300));
        Assert.Equal(0x43u, bench.R(Dbi + 0x80) >> 16 & 0x3FF);
        bench.AssertClean();
    }

    [Fact]
    public void Registers_of_an_unpowered_gated_or_reset_block_are_bus_faults()
    {
        var bench = new SocBench(SocStartState.Cold);
        Assert.False(bench.Soc.CpuRead(Dbi, 4, out ulong value));
        Assert.Equal(0xFFFF_FFFFul, value);
        Assert.False(bench.Soc.CpuWrite(Apb, 4, 0x00F0_0000));
        Assert.Equal(2, bench.Count(ViolationKind.UnpoweredBlock));
        bench.W(Pmu + 0x150, 0x00A0_0000);
        bench.Wait(() => (bench.R(Pmu + 0x290) & (1 << 22)) != 0);
        Assert.False(bench.Soc.CpuRead(Dbi, 4, out _));
        Assert.False(bench.Soc.CpuRead(Window, 4, out _));
        Assert.Equal(2, bench.Count(ViolationKind.GatedBlock));
        bench.W(Cru + 0x880, 0xFFFF_0000);
        bench.W(Cru + 0x884, 0xFFFF_0000);
        Assert.False(bench.Soc.CpuRead(Dbi, 4, out _));
        Assert.False(bench.Soc.CpuRead(Apb, 4, out _));
        Assert.Equal(2, bench.Count(ViolationKind.BlockInReset));
        bench.W(Cru + 0xA80, 0x2000_0000);
        Assert.True(bench.Soc.CpuRead(Dbi, 4, out value));
        Assert.Equal(0x3588_1D87ul, value);
        Assert.Equal(6, bench.Soc.Counters.BusFaults);
    }

    [Fact]
    public void The_high_word_enables_bits_one_by_one_in_clock_and_reset_registers()
    {
        var bench = new SocBench(SocStartState.Cold);
        uint before = bench.R(Cru + 0x880);
        bench.W(Cru + 0x880, 0x0000_FFFF);
        Assert.Equal(before, bench.R(Cru + 0x880));
        bench.W(Cru + 0x880, 0x0100_0000);
        Assert.Equal(before & ~0x0100u, bench.R(Cru + 0x880));
    }

    [Fact]
    public void The_phy_is_deaf_while_its_clock_is_gated()
    {
        var bench = new SocBench(SocStartState.Cold);
        Assert.Equal(0u, bench.R(PhyGrf + 0x1004));
        bench.W(PhyGrf, 0x0007_0004);
        Assert.Equal(1, bench.Count(ViolationKind.GatedBlock));
        bench.W(Cru + 0x8800, 0x0100_0000);
        Assert.Equal(0u, bench.R(PhyGrf));
        Assert.Equal(0x80u, bench.R(PhyGrf + 0x1004));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void The_phy_never_initialises_with_its_clamp_on_or_without_a_reference_clock(bool clampOff, bool hasReferenceClock)
    {
        var bench = new SocBench(SocStartState.Cold);
        bench.Soc.Faults.NoReferenceClock = !hasReferenceClock;
        bench.W(Cru + 0x8800, 0xFFFF_0000);
        bench.W(PhyGrf, clampOff ? 0x0107_0104u : 0x0007_0004u);
        bench.W(Cru + 0x8A00, 0x0400_0000);
        bench.Soc.Advance(10_000_000);
        Assert.Equal(0u, bench.R(PhyGrf + 0x904));
    }

    [Fact]
    public void The_lane_mode_counts_at_the_release_of_the_phy()
    {
        var bench = new SocBench();
        bench.W(PhyGrf, 0x0007_0000);
        bench.Configure();
        bench.EnableLtssm();
        Assert.Equal(4u, bench.R(Dbi + 0x80) >> 20 & 0x3F);
        bench.W(Cru + 0x8A00, 0x0400_0400);
        Assert.False(bench.Soc.Host.IsLinkUp);
        bench.W(Cru + 0x8A00, 0x0400_0000);
        bench.W(Apb + 0x180, 0x0008_0008);
        bench.Wait(() => bench.Soc.Host.IsLinkUp);
        Assert.Equal(2u, bench.R(Dbi + 0x80) >> 20 & 0x3F);
    }

    [Fact]
    public void Separate_reference_clocks_with_common_clock_receivers_do_not_hold_the_link()
    {
        var bench = new SocBench();
        bench.Soc.Faults.SeparateReferenceClocks = true;
        bench.W(PhyGrf + 0x2104, 0x0080_0080);
        bench.Configure();
        bench.EnableLtssm();
        bench.Wait(() => !bench.Soc.Host.IsLinkUp);
        bench.W(PhyGrf + 0x2104, 0x0080_0000);
        bench.W(Apb + 0x180, 0x0008_0008);
        bench.Wait(() => bench.Soc.Host.IsLinkUp);
        bench.Soc.Advance(100_000_000);
        Assert.True(bench.Soc.Host.IsLinkUp);
    }

    [Fact]
    public void The_header_type_tells_the_device_mode()
    {
        var bench = new SocBench();
        bench.W(Apb, 0x00F0_0040);
        Assert.Equal(1u, bench.R(Dbi + 0x0C) >> 16 & 0x7F);
        bench.W(Apb, 0x00F0_0000);
        Assert.Equal(0u, bench.R(Dbi + 0x0C) >> 16 & 0x7F);
        bench.Soc.Faults.ResetsAsRootComplex = true;
        bench.Soc.Reset(1, SocStartState.Powered);
        Assert.Equal(1u, bench.R(Dbi + 0x0C) >> 16 & 0x7F);
    }

    [Fact]
    public void Training_passes_the_documented_states_and_the_fifo_remembers_them()
    {
        var bench = new SocBench();
        bench.Configure();
        bench.W(Apb + 0x310, 0xFFFF_0007);
        bench.EnableLtssm();
        var states = new List<uint>();
        for (uint entry = bench.R(Apb + 0x350); entry != 0 || states.Count == 0; entry = bench.R(Apb + 0x350))
        {
            states.Add(entry & 0x3F);
        }

        Assert.Equal(0x11u, states[^1]);
        Assert.True(states.IndexOf(0x02) < states.IndexOf(0x07) && states.IndexOf(0x07) < states.IndexOf(0x11));
        Assert.Contains(0x20u, states);
        Assert.Equal(0x11u, bench.R(Dbi + 0x728) & 0x3F);
        Assert.Equal(1u << 4, bench.R(Dbi + 0x72C));
    }

    [Theory]
    [InlineData(1, 0u)]
    [InlineData(2, 1u)]
    public void The_target_speed_limits_the_link(uint speed, uint rate)
    {
        var bench = new SocBench();
        bench.Configure();
        bench.W(Dbi + 0xA0, speed);
        bench.W(Apb, 0x0004_0004);
        bench.Soc.Advance(5_000_000);
        Assert.Equal(0x0003_0011u | (rate << 20), bench.R(Apb + 0x300));
        Assert.Equal(speed, bench.R(Dbi + 0x80) >> 16 & 0xF);
    }

    [Fact]
    public void A_link_that_never_trains_stays_in_detect_and_perst_shows_on_its_pin()
    {
        var bench = new SocBench();
        bench.Soc.Faults.LinkNeverTrains = true;
        bench.Configure();
        bench.W(Apb, 0x000C_000C);
        bench.Soc.Advance(50_000_000);
        Assert.Equal(0u, bench.R(Apb + 0x300));
        Assert.Equal(1u << 14, bench.R(Gpio4 + 0x70));
        bench.Soc.Host.AssertPerst(true);
        Assert.Equal(0u, bench.R(Gpio4 + 0x70));
    }

    [Fact]
    public void A_bound_kernel_driver_has_brought_the_controller_up_but_not_the_link()
    {
        var bench = new SocBench(SocStartState.KernelDriver);
        Assert.Equal(0x12u, bench.R(Apb + 0x180));
        Assert.Equal(0xFFF9u, bench.R(Apb + 0x024));
        Assert.Equal(0x178u, bench.R(Dbi + 0x148) >> 20);
        Assert.Equal(0u, bench.Soc.Host.BarBytes(0) + bench.Soc.Host.BarBytes(5));
        Assert.Equal(0x10_0000u, bench.Soc.Host.BarBytes(4));
        bench.Soc.Advance(50_000_000);
        Assert.Equal(0u, bench.R(Apb + 0x300) >> 16 & 3);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void A_kernel_driver_takes_reset_events_away_unless_its_interrupts_are_masked(bool masked, bool kernelReleases)
    {
        var bench = new SocBench(SocStartState.KernelDriver);
        if (masked)
        {
            bench.W(Apb + 0x024, 0x0006_0006);
        }

        bench.Configure();
        bench.EnableLtssm();
        bench.W(Apb + 0x010, 0xFFFF);
        bench.Soc.Host.HotReset();
        bench.Soc.Advance(5_000_000);
        Assert.Equal(kernelReleases, bench.Soc.Host.IsLinkUp);
        Assert.Equal(!kernelReleases, (bench.R(Apb + 0x010) & 4) != 0);
    }
}
