using System.Linq;
using Nvmepf.Hal;
using Nvmepf.Hal.DesignWare;
using Nvmepf.Hal.Rk3588;
using Nvmepf.SocModel;
using Xunit;

namespace Nvmepf.Tests.Rk3588;

public sealed class BringUpTests
{
    private const ulong Dbi = SocMap.Dbi;
    private const ulong Apb = SocMap.Apb;

    public static TheoryData<SocStartState, BringUpMode> Starts { get; } = new()
    {
        { SocStartState.Cold, BringUpMode.Cold },
        { SocStartState.Powered, BringUpMode.Cold },
        { SocStartState.Powered, BringUpMode.TakeOver },
        { SocStartState.KernelDriver, BringUpMode.TakeOver },
    };

    [Theory]
    [MemberData(nameof(Starts))]
    public void The_host_finds_the_function_that_was_asked_for(SocStartState start, BringUpMode mode)
    {
        using EndpointBench bench = new(start, EndpointBench.DefaultOptions with { BringUp = mode });
        bench.Start();
        Assert.Equal(0xBEEF_1B96u, bench.HostRead(0x00));
        Assert.Equal(0x0108_0207u, bench.HostRead(0x08));
        Assert.Equal(0u, bench.HostRead(0x0C) & 0x007F_0000);
        Assert.Equal(0x1234_1B96u, bench.HostRead(0x2C));
        Assert.Equal(0x0100u, bench.HostRead(0x3C) & 0xFF00);
        Assert.Equal(0x4u, bench.HostRead(0x10) & 0xF);
        Assert.Equal(0x10_0000ul, bench.Soc.Host.BarBytes(0));
        for (int bar = 1; bar <= 6; bar++)
        {
            Assert.Equal(0ul, bench.Soc.Host.BarBytes(bar));
        }

        Assert.Equal(3, bench.Soc.Host.LinkSpeed);
        Assert.Equal(0x43u, bench.HostRead(0x80) >> 16 & 0x3FF);
        Assert.True(bench.Endpoint.IsBusMasterEnabled);
        bench.AssertClean();
    }

    [Fact]
    public void Interrupts_are_offered_as_msix_in_bar_0_and_as_msi()
    {
        using EndpointBench bench = new();
        bench.Start();
        Assert.Equal(0x0008_0011u, bench.HostRead(0xB0));
        Assert.Equal(0x2000u, bench.HostRead(0xB4));
        Assert.Equal(0x3000u, bench.HostRead(0xB8));
        Assert.Equal(4u, bench.HostRead(0x50) >> 17 & 7);
        Assert.Equal(EndpointBench.Identity.MsixVectorCount - 1, bench.Endpoint.Msix.Control.Read().TableSizeZeroBased);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_hosts_cannot_use_is_hidden_unless_a_switch_shows_it(bool isShown)
    {
        Rk3588Switches switches = new() { ShowAddressTranslation = isShown, ShowResizableBar = isShown, OfferPowerManagement = isShown };
        using EndpointBench bench = new(options: EndpointBench.DefaultOptions with { Switches = switches });
        bench.Start();
        List<uint> ids = [];
        for (uint offset = 0x100; offset != 0; offset = bench.HostRead((int)offset) >> 20)
        {
            ids.Add(bench.HostRead((int)offset) & 0xFFFF);
            Assert.True(ids.Count < 48);
        }

        uint[] hidden = [0x0F, 0x13, 0x15, 0x1E];
        Assert.Equal(isShown ? hidden : [], ids.Intersect(hidden).Order());
        Assert.Contains(1u, ids);
        Assert.Contains(0x18u, ids);
        Assert.Equal(isShown ? 3u : 0u, bench.HostRead(0x7C) >> 10 & 3);
    }

    [Theory]
    [InlineData(LinkSpeed.Gen1, 1)]
    [InlineData(LinkSpeed.Gen2, 2)]
    [InlineData(LinkSpeed.Gen3, 4)]
    public void Speed_and_width_are_limited_as_asked(LinkSpeed speed, int lanes)
    {
        using EndpointBench bench = new(options: EndpointBench.DefaultOptions with { LinkSpeed = speed, Lanes = lanes });
        bench.Start();
        LinkControlStatus status = bench.Endpoint.PciExpress.LinkControl.Read();
        Assert.Equal((speed, lanes), (status.CurrentLinkSpeed, status.NegotiatedLinkWidth));
        Assert.Contains($"rk3588: the host enabled bus mastering; link speed Gen{(int)speed}, {lanes} lanes", bench.Log);
        Assert.Equal(0x00FF_FF00u, new Hal.DesignWare.PortLogic(bench.Blocks.Dbi).AckFrequency.Read().Raw & 0x00FF_FF00);
    }

    [Fact]
    public void Steps_of_a_cold_start_are_in_the_order_that_the_hardware_needs()
    {
        using EndpointBench bench = new();
        bench.Start();
        int power = bench.IndexOfWrite(SocMap.Pmu + 0x150, 0x00A0_0000);
        int gate = bench.IndexOfWrite(SocMap.Cru + 0x884, 0x1084_0000);
        int phyClock = bench.IndexOfWrite(SocMap.Cru + 0x8800, 0x0100_0000);
        int phyHeld = bench.IndexOfWrite(SocMap.Cru + 0x8A00, 0x0400_0400);
        int laneMode = bench.IndexOfWrite(SocMap.PhyGrf, 0x0007_0004);
        int clamp = bench.IndexOfWrite(SocMap.PhyGrf, 0x0100_0100);
        int phyReleased = bench.IndexOfWrite(SocMap.Cru + 0x8A00, 0x0400_0000);
        int coreReleased = bench.IndexOfWrite(SocMap.Cru + 0xA80, 0x2000_0000);
        int busReleased = bench.IndexOfWrite(SocMap.Cru + 0xA84, 0x1000_0000);
        int hold = bench.IndexOfWrite(Apb + 0x180, 0x0012_0012);
        int endpoint = bench.IndexOfWrite(Apb, 0x00F0_0000);
        int header = bench.Accesses.FindIndex(access => !access.IsWrite && access.Address == Dbi + 0x0C);
        int function = bench.IndexOfWrite(Dbi, 0xBEEF_1B96);
        int bar4 = bench.IndexOfWrite(Dbi + 0x10_0020, 0);
        int window = bench.IndexOfWrite(Dbi + 0x30_0104, 0xC008_0000);
        int windowEnabled = bench.Accesses.FindLastIndex(access => !access.IsWrite && access.Address == Dbi + 0x30_0104);
        int training = bench.IndexOfWrite(Apb, 0x0004_0004);
        int[] order =
        [
            power, gate, phyClock, phyHeld, clamp, laneMode, phyReleased, coreReleased, busReleased, hold, endpoint, header, function, bar4, window,
            windowEnabled, training,
        ];
        Assert.Equal(order.Order(), order);
    }

    [Fact]
    public void Protected_fields_are_written_only_while_writes_are_allowed_and_not_left_open()
    {
        using EndpointBench bench = new();
        bench.Start();
        int open = bench.IndexOfWrite(Dbi + 0x8BC, 1, mask: 1);
        int closed = bench.Accesses.FindLastIndex(access => access.IsWrite && access.Address == Dbi + 0x8BC && (access.Value & 1) == 0);
        Assert.InRange(bench.IndexOfWrite(Dbi, 0xBEEF_1B96), open, closed);
        Assert.InRange(bench.IndexOfWrite(Dbi + 0xB4, 0x2000), open, closed);
        Assert.False(new Hal.DesignWare.PortLogic(bench.Blocks.Dbi).MiscControl1.Read().ReadOnlyWriteEnable);
    }

    [Fact]
    public void All_gates_are_opened_where_that_is_asked_for()
    {
        using EndpointBench bench = new(options: EndpointBench.DefaultOptions with { Switches = new() { OpenAllClockGates = true } });
        bench.Start();
        foreach (uint gate in new uint[] { 0x880, 0x884, 0x888, 0x898, 0x89C, 0x8800 })
        {
            _ = bench.IndexOfWrite(SocMap.Cru + gate, 0xFFFF_0000);
        }

        bench.AssertClean();
    }

    [Theory]
    [InlineData(PhyLaneMode.Aggregated, false)]
    [InlineData(PhyLaneMode.TwoAndTwo, true)]
    public void A_store_of_a_cold_start_has_arrived_before_the_next_block_is_touched(PhyLaneMode lanes, bool fromPll)
    {
        using EndpointBench bench = new(
            options: EndpointBench.DefaultOptions with { Switches = new() { LaneMode = lanes, PhyReferenceFromPll = fromPll } });
        bench.Endpoint.BringUp(EndpointBench.BarMemory);
        List<RegisterAccess> accesses = bench.Accesses;
        int lastWrite = -1;
        for (int i = 0; i < accesses.Count && accesses[i].Address - Dbi >= SocMap.DbiBytes; i++)
        {
            if (lastWrite >= 0 && accesses[i].Address >> 16 != accesses[lastWrite].Address >> 16)
            {
                RegisterAccess store = accesses[lastWrite];
                int read = accesses.FindIndex(lastWrite, access => !access.IsWrite && access.Address >> 16 == store.Address >> 16);
                Assert.True(read > lastWrite && read < i, $"{store} is not read back before {accesses[i]}");
                Assert.True(bench.FullBarriers.Exists(place => place > read && place <= i), $"no barrier between {accesses[read]} and {accesses[i]}");
                lastWrite = -1;
            }

            lastWrite = accesses[i].IsWrite ? i : lastWrite;
        }
    }

    [Theory]
    [InlineData(SocMap.Cru + 0x880, 0)]
    [InlineData(SocMap.Cru + 0x880, 6)]
    [InlineData(SocMap.Cru + 0x880, 7)]
    [InlineData(SocMap.Cru + 0x880, 8)]
    [InlineData(SocMap.Cru + 0x880, 13)]
    [InlineData(SocMap.Cru + 0x884, 7)]
    [InlineData(SocMap.Cru + 0x888, 7)]
    [InlineData(SocMap.Cru + 0xA80, 5)]
    [InlineData(SocMap.Cru + 0xA80, 8)]
    [InlineData(SocMap.Cru + 0xA80, 9)]
    [InlineData(SocMap.Cru + 0xA80, 12)]
    [InlineData(SocMap.Cru + 0xA84, 12)]
    [InlineData(SocMap.Cru + 0xA88, 7)]
    [InlineData(SocMap.Pmu + 0x110, 5)]
    public void Taking_over_is_refused_where_a_clock_a_reset_or_the_bus_stands_in_the_way(ulong register, int bit)
    {
        using EndpointBench bench = new(SocStartState.Powered, EndpointBench.TakeOver);
        Assert.True(bench.Soc.CpuWrite(register, 4, 0x1_0001u << bit));
        PlatformException problem = Assert.Throws<PlatformException>(() => bench.Endpoint.BringUp(EndpointBench.BarMemory));
        Assert.Contains("nobody has set the controller up", problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(bench.Accesses, access => access.Address - Dbi < SocMap.DbiBytes || access.Address - SocMap.Apb < SocMap.ApbBytes);
    }

    [Fact]
    public void Taking_over_what_nobody_has_set_up_is_refused_without_touching_the_controller()
    {
        using EndpointBench bench = new(SocStartState.Cold, EndpointBench.TakeOver);
        PlatformException problem = Assert.Throws<PlatformException>(() => bench.Endpoint.BringUp(EndpointBench.BarMemory));
        Assert.Contains("nobody has set the controller up: PMU FD8D8290h reads 00000000h", problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(bench.Accesses, access => access.IsWrite);
        bench.AssertClean();
    }

    [Theory]
    [InlineData(false, 0x0080_0000u)]
    [InlineData(true, 0x0080_0080u)]
    public void Receivers_trust_a_common_clock_only_where_there_is_one(bool isCommon, uint written)
    {
        Rk3588Switches switches = new() { SeparateReferenceClock = !isCommon };
        using EndpointBench bench = new(options: EndpointBench.DefaultOptions with { Switches = switches });
        bench.Start();
        foreach (uint lane in new uint[] { 0x1004, 0x1104, 0x2004, 0x2104 })
        {
            _ = bench.IndexOfWrite(SocMap.PhyGrf + lane, written);
        }
    }

    [Fact]
    public void Outbound_errors_are_made_harmless_unless_a_switch_keeps_what_was_there()
    {
        using EndpointBench bench = new();
        bench.Lies[Dbi + 0x8D0] = 0x0000_9C05;
        bench.Lies[Dbi + 0x8D4] = 0x0000_01C8;
        bench.Start();
        Assert.Equal(0x9C00u, bench.Accesses[bench.IndexOfWrite(Dbi + 0x8D0, 0, mask: 5)].Value);
        Assert.Equal(50u, bench.Accesses[bench.IndexOfWrite(Dbi + 0x8D4, 0, mask: 0x100)].Value & 0xFF);
        using EndpointBench kept = new(options: EndpointBench.DefaultOptions with { Switches = new() { KeepOutboundErrorDefaults = true } });
        kept.Start();
        Assert.DoesNotContain(kept.Accesses, access => access.IsWrite && access.Address is Dbi + 0x8CC or Dbi + 0x8D0 or Dbi + 0x8D4 && access.IsWrite);
    }

    [Fact]
    public void Taking_over_leaves_power_clocks_and_phy_alone_and_masks_the_kernels_interrupt()
    {
        using EndpointBench bench = new(SocStartState.KernelDriver, EndpointBench.TakeOver);
        bench.Start();
        Assert.DoesNotContain(bench.Accesses, access => access.IsWrite && access.Address is < Apb or (> Apb + SocMap.ApbBytes and < Dbi));
        Assert.True(bench.IndexOfWrite(Apb + 0x24, 0x0006_0006) < bench.IndexOfWrite(Apb, 0x0004_0004));
        bench.Soc.Host.HotReset();
        bench.Soc.Advance(1_000_000);
        Assert.False(bench.Soc.Host.IsLinkUp);
        bench.PollUntil(LinkEvents.Reset);
    }

    [Fact]
    public void The_time_until_training_is_said_once()
    {
        using EndpointBench bench = new();
        bench.Start();
        Assert.Single(bench.Log, line => line.StartsWith("rk3588: LTSSM enabled ", StringComparison.Ordinal)
            && line.EndsWith(" ms after process start", StringComparison.Ordinal));
    }

    [Fact]
    public void A_cold_start_asks_for_few_milliseconds_of_the_boards_time()
    {
        using EndpointBench bench = new();
        bench.Endpoint.BringUp(EndpointBench.BarMemory);
        bench.Endpoint.EnableLink();
        Assert.InRange(bench.NowNanoseconds, 1, 10_000_000);
    }

    [Fact]
    public void A_controller_that_resets_as_a_root_complex_becomes_an_endpoint()
    {
        using EndpointBench bench = new(faults: faults => faults.ResetsAsRootComplex = true);
        bench.Start();
        bench.AssertClean();
    }

    [Fact]
    public void A_size_that_the_controller_does_not_take_over_by_itself_is_written()
    {
        using EndpointBench bench = new(faults: faults => faults.RebarCapDoesNotSelect = true);
        bench.Lies[Dbi + 0x2F0] = 0x0000_04C0;
        bench.Start();
        Assert.True(bench.IndexOfWrite(Dbi + 0x2EC, 0x10) < bench.Accesses.FindLastIndex(access => access is { IsWrite: true, Address: Dbi + 0x2F0, Value: 0xC0 }));
    }

    [Theory]
    [InlineData(BringUpMode.Cold, SocMap.Pmu + 0x290, 0u, "PD_PCIE and PD_PHP do not come on: PMU FD8D8290h reads 00000000h")]
    [InlineData(BringUpMode.Cold, SocMap.Pmu + 0x120, 0x20_0000u, "bus of PD_PHP stays idle: PMU FD8D8120h reads 00200000h")]
    [InlineData(BringUpMode.Cold, SocMap.PhyGrf + 0xA04, 0u, "PHY does not lock: FD5B8904h reads 0000000Fh and FD5B8A04h reads 00000000h")]
    [InlineData(BringUpMode.TakeOver, Dbi, 0xFFFF_FFFFu, "controller does not answer: DBI A40000000h reads FFFFFFFFh")]
    [InlineData(BringUpMode.TakeOver, Dbi + 0x0C, 0x0001_0000u, "not an endpoint: header type at DBI 0Eh reads 1")]
    [InlineData(BringUpMode.TakeOver, Dbi + 0x34, 0u, "no MSI capability in the list from DBI 34h")]
    [InlineData(BringUpMode.TakeOver, Dbi + 0x2E8, 0u, "no resizable BAR capability, neither in the list from DBI 100h nor at 2E8h (reads 00000000h)")]
    [InlineData(BringUpMode.TakeOver, Dbi + 0x30_0104, 0x4008_0000u, "inbound region 0 does not become enabled: CTRL2 at DBI 300104h reads 40080000h")]
    [InlineData(BringUpMode.TakeOver, Dbi + 0x30_0114, 0x1000_0000u, "inbound region 0 holds the target 0000000010000000h instead of 0000000010100000h")]
    public void A_step_that_fails_says_which_register_said_what(BringUpMode mode, ulong address, uint lie, string text)
    {
        SocStartState start = mode == BringUpMode.Cold ? SocStartState.Cold : SocStartState.Powered;
        using EndpointBench bench = new(start, EndpointBench.DefaultOptions with { BringUp = mode });
        bench.Lies[address] = lie;
        long before = bench.NowNanoseconds;
        PlatformException problem = Assert.Throws<PlatformException>(() => bench.Endpoint.BringUp(EndpointBench.BarMemory));
        Assert.Contains(text, problem.Message, StringComparison.Ordinal);
        Assert.InRange(bench.NowNanoseconds - before, 0, 200_000_000);
        Assert.DoesNotContain(bench.Accesses, access => access is { IsWrite: true, Address: Apb, Value: 0x0004_0004 });
    }

    [Fact]
    public void Without_a_reference_clock_nothing_of_the_controller_is_touched()
    {
        using EndpointBench bench = new(faults: faults => faults.NoReferenceClock = true);
        PlatformException problem = Assert.Throws<PlatformException>(() => bench.Endpoint.BringUp(EndpointBench.BarMemory));
        Assert.Contains("check the reference clock", problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(bench.Accesses, access => access.Address >= Apb && access.Address is < SocMap.Gpio4 or >= Dbi);
        bench.AssertClean();
    }

    [Fact]
    public void Memory_that_is_not_aligned_to_the_bar_is_refused()
    {
        using EndpointBench bench = new();
        PlatformException problem = Assert.Throws<PlatformException>(() => bench.Endpoint.BringUp(EndpointBench.BarMemory + 0x1_0000));
        Assert.Contains("a multiple of 100000h", problem.Message, StringComparison.Ordinal);
        Assert.Empty(bench.Accesses);
    }

    [Fact]
    public void A_cold_start_without_the_board_blocks_and_perst_without_its_bank_are_refused()
    {
        using EndpointBench bench = new();
        Rk3588Endpoint endpoint = new(bench.Blocks with { Pmu = 0 }, bench.Options, EndpointBench.Identity, bench);
        PlatformException problem = Assert.Throws<PlatformException>(() => endpoint.BringUp(EndpointBench.BarMemory));
        Assert.Contains("bringup=cold needs the power management unit", problem.Message, StringComparison.Ordinal);
        Rk3588Options withPerst = bench.Options with { PerstPin = new GpioPin(4, 14) };
        problem = Assert.Throws<PlatformException>(() => new Rk3588Endpoint(bench.Blocks with { Gpio = 0 }, withPerst, EndpointBench.Identity, bench));
        Assert.Contains("perst=gpio4", problem.Message, StringComparison.Ordinal);
    }
}
