// The way from an SoC whose PCIe 3.0 part nobody has touched to a controller that answers: power domains, clocks, resets, PHY.

namespace Nvmepf.Hal.Rk3588;

/// <summary>Power, clocks, resets and PHY of the 4-lane controller. Everything here sleeps and throws: it runs before the reactor.</summary>
internal sealed class ColdStart
{
    private const long Microsecond = 1_000;
    private const long Millisecond = 1_000_000;
    private const long PowerWait = 10 * Millisecond;
    private const long PhyWait = 5 * Millisecond;
    private const long PollPause = 10 * Microsecond;

    private readonly Rk3588Options _options;
    private readonly IEventLog _log;
    private readonly Cru _cru;
    private readonly Pmu _pmu;
    private readonly PhyGrf _phy;
    private readonly nint _phpGrf;

    /// <exception cref="PlatformException">A block that a cold start needs is not mapped.</exception>
    internal ColdStart(RegisterBlocks blocks, Rk3588Options options, IEventLog log)
    {
        string missing = blocks.Cru == 0 ? "the clock and reset unit" : blocks.Pmu == 0 ? "the power management unit"
            : blocks.PhyGrf == 0 ? "the PHY's register file" : blocks.PhpGrf == 0 ? "the PHP register file" : "";
        if (missing.Length > 0)
        {
            throw new PlatformException(
                $"rk3588: bringup=cold needs {missing}, which this source of registers does not have; "
                + "allowed: registers=devmem, or bringup=takeover");
        }

        _options = options;
        _log = log;
        _cru = new Cru(blocks.Cru);
        _pmu = new Pmu(blocks.Pmu);
        _phy = new PhyGrf(blocks.PhyGrf);
        _phpGrf = blocks.PhpGrf;
    }

    /// <summary>
    /// Whether the controller's registers can be read at all: powered, clocked and out of reset. Before that a read of them hangs or ends the
    /// process.
    /// </summary>
    /// <param name="blocks">The blocks, with clock and reset unit and power management unit.</param>
    internal static bool IsControllerReachable(RegisterBlocks blocks)
    {
        // All that Run sets on the way from the CPU to the controller and from there to memory; the link's own clock and the PHY are not on it.
        Cru cru = new(blocks.Cru);
        Pmu pmu = new(blocks.Pmu);

        // PD_PHP's switch is not asked for: Linux never turns it on, its device trees do not even have it.
        return pmu.RepairStatus.Read().Pcie
            && !pmu.IdleStatus.Read().Php
            && cru.Gate32.Read() is { PhpPeripheralRoot: false, PcieRoot: false, PhpRoot: false, PcieBridge: false, Dbi: false }
            && cru.Gate33.Read() is { Master: false, Slave: false, Peripheral: false }
            && cru.Gate34.Read() is { Auxiliary: false, PhpGicIts: false, PcieMmu: false }
            && cru.Reset32.Read() is { PhpPeripheralBus: false, PcieBridge: false, PhpBus: false, PcieBus: false, PowerUp: false }
            && !cru.Reset33.Read().Peripheral
            && cru.Reset34.Read() is { PhpGicIts: false, PcieMmu: false };
    }

    /// <summary>Which words keep the controller from being reached, for a message.</summary>
    internal static string DescribeUnreachable(RegisterBlocks blocks)
    {
        Cru cru = new(blocks.Cru);
        Pmu pmu = new(blocks.Pmu);
        return $"PMU {SocAddresses.Pmu + 0x290:X}h reads {pmu.RepairStatus.Read().Raw:X8}h (wanted: bit 22), "
            + $"{SocAddresses.Pmu + 0x120:X}h {pmu.IdleStatus.Read().Raw:X8}h (bit 21 clear), "
            + $"CRU {SocAddresses.Cru + 0x880:X}h {cru.Gate32.Read().Raw:X8}h (bits 0, 6, 7, 8 and 13 clear), {SocAddresses.Cru + 0x884:X}h "
            + $"{cru.Gate33.Read().Raw:X8}h (bits 2, 7 and 12 clear), {SocAddresses.Cru + 0x888:X}h {cru.Gate34.Read().Raw:X8}h (bits 1, 6 and 7 clear), "
            + $"{SocAddresses.Cru + 0xA80:X}h {cru.Reset32.Read().Raw:X8}h (bits 5, 8, 9, 12 and 13 clear), {SocAddresses.Cru + 0xA84:X}h "
            + $"{cru.Reset33.Read().Raw:X8}h (bit 12 clear), {SocAddresses.Cru + 0xA88:X}h {cru.Reset34.Read().Raw:X8}h (bits 6 and 7 clear)";
    }

    /// <summary>Does it all; the controller is out of reset and clocked at the end.</summary>
    /// <exception cref="PlatformException">A step did not come to its end; the text says which register said what.</exception>
    internal void Run()
    {
        TurnPowerOn();
        TurnClocksOn();
        HoldResets();
        WaitForClockUnit();
        _options.Clock.Sleep(Microsecond);
        SetUpPhy();
        _options.Clock.Sleep(Millisecond);
        ReleasePhy();
        ReleaseController();
    }

    /// <summary>
    /// Stores to different blocks may overtake each other on their way, and a barrier does not wait for their arrival: a read of the block that was
    /// written does, and the barrier holds back what follows until the read has ended.
    /// </summary>
    private void WaitForClockUnit()
    {
        _ = _cru.Gate32.Read();
        Mmio.Barrier.Full();
    }

    private void TurnPowerOn()
    {
        _pmu.PowerGate.Write(mask: default(PowerGate) with { PcieOff = true, PhpOff = true }, value: default);
        Deadline deadline = new(_options.Clock, PowerWait);
        RepairStatus status = _pmu.RepairStatus.Read();
        while (!status.Pcie || !status.Php)
        {
            if (!deadline.Pause(PollPause))
            {
                throw new PlatformException(
                    $"rk3588: the power domains PD_PCIE and PD_PHP do not come on: PMU {SocAddresses.Pmu + 0x290:X}h reads {status.Raw:X8}h after "
                    + $"{PowerWait / Millisecond} ms; wanted: bits 20 and 22; boot with pd_ignore_unused, or let the kernel do it (bringup=takeover)");
            }

            status = _pmu.RepairStatus.Read();
        }

        // Who powered the domain off may have asked its buses to be idle.
        _pmu.IdleRequest.Write(mask: default(BusIdleRequest) with { Php = true }, value: default);
        deadline = new(_options.Clock, PowerWait);
        while (_pmu.IdleStatus.Read().Php)
        {
            if (!deadline.Pause(PollPause))
            {
                throw new PlatformException(
                    $"rk3588: the bus of PD_PHP stays idle: PMU {SocAddresses.Pmu + 0x120:X}h reads {_pmu.IdleStatus.Read().Raw:X8}h after "
                    + $"{PowerWait / Millisecond} ms; wanted: bit 21 clear; let the kernel do it (bringup=takeover)");
            }
        }

        Mmio.Barrier.Full();
    }

    private void TurnClocksOn()
    {
        if (_options.Switches.OpenAllClockGates)
        {
            // Those of others in the same words do no harm when they run.
            _cru.Gate32.Write(mask: new ClockGate32(0xFFFF), value: default);
            _cru.Gate33.Write(mask: new ClockGate33(0xFFFF), value: default);
            _cru.Gate34.Write(mask: new ClockGate34(0xFFFF), value: default);
            _cru.Gate38.Write(mask: new ClockGate38(0xFFFF), value: default);
            _cru.Gate39.Write(mask: new ClockGate39(0xFFFF), value: default);
            _cru.PhpGate0.Write(mask: new PhpClockGate0(0xFFFF), value: default);
            return;
        }

        _cru.Gate32.Write(
            mask: default(ClockGate32) with { PhpPeripheralRoot = true, PcieRoot = true, PhpRoot = true, PcieBridge = true, Dbi = true },
            value: default);
        _cru.Gate33.Write(mask: default(ClockGate33) with { Master = true, Slave = true, Peripheral = true }, value: default);
        _cru.Gate34.Write(mask: default(ClockGate34) with { Auxiliary = true, PhpGicIts = true, PcieMmu = true }, value: default);
        _cru.Gate39.Write(mask: default(ClockGate39) with { Pipe = true }, value: default);

        // Without this one the PHY's register file reads zero and takes no write.
        _cru.PhpGate0.Write(mask: default(PhpClockGate0) with { PhyPeripheral = true }, value: default);
    }

    private void HoldResets()
    {
        PhpSoftReset0 phy = default(PhpSoftReset0) with { Phy = true };
        _cru.PhpReset0.Write(mask: phy, value: phy);
        SoftReset32 powerUp = default(SoftReset32) with { PowerUp = true };
        SoftReset33 peripheral = default(SoftReset33) with { Peripheral = true };
        _cru.Reset32.Write(mask: powerUp, value: powerUp);
        _cru.Reset33.Write(mask: peripheral, value: peripheral);

        // The buses in between, which other users need as well, are only ever released.
        _cru.PhpReset0.Write(mask: default(PhpSoftReset0) with { PhyPeripheral = true }, value: default);
        _cru.Reset32.Write(
            mask: default(SoftReset32) with { PhpPeripheralBus = true, PcieBridge = true, PhpBus = true, PcieBus = true }, value: default);
        _cru.Reset34.Write(mask: default(SoftReset34) with { PhpGicIts = true, PcieMmu = true }, value: default);
    }

    private void SetUpPhy()
    {
        Rk3588Switches switches = _options.Switches;
        if (switches.PhyReferenceFromPll)
        {
            _cru.PhyReferenceGate.Write(mask: default(PhyReferenceGate) with { Gates = 0xF }, value: default);
            WaitForClockUnit();
            PhyControl6 fromPad = default(PhyControl6) with { ReferenceFromPad = true };
            _phy.Phy0Control6.Write(mask: fromPad, value: default);
            _phy.Phy1Control6.Write(mask: fromPad, value: default);
        }

        PhyLane common = default(PhyLane) with { CommonReferenceClock = true };
        PhyLane wanted = switches.SeparateReferenceClock ? default : common;
        _phy.Phy0Lane0.Write(mask: common, value: wanted);
        _phy.Phy0Lane1.Write(mask: common, value: wanted);
        _phy.Phy1Lane0.Write(mask: common, value: wanted);
        _phy.Phy1Lane1.Write(mask: common, value: wanted);

        PhyCommon clamp = default(PhyCommon) with { ClampRelease = true };
        _phy.Common.Write(mask: clamp, value: clamp);

        // The PHY takes the lane mode at the release of its reset.
        _phy.Common.Write(
            mask: default(PhyCommon) with { LaneMode = (PhyLaneMode)7 }, value: default(PhyCommon) with { LaneMode = switches.LaneMode });
        _ = _phy.Common.Read();
        Mmio.Barrier.Full();
        if (switches.LaneMode != PhyLaneMode.Aggregated)
        {
            PhpGrf php = new(_phpGrf);
            php.PcieSelect.Write(
                mask: default(PcieSelect) with { Bifurcation = 3 },
                value: default(PcieSelect) with { Bifurcation = (byte)((byte)switches.LaneMode & 3) });
            _ = php.PcieSelect.Read();
            Mmio.Barrier.Full();
        }
    }

    private void ReleasePhy()
    {
        _cru.PhpReset0.Write(mask: default(PhpSoftReset0) with { Phy = true }, value: default);
        WaitForClockUnit();
        Deadline deadline = new(_options.Clock, PhyWait);
        PhyStatus1 phy0 = _phy.Phy0Status1.Read();
        PhyStatus1 phy1 = _phy.Phy1Status1.Read();
        while (!IsReady(phy0) || !IsReady(phy1))
        {
            if (!deadline.Pause(PollPause))
            {
                string wanted = _options.Switches.WaitForAllPhyStatus ? "bits 3:0 (phy_ready=all)" : "bit 0 (sram_init_done)";
                throw new PlatformException(
                    $"rk3588: the PHY does not lock: {SocAddresses.PhyGrf + 0x904:X}h reads {phy0.Raw:X8}h and {SocAddresses.PhyGrf + 0xA04:X}h reads "
                    + $"{phy1.Raw:X8}h after {PhyWait / Millisecond} ms; wanted: {wanted} of both; check the reference clock and the 3.3 V of the "
                    + "connector, or try phy_reference=pll");
            }

            phy0 = _phy.Phy0Status1.Read();
            phy1 = _phy.Phy1Status1.Read();
        }

        _log.Write("rk3588: PHY ready, STATUS1 {0:x1} and {1:x1}", phy0.Raw, phy1.Raw);
    }

    private bool IsReady(PhyStatus1 status) => status.SramInitDone && (!_options.Switches.WaitForAllPhyStatus || status.Others == 7);

    private void ReleaseController()
    {
        _cru.Reset32.Write(mask: default(SoftReset32) with { PowerUp = true }, value: default);
        _cru.Reset33.Write(mask: default(SoftReset33) with { Peripheral = true }, value: default);
        WaitForClockUnit();
        _options.Clock.Sleep(Microsecond);
    }
}
